"""Results of any size as files: written piece by piece, so that no more than one piece is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.catalog import BOOL, DATE, DOUBLE, INT, LONG, Type
from engine.export import is_null, json_text, plain_text, to_csv, to_json

Pieces = Callable[[], Iterator[tuple[pd.DataFrame, Mapping[str, Type]]]]  # what `Engine.batches` gives, from the start


def write_csv(pieces: Pieces, file: IO[bytes]) -> None:
    """As `to_csv` writes it, with the mark by which Excel knows UTF-8."""
    for number, (frame, _) in enumerate(pieces()):
        file.write(to_csv(frame, bom=number == 0, header=number == 0))


def write_json(pieces: Pieces, file: IO[bytes]) -> None:
    """As `to_json` writes it: an array with one row a line."""
    lead = b"["
    for frame, _ in pieces():
        if not frame.empty:
            file.write(lead + to_json(frame)[1:-2])
            lead = b",\n"
    file.write(b"]\n" if lead != b"[" else b"[]\n")


def write_parquet(pieces: Pieces, file: IO[bytes]) -> None:
    """Parquet (zstd) with the result's types; lists, maps and mixed values are JSON text.

    Whole numbers of more than 64 bits, which a sum may have, make their column one of text; that is only known when
    one comes, so the file begins anew then.
    """
    as_text: set[str] = set()
    while True:
        try:
            _write_parquet(pieces, file, as_text)
            return
        except _NotThatType as problem:
            as_text.add(problem.column)
            file.seek(0)
            file.truncate()


class _NotThatType(Exception):
    """A column has a value that its type cannot hold."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def _write_parquet(pieces: Pieces, file: IO[bytes], as_text: set[str]) -> None:
    writer: pq.ParquetWriter | None = None
    try:
        for frame, types in pieces():
            arrow = {name: pa.string() if name in as_text else _arrow_type(kind) for name, kind in types.items()}
            table = pa.table({name: _column(frame[name], name, arrow[name]) for name in types}, pa.schema(arrow))
            if writer is None:
                writer = pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _arrow_type(kind: Type) -> pa.DataType:
    known = {BOOL: pa.bool_(), INT: pa.int64(), LONG: pa.int64(), DOUBLE: pa.float64(), DATE: pa.timestamp("us", "UTC")}
    return known.get(kind, pa.string())


def _column(values: pd.Series, name: str, kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([_text(value) for value in values], pa.string())
    try:
        return pa.array(values, kind, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise _NotThatType(name) from None


def _text(value: object) -> str | None:
    if is_null(value):
        return None
    text = (
        value if isinstance(value, str) else json_text(value) if isinstance(value, (list, dict)) else plain_text(value)
    )
    return text.encode(errors="backslashreplace").decode()
