"""Durations and instants as options write them: `10m`, `1mon`, `20240115`, and what they mean on a calendar."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from engine.language.errors import QueryError

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
UNITS = (*SECONDS, "mon", "y")

_SHORTEST = {**SECONDS, "mon": 30 * 86400, "y": 365 * 86400}
_LONGEST = 10_000 * 366 * 86400  # seconds
_MOST_DIGITS = 18  # of a number that SQL can count with


@dataclass(frozen=True)
class Duration:
    """An amount of one unit: s, m, h, d, w, mon or y."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def seconds(self) -> int | None:
        """Length in seconds; null for months and years, whose length depends on the date."""
        fixed = SECONDS.get(self.unit)
        return None if fixed is None else fixed * self.amount

    def before(self, instant: datetime) -> datetime:
        """The instant this long before another one; months and years go by the calendar of its zone.

        Raises QueryError when that is before the year 1.
        """
        try:
            if self.seconds is not None:
                return _known(instant - timedelta(seconds=self.seconds))
            return _known(add_months(instant, -self.amount * (12 if self.unit == "y" else 1)))
        except (OverflowError, ValueError):
            raise QueryError("90502", f"`{self}` ago is before the year 1") from None


def _known(instant: datetime) -> datetime:
    """The instant; raises OverflowError when it is not within the years 1 to 9999 of UTC as well."""
    instant.astimezone(UTC)
    return instant


def add_months(instant: datetime, months: int) -> datetime:
    """The same day and time some months on, or the last day of a shorter month."""
    total = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(total, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def read_duration(text: str) -> Duration:
    """Read `1d`, `10m`, `1mon` …; units in any case.

    >>> read_duration("10m")
    Duration(amount=10, unit='m')
    """
    match = re.fullmatch(r"([0-9]+)([A-Za-z]+)", text.strip())
    if match is None:
        raise QueryError("90502", f"`{text}` is not a duration", hint="write a whole number and a unit, such as `10m`")
    unit = match.group(2).lower()
    if unit not in UNITS:
        raise QueryError("90502", f"unknown time unit `{match.group(2)}`", hint="the units are s, m, h, d, w, mon, y")
    digits = match.group(1).lstrip("0")
    if len(digits) > _MOST_DIGITS or int(digits or 0) * _SHORTEST[unit] > _LONGEST:
        raise QueryError("90502", f"`{text.strip()[:40]}` is longer than 10,000 years")
    return Duration(int(digits or 0), unit)


def read_span(text: str) -> Duration:
    """A duration that can tile a calendar: months in groups that divide a year, years one by one."""
    span = read_duration(text)
    if span.unit == "mon" and span.amount not in (1, 2, 3, 4, 6):
        raise QueryError("90500", f"a span of {span.amount} months does not divide a year", hint="use 1, 2, 3, 4 or 6")
    if span.unit == "y" and span.amount != 1:
        raise QueryError("90501", "a span of years can only be `1y`")
    return span


def read_instant(text: str, zone: tzinfo) -> datetime:
    """Read `yyyyMMddHHmmss`, which may be cut to 4, 6, 8, 10 or 12 digits, in a zone; a `Z` behind it says UTC.

    The `Z` is not in the language of old: links need times that mean the same for every reader.

    >>> from datetime import UTC
    >>> read_instant("202401", UTC).isoformat()
    '2024-01-01T00:00:00+00:00'
    """
    if text.endswith("Z"):
        return read_instant(text[:-1], UTC)
    if re.fullmatch(r"[0-9]{4}([0-9]{2}){0,5}", text) is None:
        raise QueryError("90502", f"`{text}` is not a time", hint="write yyyyMMddHHmmss, as short as yyyy if you like")
    filled = text + "00000101000000"[len(text) :]
    try:
        return _known(datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=zone))
    except (OverflowError, ValueError):
        raise QueryError("90502", f"`{text}` is not a time of any calendar day") from None


def read_whole(text: str) -> int:
    """A whole number that 64 bits hold."""
    match = re.fullmatch(r"([+-]?)0*([0-9]+)", text)
    if match is None:
        raise ValueError(f"`{text}` is not a whole number")
    if len(match.group(2)) > 19 or int(match.group(2)) >= 2**63:
        raise ValueError(f"`{text[:40]}` is too large")
    return int(match.group(1) + match.group(2))


def read_count(text: str) -> int:
    """A whole number that is not negative."""
    value = read_whole(text)
    if value < 0:
        raise ValueError(f"`{text}` is negative")
    return value


def read_switch(text: str) -> bool:
    """`t` or `true` in any case is on; anything else is off."""
    return text.lower() in ("t", "true")
