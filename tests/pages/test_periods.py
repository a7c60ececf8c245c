"""Time ranges: windows, bucket widths, titles, and what they make of a query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.language.grammar import parse
from engine.language.printer import print_query
from pages.parts.periods import LENGTHS, MOST_BUCKETS, SPANS, Period, age, between
from pages.parts.texts import Language

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("length", LENGTHS)
def test_charts_have_a_bearable_number_of_buckets(length: str) -> None:
    period = Period(length)
    count = period.duration(NOON) / SPANS[period.span(NOON)]
    assert 10 <= count <= MOST_BUCKETS


def test_a_day_reads_as_the_panels_are_written() -> None:
    query = parse("table duration=1d cloudtrail* | stats count")
    assert Period("24h").on(query, "Asia/Seoul") == query


def test_an_absolute_period_is_written_in_utc_for_links_mean_the_same_everywhere() -> None:
    period = Period(start=NOON, end=NOON + timedelta(hours=1))
    query = period.on(parse("table duration=1d cloudtrail*"), "Asia/Seoul")
    assert print_query(query) == "table from=20261124120000Z to=20261124130000Z cloudtrail*"


def test_the_period_before_ends_where_this_one_starts() -> None:
    period = Period("7d")
    assert period.before(NOON).window(NOON) == (NOON - timedelta(days=14), NOON - timedelta(days=7))


@pytest.mark.parametrize(("language", "title"), [("en", "last 7 days"), ("ko", "최근 7일")])
def test_titles_name_the_period(language: Language, title: str) -> None:
    assert Period("7d").label(language, "UTC") == title


def test_titles_name_an_absolute_period_in_the_viewers_zone() -> None:
    assert Period(start=NOON, end=NOON + timedelta(hours=1)).label("en", "Asia/Seoul") == "11-24 21:00 – 22:00"


def test_absolute_periods_survive_a_url() -> None:
    period = Period(start=NOON, end=NOON + timedelta(hours=1))
    assert between(period.between()) == period


@pytest.mark.parametrize(
    ("ago", "text"), [(30, "30 s"), (150, "2 min"), (5 * 3600, "5 h"), (3 * 86400, "3 days"), (-5, "0 s")]
)
def test_ages_are_told_in_the_largest_unit(ago: int, text: str) -> None:
    assert age(NOON - timedelta(seconds=ago), NOON, "en") == text
