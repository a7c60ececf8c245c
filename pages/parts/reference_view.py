"""The language reference on the screen: a search box, words by topic, and what each word does with its example run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pandas as pd
import streamlit as st

from engine.language.errors import TrailboardError
from engine.language.grammar import parse
from engine.query import Result
from pages.parts.card import guarded
from pages.parts.desk import first_rows
from pages.parts.links import EXPLORE, explore_params
from pages.parts.reference_entries import TOPICS as ORDER
from pages.parts.reference_entries import Entry, entries, named, search
from pages.parts.reference_texts import TOPICS, translate
from pages.parts.resulttable import shown_table
from pages.parts.view import View

WORD = "word"  # URL parameter: show this word, opened
SEARCH, TOPIC = "reference_search", "reference_topic"  # session keys
MOST_ROWS = 10


@st.fragment
def show_reference(view: View) -> None:
    """The page below its title; opening a word reruns nothing else."""
    guarded(lambda: _page(view), view.language, key="reference")


def _page(view: View) -> None:
    st.markdown(_t(view, "intro"))
    st.caption(_t(view, "conventions"))
    sought = st.text_input(
        _t(view, "search"),
        type="search",
        key=SEARCH,
        icon=":material/search:",
        placeholder=_t(view, "placeholder"),
        label_visibility="collapsed",
        live=True,
        on_change=_forget_word,
    )
    topic = st.pills(
        _t(view, "topic"),
        ORDER,
        format_func=lambda name: TOPICS[name].to(view.language),
        key=TOPIC,
        label_visibility="collapsed",
        on_change=_forget_word,
    )
    word = st.query_params.get(WORD)
    if word and not sought:
        _one_word(word, view)
    elif sought:
        _found(search(sought, [entry for entry in entries() if topic in (None, entry.topic)]), view)
    else:
        _by_topic([entry for entry in entries() if topic in (None, entry.topic)], view)


def _forget_word() -> None:
    st.query_params.pop(WORD, None)


def _link_to(word: str) -> None:
    st.query_params[WORD] = word
    st.session_state[SEARCH] = ""


def _one_word(word: str, view: View) -> None:
    found = named(word)
    if not found:
        st.info(_t(view, "unknown", word=_plain(word)), icon=":material/search_off:")
    for entry in found:
        _entry(entry, view, opened=True, with_kind=len(found) > 1)
    st.button(_t(view, "everything"), icon=":material/list:", type="tertiary", on_click=_forget_word)


def _plain(word: str) -> str:
    """Somebody's word without what Markdown would take for more than letters."""
    return "".join(letter if letter.isalnum() or letter in "-_$" else " " for letter in word[:40]).strip()


def _found(found: Sequence[Entry], view: View) -> None:
    st.caption(_t(view, "found", n=len(found)) if found else _t(view, "nothing"))
    with st.container(gap="xsmall"):
        for entry in found:
            _entry(entry, view, with_kind=True)


def _by_topic(among: Sequence[Entry], view: View) -> None:
    for topic, members in groupby(among, key=lambda entry: entry.topic):
        with st.container(gap="xsmall"):
            st.subheader(TOPICS[topic].to(view.language), anchor=False)
            for entry in members:
                _entry(entry, view)


def _entry(entry: Entry, view: View, *, opened: bool = False, with_kind: bool = False) -> None:
    """One word; what is behind its heading is made when it is opened."""
    key = f"reference_{'link' if opened else 'entry'}_{entry.kind}_{entry.word}"
    kind = f" :gray[({_t(view, entry.kind)})]" if with_kind else ""
    heading = f"**{entry.word.replace('$', chr(92) + '$')}**{kind} :gray[·] {entry.sentence}"
    with st.expander(heading, expanded=opened, key=key, on_change="rerun", type="compact") as place:
        if place.open:
            with st.container(border=True):
                _about(entry, view)
                _example(entry, view, key)


def _about(entry: Entry, view: View) -> None:
    st.code(entry.syntax, language=None, wrap_lines=True)
    if entry.aliases:
        st.markdown(_t(view, "aliases", names=", ".join(f"`{name}`" for name in entry.aliases)))
    if entry.options:
        rows = [f"| `{name}` | {_cell(meaning)} |" for name, meaning in entry.options]
        head = [f"| {_t(view, 'option')} | {_t(view, 'meaning')} |", "|---|---|"]
        st.markdown("\n".join([*head, *rows]))
    if entry.more:
        st.markdown(f"**{_t(view, 'more')}**\n\n" + "\n\n".join(entry.more))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# example --------------------------------------------------------------------------------------------------------------


def _example(entry: Entry, view: View, key: str) -> None:
    st.markdown(f"**{_t(view, 'example')}**")
    st.code(entry.query, language=None, wrap_lines=True)
    _result(entry, view, key)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.page_link(
            EXPLORE,
            label=_t(view, "try"),
            icon=":material/play_arrow:",
            query_params=explore_params(entry.query),
        )
        st.button(
            _t(view, "link"),
            icon=":material/link:",
            type="tertiary",
            key=f"{key}_link",
            help=_t(view, "link_help"),
            on_click=_link_to,
            args=(entry.word,),
        )


def _result(entry: Entry, view: View, key: str) -> None:
    """The rows that the example gives; a live lake's AWS accounts are not asked just because somebody reads."""
    if not entry.is_free and view.source.sample is None:
        st.caption(_t(view, "asks_aws"))
        return
    try:
        answer = view.ask(first_rows(parse(entry.query), MOST_ROWS))
    except TrailboardError as problem:
        st.caption(_t(view, "not_run", why=getattr(problem, "message", str(problem))))
        return
    if not answer.rows:
        st.caption(_t(view, "no_rows"))
        return
    st.caption(_t(view, "result") if answer.rows < MOST_ROWS else _t(view, "first_rows", n=MOST_ROWS))
    st.dataframe(
        as_read(answer),
        width="content",
        height="content",
        hide_index=True,
        key=f"{key}_result",
        alt=f"{_t(view, 'result')}: {entry.query}",
    )


def as_read(answer: Result) -> pd.DataFrame:
    """A result for reading only: booleans are words, not boxes that look as if one could tick them."""
    table = shown_table(answer.frame, answer.types)
    for name, column in table.items():
        if isinstance(column.dtype, pd.BooleanDtype) or column.dtype == bool:
            words = column.map({True: "true", False: "false"}, na_action="ignore")
            table[name] = words.astype(object)
    return table


def _t(view: View, key: str, **values: object) -> str:
    return translate(key, view.language, **values)
