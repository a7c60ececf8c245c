"""Work on a lake in processes of their own: what is told, stop and resume, and that no child outlives its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.lake.apart import Job, Jobs, Order
from engine.lake.retain import policies
from engine.lake.store import Lake
from engine.lake.watch import watch_states
from tests.lake.logs import START, event, key, select, write, write_logs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(again_seconds=0.0)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_logs(tmp_path / "logs", 4, 50)
    return tmp_path / "logs"


def order(tmp_path: Path, verb: str = "collect", **options: object) -> Order:
    if verb in ("collect", "watch"):
        options = {"kind": "cloudtrail", "source": str(tmp_path / "logs")} | options
    return Order(verb, str(tmp_path / "lake"), **options)  # type: ignore[arg-type]


def count(tmp_path: Path) -> int:
    ((number,),) = select(Lake.open(tmp_path / "lake"), "SELECT count(*) FROM t")
    return int(number)


def test_a_collect_comes_to_its_end(jobs: Jobs, logs: Path, tmp_path: Path) -> None:
    job = jobs.start(order(tmp_path))
    job.wait()
    assert (job.state, job.problem) == ("done", "")
    assert job.report.startswith("4 of 4 objects collected")
    assert job.progress["fraction"] == 1
    assert count(tmp_path) == 200
    assert jobs.all(str(tmp_path / "lake")) == [job]
    again = jobs.start(order(tmp_path))
    again.wait()
    assert "4 were already there" in again.report
    jobs.forget(again)
    assert jobs.all(str(tmp_path / "lake")) == []


def test_what_goes_wrong_is_told(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.start(order(tmp_path, source=str(tmp_path / "absent")))
    job.wait()
    assert job.state == "failed"
    assert "cannot read" in job.problem


def test_a_watch_is_stopped_and_goes_on(jobs: Jobs, logs: Path, tmp_path: Path) -> None:
    job = jobs.start(order(tmp_path, "watch"))
    assert jobs.start(order(tmp_path)) is job, "one collector for a source is enough"
    polled(job)
    assert job.state == "running"
    jobs.stop(job)
    job.wait()
    assert job.state == "stopped"
    assert count(tmp_path) == 200
    write(logs / key(START, "late"), [event(900)])
    job = jobs.start(order(tmp_path))
    job.wait()
    assert count(tmp_path) == 201


def polled(job: Job) -> None:
    """Wait for the first report of a watch."""
    waiting = threading.Event()
    for _ in range(600):
        if job.report or job.problem:
            break
        waiting.wait(0.1)
    assert job.report, job.problem


def test_a_watch_that_dies_is_started_anew(jobs: Jobs, logs: Path, tmp_path: Path) -> None:
    job = jobs.start(order(tmp_path, "watch"))
    polled(job)
    first, job.report = job._child, ""
    assert first
    first.kill()
    polled(job)
    assert job._child is not first
    jobs.stop(job)
    job.wait()
    assert job.state == "stopped"


def test_care_is_taken_apart(jobs: Jobs, logs: Path, tmp_path: Path) -> None:
    jobs.start(order(tmp_path)).wait()
    for verb, options, told in (
        ("retry", {}, "4 objects tried again"),
        ("retain", {"days": 3, "tables": ("cloudtrail",)}, "cloudtrail: 3 days are kept"),
        ("compact", {}, "small files"),
    ):
        job = jobs.start(order(tmp_path, verb, **options))
        job.wait()
        assert job.problem == ""
        assert told in job.report
    assert count_rows(tmp_path) == []
    assert policies(Lake.open(tmp_path / "lake"))["cloudtrail"].days == 3


def count_rows(tmp_path: Path) -> list[object]:
    return list(select(Lake.open(tmp_path / "lake"), "SELECT * FROM t"))


PARENT = """
import sys
from engine.lake.apart import JOBS, Order
job = JOBS.start(Order("watch", sys.argv[1], "cloudtrail", sys.argv[2]))
while not job.report:
    pass
print(job._child.pid, flush=True)
sys.stdin.readline()
"""


def test_no_child_outlives_its_parent(logs: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PARENT, str(tmp_path / "lake"), str(logs)]
    parent = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.kill()
    parent.communicate()
    waiting = threading.Event()
    for _ in range(600):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            (state,) = watch_states(Lake.open(tmp_path / "lake"))
            assert state.stopped
            return
        waiting.wait(0.1)
    pytest.fail("the collector still runs")
