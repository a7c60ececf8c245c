"""How each visual draws the answer to its panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import singledispatch
from pathlib import Path
from statistics import median
from typing import Any, Literal

import pandas as pd
import streamlit as st

from engine.commands.timechart import Timechart
from engine.export import json_text, neutralise
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import before_aggregate, rows_behind, with_search
from engine.query import Result
from pages.parts import charts
from pages.parts.links import EXPLORE, explore_params
from pages.parts.panel import (
    Bars,
    Level,
    Limits,
    Number,
    Panel,
    StackedColumns,
    Table,
    WorldMap,
)
from pages.parts.periods import SPANS, Period
from pages.parts.redact import redacted
from pages.parts.view import View
from pages.parts.worldmap import Origin, country_name, deck, narrow_width

MOST_PILLS = 12  # countries named under the map
CARD_EDGES = 104  # pixels of a card that its heading, footer and padding take
LEVEL_BADGES: Mapping[Level, tuple[str, str]] = {
    "ok": ("green", ":material/check:"),
    "amber": ("orange", ":material/warning:"),
    "red": ("red", ":material/error:"),
}
COURSE_COLOURS: Mapping[Level, Literal["gray", "orange", "red"]] = {"ok": "gray", "amber": "orange", "red": "red"}
TALL_NUMBER = 220  # pixels from which a number's course gets a chart of its own
TINTS: Mapping[Level, str] = {"ok": "", "amber": "rgba(217, 119, 6, 0.14)", "red": "rgba(220, 38, 38, 0.14)"}


@dataclass(frozen=True)
class Shown:
    """A panel with the query that ran for it and the answer."""

    panel: Panel
    view: View
    query: Query
    answer: Result

    @property
    def height(self) -> int:
        """Pixels that the visual may take inside its card."""
        return self.panel.height - CARD_EDGES

    def rows_query(self, values: Mapping[str, Any] | None = None, period: Period | None = None) -> Query:
        """The rows behind the panel, or behind a part of it: over absolute instants, so that a link stays true."""
        window = (period or self.view.period).window(self.answer.now)
        start, end = (_full_second(moment) for moment in window)
        return Period(start=start, end=end).on(rows_behind(self.query, values or {}), self.view.zone)

    def explore(self, query: Query) -> None:
        """Leave for Explore with a query; to be called in a callback."""
        st.switch_page(EXPLORE, query_params=explore_params(print_query(query)))


def _full_second(moment: datetime) -> datetime:
    """The next full second: `from` and `to` know no finer ones, and events of CloudTrail have none."""
    return moment.replace(microsecond=0) + timedelta(seconds=1) if moment.microsecond else moment


def can_explore() -> bool:
    return Path(EXPLORE).is_file()


@singledispatch
def draw(visual: Any, shown: Shown) -> None:
    """Draw the answer as the visual shows it."""
    raise TypeError(f"no drawing for {type(visual).__name__}")


def rows_link(shown: Shown) -> None:
    """A link to the rows behind the whole panel, as long as there is a page to show them."""
    if can_explore():
        params = explore_params(print_query(shown.rows_query()))
        st.page_link(EXPLORE, label=shown.view.t("see_rows"), icon=":material/table_rows:", query_params=params)


def _alt(shown: Shown) -> str:
    """What a chart shows, for those who cannot see it."""
    view = shown.view
    return shown.panel.title.to(view.language, period=view.period.label(view.language, view.zone))


def nothing_found(shown: Shown) -> None:
    """Say that nothing was found, or, when not a single log row arrived in the period, that there is no data."""
    view = shown.view
    with st.container(height=shown.height, border=False, horizontal_alignment="center", vertical_alignment="center"):
        if view.has_rows():
            st.badge(view.t("no_rows"), icon=":material/check:", color="gray")
        else:
            st.badge(view.t("no_data"), icon=":material/cloud_off:", color="gray", help=view.t("no_data_help"))
            st.caption(view.t("no_data_help"))


# number ---------------------------------------------------------------------------------------------------------------


@draw.register
def _(visual: Number, shown: Shown) -> None:
    view = shown.view
    if not view.has_rows():
        st.metric(shown.panel.id, "–", label_visibility="collapsed")
        st.badge(view.t("no_data"), icon=":material/cloud_off:", color="gray", help=view.t("no_data_help"))
        return
    value = _count(shown.answer)
    level, reason = _level(visual, value, shown)
    before = _previous(shown)
    course, span = _course(shown)
    tall = shown.height > TALL_NUMBER
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
    color, icon = LEVEL_BADGES[level]
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
        if picked and can_explore():
            shown.explore(shown.rows_query(period=_bucket(shown, picked[0]["bucket"], SPANS[span])))

    st.altair_chart(
        charts.course(
            course,
            span=SPANS[span],
            colour=charts.LEVEL_COLOURS[level],
            labels={"time": view.t("time"), "count": view.t("events_count")},
        ),
        height=shown.height - TALL_NUMBER + 84,
        key=key,
        on_select=opened,
        selection_mode=["pick"],
        alt=_alt(shown),
    )


def _count(answer: Result) -> int:
    return int(answer.frame.iloc[0, 0])


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


def buckets(view: View, span: str) -> list[pd.Timestamp]:
    """The starts of all buckets that a time chart of the view's period has, as wall clock times.

    Buckets are counted from a Monday midnight, as the language counts them.
    """
    width, (start, end) = SPANS[span], view.period.window(view.now)
    first, last = view.wall_clock(start), view.wall_clock(end)
    monday = datetime(1969, 12, 29)  # noqa: DTZ001  (a wall clock time)
    first = monday + width * ((first - monday) // width)
    return list(pd.date_range(first, last, freq=width, inclusive="left"))


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
    week = Period(start=end - timedelta(days=8), end=end - timedelta(days=1))
    ages = parse(
        f"table t | eval seconds = {int(week.end.timestamp()) - 1} - datepart(_time, \"epoch\") "
        f"| search mod(seconds, 86400) < {int(length.total_seconds())} "
        "| eval day = floor(seconds / 86400) | stats count by day"
    ).commands[1:]  # fmt: skip
    earlier = view.over(week)
    if not earlier.has_rows():
        return None
    rows = earlier.asked(before_aggregate(parse(shown.panel.query)))
    counts = [int(count) for count in view.ask(Query((*rows.commands, *ages))).frame["count"]]
    return float(median(counts + [0] * (7 - len(counts))))


# columns over time ----------------------------------------------------------------------------------------------------


@draw.register
def _(visual: StackedColumns, shown: Shown) -> None:
    view = shown.view
    if shown.answer.frame.empty:
        return nothing_found(shown)
    other, none = view.t("other"), view.t("none")
    frame = shown.answer.frame.assign(_time=view.local(shown.answer.frame["_time"]))
    tall, grouped = charts.long_form(frame, other, none)
    tall["series"] = tall["series"].map(neutralise)
    span = view.period.span(view.now)
    _, end = view.period.window(view.now)
    chart = charts.stacked_columns(
        tall,
        span=SPANS[span],
        window=(buckets(view, span)[0].to_pydatetime(), view.wall_clock(end)),
        other=other,
        labels={"time": view.t("time"), "event": view.t("event"), "count": view.t("events_count")},
    )
    key = f"{shown.panel.id}_chart"
    note = view.t("more_series", n=grouped) if grouped else ""

    def opened() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked and can_explore():
            shown.explore(_column_rows(shown, picked[0], SPANS[span], {other, none}))

    st.altair_chart(
        chart,
        height=shown.height - (24 if note else 0),
        key=key,
        on_select=opened,
        selection_mode=["pick"],
        alt=_alt(shown),
    )
    if note:
        st.caption(note)
    return None


def _column_rows(shown: Shown, picked: Mapping[str, Any], span: timedelta, unnamed: set[str]) -> Query:
    """The rows behind one column: its bucket and, unless it stands for several, its series."""
    series = picked["series"]
    values = {} if series in unnamed else {_series_field(shown.query): series}
    return shown.rows_query(values, _bucket(shown, picked["bucket"], span))


def _bucket(shown: Shown, start_text: str, span: timedelta) -> Period:
    """The part of a bucket that lies in the view's period; the text is its start as the viewer's wall clock."""
    start = pd.Timestamp(start_text).tz_localize(shown.view.zone).tz_convert(UTC).to_pydatetime()
    first, last = shown.view.period.window(shown.view.now)
    return Period(start=max(start, first), end=min(start + span, last))


def _series_field(query: Query) -> str:
    """The field that a time chart has its series by."""
    chart = query.commands[-1]
    assert isinstance(chart, Timechart)
    return chart.by[0]


# bars -----------------------------------------------------------------------------------------------------------------


@draw.register
def _(visual: Bars, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    # `concat` writes an unknown country as the text null.
    named = frame.assign(
        **{visual.label: [neutralise(str(text)).replace("(null)", "(?)") for text in frame[visual.label]]}
    )
    key = f"{shown.panel.id}_chart"

    def opened() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked and can_explore():
            row = frame.iloc[int(picked[0]["place"])]
            shown.explore(shown.rows_query({field: _plain(row[field]) for field in visual.keys}))

    st.altair_chart(
        charts.bars(
            named,
            label=visual.label,
            value=visual.value,
            levels=[visual.limits.level(value) for value in frame[visual.value]],
            labels={"label": view.t("country"), "value": view.t("events_count")},
        ),
        height=min(shown.height, 44 + 36 * len(frame)),
        key=key,
        on_select=opened,
        selection_mode=["pick"],
        alt=_alt(shown),
    )
    return None


def _plain(value: Any) -> Any:
    """A cell as a value of the language: a missing one is null."""
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


# map ------------------------------------------------------------------------------------------------------------------


@draw.register
def _(visual: WorldMap, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    found = frame.dropna(subset=[visual.country]).sort_values(visual.value, ascending=False, kind="stable")
    origins = [
        Origin(code, country_name(code, view.language), int(count), code in visual.expected)
        for code, count in zip(found[visual.country].map(neutralise), found[visual.value], strict=True)
    ]
    key = f"{shown.panel.id}_map"

    def picked_on_map() -> None:
        objects = st.session_state[key]["selection"]["objects"]
        chosen = [item["a2"] for layer in ("bubbles", "shapes") for item in objects.get(layer, [])]
        if chosen:
            open_country(chosen[0])

    def open_country(code: str | None) -> None:
        if can_explore():
            shown.explore(shown.rows_query({visual.country: code}))

    height = shown.height - 40
    st.pydeck_chart(
        deck(
            origins,
            dark=view.dark,
            count_label=view.t("logins_count"),
            width=narrow_width(f"{shown.panel.id}_ruler", enough=int(2.3 * height)),
            height=height,
        ),
        height=height,
        key=key,
        on_select=picked_on_map,
        alt=_alt(shown),
    )
    unknown = int(frame.loc[frame[visual.country].isna(), visual.value].sum())
    _country_pills(shown, origins, unknown, open_country)
    return None


def _country_pills(shown: Shown, origins: Sequence[Origin], unknown: int, opened: Callable[[str | None], None]) -> None:
    """The countries as buttons too, for those who cannot see or draw the map, and what has no place on it."""
    view, key = shown.view, f"{shown.panel.id}_countries"
    labels = {
        origin.code: f":{'blue' if origin.expected else 'red'}[●] {origin.name} {origin.count:,}"
        for origin in origins[:MOST_PILLS]
    }
    if unknown:
        labels[""] = f":gray[●] {view.t('unknown_address')} {unknown:,}"

    def picked() -> None:
        chosen = st.session_state[key]
        if chosen is not None:
            opened(chosen or None)

    st.pills(
        view.t("choose_country"),
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        on_change=picked,
        label_visibility="collapsed",
        wrap=False,
    )


# table ----------------------------------------------------------------------------------------------------------------


@draw.register
def _(visual: Table, shown: Shown) -> None:
    view, frame = shown.view, shown.answer.frame
    if frame.empty:
        return nothing_found(shown)
    signals = [visual.signal(row) for row in frame.to_dict("records")]
    cells = {name: _cells(frame[name], visual, view) for name in frame}
    table = pd.DataFrame(cells, index=frame.index)
    table.insert(1, "signal", [signal.reason.to(view.language) if signal else "" for signal in signals])
    table.insert(0, "open", [":material/open_in_new:"] * len(table))
    key = f"{shown.panel.id}_open"

    def opened() -> None:
        click = st.session_state.get(key)
        if click is not None and can_explore():
            shown.explore(_event(shown, frame.iloc[click["row"]]))

    st.dataframe(
        _tinted(table, [TINTS[signal.level] if signal else "" for signal in signals]),
        height=shown.height,
        hide_index=True,
        column_order=_column_order(visual, table),
        column_config=_column_config(visual, table, view, key, opened),
        key=f"{shown.panel.id}_table",
        alt=_alt(shown),
    )
    return None


def _cells(column: pd.Series, visual: Table, view: View) -> pd.Series:
    """A column as it may be shown: controls neutralised, maps as redacted JSON text, blanks for null."""
    kind = visual.columns[column.name].kind if column.name in visual.columns else "text"
    if kind == "time":
        return column
    if kind == "map":
        return column.map(lambda value: "" if _plain(value) is None else neutralise(json_text(redacted(value))))
    hidden_name = "HIDDEN_DUE_TO_SECURITY_REASONS"  # CloudTrail's word for a name that is none of the account's
    texts = column.map(lambda value: "" if _plain(value) is None else neutralise(str(value)))
    return texts.replace(hidden_name, view.t("unknown_user"))


def _column_order(visual: Table, table: pd.DataFrame) -> list[str]:
    """The columns shown, in the order the panel lists them, then any that it does not list."""
    listed = [name for name, column in visual.columns.items() if name in table and not column.hidden]
    unlisted = [name for name in table if name not in visual.columns and name not in ("open", "signal")]
    buttons = ["open"] if can_explore() else []
    return [*buttons, listed[0], "signal", *listed[1:], *unlisted]


def _column_config(
    visual: Table, table: pd.DataFrame, view: View, key: str, opened: Callable[[], None]
) -> dict[str, Any]:
    config: dict[str, Any] = {
        "open": st.column_config.ButtonColumn(
            "", key=key, on_click=opened, width=36, type="tertiary", help=view.t("open_row"), pinned=True
        ),
        "signal": st.column_config.TextColumn(view.t("signal"), width="small"),
    }
    for name, column in visual.columns.items():
        if name not in table:
            continue
        title = column.title.to(view.language)
        if column.kind == "time":
            config[name] = st.column_config.DatetimeColumn(title, format="YYYY-MM-DD HH:mm:ss", width=140)
        elif column.kind == "map":
            config[name] = st.column_config.JsonColumn(title, width=column.width)
        else:
            config[name] = st.column_config.TextColumn(title, width=column.width)
    return config


def _event(shown: Shown, row: pd.Series) -> Query:
    """The log rows of one table row: by event id where the query has it, else by its second and event name."""
    view, second = shown.view, row["_time"].to_pydatetime().replace(microsecond=0)
    table = Query(shown.query.commands[:1])
    known = {
        field: row[name]
        for field, names in {"eventID": ("eventID", "event_id"), "eventName": ("eventName", "event_name")}.items()
        for name in names
        if name in row and _plain(row[name]) is not None
    }
    only = {"eventID": [known["eventID"]]} if "eventID" in known else {k: [v] for k, v in known.items()}
    period = Period(start=second, end=second + timedelta(seconds=1))
    return period.on(with_search(table, only) if only else table, view.zone)


def _tinted(table: pd.DataFrame, tints: Sequence[str]) -> Any:
    """The table with a background for each row that has a tint."""
    styles = pd.DataFrame(
        [[f"background-color: {tint}" if tint else ""] * table.shape[1] for tint in tints],
        index=table.index,
        columns=table.columns,
    )
    return table.style.apply(lambda _: styles, axis=None)
