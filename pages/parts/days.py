"""Days of cost: days of UTC, named in a panel's query by words that are filled in when it is asked."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True)
class Days:
    """The days that cost panels speak of, seen from one: today is not over, so the last complete day is yesterday."""

    today: date

    @classmethod
    def at(cls, now: datetime) -> Days:
        return cls(now.astimezone(UTC).date())

    @property
    def month(self) -> date:
        """The first day of the month that yesterday is in: on a 1st, nothing is known of the new month yet."""
        return (self.today - timedelta(days=1)).replace(day=1)

    @property
    def last_month(self) -> date:
        return (self.month - timedelta(days=1)).replace(day=1)

    @property
    def next_month(self) -> date:
        return (self.month + timedelta(days=31)).replace(day=1)

    @property
    def same_day(self) -> date:
        """The end of as many days of last month as there are of this one; all of it when it is shorter."""
        length = calendar.monthrange(self.last_month.year, self.last_month.month)[1]
        return self.last_month + timedelta(days=min((self.today - self.month).days, length))

    def words(self) -> Mapping[str, str]:
        """What is filled in for `{words}`: days as options of `aws-cost` write them, with `_day` as its rows do."""
        named = {
            "today": self.today,
            "days30": self.today - timedelta(days=30),
            "days60": self.today - timedelta(days=60),
            "month": self.month,
            "last_month": self.last_month,
            "next_month": self.next_month,
            "same_day": self.same_day,
        }
        written = {f"{{{name}}}": f"{day:%Y%m%d}" for name, day in named.items()}
        return written | {f"{{{name}_day}}": day.isoformat() for name, day in named.items()}

    def fill(self, query: str) -> str:
        """A query with its days.

        >>> Days(date(2026, 11, 24)).fill("aws-cost from={last_month} to={same_day} unblended_cost")
        'aws-cost from=20261001 to=20261024 unblended_cost'
        """
        for word, day in self.words().items():
            query = query.replace(word, day)
        return query
