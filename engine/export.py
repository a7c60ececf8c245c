"""Frames as files and as text on a screen.

Values in logs are written by whoever calls the account, attackers included: a cell must not become a formula in
a spreadsheet, nor an escape sequence in a terminal.
"""

from __future__ import annotations

import io
import json
import math
import re
from datetime import date, datetime
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.screen import neutralise, screen_width

GAP = 2  # blanks between the columns of a table
NARROWEST = 8  # a column of a table is cut down to this and no further

_FORMULA = re.compile(r"[ ]*[=+\-@\t\r\n＝＋－＠]")
_QUOTED = re.compile(r'[",\r\n]')
_NUMBER = re.compile(r"[ ]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guard_formula(text: str) -> str:
    """Text that a spreadsheet reads as text; numbers stay numbers.

    >>> guard_formula("=HYPERLINK(A1)"), guard_formula("-12.5"), guard_formula("root")
    ("'=HYPERLINK(A1)", '-12.5', 'root')
    """
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def to_csv(frame: pd.DataFrame, *, bom: bool = False, header: bool = True) -> bytes:
    """UTF-8 CSV, with a `header` line or as its continuation.

    Null is an empty cell, lists and maps are JSON, dates carry their offset. `bom` adds the mark by which Excel knows
    UTF-8.
    """
    cells = [[*([_csv_cell(str(name))] if header else []), *map(_csv_cell, column)] for name, column in frame.items()]
    lines = (",".join(row) for row in zip(*cells, strict=True))
    if len(cells) == 1:  # an empty line would be no row at all
        lines = (line or '""' for line in lines)
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("utf-8-sig" if bom else "utf-8", errors="backslashreplace")


def to_table(frame: pd.DataFrame, width: int | None = None) -> str:
    """The frame as aligned text, every line neutralised.

    `width` is that of the screen, in columns: long cells are cut with `…`, and rows that would need more than the
    screen even so are written one field a line. Without it nothing is cut.

    >>> print(to_table(pd.DataFrame({"user": ["root", "김"], "n": [1, 20]})))
    user   n
    ----  --
    root   1
    김    20
    """
    names = [neutralise(str(name)) for name in frame.columns]
    columns = [[neutralise(plain_text(value)) for value in column] for _, column in frame.items()]
    widths = [max(map(screen_width, (name, *cells))) for name, cells in zip(names, columns, strict=True)]
    if width is not None:
        room = width - GAP * (len(widths) - 1)
        if sum(min(wide, NARROWEST) for wide in widths) > room:
            return _records(names, columns, width)
        widths = _shrink(widths, room)
    rights = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    rule = ["-" * wide for wide in widths]
    lines = (
        (" " * GAP)
        .join(_fit(cell, wide, right) for cell, wide, right in zip(row, widths, rights, strict=True))
        .rstrip()
        for row in (names, rule, *zip(*columns, strict=True))
    )
    return "\n".join(lines)


def to_json(frame: pd.DataFrame) -> bytes:
    """A JSON array with one row a line; null members are kept, dates are ISO 8601 with their offset."""
    names = [str(name) for name in frame.columns]
    rows = (dict(zip(names, values, strict=True)) for values in zip(*(frame[name] for name in frame), strict=True))
    lines = ",\n".join(json_text(row) for row in rows)
    return f"[{lines}]\n".encode(errors="backslashreplace")


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Parquet (zstd) with the frame's types; a column of lists or maps that have no common type is JSON text."""
    table = pa.table({str(name): _arrow_column(column) for name, column in frame.items()})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def json_text(value: object) -> str:
    """A value of a result as JSON, whatever it is made of.

    >>> json_text({"n": float("nan"), "at": datetime(2026, 1, 2), "list": [1, None]})
    '{"n": null, "at": "2026-01-02T00:00:00", "list": [1, null]}'
    """
    return json.dumps(_jsonable(value), ensure_ascii=False, allow_nan=False)


def plain_text(value: object) -> str:
    """A cell as people read it: nothing for null, `true` and `false`, JSON for lists and maps, hex for bytes.

    >>> plain_text(None), plain_text(True), plain_text(2.50), plain_text(["a", 1])
    ('', 'true', '2.5', '["a", 1]')
    """
    if is_null(value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, dict)):
        return json_text(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def is_null(value: object) -> bool:
    """Whether a cell is null: None, NaN, NaT or NA, never a list or map."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _csv_cell(value: object) -> str:
    """A cell that is no formula, in quotes where CSV needs them (Python 3.11's own writer lets a lone CR through)."""
    text = guard_formula(value) if isinstance(value, str) else plain_text(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _shrink(widths: list[int], room: int) -> list[int]:
    """The widths, the widest ones lowered to one common limit so that all fit."""
    limit = max(widths, default=0)
    while sum(min(wide, limit) for wide in widths) > room and limit > NARROWEST:
        limit -= 1
    return [min(wide, limit) for wide in widths]


def _fit(cell: str, width: int, right: bool = False) -> str:
    """The cell cut and filled to a width on the screen."""
    if screen_width(cell) > width:
        ends = accumulate(map(screen_width, cell))
        cell = "".join(char for char, end in zip(cell, ends, strict=True) if end < width) + "…"
    fill = " " * (width - screen_width(cell))
    return fill + cell if right else cell + fill


def _records(names: list[str], columns: list[list[str]], width: int) -> str:
    """One field a line, a heading before each row; fields without a value are left out."""
    margin = max(map(screen_width, names))
    lines: list[str] = []
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        lines.append(f"--- {number} ".ljust(min(width, 40), "-"))
        lines += [
            f"{_fit(name, margin)}  {_fit(cell, max(NARROWEST, width - margin - 2)).rstrip()}"
            for name, cell in zip(names, row, strict=True)
            if cell
        ]
    return "\n".join(lines)


def _jsonable(value: Any) -> Any:
    if is_null(value):
        return None
    if isinstance(value, dict):
        return {str(key): _jsonable(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(member) for member in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and math.isinf(value):
        return None  # JSON has no infinity
    return value.item() if hasattr(value, "item") else value


def _arrow_column(column: pd.Series[Any]) -> pa.Array:
    """The column as Arrow, as JSON text where its values share no type that Parquet can hold."""
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError, OverflowError):
        return _as_json(column)
    if pa.types.is_null(array.type):
        return array.cast(pa.string())
    return _as_json(column) if _has_empty_struct(array.type) else array


def _as_json(column: pd.Series[Any]) -> pa.Array:
    texts = (None if is_null(value) else value if isinstance(value, str) else json_text(value) for value in column)
    return pa.array([text and text.encode(errors="backslashreplace").decode() for text in texts], pa.string())


def _has_empty_struct(kind: pa.DataType) -> bool:
    """Whether a struct without members is anywhere inside: Parquet cannot write one."""
    if pa.types.is_struct(kind) and kind.num_fields == 0:
        return True
    return any(_has_empty_struct(kind.field(i).type) for i in range(kind.num_fields))
