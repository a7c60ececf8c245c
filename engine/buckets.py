"""Time buckets in a zone: where the bucket that an instant falls into begins.

Days, weeks, months and years follow the zone's calendar, changes of summer time included. Parts of an hour are cut on
the instant itself, so the hour that an autumn night has twice stays two hours.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from engine import sql
from engine.language.durations import Duration

_DAY = 86_400
_MICROS = 1_000_000
_MONDAY = 4 * _DAY  # 1970-01-05, seconds after the epoch
_YEAR_1 = 62_135_596_800  # seconds before the epoch


@cache
def fixed_offset(zone: str) -> int | None:
    """Seconds east of UTC when a zone has had one offset since 2000 (AWS logs begin later), else null."""
    info, day = ZoneInfo(zone), datetime(2000, 1, 1, 12, tzinfo=UTC)
    offsets = {(day + timedelta(days=n)).astimezone(info).utcoffset() for n in range(0, 365 * 38, 5)}
    offset = offsets.pop()
    return None if offsets or offset is None else int(offset.total_seconds())


def bucket(instant: str, span: Duration, zone: str, offset: Duration | None = None, anchor: int = 0) -> str:
    """SQL for the start of the bucket of `instant` (a TIMESTAMPTZ expression).

    `offset` moves all borders forward; `anchor` is a local second that is a border (weeks: a Monday).
    """
    shift = (offset.seconds or 0) if offset else 0
    if span.amount == 0:
        return instant
    if span.unit in ("mon", "y"):
        return _calendar(instant, span, zone, shift)
    seconds = span.seconds
    assert seconds is not None
    border = (anchor + _MONDAY if span.unit == "w" and anchor == 0 else anchor) + shift
    fixed = fixed_offset(zone)
    if fixed is not None:
        local = f"(epoch_us({instant}) + {(fixed - border) * _MICROS})"
        floor = _floored(local, seconds)
        return f"make_timestamptz({floor} - {(fixed - border) * _MICROS})"
    local = f"(epoch_us(timezone({sql.text(zone)}, {instant})) - {border * _MICROS})"
    if seconds <= 3600 and 3600 % seconds == 0:
        return f"make_timestamptz(epoch_us({instant}) - ({local} - {_floored(local, seconds)}))"
    return f"timezone({sql.text(zone)}, make_timestamp({_floored(local, seconds)} + {border * _MICROS}))"


def _floored(micros: str, seconds: int) -> str:
    """Micros down to a multiple; `//` cuts toward zero, so it counts from a border before the year 1."""
    start = (_YEAR_1 // seconds + 2) * seconds * _MICROS
    return f"(({micros} + {start}) // {seconds * _MICROS} * {seconds * _MICROS} - {start})"


def _calendar(instant: str, span: Duration, zone: str, shift: int) -> str:
    local = f"(timezone({sql.text(zone)}, {instant}) - to_seconds({shift}))"
    if span.unit == "y":
        start = f"make_timestamp(year({local}), 1, 1, 0, 0, 0.0)"
    else:
        month = f"((month({local}) - 1) // {span.amount} * {span.amount} + 1)"
        start = f"make_timestamp(year({local}), {month}, 1, 0, 0, 0.0)"
    return f"timezone({sql.text(zone)}, {start} + to_seconds({shift}))"
