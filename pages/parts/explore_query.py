"""The upper half of Explore: the editor, its buttons, and what they open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from engine.functions.function import aggregates, functions
from engine.language.errors import QueryError, TrailboardError
from engine.language.grammar import parse
from engine.language.nodes import Query, commands
from engine.language.printer import print_query
from engine.language.rewrite import with_search
from engine.lookups import geoip
from engine.query import Engine
from pages.parts import data
from pages.parts.completion import vocabulary
from pages.parts.desk import PATIENCE, Desk, desk
from pages.parts.editor import query_editor, typed_text
from pages.parts.examples import BASICS, FIRST, Example, incidents
from pages.parts.explore_texts import translate
from pages.parts.filters import filter_options
from pages.parts.links import EXPLORE, explore_params
from pages.parts.periods import LENGTHS, Period
from pages.parts.problems import problems, without_rows
from pages.parts.view import View

EDITOR = "explore_editor"
NARROW = "explore_narrow"
ABSOLUTE = "absolute"


@dataclass(frozen=True)
class ExplorePage:
    """One run of the page: who looks, at which desk, and whether a query is still running."""

    view: View
    desk: Desk
    is_running: bool

    def t(self, key: str, **values: object) -> str:
        return translate(key, self.view.language, **values)

    def engine(self) -> Engine:
        view = self.view
        return _engine(view.source, view.zone, view.now if view.source.sample else None)

    def newest_text(self) -> str:
        """What stands in the editor; callbacks must ask this, for the viewer may have typed until the very click."""
        typed = typed_text(EDITOR, self.desk.revision)
        if typed is not None:
            self.desk.text = typed
        return self.desk.text

    def run(self, text: str) -> None:
        """Start a query; to be called in a callback."""
        self.desk.put_and_run(text, self.engine())

    def continue_with(self, query: Query) -> None:
        """Start a query made from the one on the screen; to be called in a callback."""
        self.run(print_query(query))


def _engine(source: data.Source, zone: str, frozen: datetime | None = None) -> Engine:
    return data.engine(source.lake, source.sample, zone, frozen)


def prepare(view: View) -> ExplorePage:
    """The page's state: the query of the URL is on its way after this."""
    here = desk(FIRST)
    page = ExplorePage(view, here, False)
    here.arrive(page.engine(), is_entry=EDITOR not in st.session_state)
    is_running = here.job is not None and not here.job.wait(PATIENCE)
    here.take_move()
    return ExplorePage(view, here, is_running)


def show_query(page: ExplorePage) -> None:
    """The editor and its toolbar."""

    @st.fragment
    def typing() -> None:
        _editor(page)
        if page.desk.take_move():
            st.rerun()

    with st.container(gap="small"):
        typing()
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="explore_toolbar"):
            _run_and_cancel(page)
            _examples(page)
            _narrow(page)
            if st.button(page.t("fields"), icon=":material/list_alt:"):
                _show_fields(page)
            st.button(
                page.t("tidy"),
                icon=":material/format_align_left:",
                on_click=_tidy,
                args=(page,),
                help=page.t("tidy_help"),
            )
            st.caption(page.view.t("times_in", zone=page.view.zone), width="content")


# editor ---------------------------------------------------------------------------------------------------------------


def _editor(page: ExplorePage) -> None:
    here, source = page.desk, page.view.source
    query_editor(
        here.text,
        here.revision,
        key=EDITOR,
        label=page.t("editor"),
        placeholder=page.t("placeholder"),
        fix_label=lambda word: page.t("fix", word=word),
        vocabulary=_vocabulary(source),
        problems=problems(here.text, _checker(source, page.view.zone)),
        on_text=page.newest_text,
        on_run=lambda text: here.run(text, page.engine()),
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _vocabulary(source: data.Source) -> dict[str, object]:
    catalog = _engine(source, "UTC").catalog()
    return vocabulary(commands(), functions(), aggregates(), catalog, {"geoip": geoip(None).columns})


@st.cache_resource(max_entries=8, show_spinner=False)
def _checker(source: data.Source, zone: str) -> Engine:
    """An engine that knows all fields and reads nothing: it tells mistakes while a query is being typed."""
    catalog = _engine(source, zone).catalog()
    return Engine(tables=without_rows(catalog), timezone=zone, memory_limit="200MB")


# toolbar --------------------------------------------------------------------------------------------------------------


def _run_and_cancel(page: ExplorePage) -> None:
    here = page.desk
    st.button(
        page.t("run"),
        type="primary",
        icon=":material/play_arrow:",
        shortcut="Ctrl+Enter",
        disabled=page.is_running,
        on_click=lambda: here.run(page.newest_text(), page.engine()),
    )
    if page.is_running and here.job is not None:
        st.button(page.t("cancel"), icon=":material/stop:", shortcut="Esc", on_click=here.job.stop)


def _tidy(page: ExplorePage) -> None:
    """Print the query the standard way; comments would be lost, so a text with one stays as it is."""
    text = page.newest_text()
    try:
        tidied = print_query(parse(text))
    except QueryError:
        return  # the editor already shows where the mistake is
    if not _has_comment(text):
        page.desk.put(tidied)


def _has_comment(text: str) -> bool:
    return any(piece.lstrip().startswith(("# ", "#\n")) for piece in text.replace("[", "|").split("|"))


def _examples(page: ExplorePage) -> None:
    with st.popover(page.t("examples"), icon=":material/lightbulb:"):
        if page.desk.recent:
            st.caption(page.t("recent"))
            for place, text in enumerate(page.desk.recent):
                shown = " ".join(text.split())
                shown = shown if len(shown) <= 70 else f"{shown[:70]}…"
                st.button(
                    _plain_label(shown),
                    key=f"recent_{place}",
                    type="tertiary",
                    icon=":material/history:",
                    on_click=page.run,
                    args=(text,),
                )
        for key, group in example_groups(page):
            st.caption(page.t(key))
            for example in group:
                example_link(page, example)


def example_link(page: ExplorePage, example: Example) -> None:
    """A link that runs an example: a real one, so it opens in another tab too."""
    params = {**explore_params(example.query), "lang": page.view.language}
    st.page_link(
        EXPLORE, label=example.title.to(page.view.language), icon=":material/play_circle:", query_params=params
    )


def example_groups(page: ExplorePage) -> tuple[tuple[str, Sequence[Example]], ...]:
    """The examples by heading; the incidents only where they are: in the sample data."""
    groups: tuple[tuple[str, Sequence[Example]], ...] = (("basics", BASICS),)
    return (*groups, ("incidents", incidents())) if page.view.source.sample else groups


def _plain_label(text: str) -> str:
    """A query as a button's label, which is Markdown: every character that could mean something is escaped."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~$:&" else char for char in text)


# range and filters ----------------------------------------------------------------------------------------------------


def _narrow(page: ExplorePage) -> None:
    popover = st.popover(
        page.t("narrow"),
        icon=":material/date_range:",
        help=page.t("narrow_help"),
        on_change="rerun",
        key=NARROW,
    )
    with popover:
        if popover.open:
            _narrow_form(page)


def _narrow_form(page: ExplorePage) -> None:
    view = page.view
    names = {"": page.t("range_kept"), **{length: length for length in LENGTHS}, ABSOLUTE: page.t("range_absolute")}
    st.segmented_control(
        page.t("range_for"), list(names), format_func=names.__getitem__, default="", required=True, key="narrow_length"
    )
    if st.session_state["narrow_length"] == ABSOLUTE:
        today = view.wall_clock(view.now)
        st.datetime_input(view.t("from"), today - timedelta(days=1), key="narrow_from", format="YYYY-MM-DD")
        st.datetime_input(view.t("to"), today, key="narrow_to", format="YYYY-MM-DD")
    st.multiselect(
        page.t("accounts_only"), _found(view, "recipientAccountId"), key="narrow_accounts",
        placeholder=view.t("all_accounts"), accept_new_options=True,
    )  # fmt: skip
    st.multiselect(
        page.t("regions_only"), _found(view, "awsRegion"), key="narrow_regions",
        placeholder=view.t("all_regions"), accept_new_options=True,
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button(page.t("write_run"), type="primary", on_click=_write, args=(page, page.run))
        st.button(page.t("write"), on_click=_write, args=(page, page.desk.put))
    if problem := st.session_state.pop("narrow_problem", None):
        st.badge(page.t(problem), color="red", icon=":material/error:")


def _write(page: ExplorePage, use: Callable[[str], None]) -> None:
    """Put the chosen range and filters on every table of the query."""
    state = st.session_state
    try:
        query = parse(page.newest_text())
    except QueryError:
        state["narrow_problem"] = "cannot_write"
        return
    length = state["narrow_length"]
    if length == ABSOLUTE:
        start, end = (_instant(state[f"narrow_{name}"], page.view.zone) for name in ("from", "to"))
        if start is None or end is None or start >= end:
            state["narrow_problem"] = "wrong_range"
            return
        query = Period(start=start, end=end).on(query, page.view.zone)
    elif length:
        query = Period(length).on(query, page.view.zone)
    wanted = {"recipientAccountId": state["narrow_accounts"], "awsRegion": state["narrow_regions"]}
    use(print_query(with_search(query, wanted)))
    state[NARROW] = False  # the form has done its work


def _instant(wall_clock: datetime | None, zone: str) -> datetime | None:
    return None if wall_clock is None else wall_clock.replace(tzinfo=ZoneInfo(zone))


def _found(view: View, column: str) -> list[str]:
    """Values to choose from: those of the last week, the most frequent first."""
    try:
        answer = view.ask(Period("7d").on(filter_options(column), view.zone))
    except TrailboardError:
        return []
    return [str(value) for value in answer.frame["choice"]]


# fields ---------------------------------------------------------------------------------------------------------------


def _show_fields(page: ExplorePage) -> None:
    @st.dialog(page.t("fields"), width="medium", position="right", icon=":material/list_alt:")
    def drawer() -> None:
        tables = page.engine().catalog().tables
        if not tables:
            st.badge(page.t("no_fields"), icon=":material/cloud_off:", color="gray")
        for table in tables:
            st.markdown(f"**{_plain_label(table.name)}**")
            st.caption(_plain_label(table.description))
            shown = [item for item in table.fields if not item.hidden]
            st.dataframe(
                pd.DataFrame(
                    {
                        page.t("field"): [item.name for item in shown],
                        page.t("type"): [item.type.name for item in shown],
                        page.t("description"): [item.description for item in shown],
                    }
                ),
                hide_index=True,
                height=31 * len(shown) + 34,
                column_config={page.t("description"): st.column_config.TextColumn(width="large")},
                key=f"fields_{table.name}",
                alt=table.name,
            )

    drawer()
