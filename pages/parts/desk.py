"""What one viewer has on the Explore page: the text, the running or finished query, the open row, recent queries.

A query runs in a thread of a pool that all viewers share, so the page stays usable while it does; cancelling sets an
event that the engine watches.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace

import pandas as pd
import streamlit as st

from engine.commands.limit import Limit
from engine.language.errors import QueryCancelled
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.query import Engine, Result
from pages.parts.links import explore_params, query_from_params
from pages.parts.resulttable import shown_table

MOST_ROWS = 20_000  # rows that are fetched to look at: they stay in memory as long as the viewer looks at them
MOST_IN_FILE = 100_000  # rows of a download, which is made when it is clicked and then forgotten
TIMEOUT = 300.0  # seconds
AT_ONCE = 4  # queries of all viewers that run at the same time; others wait
MOST_RECENT = 8
PATIENCE = 0.4  # seconds to wait for an answer before the page says that it is waiting


@dataclass(frozen=True)
class Answer:
    """A query's result, its table as the screen shows it, and whether there were more rows than are fetched."""

    query: Query
    result: Result
    table: pd.DataFrame
    capped: bool

    @property
    def text(self) -> str:
        """The query as it ran, without the limit that the page itself sets."""
        return print_query(self.query)


def answer(text: str, engine: Engine, cancel: threading.Event) -> Answer:
    """Run a query, fetching at most `MOST_ROWS` rows. Raises what the engine raises."""
    query = parse(text)
    result = engine.execute(first_rows(query, MOST_ROWS + 1), timeout=TIMEOUT, cancel=cancel)
    is_capped = result.rows > MOST_ROWS
    if is_capped:
        result = replace(result, frame=result.frame.iloc[:MOST_ROWS], rows=MOST_ROWS)
    return Answer(query, result, shown_table(result.frame, result.types), is_capped)


def first_rows(query: Query, count: int) -> Query:
    """The query with a limit behind it; mistakes are still told in the text as it was written."""
    return Query((*query.commands, Limit(numbers=(count,))), query.text)


@dataclass
class Job:
    """A query on its way."""

    text: str
    future: Future[Answer]
    cancel: threading.Event
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has been running, or did run."""
        return (self.ended or time.monotonic()) - self.started

    @property
    def is_done(self) -> bool:
        return self.future.done()

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


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="explore")


@dataclass
class Desk:
    """One viewer's Explore page. `revision` grows whenever the page, not the viewer, changes the text."""

    text: str = ""
    revision: int = 0
    job: Job | None = None
    opened: int | None = None
    recent: list[str] = field(default_factory=list)
    linked: str = ""  # the query that the URL carried when it was last looked at
    is_moved: bool = False  # something outside the running fragment has to be drawn anew

    def put(self, text: str) -> None:
        """Replace the text in the editor."""
        self.text = text.replace("\r\n", "\n")
        self.revision += 1
        self.is_moved = True

    def run(self, text: str, engine: Engine) -> None:
        """Start a query and let the URL carry it."""
        self.text = text.replace("\r\n", "\n")
        self.is_moved = True
        self.opened = None
        if self.job is not None and not self.job.is_done:
            self.job.stop()
        cancel = threading.Event()
        job = Job(self.text, _pool().submit(answer, self.text, engine, cancel), cancel)
        job.future.add_done_callback(lambda _: setattr(job, "ended", time.monotonic()))
        self.job = job
        self.recent = [self.text, *(other for other in self.recent if other != self.text)][:MOST_RECENT]
        self.write_link()

    def put_and_run(self, text: str, engine: Engine) -> None:
        """Replace the text and start it."""
        self.put(text)
        self.run(text, engine)

    def write_link(self) -> None:
        """Put the query that was run into the URL, so that the address reproduces what is on the screen."""
        if self.job is None:
            return
        self.linked = self.job.text
        params = explore_params(self.job.text)
        for name in {"q", "qz"} - params.keys():
            st.query_params.pop(name, None)
        st.query_params.update(params)

    def arrive(self, engine: Engine, *, is_entry: bool) -> None:
        """Take the query of the URL, and run it when it is another one than what is shown."""
        linked = query_from_params(st.query_params)
        if linked and (linked != self.linked or (is_entry and linked != self.text)):
            if self.job is None or self.job.text != linked:
                self.put_and_run(linked, engine)
            else:
                self.put(linked)
            self.linked = linked
        elif not linked and is_entry:
            self.write_link()

    def take_move(self) -> bool:
        """Whether the page has to be drawn anew; asking settles it."""
        moved, self.is_moved = self.is_moved, False
        return moved


def desk(first_text: str) -> Desk:
    """This viewer's desk."""
    if "explore_desk" not in st.session_state:
        st.session_state["explore_desk"] = Desk(first_text)
    return st.session_state["explore_desk"]
