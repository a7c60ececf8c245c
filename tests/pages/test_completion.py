"""What the editor completes, the mistakes it marks, and the cells of the result's table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from engine import Engine
from engine.catalog import ANY, DATE, LONG, STRING, Catalog, Field, Scan, Table, map_of
from engine.functions.function import aggregates, functions
from engine.language.errors import Span
from engine.language.nodes import commands
from engine.lookups import geoip
from pages.parts.completion import vocabulary
from pages.parts.desk import Job, first_rows
from pages.parts.editor import browser_offset
from pages.parts.fieldvalues import field_values
from pages.parts.problems import Fix, Problem, fix, problems, without_rows
from pages.parts.resulttable import LONGEST_CELL, MOST_CELLS, reading_order, row_value, shown_names, shown_table


def never(start: datetime | None, end: datetime | None) -> Scan:
    raise AssertionError("a check must not read")


FIELDS = (
    Field("_time", DATE, "When it happened."),
    Field("eventName", STRING, "The API action. And more."),
    Field("userIdentity", map_of({"arn": STRING}), "Who."),
    Field("_object", STRING, "The file.", hidden=True),
)
CATALOG = Catalog((Table("cloudtrail", FIELDS, "API calls.", never),), "1")


@pytest.fixture(scope="module")
def checker() -> Engine:
    return Engine(tables=without_rows(CATALOG))


@pytest.fixture(scope="module")
def words() -> dict:
    return vocabulary(commands(), functions(), aggregates(), CATALOG, {"geoip": geoip(None).columns})


# vocabulary -----------------------------------------------------------------------------------------------------------


def test_everything_of_the_language_is_offered(words: dict) -> None:
    names = {kind: {item["name"] for item in words[kind]} for kind in ("commands", "functions", "aggregates", "tables")}
    assert names["commands"] == set(commands())
    assert {"count", "sum", "avg"} <= names["aggregates"]
    assert {"if", "isnull"} <= names["functions"]
    assert names["tables"] == {"cloudtrail", "cloudtrail*"}


def test_fields_offer_their_real_values(small_lake: Path) -> None:
    known = dict(field_values(Engine(small_lake)))
    assert ('"RunInstances"', 4) in known["eventName"]
    assert known["readOnly"][0][0] in ("true", "false")
    assert "_id" not in known
    made = vocabulary(commands(), functions(), aggregates(), CATALOG, {}, tuple(known.items()))
    field = next(item for item in made["fields"] if item["name"] == "eventName")
    assert {"text": '"RunInstances"', "count": "4"} in field["values"]


def test_commands_tell_their_options_and_place(words: dict) -> None:
    table = next(item for item in words["commands"] if item["name"] == "table")
    assert {option["name"] for option in table["options"]} >= {"duration", "from", "to"}
    assert (table["begins"], table["follows"]) == (True, False)
    assert "table duration=1d" in table["help"]
    stats = next(item for item in words["commands"] if item["name"] == "stats")
    assert (stats["begins"], stats["follows"]) == (False, True)


def test_aggregates_without_arguments_are_written_bare(words: dict) -> None:
    bare = {item["name"]: item["bare"] for item in words["aggregates"]}
    assert bare["count"]
    assert not bare["sum"]


def test_hidden_fields_are_not_offered(words: dict) -> None:
    assert [field["name"] for field in words["fields"]] == ["eventName", "userIdentity", "_table", "_time"]
    assert words["fields"][0] == {"name": "eventName", "type": "string", "help": "The API action."}


def test_lookups_offer_their_columns(words: dict) -> None:
    assert {"name": "country", "type": "string"} in words["lookups"][0]["outputs"]


def test_the_vocabulary_is_json_of_a_reasonable_size(words: dict) -> None:
    assert len(json.dumps(words)) < 100_000  # it goes to the browser again whenever a mistake appears


# mistakes -------------------------------------------------------------------------------------------------------------


def test_a_right_query_has_no_problem(checker: Engine) -> None:
    assert problems("table duration=1d cloudtrail* | stats count by eventName", checker) == ()
    assert problems("  ", checker) == ()


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("table cloudtrail | serch eventName == 1", "table cloudtrail | search eventName == 1"),
        ("table clouttrail", "table cloudtrail"),
        ("table cloudtrail | stats cuont", "table cloudtrail | stats count"),
        ("table duraton=1d cloudtrail", "table duration=1d cloudtrail"),
        ("table cloudtrail | search evntName == 1", "table cloudtrail | search eventName == 1"),
        ("table cloudtrail | stats count by evntName", "table cloudtrail | stats count by eventName"),
    ],
)
def test_a_quick_fix_mends_the_query(text: str, mended: str, checker: Engine) -> None:
    (problem,) = problems(text, checker)
    assert problem.fix is not None
    assert problem.fix.on(text) == mended
    assert problems(mended, checker) == ()


@pytest.mark.parametrize(
    ("wrong", "right"), [("cloudtral*", "cloudtrail*"), ("cloudtrial", "cloudtrail"), ("Cloudtrail*", "cloudtrail*")]
)
def test_a_table_that_fits_nothing_is_all_that_is_told(wrong: str, right: str, checker: Engine) -> None:
    text = f"table duration=1d {wrong} | stats count by eventName, anything"
    (problem,) = problems(text, checker)
    assert problem.fix is not None
    assert problem.fix.on(text) == text.replace(wrong, right)


def test_a_warning_marks_the_word(checker: Engine) -> None:
    text = "table cloudtrail | stats count by evntName"
    (problem,) = problems(text, checker)
    assert problem.severity == "warning"
    assert text[problem.span.start : problem.span.end] == "evntName"


def test_errors_have_a_place(checker: Engine) -> None:
    text = 'table cloudtrail | search eventName == "x'
    (problem,) = problems(text, checker)
    assert (problem.severity, problem.span.start) == ("error", text.index('"'))


def test_no_fix_where_the_word_is_not_clear() -> None:
    assert fix("a a", Span(0, 3), "unknown field `a` is null", "did you mean `b`?") is None
    assert fix("a", Span(0, 1), "unknown `a`", "tables: b, c") is None
    assert fix("a", None, "unknown `a`", "did you mean `b`?") is None


def test_columns_that_depend_on_values_do_not_run(checker: Engine) -> None:
    assert problems("table cloudtrail | timechart span=1h count by eventName", checker) == ()


def test_offsets_are_counted_as_the_browser_does() -> None:
    text = "🐰 달 | serch"
    assert browser_offset(text, text.index("serch")) == len("🐰 달 | ") + 1


def test_a_fix_keeps_the_rest() -> None:
    assert Problem(Span(0, 1), "error", "m").fix is None
    assert Fix(Span(2, 3), "x").on("a b c") == "a x c"


# the query that is sent, the table that is shown ----------------------------------------------------------------------


def test_the_limit_of_the_page_is_not_part_of_the_query() -> None:
    made = Job('json "[{a: 1}, {a: 2}]"', {}).work(Engine())
    assert (made.result.rows, made.capped) == (2, False)
    assert "limit" not in made.text
    assert "limit 5" in Engine().execute(first_rows(made.query, 5)).query


def test_cells_only_show() -> None:
    frame = pd.DataFrame(
        {
            "agent": ["<b>x</b>\x1b[2J", "y" * 5000],
            "parameters": [{"password": "hunter2", "n": [1]}, None],
            "big": [2**60, 1],
            "at": pd.to_datetime(["2026-11-24", None], utc=True),
        }
    )
    table = shown_table(frame, {"agent": STRING, "parameters": ANY, "big": LONG, "at": DATE})
    assert table["agent"].tolist() == ["<b>x</b>␛[2J", "y" * LONGEST_CELL + "…"]
    assert table["parameters"].iloc[0] == '{"password": "•••", "n": [1]}'
    assert table["parameters"].isna().tolist() == [False, True]
    assert table["big"].tolist() == [str(2**60), "1"]
    assert table["at"].iloc[0] == datetime(2026, 11, 24, tzinfo=UTC)


def test_wide_results_show_fewer_rows() -> None:
    frame = pd.DataFrame({f"c{number}": range(5000) for number in range(100)})
    table = shown_table(frame, dict.fromkeys(frame.columns, LONG))
    assert table.size <= MOST_CELLS


def test_names_of_columns_stay_apart() -> None:
    assert len(set(shown_names(["a\x00", "a␀", "open row"]).values())) == 3


def test_log_rows_are_read_time_first() -> None:
    names = ["_table", "_time", "_id", "annotation", "eventName", "zebra"]
    assert reading_order(names, CATALOG) == ["_time", "eventName", "annotation", "zebra", "_table", "_id"]
    assert reading_order(["zebra", "eventName"], CATALOG) == ["zebra", "eventName"]


def test_a_row_is_plain_data() -> None:
    row = pd.Series({"n": 2**60, "none": None, "map": {"secret": "x", "list": ["a\u202e"]}, "f": 1.5}, dtype=object)
    assert row_value(row) == {"n": str(2**60), "map": {"secret": "•••", "list": ["a\\u202e"]}, "f": 1.5}
