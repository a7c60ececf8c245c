"""What costs more or less than before, as bars to both sides; a click opens the rows of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.language.nodes import Query
from engine.screen import neutralise
from pages.parts import moneycharts
from pages.parts.live_texts import translate
from pages.parts.panel import Movers
from pages.parts.purse import purse
from pages.parts.visuals.clickable import clickable
from pages.parts.visuals.shown import Shown, draw, nothing_found, plain

WIDTH, EDGES = 38, 14  # pixels of a bar with the gap to the next one, and of what is around all


@draw.register
def draw_movers(visual: Movers, shown: Shown) -> None:
    view, language, frame = shown.view, shown.view.language, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    rate = purse(view)
    title = visual.title if visual.title is not None and frame[visual.title].notna().all() else visual.label
    names = [view.t("none") if plain(name) is None else neutralise(str(name)) for name in frame[title]]
    amounts = frame[["now", "before", "change"]].astype(float) * rate.factor
    chart = moneycharts.movers(
        amounts.assign(label=names),
        currency=rate.currency,
        labels={
            "label": visual.kind.to(language),
            "now": translate("now", language),
            "before": translate("before", language),
            "change": translate("change", language),
        },
    )

    def rows(picked: Mapping[str, Any]) -> Query:
        return shown.rows_query({visual.label: plain(frame[visual.label].iloc[int(picked["place"])])})

    clickable(chart, shown, min(shown.height, EDGES + WIDTH * len(frame)), rows)
    return None
