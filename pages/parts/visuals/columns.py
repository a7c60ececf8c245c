"""Amounts over time as stacked columns, one colour per series; a click opens the rows of one column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from engine.commands.timechart import Timechart
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.rewrite import before_aggregate
from engine.screen import neutralise
from pages.parts import charts
from pages.parts.panel import StackedColumns
from pages.parts.periods import SPANS
from pages.parts.visuals.buckets import bucket_period, buckets, off_hours
from pages.parts.visuals.clickable import clickable
from pages.parts.visuals.shown import Shown, draw, nothing_found


@draw.register
def draw_columns(visual: StackedColumns, shown: Shown) -> None:
    view = shown.view
    if shown.answer.frame.empty:
        return nothing_found(shown)
    other, none = view.t("other"), view.t("none")
    span = view.period.span(view.now)
    frame = shown.answer.frame.assign(_time=view.local(shown.answer.frame["_time"]))
    tall, grouped = charts.long_form(frame, other, none)
    titles = {series.column: series.title.to(view.language) for series in visual.known}
    shown_as = {name: titles.get(name, neutralise(name)) for name in tall["series"].unique()}
    tall["series"] = tall["series"].map(shown_as)
    if visual.unit == "mbit":
        tall["count"] *= 8 / 1_000_000 / SPANS[span].total_seconds()
    _, end = view.period.window(view.now)
    chart = charts.stacked_columns(
        tall,
        span=SPANS[span],
        window=(buckets(view, span)[0].to_pydatetime(), view.wall_clock(end)),
        other=other,
        labels={
            "time": view.t("time"),
            "event": visual.kind.to(view.language),
            "count": _measured(visual, shown),
            "mark": "" if visual.mark is None else visual.mark.title.to(view.language),
        },
        unit=visual.unit,
        known={series.title.to(view.language): series.colour for series in visual.known},
        shaded=off_hours(view) if visual.office_hours and SPANS[span] < timedelta(hours=6) else (),
        marked=_marked(visual, shown, span),
    )
    note = view.t("more_series", n=grouped) if grouped else ""
    columns = {title: name for name, title in shown_as.items()}

    def rows(picked: Mapping[str, Any]) -> Query:
        """The rows of a bucket and, unless the column stands for several, of its series."""
        series = columns[picked["series"]]
        values = {} if series in (other, none) and series not in frame else {series_field(shown.query): series}
        return shown.rows_query(values, bucket_period(shown, picked["bucket"], SPANS[span]))

    clickable(chart, shown, shown.height - (24 if note else 0), rows)
    if note:
        st.caption(note)
    return None


def _marked(visual: StackedColumns, shown: Shown, span: str) -> list[datetime]:
    """The buckets, as wall clock times, that have rows fulfilling the visual's mark."""
    if visual.mark is None:
        return []
    narrowed = parse(f"table t | search {visual.mark.condition} | timechart span={span} count").commands[1:]
    frame = shown.view.ask(Query((*before_aggregate(shown.query).commands, *narrowed))).frame
    return [] if frame.empty else [moment.to_pydatetime() for moment in shown.view.local(frame["_time"])]


def _measured(visual: StackedColumns, shown: Shown) -> str:
    return shown.view.t({"events": "events_count", "mbit": "rate"}.get(visual.unit, "volume"))


def series_field(query: Query) -> str:
    """The field that a time chart has its series by."""
    chart = query.commands[-1]
    assert isinstance(chart, Timechart)
    return chart.by[0]
