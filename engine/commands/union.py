"""`union`: add the rows of a sub-query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.catalog import LONG, NULL, Type
from engine.expressions import Column
from engine.language.grammar import fail, put, subquery
from engine.language.nodes import Command, Query
from engine.language.printer import print_subquery
from engine.plan import Order, Rows, fresh, subplan
from engine.values import Value, cast, common


@dataclass(frozen=True)
class Union(Command):
    """Add the rows of a sub-query behind the rows so far. Nothing is removed, fields go by name.

    It may begin a query. The language leaves the order open; here the sub-query's rows come last.

    Example:
        json "{'a': 1}" | union [ json "{'a': 2}" ]
    """

    query: Query | None = None

    word: ClassVar[str] = "union"
    starts_empty: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = put("query", subquery) | fail(
        "90204", "`union` needs a sub-query in square brackets"
    )

    def inner(self) -> tuple[Query, ...]:
        assert self.query is not None
        return (self.query,)

    def with_inner(self, inner: tuple[Query, ...]) -> Union:
        return replace(self, query=inner[0])

    def body(self) -> str:
        assert self.query is not None
        return print_subquery(self.query)

    def plan(self, rows: Rows) -> Rows:
        assert self.query is not None
        added = subplan(self.query, rows)
        return stacked([rows, added]) if rows.step else replace(added, context=rows.context)


def stacked(parts: list[Rows]) -> Rows:
    """All rows of several inputs, one input after the other, each in its own order."""
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    kinds = {name: common([part.field(name).type for part in parts], promote=False) for name in names}
    columns: dict[str, Column] = {}
    taken = frozenset({"_part", "_position"})
    for name in names:
        physical, taken = fresh(name, taken)
        present = None
        if any(part.has(name) != "true" for part in parts):
            present, taken = fresh(f"_has {name}", taken)
        hidden = all(part.columns[name].hidden for part in parts if name in part.columns)
        columns[name] = Column(physical, kinds[name], hidden, present)
    numbered = [part.numbered() for part in parts]
    selects = [_aligned(rows, columns, number, position) for number, (rows, position) in enumerate(numbered)]
    context = parts[0].context
    step = context.add(" UNION ALL ".join(selects), *(rows.step for rows, _ in numbered))
    order = (Order('"_part"', LONG), Order('"_position"', LONG))
    hint = parts[0].hint or parts[-1].hint
    return Rows(context, step, columns, order, hint, taken)


def _aligned(rows: Rows, columns: dict[str, Column], number: int, position: str) -> str:
    outputs = [f"{_as(rows.field(name), column.type)} AS {column.sql}" for name, column in columns.items()]
    outputs += [f"{rows.has(name)} AS {column.present}" for name, column in columns.items() if column.present]
    return f"SELECT {', '.join([*outputs, f'{number} AS _part', f'{position} AS _position'])} FROM {rows.step}"


def _as(value: Value, kind: Type) -> str:
    if kind == NULL or value.type == NULL:
        return f"CAST(NULL AS {kind.sql})"
    return cast(value, kind).sql
