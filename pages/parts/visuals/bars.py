"""Horizontal bars, coloured by level; a click opens the rows of one bar."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from engine.screen import neutralise
from pages.parts import charts
from pages.parts.panel import Bars, Level
from pages.parts.visuals.clickable import clickable, more_note
from pages.parts.visuals.shown import Shown, draw, nothing_found, plain, row_values

MOST_BARS = 50
LEAST_WIDTH = 21  # pixels of a bar and the gap to the next one
WIDTH = 36
EDGES = 14
WIDTH_WITH_LABEL = 35  # of a bar under its label


@draw.register
def draw_bars(visual: Bars, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame.head(MOST_BARS)
    if frame.empty:
        return nothing_found(shown)
    levels, reasons = _levels(visual, frame, shown)

    def rows(picked: dict[Hashable, Any]) -> Any:
        row = frame.iloc[int(picked["place"])]
        return shown.rows_query({field: plain(row[field]) for field in visual.keys})

    least = WIDTH_WITH_LABEL if visual.above else LEAST_WIDTH
    chart = charts.bars(
        frame.assign(**{visual.label: _labels(frame[visual.label], view.t("none"))}),
        label=visual.label,
        value=visual.value,
        levels=levels,
        labels={
            "label": visual.kind.to(view.language),
            "value": visual.counted.to(view.language),
            "reason": view.t("signal"),
        },
        unit=visual.unit,
        reasons=reasons,
        above=visual.above,
    )
    clickable(chart, shown, max(min(shown.height, EDGES + WIDTH * len(frame)), least * len(frame)), rows)
    more_note(shown, len(shown.answer.frame) - len(frame))
    return None


def _levels(visual: Bars, frame: pd.DataFrame, shown: Shown) -> tuple[list[Level], list[str]]:
    """The level of each bar, and why it has it."""
    if visual.limits is not None:
        return [visual.limits.level(value) for value in frame[visual.value]], []
    if visual.signal is None:
        return ["ok"] * len(frame), []
    signals = [visual.signal(row) for row in row_values(frame)]
    return (
        ["ok" if signal is None or signal.level == "info" else signal.level for signal in signals],
        [signal.reason.to(shown.view.language) if signal else "" for signal in signals],
    )


def _labels(values: pd.Series, none: str) -> list[str]:
    """Labels of bars; `concat` writes a missing part as the text null."""
    texts = [none if plain(value) is None else neutralise(str(value)).replace("(null)", "(?)") for value in values]
    return [text if text else '""' for text in texts]
