"""An answer as a chart: the choice of its kind, and the drawing with marks that lead to the rows behind them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from engine.export import is_null, neutralise
from engine.geo import countries
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import rows_behind
from pages.parts import autochart, autoplot
from pages.parts.autochart import Kind, Plot
from pages.parts.desk import Answer
from pages.parts.explore.drill import between_buckets, between_marks, in_bucket, rows_of, series_values
from pages.parts.explore.page import ExplorePage, plain_label
from pages.parts.explore.texts import translate
from pages.parts.view import View
from pages.parts.worldmap import Origin, country_name, deck, narrow_width

log = logging.getLogger(__name__)

CHART_HEIGHT, MAP_HEIGHT = 300, 380
CHART_ICONS: Mapping[str, str] = {
    "auto": ":material/auto_awesome:", "number": ":material/tag:", "line": ":material/show_chart:",
    "stacked": ":material/stacked_bar_chart:", "bar": ":material/align_horizontal_left:",
    "map": ":material/public:", "box": ":material/candlestick_chart:", "rows": ":material/bar_chart:",
    "none": ":material/visibility_off:",
}  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """Rows to be drawn and where a click on a mark leads: Explore and the panels of a viewer's dashboard draw alike."""

    view: View
    query: Query
    frame: pd.DataFrame
    key: str
    follow: Callable[[Query], None]  # goes on with the rows behind a mark; called in a callback
    height: int = CHART_HEIGHT
    counts: pd.DataFrame | None = None  # rows over time of all rows, where `frame` holds a part of them

    def t(self, key: str, **values: object) -> str:
        return translate(key, self.view.language, **values)


def show_chart(page: ExplorePage, answer: Answer) -> None:
    """The chart that suits the answer, or the one that the viewer chooses."""
    result = answer.result
    possible = {plot.kind: plot for plot in autochart.plots(result.types, result.rows)}
    if not possible:
        return

    @st.fragment
    def drawing() -> None:
        chosen = _chart_kind(page, list(possible))
        if chosen != "none":
            plot = possible.get(chosen) or next(iter(possible.values()))  # type: ignore[call-overload]
            draw(
                Drawing(page.view, answer.query, result.frame, "explore", page.continue_with, counts=answer.counts),
                plot,
            )
        if page.desk.take_move():
            st.rerun()

    with st.container(border=True, gap="xsmall", key="explore_chart"):
        drawing()


def _chart_kind(page: ExplorePage, possible: list[Kind]) -> str:
    """The chart that the viewer wants: the wish stays in the URL and holds wherever a result allows it."""
    names = {"rows": "rows_chart", "none": "none_chart"}
    options = ["auto", *possible, "none"] if len(possible) > 1 else [*possible, "none"]
    wish = st.query_params.get("chart", options[0])

    def chosen() -> None:
        kind = st.session_state["explore_kind"]
        if kind in (None, options[0]):
            st.query_params.pop("chart", None)
        else:
            st.query_params["chart"] = kind

    return (
        st.segmented_control(
            page.t("chart"),
            options,
            default=wish if wish in options else options[0],
            required=True,
            format_func=lambda kind: f"{CHART_ICONS[kind]} {page.t(names.get(kind, kind))}",
            key="explore_kind",
            on_change=chosen,
            label_visibility="collapsed",
        )
        or options[0]
    )


def draw(drawing: Drawing, plot: Plot) -> None:
    """Draw a chart; when that fails there is none, for the rows are shown in any case."""
    try:
        _draw(drawing, plot)
    except Exception:
        log.exception("a %s chart could not be drawn", plot.kind)


def _draw(drawing: Drawing, plot: Plot) -> None:
    match plot.kind:
        case "number":
            _draw_number(drawing, plot)
        case "box":
            _draw_boxes(drawing, plot)
        case "map":
            _draw_map(drawing, plot)
        case "bar":
            _draw_bars(drawing, plot)
        case "rows":
            _draw_rows(drawing, plot)
        case "stacked" | "line":
            _draw_over_time(drawing, plot)


def _words(drawing: Drawing, plot: Plot) -> dict[str, str]:
    view = drawing.view
    quartiles = {name: drawing.t(name) for name in autochart.QUARTILES}
    value = neutralise(plot.values[0]) if len(plot.values) == 1 else drawing.t("value")
    return {"time": view.t("time"), "series": drawing.t("name"), "value": value, **quartiles}


def _alt(drawing: Drawing) -> str:
    return drawing.t("chart_of", query=" ".join(print_query(drawing.query).split())[:200])


def _plotted(drawing: Drawing, chart: Any, *, height: int, key: str, opened: Callable[[dict[str, Any]], None]) -> None:
    """A chart whose marks can be clicked."""

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked:
            opened(picked[0])

    st.altair_chart(chart, height=height, key=key, on_select=clicked, selection_mode=["pick"], alt=_alt(drawing))


def _draw_number(drawing: Drawing, plot: Plot) -> None:
    row = drawing.frame.iloc[0]
    with st.container(horizontal=True, gap="medium"):
        for name in plot.values:
            value = None if is_null(row[name]) else row[name].item() if hasattr(row[name], "item") else row[name]
            st.metric(plain_label(name), value, format="localized", width="content")


def _draw_boxes(drawing: Drawing, plot: Plot) -> None:
    shaped = autochart.boxes(drawing.frame, plot, drawing.view.t("none"))
    if shaped.rows.empty:
        return
    height = 60 + 34 * len(shaped.rows)
    st.altair_chart(autoplot.box(shaped.rows, words=_words(drawing, plot)), height=height, alt=_alt(drawing))
    if shaped.hidden:
        st.caption(drawing.t("more_names", n=shaped.hidden))


def _draw_bars(drawing: Drawing, plot: Plot) -> None:
    shaped = autochart.bars(drawing.frame, plot, drawing.view.t("none"))
    if shaped.rows.empty:
        return

    def opened(picked: dict[str, Any]) -> None:
        behind = rows_of(drawing.query, drawing.frame.iloc[int(picked["row"])])
        if behind is not None:
            drawing.follow(behind)

    _plotted(
        drawing, autoplot.bar(shaped.rows, words=_words(drawing, plot)),
        height=24 + 26 * len(shaped.rows), key=f"{drawing.key}_bars", opened=opened,
    )  # fmt: skip
    _hints(drawing.t("more_names", n=shaped.hidden) if shaped.hidden else "", drawing.t("click_hint"))


def _draw_rows(drawing: Drawing, plot: Plot) -> None:
    shaped = autochart.rows_over_time(drawing.frame, plot, drawing.counts)
    if shaped.rows.empty:
        return
    view, key = drawing.view, f"{drawing.key}_rows_chart"
    words = {**_words(drawing, plot), "value": view.t("events_count")}

    def clicked() -> None:
        selection = st.session_state[key]["selection"]
        dragged = (selection.get("zoom") or {}).get("_time") or []
        if len(dragged) == 2:
            drawing.follow(between_marks(drawing.query, *dragged, shaped.width, view.zone))
        elif picked := selection.get("pick"):
            drawing.follow(in_bucket(drawing.query, picked[0]["bucket"], shaped.width, view.zone))

    st.altair_chart(
        autoplot.rows(shaped.rows, width=shaped.width, words=words), height=170, key=key, on_select=clicked,
        selection_mode=["pick", "zoom"], alt=_alt(drawing),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(drawing.t("zoom_hint"), width="content")
        _zoom_by_keys(drawing, shaped)


def _zoom_by_keys(drawing: Drawing, shaped: autochart.Shaped) -> None:
    """The same without a pointer: first and last bucket from lists."""
    with st.popover(drawing.t("zoom"), icon=":material/zoom_in:", type="tertiary"):
        starts = [moment.isoformat() for moment in shaped.rows["_time"]]
        first_key, last_key = f"{drawing.key}_zoom_from", f"{drawing.key}_zoom_to"

        def shown(start: str) -> str:
            return f"{pd.Timestamp(start):%Y-%m-%d %H:%M:%S}"

        def zoom() -> None:
            first, last = sorted((st.session_state[first_key], st.session_state[last_key]))
            drawing.follow(between_buckets(drawing.query, first, last, shaped.width, drawing.view.zone))

        st.selectbox(drawing.view.t("from"), starts, format_func=shown, key=first_key)
        st.selectbox(drawing.t("zoom_last"), starts, index=len(starts) - 1, format_func=shown, key=last_key)
        st.button(drawing.t("zoom"), type="primary", key=f"{drawing.key}_zoom", on_click=zoom)


def _draw_over_time(drawing: Drawing, plot: Plot) -> None:
    view = drawing.view
    other, none = view.t("other"), view.t("none")
    shaped = autochart.over_time(drawing.frame, plot, other, none)
    if shaped.rows.empty:
        return
    words = _words(drawing, plot)
    together = drawing.t("more_together" if plot.kind == "stacked" else "more_names", n=shaped.hidden)
    notes = [together if shaped.hidden else "", drawing.t("merged", n=shaped.merged) if shaped.merged > 1 else ""]
    legend_rows = min(5, -(-shaped.rows["series"].nunique() // 4))
    height = drawing.height + 16 * legend_rows
    if plot.kind == "line":
        st.altair_chart(autoplot.line(shaped.rows, words=words), height=height, alt=_alt(drawing))
        _hints(*notes)
        return

    def opened(picked: dict[str, Any]) -> None:
        values = series_values(drawing.query, plot.names, picked["series"], {other, none})
        drawing.follow(in_bucket(rows_behind(drawing.query, values), picked["bucket"], shaped.width, view.zone))

    chart = autoplot.stacked(shaped.rows, width=shaped.width, other=other, words=words)
    _plotted(drawing, chart, height=height, key=f"{drawing.key}_columns", opened=opened)
    _hints(*notes, drawing.t("click_hint"))


def _draw_map(drawing: Drawing, plot: Plot) -> None:
    view, frame = drawing.view, drawing.frame
    values = pd.to_numeric(frame[plot.values[0]]).astype("float64")
    sums = values.groupby(frame["country"].astype(object)).sum().sort_values(ascending=False)
    origins = [
        Origin(code, country_name(code, view.language), int(count), True)
        for code, count in sums.items()
        if code in countries() and count > 0
    ]
    if not origins:
        return
    key, enough = f"{drawing.key}_map", int(2.3 * MAP_HEIGHT)
    width = narrow_width(f"{drawing.key}_ruler", enough=enough)
    height = max(170, MAP_HEIGHT * width // enough)

    def clicked() -> None:
        objects = st.session_state[key]["selection"]["objects"]
        chosen = [item["a2"] for layer in ("bubbles", "shapes") for item in objects.get(layer, [])]
        if chosen:
            drawing.follow(rows_behind(drawing.query, {"country": chosen[0]}))

    st.pydeck_chart(
        deck(
            origins, dark=view.dark, count_label=neutralise(plot.values[0]),
            width=width, height=height,
        ),
        height=height,
        key=key,
        on_select=clicked,
        alt=_alt(drawing),
    )  # fmt: skip
    unmapped = int(values.sum()) - sum(origin.count for origin in origins)
    missing = view.t("unmapped", what=f"{view.t('unknown_address')} {unmapped:,}") if unmapped else ""
    _hints(missing, drawing.t("click_country"))


def _hints(*texts: str) -> None:
    shown = " ".join(text for text in texts if text)
    if shown:
        st.caption(shown)
