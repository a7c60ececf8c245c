"""What ran: the query without what the page added, its steps with rows and time, the files it read, its SQL."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine.language.errors import TrailboardError
from pages.parts.desk import Answer
from pages.parts.explore.mistakes import neutralise_lines
from pages.parts.explore.page import ExplorePage
from pages.parts.steps import Measured, can_measure, measured
from pages.parts.units import written

MEASURED = "explore_measured"  # session key: an answer and its measured steps


def show_what_ran(page: ExplorePage, answer: Answer) -> None:
    """The explanation, made when its box is opened."""
    box = st.expander(page.t("effective"), icon=":material/code:", on_change="rerun", key="explore_effective")
    with box:
        if not box.open:
            return
        steps, files, query, sql = st.tabs([page.t("steps"), page.t("files_read"), page.t("editor"), page.t("sql")])
        with steps:
            _steps(page, answer)
        with files:
            _files(page, answer)
        with query:
            st.code(neutralise_lines(answer.text), language=None, wrap_lines=True)
        with sql:
            st.code(neutralise_lines(answer.result.sql), language=None, wrap_lines=True)


@st.fragment
def _steps(page: ExplorePage, answer: Answer) -> None:
    """A line for each command, measured on request: running a query step by step takes longer than running it."""
    kept = st.session_state.get(MEASURED)
    found: list[Measured] = kept[1] if kept is not None and kept[0] is answer else []
    if found:
        _table(page, answer, found)
        return
    place = st.empty()
    if not can_measure(answer.query):
        place.caption(page.t("not_measured"))
    elif place.button(page.t("measure"), icon=":material/timer:", key="explore_measure", help=page.t("measure_help")):
        with place, st.spinner(page.t("measuring"), show_time=True):
            try:
                found = list(measured(page.engine(), answer.query, answer.values))
            except TrailboardError as problem:
                st.code(neutralise_lines(str(problem)), language=None, wrap_lines=True)
                return
        place.empty()
        st.session_state[MEASURED] = (answer, found)
        _table(page, answer, found)
        return
    st.code(neutralise_lines(_plan_text(page, answer)), language=None, wrap_lines=True)


def _table(page: ExplorePage, answer: Answer, found: list[Measured]) -> None:
    earlier = [0.0, *(step.seconds for step in found)]
    st.dataframe(
        pd.DataFrame(
            {
                page.t("step"): [" ".join(step.command.split()) for step in found],
                page.t("rows_after"): [step.rows for step in found],
                page.t("ms_until"): [step.seconds * 1000 for step in found],
                page.t("ms_more"): [
                    (step.seconds - before) * 1000 for step, before in zip(found, earlier[:-1], strict=True)
                ],
            }
        ),
        hide_index=True,
        column_config={
            page.t("step"): st.column_config.TextColumn(width="large"),
            page.t("rows_after"): st.column_config.NumberColumn(format="localized"),
            page.t("ms_until"): st.column_config.NumberColumn(format="%.0f"),
            page.t("ms_more"): st.column_config.NumberColumn(format="%+.0f"),
        },
        alt=page.t("steps"),
    )
    st.caption(page.t("measured_note", ms=f"{answer.result.elapsed * 1000:,.0f}"))


def _files(page: ExplorePage, answer: Answer) -> None:
    """How many files of each table were read, and how many its time range spared."""
    try:
        plan = page.engine().explain(answer.query, answer.values)
    except TrailboardError as problem:
        st.code(neutralise_lines(str(problem)), language=None, wrap_lines=True)
        return
    if not plan.scans:
        st.caption(page.t("no_files"))
        return
    st.dataframe(
        pd.DataFrame(
            {
                page.t("table_name"): [name for name, _ in plan.scans],
                page.t("files_read"): [len(scan.files) for _, scan in plan.scans],
                page.t("files_pruned"): [scan.files_total - len(scan.files) for _, scan in plan.scans],
                page.t("bytes_read"): [written(scan.bytes, "bytes") for _, scan in plan.scans],
            }
        ),
        hide_index=True,
        alt=page.t("files_read"),
    )


def _plan_text(page: ExplorePage, answer: Answer) -> str:
    """The steps of the plan: each command with the SELECT it became."""
    try:
        plan = page.engine().explain(answer.query, answer.values)
    except TrailboardError as problem:
        return str(problem)
    return "\n".join(f"{step.name}  {step.command}\n    {step.sql}\n" for step in plan.steps)
