"""Time buckets follow the viewer's calendar, summer time included; Python's zoneinfo is the judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Engine
from engine.backend import DuckDB
from engine.buckets import bucket, fixed_offset
from engine.language.durations import Duration, read_span

_DUCKDB = DuckDB()
ZONES = [
    "UTC",
    "Asia/Seoul",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
]


def bucket_of(instant: datetime, span: str, zone: str, offset: str | None = None) -> datetime:
    shift = Duration(int(offset[:-1]), offset[-1]) if offset else None
    expression = bucket(f"TIMESTAMPTZ '{instant.isoformat()}'", read_span(span), zone, shift)
    session = _DUCKDB.session(zone)
    return session.fetch(f"SELECT {expression} AS b").column("b")[0].as_py().astimezone(ZoneInfo(zone))  # type: ignore[no-any-return]


def test_offsets_that_never_change_are_known() -> None:
    assert fixed_offset("Asia/Seoul") == 9 * 3600
    assert fixed_offset("UTC") == 0
    assert fixed_offset("Europe/Berlin") is None


@given(
    st.datetimes(datetime(2008, 1, 1), datetime(2032, 1, 1)),  # noqa: DTZ001 - read as UTC below
    st.sampled_from(ZONES),
    st.sampled_from(["1d", "1w", "1mon", "3mon", "1y", "10m", "1h", "6h", "15m", "30s"]),
)
@settings(max_examples=250, deadline=None)
def test_a_bucket_begins_on_a_border_and_holds_its_instant(naive: datetime, zone: str, span: str) -> None:
    check_bucket(naive.replace(tzinfo=UTC), zone, span)


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(1970, 1, 2)),  # noqa: DTZ001 - read as UTC below
    st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata"]),
    st.sampled_from(["1d", "1w", "1mon", "3mon", "1y", "10m", "1h", "6h", "15m", "30s"]),
)
@settings(max_examples=150, deadline=None)
def test_times_before_1970_are_no_exception(naive: datetime, zone: str, span: str) -> None:
    check_bucket(naive.replace(tzinfo=UTC), zone, span)


def check_bucket(instant: datetime, zone: str, span: str) -> None:
    start = bucket_of(instant, span, zone)
    local = instant.astimezone(ZoneInfo(zone))
    assert start.astimezone(UTC) <= instant
    wall = start.replace(tzinfo=None)
    match span:
        case "1d":
            assert start.date() == local.date()
        case "1w":
            assert start.weekday() == 0
            assert timedelta(0) <= local.date() - start.date() < timedelta(days=7)
        case "1mon":
            assert (start.year, start.month, start.day) == (local.year, local.month, 1)
        case "3mon":
            assert (start.month, start.day) == ((local.month - 1) // 3 * 3 + 1, 1)
        case "1y":
            assert (start.year, start.month, start.day) == (local.year, 1, 1)
        case "6h":
            assert wall.hour % 6 == 0 or start.utcoffset() != (start + timedelta(hours=6)).utcoffset()
        case _:
            seconds = {"10m": 600, "1h": 3600, "15m": 900, "30s": 30}[span]
            assert (wall - datetime(1970, 1, 1)).total_seconds() % seconds == 0  # noqa: DTZ001
            assert instant - start.astimezone(UTC) < timedelta(seconds=seconds)


def test_the_hour_that_an_autumn_night_has_twice_stays_two_hours() -> None:
    first = bucket_of(datetime(2024, 11, 3, 5, 30, tzinfo=UTC), "1h", "America/New_York")
    second = bucket_of(datetime(2024, 11, 3, 6, 30, tzinfo=UTC), "1h", "America/New_York")
    assert first.hour == second.hour == 1
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)


def test_an_offset_moves_the_border_of_days() -> None:
    assert bucket_of(datetime(2024, 2, 10, 22, tzinfo=UTC), "1d", "Asia/Seoul", "8h").isoformat() == (
        "2024-02-10T08:00:00+09:00"
    )


@pytest.mark.parametrize(("zone", "days"), [("Asia/Seoul", 2), ("UTC", 1)])
def test_days_of_timechart_are_the_viewers(zone: str, days: int) -> None:
    rows = 'json "[{t: 1704031200000}, {t: 1704040000000}]" | eval _time = epoch(t) | timechart span=1d count'
    assert len(Engine(timezone=zone).run(rows)) == days
