"""Buckets and off-hours of a view, as its wall clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pages.parts.data import Source
from pages.parts.filters import Filters
from pages.parts.periods import Period
from pages.parts.view import View
from pages.parts.visuals.buckets import off_hours

FRIDAY = datetime(2026, 11, 20, tzinfo=UTC)


def off(start: datetime, end: datetime, zone: str = "UTC") -> list[tuple[str, str]]:
    view = View("en", zone, False, Source("", "1"), end, Filters(Period(start=start, end=end)))
    return [(f"{first:%a %H:%M}", f"{last:%a %H:%M}") for first, last in off_hours(view)]


def test_nights_and_whole_weekends_are_off() -> None:
    assert off(FRIDAY, FRIDAY.replace(day=24)) == [
        ("Fri 00:00", "Fri 09:00"),
        ("Fri 19:00", "Mon 09:00"),
        ("Mon 19:00", "Tue 00:00"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (10, 12, []),
        (8, 12, [("Fri 08:00", "Fri 09:00")]),
        (18, 20, [("Fri 19:00", "Fri 20:00")]),
        (20, 22, [("Fri 20:00", "Fri 22:00")]),
    ],
)
def test_a_period_inside_a_day(first: int, last: int, found: list[tuple[str, str]]) -> None:
    assert off(FRIDAY.replace(hour=first), FRIDAY.replace(hour=last)) == found


def test_hours_are_those_of_the_viewers_zone() -> None:
    assert off(FRIDAY.replace(hour=0), FRIDAY.replace(hour=12), "Asia/Seoul") == [("Fri 19:00", "Fri 21:00")]
