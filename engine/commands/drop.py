"""`drop`: no rows at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.nodes import Command
from engine.plan import Rows


@dataclass(frozen=True)
class Drop(Command):
    """Discard all rows; the fields stay known.

    Example:
        json "[{'a': 1}, {'a': 2}]" | drop
    """

    word: ClassVar[str] = "drop"
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        return rows.where("false")
