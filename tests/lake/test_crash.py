"""Collectors that are killed at random instants, or run at the same time: each event is there exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from engine.lake.collect import collect
from engine.lake.coverage import rejects
from engine.lake.store import Lake
from tests.lake.logs import select, write_logs

ROOT = Path(__file__).parents[2]
# Small batches make many commits, so that a kill finds the collector in the middle of something.
COLLECTOR = """
import json, sys
from engine.lake import collect as collecting, compact
from engine.lake.store import Lake
collecting.EVENTS_AT_ONCE, collecting.BATCH_BYTES, compact.MANY = 100, 150_000, 6
lake = Lake.open(sys.argv[1], create=True)
print("ready", flush=True)
sys.stdin.readline()
report = collecting.collect(lake, "cloudtrail", sys.argv[2])
print(json.dumps([report.events, report.duplicates]))
"""
FILES, PER_FILE = 16, 60
ROUNDS = 8


class Collector:
    """A collector in a process of its own, which waits for `go`."""

    def __init__(self, lake: Path, logs: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", COLLECTOR, str(lake), str(logs)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> Collector:
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"
        return self

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def finish(self) -> tuple[int, int]:
        output, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        events, duplicates = json.loads(output)
        return events, duplicates


def check(lake: Lake, events: int | None = None) -> None:
    """Nothing twice; all of it, when it must be complete."""
    numbers = Counter(number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t"))
    assert set(numbers.values()) <= {1}
    if events is not None:
        assert set(numbers) == set(range(events))
        kept = rejects(lake, limit=100_000)
        assert not kept.duplicated(["object", "record", "reason"]).any()
        assert kept["object"].nunique() == FILES


@pytest.fixture
def logs(tmp_path):
    write_logs(tmp_path / "logs", FILES, PER_FILE)
    return tmp_path / "logs"


def test_killed_at_random_instants(tmp_path, logs):
    lake = Lake.open(tmp_path / "lake", create=True)
    started = time.monotonic()
    whole = Collector(tmp_path / "timed", logs).ready()
    begin = time.monotonic()
    whole.go()
    whole.finish()
    takes = time.monotonic() - begin
    dice = random.Random(20240501)
    waiting = Collector(lake.path, logs)
    killed_midway = 0
    for _ in range(ROUNDS):
        collector, waiting = waiting.ready(), Collector(lake.path, logs)  # the next one starts meanwhile
        collector.go()
        time.sleep(dice.uniform(0, takes / 3))
        killed_midway += collector.process.poll() is None
        collector.kill()
        check(lake)
        if time.monotonic() - started > 20:
            break
    waiting.kill()
    assert killed_midway >= 3
    collect(lake, "cloudtrail", str(logs))
    check(lake, FILES * PER_FILE)
    report = collect(lake, "cloudtrail", str(logs))
    assert (report.collected, report.already) == (0, FILES)


def test_several_at_once(tmp_path, logs):
    collectors = [Collector(tmp_path / "lake", logs) for _ in range(3)]  # all of them make the lake, too
    for collector in collectors:
        collector.ready()
    for collector in collectors:
        collector.go()
    reports = [collector.finish() for collector in collectors]
    lake = Lake.open(tmp_path / "lake")
    check(lake, FILES * PER_FILE)
    assert sum(events for events, _ in reports) == FILES * PER_FILE
    report = collect(lake, "cloudtrail", str(logs))
    assert (report.collected, report.already) == (0, FILES)
