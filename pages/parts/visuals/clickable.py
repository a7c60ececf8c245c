"""A chart of which every mark opens the rows behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import streamlit as st

from engine.language.nodes import Query
from pages.parts.visuals.shown import Shown, alt_text


def clickable(chart: alt.TopLevelMixin, shown: Shown, height: int, rows: Callable[[Any], Query]) -> None:
    """Draw a chart whose selection is called `pick`; `rows` gives the query behind the fields of a picked mark."""
    key = f"{shown.panel.id}_chart"

    def opened() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked:
            shown.explore(rows(picked[0]))

    st.altair_chart(chart, height=height, key=key, on_select=opened, selection_mode=["pick"], alt=alt_text(shown))  # type: ignore[call-overload]


def more_note(shown: Shown, left_out: int) -> None:
    """Say how many rows of the answer are not drawn; the table and the downloads have all of them."""
    if left_out > 0:
        st.caption(shown.view.t("more_rows", n=f"{left_out:,}"))
