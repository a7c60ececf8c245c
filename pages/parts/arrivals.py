"""Whether what the pages show is late: an alarm for every page's frame, so that no dead collector looks calm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import streamlit as st

from engine.lake.apart import JOBS
from engine.lake.rhythm import Rhythm, rhythms
from engine.lake.watch import WatchState, watch_states
from engine.settings import Settings
from pages.parts import data
from pages.parts.coverage_texts import translate
from pages.parts.periods import age
from pages.parts.view import View

MANY_FAILURES = 3  # polls in a row: one may fail by chance


@dataclass(frozen=True)
class Alarm:
    """A sentence about lateness, and one about what is known of the cause. `values` are durations, or numbers."""

    colour: Literal["red", "orange"]
    key: str
    values: dict[str, timedelta | int] = field(default_factory=dict)
    cause: str = ""
    cause_values: dict[str, timedelta | int] = field(default_factory=dict)


def kinds_of(tables: str) -> tuple[str, ...]:
    """The kinds of log that a pattern of tables is about.

    >>> kinds_of("aws-elb_*"), kinds_of("*")
    (('elb',), ('cloudtrail', 'elb'))
    """
    if tables.startswith("cloudtrail"):
        return ("cloudtrail",)
    return ("elb",) if tables.startswith("aws-") else ("cloudtrail", "elb")


def alarm_of(
    found: Iterable[Rhythm], watches: Iterable[WatchState], kinds: Sequence[str], now: datetime
) -> Alarm | None:
    """The worst of what is late; null when all that can be told is as usual."""
    mine = [rhythm for rhythm in found if rhythm.kind in kinds]
    watching = [watch for watch in watches if watch.kind in kinds]
    running = [watch for watch in watching if watch.stopped is None]
    for watch in running:
        if watch.is_late(now):
            return Alarm("red", "collector_dead", {"age": now - (watch.attempted or watch.started)})
    for watch in running:
        if watch.failures >= MANY_FAILURES:
            return Alarm("red", "collector_fails", {"n": watch.failures}, "see_coverage")
    for rhythm in mine:
        if rhythm.is_whole and rhythm.state(now) == "late":
            usual = timedelta(seconds=rhythm.usual_wait or 0)
            return Alarm("red", "logs_late", {"age": rhythm.silent(now), "usual": usual}, *cause_of(watching, now))
    streams = [rhythm for rhythm in mine if not rhythm.is_whole]
    late = [rhythm for rhythm in streams if rhythm.state(now) == "late"]
    if late:
        return Alarm("orange", "streams_late", {"n": len(late), "all": len(streams)}, "see_coverage")
    return None


def cause_of(watching: list[WatchState], now: datetime) -> tuple[str, dict[str, timedelta | int]]:
    """What the collectors tell about logs that do not arrive."""
    looked = [watch.polled for watch in watching if watch.polled and watch.stopped is None]
    if looked:
        return "looked_in_vain", {"age": now - max(looked)}
    stopped = [watch.stopped for watch in watching if watch.stopped]
    if stopped:
        return "was_stopped", {"age": now - max(stopped)}
    return "see_coverage", {}


@st.cache_data(max_entries=4, ttl="2h", show_spinner=False)
def _rhythms(lake: str, version: str) -> list[Rhythm]:
    return rhythms(data.lake(lake, None))


@st.cache_data(max_entries=4, ttl=5, show_spinner=False)
def _noted(lake: str) -> str:
    return str(data.lake(lake, None).snapshot("_objects"))


@st.cache_data(max_entries=4, ttl=5, show_spinner=False)
def _watches(lake: str) -> list[WatchState]:
    return watch_states(data.lake(lake, None))


def forget_watches() -> None:
    """Look at once at what the watches have left in the lake."""
    _watches.clear()


def known_rhythms(where: data.Source) -> list[Rhythm]:
    """The rhythms of a lake as it was some seconds ago."""
    return _rhythms(where.lake, _noted(where.lake))


def current_alarm(where: data.Source, tables: str) -> Alarm | None:
    """The alarm of a lake, for a page about some tables. Sample data are never late, but collecting may fail."""
    if any(job.order.verb == "watch" and job.problem for job in JOBS.all(Settings.load().own_lake)):
        return Alarm("red", "collector_stuck", cause="see_coverage")
    if where.sample is not None:
        return None
    return alarm_of(known_rhythms(where), _watches(where.lake), kinds_of(tables), datetime.now(UTC))


def is_usual(where: data.Source, tables: str) -> bool:
    """Whether it is known that logs arrive as they usually do, though the newest may be old: at night, for example."""
    if where.sample is not None:
        return False
    now = datetime.now(UTC)
    whole = [rhythm for rhythm in known_rhythms(where) if rhythm.is_whole and rhythm.kind in kinds_of(tables)]
    return bool(whole) and all(rhythm.state(now) == "on time" for rhythm in whole)


def show_alarm(alarm: Alarm, view: View) -> None:
    """The alarm as a badge; its help tells the cause."""
    st.badge(
        spoken(alarm.key, alarm.values, view),
        icon=":material/notifications_active:" if alarm.colour == "red" else ":material/schedule:",
        color=alarm.colour,
        help=spoken(alarm.cause, alarm.cause_values, view) if alarm.cause else None,
    )


def spoken(key: str, values: dict[str, timedelta | int], view: View) -> str:
    """A text with its durations as one says them."""
    words = {name: length(value, view) if isinstance(value, timedelta) else value for name, value in values.items()}
    return translate(key, view.language, **words)


def length(duration: timedelta, view: View) -> str:
    return age(view.now - duration, view.now, view.language)
