"""The lower half of Explore: the running query, its mistakes, or its answer as figures, chart, table and rows."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from engine.export import neutralise, to_csv, to_json, to_parquet
from pages.parts.desk import MOST_IN_FILE, MOST_ROWS, TIMEOUT, Answer, first_rows
from pages.parts.explore.chart import show_chart
from pages.parts.explore.gallery import show_gallery
from pages.parts.explore.mistakes import show_failure
from pages.parts.explore.page import ExplorePage
from pages.parts.explore.ran import show_what_ran
from pages.parts.explore.rows import show_row, show_table
from pages.parts.units import written


def show_outcome(page: ExplorePage) -> None:
    """Whatever there is to show below the editor."""
    job = page.desk.job
    if job is None:
        show_gallery(page)
    elif page.is_running:
        _wait(page)
    else:
        outcome = job.outcome()
        if isinstance(outcome, Answer):
            _answer(page, outcome)
        else:
            show_failure(page, outcome)


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
            _downloads(page, answer)
    if answer.capped:
        _note(page.t("capped", n=f"{MOST_ROWS:,}", file=f"{MOST_IN_FILE:,}"))
    for warning in result.warnings:
        _note(warning)


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
