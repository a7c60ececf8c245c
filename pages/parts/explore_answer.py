"""The lower half of Explore: the running query, its mistakes, or its answer as figures, chart, table and rows."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from engine.export import is_null, json_text, neutralise, to_csv, to_json, to_parquet
from engine.geo import countries
from engine.language.errors import QueryCancelled, QueryError, QueryTimeout, TrailboardError
from engine.language.grammar import parse_expression
from engine.language.nodes import Query
from engine.language.rewrite import rows_behind, with_condition, with_search
from pages.parts import autochart, autoplot
from pages.parts.autochart import Kind, Plot
from pages.parts.desk import MOST_IN_FILE, MOST_ROWS, TIMEOUT, Answer, first_rows
from pages.parts.explore_query import ExplorePage, example_groups, example_link
from pages.parts.periods import Period
from pages.parts.problems import excerpt, fix
from pages.parts.resulttable import OPEN, column_config, empty_columns, reading_order, row_value
from pages.parts.worldmap import Origin, country_name, deck, narrow_width

log = logging.getLogger(__name__)

CHART_HEIGHT, MAP_HEIGHT = 300, 380
CHART_ICONS: Mapping[str, str] = {
    "auto": ":material/auto_awesome:", "number": ":material/tag:", "line": ":material/show_chart:",
    "stacked": ":material/stacked_bar_chart:", "bar": ":material/align_horizontal_left:",
    "map": ":material/public:", "box": ":material/candlestick_chart:", "rows": ":material/bar_chart:",
    "none": ":material/visibility_off:",
}  # fmt: skip


def show_outcome(page: ExplorePage) -> None:
    """Whatever there is to show below the editor."""
    job = page.desk.job
    if job is None:
        _gallery(page)
    elif page.is_running:
        _wait(page)
    else:
        outcome = job.outcome()
        if isinstance(outcome, Answer):
            _answer(page, outcome)
        else:
            _failure(page, outcome)


def _gallery(page: ExplorePage) -> None:
    """The examples, as long as nothing has run yet."""
    st.caption(page.t("start_here"))
    for key, group in example_groups(page):
        st.markdown(f"**{page.t(key)}**")
        with st.grid(2, min_column_width=320, gap="small"):
            for example in group:
                example_link(page, example)


def _wait(page: ExplorePage) -> None:
    """Say that the query runs, and look again until it does no more."""
    job = page.desk.job
    assert job is not None

    @st.fragment(run_every=0.4)
    def look() -> None:
        if job.is_done:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = page.t("running", seconds=f"{job.seconds:.0f}") if job.future.running() else page.t("waiting")
            st.badge(text, icon=":material/hourglass_top:", color="blue")

    look()


# mistakes -------------------------------------------------------------------------------------------------------------


def _failure(page: ExplorePage, problem: BaseException) -> None:
    """What went wrong, as plain text: a message may quote the logs. Never a traceback."""
    job = page.desk.job
    assert job is not None
    if isinstance(problem, QueryCancelled):
        st.badge(page.t("cancelled", seconds=f"{job.seconds:.1f}"), icon=":material/stop_circle:", color="gray")
    elif isinstance(problem, QueryTimeout):
        st.badge(page.t("timed_out", minutes=int(TIMEOUT // 60)), icon=":material/timer_off:", color="orange")
    elif isinstance(problem, QueryError):
        _mistake(page, problem, job.text)
    elif isinstance(problem, TrailboardError):
        st.badge(page.t("source_problem"), icon=":material/error:", color="red")
        st.code(neutralise_lines(str(problem)), language=None, wrap_lines=True)
    else:
        log.error("a query failed", exc_info=problem)
        st.badge(page.t("source_problem"), icon=":material/error:", color="red")
        st.text(page.view.t("unexpected", kind=type(problem).__name__))


def _mistake(page: ExplorePage, problem: QueryError, text: str) -> None:
    st.badge(page.t("query_problem"), icon=":material/error:", color="red")
    lines = [f"{problem.code}: {problem.message}"]
    if problem.span is not None:
        lines.append(excerpt(text, problem.span, problem.hint))
    elif problem.hint:
        lines.append(problem.hint)
    st.code(neutralise_lines("\n".join(lines)), language=None)
    mended = fix(text, problem.span, problem.message, problem.hint)
    if mended is not None:
        word = mended.text.replace("`", "")
        st.button(
            page.t("use_fix", word=word),
            icon=":material/auto_fix_high:",
            key="explore_fix",
            on_click=page.run,
            args=(mended.on(text),),
        )


def neutralise_lines(text: str) -> str:
    """Text without anything that acts on the screen, its line breaks kept."""
    return "\n".join(neutralise(line) for line in text.split("\n"))


# answer ---------------------------------------------------------------------------------------------------------------


def _answer(page: ExplorePage, answer: Answer) -> None:
    _figures(page, answer)
    if answer.result.frame.empty:
        with st.container(border=True, horizontal_alignment="center"):
            st.badge(page.t("nothing"), icon=":material/search_off:", color="gray")
            st.caption(page.t("nothing_help"), width="content")
    else:
        _chart(page, answer)
        _table(page, answer)
    _what_ran(page, answer)
    if page.desk.opened is not None and page.desk.opened < answer.result.rows:
        _show_row(page, answer)


def _figures(page: ExplorePage, answer: Answer) -> None:
    """Rows, time, files, bytes, moment; downloads; what the engine wants to be known."""
    result = answer.result
    rows = page.t("one_row") if result.rows == 1 else page.t("rows", n=f"{result.rows:,}")
    figures = [
        page.t("first_rows", n=f"{result.rows:,}") if answer.capped else rows,
        page.t("elapsed", seconds=f"{result.elapsed:.2f}"),
    ]
    if result.files_total:
        figures.append(page.t("files", read=f"{result.files_read:,}", total=f"{result.files_total:,}"))
        figures.append(page.t("bytes", size=size_text(result.bytes_read)))
    figures.append(page.t("as_of", time=f"{page.view.wall_clock(result.now):%Y-%m-%d %H:%M:%S}"))
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="small",
        key="explore_figures",
    ):
        st.caption(f"**{figures[0]}** · {' · '.join(figures[1:])}", width="content")
        if not result.frame.empty:
            _downloads(page, answer)
    if answer.capped:
        _note(page.t("capped", n=f"{MOST_ROWS:,}", file=f"{MOST_IN_FILE:,}"))
    for warning in result.warnings:
        _note(warning)


def size_text(size: int) -> str:
    """Bytes in the unit that suits.

    >>> size_text(950), size_text(4_580_934)
    ('950 B', '4.6 MB')
    """
    for unit, width in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= width:
            return f"{size / width:.1f} {unit}"
    return f"{size} B"


def _note(text: str) -> None:
    """A small remark; plain text, as it may quote the query."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(":orange[:material/warning:]", width="content")
        st.text(neutralise(text), width="content")


def _downloads(page: ExplorePage, answer: Answer) -> None:
    """Files of the result, made when they are asked for; one that was cut for the screen is fetched again."""

    def frame() -> pd.DataFrame:
        if not answer.capped:
            return answer.result.frame
        return page.engine().execute(first_rows(answer.query, MOST_IN_FILE), timeout=TIMEOUT).frame

    made: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("csv", "text/csv", lambda: to_csv(frame(), bom=True)),
        ("parquet", "application/vnd.apache.parquet", lambda: to_parquet(frame())),
        ("json", "application/json", lambda: to_json(frame())),
    )
    name = f"trailboard-{page.view.wall_clock(answer.result.now):%Y%m%d-%H%M%S}"
    with st.container(horizontal=True, gap="xsmall", width="content"):
        for kind, mime, make in made:
            st.download_button(
                {"csv": "CSV", "parquet": "Parquet", "json": "JSON"}[kind],
                data=make,
                file_name=f"{name}.{kind}",
                mime=mime,
                icon=":material/download:",
                type="tertiary",
                key=f"explore_{kind}",
                on_click="ignore",
            )


# chart ----------------------------------------------------------------------------------------------------------------


def _chart(page: ExplorePage, answer: Answer) -> None:
    result = answer.result
    possible = {plot.kind: plot for plot in autochart.plots(result.types, result.rows)}
    if not possible:
        return

    @st.fragment
    def drawing() -> None:
        chosen = _chart_kind(page, list(possible))
        if chosen != "none":
            plot = possible.get(chosen) or next(iter(possible.values()))  # type: ignore[call-overload]
            try:
                _draw(page, answer, plot)
            except Exception:  # the rows are there even when no picture of them can be made
                log.exception("a %s chart could not be drawn", plot.kind)
        if page.desk.take_move():
            st.rerun()

    with st.container(border=True, gap="xsmall", key="explore_chart"):
        drawing()


def _chart_kind(page: ExplorePage, possible: list[Kind]) -> str:
    """The chart that the viewer wants: the wish stays in the URL and holds wherever a result allows it."""
    names = {"rows": "rows_chart", "none": "none_chart"}
    options = ["auto", *possible, "none"] if len(possible) > 1 else [*possible, "none"]
    wish = st.query_params.get("chart", options[0])

    def chosen() -> None:
        kind = st.session_state["explore_kind"]
        if kind in (None, options[0]):
            st.query_params.pop("chart", None)
        else:
            st.query_params["chart"] = kind

    return (
        st.segmented_control(
            page.t("chart"),
            options,
            default=wish if wish in options else options[0],
            required=True,
            format_func=lambda kind: f"{CHART_ICONS[kind]} {page.t(names.get(kind, kind))}",
            key="explore_kind",
            on_change=chosen,
            label_visibility="collapsed",
        )
        or options[0]
    )


def _draw(page: ExplorePage, answer: Answer, plot: Plot) -> None:
    match plot.kind:
        case "number":
            _draw_number(answer, plot)
        case "box":
            _draw_boxes(page, answer, plot)
        case "map":
            _draw_map(page, answer, plot)
        case "bar":
            _draw_bars(page, answer, plot)
        case "rows":
            _draw_rows(page, answer, plot)
        case "stacked" | "line":
            _draw_over_time(page, answer, plot)


def _words(page: ExplorePage, plot: Plot) -> dict[str, str]:
    view = page.view
    quartiles = {name: page.t(name) for name in autochart.QUARTILES}
    value = neutralise(plot.values[0]) if len(plot.values) == 1 else page.t("value")
    return {"time": view.t("time"), "series": page.t("name"), "value": value, **quartiles}


def _alt(page: ExplorePage, answer: Answer) -> str:
    return page.t("chart_of", query=" ".join(answer.text.split())[:200])


def _plotted(
    page: ExplorePage, answer: Answer, chart: Any, *, height: int, key: str, opened: Callable[[dict[str, Any]], None]
) -> None:
    """A chart whose marks can be clicked."""

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get("pick") or []
        if picked:
            opened(picked[0])

    st.altair_chart(chart, height=height, key=key, on_select=clicked, selection_mode=["pick"], alt=_alt(page, answer))


def _draw_number(answer: Answer, plot: Plot) -> None:
    row = answer.result.frame.iloc[0]
    with st.container(horizontal=True, gap="medium"):
        for name in plot.values:
            value = None if is_null(row[name]) else row[name].item() if hasattr(row[name], "item") else row[name]
            st.metric(_plain(name), value, format="localized", width="content")


def _plain(text: str) -> str:
    """A name as a label, which is Markdown."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~$:&" else char for char in neutralise(text))


def _draw_boxes(page: ExplorePage, answer: Answer, plot: Plot) -> None:
    shaped = autochart.boxes(answer.result.frame, plot, page.view.t("none"))
    height = 60 + 34 * len(shaped.rows)
    st.altair_chart(autoplot.box(shaped.rows, words=_words(page, plot)), height=height, alt=_alt(page, answer))
    if shaped.hidden:
        st.caption(page.t("more_names", n=shaped.hidden))


def _draw_bars(page: ExplorePage, answer: Answer, plot: Plot) -> None:
    shaped = autochart.bars(answer.result.frame, plot, page.view.t("none"))
    if shaped.rows.empty:
        return

    def opened(picked: dict[str, Any]) -> None:
        behind = rows_of(answer, answer.result.frame.iloc[int(picked["row"])])
        if behind is not None:
            page.continue_with(behind)

    _plotted(
        page, answer, autoplot.bar(shaped.rows, words=_words(page, plot)),
        height=24 + 26 * len(shaped.rows), key="explore_bars", opened=opened,
    )  # fmt: skip
    _hints(page, page.t("more_names", n=shaped.hidden) if shaped.hidden else "", page.t("click_hint"))


def _draw_rows(page: ExplorePage, answer: Answer, plot: Plot) -> None:
    shaped = autochart.rows_over_time(answer.result.frame, plot)
    words = {**_words(page, plot), "value": page.view.t("events_count")}

    def opened(picked: dict[str, Any]) -> None:
        page.continue_with(_in_bucket(page, answer.query, picked["bucket"], shaped.width))

    chart = autoplot.rows(shaped.rows, width=shaped.width, words=words)
    _plotted(page, answer, chart, height=170, key="explore_rows_chart", opened=opened)


def _draw_over_time(page: ExplorePage, answer: Answer, plot: Plot) -> None:
    view = page.view
    other, none = view.t("other"), view.t("none")
    shaped = autochart.over_time(answer.result.frame, plot, other, none)
    if shaped.rows.empty:
        return
    words = _words(page, plot)
    together = page.t("more_together" if plot.kind == "stacked" else "more_names", n=shaped.hidden)
    notes = [together if shaped.hidden else "", page.t("merged", n=shaped.merged) if shaped.merged > 1 else ""]
    legend_rows = min(5, -(-shaped.rows["series"].nunique() // 4))
    height = CHART_HEIGHT + 16 * legend_rows
    if plot.kind == "line":
        st.altair_chart(autoplot.line(shaped.rows, words=words), height=height, alt=_alt(page, answer))
        _hints(page, *notes)
        return

    def opened(picked: dict[str, Any]) -> None:
        values = _series_values(answer, plot, picked["series"], {other, none})
        page.continue_with(_in_bucket(page, rows_behind(answer.query, values), picked["bucket"], shaped.width))

    chart = autoplot.stacked(shaped.rows, width=shaped.width, other=other, words=words)
    _plotted(page, answer, chart, height=height, key="explore_columns", opened=opened)
    _hints(page, *notes, page.t("click_hint"))


def _draw_map(page: ExplorePage, answer: Answer, plot: Plot) -> None:
    view, frame = page.view, answer.result.frame
    values = pd.to_numeric(frame[plot.values[0]]).astype("float64")
    sums = values.groupby(frame["country"].astype(object)).sum().sort_values(ascending=False)
    origins = [
        Origin(code, country_name(code, view.language), int(count), True)
        for code, count in sums.items()
        if code in countries()
    ]
    key, enough = "explore_map", int(2.3 * MAP_HEIGHT)
    width = narrow_width("explore_ruler", enough=enough)
    height = max(170, MAP_HEIGHT * width // enough)

    def clicked() -> None:
        objects = st.session_state[key]["selection"]["objects"]
        chosen = [item["a2"] for layer in ("bubbles", "shapes") for item in objects.get(layer, [])]
        if chosen:
            page.continue_with(rows_behind(answer.query, {"country": chosen[0]}))

    st.pydeck_chart(
        deck(
            origins, dark=view.dark, count_label=neutralise(plot.values[0]),
            width=width, height=height,
        ),
        height=height,
        key=key,
        on_select=clicked,
        alt=_alt(page, answer),
    )  # fmt: skip
    unmapped = int(values.sum()) - sum(origin.count for origin in origins)
    missing = view.t("unmapped", what=f"{view.t('unknown_address')} {unmapped:,}") if unmapped else ""
    _hints(page, missing, page.t("click_country"))


def _hints(page: ExplorePage, *texts: str) -> None:
    shown = " ".join(text for text in texts if text)
    if shown:
        st.caption(shown)


# the rows behind ------------------------------------------------------------------------------------------------------


def grouped_by(query: Query) -> tuple[str, ...] | None:
    """The fields that the first aggregate of a query groups by, nothing for a query without one."""
    for command in query:
        if command.summarises:
            return tuple(getattr(command, "by", ()))
    return None


def rows_of(answer: Answer, row: pd.Series) -> Query | None:
    """The rows that one row of a summary stands for; nothing when it is no summary or its keys are gone."""
    by = grouped_by(answer.query)
    if by is None:
        return None
    values = {name: _constant(row[name]) for name in by if name in row}
    if len(values) < len(by) or any(isinstance(value, _NotConstant) for value in values.values()):
        return None
    return rows_behind(answer.query, values)


class _NotConstant:
    """A value that cannot be written as a constant of the language."""


def _constant(value: Any) -> Any:
    if is_null(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, (str, int, float, bool)) else _NotConstant()


def _series_values(answer: Answer, plot: Plot, series: str, unnamed: set[str]) -> dict[str, Any]:
    """The value that a column of a time chart stands for; nothing when it stands for several."""
    by = grouped_by(answer.query)
    if not by or series in unnamed or plot.names not in ((), by):
        return {}
    return {by[0]: series}


def _in_bucket(page: ExplorePage, query: Query, start_text: str, width: timedelta) -> Query:
    """The query over one bucket; the text is its start as the viewer's wall clock."""
    start = pd.Timestamp(start_text).tz_localize(page.view.zone).tz_convert(UTC).to_pydatetime()
    return Period(start=start, end=start + width).on(query, page.view.zone)


# table and row --------------------------------------------------------------------------------------------------------


def _table(page: ExplorePage, answer: Answer) -> None:
    here, result, key = page.desk, answer.result, "explore_open"
    empty = [] if result.rows == 0 else empty_columns(answer.table)
    show_empty = True
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        if len(answer.table) < result.rows:
            st.caption(page.t("table_cut", n=f"{len(answer.table):,}"), width="content")
        if empty and len(empty) < len(answer.table.columns):
            show_empty = st.toggle(
                page.t("empty_columns", n=len(empty)), key="explore_empty", help=page.t("empty_columns_help")
            )

    def opened() -> None:
        click = st.session_state.get(key)
        if click is not None:
            here.opened = int(click["row"])

    table = answer.table if show_empty else answer.table.drop(columns=empty)
    table = pd.concat([pd.Series(":material/open_in_full:", index=table.index, name=OPEN), table], axis=1)
    st.dataframe(
        table,
        hide_index=True,
        height=min(31 * len(table) + 34, 560),
        column_order=[OPEN, *reading_order(list(table.columns[1:]), page.engine().catalog())],
        column_config=column_config(table, result.types, key, opened, page.t("open_row")),
        key="explore_table",
        placeholder="",
        alt=page.t("table_of", query=" ".join(answer.text.split())[:200]),
    )


def _show_row(page: ExplorePage, answer: Answer) -> None:
    here, total = page.desk, answer.result.rows

    def close() -> None:
        here.opened = None

    def turn(step: int) -> None:
        here.opened = max(0, min(total - 1, (here.opened or 0) + step))

    @st.dialog(page.t("row", n=f"{(here.opened or 0) + 1:,}"), width="medium", position="right", on_dismiss=close)
    def drawer() -> None:
        if here.take_move() or here.opened is None:
            st.rerun()
        place = here.opened
        row = answer.result.frame.iloc[place]
        row = row[reading_order(list(row.index), page.engine().catalog())]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(page.t("previous_row"), icon=":material/keyboard_arrow_up:", key="row_previous",
                      on_click=turn, args=(-1,), disabled=place == 0)  # fmt: skip
            st.button(page.t("next_row"), icon=":material/keyboard_arrow_down:", key="row_next",
                      on_click=turn, args=(1,), disabled=place == total - 1)  # fmt: skip
            st.caption(page.t("of_rows", n=f"{place + 1:,}", total=f"{total:,}"), width="content")
        _go_on(page, answer, row)
        value = row_value(row)
        tree, text = st.tabs([page.t("tree"), page.t("as_text")])
        with tree:
            st.json(value, expanded=3)
        with text:
            st.code(neutralise_lines(_pretty(value)), language=None, wrap_lines=True)

    drawer()


def _pretty(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _go_on(page: ExplorePage, answer: Answer, row: pd.Series) -> None:
    """Queries that follow from a row."""
    ways = ways_on(answer, row, page.view.zone)
    if not ways:
        return
    with st.container(horizontal=True, gap="small", key="row_ways"):
        for key, query in ways.items():
            st.button(
                page.t(key),
                key=f"row_{key}",
                icon=":material/manage_search:",
                on_click=page.continue_with,
                args=(query,),
            )


def ways_on(answer: Answer, row: pd.Series, zone: str) -> dict[str, Query]:
    """Questions that a row raises, as queries: what it stands for, what happened around it, what else its cause did."""
    behind = rows_of(answer, row)
    if behind is not None:
        return {"behind": behind}
    moment = row.get("_time")
    tables = Query(answer.query.commands[:1])
    if is_null(moment) or not isinstance(moment, datetime) or tables.commands[0].word != "table":
        return {}

    def within(distance: timedelta, query: Query = tables) -> Query:
        second = moment.astimezone(ZoneInfo(zone)).replace(microsecond=0)
        return Period(start=second - distance, end=second + distance + timedelta(seconds=1)).on(query, zone)

    ways = {"around": within(timedelta(minutes=5))}
    address, name, key = row.get("sourceIPAddress"), row.get("eventName"), _access_key(row)
    if isinstance(address, str):
        ways["same_address"] = within(timedelta(hours=1), with_search(tables, {"sourceIPAddress": [address]}))
    if key is not None:
        condition = parse_expression(f'valueof(userIdentity, "accessKeyId") == {json_text(key)}')
        ways["same_key"] = within(timedelta(hours=1), with_condition(tables, condition))
    if isinstance(name, str):
        ways["same_name"] = within(timedelta(days=1), with_search(tables, {"eventName": [name]}))
    return ways


def _access_key(row: pd.Series) -> str | None:
    identity = row.get("userIdentity")
    key = identity.get("accessKeyId") if isinstance(identity, dict) else None
    return key if isinstance(key, str) and key.isalnum() else None


# what ran -------------------------------------------------------------------------------------------------------------


def _what_ran(page: ExplorePage, answer: Answer) -> None:
    with st.container(horizontal=False, gap="xsmall"):
        box = st.expander(page.t("effective"), icon=":material/code:", on_change="rerun", key="explore_effective")
        with box:
            if not box.open:
                return
            query, steps, sql = st.tabs([page.t("editor"), page.t("steps"), page.t("sql")])
            with query:
                st.code(neutralise_lines(answer.text), language=None, wrap_lines=True)
            with steps:
                st.code(neutralise_lines(_plan_text(page, answer)), language=None, wrap_lines=True)
            with sql:
                st.code(neutralise_lines(answer.result.sql), language=None, wrap_lines=True)


def _plan_text(page: ExplorePage, answer: Answer) -> str:
    """The steps of the plan: each command with the SELECT it became, and the files read."""
    try:
        plan = page.engine().explain(answer.query)
    except TrailboardError as problem:
        return str(problem)
    lines = []
    for step in plan.steps:
        lines += [f"{step.name}  {step.command}", f"    {step.sql}", ""]
    for table, scan in plan.scans:
        lines.append(f"{table}: {len(scan.files)} / {scan.files_total} files, {size_text(scan.bytes)}")
    return "\n".join(lines)
