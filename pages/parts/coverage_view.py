"""What the lake holds, on the screen: figures, a map of hours with and without events, streams, rejected pieces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from engine.catalog import DATE, LONG, STRING
from engine.lake.apart import JOBS, Order
from engine.lake.coverage import Age, age, coverage, gaps, rejects
from engine.lake.formats import FORMATS
from engine.lake.rhythm import origin_of
from engine.language.grammar import parse
from engine.language.printer import print_query
from engine.language.rewrite import with_search
from engine.settings import Settings
from pages.parts import data
from pages.parts.arrivals import known_rhythms
from pages.parts.arrivals import length as spoken_length
from pages.parts.card import guarded
from pages.parts.charts import GRID, INK, LEVEL_COLOURS, NO_PADDING, TIME_FORMATS
from pages.parts.coverage_facts import (
    STREAM,
    cell_width,
    cells,
    label_of,
    masked,
    named,
    short_name,
    silences,
    silent_hours,
    streams,
    with_gaps,
    with_rhythms,
)
from pages.parts.coverage_jobs import may_change_here, show_collecting, show_jobs
from pages.parts.coverage_storage import show_storage
from pages.parts.coverage_texts import translate
from pages.parts.links import EXPLORE, explore_params
from pages.parts.periods import Period
from pages.parts.periods import age as how_long
from pages.parts.resulttable import shown_table
from pages.parts.view import View

LENGTHS: Mapping[str, timedelta] = {f"{days}d": timedelta(days=days) for days in (1, 7, 14, 30, 90, 365)}
DEFAULT = "14d"
SECTION = "section"  # URL parameter
SECTIONS = ("arrived", "collecting", "rejected", "storage")
ORIGINS = {form.kind: (form.tables[0].account, form.tables[0].region) for form in FORMATS.values()}
STATE_COLOURS = {"on time": "green", "late": "red", "old": "gray", "unknown": "gray"}
MOST_REJECTS = 1000
MOST_STREAMS = 60  # rows of the map
ROW_HEIGHT = 22
MOMENT = "YYYY-MM-DD HH:mm"
REJECT_TYPES = {"when": DATE, "reason": STRING, "text": STRING, "object": STRING, "record": LONG, "kept": STRING}
SHADES = {False: ("#BFDBFE", "#1E3A8A"), True: ("#1E40AF", "#BFDBFE")}  # few and many events, by dark theme


@st.fragment
def show_coverage(view: View) -> None:
    """The page below its title."""
    guarded(lambda: _page(view), view.language, key="coverage")


def _page(view: View) -> None:
    st.caption(_t(view, "intro"))
    section, length = _choices(view)
    if section == "collecting":
        show_collecting(view)
        return
    if section == "storage":
        show_storage(view)
        return
    start = (view.now - LENGTHS[length]).replace(minute=0)
    lake = data.lake(view.source.lake, view.source.sample)
    noted = f"{lake.snapshot('_objects')} {lake.snapshot('_rejects')}"
    hours, fresh, aside = facts(view.source, noted, start)
    if section == "rejected":
        _rejects(aside, view)
        return
    if fresh.newest_event is None and aside.empty:
        st.info(_t(view, "never"), icon=":material/cloud_off:")
        return
    holes = gaps(hours)
    hours, holes = (named(frame, view.t("none")) if len(frame) else frame for frame in (hours, holes))
    _figures(hours, fresh, view)
    if len(hours):
        found = streams(hours)
        _map(hours, found, holes, start, view)
        _streams(with_rhythms(with_gaps(found, holes), known_rhythms(view.source), view.now), view)
    else:
        st.info(_t(view, "nothing"), icon=":material/cloud_off:")


def _choices(view: View) -> tuple[str, str]:
    """The section, and the length of the period that it looks at."""
    wanted = st.query_params.get(SECTION, SECTIONS[0])

    def remember() -> None:
        if st.session_state["coverage_section"] == SECTIONS[0]:
            st.query_params.pop(SECTION, None)
        else:
            st.query_params[SECTION] = st.session_state["coverage_section"]

    section = st.segmented_control(
        _t(view, "sections"),
        SECTIONS,
        default=wanted if wanted in SECTIONS else SECTIONS[0],
        required=True,
        key="coverage_section",
        format_func=lambda code: _t(view, code),
        on_change=remember,
        label_visibility="collapsed",
    )
    if section != "arrived":
        return section or SECTIONS[0], DEFAULT
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.segmented_control(
            _t(view, "length"),
            list(LENGTHS),
            default=DEFAULT,
            required=True,
            key="covered",
            bind="query-params",
            label_visibility="collapsed",
        )
        st.caption(view.t("times_in", zone=view.zone), width="content")
    return section, chosen if chosen in LENGTHS else DEFAULT


@st.cache_data(max_entries=8, max_size="60MB", ttl="2h", show_spinner=True)
def facts(where: data.Source, noted: str, start: datetime) -> tuple[pd.DataFrame, Age, pd.DataFrame]:
    """Hours since a start, freshness and rejected pieces of the lake; `noted` changes when notes or rejects do."""
    lake = data.lake(where.lake, where.sample)
    return coverage(lake, start), age(lake), rejects(lake, MOST_REJECTS)


# figures --------------------------------------------------------------------------------------------------------------


def _figures(hours: pd.DataFrame, fresh: Age, view: View) -> None:
    """A figure that nothing was collected for says so; 0 is only what was counted."""
    counted = {
        "events": f"{hours['rows'].sum():,}",
        "again": f"{hours['duplicates'].sum():,}",
        "rejects": f"{hours['rejects'].sum():,}",
        "silent": f"{silent_hours(hours):,}",
    }
    real_now = view.now if view.source.sample is not None else datetime.now(UTC)
    with st.grid(6, min_column_width=140):
        _moment("newest", fresh.newest_event, real_now, view)
        _moment("collected", fresh.last_collect, datetime.now(UTC), view)
        for name, value in counted.items():
            has_help = name != "events"
            st.metric(
                _t(view, name),
                value if len(hours) else _t(view, "no_data"),
                border=True,
                help=_t(view, f"{name}_help") if has_help else None,
            )


def _moment(name: str, moment: datetime | None, now: datetime, view: View) -> None:
    if moment is None:
        st.metric(_t(view, name), _t(view, "no_data"), border=True)
        return
    st.metric(
        _t(view, name),
        _t(view, "ago", age=how_long(moment, now, view.language)),
        border=True,
        help=f"{view.wall_clock(moment):%Y-%m-%d %H:%M:%S}",
    )


# map ------------------------------------------------------------------------------------------------------------------


def _map(hours: pd.DataFrame, found: pd.DataFrame, holes: pd.DataFrame, start: datetime, view: View) -> None:
    st.subheader(_t(view, "map"), anchor=False)
    drawn = found.head(MOST_STREAMS)
    width = cell_width(len(drawn), view.now - start)
    local = hours.merge(drawn[STREAM]).assign(hour=lambda frame: view.local(frame["hour"]))
    quiet = silences(hours)
    quiet = quiet.assign(start=view.local(quiet["start"]), end=view.local(quiet["end"])) if len(quiet) else quiet
    holes = holes.merge(drawn[STREAM])
    holes = holes.assign(start=view.local(holes["start"]), end=view.local(holes["end"])) if len(holes) else holes
    window = (view.wall_clock(start), view.wall_clock(view.now))
    event = st.altair_chart(
        heat_map(
            cells(local, width), _spans(drawn, view), quiet, holes, window=window, dark=view.dark, labels=_labels(view)
        ),
        key="coverage_map",
        on_select="rerun",
        selection_mode=["pick"],
        alt=_t(view, "map_of"),
    )
    _rows_behind(event, width, view)
    st.caption(_how_to_read(hours, holes, width, view))
    if len(found) > len(drawn):
        st.caption(_t(view, "more_streams", n=len(found) - len(drawn)))


def _how_to_read(hours: pd.DataFrame, holes: pd.DataFrame, width: int, view: View) -> str:
    """What the marks mean that are there."""
    parts = [_t(view, "cell_dark" if view.dark else "cell", hours=width), _t(view, "grey")]
    if silent_hours(hours):
        parts.append(_t(view, "red"))
    if len(holes):
        parts.append(_t(view, "orange"))
    if hours["rejects"].any():
        parts.append(_t(view, "triangle"))
    return " ".join([*parts, _t(view, "click")])


def _spans(found: pd.DataFrame, view: View) -> pd.DataFrame:
    """From the first to the last event of each stream that has any."""
    known = found.dropna(subset=["first"])
    return known[STREAM].assign(start=view.local(known["first"]), end=view.local(known["last"]))


def _labels(view: View) -> dict[str, str]:
    return {name: _t(view, name) for name in ("account", "region", "time", "events", "rejects", "of_hours", "unusual")}


def heat_map(
    shown: pd.DataFrame,
    spans: pd.DataFrame,
    quiet: pd.DataFrame,
    holes: pd.DataFrame,
    *,
    window: tuple[datetime, datetime],
    dark: bool,
    labels: Mapping[str, str],
) -> alt.LayerChart | alt.FacetChart:
    """A row per stream: grey from its first to its last event, a cell where it has events, red where nobody has.

    Frames are gaps that are not usual. Times are wall clock without a zone. A click selects `pick` with the cell's
    table, account, region and `bucket`.
    """
    shown = shown.assign(stream=_names(shown), bucket=shown["start"].map(lambda moment: moment.isoformat()))
    spans = spans.assign(stream=_names(spans))
    holes = holes.assign(stream=_names(holes))
    order = sorted({*shown["stream"], *spans["stream"]})
    y = alt.Y(
        "stream:N",
        sort=order,
        title=None,
        scale=alt.Scale(domain=order, paddingInner=0.2),
        # Narrow screens have room for the end of the account's number only.
        axis=alt.Axis(
            labelColor=INK, labelLimit=260, domain=False, ticks=False, labelPadding=6,
            labelExpr="width < 420 && length(datum.label) > 20 ? '…' + slice(datum.label, 8) : datum.label",
        ),
    )  # fmt: skip
    x = alt.X(
        "start:T",
        title=None,
        scale=alt.Scale(domain=[_stamp(moment) for moment in window], clamp=True),
        axis=alt.Axis(
            format=TIME_FORMATS, labelColor=INK, tickColor=GRID, domainColor=GRID, grid=False, labelOverlap=True,
            labelFlush=True,
        ),
    )  # fmt: skip
    pick = alt.selection_point(name="pick", fields=[*STREAM, "bucket"], on="click", clear="dblclick")
    held = alt.Chart(spans).mark_bar(color=INK, opacity=0.22).encode(x=x, x2="end:T", y=y)
    silent = alt.Chart(quiet).mark_rect(color=LEVEL_COLOURS["red"], opacity=0.3).encode(x=x, x2="end:T")
    framed = (
        alt.Chart(holes)
        .mark_bar(filled=False, stroke=LEVEL_COLOURS["red"], strokeWidth=1.5)
        .encode(x=x, x2="end:T", y=y, tooltip=[alt.Tooltip("hours:Q", format=",", title=labels["unusual"])])
    )
    filled = (
        alt.Chart(shown[shown["rows"] > 0])
        .mark_bar(cursor="pointer", binSpacing=0)
        .encode(
            x=x,
            x2="end:T",
            y=y,
            color=alt.Color("rows:Q", scale=alt.Scale(type="log", range=list(SHADES[dark])), legend=None),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("start:T", format="%Y-%m-%d %H:%M", title=labels["time"]),
                alt.Tooltip("account:N", title=labels["account"]),
                alt.Tooltip("region:N", title=labels["region"]),
                alt.Tooltip("rows:Q", format=",", title=labels["events"]),
                alt.Tooltip("busy:Q", title=labels["of_hours"]),
                alt.Tooltip("rejects:Q", format=",", title=labels["rejects"]),
            ],
        )
        .add_params(pick)
    )
    marked = (
        alt.Chart(shown[shown["rejects"] > 0])
        .mark_point(
            shape="triangle-up",
            filled=True,
            size=90,
            color=LEVEL_COLOURS["amber"],
            stroke="white",
            strokeWidth=1,
            opacity=1,
        )
        .encode(x=x, y=y, tooltip=[alt.Tooltip("rejects:Q", format=",", title=labels["rejects"])])
    )
    return alt.layer(held, silent, framed, filled, marked).properties(
        height=ROW_HEIGHT * len(order) + 30, padding=dict(NO_PADDING)
    )


def _names(frame: pd.DataFrame) -> list[str]:
    return [label_of(table, account, region) for table, account, region in frame[STREAM].to_numpy()]


def _stamp(moment: datetime) -> alt.DateTime:
    return alt.DateTime(year=moment.year, month=moment.month, date=moment.day, hours=moment.hour, minutes=moment.minute)


def _rows_behind(event: Any, width: int, view: View) -> None:
    """A link to the rows of the cell that was clicked."""
    picked = event["selection"].get("pick") if event else None
    if not picked or view.t("none") in (picked[0]["account"], picked[0]["region"]):
        return
    table, account, region = str(picked[0]["table"]), str(picked[0]["account"]), str(picked[0]["region"])
    start = datetime.fromisoformat(picked[0]["bucket"]).replace(tzinfo=ZoneInfo(view.zone))
    period = Period(start=start, end=start + timedelta(hours=width))
    owner, place = ORIGINS[origin_of(table)[0]]
    query = with_search(period.on(parse(f"table duration=1d {table}"), view.zone), {owner: [account], place: [region]})
    st.page_link(
        EXPLORE,
        label=_t(view, "rows_of", account=account, region=region, time=period.label(view.language, view.zone)),
        icon=":material/table_rows:",
        query_params=explore_params(print_query(query)),
    )


# tables ---------------------------------------------------------------------------------------------------------------


def _streams(found: pd.DataFrame, view: View) -> None:
    st.subheader(_t(view, "streams"), anchor=False)
    counted = found.assign(
        first=view.local(found["first"]),
        last=view.local(found["last"]),
        rows=found["rows"].where(found["rows"] > 0).astype("Int64"),
        objects=found["objects"].where(found["objects"] > 0).astype("Int64"),
        lag=(found["lag"] / 60).round().astype("Int64"),
        state=[[_t(view, state)] for state in found["state"]],
        silent=[_waited(wait, view) for wait in found["silent"]],
        usual=[_waited(wait, view) for wait in found["usual"]],
    )
    column = st.column_config
    st.dataframe(
        counted,
        height="content" if len(counted) <= 20 else "auto",
        hide_index=True,
        placeholder=_t(view, "no_data"),
        key="coverage_streams",
        alt=_t(view, "streams"),
        column_order=[
            "account", "region", "table", "state", "silent", "usual", "unusual", "rows", "objects", "duplicates",
            "rejects", "first", "last", "busy", "gaps", "longest", "lag",
        ],
        column_config={
            "account": column.TextColumn(_t(view, "account"), pinned=True),
            "region": column.TextColumn(_t(view, "region")),
            "table": column.TextColumn(_t(view, "source")),
            "state": column.MultiselectColumn(
                _t(view, "state"),
                help=_t(view, "state_help"),
                options=[_t(view, state) for state in STATE_COLOURS],
                color=list(STATE_COLOURS.values()),
                width=120,
            ),
            "silent": column.TextColumn(_t(view, "silent_for")),
            "usual": column.TextColumn(_t(view, "usual")),
            "unusual": column.NumberColumn(
                _t(view, "unusual"), format=_t(view, "hours", n="%d"), help=_t(view, "unusual_help")
            ),
            "duplicates": column.NumberColumn(_t(view, "again"), format="localized", help=_t(view, "again_help")),
            "first": column.DatetimeColumn(_t(view, "first"), format=MOMENT, width=140),
            "last": column.DatetimeColumn(_t(view, "last"), format=MOMENT, width=140),
            "rows": column.NumberColumn(_t(view, "events"), format="localized"),
            "objects": column.NumberColumn(_t(view, "objects"), format="localized", help=_t(view, "objects_help")),
            "rejects": column.NumberColumn(_t(view, "rejects"), format="localized", help=_t(view, "rejects_help")),
            "busy": column.NumberColumn(_t(view, "busy"), format="localized"),
            "gaps": column.NumberColumn(_t(view, "gaps"), format="localized", help=_t(view, "gaps_help")),
            "longest": column.NumberColumn(_t(view, "longest"), format=_t(view, "hours", n="%d")),
            "lag": column.NumberColumn(
                _t(view, "lag"), format=_t(view, "minutes", n="%d"), help=_t(view, "lag_help")
            ),
        },
    )  # fmt: skip


def _waited(wait: timedelta | None, view: View) -> str | None:
    return None if pd.isna(wait) else spoken_length(wait, view)


def _rejects(aside: pd.DataFrame, view: View) -> None:
    st.subheader(_t(view, "set_aside"), anchor=False)
    is_own = view.source.sample is None and may_change_here()
    if is_own:
        show_jobs(view, Settings.load().own_lake, ("retry",), allowed=True)
    if aside.empty:
        st.caption(_t(view, "none_rejected"))
        return
    if is_own and not aside["kept"].all():
        st.button(
            _t(view, "retry"),
            icon=":material/replay:",
            key="retry_rejects",
            help=_t(view, "retry_help"),
            on_click=JOBS.start,
            args=[Order("retry", Settings.load().own_lake)],
        )
    is_cut = len(aside) >= MOST_REJECTS
    st.caption(_t(view, "first_rejects", n=MOST_REJECTS) if is_cut else _t(view, "all_rejects"))
    column = st.column_config
    st.dataframe(
        rejected(aside, view),
        hide_index=True,
        key="coverage_rejects",
        alt=_t(view, "set_aside"),
        column_config={
            "when": column.DatetimeColumn(_t(view, "when"), format=MOMENT, width=140),
            "reason": column.TextColumn(_t(view, "reason"), width=240),
            "kept": column.TextColumn(_t(view, "kept"), width=110),
            "record": column.NumberColumn(_t(view, "record"), width=70, help=_t(view, "record_help")),
            "object": column.TextColumn(_t(view, "object"), width=260),
            "text": column.TextColumn(_t(view, "text"), width=420),
        },
    )


def rejected(aside: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rejected pieces as the screen shows them: plain short texts, secrets masked."""
    rows = pd.DataFrame(
        {
            "when": view.local(aside["collected"]),
            "reason": aside["reason"],
            "text": aside["text"].map(masked, na_action="ignore"),
            "object": aside["object"].map(short_name),
            "record": aside["record"],
            "kept": aside["kept"].map({True: _t(view, "is_kept"), False: _t(view, "is_lost")}),
        }
    )
    return shown_table(rows, REJECT_TYPES)


def _t(view: View, key: str, **values: object) -> str:
    return translate(key, view.language, **values)
