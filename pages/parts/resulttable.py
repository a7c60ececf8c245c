"""A result as the screen shows it: safe cells, readable widths, a button a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.catalog import DATE, LONG, NUMBERS, Catalog, Type
from engine.export import is_null, json_text, neutralise, plain_text
from pages.parts.redact import redacted

MOST_ROWS = 10_000
MOST_CELLS = 200_000  # rows times columns that a browser still scrolls smoothly
LONGEST_CELL = 400  # characters; the opened row has the whole value
EXACT = 2**53  # browsers round whole numbers beyond this
LAST = ("eventTime", "eventVersion", "_table", "_id")  # what says nothing that other columns do not say better
OPEN = "open row"  # the column of buttons


def shown_table(frame: pd.DataFrame, types: Mapping[str, Type]) -> pd.DataFrame:
    """The first rows with cells that only show: no controls, secrets masked, maps as JSON, all of it short."""
    first = frame.iloc[: min(MOST_ROWS, max(100, MOST_CELLS // max(1, frame.shape[1])))]
    names = shown_names(types)
    return pd.DataFrame({names[name]: _cells(first[name], kind) for name, kind in types.items()}, index=first.index)


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """Column names as they may be shown: names come from logs too (`timechart … by`), and two must not look the same.

    >>> shown_names(["user", "a\\tb", "a␉b"])
    {'user': 'user', 'a\\tb': 'a␉b', 'a␉b': 'a␉b′'}
    """
    shown: dict[str, str] = {}
    for name in names:
        candidate = neutralise(name)
        while candidate == OPEN or candidate in shown.values():
            candidate += "′"
        shown[name] = candidate
    return shown


def _cells(column: pd.Series, kind: Type) -> pd.Series:
    if kind == LONG and column.abs().gt(EXACT).any():
        return column.map(lambda value: None if is_null(value) else str(value)).astype(object)
    if kind == DATE or kind in NUMBERS or kind.name == "bool":
        return column
    return column.map(_cell).astype(object)


def _cell(value: Any) -> str | None:
    if is_null(value):
        return None
    text = value if isinstance(value, str) else json_text(redacted(value)) if _is_nested(value) else plain_text(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        text = plain_text(redacted(value))
    return neutralise(text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…")


def _is_nested(value: object) -> bool:
    return isinstance(value, (list, tuple, dict))


def empty_columns(frame: pd.DataFrame) -> list[str]:
    """The columns in which every row is null."""
    return [str(name) for name in frame if frame[name].isna().all()]


def reading_order(names: Sequence[str], catalog: Catalog) -> list[str]:
    """Columns as one likes to read them. Only whole log rows are put in another order than the language's.

    Those come with their table and number first and everything else by name; a reader wants the time first, then the
    fields in the order in which their table declares them.
    """
    if tuple(names[:3]) != ("_table", "_time", "_id"):
        return list(names)
    declared = {item.name: place for table in catalog.tables for place, item in enumerate(table.fields)}

    def place(name: str) -> tuple[int, int]:
        return (LAST.index(name) + 1 if name in LAST else 0, declared.get(name, len(declared)))

    return sorted(names, key=place)


def column_config(
    table: pd.DataFrame, types: Mapping[str, Type], key: str, opened: Callable[[], None], help_text: str
) -> dict[str, Any]:
    """How the browser formats each column; the first one opens its row."""
    config: dict[str, Any] = {
        OPEN: st.column_config.ButtonColumn(
            "", key=key, on_click=opened, width=36, type="tertiary", help=help_text, pinned=True
        )
    }
    names = shown_names(types)
    for name, kind in types.items():
        shown = names[name]
        if shown not in table:
            continue
        if kind == DATE:
            config[shown] = st.column_config.DatetimeColumn(shown, format="YYYY-MM-DD HH:mm:ss", width=150)
        elif kind in NUMBERS and table[shown].dtype != object:
            config[shown] = st.column_config.NumberColumn(shown, format="localized")
        elif kind.name in ("map", "list", "any"):
            config[shown] = st.column_config.TextColumn(shown, width=280)
    return config


def row_value(row: pd.Series) -> dict[str, Any]:
    """A row as JSON data without its nulls: secrets masked, nothing that acts on the screen."""
    values = {str(name): redacted(value) for name, value in row.items() if not is_null(value)}
    shown = _neutral(json.loads(json_text(values)))
    assert isinstance(shown, dict)
    return shown


def _neutral(value: Any) -> Any:
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, list):
        return [_neutral(item) for item in value]
    if isinstance(value, dict):
        return {neutralise(key): _neutral(item) for key, item in value.items()}
    return str(value) if isinstance(value, int) and abs(value) > EXACT else value
