"""Charts of cost from frames made by hand: what they plot, and what they say about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts import moneycharts, treemaps
from pages.parts.charts import LEVEL_COLOURS
from pages.parts.days import Days
from pages.parts.units import money, written

LABELS = dict.fromkeys(
    ("label", "value", "share", "reason", "day", "series", "cost", "whole", "note", "state", "incomplete", "now",
     "before", "forecast", "range", "budget", "change"), "x",
)  # fmt: skip
DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1)  # noqa: DTZ001  (a day without a zone, as charts get them)


def test_tiles_fill_the_rectangle_in_proportion() -> None:
    amounts = [6, 6, 4, 3, 2, 2, 1]
    tiles = treemaps.squarify(amounts, 6, 4)
    areas = [(tile.x1 - tile.x0) * (tile.y1 - tile.y0) for tile in tiles]
    assert areas == pytest.approx(amounts)
    assert max(tile.x1 for tile in tiles) == pytest.approx(6)
    assert max(tile.y1 for tile in tiles) == pytest.approx(4)
    # The example of the paper: its first column is two tiles of 3 by 2.
    assert [(tile.x1, tile.y1) for tile in tiles[:2]] == [(3, 2), (3, 4)]


@given(st.lists(st.floats(0.01, 10_000), min_size=1, max_size=30).map(lambda found: sorted(found, reverse=True)))
def test_tiles_never_overlap(amounts: list[float]) -> None:
    tiles = treemaps.squarify(amounts, 1.8, 1)
    assert len(tiles) == len(amounts)
    assert sum((tile.x1 - tile.x0) * (tile.y1 - tile.y0) for tile in tiles) == pytest.approx(1.8)
    for number, one in enumerate(tiles):
        assert -1e-9 <= one.x0 < one.x1 <= 1.8 + 1e-6
        assert -1e-9 <= one.y0 < one.y1 <= 1 + 1e-6
        for other in tiles[:number]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            down = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert across < 1e-6 or down < 1e-6


def test_a_treemap_names_its_tiles_and_rings_what_is_new() -> None:
    frame = pd.DataFrame(
        {"label": ["EC2", "RDS"], "value": [3.0, 1.0], "text": ["$3.00", "$1.00"], "share": ["75%", "25%"],
         "is_new": [False, True], "reason": ["", "new"]}
    )  # fmt: skip
    chart = treemaps.treemap(frame, aspect=2, height=300, other="other", known={"EC2": "#2563EB"}, labels=LABELS)
    tiles = next(layer.data for layer in chart.layer if layer.data is not treemaps.alt.Undefined) \
        if chart.data is treemaps.alt.Undefined else chart.data  # fmt: skip
    assert tiles["amount"].tolist() == ["$3.00 · 75%", "$1.00 · 25%"]
    assert tiles["colour"].iloc[0] == "#2563EB"
    assert tiles["ink"].iloc[0] == treemaps.WHITE
    assert tiles["x1"].tolist() == [1.5, 2.0]
    stroke = chart.layer[0].to_dict()["encoding"]["stroke"]
    assert stroke["condition"]["value"] == LEVEL_COLOURS["red"]


def test_days_stack_credits_below_zero_and_hatch_what_may_still_grow() -> None:
    days = [FIRST + DAY * number for number in range(3)]
    rows = [(day, "EC2", 10.0) for day in days] + [(day, "Credits", -2.0) for day in days]
    tall = pd.DataFrame(rows, columns=["_time", "series", "cost"])
    chart = moneycharts.stacked_days(
        tall, window=(days[0], days[-1] + DAY), currency="USD", other="other", known={}, incomplete=days[2:],
        levels={days[1]: ("red", "2.5 times")}, labels=LABELS,
    )  # fmt: skip
    columns, hatching, marks = chart.layer
    assert columns.data["cost"].sum() == 24
    assert set(columns.data["whole"]) == {"$8.00"}
    assert columns.data["bucket"].iloc[0] == "2026-11-01T00:00:00"
    assert hatching.data["y0"].min() == -2
    assert hatching.data["y1"].max() == 10
    assert hatching.data["x0"].min() >= days[2]
    assert hatching.data["x1"].max() <= days[2] + DAY
    assert marks.data["top"].tolist() == [10]
    assert marks.data["colour"].tolist() == [LEVEL_COLOURS["red"]]


def test_the_course_of_a_month_has_last_month_forecast_and_budget() -> None:
    actual = pd.DataFrame({"day": [1, 2], "cost": [5.0, 9.0], "bucket": ["2026-11-01", "2026-11-02"]})
    before = pd.DataFrame({"day": [1, 2], "cost": [4.0, 8.0], "bucket": ["2026-10-01", "2026-10-02"]})
    ahead = pd.DataFrame(
        {"day": [2, 3], "cost": [9.0, 13.0], "low": [9.0, 12.0], "high": [9.0, 14.0], "bucket": ["x", "2026-11-03"]}
    )
    labels = LABELS | {"now": "this", "before": "last", "forecast": "ahead"}
    chart = moneycharts.month_course(actual, before, ahead, days=31, budget=100.0, currency="USD", labels=labels)
    frames = [layer.data for layer in chart.layer if isinstance(layer.data, pd.DataFrame)]
    assert any(frame.get("range", pd.Series()).tolist() == ["$9.00 – $9.00", "$12.00 – $14.00"] for frame in frames)
    assert any(frame.get("text", pd.Series()).tolist() == ["x $100"] for frame in frames)
    assert any(frame.get("series", pd.Series()).tolist() == ["this", "this", "last", "last"] for frame in frames)
    without = moneycharts.month_course(
        actual, before, ahead.iloc[:0], days=31, budget=None, currency="USD", labels=labels
    )
    assert len(without.layer) == len(chart.layer) - 4


def test_movers_say_how_much_and_how_many_percent() -> None:
    frame = pd.DataFrame({"label": ["EC2", "S3"], "now": [30.0, 5.0], "before": [10.0, 10.0], "change": [20.0, -5.0]})
    chart = moneycharts.movers(frame, currency="USD", labels=LABELS)
    data = chart.data if chart.data is not moneycharts.alt.Undefined else chart.layer[0].data
    assert data["text"].tolist() == ["+$20.00 (+200%)", "-$5.00 (-50%)"]
    assert data["rises"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("today", "month", "last_month", "same_day"),
    [
        ("2026-11-24", "2026-11-01", "2026-10-01", "2026-10-24"),
        ("2026-11-01", "2026-10-01", "2026-09-01", "2026-10-01"),  # nothing is known of November yet
        ("2026-03-31", "2026-03-01", "2026-02-01", "2026-03-01"),  # February is shorter: all of it
        ("2026-01-02", "2026-01-01", "2025-12-01", "2025-12-02"),
    ],
)
def test_days_of_this_month_and_the_last(today: str, month: str, last_month: str, same_day: str) -> None:
    days = Days(date.fromisoformat(today))
    assert [days.month.isoformat(), days.last_month.isoformat(), days.same_day.isoformat()] == [
        month, last_month, same_day,
    ]  # fmt: skip


def test_a_day_of_cost_is_a_day_of_utc() -> None:
    evening = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert Days.at(evening).fill("{today} {today_day} {days30_day}") == "20261123 2026-11-23 2026-10-24"


def test_money_is_written_as_its_currency_is() -> None:
    assert [written(1234.567, currency) for currency in ("USD", "EUR", "KRW")] == ["$1,235", "€1,235", "₩1,235"]
    assert [money(0.0, "USD"), money(-12.3, "USD"), money(-0.001, "KRW")] == ["$0", "-$12.30", "₩0"]
