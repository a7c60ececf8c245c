"""What billed calls cost, and the ledger that stops them: so many USD in a calendar month, UTC."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from engine.aws.answers import opened, private_folder
from engine.aws.problems import OverBudget
from engine.language.errors import SourceError
from engine.settings import AWS_BUDGET

BUDGET = AWS_BUDGET
COST_REQUEST = 0.01  # of Cost Explorer; every page is a request
METRIC = 0.01 / 1000  # of GetMetricData, by metrics asked for
_CENT_PART = 1e-9
_VERSION = 1


def price(service: str, operation: str, parameters: Mapping[str, Any]) -> float:
    """What AWS bills for one request, in USD.

    >>> price("ce", "get_cost_and_usage", {}), price("ec2", "describe_instances", {})
    (0.01, 0)
    """
    if service == "ce":
        return COST_REQUEST
    if (service, operation) == ("cloudwatch", "get_metric_data"):
        return METRIC * len(parameters.get("MetricDataQueries", ()))
    return 0


@dataclass(frozen=True)
class Spending:
    """What billed calls have cost in the month that begins on `month`, and what they may."""

    month: date
    usd: float
    budget: float
    requests: int
    by_action: Mapping[str, float]

    @property
    def until(self) -> date:
        """The day on which the next budget begins."""
        return (self.month + timedelta(days=32)).replace(day=1)


class Ledger:
    """The billed calls of this machine's user. In memory without a folder."""

    def __init__(self, folder: Path | None, budget: float = BUDGET) -> None:
        self._file = None if folder is None else folder / "ledger.sqlite"
        self._rows: list[tuple[str, str, str, str, float]] = []
        self._lock = Lock()
        self.budget = budget

    def spending(self, now: datetime) -> Spending:
        """The month of `now` so far. SourceError when the ledger cannot be read."""
        month = _month(now)
        if self._file is None:
            with self._lock:
                found = [(action, usd) for _, of, _, action, usd in self._rows if of == str(month)]
        elif self._file.is_file():
            try:
                with closing(opened(self._file, _SCHEMA, _VERSION)) as connection:
                    found = connection.execute(
                        "SELECT action, usd FROM bills WHERE month = ?", (str(month),)
                    ).fetchall()
            except sqlite3.DatabaseError as problem:
                raise self._unusable(problem) from None
        else:
            found = []
        by_action: dict[str, float] = {}
        for action, usd in found:
            by_action[action] = by_action.get(action, 0) + usd
        return Spending(month, sum(by_action.values()), self.budget, len(found), by_action)

    def charge(self, now: datetime, profile: str, action: str, usd: float) -> Charge:
        """Enter a call before it is made. OverBudget when it would cost more than the month has left."""
        month, row = _month(now), (now.astimezone(UTC).isoformat(), str(_month(now)), profile, action, usd)
        if self._file is None:
            with self._lock:
                self._require(month, sum(item[4] for item in self._rows if item[1] == str(month)), action, usd)
                self._rows.append(row)
            return Charge(self, row)
        try:
            private_folder(self._file.parent)
            with closing(opened(self._file, _SCHEMA, _VERSION)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                (spent,) = connection.execute("SELECT total(usd) FROM bills WHERE month = ?", (str(month),)).fetchone()
                self._require(month, spent, action, usd)
                entered = connection.execute("INSERT INTO bills VALUES (?, ?, ?, ?, ?)", row)
                connection.execute("COMMIT")
        except (sqlite3.DatabaseError, OSError) as problem:
            raise self._unusable(problem) from None
        return Charge(self, row, entered.lastrowid)

    def forget(self, charge: Charge) -> None:
        """Take a call back that AWS did not bill: it failed."""
        if self._file is None:
            with self._lock:
                self._rows.remove(charge.row)
            return
        try:
            with closing(opened(self._file, _SCHEMA, _VERSION)) as connection:
                connection.execute("DELETE FROM bills WHERE rowid = ?", (charge.number,))
        except sqlite3.DatabaseError as problem:
            raise self._unusable(problem) from None

    def _require(self, month: date, spent: float, action: str, usd: float) -> None:
        if spent + usd <= self.budget + _CENT_PART:
            return
        until = Spending(month, spent, self.budget, 0, {}).until
        raise OverBudget(
            f"{action} is billed, and the budget of {month:%Y-%m} is used up: "
            f"{spent:.2f} of {self.budget:.2f} USD are spent, this call costs about {usd:.2f}",
            f"the next budget begins on {until} (UTC); TRAILBOARD_AWS_BUDGET sets another one",
        )

    def _unusable(self, problem: Exception) -> SourceError:
        message = f"billed calls are not made, because their ledger {self._file} cannot be used: {problem}"
        return SourceError(message, "make the folder writable, or move the file away if it is damaged")


@dataclass(frozen=True)
class Charge:
    """One entry of a ledger, to be kept when the call succeeds."""

    ledger: Ledger
    row: tuple[str, str, str, str, float]
    number: int | None = None

    def forget(self) -> None:
        self.ledger.forget(self)


def _month(now: datetime) -> date:
    return now.astimezone(UTC).date().replace(day=1)


_SCHEMA = """
CREATE TABLE IF NOT EXISTS bills (at TEXT, month TEXT, profile TEXT, action TEXT, usd REAL)
"""
