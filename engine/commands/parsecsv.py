"""`parsecsv`: fields from comma-separated values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.commands.cells import cell_reader
from engine.commands.parsing import FIELD, OVERLAY, with_parsed
from engine.language.durations import read_switch
from engine.language.grammar import fail, name, put, several
from engine.language.nodes import Command, Option
from engine.plan import Rows


@dataclass(frozen=True)
class ParseCsv(Command):
    """Make fields of comma-separated values in a field, `line` unless `field` says otherwise.

    Cells get the listed names in order, the others `column0`, `column1`, … by their place. All are texts. The other
    fields are dropped, unless `overlay=t`; a row without the field stays as it is.

    Example:
        json "{'line': 'ana,login,10.0.0.1'}" | parsecsv user, action
    """

    names: tuple[str, ...] = ()

    word: ClassVar[str] = "parsecsv"
    takes: ClassVar[tuple[Option, ...]] = (
        FIELD,
        OVERLAY,
        Option("strict", read_switch, '`t`: as RFC 4180 says, a backslash means nothing and `""` is a quote'),
        Option("tab", read_switch, "`t`: tabs instead of commas"),
    )
    syntax: ClassVar[pp.ParserElement] = pp.Opt(
        put("names", several(name, trailing=fail("90200", "a name is missing behind the comma")))
    )

    def body(self) -> str:
        return ", ".join(self.names)

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        field = context.option(self, "field", "line")
        cells = cell_reader(tab=context.option(self, "tab", False), strict=context.option(self, "strict", False))

        def read(text: str) -> dict[str, str]:
            return named(cells(text, True) or [], self.names)

        found = with_parsed(rows, self, field, read)
        return found.with_columns(found.columns, self.names) if self.names else found


def named(cells: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """Cells by their names, the ones beyond them by their place.

    >>> named(["a", "b", "c"], ("x", "y"))
    {'x': 'a', 'y': 'b', 'column2': 'c'}
    """
    return {names[i] if i < len(names) else f"column{i}": cell for i, cell in enumerate(cells)}
