"""Charts of how long things take, a row per server: boxes from five numbers, and percentiles as points.

Both have a logarithmic axis of seconds: one slow answer would else squeeze all others into a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from pages.parts.charts import GRID, INK, LEVEL_COLOURS, NO_PADDING, legend
from pages.parts.panel import Level
from pages.parts.units import axis_text, written

LEAST = 0.00001  # seconds: a logarithmic axis has no zero
POINT_COLOURS = ("#60A5FA", "#7C3AED", "#DB2777")  # from the middle of the answers to their slow end
DECADES = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000]


def boxes(
    frame: pd.DataFrame, *, levels: Sequence[Level], limits: Sequence[float], labels: Mapping[str, str]
) -> alt.LayerChart | alt.FacetChart:
    """Box plots of `label, count, min, iqr1, iqr2, iqr3, max` (seconds), in the frame's order.

    `limits` are drawn as lines, the last one in red. A click on a row selects `pick` with its `place`.
    """
    numbers = ["min", "iqr1", "iqr2", "iqr3", "max"]
    data = _rows(frame, ["label", "count", *numbers], numbers).assign(level=list(levels))
    base = _base(data)
    low, high = _domain(data, [*numbers], limits)
    x = alt.X("iqr1:Q", title=None, axis=_seconds_axis(), scale=alt.Scale(type="log", domain=[low, high], nice=False))
    colour = alt.Color(
        "level:N", scale=alt.Scale(domain=list(LEVEL_COLOURS), range=list(LEVEL_COLOURS.values())), legend=None
    )
    whiskers = base.mark_rule(color=INK).encode(x=alt.X("min:Q", title=None), x2="max:Q")
    ends = [
        base.mark_tick(color=INK, thickness=1.5, size=8).encode(x=alt.X(f"{end}:Q", title=None))
        for end in ("min", "max")
    ]
    body = base.mark_bar(cornerRadius=2, height=alt.RelativeBandSize(0.6)).encode(x=x, x2="iqr3:Q", color=colour)
    middle = base.mark_tick(color="white", thickness=2, height=alt.RelativeBandSize(0.6)).encode(
        x=alt.X("iqr2:Q", title=None)
    )
    tooltip = [
        alt.Tooltip("label:N", title=labels["label"]),
        *(alt.Tooltip(f"{name}_text:N", title=labels[name]) for name in reversed(numbers)),
        alt.Tooltip("count:Q", format=",", title=labels["count"]),
    ]
    layers = [*_limit_lines(limits), whiskers, *ends, body, middle, _hits(base, low, high, tooltip)]
    return alt.layer(*layers).properties(padding=NO_PADDING)


def percentiles(
    frame: pd.DataFrame, *, points: Sequence[str], limits: Sequence[float], labels: Mapping[str, str]
) -> alt.LayerChart | alt.FacetChart:
    """Percentiles (seconds, columns `points`, ascending) as points on a line, a row per `label` in the frame's order.

    `limits` are drawn as lines, the last one in red. A click on a row selects `pick` with its `place`.
    """
    data = _rows(frame, ["label", "count", *points], points)
    base = _base(data)
    low, high = _domain(data, points, limits)
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    line = base.mark_rule(color=INK, strokeWidth=2, opacity=0.5).encode(
        x=alt.X(f"{points[0]}:Q", title=None, axis=_seconds_axis(), scale=scale), x2=f"{points[-1]}:Q"
    )
    dots = (
        base.transform_fold(list(points), as_=["point", "seconds"])
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X("seconds:Q", title=None),
            color=alt.Color(
                "point:N",
                scale=alt.Scale(domain=list(points), range=list(POINT_COLOURS[: len(points)])),
                legend=legend(points),
                title=None,
            ),
        )
    )
    tooltip = [
        alt.Tooltip("label:N", title=labels["label"]),
        *(alt.Tooltip(f"{name}_text:N", title=name) for name in points),
        alt.Tooltip("count:Q", format=",", title=labels["count"]),
    ]
    layers = [*_limit_lines(limits), line, dots, _hits(base, low, high, tooltip)]
    return alt.layer(*layers).properties(padding=NO_PADDING)


def _rows(frame: pd.DataFrame, columns: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """The drawn columns, numbers above zero, each also as text with the number that it really is."""
    data = frame[list(columns)].reset_index(drop=True).assign(place=range(len(frame)))
    for name in numbers:
        data[f"{name}_text"] = data[name].map(lambda value: written(value, "seconds"))
        data[name] = data[name].clip(lower=LEAST).astype(float)
    return data


def _base(data: pd.DataFrame) -> alt.Chart:
    axis = alt.Axis(labelColor=INK, labelLimit=180, domain=False, ticks=False, labelPadding=8)
    return alt.Chart(data).encode(y=alt.Y("label:N", sort=data["label"].tolist(), title=None, axis=axis))


def _domain(data: pd.DataFrame, numbers: Sequence[str], limits: Sequence[float]) -> tuple[float, float]:
    """A little more than from the smallest to the largest number."""
    low, high = float(data[list(numbers)].min().min()), float(data[list(numbers)].max().max())
    return min(low, *limits) * 0.8, max(high, *limits) * 1.25


def _seconds_axis() -> alt.Axis:
    return alt.Axis(
        labelColor=INK, gridColor=GRID, domain=False, ticks=False, values=DECADES, labelExpr=axis_text("seconds"),
        labelOverlap=True,
    )  # fmt: skip


def _limit_lines(limits: Sequence[float]) -> list[alt.Chart]:
    shades = [LEVEL_COLOURS["amber"]] * (len(limits) - 1) + [LEVEL_COLOURS["red"]]
    return [
        alt.Chart(pd.DataFrame({"limit": [limit]}))
        .mark_rule(color=shade, strokeDash=[4, 4], opacity=0.8)
        .encode(x=alt.X("limit:Q", title=None))
        for limit, shade in zip(limits, shades, strict=True)
    ]


def _hits(base: alt.Chart, low: float, high: float, tooltip: Sequence[alt.Tooltip]) -> alt.Chart:
    """Invisible bars over whole rows: they are what the pointer meets, wherever in a row it is."""
    pick = alt.selection_point(name="pick", fields=["place"], on="click", clear="dblclick", empty=True)
    bars: alt.Chart = (
        base.mark_bar(fillOpacity=0.001, color=INK, cursor="pointer", height=alt.RelativeBandSize(1))
        .encode(x=alt.datum(low), x2=alt.datum(high), tooltip=list(tooltip))
        .add_params(pick)
    )
    return bars
