"""Charts: what they encode, how series are grouped, and that colours stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest

from engine.geo import countries
from pages.parts import charts
from pages.parts.redact import MASK, redacted
from pages.parts.worldmap import Origin, country_name, deck

TEN_MINUTES = timedelta(minutes=10)
NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001  (a wall clock time)
LABELS = {"time": "Time", "event": "Event", "count": "Events"}


def wide(series: int) -> pd.DataFrame:
    """Two buckets of a chart with this many series, the last ones larger; the first bucket lacks series 0."""
    frame = pd.DataFrame({"_time": [NOON, NOON + TEN_MINUTES]})
    for number in range(series):
        frame[f"s{number}"] = [None if number == 0 else number + 1, number + 1]
    return frame


def test_long_form_leaves_out_nothings() -> None:
    tall, grouped = charts.long_form(wide(2), "other", "(none)")
    assert grouped == 0
    assert sorted(zip(tall["series"], tall["count"], strict=True)) == [("s0", 1), ("s1", 2), ("s1", 2)]


def test_long_form_groups_small_series_and_loses_no_event() -> None:
    tall, grouped = charts.long_form(wide(25), "other", "(none)")
    assert grouped == 5
    assert tall["series"].nunique() == charts.MOST_SERIES + 1
    assert tall["count"].sum() == wide(25).drop(columns="_time").sum().sum()
    assert "s0" not in set(tall["series"])
    assert "s24" in set(tall["series"])


def test_a_series_without_a_name_is_called_none() -> None:
    tall, _ = charts.long_form(pd.DataFrame({"_time": [NOON], "": [1]}), "other", "(none)")
    assert tall["series"].tolist() == ["(none)"]


def test_twenty_series_have_twenty_colours_and_keep_them() -> None:
    names = [f"Event{number}" for number in range(20)]
    shades = charts.colours(names, "other")
    assert len(set(shades.values())) == 20
    assert charts.colours(list(reversed(names)), "other") == shades
    alone = charts.colours(["RunInstances"], "other")["RunInstances"]
    assert charts.colours(["RunInstances", "other"], "other") == {"RunInstances": alone, "other": charts.OTHER_COLOUR}


def test_stacked_columns_encode_the_frame() -> None:
    tall, _ = charts.long_form(wide(3), "other", "(none)")
    chart = charts.stacked_columns(
        tall, span=TEN_MINUTES, window=(NOON, NOON + 2 * TEN_MINUTES), other="other", labels=LABELS
    )
    (layer,) = chart.to_dict()["layer"]
    encoding = layer["encoding"]
    assert encoding["y"]["aggregate"] == "sum"
    assert encoding["y"]["stack"] == "zero"
    assert encoding["color"]["scale"]["domain"] == ["s2", "s1", "s0"]
    assert set(chart.data["bucket"]) == {"2026-11-24T12:00:00", "2026-11-24T12:10:00"}


def test_stacked_columns_shade_spans_and_mark_buckets() -> None:
    tall, _ = charts.long_form(wide(1), "other", "(none)")
    chart = charts.stacked_columns(
        tall,
        span=TEN_MINUTES,
        window=(NOON, NOON + 2 * TEN_MINUTES),
        other="other",
        labels={**LABELS, "mark": "root"},
        shaded=[(NOON, NOON + TEN_MINUTES)],
        marked=[NOON],
    )
    shade, columns, marks = chart.layer
    assert shade.data.values.tolist() == [[NOON, NOON + TEN_MINUTES]]
    assert columns.data["series"].unique().tolist() == ["s0"]
    assert marks.data.to_dict("records") == [{"middle": NOON + TEN_MINUTES / 2, "mark": "root"}]


def test_bars_keep_the_order_and_show_levels() -> None:
    frame = pd.DataFrame({"src": ["b", "a"], "count": [12, 3]})
    chart = charts.bars(
        frame, label="src", value="count", levels=["red", "amber"], labels={"label": "Address", "value": "Events"}
    )
    assert chart.data["label"].tolist() == ["b", "a"]
    assert chart.to_dict()["layer"][0]["encoding"]["y"]["sort"] == ["b", "a"]


@pytest.mark.parametrize("dark", [False, True])
def test_the_map_colours_countries_and_skips_unknown_ones(dark: bool) -> None:
    origins = [
        Origin("KR", "South Korea", 10, expected=True),
        Origin("SG", "Singapore", 2, expected=False),
        Origin("ZZ", "ZZ", 1, expected=False),
    ]
    made = deck(origins, dark=dark, count_label="Logins", width=700, height=300)
    land, shapes, bubbles = made.layers
    assert "app/static/world-ee.geojson" in str(land.data)
    assert {feature["a2"] for feature in shapes.data["features"]} == {"KR", "SG"}
    fills = {row["a2"]: tuple(row["fill"][:3]) for row in bubbles.data}
    assert fills == {"KR": (37, 99, 235), "SG": (220, 38, 38)}


def test_a_map_in_less_room_is_smaller() -> None:
    def zoom(width: int) -> float:
        return deck([], dark=False, count_label="", width=width, height=300).initial_view_state.zoom

    assert zoom(320) < zoom(600)


def test_every_country_has_a_name_in_both_languages_and_a_place() -> None:
    assert len(countries()) > 200
    assert all(country.en and country.ko for country in countries().values())
    assert country_name("US", "ko") == "미국"


def test_secrets_in_requests_are_masked() -> None:
    request = {
        "masterUserPassword": "x",
        "tags": [{"apiKey": "y", "key": "team"}],
        "clientToken": "c",
        "secretId": "prod/db",
        "password": "",
    }
    assert redacted(request) == {
        "masterUserPassword": MASK,
        "tags": [{"apiKey": MASK, "key": "team"}],
        "clientToken": "c",
        "secretId": "prod/db",
        "password": "",
    }
    assert redacted('{"password": "x"}') == {"password": MASK}
    assert redacted("{broken") == "{broken"
