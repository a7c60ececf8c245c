"""Watching a source: what each poll finds, what is remembered of it, and what becomes of errors."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta

import pytest

from engine.lake.store import Lake
from engine.lake.watch import WatchState, watch, watch_states
from engine.language.errors import SourceError
from tests.lake.logs import START, event, key, select, write


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


def polls(lake, source, then, **options):
    """The states of a watch that does what the generator `then` yields between two polls, and ends with it."""
    cancel = threading.Event()
    states = []
    for state, report in watch(lake, "cloudtrail", source, every=timedelta(0), cancel=cancel, **options):
        states.append((state, report))
        if next(then, "end") == "end":
            cancel.set()
    return states


def test_each_poll_finds_what_is_new(lake, tmp_path):
    logs = tmp_path / "logs"
    write(logs / key(START, "a"), [event(1)])

    def then():
        yield
        write(logs / key(START, "b"), [event(1), event(2)])
        yield

    states = polls(lake, str(logs), then())
    assert [report.collected for _, report in states] == [1, 0, 1]
    last, _ = states[-1]
    assert (last.polls, last.objects, last.events, last.error) == (3, 2, 2, None)
    assert last.modified is not None
    assert select(lake, "SELECT count(*) FROM t") == [(2,)]
    (saved,) = watch_states(lake)
    assert saved.stopped is not None
    assert (saved.kind, saved.source, saved.polls, saved.polled) == ("cloudtrail", str(logs), 3, last.polled)


def test_what_fails_later_is_told_and_tried_again(lake, tmp_path):
    logs = tmp_path / "logs"
    write(logs / key(START, "a"), [event(1)])

    def then():
        shutil.rmtree(logs)
        yield
        yield
        write(logs / key(START, "b"), [event(2)])
        yield

    states = polls(lake, str(logs), then())
    assert [state.failures for state, _ in states] == [0, 1, 2, 0]
    assert "cannot read" in states[2][0].error
    assert states[2][0].polled == states[0][0].polled
    assert states[-1][0].events == 2


def test_what_fails_at_once_is_a_mistake(lake, tmp_path):
    with pytest.raises(SourceError, match="cannot read"):
        next(watch(lake, "cloudtrail", str(tmp_path / "absent")))
    assert watch_states(lake) == []


def test_a_state_that_cannot_be_read_is_left_out(lake):
    (lake.path / "_watch").mkdir()
    (lake.path / "_watch" / "x.json").write_text("{}")
    (lake.path / "_watch" / "y.json").write_text("{")
    assert watch_states(lake) == []


def test_a_watch_that_nobody_does_any_more_is_late():
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    state = WatchState("cloudtrail", "s3://bucket", begun, 600, attempted=begun)
    assert not state.is_late(begun + timedelta(minutes=29))
    assert state.is_late(begun + timedelta(minutes=31))
