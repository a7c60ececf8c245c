"""`Engine`: run queries on a lake, explain them, collect into it. What pages, the command line and libraries call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import sqlglot

from engine.aws.budget import BUDGET
from engine.aws.live import Aws
from engine.backend import DuckDB, DuckDBSession
from engine.catalog import Catalog, Scan, Type
from engine.context import Context, Step, Warned, parameter
from engine.exchange import Exchange
from engine.frames import frame
from engine.language.errors import QueryCancelled, QueryError, QueryTimeout, SourceError
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.lookups import LookupTable, csv_lookups, geoip
from engine.native import FUNCTIONS
from engine.plan import Rows, plan
from engine.procedures import procedures, usd_exchange
from engine.regex import TAKEN_GROUPS

if TYPE_CHECKING:
    from engine.aws.live import Live
    from engine.aws.profiles import Profiles
    from engine.geo import Geo
    from engine.lake.collect import CollectReport, Progress
    from engine.lake.store import Lake


@dataclass(frozen=True)
class Result:
    """The rows of a query, and where they come from."""

    frame: pd.DataFrame
    types: Mapping[str, Type]
    query: str  # as it ran, printed
    sql: str
    elapsed: float  # seconds, planning included
    rows: int
    files_read: int
    files_total: int
    bytes_read: int
    warnings: tuple[str, ...]
    now: datetime
    live: tuple[Live, ...] = ()  # what was asked of AWS


@dataclass(frozen=True)
class Plan:
    """How a query is run: its steps, the files they read, the whole SQL; `live` is what it would ask of AWS."""

    query: str
    steps: tuple[Step, ...]
    sql: str
    scans: tuple[tuple[str, Scan], ...]
    warnings: tuple[Warned, ...]
    columns: Mapping[str, Type] = field(default_factory=dict)
    live: tuple[Live, ...] = ()

    def translated(self, dialect: str) -> str:
        """The same statement for another engine (`spark`, `trino`, `athena`), as far as sqlglot carries it."""
        return sqlglot.transpile(self.sql, read="duckdb", write=dialect, pretty=True)[0]

    def __str__(self) -> str:
        lines = [self.query, ""]
        for step in self.steps:
            lines += [f"{step.name}  {step.command.splitlines()[0] if step.command else ''}", f"    {step.sql}"]
        for table, scan in self.scans:
            lines.append(f"{table}: {len(scan.files)} of {scan.files_total} files read, {scan.bytes:,} bytes")
        lines += [str(live) for live in self.live]
        lines += [f"warning: {warning}" for warning in self.warnings]
        lines += ["", self.sql]
        return "\n".join(lines)


class Engine:
    """Queries over a lake. `lake` is a folder or URI, or None for no log tables; `now` freezes the clock.

    Queries read files (`csvfile`, `textfile`, …) of `file_folder` only, and none without it. `profiles` are who asks
    AWS, nobody without them; answers and the ledger of billed calls are kept in `aws_home`, and with `stale_ok` an old
    answer is given at once while a newer one is asked for. Without `writes_files` commands like `outputcsv` pass their
    rows on and write nothing, unless a run says otherwise.

    >>> Engine().run('json "[{a: 1}, {a: 2}]" | stats sum(a) as total').to_dict("records")
    [{'total': 3}]
    """

    def __init__(
        self,
        lake: str | Path | Lake | None = None,
        *,
        now: datetime | None = None,
        timezone: str = "UTC",
        geo: Geo | None = None,
        procedure_folder: Path | None = None,
        tables: Catalog | None = None,
        lookup_folder: Path | None = None,
        file_folder: Path | None = None,
        output_folder: Path | None = None,
        writes_files: bool = True,
        memory_limit: str = "2GB",
        profiles: Profiles | None = None,
        aws_home: Path | None = None,
        aws_budget: float = BUDGET,
        stale_ok: bool = False,
        exchange: Exchange | None = None,
    ) -> None:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SourceError(f"there is no time zone `{timezone}`", "use a name such as Asia/Seoul") from None
        if now is not None and now.tzinfo is None:
            raise SourceError("`now` must know its time zone")
        self.timezone = timezone
        self._now = now
        self._tables = tables
        self._file_folder = file_folder
        self._output_folder = output_folder
        self._writes_files = writes_files
        self._lake = _opened(lake)
        self._lookups: dict[str, LookupTable] = {**csv_lookups(lookup_folder), "geoip": geoip(geo)}
        functions = (
            *FUNCTIONS,
            TAKEN_GROUPS,
            *(made for lookup in self._lookups.values() if (made := lookup.function)),
        )
        self._duckdb = DuckDB(memory_limit=memory_limit, functions=functions)
        self._procedures = {"usd_exchange": usd_exchange(exchange or Exchange()), **procedures(procedure_folder)}
        self._aws = None if profiles is None else Aws(profiles, aws_home, budget=aws_budget, stale_ok=stale_ok)

    @property
    def lake(self) -> Lake | None:
        return self._lake

    @property
    def aws(self) -> Aws | None:
        return self._aws

    def catalog(self) -> Catalog:
        """The tables that a query can read now."""
        if self._tables is not None:
            return self._tables
        return self._lake.catalog() if self._lake is not None else Catalog()

    def version(self) -> str:
        """Changes whenever the data change: part of every cache key."""
        return self._lake.version() if self._lake is not None else self.catalog().version

    def run(self, text: str, params: Mapping[str, Any] | None = None, timeout: float | None = None) -> pd.DataFrame:
        """Run a query and return its rows. Raises QueryError, QueryTimeout or SourceError."""
        return self.execute(text, params, timeout).frame

    def execute(
        self,
        query: str | Query,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        cancel: threading.Event | None = None,
        progress: Callable[[float], None] | None = None,
        writes_files: bool | None = None,
    ) -> Result:
        """Run a query and return its rows together with where they come from. `timeout` is in seconds.

        `progress` is told now and then how much is done, from 0 to 1, in another thread. `writes_files` says whether
        this run writes files, whatever the engine does otherwise.
        """
        started = time.perf_counter()
        with self._running(query, params, timeout, cancel, progress) as (parsed, rows, session):
            statement = rows.statement()
            types = {name: rows.columns[name].type for name in rows.visible}
            made = frame(session.fetch(statement), types, self.timezone)
            context = rows.context
            if self._writes_files if writes_files is None else writes_files:
                context.write_outputs()
            return Result(
                frame=made,
                types=types,
                query=print_query(parsed),
                sql=statement,
                elapsed=time.perf_counter() - started,
                rows=len(made),
                files_read=sum(len(scan.files) for _, scan in context.scans),
                files_total=sum(scan.files_total for _, scan in context.scans),
                bytes_read=sum(scan.bytes for _, scan in context.scans),
                warnings=(*(str(warning) for warning in context.warnings), *_about_nothing(context.scans)),
                now=context.now,
                live=tuple(context.live.values()),
            )

    def batches(
        self,
        query: str | Query,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        cancel: threading.Event | None = None,
        *,
        rows: int = 50_000,
    ) -> Iterator[tuple[pd.DataFrame, Mapping[str, Type]]]:
        """Run a query and return its rows in pieces of at most so many, each with the types: for results of any size.

        A query without rows gives one piece that has none.
        """
        with self._running(query, params, timeout, cancel) as (_, planned, session):
            types = {name: planned.columns[name].type for name in planned.visible}
            statement = planned.statement()
            is_empty = True
            for piece in session.batches(statement, rows):
                is_empty = False
                yield frame(piece, types, self.timezone), types
            if is_empty:
                yield frame(session.fetch(f"SELECT * FROM ({statement}) LIMIT 0"), types, self.timezone), types
            if self._writes_files:
                planned.context.write_outputs()

    def explain(self, query: str | Query, params: Mapping[str, Any] | None = None) -> Plan:
        """How a query would run. Steps whose columns depend on values (`timechart … by`) do run; AWS is not asked."""
        with self._running(query, params, None, None, is_dry=True) as (parsed, rows, _):
            types = {name: rows.columns[name].type for name in rows.visible}
            context = rows.context
            statement, steps = rows.statement(), tuple(context.steps.values())
            scans, warnings, live = tuple(context.scans), tuple(context.warnings), tuple(context.live.values())
            return Plan(print_query(parsed), steps, statement, scans, warnings, types, live)

    def collect(
        self, kind: str, source: str, progress: Callable[[Progress], None] | None = None, **options: Any
    ) -> CollectReport:
        """Collect logs of a kind, `cloudtrail` or `elb`, from a folder, a file or `s3://bucket/prefix` into the lake.

        What is there already is not read again. Options are those of `engine.lake.collect.collect`: `since`, `until`,
        `accounts`, `regions`, `profile`, `requester_pays`, `cancel`. Raises SourceError when the source cannot be read
        or listed, LakeError when the lake cannot be written; objects that could not be read are in the report.
        """
        from engine.lake.collect import collect

        if self._lake is None:
            raise SourceError("this engine has no lake to collect into", "give it one: Engine(lake=…)")
        return collect(self._lake, kind, source, progress=progress, **options)

    @contextmanager
    def _running(
        self,
        query: str | Query,
        params: Mapping[str, Any] | None,
        timeout: float | None,
        cancel: threading.Event | None,
        progress: Callable[[float], None] | None = None,
        is_dry: bool = False,
    ) -> Iterator[tuple[Query, Rows, DuckDBSession]]:
        """A planned query with its session, watched for cancel and timeout; errors know the query's text."""
        parsed = parse(query) if isinstance(query, str) else query
        session = self._duckdb.session(self.timezone)
        done = threading.Event()
        if timeout is not None or cancel is not None or progress is not None:
            threading.Thread(target=_watch, args=(session, done, timeout, cancel, progress), daemon=True).start()
        try:
            context = self._context(session, params, is_dry)
            yield parsed, plan(parsed, context), session
        except QueryError as problem:
            raise problem.in_text(parsed.text or print_query(parsed)) from problem.__cause__
        finally:
            done.set()
            session.close()

    def _context(self, session: DuckDBSession, params: Mapping[str, Any] | None, is_dry: bool) -> Context:
        return Context(
            catalog=self.catalog(),
            session=session,
            now=self._now or datetime.now(UTC),
            timezone=self.timezone,
            lookups=self._lookups,
            procedure=self._procedures.get,
            file_folder=self._file_folder,
            output_folder=self._output_folder,
            aws=self._aws,
            is_dry=is_dry,
            parameters={name: parameter(value) for name, value in (params or {}).items()},
        )


def _about_nothing(scans: Sequence[tuple[str, Scan]]) -> tuple[str, ...]:
    """Nothing read is not the same as nothing found: a query over no log rows at all says so."""
    if not scans or any(scan.files for _, scan in scans):
        return ()
    names = list(dict.fromkeys(f"`{name}`" for name, _ in scans))
    listed = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    if any(scan.files_total for _, scan in scans):
        return (f"the lake has no rows of {listed} in this time range: the answer is about nothing",)
    return (f"nothing has been collected into {listed} yet: the answer is about nothing",)


def _watch(
    session: DuckDBSession,
    done: threading.Event,
    timeout: float | None,
    cancel: threading.Event | None,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Stop the query when it is cancelled or late, and tell how far it is; ends with the query."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while not done.wait(0.05):
        if progress is not None and (part := session.progress()) is not None:
            progress(part)
        if cancel is not None and cancel.is_set():
            session.stop(QueryCancelled)
        elif deadline is not None and time.monotonic() > deadline:
            session.stop(QueryTimeout)


def _opened(lake: str | Path | Lake | None) -> Lake | None:
    if not isinstance(lake, str | Path):
        return lake
    from engine.lake.store import Lake as Opened

    return Opened.open(str(lake), create=True)
