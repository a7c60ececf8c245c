"""Commands to SELECT steps. `Rows` is what a command reads and returns: a step, its fields, their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from engine.catalog import LONG, Type
from engine.context import Context
from engine.expressions import Column, Scope, looks_around
from engine.language.errors import QueryError, did_you_mean
from engine.language.nodes import Command, Expr, Query
from engine.language.printer import print_command
from engine.sql import identifier
from engine.values import Value, order_keys


@dataclass(frozen=True)
class Order:
    """A column that rows are ordered by. Nulls come first ascending, last descending."""

    column: str
    type: Type
    descending: bool = False
    exact: bool = False  # by the stored text itself, to settle what the language leaves open

    def sql(self, prefix: str = "", reverse: bool = False) -> str:
        """The inside of an ORDER BY."""
        descending = self.descending != reverse
        direction = "DESC NULLS LAST" if descending else "ASC NULLS FIRST"
        column = f"{prefix}{self.column}"
        keys = [column] if self.exact else order_keys(column, self.type)
        return ", ".join(f"{key} {direction}" for key in keys)


@dataclass(frozen=True)
class Rows:
    """The rows after a command, before they exist.

    Fields are names over physical columns: renaming, choosing and overwriting fields moves names, and columns that
    no name points at any more cost nothing because DuckDB does not read them. So an order never loses its columns.
    """

    context: Context
    step: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    order: tuple[Order, ...] = ()
    hint: tuple[str, ...] | None = None
    taken: frozenset[str] = frozenset()  # physical column names of the step, case folded as SQL does

    @property
    def scope(self) -> Scope:
        return Scope(self.columns, self.context, order=self.order_by())

    def value(self, expr: Expr) -> Value:
        """Plan an expression over these rows."""
        return self.scope.plan(expr)

    def field(self, name: str) -> Value:
        """A field by name; unknown ones are null, with a warning from `warn_unknown`."""
        return self.scope.field(name)

    def has(self, name: str) -> str:
        """SQL: does a row have a field, be it null?"""
        column = self.columns.get(name)
        return "false" if column is None else column.present or "true"

    def with_presence(self, present: Mapping[str, str]) -> Rows:
        """The same rows, of which only those have a field for which some SQL is true."""
        partial = {name: condition for name, condition in present.items() if condition != "true"}
        if not partial:
            return self
        columns, taken, added = dict(self.columns), self.taken, []
        for name, condition in partial.items():
            physical, taken = fresh(f"_has {name}", taken)
            added.append(f"{condition} AS {physical}")
            columns[name] = replace(columns[name], present=physical)
        return self.select(f"SELECT *, {', '.join(added)} FROM {self.step}", columns=columns, taken=taken)

    def select(self, select: str, *reads: str, **changes: object) -> Rows:
        """Rows that read another SELECT."""
        name = self.context.add(select, *(reads or (self.step,)))
        return replace(self, step=name, **changes)  # type: ignore[arg-type]

    def where(self, condition: str, *reads: Expr) -> Rows:
        """Only the rows that fulfil a condition; it is made of expressions if it may look at other rows."""
        clause = "QUALIFY" if any(map(looks_around, reads)) else "WHERE"
        return self.select(f"SELECT * FROM {self.step} {clause} {condition}")

    def with_fields(self, values: Mapping[str, Value]) -> Rows:
        """The same rows with fields added or overwritten."""
        columns, taken, added = dict(self.columns), self.taken, []
        for name, value in values.items():
            if re.fullmatch(r'"(?:[^"]|"")*"', value.sql):  # another name for a column that is there
                columns[name] = Column(value.sql, value.type)
                continue
            physical, taken = fresh(name, taken)
            added.append(f"{value.sql} AS {physical}")
            columns[name] = Column(physical, value.type)
        if not added:
            return replace(self, columns=columns)
        return self.select(f"SELECT *, {', '.join(added)} FROM {self.step}", columns=columns, taken=taken)

    def with_columns(self, columns: Mapping[str, Column], hint: Sequence[str] | None = None) -> Rows:
        """Other names over the same columns."""
        return replace(self, columns=columns, hint=self.hint if hint is None else tuple(hint))

    def order_by(self, prefix: str = "", reverse: bool = False) -> str:
        """The inside of an ORDER BY for these rows' order, empty when it is not defined."""
        return ", ".join(order.sql(prefix, reverse) for order in self.order)

    def limited(self, count: int | None, offset: int = 0) -> Rows:
        """The first rows in their order."""
        ordering = f" ORDER BY {self.order_by()}" if self.order else ""
        limit = "" if count is None else f" LIMIT {count}"
        return self.select(f"SELECT * FROM {self.step}{ordering}{limit}" + (f" OFFSET {offset}" if offset else ""))

    def numbered(self) -> tuple[Rows, str]:
        """The same rows with a column that holds their position; returns that column too."""
        physical, taken = fresh("_position", self.taken)
        window = f"ORDER BY {self.order_by()}" if self.order else ""
        select = f"SELECT *, row_number() OVER ({window}) AS {physical} FROM {self.step}"
        return self.select(select, taken=taken, order=(Order(physical, LONG),)), physical

    @property
    def visible(self) -> list[str]:
        """Field names of a result, in the language's column order: the hint's, then all others by name."""
        shown = [name for name, column in self.columns.items() if not column.hidden]
        first = list(dict.fromkeys(name for name in self.hint or () if name in self.columns))
        return first + sorted(name for name in shown if name not in first)

    def statement(self) -> str:
        """The whole SQL of a result."""
        outputs = ", ".join(f"{self.columns[name].sql} AS {identifier(name or ' ')}" for name in self.visible)
        ordering = f"\nORDER BY {self.order_by(f'{self.step}.')}" if self.order else ""
        return self.context.statement(f"SELECT {outputs or '1 AS nothing'}\nFROM {self.step}{ordering}", self.step)

    def reads_alike(self) -> bool:
        """Whether reading these rows twice gives the same ones: a LIMIT among ties or a random value may not."""
        return re.search(r"\bLIMIT\b|random|uuid", self.context.statement("", self.step)) is None

    def materialized(self) -> Rows:
        """The same rows, run now: what comes next may depend on their values."""
        names = list(self.columns)
        present = {column.present for column in self.columns.values() if column.present is not None}
        kept = {column: f"p{index}" for index, column in enumerate(sorted(present))}
        outputs = ", ".join(
            [
                *(f"{self.columns[name].sql} AS c{index}" for index, name in enumerate(names)),
                *(f"{column} AS {name}" for column, name in kept.items()),
            ]
        )
        ordering = f" ORDER BY {self.order_by(f'{self.step}.')}" if self.order else ""
        statement = self.context.statement(f"SELECT {outputs} FROM {self.step}{ordering}", self.step)
        table = self.context.session.fetch(statement)
        stored_rows = stored(
            self.context, table, {f"c{index}": self.columns[name].type for index, name in enumerate(names)}
        )
        columns = {
            name: replace(column, sql=f'"c{index}"', present=kept.get(column.present or ""))
            for index, (name, column) in enumerate(self.columns.items())
        }
        return replace(stored_rows, columns=columns, hint=self.hint)


def fresh(name: str, taken: frozenset[str]) -> tuple[str, frozenset[str]]:
    """A quoted physical column name like `name` that SQL, which ignores case, does not mix up with another."""
    candidate, number = name or "_", 2  # JSON has keys without a character, SQL no such names
    while candidate.casefold() in taken:
        candidate, number = f"{name}_{number}", number + 1
    return identifier(candidate), taken | {candidate.casefold()}


def built(
    context: Context,
    select_list: Iterable[tuple[str, Value]],
    tail: str,
    reads: Sequence[str],
    *,
    order: Sequence[str] = (),
    extra: Sequence[str] = (),
) -> Rows:
    """Rows of a SELECT with all its columns named; `order` names the fields they are sorted by."""
    columns: dict[str, Column] = {}
    taken: frozenset[str] = frozenset()
    outputs = list(extra)
    for name, value in select_list:
        physical, taken = fresh(name, taken)
        outputs.append(f"{value.sql} AS {physical}")
        columns[name] = Column(physical, value.type)
    step = context.add(f"SELECT {', '.join(outputs)} {tail}", *reads)
    sorted_by = tuple(Order(columns[name].sql, columns[name].type) for name in order)
    # Groups that tie ("a" and "A") come in the same order every time.
    sorted_by += tuple(replace(item, exact=True) for item in sorted_by if item.type.sql == "VARCHAR")
    return Rows(context, step, columns, sorted_by, None, taken)


def stored(context: Context, table: pa.Table, columns: Mapping[str, Type]) -> Rows:
    """Rows that are known now, as the start of further steps, in the order they stand."""
    name = f"m{len(context.stages)}"
    position = pa.array(range(table.num_rows), pa.int64())
    context.session.register(name, table.append_column("_position", position))
    context.stages.append((name, context.current))
    fields = {field_name: Column(identifier(field_name), kind) for field_name, kind in columns.items()}
    taken = frozenset(column.casefold() for column in (*columns, "_position"))
    return Rows(context, name, fields, (Order('"_position"', LONG),), None, taken)


def subplan(query: Query, rows: Rows) -> Rows:
    """Plan a sub-query: it starts with a copy of the parameters, and its own changes stay inside."""
    return plan(query, rows.context.for_subquery())


def plan(query: Query, context: Context, rows: Rows | None = None) -> Rows:
    """Plan a pipeline, which may go on from `rows`. Parameters that `set` defines hold for all of it."""
    rows = rows or Rows(context, "")
    for command in query:
        command.prepare(context)
    for command in query:
        context.current = print_command(command)
        try:
            rows = _planned(command, rows)
        except QueryError as problem:
            raise problem.at(command.span) from None
    if not rows.step:
        raise QueryError("90003", "the query has no source of rows", hint="begin with `table …` or `json …`")
    return rows


def _planned(command: Command, rows: Rows) -> Rows:
    if command.is_source and rows.step:
        hint = f"put it into `union [ {command.word} … ]` to add its rows"
        raise QueryError("90200", f"`{command.word}` gives rows, so it can only begin a pipeline", command.span, hint)
    if not command.is_source and not command.starts_empty and not rows.step:
        hint = "begin with `table …` or `json …`"
        raise QueryError("90200", f"`{command.word}` has no rows to work on", command.span, hint)
    return command.plan(rows)


def warn_unknown(rows: Rows, names: Iterable[str], command: Command) -> None:
    """Warn of names in a field list that no row has."""
    for name in names:
        if name not in rows.columns:
            rows.context.warn(f"unknown field `{name}` is null", command.span, did_you_mean(name, rows.columns))
