"""`parse`, `parsejson`, `parsekv`, `parsecsv`, `parsemap`, `parsexml`, `tojson`, `serial`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Engine
from engine.commands import parsing
from engine.commands.parsejson import read_cut
from engine.commands.parsexml import read_xml
from engine.language.errors import QueryError
from tests.commands.conftest import Code, Rows

LINE = 'json "{z: 1}" | eval line = $("line") |'
DATED = 'json "{z: 1, _id: 5}" | eval line = $("line"), _time = date("2024", "yyyy") |'


# --- parse ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "anchors", "expected"),
    [
        ("a=1,b=2", '"a=*," as a, "b=*" as b', {"a": "1", "b": "2"}),
        ("a=1,a=2,", '"a=*," as a', {"a": "2"}),  # the last hit counts
        ("a=1;b", '"a=*;b" as a', {"a": "1"}),  # only the first character of the end
        ("a=1;c", '"a=*;b" as a', {"a": "1"}),
        ("a=1", '"a=*," as a', {}),  # the end never comes
        ("a=,", '"a=*," as a', {"a": ""}),
        ("a=1,2,b=3,", '"a=*," as a, "b=*," as b', {"a": "1", "b": "3"}),
        ("k:1 k:2", '"k:* " as a, "k:*" as b', {"a": "1", "b": "2"}),  # the first anchor that fits
        ("[x][y]", '"[*]" as a, "]*]" as b', {"a": "x", "b": "[y"}),  # what ends a value may begin an anchor
        ("say \"hi\"", '"say \\"*\\"" as a', {"a": "hi"}),
        ("nothing", '"a=*," as a', {}),
    ],
)  # fmt: skip
def test_parse(rows: Rows, line: str, anchors: str, expected: dict[str, str]) -> None:
    assert rows(f"{LINE} parse {anchors}", line=line) == [expected]


def test_parse_with_overlay_keeps_the_row(rows: Rows) -> None:
    query = "json \"[{raw: 'A:1,', a: 0}, {raw: 'none', a: 2}, {a: 3}]\" | parse overlay=t field=raw \"A:*,\" as a"
    assert rows(query) == [{"raw": "A:1,", "a": "1"}, {"raw": "none", "a": 2}, {"a": 3}]


def test_parse_carries_time_and_table(rows: Rows) -> None:
    (found,) = rows(f'{DATED} parse "a=*" as a', line="a=1")
    assert found.keys() == {"a", "_time", "_id"}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("", "21000"),
        ("overlay=t", "21000"),
        ("openssh", "21001"),
        ('"t" for as', "21003"),
        ('"t*"', "21003"),
        ("t as a", "21004"),
        ('"*x" as a', "21004"),
        ('"a*b*c" as a', "21004"),
        ('"t*" as "a"', "21005"),
        ('"t*" as', "21005"),
        ('"t*" as a,', "21000"),
        ("fild=a x", "90001"),
    ],
)
def test_parse_errors(code: Code, rest: str, expected: str) -> None:
    assert code(f'json "{{line: 1}}" | parse {rest}') == expected


# --- parsejson -----------------------------------------------------------------------------------------------------


def test_parsejson_replaces_the_row(rows: Rows) -> None:
    assert rows(f"{DATED} parsejson", line='{"a": 1, "b": {"c": [1, "x"]}, "d": null, "e": 1.5}') == [
        {"a": 1, "b": {"c": [1, "x"]}, "e": 1.5}
    ]


def test_parsejson_over_the_row(rows: Rows, plain_engine: Engine) -> None:
    assert rows(f"{LINE} parsejson overlay=t | fields - line", line='{"a": 1, "z": "new"}') == [{"a": 1, "z": "new"}]
    assert rows(f"{LINE} parsejson overlay=t | fields - line", line='{"z": null}') == [{}]
    query = """json "[{t: '{z: 1}'}, {t: '{\\"z\\": 2}', z: 5}, {z: 6}]" | parsejson field=t overlay=t | fields z"""
    assert plain_engine.run(query).isna().to_dict("records")[0] == {"z": True}


def test_parsejson_types_are_those_of_json(rows: Rows) -> None:
    query = f"{LINE} parsejson | eval a = typeof(a), b = typeof(b), c = typeof(c), d = typeof(d), e = typeof(e)"
    line = '{"a": 1, "b": 3000000000, "c": 1.0, "d": true, "e": "x"}'
    assert rows(query, line=line) == [{"a": "int", "b": "long", "c": "double", "d": "bool", "e": "string"}]


@pytest.mark.parametrize("line", ["not json", "", "12", '"text"', "null", "{'a': 1}", '{"a": 1', "[" * 5000])
def test_parsejson_leaves_what_it_cannot_read(rows: Rows, line: str) -> None:
    assert rows(f"{LINE} parsejson", line=line) == [{"z": 1, "line": line}]


def test_parsejson_of_an_array_takes_the_place_of_its_text(rows: Rows) -> None:
    assert rows(f"{LINE} parsejson", line="[1, 2]") == [{"line": [1, 2]}]
    assert rows(f"{LINE} parsejson flatten=t", line='[1, {"a": 2}]') == [{"line_0": 1, "line_1_a": 2}]


def test_parsejson_keeps_order_and_other_rows(rows: Rows) -> None:
    a, b = """{line: '{\\"a\\": 3}'}""", """{line: '{\\"b\\": 4}'}"""
    source = f"""json "[{a}, {{line: 'x', z: 1}}, {a}, {{z: 2}}, {b}]" """
    assert rows(f"{source} | parsejson") == [{"a": 3}, {"line": "x", "z": 1}, {"a": 3}, {"z": 2}, {"b": 4}]


def test_parsejson_flatten(rows: Rows) -> None:
    line = '{"a": {"b": {"c": 1}, "d": [true, {"e": "x"}]}, "f": 2, "g": {}}'
    assert rows(f"{LINE} parsejson flatten=t", line=line) == [{"a_b_c": 1, "a_d_0": True, "a_d_1_e": "x", "f": 2}]


def test_parsejson_cutoff(rows: Rows) -> None:
    line = '{"a": 1, "b": "long text", "c": 3}'
    assert rows(f"{LINE} parsejson cutoff=20", line=line) == [{"a": 1}]
    assert rows(f"{LINE} parsejson cutoff=20 lenient=t", line=line) == [{"a": 1, "b": "long "}]
    assert rows(f"{LINE} parsejson cutoff=100", line=line) == [{"a": 1, "b": "long text", "c": 3}]
    assert rows(f"{LINE} parsejson cutoff=3", line="xxxxx") == [{"z": 1, "line": "xxxxx"}]


def test_parsejson_flatten_has_a_cutoff_of_its_own(rows: Rows) -> None:
    line = json.dumps({"a": 1, "b": "x" * 6000, "c": 2})
    assert rows(f"{LINE} parsejson flatten=t", line=line) == [{"a": 1}]
    assert rows(f"{LINE} parsejson flatten=t lenient=t | eval b = len(b)", line=line)[0]["b"] < 5000
    assert rows(f"{LINE} parsejson flatten=t cutoff=0 | fields c", line=line) == [{"c": 2}]


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ('{"a": 1, "b', {"a": 1}, {"a": 1}),
        ('{"a": 1, "b":', {"a": 1}, {"a": 1}),
        ('{"a": 12', {}, {"a": 12}),
        ('{"a": [1, {"b": "x', {"a": [1, {}]}, {"a": [1, {"b": "x"}]}),
        ('{"a": "x\\u00e', {}, {"a": "x"}),
        ('{"a": "x\\', {}, {"a": "x"}),
        ('{"a": tru', {}, {}),
        ('{"a": 1,', {"a": 1}, {"a": 1}),
        ("[1, 2, 3", [1, 2], [1, 2, 3]),
    ],
)
def test_what_is_left_of_a_cut_text(text: str, strict: object, lenient: object) -> None:
    assert (read_cut(text, False), read_cut(text, True)) == (strict, lenient)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4), st.data())
def test_any_cut_object_can_be_read_and_holds_nothing_new(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text)))
    found = read_cut(text[:cut], False)
    assert found.keys() <= value.keys()
    assert read_cut(text, True) == value


# --- parsekv -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "line", "expected"),
    [
        ("", "a=1 b=x=y flag  c= ", {"a": "1", "b": "x=y", "c": ""}),
        ("", "a=1 a=2", {"a": "2"}),
        ("", "=1 b=2", {"b": "2"}),
        ('pairdelim="; " kvdelim=": "', "a: 1; b: 2 3", {"a": "1", "b": "2 3"}),
        ('pairdelim="\\t"', "a=1\tb=2", {"a": "1", "b": "2"}),
        ("", "", {}),
    ],
)
def test_parsekv(rows: Rows, options: str, line: str, expected: dict[str, str]) -> None:
    assert rows(f"{LINE} parsekv {options}", line=line) == [expected]


def test_parsekv_carries_time_and_drops_rows_without_text(rows: Rows) -> None:
    (found,) = rows(f"{DATED} parsekv", line="a=1")
    assert found.keys() == {"a", "_id", "_time"}
    assert rows("json \"[{z: 1}, {line: 'a=1'}]\" | parsekv") == [{"a": "1"}]
    assert rows("json \"[{z: 1}, {line: 'a=1'}]\" | parsekv overlay=t") == [{"z": 1}, {"a": "1", "line": "a=1"}]
    assert rows('json "[{z: 1}]" | parsekv') == []


def test_parsekv_null_value_overwrites(rows: Rows) -> None:
    assert rows(f"{LINE} parsekv overlay=t | fields z", line="z") == [{}]
    assert rows(f"{LINE} parsekv overlay=t | fields z", line="y") == [{"z": 1}]


# --- parsecsv ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "line", "expected"),
    [
        ("", "a,b", {"column0": "a", "column1": "b"}),
        ("x", "a,b", {"x": "a", "column1": "b"}),
        ("x, y, w", "a,b", {"x": "a", "y": "b"}),
        ("x, y", 'a b , "c, ""d""" ', {"x": "a b ", "y": 'c, "d"'}),
        ("x, y", r'"say \"hi\"","C:\dir"', {"x": 'say "hi"', "y": r"C:\dir"}),
        ("strict=t x, y", r'"C:\","d"', {"x": "C:\\", "y": "d"}),
        ("strict=t x, y", r'"a",  "b"', {"x": "a", "y": '  "b"'}),
        ("tab=t x, y", "a,b\tc", {"x": "a,b", "y": "c"}),
        ("x, y", '5" disk,6', {"x": '5" disk', "y": "6"}),
        ("x, y", '"open,b', {"x": '"open', "y": "b"}),
        ("x, y", ",", {"x": "", "y": ""}),
    ],
)
def test_parsecsv(rows: Rows, rest: str, line: str, expected: dict[str, str]) -> None:
    assert rows(f"{LINE} parsecsv {rest}", line=line) == [expected]


def test_parsecsv_leaves_rows_without_text(rows: Rows, plain_engine: Engine) -> None:
    query = "json \"[{z: 1}, {line: 'b,a', z: 2}]\" | parsecsv y, x"
    assert rows(query) == [{"z": 1}, {"y": "b", "x": "a"}]
    assert list(plain_engine.run(query).columns) == ["y", "x", "line", "z"]


def test_parsecsv_needs_a_name_behind_the_comma(code: Code) -> None:
    assert code('json "{line: 1}" | parsecsv a,') == "90200"


# --- parsemap ------------------------------------------------------------------------------------------------------


def test_parsemap(rows: Rows) -> None:
    source = 'json "[{m: {a: 1, b: [2]}, a: 7, z: 1}, {m: 5, a: 8}, {z: 3}]"'
    assert rows(f"{source} | parsemap field=m") == [{"a": 1, "b": [2]}, {"m": 5, "a": 8}, {"z": 3}]
    assert rows(f"{source} | parsemap field=m overlay=t | fields a, b") == [{"a": 1, "b": [2]}, {"a": 8}, {}]


def test_parsemap_keeps_types(rows: Rows) -> None:
    query = 'json "{}" | eval m = dict("i", ip("10.0.0.1"), "n", 1) | parsemap field=m | eval i = typeof(i)'
    assert rows(query) == [{"i": "ipv4", "n": 1}]


def test_parsemap_of_an_address_is_none(rows: Rows) -> None:
    found = rows('json "[{a: 1}, {a: 2}]" | eval m = if(a == 1, ip("10.0.0.1"), "x") | parsemap field=m')
    assert [row["m"] for row in found] == ["10.0.0.1", "x"]


@pytest.mark.parametrize("rest", ["", "overlay=t", "field= overlay=t", 'field=""'])
def test_parsemap_needs_a_field(code: Code, rest: str) -> None:
    assert code(f'json "{{m: 1}}" | parsemap {rest}') == "22100"


# --- parsexml ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<e><a>1</a><b> x </b></e>", {"a": "1", "b": " x "}),
        ('<e v="1" xmlns="urn:x"><a k="2">t</a></e>', {"v": "1", "a": {"k": "2", "_text": "t"}}),
        ('<e><b k="3"/></e>', {"b": {"k": "3"}}),
        ("<e><a><b>1</b></a></e>", {"a": {"b": "1"}}),
        ("<e>\n  <a>1</a>\n  <a>2</a>\n</e>", {"a": ["1", "2"]}),
        ("<e><n:a>&lt;&#x41;<![CDATA[<b>]]></n:a></e>", {"n:a": "<A<b>"}),
        ("<?xml version='1.0' encoding='euc-kr'?><e><a>한</a></e>", {"a": "한"}),
        ("<e><a/></e>", {"a": None}),
        ("<e>text</e>", None),
        ("<e><a>", None),
        ("no xml", None),
        ("", None),
        ('<!DOCTYPE e [<!ENTITY x "y">]><e><a>&x;</a></e>', None),
        ('<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><e><a>&x;</a></e>', None),
        ("<e>" * 200 + "</e>" * 200, None),
    ],
)  # fmt: skip
def test_read_xml(text: str, expected: object) -> None:
    assert read_xml(text) == expected


def test_parsexml(rows: Rows) -> None:
    assert rows(f"{LINE} parsexml", line="<e><a>1</a></e>") == [{"a": "1"}]
    assert rows(f"{LINE} parsexml overlay=t | fields z, a", line="<e><a>1</a></e>") == [{"z": 1, "a": "1"}]
    assert rows(f"{LINE} parsexml", line="x") == [{"z": 1, "line": "x"}]


# --- tojson, serial, bounds ----------------------------------------------------------------------------------------


def test_tojson(rows: Rows) -> None:
    (found,) = rows("json \"{a: 1, b: 'x', c: null, d: [1, {e: true}], f: 1.5}\" | tojson | fields _json")
    assert json.loads(found["_json"]) == {"a": 1, "b": "x", "d": [1, {"e": True}], "f": 1.5}
    (found,) = rows('json "{a: 1, b: 2}" | tojson output=t b, nope | fields t')
    assert json.loads(found["t"]) == {"b": 2, "nope": None}


def test_tojson_writes_dates_and_addresses_as_text(rows: Rows) -> None:
    made = 'eval t = date("2024", "yyyy"), i = ip("10.0.0.1"), l = array(t, i, 5), m = dict("t", t)'
    (found,) = rows(f'json "{{}}" | {made} | tojson t, i, l, m | fields _json')
    day = "2024-01-01 00:00:00+0900"
    assert json.loads(found["_json"]) == {"t": day, "i": "10.0.0.1", "l": [day, "10.0.0.1", 5], "m": {"t": day}}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "it's", "한글"])
def test_tojson_then_parsejson_gives_the_row_back(rows: Rows, name: str) -> None:
    query = 'json "{}" | eval x = $("name"), n = 1 | tojson | parsejson field=_json | fields x, n'
    assert rows(query, name=name) == [{"x": name, "n": 1}]


def test_serial_passes_rows_in_order(rows: Rows) -> None:
    query = (
        'json "[{n: 1}, {n: 2}, {n: 3}]" | set p = 2 | serial [ search n >= $("p") | set q = 10 | eval m = n * $("q") ]'
    )
    assert rows(query) == [{"n": 2, "m": 20}, {"n": 3, "m": 30}]


def test_parameters_of_serial_stay_inside(rows: Rows) -> None:
    assert rows('json "{}" | serial [ set q = 1 | eval a = $("q") ] | eval b = $("q")') == [{"a": 1}]


@pytest.mark.parametrize(
    "inside", ["stats count", "sort n", 'eval y = $("x") | evalc x = n', 'json "{}"', "timechart count"]
)
def test_serial_refuses_what_needs_all_rows(code: Code, inside: str) -> None:
    assert code(f'json "{{n: 1}}" | serial [ {inside} ]') == "90200"


def test_serial_shows_a_parameter_at_each_row(rows: Rows) -> None:
    source = "json \"[{'n': 1, 's': 'a'}, {'n': 3}, {'n': 2}]\""
    last = rows(f'{source} | serial [ evalc p = n | fields s | eval q = $("p") ]')
    assert last == [{"s": "a", "q": 1}, {"q": 3}, {"q": 2}]
    total = 'serial [ search n < 3 | evalc t = $("t", 0) + n | eval t = $("t") ] | eval after = $("t")'
    assert rows(f"{source} | set t = 10 | {total}") == [
        {"n": 1, "s": "a", "t": 11, "after": 10},
        {"n": 2, "t": 13, "after": 10},
    ]
    two = 'serial [ evalc a = n | evalc b = $("a") + $("b", 0) | eval v = $("b") | fields v ]'
    assert rows(f"{source} | {two}") == [{"v": 1}, {"v": 4}, {"v": 6}]


def test_too_many_texts_or_fields(monkeypatch: pytest.MonkeyPatch, plain_engine: Engine) -> None:
    monkeypatch.setattr(parsing, "MOST_TEXTS", 2)
    query = "json \"[{line: 'a=1'}, {line: 'b=1'}, {line: 'c=1'}]\" | parsekv"
    with pytest.raises(QueryError, match="more than 2 different texts"):
        plain_engine.run(query)
    monkeypatch.setattr(parsing, "MOST_TEXTS", 3)
    monkeypatch.setattr(parsing, "MOST_FIELDS", 2)
    with pytest.raises(QueryError, match="more than 2 different fields"):
        plain_engine.run(query)


def test_only_fields_that_are_used_are_read_again(plain_engine: Engine) -> None:
    plan = plain_engine.explain("json \"[{line: 'a=1', big: 'x'}]\" | parsekv overlay=t | stats count by a")
    assert plan.columns.keys() == {"a", "count"}


def test_rows_that_are_different_each_time_are_read_once(rows: Rows) -> None:
    made = 'json "{}" | repeat count=500 | eval n = rand(1000000), line = concat("m=", n)'
    assert rows(f"{made} | parsekv overlay=t | search n == int(m) | stats count") == [{"count": 500}]
    assert rows(f"{made} | limit 7 | parsekv | stats count, count(m) as m") == [{"count": 7, "m": 7}]


def test_other_types_are_read_by_their_text_form_after_a_limit(rows: Rows) -> None:
    assert rows('json "[{n: 12}, {n: 13}]" | limit 1 | parsecsv field=n a') == [{"a": "12"}]
