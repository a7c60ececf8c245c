"""Values over time that do not add up: points without a line, and lines with gaps where nothing was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import altair as alt
import pandas as pd

from pages.parts.charts import LEVEL_COLOURS, NO_PADDING, OTHER_COLOUR, colours, count_axis, legend, stamp, time_axis
from pages.parts.units import Unit, written

MOST_POINTS = 5_000


def scatter(
    tall: pd.DataFrame,
    *,
    window: tuple[datetime, datetime],
    limit: float,
    unit: Unit,
    other: str,
    labels: Mapping[str, str],
) -> alt.LayerChart | alt.FacetChart:
    """Points over time on a logarithmic axis, one colour per series, a red line at the limit.

    `tall` has `_time` (local, no zone), `series` and `value` above zero; `shown` is the name of a point's colour,
    `name` its own.
    A click on a point selects `pick` with its `bucket` (ISO text) and `series`.
    """
    data = _texts(tall.nlargest(MOST_POINTS, "value"), unit)
    names = _by_size(data, other)
    shades = colours(names, other)
    pick = alt.selection_point(name="pick", fields=["bucket", "series"], on="click", clear="dblclick", empty=True)
    points = (
        alt.Chart(data)
        .mark_point(filled=True, cursor="pointer")
        .encode(
            x=_time(window),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(type="log", nice=False, padding=8), axis=_log_axis(unit)),
            color=_colour(names, shades),
            size=alt.condition(f"datum.value > {limit}", alt.value(70), alt.value(34)),
            opacity=alt.condition(pick, alt.value(0.85), alt.value(0.25)),
            tooltip=_tooltip(labels),
        )
        .add_params(pick)
    )
    line = (
        alt.Chart(pd.DataFrame({"limit": [limit]}))
        .mark_rule(color=LEVEL_COLOURS["red"], strokeDash=[5, 4])
        .encode(y=alt.Y("limit:Q", title=None))
    )
    return alt.layer(line, points).properties(padding=NO_PADDING)


def lines(
    tall: pd.DataFrame,
    *,
    window: tuple[datetime, datetime],
    shades: Mapping[str, str],
    unit: Unit,
    labels: Mapping[str, str],
    limits: Sequence[float] = (),
    dots: bool = True,
) -> alt.LayerChart | alt.FacetChart:
    """Lines over time with a gap where `value` is null; `shades` gives the colour of each `shown` name, in order.

    `tall` has `_time` (local, no zone), `series`, `name`, `shown`, `value` and perhaps a `note` for the tooltip.
    `limits` are drawn as lines, the last one in red; without `dots` points are only felt. A click on a point selects
    `pick` with its `bucket` (ISO text) and `series`.
    """
    data = _texts(tall, unit)
    pick = alt.selection_point(name="pick", fields=["bucket", "series"], on="click", clear="dblclick", empty=True)
    base = alt.Chart(data).encode(
        x=_time(window),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=count_axis(unit)),
        color=_colour(list(shades), shades),
    )
    strokes = base.mark_line(strokeWidth=2, invalid="break-paths-show-path-domains").encode(detail="series:N")
    points = (
        base.transform_filter("isValid(datum.value)")
        .mark_point(filled=True, cursor="pointer")
        .encode(
            size=alt.condition("datum.value > 0", alt.value(36), alt.value(6)),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.25)) if dots else alt.value(0.01),
            tooltip=[*_tooltip(labels), *([alt.Tooltip("note:N", title=labels["note"])] if "note" in tall else [])],
        )
        .add_params(pick)
    )
    return alt.layer(*_limit_lines(limits), strokes, points).properties(padding=NO_PADDING)


def _limit_lines(limits: Sequence[float]) -> list[alt.Chart]:
    shades = [LEVEL_COLOURS["amber"]] * (len(limits) - 1) + [LEVEL_COLOURS["red"]]
    return [
        alt.Chart(pd.DataFrame({"limit": [limit]}))
        .mark_rule(color=shade, strokeDash=[5, 4], opacity=0.8)
        .encode(y=alt.Y("limit:Q", title=None))
        for limit, shade in zip(limits, shades, strict=False)
    ]


def _texts(tall: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    return tall.assign(
        bucket=tall["_time"].map(lambda moment: moment.isoformat()),
        text=tall["value"].map(lambda value: "" if pd.isna(value) else written(value, unit)),
    )


def _by_size(data: pd.DataFrame, other: str) -> list[str]:
    """The names in the legend, those with the largest values first and the rest last."""
    largest = data.groupby("shown")["value"].max().sort_values(ascending=False)
    return [name for name in largest.index if name != other] + [name for name in largest.index if name == other]


def _time(window: tuple[datetime, datetime]) -> alt.X:
    domain = [stamp(window[0]), stamp(window[1])]
    return alt.X("_time:T", title=None, scale=alt.Scale(domain=domain), axis=time_axis())


def _colour(names: list[str], shades: Mapping[str, str]) -> alt.Color:
    return alt.Color(
        "shown:N",
        scale=alt.Scale(domain=names, range=[shades.get(name, OTHER_COLOUR) for name in names]),
        legend=legend(names),
        title=None,
    )


def _log_axis(unit: Unit) -> alt.Axis:
    """Lines at the powers of ten."""
    axis = count_axis(unit)
    axis.values = [10.0**power for power in range(-5, 4)]
    return axis


def _tooltip(labels: Mapping[str, str]) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("_time:T", format="%Y-%m-%d %H:%M", title=labels["time"]),
        alt.Tooltip("name:N", title=labels["series"]),
        alt.Tooltip("text:N", title=labels["value"]),
    ]
