"""One run of a query: its clock and zone, its parameters, the steps planned so far and what went on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from engine import sql
from engine.catalog import DATE, Catalog, Scan
from engine.expressions import Scope
from engine.language.errors import QueryError, SourceError, Span
from engine.language.nodes import Call, Command, read_option
from engine.values import Value, constant

if TYPE_CHECKING:
    from engine.aws.answers import Answer
    from engine.aws.live import Aws, Live


class Session(Protocol):
    """What planning needs of a backend: run SQL now, and give a result a name that later SQL can read.

    What is in `before` is done before any SQL runs, once.
    """

    before: list[Callable[[], None]]

    def fetch(self, sql: str) -> pa.Table: ...

    def batches(self, sql: str, rows: int) -> Iterator[pa.Table]: ...

    def register(self, name: str, table: pa.Table) -> None: ...


@dataclass(frozen=True)
class Step:
    """One named SELECT of a plan, and the steps it reads."""

    name: str
    sql: str
    reads: tuple[str, ...]
    command: str = ""


@dataclass(frozen=True)
class Warned:
    """Something in the query that is allowed and probably not meant."""

    message: str
    span: Span | None = None
    hint: str | None = None

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}; {self.hint}"


@dataclass
class Context:
    """What a run knows and gathers. Sub-queries share all of it but the parameters."""

    catalog: Catalog
    session: Session
    now: datetime
    timezone: str
    lookups: Mapping[str, Any] = field(default_factory=dict)
    procedure: Callable[[str], Any] = field(default=lambda name: None)
    file_folder: Path | None = None  # what `csvfile` and its like may read
    aws: Aws | None = None
    is_dry: bool = False  # explained, not run: AWS is never asked
    output_folder: Path | None = None  # where `outputcsv` and its like may write
    outputs: list[Callable[[Context], None]] = field(default_factory=list)  # done when the query has succeeded
    parameters: dict[str, Value] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    stages: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    scans: list[tuple[str, Scan]] = field(default_factory=list)
    # What AWS answered or why not, by what was asked: the same for the whole query.
    snapshots: dict[str, tuple[Answer | None, SourceError | None]] = field(default_factory=dict)
    live: dict[str, Live] = field(default_factory=dict)
    current: str = ""
    row_by_row: bool = False  # inside `serial`: what a row does to a parameter, commands further on see at that row
    names: Iterator[int] = field(default_factory=count)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def warn(self, message: str, span: Span | None = None, hint: str | None = None) -> None:
        """Note something once."""
        warned = Warned(message, span, hint)
        if warned not in self.warnings:
            self.warnings.append(warned)

    def variable(self) -> str:
        """A name for the variable of a lambda, unlike any other of this run."""
        return f"held{next(self.names)}"

    def for_subquery(self) -> Context:
        """The same run, with parameters of its own that start as a copy."""
        return replace(self, parameters=dict(self.parameters))

    def add(self, select: str, *reads: str) -> str:
        """Add a step; returns its name."""
        name = f"s{len(self.steps)}"
        self.steps[name] = Step(name, select, reads, self.current)
        return name

    def statement(self, select: str, *reads: str) -> str:
        """A whole SQL statement: the steps that `select` needs, in order, and `select`."""
        needed: set[str] = set()
        waiting = list(reads)
        while waiting:
            name = waiting.pop()
            if name in self.steps and name not in needed:
                needed.add(name)
                waiting.extend(self.steps[name].reads)
        # Inlined, so that DuckDB pushes filters and columns down; it would materialise plain WITH steps.
        steps = [
            f"{step.name} AS NOT MATERIALIZED (\n  {step.sql}\n)" for step in self.steps.values() if step.name in needed
        ]
        return f"WITH {', '.join(steps)}\n{select}" if steps else select

    def write_outputs(self) -> None:
        """Write the files that commands of the query asked for."""
        for write in self.outputs:
            write(self)

    def evaluate(self, value: Value) -> Any:
        """The Python value of a constant expression."""
        if value.is_constant:
            return value.constant
        table = self.session.fetch(f"SELECT {value.sql} AS v")
        return table.column("v")[0].as_py()

    def option(self, command: Command, name: str, default: Any = None) -> Any:
        """The value of a command's option: as written, or from a parameter, or the default."""
        setting = command.option(name)
        text = self.option_text(command, name)
        if setting is None or text is None:
            return default
        return read_option(type(command), replace(setting, value=text))

    def option_text(self, command: Command, name: str) -> str | None:
        """The text of a command's option: as written, or a parameter's value; null for none and for an empty value."""
        setting = command.option(name)
        if setting is None:
            return None
        if not isinstance(setting.value, Call):
            return setting.value
        given = self.evaluate(Scope({}, self).plan(setting.value))
        return _option_text(given, self.zone) or None


def _option_text(value: Any, zone: ZoneInfo) -> str:
    """A parameter's value as an option's text: null is empty, a date is yyyyMMddHHmmss."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y%m%d%H%M%S")
    return str(value)


def parameter(value: Any) -> Value:
    """A parameter given from outside, as a value of the language."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise QueryError("90610", "a date parameter must know its time zone")
        return Value(sql.instant(value), DATE, per_row=False)
    return constant(value)
