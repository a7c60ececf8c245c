"""Charts of cost: days as stacked columns, the course of a month with its forecast, and what changed most.

Days arrive as local times without a zone; a cost day is a UTC day, whatever zone the viewer is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import altair as alt
import pandas as pd

from pages.parts.charts import (
    GRID,
    INK,
    LEVEL_COLOURS,
    NO_PADDING,
    OTHER_COLOUR,
    colours,
    count_axis,
    legend,
    stamp,
    time_axis,
)
from pages.parts.panel import Level
from pages.parts.units import Currency, written

DAY = timedelta(days=1)
GAP = timedelta(hours=1)  # at both sides of a day's column
STRIPES = 28  # lines of a hatching over the whole height of a chart
BEFORE_COLOUR = OTHER_COLOUR
NOW_COLOUR = "#2563EB"
FORECAST_COLOUR = "#60A5FA"
FALLING_COLOUR = "#059669"
PHONE = "width < 420"  # pixels


def stacked_days(
    tall: pd.DataFrame,
    *,
    window: tuple[datetime, datetime],
    currency: Currency,
    other: str,
    known: Mapping[str, str],
    incomplete: Sequence[datetime],
    levels: Mapping[datetime, tuple[Level, str]],
    labels: Mapping[str, str],
) -> Any:
    """Cost by day as stacked columns, credits below zero, days that are not complete yet hatched.

    `tall` has `_time`, `series` and `cost`; `levels` says which days stand out and why, and gives them a mark on top.
    A click on a column selects `pick` with its `bucket` (ISO text) and `series`.
    """
    totals = tall.groupby("series")["cost"].sum().sort_values(ascending=False)
    ordered = [name for name in totals.index if name != other] + [name for name in totals.index if name == other]
    shades = {**colours(ordered, other), **known}
    whole = tall.groupby("_time")["cost"].sum()
    data = tall.assign(
        since=tall["_time"] + GAP,
        until=tall["_time"] + DAY - GAP,
        bucket=tall["_time"].map(lambda moment: moment.isoformat()),
        rank=tall["series"].map({name: place for place, name in enumerate(ordered)}),
        text=[written(cost, currency) for cost in tall["cost"]],
        whole=[written(whole[day], currency) for day in tall["_time"]],
        note=["" if day not in levels else levels[day][1] for day in tall["_time"]],
        state=[labels["incomplete"] if day in set(incomplete) else "" for day in tall["_time"]],
    )
    pick = alt.selection_point(name="pick", fields=["bucket", "series"], on="click", clear="dblclick", empty=True)
    scale = alt.Scale(domain=[stamp(window[0]), stamp(window[1])])
    axis = _day_axis([window[0] + DAY * number for number in range((window[1] - window[0]).days)])
    columns = (
        alt.Chart(data)
        .mark_bar(stroke=None, binSpacing=0, cursor="pointer")
        .encode(
            x=alt.X("since:T", bandPosition=0, title=None, scale=scale, axis=axis),
            x2="until:T",
            # An aggregate, because columns with two ends in time stop stacking otherwise.
            y=alt.Y("sum(cost):Q", stack="zero", title=None, axis=count_axis(currency)),
            color=alt.Color(
                "series:N",
                scale=alt.Scale(domain=ordered, range=[shades[name] for name in ordered]),
                legend=legend(ordered),
                title=None,
            ),
            order="rank:Q",
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            detail="bucket:N",
            tooltip=[
                alt.Tooltip("_time:T", format="%Y-%m-%d", title=labels["day"]),
                alt.Tooltip("series:N", title=labels["series"]),
                alt.Tooltip("text:N", title=labels["cost"]),
                alt.Tooltip("whole:N", title=labels["whole"]),
                alt.Tooltip("note:N", title=labels["note"]),
                alt.Tooltip("state:N", title=labels["state"]),
            ],
        )
        .add_params(pick)
    )
    layers = [columns]
    positive, negative = _both_ways(tall)
    if lines := list(hatching(incomplete, positive, negative)):
        layers.append(_segments(pd.DataFrame(lines), scale, axis))
    if levels:
        layers.append(_level_marks(levels, positive, scale, axis))
    return alt.layer(*layers).properties(padding=NO_PADDING)


def _both_ways(tall: pd.DataFrame) -> tuple[Mapping[Any, float], Mapping[Any, float]]:
    """How high the columns of each day reach, and how low."""
    grouped = tall.assign(up=tall["cost"].clip(lower=0), down=tall["cost"].clip(upper=0)).groupby("_time")
    return grouped["up"].sum().to_dict(), grouped["down"].sum().to_dict()


def hatching(
    days: Sequence[datetime], up: Mapping[Any, float], down: Mapping[Any, float]
) -> Iterator[dict[str, datetime | float]]:
    """Slanted lines over the columns of some days, from their lowest to their highest amount.

    >>> day = pd.Timestamp("2026-11-23")
    >>> len(list(hatching([day], {day: 10.0}, {day: 0.0}))) > 20
    True
    """
    whole = max(up.values(), default=0) - min(down.values(), default=0)
    if whole <= 0:
        return
    step, width = whole / STRIPES, DAY - 2 * GAP
    for day in days:
        low, high = down.get(day, 0.0), up.get(day, 0.0)
        start = low - step
        while start < high:
            first, last = max(start, low), min(start + step, high)
            if last > first:
                yield {
                    "x0": day + GAP + width * ((first - start) / step), "y0": first,
                    "x1": day + GAP + width * ((last - start) / step), "y1": last,
                }  # fmt: skip
            start += step / 2


def _day_axis(days: Sequence[datetime]) -> alt.Axis:
    """Days, written under the middle of their columns."""
    axis = time_axis()
    axis.format = "%m-%d"
    axis.values = [stamp(day + DAY / 2) for day in days]
    axis.ticks = False
    axis.labelFlush = False
    return axis


def _segments(lines: pd.DataFrame, scale: alt.Scale, axis: alt.Axis) -> alt.Chart:
    return (
        alt.Chart(lines)
        .mark_rule(color="white", strokeWidth=1.2, opacity=0.75, clip=True, tooltip=None)
        .encode(
            x=alt.X("x0:T", title=None, scale=scale, axis=axis),
            x2="x1:T",
            y=alt.Y("y0:Q", title=None),
            y2="y1:Q",
        )
    )


def _level_marks(
    levels: Mapping[datetime, tuple[Level, str]], up: Mapping[Any, float], scale: alt.Scale, axis: alt.Axis
) -> alt.Chart:
    data = pd.DataFrame(
        {
            "middle": [day + DAY / 2 for day in levels],
            "top": [up.get(day, 0.0) for day in levels],
            "note": [note for _, note in levels.values()],
            "colour": [LEVEL_COLOURS[level] for level, _ in levels.values()],
        }
    )
    return (
        alt.Chart(data)
        .mark_point(shape="triangle-down", filled=True, size=80, opacity=1, yOffset=-9)
        .encode(
            x=alt.X("middle:T", title=None, scale=scale, axis=axis),
            y=alt.Y("top:Q", title=None),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("middle:T", format="%Y-%m-%d", title=""), alt.Tooltip("note:N", title="")],
        )
    )


def month_course(
    actual: pd.DataFrame,
    before: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    days: int,
    budget: float | None,
    currency: Currency,
    labels: Mapping[str, str],
) -> Any:
    """The cost of a month so far, day by day, with what it may become, the month before, and the budget as a line.

    `actual` and `before` have `day` (1 to 31), `cost` (the sum up to and with that day) and `bucket` (ISO text of the
    day); `forecast` has `low` and `high` too and begins where `actual` ends. `labels` names `now`, `before`,
    `forecast`, `range`, `budget`, `day`, `series` and `cost`. A click on a point selects `pick` with its `bucket`.
    """
    across = alt.X(
        "day:Q",
        title=None,
        scale=alt.Scale(domain=[1, days], nice=False),
        axis=alt.Axis(
            labelColor=INK,
            tickColor=GRID,
            domainColor=GRID,
            grid=False,
            format="d",
            tickMinStep=1,
            tickCount=alt.ExprRef(f"{PHONE} ? 5 : {days}"),
        ),
    )
    up = alt.Y("cost:Q", title=None, scale=alt.Scale(zero=True), axis=count_axis(currency))
    shades = {labels["now"]: NOW_COLOUR, labels["before"]: BEFORE_COLOUR, labels["forecast"]: FORECAST_COLOUR}
    parts = {labels["now"]: actual, labels["before"]: before, labels["forecast"]: forecast}
    names = [name for name, part in parts.items() if len(part)]

    def told(name: str) -> pd.DataFrame:
        part = parts[name]
        return part.assign(series=name, text=[written(cost, currency) for cost in part["cost"]])

    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=names, range=[shades[name] for name in names]),
        legend=legend(names),
        title=None,
    )
    tooltip = [
        alt.Tooltip("bucket:N", title=labels["day"]),
        alt.Tooltip("series:N", title=labels["series"]),
        alt.Tooltip("text:N", title=labels["cost"]),
    ]
    pick = alt.selection_point(name="pick", fields=["bucket"], on="click", clear="dblclick", empty=True)
    layers: list[Any] = []
    if len(forecast):
        ahead = told(labels["forecast"]).assign(
            range=[
                f"{written(low, currency)} – {written(high, currency)}"
                for low, high in zip(forecast["low"], forecast["high"], strict=True)
            ]
        )
        base = alt.Chart(ahead).encode(x=across)
        layers.append(
            base.mark_area(color=FORECAST_COLOUR, opacity=0.18).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
        )
        layers.append(
            base.mark_line(strokeWidth=2, strokeDash=[5, 4], point=alt.OverlayMarkDef(size=14)).encode(
                y=up, color=colour, tooltip=[*tooltip, alt.Tooltip("range:N", title=labels["range"])]
            )
        )
    seen = [told(name) for name in names if name != labels["forecast"]]
    base = alt.Chart(pd.concat(seen, ignore_index=True)).encode(x=across, y=up, color=colour)
    layers.append(base.mark_line(strokeWidth=2.5))
    layers.append(
        base.mark_point(filled=True, size=34, cursor="pointer")
        .encode(opacity=alt.condition(pick, alt.value(1), alt.value(0.3)), tooltip=tooltip)
        .add_params(pick)
    )
    if budget is not None:
        layers += _budget_line(budget, written(budget, currency), labels["budget"])
    return alt.layer(*layers).properties(padding=NO_PADDING)


def _budget_line(budget: float, text: str, title: str) -> list[alt.Chart]:
    data = pd.DataFrame({"budget": [budget], "text": [f"{title} {text}"]})
    base = alt.Chart(data).encode(y=alt.Y("budget:Q", title=None))
    return [
        base.mark_rule(color=LEVEL_COLOURS["red"], strokeDash=[6, 4], strokeWidth=1.5),
        base.mark_text(align="left", baseline="bottom", dx=4, dy=-3, color=LEVEL_COLOURS["red"], fontSize=11).encode(
            x=alt.value(0), text="text:N"
        ),
    ]


def movers(frame: pd.DataFrame, *, currency: Currency, labels: Mapping[str, str]) -> Any:
    """What rose (red, to the right) and fell (green, to the left): `label, now, before, change`, in the frame's order.
    Names and amounts stand above the bars.

    A click selects `pick` with its `place`.
    """
    data = pd.DataFrame(
        {
            "place": range(len(frame)),
            "label": frame["label"].astype(str).tolist(),
            "change": frame["change"].astype(float).tolist(),
            "text": [change_text(row.change, row.before, currency) for row in frame.itertuples()],
            "now": [written(cost, currency) for cost in frame["now"]],
            "before": [written(cost, currency) for cost in frame["before"]],
        }
    ).assign(rises=lambda rows: rows["change"] > 0)
    low, high = min(0.0, float(data["change"].min())), max(0.0, float(data["change"].max()))
    pick = alt.selection_point(name="pick", fields=["place"], on="click", clear="dblclick", empty=True)
    colour = alt.condition("datum.rises", alt.value(LEVEL_COLOURS["red"]), alt.value(FALLING_COLOUR))
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=data["label"].tolist(), title=None, axis=None),
        tooltip=[
            alt.Tooltip("label:N", title=labels["label"]),
            alt.Tooltip("now:N", title=labels["now"]),
            alt.Tooltip("before:N", title=labels["before"]),
            alt.Tooltip("text:N", title=labels["change"]),
        ],
    )
    bars = (
        base.mark_bar(cornerRadius=2, cursor="pointer", height=alt.RelativeBandSize(0.26), yOffset=9)
        .encode(
            x=alt.X("change:Q", title=None, axis=None, scale=alt.Scale(domain=[low, high], nice=False)),
            color=colour,
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
        )
        .add_params(pick)
    )
    names = base.mark_text(align="left", color=INK, yOffset=-7, limit=alt.ExprRef("max(40, width - 120)")).encode(
        x=alt.value(0), text="label:N"
    )
    amounts = base.mark_text(align="right", yOffset=-7, fontWeight=600).encode(
        x=alt.value(alt.ExprRef("width")), text="text:N", color=colour
    )
    return alt.layer(bars, names, amounts).properties(padding=NO_PADDING)


def change_text(change: float, before: float, currency: Currency) -> str:
    """How much more or less, and how much that is of what was before.

    >>> change_text(123.4, 100, "USD"), change_text(-30, 120, "USD"), change_text(5, 0, "USD")
    ('+$123 (+123%)', '-$30.00 (-25%)', '+$5.00')
    """
    sign = "+" if change > 0 else ""
    share = f" ({change / before * 100:+,.0f}%)" if before > 0 and abs(change / before) < 10 else ""
    return f"{sign}{written(change, currency)}{share}"
