"""Compaction, retention and vacuum while another process reads or collects, and killed at random instants."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.lake import collect as collecting
from engine.lake import compact as compacting
from engine.lake.collect import collect
from engine.lake.compact import compact, join, small_files
from engine.lake.retain import retain
from engine.lake.store import Lake
from tests.lake.logs import START, event, key, select, write

ROOT = Path(__file__).parents[2]
# Looks at the lake, then reads its files one by one, as a query on many of them does, and tells what it has found.
READER = """
import json, sys
import pyarrow.parquet as pq
from engine.lake.store import Lake
lake = Lake.open(sys.argv[1])
while True:
    scan = lake.catalog().tables[0].scan(None, None)
    print("looked", flush=True)
    if not sys.stdin.readline():
        break
    numbers = []
    for path in scan.files:
        with pq.ParquetFile(path) as file:
            numbers += [int(name[-12:]) for name in file.read(columns=["eventID"])["eventID"].to_pylist()]
    print(json.dumps(sorted(numbers)), flush=True)
"""
TIDY = """
import sys
from engine.lake import compact
from engine.lake.store import Lake
compact.MANY = compact.SEVERAL = 2
lake = Lake.open(sys.argv[1])
print("ready", flush=True)
while True:
    compact.compact_small(lake)
    compact.compact(lake)
"""
DAYS, FILES = 3, 6


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class Reader:
    """A reader in a process of its own. Between `look` and `read` it holds the files of an old version."""

    def __init__(self, lake: Path) -> None:
        self.process = start(READER, str(lake))

    def look(self) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline() == "looked\n"

    def read(self) -> list[int]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("read\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the reader has died"
        numbers: list[int] = json.loads(answer)
        return numbers


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for day in range(DAYS):
        for part in range(FILES):
            at = START + timedelta(days=day, hours=part)
            events = [event(day * 100 + part * 10 + n, at + timedelta(minutes=n)) for n in range(10)]
            write(tmp_path / "logs" / key(at + timedelta(minutes=15), f"{day}-{part}"), events)
    return tmp_path / "logs"


EVERYTHING = sorted(day * 100 + n for day in range(DAYS) for n in range(FILES * 10))


@pytest.fixture
def lake(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake of as many files as there are events' files."""
    monkeypatch.setattr(collecting, "BATCH_BYTES", 1)
    monkeypatch.setattr(collecting, "EVENTS_AT_ONCE", 1)
    made = Lake.open(tmp_path / "lake", create=True)
    collect(made, "cloudtrail", str(logs))
    return made


@pytest.fixture
def reader(lake: Lake) -> Iterator[Reader]:
    made = Reader(lake.path)
    yield made
    made.process.communicate()
    assert made.process.returncode == 0


def test_a_reader_goes_on_through_everything(lake: Lake, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    table = lake.table("cloudtrail")

    def join_a_week_ago() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("engine.lake.store.time.time", lambda: 0.0)
            groups = small_files(table, 2)
            assert groups
            assert all(join(table, group[: len(group) // 2]) for group in groups)

    reader.look()
    assert reader.read() == EVERYTHING
    join_a_week_ago()  # what it replaces can go at once, for no reader has looked since …
    reader.look()
    reader.read()
    reader.look()
    assert compact(lake).deleted_files > 0  # … and this replaces what the reader is looking at
    assert reader.read() == EVERYTHING
    reader.look()
    (deleted,) = retain(lake, {"cloudtrail": 2}, date(2024, 5, 4))
    assert deleted.rows == FILES * 10
    assert compact(lake).deleted_files == 0
    assert reader.read() == EVERYTHING, "it reads the version that it looked at"
    reader.look()
    assert reader.read() == EVERYTHING[FILES * 10 :]
    reader.look()


def test_killed_at_random_instants(lake: Lake, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(20240504)
    for round_ in range(6):
        tidy = start(TIDY, str(lake.path))
        assert tidy.stdout
        assert tidy.stdout.readline() == "ready\n"
        begun = time.monotonic() + dice.uniform(0, 0.3)
        number = 1000 + round_
        at = START + timedelta(days=round_ % DAYS, hours=12)
        write(logs / key(at, f"late-{round_}"), [event(number, at), event(5, START + timedelta(minutes=5))])
        collect(lake, "cloudtrail", str(logs))  # beside it
        while time.monotonic() < begun:
            pass
        tidy.send_signal(signal.SIGKILL)
        tidy.communicate()
        numbers = [number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t ORDER BY 1")]
        assert numbers == [*EVERYTHING, *range(1000, number + 1)]
    compact(lake)
    assert compacting.planned(lake).is_empty
    assert collect(lake, "cloudtrail", str(logs)).events == 0
