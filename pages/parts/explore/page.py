"""One run of the Explore page: who looks, at which desk, and how a query gets on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from engine.aws.command import AwsCommand
from engine.export import neutralise
from engine.language.errors import QueryError
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import renewing, writes_files
from engine.query import Engine
from pages.parts import data, live
from pages.parts.desk import PATIENCE, Desk, desk
from pages.parts.editor import typed_text
from pages.parts.examples import FIRST
from pages.parts.explore.history import remember
from pages.parts.explore.parameters import Parameter, parameters, values
from pages.parts.explore.texts import translate
from pages.parts.kept import shelf
from pages.parts.links import Link
from pages.parts.livecard import AGREED
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

    @property
    def now(self) -> datetime:
        """The clock of questions to AWS: the sample's only when the sample company answers."""
        return self.view.now if data.profiles().is_demo else datetime.now(UTC)

    def engine_for(self, commands: Sequence[AwsCommand]) -> Engine:
        """The engine of a query with these live commands."""
        return live.engine(self.view.zone, self.view.source, self.now) if commands else self.engine()

    def newest_text(self) -> str:
        """What stands in the editor; callbacks must ask this, for the viewer may have typed until the very click."""
        typed = typed_text(EDITOR, self.desk.revision)
        if typed is not None:
            self.desk.text = typed
        return self.desk.text

    def parameters(self, text: str) -> tuple[Parameter, ...]:
        """What a query leaves open, nothing for one that cannot be read."""
        try:
            return parameters(parse(text), self.engine().catalog())
        except QueryError:
            return ()

    def values(self, text: str) -> dict[str, Any]:
        """The values that a query is run with."""
        return values(self.parameters(text), self.desk.written, self.view.zone)

    def run_text(self, text: str) -> None:
        """Start what stands in the editor, or a part of it; to be called in a callback.

        What AWS would bill, and nobody has agreed to, waits for consent instead.
        """
        self.newest_text()
        commands = self._asked_by(text)
        unagreed = [command for command in commands if command.told() not in st.session_state.get(AGREED, ())]
        cost = live.price(unagreed, self.view.zone, self.view.source, self.now)
        if cost.needs_consent:
            self.desk.hold(text, "bills", cost.unknown_usd)
            return
        self.desk.run(text, self.engine_for(commands), self.values(text))
        remember(shelf(), text)

    def agree(self) -> None:
        """Run what waits for consent, or say what else it does."""
        held = self.desk.held
        if held is None or (held.why == "writes" and self._holds_renewing(held.text)):
            return
        if held.why != "writes":
            agreed = {command.told() for command in self._asked_by(held.text)}
            st.session_state[AGREED] = {*st.session_state.get(AGREED, ()), *agreed}
        self.run_text(held.text)

    def _asked_by(self, text: str) -> tuple[AwsCommand, ...]:
        query = _read(text)
        values = self.values(text)
        return () if query is None else live.asked_by(query, values, self.view.zone, self.view.source, self.now)

    def _holds_renewing(self, text: str) -> bool:
        """Let a query wait that AWS would bill for anew though there may be an answer."""
        query = _read(text)
        commands = () if query is None else renewing(query)
        if commands:
            cost = live.price(commands, self.view.zone, self.view.source, self.now)
            self.desk.hold(text, "bills_again", cost.usd)
        return bool(commands)

    def run(self, text: str, written: Mapping[str, str] | None = None) -> None:
        """Put a query into the editor and start it; to be called in a callback."""
        self.desk.put(text, written)
        self.run_text(self.desk.text)

    def follow(self, link: Link) -> None:
        """Put the query of a link into the editor and start it, if that only reads: anybody can have made the link."""
        self.desk.put(link.text, link.written)
        query = _read(self.desk.text)
        if query is not None and writes_files(query):
            self.desk.hold(self.desk.text, "writes")
        elif not self._holds_renewing(self.desk.text):
            self.run_text(self.desk.text)

    def continue_with(self, query: Query) -> None:
        """Start a query made from the one on the screen; to be called in a callback."""
        self.run(print_query(query))


def _read(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:  # told when it runs
        return None


def engine_of(source: data.Source, zone: str, frozen: datetime | None = None) -> Engine:
    return data.engine(source.lake, source.sample, zone, frozen)


def prepare(view: View) -> ExplorePage:
    """The page's state: the query of the URL is on its way after this."""
    here = desk(FIRST)
    page = ExplorePage(view, here, False)
    link = here.arriving(is_entry=EDITOR not in st.session_state)
    if link is not None and here.shows(link):
        here.put(link.text)
    elif link is not None:
        page.follow(link)
    is_running = here.job is not None and not here.job.wait(PATIENCE)
    here.take_move()
    return ExplorePage(view, here, is_running)


def plain_label(text: str) -> str:
    """A text of a viewer or of logs as a label, which is Markdown: what could mean something there is escaped."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~$:&" else char for char in neutralise(text))
