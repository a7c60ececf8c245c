"""`csvfile`, `jsonfile`, `textfile`, `zipfile`, `lookuptable`."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import Engine
from engine.commands import files
from engine.language.errors import QueryError, SourceError
from engine.language.grammar import parse
from engine.language.printer import print_query
from tests.commands.conftest import present

SEOUL = ZoneInfo("Asia/Seoul")
Run = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.csv").write_text("a\n1\n")
    made = outside / "files"
    (made / "csv").mkdir(parents=True)
    (made / "csv" / "a.csv").write_text('name,n\n ana,1,x\n\n"b ""en""", "2"\n"two\nlines",3\n')
    (made / "csv" / "B.CSV").write_text("\ufeffname;n\nx;1\n", "utf-8")
    (made / "csv" / "tab.tsv").write_text("a\tb\n1,2\t3\n")
    (made / "csv" / "slash.csv").write_text('p,q\n"C:\\","d"\n')
    (made / "csv" / "korean.csv").write_bytes("이름\n홍길동\n".encode("euc-kr"))
    (made / "csv" / "empty.csv").write_text("")
    (made / "csv" / "with blank.csv").write_text("a\n1\n")
    (made / "out.csv").symlink_to(outside / "secret.csv")
    (made / "up").symlink_to(outside)
    (made / "in.csv").symlink_to(made / "csv" / "tab.tsv")
    (made / "events.jsonl").write_text('{"a": 1, "b": {"c": 2}}\nnot json\n\n[1]\n{"a": "x"}\n')
    (made / "app.log").write_text("2024-01-02 03:04:05 start\n  more\n2024-01-02 03:04:06 end\n")
    (made / "syslog").write_text("Jan  2 03:04:05 host a\nno date\n")
    with gzip.open(made / "app.log.gz", "wt") as packed:
        packed.write("one\ntwo\n")
    (made / "broken.gz").write_bytes(b"not packed")
    with zipfile.ZipFile(made / "logs.zip", "w") as archive:
        archive.writestr("a/one.log", "1\n2\n")
        archive.writestr("a/two.log", "3\n")
    (made / "broken.zip").write_bytes(b"not packed")
    (made / "lookups").mkdir()
    (made / "lookups" / "codes.csv").write_text("code,desc\n200,OK\n404,Not Found\n500,Error\n")
    return made


@pytest.fixture(scope="module")
def with_files(folder: Path) -> Engine:
    return Engine(
        timezone="Asia/Seoul",
        now=datetime(2024, 1, 1, 0, 20, tzinfo=SEOUL),
        file_folder=folder,
        lookup_folder=folder / "lookups",
    )


@pytest.fixture(scope="module")
def run(with_files: Engine) -> Run:
    def found(query: str) -> list[dict[str, Any]]:
        assert parse(print_query(parse(query))) == parse(query)
        return present(with_files.run(query).to_dict("records"))

    return found


def test_csvfile(run: Run) -> None:
    assert run("csvfile /csv/a.csv | fields - _file") == [
        {"name": " ana", "n": "1", "column2": "x"},
        {"name": 'b "en"', "n": "2"},
        {"name": "two\nlines", "n": "3"},
    ]
    assert run("csvfile csv/a.csv | stats count by _file") == [{"_file": "a.csv", "count": 3}]


def test_csvfile_keeps_columns_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "twice.csv").write_text("id,id,,id_2\n1,2,3,4\n")
    rows = Engine(file_folder=tmp_path).run("csvfile twice.csv | fields - _file")
    assert rows.to_dict("records") == [{"id": "1", "id_2": "2", "column2": "3", "id_2_2": "4"}]


def test_csvfile_options(run: Run) -> None:
    assert run("csvfile offset=1 limit=1 /csv/a.csv | fields n") == [{"n": "2"}]
    assert run("csvfile limit=0 /csv/a.csv | stats count") == [{"count": 3}]
    assert run("csvfile tab=t /csv/tab.tsv | fields a, b") == [{"a": "1,2", "b": "3"}]
    assert run("csvfile strict=t /csv/slash.csv | fields p, q") == [{"p": "C:\\", "q": "d"}]
    assert run("csvfile cs=euc-kr /csv/korean.csv | fields 이름") == [{"이름": "홍길동"}]
    assert run("csvfile maxcol=1 limit=1 /csv/a.csv | fields - _file") == [{"name": " ana"}]
    assert run("csvfile maxcol=1 rest=t limit=1 /csv/a.csv | fields - _file") == [{"name": " ana", "_rest": ["1", "x"]}]


def test_csvfile_of_several_files(run: Run) -> None:
    assert [row["_file"] for row in run("csvfile /csv/*.csv | stats count by _file")] == [
        "a.csv", "B.CSV", "korean.csv", "slash.csv", "with blank.csv",
    ]  # fmt: skip
    assert run("csvfile /csv/nothing*.csv | stats count") == [{"count": 0}]
    assert run("csvfile /csv/empty.csv | stats count") == [{"count": 0}]


def test_paths_in_quotes_and_parameters(run: Run) -> None:
    assert run('csvfile "/csv/with blank.csv" | fields a') == [{"a": "1"}]
    assert run('set p = "/csv/tab.tsv" | csvfile tab=t $("p") | fields b') == [{"b": "3"}]
    assert run("csvfile /csv//./tab.tsv | stats count") == [{"count": 1}]
    assert run("csvfile in.csv | stats count") == [{"count": 1}]  # a link that stays inside


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("csvfile", "10802"),
        ("csvfile limit=1", "10802"),
        ("csvfile /", "10802"),
        ('csvfile $("nope")', "10802"),
        ("csvfile /nope.csv", "10800"),
        ("csvfile /csv", "10800"),
        ("csvfile /nope/a.csv", "10800"),
        ("csvfile /nope/*.csv", "10801"),
        ("csvfile strict=t tab=t /csv/a.csv", "90001"),
        ("csvfile cs=nope /csv/a.csv", "90001"),
        ("jsonfile", "10902"),
        ("jsonfile /nope.json", "10900"),
        ("jsonfile /nope/*", "10901"),
        ("textfile", "10702"),
        ("textfile /nope.log", "10700"),
        ("textfile /nope/*", "10701"),
        ('textfile dp="x" /app.log', "90001"),
        ('textfile brex="(" /app.log', "90200"),
        ("zipfile", "10702"),
        ("zipfile /logs.zip", "10702"),
        ("zipfile /logs.zip nope.log", "10700"),
    ],
)
def test_errors(with_files: Engine, query: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        with_files.run(query)
    assert caught.value.code == code, caught.value
    assert caught.value.span is not None


@pytest.mark.parametrize(
    "path",
    ["../secret.csv", "/csv/../../secret.csv", "/out.csv", "/up/secret.csv", "/up/*.csv", "/o*.csv", "/../*", "/up/.."],
)
def test_nothing_outside_of_the_folder_can_be_read(with_files: Engine, path: str) -> None:
    for command in ("csvfile", "jsonfile", "textfile"):
        with pytest.raises(QueryError, match="leads out of the folder"):
            with_files.run(f"{command} {path}")
    with pytest.raises(QueryError, match="leads out of the folder"):
        with_files.run(f"zipfile {path} x")


def test_without_a_folder_there_are_no_files(plain_engine: Engine) -> None:
    for query in ("csvfile /a.csv", "jsonfile a", "textfile /etc/passwd", "zipfile a b"):
        with pytest.raises(QueryError, match="no file folder is configured"):
            plain_engine.run(query)


def test_jsonfile(run: Run, with_files: Engine) -> None:
    assert run("jsonfile /events.jsonl") == [
        {"a": 1, "b": {"c": 2}, "_file": "events.jsonl"},
        {"a": "x", "_file": "events.jsonl"},
    ]
    assert run("jsonfile overlay=t offset=1 limit=1 /events.jsonl | fields line") == [{"line": '{"a": "x"}'}]
    assert with_files.execute("jsonfile /events.jsonl").warnings == ("events.jsonl has lines that are no JSON object",)


def test_textfile(run: Run) -> None:
    read = datetime(2024, 1, 1, 0, 20, tzinfo=SEOUL)
    assert run("textfile /app.log.gz") == [
        {"line": "one", "_file": "app.log.gz", "_time": read},
        {"line": "two", "_file": "app.log.gz", "_time": read},
    ]
    assert run("textfile offset=1 limit=1 /app.log | fields line") == [{"line": "  more"}]


def test_textfile_puts_lines_together(run: Run) -> None:
    records = [{"line": "2024-01-02 03:04:05 start\n  more"}, {"line": "2024-01-02 03:04:06 end"}]
    assert run(r'textfile brex="^\d+-" /app.log | fields line') == records
    assert run(r'textfile erex="more|end" /app.log | fields line') == records
    assert run(r'textfile brex="^\d+-" erex="start" /app.log | stats count') == [{"count": 3}]


def test_textfile_finds_dates(run: Run) -> None:
    found = run(r'textfile dp="^(\S+) (\S+)" df="yyyy-MM-ddHH:mm:ss" /app.log | fields _time')
    assert [row["_time"].day for row in found] == [2, 1, 2]  # the line without a date has the time of reading
    found = run(r'textfile dp="^\S+ +\d+ \S+" df="MMM dd HH:mm:ss" /syslog | fields _time')
    assert found[0]["_time"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=SEOUL)
    assert found[1]["_time"] == datetime(2024, 1, 1, 0, 20, tzinfo=SEOUL)


def test_zipfile(run: Run) -> None:
    assert run("zipfile /logs.zip a/one.log | fields line, _file") == [
        {"line": "1", "_file": "logs.zip"},
        {"line": "2", "_file": "logs.zip"},
    ]
    assert run("zipfile offset=1 limit=1 /l*.zip a/*.log | fields line") == [{"line": "2"}]
    assert run("zipfile /logs.zip nope*") == []


@pytest.mark.parametrize("query", ["textfile /broken.gz", "zipfile /broken.zip a"])
def test_broken_files_are_told(with_files: Engine, query: str) -> None:
    with pytest.raises(SourceError, match="broken"):
        with_files.run(query)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch, with_files: Engine) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 1)
    for query in ("csvfile /csv/a.csv", "jsonfile /events.jsonl", "textfile /app.log"):
        with pytest.raises(QueryError, match="more than 1 rows"):
            with_files.run(query)
    assert len(with_files.run("csvfile limit=1 /csv/a.csv")) == 1
    monkeypatch.setattr(files, "LONGEST_LINE", 10)
    with pytest.raises(QueryError, match="too large"):
        with_files.run("textfile /app.log")


def test_lookuptable(run: Run, with_files: Engine) -> None:
    assert run("lookuptable codes limit=1") == [{"code": "200", "desc": "OK"}]
    assert run("lookuptable codes limit=1 offset=1 desc") == [{"desc": "Not Found"}]
    assert run("lookuptable limit=2 codes code") == [{"code": "200"}, {"code": "404"}]
    assert run('set n = 1 | lookuptable codes limit=$("n") | stats count') == [{"count": 1}]
    assert with_files.execute("lookuptable codes dsc").warnings == (
        "lookup `codes` has no column `dsc`; did you mean `desc`?",
    )


def test_an_odd_lookup_file_stops_only_the_queries_that_name_it(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Code,code,,code\n1,2,3,4\n")
    (tmp_path / "long.csv").write_text(f"k,v\na,{'x' * 200_000}\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "latin.csv").write_bytes(b"k,v\n\xe9,1\n")
    (tmp_path / "folder.csv").mkdir()
    engine = Engine(lookup_folder=tmp_path)
    found = engine.run('json "{k: 1}" | lookup odd k output code, Code as a, column2, code_2')
    assert found.to_dict("records") == [{"k": 1, "code": "2", "a": "1", "column2": "3", "code_2": "4"}]
    assert len(engine.run("json \"{k: 'a'}\" | lookup long k output v")["v"][0]) == 200_000
    for name, reason in (("empty", "empty"), ("latin", "utf-8"), ("folder", "directory")):
        for query in (f"lookuptable {name}", f'json "{{k: 1}}" | lookup {name} k output v'):
            with pytest.raises(SourceError, match=rf"{name}\.csv.*{reason}"):
                engine.run(query)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("textfile .", "10702"),
        ("csvfile ./.", "10802"),
        ("lookuptable", "20701"),
        ("lookuptable nope", "20701"),
        ("lookuptable geoip", "20701"),
        ("lookuptable codes desc,", "20702"),
        ("lookuptable codes limt=1", "90001"),
        ("lookuptable codes limit=-1", "90001"),
    ],
)
def test_lookuptable_errors(with_files: Engine, query: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        with_files.run(query)
    assert caught.value.code == code
