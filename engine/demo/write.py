"""From events to files, named and laid out as CloudTrail delivers them to a bucket."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from concurrent.futures import Executor, Future
from pathlib import Path
from random import Random
from typing import NamedTuple

from isal import isal_zlib

from engine.demo.company import DEV, ORGANIZATION, SEOUL_REGION
from engine.demo.records import Entry, Place, render, timestamp

RECENT = 24 * 3600
RECENT_SLOT = 10 * 60
OLD_SLOT = 3600
"""CloudTrail writes about every five minutes; fewer files of older days keep the first start short."""
LAG = 4 * 60  # seconds between the end of a slot and its file
TWICE = 400  # one record of so many is delivered again, in another file
BROKEN_AGO = 50 * 3600


class Delivery(NamedTuple):
    """One file to be: when it is delivered (second of the epoch), for which account and region."""

    second: int
    place: Place


def write_events(folder: Path, entries: list[Entry], now: int, random: Random, pool: Executor) -> list[Future[None]]:
    """Write events into new files under `folder`, one in `TWICE` of them twice; the files come while the pool works."""
    files: defaultdict[Delivery, list[bytes]] = defaultdict(list)
    for event, request_id, event_id in entries:
        record = render(event, request_id, event_id)
        delivery = Delivery(delivered(event.second, now), event.call.place)
        files[delivery].append(record)
        if random.random() < 1 / TWICE:
            again = Delivery(min(delivery.second + RECENT_SLOT, now), delivery.place)
            files[again].append(record)
    named = [(log_file(folder, delivery, _unique(random)), delivery, files[delivery]) for delivery in files]
    for parent in {path.parent for path, _, _ in named}:
        parent.mkdir(parents=True, exist_ok=True)
    return [pool.submit(_write_all, named[first::2]) for first in range(2)]


def delivered(second: int, now: int) -> int:
    """When the file that holds an event of `second` is delivered, never after now.

    >>> delivered(1_000_000, now=1_000_500)
    1000440
    """
    slot = RECENT_SLOT if now - second < RECENT else OLD_SLOT
    return min((second // slot + 1) * slot + LAG, now)


def log_file(folder: Path, delivery: Delivery, unique: str) -> Path:
    """The path of a file of an organization's trail.

    >>> print(log_file(Path("logs"), Delivery(0, ("111122223333", "us-east-1")), "0123456789abcdef"))
    logs/AWSLogs/o-moonrabbit00/111122223333/CloudTrail/us-east-1/1970/01/01/111122223333_CloudTrail_us-east-1_19700101T0000Z_0123456789abcdef.json.gz
    """
    account, region = delivery.place
    when = timestamp(delivery.second).decode()
    day, minute = when[:10], when[:16].replace("-", "").replace(":", "")
    name = f"{account}_CloudTrail_{region}_{minute}Z_{unique}.json.gz"
    return folder / "AWSLogs" / ORGANIZATION / account / "CloudTrail" / region / day.replace("-", "/") / name


def write_broken(folder: Path, now: int) -> Path:
    """A file whose upload was cut short in the middle of its only record, for the page that shows rejects."""
    delivery = Delivery(now - BROKEN_AGO, (DEV, SEOUL_REGION))
    path = log_file(folder, delivery, _unique(Random("broken")))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = b'{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","accountId":"%b","princ'
    _put(path, text % DEV.encode(), delivery.second)
    return path


def _unique(random: Random) -> str:
    return hashlib.sha256(random.randbytes(8)).hexdigest()[:16]


def _write_all(files: list[tuple[Path, Delivery, list[bytes]]]) -> None:
    for path, delivery, records in files:
        _put(path, b'{"Records":[' + b",".join(records) + b"]}", delivery.second)


def _put(path: Path, text: bytes, second: int) -> None:
    """A gzip file that is as old as its delivery."""
    path.write_bytes(isal_zlib.compress(text, 1, 31))
    os.utime(path, (second, second))
