"""What went wrong with a query, as plain text: a message may quote the logs. Never a traceback."""

from __future__ import annotations

import logging

import streamlit as st

from engine.export import neutralise
from engine.language.errors import QueryCancelled, QueryError, QueryTimeout, TrailboardError
from pages.parts.desk import TIMEOUT
from pages.parts.explore.page import ExplorePage
from pages.parts.problems import excerpt, fix

log = logging.getLogger(__name__)


def show_failure(page: ExplorePage, problem: BaseException) -> None:
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
