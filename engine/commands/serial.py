"""`serial`: commands row by row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.language.errors import QueryError
from engine.language.grammar import fail, put, subquery
from engine.language.nodes import Command, Query
from engine.language.printer import print_subquery
from engine.plan import Rows, plan

_NEEDS_ALL = ("sort", "join", "union")


@dataclass(frozen=True)
class Serial(Command):
    """Pass the rows in order through commands that look at one row at a time, such as `eval`, `search` or `rex`.

    Commands that need all rows (`stats`, `sort`, `join`, …) are refused, and so is `evalc`; use `prev` instead.

    Example:
        json "[{'n': 1}, {'n': 2}]" | serial [ eval twice = n * 2 | search twice > 2 ]
    """

    query: Query | None = None

    word: ClassVar[str] = "serial"
    syntax: ClassVar[pp.ParserElement] = put("query", subquery) | fail(
        "90204", "`serial` needs commands in square brackets"
    )

    def inner(self) -> tuple[Query, ...]:
        assert self.query is not None
        return (self.query,)

    def with_inner(self, inner: tuple[Query, ...]) -> Serial:
        return replace(self, query=inner[0])

    def body(self) -> str:
        assert self.query is not None
        return print_subquery(self.query)

    def plan(self, rows: Rows) -> Rows:
        assert self.query is not None
        for command in self.query:
            _refuse(command)
        inside = replace(rows, context=rows.context.for_subquery())
        return replace(plan(self.query, inside.context, inside), context=rows.context)


def _refuse(command: Command) -> None:
    if command.is_source:
        raise QueryError("90200", f"`{command.word}` gives rows; `serial` has some already", command.span)
    if command.summarises or command.word in _NEEDS_ALL:
        message = f"`{command.word}` needs all rows, and `serial` passes them one by one"
        raise QueryError("90200", message, command.span, "move it behind the `]`")
    if command.word == "evalc":
        message = "parameters do not change from row to row inside `serial`"
        raise QueryError("90200", message, command.span, "use `prev` for the values of the row before")
