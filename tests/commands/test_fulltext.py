"""`fulltext`, over two small tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import Engine
from engine.catalog import ANY, DATE, INT, IP, LONG, STRING, Catalog, Field, Scan, Table, Type, list_of, map_of
from engine.language.errors import QueryError
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_query
from engine.language.rewrite import with_range, with_search
from tests.commands.conftest import present

START = datetime(2024, 1, 1, tzinfo=UTC)
KINDS: dict[str, Type] = {
    "_time": DATE,
    "_id": LONG,
    "line": STRING,
    "port": INT,
    "address": IP,
    "detail": ANY,
    "tags": list_of(STRING),
    "user": map_of({"name": STRING}, rest="_rest"),
}
#: minute, line, port, address, detail, tags, user
ONE = [
    (0, "Login ana", 22, "10.0.0.1", '{"code":"E-1","n":7}', ["red"], "Ana"),
    (1, "login ben", 443, "10.0.0.9", '"say \\"hi\\""', ["blue", "green"], "Ben"),
    (2, "logout", None, None, None, None, None),
    (3, "50% off", 8080, "192.168.0.1", "5", [], "Cleo"),
]
TWO = [(1, "login dora", 80, "10.0.0.2", None, None, "Dora")]


def _user(name: object) -> dict[str, object] | None:
    return None if name is None else {"name": name, "_rest": '{"line":[1],"root":true}' if name == "Ana" else None}


def _table(folder: Path, name: str, rows: list[tuple[object, ...]]) -> Table:
    struct = pa.struct([("name", pa.string()), ("_rest", pa.string())])
    arrays = [
        pa.array([START + timedelta(minutes=row[0]) for row in rows], pa.timestamp("us", "UTC")),  # type: ignore[arg-type]
        pa.array(range(len(rows)), pa.int64()),
        *(pa.array([row[i] for row in rows], kind) for i, kind in enumerate((pa.string(), pa.int32()), 1)),
        *(pa.array([row[i] for row in rows], pa.string()) for i in (3, 4)),
        pa.array([row[5] for row in rows], pa.list_(pa.string())),
        pa.array([_user(row[6]) for row in rows], struct),
    ]
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(arrays, names=list(KINDS)), path)
    fields = tuple(Field(field, kind, field) for field, kind in KINDS.items())
    return Table(name, fields, "rows to search", lambda start, end: Scan((str(path),), 0, 1))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("fulltext")
    return Engine(
        tables=Catalog((_table(folder, "one", ONE), _table(folder, "two", TWO))), now=START + timedelta(hours=1)
    )


def minutes(logs: Engine, query: str) -> list[int]:
    """Which rows of table `one` a query gives, by minute, in order."""
    assert parse(print_query(parse(query))) == parse(query)
    return [time.minute for time in logs.run(query)["_time"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('"login"', [1, 0]),  # without case, newest first
        ('"LOG"', [2, 1, 0]),
        ('"e-1"', [0]),  # inside JSON
        ('"say \\"hi"', [1]),
        ('"green"', [1]),
        ('"cleo"', [3]),
        ('"192.168"', [3]),
        ('"50%"', [3]),
        ('"login*"', [1, 0]),
        ('"*gin b*"', [1]),
        ('"log*ana"', [0]),
        ('"nope"', []),
        ('"login" and "ben"', [1]),
        ('"ana" or "50%" or "nope"', [3, 0]),
        ('not "login"', [3, 2]),
        ('"log" and not "login"', [2]),
        ('"log" and not ("ana" or "ben")', [2]),
        ('not("login") and "log"', [2]),
        ('"login" and "ana" or "50%"', [3, 0]),
        ('"login" and ("ana" or "50%")', [0]),
        ("port == 443", [1]),
        ("port != 443", [3, 0]),
        ('port > 100 and "login"', [1]),
        ('line == "log*"', [2, 1]),
        ('address == "10.0.0.1"', [0]),
        ("range(1, 100)", [3, 0]),
        ("range(0, 22)", [3, 0]),
        ("port == range(23, 8080)", [3, 1]),
        ("port != range(23, 8080)", [2, 0]),
        ("range(-5, -1)", []),
        ('iprange("10.0.0.1", "10.0.0.8")', [0]),
        ('address == iprange("10.0.0.9", "192.168.0.1")', [3, 1]),
        ("""[ json "[{a: 'ana', b: 'nope'}, {a: '50%'}]" ]""", [3, 0]),
        ("""[ json "[]" ]""", []),
        ("""not [ json "{a: 'login'}" ] and "log" """, [2]),
    ],
)
def test_conditions(logs: Engine, condition: str, found: list[int]) -> None:
    assert minutes(logs, f"fulltext {condition} from one") == found


def test_tables(logs: Engine) -> None:
    counted = 'fulltext "login" {} | stats count by _table'
    assert logs.run(counted.format("")).to_dict("records") == logs.run(counted.format("from *")).to_dict("records")
    assert minutes(logs, 'fulltext "login" from one, two') == [1, 1, 0]  # newest first over all tables
    assert minutes(logs, 'fulltext "dora" from two, two') == [1, 1]
    assert minutes(logs, 'fulltext "dora" from two._raw') == [1]
    assert minutes(logs, 'fulltext "dora" from nope?') == []


def test_options(logs: Engine) -> None:
    assert minutes(logs, 'fulltext limit=1 "login" from one') == [1]
    assert minutes(logs, 'fulltext limit=1 offset=1 "login" from one') == [0]
    assert minutes(logs, 'fulltext order=asc "login" from one') == [0, 1]
    assert minutes(logs, 'fulltext tt=t "ana login" from one') == [0]
    assert minutes(logs, 'fulltext "ana login" from one') == []


def test_fields_are_those_of_table(logs: Engine) -> None:
    assert list(logs.run('fulltext "login" from one').columns) == list(logs.run("table one").columns)


def test_hidden_fields_stay_hidden(tmp_path: Path) -> None:
    table = _table(tmp_path, "one", [*ONE, (4, "a=1", None, None, None, None, None)])
    fields = tuple(Field(item.name, item.type, "", hidden=item.name == "tags") for item in table.fields)
    engine = Engine(tables=Catalog((Table("one", fields, "", table.scan),)))
    for command in ("parsekv overlay=t", "parsejson", "explode tags", "prev port", 'rex field=line "(?<a>.)"'):
        assert "tags" not in engine.run(f"table one | {command}").columns
        assert "tags" in engine.run(f"table one | {command} | fields tags").columns


def test_parsemap_of_a_map_with_declared_keys(logs: Engine) -> None:
    whole = logs.run("table order=asc one | parsemap field=user")
    assert present(whole[["name", "root", "line", "port"]].to_dict("records")) == [
        {"name": "Ana", "root": True, "line": [1]},
        {"name": "Ben"},
        {"line": "logout"},  # no map: the row as it was
        {"name": "Cleo"},
    ]
    known = logs.run('table order=asc one | search line != "logout" | parsemap field=user')
    assert list(known.columns) == ["line", "name", "root"]
    over = logs.run("table order=asc one | parsemap overlay=t field=user | fields line, name, port, root")
    assert present(over.to_dict("records"))[:2] == [
        {"line": [1], "name": "Ana", "port": 22, "root": True},
        {"line": "login ben", "name": "Ben", "port": 443},
    ]


def test_pages_change_its_range_and_filters(logs: Engine) -> None:
    query = parse('fulltext duration=1d "login" from one')
    assert print_query(with_range(query, start=START)) == 'fulltext from=20240101000000Z "login" from one'
    assert "| search" in print_query(with_search(query, {"port": ["22"]}))
    inner = parse('fulltext not [ table duration=1h two ] and "a" or [ table duration=1h one ] from one')
    changed = with_range(inner, duration="5m")
    assert print_query(changed).count("duration=5m") == 3
    assert isinstance(changed, Query)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("fulltext", "90100"),
        ("fulltext from one", "90100"),
        ('fulltext "a" and from one', "90100"),
        ('fulltext "a" "b"', "90201"),
        ('fulltext ("a"', "90202"),
        ("fulltext port ==", "90100"),
        ("fulltext port == other", "90100"),
        ("fulltext port > range(1, 2)", "90100"),
        ('fulltext range("a", "b")', "90100"),
        ('fulltext iprange("a", "b")', "90100"),
        ("fulltext not", "90100"),
        ('fulltext "a" from', "10600"),
        ('fulltext "a" from nope', "10605"),
        ('fulltext "a" from meta("x")', "90200"),
        ('fulltext limit=-1 "a"', "10602"),
        ('fulltext "a', "90203"),
    ],
)
def test_errors(logs: Engine, query: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        logs.run(query)
    assert caught.value.code == code, caught.value


@pytest.mark.parametrize("query", ["table `a b`, t?", "table `a?`", 'fulltext "x" from `a b`, c?'])
def test_names_in_backquotes_survive_printing(query: str) -> None:
    assert print_query(parse(query)) == query
    assert parse(print_query(parse(query))) == parse(query)
