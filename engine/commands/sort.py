"""`sort`: order rows, keep the first ones, overall or per group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.catalog import NULL
from engine.language.durations import read_whole
from engine.language.errors import QueryError, Span
from engine.language.grammar import fail, keyword, name, put, several, spanned
from engine.language.nodes import Command, Node, Option
from engine.plan import Order, Rows, fresh, warn_unknown


def _read_limit(text: str) -> int:
    count = read_whole(text)
    if count <= 0:
        raise QueryError("21602", "the limit of `sort` must be at least 1")
    return count


@dataclass(frozen=True)
class SortKey(Node):
    """A field to sort by; `-` in front of it means descending."""

    name: str
    descending: bool = False

    def __str__(self) -> str:
        return ("-" if self.descending else "") + self.name


def _key(span: Span, tokens: pp.ParseResults) -> SortKey:
    return SortKey(tokens[-1], tokens[0] == "-" and len(tokens) > 1, span=span)


_sort_key = spanned(pp.Opt(pp.Regex("[+-]")) + name, _key)


@dataclass(frozen=True)
class Sort(Command):
    """Sort by fields, ascending unless a `-` stands before the name; `limit` keeps the first rows.

    Nulls come first ascending, last descending; text sorts without case. With `by`, groups come ascending and the
    limit counts within each group.

    Example:
        json "[{'g': 'a', 'n': 1}, {'g': 'b', 'n': 5}, {'g': 'a', 'n': 3}]" | sort limit=1 -n by g
    """

    keys: tuple[SortKey, ...] = ()
    by: tuple[str, ...] = ()

    word: ClassVar[str] = "sort"
    takes: ClassVar[tuple[Option, ...]] = (
        Option("limit", _read_limit, "keep this many rows (of each group)", "21602"),
    )
    syntax: ClassVar[pp.ParserElement] = (
        put("keys", several(_sort_key, trailing=fail("21600", "a field is missing behind the comma")))
        | fail("21600", "`sort` needs a field")
    ) + pp.Opt(
        keyword("by") + (put("by", several(name, trailing=fail("21601", "a field is missing behind the comma")))
        | fail("21601", "`by` needs a field"))
    )  # fmt: skip

    def body(self) -> str:
        return ", ".join(str(key) for key in self.keys) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, [*(key.name for key in self.keys), *self.by], self)
        groups = _orders(rows, [SortKey(name) for name in self.by])
        # Rows that tie keep the order they came in.
        order = _first_of_column(*groups, *_orders(rows, self.keys), *rows.order)
        ordered = Rows(rows.context, rows.step, rows.columns, order, rows.hint, rows.taken)
        limit = rows.context.option(self, "limit")
        if limit is None:
            return ordered
        return _first_of_each(ordered, groups, limit) if self.by else ordered.limited(limit)


def _first_of_column(*orders: Order) -> tuple[Order, ...]:
    """Orders without those of a column that an earlier one has settled."""
    found: dict[tuple[str, bool], Order] = {}
    for order in orders:
        found.setdefault((order.column, order.exact), order)
    return tuple(found.values())


def _orders(rows: Rows, keys: list[SortKey] | tuple[SortKey, ...]) -> tuple[Order, ...]:
    fields = [(rows.field(key.name), key.descending) for key in keys]
    return tuple(Order(value.sql, value.type, descending) for value, descending in fields if value.type != NULL)


def _first_of_each(rows: Rows, groups: tuple[Order, ...], limit: int) -> Rows:
    physical, taken = fresh("_rank", rows.taken)
    columns = [group.column for group in groups]
    partition = f"PARTITION BY {', '.join(columns)} " if columns else ""
    # Inside a group its own columns settle nothing, and to order addresses takes time.
    inside = ", ".join(order.sql() for order in rows.order if order.column not in columns)
    window = f"row_number() OVER ({partition}{f'ORDER BY {inside}' if inside else ''})"
    ranked = rows.select(f"SELECT *, {window} AS {physical} FROM {rows.step}", taken=taken)
    return ranked.where(f"{physical} <= {limit}")
