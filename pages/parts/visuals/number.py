"""A number: its change against the previous period, its course, and its level with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from statistics import median
from typing import Literal

import pandas as pd
import streamlit as st

from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.rewrite import before_aggregate
from engine.query import Result
from pages.parts import charts
from pages.parts.panel import Level, Limits, Number
from pages.parts.periods import SPANS, Period
from pages.parts.visuals.buckets import bucket_period, buckets
from pages.parts.visuals.shown import Shown, alt_text, draw, rows_link

TALL = 220  # pixels from which a number's course gets a chart of its own
BADGES: Mapping[Level, tuple[Literal["green", "orange", "red"], str]] = {
    "ok": ("green", ":material/check:"),
    "amber": ("orange", ":material/warning:"),
    "red": ("red", ":material/error:"),
}
COURSE_COLOURS: Mapping[Level, Literal["gray", "orange", "red"]] = {"ok": "gray", "amber": "orange", "red": "red"}


@draw.register
def draw_number(visual: Number, shown: Shown) -> None:
    view = shown.view
    if not view.has_rows():
        st.metric(shown.panel.id, "–", label_visibility="collapsed")
        st.badge(view.t("no_data"), icon=":material/cloud_off:", color="gray", help=view.t("no_data_help"))
        return
    value = _count(shown.answer)
    level, reason = _level(visual, value, shown)
    before = _previous(shown)
    course, span = _course(shown)
    tall = shown.height > TALL
    st.metric(
        shown.panel.id,
        value,
        delta=None if before is None else value - before,
        delta_color=COURSE_COLOURS[level],
        delta_description=view.t("no_previous") if before is None else view.t("previous"),
        format="localized",
        label_visibility="collapsed",
        chart_data=None if tall else course["count"].tolist(),
        chart_type="bar",
    )
    color, icon = BADGES[level]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.badge(view.t(level), icon=icon, color=color, help=reason or None)
        rows_link(shown)
    if reason:
        st.caption(reason)
    if tall:
        _course_chart(shown, course, span, level)


def _course_chart(shown: Shown, course: pd.DataFrame, span: str, level: Level) -> None:
    """The course of a number with axes, where a card has room for it; a click opens a bucket's rows."""
    view, key = shown.view, f"{shown.panel.id}_course"

    def opened() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked:
            shown.explore(shown.rows_query(period=bucket_period(shown, picked[0]["bucket"], SPANS[span])))

    st.altair_chart(
        charts.course(
            course,
            span=SPANS[span],
            colour=charts.LEVEL_COLOURS[level],
            labels={"time": view.t("time"), "count": view.t("events_count")},
        ),
        height=shown.height - TALL + 110,
        key=key,
        on_select=opened,
        selection_mode=["pick"],
        alt=alt_text(shown),
    )


def _count(answer: Result) -> int:
    return int(answer.frame.iloc[:, 0].astype("int64").iloc[0])


def _previous(shown: Shown) -> int | None:
    """The number one period earlier, nothing when no log row is that old."""
    earlier = shown.view.before()
    if not earlier.has_rows():
        return None
    return _count(earlier.ask(earlier.asked(parse(shown.panel.query))))


def _course(shown: Shown) -> tuple[pd.DataFrame, str]:
    """The number's course: `_time` (local) and `count` per bucket, empty buckets as 0; and the buckets' width."""
    view = shown.view
    span = view.period.span(view.now, most=48)
    counted = parse(f"table t | timechart span={span} count").commands[1:]
    frame = view.ask(Query((*before_aggregate(shown.query).commands, *counted))).frame
    times = buckets(view, span)
    found = {} if frame.empty else dict(zip(view.local(frame["_time"]), frame["count"], strict=True))
    return pd.DataFrame({"_time": times, "count": [int(found.get(bucket, 0)) for bucket in times]}), span


def _level(visual: Number, value: int, shown: Shown) -> tuple[Level, str]:
    """The level of a number and, when it is not calm, the reason in words."""
    view = shown.view
    if visual.escalation is not None:
        worst = _escalated(visual.escalation.condition, shown) if value else 0
        if worst:
            return "red", visual.escalation.reason.to(view.language, n=worst)
    if isinstance(visual.limits, Limits):
        level = visual.limits.level(value)
        limit = visual.limits.red if level == "red" else visual.limits.amber
        return level, "" if level == "ok" else view.t("at_least", value=limit)
    usual = _usual(shown)
    if usual is None:
        return "ok", ""
    limits = visual.limits.limits(usual)
    level = limits.level(value)
    limit = limits.red if level == "red" else limits.amber
    return level, "" if level == "ok" else view.t("times_baseline", usual=f"{usual:g}", limit=limit)


def _escalated(condition: str, shown: Shown) -> int:
    """How many of the rows behind the number fulfil the condition."""
    narrowed = parse(f"table t | search {condition} | stats count").commands[1:]
    return _count(shown.view.ask(Query((*before_aggregate(shown.query).commands, *narrowed))))


def _usual(shown: Shown) -> float | None:
    """The median of the same hours on the 7 days before; nothing for periods longer than a day or without history."""
    view = shown.view
    length = view.period.duration(view.now)
    if length > timedelta(days=1):
        return None
    _, end = view.period.window(view.now)
    yesterday = end - timedelta(days=1)
    week = Period(start=yesterday - timedelta(days=7), end=yesterday)
    ages = parse(
        f"table t | eval seconds = {int(yesterday.timestamp()) - 1} - datepart(_time, \"epoch\") "
        f"| search mod(seconds, 86400) < {int(length.total_seconds())} "
        "| eval day = floor(seconds / 86400) | stats count by day"
    ).commands[1:]  # fmt: skip
    earlier = view.over(week)
    if not earlier.has_rows():
        return None
    rows = earlier.asked(before_aggregate(parse(shown.panel.query)))
    counts = [int(count) for count in view.ask(Query((*rows.commands, *ages))).frame["count"]]
    return float(median(counts + [0] * (7 - len(counts))))
