"""The language's acceptance cases: `tests/cases/*.jsonl`, one JSON object a line.

Functions: `expr` over one row `row` gives `expect`; commands: rows `in` reaching `query` give `expect`.
A case that cannot pass stands in `tests/cases/pending.json` with the reason; it fails as soon as it does pass.
"""

from __future__ import annotations

import ipaddress
import json
import math
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.catalog import DATE, LONG, Catalog, Field, Scan, Table
from engine.language.errors import QueryError
from engine.language.printer import print_string
from engine.query import Engine

CASES = Path(__file__).parent / "cases"
SEOUL = ZoneInfo("Asia/Seoul")
PENDING: dict[str, str] = json.loads((CASES / "pending.json").read_text())


def cases(name: str) -> list[Any]:
    lines = (CASES / f"{name}.jsonl").read_text("utf-8").splitlines()
    found = []
    for case in map(json.loads, lines):
        reason = PENDING.get(case["id"])
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        found.append(pytest.param(case, id=case["id"], marks=marks))
    assert len(found) > 90
    return found


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("cases")
    (folder / "lookups").mkdir()
    (folder / "lookups" / "codes.csv").write_text(
        'code,desc,sev\n200,OK,low\n404,Not Found,mid\n500,"Server, Error",high\n'
    )
    (folder / "files" / "data").mkdir(parents=True)
    shutil.copy(folder / "lookups" / "codes.csv", folder / "files" / "data")
    (folder / "procedures").mkdir()
    (folder / "procedures" / "over.lpql").write_text(
        '# over(n int) values of at least n\n| json "[{v: 1}, {v: 2}, {v: 3}]" | search v >= $("n")'
    )
    (folder / "procedures" / "p.lpql").write_text('# p(name string, n int)\n| json "{}"')
    start = datetime(2024, 1, 1, tzinfo=SEOUL)
    tables = (
        _table(folder, "t1", [(start + timedelta(minutes=n), n + 1, n + 1) for n in range(5)]),
        _table(folder, "t2", [(start + timedelta(minutes=10), 1, 9)]),
    )
    return Engine(
        timezone="Asia/Seoul",
        now=datetime(2024, 1, 1, 0, 20, tzinfo=SEOUL),
        tables=Catalog(tables),
        lookup_folder=folder / "lookups",
        procedure_folder=folder / "procedures",
        file_folder=folder / "files",
    )


def _table(folder: Path, name: str, rows: list[tuple[datetime, int, int]]) -> Table:
    path = folder / f"{name}.parquet"
    times, ids, numbers = zip(*rows, strict=True)
    arrays = [pa.array([t.astimezone(UTC) for t in times], pa.timestamp("us", "UTC")), pa.array(ids), pa.array(numbers)]
    pq.write_table(pa.table(arrays, names=["_time", "_id", "n"]), path)
    fields = (Field("_time", DATE, "time"), Field("_id", LONG, "id"), Field("n", LONG, "number"))
    return Table(name, fields, "rows of the acceptance cases", lambda start, end: Scan((str(path),), 0, 1))


@pytest.mark.parametrize("case", cases("functions"))
def test_function(engine: Engine, case: dict[str, Any]) -> None:
    if "query" in case:
        expect_rows(engine, case["query"], case.get("rows", case.get("expect")), {})
        return
    evals, row = _plain_row(case.get("row", {}))
    query = f"{_json([row])} | {evals}eval v = {case['expr']}"
    if "," in case["expr"] and case["id"] in ("P011", "P012"):
        query = f"{_json([row])} | eval v = ({case['expr']})"
    if isinstance(case["expect"], dict) and "error" in case["expect"]:
        expect_rows(engine, query, case["expect"], {})
        return
    found = engine.run(f"{query} | fields v").to_dict("records")
    assert len(found) == 1
    assert equal(found[0]["v"], case["expect"]), f"{found[0]['v']!r} is not {case['expect']!r}"


@pytest.mark.parametrize("case", cases("commands"))
def test_command(engine: Engine, case: dict[str, Any]) -> None:
    query = case["query"]
    if "in" in case:
        query = f"{_json(case['in'])} | {query}"
    expect_rows(engine, query, case["expect"], case)


def expect_rows(engine: Engine, query: str, expect: Any, case: dict[str, Any]) -> None:
    if isinstance(expect, dict):
        with pytest.raises(QueryError) as caught:
            engine.run(query)
        assert caught.value.code == expect["error"], str(caught.value)
        assert caught.value.span is not None
        return
    frame = engine.run(query)
    found = [{k: v for k, v in row.items() if not is_null(v)} for row in frame.to_dict("records")]
    wanted = [{k: v for k, v in row.items() if v is not None} for row in expect]
    assert len(found) == len(wanted), found
    if case.get("order") == "set":
        for row in wanted:
            match = next((other for other in found if equal(other, {"map": row})), None)
            assert match is not None, f"{row} is not in {found}"
            found.remove(match)
    else:
        for other, row in zip(found, wanted, strict=True):
            assert equal(other, {"map": row}), f"{other} is not {row}"
    if "columns" in case:
        assert ", ".join(frame.columns) == case["columns"]


def _json(rows: list[dict[str, Any]]) -> str:
    return f"json {print_string(json.dumps(rows, ensure_ascii=False))}".replace("\\\\n", "\\\\n")


def _plain_row(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A row without values that JSON lacks, and the eval that makes them."""
    evals = [
        f'{name} = ip("{value["ip"]}")' for name, value in row.items() if isinstance(value, dict) and "ip" in value
    ]
    plain = {name: value for name, value in row.items() if not (isinstance(value, dict) and "ip" in value)}
    return (f"eval {', '.join(evals)} | " if evals else ""), plain


def is_null(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def equal(found: Any, wanted: Any) -> bool:
    """A value of a frame against a value of a case."""
    if isinstance(wanted, dict):
        ((form, inner),) = wanted.items() if len(wanted) == 1 else (("map", wanted),)
        match form:
            case "approx":
                return isinstance(found, int | float) and math.isclose(found, inner, rel_tol=1e-9, abs_tol=1e-12)
            case "nan":
                return isinstance(found, float) and math.isnan(found)
            case "date":
                return pd.Timestamp(found) == pd.Timestamp(datetime.strptime(inner, "%Y-%m-%d %H:%M:%S.%f%z"))
            case "ip":
                return ipaddress.ip_address(found) == ipaddress.ip_address(inner)
            case "bin":
                return bytes(found).hex() == inner
            case "set":
                return len(found) == len(inner) and all(any(equal(f, w) for f in found) for w in inner)
            case "map":
                present = {k: v for k, v in found.items() if not is_null(v)}
                expected = {k: v for k, v in inner.items() if v is not None}
                return present.keys() == expected.keys() and all(equal(present[k], v) for k, v in expected.items())
            case _:
                return equal(found, {"map": wanted})
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(equal, found, wanted))
    if isinstance(wanted, str) and wanted.startswith("@"):
        return pd.Timestamp(found) == pd.Timestamp(wanted[1:], tz=SEOUL)
    if wanted is None:
        return is_null(found)
    if isinstance(wanted, bool) or isinstance(found, bool):
        return bool(found) == wanted and type(found) is not str and type(wanted) is bool
    if isinstance(wanted, int | float):
        return isinstance(found, int | float) and math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return type(found) is str and found == wanted
