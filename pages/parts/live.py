"""Questions to AWS from pages: which profiles and regions, what an answer costs, and answers that are asked once.

The engine remembers answers of AWS on disk and knows when one is old. Here a result is only held for the moment in
which all panels of a page, and all viewers, ask for the same one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

import streamlit as st

from engine.aws.command import AwsCommand
from engine.aws.live import Live
from engine.aws.profiles import Profile
from engine.language.errors import QueryError, TrailboardError
from engine.language.grammar import parse
from engine.language.nodes import OptionValue, Query
from engine.language.printer import print_query
from engine.language.rewrite import calls_procedures, live_commands, with_targets
from engine.query import Engine, Result
from engine.settings import Settings
from pages.parts import data
from pages.parts.days import Days
from pages.parts.panel import Dashboard, Panel
from pages.parts.units import Currency

HELD = 20.0  # seconds that a result serves all who ask for the same
MOST_HELD = 96
DEMO_BUDGET = 17_000.0  # USD a month, of the sample company
PATIENCE = 180.0  # seconds; what AWS answers later is remembered all the same
AT_ONCE = 4  # commands that a refresh asks at the same time


@dataclass(frozen=True)
class LiveChoice:
    """What a page of AWS is narrowed to, and the currency that it shows money in. No names mean all."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    currency: Currency = "USD"

    def on(self, query: Query) -> Query:
        return with_targets(query, profiles=self.profiles, regions=self.regions)


@dataclass
class _Held:
    """A result, or what went wrong, and until when it serves; whoever comes while it is made waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    result: Result | None = None
    until: float = 0.0


class Answers:
    """Results that were made a moment ago, one at a time for each question. Failures are not held."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[object, ...], _Held] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...], make: Callable[[], Result]) -> Result:
        with self._lock:
            held = self._held.setdefault(key, _Held())
            self._held.move_to_end(key)
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
        with held.lock:
            if held.result is None or time.monotonic() >= held.until:
                held.result = make()
                is_settled = not any(live.refreshing for live in held.result.live)
                held.until = time.monotonic() + (HELD if is_settled else 0)
            return held.result

    def forget(self) -> None:
        with self._lock:
            self._held.clear()


@st.cache_resource(show_spinner=False)
def answers() -> Answers:
    """The results that all viewers share."""
    return Answers()


def engine(zone: str, where: data.Source, now: datetime) -> Engine:
    """The engine that asks AWS. Only when the sample company answers, its clock is that of the sample logs."""
    is_sample = where.sample is not None and data.profiles().is_demo
    return data.engine(where.lake, where.sample, zone, now if is_sample else None)


def ask(text: str, zone: str, where: data.Source, now: datetime) -> Result:
    """The answer to a query that asks AWS; the same for all who ask within some seconds."""
    asking = engine(zone, where, now)
    return answers().get((zone, where, text), lambda: asking.execute(text, timeout=PATIENCE))


# what it would cost ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Price:
    """What asking some commands costs: USD, and how many of them AWS bills.

    `unknown` ones have never been answered, or not by everybody whom they ask.
    """

    usd: float = 0.0
    billed: int = 0
    unknown_usd: float = 0.0
    unknown: int = 0

    @property
    def needs_consent(self) -> bool:
        """Whether somebody must agree first: AWS would bill for an answer that nobody has ever asked for."""
        return self.unknown_usd > 0


def price(commands: Iterable[AwsCommand], zone: str, where: data.Source, now: datetime) -> Price:
    """What asking these commands anew costs. Nothing is asked to know it."""
    told = [live for command in apart(commands, zone, now) for live in explained(command, zone, where, now)]
    billed = [live for live in told if live.estimate_usd > 0]
    unknown = [live.missing_usd or live.estimate_usd for live in billed if live.missing_usd or live.fetched_at is None]
    return Price(sum(live.estimate_usd for live in billed), len(billed), sum(unknown), len(unknown))


def explained(command: AwsCommand, zone: str, where: data.Source, now: datetime) -> tuple[Live, ...]:
    """What is known of a command's answer. A mistake in it is told when it is asked."""
    try:
        return engine(zone, where, now).explain(Query((command,))).live
    except TrailboardError:
        return ()


def apart(commands: Iterable[AwsCommand], zone: str, now: datetime) -> tuple[AwsCommand, ...]:
    """One command for each request to AWS: what several ask of the same answer is one request."""
    asked: dict[tuple[str, ...], AwsCommand] = {}
    for command in commands:
        try:
            whole = (command.wide(now, ZoneInfo(zone)) if is_settled(command) else command).key()
        except (QueryError, ValueError):  # told when it is asked
            whole = command.key()
        asked.setdefault((whole, *(str(command.option(name)) for name in ("profile", "region"))), command)
    return tuple(asked.values())


def asked_by(
    query: Query, values: Mapping[str, object], zone: str, where: data.Source, now: datetime
) -> tuple[AwsCommand, ...]:
    """The `aws-*` commands of a query as they are asked: with the values of its parameters, those of procedures too."""
    found = live_commands(query)
    if all(map(is_settled, found)) and not calls_procedures(query):
        return found
    try:
        told = engine(zone, where, now).explain(query, values).live
    except TrailboardError:  # told when it runs
        return found
    return tuple(command for item in told for command in live_commands(parse(item.command)))


def is_settled(command: AwsCommand) -> bool:
    """Whether no option of a command is a parameter, whose value is known when the query runs."""
    return all(isinstance(setting.value, str) for setting in command.options)


def commands_of(panels: Sequence[Panel], choice: LiveChoice, now: datetime) -> tuple[AwsCommand, ...]:
    """The distinct `aws-*` commands behind panels as they are shown, those of comparisons and second numbers too."""
    found: dict[AwsCommand, None] = {}
    for panel in panels:
        for text in texts_of(panel):
            found |= dict.fromkeys(live_commands(choice.on(parse(Days.at(now).fill(text)))))
    return tuple(found)


def texts_of(panel: Panel) -> tuple[str, ...]:
    """The queries that a panel asks: its own, and those that its visual adds."""
    return (panel.query, *getattr(panel.visual, "also", ()))


def dashboard_commands(dashboard: Dashboard, choice: LiveChoice, now: datetime) -> tuple[AwsCommand, ...]:
    return commands_of(dashboard.panels, choice, now)


def renew(commands: Sequence[AwsCommand], zone: str, where: data.Source, now: datetime) -> list[str]:
    """Ask commands anew, whatever is remembered; what went wrong, in words."""
    asking = engine(zone, where, now)

    def one(command: AwsCommand) -> str | None:
        kept = tuple(setting for setting in command.options if setting.name != "cache")
        anew = Query((replace(command, options=(*kept, OptionValue("cache", "0"))),))
        try:
            asking.execute(f"{print_query(anew)} | limit 0", timeout=PATIENCE)
        except TrailboardError as problem:
            return str(problem)
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        problems = [problem for problem in pool.map(one, apart(commands, zone, now)) if problem is not None]
    answers().forget()
    return list(dict.fromkeys(problems))


# who can be asked -----------------------------------------------------------------------------------------------------


def regions_of(profiles: Sequence[Profile], now: datetime) -> tuple[str, ...]:
    """The regions that profiles are asked in. Patterns stand for those that this version of botocore knows."""
    known = data.profiles()
    found: dict[str, None] = {}
    for profile in profiles:
        for pattern in known.default_regions(profile):
            if "*" not in pattern:
                found[pattern] = None
            else:
                found |= dict.fromkeys(name for name in _all_regions(profile, now) if fnmatchcase(name, pattern))
    return tuple(sorted(found))


def _all_regions(profile: Profile, now: datetime) -> Sequence[str]:
    if profile.demo:  # the sample company knows its own, and asking it is asking nobody
        pages = data.profiles().api(profile, now).pages("ec2", "describe_regions", None, {})
        return [region["RegionName"] for page in pages for region in page["Regions"]]
    from botocore.session import Session

    names: list[str] = Session().get_available_regions("ec2", partition_name=profile.partition)
    return names


def monthly_budget() -> float | None:
    """What AWS may cost in a month, in USD; the sample company has set itself one."""
    configured = Settings.load().cost_budget
    return DEMO_BUDGET if configured is None and data.profiles().is_demo else configured
