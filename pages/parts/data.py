"""The pages' way to the engine: which lake, which clock, and answers that are computed once.

An answer is cached by the printed query, the zone, the rounded clock and the lake's version, so a page that is opened
twice, by one viewer or by many, asks once; equal queries that run at the same moment are merged into one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import streamlit as st

from engine.lake.store import Lake
from engine.query import Engine, Result
from engine.settings import Settings

TICK = timedelta(minutes=1)  # the clock of the pages moves in these steps, else no answer would ever be found again
MOST_ANSWERS = 400
ANSWER_BYTES = "120MB"


@dataclass(frozen=True)
class Source:
    """A lake at one version; `sample` when it holds invented data because no lake is configured."""

    lake: str
    version: str
    sample: bool


def sample_is_missing() -> bool:
    """Whether `source` will take its time because sample data must be made first."""
    settings = Settings.load()
    return settings.is_demo and not Path(settings.lake).is_dir()


def source() -> Source:
    """The configured lake, or the sample lake, which is made when there is none yet."""
    settings = Settings.load()
    if settings.is_demo:
        _sample_lake(settings)
    return Source(settings.lake, _version(settings.lake), settings.is_demo)


@st.cache_resource(max_entries=4, show_spinner=False)
def _sample_lake(settings: Settings) -> None:
    """Make the sample lake once; visitors who come meanwhile wait for the first one's."""
    if not Path(settings.lake).is_dir():
        from engine.demo import make_demo_lake

        make_demo_lake(settings.demo_folder)


@st.cache_resource(max_entries=4, show_spinner=False)
def _lake(path: str) -> Lake:
    return Lake.open(path)


@st.cache_resource(max_entries=8, show_spinner=False)
def engine(path: str, zone: str, frozen: datetime | None) -> Engine:
    """The engine of a lake and a zone; its clock is the machine's own unless it is frozen."""
    return Engine(_lake(path), timezone=zone, now=frozen)


@st.cache_data(ttl=5, max_entries=4, show_spinner=False)
def _version(path: str) -> str:
    return _lake(path).version()


def forget_version() -> None:
    """Look at the lake again on the next run instead of a few seconds later."""
    _version.clear()


@st.cache_data(max_entries=MOST_ANSWERS, max_size=ANSWER_BYTES, ttl="2h", show_spinner=False)
def _answer(text: str, zone: str, now: datetime, where: Source) -> Result:
    return engine(where.lake, zone, now if where.sample else None).execute(text)


def ask(text: str, zone: str, now: datetime, where: Source) -> Result:
    """The answer to a query text at a moment."""
    return _answer(text, zone, now, where)


def newest_event(where: Source) -> datetime | None:
    """When the newest log row of the lake happened, nothing for an empty lake."""
    files = _lake(where.lake).snapshot("cloudtrail").files
    return max((file.last for file in files), default=None)


def clock(where: Source) -> datetime:
    """The pages' now, at the end of the running minute. Sample data ends some day: its clock stands there."""
    now = datetime.now(UTC)
    if where.sample:
        now = min(now, newest_event(where) or now)
    return now.replace(second=0, microsecond=0) + TICK
