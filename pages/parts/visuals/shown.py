"""A panel with its answer, as the visuals get it, and what all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any, Literal

import pandas as pd
import streamlit as st

from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import rows_behind
from engine.query import Result
from pages.parts.links import EXPLORE, explore_params
from pages.parts.panel import Level, Panel
from pages.parts.periods import Period
from pages.parts.view import View

NOTE, SWITCH, FAILED = 52, 16, 40  # pixels that a note, a choice of variants and a line of failures add
CARD_EDGES = 104  # pixels of a card that its heading, footer and padding take
TINTS: Mapping[Level | Literal["info"], str] = {
    "ok": "",
    "info": "rgba(37, 99, 235, 0.12)",
    "amber": "rgba(217, 119, 6, 0.14)",
    "red": "rgba(220, 38, 38, 0.14)",
}


@dataclass(frozen=True)
class Shown:
    """A panel with the query that ran for it and the answer."""

    panel: Panel
    view: View
    query: Query
    answer: Result

    @property
    def height(self) -> int:
        """Pixels that the visual may take inside its card."""
        taken = CARD_EDGES + (NOTE if self.panel.note else 0) + (SWITCH if self.panel.variants else 0)
        taken += FAILED if any(item.failed for item in self.answer.live) else 0
        return self.panel.height - taken

    def rows_query(self, values: Mapping[str, Any] | None = None, period: Period | None = None) -> Query:
        """The rows behind the panel, or behind a part of it: over absolute instants, so that a link stays true."""
        window = (period or self.view.period).window(self.answer.now)
        start, end = (_full_second(moment) for moment in window)
        return Period(start=start, end=end).on(rows_behind(self.query, values or {}), self.view.zone)

    def explore(self, query: Query) -> None:
        """Leave for Explore with a query; to be called in a callback."""
        st.switch_page(EXPLORE, query_params=explore_params(print_query(query)))


def _full_second(moment: datetime) -> datetime:
    """The next full second: `from` and `to` know no finer ones, and events of CloudTrail have none."""
    return moment.replace(microsecond=0) + timedelta(seconds=1) if moment.microsecond else moment


@singledispatch
def draw(visual: Any, shown: Shown) -> None:
    """Draw the answer as the visual shows it."""
    raise TypeError(f"no drawing for {type(visual).__name__}")


def rows_link(shown: Shown) -> None:
    """A link to the rows behind the whole panel."""
    params = explore_params(print_query(shown.rows_query()))
    st.page_link(EXPLORE, label=shown.view.t("see_rows"), icon=":material/table_rows:", query_params=params)


def alt_text(shown: Shown) -> str:
    """What a chart shows, for those who cannot see it."""
    view = shown.view
    return shown.panel.title.to(view.language, period=view.period.label(view.language, view.zone))


def nothing_found(shown: Shown) -> None:
    """Say that nothing was found, or, when not a single log row arrived in the period, that there is no data."""
    view = shown.view
    with st.container(height=shown.height, border=False, horizontal_alignment="center", vertical_alignment="center"):
        if view.has_rows():
            st.badge(view.t("no_rows"), icon=":material/check:", color="gray")
        else:
            st.badge(view.t("no_data"), icon=":material/cloud_off:", color="gray", help=view.t("no_data_help"))
            st.caption(view.t("no_data_help"))


def plain(value: Any) -> Any:
    """A cell as a value of the language: a missing one is null."""
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


def native(value: Any) -> Any:
    """The same as `plain`, and a number of a frame as Python's own."""
    value = plain(value)
    return value.item() if hasattr(value, "item") else value


def row_values(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame by their columns' names, missing cells as null."""
    names = [str(name) for name in frame]
    return [
        {name: plain(cell) for name, cell in zip(names, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]
