"""Whatever is typed: an answer, or an error of ours that says where. What can be read prints as what reads the same."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Engine
from engine.language.errors import QueryError, TrailboardError
from engine.language.grammar import parse
from engine.language.printer import print_query
from tests.interpreter.queries import Text, command, condition, expression, queries, source, texts
from tests.test_error_codes import MISTAKES

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
_names = st.sampled_from(["a", "n", "한글", "a.b", "_time", "line", "k:v"])
_some_names = st.lists(_names, min_size=1, max_size=3).map(", ".join)
_quoted = texts.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"')
_words = st.sampled_from(["t", "f", "true", "5", "0", "utf-8", "1d", '"a b"', '$("p")', '$("p", 3)', "20240101", "asc"])


def _written(*parts: Text | str) -> Text:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def _options(*names: str) -> Text:
    one = st.tuples(st.sampled_from(names), _words).map(lambda found: f"{found[0]}={found[1]} ")
    return st.lists(one, max_size=2).map("".join)


#: Commands that the interpreter does not know: they only have to be read, printed, and not fall over.
_others = st.one_of(
    _written("rex field=", _names, ' "', st.sampled_from(["(?<a>\\\\d+)", "(?<n>.)(?<n>.)", "x", "(", "[a\\\\"]), '"'),
    _written("parse ", _options("overlay", "field"), '"a*b" as ', _names, ', "=*" as n'),
    _written("parsejson ", _options("overlay", "flatten", "cutoff", "lenient", "field")),
    _written("parsekv ", _options("overlay", "pairdelim", "kvdelim")),
    _written("parsecsv ", _options("overlay", "strict", "tab"), st.one_of(st.just(""), _some_names)),
    _written("parsemap field=", _names, st.sampled_from(["", " overlay=t"])),
    _written("parsexml ", _options("overlay")),
    _written("tojson ", _options("output"), st.one_of(st.just(""), _some_names)),
    _written("lookup geoip ", _names, " output country as ", _names, ", asn"),
    _written("outputcsv ", _options("append", "tab", "bom"), "/a/b.csv ", _some_names),
    _written("outputjson ", _options("partition"), '"/x {now:yyyy}.json"'),
    _written("setq [ json ", _quoted, " ]"),
    _written("signature"), _written("order ", _some_names), _written("search ", condition, " or a == ", _quoted),
    _written("rename ", _names, " as ", _names), _written("evalc q = ", expression),
)  # fmt: skip
_sources = st.one_of(
    _written("table ", _options("duration", "limit", "offset", "from", "eachtable"), "a?, `b-c`, web*"),
    _written("fulltext ", _options("duration", "tt"), _quoted, " and not (n >= -5 or range(1, 2)) from t*"),
    _written("csvfile ", _options("limit", "tab"), "/a/*.csv"), _written("textfile ", _options("brex", "dp"), _quoted),
    _written("zipfile /a.zip *.log"), _written("lookuptable geoip ", _options("limit"), _some_names),
    _written("proc p(1, ", _quoted, ")"), _written("json ", _quoted), st.just('json $("p")'),
    st.just(source([{"a": 1}])),
)  # fmt: skip
written = st.tuples(_sources, st.lists(st.one_of(_others, command), max_size=3)).map(
    lambda found: " | ".join([found[0], *found[1]])
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    return Engine(timezone="Asia/Seoul", file_folder=folder, output_folder=None)


@given(st.one_of(queries(), written))
@settings(max_examples=200, suppress_health_check=SLOW)
def test_what_is_read_prints_as_what_reads_the_same(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert parse(print_query(query)) == query


@given(written)
@settings(max_examples=60, suppress_health_check=SLOW)
def test_a_query_gives_rows_or_an_error_of_ours(engine: Engine, text: str) -> None:
    gives_rows_or_says_why(engine, text)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A query with a piece left out, put in or repeated."""
    text = draw(st.one_of(queries(), written, st.sampled_from([item[1] for item in MISTAKES])))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 8)))
    scraps = st.sampled_from(
        [
            "|",
            "[",
            "]",
            "(",
            ")",
            '"',
            "\\",
            ",",
            "=",
            "==",
            "- ",
            "by",
            "as",
            " ",
            "#",
            "$",
            "*",
            "\u2028",
            "a",
            "5",
            "`",
        ]
    )
    return text[:start] + draw(st.one_of(scraps, st.just(text[start:end] * 2), st.just(""))) + text[end:]


@given(damaged())
@settings(max_examples=80, suppress_health_check=SLOW)
def test_damaged_queries_give_rows_or_an_error_of_ours(engine: Engine, text: str) -> None:
    gives_rows_or_says_why(engine, text)


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except QueryError as problem:
        shown = str(problem)
    else:
        shown = "read"
    assert shown


def gives_rows_or_says_why(engine: Engine, text: str) -> None:
    """An answer, or an error with a message; ours know their place, and never that DuckDB could not read its SQL."""
    try:
        found: object = engine.run(text, {"p": "7"})
    except TrailboardError as problem:
        found = problem
    if isinstance(found, TrailboardError):
        internal = ("Parser Error", "Binder Error", "Catalog Error", "INTERNAL")
        assert not any(word in str(found) for word in internal), f"{text}: {found}"
        assert not isinstance(found, QueryError) or found.span is not None
    else:
        assert isinstance(found, pd.DataFrame)
