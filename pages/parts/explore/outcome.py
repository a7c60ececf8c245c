"""The lower half of Explore: the running query, its mistakes, or its answer as figures, chart, table and rows."""

from __future__ import annotations

import streamlit as st

from engine.export import neutralise
from pages.parts import autochart
from pages.parts.board_texts import translate as board_text
from pages.parts.board_view import add_form
from pages.parts.desk import Answer, Held
from pages.parts.explore.chart import show_chart
from pages.parts.explore.downloads import show_downloads
from pages.parts.explore.gallery import show_gallery
from pages.parts.explore.mistakes import show_failure
from pages.parts.explore.page import ExplorePage
from pages.parts.explore.ran import show_what_ran
from pages.parts.explore.rows import show_row, show_table
from pages.parts.livecard import usd as money
from pages.parts.units import written


def show_outcome(page: ExplorePage) -> None:
    """Whatever there is to show below the editor."""
    job = page.desk.job
    if page.desk.held is not None:
        _ask_consent(page, page.desk.held)
    elif job is None:
        show_gallery(page)
    elif page.is_running:
        _wait(page)
    else:
        outcome = job.outcome()
        if isinstance(outcome, Answer):
            _answer(page, outcome)
        else:
            show_failure(page, outcome)


def _ask_consent(page: ExplorePage, held: Held) -> None:
    """What a query does or costs, before it does."""
    is_file, usd = held.why == "writes", money(held.usd)
    with st.container(border=True, key="explore_consent"):
        icon = ":material/save:" if is_file else ":material/payments:"
        st.badge(page.t("not_run" if is_file else "not_asked"), icon=icon, color="gray")
        st.text(page.t(f"consent_{held.why}", usd=usd))
        label = page.t("run_anyway") if is_file else page.t("ask_aws", usd=usd)
        st.button(label, type="primary", key="explore_agree", on_click=page.agree)


def _wait(page: ExplorePage) -> None:
    """Say that the query runs and how far it is, show the first rows, and look again until there is more."""
    job = page.desk.job
    assert job is not None
    early = job.early

    @st.fragment(run_every=0.4)
    def look() -> None:
        if job.is_done or job.early is not early:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = page.t("running", seconds=f"{job.seconds:.0f}") if job.future.running() else page.t("waiting")
            st.badge(text, icon=":material/hourglass_top:", color="blue")
            if early is not None:
                st.caption(page.t("early_rows", n=f"{early.result.rows:,}"), width="content")
        if job.part is not None:
            st.progress(job.part)

    look()
    if early is not None:
        show_table(page, early)


# answer ---------------------------------------------------------------------------------------------------------------


def _answer(page: ExplorePage, answer: Answer) -> None:
    _figures(page, answer)
    if answer.result.frame.empty:
        with st.container(border=True, horizontal_alignment="center"):
            st.badge(page.t("nothing"), icon=":material/search_off:", color="gray")
            st.caption(page.t("nothing_help"), width="content")
    else:
        show_chart(page, answer)
        show_table(page, answer)
    show_what_ran(page, answer)
    if page.desk.opened is not None and page.desk.opened < answer.result.rows:
        show_row(page, answer)


def _without_value(page: ExplorePage, answer: Answer) -> list[str]:
    """Parameters that the query was run without: they are null, which nothing equals."""
    found = page.parameters(answer.query.text or "")
    return [parameter.name for parameter in found if parameter.name not in answer.values and not parameter.default]


def _figures(page: ExplorePage, answer: Answer) -> None:
    """Rows, time, files, bytes, moment; downloads; what the engine wants to be known."""
    result = answer.result
    figures = [_row_count(page, answer), page.t("elapsed", seconds=f"{result.elapsed:.2f}")]
    if result.files_total:
        figures.append(page.t("files", read=f"{result.files_read:,}", total=f"{result.files_total:,}"))
        figures.append(page.t("bytes", size=written(result.bytes_read, "bytes")))
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
            with st.container(horizontal=True, gap="xsmall", width="content"):
                _add_to_board(page, answer)
                show_downloads(page, answer)
    if page.desk.job is not None and page.desk.job.text.strip() != page.desk.text.strip():
        st.caption(page.t("part_ran"))
    if answer.capped:
        _note(page.t("capped", n=f"{result.rows:,}"))
    if missing := _without_value(page, answer):
        _note(page.t("no_values_given", names=", ".join(missing)))
    for warning in result.warnings:
        _note(warning)


def _add_to_board(page: ExplorePage, answer: Answer) -> None:
    icon = ":material/dashboard_customize:"
    if st.button(board_text("add", page.view.language), icon=icon, type="tertiary", key="explore_add"):
        charts = [plot.kind for plot in autochart.plots(answer.result.types, answer.result.rows)]
        text = answer.query.text or answer.text
        add_form(page, text, charts, st.query_params.get("chart", "auto"))


def _row_count(page: ExplorePage, answer: Answer) -> str:
    rows = f"{answer.result.rows:,}"
    if answer.counts is not None:
        return page.t("first_of_rows", n=rows, total=f"{int(answer.counts['count'].sum()):,}")
    if answer.capped:
        return page.t("first_rows", n=rows)
    return page.t("one_row") if answer.result.rows == 1 else page.t("rows", n=rows)


def _note(text: str) -> None:
    """A small remark; plain text, as it may quote the query."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(":orange[:material/warning:]", width="content")
        st.text(neutralise(text), width="content")
