"""`outputcsv`: rows to a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine import sql
from engine.catalog import NULL, STRING
from engine.commands.files import Path_, print_path
from engine.commands.output import OPTIONS, output_syntax, with_output
from engine.language.durations import read_switch
from engine.language.grammar import fail
from engine.language.nodes import Command, Option
from engine.plan import Rows, warn_unknown
from engine.values import Value, text


@dataclass(frozen=True)
class OutputCsv(Command):
    """Write the listed fields of each row to a CSV file of the output folder; the rows pass on.

    The file appears when the query has succeeded, with a line of names first and every cell in double quotes; null is
    an empty cell, dates are written `yyyy-MM-dd HH:mm:ssZ`. A file that is there is an error without `overwrite=t` or
    `append=t`. Folders on the way are made. An app that is hosted writes no files.

    Example:
        json "[{'user': 'ana', 'n': 3}]" | outputcsv overwrite=t /users.csv user, n
    """

    path: Path_ = ""
    names: tuple[str, ...] = ()

    word: ClassVar[str] = "outputcsv"
    takes: ClassVar[tuple[Option, ...]] = (*OPTIONS, Option("tab", read_switch, "`t`: tabs instead of commas"))
    syntax: ClassVar[pp.ParserElement] = output_syntax(
        "outputcsv", fail("30202", "`outputcsv` needs the fields to write", "write `outputcsv PATH FIELD, …`")
    )

    def body(self) -> str:
        return f"{print_path(self.path)} {', '.join(self.names)}"

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, self.names, self)
        delimiter = "\t" if rows.context.option(self, "tab", False) else ","
        cells = ", ".join(_cell(rows.field(field)) for field in self.names)
        line = Value(f"concat_ws({sql.text(delimiter)}, {cells})", STRING)
        header = delimiter.join(_quoted(field) for field in self.names)
        return with_output(rows, self, self.path, line, header)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _cell(value: Value) -> str:
    """SQL for a value in quotes."""
    if value.type == NULL:
        return "'\"\"'"
    return f"""('"' || replace(coalesce({text(value).sql}, ''), '"', '""') || '"')"""
