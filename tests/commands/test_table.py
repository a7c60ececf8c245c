"""Options and names of `table` that need several tables; the rest is in `tests/queries/table.md`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import Engine
from engine.catalog import DATE, LONG, Catalog, Field, Scan, Table
from engine.language.errors import QueryError
from engine.language.grammar import parse
from engine.language.printer import print_query


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("tables")
    return Engine(
        tables=Catalog(tuple(_table(folder, name, numbers) for name, numbers in (("a", [1, 2, 3]), ("b", [4, 5]))))
    )


def _table(folder: Path, name: str, numbers: list[int]) -> Table:
    path = folder / f"{name}.parquet"
    times = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in numbers]
    pq.write_table(
        pa.table([pa.array(times, pa.timestamp("us", "UTC")), pa.array(numbers)], names=["_time", "_id"]), path
    )
    fields = (Field("_time", DATE, "time"), Field("_id", LONG, "number"))
    return Table(name, fields, "numbers", lambda start, end: Scan((str(path),), 0, 1))


@pytest.mark.parametrize(
    ("command", "numbers"),
    [
        ("table a, b", [3, 2, 1, 5, 4]),
        ("table order=asc a, b", [1, 2, 3, 4, 5]),
        ("table limit=2 offset=2 a, b", [1, 5]),
        ("table eachtable=t limit=1 a, b", [3, 5]),
        ("table eachtable=t order=asc limit=1 offset=1 *", [2, 5]),
        ("table eachtable=t raw=t a", [3, 2, 1]),
        ("table limit=0 b, b", [5, 4, 5, 4]),
        ("table from=202401010002 to=202401010004 *", [3, 2]),
        ("table from=202401010002 to=202401010002 *", []),
        ("table *:a", [3, 2, 1]),
        ("table c?, b", [5, 4]),
        ("table `b`", [5, 4]),
    ],
)
def test_rows(engine: Engine, command: str, numbers: list[int]) -> None:
    assert parse(print_query(parse(command))) == parse(command)
    assert list(engine.run(command)["_id"]) == numbers


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("table window=1m a", "90001", "read the latest with `duration`"),
        ("table parser=ssh a", "90001", "use `parse`, `rex` or `parsejson`"),
        ('table meta("kind==web")', "90200", "no metadata"),
        ('fulltext "a" from meta("kind==web")', "90200", "no metadata"),
        ("table node7:a", "10605", "there is no node `node7`"),
        ("table A", "10605", "there is no table `A`"),
    ],
)
def test_refused(engine: Engine, command: str, code: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        engine.run(command)
    assert caught.value.code == code
    assert words in caught.value.message
