"""`rex`."""

from __future__ import annotations

import pytest

from engine import Engine
from tests.commands.conftest import Code, Rows

LINE = 'json "{}" | eval line = $("line") |'


def test_first_match_anywhere(rows: Rows) -> None:
    assert rows(rf'{LINE} rex field=line "(?<n>\d+)"', line="a 12 b 34") == [{"line": "a 12 b 34", "n": "12"}]


def test_unnamed_groups_do_not_capture(rows: Rows) -> None:
    query = rf'{LINE} rex field=line "(GET|POST) (?<path>(/\w+)+)" | fields path'
    assert rows(query, line="POST /a/b") == [{"path": "/a/b"}]


def test_nested_named_groups(rows: Rows) -> None:
    assert rows(rf'{LINE} rex field=line "(?<all>(?<a>\w)-(?<b>\w))" | fields all, a, b', line="x-y") == [
        {"all": "x-y", "a": "x", "b": "y"}
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x=1", {"x": "1", "y": 7}),  # `y` took no part and is left alone
        ("x=1 y=", {"x": "1", "y": ""}),  # took part with nothing in it
        ("x=1 y=2", {"x": "1", "y": "2"}),
        ("none", {"y": 7}),
    ],
)
def test_a_group_that_took_no_part_leaves_its_field(rows: Rows, line: str, expected: dict[str, object]) -> None:
    query = r'json "{y: 7}" | eval line = $("line") | rex field=line "x=(?<x>\d+)( y=(?<y>\d*))?" | fields x, y'
    assert rows(query, line=line) == [expected]


def test_of_two_groups_with_one_name_the_one_that_took_part_counts(rows: Rows) -> None:
    query = r"""json "[{l: 'a1'}, {l: 'b2'}, {l: 'c3'}]" | rex field=l "a(?<v>\d)|b(?<v>\d)" | fields v"""
    assert rows(query) == [{"v": "1"}, {"v": "2"}, {}]


def test_names_may_have_underscores_and_other_letters(rows: Rows) -> None:
    found = rows(rf'{LINE} rex field=line "(?<_src_ip>\d+)(?<단위>\w)" | fields _src_ip, 단위', line="15b")
    assert found == [{"_src_ip": "15", "단위": "b"}]


def test_a_field_may_be_written_over_itself(rows: Rows) -> None:
    assert rows(rf'{LINE} rex field=line "(?<line>b+)"', line="abbc") == [{"line": "bb"}]


def test_text_form_of_other_types_and_null(rows: Rows) -> None:
    query = r'json "[{n: 123}, {n: true}, {m: 1}]" | rex field=n "^(?<first>.)" | fields first'
    assert rows(query) == [{"first": "1"}, {"first": "t"}, {}]


def test_escapes_belong_to_the_expression_and_only_quotes_are_undone(rows: Rows) -> None:
    assert rows(rf'{LINE} rex field=line "\"(?<q>[^\"]+)\"\\(?<b>\[)" | fields q, b', line='say "hi"\\[') == [
        {"q": "hi", "b": "["}
    ]
    assert rows(rf'{LINE} rex field=line "(?<k>[\uAC00-\uD7A3]+)" | fields k', line="a한글b") == [{"k": "한글"}]
    assert rows(rf'{LINE} rex field=line "(?<p>[(]+)\(x" | fields p', line="((x((x") == [{"p": "("}]
    assert rows(rf'{LINE} rex field=line "(?i)(?<a>ABC)" | fields a', line="abc") == [{"a": "abc"}]


def test_columns_begin_with_the_groups(plain_engine: Engine) -> None:
    query = 'json "{line: \'ab\', a: 1}" | rex field=line "(?<y>a)(?<x>b)"'
    assert list(plain_engine.run(query).columns) == ["y", "x", "a", "line"]


def test_many_rows(rows: Rows) -> None:
    query = (
        r'json "{}" | repeat count=5000 | prev x | eval line = concat("n=", rand(9)) | rex field=line "n=(?<n>\d)"'
        " | stats count, count(n) as found"
    )
    assert rows(query) == [{"count": 5000, "found": 5000}]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('"(?<a>.)"', "20900"),
        ('field= "(?<a>.)"', "20900"),
        ('field="" "(?<a>.)"', "20900"),
        ("field=line", "20901"),
        ("field=line (?<a>.)", "20901"),
        ('field=line "(?<a>(.)"', "90200"),
        ('field=line "(?=b)(?<a>.)"', "90200"),
        ('field=line "(?<!b)(?<a>.)"', "90200"),
        (r'field=line "(?<a>.)\1"', "90200"),
        ('field=line "(?<a>[a-z&&[^b]])"', "90200"),
        ('field=line "(?<a>.*+)"', "90200"),
    ],
)
def test_errors(code: Code, rest: str, expected: str) -> None:
    assert code(f'json "{{line: 1}}" | rex {rest}') == expected
