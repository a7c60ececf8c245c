"""Horizontal bars, coloured by level; a click opens the rows of one bar."""

from __future__ import annotations

import streamlit as st

from engine.screen import neutralise
from pages.parts import charts
from pages.parts.panel import Bars
from pages.parts.visuals.shown import Shown, alt_text, draw, nothing_found, plain


@draw.register
def draw_bars(visual: Bars, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    # `concat` writes an unknown country as the text null.
    named = frame.assign(
        **{visual.label: [neutralise(str(text)).replace("(null)", "(?)") for text in frame[visual.label]]}
    )
    key = f"{shown.panel.id}_chart"

    def opened() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked:
            row = frame.iloc[int(picked[0]["place"])]
            shown.explore(shown.rows_query({field: plain(row[field]) for field in visual.keys}))

    st.altair_chart(
        charts.bars(
            named,
            label=visual.label,
            value=visual.value,
            levels=[visual.limits.level(value) for value in frame[visual.value]],
            labels={"label": view.t("country"), "value": view.t("events_count")},
        ),
        height=min(shown.height, 44 + 36 * len(frame)),
        key=key,
        on_select=opened,
        selection_mode=["pick"],
        alt=alt_text(shown),
    )
    return None
