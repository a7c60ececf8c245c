"""A queue that tells of new objects, on another S3 (moto's): messages go only when what they tell is in the lake."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from engine.lake.s3.notices import told_objects
from engine.lake.store import Lake
from engine.lake.watch import watch
from engine.language.errors import LakeError
from tests.aws.conftest import aws_server, running_aws
from tests.lake.logs import START, event, select
from tests.lake.test_s3 import LAST, packed, trail_key

__all__ = ["aws_server", "running_aws"]
ACCOUNT = "111122223333"


def notice(key, content, bucket="trail", etag="0123", name="ObjectCreated:Put"):
    item = {"key": key.replace("=", "%3D"), "size": len(content), "eTag": etag}
    record = {
        "eventName": name,
        "eventTime": "2024-05-14T01:02:03.000Z",
        "s3": {"bucket": {"name": bucket}, "object": item},
    }
    return {"Records": [record]}


def test_what_messages_tell():
    direct = notice("a/b%2Bc+d.json.gz", b"xyz")
    wrapped = {"Type": "Notification", "Message": json.dumps(direct)}
    bridge = {
        "detail-type": "Object Created",
        "time": "2024-05-14T01:02:03Z",
        "detail": {"bucket": {"name": "trail"}, "object": {"key": "a/b+c d.json.gz", "size": 3, "etag": "0123"}},
    }
    ((bucket, entry),) = told_objects(json.dumps(direct))
    assert (bucket, entry["Key"], entry["Size"], entry["ETag"]) == ("trail", "a/b+c d.json.gz", 3, '"0123"')
    assert list(told_objects(json.dumps(wrapped))) == list(told_objects(json.dumps(bridge))) == [(bucket, entry)]
    for other in ({"Event": "s3:TestEvent"}, notice("a", b"", name="ObjectRemoved:Delete"), [], 5, {"Records": [5]}):
        assert list(told_objects(json.dumps(other))) == []
    assert list(told_objects("hello")) == []


def test_messages_of_anybody_cannot_stop_a_watch():
    def told(time, size=3):
        message = notice("a", b"xyz")
        message["Records"][0]["eventTime"] = time
        message["Records"][0]["s3"]["object"]["size"] = size
        return [entry for _, entry in told_objects(json.dumps(message))]

    assert told("2024-05-14T01:02:03")[0]["LastModified"] == datetime(2024, 5, 14, 1, 2, 3, tzinfo=UTC)
    assert told("9999-12-31T23:59:59Z")[0]["LastModified"] <= datetime.now(UTC)
    assert told("2024-05-14T01:02:03Z", -9e15)[0]["Size"] == 0
    assert told("2024-05-14T01:02:03Z", float("inf")) == []
    assert list(told_objects("[" * 100_000)) == []


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


def watched(lake, url, polls, then):
    """Reports of so many polls; `then` is called after each with its number, from 1."""
    cancel = threading.Event()
    reports = []
    options = {"since": START.date(), "until": LAST, "every": timedelta(0), "queue": url, "cancel": cancel}
    for state, report in watch(lake, "cloudtrail", "s3://trail/AWSLogs", **options):
        reports.append((state, report))
        then(len(reports))
        if len(reports) == polls:
            cancel.set()
    return reports


def test_messages_are_deleted_when_their_objects_are_in_the_lake(lake, aws_server, monkeypatch):
    with aws_server.client("s3") as s3, aws_server.client("sqs") as sqs:
        s3.create_bucket(Bucket="trail")
        url = sqs.create_queue(QueueName="new-objects")["QueueUrl"]

        def put(number, sent=1):
            key = trail_key(ACCOUNT, "eu-west-1", START + timedelta(minutes=number), unique=f"{number}")
            content = packed(event(number, START + timedelta(minutes=number)))
            etag = s3.put_object(Bucket="trail", Key=key, Body=content)["ETag"].strip('"')
            for _ in range(sent):
                sqs.send_message(QueueUrl=url, MessageBody=json.dumps(notice(key, content, etag=etag)))

        def then(poll):
            if poll == 1:
                put(2)
                put(3, sent=2)
                sqs.send_message(QueueUrl=url, MessageBody='{"Event": "s3:TestEvent"}')
                sqs.send_message(QueueUrl=url, MessageBody=json.dumps(notice("other/x.json", b"{}")))
                sqs.send_message(QueueUrl=url, MessageBody=json.dumps(notice("AWSLogs/gone.json", b"{}")))

        put(1, sent=0)
        (first, listed), (state, told) = watched(lake, url, 2, then)
        assert (listed.collected, first.last_requests > 0) == (1, True)
        assert (told.collected, told.events, state.last_requests) == (2, 2, 0)
        assert told.skipped == {"files that were deleted meanwhile": 1}
        assert "1 messages" in told.warnings[0]
        assert left(sqs, url) == 1
        assert [number for (number,) in select(lake, "SELECT right(eventID, 12)::INT AS n FROM t ORDER BY n")] == [
            1,
            2,
            3,
        ]


def test_messages_stay_when_the_lake_cannot_be_written(lake, aws_server, monkeypatch):
    with aws_server.client("s3") as s3, aws_server.client("sqs") as sqs:
        s3.create_bucket(Bucket="trail")
        url = sqs.create_queue(QueueName="new-objects")["QueueUrl"]
        key, content = trail_key(ACCOUNT, "eu-west-1", START), packed(event(1))

        def full(*_):
            raise LakeError("no space left")

        def then(poll):
            if poll == 1:
                s3.put_object(Bucket="trail", Key=key, Body=content)
                sqs.send_message(QueueUrl=url, MessageBody=json.dumps(notice(key, content)))
                monkeypatch.setattr("engine.lake.store.LogTable.write", full)

        _, (state, report) = watched(lake, url, 2, then)
        assert report is None
        assert (state.error, state.failures) == ("no space left", 1)
        assert left(sqs, url) == 1


def left(sqs, url):
    """Messages in a queue, those included that are hidden from other readers."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)
