"""`outputcsv` and `outputjson`: what they write, what they refuse, and that a query that fails leaves nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine import Engine
from engine.language.errors import QueryError
from engine.language.grammar import parse
from engine.language.printer import print_query
from engine.settings import Settings

SEOUL = ZoneInfo("Asia/Seoul")
ROWS = "json \"[{'user': 'ana', 'n': 3, 't': 0}, {'user': 'say \\\"hi\\\"', 't': 86400}]\" | eval at = epoch(t)"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(
        timezone="Asia/Seoul",
        now=datetime(2024, 1, 2, 3, 4, tzinfo=SEOUL),
        output_folder=tmp_path,
        file_folder=tmp_path,
    )


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def refused(engine: Engine, query: str) -> tuple[str, str]:
    with pytest.raises(QueryError) as caught:
        engine.run(query)
    assert caught.value.span is not None
    return caught.value.code, caught.value.message


def test_a_csv_file_has_quoted_cells_and_the_rows_pass_on(engine: Engine, tmp_path: Path) -> None:
    query = f"{ROWS} | outputcsv /new/users.csv user, n, at | stats count"
    assert parse(print_query(parse(query))) == parse(query)
    assert engine.run(query).to_dict("records") == [{"count": 2}]
    assert (tmp_path / "new" / "users.csv").read_text("utf-8") == (
        '"user","n","at"\n"ana","3","1970-01-01 09:00:00+0900"\n"say ""hi""","","1970-01-02 09:00:00+0900"\n'
    )
    assert files(tmp_path) == ["new/users.csv"]
    assert engine.run("csvfile new/users.csv | fields user").to_dict("records") == [
        {"user": "ana"},
        {"user": 'say "hi"'},
    ]


def test_json_lines_have_all_fields_or_the_listed_ones(engine: Engine, tmp_path: Path) -> None:
    engine.run(f"{ROWS} | fields user, n | outputjson all.jsonl")
    assert (tmp_path / "all.jsonl").read_text("utf-8") == '{"user":"ana","n":3}\n{"user":"say \\"hi\\""}\n'
    engine.run(f"{ROWS} | outputjson some.jsonl n")
    assert (tmp_path / "some.jsonl").read_text("utf-8") == '{"n":3}\n{"n":null}\n'


def test_a_file_that_is_there_is_kept_unless_the_query_says_otherwise(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old\n")
    assert refused(engine, f"{ROWS} | outputcsv a.csv n")[0] == "30203"
    assert (tmp_path / "a.csv").read_text() == "old\n"
    engine.run(f"{ROWS} | outputcsv append=t a.csv n")
    assert (tmp_path / "a.csv").read_text() == 'old\n"3"\n""\n'
    engine.run(f"{ROWS} | outputcsv overwrite=t tab=t bom=t a.csv n, user | limit 1")
    assert (tmp_path / "a.csv").read_bytes().startswith(b'\xef\xbb\xbf"n"\t"user"\n"3"\t"ana"\n')
    engine.run(f"{ROWS} | outputcsv overwrite=t encoding=euc-kr a.csv user")
    assert (tmp_path / "a.csv").read_bytes() == b'"user"\n"ana"\n"say ""hi"""\n'


def test_partitions_are_files_of_their_own(engine: Engine, tmp_path: Path) -> None:
    query = f"{ROWS} | rename at as _time | outputcsv partition=t /{{now:yyyy}}/{{logtime:MMdd}}.csv user"
    engine.run(query)
    assert files(tmp_path) == ["2024/0101.csv", "2024/0102.csv"]
    assert (tmp_path / "2024" / "0102.csv").read_text() == '"user"\n"say ""hi"""\n'


def test_a_query_that_fails_or_is_only_explained_leaves_no_file(engine: Engine, tmp_path: Path) -> None:
    engine.explain(f"{ROWS} | outputcsv a.csv n")
    assert files(tmp_path) == []
    refused(engine, f"{ROWS} | outputcsv a.csv n | join n [ table missing ]")
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("outputcsv a.csv n,", "30200"),
        ("outputcsv a-{now:yyyy}.csv n", "30201"),
        ("outputcsv partition=t a.csv n", "30201"),
        ("outputcsv", "30202"),
        ("outputcsv a.csv", "30202"),
        ("outputjson", "30202"),
        ("outputcsv folder/ n", "30202"),
        ("outputcsv encoding=klingon a.csv n", "30204"),
        ("outputcsv overwrite=t append=t a.csv n", "30205"),
        ("outputcsv ../a.csv n", "90200"),
        ("outputcsv /outside/a.csv n", "90200"),
        ("outputjson a\0.jsonl n", "90200"),
    ],
)
def test_mistakes(
    engine: Engine, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, command: str, code: str
) -> None:
    (tmp_path / "outside").symlink_to(tmp_path_factory.mktemp("outside"))
    assert refused(engine, f"{ROWS} | {command}")[0] == code
    assert not list((tmp_path / "outside").iterdir())


def test_a_hosted_app_writes_nothing(tmp_path: Path) -> None:
    home = {"TRAILBOARD_HOME": str(tmp_path)}
    assert Settings.load(home).output_folder == tmp_path / "output"
    hosted = Settings.load({**home, "TRAILBOARD_HOSTED": "1"})
    assert hosted.output_folder is None
    code, message = refused(Engine(output_folder=hosted.output_folder), f"{ROWS} | outputjson a.jsonl")
    assert (code, message) == ("30203", "`outputjson` is switched off here: no folder to write to")
