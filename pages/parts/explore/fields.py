"""The fields of an answer beside its table: type, how full, the most frequent values, and a click to search for one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from engine.catalog import Type
from engine.export import plain_text
from engine.language.errors import TrailboardError
from engine.language.nodes import Query
from engine.language.rewrite import before_aggregate, without_renewing
from pages.parts.desk import TIMEOUT, Answer, first_rows
from pages.parts.explore.page import ExplorePage, plain_label
from pages.parts.fieldfacts import Fact, facts, has_values, top, with_value
from pages.parts.resulttable import reading_order, shown_names

SAMPLED = 5_000  # rows before a summary whose fields are looked at
SHOWN = 60  # characters of a value
CHOSEN, LIST = "field_chosen", "field_list"  # session keys

Rows = tuple[pd.DataFrame, Mapping[str, Type]]


def show_fields(page: ExplorePage, answer: Answer) -> None:
    """The list of fields with the values of the chosen one; of a summary the fields of the rows that it counts."""

    @st.fragment
    def listed() -> None:
        if page.desk.take_move():
            st.rerun()
        rows = _rows(page, answer)
        if rows is not None:
            _list(page, answer, *rows)

    with st.container(border=True, gap="small", key="explore_fields"):
        listed()


def _rows(page: ExplorePage, answer: Answer) -> Rows | None:
    before = before_aggregate(answer.query)
    if len(before) == len(answer.query) or not before.commands:
        return answer.result.frame, answer.result.types
    here = page.desk
    if here.sampled is None or here.sampled[0] is not answer:
        with st.spinner(page.t("reading_fields")):
            try:
                query = first_rows(without_renewing(Query(before.commands)), SAMPLED)
                found = page.engine().execute(query, answer.values, timeout=TIMEOUT)
            except TrailboardError as problem:
                st.text(str(problem))
                return None
        here.sampled = (answer, found)
    found = here.sampled[1]
    st.caption(page.t("fields_before", n=f"{found.rows:,}"))
    return found.frame, found.types


def _list(page: ExplorePage, answer: Answer, frame: pd.DataFrame, types: Mapping[str, Type]) -> None:
    order = reading_order(list(types), page.engine().catalog())
    found = facts(frame, {name: types[name] for name in order})
    names = [fact.name for fact in found]

    def picked() -> None:
        rows = st.session_state[LIST]["selection"]["rows"]
        st.session_state[CHOSEN] = names[rows[0]] if rows else None

    if st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = None
    chosen = st.selectbox(
        page.t("field"), names, key=CHOSEN, placeholder=page.t("choose_field"), label_visibility="collapsed"
    )
    if chosen is not None:
        _values(page, answer, next(fact for fact in found if fact.name == chosen), frame)
    labels = shown_names(names)
    st.dataframe(
        pd.DataFrame(
            {
                page.t("field"): [labels[name] for name in names],
                page.t("filled"): [fact.filled * 100 for fact in found],
                page.t("type"): [fact.type.name for fact in found],
            }
        ),
        hide_index=True,
        height=min(31 * len(found) + 34, 380),
        column_config={
            page.t("field"): st.column_config.TextColumn(width=150),
            page.t("filled"): st.column_config.ProgressColumn(width=80, format="%d%%", min_value=0, max_value=100),
            page.t("type"): st.column_config.TextColumn(width=60),
        },
        on_select=picked,
        selection_mode="single-row",
        key=LIST,
        alt=page.t("fields_of_answer"),
    )


def _values(page: ExplorePage, answer: Answer, fact: Fact, frame: pd.DataFrame) -> None:
    if not has_values(fact.type):
        st.caption(page.t("no_values", type=fact.type.name))
        return
    found = top(frame[fact.name])
    st.caption(page.t("values_of", n=f"{found.distinct:,}", share=f"{fact.filled:.0%}"))
    for place, (value, count) in enumerate(found.values):
        text = plain_text(value)
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        share = f"{count / max(1, len(frame)):.0%}"
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"):
            with st.container(width="stretch"):
                st.button(
                    plain_label(shown) or "—", key=f"value_{place}", type="tertiary",
                    help=page.t("search_value"), on_click=_search, args=(page, answer, fact.name, value, False),
                )  # fmt: skip
            st.caption(f"{count:,} · {share}", width="content")
            st.button(
                "", icon=":material/block:", key=f"without_{place}", type="tertiary",
                help=page.t("without_value", value=plain_label(shown)), on_click=_search,
                args=(page, answer, fact.name, value, True),
            )  # fmt: skip


def _search(page: ExplorePage, answer: Answer, name: str, value: str | int | float | bool, without: bool) -> None:
    page.run(with_value(answer.query, name, value, without=without))
