"""What a page is narrowed to: its period and the chosen values of its filters, put on a query's parsed commands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, reduce

from engine.language.grammar import parse, parse_expression
from engine.language.nodes import Binary, Call, Expr, Query
from engine.language.rewrite import choices, with_condition
from pages.parts.periods import Period
from pages.parts.scopes import CLOUDTRAIL, Scope


@dataclass(frozen=True)
class Filters:
    """The state of the filter bar: values by the key of their filter. A filter without values lets all rows pass."""

    period: Period = field(default_factory=Period)
    scope: Scope = CLOUDTRAIL
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def on(self, query: Query, zone: str) -> Query:
        """The query over this period and, right after each of its tables, only rows with the chosen values."""
        values = dict(self.chosen)
        conditions: list[Expr] = [
            _is_one_of(item.value, values[item.key]) for item in self.scope.filters if values.get(item.key)
        ]
        narrowed = self.period.on(query, zone)
        if not conditions:
            return narrowed
        return with_condition(narrowed, reduce(lambda left, right: Binary("and", left, right), conditions))

    def over(self, period: Period) -> Filters:
        """The same filters over another period."""
        return replace(self, period=period)

    def of_collection(self) -> Filters:
        """Only what decides whether logs arrived at all: the period and where they come from."""
        origins = {item.key for item in self.scope.filters if item.is_origin}
        return replace(self, chosen=tuple((key, values) for key, values in self.chosen if key in origins))


def _is_one_of(value: str, chosen: tuple[str, ...]) -> Expr:
    """An expression has one of these values."""
    return Call("in", (parse_expression(value), *(choice for name in chosen for choice in choices(name))))


@cache
def filter_options(value: str, tables: str = "cloudtrail*") -> Query:
    """The query behind the choices of a filter: the values of the period, the most frequent first."""
    return parse(
        f"table duration=1d {tables} | eval choice = {value} | search isnotnull(choice) "
        "| stats count by choice | sort limit=300 -count"
    )
