"""Dollars in the currency that the viewer looks at, and the rate that this rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.screen import neutralise
from pages.parts.live_texts import translate
from pages.parts.panel import Row
from pages.parts.texts import Language
from pages.parts.units import Currency, money
from pages.parts.view import View

EXCHANGE = "proc usd_exchange()"


@dataclass(frozen=True)
class Purse:
    """How many of a currency a dollar is, and a note that says so; nothing to say about dollars."""

    currency: Currency = "USD"
    factor: float = 1.0
    note: str = ""

    def written(self, dollars: float) -> str:
        """An amount of dollars in the currency."""
        return money(dollars * self.factor, self.currency)


def purse(view: View) -> Purse:
    """The purse of the currency that the viewer has chosen; dollars when there is no rate for it."""
    chosen = view.live.currency if view.live is not None else "USD"
    if chosen == "USD":
        return Purse()
    row = view.ask(view.filled(EXCHANGE)).frame.iloc[0].to_dict()
    if chosen == "KRW":
        return Purse("KRW", float(row["usd"]), rate_line(row, view.language))
    if pd.isna(row["eur"]):
        return Purse(note=translate("no_euro", view.language, source=neutralise(str(row["source"]))))
    factor = float(row["usd"]) / float(row["eur"])
    return Purse("EUR", factor, rate_line(row, view.language, f"{factor:.4f} EUR"))


def rate_line(row: Row, language: Language, rate: str = "") -> str:
    """The rate behind an amount: how much, of which day, from whom, and whether it is too old."""
    key = "rate_stale" if row["stale"] else "rate"
    rate = rate or f"{row['usd']:,.2f} KRW"
    return translate(key, language, rate=rate, day=_day(row["base_date"]), source=neutralise(str(row["source"])))


def _day(moment: Any) -> str:
    return f"{pd.Timestamp(moment):%Y-%m-%d}"
