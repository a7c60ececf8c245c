"""What one viewer looks at: language, zone, clock, lake and filters, and the questions asked under them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.query import Result
from pages.parts import data, live
from pages.parts.days import Days
from pages.parts.filters import Filters
from pages.parts.live import LiveChoice
from pages.parts.periods import Period
from pages.parts.texts import Language, translate


@dataclass(frozen=True)
class View:
    """Everything that decides what a panel shows; two equal views show the same."""

    language: Language
    zone: str
    dark: bool
    source: data.Source
    now: datetime
    filters: Filters
    live: LiveChoice | None = None  # on pages of what AWS answers

    def t(self, key: str, **values: object) -> str:
        """A shared text in the viewer's language."""
        return translate(key, self.language, **values)

    @property
    def period(self) -> Period:
        return self.filters.period

    def with_filters(self, filters: Filters) -> View:
        return replace(self, filters=filters)

    def over(self, period: Period) -> View:
        """The same view over another period."""
        return self.with_filters(self.filters.over(period))

    def before(self) -> View:
        """The same view one period earlier."""
        return self.over(self.period.before(self.now))

    def at(self, now: datetime) -> View:
        """The same view at another moment."""
        return replace(self, now=now)

    def asked(self, query: Query) -> Query:
        """The query as it runs here: over the view's period and narrowed by its filters, or asking whom it should."""
        if self.live is not None:
            return self.live.on(query)
        return self.filters.on(query, self.zone)

    def ask(self, query: Query) -> Result:
        """The answer to a query that needs no more rewriting; from the cache when it was asked before."""
        if self.live is not None:
            return live.ask(print_query(query), self.zone, self.source, self.now)
        return data.ask(print_query(query), self.zone, self.now, self.source)

    def has_rows(self) -> bool:
        """Whether any log row at all arrived in the period, from the origins looked at. AWS says so, or it fails."""
        if self.live is not None:
            return True
        everything = parse(f"table duration=1d {self.filters.scope.tables} | stats count")
        answer = self.ask(self.filters.of_collection().on(everything, self.zone))
        return int(answer.frame.iloc[0, 0]) > 0

    def filled(self, text: str) -> Query:
        """A query of a panel of AWS, with its days, asking whom it should."""
        return self.asked(parse(Days.at(self.now).fill(text)))

    def local(self, instants: pd.Series) -> pd.Series:
        """Instants as the viewer's wall clock, without a zone: what charts and bucket arithmetic need."""
        return instants.dt.tz_convert(self.zone).dt.tz_localize(None)

    def wall_clock(self, moment: datetime) -> datetime:
        """One instant as the viewer's wall clock, without a zone."""
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
