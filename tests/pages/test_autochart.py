"""Which chart a result gets, and the rows it plots."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from engine import Engine
from engine.catalog import ANY, BOOL, DATE, DOUBLE, LONG, STRING, Type, list_of, map_of
from pages.parts import autochart, autoplot
from pages.parts.autochart import MOST_BUCKETS, MOST_MARKS, MOST_SERIES, Plot, plots

WORDS = {name: name for name in ("time", "series", "value", *autochart.QUARTILES)}


def kinds(types: dict[str, Type], rows: int = 10) -> list[str]:
    return [plot.kind for plot in plots(types, rows)]


def minutes(count: int, step: int = 10) -> pd.Series:
    return pd.Series(pd.date_range("2026-11-24", periods=count, freq=f"{step}min", tz="Asia/Seoul"))


# the choice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({"_time": DATE, "count": LONG}, ["stacked", "line"]),
        ({"_time": DATE, "a": LONG, "b": LONG}, ["stacked", "line"]),
        ({"_time": DATE, "avg": DOUBLE}, ["line", "stacked"]),
        ({"_time": DATE, "service": STRING, "cost": DOUBLE}, ["line", "stacked"]),
        ({"day": DATE, "count": LONG}, ["stacked", "line"]),
        ({"eventName": STRING, "count": LONG}, ["bar"]),
        ({"eventName": STRING, "errorCode": STRING, "count": LONG}, ["bar"]),
        ({"ok": BOOL, "count": LONG}, ["bar"]),
        ({"country": STRING, "count": LONG}, ["map", "bar"]),
        ({"hour": LONG, "count": LONG}, ["bar"]),
        ({"region": STRING, "count": LONG, **dict.fromkeys(autochart.QUARTILES, DOUBLE)}, ["box"]),
        (dict.fromkeys(autochart.QUARTILES, LONG), ["box"]),
        ({"_time": DATE, "eventName": STRING}, ["rows"]),
        ({"_table": STRING, "_time": DATE, "_id": LONG, "eventName": STRING, "parameters": ANY}, ["rows"]),
        ({"eventName": STRING, "user": STRING}, []),
        ({"names": list_of(STRING), "identity": map_of({"arn": STRING})}, []),
        ({"count": LONG}, []),
    ],
)
def test_types_decide(types: dict[str, Type], expected: list[str]) -> None:
    assert kinds(types) == expected


def test_one_row_of_numbers_is_a_number() -> None:
    assert plots({"count": LONG, "total": DOUBLE}, 1) == (Plot("number", values=("count", "total")),)


def test_no_rows_no_chart() -> None:
    assert kinds({"_time": DATE, "count": LONG}, rows=0) == []


def test_count_is_the_measure_where_there_is_one() -> None:
    assert plots({"name": STRING, "size": LONG, "count": LONG}, 5)[0].values == ("count",)
    assert plots({"name": STRING, "size": LONG, "age": LONG}, 5)[0].values == ("size",)


# the rows -------------------------------------------------------------------------------------------------------------


def test_many_series_become_the_largest_and_the_rest() -> None:
    names = [f"s{number:02}" for number in range(MOST_SERIES + 5)]
    frame = pd.DataFrame({"_time": minutes(3)} | {name: number + 1 for number, name in enumerate(names)})
    plot = Plot("stacked", time="_time", values=tuple(names))
    shaped = autochart.over_time(frame, plot, "other", "(none)")
    assert shaped.hidden == 5
    assert set(shaped.rows["series"]) == {*names[5:], "other"}
    assert shaped.rows.loc[shaped.rows["series"] == "other", "value"].tolist() == [15.0] * 3
    line = autochart.over_time(frame, Plot("line", time="_time", values=tuple(names)), "other", "(none)")
    assert set(line.rows["series"]) == set(names[5:])


def test_columns_are_summed_into_fewer_buckets() -> None:
    frame = pd.DataFrame({"_time": minutes(2000, step=1), "count": 1})
    shaped = autochart.over_time(frame, Plot("stacked", time="_time", values=("count",)), "other", "(none)")
    assert shaped.rows["value"].sum() == 2000
    assert shaped.rows["_time"].nunique() <= MOST_BUCKETS
    assert shaped.width == timedelta(minutes=30)


def test_a_bucket_width_that_fits_stays() -> None:
    frame = pd.DataFrame({"_time": minutes(145), "count": 1})
    shaped = autochart.over_time(frame, Plot("stacked", time="_time", values=("count",)), "other", "(none)")
    assert (len(shaped.rows), shaped.width) == (145, timedelta(minutes=10))


def test_lines_are_thinned_and_keep_gaps() -> None:
    values = np.arange(12_000, dtype=float)
    values[:10] = np.nan
    frame = pd.DataFrame({"_time": minutes(12_000, step=1), "latency": values})
    shaped = autochart.over_time(frame, Plot("line", time="_time", values=("latency",)), "other", "(none)")
    assert shaped.merged == 3
    assert len(shaped.rows) <= MOST_MARKS
    assert shaped.rows["value"].notna().all()


def test_long_rows_become_series() -> None:
    frame = pd.DataFrame({"_time": minutes(2).repeat(2), "user": ["kim", None, "kim", "lee"], "count": [1, 2, 3, 4]})
    plot = Plot("stacked", time="_time", names=("user",), values=("count",))
    shaped = autochart.over_time(frame, plot, "other", "(none)")
    assert shaped.rows.groupby("series")["value"].sum().to_dict() == {"(none)": 2, "kim": 4, "lee": 4}


def test_rows_are_counted_with_their_gaps() -> None:
    times = pd.Series(pd.to_datetime(["2026-11-24 00:00:30", "2026-11-24 00:00:40", "2026-11-24 02:00:10"]))
    frame = pd.DataFrame({"_time": times.dt.tz_localize("Asia/Seoul")})
    shaped = autochart.rows_over_time(frame, Plot("rows", time="_time"))
    assert shaped.rows["count"].sum() == 3
    assert shaped.rows["count"].iloc[[0, -1]].tolist() == [2, 1]
    assert (shaped.rows["count"] == 0).sum() > 10


def test_bars_are_sorted_unless_their_names_are_a_scale() -> None:
    frame = pd.DataFrame({"name": ["a", "b", None], "count": [1, 3, 2]})
    shaped = autochart.bars(frame, Plot("bar", names=("name",), values=("count",)), "(none)")
    assert shaped.rows[["label", "row"]].to_numpy().tolist() == [["b", 1], ["(none)", 2], ["a", 0]]
    hours = pd.DataFrame({"hour": [0, 1, 2], "count": [1, 3, 2]})
    shaped = autochart.bars(hours, Plot("bar", names=("hour",), values=("count",)), "(none)")
    assert shaped.rows["label"].tolist() == ["0", "1", "2"]


def test_labels_carry_nothing_that_acts() -> None:
    frame = pd.DataFrame({"agent": ["a\x1b[2J\u202e" + "x" * 500], "count": [1]})
    text = autochart.bars(frame, Plot("bar", names=("agent",), values=("count",)), "(none)").rows["label"].iloc[0]
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) <= 120


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("| stats count", "number"),
        ("| stats count by name", "bar"),
        ("| stats count by name, n", "bar"),
        ("| boxplot n by name", "box"),
        ("| boxplot n", "box"),
    ],
)
def test_results_of_the_engine_can_be_drawn(query: str, kind: str) -> None:
    rows = "json \"[{'name': 'a', 'n': 1}, {'name': 'b', 'n': 2}, {'name': 'a', 'n': 3}, {'n': 7}]\" "
    result = Engine().execute(rows + query)
    plot = plots(result.types, result.rows)[0]
    assert plot.kind == kind
    if kind == "bar":
        shaped = autochart.bars(result.frame, plot, "(none)")
        assert autoplot.bar(shaped.rows, words=WORDS).to_dict()["layer"]
    if kind == "box":
        shaped = autochart.boxes(result.frame, plot, "(none)")
        assert autoplot.box(shaped.rows, words=WORDS).to_dict()["layer"]


@pytest.mark.parametrize("kind", ["stacked", "line", "rows"])
def test_courses_can_be_drawn(kind: str) -> None:
    frame = pd.DataFrame({"_time": minutes(30), "a": range(30), "b": 1.5})
    plot = Plot(kind, time="_time", values=("a", "b"))  # type: ignore[arg-type]
    if kind == "rows":
        counted = autochart.rows_over_time(frame, plot)
        chart = autoplot.rows(counted.rows, width=counted.width, words=WORDS)
    else:
        shaped = autochart.over_time(frame, plot, "other", "(none)")
        chart = (
            autoplot.stacked(shaped.rows, width=shaped.width, other="other", words=WORDS)
            if kind == "stacked"
            else autoplot.line(shaped.rows, words=WORDS)
        )
    assert chart.to_dict()
