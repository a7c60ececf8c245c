"""CloudTrail's own history, collected from a server that answers like AWS: each event once, whichever way it came."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.aws import pace
from engine.lake import lookup
from engine.lake.collect import collect
from engine.lake.coverage import rejects
from engine.lake.store import Lake
from engine.language.errors import SourceError
from tests.aws.conftest import aws_server, running_aws  # noqa: F401
from tests.aws.running import ACCOUNT, AwsServer
from tests.lake.logs import event, select, write

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SECONDS", {})
    monkeypatch.setattr(lookup, "REMEMBERED", 5 * HOUR)


def record(number: int, at: datetime, region: str = "us-east-1", **fields: Any) -> dict[str, Any]:
    return event(number, at, awsRegion=region, recipientAccountId=ACCOUNT, **fields)


def told(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records as LookupEvents has them."""
    return [
        {
            "EventId": item["eventID"],
            "EventName": item["eventName"],
            "EventTime": datetime.fromisoformat(item["eventTime"]).timestamp(),
            "Region": item["awsRegion"],
            "CloudTrailEvent": json.dumps(item),
        }
        for item in records
    ]


def numbers(lake):
    return [number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t ORDER BY 1")]


def test_the_history_fills_the_table_once(lake, tmp_path, aws_server: AwsServer) -> None:  # noqa: F811
    records = [record(n, NOW - timedelta(minutes=n)) for n in range(130)]
    records += [record(1000 + n, NOW - n * HOUR, "eu-west-1") for n in range(5)]
    aws_server.seed(events=told(records))
    since = (NOW - timedelta(days=1)).date()
    write(tmp_path / "logs" / "delivered.json", records[:70])
    assert collect(lake, "cloudtrail", str(tmp_path / "logs")).events == 70
    report = collect(lake, "cloudtrail", "lookup://", since=since, regions=["us-east-1", "eu-west-1"])
    assert (report.events, report.failures, report.rejects) == (65, 0, {})
    assert numbers(lake) == [*range(130), *range(1000, 1005)]
    rows = select(
        lake, "SELECT DISTINCT awsRegion, recipientAccountId, userIdentity.userName IS NULL FROM t ORDER BY 1"
    )
    assert rows == [("eu-west-1", ACCOUNT, False), ("us-east-1", ACCOUNT, False)]
    calls = len(aws_server.calls("LookupEvents"))
    aws_server.seed(events=told([*records, record(5000, NOW)]))
    again = collect(lake, "cloudtrail", "lookup://", since=since, regions=["us-east-1", "eu-west-1"])
    assert again.events == 1
    assert again.already == report.collected - again.collected
    assert len(aws_server.calls("LookupEvents")) - calls < 8, "hours that have settled are not asked for again"


def test_all_regions_of_the_account_are_asked(lake, aws_server: AwsServer) -> None:  # noqa: F811
    aws_server.seed(events=told([record(1, NOW - HOUR, "ap-northeast-2"), record(2, NOW - HOUR)]))
    report = collect(lake, "cloudtrail", "lookup://")
    assert report.events == 2
    assert report.objects > 10
    assert len(report.shares) == len({share.region for share in report.shares}) > 10


def test_a_region_that_refuses_is_left_out(lake, aws_server: AwsServer) -> None:  # noqa: F811
    aws_server.seed(events=told([record(1, NOW, "us-east-1")]))
    aws_server.fail("LookupEvents", "AccessDeniedException", region="eu-west-1")
    report = collect(lake, "cloudtrail", "lookup://", regions=["us-east-1", "eu-west-1"])
    assert report.events == 1
    assert report.failures == 1
    assert any(
        "eu-west-1 was left out" in warning and "cloudtrail:LookupEvents" in warning for warning in report.warnings
    )
    aws_server.fail("LookupEvents", "AccessDeniedException")
    with pytest.raises(SourceError, match="LookupEvents is denied"):
        collect(lake, "cloudtrail", "lookup://", regions=["us-east-1", "eu-west-1"])


def test_what_fails_midway_is_read_again(lake, aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    start = (NOW - 3 * HOUR).replace(minute=0, second=0)
    aws_server.seed(events=told([record(n, start + timedelta(seconds=n)) for n in range(120)]))
    made = lookup.Records._made
    cancel = threading.Event()

    def stopped(self, first, pages):
        cancel.set()
        return made(self, first, pages)

    with monkeypatch.context() as patch:
        patch.setattr(lookup.Records, "_made", stopped)
        report = collect(lake, "cloudtrail", "lookup://", regions=["us-east-1"], cancel=cancel)
    assert report.cancelled
    assert report.collected == 0
    collect(lake, "cloudtrail", "lookup://", regions=["us-east-1"])
    assert numbers(lake) == list(range(120))


def test_an_event_without_a_record_is_put_aside(lake, aws_server: AwsServer) -> None:  # noqa: F811
    given = told([record(1, NOW), record(2, NOW)])
    del given[0]["CloudTrailEvent"]
    aws_server.seed(events=given)
    assert collect(lake, "cloudtrail", "lookup://", regions=["us-east-1"]).events == 1
    assert record(1, NOW)["eventID"] in rejects(lake)["text"].item()


def test_sources_that_cannot_be(lake, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="CloudTrail only"):
        collect(lake, "elb", "lookup://")
    monkeypatch.setenv("TRAILBOARD_PROFILES", "demo")
    with pytest.raises(SourceError, match="no AWS credentials"):
        collect(lake, "cloudtrail", "lookup://")
    with pytest.raises(SourceError, match="no profile `nobody`"):
        collect(lake, "cloudtrail", "lookup://nobody")
