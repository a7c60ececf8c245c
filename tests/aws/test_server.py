"""The fake AWS itself: what it adds to moto answers as the real one does, so far as the commands rely on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.aws.running import AwsServer

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_volume_statuses_follow_the_seed(aws_server: AwsServer) -> None:
    with aws_server.client("ec2") as ec2:
        bad, good = (ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"] for _ in range(2))
        aws_server.seed(volume_status={bad: {"Status": "impaired"}})
        found = ec2.describe_volume_status()["VolumeStatuses"]
    assert {item["VolumeId"]: item["VolumeStatus"]["Status"] for item in found} == {bad: "impaired", good: "ok"}


def test_events_are_looked_up_newest_first_in_pages_of_fifty(aws_server: AwsServer) -> None:
    events = [{"EventTime": START.timestamp() + n, "EventId": str(n), "EventName": "RunInstances"} for n in range(120)]
    aws_server.seed(events=events)
    with aws_server.client("cloudtrail") as cloudtrail:
        pages = list(cloudtrail.get_paginator("lookup_events").paginate(StartTime=START))
    assert [len(page["Events"]) for page in pages] == [50, 50, 20]
    assert pages[0]["Events"][0]["EventId"] == "119"


def test_costs_are_summed_by_group_period_and_filter(aws_server: AwsServer) -> None:
    rows = [
        {"date": f"2026-11-0{day}", "SERVICE": service, "TAG:team": "web", "UnblendedCost": "0.1"}
        for day in (1, 2)
        for service in ("EC2", "S3", "S3")
    ]
    aws_server.seed(costs=rows)
    period = {"Start": "2026-11-01", "End": "2026-12-10"}
    with aws_server.client("ce") as ce:
        daily = ce.get_cost_and_usage(
            TimePeriod=period,
            Granularity="DAILY",
            Metrics=["UnblendedCost"],
            GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "TAG", "Key": "team"}],
        )
        monthly = ce.get_cost_and_usage(
            TimePeriod=period,
            Granularity="MONTHLY",
            Metrics=["UnblendedCost"],
            Filter={"Not": {"Dimensions": {"Key": "SERVICE", "Values": ["EC2"]}}},
        )
        with pytest.raises(ClientError, match="ValidationException"):
            ce.get_cost_and_usage(TimePeriod=period, Granularity="DAILY", Metrics=["Cost"])
    first = daily["ResultsByTime"][0]["Groups"]
    assert {tuple(group["Keys"]): group["Metrics"]["UnblendedCost"]["Amount"] for group in first} == {
        ("EC2", "team$web"): "0.1",
        ("S3", "team$web"): "0.2",
    }
    assert len(daily["ResultsByTime"]) == 30
    assert daily["NextPageToken"]
    assert [result["Total"]["UnblendedCost"]["Amount"] for result in monthly["ResultsByTime"]] == ["0.4", "0"]


def test_metric_data_come_in_buckets_of_the_clock_and_in_pages(aws_server: AwsServer) -> None:
    dimensions = [{"Name": "InstanceId", "Value": "i-1"}]
    with aws_server.client("cloudwatch") as cloudwatch:
        data = [
            {
                "MetricName": "CPUUtilization",
                "Dimensions": dimensions,
                "Timestamp": START + timedelta(minutes=n),
                "Value": n,
            }
            for n in range(20)
        ]
        cloudwatch.put_metric_data(Namespace="AWS/EC2", MetricData=data)
        metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Dimensions": dimensions}
        queries = [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 600, "Stat": "p50"}}]
        pages = list(
            cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries,
                StartTime=START,
                EndTime=START + timedelta(hours=1),
                ScanBy="TimestampAscending",
                MaxDatapoints=1,
            )
        )
    results = [page["MetricDataResults"][0] for page in pages]
    assert [result["Timestamps"] for result in results] == [[START], [START + timedelta(minutes=10)]]
    assert [result["Values"] for result in results] == [[4.0], [14.0]]


def test_accounts_are_apart(aws_server: AwsServer) -> None:
    with aws_server.client("ec2", account="222222222222") as ec2:
        ec2.allocate_address()
        assert len(ec2.describe_addresses()["Addresses"]) == 1
    with aws_server.client("ec2") as ec2:
        assert ec2.describe_addresses()["Addresses"] == []


def test_faults_hit_the_named_call_so_often(aws_server: AwsServer) -> None:
    aws_server.fail("DescribeAddresses", "AccessDenied", times=1, region="eu-west-1")
    with aws_server.client("ec2", "eu-west-1") as there, aws_server.client("ec2") as here:
        assert here.describe_addresses()["Addresses"] == []
        with pytest.raises(ClientError, match="AccessDenied"):
            there.describe_addresses()
        assert there.describe_addresses()["Addresses"] == []
    assert len(aws_server.calls("DescribeAddresses")) == 3


def test_a_crowd_comes_in_pages(aws_server: AwsServer) -> None:
    aws_server.seed(crowd=2500)
    with aws_server.client("ec2") as ec2:
        pages = ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000})
        counts = [len(page["Reservations"]) for page in pages]
    assert counts == [1000, 1000, 500]
