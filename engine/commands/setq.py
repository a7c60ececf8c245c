"""`setq`: parameters from the first row of a sub-query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import msgspec
import pyparsing as pp

from engine import sql
from engine.catalog import ANY, BINARY, DATE, IP, LONG, NULL, Type
from engine.context import Context
from engine.language.errors import QueryError
from engine.language.grammar import fail, put, subquery
from engine.language.nodes import Command, Query
from engine.language.printer import print_subquery
from engine.plan import Rows, plan
from engine.values import NOTHING, Value, constant, to_any


@dataclass(frozen=True)
class Setq(Command):
    """Run a sub-query before everything else and turn each field of its first row into a parameter.

    `$("name")` reads them. Further rows are ignored; without any row no parameter is set.

    Example:
        setq [ json "{'limit': 3}" ] | json "[{'n': 2}, {'n': 5}]" | search n > $("limit")
    """

    query: Query | None = None

    word: ClassVar[str] = "setq"
    starts_empty: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = put("query", subquery) | fail(
        "90204", "`setq` needs a sub-query in square brackets"
    )

    def inner(self) -> tuple[Query, ...]:
        assert self.query is not None
        return (self.query,)

    def with_inner(self, inner: tuple[Query, ...]) -> Setq:
        return replace(self, query=inner[0])

    def body(self) -> str:
        assert self.query is not None
        return print_subquery(self.query)

    def prepare(self, context: Context) -> None:
        assert self.query is not None
        try:
            rows = plan(self.query, context.for_subquery()).limited(1)
            context.parameters |= first_row(rows)
        except QueryError as problem:
            raise problem.at(self.span) from None

    def plan(self, rows: Rows) -> Rows:
        return rows


def first_row(rows: Rows) -> dict[str, Value]:
    """Run rows, of which there is one at most, and give its fields as constants of the query."""
    fields = {name: rows.field(name) for name in rows.visible}
    shown = {name: to_any(value) if value.type.name in ("list", "map") else value for name, value in fields.items()}
    if not shown:
        return {}
    outputs = ", ".join(f"{value.sql} AS c{index}" for index, value in enumerate(shown.values()))
    table = rows.context.session.fetch(rows.context.statement(f"SELECT {outputs} FROM {rows.step}", rows.step))
    if table.num_rows == 0:
        return {}
    found = (table.column(index)[0].as_py() for index in range(table.num_columns))
    return {name: fixed(one, value.type) for (name, value), one in zip(shown.items(), found, strict=True)}


def fixed(value: Any, kind: Type) -> Value:
    """A value that was read from a result, as a constant of the query with the type it had there.

    >>> fixed('{"$ip":"10.0.0.1"}', ANY).type.name, fixed(5, LONG).type.name, fixed("[1,2]", ANY).type.name
    ('ip', 'long', 'any')
    """
    if value is None or kind == NULL:
        return NOTHING
    match kind.name:
        case "any":
            return _fixed_json(value)
        case "ip":
            return Value(sql.text(value), IP, value, per_row=False)
        case "long":
            return Value(f"CAST({value} AS BIGINT)", LONG, value, per_row=False)
        case "date":
            return Value(sql.instant(value), DATE, per_row=False)
        case "binary":
            return Value(f"from_hex({sql.text(value.hex())})", BINARY, per_row=False)
    return constant(value)


def _fixed_json(text: str) -> Value:
    found = msgspec.json.decode(text)
    if isinstance(found, dict) and found.keys() == {"$ip"}:
        return fixed(found["$ip"], IP)
    if isinstance(found, dict) and found.keys() == {"$date"}:
        return Value(f"make_timestamptz({found['$date']})", DATE, per_row=False)
    if isinstance(found, dict | list):
        return Value(sql.text(text), ANY, per_row=False)
    return constant(found)
