"""All events of a stretch of days, written as CloudTrail files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from engine.demo import logins, machines, people, pipelines
from engine.demo.company import SEOUL
from engine.demo.incidents import planted
from engine.demo.records import Entry, Event, uuids
from engine.demo.write import write_broken, write_events

NEWEST = 4 * 60  # seconds between the newest events and now, as CloudTrail delivers late


def write_logs(folder: Path, now: datetime, days: int, progress: Callable[[float], None] | None = None) -> int:
    """Write the files of the `days` until `now` under a folder; returns the number of events.

    One calendar day is in memory at a time, and the day before it on its way to the disk.
    """
    second = int(now.timestamp())
    begin, end = second - days * 86400, second - NEWEST
    random = Random(second)
    planned = days_until(now, days)
    count = 0
    writing: list[Future[None]] = []
    with ThreadPoolExecutor(2) as pool:
        for number, day in enumerate(planned):
            entries = identified(day)
            if day == planned[-1]:
                entries += identified_stories(second)
            entries = [entry for entry in entries if begin <= entry.event.second < end]
            _finish(writing)
            writing = write_events(folder, entries, second, random, pool)
            count += len(entries)
            if progress is not None:
                progress((number + 1) / len(planned))
        _finish(writing)
    write_broken(folder, second)
    return count


def _finish(writing: list[Future[None]]) -> None:
    """Wait, and raise what went wrong."""
    wait(writing)
    for future in writing:
        future.result()


def days_until(now: datetime, days: int) -> list[date]:
    """The calendar days whose events can fall into the window: one more at its start, as the offices are apart.

    >>> len(days_until(datetime(2026, 11, 22, 3, tzinfo=SEOUL.zone), 14))
    16
    """
    last = now.astimezone(SEOUL.zone).date()
    return [last - timedelta(days=ago) for ago in range(days + 1, -1, -1)]


def identified(day: date) -> list[Entry]:
    """What happens on a day, each with its ids: whoever asks for the day gets the same ones."""
    return _with_ids(list(ordinary(day)), Random(f"ids {day}"))


def identified_stories(now: int) -> list[Entry]:
    """The records of all incidents with their ids, given the second that counts as now."""
    return _with_ids(planted(now), Random(f"ids of stories {now}"))


def _with_ids(events: list[Event], random: Random) -> list[Entry]:
    return list(map(Entry, events, uuids(random, len(events)), uuids(random, len(events))))


def ordinary(day: date) -> Iterator[Event]:
    """What happens on a day, incidents aside: a function of the calendar alone."""
    yield from people.work(day)
    yield from logins.strangers(day)
    yield from machines.run_all_day(day)
    yield from pipelines.deploy(day)
