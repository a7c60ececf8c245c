"""What one viewer has on the Explore page: the text, its open values, the running or finished query, the open row.

A query runs in a thread of a pool that all viewers share, so the page stays usable while it does; cancelling sets an
event that the engine watches.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import pandas as pd
import streamlit as st

from engine.commands.limit import Limit
from engine.language.errors import QueryCancelled
from engine.language.grammar import parse
from engine.language.nodes import Command, Query
from engine.language.printer import print_query
from engine.language.rewrite import before_aggregate, writes_files
from engine.query import Engine, Result
from pages.parts.explore.secrets import holds_secret, is_secret_name
from pages.parts.links import Link, is_of_query
from pages.parts.periods import Period
from pages.parts.resulttable import shown_table

MOST_ROWS = 20_000  # rows that are fetched to look at: they stay in memory as long as the viewer looks at them
FIRST_ROWS = 500  # of rows that are not summarised, shown while the others are being fetched
TIMEOUT = 300.0  # seconds
AT_ONCE = 4  # queries of all viewers that run at the same time; others wait
PATIENCE = 0.4  # seconds to wait for an answer before the page says that it is waiting

Values = Mapping[str, Any]  # of a query's parameters


@dataclass(frozen=True)
class Answer:
    """A query's result, its table as the screen shows it, and whether there were more rows than are fetched.

    `counts` is then how many rows there are over time: `_time` and `count`, of all of them.
    """

    query: Query
    result: Result
    table: pd.DataFrame
    capped: bool
    values: Values = field(default_factory=dict)
    counts: pd.DataFrame | None = None

    @property
    def text(self) -> str:
        """The query as it ran, without the limit that the page itself sets."""
        return print_query(self.query)


@dataclass
class Job:
    """A query on its way."""

    text: str
    values: Values
    cancel: threading.Event = field(default_factory=threading.Event)
    future: Future[Answer] = field(default_factory=Future)
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    part: float | None = None  # how much is done, from 0 to 1
    early: Answer | None = None  # the first rows, while the others are being fetched

    @property
    def seconds(self) -> float:
        """How long it has been running, or did run."""
        return (self.ended or time.monotonic()) - self.started

    @property
    def is_done(self) -> bool:
        return self.future.done()

    def begin(self, engine: Engine) -> None:
        """Run in the pool."""
        self.future = _pool().submit(self.work, engine)
        self.future.add_done_callback(lambda _: setattr(self, "ended", time.monotonic()))

    def work(self, engine: Engine) -> Answer:
        """Run the query, fetching at most `MOST_ROWS` rows. Raises what the engine raises."""
        query = parse(self.text)
        if is_rows(query):
            self.early = self._fetch(engine, query, min(FIRST_ROWS, MOST_ROWS))
            if not self.early.capped:
                return self.early
        found = self._fetch(engine, query, MOST_ROWS, writes_files=True)
        return replace(found, counts=self._counted(engine, query)) if found.capped and is_rows(query) else found

    def _fetch(self, engine: Engine, query: Query, most: int, *, writes_files: bool = False) -> Answer:
        result = self._execute(engine, first_rows(query, most + 1), writes_files)
        is_capped = result.rows > most
        if is_capped:
            result = replace(result, frame=result.frame.iloc[:most], rows=most)
        return Answer(query, result, shown_table(result.frame, result.types), is_capped, self.values)

    def _counted(self, engine: Engine, query: Query) -> pd.DataFrame | None:
        """How many rows there are in each of some hundred buckets of time, for rows that have one."""
        ends = self._execute(engine, _then(query, "stats min(_time) as first, max(_time) as last")).frame
        if ends.empty or ends.isna().any(axis=None) or not pd.api.types.is_datetime64_any_dtype(ends["first"]):
            return None
        first, last = (ends[name].iloc[0].to_pydatetime() for name in ("first", "last"))
        span = Period(start=first, end=last).span(last)
        return self._execute(engine, _then(query, f"timechart span={span} count")).frame

    def _execute(self, engine: Engine, query: Query, writes_files: bool = False) -> Result:
        return engine.execute(
            query,
            self.values,
            timeout=TIMEOUT,
            cancel=self.cancel,
            progress=self._progressed,
            writes_files=writes_files,
        )

    def _progressed(self, part: float) -> None:
        self.part = part

    def stop(self) -> None:
        """Ask it to end; a query that still waits for a place never begins."""
        self.cancel.set()
        self.future.cancel()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, giving it so much time."""
        try:
            self.future.exception(seconds)
        except NotYet:
            return False
        except CancelledError:
            return True
        return True

    def outcome(self) -> Answer | BaseException:
        """What came of it; only to be asked of one that is done."""
        if self.future.cancelled():
            return QueryCancelled("cancelled")
        return self.future.exception() or self.future.result()


def first_rows(query: Query, count: int) -> Query:
    """The query with a limit behind it; mistakes are still told in the text as it was written."""
    return Query((*query.commands, Limit(numbers=(count,))), query.text)


def is_rows(query: Query) -> bool:
    """Whether a query gives rows of the lake as they are, not a summary, so that asking twice costs only time."""
    return before_aggregate(query).commands == query.commands and not _asks_others(query) and not writes_files(query)


def _asks_others(query: Query) -> bool:
    words = [command.word for command in query if not command.starts_empty]
    inner = (sub for command in query for sub in command.inner())
    return words[:1] != ["table"] or any(map(_asks_others, inner))


def _then(query: Query, more: str) -> Query:
    return Query((*query.commands, *_commands(more)), query.text)


@cache
def _commands(text: str) -> tuple[Command, ...]:
    """Commands that continue a pipeline."""
    return parse(f"table any? | {text}").commands[1:]


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="explore")


Why = Literal["bills", "bills_again", "writes"]


@dataclass(frozen=True)
class Held:
    """A query that waits for consent: why, and what it costs in USD."""

    text: str
    why: Why
    usd: float = 0


@dataclass
class Desk:
    """One viewer's Explore page. `revision` grows whenever the page, not the viewer, changes the text.

    `written` are the values of the text's parameters as they stand in their inputs and in the URL.
    """

    text: str = ""
    revision: int = 0
    written: dict[str, str] = field(default_factory=dict)
    job: Job | None = None
    held: Held | None = None
    sampled: tuple[Answer, Result] | None = None  # the rows before an answer's summary, for its fields
    opened: int | None = None
    linked: Link = field(default_factory=Link)  # what the URL carried when it was last looked at
    is_moved: bool = False  # something outside the running fragment has to be drawn anew

    def put(self, text: str, written: Mapping[str, str] | None = None) -> None:
        """Replace the text in the editor, and the values of its parameters where they are given."""
        self.text = text.replace("\r\n", "\n")
        if written is not None:
            self.written = dict(written)
        self.revision += 1
        self.is_moved = True

    def run(self, text: str, engine: Engine, values: Values) -> None:
        """Start a query, which may be a part of the text, and let the URL carry it."""
        self.is_moved = True
        self.opened = self.held = None
        if self.job is not None and not self.job.is_done:
            self.job.stop()
        self.job = Job(text.replace("\r\n", "\n"), values)
        self.job.begin(engine)
        self.write_link()

    def hold(self, text: str, why: Why, usd: float = 0) -> None:
        """Let a query wait until somebody agrees to what it does."""
        self.is_moved = True
        self.held = Held(text, why, usd)
        if self.job is not None:
            self.job.stop()

    def write_link(self) -> None:
        """Put the query that was run into the URL, so that the address reproduces what is on the screen.

        Addresses are kept and passed on, so what looks like a secret does not become part of one.
        """
        if self.job is None:
            return
        harmless = {name: value for name, value in self.written.items() if not is_secret_name(name)}
        self.linked = Link() if holds_secret(self.job.text) else Link(self.job.text, harmless)
        params = self.linked.params()
        for name in [name for name in st.query_params if is_of_query(name) and name not in params]:
            st.query_params.pop(name, None)
        st.query_params.update(params)

    def arriving(self, *, is_entry: bool) -> Link | None:
        """The query of the URL when it is another one than what is shown. Coming back, the URL carries it again."""
        link = Link.of(st.query_params)
        if link.text and (link != self.linked or (is_entry and link.text != self.text)):
            self.linked = link
            return link
        if not link.text and is_entry:
            self.write_link()
        return None

    def shows(self, link: Link) -> bool:
        """Whether the job is that of a link already."""
        return self.job is not None and self.job.text == link.text and self.written == dict(link.written)

    def take_move(self) -> bool:
        """Whether the page has to be drawn anew; asking settles it."""
        moved, self.is_moved = self.is_moved, False
        return moved


def desk(first_text: str) -> Desk:
    """This viewer's desk."""
    if "explore_desk" not in st.session_state:
        st.session_state["explore_desk"] = Desk(first_text)
    return st.session_state["explore_desk"]
