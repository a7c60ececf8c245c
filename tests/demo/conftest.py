"""Sample data made once for all tests here: two weeks ending on a weekday, and short stretches ending at odd hours."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from engine.demo import make_demo_lake
from engine.demo.company import SEOUL
from engine.demo.generate import write_logs

Record = dict[str, Any]
T = TypeVar("T")

WEDNESDAY = datetime(2026, 11, 18, 15, 40, 12, tzinfo=SEOUL.zone)
SUNDAY_NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=SEOUL.zone)
NEW_YEAR = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)


class Identity(msgspec.Struct):
    type: str


class Entry(msgspec.Struct, rename="camel"):
    """A few facts of an event; decoding only these is quick."""

    event_time: datetime
    event_id: str = msgspec.field(name="eventID")
    account: str = msgspec.field(name="recipientAccountId")
    region: str = msgspec.field(name="awsRegion")
    address: str = msgspec.field(name="sourceIPAddress")
    identity: Identity = msgspec.field(name="userIdentity")
    session_credential_from_console: str | None = None


class Index(msgspec.Struct):
    entries: list[Entry] = msgspec.field(name="Records")


@dataclass(frozen=True)
class Sample:
    """Written logs with the `now` they end at."""

    folder: Path
    now: datetime

    @property
    def paths(self) -> list[Path]:
        return sorted((self.folder / "logs").rglob("*.json.gz"))

    def files(self) -> Iterator[tuple[Path, list[Record]]]:
        """The records of each file; the broken one has none."""
        return ((path, _records(path)) for path in self.paths)

    @cached_property
    def records(self) -> list[Record]:
        """Each event once; only for a few days, they need a gigabyte for two weeks."""
        once = {record["eventID"]: record for _, records in self.files() for record in records}
        return list(once.values())

    @cached_property
    def index(self) -> list[Entry]:
        """The little of each event that tests of two weeks look at."""
        entries = (entry for path in self.paths for entry in _decode(path, Index, Index([])).entries)
        return list({entry.event_id: entry for entry in entries}.values())

    def within(self, newest: timedelta, oldest: timedelta) -> list[Record]:
        """Events between two ages."""
        return [record for record in self.records if newest <= self.now - time_of(record) < oldest]


def _records(path: Path) -> list[Record]:
    empty: dict[str, list[Record]] = {"Records": []}
    return _decode(path, dict[str, list[Record]], empty)["Records"]


def _decode(path: Path, kind: type[T], broken: T) -> T:
    try:
        found: T = msgspec.json.decode(gzip.decompress(path.read_bytes()), type=kind)
    except msgspec.DecodeError:
        return broken
    return found


def time_of(record: Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"])


def shown(record: Record, *names: str) -> bool:
    """Whether it is a successful call of one of the names."""
    return record["eventName"] in names and "errorCode" not in record


@pytest.fixture(scope="session")
def two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("demo")
    make_demo_lake(folder, WEDNESDAY)
    return Sample(folder, WEDNESDAY)


def two_days_until(now: datetime, folder: Path) -> Sample:
    """Written, not collected."""
    write_logs(folder / "logs", now, 2)
    return Sample(folder, now)
