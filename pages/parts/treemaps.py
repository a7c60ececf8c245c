"""A treemap: amounts as tiles of a rectangle, the largest top left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from pages.parts.charts import LEVEL_COLOURS, NO_PADDING, colours

DARK_INK, WHITE = "#0F172A", "#FFFFFF"
GAP = 1.5  # pixels between tiles, on each side


class Tile(NamedTuple):
    """A rectangle; y grows downwards."""

    x0: float
    y0: float
    x1: float
    y1: float


def squarify(amounts: Sequence[float], width: float, height: float) -> list[Tile]:
    """Tiles of areas in proportion to positive amounts (largest first), as close to squares as rows of them can be.

    The method is that of Bruls, Huizing and van Wijk (2000).

    >>> squarify([3, 1], 4, 1)
    [Tile(x0=0.0, y0=0.0, x1=3.0, y1=1.0), Tile(x0=3.0, y0=0.0, x1=4.0, y1=1.0)]
    """
    scale = width * height / sum(amounts)
    areas = [amount * scale for amount in amounts]
    tiles: list[Tile] = []
    free = Tile(0.0, 0.0, float(width), float(height))
    while areas:
        side = min(free.x1 - free.x0, free.y1 - free.y0)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        laid, free = _lay(row, free)
        tiles += laid
    return tiles


def _worst(row: Sequence[float], side: float) -> float:
    """The ratio of the sides of the least square-like tile of a row along a side."""
    thick = sum(row) / side
    return max(max(thick * thick / area, area / (thick * thick)) for area in row)


def _lay(row: Sequence[float], free: Tile) -> tuple[list[Tile], Tile]:
    """The tiles of a row along the shorter side of what is free, and what stays free."""
    x, y = free.x0, free.y0
    tiles = []
    if free.x1 - free.x0 >= free.y1 - free.y0:
        thick = sum(row) / (free.y1 - free.y0)
        for area in row:
            tiles.append(Tile(x, y, x + thick, y + area / thick))
            y += area / thick
        return tiles, free._replace(x0=x + thick)
    thick = sum(row) / (free.x1 - free.x0)
    for area in row:
        tiles.append(Tile(x, y, x + area / thick, y + thick))
        x += area / thick
    return tiles, free._replace(y0=y + thick)


def ink(background: str) -> str:
    """White or dark, whichever reads better on a colour.

    >>> ink("#2563EB"), ink("#FBBF24")
    ('#FFFFFF', '#0F172A')
    """
    light = _luminance(background)
    return WHITE if 1.05 / (light + 0.05) >= (light + 0.05) / (_luminance(DARK_INK) + 0.05) else DARK_INK


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG, from 0 (black) to 1 (white)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def treemap(
    frame: pd.DataFrame, *, aspect: float, height: int, other: str, known: Mapping[str, str], labels: Mapping[str, str]
) -> Any:
    """Tiles of `label, value` (positive, largest first) with `text`, `share` (texts), `is_new` and a `reason`.

    `aspect` is width by height of what will be drawn, about; `height` its pixels. A click selects `pick` with `place`.
    A tile that is new has a red edge. `known` gives labels their colours; others have the one of
    a time chart's series.
    """
    tiles = squarify(frame["value"].tolist(), aspect, 1.0)
    shades = {**colours(frame["label"].tolist(), other), **known}
    data = pd.DataFrame(tiles).assign(
        place=range(len(frame)),
        label=frame["label"].tolist(),
        text=frame["text"].tolist(),
        share=frame["share"].tolist(),
        reason=frame["reason"].tolist(),
        is_new=frame["is_new"].tolist(),
        colour=[shades[label] for label in frame["label"]],
        ink=[ink(shades[label]) for label in frame["label"]],
    )
    data = data.assign(amount=data["text"] + " · " + data["share"])
    pick = alt.selection_point(name="pick", fields=["place"], on="click", clear="dblclick", empty=True)
    base = alt.Chart(data)
    across, down = _scale(aspect), alt.Scale(domain=[0, 1], nice=False, zero=False, reverse=True)
    rectangles = (
        base.mark_rect(cornerRadius=4, cursor="pointer", xOffset=GAP, x2Offset=-GAP, yOffset=GAP, y2Offset=-GAP)
        .encode(
            x=alt.X("x0:Q", axis=None, scale=across),
            x2="x1:Q",
            y=alt.Y("y0:Q", axis=None, scale=down),
            y2="y1:Q",
            color=alt.Color("colour:N", scale=None, legend=None),
            stroke=alt.condition("datum.is_new", alt.value(LEVEL_COLOURS["red"]), alt.value(None)),
            strokeWidth=alt.condition("datum.is_new", alt.value(3), alt.value(0)),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("label:N", title=labels["label"]),
                alt.Tooltip("text:N", title=labels["value"]),
                alt.Tooltip("share:N", title=labels["share"]),
                alt.Tooltip("reason:N", title=labels["reason"]),
            ],
        )
        .add_params(pick)
    )
    pixels = f"((datum.x1 - datum.x0) / {aspect} * width)"
    tall = f"((datum.y1 - datum.y0) * {height})"
    texts = [
        base.mark_text(
            align="left",
            baseline="top",
            dx=9,
            dy=dy,
            fontSize=size,
            fontWeight=weight,
            limit=alt.ExprRef(f"max(1, {pixels} - 16)"),
            tooltip=None,
        ).encode(
            x=alt.X("x0:Q", axis=None, scale=across),
            y=alt.Y("y0:Q", axis=None, scale=down),
            text=f"{field}:N",
            color=alt.Color("ink:N", scale=None, legend=None),
            opacity=alt.condition(f"{tall} > {room} && {pixels} > 44", alt.value(1), alt.value(0)),
        )
        for field, dy, size, weight, room in (("label", 8, 13, 600, 26), ("amount", 26, 12, 400, 46))
    ]
    return alt.layer(rectangles, *texts).properties(padding=NO_PADDING)


def _scale(aspect: float) -> alt.Scale:
    return alt.Scale(domain=[0, aspect], nice=False, zero=False)
