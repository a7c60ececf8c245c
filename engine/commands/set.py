"""`set`: define a parameter of the query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.context import Context
from engine.expressions import Scope
from engine.language.grammar import expression, fail, name, put
from engine.language.nodes import Command, Expr
from engine.language.printer import print_expression
from engine.plan import Rows
from engine.values import Value


@dataclass(frozen=True)
class Set(Command):
    """Give a parameter a value, once, before any row is read; `$("name")` reads it.

    It may stand anywhere in the pipeline. There is no row yet, so fields are null.

    Example:
        set threshold = 3 | json "[{'n': 2}, {'n': 5}]" | search n > $("threshold")
    """

    parameter: str = ""
    expr: Expr | None = None

    word: ClassVar[str] = "set"
    starts_empty: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = (
        (put("parameter", name) | fail("10401", "`set` needs the name of a parameter"))
        + (pp.Suppress(pp.Regex("=(?!=)")) | fail("10400", "`=` is expected here", "write `set name = value`"))
        + (put("expr", expression) | fail("10402", "the value is missing"))
    )

    def body(self) -> str:
        assert self.expr is not None
        return f"{self.parameter} = {print_expression(self.expr)}"

    def prepare(self, context: Context) -> None:
        assert self.expr is not None
        context.parameters[self.parameter] = constant_of(Scope({}, context).plan(self.expr))

    def plan(self, rows: Rows) -> Rows:
        return rows


def constant_of(value: Value) -> Value:
    """A value computed without a row; it keeps its SQL and its type."""
    return replace(value, per_row=False)
