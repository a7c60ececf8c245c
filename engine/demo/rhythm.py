"""When things happen: office hours, lunch, weekends, and the evening peak of a shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

# One weight per local hour, from midnight.
OFFICE = (0, 0, 0, 0, 0, 0, 0, 1, 5, 12, 14, 12, 3, 10, 13, 12, 11, 10, 5, 3, 2, 1, 1, 0)
SHOP = (3, 2, 1, 1, 1, 2, 4, 6, 8, 9, 10, 12, 13, 10, 9, 9, 10, 12, 14, 15, 14, 12, 8, 5)
ALWAYS = (1,) * 24

DAYS_OFF = {(1, 1), (12, 25)}


def is_day_off(day: date) -> bool:
    """Whether the offices are empty but for those on duty.

    >>> is_day_off(date(2026, 11, 22)), is_day_off(date(2026, 11, 23))
    (True, False)
    """
    return day.weekday() >= 5 or (day.month, day.day) in DAYS_OFF


def midnight(day: date, zone: ZoneInfo) -> int:
    """The second (of the epoch) at which a day begins in a zone.

    >>> midnight(date(1970, 1, 2), ZoneInfo("Asia/Seoul"))
    54000
    """
    return int(datetime.combine(day, time(), zone).timestamp())


def spread(random: Random, start: int, count: int, weights: Sequence[int]) -> list[int]:
    """`count` seconds of the day that begins at `start`, by the weights of its hours, in order."""
    hours = random.choices(range(24), cum_weights=list(accumulate(weights)), k=count)
    return sorted(start + hour * 3600 + int(random.random() * 3600) for hour in hours)


def about(random: Random, count: float) -> int:
    """A whole number near `count`, up to a fifth off; small ones may become 0 or 1 more."""
    return int(count * random.uniform(0.8, 1.2) + random.random())
