"""`eval`: compute fields."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.errors import QueryError, Span
from engine.language.grammar import fail, name, put, required_expression, several, spanned
from engine.language.nodes import Binary, Call, Command, Expr, FieldRef, Items, Literal, Negate, Node
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


def _no_field(text: str, loc: int, tokens: pp.ParseResults) -> None:
    """What stands before the `=` is an expression or a text."""
    written = tokens[0].rstrip("= ")
    hint = "write a name without quotes" if written.startswith('"') else None
    raise QueryError("20101", f"`{written}` is no field that can get a value", Span(loc, loc + len(written)), hint)


_target = name + pp.Suppress(pp.Regex("=(?!=)"))
_other_target = pp.Regex(r"""(?:"(?:[^"\\]|\\.)*"|[^\s,|="()]+\s*\([^|="]*\)|[0-9.]+)\s*=(?!=)""").set_parse_action(
    _no_field
)
assignment = spanned(_target[1, ...] + required_expression, _assignment)


def _no_assignment(text: str, loc: int, tokens: pp.ParseResults) -> None:
    word = tokens[0]
    hint = f"write `{word} = …`"
    raise QueryError("20100", "`eval` needs an assignment", Span(loc, loc + len(word)), hint)


_nothing_behind = fail("90100", "an assignment is missing behind the comma")
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
        put("assignments", several(_other_target | assignment | _word_only, trailing=_nothing_behind))
        | pp.Suppress("(") + put("assignments", several(assignment)) + pp.Suppress(")")
        | fail("20100", "`eval` needs an assignment such as `a = 1`")
    )

    def body(self) -> str:
        return ", ".join(str(item) for item in self.assignments)

    def plan(self, rows: Rows) -> Rows:
        pending: dict[str, Value] = {}
        for item in self.assignments:
            if pending and _reads(item.expr, pending):
                rows, pending = rows.with_fields(pending), {}
            value = rows.value(item.expr)
            pending |= dict.fromkeys(item.names, value)
        return rows.with_fields(pending)


def _reads(expr: Expr, names: Collection[str]) -> bool:
    """Whether an expression needs one of these fields; a name that is only computed may be any of them."""
    match expr:
        case FieldRef(found):
            return found in names
        case Literal():
            return False
        case Negate(operand):
            return _reads(operand, names)
        case Binary(_, left, right):
            return _reads(left, names) or _reads(right, names)
        case Call("field", (Literal(str() as found), *_)):
            return found in names
        case Call("field" | "kvjoin", _):
            return True
        case Items(items) | Call(_, items):
            return any(_reads(item, names) for item in items)
