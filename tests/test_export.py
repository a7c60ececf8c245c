from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.export import to_csv, to_json, to_parquet, to_table
from engine.screen import neutralise, screen_width

FRAME = pd.DataFrame(
    {
        "at": pd.Series([pd.Timestamp("2026-11-05 09:00", tz="Asia/Seoul"), pd.NaT]),
        "user": ["관리자", None],
        "n": pd.array([-1, None], dtype="Int64"),
        "share": [0.5, float("nan")],
        "ok": [True, False],
        "tags": [["a", "b"], None],
        "more": [{"k": 1, "at": datetime(2026, 1, 1, tzinfo=UTC)}, {}],
    }
)

MORE = '{"k": 1, "at": "2026-01-01T00:00:00+00:00"}'


def read_csv(frame: pd.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(frame).decode(), newline="")))


def read_parquet(frame: pd.DataFrame) -> pa.Table:
    return pq.read_table(io.BytesIO(to_parquet(frame)))


# CSV


def test_csv_of_every_kind_of_value() -> None:
    assert read_csv(FRAME) == [
        ["at", "user", "n", "share", "ok", "tags", "more"],
        ["2026-11-05 09:00:00+09:00", "관리자", "-1", "0.5", "true", '["a", "b"]', MORE],
        ["", "", "", "", "false", "", "{}"],
    ]


@pytest.mark.parametrize(
    "attack",
    ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "-", "=1;=2"],
)
def test_a_cell_or_column_name_cannot_be_a_formula(attack: str) -> None:
    header, row = read_csv(pd.DataFrame({attack: [attack]}))
    assert header == row == [f"'{attack}"]


@pytest.mark.parametrize("text", ["-1", "+82.5", "-1e-3", ".5", "a=b", "", "user@host"])
def test_numbers_and_harmless_texts_stay_as_they_are(text: str) -> None:
    assert read_csv(pd.DataFrame({"a": [text]}))[1] == [text]


def test_negative_numbers_of_number_columns_stay() -> None:
    assert to_csv(pd.DataFrame({"a": [-1], "b": [-0.5]})) == b"a,b\n-1,-0.5\n"


def test_csv_for_excel_begins_with_its_mark() -> None:
    assert to_csv(pd.DataFrame({"a": ["관"]}), bom=True) == b"\xef\xbb\xbfa\n\xea\xb4\x80\n"


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_any_text_comes_back_from_csv(texts: list[str]) -> None:
    rows = read_csv(pd.DataFrame({"a": texts}, dtype=object))[1:]
    for text, (cell,) in zip(texts, rows, strict=True):
        assert cell in (text, f"'{text}")


# JSON


def test_json_of_every_kind_of_value() -> None:
    assert json.loads(to_json(FRAME)) == [
        {
            "at": "2026-11-05T09:00:00+09:00",
            "user": "관리자",
            "n": -1,
            "share": 0.5,
            "ok": True,
            "tags": ["a", "b"],
            "more": {"k": 1, "at": "2026-01-01T00:00:00+00:00"},
        },
        {"at": None, "user": None, "n": None, "share": None, "ok": False, "tags": None, "more": {}},
    ]


def test_json_has_a_row_a_line() -> None:
    assert to_json(pd.DataFrame({"a": [1, 2]})) == b'[{"a": 1},\n{"a": 2}]\n'
    assert to_json(pd.DataFrame({"a": []})) == b"[]\n"


def test_json_has_no_infinity() -> None:
    assert json.loads(to_json(pd.DataFrame({"a": [float("inf"), float("nan"), 1.0]}))) == [
        {"a": None},
        {"a": None},
        {"a": 1.0},
    ]


# Parquet


def test_parquet_keeps_types() -> None:
    table = read_parquet(FRAME)
    assert str(table.schema.field("at").type).endswith("tz=Asia/Seoul]")
    assert table.schema.field("n").type == pa.int64()
    assert table.schema.field("tags").type == pa.list_(pa.string())
    assert table.column("user").to_pylist() == ["관리자", None]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([{"a": 1}, [1]], ['{"a": 1}', "[1]"]),
        ([1, "one"], ["1", "one"]),
        ([[{}], None], ["[{}]", None]),
    ],
)
def test_parquet_of_values_without_a_common_type_is_json_text(values: list[Any], texts: list[Any]) -> None:
    assert read_parquet(pd.DataFrame({"a": pd.Series(values, dtype=object)})).column("a").to_pylist() == texts


def test_parquet_of_nothing() -> None:
    assert read_parquet(pd.DataFrame({"a": [None, None]})).schema.field("a").type == pa.string()
    assert read_parquet(pd.DataFrame({"a": []})).num_rows == 0


# Screen


def test_table_aligns_numbers_right_and_leaves_null_blank() -> None:
    frame = pd.DataFrame({"user": ["root", None], "n": [5, 1000]})
    assert to_table(frame).split("\n") == ["user     n", "----  ----", "root     5", "      1000"]


def test_a_narrow_screen_cuts_long_cells() -> None:
    frame = pd.DataFrame({"a": ["x" * 50], "b": ["관리자" * 10]})
    for width in range(20, 80):
        lines = to_table(frame, width).split("\n")
        assert all(screen_width(line) <= width for line in lines)
        assert width < 75 or "관리자" * 4 in lines[2]


def test_more_columns_than_the_screen_holds_are_written_one_field_a_line() -> None:
    frame = pd.DataFrame({f"column{i}": [f"value {i}", None] for i in range(20)})
    lines = to_table(frame, 60).split("\n")
    assert lines[1] == "column0   value 0"
    assert sum(line.startswith("---") for line in lines) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;title\x07b", "a␛]0;title␇b"),
        ("one\ntwo\r\x00\x7f", "one␊two␍␀␡"),
        ("\x9b31m", "\\u009b31m"),
        ("invoice\u202egnp.exe", "invoice\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("a\u200bb", "a\\u200bb"),
        ("\udcff", "\\udcff"),
        ("관리자 👩‍💻", "관리자 👩‍💻"),
    ],
)
def test_nothing_in_a_text_acts_on_the_screen(text: str, shown: str) -> None:
    assert neutralise(text) == shown


def test_column_names_and_cells_of_a_table_are_neutral() -> None:
    frame = pd.DataFrame({"a\x1b[2J": ["one\ntwo"]})
    assert to_table(frame).split("\n") == ["a␛[2J", "-------", "one␊two"]


def test_half_a_surrogate_pair_can_be_written_everywhere() -> None:
    frame = pd.DataFrame({"a": [{"b": "\ud800"}, "\ud800"]}, dtype=object)
    assert read_parquet(frame).column("a").to_pylist() == ['{"b": "\\ud800"}', "\\ud800"]
    assert read_csv(frame)[1:] == [['{"b": "\\ud800"}'], ["\\ud800"]]
    assert json.loads(to_json(frame)) == [{"a": {"b": "\ud800"}}, {"a": "\ud800"}]


def test_whole_numbers_beyond_64_bits_among_others_are_text_in_parquet() -> None:
    frame = pd.DataFrame({"a": pd.Series([2**63, "x", 1], dtype=object), "b": pd.Series([1, 2**70, -1], dtype=object)})
    assert read_parquet(frame).column("a").to_pylist() == [str(2**63), "x", "1"]
    assert read_parquet(frame).column("b").to_pylist() == ["1", str(2**70), "-1"]


@given(st.text(st.characters()))
def test_neutral_text_is_one_printable_line(text: str) -> None:
    line = neutralise(text)
    line.encode()  # what is left can be written
    assert not [char for char in line if char < " " or "\x7f" <= char <= "\x9f"]
    assert len(line.splitlines()) <= 1
    assert neutralise(line) == line
