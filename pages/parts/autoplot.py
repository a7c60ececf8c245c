"""The automatic charts of Explore, drawn with Altair from shaped rows; readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import altair as alt
import pandas as pd

from pages.parts.charts import GRID, INK, NO_PADDING, PALETTE, TIME_FORMATS, colours

BLUE = PALETTE[0]
Words = Mapping[str, str]  # tooltip titles: time, series, value


def line(tall: pd.DataFrame, *, words: Words) -> alt.LayerChart:
    """Lines over time; the moment under the pointer shows all its values."""
    names = _by_size(tall)
    near = alt.selection_point(nearest=True, on="pointermove", clear="pointerout", fields=["_time"], empty=False)
    base = alt.Chart(tall).encode(x=_time_x(), color=_series_colour(names, ""))
    curves = base.mark_line(strokeWidth=1.8, interpolate="linear", clip=True).encode(
        y=_value_y("value:Q", flat=not tall["value"].any())
    )
    points = base.mark_point(filled=True, size=44, opacity=1).encode(y="value:Q").transform_filter(near)
    wide = tall.pivot_table(index="_time", columns="series", values="value", aggfunc="sum").reset_index()
    wide.columns = pd.Index(["_time", *(f"s{place}" for place in range(wide.shape[1] - 1))])
    columns = list(tall.pivot_table(columns="series", values="value", aggfunc="sum").columns)
    tips = [alt.Tooltip("_time:T", format="%Y-%m-%d %H:%M:%S", title=words["time"])]
    tips += [
        alt.Tooltip(f"s{columns.index(name)}:Q", format=",.6~g", title=name) for name in names[:12] if name in columns
    ]
    rule = (
        alt.Chart(wide)
        .mark_rule(color=INK, strokeWidth=1)
        .encode(x="_time:T", tooltip=tips, opacity=alt.condition(near, alt.value(0.6), alt.value(0)))
        .add_params(near)
    )
    return alt.layer(curves, points, rule).properties(padding=NO_PADDING)


def stacked(tall: pd.DataFrame, *, width: timedelta, other: str, words: Words) -> alt.Chart:
    """Columns over time, one colour a series, the largest at the bottom; a click selects `pick`."""
    names = [name for name in _by_size(tall) if name != other]
    names += [other] if other in set(tall["series"]) else []
    rank = {name: place for place, name in enumerate(names)}
    data = _with_bucket(tall, width).assign(rank=tall["series"].map(rank))
    pick = alt.selection_point(name="pick", fields=["bucket", "series"], on="click", clear="dblclick", empty=True)
    return (
        alt.Chart(data)
        .mark_bar(binSpacing=1, stroke=None, cursor="pointer")
        .encode(
            x=_time_x(),
            x2="until:T",
            # An aggregate, because columns with two ends in time stop stacking otherwise.
            y=_value_y("sum(value):Q", stack="zero"),
            color=_series_colour(names, other),
            order="rank:Q",
            detail="bucket:N",
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("_time:T", format="%Y-%m-%d %H:%M:%S", title=words["time"]),
                alt.Tooltip("series:N", title=words["series"]),
                alt.Tooltip("sum(value):Q", format=",.6~g", title=words["value"]),
            ],
        )
        .add_params(pick)
        .properties(padding=NO_PADDING)
    )


def rows(counts: pd.DataFrame, *, width: timedelta, words: Words) -> alt.Chart:
    """How many rows there are over time; a click selects `pick` with its `bucket`, dragging selects `zoom`."""
    pick = alt.selection_point(name="pick", fields=["bucket"], on="click", clear="dblclick", empty=True)
    zoom = alt.selection_interval(name="zoom", encodings=["x"], empty=True)
    return (
        alt.Chart(_with_bucket(counts, width))
        .mark_bar(binSpacing=1, color=BLUE, cursor="pointer")
        .encode(
            x=_time_x(),
            x2="until:T",
            y=_value_y("sum(count):Q", whole=True),
            detail="bucket:N",
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("_time:T", format="%Y-%m-%d %H:%M:%S", title=words["time"]),
                alt.Tooltip("count:Q", format=",", title=words["value"]),
            ],
        )
        .add_params(pick, zoom)
        .properties(padding=NO_PADDING)
    )


def bar(shaped: pd.DataFrame, *, words: Words) -> alt.LayerChart:
    """Horizontal bars in the rows' order with the value behind each; a click selects `pick` with its `row`."""
    pick = alt.selection_point(name="pick", fields=["row"], on="click", clear="dblclick", empty=True)
    largest, smallest = max(float(shaped["value"].max()), 0), min(float(shaped["value"].min()), 0)
    room = (largest - smallest) * 0.16 or 1
    base = alt.Chart(shaped.assign(place=range(len(shaped)))).encode(
        y=alt.Y(
            "label:N",
            sort=alt.EncodingSortField("place", order="ascending"),
            title=None,
            axis=alt.Axis(labelColor=INK, labelLimit=alt.ExprRef("max(90, width * 0.42)"), domain=False, ticks=False,
                          labelPadding=8),
        ),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=[smallest, largest + room])),
        tooltip=[
            alt.Tooltip("label:N", title=words["series"]),
            alt.Tooltip("value:Q", format=",.6~g", title=words["value"]),
        ],
    )  # fmt: skip
    shapes = base.mark_bar(cornerRadius=3, cursor="pointer", height=alt.RelativeBandSize(0.64), color=BLUE).encode(
        opacity=alt.condition(pick, alt.value(1), alt.value(0.35))
    )
    numbers = base.mark_text(align="left", dx=6, color=INK).encode(text=alt.Text("value:Q", format=",.6~g"))
    return alt.layer(shapes.add_params(pick), numbers).properties(padding=NO_PADDING)


def box(shaped: pd.DataFrame, *, words: Words) -> alt.LayerChart:
    """Box plots from five numbers: whiskers to the extremes, the box between the quartiles, a tick at the median."""
    tips = [alt.Tooltip("label:N", title=words["series"])]
    tips += [
        alt.Tooltip(f"{name}:Q", format=",.6~g", title=words[name]) for name in ("max", "iqr3", "iqr2", "iqr1", "min")
    ]
    base = alt.Chart(shaped.assign(place=range(len(shaped)))).encode(
        y=alt.Y(
            "label:N",
            sort=alt.EncodingSortField("place", order="ascending"),
            title=None,
            axis=alt.Axis(labelColor=INK, labelLimit=220, domain=False, ticks=False, labelPadding=8),
        ),
        tooltip=tips,
    )
    axis = alt.Axis(labelColor=INK, gridColor=GRID, domain=False, ticks=False, format="~s", tickCount=6)
    whiskers = base.mark_rule(color=INK).encode(x=alt.X("min:Q", title=None, axis=axis), x2="max:Q")
    ends = [base.mark_tick(color=INK, size=10, thickness=1).encode(x=f"{name}:Q") for name in ("min", "max")]
    middle = base.mark_bar(color=BLUE, opacity=0.75, height=alt.RelativeBandSize(0.55), cornerRadius=2).encode(
        x="iqr1:Q", x2="iqr3:Q"
    )
    median = base.mark_tick(color="#FFFFFF", thickness=2, height=alt.RelativeBandSize(0.55)).encode(x="iqr2:Q")
    return alt.layer(whiskers, *ends, middle, median).properties(padding=NO_PADDING)


def _by_size(tall: pd.DataFrame) -> list[str]:
    return [str(name) for name in tall.groupby("series")["value"].sum().sort_values(ascending=False).index]


def _with_bucket(data: pd.DataFrame, width: timedelta) -> pd.DataFrame:
    return data.assign(until=data["_time"] + width, bucket=data["_time"].map(lambda moment: moment.isoformat()))


def _series_colour(names: list[str], other: str) -> alt.Color:
    shades = colours(names, other)
    legend = alt.Legend(
        orient="bottom", direction="horizontal", labelColor=INK, labelLimit=130, symbolType="square", symbolSize=60,
        columns=alt.ExprRef("max(2, floor(width / 160))"), rowPadding=1, columnPadding=12, offset=4, padding=0,
    )  # fmt: skip
    return alt.Color(
        "series:N",
        scale=alt.Scale(domain=names, range=[shades[name] for name in names]),
        legend=legend,
        title=None,
    )


def _time_x() -> alt.X:
    axis = alt.Axis(
        format=TIME_FORMATS, labelColor=INK, tickColor=GRID, domainColor=GRID, grid=False, labelOverlap=True,
        labelFlush=True,
    )  # fmt: skip
    return alt.X("_time:T", bandPosition=0, title=None, axis=axis)


def _value_y(column: str, stack: str | None = None, *, whole: bool = False, flat: bool = False) -> alt.Y:
    """The axis of values; `flat` ones are all 0, for which Vega's own scale would read NaN."""
    axis = alt.Axis(
        labelColor=INK, gridColor=GRID, domain=False, ticks=False, format="~s", tickCount=5,
        **({"tickMinStep": 1} if whole else {}),
    )  # fmt: skip
    scale = alt.Scale(domain=[0, 1]) if flat else alt.Undefined
    return alt.Y(column, stack=stack, title=None, axis=axis, scale=scale)  # type: ignore[arg-type]
