"""Boxes from five numbers, one per group, the slowest first; a click opens the rows of one group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.language.nodes import Query
from engine.screen import neutralise
from pages.parts import rangecharts
from pages.parts.panel import BoxPlot, Level, Percentiles
from pages.parts.visuals.clickable import clickable, more_note
from pages.parts.visuals.shown import Shown, draw, nothing_found, plain

MOST_GROUPS = 20
LEAST_HEIGHT = 22  # pixels of a group's row
EDGES = 34  # pixels of the axis


@draw.register
def draw_boxes(visual: BoxPlot, shown: Shown) -> None:
    frame = shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    worst = frame.sort_values(visual.deciding, ascending=False, kind="stable").head(MOST_GROUPS)
    chart = rangecharts.boxes(
        _in_seconds(worst, visual).assign(label=_labels(worst[visual.group], shown)),
        levels=[_level(visual, value * visual.seconds) for value in worst[visual.deciding]],
        limits=(visual.amber, visual.red),
        labels={
            **_words(shown, "min", "iqr1", "iqr2", "iqr3", "max"),
            "label": visual.kind.to(shown.view.language),
            "count": visual.counted.to(shown.view.language),
        },
    )
    clickable(chart, shown, _height(shown, worst), lambda picked: _behind(shown, worst, visual.group, picked))
    more_note(shown, len(frame) - len(worst))
    return None


@draw.register
def draw_percentiles(visual: Percentiles, shown: Shown) -> None:
    frame = shown.answer.frame.dropna(subset=list(visual.points))
    if frame.empty:
        return nothing_found(shown)
    most = frame.head(MOST_GROUPS)
    chart = rangecharts.percentiles(
        most.assign(label=_labels(most[visual.group], shown), count=most[visual.count]),
        points=visual.points,
        limits=(visual.limit,),
        labels=_words(shown),
    )
    clickable(chart, shown, _height(shown, most), lambda picked: _behind(shown, most, visual.group, picked))
    more_note(shown, len(frame) - len(most))
    return None


def _in_seconds(frame: pd.DataFrame, visual: BoxPlot) -> pd.DataFrame:
    return frame.assign(**{name: frame[name] * visual.seconds for name in ("min", "iqr1", "iqr2", "iqr3", "max")})


def _level(visual: BoxPlot, seconds: float) -> Level:
    if seconds > visual.red:
        return "red"
    return "amber" if seconds > visual.amber else "ok"


def _labels(values: pd.Series, shown: Shown) -> list[str]:
    none = shown.view.t("none")
    return [none if plain(value) is None else neutralise(str(value)) for value in values]


def _words(shown: Shown, *numbers: str) -> dict[str, str]:
    view = shown.view
    return {"label": view.t("server"), "count": view.t("requests"), **{name: view.t(name) for name in numbers}}


def _height(shown: Shown, drawn: pd.DataFrame) -> int:
    return max(min(shown.height, EDGES + 44 * len(drawn)), EDGES + LEAST_HEIGHT * len(drawn))


def _behind(shown: Shown, drawn: pd.DataFrame, group: str, picked: Mapping[str, Any]) -> Query:
    return shown.rows_query({group: plain(drawn[group].iloc[int(picked["place"])])})
