"""Range and filters that are written into the query's text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from engine.language.errors import QueryError, TrailboardError
from engine.language.grammar import parse
from engine.language.printer import print_query
from engine.language.rewrite import with_search
from pages.parts.explore.page import ExplorePage
from pages.parts.filters import filter_options
from pages.parts.periods import LENGTHS, Period
from pages.parts.view import View

NARROW = "explore_narrow"
ABSOLUTE = "absolute"


def show_narrow(page: ExplorePage) -> None:
    """The form behind a button."""
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
