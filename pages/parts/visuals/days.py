"""Cost by day as stacked columns and the course of a month; a click opens the rows of a day."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from engine.language.errors import TrailboardError
from engine.language.nodes import Query
from engine.screen import neutralise
from pages.parts import moneycharts
from pages.parts.charts import MOST_SERIES
from pages.parts.days import Days
from pages.parts.live import monthly_budget
from pages.parts.live_texts import translate
from pages.parts.moneycharts import DAY
from pages.parts.panel import Level, MonthCourse, StackedDays
from pages.parts.purse import purse
from pages.parts.texts import Language
from pages.parts.visuals.clickable import clickable
from pages.parts.visuals.shown import Shown, draw, nothing_found, plain

BEFORE = 7  # days that a day is compared with
AMBER, RED = 1.5, 2.0  # times their mean
LEAST = 1.0  # USD: a day of less is never an alarm


@draw.register
def draw_days(visual: StackedDays, shown: Shown) -> None:
    view, language = shown.view, shown.view.language
    if shown.answer.frame.empty:
        return nothing_found(shown)
    rate, other = purse(view), view.t("other")
    frame = shown.answer.frame.assign(_time=view.local(shown.answer.frame["_time"]))
    dollars, grouped = long_costs(frame, other, view.t("none"))
    shown_as = {name: neutralise(name) for name in dollars["series"].unique()}
    names = {title: name for name, title in shown_as.items()}
    tall = dollars.assign(series=dollars["series"].map(shown_as), cost=dollars["cost"] * rate.factor)
    days = sorted(frame["_time"])
    chart = moneycharts.stacked_days(
        tall,
        window=(days[0].to_pydatetime(), days[-1].to_pydatetime() + DAY),
        currency=rate.currency,
        other=other,
        known=visual.known,
        incomplete=days[-visual.incomplete :] if visual.incomplete else [],
        levels=day_levels(dollars, days, visual.incomplete, language),
        labels={
            "day": translate("day", language),
            "series": visual.kind.to(language),
            "cost": translate("cost", language),
            "whole": translate("whole_day", language),
            "note": view.t("signal"),
            "state": translate("state", language),
            "incomplete": translate("incomplete", language),
        },
    )

    def rows(picked: Mapping[str, Any]) -> Query:
        series = names[picked["series"]]
        values: dict[str, Any] = {"start": picked["bucket"][:10]}
        if series == view.t("none") and series not in frame:
            values[visual.by] = None
        elif series != other or series in frame:
            values[visual.by] = series
        return shown.rows_query(values)

    lines = list(filter(None, (translate("hatched", language), view.t("more_series", n=grouped) if grouped else "")))
    clickable(chart, shown, shown.height - 20 * len(lines) - 4, rows)
    st.caption(" ".join(lines))
    return None


def long_costs(frame: pd.DataFrame, other: str, none: str) -> tuple[pd.DataFrame, int]:
    """A chart's wide frame (`_time`, one column per series) as rows `_time, series, cost`; the largest keep their name.

    Unlike counts, costs may be below zero: the largest are those of most money in either direction.
    """
    wide = frame.set_index("_time").apply(pd.to_numeric).fillna(0.0).astype(float)
    wide.columns = pd.Index([none if plain(name) is None or name == "" else str(name) for name in wide])
    sizes = wide.abs().sum().sort_values(ascending=False, kind="stable")
    small = list(sizes.index[MOST_SERIES:])
    if small:
        wide = wide.drop(columns=small).assign(**{other: wide[small].sum(axis=1)})
    tall = wide.rename_axis("_time").reset_index().melt("_time", var_name="series", value_name="cost")
    return tall[tall["cost"] != 0].reset_index(drop=True), len(small)


def day_levels(
    tall: pd.DataFrame, days: list[pd.Timestamp], incomplete: int, language: Language
) -> dict[datetime, tuple[Level, str]]:
    """The days that cost much more than the 7 days before, with the reason; a 1st has fees of the whole month."""
    totals = tall.groupby("_time")["cost"].sum()
    found: dict[datetime, tuple[Level, str]] = {}
    for place, day in enumerate(days[: len(days) - incomplete]):
        before = [float(totals.get(earlier, 0.0)) for earlier in days[max(0, place - BEFORE) : place]]
        usual, whole = sum(before) / BEFORE, float(totals.get(day, 0.0))
        if len(before) < BEFORE or day.day == 1 or usual <= 0 or whole < LEAST:
            continue
        times = whole / usual
        if times > AMBER:
            text = translate("jump", language, times=f"{times:.1f}")
            found[day.to_pydatetime()] = ("red" if times > RED else "amber", text)
    return found


@draw.register
def draw_month(visual: MonthCourse, shown: Shown) -> None:
    view, language = shown.view, shown.view.language
    days, frame = Days.at(view.now), shown.answer.frame
    costs = {str(start): float(cost) for start, cost in zip(frame["start"], frame["cost"], strict=True)}
    rate = purse(view)
    actual, before = _sums(costs, days.month, rate.factor), _sums(costs, days.last_month, rate.factor)
    if actual.empty and before.empty:
        return nothing_found(shown)
    ahead, why = _ahead(visual, shown, actual, days, rate.factor)
    budget = monthly_budget()
    chart = moneycharts.month_course(
        actual,
        before,
        ahead,
        days=max(calendar.monthrange(day.year, day.month)[1] for day in (days.month, days.last_month)),
        budget=None if budget is None else budget * rate.factor,
        currency=rate.currency,
        labels={
            "now": translate("this_month", language),
            "before": translate("last_month", language),
            "forecast": translate("forecast", language),
            "range": translate("forecast_range", language),
            "budget": translate("budget", language),
            "day": translate("day", language),
            "series": view.t("kind"),
            "cost": translate("cost", language),
        },
    )

    def rows(picked: Mapping[str, Any]) -> Query:
        return shown.rows_query({"start": picked["bucket"]})

    lines = [
        translate("no_forecast", language, why=why) if why else "",
        translate("no_budget", language) if budget is None else "",
    ]
    note = " · ".join(filter(None, lines))
    clickable(chart, shown, shown.height - (24 if note else 0), rows)
    if note:
        st.caption(note)
    return None


def _sums(costs: Mapping[str, float], first: Any, factor: float) -> pd.DataFrame:
    """A month's costs as sums from its first day: `day`, `cost`, `bucket`; days without cost in between are there."""
    known = sorted(start for start in costs if start[:7] == f"{first:%Y-%m}")
    rows, total = [], 0.0
    day = first
    while known and day.isoformat() <= known[-1]:
        total += costs.get(day.isoformat(), 0.0) * factor
        rows.append({"day": day.day, "cost": total, "bucket": day.isoformat()})
        day += timedelta(days=1)
    return pd.DataFrame(rows, columns=["day", "cost", "bucket"])


def _ahead(
    visual: MonthCourse, shown: Shown, actual: pd.DataFrame, days: Days, factor: float
) -> tuple[pd.DataFrame, str]:
    """The days to come, from where the known ones end; and why there are none, in words."""
    nothing = pd.DataFrame(columns=["day", "cost", "low", "high", "bucket"])
    try:
        frame = shown.view.ask(shown.view.filled(visual.forecast)).frame.sort_values("start")
    except TrailboardError as problem:
        return nothing, neutralise(str(problem).splitlines()[0])
    so_far = float(actual["cost"].iloc[-1]) if len(actual) else 0.0
    last = int(actual["day"].iloc[-1]) if len(actual) else 0
    rows = [{"day": last, "cost": so_far, "low": so_far, "high": so_far, "bucket": None}] if last else []
    mean = low = high = so_far
    for row in frame.itertuples():
        if str(row.start)[:7] != f"{days.month:%Y-%m}" or int(str(row.start)[8:10]) <= last:
            continue
        mean += float(row.mean_value) * factor
        low += float(row.lower_bound if plain(row.lower_bound) is not None else row.mean_value) * factor
        high += float(row.upper_bound if plain(row.upper_bound) is not None else row.mean_value) * factor
        rows.append(
            {"day": int(str(row.start)[8:10]), "cost": mean, "low": low, "high": high, "bucket": str(row.start)}
        )
    return (pd.DataFrame(rows) if len(rows) > 1 else nothing), ""
