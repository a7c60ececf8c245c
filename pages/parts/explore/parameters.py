"""What a query leaves open: `$("name")` that nothing in it defines, as inputs with a guessed kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, TypeGuard
from zoneinfo import ZoneInfo

from engine.catalog import DATE, NUMBERS, Catalog, Type
from engine.commands.setq import Setq
from engine.language import nodes
from engine.language.nodes import Binary, Call, Command, FieldRef, Node, OptionValue, Query
from engine.language.printer import print_expression, print_query

Kind = Literal["text", "number", "moment"]
Value = str | int | float | datetime

COMPARED = ("==", "!=", "<", "<=", ">", ">=")
COUNTED, TIMED = ("limit", "offset", "count", "topk", "page"), ("from", "to")
MOMENTS = ("now", "date", "ago", "dateadd", "datetrunc", "epoch")
PREFIX = "p."  # of the URL parameters that carry their values


@dataclass(frozen=True)
class Parameter:
    """An open value: its name, what kind of value its use asks for, and what the query takes without one."""

    name: str
    kind: Kind = "text"
    default: str = ""


def parameters(query: Query, catalog: Catalog) -> tuple[Parameter, ...]:
    """The open values of a query, in the order of their first use.

    >>> from engine.language.grammar import parse
    >>> text = 'table duration=$("span") t | search n > $("least", 3) and name == $("who")'
    >>> [(item.name, item.kind, item.default) for item in parameters(parse(text), Catalog())]
    [('span', 'text', ''), ('least', 'number', '3'), ('who', 'text', '')]
    """
    types = {item.name: item.type for table in catalog.tables for item in table.fields}
    defined = set(_defined(query))
    found: dict[str, Parameter] = {}
    for call, kind in _uses(query, types):
        name = getattr(call.args[0], "value", None) if call.args else None
        if not isinstance(name, str) or name in defined:
            continue
        fallback = call.args[1] if len(call.args) > 1 else None
        made = Parameter(name, kind or _kind_of(fallback, types) or "text", _written(fallback))
        earlier = found.get(name)
        if earlier is None or (earlier.kind == "text" and kind is not None):
            found[name] = made
    return tuple(found.values())


def _written(fallback: Node | None) -> str:
    if isinstance(fallback, nodes.Literal):
        return "" if fallback.value is None else str(fallback.value)
    return "" if fallback is None else print_expression(fallback)


def _defined(query: Query) -> Iterator[str]:
    """Names that the query sets itself; what a `setq` sets is known by the names in its sub-query."""
    for command in query:
        if command.word in ("set", "evalc"):
            yield str(getattr(command, "parameter", ""))
        for inner in command.inner():
            yield from _defined(inner)
            if isinstance(command, Setq):
                yield from re.findall(r"\w+", print_query(inner))


def _uses(query: Query, types: Mapping[str, Type]) -> Iterator[tuple[Call, Kind | None]]:
    for node in _below(query):
        if isinstance(node, OptionValue) and _is_use(node.value):
            kind: Kind | None = "number" if node.name in COUNTED else "moment" if node.name in TIMED else None
            yield node.value, kind
        elif isinstance(node, Binary):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if _is_use(side):
                    kind = _kind_of(other, types) if node.op in COMPARED else "number" if node.op in "-*/" else None
                    yield side, kind
        elif _is_use(node):
            yield node, None


def _is_use(node: object) -> TypeGuard[Call]:
    return isinstance(node, Call) and node.name == "$"


def _kind_of(node: Node | None, types: Mapping[str, Type]) -> Kind | None:
    """The kind of an expression, as far as it can be told without planning."""
    if isinstance(node, nodes.Literal) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return "number"
    if isinstance(node, FieldRef):
        kind = types.get(node.name)
        return "moment" if kind == DATE else "number" if kind in NUMBERS else None
    if isinstance(node, Call) and node.name in MOMENTS:
        return "moment"
    if isinstance(node, Call) and node.name in (
        "int",
        "long",
        "double",
        "len",
        "count",
        "abs",
        "floor",
        "ceil",
        "round",
    ):
        return "number"
    return None


def _below(node: object) -> Iterator[object]:
    """A node and everything in it, in the order of the text."""
    if isinstance(node, (Query, tuple)):
        for item in node:
            yield from _below(item)
    elif isinstance(node, Node):
        yield node
        if isinstance(node, Command):
            yield from _below(node.options)
        for place in fields(node):
            if place.name not in ("span", "options"):
                yield from _below(getattr(node, place.name))


def value_of(parameter: Parameter, text: str, zone: str) -> Value | None:
    """What an input's text means, nothing for an empty one. Raises ValueError for no number or no moment.

    >>> value_of(Parameter("n", "number"), "1,200", "UTC"), value_of(Parameter("n", "number"), "0.5", "UTC")
    (1200, 0.5)
    >>> value_of(Parameter("t", "moment"), "2026-11-24 09:00", "Asia/Seoul").isoformat()
    '2026-11-24T09:00:00+09:00'
    >>> value_of(Parameter("t"), "", "UTC")
    """
    text = text.strip()
    if not text:
        return None
    if parameter.kind == "number":
        plain = text.replace(",", "")
        return int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    if parameter.kind == "moment":
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return text


def values(found: tuple[Parameter, ...], written: Mapping[str, str], zone: str) -> dict[str, Any]:
    """The values that a query is run with; the empty and the wrong are left out."""
    made: dict[str, Any] = {}
    for parameter in found:
        try:
            value = value_of(parameter, written.get(parameter.name, ""), zone)
        except ValueError:
            continue
        if value is not None:
            made[parameter.name] = value
    return made


def as_moment(moment: datetime) -> str:
    """How a moment is written into a URL or file: UTC, so that it means the same everywhere.

    >>> as_moment(datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Seoul")))
    '2026-11-24T00:00:00+00:00'
    """
    return moment.astimezone(UTC).isoformat()
