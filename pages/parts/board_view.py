"""A viewer's own dashboard on the screen: its panels, each with a menu, and its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.aws.command import AwsCommand
from engine.export import to_csv
from engine.language.errors import SourceError, TrailboardError
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import without_renewing
from engine.query import Result
from pages.parts import autochart, board, data, live
from pages.parts.board import BoardPanel, NotKept
from pages.parts.board_texts import translate
from pages.parts.card import guarded
from pages.parts.desk import first_rows
from pages.parts.explore.chart import Drawing, draw
from pages.parts.explore.page import ExplorePage, plain_label
from pages.parts.explore.parameters import parameters, values
from pages.parts.explore.texts import translate as explore_text
from pages.parts.kept import shelf
from pages.parts.links import EXPLORE, Link, explore_params
from pages.parts.livecard import AGREED, usd
from pages.parts.resulttable import column_config, shown_table
from pages.parts.view import View

HEIGHT, CHART = 440, 240  # pixels of a card, and of the charts in it that grow with their legend
MOST_ROWS = 5_000
NAMES = {"rows": "rows_chart"}  # charts whose text has another key
DASHBOARD = "pages/explore/dashboard.py"


def show_board(view: View) -> None:
    """The page below its filters."""
    t = _translator(view)
    if not shelf().lasts:
        st.caption(t("session_only"))
    try:
        panels = board.kept(shelf())
    except SourceError as problem:
        st.code(str(problem), language=None, wrap_lines=True)
        panels = ()
    if not panels:
        with st.container(border=True, horizontal_alignment="center"):
            st.caption(t("empty"), width="content")
            st.page_link(EXPLORE, label=t("go_explore"), icon=":material/terminal:")
    for row in rows(panels):
        for panel, column in zip(row, st.columns(len(row)), strict=True):
            with column:
                _card(panel, view)
    _file(view, panels)


def rows(panels: Sequence[BoardPanel]) -> list[list[BoardPanel]]:
    """The panels two in a row, wide ones alone.

    >>> wide = BoardPanel("w", "w", "table t", wide=True)
    >>> [len(row) for row in rows([BoardPanel("a", "a", "table t"), wide, BoardPanel("b", "b", "table t")])]
    [1, 1, 1]
    """
    found: list[list[BoardPanel]] = []
    for panel in panels:
        if panel.wide or not found or len(found[-1]) == 2 or found[-1][0].wide:
            found.append([panel])
        else:
            found[-1].append(panel)
    return found


def _translator(view: View) -> Callable[..., str]:
    return lambda key, **named: translate(key, view.language, **named)


def _chart_name(chart: str, view: View) -> str:
    if chart == board.TABLE:
        return translate("table", view.language)
    return explore_text(NAMES.get(chart, chart), view.language)


# a panel --------------------------------------------------------------------------------------------------------------


def _card(panel: BoardPanel, view: View) -> None:
    """One panel as a card of fixed height, which loads and fails on its own."""

    @st.fragment(parallel=True)
    def fragment() -> None:
        with st.container(border=True, height=HEIGHT, key=f"card_{panel.id}", gap="xsmall"):
            head = st.container(horizontal=True, vertical_alignment="top", wrap=False, gap="xsmall")
            head.markdown(f"**{plain_label(panel.title)}**", width="stretch")
            menu = head.container(width="content")
            _menu(panel, view, menu)
            guarded(lambda: _body(panel, view), view.language, key=panel.id)

    fragment()


def _body(panel: BoardPanel, view: View) -> None:
    query = parse(panel.query)
    open_values = parameters(query, data.engine(view.source.lake, view.source.sample, view.zone, None).catalog())
    asked = without_renewing(board.asked(query, view))  # a page that asks by itself keeps to the ages of answers
    filled = board.with_values(asked, values(open_values, panel.values, view.zone))
    commands = live.asked_by(filled, {}, view.zone, view.source, _clock(view))
    if not _agreed(panel, commands, view):
        return
    with st.skeleton(height=HEIGHT - 110):
        answer = _answer(first_rows(filled, MOST_ROWS), commands, view)
        _show(panel, filled, answer, view)
    _about(panel, query, answer, view)


def _agreed(panel: BoardPanel, commands: Sequence[AwsCommand], view: View) -> bool:
    """Whether the panel may ask AWS; if that costs something that nobody has agreed to, a button says what."""
    unagreed = [command for command in commands if command.told() not in st.session_state.get(AGREED, ())]
    cost = live.price(unagreed, view.zone, view.source, _clock(view))
    if not cost.needs_consent:
        return True

    def agree() -> None:
        keys = {command.told() for command in commands}
        st.session_state[AGREED] = {*st.session_state.get(AGREED, ()), *keys}

    t, amount = _translator(view), usd(cost.unknown_usd)
    st.caption(t("not_asked", usd=amount))
    st.button(t("ask_aws", usd=amount), key=f"{panel.id}_agree", on_click=agree)
    return False


def _clock(view: View) -> datetime:
    """The sample's clock only when the sample company answers."""
    return view.now if data.profiles().is_demo else datetime.now(UTC)


def _answer(query: Query, commands: Sequence[AwsCommand], view: View) -> Result:
    if commands:
        return live.ask(print_query(query), view.zone, view.source, _clock(view))
    return view.ask(query)


def _show(panel: BoardPanel, query: Query, answer: Result, view: View) -> None:
    if answer.frame.empty:
        with st.container(
            height=HEIGHT - 120, border=False, horizontal_alignment="center", vertical_alignment="center"
        ):
            st.badge(view.t("no_rows"), icon=":material/search_off:", color="gray")
        return
    possible = {plot.kind: plot for plot in autochart.plots(answer.types, answer.rows)}
    wanted = next(iter(possible), board.TABLE) if panel.chart == board.AUTO else panel.chart
    if wanted in possible:

        def follow(behind: Query) -> None:
            st.switch_page(EXPLORE, query_params=explore_params(print_query(behind)))

        draw(Drawing(view, query, answer.frame, panel.id, follow, CHART), possible[wanted])
        return
    table = shown_table(answer.frame, answer.types)
    config = column_config(table, answer.types, f"{panel.id}_open", lambda: None, "")
    config = {name: column for name, column in config.items() if name in table}
    st.dataframe(
        table, hide_index=True, height=HEIGHT - 110, column_config=config, key=f"{panel.id}_table", alt=panel.title,
    )  # fmt: skip


def _about(panel: BoardPanel, query: Query, answer: Result, view: View) -> None:
    t = _translator(view)
    count = view.t("one_row") if answer.rows == 1 else view.t("row_count", n=f"{answer.rows:,}")
    parts = [t("first_rows", n=f"{answer.rows:,}") if answer.rows >= MOST_ROWS else count]
    parts += [
        view.t("took", ms=f"{answer.elapsed * 1000:,.0f}"),
        view.t("updated", time=f"{view.wall_clock(view.now):%H:%M}"),
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(" · ".join(parts), width="content")
        if view.filters.chosen and not board.takes_filters(query):
            st.badge(t("no_filters"), icon=":material/filter_alt_off:", color="gray")
        st.download_button(
            view.t("csv"), data=lambda: to_csv(answer.frame, bom=True), file_name=f"{panel.id}.csv", mime="text/csv",
            icon=":material/download:", type="tertiary", key=f"{panel.id}_csv", on_click="ignore",
        )  # fmt: skip


# menu and file --------------------------------------------------------------------------------------------------------


def _menu(panel: BoardPanel, view: View, place: DeltaGenerator) -> None:
    t = _translator(view)

    def act(how: Callable[[tuple[BoardPanel, ...]], Sequence[BoardPanel]]) -> None:
        board.change(shelf(), how)
        st.session_state["board_moved"] = True

    def rename() -> None:
        title = " ".join(st.session_state[f"{panel.id}_title"].split())[: board.LONGEST_TITLE]
        if title:
            act(board.changed(panel.id, title=title))

    with place.popover("", icon=":material/more_vert:", type="tertiary", help=t("menu", title=panel.title)):
        st.code(panel.query, language=None, wrap_lines=True)
        st.page_link(
            EXPLORE, label=view.t("open_query"), icon=":material/terminal:",
            query_params=Link(panel.query, panel.values).params(),
        )  # fmt: skip
        st.text_input(
            t("rename"), panel.title, key=f"{panel.id}_title", on_change=rename, max_chars=board.LONGEST_TITLE
        )
        st.selectbox(
            t("chart"), board.CHARTS, index=board.CHARTS.index(panel.chart), key=f"{panel.id}_chart",
            format_func=lambda chart: _chart_name(chart, view),
            on_change=lambda: act(board.changed(panel.id, chart=st.session_state[f"{panel.id}_chart"])),
        )  # fmt: skip
        st.toggle(
            t("wide"), panel.wide, key=f"{panel.id}_wide",
            on_change=lambda: act(board.changed(panel.id, wide=st.session_state[f"{panel.id}_wide"])),
        )  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            for name, icon, by in (("earlier", "arrow_upward", -1), ("later", "arrow_downward", 1)):
                st.button(
                    t(name), icon=f":material/{icon}:", key=f"{panel.id}_{name}",
                    on_click=act, args=(board.moved(panel.id, by),),
                )  # fmt: skip
            st.button(
                t("remove"), icon=":material/delete:", key=f"{panel.id}_remove",
                on_click=act, args=(board.removed(panel.id),),
            )  # fmt: skip
    if st.session_state.pop("board_moved", False):
        st.rerun()


def _file(view: View, panels: Sequence[BoardPanel]) -> None:
    t = _translator(view)
    with st.container(horizontal=True, gap="small"):
        if panels:
            st.download_button(
                t("export"), board.written(panels), "trailboard-dashboard.json", "application/json", key="board_export",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        with (
            st.popover(t("import"), icon=":material/upload:"),
            st.form("board_import", border=False, clear_on_submit=True),
        ):
            file = st.file_uploader(t("import_help"), type=["json"], max_upload_size=board.LARGEST_IMPORT // 1_000_000)
            if st.form_submit_button(t("import"), type="primary") and file is not None:
                try:
                    new = board.read(file.getvalue().decode("utf-8-sig"))
                    board.change(shelf(), board.added(new))
                except (NotKept, TrailboardError, UnicodeDecodeError) as problem:
                    st.badge(t(str(problem)) if isinstance(problem, NotKept) else t("wrong_file"), color="red")
                else:
                    st.toast(t("imported", n=len(new)), icon=":material/check:")
                    st.rerun()


# from Explore ---------------------------------------------------------------------------------------------------------


def add_form(page: ExplorePage, text: str, charts: Sequence[str], chart: str) -> None:
    """The form that makes a panel of what is shown in Explore."""
    t = _translator(page.view)

    @st.dialog(t("add"), icon=":material/dashboard_customize:")
    def form() -> None:
        title = st.text_input(t("panel_title"), key="board_title", max_chars=board.LONGEST_TITLE)
        options = [board.AUTO, *charts, board.TABLE]
        shown = st.selectbox(
            t("chart"), options, index=options.index(chart) if chart in options else 0,
            format_func=lambda name: _chart_name(name, page.view), key="board_chart",
        )  # fmt: skip
        if not shelf().lasts:
            st.caption(t("session_only"))
        if st.button(t("add_now"), type="primary", disabled=not title.strip(), key="board_add_now"):
            known = {parameter.name for parameter in page.parameters(text)}
            written = {name: value for name, value in page.desk.written.items() if name in known}
            try:
                board.change(shelf(), board.added([board.new_panel(title, text, shown, written)]))
            except NotKept as reason:
                st.badge(t(str(reason)), color="red", icon=":material/error:")
            except SourceError as problem:
                st.code(str(problem), language=None, wrap_lines=True)
            else:
                st.toast(t("was_added", title=plain_label(title)), icon=":material/dashboard:")
                st.rerun()

    form()
