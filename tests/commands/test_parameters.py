"""`setq` and `evalc`: parameters from rows."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Code, Rows


def test_setq_keeps_types(rows: Rows) -> None:
    source = (
        """setq [ json "{s: 'x', l: [1, 2], m: {k: [3]}}" | eval i = ip("10.0.0.1"), n = long("5"),"""
        """ d = 1.5, b = true, t = date("20240102", "yyyyMMdd") ]"""
    )
    query = f'{source} | json "{{}}" | eval s = typeof($("s")), i = typeof($("i")), n = typeof($("n"))'
    assert rows(query) == [{"s": "string", "i": "ipv4", "n": "long"}]
    query = f'{source} | json "{{}}" | eval d = $("d") + 1, b = not($("b")), t = string($("t"), "dd"), l = $("l")'
    assert rows(query) == [{"d": 2.5, "b": False, "t": "02", "l": [1, 2]}]
    assert rows(f'{source} | json "{{}}" | eval k = valueof($("m"), "k")') == [{"k": [3]}]


def test_setq_runs_before_everything_and_in_order(rows: Rows) -> None:
    later = 'setq [ json "{m: 1}" ] | setq [ json "{}" | eval n = $("m") + 1 ]'
    query = f'json "[{{n: 1}}, {{n: 2}}]" | search n == $("n") | {later}'
    assert rows(query) == [{"n": 2}]


def test_setq_without_rows_sets_nothing(rows: Rows) -> None:
    assert rows('set a = 1 | setq [ json "[]" | eval a = 2 ] | json "{}" | eval x = $("a")') == [{"x": 1}]


def test_setq_reads_the_first_row_in_order(rows: Rows) -> None:
    assert rows('setq [ json "[{a: 1}, {a: 9}, {a: 5}]" | sort -a ] | json "{}" | eval x = $("a")') == [{"x": 9}]


def test_setq_in_an_option(rows: Rows) -> None:
    query = (
        'setq [ json "[{a: 1}, {a: 9}]" | stats count as n ] | json "[{a: 1}, {a: 2}, {a: 3}]" | search limit=$("n")'
    )
    assert rows(query) == [{"a": 1}, {"a": 2}]


ROWS = 'json "[{n: 2}, {n: 9}, {n: 5}]"'


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("p = n * 2", 10),
        ("p = 7", 7),
        ('p = if(n > 8, true, $("p"))', True),
        ('p = $("p", 0) + n', 16),
        ('p = if(n > $("p", 0), n, $("p"))', 9),
        ('p = concat($("p", ""), n)', "295"),
        ('p = if(isnull($("p")), n, "more")', "more"),
        ('p = $(concat("p", ""), 0) + 1', 3),
    ],
)
def test_evalc_holds_the_value_of_the_last_row(rows: Rows, assignment: str, value: object) -> None:
    found = rows(f'{ROWS} | evalc {assignment} | eval p = $("p")')
    assert found == [{"n": n, "p": value} for n in (2, 9, 5)]


def test_evalc_starts_from_the_value_before(rows: Rows) -> None:
    assert rows(f'set p = 100 | {ROWS} | evalc p = $("p") + n | limit 1 | eval p = $("p")') == [{"n": 2, "p": 116}]


def test_evalc_follows_the_order(rows: Rows) -> None:
    assert rows(f'{ROWS} | sort n | evalc p = n | limit 1 | eval p = $("p")') == [{"n": 2, "p": 9}]


def test_evalc_without_rows_leaves_the_parameter(rows: Rows) -> None:
    query = f'set p = 1 | {ROWS} | search n > 100 | evalc p = $("p") + n | stats count | eval p = $("p")'
    assert rows(query) == [{"count": 0, "p": 1}]
    assert rows(query.replace('$("p") + n', "n")) == [{"count": 0, "p": 1}]


def test_evalc_has_a_bound_when_it_reads_itself(code: Code, rows: Rows) -> None:
    many = 'json "{n: 1}" | repeat count=100001'
    assert code(f'{many} | evalc p = $("p", 0) + n') == "90200"
    assert rows(f'{many} | evalc p = n | stats count | eval p = $("p")') == [{"count": 100001, "p": 1}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("evalc x", "20200"), ('evalc ="a"', "20201"), ("evalc x =", "20202"), ("setq", "90204"), ("setq [ ]", "90003")],
)
def test_errors(code: Code, query: str, expected: str) -> None:
    assert code(f'json "{{a: 1}}" | {query}') == expected
