"""DuckDB as the engine's muscle: one instance, a cursor for each running query."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from engine import sql
from engine.language.errors import QueryCancelled, QueryError, QueryTimeout, SourceError

#: A function over Arrow arrays that SQL can call: name, argument types, result type, the function.
ArrowFunction = tuple[str, list[str], str, Callable[..., Any]]


@dataclass
class DuckDBSession:
    """One running query: its cursor, why it was stopped if it was, and what has to be done before it reads files."""

    cursor: duckdb.DuckDBPyConnection
    stopped: type[QueryCancelled] | type[QueryTimeout] | None = None
    before: list[Callable[[], None]] = field(default_factory=list)

    def fetch(self, statement: str) -> pa.Table:
        """Run SQL and return all rows."""
        self._prepare()
        with self._explained():
            return self.cursor.sql(statement).to_arrow_table()

    def _prepare(self) -> None:
        while self.before:
            self.before.pop()()
        if self.stopped is not None:
            raise self.stopped()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What DuckDB refuses or fails at, in our words."""
        try:
            yield
        except duckdb.InterruptException:
            raise (self.stopped or QueryCancelled)("the query was stopped") from None
        except duckdb.OutOfMemoryException:
            hint = "narrow the time range, or aggregate before you sort or join"
            raise QueryError("90200", "the query needs more memory than it may use", hint=hint) from None
        except duckdb.IOException as problem:
            raise SourceError(f"a file of the lake cannot be read: {_first_line(problem)}") from problem
        except duckdb.Error as problem:
            raise QueryError("90200", f"the query cannot be run: {_first_line(problem)}") from problem

    def batches(self, statement: str, rows: int) -> Iterator[pa.Table]:
        """Run SQL and return its rows in pieces of at most so many, none of them kept."""
        self._prepare()
        with self._explained(), self.cursor.sql(statement).to_arrow_reader(rows) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])

    def progress(self) -> float | None:
        """How much of the running statement is done, from 0 to 1; nothing while that cannot be told."""
        try:
            percent = self.cursor.query_progress()
        except duckdb.Error:  # it has just been closed
            return None
        return percent / 100 if 0 <= percent <= 100 else None

    def register(self, name: str, table: pa.Table) -> None:
        """Give a result a name for later SQL of this query."""
        self.cursor.register(name, table)

    def stop(self, why: type[QueryCancelled] | type[QueryTimeout]) -> None:
        """Stop the query from another thread."""
        self.stopped = why
        self.cursor.interrupt()

    def close(self) -> None:
        self.cursor.close()


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0]


class DuckDB:
    """An in-memory DuckDB with the language's macros. Queries see only what they are given by name."""

    def __init__(
        self,
        *,
        memory_limit: str = "2GB",
        threads: int | None = None,
        folder: Path | None = None,
        functions: tuple[ArrowFunction, ...] = (),
    ) -> None:
        self._connection = duckdb.connect(":memory:")
        self._lock = threading.Lock()
        spill = folder or Path(gettempdir()) / "trailboard"
        settings: dict[str, Any] = {
            "memory_limit": memory_limit,
            "temp_directory": str(spill),
            # Newest 300 rows of a table with wide JSON columns: read the narrow ones first (24 ms instead of 70).
            "late_materialization_max_rows": 1000,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        for name, value in settings.items():
            self._connection.execute(f"SET {name} = {sql.text(value) if isinstance(value, str) else value}")
        for name, (parameters, body) in sql.MACROS.items():
            self._connection.execute(f"CREATE MACRO {name}({parameters}) AS {body}")
        for name, arguments, result, function in functions:
            self._connection.create_function(
                name,
                function,
                list(arguments),
                result,
                type=PythonUDFType.ARROW,
                null_handling=FunctionNullHandling.SPECIAL,
            )

    def session(self, timezone: str) -> DuckDBSession:
        """A cursor of its own, in the viewer's zone."""
        with self._lock:
            cursor = self._connection.cursor()
        cursor.execute(f"SET TimeZone = {sql.text(timezone)}")
        cursor.execute(
            "SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0"
        )
        return DuckDBSession(cursor)
