"""A lake in a bucket: the same lake, whose commits a server decides on, and whose files are copied here to be read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import Engine
from engine.lake import places
from engine.lake.collect import collect
from engine.lake.compact import compact
from engine.lake.coverage import coverage, rejects
from engine.lake.places import Copies
from engine.lake.store import Lake
from engine.lake.watch import watch_states
from engine.language.errors import LakeError
from tests.aws.conftest import aws_server, running_aws
from tests.lake.logs import START, event, key, select, write, write_logs

__all__ = ["aws_server", "running_aws"]
ROOT = Path(__file__).parents[2]
URI = "s3://lakes/our/lake"
COLLECTOR = """
import sys
from engine.lake import collect as collecting
from engine.lake.store import Lake
collecting.EVENTS_AT_ONCE, collecting.BATCH_BYTES = 40, 60_000
lake = Lake.open(sys.argv[1], create=True)
print("ready", flush=True)
sys.stdin.readline()
print(collecting.collect(lake, "cloudtrail", sys.argv[2]).events, flush=True)
"""


@pytest.fixture
def bucket(s3, tmp_path, monkeypatch):
    """An empty bucket of our own server."""
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path / "home"))
    s3.buckets["lakes"] = {}
    return s3


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


def numbers_in(lake):
    return sorted(number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t"))


def collecting_in(lake, logs):
    """Collect, query, and look at everything there is to look at."""
    events = write_logs(logs, files=6, per_file=20)
    report = collect(lake, "cloudtrail", str(logs))
    assert (report.collected, report.events) == (6, events)
    assert collect(lake, "cloudtrail", str(logs)).already == 6
    assert numbers_in(lake) == list(range(events))
    assert coverage(lake)["rows"].sum() == events
    assert len(rejects(lake)) == 12
    answer = Engine(lake).run("table cloudtrail | stats count by eventSource")
    assert answer["count"].tolist() == [events]


def test_everything_works_in_a_bucket(bucket, logs):
    lake = Lake.open(URI, create=True)
    collecting_in(lake, logs)
    assert all(name.startswith("our/lake/") for name in bucket.buckets["lakes"])
    other = Lake.open(URI)
    assert other.version() == lake.version()
    with pytest.raises(LakeError, match="not on this machine"):
        _ = lake.path
    assert watch_states(lake) == []


def test_another_s3(aws_server, logs, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path / "home"))
    with aws_server.client("s3") as client:
        client.create_bucket(Bucket="lakes")
    collecting_in(Lake.open(URI, create=True), logs)


def test_files_are_read_once_and_only_those_that_are_needed(bucket, logs, tmp_path, monkeypatch):
    write_logs(logs, files=6, per_file=20)
    collect(Lake.open(URI, create=True), "cloudtrail", str(logs))
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path / "elsewhere"))
    engine = Engine(Lake.open(URI))
    bucket.asked.clear()
    query = "table from=20240502 to=20240503 cloudtrail | stats count"

    def read():
        return {name for (what, name) in bucket.asked if what == "GET" and name.endswith(".parquet")}

    engine.explain(query)
    assert read() == set()
    engine.run(query)
    day = {name for name in bucket.buckets["lakes"] if "cloudtrail/date=2024-05-02" in name}
    assert read() == day
    bucket.asked.clear()
    engine.run(query)
    assert read() == set()


def test_compacting_and_retaining_in_a_bucket(bucket, logs):
    lake = Lake.open(URI, create=True)
    for number in range(3):
        write(logs / key(START, f"{number}"), [event(number)])
        collect(lake, "cloudtrail", str(logs))
    assert compact(lake).joined >= 3
    assert numbers_in(lake) == [0, 1, 2]
    before = len([name for name in bucket.buckets["lakes"] if name.endswith(".parquet")])
    assert compact(lake, keep_hours=0).deleted_files >= 3
    assert len([name for name in bucket.buckets["lakes"] if name.endswith(".parquet")]) < before
    assert numbers_in(lake) == [0, 1, 2]


def test_two_collectors_share_a_lake_in_a_bucket(bucket, logs, tmp_path):
    events = write_logs(logs, files=8, per_file=30)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    collectors = [
        subprocess.Popen(
            [sys.executable, "-c", COLLECTOR, URI, str(logs)],
            cwd=ROOT,
            env={**environment, "TRAILBOARD_HOME": str(tmp_path / f"home{number}")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for collector in collectors:
        assert collector.stdout.readline() == "ready\n"
    for collector in collectors:
        collector.stdin.write("go\n")
        collector.stdin.flush()
    stored = [int(collector.communicate(timeout=120)[0]) for collector in collectors]
    assert sum(stored) == events
    lake = Lake.open(URI)
    assert numbers_in(lake) == list(range(events))
    assert collect(lake, "cloudtrail", str(logs)).already == 8


@pytest.mark.parametrize("fault", ["lost", "slow", "reset"])
def test_answers_that_get_lost_double_and_lose_nothing(bucket, logs, fault):
    events = write_logs(logs, files=4, per_file=20)
    lake = Lake.open(URI, create=True)
    begun = set()

    def once(method, name):
        if method == "PUT" and "our/lake/" in name and name not in begun:
            begun.add(name)
            return fault
        return None

    bucket.fault = once
    collect(lake, "cloudtrail", str(logs))
    assert len(begun) > 4
    bucket.fault = lambda method, name: None
    assert numbers_in(Lake.open(URI)) == list(range(events))
    assert collect(lake, "cloudtrail", str(logs)).already == 4
    visible = {f"our/lake/cloudtrail/{file.path}" for file in lake.snapshot("cloudtrail").files}
    assert visible <= set(bucket.buckets["lakes"])


def test_what_is_wrong_with_a_bucket_is_told(bucket, logs):
    with pytest.raises(LakeError, match="there is no bucket `absent`"):
        Lake.open("s3://absent/lake")
    with pytest.raises(LakeError, match="there is no table `cloudtrail` in the lake `s3://lakes/our/lake`"):
        Lake.open(URI)
    lake = Lake.open(URI, create=True)
    write(logs / key(START, "a"), [event(1)])
    bucket.fault = lambda method, name: "denied" if method == "PUT" else None
    with pytest.raises(LakeError, match="s3:PutObject is missing"):
        collect(lake, "cloudtrail", str(logs))


def test_copies_do_not_grow_without_end(tmp_path, monkeypatch):
    copies = Copies(tmp_path, limit=2500)
    for number in range(5):
        path = copies.path_of(f"s3://lakes/lake/cloudtrail/date=2024-05-0{number}/{number}.parquet")
        with copies.arriving(path) as fresh:
            fresh.write_bytes(bytes(1000))
        os.utime(path, (time.time() - 10_000 + number, time.time() - 10_000 + number))
    first = copies.path_of("s3://lakes/lake/cloudtrail/date=2024-05-00/0.parquet")
    assert copies.has(str(first))
    copies.trim()
    left = sorted(path.name for path in tmp_path.rglob("*.parquet"))
    assert left == ["0.parquet", "4.parquet"]
    assert places.COPIES_BYTES > 1 << 30
