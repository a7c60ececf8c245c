"""Values over time as lines named by the answer, with reference lines; a click opens the rows of one point."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from engine.commands.search import Search
from engine.commands.timechart import Timechart
from engine.language.nodes import Query
from engine.language.rewrite import between
from engine.screen import neutralise
from pages.parts import timecharts
from pages.parts.charts import MOST_SERIES, colours
from pages.parts.live_texts import translate
from pages.parts.panel import NamedLines
from pages.parts.periods import SPANS
from pages.parts.units import written
from pages.parts.visuals.clickable import clickable
from pages.parts.visuals.shown import Shown, draw, nothing_found, plain

SUSTAINED = 3  # buckets in a row over the limit


@draw.register
def draw_named_lines(visual: NamedLines, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    none, span = view.t("none"), _span(shown.query)
    local = frame.assign(_time=view.local(frame["_time"])).set_index("_time").astype(float)
    titles = {name: none if plain(name) is None or name == "" else neutralise(str(name)) for name in local}
    largest = local.max().sort_values(ascending=False)
    kept = list(largest.index[:MOST_SERIES])
    times = pd.date_range(local.index.min(), local.index.max(), freq=span)
    tall = local[kept].reindex(times).rename_axis("_time").reset_index().melt("_time", var_name="series")
    named = tall["series"].map(titles)
    tall = tall.assign(name=named, shown=named)
    names = [titles[name] for name in kept]
    chart = timecharts.lines(
        tall,
        window=(view.wall_clock(shown.answer.now - visual.duration), view.wall_clock(shown.answer.now)),
        shades=colours(names, view.t("other")),
        unit=visual.unit,
        labels={
            "time": view.t("time"),
            "series": visual.kind.to(view.language),
            "value": translate("value", view.language),
        },
        limits=visual.limits or (),
        dots=False,
    )

    def rows(picked: Mapping[str, Any]) -> Query:
        """The rows of a line in one bucket."""
        start = pd.Timestamp(picked["bucket"]).tz_localize(view.zone).tz_convert(UTC).to_pydatetime()
        name = next(name for name in kept if str(name) == picked["series"])
        behind = shown.rows_query({visual.by: plain(name)})
        return Query((*behind.commands, Search(condition=between("_time", start, start + span, ZoneInfo(view.zone)))))

    note = _sustained(visual, local, titles, shown)
    left_out = len(largest) - len(kept)
    clickable(chart, shown, shown.height - (24 if note or left_out else 0), rows)
    lines = [note, view.t("more_series", n=left_out) if left_out else ""]
    if any(lines):
        st.caption(" ".join(filter(None, lines)))
    return None


def _span(query: Query) -> timedelta:
    chart = query.commands[-1]
    assert isinstance(chart, Timechart)
    found = chart.option("span")
    return SPANS[str(found.value)] if found is not None else timedelta(minutes=1)


def _sustained(visual: NamedLines, local: pd.DataFrame, titles: Mapping[Any, str], shown: Shown) -> str:
    """Which lines stay over the upper limit, in words."""
    if visual.limits is None:
        return ""
    limit = visual.limits[1]
    names = [titles[name] for name in local if longest_run(local[name], limit) >= SUSTAINED]
    if not names:
        return ""
    named = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return translate("sustained", shown.view.language, limit=written(limit, visual.unit), names=named)


def longest_run(values: pd.Series, limit: float) -> int:
    """How many values in a row are over a limit, at most.

    >>> longest_run(pd.Series([96.0, 97.0, 10.0, 99.0]), 95)
    2
    """
    longest = running = 0
    for value in values.dropna():
        running = running + 1 if value > limit else 0
        longest = max(longest, running)
    return longest
