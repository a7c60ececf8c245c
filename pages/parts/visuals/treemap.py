"""Amounts as a treemap; a click opens the rows of one tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.language.nodes import Query
from engine.screen import neutralise
from pages.parts import treemaps
from pages.parts.charts import MOST_SERIES
from pages.parts.live_texts import translate
from pages.parts.panel import Treemap
from pages.parts.purse import purse
from pages.parts.visuals.clickable import clickable, more_note
from pages.parts.visuals.shown import Shown, draw, nothing_found, plain

ASPECT = 1.75  # width by height on a desktop; a phone draws the same tiles taller
LARGE = 0.5  # of all: worth a word


@draw.register
def draw_treemap(visual: Treemap, shown: Shown) -> None:
    view, language = shown.view, shown.view.language
    frame = shown.answer.frame
    frame = frame[frame[visual.value] > 0].sort_values(visual.value, ascending=False, kind="stable")
    if frame.empty:
        return nothing_found(shown)
    rate, total = purse(view), float(frame[visual.value].sum())
    drawn = frame.head(MOST_SERIES)
    known = _known_before(visual, shown)
    shares = [float(value) / total for value in drawn[visual.value]]
    new = [known is not None and plain(name) not in known for name in drawn[visual.label]]
    reasons = [
        translate("new", language) if is_new else translate("large", language) if share > LARGE else ""
        for is_new, share in zip(new, shares, strict=True)
    ]
    tiles = pd.DataFrame(
        {
            "label": [view.t("none") if plain(name) is None else neutralise(str(name)) for name in drawn[visual.label]],
            "value": [float(value) for value in drawn[visual.value]],
            "text": [rate.written(float(value)) for value in drawn[visual.value]],
            "share": [f"{share:.1%}" if share < 0.1 else f"{share:.0%}" for share in shares],
            "is_new": new,
            "reason": reasons,
        }
    )
    left_out = len(frame) - len(drawn)
    height = shown.height - (24 if left_out else 0)
    chart = treemaps.treemap(
        tiles,
        aspect=ASPECT,
        height=height,
        other=view.t("other"),
        known=visual.known,
        labels={
            "label": visual.kind.to(language),
            "value": translate("cost", language),
            "share": translate("share", language),
            "reason": view.t("signal"),
        },
    )

    def rows(picked: Mapping[str, Any]) -> Query:
        return shown.rows_query({visual.label: plain(drawn[visual.label].iloc[int(picked["place"])])})

    clickable(chart, shown, height, rows)
    more_note(shown, left_out)
    return None


def _known_before(visual: Treemap, shown: Shown) -> set[Any] | None:
    """The labels that cost something before; null when nothing is known of that time, so that not all look new."""
    if visual.before is None:
        return None
    frame = shown.view.ask(shown.view.filled(visual.before)).frame
    return None if frame.empty else {plain(name) for name in frame[visual.label]}
