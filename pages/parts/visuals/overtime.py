"""Values over time that do not add up, as points or as lines; a click opens the rows of one point."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from engine.language.nodes import Query
from engine.screen import neutralise
from pages.parts import timecharts
from pages.parts.charts import MOST_SERIES
from pages.parts.panel import Lines, Scatter
from pages.parts.periods import SPANS
from pages.parts.units import written
from pages.parts.visuals.buckets import bucket_period, buckets
from pages.parts.visuals.clickable import clickable
from pages.parts.visuals.columns import series_field
from pages.parts.visuals.shown import Shown, draw, nothing_found


@draw.register
def draw_scatter(visual: Scatter, shown: Shown) -> None:
    view, other = shown.view, shown.view.t("other")
    tall = _long(shown)
    tall = tall[tall["value"] > 0]
    if tall.empty:
        return nothing_found(shown)
    largest = tall.groupby("series")["value"].max().sort_values(ascending=False)
    named = {name: neutralise(name) for name in largest.index}
    kept = set(largest.index[:MOST_SERIES])
    tall = tall.assign(
        name=tall["series"].map(named),
        shown=tall["series"].map(lambda name: named[name] if name in kept else other),
    )
    chart = timecharts.scatter(
        tall,
        window=_window(shown),
        limit=visual.limit,
        unit="seconds",
        other=other,
        labels={"time": view.t("time"), "series": view.t("server"), "value": view.t("slowest")},
    )
    grouped = len(largest) - len(kept)

    def rows(picked: Mapping[str, Any]) -> Query:
        return shown.rows_query({series_field(shown.query): picked["series"]}, _bucket(shown, picked))

    clickable(chart, shown, shown.height - (24 if grouped else 0), rows)
    if grouped:
        st.caption(view.t("more_series", n=grouped))
    return None


@draw.register
def draw_lines(visual: Lines, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    titles = {series.column: series.title.to(view.language) for series in visual.series}
    weights = dict(zip(view.local(frame["_time"]), frame[visual.weight], strict=True))
    times = buckets(view, view.period.span(view.now))
    wide = frame.assign(_time=view.local(frame["_time"])).set_index("_time")[list(titles)].reindex(times)
    tall = wide.rename_axis("_time").reset_index().melt("_time", var_name="series", value_name="value")
    tall = tall.assign(
        value=tall["value"].astype(float),
        name=tall["series"].map(titles),
        shown=tall["series"].map(titles),
        note=tall["_time"].map(lambda moment: written(weights.get(moment, 0), "events")),
    )
    chart = timecharts.lines(
        tall,
        window=_window(shown),
        shades={titles[series.column]: series.colour for series in visual.series},
        unit=visual.unit,
        labels={"time": view.t("time"), "series": view.t("kind"), "value": view.t("share"), "note": view.t("requests")},
    )

    values = {(moment.isoformat(), name): value for moment, name, value in tall[["_time", "series", "value"]].values}

    def rows(picked: Mapping[str, Any]) -> Query:
        """The rows that make a point; of a point at 0 there are none, so all of its bucket."""
        none = values.get((picked["bucket"], picked["series"])) == 0
        return shown.rows_query({} if none else {picked["series"]: visual.behind}, _bucket(shown, picked))

    clickable(chart, shown, shown.height, rows)
    return None


def _long(shown: Shown) -> pd.DataFrame:
    """A time chart's wide frame as rows `_time` (local), `series`, `value`, without the missing ones."""
    frame = shown.answer.frame
    if frame.empty:
        return pd.DataFrame({"_time": [], "series": [], "value": []})
    tall = frame.assign(_time=shown.view.local(frame["_time"])).melt("_time", var_name="series", value_name="value")
    return tall.dropna(subset=["value"]).astype({"value": float, "series": str})


def _window(shown: Shown) -> tuple[datetime, datetime]:
    view = shown.view
    first = buckets(view, view.period.span(view.now))[0].to_pydatetime()
    return first, view.wall_clock(view.period.window(view.now)[1])


def _bucket(shown: Shown, picked: Mapping[str, Any]) -> Any:
    return bucket_period(shown, picked["bucket"], SPANS[shown.view.period.span(shown.view.now)])
