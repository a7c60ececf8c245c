"""The command line, run in this process where that shows the same, else as a process of its own."""

from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pytest

from engine import cli
from engine.cli import main
from engine.lake.objects import Object
from engine.language.errors import SourceError

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "engine.cli"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "eventTime": "2026-11-05T00:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "userName": "alice"},
        "recipientAccountId": "111122223333",
    } | fields


def write_log(folder: Path, name: str, *records: dict[str, Any]) -> Path:
    day = folder / "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/05"
    day.mkdir(parents=True, exist_ok=True)
    path = day / f"111122223333_CloudTrail_us-east-1_20261105T0005Z_{name}.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_log(tmp_path / "logs", "a", event(1), event(2, eventName="StopInstances"))
    write_log(tmp_path / "logs", "b", event(2, eventName="StopInstances"), event(3))
    return tmp_path / "logs"


# query


def test_query_prints_a_table_and_what_it_took(capsys: Captured) -> None:
    assert main(["query", "json \"[{a: 1, b: 'x'}, {a: 20}]\""]) == 0
    out, err = capsys.readouterr()
    assert out == " a  b\n--  -\n 1  x\n20\n"
    assert err.startswith("2 rows in 0.")


def test_query_reads_standard_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO('json "{a: 1}"\n| eval b = a + 1\n'))
    assert main(["query", "-", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "a,b\n1,2\n"


def test_formats(capsys: Captured, tmp_path: Path) -> None:
    query = "json \"[{a: 1, b: '=1+1'}, {a: -2}]\""
    assert main(["query", query, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "a,b\n1,'=1+1\n-2,\n"
    assert main(["query", query, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"a": 1, "b": "=1+1"}, {"a": -2, "b": None}]
    assert main(["query", query, "--output", str(tmp_path / "rows.parquet")]) == 0
    assert capsys.readouterr().out == ""
    assert pd.read_parquet(tmp_path / "rows.parquet")["a"].tolist() == [1, -2]


def test_an_output_that_cannot_be_written_is_told(capsys: Captured, tmp_path: Path) -> None:
    assert main(["query", 'json "{a: 1}"', "--output", str(tmp_path / "no" / "rows.csv")]) == 1
    assert "cannot write" in capsys.readouterr().err


def test_parameters_and_clock(capsys: Captured) -> None:
    options = ["--param", "who=alice=bob", "--format", "json"]
    assert main(["query", 'json "{}" | eval who = $("who")', *options]) == 0
    assert json.loads(capsys.readouterr().out) == [{"who": "alice=bob"}]


def test_a_mistake_in_a_query_is_shown_with_its_place(capsys: Captured) -> None:
    assert main(["query", 'json "{}" | serch a == 1']) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "unknown command `serch`\n" in err
    assert '  json "{}" | serch a == 1\n              ^^^^^ did you mean `search`?' in err


def test_without_a_lake_a_missing_table_comes_with_the_way_out(capsys: Captured) -> None:
    assert main(["query", "table cloudtrail"]) == 2
    assert "trailboard demo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query", "x", "--timezone", "Asia/Soul"], "`Asia/Soul` is not a time zone"),
        (["query", "x", "--now", "yesterday"], "`yesterday` is not a time"),
        (["query", "x", "--param", "a"], "`a` is not NAME=VALUE"),
        (["query", "x", "--format", "xml"], "invalid choice"),
        (["collect", "cloudtrail", "x", "--since", "soon"], "`soon` is not a day"),
        (["collect", "syslog", "x"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(arguments: list[str], message: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_a_lake_that_is_not_there_is_told_and_not_made(capsys: Captured, tmp_path: Path) -> None:
    for command in (["query", "table cloudtrail"], ["tables"], ["coverage"], ["run"], ["explain", "table cloudtrail"]):
        assert main([*command, "--lake", str(tmp_path / "nowhere")]) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_an_unknown_zone_in_the_environment_is_told(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILBOARD_TIMEZONE", "Seoul")
    assert main(["query", 'json "{}"']) == 1
    assert "TRAILBOARD_TIMEZONE" in capsys.readouterr().err


# collect


def test_collect_then_query(capsys: Captured, logs: Path, home: Path) -> None:
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    out, _ = capsys.readouterr()
    assert "3 events stored" in out
    assert str(home / "lake") in out
    query = "table cloudtrail | stats count by eventName | sort -count"
    assert main(["query", query, "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert out == "eventName,count\nRunInstances,2\nStopInstances,1\n"
    assert "files read" in err
    assert "sample data" not in err


def test_collect_again_has_nothing_new(capsys: Captured, logs: Path) -> None:
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    assert "0 events stored" in capsys.readouterr().out


def test_collect_reports_an_example_of_each_reason(capsys: Captured, logs: Path) -> None:
    write_log(logs, "c", event(9, eventTime="\x1b[2Jnever"), event(10, eventTime="\x1b[2Jnever"))
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    out = capsys.readouterr().out
    assert "2 rejected" in out
    assert out.count("for example") == 1
    assert "\x1b" not in out


def test_collect_from_nowhere_fails(capsys: Captured, tmp_path: Path) -> None:
    assert main(["collect", "cloudtrail", str(tmp_path / "nowhere")]) == 1
    assert str(tmp_path / "nowhere") in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["collect", "cloudtrail", str(tmp_path / "empty")]) == 1


def test_collect_since_leaves_older_files_out(capsys: Captured, logs: Path) -> None:
    assert main(["collect", "cloudtrail", str(logs), "--since", "2026-11-06"]) == 0
    assert "0 events stored" in capsys.readouterr().out
    assert main(["collect", "cloudtrail", str(logs), "--since", "2026-11-05"]) == 0
    assert "3 events stored" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_changes_the_exit_status(
    capsys: Captured, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.lake import objects

    def refused(item: Object) -> BinaryIO:
        if "_a." in item.name:
            raise PermissionError(13, "Permission denied")
        return open_object(item)

    open_object = objects.open_object
    monkeypatch.setattr(objects, "open_object", refused)
    assert main(["collect", "cloudtrail", str(logs)]) == 1
    out = capsys.readouterr().out
    assert "Permission denied" in out
    assert "2 events stored" in out


# explain, tables, coverage


def test_explain_shows_the_sql_and_the_files(capsys: Captured, logs: Path) -> None:
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    capsys.readouterr()
    assert main(["explain", "table duration=1d cloudtrail | stats count", "--now", "2026-11-05T12:00"]) == 0
    out = capsys.readouterr().out
    assert "SELECT" in out
    assert "files read" in out


def test_tables_lists_tables_and_fields(capsys: Captured, logs: Path) -> None:
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    capsys.readouterr()
    assert main(["tables"]) == 0
    assert "\ncloudtrail " in capsys.readouterr().out
    assert main(["tables", "cloudtrail"]) == 0
    assert "\neventName " in capsys.readouterr().out
    assert main(["tables", "cloudtrial"]) == 1
    assert "did you mean `cloudtrail`?" in capsys.readouterr().err


def test_coverage_says_what_the_lake_holds_and_what_it_lacks(capsys: Captured, logs: Path) -> None:
    write_log(logs, "c", event(3, eventTime="2026-11-05T03:10:00Z"), event(4, eventTime="nonsense"))
    assert main(["collect", "cloudtrail", str(logs)]) == 0
    capsys.readouterr()
    assert main(["coverage"]) == 0
    header, _, row = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "table",
        "account",
        "region",
        "first",
        "last",
        "hours",
        "missing",
        "gaps",
        "rows",
        "objects",
        "rejects",
        "duplicates",
        "lag",
        "state",
    ]
    first, last = "2026-11-05 09:00:00+09:00", "2026-11-05 12:10:00+09:00"
    assert row.split()[:9] == ["cloudtrail", "111122223333", "us-east-1", *first.split(), *last.split(), "2", "2"]
    assert main(["coverage", "--hours"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["coverage", "--gaps"]) == 0
    assert capsys.readouterr().out.split()[:4] == ["table", "account", "region", "start"]
    assert main(["coverage", "--rejects"]) == 0
    assert "nonsense" in capsys.readouterr().out
    assert main(["coverage", "--since", "2026-11-06"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_coverage_of_no_lake_and_of_an_empty_one(capsys: Captured, tmp_path: Path) -> None:
    assert main(["coverage"]) == 1
    assert capsys.readouterr().err.startswith("trailboard: no lake yet")
    (tmp_path / "empty").mkdir()
    assert main(["collect", "cloudtrail", str(tmp_path / "empty"), "--lake", str(tmp_path / "lake")]) == 1
    assert main(["coverage", "--lake", str(tmp_path / "lake")]) == 0


def test_demo_makes_a_lake_that_queries_then_read(capsys: Captured, home: Path) -> None:
    assert main(["demo", "--days", "1"]) == 0
    assert capsys.readouterr().out.strip() == str(home / "demo" / "lake")
    assert main(["query", "table duration=1d cloudtrail | stats count", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["count"] > 0
    assert "sample data" in err


# run


def test_run_starts_streamlit_on_the_lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: calls.append(arguments))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    main(["run", "--lake", "lake", "--port", "9000", "--no-browser"])
    program, arguments, environment = calls[0]
    assert program == sys.executable
    assert arguments[1:4] == ["-m", "pages.parts.serve", "run"]
    assert arguments[arguments.index("--server.port") + 1] == "9000"
    assert arguments[arguments.index("--server.address") + 1] == "localhost"
    assert environment["TRAILBOARD_LAKE"] == str(tmp_path / "lake")
    assert Path.cwd() == ROOT


# Failures and signals


def test_no_traceback_but_for_those_who_ask(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> str:
        raise ZeroDivisionError("of\nmany lines")

    monkeypatch.setattr(cli, "_text", broken)
    assert main(["query", "x"]) == 70
    assert capsys.readouterr().err.startswith("trailboard: internal error: ZeroDivisionError: of (please report it")
    monkeypatch.setenv("TRAILBOARD_DEBUG", "1")
    assert main(["query", "x"]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (SourceError("no access", "grant it"), 1)])
def test_exit_status(error: BaseException, status: int, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> str:
        raise error

    monkeypatch.setattr(cli, "_text", fail)
    assert main(["query", "x"]) == status
    assert capsys.readouterr().err in ("trailboard: interrupted\n", "trailboard: no access (grant it)\n")


def test_help_imports_nothing_heavy() -> None:
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "engine.settings" in loaded
    assert not loaded & {"pandas", "pyarrow", "duckdb", "streamlit", "sqlglot", "pyparsing", "numpy"}


def test_a_reader_that_stops_early_is_no_error() -> None:
    command = [*COMMAND, "query", 'json "[{a: 1}]"']
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.returncode == 141
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def in_a_terminal(*arguments: str) -> str:
    """What a command shows on a terminal."""
    parent, child = pty.openpty()
    process = subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stdin=child, stdout=child, stderr=child)
    os.close(child)
    shown = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(parent)
    process.wait()
    return shown.decode()


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_values_cannot_act_on_a_terminal(form: str) -> None:
    shown = in_a_terminal("query", "json \"{a: '\x9b31m\x1b]0;t\x07\u202e'}\"", "--format", form)
    assert "\x9b" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "u202e" in shown


def test_parquet_is_not_written_to_a_terminal() -> None:
    assert "name a file" in in_a_terminal("query", 'json "{a: 1}"', "--format", "parquet")


def test_collect_moves_a_bar_on_a_terminal(logs: Path) -> None:
    shown = in_a_terminal("collect", "cloudtrail", str(logs))
    assert "[####################] 100%  2 of 2 files" in shown
    assert "events/s" in shown
    assert "MB/s" in shown


def test_interrupting_a_collect_keeps_what_was_stored(tmp_path: Path) -> None:
    """Ctrl-C ends it with a sentence; the next run stores the rest, nothing twice."""
    for number in range(400):
        write_log(tmp_path / "logs", f"{number:03}", *(event(number * 100 + i) for i in range(100)))
    command = [*COMMAND, "collect", "cloudtrail", str(tmp_path / "logs"), "--lake", str(tmp_path / "lake")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list((tmp_path / "lake").rglob("_delta_log")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130)  # 0: it was faster
    assert "Traceback" not in err
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    query = ["query", "table cloudtrail | stats count", "--format", "csv", "--lake", str(tmp_path / "lake")]
    done = subprocess.run([*COMMAND, *query], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "count\n40000\n"


@pytest.mark.parametrize("port", ["0", "99999999", "x", "-1"])
def test_a_port_that_is_none_is_a_usage_mistake(port: str) -> None:
    done = subprocess.run([sys.executable, "-m", "engine.cli", "run", "--port", port], capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
