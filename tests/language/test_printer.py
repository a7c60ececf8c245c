"""Commands to text and back: what a page changes and prints is what a user would have written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands.eval import Assignment, Eval
from engine.commands.search import Search
from engine.language.grammar import is_bare_name, parse
from engine.language.nodes import Binary, Call, Expr, FieldRef, Items, Literal, Negate, Query
from engine.language.printer import print_query
from tests.panels import PANELS

CASES = Path(__file__).parents[1] / "cases"

names = st.text("abcXYZ_1.:한글", min_size=1, max_size=6).filter(is_bare_name)
literals = st.one_of(
    st.text(max_size=8).filter(lambda text: not set("\r\n\t") & set(text) and "\u2028" not in text),
    st.sampled_from(["a\tb", "a\nb", "a\rb", 'say "hi"', "c:\\d", "*", "한글", "'", "|", "[", "#"]),
    st.integers(0, 2**63 - 1),
    st.floats(0, allow_nan=False),
    st.booleans(),
    st.none(),
).map(Literal)
functions = st.sampled_from(["if", "concat", "lower", "$", "valueof"])
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "and", "or"])


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.one_of(
        st.builds(Binary, operators, inner, inner),
        st.builds(Negate, inner),
        st.builds(Call, functions, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Items, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    )


expressions = st.recursive(st.one_of(literals, names.map(FieldRef)), larger, max_leaves=12)


@given(expressions)
@settings(max_examples=400, deadline=None)
def test_any_expression_survives_print_and_parse(expr: Expr) -> None:
    query = Query((Search(condition=expr), Eval(assignments=(Assignment(("a", "b"), expr),))))
    assert parse(print_query(query)) == query


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_query_survives(panel: str) -> None:
    query = parse(PANELS[panel])
    assert parse(print_query(query)) == query


def test_every_case_that_parses_survives() -> None:
    survived = 0
    for line in (CASES / "commands.jsonl").read_text("utf-8").splitlines():
        text = json.loads(line)["query"]
        try:
            query = parse(text)
        except Exception:
            continue
        assert parse(print_query(query)) == query
        survived += 1
    assert survived > 50
