"""Commands that list what an account has: on the sample company, on written answers, and on the server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from engine.aws.profiles import Profile, Profiles
from engine.demo.elb.balancers import API_APP, SHOP_WEB
from engine.demo.incidents import FORGOTTEN_INSTANCE, LEAKED_KEY
from engine.language.errors import QueryError, SourceError
from engine.query import Engine, Result
from tests.aws.conftest import NOW, MakeEngine
from tests.aws.running import AwsServer
from tests.aws.stubs import stubbed
from tests.panels import PANELS
from tests.real import REAL, needs_real

Document = dict[str, Any]


@pytest.fixture(scope="module")
def demo() -> Engine:
    """The sample company."""
    return Engine(now=NOW, timezone="Asia/Seoul", profiles=Profiles([Profile("demo", demo=True)]))


def values(result: Result, *names: str) -> list[tuple[Any, ...]]:
    return list(result.frame[list(names)].itertuples(index=False, name=None))


# ── the sample company ───────────────────────────────────────────────────────────────────────────────────────────


def test_changes_by_the_leaked_key(demo: Engine) -> None:
    query = (
        f"aws-cloudtrail-events duration=1d access_key_id={LEAKED_KEY}"
        ' | eval user = valueof(userIdentity, "userName")'
        ' | search eventName == "Run*" and isnull(errorCode)'
        " | stats count by user, awsRegion, sourceIPAddress"
    )
    assert demo.run(query).to_dict("records") == [
        {"user": "ci-legacy", "awsRegion": "sa-east-1", "sourceIPAddress": "34.35.7.91", "count": 3}
    ]


def test_a_panel_of_the_logs_works_on_the_history_of_cloudtrail(demo: Engine) -> None:
    source = "aws-cloudtrail-events duration=1d region=ap-northeast-2 max_events=20000"
    for name in ("T1", "T5", "T6"):
        pipeline = PANELS[name].partition("|")[2]
        result = demo.execute(f"{source} | {pipeline}")
        assert len(result.frame)
        assert not [str(told) for told in result.warnings if "unknown field" in str(told)]


def test_the_trails_and_the_gap(demo: Engine) -> None:
    trails = demo.run("aws-cloudtrail-trails").set_index("name")
    assert trails["region"].to_dict() == {
        "moonrabbit-audit": "ap-northeast-2", "steamer-debug": "eu-central-1", "moonrabbit-organization": "us-east-1"
    }  # fmt: skip
    assert trails["is_logging"].to_dict() == {
        "moonrabbit-audit": True, "steamer-debug": False, "moonrabbit-organization": True
    }  # fmt: skip
    audit = trails.loc["moonrabbit-audit"]
    assert audit["start_logging_time"] - audit["stop_logging_time"] == timedelta(minutes=26)
    assert trails.loc["steamer-debug", "latest_delivery_error"] == "NoSuchBucket"
    assert len(demo.run("aws-cloudtrail-trails shadow=true region=eu-central-1")) == 3


def test_ports_that_are_open_to_the_world(demo: Engine) -> None:
    query = (
        "aws-ec2-security-group-rules | search is_open and not(is_egress) | join group_id"
        " [ aws-ec2-security-groups | fields group_id, group_name ] | stats count by group_name, from_port"
    )
    found = set(demo.run(query)[["group_name", "from_port"]].itertuples(index=False, name=None))
    assert {("old-bastion", 22), ("accounting", 3389), ("gpu-test", 8888), ("shop-balancer", 443)} <= found
    assert ("shop-web", 8080) not in found
    inbound = demo.run("aws-ec2-security-groups group_name=accounting | explode inbound | fields inbound")["inbound"]
    assert {(one["from_port"], tuple(one["cidrs_ipv6"])) for one in inbound} == {(3389, ("::/0",)), (445, ())}


def test_volumes_without_an_instance(demo: Engine) -> None:
    unused = demo.run("aws-ec2-volumes state=available | stats count, sum(size) as gib")
    assert unused.to_dict("records") == [{"count": 3, "gib": 1000}]
    (row,) = demo.run(f"aws-ec2-volumes instance_id={FORGOTTEN_INSTANCE}").to_dict("records")
    assert (row["name"], row["region"], list(row["instance_ids"])) == (
        "tteok-vision", "us-east-1", [FORGOTTEN_INSTANCE]
    )  # fmt: skip


def test_load_balancers_of_three_kinds_and_their_targets(demo: Engine) -> None:
    balancers = demo.run("aws-elb-load-balancers").set_index("name")
    assert balancers["type"].to_dict() == {
        "api-eu": "application", "shop-web": "application", "steamer-hub": "network", "store-terminals": "classic"
    }  # fmt: skip
    assert balancers.index[balancers["access_log_bucket"].isna()].tolist() == ["steamer-hub"]
    states = demo.run("aws-elb-target-health | stats count by target_group_name, state").set_index("target_group_name")
    assert states["state"].to_dict() | {"steamer-hub": "unhealthy"} == {
        "shop-web": "healthy", "checkout": "healthy", "delivery-slots": "unavailable", "api-app": "healthy",
        "api-partner": "healthy", "api-stock": "healthy", "steamer-hub": "unhealthy", "shop-web-canary": "unused",
    }  # fmt: skip
    app = demo.run("aws-elb-target-health target_group=api-app region=eu-central-1")
    assert set(app["target_ip"]) == {target.partition(":")[0] for target in API_APP.targets}
    assert set(app["load_balancer"]) == {"api-eu"}
    assert set(app["target_group_arn"]) == {API_APP.group}
    web = demo.run("aws-elb-target-health target_group=shop-web region=ap-northeast-2")
    assert web["target_ip"].isna().all()
    names = demo.run('aws-ec2-instances | search in(private_ip, ip("10.20.1.21"), ip("10.20.2.22"))')
    assert set(names["instance_id"]) <= set(web["target_id"])
    assert len(web) == len(SHOP_WEB.targets)


def test_databases_that_want_a_look(demo: Engine) -> None:
    odd = demo.run("aws-rds-instances | search publicly_accessible or not(storage_encrypted)")
    assert odd["db_instance_identifier"].tolist() == ["loyalty"]
    assert odd["certificate_valid_till"][0] - NOW < timedelta(days=60)
    orders = demo.run("aws-rds-instances db_cluster=orders | fields db_instance_identifier")
    assert len(orders) == 3


def test_users_and_keys_that_want_a_look(demo: Engine) -> None:
    query = "aws-iam-users | search isnotnull(password_last_used) and mfa_enabled == false | fields user_name"
    assert demo.run(query)["user_name"].tolist() == ["store-manager"]
    bare = demo.run("aws-iam-users detail=false path=/programs/")
    assert set(bare["user_name"]) == {"backup-nightly", "ci-legacy", "label-printer", "photo-upload"}
    assert bare[["mfa_enabled", "groups", "access_key_count"]].isna().all(axis=None)
    old = demo.run('aws-iam-access-keys | search status == "Active" and (age_days > 900 or isnull(last_used_date))')
    assert set(old["user_name"]) == {"backup-nightly", "label-printer", "photo-upload"}
    assert demo.run('aws-iam-access-keys user_name=ci-legacy | fields status, last_used_region').iloc[0].tolist() == [
        "Inactive", "sa-east-1"
    ]  # fmt: skip


# ── written answers ──────────────────────────────────────────────────────────────────────────────────────────────


def event(name: str, **facts: Any) -> Document:
    """An event of LookupEvents whose record says more."""
    record = {"eventVersion": "1.11", "eventName": name, "awsRegion": "us-east-1", "eventID": name, **facts}
    return {"EventId": name, "EventName": name, "EventTime": NOW - timedelta(minutes=20), "ReadOnly": "false",
            "Username": "alice", "Resources": [], "CloudTrailEvent": json.dumps(record)}  # fmt: skip


def test_records_of_any_shape_become_the_fields_of_the_table() -> None:
    told = [
        event(
            "CreateBucket",
            userIdentity={"type": "IAMUser", "userName": "alice", "colour": "green"},
            requestParameters={"bucketName": "b", "nested": [1, {"a": None}]},
            resources=[{"ARN": "arn:aws:s3:::b", "type": "AWS::S3::Bucket", "accountId": "1"}],
            readOnly="false",
            flavour="sweet",
        ),
        event("PutObject", userIdentity="somebody", readOnly=True, sourceIPAddress=7),
        {"EventName": "Odd", "CloudTrailEvent": "{not json", "ReadOnly": "true"},
        {"EventName": "Bare", "EventTime": NOW},
    ]
    engine, api = stubbed({"lookup_events": [{"Events": told[:2]}, {"Events": told[2:]}]}, NOW)
    result = engine.execute(
        "aws-cloudtrail-events duration=2h read_only=false"
        ' | eval user = valueof(userIdentity, "userName"), colour = valueof(userIdentity, "colour")'
        ' | eval bucket = valueof(requestParameters, "bucketName"), flavour = valueof(_rest, "flavour")'
        " | fields eventName, user, colour, bucket, flavour, readOnly, sourceIPAddress, resources, userName"
    )
    create, put, odd, bare = result.frame.to_dict("records")
    assert (create["user"], create["colour"], create["bucket"], create["flavour"], create["readOnly"]) == (
        "alice", "green", "b", "sweet", False,
    )  # fmt: skip
    assert create["resources"][0]["ARN"] == "arn:aws:s3:::b"
    assert (pd.isna(put["user"]), put["readOnly"], put["sourceIPAddress"]) == (True, True, "7")
    assert (odd["eventName"], odd["readOnly"], bare["eventName"]) == ("Odd", True, "Bare")
    assert any("no JSON" in str(told) for told in result.warnings)
    (first, _) = api.asked("lookup_events")
    assert first.parameters == {
        "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
        "StartTime": NOW - timedelta(hours=2),
        "EndTime": NOW,
        "MaxResults": 50,
    }


@needs_real
def test_real_records_keep_all_they_say() -> None:
    records = [
        record
        for path in sorted((REAL / "cloudtrail").glob("*.json"))
        for record in json.loads(path.read_text("utf-8"))["Records"]
    ]
    events = [{"EventId": one["eventID"], "CloudTrailEvent": json.dumps(one)} for one in records]
    engine, _ = stubbed({"lookup_events": [{"Events": events}]}, NOW)
    found = engine.run(
        'aws-cloudtrail-events max_events=100000 | eval arn = valueof(userIdentity, "arn")'
        ' | eval mfa = valueof(valueof(valueof(userIdentity, "sessionContext"), "attributes"), "mfaAuthenticated")'
        ' | eval wanted = string(requestParameters), host = valueof(tlsDetails, "clientProvidedHostHeader")'
        " | fields eventID, eventName, errorCode, readOnly, arn, mfa, wanted, host, _rest"
    ).set_index("eventID")
    assert len(found) == len(records) > 500
    assert found["_rest"].isna().all()
    for record in records:
        row, identity = found.loc[record["eventID"]], record["userIdentity"]
        attributes = identity.get("sessionContext", {}).get("attributes", {})
        pairs = [
            (row["eventName"], record["eventName"]), (row["errorCode"], record.get("errorCode")),
            (row["readOnly"], record.get("readOnly")), (row["arn"], identity.get("arn")),
            (row["mfa"], attributes.get("mfaAuthenticated")),
            (row["host"], (record.get("tlsDetails") or {}).get("clientProvidedHostHeader")),
        ]  # fmt: skip
        assert all(shown == told or (told is None and pd.isna(shown)) for shown, told in pairs), record["eventID"]
        assert pd.isna(row["wanted"]) == (record.get("requestParameters") is None)


def test_the_newest_events_of_too_many() -> None:
    engine, api = stubbed({"lookup_events": [{"Events": [event("A")] * 50}] * 9}, NOW)
    result = engine.execute("aws-cloudtrail-events max_events=120 | stats count")
    assert result.frame["count"].tolist() == [120]
    assert any("more than 120 events in us-east-1" in str(told) for told in result.warnings)
    assert len(api.asked("lookup_events")) == 3
    assert len(engine.run("aws-cloudtrail-events limit=60")) == 60
    assert len(api.asked("lookup_events")) == 5


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("aws-cloudtrail-events event_name=RunInstances user_name=alice", "one of `event_name`, `user_name`"),
        ("aws-cloudtrail-events duration=1h from=20261101", "exclude each other"),
        ("aws-cloudtrail-events category=data", "only category is `insight`"),
        ("aws-cloudtrail-events from=20261124 to=20261123", "not before"),
    ],
)
def test_events_that_cannot_be_asked_for(query: str, words: str) -> None:
    engine, _ = stubbed({"lookup_events": [{"Events": []}]}, NOW)
    with pytest.raises(QueryError, match=words):
        engine.run(query)


def test_events_of_a_time_are_asked_for_in_utc() -> None:
    engine, api = stubbed({"lookup_events": [{"Events": []}]}, NOW)
    assert "eventName" in engine.run("aws-cloudtrail-events from=2026112409 to=2026112412 category=insight").columns
    (call,) = api.asked("lookup_events")
    assert call.parameters["StartTime"] == datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert call.parameters["EndTime"] == datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert call.parameters["EventCategory"] == "insight"


def denied(operation: str, code: str = "AccessDenied") -> ClientError:
    words = "User: arn:aws:iam::012345678901:user/test is not authorized to perform: it"
    return ClientError({"Error": {"Code": code, "Message": words}}, operation)


USER = {"Path": "/", "UserName": "alice", "UserId": "AIDAEXAMPLEEXAMPLE", "Arn": "arn:aws:iam::012345678901:user/alice",
        "CreateDate": NOW - timedelta(days=400)}  # fmt: skip


def test_users_without_the_right_to_look_at_them_closely() -> None:
    answers = {
        "list_users": [{"Users": [USER, {**USER, "UserName": "bob"}]}],
        "list_mfa_devices": denied("ListMFADevices"),
        "list_access_keys": denied("ListAccessKeys", "NoSuchEntity"),
        "list_groups_for_user": [{"Groups": []}],
        "list_user_tags": [{"Tags": [{"Key": "team", "Value": "a"}]}],
    }
    engine, _ = stubbed(answers, NOW)
    result = engine.execute("aws-iam-users")
    alice, _ = result.frame.to_dict("records")
    assert pd.isna(alice["mfa_enabled"])
    assert (alice["access_key_count"], list(alice["groups"]), list(alice["tags"])) == (
        0, [], [{"key": "team", "value": "a"}]
    )  # fmt: skip
    (told,) = [str(told) for told in result.warnings]
    assert "iam:ListMFADevices is denied" in told
    with pytest.raises(SourceError, match="iam:ListMFADevices is denied"):
        stubbed({**answers, "list_users": denied("ListMFADevices")}, NOW)[0].run("aws-iam-users")


def test_keys_whose_last_use_may_not_be_asked() -> None:
    key = {"UserName": "alice", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active",
           "CreateDate": NOW - timedelta(days=100, hours=3)}  # fmt: skip
    answers: dict[str, Any] = {
        "list_users": [{"Users": [USER]}],
        "list_access_keys": [{"AccessKeyMetadata": [key]}],
        "get_access_key_last_used": denied("GetAccessKeyLastUsed"),
    }
    engine, _ = stubbed(answers, NOW)
    result = engine.execute("aws-iam-access-keys")
    (row,) = result.frame.to_dict("records")
    assert (row["age_days"], row["status"], pd.isna(row["last_used_date"])) == (100, "Active", True)
    assert any("iam:GetAccessKeyLastUsed is denied" in str(told) for told in result.warnings)
    with pytest.raises(SourceError, match="iam:ListAccessKeys is denied"):
        stubbed({**answers, "list_access_keys": denied("ListAccessKeys")}, NOW)[0].run("aws-iam-access-keys")


GATEWAY = {"LoadBalancerName": "guard", "Type": "gateway", "LoadBalancerArn": "arn:aws:x:y:z:loadbalancer/gwy/guard/1",
           "State": {"Code": "provisioning"}}  # fmt: skip


def test_load_balancers_whose_attributes_are_hidden_or_gone() -> None:
    shop = {
        "LoadBalancerName": "shop",
        "Type": "application",
        "LoadBalancerArn": "arn:aws:x:y:z:loadbalancer/app/shop/1",
    }
    classic = {"LoadBalancerName": "old", "AvailabilityZones": ["us-east-1a"], "VPCId": ""}
    answers: dict[str, Any] = {
        "elbv2.describe_load_balancers": [{"LoadBalancers": [shop, GATEWAY]}],
        "elbv2.describe_load_balancer_attributes": denied("DescribeLoadBalancerAttributes"),
        "elb.describe_load_balancers": [{"LoadBalancerDescriptions": [classic]}],
        "elb.describe_load_balancer_attributes": denied("DescribeLoadBalancerAttributes", "LoadBalancerNotFound"),
    }
    engine, _ = stubbed(answers, NOW)
    result = engine.execute("aws-elb-load-balancers")
    assert values(result, "name", "type") == [("shop", "application"), ("guard", "gateway"), ("old", "classic")]
    (told,) = [str(told) for told in result.warnings]
    assert "DescribeLoadBalancerAttributes is denied" in told


def test_odd_targets() -> None:
    group = {"TargetGroupName": "inner", "TargetGroupArn": "arn:1", "LoadBalancerArns": [
        "arn:aws:x:y:z:loadbalancer/net/one/1", "arn:aws:x:y:z:loadbalancer/net/two/2"]}  # fmt: skip
    gone = {"TargetGroupName": "gone", "TargetGroupArn": "arn:2", "LoadBalancerArns": []}
    targets = [
        {"Target": {"Id": "2001:db8::7", "Port": 53, "AvailabilityZone": "all"}, "TargetHealth": {"State": "initial"}},
        {"Target": {"Id": "arn:aws:lambda:y:z:function:f"}, "TargetHealth": {"State": "unavailable", "Reason": ""}},
    ]

    def health(parameters: Document) -> list[Document]:
        if parameters["TargetGroupArn"] == "arn:2":
            raise denied("DescribeTargetHealth", "TargetGroupNotFound")
        return [{"TargetHealthDescriptions": targets}]

    answers = {"describe_target_groups": [{"TargetGroups": [group, gone]}], "describe_target_health": health}
    engine, _ = stubbed(answers, NOW)
    result = engine.execute("aws-elb-target-health")
    assert values(result, "load_balancer", "state") == [("one, two", "initial"), ("one, two", "unavailable")]
    address, none = result.frame["target_ip"]
    assert address == "2001:db8:0:0:0:0:0:7"
    assert pd.isna(none)


def test_nothing_there_still_has_columns() -> None:
    answers: dict[str, Any] = {
        "describe_trails": [{"trailList": []}],
        "describe_security_groups": [{"SecurityGroups": []}],
        "describe_security_group_rules": [{}],
        "describe_volumes": [{"Volumes": []}],
        "elbv2.describe_load_balancers": [{"LoadBalancers": []}],
        "elb.describe_load_balancers": [{"LoadBalancerDescriptions": []}],
        "describe_target_groups": [{"TargetGroups": []}],
        "describe_db_instances": [{"DBInstances": []}],
        "list_users": [{"Users": []}],
        "lookup_events": [{"Events": []}],
    }
    engine, _ = stubbed(answers, NOW)
    for word, column in (
        ("aws-cloudtrail-events", "eventName"), ("aws-cloudtrail-trails", "is_logging"),
        ("aws-ec2-security-groups", "inbound"), ("aws-ec2-security-group-rules", "is_open"),
        ("aws-ec2-volumes", "size"), ("aws-elb-load-balancers", "scheme"), ("aws-elb-target-health", "state"),
        ("aws-rds-instances", "engine"), ("aws-iam-users", "mfa_enabled"), ("aws-iam-access-keys", "age_days"),
    ):  # fmt: skip
        frame = engine.run(word)
        assert len(frame) == 0
        assert column in frame.columns


# ── the server ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def account(aws_server: AwsServer) -> Document:
    """An account with one of everything."""
    with aws_server.client("ec2") as ec2:
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
        group = ec2.create_security_group(GroupName="open", Description="to all", VpcId=vpc)["GroupId"]
        world = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[world])
        tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "left"}]}]
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, VolumeType="gp3", TagSpecifications=tags)
    with aws_server.client("s3") as s3, aws_server.client("cloudtrail") as cloudtrail:
        s3.create_bucket(Bucket="trails")
        cloudtrail.create_trail(Name="everything", S3BucketName="trails", IsMultiRegionTrail=True)
        cloudtrail.start_logging(Name="everything")
    with aws_server.client("elbv2") as elbv2:
        shop = elbv2.create_load_balancer(Name="shop", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
        targets = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
        target_group = targets["TargetGroups"][0]["TargetGroupArn"]
        elbv2.register_targets(TargetGroupArn=target_group, Targets=[{"Id": "10.0.0.5", "Port": 80}])
        elbv2.create_listener(
            LoadBalancerArn=shop["LoadBalancerArn"], Protocol="HTTP", Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )  # fmt: skip
    with aws_server.client("elb") as elb:
        listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
        elb.create_load_balancer(LoadBalancerName="old", Listeners=[listener], AvailabilityZones=["us-east-1a"])
    with aws_server.client("rds") as rds:
        rds.create_db_instance(
            DBInstanceIdentifier="orders", Engine="mysql", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
            MasterUsername="admin", MasterUserPassword="not-a-secret",
        )  # fmt: skip
    with aws_server.client("iam") as iam:
        iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "platform"}])
        iam.create_group(GroupName="admins")
        iam.add_user_to_group(GroupName="admins", UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        iam.create_user(UserName="bob")
    return {"group": group, "volume": volume["VolumeId"], "key": key, "target_group": target_group}


def test_an_account_with_one_of_everything(account: Document, make_engine: MakeEngine) -> None:
    engine = make_engine()
    (rule,) = engine.run("aws-ec2-security-group-rules | search is_open and not(is_egress)").to_dict("records")
    assert (rule["group_id"], rule["from_port"], rule["cidr_ipv4"]) == (account["group"], 22, "0.0.0.0/0")
    (group,) = engine.run("aws-ec2-security-groups group_name=open").to_dict("records")
    assert [(one["from_port"], list(one["cidrs_ipv4"])) for one in group["inbound"]] == [(22, ["0.0.0.0/0"])]
    (volume,) = engine.run("aws-ec2-volumes state=available").to_dict("records")
    assert (volume["volume_id"], volume["name"], volume["size"], list(volume["attachments"])) == (
        account["volume"], "left", 8, []
    )  # fmt: skip
    (trail,) = engine.run("aws-cloudtrail-trails").to_dict("records")
    assert (trail["name"], trail["is_logging"], trail["is_multi_region_trail"]) == ("everything", True, True)
    balancers = engine.run("aws-elb-load-balancers").set_index("name")
    assert balancers["type"].to_dict() == {"shop": "application", "old": "classic"}
    assert list(balancers.loc["shop", "security_groups"]) == [account["group"]]
    (target,) = engine.run("aws-elb-target-health").to_dict("records")
    assert (target["load_balancer"], target["target_ip"], target["port"], target["target_group_arn"]) == (
        "shop", "10.0.0.5", 80, account["target_group"]
    )  # fmt: skip
    (database,) = engine.run("aws-rds-instances").to_dict("records")
    assert (database["db_instance_identifier"], database["engine"]) == ("orders", "mysql")
    users = engine.run("aws-iam-users").set_index("user_name")
    assert users["access_key_count"].to_dict() == {"alice": 1, "bob": 0}
    assert not users["mfa_enabled"].any()
    assert list(users.loc["alice", "groups"]) == ["admins"]
    assert users.loc["alice", "tags"][0]["value"] == "platform"
    (key,) = engine.run("aws-iam-access-keys").to_dict("records")
    assert (key["access_key_id"], key["status"]) == (account["key"], "Active")


def test_events_of_the_server_page_by_page(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    seconds = NOW.timestamp()
    record = {"eventName": "RunInstances", "userIdentity": {"type": "Root", "accountId": "1"}, "eventID": "e"}
    seeded = [
        {"EventId": f"e{n}", "EventName": "RunInstances" if n % 2 else "ListBuckets", "EventTime": seconds - 10 * n,
         "Username": "root", "ReadOnly": "false", "CloudTrailEvent": json.dumps({**record, "eventID": f"e{n}"})}
        for n in range(120)
    ]  # fmt: skip
    aws_server.seed(events=seeded)
    engine = make_engine()
    found = engine.run("aws-cloudtrail-events event_name=RunInstances")
    assert len(found) == 60
    assert found["_time"].is_monotonic_decreasing
    assert found["_time"][0] == NOW - timedelta(seconds=10)
    assert len(engine.run("aws-cloudtrail-events duration=10m")) == 61
    assert [call["call"] for call in aws_server.calls("LookupEvents")] == ["LookupEvents"] * 4


def test_many_calls_share_one_connection(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    with aws_server.client("iam") as iam:
        for number in range(12):
            iam.create_user(UserName=f"user-{number}")
    engine = make_engine()
    made: list[str] = []
    aws = engine.aws
    assert aws is not None
    api = aws.profiles.boto(aws.profiles.all[0])
    build = api._made
    api._made = lambda service, region: (made.append(service), build(service, region))[1]  # type: ignore[method-assign]
    assert len(engine.run("aws-iam-users")) == 12
    assert len(aws_server.calls("ListMFADevices")) == 12
    assert made.count("iam") == 1
