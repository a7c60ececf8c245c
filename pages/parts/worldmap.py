"""The world map: countries with a count, on bundled shapes in the Equal Earth projection, without any map server.

`static/world-ee.geojson` (Natural Earth, public domain) is loaded by the browser as the land; only the shapes of
countries that have data are sent again, coloured. A bubble in the middle of each makes small countries visible too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2
from pathlib import Path
from typing import Any

import pydeck as pdk
import streamlit as st

from engine.geo import countries
from pages.parts.texts import Language

ROOT = Path(__file__).resolve().parents[2]
SHAPES_URL = "app/static/world-ee.geojson"  # relative, so that it works under a base path and on every page
BLUE, RED = (37, 99, 235), (220, 38, 38)
LAND = {False: (226, 232, 240), True: (51, 65, 85)}  # by dark theme
COAST = {False: (255, 255, 255), True: (15, 23, 42)}
LARGEST_BUBBLE = 16  # pixels


@dataclass(frozen=True)
class Origin:
    """One country of an answer, ready to be drawn."""

    code: str
    name: str
    count: int
    expected: bool


@cache
def _shapes() -> Mapping[str, Mapping[str, Any]]:
    document = json.loads((ROOT / "static" / "world-ee.geojson").read_text("utf-8"))
    return {feature["properties"]["a2"]: feature["geometry"] for feature in document["features"]}


def country_name(code: str, language: Language) -> str:
    """The country's name, or the code itself when it is none we know.

    >>> country_name("KR", "ko"), country_name("ZZ", "en")
    ('대한민국', 'ZZ')
    """
    country = countries().get(code)
    if country is None:
        return code
    return country.ko if language == "ko" else country.en


def deck(origins: Sequence[Origin], *, dark: bool, count_label: str, width: int, height: int) -> pdk.Deck:
    """The map of these countries, all of it in `width` by `height` pixels; picks carry `a2` in `shapes`, `bubbles`."""
    drawn = [origin for origin in origins if origin.code in countries()]
    largest = max((origin.count for origin in drawn), default=1)
    return pdk.Deck(
        map_provider=None,
        views=[pdk.View(type="OrthographicView", controller=True, flip_y=False)],
        initial_view_state=pdk.ViewState(target=[0, 11, 0], zoom=_zoom(width, height), min_zoom=-1, max_zoom=6),
        layers=[_land(dark), _coloured(drawn, dark), _bubbles(drawn, largest, dark)],
        tooltip={
            # Names come from our own table, never from a log, so they may be put into the tooltip's HTML.
            "html": f"<b>{{name}}</b><br/>{count_label}: {{count}}",
            "style": {"fontFamily": "Pretendard, sans-serif", "fontSize": "13px", "borderRadius": "6px"},
        },
    )


def _zoom(width: int, height: int) -> float:
    """The zoom at which the projection's land, 305 wide and 130 high without Antarctica, just fits."""
    return log2(min(width / 305, height / 134))


def _land(dark: bool) -> pdk.Layer:
    return pdk.Layer(
        "GeoJsonLayer",
        data=SHAPES_URL,
        id="land",
        pickable=False,
        stroked=True,
        filled=True,
        get_fill_color=list(LAND[dark]),
        get_line_color=list(COAST[dark]),
        line_width_units="'pixels'",
        get_line_width=0.6,
    )


def _coloured(origins: Sequence[Origin], dark: bool) -> pdk.Layer:
    features = [
        {
            "type": "Feature",
            "geometry": _shapes()[origin.code],
            "properties": {"a2": origin.code},
            "a2": origin.code,
            "name": origin.name,
            "count": f"{origin.count:,}",
            "fill": [*_colour(origin), 110],
        }
        for origin in origins
        if origin.code in _shapes()
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        data={"type": "FeatureCollection", "features": features},
        id="shapes",
        pickable=True,
        auto_highlight=True,
        stroked=True,
        filled=True,
        get_fill_color="fill",
        get_line_color=list(COAST[dark]),
        line_width_units="'pixels'",
        get_line_width=0.6,
    )


def _bubbles(origins: Sequence[Origin], largest: int, dark: bool) -> pdk.Layer:
    rows = [
        {
            "a2": origin.code,
            "name": origin.name,
            "count": f"{origin.count:,}",
            "at": [countries()[origin.code].x, countries()[origin.code].y],
            "radius": 5 + (LARGEST_BUBBLE - 5) * (origin.count / largest) ** 0.5,
            "fill": [*_colour(origin), 210],
        }
        for origin in origins
    ]
    return pdk.Layer(
        "ScatterplotLayer",
        data=rows,
        id="bubbles",
        pickable=True,
        auto_highlight=True,
        stroked=True,
        get_position="at",
        get_radius="radius",
        radius_units="'pixels'",
        get_fill_color="fill",
        get_line_color=list(COAST[dark]),
        line_width_units="'pixels'",
        get_line_width=1.5,
    )


def _colour(origin: Origin) -> tuple[int, int, int]:
    return BLUE if origin.expected else RED


# A chart of deck.gl has a zoom in pixels and no way to fit its frame, and Python does not know how wide that is. So a
# piece of JavaScript beside the map tells the width, where it is too small for the height to decide.
_ruler = st.components.v2.component(
    "map_ruler",
    html="<span></span>",
    js="""
    export default function ({parentElement, setStateValue, data}) {
      const host = parentElement.host ?? parentElement;
      const width = Math.floor(host.getBoundingClientRect().width / 10) * 10;
      if (width > 0 && width < data.enough && width !== data.width) setStateValue("width", width);
    }
    """,
)


def narrow_width(key: str, enough: int) -> int:
    """The width there is for a map in pixels, `enough` where there is that much; known from the second run on."""
    kept = st.session_state.get(f"{key}_width", enough)
    told = _ruler(data={"enough": enough, "width": kept}, key=key, height=1, on_width_change=lambda: None)
    width = int(told.width or kept)
    st.session_state[f"{key}_width"] = width
    return width
