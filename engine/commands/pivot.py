"""`pivot`: aggregates in a cross table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.commands.stats import column_name, measure_list, planned, print_measures, settled, summarised
from engine.commands.wide import wide
from engine.language.durations import read_switch
from engine.language.grammar import fail, keyword, name, put, several
from engine.language.nodes import Command, Named, Option
from engine.plan import Rows, warn_unknown


def _clause(field: str, *words: str) -> pp.ParserElement:
    """Fields behind one of two words."""
    fields = put(field, several(name, trailing=fail("21701", "a field is missing behind the comma")))
    return pp.Opt((keyword(words[0]) | keyword(words[1])) + (fields | fail("21701", f"`{words[0]}` needs a field")))


@dataclass(frozen=True)
class Pivot(Command):
    """Compute aggregates in a cross table: a row for each value of the `by` fields, a column for each `for` value.

    Rows are sorted. A cell that nothing falls into is null, and rows without a value of a `for` field are left out.
    With several aggregates a column is called `VALUE_ALIAS`. `rows` and `cols` are other words for `by` and `for`.

    Example:
        json "[{'user': 'ana', 'day': 'mon'}, {'user': 'ben', 'day': 'tue'}]" | pivot count by user for day
    """

    measures: tuple[Named, ...] = ()
    by: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    word: ClassVar[str] = "pivot"
    summarises: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (Option("parallel", read_switch, "accepted, and without effect here"),)
    syntax: ClassVar[pp.ParserElement] = (
        measure_list("21700", "pivot") + _clause("by", "by", "rows") + _clause("columns", "for", "cols")
    )

    def body(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        columns = f" for {', '.join(self.columns)}" if self.columns else ""
        return print_measures(self.measures) + by + columns

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, [*self.by, *self.columns], self)
        if not self.columns:
            return summarised(rows, self.measures, self.by)
        rows, measures = settled(rows, self.measures)
        series = [rows.field(field) for field in dict.fromkeys(self.columns)]
        kept = rows.where(" AND ".join(f"{value.sql} IS NOT NULL" for value in series))
        keys = [(field, rows.field(field)) for field in dict.fromkeys(self.by)]
        measured = [(column_name(item), planned(rows, item)) for item in measures]
        return wide(kept, keys, series, measured, "pivot", "21700")
