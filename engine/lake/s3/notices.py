"""A queue of notices that S3 sends about new objects: what is new is known without listing.

Notices come by S3's own events, directly or through SNS, or by EventBridge. A message is deleted only after its objects
are in the lake, so that a collector that dies leaves them to the next one; S3 may tell of an object twice, or, rarely,
not at all, which is why a watch still lists everything once a day.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from engine.lake.objects import Content, Listing, Naming, Object
from engine.lake.s3.bucket import Bucket, Session, as_object, make_client, told
from engine.lake.s3.download import Downloads

AT_ONCE = 10  # what SQS gives and takes in one request
MANY = 20_000  # messages in one poll
HIDDEN_SECONDS = 900  # from other readers, while its objects are collected
REGION = re.compile(r"https?://(?:sqs\.([a-z0-9-]+)\.|([a-z0-9-]+)\.queue\.)amazonaws")


@dataclass(frozen=True)
class Notice:
    """A message: what takes it off the queue, and the objects it tells of, as bucket and what a list would say."""

    receipt: str
    objects: tuple[tuple[str, dict[str, Any]], ...]


class QueueSource:
    """The objects that the messages of a queue tell of, as far as they are below the prefix of a bucket."""

    def __init__(
        self, url: str, session: Session, bucket: Bucket, prefix: str, naming: Naming, cancel: threading.Event
    ) -> None:
        self.warnings: list[str] = []
        self._url = url
        found = REGION.match(url)
        self._client = make_client(session, "sqs", region=(found[1] or found[2]) if found else None)
        self._bucket = bucket
        self._prefix = prefix
        self._naming = naming
        self._cancel = cancel
        self._notices: list[Notice] = []
        self._told: set[tuple[str, str]] = set()
        self._others = 0
        self._objects = self._bytes = 0

    def listing(self) -> Listing:
        return Listing(self._objects, self._bytes)

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        return Downloads(self._bucket, self._cancel).contents(wanted)

    def objects(self) -> Iterator[Object]:
        """What the queue holds now."""
        while len(self._notices) < MANY and not self._cancel.is_set():
            notices = list(self._received())
            if not notices:
                break
            for notice in notices:
                yield from self._of_notice(notice)
        if self._others:
            self.warnings.append(
                f"{self._others:,} messages of {self._url} tell of objects that are not below"
                f" {self._bucket.uri(self._prefix)}, and were left in the queue"
            )

    def delete(self, failed: frozenset[str]) -> None:
        """Take the messages off the queue, but those that tell of objects which could not be read."""
        done = [
            notice
            for notice in self._notices
            if failed.isdisjoint(self._bucket.uri(k["Key"]) for _, k in notice.objects)
        ]
        for start in range(0, len(done), AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": notice.receipt}
                for number, notice in enumerate(done[start : start + AT_ONCE])
            ]
            with told(self._url, "sqs:DeleteMessage"):
                self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _received(self) -> Iterator[Notice]:
        with told(self._url, "sqs:ReceiveMessage"):
            answer = self._client.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=AT_ONCE, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
            )
        for message in answer.get("Messages", ()):
            yield Notice(message["ReceiptHandle"], tuple(told_objects(message["Body"])))

    def _of_notice(self, notice: Notice) -> Iterator[Object]:
        mine = [
            entry
            for bucket, entry in notice.objects
            if bucket == self._bucket.name and entry["Key"].startswith(self._prefix)
        ]
        if len(mine) < len(notice.objects):
            self._others += 1
        else:
            self._notices.append(notice)
        for entry in mine:
            item = as_object(self._bucket, self._naming, entry)
            if self._naming.fits(entry["Key"].rpartition("/")[2]) and (item.name, item.tag) not in self._told:
                self._told.add((item.name, item.tag))
                self._objects += 1
                self._bytes += entry["Size"]
                yield item


def told_objects(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bucket and entry of each new object that a message tells of; none for what is no such message.

    >>> list(told_objects('{"Service": "Amazon S3", "Event": "s3:TestEvent"}'))
    []
    """
    try:
        message = json.loads(text)
        if isinstance(message, dict) and isinstance(message.get("Message"), str):
            message = json.loads(message["Message"])  # SNS has wrapped it
        if not isinstance(message, dict):
            return
        if isinstance(detail := message.get("detail"), dict) and "object" in detail:  # EventBridge
            if message.get("detail-type") == "Object Created":
                yield entry_of(detail, str(detail["object"]["key"]), message["time"])
            return
        for record in message.get("Records") or ():
            if str(record.get("eventName", "")).removeprefix("s3:").startswith("ObjectCreated"):
                yield entry_of(record["s3"], unquote_plus(record["s3"]["object"]["key"]), record["eventTime"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):  # of anybody who can write
        return


def entry_of(told: dict[str, Any], key: str, time: str) -> tuple[str, dict[str, Any]]:
    """An object as a list would have it, whatever the message says: not from the future, and not less than nothing."""
    item = told["object"]
    etag = str(item.get("eTag") or item.get("etag") or "")
    when = datetime.fromisoformat(time)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return str(told["bucket"]["name"]), {
        "Key": key,
        "Size": max(0, int(item.get("size", 0))),
        "ETag": f'"{etag}"',
        "LastModified": min(when, datetime.now(UTC)),
    }
