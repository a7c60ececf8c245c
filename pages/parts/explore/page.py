"""One run of the Explore page: who looks, at which desk, and how a query gets on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from engine.export import neutralise
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.query import Engine
from pages.parts import data
from pages.parts.desk import PATIENCE, Desk, desk
from pages.parts.editor import typed_text
from pages.parts.examples import FIRST
from pages.parts.explore.texts import translate
from pages.parts.view import View

EDITOR = "explore_editor"


@dataclass(frozen=True)
class ExplorePage:
    """One run of the page: who looks, at which desk, and whether a query is still running."""

    view: View
    desk: Desk
    is_running: bool

    def t(self, key: str, **values: object) -> str:
        return translate(key, self.view.language, **values)

    def engine(self) -> Engine:
        view = self.view
        return engine_of(view.source, view.zone, view.now if view.source.sample else None)

    def newest_text(self) -> str:
        """What stands in the editor; callbacks must ask this, for the viewer may have typed until the very click."""
        typed = typed_text(EDITOR, self.desk.revision)
        if typed is not None:
            self.desk.text = typed
        return self.desk.text

    def run(self, text: str) -> None:
        """Start a query; to be called in a callback."""
        self.desk.put_and_run(text, self.engine())

    def continue_with(self, query: Query) -> None:
        """Start a query made from the one on the screen; to be called in a callback."""
        self.run(print_query(query))


def engine_of(source: data.Source, zone: str, frozen: datetime | None = None) -> Engine:
    return data.engine(source.lake, source.sample, zone, frozen)


def prepare(view: View) -> ExplorePage:
    """The page's state: the query of the URL is on its way after this."""
    here = desk(FIRST)
    page = ExplorePage(view, here, False)
    here.arrive(page.engine(), is_entry=EDITOR not in st.session_state)
    is_running = here.job is not None and not here.job.wait(PATIENCE)
    here.take_move()
    return ExplorePage(view, here, is_running)


def plain_label(text: str) -> str:
    """A text of a viewer or of logs as a label, which is Markdown: what could mean something there is escaped."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~$:&" else char for char in neutralise(text))
