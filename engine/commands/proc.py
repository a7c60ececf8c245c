"""`proc`: run a stored procedure as a source of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.language.errors import QueryError
from engine.language.grammar import call_expression, fail, put
from engine.language.nodes import Call, Command
from engine.language.printer import print_expression
from engine.plan import Rows, plan
from engine.procedures import BuiltIn, bound


@dataclass(frozen=True)
class Proc(Command):
    """Run a stored procedure: a query kept in the procedure folder, with parameters that it reads as `$("name")`.

    Arguments are constants and must fit the declared types (string, int, double, bool, date, datetime). Always there
    is `usd_exchange()`, one row: won for a dollar (`usd`) and a euro (`eur`), and of what day and from whom that is.

    Example:
        proc usd_exchange()
    """

    call: Call | None = None

    word: ClassVar[str] = "proc"
    is_source: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = put("call", call_expression) | fail(
        "11000", "`proc` needs a procedure such as `usd_exchange()`"
    )

    def body(self) -> str:
        assert self.call is not None
        return print_expression(self.call)

    def plan(self, rows: Rows) -> Rows:
        assert self.call is not None
        context = rows.context
        found = context.procedure(self.call.name)
        if found is None:
            raise QueryError("11000", f"there is no procedure `{self.call.name}`", self.call.span)
        arguments = [(context.evaluate(rows.value(arg)), arg.span) for arg in self.call.args]
        inner = context.for_subquery()
        inner.parameters |= bound(found, arguments, self.call.span, context.zone)
        if isinstance(found, BuiltIn):
            return found.rows(context)
        return replace(plan(found.query, inner), context=context)
