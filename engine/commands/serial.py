"""`serial`: commands row by row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.commands.evalc import Evalc
from engine.language.errors import QueryError
from engine.language.grammar import fail, put, subquery
from engine.language.nodes import Command, Query
from engine.language.printer import print_command, print_string, print_subquery
from engine.plan import Rows, plan

_NEEDS_ALL = ("sort", "join", "union")


@dataclass(frozen=True)
class Serial(Command):
    """Pass the rows in order through commands that look at one row at a time, such as `eval`, `search` or `rex`.

    So a parameter that `evalc` sets has the value of the row, or of the last one before it that came so far. Commands
    that need all rows (`stats`, `sort`, `join`, …) are refused.

    Example:
        json "[{'n': 1}, {'n': 3}]" | serial [ evalc total = $("total", 0) + n | eval total = $("total") ]
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
        _refuse_early_reads(self.query)
        inside = replace(rows, context=replace(rows.context.for_subquery(), row_by_row=True))
        return replace(plan(self.query, inside.context, inside), context=rows.context)


def _refuse(command: Command) -> None:
    if command.is_source:
        raise QueryError("90200", f"`{command.word}` gives rows; `serial` has some already", command.span)
    if command.summarises or command.word in _NEEDS_ALL:
        message = f"`{command.word}` needs all rows, and `serial` passes them one by one"
        raise QueryError("90200", message, command.span, "move it behind the `]`")


def _refuse_early_reads(query: Query) -> None:
    """A command that reads a parameter before `evalc` sets it would need the row before, all commands over."""
    for at, command in enumerate(query):
        if not isinstance(command, Evalc):
            continue
        for earlier in query.commands[:at]:
            if f"$({print_string(command.parameter)}" in print_command(earlier):
                message = f"`{earlier.word}` reads the parameter `{command.parameter}` before `evalc` sets it"
                raise QueryError("90200", message, earlier.span, "let `evalc` read it itself, or use `prev`")
