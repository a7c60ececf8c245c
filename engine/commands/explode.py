"""`explode`: a row for each element of an array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.catalog import ANY, LONG, NULL
from engine.expressions import Column
from engine.language.grammar import must, name, put
from engine.language.nodes import Command
from engine.plan import Order, Rows, fresh, warn_unknown
from engine.values import elements


@dataclass(frozen=True)
class Explode(Command):
    """Make a row of each element of an array field; the other fields are repeated.

    A row whose field is no array, or is null, passes as it is. An empty array gives no row.

    Example:
        json "{'user': 'ana', 'groups': ['dev', 'ops']}" | explode groups
    """

    field: str = ""

    word: ClassVar[str] = "explode"
    syntax: ClassVar[pp.ParserElement] = must(put("field", name), "20300", "`explode` needs a field")

    def body(self) -> str:
        return self.field

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, [self.field], self)
        numbered, _ = rows.numbered()
        value = numbered.field(self.field)
        listed = elements(value)
        if listed is None:
            return rows
        alone = f"[{value.sql}]" if value.type == ANY else "[NULL]"
        items = f"list_transform(coalesce({listed.sql}, {alone}), lambda x, i: struct_pack(x := x, i := i))"
        element, taken = fresh(self.field, numbered.taken)
        place, taken = fresh("_element", taken)
        item, taken = fresh("_item", taken)
        inner = f"SELECT *, unnest({items}) AS {item} FROM {numbered.step}"
        select = f"SELECT *, {item}.x AS {element}, {item}.i AS {place} FROM ({inner})"
        found = numbered.select(select, taken=taken, order=(*numbered.order, Order(place, LONG)))
        column = Column(element, listed.type.element or NULL, rows.columns[self.field].hidden)
        return replace(found, columns={**found.columns, self.field: column})
