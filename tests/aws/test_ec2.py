"""EC2's commands: documents to rows, against moto over HTTP and against written answers where moto has too little."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.conftest import NOW, MakeEngine
from tests.aws.running import ACCOUNT, AwsServer
from tests.aws.stubs import stubbed

SINCE = datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_an_instance_as_moto_starts_it(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    with aws_server.client("ec2") as ec2:
        tagged = [
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "team", "Value": "a"}]}
        ]
        started = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, TagSpecifications=tagged)
        ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)
    found = started["Instances"][0]
    engine = make_engine()
    frame = engine.run('aws-ec2-instances tag.team=a | eval team = valueof(valueof(tags, 1), "value")')
    assert len(frame) == 1
    row = frame.iloc[0]
    assert (row["profile"], row["account_id"], row["region"]) == ("default", ACCOUNT, "us-east-1")
    assert (row["instance_id"], row["name"], row["team"]) == (found["InstanceId"], "web", "a")
    assert row["private_ip"] == found["PrivateIpAddress"]
    assert row["security_group_ids"] == [group["GroupId"] for group in found["SecurityGroups"]]
    assert row["launch_time"] == found["LaunchTime"]
    assert row["volume_ids"] == [device["volume_id"] for device in row["block_devices"]]
    assert len(engine.run("aws-ec2-instances state=stopped")) == 0
    assert len(engine.run("aws-ec2-instances state=running,stopped")) == 2


def test_no_instance_has_all_columns_nevertheless(make_engine: MakeEngine) -> None:
    frame = make_engine().run('aws-ec2-instances | search state_name == "running" | fields name, tags, launch_time')
    assert list(frame.columns) == ["name", "tags", "launch_time"]
    assert len(frame) == 0
    assert str(frame["launch_time"].dtype) == "datetime64[us, UTC]"


def test_statuses_of_instances_and_volumes(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    with aws_server.client("ec2") as ec2:
        ec2.run_instances(ImageId="ami-12345678", MinCount=2, MaxCount=2)
        volumes = ec2.describe_volumes()["Volumes"]
    details = [{"Name": "io-enabled", "Status": "failed"}]
    sick = volumes[0]["VolumeId"]
    aws_server.seed(volume_status={sick: {"Status": "impaired", "Details": details}})
    engine = make_engine()
    assert engine.run('aws-ec2-instance-statuses | search volume_status != "ok" | stats count').iloc[0, 0] == 0
    assert engine.run("aws-ec2-instance-statuses | stats count by overall_status").to_dict("records") == [
        {"overall_status": "ok", "count": 2}
    ]
    frame = engine.run('aws-ec2-volume-statuses | search volume_status != "ok"')
    assert list(frame["volume_id"]) == [sick]
    assert list(frame["io_enabled"]) == ["failed"]
    assert frame["instance_ids"][0] == [volumes[0]["Attachments"][0]["InstanceId"]]


def status(**checks: str) -> dict[str, Any]:
    return {
        "InstanceId": "i-1",
        "InstanceState": {"Code": 272, "Name": "running"},
        **{name: {"Status": value} for name, value in checks.items()},
    }


def test_the_worst_check_is_the_status() -> None:
    since = [{"Name": "reachability", "Status": "failed", "ImpairedSince": SINCE}]
    events = [
        {"InstanceEventId": "e-1", "Code": "instance-retirement", "Description": "It is retiring", "NotBefore": NOW},
        {"InstanceEventId": "e-2", "Code": "system-reboot", "Description": "[Completed] Reboot"},
    ]
    sick = status(SystemStatus="impaired", InstanceStatus="ok") | {"Events": events}
    sick["SystemStatus"]["Details"] = since
    answers = [
        sick,
        status(SystemStatus="ok", InstanceStatus="ok"),
        status(SystemStatus="ok", InstanceStatus="initializing", ApplicationStatus="not-applicable"),
    ]
    engine, api = stubbed({"describe_instance_status": [{"InstanceStatuses": answers}]}, NOW)
    frame = engine.run("aws-ec2-instance-statuses all=t")
    assert list(frame["overall_status"]) == ["impaired", "ok", "initializing"]
    assert list(frame["volume_status"]) == list(frame["overall_status"])
    assert frame["system_impaired_since"][0] == SINCE
    assert list(frame["state_code"]) == [16, 16, 16]
    assert frame["events"][0][0]["not_before"] == NOW
    assert list(frame["event_count"]) == [1, 0, 0]
    assert frame["attached_ebs_status"].isna().all()
    assert api.calls[0].parameters["IncludeAllInstances"] is True


def test_addresses_that_nothing_uses() -> None:
    used = {"PublicIp": "198.51.100.1", "AssociationId": "eipassoc-1", "InstanceId": "i-1", "Domain": "vpc"}
    idle = {"PublicIp": "198.51.100.2", "AssociationId": "", "InstanceId": "", "CarrierIp": "2001:db8::1"}
    engine, _ = stubbed({"describe_addresses": [{"Addresses": [used, idle]}]}, NOW)
    frame = engine.run("aws-ec2-addresses | search is_associated == false")
    assert list(frame["public_ip"]) == ["198.51.100.2"]
    assert frame["instance_id"].isna().all()
    assert list(frame["carrier_ip"]) == ["2001:db8:0:0:0:0:0:1"]


def test_the_members_of_an_instance_that_moto_lacks() -> None:
    instance = {
        "InstanceId": "i-1",
        "State": {"Code": 16, "Name": "running"},
        "InstanceLifecycle": "spot",
        "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
        "CpuOptions": {"CoreCount": 4, "ThreadsPerCore": 2},
        "Operator": {"Managed": True, "Principal": "eks.amazonaws.com"},
        "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Attachment": {"AttachTime": SINCE}}],
        "Ipv6Address": "2001:db8::7",
        "Tags": [{"Key": "Name", "Value": ""}],
    }
    reservation = {"ReservationId": "r-1", "RequesterId": "autoscaling", "Instances": [instance]}
    engine, api = stubbed({"describe_instances": [{"Reservations": []}, {"Reservations": [reservation]}]}, NOW)
    (row,) = engine.run("aws-ec2-instances").to_dict("records")
    assert (row["name"], row["instance_lifecycle"], row["requester_id"]) == (None, "spot", "autoscaling")
    assert (row["imds_http_tokens"], row["imds_hop_limit"], row["cpu_core_count"]) == ("optional", 2, 4)
    assert (row["operator_managed"], row["operator_principal"]) == (True, "eks.amazonaws.com")
    assert row["network_interfaces"] == [{"network_interface_id": "eni-1", "attachment": {"attach_time": SINCE}}]
    assert row["ipv6"] == "2001:db8:0:0:0:0:0:7"
    assert row["security_groups"] == []
    assert len(api.calls) == 2
    assert api.calls[0].parameters["MaxResults"] == 1000


def test_regions_and_identities(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    engine = make_engine()
    regions = engine.run("aws-ec2-regions")
    assert "ap-northeast-2" in set(regions["region_name"])
    assert set(regions["opt_in_status"]) <= {"opt-in-not-required", "opted-in"}
    assert regions["region"].isna().all()
    (identity,) = engine.run("aws-caller-identity").to_dict("records")
    assert identity["account_id"] == ACCOUNT
    assert identity["arn"].startswith(f"arn:aws:sts::{ACCOUNT}:")


@pytest.mark.parametrize("document", [{"InstanceId": "i-1", "LaunchTime": "yesterday"}, {"State": {}}, "instance"])
def test_documents_of_another_shape_are_told(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.language.errors import SourceError
    from tests.aws import stubs

    monkeypatch.setattr(stubs, "check", lambda *_, **__: None)
    engine, _ = stubbed({"describe_instances": [{"Reservations": [{"Instances": [document]}]}]}, NOW)
    with pytest.raises(SourceError, match="the answer to `aws-ec2-instances` is not one of AWS"):
        engine.run("aws-ec2-instances")
