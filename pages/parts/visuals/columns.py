"""Counts over time as stacked columns, one colour per series; a click opens the rows of one column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from engine.commands.timechart import Timechart
from engine.language.nodes import Query
from engine.screen import neutralise
from pages.parts import charts
from pages.parts.panel import StackedColumns
from pages.parts.periods import SPANS
from pages.parts.visuals.buckets import bucket_period, buckets
from pages.parts.visuals.shown import Shown, alt_text, draw, nothing_found


@draw.register
def draw_columns(visual: StackedColumns, shown: Shown) -> None:
    view = shown.view
    if shown.answer.frame.empty:
        return nothing_found(shown)
    other, none = view.t("other"), view.t("none")
    frame = shown.answer.frame.assign(_time=view.local(shown.answer.frame["_time"]))
    tall, grouped = charts.long_form(frame, other, none)
    tall["series"] = tall["series"].map(neutralise)
    span = view.period.span(view.now)
    _, end = view.period.window(view.now)
    chart = charts.stacked_columns(
        tall,
        span=SPANS[span],
        window=(buckets(view, span)[0].to_pydatetime(), view.wall_clock(end)),
        other=other,
        labels={"time": view.t("time"), "event": view.t("event"), "count": view.t("events_count")},
    )
    key = f"{shown.panel.id}_chart"
    note = view.t("more_series", n=grouped) if grouped else ""

    def opened() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked:
            shown.explore(_column_rows(shown, picked[0], SPANS[span], {other, none}))

    st.altair_chart(
        chart,
        height=shown.height - (24 if note else 0),
        key=key,
        on_select=opened,
        selection_mode=["pick"],
        alt=alt_text(shown),
    )
    if note:
        st.caption(note)
    return None


def _column_rows(shown: Shown, picked: Mapping[str, Any], span: timedelta, unnamed: set[str]) -> Query:
    """The rows behind one column: its bucket and, unless it stands for several, its series."""
    series = picked["series"]
    values = {} if series in unnamed else {_series_field(shown.query): series}
    return shown.rows_query(values, bucket_period(shown, picked["bucket"], span))


def _series_field(query: Query) -> str:
    """The field that a time chart has its series by."""
    chart = query.commands[-1]
    assert isinstance(chart, Timechart)
    return chart.by[0]
