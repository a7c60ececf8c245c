"""A collect by two processes: the same result as by one, whatever becomes of the second."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from engine.lake.collect import collect
from engine.lake.s3 import helper
from engine.lake.store import Lake
from engine.language.errors import LakeError, SourceError
from tests.lake.logs import START, event
from tests.lake.test_s3 import ACCOUNTS, numbers_in, packed, trail_key

MANY = 400


@pytest.fixture(autouse=True)
def helpers(monkeypatch):
    """The helpers that were started; they are soon."""
    started = []
    begin = helper.Helper.__init__

    def noted(self, order):
        begin(self, order)
        started.append(self)

    monkeypatch.setattr(helper.Helper, "__init__", noted)
    monkeypatch.setattr(helper, "MANY", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return started


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def numbers(s3):
    for number in range(MANY):
        key = trail_key(ACCOUNTS[0], "eu-west-1", START, unique=f"{number:03}")
        s3.put("trail", key, packed(event(number), event(number + 1), 5), START)
    return list(range(MANY + 1))


def collected(lake, **options):
    return collect(lake, "cloudtrail", "s3://trail", since=START.date(), **options)


def wait_until_it_works(given):
    """Let the helper have read something before anything else is read."""
    while not given._done and given._child.poll() is None:
        given._listener.join(0.01)


def test_both_report_together(lake, numbers, helpers, monkeypatch):
    give = helper.Helper.give

    def waiting(self, item):
        give(self, item)
        if self._sent == 50:
            wait_until_it_works(self)

    monkeypatch.setattr(helper.Helper, "give", waiting)
    seen = []
    report = collected(lake, progress=seen.append)
    (second,) = helpers
    assert second.report.collected > 40
    assert (report.objects, report.collected, report.failures) == (MANY, MANY, 0)
    assert (report.events, report.duplicates) == (MANY + 1, MANY - 1)
    assert report.rejects == {"not a JSON object": MANY}
    assert sum(share.objects for share in report.shares) == MANY
    assert (seen[-1].files_done, seen[-1].files_total, seen[-1].fraction) == (MANY, MANY, 1.0)
    assert numbers_in(lake) == numbers
    again = collected(lake)
    assert (again.collected, again.already) == (0, MANY)
    assert len(helpers) == 1


def test_a_few_objects_are_no_work_for_two(lake, numbers, helpers, monkeypatch):
    monkeypatch.setattr(helper, "MANY", MANY)
    assert collected(lake).collected == MANY
    assert helpers == []


def test_a_helper_that_is_killed_loses_nothing(lake, numbers, helpers, monkeypatch):
    give = helper.Helper.give

    def deadly(self, item):
        give(self, item)
        if self._sent == 60:
            wait_until_it_works(self)
            os.kill(self._child.pid, signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(helper.Helper, "give", deadly)
        with pytest.raises(SourceError, match="has ended unexpectedly"):
            collected(lake)
    kept = len(numbers_in(lake))
    assert 0 < kept < len(numbers)
    assert collected(lake).collected > 0
    assert numbers_in(lake) == numbers


def test_what_fails_in_the_helper_is_raised(lake, numbers, monkeypatch):
    begin = helper.Helper._say

    def misled(self, what):
        begin(self, helper.replace(what, lake="/nowhere/lake") if isinstance(what, helper.Order) else what)

    with monkeypatch.context() as patch:
        patch.setattr(helper.Helper, "_say", misled)
        with pytest.raises(LakeError, match="there is no table"):
            collected(lake)
    assert collected(lake).failures == 0
    assert numbers_in(lake) == numbers


def test_stopping_stops_both(lake, numbers, helpers, monkeypatch):
    cancel = threading.Event()
    give = helper.Helper.give

    def stopping(self, item):
        give(self, item)
        if self._sent == 60:
            wait_until_it_works(self)
            cancel.set()

    with monkeypatch.context() as patch:
        patch.setattr(helper.Helper, "give", stopping)
        report = collected(lake, cancel=cancel)
    assert report.cancelled
    assert helpers[0]._child.poll() is not None
    assert 0 < report.collected < MANY
    assert collected(lake).already == report.collected
    assert numbers_in(lake) == numbers
