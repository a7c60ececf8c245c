"""Runs `tests/queries/*.md`: a `query` block, then what it must give.

    rows     the result as CSV, null blank, lists and maps as JSON
    error    the message with its caret
    plan     the steps, without the statement they become
    warning  what the query warns of

Dates show in the engine's zone, Asia/Seoul; the clock stands at 2024-01-01 00:20.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import Engine
from engine.language.errors import QueryError
from tests.test_cases import engine, is_null

__all__ = ["engine"]

FOLDER = Path(__file__).parent / "queries"
BLOCK = re.compile(r"```(query|rows|error|plan|warning)\n(.*?)\n?```", re.DOTALL)


def blocks() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.md")):
        text, query = path.read_text("utf-8"), ""
        for match in BLOCK.finditer(text):
            kind, body = match.groups()
            if kind == "query":
                query = body
                continue
            line = text.count("\n", 0, match.start()) + 1
            yield pytest.param(query, kind, body, id=f"{path.stem}:{line}-{kind}")


ALL = list(blocks())


def test_there_are_blocks() -> None:
    assert len(ALL) >= 40


@pytest.mark.parametrize(("query", "kind", "expected"), ALL)
def test_block(engine: Engine, query: str, kind: str, expected: str) -> None:
    match kind:
        case "rows":
            assert as_csv(engine.run(query)) == expected
        case "error":
            with pytest.raises(QueryError) as caught:
                engine.run(query)
            assert str(caught.value) == expected
        case "plan":
            steps = engine.explain(query).steps
            assert "\n".join(f"{step.name}  {step.sql}" for step in steps) == expected
        case "warning":
            assert "\n".join(engine.execute(query).warnings) == expected


def as_csv(frame: pd.DataFrame) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    for row in frame.itertuples(index=False):
        writer.writerow([cell(value) for value in row])
    return out.getvalue().rstrip("\n")


def cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if is_null(value):
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S%z")
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)
