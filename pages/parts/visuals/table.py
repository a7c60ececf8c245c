"""Rows as a table: typed columns, tinted by what they signal, each opening its log event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from engine.export import guard_formula, json_text, plain_text
from engine.language.nodes import Query
from engine.language.rewrite import with_search
from engine.screen import neutralise
from pages.parts.panel import Column, Table
from pages.parts.periods import Period
from pages.parts.redact import redacted
from pages.parts.view import View
from pages.parts.visuals.shown import TINTS, Shown, alt_text, draw, native, nothing_found, plain, row_values

NUMBER_FORMATS = {"count": "localized", "milliseconds": "%,.1f", "percent": "%.1f%%", "megabytes": "%,.1f"}
TALL_ROW = 104  # pixels: five lines


@draw.register
def draw_table(visual: Table, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    names = [str(name) for name in frame]
    signals = [visual.signal(row) for row in row_values(frame)]
    cells = {name: _cells(frame[name], visual.columns.get(name), view) for name in names}
    table = pd.DataFrame(cells, index=frame.index)
    table.insert(1, "signal", [signal.reason.to(view.language) if signal else "" for signal in signals])
    table.insert(0, "open", [":material/open_in_new:"] * len(table))
    key = f"{shown.panel.id}_open"

    def opened() -> None:
        click = st.session_state.get(key)
        if click is not None:
            row = frame.iloc[click["row"]]
            shown.explore(_behind(shown, visual.keys, row) if visual.keys else _event(shown, row))

    st.dataframe(
        _tinted(table, [TINTS[signal.level] if signal else "" for signal in signals]),
        height=shown.height,
        row_height=TALL_ROW if visual.tall_rows else None,
        hide_index=True,
        placeholder="",
        column_order=_column_order(visual, table),
        column_config=_column_config(visual, table, view, key, opened),
        key=f"{shown.panel.id}_table",
        alt=alt_text(shown),
    )
    return None


def _cells(values: pd.Series, column: Column | None, view: View) -> pd.Series:
    """A column as it may be shown: controls neutralised, maps as redacted JSON text, blanks for null.

    Formulas are guarded here too, as the table's own toolbar lets the viewer download what it shows.
    """
    kind = column.kind if column is not None else "text"
    if kind in ("time", "count", "percent"):
        return values
    if kind == "milliseconds":
        return values * 1000
    if kind == "megabytes":
        return values / 1_000_000
    if kind == "lines":
        return values.map(lambda value: "" if plain(value) is None else _one_line(str(value)))
    if kind == "map":
        return values.map(lambda value: "" if plain(value) is None else neutralise(json_text(redacted(value))))
    hidden_name = "HIDDEN_DUE_TO_SECURITY_REASONS"  # CloudTrail's word for a name that is none of the account's
    texts = values.map(lambda value: guard_formula(neutralise(plain_text(value))))
    return texts.replace(hidden_name, view.t("unknown_user"))


def _one_line(text: str) -> str:
    """Lines one after the other: cells wrap at spaces and show no line breaks."""
    return guard_formula("  ·  ".join(neutralise(line) for line in text.split("\n") if line))


def _column_order(visual: Table, table: pd.DataFrame) -> list[str]:
    """The columns shown, in the order the panel lists them, then any that it does not list."""
    listed = [name for name, column in visual.columns.items() if name in table and not column.hidden]
    unlisted = [str(name) for name in table if name not in visual.columns and name not in ("open", "signal")]
    return ["open", listed[0], "signal", *listed[1:], *unlisted]


def _column_config(
    visual: Table, table: pd.DataFrame, view: View, key: str, opened: Callable[[], None]
) -> dict[str, Any]:
    config: dict[str, Any] = {
        "open": st.column_config.ButtonColumn(
            "", key=key, on_click=opened, width=36, type="tertiary", help=view.t("open_row"), pinned=True
        ),
        "signal": st.column_config.TextColumn(view.t("signal"), width=120),
    }
    for name, column in visual.columns.items():
        if name not in table:
            continue
        title = column.title.to(view.language)
        if column.kind == "time":
            config[name] = st.column_config.DatetimeColumn(title, format="YYYY-MM-DD HH:mm:ss", width=140)
        elif column.kind == "map":
            config[name] = st.column_config.JsonColumn(title, width=column.width)
        elif column.kind in NUMBER_FORMATS:
            config[name] = st.column_config.NumberColumn(title, format=NUMBER_FORMATS[column.kind], width=column.width)
        else:
            config[name] = st.column_config.TextColumn(title, width=column.width)
    return config


def _behind(shown: Shown, keys: Sequence[str], row: pd.Series) -> Query:
    """The log rows behind one table row: those with its values, in its second when it shows one moment."""
    values = {name: native(row[name]) for name in keys}
    if "_time" not in row:
        return shown.rows_query(values)
    second = row["_time"].to_pydatetime().replace(microsecond=0)
    period = Period(start=second, end=second + timedelta(seconds=1))
    table = Query(shown.query.commands[:1])
    return period.on(with_search(table, {name: [value] for name, value in values.items()}), shown.view.zone)


def _event(shown: Shown, row: pd.Series) -> Query:
    """The log rows of one table row: by event id where the query has it, else by its second and event name."""
    view, second = shown.view, row["_time"].to_pydatetime().replace(microsecond=0)
    table = Query(shown.query.commands[:1])
    known = {
        field: row[name]
        for field, names in {"eventID": ("eventID", "event_id"), "eventName": ("eventName", "event_name")}.items()
        for name in names
        if name in row and plain(row[name]) is not None
    }
    only = {"eventID": [known["eventID"]]} if "eventID" in known else {k: [v] for k, v in known.items()}
    period = Period(start=second, end=second + timedelta(seconds=1))
    return period.on(with_search(table, only) if only else table, view.zone)


def _tinted(table: pd.DataFrame, tints: Sequence[str]) -> Any:
    """The table with a background for each row that has a tint."""
    styles = pd.DataFrame(
        [[f"background-color: {tint}" if tint else ""] * table.shape[1] for tint in tints],
        index=table.index,
        columns=table.columns,
    )
    return table.style.apply(lambda _: styles, axis=None)
