"""Charts from frames: pure functions that return Altair charts, readable in light and dark.

Instants must arrive as local times without a zone: Vega draws zoned ones in the browser's zone.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import altair as alt
import pandas as pd

from engine.screen import screen_width
from pages.parts.panel import Level
from pages.parts.units import Unit, axis_text, written

INK = "#7A869A"  # text and rules: readable on white and on dark slate
GRID = "#7A869A33"
LEVEL_COLOURS: Mapping[Level, str] = {"ok": "#2563EB", "amber": "#D97706", "red": "#DC2626"}
OTHER_COLOUR = "#94A3B8"
# Ten strong colours, then ten quieter ones of the same order, all distinct on both backgrounds.
PALETTE = (
    "#2563EB", "#D97706", "#059669", "#DC2626", "#7C3AED", "#0D9488", "#DB2777", "#4D7C0F", "#0284C7", "#B45309",
    "#60A5FA", "#FBBF24", "#34D399", "#F87171", "#A78BFA", "#2DD4BF", "#F472B6", "#A3E635", "#38BDF8", "#FB923C",
)  # fmt: skip
MOST_SERIES = 20
TIME_FORMATS = {
    "year": "%Y", "month": "%Y-%m", "week": "%m-%d", "date": "%m-%d",
    "hours": "%H:%M", "minutes": "%H:%M", "seconds": "%H:%M:%S",
}  # fmt: skip
NO_PADDING = {"left": 0, "top": 4, "right": 4, "bottom": 0}


def colours(names: Sequence[str], other: str) -> dict[str, str]:
    """A colour for each series that does not depend on the others' order: the same name keeps its colour.

    Two names that want the same colour get neighbours, the first in the alphabet its own.

    >>> colours(["RunInstances", "other"], "other")["other"] == OTHER_COLOUR
    True
    >>> len(set(colours([f"series {n}" for n in range(20)], "other").values()))
    20
    """
    chosen = {other: OTHER_COLOUR} if other in names else {}
    free = list(PALETTE)
    for name in sorted(set(names) - {other}):
        wish = zlib.crc32(name.encode()) % len(PALETTE)
        colour = next(
            (candidate for candidate in PALETTE[wish:] + PALETTE[:wish] if candidate in free),
            PALETTE[wish],
        )
        if colour in free:
            free.remove(colour)
        chosen[name] = colour
    return chosen


def long_form(frame: pd.DataFrame, other: str, none: str) -> tuple[pd.DataFrame, int]:
    """A chart's wide frame (`_time`, one column per series) as rows `_time, series, count`, zeros left out.

    Only the `MOST_SERIES` largest series keep their name, the rest becomes `other`; the second result is how many
    series that are. A series without a name is called `none`.
    """
    wide = frame.set_index("_time").apply(pd.to_numeric).fillna(0)
    wide.columns = pd.Index([none if name is None or pd.isna(name) or name == "" else str(name) for name in wide])
    totals = wide.sum().sort_values(ascending=False, kind="stable")
    small = list(totals.index[MOST_SERIES:])
    if small:
        wide = wide.drop(columns=small).assign(**{other: wide[small].sum(axis=1)})
    tall = wide.rename_axis("_time").reset_index().melt("_time", var_name="series", value_name="count")
    return tall[tall["count"] != 0].reset_index(drop=True), len(small)


def stacked_columns(
    tall: pd.DataFrame,
    *,
    span: timedelta,
    window: tuple[datetime, datetime],
    other: str,
    labels: Mapping[str, str],
    unit: Unit = "events",
    known: Mapping[str, str] | None = None,
    shaded: Sequence[tuple[datetime, datetime]] = (),
    marked: Sequence[datetime] = (),
) -> Any:
    """Amounts over time as stacked columns, one colour per series, the largest at the bottom.

    `tall` has `_time` (local, no zone), `series` and `count`; `labels` names time, event and count in the tooltip.
    `known` gives series their colours and their order, from the bottom. A click on a column selects `pick` with its
    `bucket` (ISO text) and `series`. Spans of time may be `shaded`, and buckets `marked` by their start; `labels` names
    the mark too.
    """
    totals = tall.groupby("series")["count"].sum().sort_values(ascending=False)
    known = known or {}
    first = [name for name in known if name in totals.index]
    ordered = first + [name for name in totals.index if name != other and name not in known]
    ordered += [name for name in totals.index if name == other]
    shades = {**colours(ordered, other), **known}
    rank = {name: position for position, name in enumerate(ordered)}
    data = tall.assign(
        until=tall["_time"] + span,
        bucket=tall["_time"].map(lambda moment: moment.isoformat()),
        rank=tall["series"].map(rank),
        text=tall["count"].map(lambda value: written(value, unit)),
    )
    pick = alt.selection_point(name="pick", fields=["bucket", "series"], on="click", clear="dblclick", empty=True)
    faded = alt.condition(pick, alt.value(1), alt.value(0.35))
    scale = alt.Scale(domain=[stamp(window[0]), stamp(window[1])])
    columns = (
        alt.Chart(data)
        .mark_bar(stroke=None, binSpacing=1, cursor="pointer")
        .encode(
            x=alt.X("_time:T", bandPosition=0, title=None, scale=scale, axis=time_axis()),
            x2="until:T",
            # An aggregate, because columns with two ends in time stop stacking otherwise.
            y=alt.Y(
                "sum(count):Q",
                stack="zero",
                title=None,
                axis=count_axis(unit),
            ),
            color=alt.Color(
                "series:N",
                scale=alt.Scale(domain=ordered, range=[shades[name] for name in ordered]),
                legend=legend(ordered),
                title=None,
            ),
            order="rank:Q",
            opacity=faded,
            detail="bucket:N",
            tooltip=[
                alt.Tooltip("_time:T", format="%Y-%m-%d %H:%M", title=labels["time"]),
                alt.Tooltip("series:N", title=labels["event"]),
                alt.Tooltip("text:N", title=labels["count"]),
            ],
        )
        .add_params(pick)
    )
    behind = [_shade(shaded, scale)] if shaded else []
    before = [_marks(marked, span, scale, labels["mark"])] if marked else []
    return alt.layer(*behind, columns, *before).properties(padding=NO_PADDING)


def _shade(spans: Sequence[tuple[datetime, datetime]], scale: alt.Scale) -> alt.Chart:
    data = pd.DataFrame(spans, columns=["from", "to"])
    return (
        alt.Chart(data)
        .mark_rect(color=INK, opacity=0.1, clip=True)
        .encode(x=alt.X("from:T", title=None, scale=scale, axis=time_axis()), x2="to:T")
    )


def _marks(starts: Sequence[datetime], span: timedelta, scale: alt.Scale, title: str) -> alt.Chart:
    """Triangles at the top, in the middle of their buckets."""
    data = pd.DataFrame({"middle": [start + span / 2 for start in starts], "mark": title})
    return (
        alt.Chart(data)
        .mark_point(shape="triangle-down", filled=True, size=70, color=LEVEL_COLOURS["red"], opacity=1)
        .encode(
            x=alt.X("middle:T", title=None, scale=scale, axis=time_axis()),
            y=alt.value(4),
            tooltip=[alt.Tooltip("middle:T", format="%Y-%m-%d %H:%M", title=""), alt.Tooltip("mark:N", title="")],
        )
    )


def legend(names: Sequence[str]) -> alt.Legend:
    """A legend of these names under the chart, in as many columns as fit."""
    widest = min(165, 34 + 7 * max(map(screen_width, names), default=0))
    # On a phone two columns of the first names: all of them, one below the other, leave no room for the chart.
    columns = alt.ExprRef(f"width < 420 ? 2 : max(1, floor(width / {widest}))")
    return alt.Legend(
        orient="bottom", direction="horizontal", labelColor=INK, labelLimit=alt.ExprRef("width < 420 ? 110 : 150"),
        symbolType="square", symbolSize=60, symbolOpacity=1, symbolLimit=alt.ExprRef("width < 420 ? 8 : 30"),
        columns=columns, rowPadding=1, columnPadding=12, offset=2, padding=0,
    )  # fmt: skip


def stamp(moment: datetime) -> alt.DateTime:
    return alt.DateTime(
        year=moment.year, month=moment.month, date=moment.day, hours=moment.hour, minutes=moment.minute,
        seconds=moment.second,
    )  # fmt: skip


def _from_zero_to_one(data: pd.DataFrame) -> dict[str, alt.Scale]:
    """A scale for a course in which nothing happened: without one the axis reads NaN."""
    return {} if data["count"].any() else {"scale": alt.Scale(domain=[0, 1])}


def course(data: pd.DataFrame, *, span: timedelta, colour: str, labels: Mapping[str, str]) -> alt.Chart:
    """One number over time as columns: `_time` (local, no zone) and `count`; a click selects `pick` with a `bucket`."""
    pick = alt.selection_point(name="pick", fields=["bucket"], on="click", clear="dblclick", empty=True)
    return (
        alt.Chart(data.assign(until=data["_time"] + span, bucket=data["_time"].map(lambda moment: moment.isoformat())))
        .mark_bar(binSpacing=1, color=colour, cursor="pointer")
        .encode(
            x=alt.X("_time:T", bandPosition=0, title=None, axis=time_axis()),
            x2="until:T",
            y=alt.Y("sum(count):Q", stack="zero", title=None, axis=count_axis(), **_from_zero_to_one(data)),
            detail="bucket:N",
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("_time:T", format="%Y-%m-%d %H:%M", title=labels["time"]),
                alt.Tooltip("count:Q", format=",", title=labels["count"]),
            ],
        )
        .add_params(pick)
        .properties(padding=NO_PADDING)
    )


def time_axis() -> alt.Axis:
    return alt.Axis(
        format=TIME_FORMATS, labelColor=INK, tickColor=GRID, domainColor=GRID, grid=False, labelOverlap=True,
        labelFlush=True,
    )  # fmt: skip


def count_axis(unit: Unit = "events") -> alt.Axis:
    """The axis of amounts, labelled in their unit."""
    axis: dict[str, Any] = {"format": "~s", "tickMinStep": 1} if unit == "events" else {"labelExpr": axis_text(unit)}
    return alt.Axis(labelColor=INK, gridColor=GRID, domain=False, ticks=False, tickCount=5, **axis)


def bars(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    levels: Sequence[Level],
    labels: Mapping[str, str],
    unit: Unit = "events",
    reasons: Sequence[str] = (),
    above: bool = False,
) -> Any:
    """Horizontal bars in the frame's order with the value behind each; a click selects `pick` with its `place`.

    `reasons` say why a bar has its level. Labels stand before their bars, or, being long, `above` them.
    """
    data = pd.DataFrame(
        {
            "place": range(len(frame)),
            "label": frame[label].astype(str),
            "value": frame[value].astype("int64"),
            "level": list(levels),
            "text": [written(amount, unit) for amount in frame[value]],
            "reason": list(reasons) or [""] * len(frame),
        }
    )
    pick = alt.selection_point(name="pick", fields=["place"], on="click", clear="dblclick", empty=True)
    largest = max(int(data["value"].max()), 1)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "label:N",
            sort=data["label"].tolist(),
            title=None,
            axis=None if above else alt.Axis(labelColor=INK, labelLimit=220, domain=False, ticks=False, labelPadding=8),
        ),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=[0, largest * 1.15])),
        tooltip=[
            alt.Tooltip("label:N", title=labels["label"]),
            alt.Tooltip("text:N", title=labels["value"]),
            *([alt.Tooltip("reason:N", title=labels["reason"])] if any(reasons) else []),
        ],
    )
    height, down = (0.3, 7) if above else (0.62, 0)
    shapes = base.mark_bar(cornerRadius=3, cursor="pointer", height=alt.RelativeBandSize(height), yOffset=down).encode(
        color=alt.Color(
            "level:N",
            scale=alt.Scale(domain=list(LEVEL_COLOURS), range=list(LEVEL_COLOURS.values())),
            legend=None,
        ),
        opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
    )
    numbers = base.mark_text(align="left", dx=6, color=INK, yOffset=down).encode(text="text:N")
    layers = [shapes.add_params(pick), numbers]
    if above:
        layers.append(
            base.mark_text(align="left", color=INK, yOffset=-8, limit=alt.ExprRef("width - 4")).encode(
                x=alt.value(0), text="label:N"
            )
        )
    return alt.layer(*layers).properties(padding=NO_PADDING)
