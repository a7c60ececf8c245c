"""Buckets of time charts: their starts as wall clock times, and the periods that they stand for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pandas as pd

from engine.settings import Settings
from pages.parts.periods import SPANS, Period
from pages.parts.view import View
from pages.parts.visuals.shown import Shown

SATURDAY = 5


def buckets(view: View, span: str) -> list[pd.Timestamp]:
    """The starts of all buckets that a time chart of the view's period has, as wall clock times.

    Buckets are counted from a Monday midnight, as the language counts them.
    """
    width, (start, end) = SPANS[span], view.period.window(view.now)
    first, last = view.wall_clock(start), view.wall_clock(end)
    monday = datetime(1969, 12, 29)  # noqa: DTZ001  (a wall clock time)
    first = monday + width * ((first - monday) // width)
    return list(pd.date_range(first, last, freq=width, inclusive="left"))


def off_hours(view: View) -> list[tuple[datetime, datetime]]:
    """The parts of the view's period outside office hours, as wall clock times; weekends are whole days."""
    opens, closes = Settings.load().office_hours
    start, end = (view.wall_clock(moment) for moment in view.period.window(view.now))
    day = datetime.combine(start, time.min)
    free, since = [], start
    while day < end:
        if day.weekday() < SATURDAY:
            free.append((since, min(datetime.combine(day, opens), end)))
            since = max(datetime.combine(day, closes), start)
        day += timedelta(days=1)
    return [(first, last) for first, last in [*free, (since, end)] if first < last]


def bucket_period(shown: Shown, start_text: str, span: timedelta) -> Period:
    """The part of a bucket that lies in the view's period; the text is its start as the viewer's wall clock."""
    start = pd.Timestamp(start_text).tz_localize(shown.view.zone).tz_convert(UTC).to_pydatetime()
    first, last = shown.view.period.window(shown.view.now)
    return Period(start=max(start, first), end=min(start + span, last))
