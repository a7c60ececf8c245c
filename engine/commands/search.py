"""`search`: keep the rows that fulfil a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.durations import read_count
from engine.language.grammar import dangling_operator, expression, put
from engine.language.nodes import Command, Expr, Option
from engine.language.printer import print_expression
from engine.plan import Rows
from engine.values import where


@dataclass(frozen=True)
class Search(Command):
    """Keep the rows for which an expression is true: boolean true, or any value that is neither boolean nor null.

    A literal text behind `==` or `!=` takes `*`. With `limit`, only the first rows that pass.

    Example:
        json "[{'status': 200}, {'status': 404}]" | search status >= 400
    """

    condition: Expr | None = None

    word: ClassVar[str] = "search"
    takes: ClassVar[tuple[Option, ...]] = (Option("limit", read_count, "at most this many rows", "90001"),)
    syntax: ClassVar[pp.ParserElement] = pp.Opt(put("condition", expression | dangling_operator))

    def body(self) -> str:
        return "" if self.condition is None else print_expression(self.condition)

    def plan(self, rows: Rows) -> Rows:
        if self.condition is not None:
            rows = rows.where(where(rows.value(self.condition)), self.condition)
        limit = rows.context.option(self, "limit")
        return rows if limit is None else rows.limited(limit)
