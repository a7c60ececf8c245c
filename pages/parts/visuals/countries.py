"""Countries on a world map and as buttons under it; a click opens the rows of one country."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from engine.screen import neutralise
from pages.parts.panel import WorldMap
from pages.parts.visuals.shown import Shown, alt_text, draw, nothing_found
from pages.parts.worldmap import Origin, country_name, deck, narrow_width

MOST_PILLS = 12  # countries named under the map


@draw.register
def draw_map(visual: WorldMap, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    found = frame.dropna(subset=[visual.country]).sort_values(visual.value, ascending=False, kind="stable")
    origins = [
        Origin(code, country_name(code, view.language), int(count), code in visual.expected)
        for code, count in zip(found[visual.country].map(neutralise), found[visual.value], strict=True)
    ]
    key = f"{shown.panel.id}_map"

    def picked_on_map() -> None:
        objects = st.session_state[key]["selection"]["objects"]
        chosen = [item["a2"] for layer in ("bubbles", "shapes") for item in objects.get(layer, [])]
        if chosen:
            open_country(chosen[0])

    def open_country(code: str | None) -> None:
        shown.explore(shown.rows_query({visual.country: code}))

    room = shown.height - 40
    width = narrow_width(f"{shown.panel.id}_ruler", enough=int(2.3 * room))
    height = min(room, int(width / 1.7))
    st.pydeck_chart(
        deck(
            origins,
            dark=view.dark,
            count_label=view.t("logins_count"),
            width=width,
            height=height,
        ),
        height=height,
        key=key,
        on_select=picked_on_map,
        alt=alt_text(shown),
    )
    unknown = int(frame.loc[frame[visual.country].isna(), visual.value].sum())
    _country_pills(shown, origins, unknown, open_country)
    return None


def _country_pills(shown: Shown, origins: Sequence[Origin], unknown: int, opened: Callable[[str | None], None]) -> None:
    """The countries as buttons too, for those who cannot see or draw the map, and what has no place on it."""
    view, key = shown.view, f"{shown.panel.id}_countries"
    labels = {
        origin.code: f":{'blue' if origin.expected else 'red'}[●] {origin.name} {origin.count:,}"
        for origin in origins[:MOST_PILLS]
    }
    if unknown:
        labels[""] = f":gray[●] {view.t('unknown_address')} {unknown:,}"

    def picked() -> None:
        chosen = st.session_state[key]
        if chosen is not None:
            opened(chosen or None)

    st.pills(
        view.t("choose_country"),
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        on_change=picked,
        label_visibility="collapsed",
    )
