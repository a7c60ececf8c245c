"""A thousand random faults: whatever goes wrong on the way, in the end each event is in the lake once."""

from __future__ import annotations

import errno
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from engine.lake import collect as collecting
from engine.lake import store
from engine.lake.collect import collect
from engine.lake.coverage import rejects
from engine.lake.s3 import download
from engine.lake.store import Lake
from engine.language.errors import SourceError
from tests.lake.logs import START, event, select

ROOT = Path(__file__).parents[2]
ACCOUNTS = ("111122223333", "222233334444")
REGIONS = ("eu-west-1", "us-east-1")
FAULTS = ("slow", "error", "reset", "cut", "short", "denied", "kms", "change")
WEIGHTS = (6, 3, 6, 6, 6, 1, 1, 2)
FAULTS_WANTED, KILLS = 1000, 8
SECONDS = 45  # for a machine that is busy with other things: fewer rounds, never a failure

# Small batches make many commits, so that a kill finds the collector in the middle of something.
COLLECTOR = """
import sys
from datetime import date
from engine.lake import collect as collecting, compact
from engine.lake.s3 import download
from engine.lake.store import Lake
collecting.EVENTS_AT_ONCE, collecting.BATCH_BYTES, compact.MANY, download.LONGEST_PAUSE = 40, 60_000, 6, 0.0
lake = Lake.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
collecting.collect(lake, "cloudtrail", "s3://trail", since=date(2024, 5, 1))
"""


class World:
    """A bucket that grows and changes, and what must be in the lake in the end."""

    def __init__(self, s3, dice):
        self.s3 = s3
        self.dice = dice
        self.keys: list[str] = []
        self.content: dict[str, list[int]] = {}
        self.events = 0
        self.faults = Counter()
        self.chance = 0.6
        self.is_calm = False
        s3.fault = self.fault

    def grow(self, objects):
        """More objects, each with new events and some that came before."""
        for _ in range(objects):
            account, region = self.dice.choice(ACCOUNTS), self.dice.choice(REGIONS)
            at = START + timedelta(minutes=self.dice.randrange(6 * 24 * 60))
            key = (
                f"AWSLogs/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/"
                f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{len(self.keys):05}.json.gz"
            )
            again = self.dice.sample(range(self.events), min(self.events, 3))
            self.keys.append(key)
            self.content[key] = [*self.new(8), *again]
            self.put(key)

    def new(self, count):
        self.events += count
        return range(self.events - count, self.events)

    def put(self, key):
        """The object with its events, and one record that cannot be read."""
        records = [event(number, START + timedelta(minutes=number % 8000)) for number in self.content[key]]
        text = json.dumps({"Records": [*records, 5]})
        self.s3.put("trail", key, gzip.compress(text.encode(), 1, mtime=0), START + timedelta(days=7))

    def fault(self, method, key):
        """What goes wrong with this request."""
        if self.is_calm or self.dice.random() > (0.04 if method == "LIST" else self.chance):
            return None
        if method not in ("GET", "LIST"):
            return None
        (fault,) = self.dice.choices(FAULTS, WEIGHTS) if method == "GET" else [self.dice.choice(("slow", "reset"))]
        self.faults[fault] += 1
        if fault == "change":  # the object is replaced just before it is read
            self.content[key].extend(self.new(2))
            self.put(key)
            return None
        return fault

    def check(self, lake, is_complete=False):
        """Nothing twice, and all of it when it must be complete."""
        numbers = Counter(number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t"))
        assert set(numbers.values()) <= {1}
        if is_complete:
            assert set(numbers) == set(range(self.events))
            kept = rejects(lake, limit=100_000)
            assert not kept.duplicated(["object", "record", "reason"]).any()
            assert set(kept["object"]) == {f"s3://trail/{key}" for key in self.keys}

    def settle(self, lake):
        """Without faults a run finishes the work, and the next one has nothing to do."""
        self.is_calm = True
        assert collect(lake, "cloudtrail", "s3://trail", since=START.date()).failures == 0
        self.check(lake, is_complete=True)
        report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
        assert (report.collected, report.already) == (0, len(self.keys))
        self.is_calm = False


@pytest.fixture
def world(s3):
    return World(s3, random.Random(20240501))


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.mark.slow
def test_a_thousand_faults(world, lake, monkeypatch):
    monkeypatch.setattr(download, "LONGEST_PAUSE", 0.0)
    monkeypatch.setattr(collecting, "EVENTS_AT_ONCE", 100)
    monkeypatch.setattr(collecting, "BATCH_BYTES", 200_000)
    full_disk(world, monkeypatch)
    begun = time.monotonic()
    rounds = 0
    while world.faults.total() < FAULTS_WANTED and time.monotonic() - begun < SECONDS:
        world.grow(30)
        rounds += 1
        try:
            collect(lake, "cloudtrail", "s3://trail", since=START.date())
        except SourceError:  # nothing could be read or written: the next round goes on
            world.faults["run"] += 1
        if rounds % 5 == 0:
            world.check(lake)
    world.settle(lake)
    assert world.faults.total() >= min(FAULTS_WANTED, 50 * rounds)
    assert len(world.faults) >= 9  # every kind, and a full disk


def full_disk(world, monkeypatch):
    """Writing a file of the lake fails now and then, in the middle of it."""
    write_table = store.pq.write_table

    def write(rows, target, **options):
        write_table(rows, target, **options)
        if not world.is_calm and world.dice.random() < 0.04:
            world.faults["full"] += 1
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.pq, "write_table", write)


@pytest.mark.slow
def test_two_collectors_that_are_killed_while_everything_else_fails_too(world, lake):
    world.chance = 0.3
    begun = time.monotonic()
    world.grow(30)
    waiting = [start(lake), start(lake)]
    for _ in range(KILLS // 2):
        pair, waiting = waiting, [start(lake), start(lake)]  # the next ones start meanwhile
        for collector in pair:
            assert collector.stdout.readline() == "ready\n"
        for collector in pair:
            collector.stdin.write("go\n")
            collector.stdin.flush()
        for collector in pair:
            time.sleep(world.dice.uniform(0, 0.8))
            end(collector)
        world.check(lake)
        world.grow(15)
        if time.monotonic() - begun > SECONDS:
            break
    for collector in waiting:
        end(collector)
    world.settle(lake)


def start(lake):
    return subprocess.Popen(
        [sys.executable, "-c", COLLECTOR, str(lake.path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def end(collector):
    collector.send_signal(signal.SIGKILL)
    collector.communicate()
