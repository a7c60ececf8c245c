"""The pages' way to the engine: which lake, which clock, and answers that are computed once.

An answer is cached by the printed query, the zone, the rounded clock and the lake's version, so a page that is opened
twice, by one viewer or by many, asks once; equal queries that run at the same moment are merged into one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

import streamlit as st

from engine.aws.profiles import Profiles
from engine.demo import demo_is_fresh, demo_made, make_demo_lake_apart
from engine.exchange import Exchange
from engine.geo import Geo
from engine.lake.store import Lake, virtual_tables
from engine.language.errors import SourceError
from engine.query import Engine, Result
from engine.settings import Settings

TICK = timedelta(minutes=1)  # the clock of the pages moves in these steps, else no answer would ever be found again
MOST_ANSWERS = 400
ANSWER_BYTES = "120MB"


@dataclass(frozen=True)
class Source:
    """A lake at one version. `sample` is when its invented data were made, nothing for a configured lake."""

    lake: str
    version: str
    sample: datetime | None = None


def sample_is_due() -> bool:
    """Whether sample data must be made first: there are none, or they are so old that the last day is not in them."""
    settings = Settings.load()
    return settings.is_demo and not demo_is_fresh(settings.demo_folder)


def make_sample(progress: Callable[[str, float], None]) -> None:
    """Make the sample lake, which takes some seconds; a visitor who comes meanwhile waits for the first one's."""
    make_demo_lake_apart(Settings.load().demo_folder, progress=progress)


def source() -> Source:
    """The configured lake, or the sample lake when there is none."""
    settings = Settings.load()
    made = demo_made(settings.demo_folder) if settings.is_demo else None
    return Source(settings.lake, _version(settings.lake, made), made)


@st.cache_resource(max_entries=4, show_spinner=False)
def lake(path: str, made: datetime | None) -> Lake:
    """A lake; one made anew at the same place is another one."""
    return Lake.open(path)


@st.cache_resource(show_spinner=False)
def geo() -> Geo:
    """The geo databases: the configured ones, else the bundled ones."""
    settings = Settings.load()
    return Geo.open(settings.geoip_country, settings.geoip_asn)


@st.cache_resource(show_spinner=False)
def profiles() -> Profiles:
    """The connect profiles of the environment and the secrets. Raises SourceError when they are not understood."""
    return Profiles.load(secrets=st.secrets.to_dict() if st.secrets.load_if_toml_exists() else None)


def _profiles_if_any() -> Profiles | None:
    """The same; nothing when they are not understood, which the pages that need them tell."""
    try:
        return profiles()
    except SourceError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def engine(path: str, made: datetime | None, zone: str, frozen: datetime | None) -> Engine:
    """The engine of a lake and a zone; its clock is the machine's own unless it is frozen."""
    settings = Settings.load()
    connected = _profiles_if_any()
    if connected is not None:
        connected.sample_made = made
    return Engine(
        lake(path, made),
        timezone=zone,
        now=frozen,
        geo=geo(),
        procedure_folder=settings.procedure_folder,
        lookup_folder=settings.lookup_folder,
        file_folder=settings.file_folder,
        output_folder=settings.output_folder,
        writes_files=False,  # but what somebody has run: pages ask by themselves, and some queries several times
        exchange=Exchange.load(os.environ, settings.exchange_file),
        profiles=connected,
        aws_home=settings.aws_folder,
        aws_budget=settings.aws_budget,
        stale_ok=True,
        memory_limit="500MB",  # of all that the app may use, 700 MB; larger queries spill to disk
    )


@st.cache_data(ttl=5, max_entries=4, show_spinner=False)
def _version(path: str, made: datetime | None) -> str:
    return lake(path, made).version()


def forget_version() -> None:
    """Look at the lake again on the next run instead of a few seconds later."""
    _version.clear()


@st.cache_data(max_entries=MOST_ANSWERS, max_size=ANSWER_BYTES, ttl="2h", show_spinner=False)
def _answer(text: str, zone: str, now: datetime, where: Source) -> Result:
    return engine(where.lake, where.sample, zone, now if where.sample else None).execute(text)


def ask(text: str, zone: str, now: datetime, where: Source) -> Result:
    """The answer to a query text at a moment."""
    return _answer(text, zone, now, where)


def newest_event(where: Source, tables: str = "*") -> datetime | None:
    """When the newest log row of the tables that fit a pattern happened, nothing when they have no rows."""
    stored = lake(where.lake, where.sample).snapshots()
    named = [pair for name, snapshot in stored.items() for pair in virtual_tables(name, snapshot.files).items()]
    fitting = (file for name, files in named if fnmatchcase(name, tables) for file in files)
    return max((file.last for file in fitting), default=None)


def clock(where: Source) -> datetime:
    """The pages' now, at the end of the running minute. Sample data ends some day: its clock stands there."""
    now = datetime.now(UTC)
    if where.sample:
        now = min(now, newest_event(where) or now)
    return now.replace(second=0, microsecond=0) + TICK
