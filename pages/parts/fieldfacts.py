"""What the fields of some rows hold: how many rows have a value, and which values are the most frequent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.catalog import DATE, Type
from engine.language.nodes import Call, Query
from engine.language.printer import print_expression
from engine.language.rewrite import is_value
from pages.parts.visuals.shown import native

MOST = 12  # values of a field that are listed


@dataclass(frozen=True)
class Fact:
    """A field: its type and the share of rows that have a value, from 0 to 1."""

    name: str
    type: Type
    filled: float


@dataclass(frozen=True)
class Top:
    """The most frequent values of a field with how many rows have them, and how many different values there are."""

    values: tuple[tuple[Any, int], ...]
    distinct: int


def facts(frame: pd.DataFrame, types: Mapping[str, Type]) -> list[Fact]:
    """All fields, the fullest first; those that are null everywhere last.

    >>> from engine.catalog import LONG
    >>> facts(pd.DataFrame({"a": [None, None], "b": [1, None]}), {"a": LONG, "b": LONG})[0].filled
    0.5
    """
    filled = frame.notna().mean() if len(frame) else pd.Series(0.0, index=frame.columns)
    found = [Fact(name, kind, float(filled[name])) for name, kind in types.items()]
    return sorted(found, key=lambda fact: -fact.filled)


def has_values(kind: Type) -> bool:
    """Whether values of a type can be listed and looked for: not maps, lists and mixtures, nor moments."""
    return kind != DATE and kind.name not in ("map", "list", "any", "null", "binary")


def top(column: pd.Series) -> Top:
    """The most frequent values; rows without a value are not among them.

    >>> top(pd.Series(["a", "b", "a", None]))
    Top(values=(('a', 2), ('b', 1)), distinct=2)
    """
    counts = column.value_counts()
    return Top(tuple((native(value), int(count)) for value, count in counts.head(MOST).items()), len(counts))


def with_value(query: Query, field: str, value: str | int | float | bool | None, *, without: bool = False) -> str:
    """The query's text with a `search` for a value, where its rows still are what the field belongs to.

    >>> from engine.language.grammar import parse
    >>> with_value(parse("table t | stats count by a"), "a", "x")
    'table t | search in(a, "x")\\n| stats count by a'
    >>> with_value(parse("table t"), "n", 3, without=True)
    'table t\\n| search not(in(n, 3))'
    """
    condition = is_value(field, value)
    search = f"search {print_expression(Call('not', (condition,)) if without else condition)}"
    text = query.text or ""
    for command in query:
        if command.summarises:
            return f"{text[: command.span.start]}{search}\n| {text[command.span.start :]}"
    return f"{text.rstrip().rstrip('|').rstrip()}\n| {search}"
