"""The rows of an answer: the table, and the drawer with one whole row."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.desk import Answer
from pages.parts.explore.drill import ways_on
from pages.parts.explore.fields import show_fields
from pages.parts.explore.mistakes import neutralise_lines
from pages.parts.explore.page import ExplorePage
from pages.parts.resulttable import OPEN, column_config, empty_columns, reading_order, row_value


def show_table(page: ExplorePage, answer: Answer) -> None:
    """The table, and its fields beside it where the viewer wants them."""
    here, result, key = page.desk, answer.result, "explore_open"
    empty = [] if result.rows == 0 else empty_columns(answer.table)
    show_empty = True
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        wants_fields = st.toggle(page.t("show_fields"), key="explore_wants_fields")
        if len(answer.table) < result.rows:
            st.caption(page.t("table_cut", n=f"{len(answer.table):,}"), width="content")
        if empty and len(empty) < len(answer.table.columns):
            show_empty = st.toggle(
                page.t("empty_columns", n=len(empty)), key="explore_empty", help=page.t("empty_columns_help")
            )

    def opened() -> None:
        click = st.session_state.get(key)
        if click is not None:
            here.opened = int(click["row"])

    table = answer.table if show_empty else answer.table.drop(columns=empty)
    table = pd.concat([pd.Series(":material/open_in_full:", index=table.index, name=OPEN), table], axis=1)
    place = st.container()
    if wants_fields:
        left, place = st.columns([1, 2])
        with left:
            show_fields(page, answer)
    place.dataframe(
        table,
        hide_index=True,
        height=min(31 * len(table) + 34, 560),
        column_order=[OPEN, *reading_order(list(table.columns[1:]), page.engine().catalog())],
        column_config=column_config(table, result.types, key, opened, page.t("open_row")),
        key="explore_table",
        placeholder="",
        alt=page.t("table_of", query=" ".join(answer.text.split())[:200]),
    )


def show_row(page: ExplorePage, answer: Answer) -> None:
    here, total = page.desk, answer.result.rows

    def close() -> None:
        here.opened = None

    def turn(step: int) -> None:
        here.opened = max(0, min(total - 1, (here.opened or 0) + step))

    @st.dialog(page.t("row", n=f"{(here.opened or 0) + 1:,}"), width="medium", position="right", on_dismiss=close)
    def drawer() -> None:
        if here.take_move() or here.opened is None:
            st.rerun()
        place = here.opened
        row = answer.result.frame.iloc[place]
        row = row[reading_order(list(row.index), page.engine().catalog())]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(page.t("previous_row"), icon=":material/keyboard_arrow_up:", key="row_previous",
                      on_click=turn, args=(-1,), disabled=place == 0)  # fmt: skip
            st.button(page.t("next_row"), icon=":material/keyboard_arrow_down:", key="row_next",
                      on_click=turn, args=(1,), disabled=place == total - 1)  # fmt: skip
            st.caption(page.t("of_rows", n=f"{place + 1:,}", total=f"{total:,}"), width="content")
        _go_on(page, answer, row)
        value = row_value(row)
        tree, text = st.tabs([page.t("tree"), page.t("as_text")])
        with tree:
            st.json(value, expanded=3)
        with text:
            st.code(neutralise_lines(_pretty(value)), language=None, wrap_lines=True)

    drawer()


def _pretty(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _go_on(page: ExplorePage, answer: Answer, row: pd.Series) -> None:
    """Queries that follow from a row."""
    ways = ways_on(answer.query, row, page.view.zone)
    if not ways:
        return
    with st.container(horizontal=True, gap="small", key="row_ways"):
        for key, query in ways.items():
            st.button(
                page.t(key),
                key=f"row_{key}",
                icon=":material/manage_search:",
                on_click=page.continue_with,
                args=(query,),
            )
