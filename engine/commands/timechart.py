"""`timechart`: aggregates by time bucket, a column for each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyparsing as pp

from engine import sql
from engine.buckets import bucket
from engine.catalog import DATE, Type
from engine.commands.stats import by_list, column_name, measure_list, planned, print_measures
from engine.language.durations import Duration, read_duration, read_span, read_switch
from engine.language.errors import QueryError
from engine.language.nodes import Command, Named, Option
from engine.plan import Rows, built, stored, warn_unknown
from engine.values import NOTHING, Value, text

MOST_SERIES = 5000


@dataclass(frozen=True)
class Timechart(Command):
    """Aggregate rows by time bucket; with `by`, each value of the field gets a column of its own.

    Only buckets with data appear, in order of time; a series without data in a bucket is null there. Rows without
    `_time`, or without a value of the `by` field, are left out. Days and weeks are those of the viewer's zone.

    Example:
        json "[{day: '2024-01-15', m: 'GET'}]" | eval _time = date(day, "yyyy-MM-dd") | timechart span=1d count by m
    """

    measures: tuple[Named, ...] = ()
    by: tuple[str, ...] = ()

    word: ClassVar[str] = "timechart"
    summarises: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        Option("span", read_span, "width of a bucket: `10m`, `1h`, `1d` (default), `1w`, `1mon`"),
        Option("offset", read_duration, "moves the borders of buckets forward"),
        Option("parallel", read_switch, "accepted, and without effect here"),
    )
    syntax: ClassVar[pp.ParserElement] = measure_list("21800", "timechart") + by_list("21701")

    def body(self) -> str:
        return print_measures(self.measures) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        span = context.option(self, "span", Duration(1, "d"))
        offset = context.option(self, "offset")
        warn_unknown(rows, self.by, self)
        time = _time_of(rows)
        series = [rows.field(name) for name in self.by]
        present = " AND ".join(f"{value.sql} IS NOT NULL" for value in (time, *series))
        start = Value(bucket(time.sql, span, context.timezone, offset), DATE)
        aggregated = [(column_name(item), planned(rows, item)) for item in self.measures]
        kept = rows.where(present)
        if not self.by:
            outputs = list(dict([("_time", start), *aggregated]).items())
            made = built(context, outputs, f"FROM {kept.step} GROUP BY 1", [kept.step], order=["_time"])
            return made.with_columns(made.columns, [name for name, _ in outputs])
        return _pivoted(kept, start, series, aggregated)


def _time_of(rows: Rows) -> Value:
    """`_time` as an instant; rows whose `_time` is something else have none."""
    value = rows.field("_time")
    if value.type == DATE:
        return value
    if value.type.name == "any":
        micros = f"""CAST(json_extract({value.sql}, '$."$date"') AS BIGINT)"""
        return Value(f"if(any_rank({value.sql}) = 3, make_timestamptz({micros}), NULL)", DATE)
    return Value("CAST(NULL AS TIMESTAMPTZ)", DATE)


def _pivoted(rows: Rows, start: Value, series: Sequence[Value], aggregated: Sequence[tuple[str, Value]]) -> Rows:
    """Aggregate in long form, run it, and give every series its columns: their names are only known now."""
    name = Value(" || '_' || ".join(text(value).sql for value in series), text(NOTHING).type)
    keys = [(f"k{index}", value) for index, value in enumerate(series)]
    outputs = [("t", start), ("n", name), *keys, *((f"v{i}", value) for i, (_, value) in enumerate(aggregated))]
    grouping = ", ".join(str(position) for position in range(1, len(keys) + 3))
    order = [key for key, _ in keys] + ["n", "t"]
    tail = f"FROM {rows.step} GROUP BY {grouping}"
    long = built(rows.context, outputs, tail, [rows.step], order=order)
    columns = {name: long.columns[name] for name in ("t", "n", *(f"v{i}" for i in range(len(aggregated))))}
    select = ", ".join(f"{column.sql} AS {sql.identifier(name)}" for name, column in columns.items())
    statement = rows.context.statement(
        f"SELECT {select} FROM {long.step} ORDER BY {long.order_by(f'{long.step}.')}", long.step
    )
    table = rows.context.session.fetch(statement)
    wide, kinds = _wide(table, aggregated, [long.columns[f"v{i}"].type for i in range(len(aggregated))])
    made = stored(rows.context, wide, {f"c{i}": kind for i, kind in enumerate(kinds.values())})
    return made.with_columns({name: made.columns[f"c{i}"] for i, name in enumerate(kinds)}, list(kinds))


def _wide(
    table: pa.Table, aggregated: Sequence[tuple[str, Value]], types: list[Type]
) -> tuple[pa.Table, dict[str, Type]]:
    """One row a bucket, one column a series and aggregate, in the order in which the series come."""
    times, names = table.column("t").to_pylist(), table.column("n").to_pylist()
    rows = {time: index for index, time in enumerate(sorted(set(times)))}
    found = list(dict.fromkeys(names))
    if len(found) * len(aggregated) > MOST_SERIES:
        message = f"`timechart` would have {len(found) * len(aggregated):,} columns"
        raise QueryError("21800", message, hint="choose a field with fewer values, or keep the largest with `search`")
    kinds: dict[str, Type] = {"_time": DATE}
    cells: dict[tuple[str, int], list[Any]] = {}
    for name in found:
        for i, (alias, _) in enumerate(aggregated):
            column = f"{name}_{alias}" if len(aggregated) > 1 else name
            kinds[f"{column} (series)" if column == "_time" else column] = types[i]
            cells[name, i] = [None] * len(rows)
    for i in range(len(aggregated)):
        for time, name, value in zip(times, names, table.column(f"v{i}").to_pylist(), strict=True):
            cells[name, i][rows[time]] = value
    arrays = [pa.array(list(rows), table.schema.field("t").type)]
    arrays += [pa.array(cell, table.schema.field(f"v{i}").type) for (_, i), cell in cells.items()]
    return pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))]), kinds
