"""`prev`: values of the row before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.catalog import NULL
from engine.language.grammar import fail, must, name, put, several
from engine.language.nodes import Command
from engine.plan import Rows, warn_unknown
from engine.values import NOTHING, Value


@dataclass(frozen=True)
class Prev(Command):
    """Add the value that each listed field had in the row before, as `prev_` and the field's name.

    The first row has no row before it and gets null. Sort first when the order matters.

    Example:
        json "[{'n': 3}, {'n': 5}, {'n': 4}]" | prev n | eval change = n - prev_n
    """

    names: tuple[str, ...] = ()

    word: ClassVar[str] = "prev"
    syntax: ClassVar[pp.ParserElement] = must(
        put("names", several(name, trailing=fail("90200", "a field is missing behind the comma"))),
        "90200",
        "`prev` needs field names",
    )

    def body(self) -> str:
        return ", ".join(self.names)

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, self.names, self)
        numbered, position = rows.numbered()
        added: dict[str, Value] = {}
        for field in self.names:
            value = numbered.field(field)
            before = f"lag({value.sql}) OVER (ORDER BY {position})"
            added[f"prev_{field}"] = NOTHING if value.type == NULL else Value(before, value.type)
        return numbered.with_fields(added)
