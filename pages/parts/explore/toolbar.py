"""The upper half of Explore: the editor, its buttons, and what they open."""

from __future__ import annotations

import streamlit as st

from engine.functions.function import aggregates, functions
from engine.language.errors import QueryError, SourceError
from engine.language.grammar import parse
from engine.language.nodes import commands
from engine.language.printer import print_query
from engine.lookups import geoip
from engine.query import Engine
from pages.parts import data
from pages.parts.completion import vocabulary
from pages.parts.editor import query_editor
from pages.parts.explore.catalogue import show_catalogue
from pages.parts.explore.gallery import show_examples
from pages.parts.explore.narrow import show_narrow
from pages.parts.explore.page import EDITOR, ExplorePage, engine_of
from pages.parts.explore.queries import save_form, show_queries
from pages.parts.explore.values import show_values
from pages.parts.fieldvalues import FieldValues, known_values
from pages.parts.problems import problems, without_rows

KEYS = {
    "key_run": "Ctrl+Enter",
    "key_complete": "Ctrl+Space",
    "key_comment": "Ctrl+/",
    "key_tidy": "Shift+Alt+F",
    "key_mistakes": "F8",
    "key_leave": "Esc",
}


def show_query(page: ExplorePage) -> None:
    """The editor, the open values of its query, and the toolbar."""

    @st.fragment
    def typing() -> None:
        _editor(page)
        show_values(page)
        if page.desk.take_move():
            st.rerun()

    with st.container(gap="small"):
        typing()
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="explore_toolbar"):
            _run_or_cancel(page)
            if st.button(page.t("save"), icon=":material/bookmark_add:"):
                save_form(page)
            if st.button(page.t("my_queries"), icon=":material/bookmarks:"):
                show_queries(page)
            show_examples(page)
            show_narrow(page)
            if st.button(page.t("fields"), icon=":material/list_alt:"):
                show_catalogue(page)
            st.button(
                page.t("tidy"),
                icon=":material/format_align_left:",
                on_click=lambda: _tidy(page, page.newest_text()),
                help=page.t("tidy_help"),
            )
            with st.popover(page.t("keys"), icon=":material/keyboard:", type="tertiary"):
                for name, keys in KEYS.items():
                    st.markdown(f"`{keys}` {page.t(name)}")
            st.caption(page.view.t("times_in", zone=page.view.zone), width="content")


# editor ---------------------------------------------------------------------------------------------------------------


def _editor(page: ExplorePage) -> None:
    here, source = page.desk, page.view.source

    def run(text: str, part: str) -> None:
        here.text = text
        page.run_text(part or text)

    query_editor(
        here.text,
        here.revision,
        key=EDITOR,
        label=page.t("editor"),
        placeholder=page.t("placeholder"),
        fix_label=lambda word: page.t("fix", word=word),
        vocabulary=_vocabulary(source, known_values(source, page.view.now)),
        problems=problems(here.text, _checker(source, page.view.zone), page.values(here.text)),
        on_text=page.newest_text,
        on_run=run,
        on_tidy=lambda text: _tidy(page, text),
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _vocabulary(source: data.Source, known: FieldValues) -> dict[str, object]:
    catalog = engine_of(source, "UTC").catalog()
    return vocabulary(commands(), functions(), aggregates(), catalog, {"geoip": geoip(None).columns}, known)


@st.cache_resource(max_entries=8, show_spinner=False)
def _checker(source: data.Source, zone: str) -> Engine:
    """An engine that knows all fields and reads nothing: it tells mistakes while a query is being typed.

    The profiles tell it the columns of `aws-*` commands; explaining a query never asks AWS.
    """
    catalog = engine_of(source, zone).catalog()
    try:
        profiles = data.profiles()
    except SourceError:  # told when such a command runs
        profiles = None
    return Engine(tables=without_rows(catalog), timezone=zone, profiles=profiles, memory_limit="200MB")


# toolbar --------------------------------------------------------------------------------------------------------------


def _run_or_cancel(page: ExplorePage) -> None:
    """One button in one place, so that the others stay where they are when a query starts."""
    here = page.desk
    if page.is_running and here.job is not None:
        st.button(page.t("cancel"), icon=":material/stop:", shortcut="Esc", on_click=here.job.stop)
        return
    st.button(
        page.t("run"),
        type="primary",
        icon=":material/play_arrow:",
        shortcut="Ctrl+Enter",
        on_click=lambda: page.run_text(page.newest_text()),
    )


def _tidy(page: ExplorePage, text: str) -> None:
    """Print the query the standard way; comments would be lost, so a text with one stays as it is."""
    try:
        tidied = print_query(parse(text))
    except QueryError:
        return  # the editor already shows where the mistake is
    if not _has_comment(text):
        page.desk.put(tidied)


def _has_comment(text: str) -> bool:
    return any(piece.lstrip().startswith(("# ", "#\n")) for piece in text.replace("[", "|").split("|"))
