"""A viewer's own queries: saving the one in the editor, and the drawer of saved and recent ones."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.language.errors import SourceError
from pages.parts.explore import history, saved
from pages.parts.explore.page import ExplorePage, plain_label
from pages.parts.explore.saved import LARGEST_IMPORT, NotSaved, Saved
from pages.parts.kept import shelf

SHOWN = 90  # characters of a query that stand in a list
RECENT = 40


def save_form(page: ExplorePage) -> None:
    """The form that gives the query of the editor a name."""

    @st.dialog(page.t("save_query"), icon=":material/bookmark_add:")
    def form() -> None:
        text = page.newest_text()
        _how_long(page)
        name = st.text_input(page.t("name_of_query"), key="save_name", max_chars=saved.LONGEST_NAME)
        described = st.text_area(page.t("what_for"), key="save_about", max_chars=saved.LONGEST_DESCRIPTION, height=80)
        is_there = bool(name.strip()) and saved.find(shelf(), saved.clean_name(name)) is not None
        if is_there:
            st.caption(page.t("replaces"))
        st.code(text, language=None, wrap_lines=True, height=160)
        label = page.t("replace") if is_there else page.t("save")
        if st.button(label, type="primary", key="save_now", disabled=not name.strip()):
            known = {parameter.name for parameter in page.parameters(text)}
            written = {key: value for key, value in page.desk.written.items() if key in known and value}
            if problem := _try(page, Saved(name, text, described, written)):
                st.badge(problem, color="red", icon=":material/error:")
            else:
                st.toast(page.t("saved_as", name=plain_label(saved.clean_name(name))), icon=":material/bookmark_added:")
                st.rerun()

    form()


def _try(page: ExplorePage, query: Saved) -> str:
    """Save; what is in the way as a text, nothing when it is done."""
    try:
        saved.save(shelf(), query)
    except NotSaved as reason:
        return page.t(str(reason))
    except SourceError as problem:
        return plain_label(str(problem))
    return ""


def _how_long(page: ExplorePage) -> None:
    if not shelf().lasts:
        st.caption(page.t("session_only"))


def show_queries(page: ExplorePage) -> None:
    """The drawer of saved and recent queries."""

    @st.dialog(page.t("my_queries"), width="medium", position="right", icon=":material/bookmarks:")
    def drawer() -> None:
        if page.desk.take_move():
            st.rerun()  # one was chosen: the drawer closes
        _how_long(page)
        kept, recent = st.tabs([page.t("saved"), page.t("recent")])
        with kept:
            _saved(page)
        with recent:
            _recent(page)

    drawer()


def _saved(page: ExplorePage) -> None:
    try:
        found = saved.all_saved(shelf())
    except SourceError as problem:
        st.code(str(problem), language=None, wrap_lines=True)
        return
    if not found:
        st.caption(page.t("none_saved"))
    sought = ""
    if len(found) > 6:
        sought = st.text_input(
            page.t("find"), key="saved_find", icon=":material/search:", label_visibility="collapsed",
            placeholder=page.t("find"),
        ).casefold()  # fmt: skip
    for query in found:
        if sought in f"{query.name} {query.description} {query.text}".casefold():
            _one(page, query)
    _files(page, found)


def _one(page: ExplorePage, query: Saved) -> None:
    with st.container(border=True, gap="xsmall", key=f"saved_{query.name}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            st.button(
                plain_label(query.name), key=f"open_{query.name}", type="tertiary", icon=":material/play_arrow:",
                on_click=_open, args=(page, query.text, query.parameters), help=page.t("open_saved"),
            )  # fmt: skip
            with st.container(horizontal=True, gap="xsmall", width="content", wrap=False):
                st.download_button(
                    page.t("export"), saved.as_file(query), f"{query.name}{saved.SUFFIX}", "text/plain",
                    key=f"export_{query.name}", type="tertiary", icon=":material/download:", on_click="ignore",
                )  # fmt: skip
                st.button(
                    page.t("delete"), key=f"delete_{query.name}", type="tertiary", icon=":material/delete:",
                    on_click=_ask_delete, args=(query.name,),
                )  # fmt: skip
        if query.description:
            st.text(query.description)
        st.caption(f"`{_one_line(query.text)}`" if "`" not in query.text else plain_label(_one_line(query.text)))
        if st.session_state.get("delete_asked") == query.name:
            with st.container(horizontal=True, gap="small"):
                st.button(
                    page.t("really_delete"), key=f"really_{query.name}", type="primary", on_click=_delete,
                    args=(query.name,),
                )  # fmt: skip
                st.button(page.t("keep"), key=f"keep_{query.name}", on_click=_ask_delete, args=(None,))


def _open(page: ExplorePage, text: str, written: Mapping[str, str]) -> None:
    page.run(text, written)


def _ask_delete(name: str | None) -> None:
    st.session_state["delete_asked"] = name


def _delete(name: str) -> None:
    saved.remove(shelf(), name)
    _ask_delete(None)


def _files(page: ExplorePage, found: list[Saved]) -> None:
    with st.expander(page.t("files_of_queries"), icon=":material/swap_vert:"):
        if found:
            st.download_button(
                page.t("export_all"), lambda: saved.exported(found), "trailboard-queries.zip", "application/zip",
                key="export_all", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        with st.form("import_queries", border=False, clear_on_submit=True):
            files = st.file_uploader(
                page.t("import_help"), type=["lpql", "zip"], accept_multiple_files=True,
                max_upload_size=max(1, LARGEST_IMPORT // 1_000_000),
            )  # fmt: skip
            if st.form_submit_button(page.t("import"), icon=":material/upload:") and files:
                _import(page, [(file.name, file.getvalue()) for file in files])


def _import(page: ExplorePage, files: list[tuple[str, bytes]]) -> None:
    """Add the queries of files; one that is there by name already is replaced."""
    for name, content in files:
        try:
            queries = saved.imported(name, content)
        except NotSaved as reason:
            st.badge(f"{plain_label(name)}: {page.t(str(reason))}", color="red", icon=":material/error:")
            continue
        for query in queries:
            if problem := _try(page, query):
                st.badge(f"{plain_label(query.name)}: {problem}", color="red", icon=":material/error:")
            else:
                st.badge(plain_label(query.name), color="green", icon=":material/check:")


def _recent(page: ExplorePage) -> None:
    runs = history.recalled(shelf())
    if not runs:
        st.caption(page.t("none_recent"))
        return
    for place, run in enumerate(runs[:RECENT]):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
            st.button(
                plain_label(_one_line(run.text)), key=f"recent_{place}", type="tertiary", icon=":material/history:",
                on_click=_open, args=(page, run.text, {}), help=None,
            )  # fmt: skip
            moment = page.view.wall_clock(run.at)
            st.caption(f"{moment:%m-%d %H:%M}", width="content")
    st.button(
        page.t("forget_all"), key="forget_all", icon=":material/delete_sweep:", type="tertiary",
        on_click=lambda: history.forget(shelf()),
    )  # fmt: skip


def _one_line(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
