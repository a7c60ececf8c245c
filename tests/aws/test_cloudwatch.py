"""CloudWatch: series and their labels, statistics within AWS's limits, the two panels on them, alarms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.aws.cloudwatch_metrics import Series, labels
from engine.aws.cloudwatch_stats import MOST_POINTS, MOST_QUERIES, CloudwatchStats
from engine.aws.profiles import Profile
from engine.language.errors import QueryError
from engine.language.grammar import parse
from tests.aws.conftest import MakeEngine
from tests.aws.running import AwsServer
from tests.aws.stubs import StubApi, ask_every_minute, stubbed
from tests.panels import PANELS

NOW = datetime(2026, 11, 24, 9, 3, 20, tzinfo=UTC)


def metric(namespace: str, name: str, **dimensions: str) -> dict[str, Any]:
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": pairs}


def listing(*metrics: dict[str, Any]) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """ListMetrics over some metrics, filtered by name as AWS does."""
    return lambda given: [
        {"Metrics": [item for item in metrics if item["MetricName"] == given.get("MetricName", item["MetricName"])]}
    ]


def values(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """GetMetricData: two values at the start for each query, the number of the query and one more."""
    start, queries = parameters["StartTime"], parameters["MetricDataQueries"]
    times = [start, start + timedelta(seconds=queries[0]["MetricStat"]["Period"])]
    results = [
        {
            "Id": query["Id"],
            "Label": "CPUUtilization Average",
            "Timestamps": times,
            "Values": [float(number), number + 1.0],
            "StatusCode": "Complete",
        }
        for number, query in enumerate(queries)
    ]
    return [{"MetricDataResults": results}]


def requests(api: StubApi) -> list[dict[str, Any]]:
    return [call.parameters for call in api.asked("get_metric_data")]


CPU = (
    metric("AWS/EC2", "CPUUtilization", InstanceId="i-0abc"),
    metric("AWS/RDS", "CPUUtilization", DBInstanceIdentifier="orders"),
    metric("AWS/EC2", "CPUUtilization", InstanceId="i-0def"),
)


# Metrics and labels


def test_metrics_are_listed_with_their_dimensions() -> None:
    pages = [{"Metrics": [CPU[0]], "NextToken": "1"}, {"Metrics": [CPU[1], metric("Shop", "Orders")]}]
    engine, api = stubbed({"list_metrics": pages}, NOW)
    query = 'aws-cloudwatch-metrics metric="CPUUtilization" namespace="AWS/EC2" dimensions="InstanceId=i-0abc,ImageId"'
    result = engine.execute(f"{query} recent=true")
    assert list(result.frame.columns) == [
        *("profile", "account_id", "region", "namespace", "metric", "label", "dimensions", "dimension_names"),
        "owning_account",
    ]
    assert result.frame["label"].tolist() == ["i-0abc", "orders", "Orders"]
    assert result.frame["dimensions"][0] == [{"name": "InstanceId", "value": "i-0abc"}]
    assert result.frame["dimension_names"].tolist() == [["InstanceId"], ["DBInstanceIdentifier"], []]
    assert api.calls[0].parameters == {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": "i-0abc"}, {"Name": "ImageId"}],
        "RecentlyActive": "PT3H",
    }


def test_a_monitoring_account_sees_whose_metric_it_is() -> None:
    page = {"Metrics": [CPU[0], CPU[0]], "OwningAccounts": ["111122223333", "444455556666"]}
    engine, api = stubbed({"list_metrics": [page]}, NOW)
    found = engine.run("aws-cloudwatch-metrics linked_accounts=true")
    assert found["owning_account"].tolist() == ["111122223333", "444455556666"]
    assert found["label"].nunique() == 2
    assert api.calls[0].parameters == {"IncludeLinkedAccounts": True}


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([("AWS/EC2", "i-0abc")], ["i-0abc"]),
        ([("AWS/EC2", "web"), ("AWS/ECS", "web")], ["web (AWS/EC2)", "web (AWS/ECS)"]),
        ([("AWS/ECS", "shop", "api")], ["shop api"]),
        ([("Own",)], ["CPUUtilization"]),
        ([("Own",), ("Other",)], ["CPUUtilization (Own)", "CPUUtilization (Other)"]),
    ],
)
def test_labels(series: list[tuple[str, ...]], expected: list[str]) -> None:
    made = [
        Series(namespace, "CPUUtilization", tuple((f"D{index}", value) for index, value in enumerate(dimensions)))
        for namespace, *dimensions in series
    ]
    assert labels(made) == expected


def test_two_metrics_of_one_thing_share_its_label() -> None:
    found = [Series("AWS/EC2", name, (("InstanceId", "i-0abc"),)) for name in ("NetworkIn", "NetworkOut")]
    assert labels(found) == ["i-0abc", "i-0abc"]


# Statistics


def test_a_row_for_each_series_and_period() -> None:
    engine, api = stubbed({"list_metrics": listing(*CPU), "get_metric_data": values}, NOW)
    result = engine.execute('aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"')
    assert list(result.frame.columns) == [
        *("profile", "account_id", "region", "_time", "namespace", "metric", "stat", "label", "value", "unit"),
        *("dimensions", "status_code"),
    ]
    assert str(result.types["_time"]) == "date"
    first = result.frame.iloc[0].to_dict()
    assert first.pop("_time").isoformat() == "2026-11-23T18:00:00+09:00"
    assert first == {
        "profile": "main",
        "account_id": "012345678901",
        "region": "us-east-1",
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "stat": "avg",
        "label": "i-0abc",
        "value": 0.0,
        "unit": "Percent",
        "dimensions": [{"name": "InstanceId", "value": "i-0abc"}],
        "status_code": "Complete",
    }
    assert result.frame["label"].tolist() == ["i-0abc", "i-0abc", "i-0def", "i-0def", "orders", "orders"]
    (asked,) = requests(api)
    assert (asked["StartTime"], asked["EndTime"]) == (
        datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 10, tzinfo=UTC),
    )
    assert asked["ScanBy"] == "TimestampAscending"
    assert asked["MetricDataQueries"][2]["MetricStat"] == {"Metric": CPU[1], "Period": 600, "Stat": "Average"}
    assert "RecentlyActive" not in api.asked("list_metrics")[0].parameters
    assert result.warnings == ()


def test_only_series_of_the_last_hours_are_asked_for_what_they_did_in_them() -> None:
    engine, api = stubbed({"list_metrics": listing(*CPU), "get_metric_data": values}, NOW)
    engine.run('aws-cloudwatch-stats metric="CPUUtilization"')
    assert api.calls[0].parameters["RecentlyActive"] == "PT3H"
    (asked,) = requests(api)
    assert (asked["EndTime"] - asked["StartTime"], asked["MetricDataQueries"][0]["MetricStat"]["Period"]) == (
        timedelta(minutes=65),
        300,
    )


def test_statistics_and_metrics_are_lists() -> None:
    metrics = (*CPU, metric("AWS/EC2", "NetworkIn", InstanceId="i-0abc"))
    engine, api = stubbed({"list_metrics": listing(*metrics), "get_metric_data": values}, NOW)
    found = engine.run(
        'aws-cloudwatch-stats metric="CPUUtilization,NetworkIn" stat="max, p99.9,count"'
        " | stats count by metric, stat, unit"
    )
    assert found[["metric", "stat", "unit"]].to_numpy().tolist() == [
        ["CPUUtilization", "count", "Count"],
        ["CPUUtilization", "max", "Percent"],
        ["CPUUtilization", "p99.9", "Percent"],
        ["NetworkIn", "count", "Count"],
        ["NetworkIn", "max", "Bytes"],
        ["NetworkIn", "p99.9", "Bytes"],
    ]
    (asked,) = requests(api)
    assert {query["MetricStat"]["Stat"] for query in asked["MetricDataQueries"]} == {"Maximum", "p99.9", "SampleCount"}


def test_series_are_asked_for_in_batches_that_fit_one_page_each() -> None:
    many = [metric("AWS/EC2", "CPUUtilization", InstanceId=f"i-{number:04}") for number in range(700)]
    engine, api = stubbed({"list_metrics": listing(*many), "get_metric_data": values}, NOW)
    engine.run('aws-cloudwatch-stats duration=1h span=5m metric="CPUUtilization" max_series=1000')
    assert [len(asked["MetricDataQueries"]) for asked in requests(api)] == [MOST_QUERIES, 200]
    api.calls.clear()
    engine.run('aws-cloudwatch-stats duration=8h span=1m metric="CPUUtilization" max_series=1000')
    sizes = [len(asked["MetricDataQueries"]) for asked in requests(api)]
    assert sum(sizes) == 700
    assert max(sizes) == MOST_POINTS // 481


def test_pages_of_a_series_are_put_together() -> None:
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def pages(parameters: dict[str, Any]) -> list[dict[str, Any]]:
        parts = [("PartialData", [0, 1]), ("Complete", [2])]
        return [
            {
                "MetricDataResults": [
                    {
                        "Id": "m0",
                        "Timestamps": [start + timedelta(minutes=minute) for minute in minutes],
                        "Values": [float(minute) for minute in minutes],
                        "StatusCode": status,
                    }
                ]
            }
            for status, minutes in parts
        ]

    engine, api = stubbed({"list_metrics": listing(CPU[0]), "get_metric_data": pages}, NOW)
    result = engine.execute('aws-cloudwatch-stats span=1m metric="CPUUtilization"')
    assert result.frame["value"].tolist() == [0, 1, 2]
    assert set(result.frame["status_code"]) == {"Complete"}
    assert result.warnings == ()
    assert len(requests(api)) == 2


def test_what_aws_could_not_give_is_told() -> None:
    page = {
        "Messages": [{"Code": "MaxMetricsExceeded", "Value": "too many"}],
        "MetricDataResults": [{"Id": "m0", "Timestamps": [], "Values": [], "StatusCode": "Forbidden"}],
    }
    engine, _ = stubbed({"list_metrics": listing(CPU[0]), "get_metric_data": [page]}, NOW)
    result = engine.execute('aws-cloudwatch-stats metric="CPUUtilization"')
    assert len(result.frame) == 0
    assert result.warnings == (
        "CloudWatch says MaxMetricsExceeded: too many",
        "CloudWatch answered Forbidden for 1 series of CPUUtilization",
    )


def test_more_series_than_meant_are_refused_before_anything_is_billed() -> None:
    many = [metric("AWS/EC2", "CPUUtilization", InstanceId=f"i-{number:04}") for number in range(501)]
    engine, api = stubbed({"list_metrics": listing(*many), "get_metric_data": values}, NOW)
    with pytest.raises(QueryError, match=r"501 series have the metric CPUUtilization, and `max_series` is 500"):
        engine.run('aws-cloudwatch-stats metric="CPUUtilization"')
    with pytest.raises(QueryError, match="values in one region"):
        engine.run('aws-cloudwatch-stats duration=15d span=1m metric="CPUUtilization" max_series=1000')
    assert requests(api) == []


def test_no_series_ask_for_no_values() -> None:
    engine, api = stubbed({"list_metrics": [{"Metrics": []}]}, NOW)
    assert len(engine.run(PANELS["W6"])) == 0
    assert requests(api) == []


WIDENED = "`span` was widened from {} to {}: CloudWatch keeps values of {} for {}"


@pytest.mark.parametrize(
    ("options", "period", "length", "warning"),
    [
        ("duration=3h span=1s", 1, timedelta(hours=3), None),
        ("duration=4h span=30s", 60, timedelta(hours=4), WIDENED.format("30s", "1m", "30s", "3h")),
        ("duration=15d span=1m", 60, timedelta(days=15), None),
        ("duration=16d span=1m", 300, timedelta(days=16), WIDENED.format("1m", "5m", "1m", "15d")),
        ("duration=16d span=7m", 600, timedelta(days=16), WIDENED.format("7m", "10m", "7m", "15d")),
        ("duration=16d span=10m", 600, timedelta(days=16), None),
        ("duration=63d span=5m", 300, timedelta(days=63), None),
        ("duration=64d span=10m", 3600, timedelta(days=64), WIDENED.format("10m", "1h", "10m", "63d")),
        ("duration=455d span=1h", 3600, timedelta(days=455), None),
        ("duration=500d span=1d", 86400, timedelta(days=455), "CloudWatch keeps values for 455 days: earlier"),
    ],
)
def test_retention(options: str, period: int, length: timedelta, warning: str | None) -> None:
    """Too fine or too old a request would silently have no values at all."""
    engine, api = stubbed({"list_metrics": listing(CPU[0]), "get_metric_data": values}, NOW)
    result = engine.execute(f'aws-cloudwatch-stats {options} metric="CPUUtilization"')
    (asked,) = requests(api)
    start, end = asked["StartTime"], asked["EndTime"]
    assert asked["MetricDataQueries"][0]["MetricStat"]["Period"] == period
    assert start.timestamp() % period == end.timestamp() % period == 0
    assert end - timedelta(seconds=period) < NOW <= end
    limits = {1: timedelta(hours=3), 60: timedelta(days=15), 300: timedelta(days=63), 3600: timedelta(days=455)}
    kept = max(limit for unit, limit in limits.items() if period % unit == 0)
    assert NOW - start < kept, "by some minutes: the request takes its time"
    assert abs(NOW - length - start) <= timedelta(seconds=max(2 * period, 600))
    assert [text.startswith(warning or "?") for text in result.warnings] == ([True] if warning else [])


@given(
    st.integers(1, 40_000_000),
    st.sampled_from([1, 5, 10, 20, 30]) | st.integers(1, 3000).map(lambda minutes: 60 * minutes),
    st.integers(0, 90_000_000_000).map(lambda moments: NOW - timedelta(milliseconds=moments)),
)
def test_a_window_is_never_finer_or_older_than_what_is_kept(seconds: int, span: int, now: datetime) -> None:
    (command,) = parse(f"aws-cloudwatch-stats metric=a duration={seconds}s span={span}s")
    assert isinstance(command, CloudwatchStats)
    window = command.window(now)
    assert window.period >= span
    assert window.start.timestamp() % window.period == window.end.timestamp() % window.period == 0
    limits = {1: timedelta(hours=3), 60: timedelta(days=15), 300: timedelta(days=63), 3600: timedelta(days=455)}
    assert now - window.start < max(limit for unit, limit in limits.items() if window.period % unit == 0)
    assert now <= window.end < now + timedelta(seconds=window.period)
    assert bool(window.notes) == (window.period > span or seconds > 455 * 86400)


def test_times_are_those_of_the_viewer() -> None:
    engine, api = stubbed({"list_metrics": listing(CPU[0]), "get_metric_data": values}, NOW)
    engine.run('aws-cloudwatch-stats from=20261124 to=2026112412 span=1h metric="CPUUtilization"')
    (asked,) = requests(api)
    assert (asked["StartTime"], asked["EndTime"]) == (
        datetime(2026, 11, 23, 15, tzinfo=UTC),
        datetime(2026, 11, 24, 3, tzinfo=UTC),
    )


def test_a_time_to_come_has_no_values() -> None:
    engine, api = stubbed({"list_metrics": listing(CPU[0]), "get_metric_data": values}, NOW)
    assert len(engine.run('aws-cloudwatch-stats from=2027 to=2028 metric="CPUUtilization"')) == 0
    assert requests(api) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("aws-cloudwatch-stats", "needs a metric"),
        ('aws-cloudwatch-stats metric=" , "', "needs a metric"),
        ("aws-cloudwatch-stats metric=a span=90s", "neither whole minutes"),
        ("aws-cloudwatch-stats metric=a span=1mon", "neither whole minutes"),
        ("aws-cloudwatch-stats metric=a span=0m", "neither whole minutes"),
        ("aws-cloudwatch-stats metric=a stat=median", "`median` is none of"),
        ("aws-cloudwatch-stats metric=a duration=1h from=2026", "exclude each other"),
        ("aws-cloudwatch-stats metric=a from=yesterday", "is not a time"),
        ('aws-cloudwatch-stats metric=a dimensions="=x"', "not `Name=value`"),
        ("aws-cloudwatch-stats metric=a CPUUtilization", "takes options only"),
    ],
)
def test_mistakes(query: str, message: str) -> None:
    engine, api = stubbed({"list_metrics": listing(*CPU)}, NOW)
    with pytest.raises(QueryError, match=message):
        engine.run(query)
    assert api.calls == []


@pytest.mark.parametrize("stat", ["p50", "p99.99", "p100", "tm90", "IQM", "TM(10%:90%)", "PR(:300)", "wm98"])
def test_statistics_of_the_api_pass(stat: str) -> None:
    engine, api = stubbed({"list_metrics": listing(CPU[0]), "get_metric_data": values}, NOW)
    engine.run(f'aws-cloudwatch-stats metric="CPUUtilization" statistic="{stat}"')
    assert requests(api)[0]["MetricDataQueries"][0]["MetricStat"]["Stat"] == stat


def test_how_old_an_answer_may_be() -> None:
    def age(options: str) -> timedelta:
        (command,) = parse(f"aws-cloudwatch-stats metric=a {options}")
        assert isinstance(command, CloudwatchStats)
        return command.max_age()

    assert [age(f"span={span}") for span in ("1s", "1m", "5m", "10m", "1d")] == [
        timedelta(minutes=1),
        timedelta(minutes=1),
        timedelta(minutes=2.5),
        timedelta(minutes=5),
        timedelta(minutes=5),
    ]


def test_one_name_in_two_regions_says_where() -> None:
    profile = Profile("main", ("ap-northeast-2", "us-east-1"))
    engine, _ = stubbed({"list_metrics": listing(CPU[1]), "get_metric_data": values}, NOW, profile)
    found = engine.run('aws-cloudwatch-stats metric="CPUUtilization" | stats count by label')
    assert found["label"].tolist() == ["orders (ap-northeast-2 012345678901)", "orders (us-east-1 012345678901)"]


def test_a_page_left_open_for_a_day_asks_no_more_than_ages_allow() -> None:
    metrics = (*CPU, metric("AWS/RDS", "SelectLatency", DBInstanceIdentifier="orders"))
    answers = {"list_metrics": listing(*metrics), "get_metric_data": values}
    queries = [PANELS["W6"], PANELS["W7"].partition("| join type=left")[0]]
    api, usd = ask_every_minute(answers, queries, NOW)
    minutes = 24 * 60
    by_period = [asked["MetricDataQueries"][0]["MetricStat"]["Period"] for asked in requests(api)]
    assert by_period.count(60) <= minutes  # of W6, whose answer may be a minute old
    assert by_period.count(600) <= minutes / 5
    assert usd == pytest.approx((by_period.count(60) + 3 * by_period.count(600)) * 0.01 / 1000)


def test_the_same_command_twice_in_a_query_is_asked_once() -> None:
    latency = metric("AWS/RDS", "SelectLatency", DBInstanceIdentifier="orders")
    engine, api = stubbed({"list_metrics": listing(latency), "get_metric_data": values}, NOW)
    result = engine.execute(PANELS["W6"].replace("aws-cloudwatch-stats ", "aws-cloudwatch-stats cache=0 "))
    assert result.frame["label"].tolist() == ["orders"]
    assert len(requests(api)) == 1
    assert [live.calls for live in result.live] == [2]


def test_the_panels_on_written_answers() -> None:
    """One name twice, no name, a name that is empty, a database, a cache, an average of a group."""
    instances = {"i-1": "web", "i-2": "web", "i-3": None, "i-4": ""}
    cpu = [metric("AWS/EC2", "CPUUtilization", InstanceId=name) for name in instances]
    cpu += [
        metric("AWS/EC2", "CPUUtilization", AutoScalingGroupName="fleet"),
        metric("AWS/ElastiCache", "CPUUtilization", CacheClusterId="sessions", CacheNodeId="0001"),
        metric("AWS/RDS", "CPUUtilization", DBInstanceIdentifier="orders"),
        metric("AWS/RDS", "SelectLatency", DBInstanceIdentifier="orders"),
    ]
    described = [
        {"InstanceId": name, "Tags": [] if tag is None else [{"Key": "Name", "Value": tag}]}
        for name, tag in instances.items()
    ]
    answers = {
        "list_metrics": listing(*cpu),
        "get_metric_data": values,
        "describe_instances": [{"Reservations": [{"Instances": described}]}],
    }
    engine, api = stubbed(answers, NOW)
    lines = engine.run(PANELS["W7"]).set_index("_time").mean().to_dict()
    # The number of the query and one more, on average; series are asked for in the order of their names.
    assert lines == {"fleet": 0.5, "web": 2.0, "i-3": 3.5, "i-4": 4.5, "sessions 0001": 5.5, "orders": 6.5}
    assert engine.run(PANELS["W6"])["label"].tolist() == ["orders"]
    assert len(requests(api)) == 2


def test_what_asking_costs_is_known_before() -> None:
    latency = metric("AWS/RDS", "SelectLatency", DBInstanceIdentifier="orders")
    engine, api = stubbed({"list_metrics": listing(latency), "get_metric_data": values}, NOW)
    query = PANELS["W6"]
    (before,) = engine.explain(query).live
    assert before.estimate_usd == pytest.approx(0.005), "500 series, which is the most"
    assert api.calls == []
    assert engine.execute(query).live[0].cost_usd == pytest.approx(0.00001)
    assert engine.explain(query).live[0].estimate_usd == pytest.approx(0.00001), "as was seen"


# The panels, over HTTP


def put(aws_server: AwsServer, namespace: str, name: str, points: dict[str, float], dimension: str) -> None:
    """A constant value in each of the last hours, of several things."""
    moments = [NOW - timedelta(hours=hour, minutes=5) for hour in range(20)]
    with aws_server.client("cloudwatch") as cloudwatch:
        for thing, value in points.items():
            data = [
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": dimension, "Value": thing}],
                    "Timestamp": moment,
                    "Value": value,
                }
                for moment in moments
            ]
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def test_the_cpu_panel_names_one_line_for_each_instance(make_engine: MakeEngine, aws_server: AwsServer) -> None:
    names = ["web-1", "worker", "worker", None]
    ids = []
    with aws_server.client("ec2") as ec2:
        for name in names:
            made = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
            ids.append(made)
            if name is not None:
                ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": name}, {"Key": "team", "Value": "a"}])
    put(aws_server, "AWS/EC2", "CPUUtilization", dict(zip(ids, (10.0, 20.0, 40.0, 50.0), strict=True)), "InstanceId")
    put(aws_server, "AWS/RDS", "CPUUtilization", {"orders": 60.0}, "DBInstanceIdentifier")
    put(aws_server, "AWS/ElastiCache", "CPUUtilization", {"sessions": 70.0}, "CacheClusterId")
    engine = make_engine(now=NOW)
    result = engine.execute(PANELS["W7"])
    means = result.frame.set_index("_time").mean().round(6).to_dict()
    # Two instances of one name are one line, an instance without a name and what is no instance go by their label.
    assert means == {"orders": 60.0, "sessions": 70.0, "web-1": 10.0, "worker": 30.0, ids[3]: 50.0}
    assert {str(kind) for name, kind in result.types.items() if name != "_time"} == {"double"}
    calls = [call["call"] for call in aws_server.calls()]
    assert (calls.count("GetMetricData"), calls.count("DescribeInstances")) == (1, 1)
    assert result.warnings == ("unknown field `label` is null",)  # in the sub-query, as the panel has it
    single = engine.run(
        'aws-cloudwatch-stats duration=1d metric="CPUUtilization" dimensions="InstanceId" | stats count by label'
    )
    assert sorted(single["label"]) == sorted(ids)


def test_the_latency_panel_shows_the_five_slowest(make_engine: MakeEngine, aws_server: AwsServer) -> None:
    databases = {f"db-{number}": float(number) for number in range(1, 8)}
    put(aws_server, "AWS/RDS", "SelectLatency", databases, "DBInstanceIdentifier")
    found = make_engine(now=NOW).run(PANELS["W6"])
    assert found["label"].tolist() == ["db-3", "db-4", "db-5", "db-6", "db-7"]
    assert found[["min", "iqr2", "max"]].to_numpy().tolist() == [[float(number)] * 3 for number in range(3, 8)]


def test_percentiles_over_http(make_engine: MakeEngine, aws_server: AwsServer) -> None:
    put(aws_server, "Shop", "Orders", {"kr": 3.0}, "Country")
    engine = make_engine(now=NOW)
    found = engine.run('aws-cloudwatch-stats namespace="Shop" metric="Orders" stat="p95,count" span=1h duration=6h')
    assert found.groupby("stat")["value"].max().to_dict() == {"p95": 3.0, "count": 1.0}
    listed = engine.run('aws-cloudwatch-metrics namespace="Shop" dimensions="Country=kr"')
    assert listed[["metric", "label"]].to_numpy().tolist() == [["Orders", "kr"]]
    assert len(engine.run('aws-cloudwatch-metrics namespace="Shop" dimensions="Country=de"')) == 0


# Alarms


def test_alarms_of_metrics_and_those_that_combine_others() -> None:
    page = {
        "MetricAlarms": [
            {
                "AlarmName": "cpu high",
                "AlarmArn": "arn:aws:cloudwatch:us-east-1:012345678901:alarm:cpu high",
                "AlarmDescription": "",
                "ActionsEnabled": True,
                "AlarmActions": ["arn:aws:sns:us-east-1:012345678901:ops"],
                "StateValue": "ALARM",
                "StateReason": "Threshold Crossed",
                "StateUpdatedTimestamp": datetime(2026, 11, 24, 8, tzinfo=UTC),
                "MetricName": "CPUUtilization",
                "Namespace": "AWS/EC2",
                "ExtendedStatistic": "p95",
                "Dimensions": [{"Name": "InstanceId", "Value": "i-0abc"}],
                "Period": 300,
                "EvaluationPeriods": 3,
                "Threshold": 80.5,
                "ComparisonOperator": "GreaterThanThreshold",
            },
            {"AlarmName": "of a formula", "Metrics": [{"Id": "m1", "Expression": "m2/m3"}], "StateValue": "OK"},
        ],
        "CompositeAlarms": [{"AlarmName": "all", "AlarmRule": 'ALARM("cpu high")', "StateValue": "ALARM"}],
    }
    engine, api = stubbed({"describe_alarms": [page]}, NOW)
    result = engine.execute("aws-cloudwatch-alarms state=alarm prefix=cpu")
    rows = result.frame.astype(object).where(result.frame.notna(), None).to_dict("records")
    assert [(row["alarm_name"], row["alarm_type"], row["metric"]) for row in rows] == [
        ("cpu high", "metric", "CPUUtilization"),
        ("of a formula", "metric", None),
        ("all", "composite", None),
    ]
    first = rows[0]
    assert (first["statistic"], first["period"], first["threshold"], first["alarm_description"]) == (
        "p95",
        300,
        80.5,
        None,
    )
    assert first["dimensions"] == [{"name": "InstanceId", "value": "i-0abc"}]
    assert first["state_updated"].isoformat() == "2026-11-24T17:00:00+09:00"
    assert rows[2]["alarm_rule"] == 'ALARM("cpu high")'
    assert api.calls[0].parameters == {
        "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
        "StateValue": "ALARM",
        "AlarmNamePrefix": "cpu",
        "MaxRecords": 100,
    }
    with pytest.raises(QueryError, match="none of OK, ALARM"):
        engine.run("aws-cloudwatch-alarms state=red")


def test_alarms_over_http(make_engine: MakeEngine, aws_server: AwsServer) -> None:
    with aws_server.client("cloudwatch") as cloudwatch:
        cloudwatch.put_metric_alarm(
            AlarmName="cpu",
            MetricName="CPUUtilization",
            Namespace="AWS/EC2",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=2,
            Threshold=90,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName="cpu", StateValue="ALARM", StateReason="test")
    found = make_engine(now=NOW).run("aws-cloudwatch-alarms | stats count by alarm_name, state_value, threshold")
    assert found.to_dict("records") == [{"alarm_name": "cpu", "state_value": "ALARM", "threshold": 90.0, "count": 1}]
