"""What ran: the query without what the page added, its plan, its SQL."""

from __future__ import annotations

import streamlit as st

from engine.language.errors import TrailboardError
from pages.parts.desk import Answer
from pages.parts.explore.mistakes import neutralise_lines
from pages.parts.explore.page import ExplorePage
from pages.parts.units import written


def show_what_ran(page: ExplorePage, answer: Answer) -> None:
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
        lines.append(f"{table}: {len(scan.files)} / {scan.files_total} files, {written(scan.bytes, 'bytes')}")
    return "\n".join(lines)
