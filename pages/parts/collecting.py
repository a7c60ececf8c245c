"""What the app does with a lake by itself or when a button is pressed; Streamlit has no part in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from engine.lake.apart import JOBS, Order
from engine.settings import Settings

LOCAL = ("localhost", "127.0.0.1", "::1")
SINCE: Mapping[str, int | None] = {"1d": 1, "7d": 7, "30d": 30, "all": None}  # days


def start_watches(settings: Settings) -> None:
    """Collect what the settings name, each source once in this process."""
    for kind, source in settings.watches:
        JOBS.start_once(Order("watch", settings.own_lake, kind, source, every=settings.watch_every.total_seconds()))


def may_change(settings: Settings, address: str | None) -> bool:
    """Whether who sees the pages may collect, delete and so on: whoever may read any file of this machine anyway.

    >>> settings = Settings.load({"TRAILBOARD_HOME": "/nowhere"})
    >>> may_change(settings, "localhost"), may_change(settings, "0.0.0.0"), may_change(settings, None)
    (True, False, False)
    """
    return not settings.is_hosted and address in LOCAL


def since_day(choice: str, source: str, today: date | None = None) -> str | None:
    """The first day of delivery that a choice means, as an order has it; null means everything but of a bucket.

    >>> since_day("7d", "/logs", date(2026, 11, 24)), since_day("all", "/logs"), since_day("all", "s3://trail")
    ('2026-11-17', None, '0001-01-01')
    """
    days = SINCE[choice]
    if days is None:
        return date.min.isoformat() if source.startswith("s3://") else None
    return ((today or datetime.now(UTC).date()) - timedelta(days=days)).isoformat()


def mistake_in(source: str) -> str | None:
    """The key of what is wrong with a source that somebody typed."""
    if not source.strip():
        return "no_source"
    scheme, separator, _ = source.partition("://")
    return "unknown_source" if separator and scheme not in ("s3", "lookup") else None
