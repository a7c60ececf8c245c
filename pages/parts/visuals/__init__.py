"""How each visual draws the answer to its panel: one module per visual, all behind `draw`."""

from pages.parts.visuals import bars, boxplot, columns, countries, number, overtime, table
from pages.parts.visuals.shown import CARD_EDGES, Shown, draw

__all__ = ["CARD_EDGES", "Shown", "bars", "boxplot", "columns", "countries", "draw", "number", "overtime", "table"]
