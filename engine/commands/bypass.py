"""`bypass`: all rows as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.nodes import Command
from engine.plan import Rows


@dataclass(frozen=True)
class Bypass(Command):
    """Pass all rows unchanged.

    Example:
        json "[{'a': 1}, {'a': 2}]" | bypass
    """

    word: ClassVar[str] = "bypass"
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        return rows
