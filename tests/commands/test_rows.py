"""`drop`, `bypass`, `prev`, `explode`, `repeat`, `signature`."""

from __future__ import annotations

import pytest

from engine import Engine
from tests.commands.conftest import Code, Rows


def test_drop_keeps_the_fields_and_bypass_the_rows(rows: Rows, plain_engine: Engine) -> None:
    assert list(plain_engine.run('json "[{a: 1}]" | drop').columns) == ["a"]
    assert rows('json "[{a: 1}]" | drop | stats count') == [{"count": 0}]
    assert rows('json "[{a: 1}, {a: 2}]" | bypass') == [{"a": 1}, {"a": 2}]


def test_prev_follows_the_order_of_the_rows(rows: Rows) -> None:
    found = rows('json "[{n: 3, x: true}, {n: 5}, {n: 4, x: false}]" | sort -n | prev n, x')
    assert found == [{"n": 5}, {"n": 4, "x": False, "prev_n": 5}, {"n": 3, "x": True, "prev_n": 4, "prev_x": False}]


def test_prev_of_an_unknown_field_is_null(rows: Rows) -> None:
    assert rows('json "[{n: 3}, {n: 5}]" | prev nope | eval same = isnull(prev_nope)')[1] == {"n": 5, "same": True}


def test_explode_keeps_element_order_and_what_is_no_array(rows: Rows) -> None:
    found = rows('json "[{a: [2, 1], b: 1}, {a: [], b: 2}, {a: 7, b: 3}, {b: 4}, {a: [null], b: 5}]" | explode a')
    assert found == [{"a": 2, "b": 1}, {"a": 1, "b": 1}, {"a": 7, "b": 3}, {"b": 4}, {"b": 5}]


def test_explode_of_mixed_elements_keeps_their_types(rows: Rows) -> None:
    found = rows("""json "[{a: [1, 'x', {k: 2}]}]" | explode a | eval type = typeof(a)""")
    assert [row["type"] for row in found] == ["int", "string", "map"]


def test_explode_of_something_that_is_never_an_array_changes_nothing(rows: Rows) -> None:
    assert rows('json "[{a: 1}, {a: 2}]" | explode a') == [{"a": 1}, {"a": 2}]
    assert rows('json "[{a: 1}]" | explode nope') == [{"a": 1}]


def test_explode_twice(rows: Rows) -> None:
    found = rows('json "[{a: [[1, 2], [3]]}]" | explode a | explode a | sort a')
    assert found == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_repeat(rows: Rows) -> None:
    assert rows('json "[{a: 1}, {a: 2}]" | repeat count=2') == [{"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}]
    assert rows('json "{a: 1}" | repeat count=0') == []


@pytest.mark.parametrize(
    ("line", "signature"),
    [
        ('ab"cd ef"gh [1]', '" []'),
        ("한글 ABC-123", " -"),
        ('a "never closed [x]', " "),
        ('"a" "b"', '" "'),
        ("", ""),
    ],
)
def test_signature(plain_engine: Engine, line: str, signature: str) -> None:
    query = 'json "{}" | eval line = $("line") | signature | fields signature'
    assert plain_engine.run(query, {"line": line}).to_dict("records") == [{"signature": signature}]


def test_signature_needs_text_in_line(rows: Rows) -> None:
    assert rows('json "[{line: 5}, {x: 1}]" | signature') == [{"line": 5}, {"x": 1}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("explode", "20300"),
        ("prev", "90200"),
        ("prev a,", "90200"),
        ("repeat", "90001"),
        ("repeat count=x", "90001"),
        ("repeat count=-1", "90001"),
        ("drop everything", "90201"),
    ],
)
def test_errors(code: Code, query: str, expected: str) -> None:
    assert code(f'json "{{a: 1}}" | {query}') == expected


def test_a_field_that_a_row_lacks_overwrites_nothing(rows: Rows) -> None:
    source = "json \"[{'a': 1, 'b': 2}, {'b': 3}, {'a': null, 'b': 4}]\""
    assert rows(f"{source} | rename a as b") == [{"b": 1}, {"b": 3}, {}]
    assert rows(f"{source} | fields a, b | rename a as b") == [{"b": 1}, {}, {}]
    joined = "join type=cross [ json \"[{'x': 1, 'b': 9}, {'x': 2}, {'x': 3, 'b': null}]\" ]"
    assert rows(f"json \"{{'b': 1}}\" | {joined}") == [{"b": 9, "x": 1}, {"b": 1, "x": 2}, {"x": 3}]
    union = "union [ json \"{'b': 7}\" ] | rename a as b"
    assert rows(f"json \"{{'a': 1, 'b': 2}}\" | {union}") == [{"b": 1}, {"b": 7}]
    left = "join type=left k [ json \"{'k': 1, 'v': null}\" ] | eval w = 5 | rename v as w"
    assert rows(f"json \"[{{'k': 1}}, {{'k': 2}}]\" | {left}") == [{"k": 1}, {"k": 2, "w": 5}]


def test_arrays_are_ordered_element_by_element(rows: Rows) -> None:
    source = "json \"[{'l': [10, 'x']}, {'l': [2, 'x']}, {'l': [2]}, {'l': []}, {'l': ['a']}, {'l': 'text'}]\""
    assert [row["l"] for row in rows(f"{source} | sort l")] == ["text", [], [2], [2, "x"], [10, "x"], ["a"]]
    assert rows('json "{}" | eval v = array("A", 1) == array("a", 1.0)') == [{"v": True}]
    assert rows('json "{}" | eval v = array(2) < array(10)') == [{"v": True}]


def test_limits_of_sorts_by_fields_that_nothing_has(rows: Rows) -> None:
    assert rows("json \"[{'a': 1}, {'a': 2}]\" | sort limit=1 x by y") == [{"a": 1}]
