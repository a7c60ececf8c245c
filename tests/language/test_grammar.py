"""Text to commands: literals, precedence, places, and every error with its code, place and way out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.errors import QueryError
from engine.language.grammar import parse, parse_expression
from engine.language.nodes import FieldRef, Literal
from engine.language.printer import canonical, print_query


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("3+4*2/(1-5)", "(3 + ((4 * 2) / (1 - 5)))"),
        ("--2", "--2"),
        ("3--5", "(3 - -5)"),
        ("1 < 2 == true", "((1 < 2) == true)"),
        ("a or b and c", "(a or (b and c))"),
        ("a - b - c", "((a - b) - c)"),
        ("-abs(1-9)*2", "(-abs((1 - 9)) * 2)"),
        ("if (a, 1, 2)", "if(a, 1, 2)"),
        ("1 – 43", "(1 - 43)"),
        ("a ≥ 2", "(a >= 2)"),
        ("not(x == “y”)", 'not((x == "y"))'),
        ("a.b:c@d", "a.b:c@d"),
        ("타입", "타입"),
        ("android and orbit", "(android and orbit)"),
        ("1, 2, (3, 4)", "(1, 2, (3, 4))"),
        (".5 + 1e3 + 5f", "((0.5 + 1000.0) + 5.0)"),
    ],
)
def test_expressions_group_by_precedence(text: str, grouped: str) -> None:
    assert canonical(parse_expression(text)) == grouped


def test_literals_have_the_types_of_the_language() -> None:
    assert parse_expression("1") == Literal(1)
    assert parse_expression("1.0") == Literal(1.0) != Literal(1)
    assert parse_expression("true") == Literal(True) != Literal(1)
    assert parse_expression("null") == Literal(None)
    assert parse_expression("True") == FieldRef("True")
    assert parse_expression('"a\\"b\\\\c\\n"') == Literal('a"b\\c\n')
    assert parse_expression('"a\nb"') == Literal("a b"), "a raw line break in quotes is a blank"


def test_places_are_those_of_the_text() -> None:
    text = 'json "{}" | eval abc = lower(xyz) + 12'
    assignment = parse(text).commands[1].assignments[0]  # type: ignore[attr-defined]
    spans = [assignment.expr.left.span, assignment.expr.right.span, assignment.span]
    assert [text[span.start : span.end] for span in spans] == ["lower(xyz)", "12", "abc = lower(xyz) + 12"]


ERRORS = [
    ("", "90003", "", None),
    ("   ", "90003", "", None),
    ('json "{}" |  | limit 1', "90003", " |", "remove one `|`"),
    ('json "{}" | ', "90003", None, None),
    ("# only a comment", "90003", "# only a comment", None),
    ("serch a == 1", "92000", "serch", "did you mean `search`?"),
    ("import t", "92000", "import", None),
    ('json "{}" | search a == 1 AND b == 2', "90201", "AND", "write `and`"),
    ('json "{}" | search a = 1', "90001", "a", "equality is written `==`"),
    ('json "{}" | sort limt=10 a', "90001", "limt", "did you mean `limit`?"),
    ('json "{}" | sort limit =10 a', "90000", "limit =", None),
    ('json "{}" | sort limit=0 a', "21602", "limit=0", None),
    ('json "{}" | sort limit=x a', "21602", "limit=x", None),
    ('json "{}" | sort', "21600", None, None),
    ('json "{}" | sort a by b,', "21601", None, None),
    ('json "{}" | limit', "20600", None, None),
    ('json "{}" | limit 1 2 3', "20600", "3", None),
    ('json "{}" | limit x', "20601", "x", None),
    ('json "{}" | fields', "20400", None, None),
    ('json "{}" | rename a', "20802", None, "write `rename old as new`"),
    ('json "{}" | rename a as', "20801", None, None),
    ('json "{}" | rename', "20800", None, None),
    ('json "{}" | eval a', "20100", "a", "write `a = …`"),
    ('json "{}" | eval a=', "90100", None, None),
    ('json "{}" | eval a = 1 +', "90100", "+", None),
    ('json "{}" | eval a = (1', "90202", None, "add a closing `)`"),
    ('json "{}" | eval a = 1)', "90202", ")", None),
    ('json "{}" | eval a = "x', "90203", '"', 'add a closing `"`'),
    ('json "{}" | eval a = "\\d"', "90205", "\\d", "write `\\\\` for a backslash"),
    ('json "{}" | union [ json "{}" ', "90204", None, "add a closing `]`"),
    ('json "{}" ]', "90204", "]", None),
    ("json {a: 1}", "10200", None, None),
    ('json "{}" | stats', "21700", None, None),
    ('json "{}" | stats count by', "21701", None, None),
    ('json "{}" | stats count by a,', "21701", None, None),
    ('json "{}" | timechart', "21800", None, None),
    ('json "{}" | timechart span=5mon count', "90500", "span=5mon", None),
    ('json "{}" | timechart span=2y count', "90501", "span=2y", None),
    ('json "{}" | timechart span=3q count', "90502", "span=3q", None),
    ('json "{}" | boxplot', "20001", None, None),
    ('json "{}" | boxplot x by a,', "20000", None, None),
    ('json "{}" | join type=outer a [ json "{}" ]', "90001", "type=outer", None),
    ('json "{}" | join a', "90204", None, None),
    ('json "{}" | lookup geoip a', "20700", None, None),
    ('json "{}" | lookup geoip a output', "20702", None, None),
    ("set a", "10400", None, "write `set name = value`"),
    ("set = 1", "10401", None, None),
    ("table", "10600", None, None),
    ("table limit=-1 t", "10602", "limit=-1", None),
    ("table offset=-1 t", "10601", "offset=-1", None),
    ("table duration=1x t", "90502", "duration=1x", None),
    ('table duration="1d t', "90002", '"', None),
]


@pytest.mark.parametrize(("text", "code", "marked", "hint"), ERRORS, ids=[error[0] or "empty" for error in ERRORS])
def test_mistakes_have_a_code_a_place_and_a_way_out(text: str, code: str, marked: str | None, hint: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert error.code == code, str(error)
    assert error.span is not None
    if marked is not None:
        assert text[error.span.start : error.span.end] == marked
    if hint is not None:
        assert error.hint == hint
    assert "^" in str(error)


def test_the_caret_stands_under_the_mistake_on_its_own_line() -> None:
    with pytest.raises(QueryError) as caught:
        parse('json "{}"\n| serch a == 1')
    assert str(caught.value).splitlines()[1:] == ["  | serch a == 1", "    ^^^^^ did you mean `search`?"]


@pytest.mark.parametrize(
    "text",
    [
        '# note | json "{}"',
        'json "{}" | # note',
        'json "{}" | # [ search a | limit 1 ] | limit 1',
        'json "{}" | # union [ json "{}" | limit 1 ]',
        'json "{}" | # a " quote and a line\n break | limit 1',
        'json "{}" |',
    ],
)
def test_comments_and_a_final_pipe_are_no_commands(text: str) -> None:
    assert {command.word for command in parse(text)} <= {"json", "limit"}


def test_a_hash_without_a_blank_is_no_comment() -> None:
    with pytest.raises(QueryError) as caught:
        parse('#x | json "{}"')
    assert caught.value.code == "92000"


@given(st.text(max_size=60) | st.text('json "{}|[]()=,+-*/<>!&ab1\\#\n\t ', max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    for candidate in (text, f'json "{{}}" | {text}', f'json "{{}}" | eval a = {text}'):
        problem = _problem(candidate)
        if problem is not None:
            assert problem.span is not None
            assert 0 <= problem.span.start <= len(candidate)
            assert "^" in str(problem)


def _problem(text: str) -> QueryError | None:
    try:
        parse(text)
    except QueryError as error:
        return error
    return None


def test_threads_read_side_by_side_from_the_first_query_on() -> None:
    program = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from engine.language.grammar import parse\n"
        "texts = [f'json \"{{}}\" | eval a = {n} | stats count, sum(a) as s by a | sort -s' for n in range(64)]\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    assert len(list(pool.map(parse, texts))) == 64\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_a_parameter_as_an_option_ends_with_its_parenthesis() -> None:
    query = parse('json $("rows") | sort limit=$("n", 3) -count, +a | limit 1')
    assert print_query(query) == 'json $("rows")\n| sort limit=$("n", 3) -count, a\n| limit 1'
    assert print_query(parse('zipfile $("file") /a/b.log')) == 'zipfile $("file") /a/b.log'
