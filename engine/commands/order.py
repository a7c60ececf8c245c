"""`order`: which columns a result shows first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.grammar import fail, must, name, put, several
from engine.language.nodes import Command
from engine.plan import Rows


@dataclass(frozen=True)
class OrderCommand(Command):
    """Show the listed fields first, all others after them by name. Rows and values stay as they are.

    Example:
        json "{'a': 1, 'b': 2, 'c': 3}" | order c
    """

    names: tuple[str, ...] = ()

    word: ClassVar[str] = "order"
    syntax: ClassVar[pp.ParserElement] = must(
        put("names", several(name, trailing=fail("20400", "a field is missing behind the comma"))),
        "20400",
        "`order` needs field names",
    )

    def body(self) -> str:
        return ", ".join(self.names)

    def plan(self, rows: Rows) -> Rows:
        return rows.with_columns(rows.columns, self.names)
