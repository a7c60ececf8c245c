"""`timechart`: aggregates by time bucket, a column for each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.buckets import bucket
from engine.catalog import DATE
from engine.commands.stats import by_list, column_name, measure_list, planned, print_measures, settled
from engine.commands.wide import wide
from engine.language.durations import Duration, read_duration, read_span, read_switch
from engine.language.errors import QueryError
from engine.language.nodes import Command, Named, Option
from engine.plan import Rows, built, warn_unknown
from engine.values import Value


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
        rows, measures = settled(rows, self.measures)
        time = _time_of(rows)
        series = [rows.field(name) for name in self.by]
        present = " AND ".join(f"{value.sql} IS NOT NULL" for value in (time, *series))
        start = Value(bucket(time.sql, span, context.timezone, offset), DATE)
        aggregated = [(column_name(item), planned(rows, item, span.seconds)) for item in measures]
        if not self.by and any(name == "_time" for name, _ in aggregated):
            raise QueryError("21800", "`_time` is the start of the bucket", self.span, "name it otherwise")
        kept = rows.where(present)
        if not self.by:
            outputs = list(dict([("_time", start), *aggregated]).items())
            made = built(context, outputs, f"FROM {kept.step} GROUP BY 1", [kept.step], order=["_time"])
            return made.with_columns(made.columns, [name for name, _ in outputs])
        return wide(kept, [("_time", start)], series, aggregated, "timechart", "21800")


def _time_of(rows: Rows) -> Value:
    """`_time` as an instant; rows whose `_time` is something else have none."""
    value = rows.field("_time")
    if value.type == DATE:
        return value
    if value.type.name == "any":
        micros = f"""CAST(json_extract({value.sql}, '$."$date"') AS BIGINT)"""
        return Value(f"if(any_rank({value.sql}) = 3, make_timestamptz({micros}), NULL)", DATE)
    return Value("CAST(NULL AS TIMESTAMPTZ)", DATE)
