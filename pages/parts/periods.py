"""The time range of a page: a length that ends now, or two instants; and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.language.nodes import Query
from engine.language.rewrite import with_range
from pages.parts.texts import Language, translate

LENGTHS: Mapping[str, timedelta] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
DEFAULT = "24h"
STAMP = "%Y%m%dT%H%MZ"
MOST_BUCKETS = 170  # columns that a time chart still shows as columns; a week of hours fits
SPANS: Mapping[str, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "10m": timedelta(minutes=10),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    "1d": timedelta(days=1),
    "1w": timedelta(days=7),
}


@dataclass(frozen=True)
class Period:
    """Either one of `LENGTHS`, ending now, or the instants from `start` up to, not including, `end`."""

    length: str = DEFAULT
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_absolute(self) -> bool:
        return self.start is not None and self.end is not None

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """First instant inside and first instant after the period."""
        if self.start is not None and self.end is not None:
            return self.start, self.end
        return now - LENGTHS[self.length], now

    def before(self, now: datetime, times: int = 1, step: timedelta | None = None) -> Period:
        """The period of the same length that lies `times` steps earlier; one step is the length itself.

        >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
        >>> Period("6h").before(noon).start.isoformat()
        '2026-11-24T00:00:00+00:00'
        """
        start, end = self.window(now)
        shift = times * (step or end - start)
        return Period(self.length, start - shift, end - shift)

    def duration(self, now: datetime) -> timedelta:
        start, end = self.window(now)
        return end - start

    def span(self, now: datetime, most: int = MOST_BUCKETS) -> str:
        """The finest bucket width with at most `most` buckets: 10m for a day, as the seed's charts have it.

        >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
        >>> [Period(length).span(noon) for length in LENGTHS]
        ['1m', '1m', '5m', '10m', '1h', '6h']
        """
        duration = self.duration(now)
        fitting = (name for name, width in SPANS.items() if duration / width <= most)
        return next(fitting, "1w")

    def on(self, query: Query, zone: str) -> Query:
        """The query with this period on each of its `table` commands."""
        if self.start is not None and self.end is not None:
            local = ZoneInfo(zone)
            return with_range(query, start=self.start.astimezone(local), end=self.end.astimezone(local))
        return with_range(query, duration="1d" if self.length == "24h" else self.length)

    def label(self, language: Language, zone: str, *, year: bool = False) -> str:
        """How a title names the period; titles are short of room for the year.

        >>> Period().label("ko", "UTC")
        '최근 24시간'
        """
        if self.start is not None and self.end is not None:
            local = ZoneInfo(zone)
            start, end = self.start.astimezone(local), self.end.astimezone(local)
            until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
            return f"{start:%Y-%m-%d %H:%M} – {until}" if year else f"{start:%m-%d %H:%M} – {until}"
        return translate(f"last_{self.length}", language)

    def between(self) -> str:
        """How a URL carries an absolute period: UTC to the minute, so that it means the same in every zone.

        >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
        >>> Period("1h").before(noon, times=0).between()
        '20261124T1100Z-20261124T1200Z'
        """
        assert self.start is not None
        assert self.end is not None
        return "-".join(moment.astimezone(UTC).strftime(STAMP) for moment in (self.start, self.end))


def between(text: str | None) -> Period | None:
    """The absolute period that a URL carries, nothing when it carries none or one that ends before it starts.

    >>> between("20261124T1100Z-20261124T1200Z").label("en", "UTC")
    '11-24 11:00 – 12:00'
    >>> between("soon"), between("20261124T1200Z-20261124T1100Z"), between(None)
    (None, None, None)
    """
    first, _, last = (text or "").partition("-")
    try:
        start, end = (datetime.strptime(part, STAMP).replace(tzinfo=UTC) for part in (first, last))
    except ValueError:
        return None
    return Period(start=start, end=end) if start < end else None


def age(moment: datetime, now: datetime, language: Language) -> str:
    """How long ago, in the largest unit that fits.

    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> age(noon - timedelta(minutes=3), noon, "en")
    '3 min'
    """
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, width in (("days", 2 * 86_400), ("hours", 2 * 3_600), ("minutes", 60)):
        if seconds >= width:
            return translate(unit, language, n=seconds // {"days": 86_400, "hours": 3_600, "minutes": 60}[unit])
    return translate("seconds", language, n=seconds)
