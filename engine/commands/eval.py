"""`eval`: compute fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.errors import QueryError, Span
from engine.language.grammar import fail, name, put, required_expression, several, spanned
from engine.language.nodes import Command, Expr, Node
from engine.language.printer import print_expression
from engine.plan import Rows
from engine.values import Value


@dataclass(frozen=True)
class Assignment(Node):
    """`a = b = expression`: every name gets the value."""

    names: tuple[str, ...]
    expr: Expr

    def __str__(self) -> str:
        return f"{' = '.join(self.names)} = {print_expression(self.expr)}"


def _assignment(span: Span, tokens: pp.ParseResults) -> Assignment:
    return Assignment(tuple(tokens[:-1]), tokens[-1], span=span)


_target = name + pp.Suppress(pp.Regex("=(?!=)"))
assignment = spanned(_target[1, ...] + required_expression, _assignment)


def _no_assignment(text: str, loc: int, tokens: pp.ParseResults) -> None:
    word = tokens[0]
    hint = f"write `{word} = …`"
    raise QueryError("20100", "`eval` needs an assignment", Span(loc, loc + len(word)), hint)


_word_only = name.copy().add_parse_action(_no_assignment)


@dataclass(frozen=True)
class Eval(Command):
    """Set fields to the values of expressions, left to right; later ones see earlier results.

    Example:
        json "{'bytes': 2048}" | eval kilobytes = bytes / 1024, big = kilobytes > 1
    """

    assignments: tuple[Assignment, ...] = ()

    word: ClassVar[str] = "eval"
    syntax: ClassVar[pp.ParserElement] = (
        put("assignments", several(assignment | _word_only))
        | pp.Suppress("(") + put("assignments", several(assignment)) + pp.Suppress(")")
        | fail("20100", "`eval` needs an assignment such as `a = 1`")
    )

    def body(self) -> str:
        return ", ".join(str(item) for item in self.assignments)

    def plan(self, rows: Rows) -> Rows:
        pending: dict[str, Value] = {}
        for item in self.assignments:
            if pending and any(name in _names_in(item.expr) for name in pending):
                rows, pending = rows.with_fields(pending), {}
            value = rows.value(item.expr)
            pending |= dict.fromkeys(item.names, value)
        return rows.with_fields(pending)


def _names_in(expr: Expr) -> set[str]:
    """Every field name in an expression; a computed name (`field("…")`) may be any, so it counts as all."""
    from engine.language.nodes import Binary, Call, FieldRef, Items, Literal, Negate

    match expr:
        case FieldRef(found):
            return {found}
        case Literal():
            return set()
        case Negate(operand):
            return _names_in(operand)
        case Binary(_, left, right):
            return _names_in(left) | _names_in(right)
        case Items(items) | Call(_, items):
            names = set().union(*(_names_in(item) for item in items))
            if isinstance(expr, Call) and expr.name in ("field", "kvjoin"):
                names |= {item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str)}
            return names
