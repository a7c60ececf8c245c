"""The sample company's AWS answers as boto3 would: shapes of the service models, parameters honoured, stories told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from engine.demo.aws import ANSWERS, DemoApi
from engine.demo.company import ACCOUNTS, NAT_GATEWAYS, PROD
from engine.demo.elb.balancers import API_APP, API_PARTNER, API_STOCK, BALANCERS, CHECKOUT, DIRECT, SHOP_WEB
from engine.demo.incidents import FORGOTTEN_INSTANCE, LEAKED_KEY
from tests.demo.conftest import two_days_until

NOW = datetime(2026, 11, 18, 6, 40, 12, tzinfo=UTC)
SEOUL, BERLIN, VIRGINIA, SAO_PAULO = "ap-northeast-2", "eu-central-1", "us-east-1", "sa-east-1"
REGIONS = (SEOUL, BERLIN, VIRGINIA, SAO_PAULO, "eu-west-1")
Document = dict[str, Any]

DAY = {"StartTime": NOW - timedelta(days=1), "EndTime": NOW}
MONTH = {"TimePeriod": {"Start": "2026-10-19", "End": "2026-11-18"}, "Granularity": "DAILY"}
AHEAD = {"TimePeriod": {"Start": "2026-11-18", "End": "2027-01-01"}}
CPU = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization"}
GPU_CPU = {**CPU, "Dimensions": [{"Name": "InstanceId", "Value": FORGOTTEN_INSTANCE}]}

# What each operation is asked for, when it must be asked for something.
ASKED: dict[tuple[str, str], Document] = {
    ("ce", "get_cost_and_usage"): {**MONTH, "Metrics": ["UnblendedCost", "UsageQuantity"]},
    ("ce", "get_cost_forecast"): {**AHEAD, "Granularity": "DAILY", "Metric": "UNBLENDED_COST"},
    ("ce", "get_dimension_values"): {**AHEAD, "Dimension": "LINKED_ACCOUNT"},
    ("cloudtrail", "get_trail_status"): {"Name": "moonrabbit-audit"},
    ("cloudtrail", "lookup_events"): {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW},
    ("cloudwatch", "get_metric_data"): {
        **DAY,
        "MetricDataQueries": [{"Id": "m0", "MetricStat": {"Metric": GPU_CPU, "Period": 600, "Stat": "Average"}}],
    },
    ("elb", "describe_load_balancer_attributes"): {"LoadBalancerName": "store-terminals"},
    ("elbv2", "describe_target_health"): {"TargetGroupArn": SHOP_WEB.group},
    ("iam", "get_access_key_last_used"): {"AccessKeyId": LEAKED_KEY},
    ("iam", "list_access_keys"): {"UserName": "label-printer"},
    ("iam", "list_groups_for_user"): {"UserName": "ci-legacy"},
    ("iam", "list_mfa_devices"): {"UserName": "ondal.go"},
    ("iam", "list_user_tags"): {"UserName": "ondal.go"},
}


@pytest.fixture
def api() -> DemoApi:
    return DemoApi(NOW)


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def operation_model(service: str, operation: str) -> Any:
    described = model(service)
    words = operation.replace("_", "").casefold()
    return described.operation_model(next(name for name in described.operation_names if name.casefold() == words))


def asked(service: str, operation: str, api: DemoApi, region: str) -> Document:
    if (service, operation) == ("elbv2", "describe_load_balancer_attributes"):
        balancer = one(api, "elbv2", "describe_load_balancers", region)["LoadBalancers"][0]
        return {"LoadBalancerArn": balancer["LoadBalancerArn"]}
    return ASKED.get((service, operation), {})


def one(api: DemoApi, service: str, operation: str, region: str | None = SEOUL, **parameters: Any) -> Document:
    """The only page of an answer."""
    (page,) = api.pages(service, operation, region, parameters)
    return page


def items(api: DemoApi, service: str, operation: str, member: str, *regions: str, **parameters: Any) -> list[Document]:
    return [
        item
        for region in regions or REGIONS
        for page in api.pages(service, operation, region, parameters)
        for item in page[member]
    ]


def instances(api: DemoApi, *regions: str, **parameters: Any) -> list[Document]:
    found = items(api, "ec2", "describe_instances", "Reservations", *regions, **parameters)
    return [instance for reservation in found for instance in reservation["Instances"]]


def name_of(document: Document) -> str | None:
    return {tag["Key"]: tag["Value"] for tag in document["Tags"]}.get("Name")


def amount(result: Document, metric: str = "UnblendedCost") -> float:
    return float(result[metric]["Amount"])


def by_group(answer: Document, metric: str = "UnblendedCost") -> dict[str, float]:
    """The sum of each group over all stretches of time, by its first key."""
    sums: dict[str, float] = defaultdict(float)
    for result in answer["ResultsByTime"]:
        for group in result["Groups"]:
            sums[group["Keys"][0]] += amount(group["Metrics"], metric)
    return sums


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("service", "operation"), ANSWERS, ids=str)
def test_answers_have_the_shape_of_the_service_model(api: DemoApi, service: str, operation: str) -> None:
    described = operation_model(service, operation)
    region = None if service in ("ce", "iam", "sts") else SEOUL
    parameters = asked(service, operation, api, SEOUL)
    assert not ParamValidator().validate(parameters, described.input_shape).has_errors()
    pages = list(api.pages(service, operation, region, parameters))
    assert pages
    for page in pages[:5]:
        report = ParamValidator().validate(page, described.output_shape)
        assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize(("service", "operation"), ANSWERS, ids=str)
def test_answers_are_the_same_for_the_same_moment(service: str, operation: str) -> None:
    first, second = (DemoApi(NOW.astimezone(zone)) for zone in (UTC, timedelta_zone(9)))
    parameters = asked(service, operation, first, SEOUL)
    region = None if service in ("ce", "iam", "sts") else SEOUL
    assert list(first.pages(service, operation, region, parameters)) == list(
        second.pages(service, operation, region, parameters)
    )


def timedelta_zone(hours: int) -> Any:
    from datetime import timezone

    return timezone(timedelta(hours=hours))


def refusals() -> Iterator[tuple[str, str, str | None, Document, str]]:
    yield "ec2", "describe_instances", SEOUL, {"InstanceIds": ["i-0"]}, "InvalidInstanceID.NotFound"
    yield (
        "ec2",
        "describe_instances",
        SEOUL,
        {"Filters": [{"Name": "colour", "Values": ["red"]}]},
        ("InvalidParameterValue"),
    )
    yield "ec2", "describe_volumes", "af-south-1", {}, "AuthFailure"
    yield "ec2", "terminate_instances", SEOUL, {}, "AccessDenied"
    yield "rds", "describe_db_instances", SEOUL, {"DBInstanceIdentifier": "nowhere"}, "DBInstanceNotFound"
    yield "iam", "list_access_keys", None, {"UserName": "nobody"}, "NoSuchEntity"
    yield "cloudtrail", "get_trail_status", SEOUL, {"Name": "nothing"}, "TrailNotFoundException"
    yield "elbv2", "describe_target_health", SEOUL, {"TargetGroupArn": "arn"}, "TargetGroupNotFound"
    old = {"TimePeriod": {"Start": "2025-09-30", "End": "2025-11-01"}, "Metrics": ["UnblendedCost"]}
    yield "ce", "get_cost_and_usage", None, old, "ValidationException"
    three = [{"Type": "DIMENSION", "Key": key} for key in ("SERVICE", "REGION", "USAGE_TYPE")]
    yield (
        "ce",
        "get_cost_and_usage",
        None,
        {**MONTH, "Metrics": ["UnblendedCost"], "GroupBy": three},
        ("ValidationException"),
    )
    yield "ce", "get_cost_forecast", None, {**MONTH, "Metric": "UNBLENDED_COST"}, "ValidationException"


@pytest.mark.parametrize(("service", "operation", "region", "parameters", "code"), list(refusals()))
def test_what_aws_refuses_is_refused(
    api: DemoApi, service: str, operation: str, region: str | None, parameters: Document, code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        list(api.pages(service, operation, region, parameters))
    assert caught.value.response["Error"]["Code"] == code


# ── EC2 ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_servers_behind_the_load_balancers_exist(api: DemoApi) -> None:
    addresses = {instance.get("PrivateIpAddress") for instance in instances(api)}
    for rule in (SHOP_WEB, CHECKOUT, DIRECT, API_APP, API_PARTNER, API_STOCK):
        assert {target.partition(":")[0] for target in rule.targets} <= addresses


def test_the_intruders_instances_are_seen_where_nobody_works(api: DemoApi) -> None:
    abroad = instances(api, SAO_PAULO)
    assert len(abroad) == 12
    assert {(one["InstanceType"], one["State"]["Name"]) for one in abroad} == {("g4dn.xlarge", "terminated")}
    assert not any("PrivateIpAddress" in one or one["BlockDeviceMappings"] for one in abroad)
    logged = items(api, "cloudtrail", "lookup_events", "Events", SAO_PAULO, **DAY)
    started = [json.loads(event["CloudTrailEvent"]) for event in logged if event["EventName"] == "RunInstances"]
    ids = {
        item["instanceId"] for record in started for item in (record["responseElements"] or {"instancesSet": {}})
        ["instancesSet"].get("items", ())
    }  # fmt: skip
    assert ids == {one["InstanceId"] for one in abroad}


def test_the_forgotten_instance_runs_for_days_with_four_gpus(api: DemoApi) -> None:
    (forgotten,) = instances(api, VIRGINIA, InstanceIds=[FORGOTTEN_INSTANCE])
    assert (forgotten["InstanceType"], forgotten["State"]["Name"]) == ("g5.12xlarge", "running")
    assert timedelta(days=12) < NOW - forgotten["LaunchTime"] < timedelta(days=13)


def test_auto_scaling_gives_many_servers_one_name_and_some_have_none(api: DemoApi) -> None:
    running = [one for one in instances(api) if one["State"]["Name"] == "running"]
    names = [name_of(one) for one in running]
    assert len(running) > 20
    assert names.count("shop-web") >= 3
    assert names.count("steamer-cluster-node") == 4
    assert None in names
    assert len({one["InstanceId"] for one in running}) == len(running)
    assert {one["MetadataOptions"]["HttpTokens"] for one in running} == {"required", "optional"}


def test_stopped_servers_keep_their_disks(api: DemoApi) -> None:
    stopped = instances(api, Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}])
    assert {name_of(one) for one in stopped} == {"old-jenkins", "loyalty-migration"}
    assert all(one["BlockDeviceMappings"] and "PublicIpAddress" not in one for one in stopped)


@pytest.mark.parametrize(
    ("name", "values", "names"),
    [
        ("tag:Name", ["api-*"], {"api-app", "api-partner", "api-stock"}),
        ("instance-type", ["g5.12xlarge", "r6i.?xlarge"], {"tteok-vision", "orders-analysis"}),
        ("private-ip-address", ["10.20.1.21"], {"shop-web"}),
        ("instance.group-name", ["old-bastion"], {"bastion", "old-jenkins"}),
        ("tag-key", ["nothing"], set()),
    ],
)
def test_filters_of_instances(api: DemoApi, name: str, values: list[str], names: set[str]) -> None:
    assert {name_of(one) for one in instances(api, Filters=[{"Name": name, "Values": values}])} == names


def test_one_server_is_impaired_and_two_have_something_planned(api: DemoApi) -> None:
    statuses = items(api, "ec2", "describe_instance_status", "InstanceStatuses")
    impaired = [one for one in statuses if one["InstanceStatus"]["Status"] == "impaired"]
    (sensors,) = impaired
    (detail,) = sensors["InstanceStatus"]["Details"]
    assert detail["Status"] == "failed"
    assert timedelta(minutes=40) < NOW - detail["ImpairedSince"] < timedelta(hours=1)
    assert sum(len(one.get("Events", ())) for one in statuses) == 2
    assert {one["InstanceState"]["Name"] for one in statuses} == {"running"}
    everyone = items(api, "ec2", "describe_instance_status", "InstanceStatuses", IncludeAllInstances=True)
    assert len(everyone) == len(instances(api)) > len(statuses)


def test_one_volume_is_slow_new_ones_are_unknown_and_some_hang_on_nothing(api: DemoApi) -> None:
    statuses = [one["VolumeStatus"] for one in items(api, "ec2", "describe_volume_status", "VolumeStatuses")]
    slow = [one for one in statuses if one["Status"] == "warning"]
    assert [{detail["Name"]: detail["Status"] for detail in one["Details"]}["io-performance"] for one in slow] == [
        "degraded"
    ]
    assert "insufficient-data" in {one["Status"] for one in statuses}
    volumes = items(api, "ec2", "describe_volumes", "Volumes")
    assert len(volumes) == len(statuses)
    assert [one["Attachments"] for one in volumes if one["State"] == "available"] == [[], [], []]
    ids = {one["InstanceId"] for one in instances(api)}
    assert {attachment["InstanceId"] for one in volumes for attachment in one["Attachments"]} <= ids


def test_three_addresses_are_paid_for_nothing(api: DemoApi) -> None:
    addresses = items(api, "ec2", "describe_addresses", "Addresses")
    assert sum("AssociationId" not in one for one in addresses) == 3
    assert {public for known in NAT_GATEWAYS.values() for public in known} <= {one["PublicIp"] for one in addresses}


def test_ssh_and_remote_desktop_are_open_to_the_world(api: DemoApi) -> None:
    rules = items(api, "ec2", "describe_security_group_rules", "SecurityGroupRules")
    ports = {one["FromPort"] for one in rules if one.get("CidrIpv4") == "0.0.0.0/0" and not one["IsEgress"]}
    assert {22, 3389, 443} <= ports
    groups = {one["GroupId"]: one for one in items(api, "ec2", "describe_security_groups", "SecurityGroups")}
    assert {one["GroupId"] for one in rules} == groups.keys()
    used = {group["GroupId"] for one in instances(api) for group in one["SecurityGroups"]}
    assert used <= groups.keys()


# ── other services ───────────────────────────────────────────────────────────────────────────────────────────────


def test_load_balancers_are_those_of_the_logs(api: DemoApi) -> None:
    names = {one["LoadBalancerName"] for one in items(api, "elbv2", "describe_load_balancers", "LoadBalancers")}
    classic = items(api, "elb", "describe_load_balancers", "LoadBalancerDescriptions")
    assert names | {one["LoadBalancerName"] for one in classic} == {one.name for one in BALANCERS} | {"steamer-hub"}
    groups = items(api, "elbv2", "describe_target_groups", "TargetGroups")
    assert {SHOP_WEB.group, CHECKOUT.group, API_APP.group} <= {one["TargetGroupArn"] for one in groups}
    states = defaultdict(set)
    for group in groups:
        targets = one(api, "elbv2", "describe_target_health", TargetGroupArn=group["TargetGroupArn"])
        for target in targets["TargetHealthDescriptions"]:
            states[target["TargetHealth"]["State"]].add(group["TargetGroupName"])
    assert states["unhealthy"] == {"steamer-hub"}
    assert {"shop-web", "checkout", "api-app", "api-partner", "api-stock"} <= states["healthy"]


def test_keys_that_want_a_look(api: DemoApi) -> None:
    users = {user["UserName"]: user for user in one(api, "iam", "list_users", None)["Users"]}
    keys = {name: one(api, "iam", "list_access_keys", None, UserName=name)["AccessKeyMetadata"] for name in users}
    assert [(key["AccessKeyId"], key["Status"]) for key in keys["ci-legacy"]] == [(LEAKED_KEY, "Inactive")]
    last = one(api, "iam", "get_access_key_last_used", None, AccessKeyId=LEAKED_KEY)["AccessKeyLastUsed"]
    assert last["Region"] == SAO_PAULO
    assert NOW - last["LastUsedDate"] < timedelta(hours=8)
    (never,) = keys["photo-upload"]
    unused = one(api, "iam", "get_access_key_last_used", None, AccessKeyId=never["AccessKeyId"])
    assert "LastUsedDate" not in unused["AccessKeyLastUsed"]
    console = [name for name, user in users.items() if "PasswordLastUsed" in user]
    without = [name for name in console if not one(api, "iam", "list_mfa_devices", None, UserName=name)["MFADevices"]]
    assert without == ["store-manager"]


def test_the_trail_that_was_stopped(api: DemoApi) -> None:
    events = items(api, "cloudtrail", "lookup_events", "Events", SEOUL, **DAY)
    stopped, started = (
        next(event["EventTime"] for event in events if event["EventName"] == name)
        for name in ("StopLogging", "StartLogging")
    )
    status = one(api, "cloudtrail", "get_trail_status", Name="moonrabbit-audit")
    assert status["IsLogging"]
    assert abs(status["StopLoggingTime"] - stopped) < timedelta(minutes=3)
    assert abs(status["StartLoggingTime"] - started) < timedelta(minutes=3)
    meanwhile = DemoApi(stopped + timedelta(minutes=9), made=NOW)
    assert not one(meanwhile, "cloudtrail", "get_trail_status", Name="moonrabbit-audit")["IsLogging"]
    (forgotten,) = items(api, "cloudtrail", "describe_trails", "trailList", BERLIN, includeShadowTrails=False)
    assert not one(api, "cloudtrail", "get_trail_status", BERLIN, Name=forgotten["TrailARN"])["IsLogging"]
    assert len(items(api, "cloudtrail", "describe_trails", "trailList", BERLIN)) == 3


def test_who_asks(api: DemoApi) -> None:
    assert one(api, "sts", "get_caller_identity", None)["Account"] == PROD


# ── costs ────────────────────────────────────────────────────────────────────────────────────────────────────────


def costs(api: DemoApi, *by: str, **parameters: Any) -> Document:
    groups = [{"Type": "TAG" if key == "team" else "DIMENSION", "Key": key} for key in by]
    grouped = {"GroupBy": groups} if groups else {}
    return one(
        api, "ce", "get_cost_and_usage", None, **{**MONTH, "Metrics": ["UnblendedCost"], **grouped, **parameters}
    )


def test_the_forgotten_instance_is_the_most_expensive_thing(api: DemoApi) -> None:
    services = by_group(costs(api, "SERVICE"))
    assert max(services, key=lambda name: services[name]) == "Amazon Elastic Compute Cloud - Compute"
    types = by_group(costs(api, "USAGE_TYPE"))
    usage = {name: cost for name, cost in types.items() if name not in ("NoUsageType", "Dollar")}
    assert max(usage, key=lambda name: usage[name]) == "USE1-BoxUsage:g5.12xlarge"
    days = [
        sum(amount(group["Metrics"]) for group in result["Groups"] if group["Keys"] == ["USE1-BoxUsage:g5.12xlarge"])
        for result in costs(api, "USAGE_TYPE")["ResultsByTime"]
    ]
    running = [day for day in days if day]
    assert len(running) == 12  # the launch's, ten whole ones, and yesterday's, not yet complete
    assert days[-13] == 0


def test_costs_add_up_however_they_are_cut(api: DemoApi) -> None:
    total = sum(amount(result["Total"]) for result in costs(api)["ResultsByTime"])
    assert 12_000 < total < 25_000
    for by in (["SERVICE"], ["LINKED_ACCOUNT"], ["REGION", "SERVICE"], ["team"], ["RECORD_TYPE"], ["INSTANCE_TYPE"]):
        assert sum(by_group(costs(api, *by)).values()) == pytest.approx(total)
    monthly = costs(api, Granularity="MONTHLY")["ResultsByTime"]
    assert [result["TimePeriod"]["Start"] for result in monthly] == ["2026-10-19", "2026-11-01"]
    assert sum(amount(result["Total"]) for result in monthly) == pytest.approx(total)
    hourly = costs(api, Granularity="HOURLY", TimePeriod={"Start": "2026-11-10", "End": "2026-11-11"})
    daily = costs(api, TimePeriod={"Start": "2026-11-10", "End": "2026-11-11"})
    assert len(hourly["ResultsByTime"]) == 24
    assert sum(amount(result["Total"]) for result in hourly["ResultsByTime"]) == pytest.approx(
        amount(daily["ResultsByTime"][0]["Total"])
    )


def test_services_accounts_and_a_credit(api: DemoApi) -> None:
    services = by_group(costs(api, "SERVICE"))
    assert len(services) > 20
    assert services["Amazon QuickSight"] == -96
    assert by_group(costs(api, "RECORD_TYPE"))["Credit"] < 0
    answer = costs(api, "LINKED_ACCOUNT")
    names = {one["Value"]: one["Attributes"]["description"] for one in answer["DimensionValueAttributes"]}
    assert names == ACCOUNTS
    assert by_group(answer).keys() == ACCOUNTS.keys()
    assert {"team$", "team$backend", "team$data"} <= by_group(costs(api, "team")).keys()


def test_a_month_begins_with_support_and_taxes(api: DemoApi) -> None:
    totals = {result["TimePeriod"]["Start"]: amount(result["Total"]) for result in costs(api)["ResultsByTime"]}
    assert totals["2026-11-01"] > 2 * max(totals["2026-10-31"], totals["2026-11-02"])
    first = by_group(costs(api, "SERVICE", TimePeriod={"Start": "2026-11-01", "End": "2026-11-02"}))
    second = by_group(costs(api, "SERVICE", TimePeriod={"Start": "2026-11-02", "End": "2026-11-03"}))
    assert first.keys() - second.keys() == {"AWS Support (Business)", "Tax"}


def test_weekdays_differ(api: DemoApi) -> None:
    office = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["333344445555"]}}
    days = costs(api, Filter=office, TimePeriod={"Start": "2026-11-09", "End": "2026-11-16"})["ResultsByTime"]
    amounts = [amount(day["Total"]) for day in days]
    assert min(amounts[:5]) > 1.2 * max(amounts[5:])


def test_this_months_costs_are_estimated_and_today_is_not_complete(api: DemoApi) -> None:
    results = costs(api, TimePeriod={"Start": "2026-10-30", "End": "2026-11-19"})["ResultsByTime"]
    assert [result["Estimated"] for result in results] == [False] * 2 + [True] * 18
    assert amount(results[-1]["Total"]) == 0  # it is 6:40, and usage arrives hours later
    assert 0 < amount(results[-2]["Total"]) < amount(results[-3]["Total"])


@pytest.mark.parametrize(
    ("filter_", "services"),
    [
        ({"Dimensions": {"Key": "SERVICE", "Values": ["Tax", "AWS WAF"]}}, {"Tax", "AWS WAF"}),
        ({"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Refund"]}}, {"Amazon QuickSight"}),
        (
            {"And": [
                {"Tags": {"Key": "team", "Values": ["finance"]}},
                {"Not": {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}},
            ]},
            {"Amazon Elastic Compute Cloud - Compute"},
        ),
        (
            {"Or": [
                {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["g5."], "MatchOptions": ["CONTAINS"]}},
                {"Dimensions": {"Key": "REGION", "Values": ["GLOBAL"], "MatchOptions": ["CASE_INSENSITIVE"]}},
            ]},
            {"Amazon Elastic Compute Cloud - Compute", "Amazon CloudFront", "Amazon Route 53"},
        ),
    ],
)  # fmt: skip
def test_filters_of_costs(api: DemoApi, filter_: Document, services: set[str]) -> None:
    assert by_group(costs(api, "SERVICE", Filter=filter_)).keys() == services


def test_metrics_of_costs_differ_where_something_is_prepaid(api: DemoApi) -> None:
    metrics = ["UnblendedCost", "AmortizedCost", "UsageQuantity", "NormalizedUsageAmount"]
    nodes = {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["APN2-BoxUsage:m6i.xlarge"]}}
    answer = costs(api, Filter=nodes, Metrics=metrics)["ResultsByTime"][0]["Total"]
    assert amount(answer) == 0
    assert amount(answer, "AmortizedCost") > 10
    assert answer["UsageQuantity"]["Unit"] == "Hrs"
    assert amount(answer, "NormalizedUsageAmount") == 8 * amount(answer, "UsageQuantity")


def test_the_forecast_goes_on_where_the_costs_are_with_a_widening_band(api: DemoApi) -> None:
    asked = {**AHEAD, "Metric": "UNBLENDED_COST", "PredictionIntervalLevel": 80}
    answer = one(api, "ce", "get_cost_forecast", None, **asked, Granularity="DAILY")
    days = answer["ForecastResultsByTime"]
    assert len(days) == 44
    bands = [
        tuple(
            float(day[name]) for name in ("PredictionIntervalLowerBound", "MeanValue", "PredictionIntervalUpperBound")
        )
        for day in days
    ]
    assert all(low < mean < high for low, mean, high in bands)
    assert bands[40][2] - bands[40][0] > 1.3 * (bands[5][2] - bands[5][0])  # both are Mondays
    lately = [amount(result["Total"]) for result in costs(api)["ResultsByTime"]][-8:-1]
    assert bands[3][1] == pytest.approx(sum(lately) / 7, rel=0.35)
    assert bands[13][1] > 1.5 * bands[12][1]  # December begins
    months = one(api, "ce", "get_cost_forecast", None, **asked, Granularity="MONTHLY")
    assert [day["TimePeriod"]["End"] for day in months["ForecastResultsByTime"]] == ["2026-12-01", "2027-01-01"]
    assert float(months["Total"]["Amount"]) == pytest.approx(sum(mean for _, mean, _ in bands))


# ── CloudWatch ───────────────────────────────────────────────────────────────────────────────────────────────────


def metrics(api: DemoApi, **parameters: Any) -> list[Document]:
    return items(api, "cloudwatch", "list_metrics", "Metrics", **parameters)


def data(api: DemoApi, metric: Document, region: str = SEOUL, **facts: Any) -> Document:
    """The values of one metric."""
    asked = {"Period": 600, "Stat": "Average", **{key: facts.pop(key) for key in ("Period", "Stat") if key in facts}}
    queries = [{"Id": "m0", "MetricStat": {"Metric": metric, **asked}}]
    answer = one(api, "cloudwatch", "get_metric_data", region, MetricDataQueries=queries, **{**DAY, **facts})
    (result,) = answer["MetricDataResults"]
    return result


def average(result: Document) -> float:
    return sum(result["Values"]) / len(result["Values"])


def test_processors_of_many_things_report(api: DemoApi) -> None:
    found = metrics(api, MetricName="CPUUtilization")
    assert 35 < len(found) < 70
    assert {one["Namespace"] for one in found} == {"AWS/EC2", "AWS/RDS", "AWS/ECS", "AWS/ElastiCache"}
    named = metrics(api, MetricName="CPUUtilization", Dimensions=[{"Name": "DBInstanceIdentifier"}])
    assert {one["Namespace"] for one in named} == {"AWS/RDS"}
    exactly = metrics(api, Dimensions=[{"Name": "InstanceId", "Value": FORGOTTEN_INSTANCE}], Namespace="AWS/EC2")
    assert {one["MetricName"] for one in exactly} >= {"CPUUtilization", "NetworkIn", "StatusCheckFailed"}
    assert len({json.dumps(one) for one in metrics(api)}) == len(metrics(api))


def test_the_forgotten_instance_is_the_busiest(api: DemoApi) -> None:
    busy = {}
    for region in REGIONS:
        for metric in items(api, "cloudwatch", "list_metrics", "Metrics", region, MetricName="CPUUtilization"):
            result = data(api, metric, region)
            busy[json.dumps(metric["Dimensions"])] = average(result) if result["Values"] else 0
    assert FORGOTTEN_INSTANCE in max(busy, key=lambda key: busy[key])
    fifteen = sorted(busy, key=lambda key: -busy[key])[:15]
    assert any("DBInstanceIdentifier" in key for key in fifteen)
    assert 0.1 <= min(busy.values()) <= max(busy.values()) <= 100


def test_periods_follow_the_clock_and_statistics_differ(api: DemoApi) -> None:
    metric = {"Namespace": "AWS/RDS", "MetricName": "SelectLatency", "Dimensions": [
        {"Name": "DBInstanceIdentifier", "Value": "orders-reporting"}]}  # fmt: skip
    newest_first = data(api, metric)
    assert newest_first["Timestamps"] == sorted(newest_first["Timestamps"], reverse=True)
    result = data(api, metric, ScanBy="TimestampAscending")
    assert result["Timestamps"][0] == datetime(2026, 11, 17, 6, 40, tzinfo=UTC)
    assert len(result["Values"]) == 145
    by_stat = {
        stat: data(api, metric, Stat=stat, ScanBy="TimestampAscending")["Values"][3]
        for stat in ("Minimum", "p50", "Average", "tm90", "Maximum", "p95", "SampleCount", "Sum")
    }
    assert by_stat["Minimum"] < by_stat["p50"] < by_stat["p95"] <= by_stat["Maximum"]
    assert by_stat["tm90"] < by_stat["Average"] < by_stat["Maximum"]
    assert by_stat["SampleCount"] == 10
    assert by_stat["Sum"] == pytest.approx(10 * by_stat["Average"])


def test_any_window_shows_the_same_values(api: DemoApi) -> None:
    whole = data(api, GPU_CPU, VIRGINIA)
    hour = data(api, GPU_CPU, VIRGINIA, StartTime=NOW - timedelta(hours=3), EndTime=NOW - timedelta(hours=2))
    known = dict(zip(whole["Timestamps"], whole["Values"], strict=True))
    assert len(hour["Values"]) >= 6
    inner = list(zip(hour["Timestamps"], hour["Values"], strict=True))[1:]  # the newest period is cut off
    assert all(known[when] == value for when, value in inner)


def test_fine_periods_are_forgotten_and_basic_monitoring_is_coarse(api: DemoApi) -> None:
    long_ago = {"StartTime": NOW - timedelta(days=40), "EndTime": NOW - timedelta(days=39)}
    metric = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": [
        {"Name": "DBInstanceIdentifier", "Value": "loyalty"}]}  # fmt: skip
    assert data(api, metric, Period=60, **long_ago)["Values"] == []
    assert len(data(api, metric, Period=300, **long_ago)["Values"]) == 289
    minutes = data(api, GPU_CPU, VIRGINIA, Period=60, StartTime=NOW - timedelta(hours=1))
    assert {when.minute % 5 for when in minutes["Timestamps"]} == {0}


def test_many_values_come_in_pages(api: DemoApi) -> None:
    found = metrics(api, MetricName="CPUUtilization", Namespace="AWS/RDS")
    queries = [
        {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 600, "Stat": "Average"}}
        for number, metric in enumerate(found)
    ]
    pages = list(api.pages("cloudwatch", "get_metric_data", SEOUL, {
        "MetricDataQueries": queries, "MaxDatapoints": 200, **DAY}))  # fmt: skip
    assert len(pages) > 3
    counts: dict[str, int] = defaultdict(int)
    for page in pages:
        for result in page["MetricDataResults"]:
            counts[result["Id"]] += len(result["Values"])
    assert len(counts) == len(found)
    assert set(counts.values()) <= {145, 0}


def test_the_slow_server_works_harder_until_it_is_restarted(api: DemoApi) -> None:
    slow, other = (
        next(one["InstanceId"] for one in instances(api, SEOUL) if one.get("PrivateIpAddress") == address)
        for address in ("10.20.2.22", "10.20.1.21")
    )
    before_restart = {"StartTime": NOW - timedelta(hours=7), "EndTime": NOW - timedelta(hours=6)}
    values = [
        average(data(api, {**CPU, "Dimensions": [{"Name": "InstanceId", "Value": one}]}, **before_restart))
        for one in (slow, other)
    ]
    assert values[0] > values[1] + 40


def test_alarms_are_in_all_states(api: DemoApi) -> None:
    alarms = items(api, "cloudwatch", "describe_alarms", "MetricAlarms")
    assert {alarm["StateValue"] for alarm in alarms} == {"OK", "ALARM", "INSUFFICIENT_DATA"}
    (sensors,) = items(api, "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=["steamer-sensors-status"])
    assert sensors["StateValue"] == "ALARM"
    (charges,) = items(api, "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=["charges-of-the-month"])
    metric = {"Namespace": "AWS/Billing", "MetricName": "EstimatedCharges", "Dimensions": charges["Dimensions"]}
    charged = data(api, metric, VIRGINIA, Period=21600, Stat="Maximum")["Values"][0]
    assert (charges["StateValue"] == "ALARM") == (charged > charges["Threshold"])
    month = costs(api, Granularity="MONTHLY", TimePeriod={"Start": "2026-11-01", "End": "2026-11-19"})
    assert charged == pytest.approx(amount(month["ResultsByTime"][0]["Total"]), rel=0.05)
    failed = data(api, {"Namespace": "AWS/EC2", "MetricName": "StatusCheckFailed", "Dimensions": sensors["Dimensions"]})
    assert failed["Values"][0] == 1
    assert failed["Values"][-1] == 0


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_come_newest_first_in_pages_of_fifty(api: DemoApi) -> None:
    pages = list(api.pages("cloudtrail", "lookup_events", SEOUL, {**DAY}))
    assert {len(page["Events"]) for page in pages[:-1]} == {50}
    times = [event["EventTime"] for page in pages for event in page["Events"]]
    assert times == sorted(times, reverse=True)
    assert NOW - timedelta(days=1) <= times[-1] < NOW - timedelta(days=1) + timedelta(minutes=5)
    assert len(times) > 4000


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EventName", "RunInstances"),
        ("EventSource", "kms.amazonaws.com"),
        ("ReadOnly", "false"),
        ("AccessKeyId", LEAKED_KEY),
        ("Username", "ci-legacy"),
    ],
)
def test_attributes_of_events(api: DemoApi, key: str, value: str) -> None:
    chosen = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}], **DAY}
    found = items(api, "cloudtrail", "lookup_events", "Events", SEOUL, SAO_PAULO, **chosen)
    assert found
    assert {event[key] for event in found} == {value}
    resource = {"AttributeKey": "ResourceType", "AttributeValue": "AWS::EC2::Instance"}
    assert items(api, "cloudtrail", "lookup_events", "Events", SEOUL, LookupAttributes=[resource], **DAY)


def test_events_are_those_of_the_logs_with_the_same_ids(tmp_path: Path) -> None:
    sample = two_days_until(NOW, tmp_path)
    logged = {
        record["eventID"]: record
        for record in sample.records
        if (record["recipientAccountId"], record["awsRegion"]) == (PROD, SEOUL) and record["managementEvent"]
    }
    window = {"StartTime": NOW - timedelta(hours=47), "EndTime": NOW}
    found = items(DemoApi(NOW), "cloudtrail", "lookup_events", "Events", SEOUL, **window)
    began = window["StartTime"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {event["EventId"] for event in found} == {
        name for name, record in logged.items() if record["eventTime"] >= began
    }
    assert all(json.loads(event["CloudTrailEvent"]) == logged[event["EventId"]] for event in found[::50])
