"""The alarm of late logs: what raises it, and that every page shows it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.lake.collect import collect
from engine.lake.rhythm import Rhythm
from engine.lake.store import Lake
from engine.lake.watch import WatchState, save
from pages.parts.arrivals import Alarm, alarm_of
from pages.parts.coverage_texts import TEXTS
from tests.pages.conftest import event
from tests.pages.test_app import assert_healthy

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KINDS = ("cloudtrail", "elb")
PAGES = ["security/logins", "explore/explore", "explore/coverage"]


def rhythm(silent: timedelta, region: str | None = None, kind: str = "cloudtrail") -> Rhythm:
    last = NOW - silent
    account = region and "111122223333"
    return Rhythm(kind, None, account, region, 99, last, last, last, 300.0, 240.0, is_whole=region is None)


def watch(**changes: object) -> WatchState:
    facts = {"started": NOW - HOUR, "every_seconds": 300, "polled": NOW - MINUTE, "attempted": NOW - MINUTE, "polls": 9}
    return WatchState("cloudtrail", "s3://bucket", **(facts | changes))  # type: ignore[arg-type]


def told(*rhythms: Rhythm, watches: tuple[WatchState, ...] = (), kinds: tuple[str, ...] = KINDS) -> Alarm | None:
    return alarm_of(rhythms, watches, kinds, NOW)


def test_what_is_as_usual_is_no_alarm() -> None:
    assert told() is None
    assert told(rhythm(MINUTE), rhythm(MINUTE, "a"), watches=(watch(),)) is None


def test_late_logs_alarm_and_tell_the_cause() -> None:
    late = rhythm(2 * HOUR)
    alarm = told(late, watches=(watch(),))
    assert alarm == Alarm("red", "logs_late", {"age": 2 * HOUR, "usual": 5 * MINUTE}, "looked_in_vain", {"age": MINUTE})
    stopped = told(late, watches=(watch(stopped=NOW - HOUR),))
    assert stopped
    assert (stopped.cause, stopped.cause_values) == ("was_stopped", {"age": HOUR})
    assert told(late, kinds=("elb",)) is None, "a page of other logs is not late"


def test_one_late_stream_among_others_is_a_warning() -> None:
    alarm = told(rhythm(MINUTE), rhythm(MINUTE, "a"), rhythm(3 * HOUR, "b"))
    assert alarm == Alarm("orange", "streams_late", {"n": 1, "all": 2}, "see_coverage")


def test_a_dead_collector_alarms_before_anything_is_late() -> None:
    alarm = told(rhythm(MINUTE), watches=(watch(attempted=NOW - HOUR),))
    assert alarm == Alarm("red", "collector_dead", {"age": HOUR})
    assert told(rhythm(MINUTE), watches=(watch(failures=1, error="no network"),)) is None
    failing = told(rhythm(MINUTE), watches=(watch(failures=3, error="no network"),))
    assert failing
    assert failing.key == "collector_fails"


def lake_until(folder: Path, silent: timedelta) -> Lake:
    """An event every five minutes of some hours, delivered four minutes later, the last one some time ago."""
    logs = folder / "logs"
    logs.mkdir()
    end = datetime.now(UTC) - silent
    for n in range(24):
        at = end - n * 5 * MINUTE
        name = f"111122223333_CloudTrail_us-east-1_{at + 4 * MINUTE:%Y%m%dT%H%MZ}_{n:016}.json.gz"
        record = event("RunInstances", datetime.now(UTC) - at, eventID=f"event-{n}")
        (logs / name).write_bytes(gzip.compress(json.dumps({"Records": [record]}).encode()))
    lake = Lake.open(folder / "lake", create=True)
    collect(lake, "cloudtrail", str(logs))
    return lake


@pytest.fixture
def badges(open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The text of a page's frame on a lake: `badges(lake, "explore/coverage", lang="ko")`."""

    def run(lake: Lake, page: str = "cloudtrail", **params: str) -> str:
        monkeypatch.setenv("TRAILBOARD_LAKE", str(lake.path))
        app = open_app(**params)
        if page != "cloudtrail":
            app.switch_page(f"pages/{page}.py").run()
        assert_healthy(app)
        return " ".join(item.value for item in app.markdown)

    return run


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_alarms_when_the_collector_is_dead(
    badges: Callable[..., str], tmp_path: Path, language: str
) -> None:
    lake = lake_until(tmp_path, 4 * MINUTE)
    save(lake, WatchState("cloudtrail", "s3://bucket", datetime.now(UTC) - 3 * HOUR, 300))
    start = TEXTS["collector_dead"].to(language, age="3 h" if language == "en" else "3시간")
    for page in ("cloudtrail", *PAGES):
        text = badges(lake, page, lang=language)
        assert start in text, page
        assert ":red-badge" in text


def test_fresh_logs_are_calm(badges: Callable[..., str], tmp_path: Path) -> None:
    text = badges(lake_until(tmp_path, 4 * MINUTE))
    assert ":red-badge" not in text
    assert ":orange-badge" not in text
