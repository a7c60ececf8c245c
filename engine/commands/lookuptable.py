"""`lookuptable`: the rows of a lookup table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyparsing as pp

from engine.commands.json import json_rows
from engine.language.durations import read_count
from engine.language.errors import QueryError, SourceError, did_you_mean
from engine.language.grammar import fail, must, name, put, read_options, several
from engine.language.nodes import Command, Option, OptionValue
from engine.language.pieces import skip_blanks
from engine.language.printer import print_option
from engine.lookups import BrokenLookup, CsvLookup
from engine.plan import Rows


class _Settings(pp.Token):
    """Options behind the table's name, where this command has them."""

    def __init__(self) -> None:
        super().__init__()
        self.mayReturnEmpty = True

    def parseImpl(self, instring: str, loc: int, do_actions: bool = True) -> tuple[int, list[Any]]:  # noqa: N802
        end, found = read_options(LookupTableCommand, instring, skip_blanks(instring, loc))
        return end, [found]


@dataclass(frozen=True)
class LookupTableCommand(Command):
    """Show the rows of a lookup table, all columns or the listed ones.

    Tables are CSV files of the lookup folder; `geoip` is a database of ranges and has no rows to show.

    Example:
        lookuptable accounts limit=10
    """

    table: str = ""
    settings: tuple[OptionValue, ...] = ()
    names: tuple[str, ...] = ()

    word: ClassVar[str] = "lookuptable"
    is_source: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        Option("limit", read_count, "at most this many rows (0: all)", "90001"),
        Option("offset", read_count, "leave out this many rows first", "90001"),
    )
    syntax: ClassVar[pp.ParserElement] = (
        must(put("table", name), "20701", "`lookuptable` needs the name of a lookup table")
        + put("settings", _Settings())
        + pp.Opt(put("names", several(name, trailing=fail("20702", "a column is missing behind the comma"))))
    )

    def body(self) -> str:
        parts = [self.table, *(print_option(setting) for setting in self.settings), ", ".join(self.names)]
        return " ".join(part for part in parts if part)

    def option(self, name: str) -> OptionValue | None:
        found = [setting for setting in (*self.options, *self.settings) if setting.name == name]
        return found[-1] if found else None

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        lookup = context.lookups.get(self.table)
        if lookup is None:
            hint = did_you_mean(self.table, context.lookups) or f"lookup tables: {', '.join(sorted(context.lookups))}"
            raise QueryError("20701", f"there is no lookup table `{self.table}`", self.span, hint)
        if isinstance(lookup, BrokenLookup):
            raise SourceError(lookup.problem)
        if not isinstance(lookup, CsvLookup):
            raise QueryError("20701", f"`{self.table}` has no rows to show; use it in `lookup`", self.span)
        for column in self.names:
            if column not in lookup.columns:
                message = f"lookup `{self.table}` has no column `{column}`"
                context.warn(message, self.span, did_you_mean(column, lookup.columns))
        names = self.names or lookup.names
        limit, offset = context.option(self, "limit", 0), context.option(self, "offset", 0)
        found = list(lookup.rows.values())[offset : offset + limit if limit else None]
        made = json_rows(rows, [{column: row.get(column) for column in names} for row in found])
        return made.with_columns(made.columns, names)
