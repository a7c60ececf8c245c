"""Watching a source: collect again every few minutes, and leave in the lake how that goes, for whoever looks.

A poll lists only the days in which something can have changed since the last one: those since the newest object seen,
less an overlap, for S3 lists what was put at the same time in any order, and late. Once a day, and at the start, the
whole window is listed. Which of the listed objects are new is told by the lake alone, so a watch may be killed and
started anew at any time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.lake.collect import CollectReport, Progress, collect, collect_from, format_of
from engine.lake.objects import LIST_USD, Window
from engine.lake.sources import is_bucket, open_queue
from engine.lake.store import Lake
from engine.language.errors import LakeError, SourceError

EVERY = timedelta(minutes=5)
OVERLAP = timedelta(hours=2)
WHOLE_WINDOW_EVERY = timedelta(days=1)
UNREAD_EVERY = timedelta(hours=1)  # the whole window, while there are objects that could not be read
FOLDER = "_watch"
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class WatchState:
    """How the watching of a source goes. Times are UTC, null while there is none.

    `polled` is the end of the last poll that listed all it had to, `modified` the age of the newest object it has seen,
    as S3 tells it. `error` is null when the last poll went well; `failures` counts polls in a row that did not, and
    `unread` the objects that the last poll could not read. `requests` are list requests since `started`.
    """

    kind: str
    source: str
    started: datetime
    every_seconds: float
    polled: datetime | None = None
    attempted: datetime | None = None
    stopped: datetime | None = None
    modified: datetime | None = None
    error: str | None = None
    failures: int = 0
    unread: int = 0
    polls: int = 0
    objects: int = 0
    events: int = 0
    requests: int = 0
    last_requests: int = 0
    queue: bool = False

    @property
    def usd(self) -> float:
        """What listing has cost since the start, in USD."""
        return self.requests * LIST_USD / 1000

    @property
    def usd_per_month(self) -> float:
        """What it comes to in 30 days, going on as in the last poll.

        >>> WatchState("cloudtrail", "s3://b", datetime(2026, 3, 1, tzinfo=UTC), 300, last_requests=100).usd_per_month
        4.32
        """
        if not self.every_seconds:
            return 0.0
        return round(self.last_requests * MONTH.total_seconds() / self.every_seconds * LIST_USD / 1000, 6)

    def is_late(self, now: datetime) -> bool:
        """Whether nobody has polled for three times as long as somebody should have."""
        since = self.attempted or self.started
        return (now - since).total_seconds() > max(3 * self.every_seconds, 900)


def watch(
    lake: Lake,
    kind: str,
    source: str,
    *,
    every: timedelta = EVERY,
    queue: str | None = None,
    since: date | None = None,
    until: date | None = None,
    accounts: Collection[str] = (),
    regions: Collection[str] = (),
    profile: str | None = None,
    requester_pays: bool = False,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[tuple[WatchState, CollectReport | None]]:
    """Collect again and again until `cancel`; yields the state after each poll, with its report unless it failed.

    What fails for a while (network, a permission that was taken away) is kept in the state and tried again; only what
    fails at the first poll is raised, for then it is most likely a mistake. Options are those of `collect`; `queue` is
    the URL of an SQS queue that is told of new objects, which are then read without listing.
    """
    cancel = cancel or threading.Event()
    form = format_of(kind)
    state = WatchState(kind, source, clock(), every.total_seconds(), queue=queue is not None)
    whole: datetime | None = None  # when the whole window was last listed
    while not cancel.is_set():
        began = clock()
        rest = UNREAD_EVERY if state.unread else WHOLE_WINDOW_EVERY
        is_whole = whole is None or began - whole >= rest or not is_bucket(source)
        first = since if is_whole else latest(since, resume_day(state))
        report = None
        try:
            if queue and not is_whole:
                window = Window(since, until, frozenset(accounts), frozenset(regions))
                notices = open_queue(
                    queue, source, form.naming, profile=profile, requester_pays=requester_pays, cancel=cancel
                )
                report = collect_from(lake, form, notices, window, progress, cancel)
                if report.failures == len(report.failed) and not report.cancelled:
                    notices.delete(frozenset(name for name, _ in report.failed))
            else:
                report = collect(
                    lake,
                    kind,
                    source,
                    since=first,
                    until=until,
                    accounts=accounts,
                    regions=regions,
                    profile=profile,
                    requester_pays=requester_pays,
                    progress=progress,
                    cancel=cancel,
                )
            if is_whole and not report.cancelled:
                whole = began
            state = after_poll(state, report, clock())
        except SourceError as problem:
            if not state.polls:
                raise
            state = replace(state, error=str(problem), failures=state.failures + 1, attempted=clock())
        save(lake, state)
        yield state, report
        cancel.wait(max(0.0, every.total_seconds() - (clock() - began).total_seconds()))
    save(lake, replace(state, stopped=clock()))


def after_poll(state: WatchState, report: CollectReport, now: datetime) -> WatchState:
    """The state with the results of a poll that came to its end."""
    return replace(
        state,
        polled=state.polled if report.cancelled else now,
        attempted=now,
        modified=max((at for at in (state.modified, report.modified) if at), default=None),
        error=None,
        failures=0,
        unread=report.failures,
        polls=state.polls + 1,
        objects=state.objects + report.collected,
        events=state.events + report.events,
        requests=state.requests + report.listing.requests,
        last_requests=report.listing.requests,
    )


def resume_day(state: WatchState) -> date | None:
    """The first day whose objects can be new."""
    return None if state.modified is None else (state.modified - OVERLAP).date()


def latest(*days: date | None) -> date | None:
    return max((day for day in days if day), default=None)


def save(lake: Lake, state: WatchState) -> None:
    """Leave the state in the lake; a full disk must not end the watch, its next poll tells of it."""
    content = json.dumps({key: at.isoformat() if isinstance(at, datetime) else at for key, at in asdict(state).items()})
    with suppress(OSError, LakeError):
        lake.place.write_text(file_of(state), content)


def forget(lake: Lake, state: WatchState) -> None:
    """Leave no word of a watch that has ended, and whose end nobody should be told of any more."""
    lake.place.delete(file_of(state))


def file_of(state: WatchState) -> str:
    """Where the state of a watch is, in the lake."""
    name = hashlib.blake2b(f"{state.kind} {state.source}".encode(), digest_size=8).hexdigest()
    return f"{FOLDER}/{name}.json"


def watch_states(lake: Lake) -> list[WatchState]:
    """How each source that was ever watched goes, in the order of kinds and sources."""
    states = []
    for text in lake.place.read_texts(FOLDER, ".json"):
        with suppress(ValueError, TypeError):  # of another version
            states.append(read_state(text))
    return sorted(states, key=lambda state: (state.kind, state.source))


def read_state(text: str) -> WatchState:
    """A state as `save` wrote it; ValueError or TypeError when it is none."""
    values: dict[str, Any] = json.loads(text)
    known = {item.name: item for item in fields(WatchState)}
    times = {name for name, item in known.items() if "datetime" in str(item.type)}
    taken: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in times and value is not None else value
        for name, value in values.items()
        if name in known
    }
    return WatchState(**taken)
