"""A panel's card: heading, menu, the drawing or what went wrong, and a line about the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.export import to_csv, to_parquet
from engine.language.errors import QueryError, TrailboardError
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import with_span
from engine.query import Result
from pages.parts import data, livecard
from pages.parts.links import EXPLORE, explore_params
from pages.parts.panel import Dashboard, Figure, Number, Panel
from pages.parts.texts import Language, translate
from pages.parts.view import View
from pages.parts.visuals import CARD_EDGES, Shown, draw

GIVEN = "given"  # the code of a panel's own question among its variants
log = logging.getLogger(__name__)


def show(dashboard: Dashboard, view: View) -> None:
    """Draw a dashboard's cards, which load in parallel."""
    for panel in dashboard.panels:
        asked(panel, view)  # here, because a grammar's first use is not made for several threads
    for panels, widths in zip(dashboard.rows, dashboard.widths, strict=True):
        if len(panels) > 2:
            with st.grid(len(panels), min_column_width=160):
                for panel in panels:
                    card(panel, view)
        else:
            for panel, column in zip(panels, st.columns(list(widths)), strict=True):
                with column:
                    card(panel, view)
    if dashboard.places_addresses:
        st.caption(data.geo().sources)


def card(panel: Panel, view: View) -> None:
    """One panel as a card of fixed height, reloading on its own."""

    @st.fragment(parallel=True)
    def fragment() -> None:
        with st.container(border=True, height=panel.height, key=f"card_{panel.id}", gap="xsmall"):
            head = st.container(horizontal=True, vertical_alignment="top", wrap=False, gap="xsmall")
            head.markdown(f"**{_title(panel, view)}**", help=panel.help.to(view.language), width="stretch")
            guarded(lambda: _body(panel, view, head), view.language, key=panel.id)

    fragment()


def guarded(body: Callable[[], object], language: Language, *, key: str) -> None:
    """Draw something; when that fails, tell why as plain text and offer another try. No traceback is ever shown."""
    try:
        body()
    except QueryError as problem:  # without the caret: the query is not the viewer's
        _failure(f"{problem.code}: {problem.message}", language, key)
    except TrailboardError as problem:
        _failure(str(problem), language, key)
    except Exception as problem:
        log.exception("%s failed", key)
        _failure(translate("unexpected", language, kind=type(problem).__name__), language, key)


def _failure(message: str, language: Language, key: str) -> None:
    st.badge(translate("failed", language), icon=":material/error:", color="red")
    st.code(message, language=None, wrap_lines=True)
    st.button(translate("retry", language), icon=":material/refresh:", key=f"{key}_retry")


def asked(panel: Panel, view: View, *, given: bool = False) -> Query:
    """The query that a panel runs in a view: its own, or the fuller one, over the view's period and filters.

    What AWS answers has no period: its panels say themselves what they are about.
    """
    if view.live is not None:
        return view.filled(panel.query)
    text = panel.query if given or panel.fuller is None else panel.fuller
    return with_span(view.asked(parse(text)), view.period.span(view.now))


def _title(panel: Panel, view: View) -> str:
    return panel.title.to(view.language, period=view.period.label(view.language, view.zone))


def _body(panel: Panel, view: View, head: DeltaGenerator) -> None:
    note = st.container(gap=None)
    middle = st.container(gap="xsmall")
    foot = st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        wrap=not panel.variants,
        gap="small",
    )
    with foot:
        about = st.empty()
        given = _given_switch(panel, view)  # before the query it decides, below it on the screen
        panel = _variant(panel, view)
    if panel.note is not None:
        note.caption(panel.note.to(view.language))
    with middle, st.skeleton(height=panel.height - CARD_EDGES):
        if view.live is not None and not livecard.agreed(panel, view):
            return
        query = asked(panel, view, given=given)
        shown = Shown(panel, view, query, view.ask(query))
        draw(panel.visual, shown)
    with head:
        _menu(shown)
    with note:
        livecard.failures(shown.answer, view)
    if not isinstance(panel.visual, Number | Figure):
        about.caption(_about(shown.answer, view), width="stretch" if panel.variants else "content")


def _given_switch(panel: Panel, view: View) -> bool:
    """Whether the viewer wants the panel's query exactly as given; panels without a fuller one always show that."""
    if panel.fuller is None:
        return True
    return st.toggle(
        view.t("seed_columns"), key=f"{panel.id}_original", bind="query-params", help=view.t("seed_columns_help")
    )


def _variant(panel: Panel, view: View) -> Panel:
    """The panel, or the variant of it that the viewer has chosen. Codes are what the URL carries, not their titles."""
    if not panel.variants:
        return panel
    key = f"{panel.id}_variant"
    titles = {GIVEN: panel.own_title.to(view.language)} | {
        variant.id: variant.title.to(view.language) for variant in panel.variants
    }
    first = panel.shown_first or GIVEN
    codes = sorted(titles, key=lambda code: code != first)
    wanted = st.query_params.get(key, first)

    def remember() -> None:
        if st.session_state[key] == first:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = st.session_state[key]

    chosen = st.selectbox(
        view.t("variants"),
        codes,
        index=codes.index(wanted) if wanted in codes else 0,
        format_func=titles.__getitem__,
        key=key,
        on_change=remember,
        label_visibility="collapsed",
        width="stretch" if isinstance(panel.visual, Number) else 200,
    )
    return panel.as_variant(chosen)


def _menu(shown: Shown) -> None:
    panel, view, answer = shown.panel, shown.view, shown.answer
    title = _title(panel, view)
    with st.popover(
        "", icon=":material/more_vert:", type="tertiary", help=view.t("menu", title=title), width="content"
    ):
        st.caption(view.t("query_view"))
        st.code(print_query(shown.query), language=None, wrap_lines=True)
        _explore_link("open_query", shown.query, shown)
        _explore_link("rows", shown.rows_query(), shown)
        with st.container(horizontal=True):
            _download("csv", lambda: to_csv(answer.frame, bom=True), "text/csv", shown)
            _download("parquet", lambda: to_parquet(answer.frame), "application/vnd.apache.parquet", shown)
        read = view.t("files", read=answer.files_read, total=answer.files_total)
        if answer.live:
            read = livecard.billed(answer, view)
        st.caption(f"{_about(answer, view)} · {read}")
        for warning in answer.warnings:
            st.text(f"⚠ {warning}")


def _explore_link(label: str, query: Query, shown: Shown) -> None:
    icon = ":material/terminal:" if label == "open_query" else ":material/table_rows:"
    st.page_link(EXPLORE, label=shown.view.t(label), icon=icon, query_params=explore_params(print_query(query)))


def _download(kind: str, make: Callable[[], bytes], mime: str, shown: Shown) -> None:
    name = f"{shown.panel.id}-{shown.view.wall_clock(shown.view.now):%Y%m%d-%H%M}.{kind}"
    st.download_button(
        shown.view.t(kind),
        data=make,
        file_name=name,
        mime=mime,
        icon=":material/download:",
        key=f"{shown.panel.id}_{kind}",
        on_click="ignore",
    )


def _about(answer: Result, view: View) -> str:
    """Row count, time taken and the moment the answer is of."""
    parts = [
        view.t("one_row") if answer.rows == 1 else view.t("row_count", n=f"{answer.rows:,}"),
        view.t("took", ms=f"{answer.elapsed * 1000:,.0f}"),
        livecard.about(answer, view) or view.t("updated", time=f"{view.wall_clock(view.now):%H:%M}"),
    ]
    return " · ".join(parts)
