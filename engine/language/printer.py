"""Commands back to text; `parse(print_query(q)) == q` for every query."""

from __future__ import annotations

from decimal import Decimal

from engine.language.expression import BINDING, PRECEDENCE
from engine.language.nodes import Binary, Call, Command, Expr, FieldRef, Items, Literal, Negate, OptionValue, Query

_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def print_query(query: Query) -> str:
    """The text of a query, one command a line when there are several.

    >>> from engine.language.grammar import parse
    >>> print(print_query(parse('json "{}"|eval   a=1')))
    json "{}"
    | eval a = 1
    """
    return "\n| ".join(print_command(command) for command in query)


def print_command(command: Command) -> str:
    """One command with its options."""
    parts = [command.word, *(print_option(setting) for setting in command.options), command.body()]
    return " ".join(part for part in parts if part)


def print_subquery(query: Query) -> str:
    """A sub-query in its brackets."""
    return f"[ {' | '.join(print_command(command) for command in query)} ]"


def print_option(setting: OptionValue) -> str:
    if isinstance(setting.value, Call):
        return f"{setting.name}={print_expression(setting.value)}"
    plain = setting.value and not any(char in setting.value for char in ' \t\r\n"|[]\\$')
    return f"{setting.name}={setting.value if plain else print_string(setting.value)}"


def print_string(text: str) -> str:
    """A text in quotes, escaped."""
    return '"' + "".join(_ESCAPED.get(char, char) for char in text) + '"'


def print_number(value: int | float) -> str:
    """A number that the grammar reads back as the same one (it has no negative exponents)."""
    if isinstance(value, int):
        return str(value)
    if value != value:
        return "NaN"
    if value == float("inf"):
        return "Infinity"
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def print_literal(value: str | int | float | bool | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return print_string(value) if isinstance(value, str) else print_number(value)


def print_expression(expr: Expr, level: int = 0) -> str:
    """An expression with just the parentheses it needs; `level` is how tightly its surroundings bind."""
    match expr:
        case Literal(value):
            return print_literal(value)
        case FieldRef(name):
            return name
        case Call(name, args):
            return f"{name}({', '.join(print_expression(arg) for arg in args)})"
        case Negate(operand):
            return f"-{print_expression(operand, len(PRECEDENCE))}"
        case Items(items):
            return f"({', '.join(print_expression(item) for item in items)})"
        case Binary(op, left, right):
            mine = BINDING[op]
            text = f"{print_expression(left, mine)} {op} {print_expression(right, mine + 1)}"
            return f"({text})" if mine < level else text


def canonical(expr: Expr) -> str:
    """The text that names an aggregate without an alias: every operation parenthesised.

    >>> from engine.language.grammar import parse_expression
    >>> canonical(parse_expression("sum(x / 2)"))
    'sum((x / 2))'
    """
    match expr:
        case Call(name, args):
            return f"{name}({', '.join(canonical(arg) for arg in args)})"
        case Negate(operand):
            return f"-{canonical(operand)}"
        case Items(items):
            return f"({', '.join(canonical(item) for item in items)})"
        case Binary(op, left, right):
            return f"({canonical(left)} {op} {canonical(right)})"
        case Literal() | FieldRef():
            return print_expression(expr)
