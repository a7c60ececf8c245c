"""`pivot`, `rollup`, `cube`."""

from __future__ import annotations

import pytest

from engine import Engine
from tests.commands.conftest import Code, Rows

HITS = "json \"[{s: 'h1', p: 22, n: 1}, {s: 'h1', p: 80, n: 2}, {s: 'h1', p: 22, n: 4}, {s: 'h2', p: 443, n: 8}]\""


def test_pivot_has_a_row_and_a_column_for_each_value(rows: Rows, plain_engine: Engine) -> None:
    assert rows(f"{HITS} | pivot sum(n) by s for p") == [{"s": "h1", "22": 5, "80": 2}, {"s": "h2", "443": 8}]
    assert list(plain_engine.run(f"{HITS} | pivot sum(n) by s for p").columns) == ["s", "22", "80", "443"]


def test_pivot_of_several_aggregates_names_both(plain_engine: Engine) -> None:
    frame = plain_engine.run(f"{HITS} | pivot count, sum(n) as total rows s cols p")
    assert list(frame.columns)[:3] == ["s", "22_count", "22_total"]


def test_pivot_by_several_fields(rows: Rows) -> None:
    assert rows(f"{HITS} | search p < 443 | pivot count by s, n for p") == [
        {"s": "h1", "n": 1, "22": 1},
        {"s": "h1", "n": 2, "80": 1},
        {"s": "h1", "n": 4, "22": 1},
    ]
    assert rows(f"{HITS} | pivot count for s, p") == [{"h1_22": 2, "h1_80": 1, "h2_443": 1}]


def test_pivot_without_columns_is_stats(rows: Rows) -> None:
    assert rows(f"{HITS} | pivot count by s") == [{"s": "h1", "count": 3}, {"s": "h2", "count": 1}]
    assert rows(f"{HITS} | pivot count") == [{"count": 4}]


def test_pivot_keeps_null_rows_and_leaves_out_null_columns(rows: Rows) -> None:
    query = "json \"[{p: 'a'}, {s: 'x', p: 'a'}, {s: 'x'}]\" | pivot count by s for p"
    assert rows(query) == [{"a": 1}, {"s": "x", "a": 1}]


def test_pivot_counts_equal_names_together(rows: Rows) -> None:
    assert rows("json \"[{p: 22}, {p: '22'}]\" | pivot count for p") == [{"22": 2}]


def test_pivot_does_not_hide_a_key_behind_a_series(plain_engine: Engine) -> None:
    assert list(plain_engine.run("json \"[{s: 'h', p: 's'}]\" | pivot count by s for p").columns) == ["s", "s (series)"]


def test_pivot_tells_rows_apart_that_tie_in_order(rows: Rows) -> None:
    assert rows("json \"[{s: 'a', p: 1}, {s: 'A', p: 1}]\" | pivot count by s for p") == [
        {"s": "A", "1": 1},
        {"s": "a", "1": 1},
    ]
    assert len(rows('json "[{m: {x: 1}, p: 1}, {m: {x: 2}, p: 1}]" | pivot count by m for p')) == 2


def test_pivot_has_a_bound(plain_engine: Engine, code: Code) -> None:
    assert code('json "{}" | repeat count=5200 | eval k = rand(1000000000) | pivot count for k') == "21700"


DATA = "json \"[{a: 'x', b: 1, n: 10}, {a: 'x', b: 2, n: 20}, {a: 'y', b: 1, n: 5}]\""


def test_rollup_has_totals_behind_their_details(rows: Rows, plain_engine: Engine) -> None:
    query = f"{DATA} | rollup label=all sum(n) as n by a, b"
    assert [(row["a"], row["b"], row["n"]) for row in rows(query)] == [
        ("x", 1, 10), ("x", 2, 20), ("x", "all", 30), ("y", 1, 5), ("y", "all", 5), ("all", "all", 35),
    ]  # fmt: skip
    assert list(plain_engine.run(query).columns) == ["a", "b", "n"]


def test_rollup_tells_null_keys_from_totals(rows: Rows) -> None:
    found = rows('json "[{a: 1}, {}]" | rollup label=all count by a')
    assert found == [{"count": 1}, {"a": 1, "count": 1}, {"a": "all", "count": 2}]


def test_rollup_without_a_label_shows_null(rows: Rows) -> None:
    assert rows(f"{DATA} | rollup count by a") == [{"a": "x", "count": 2}, {"a": "y", "count": 1}, {"count": 3}]


def test_rollup_computes_totals_from_rows_not_from_subtotals(rows: Rows) -> None:
    assert rows(f"{DATA} | rollup label=all avg(n) as m by a")[-1]["m"] == pytest.approx(35 / 3)
    assert rows(f"{DATA} | rollup label=all first(n) as f by a")[-1]["f"] == 10


def test_cube_has_every_subset(rows: Rows) -> None:
    found = {(row["a"], row["b"]): row["n"] for row in rows(f"{DATA} | cube label=all sum(n) as n by a, b")}
    assert found == {
        ("x", 1): 10, ("x", 2): 20, ("x", "all"): 30, ("y", 1): 5, ("y", "all"): 5,
        ("all", 1): 15, ("all", 2): 20, ("all", "all"): 35,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pivot", "21700"),
        ("pivot count by", "21701"),
        ("pivot count by a for", "21701"),
        ("pivot count by a for b,", "21701"),
        ("pivot nope by a", "21702"),
        ("rollup", "21700"),
        ("rollup count by a,", "21701"),
        ("cube label", "21702"),
        ("cube lable=x count by a", "90001"),
    ],
)
def test_errors(code: Code, query: str, expected: str) -> None:
    assert code(f'json "{{a: 1}}" | {query}') == expected


def test_aggregates_of_what_looks_at_other_rows(rows: Rows) -> None:
    source = "json \"[{'a': 1}, {'a': 1}, {'a': 2}]\" | eval _time = epoch(a)"
    assert rows(f"{source} | stats sum(seq()) by a") == [{"a": 1, "sum(seq())": 3}, {"a": 2, "sum(seq())": 3}]
    assert rows(f"{source} | stats count(if(seq() > 1, 1, null)) as n") == [{"n": 2}]
    assert rows(f"{source} | timechart max(seq()) by a | fields - _time") == [{"1": 2, "2": 3}]
    assert rows(f"{source} | pivot max(seq()) for a") == [{"1": 2, "2": 3}]
    assert rows(f"{source} | rollup max(seq()) as n by a") == [{"a": 1, "n": 2}, {"a": 2, "n": 3}, {"n": 3}]
    assert rows(f"{source} | boxplot seq() | fields count, max") == [{"count": 3, "max": 3}]
    assert rows(f'{source} | search a != "row_number() OVER (" and seq() > 2 | fields a') == [{"a": 2}]


def test_percentiles_of_what_is_no_number(rows: Rows) -> None:
    source = "json \"[{'s': 'b', 't': 0, 'm': 'z'}, {'s': 'A', 't': 60, 'm': 1}, {'s': 'c', 't': 90, 'm': 2}]\""
    assert rows(f"{source} | stats median(s) as s, percentile(s, 100) as top") == [{"s": "b", "top": "c"}]
    assert rows(f"{source} | stats percentile(m, 25) as low, median(m) as m") == [{"low": 1.5, "m": 2}]
    dates = 'eval t = epoch(t) | stats median(t) as t | eval t = datepart(t, "epoch")'
    assert rows(f"{source} | {dates}") == [{"t": 60}]


def test_rates_of_buckets(rows: Rows, code: Code) -> None:
    source = "json \"[{'a': 60}, {'a': 12}, {'a': 'x'}]\" | eval _time = epoch(0)"
    assert rows(f"{source} | timechart span=1m per_second(a), per_hour(a) as h | fields - _time") == [
        {"per_second(a)": 1.2, "h": 4320}
    ]
    assert rows(f"{source} | stats range(a)") == [{"range(a)": 48}]
    assert code(f"{source} | stats per_day(a)") == "21703"
    assert code(f"{source} | timechart span=1mon per_day(a)") == "21703"
