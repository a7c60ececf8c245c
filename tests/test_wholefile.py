"""Results written piece by piece are the files that the same result makes in one piece."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

import pandas as pd
import pyarrow.parquet as pq
import pytest

from engine import Engine
from engine.catalog import LONG, Type
from engine.export import to_csv, to_json
from engine.wholefile import Pieces, write_csv, write_json, write_parquet

MANY = (
    'json "[{n: 1}]" | repeat count=5000 | eval n = seq(), name = concat("=", string(n)), at = date("2026", "yyyy"), '
    "half = n / 4, list = array(n, null), is_large = n > 2500 | sort n"
)
NONE = "json \"[{n: 1, name: 'a'}]\" | search n > 1"


def pieces(text: str) -> Pieces:
    def made() -> Iterator[tuple[pd.DataFrame, Mapping[str, Type]]]:
        return Engine(timezone="Asia/Seoul").batches(text, rows=2048)

    return made


def written(write: Callable[[Pieces, io.BytesIO], None], text: str) -> bytes:
    file = io.BytesIO()
    write(pieces(text), file)
    return file.getvalue()


@pytest.mark.parametrize("text", [MANY, NONE])
def test_text_files_are_the_same_as_in_one_piece(text: str) -> None:
    frame = Engine(timezone="Asia/Seoul").run(text)
    assert written(write_csv, text) == to_csv(frame, bom=True)
    assert written(write_json, text) == to_json(frame)


def test_cells_are_no_formulas() -> None:
    assert b",'=1\n" in written(write_csv, MANY)


def test_parquet_has_the_types_of_the_result() -> None:
    table = pq.read_table(io.BytesIO(written(write_parquet, MANY)))
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds == {
        "at": "timestamp[us, tz=UTC]", "half": "double", "is_large": "bool", "list": "string", "n": "int64",
        "name": "string",
    }  # fmt: skip
    assert table["n"].to_pylist() == list(range(1, 5001))
    assert table["list"][4999].as_py() == "[5000, null]"


def test_an_empty_result_has_its_columns() -> None:
    assert pq.read_table(io.BytesIO(written(write_parquet, NONE))).column_names == ["n", "name"]


def test_a_column_with_a_number_beyond_64_bits_is_text() -> None:
    def made() -> Iterator[tuple[pd.DataFrame, Mapping[str, Type]]]:
        yield pd.DataFrame({"n": [1, None]}, dtype="Int64"), {"n": LONG}
        yield pd.DataFrame({"n": [2**65]}, dtype=object), {"n": LONG}

    file = io.BytesIO()
    write_parquet(made, file)
    assert pq.read_table(file)["n"].to_pylist() == ["1", None, str(2**65)]
