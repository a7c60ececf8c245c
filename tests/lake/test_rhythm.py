"""Whether logs are late, judged by how they usually arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from engine.lake.collect import collect
from engine.lake.rhythm import Rhythm, rhythms, usual_wait
from engine.lake.store import Lake
from tests.lake.logs import START, event, key, write

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def rhythm(wait: timedelta | None, last: datetime = START, archive: bool = False) -> Rhythm:
    seconds = wait.total_seconds() if wait else None
    return Rhythm("cloudtrail", None, "1", "a", 99, last, last, last, seconds, 240.0, is_archive=archive)


@pytest.mark.parametrize(
    ("wait", "silent", "state"),
    [
        (5 * MINUTE, 20 * MINUTE, "on time"),
        (5 * MINUTE, 40 * MINUTE, "late"),
        (12 * HOUR, 17 * HOUR, "on time"),
        (12 * HOUR, 19 * HOUR, "late"),
        (None, 1000 * HOUR, "unknown"),
    ],
)
def test_late_is_judged_by_what_is_usual(wait: timedelta | None, silent: timedelta, state: str) -> None:
    assert rhythm(wait).state(START + silent) == state


def test_an_archive_is_not_late() -> None:
    assert rhythm(5 * MINUTE, archive=True).state(START + 200 * HOUR) == "old"


def test_an_outage_does_not_become_usual_but_weekends_are() -> None:
    steady = np.arange(0, 28 * 86_400, 300.0)
    outage = steady[(steady < 5 * 86_400) | (steady > 6 * 86_400)]
    assert usual_wait(outage) == 300
    weekends = steady[(steady // 86_400) % 7 < 5]
    wait = usual_wait(weekends)
    assert wait is not None
    assert wait > 2 * 86_400
    assert usual_wait(steady[:5]) is None


def test_streams_of_a_lake(tmp_path) -> None:
    logs, lake = tmp_path / "logs", Lake.open(tmp_path / "lake", create=True)
    assert rhythms(lake) == []
    for n in range(20):
        at = START + n * 10 * MINUTE
        write(logs / key(at + 4 * MINUTE, f"{n}"), [event(n, at)])
        if n < 10:
            write(logs / key(at + 4 * MINUTE, f"{n}", region="us-east-1"), [event(100 + n, at, awsRegion="us-east-1")])
    collect(lake, "cloudtrail", str(logs))
    whole, europe, america = rhythms(lake)
    assert (whole.account, whole.region, whole.deliveries) == (None, None, 20)
    assert (europe.region, america.region) == ("eu-west-1", "us-east-1")
    assert whole.usual_wait == europe.usual_wait == america.usual_wait == 600
    assert europe.usual_lag == 240
    assert europe.last_delivery == START + 194 * MINUTE
    assert europe.last_event == START + 190 * MINUTE
    assert america.last_delivery == START + 94 * MINUTE
    assert {found.state(datetime.now(UTC)) for found in rhythms(lake)} == {"old"}, "collected years later"


def test_one_stream_that_stopped_among_others_is_late_however_it_was_collected(tmp_path) -> None:
    logs, lake = tmp_path / "logs", Lake.open(tmp_path / "lake", create=True)
    now = datetime.now(UTC)
    for n in range(60):
        at = now - n * 10 * MINUTE
        write(logs / key(at, f"{n}"), [event(n, at - 4 * MINUTE)])
        if n > 30:
            there = event(100 + n, at - 4 * MINUTE, awsRegion="us-east-1")
            write(logs / key(at, f"{n}", region="us-east-1"), [there])
    collect(lake, "cloudtrail", str(logs))
    assert [found.state(now) for found in rhythms(lake)] == ["on time", "on time", "late"]


def test_flat_files_arrive_when_their_last_event_was(tmp_path) -> None:
    lake = Lake.open(tmp_path / "lake", create=True)
    for n in range(8):
        write(tmp_path / "logs" / f"{n}.json", [event(n, START + n * HOUR)])
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    whole = rhythms(lake)[0]
    assert (whole.usual_wait, whole.usual_lag, whole.last_delivery) == (3600, None, START + 7 * HOUR)
