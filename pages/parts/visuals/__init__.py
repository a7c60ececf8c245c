"""How each visual draws the answer to its panel: one module per visual, all behind `draw`."""

from pages.parts.visuals import (
    bars,
    boxplot,
    columns,
    countries,
    days,
    figure,
    movers,
    namedlines,
    number,
    overtime,
    table,
    treemap,
)
from pages.parts.visuals.shown import CARD_EDGES, Shown, draw

__all__ = [
    "CARD_EDGES",
    "Shown",
    "bars",
    "boxplot",
    "columns",
    "countries",
    "days",
    "draw",
    "figure",
    "movers",
    "namedlines",
    "number",
    "overtime",
    "table",
    "treemap",
]
