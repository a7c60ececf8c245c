"""Looking after a lake from a shell: what is told before anything is done, and who is asked."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.cli import main
from engine.lake.collect import collect
from engine.lake.store import Lake
from tests.lake.logs import event, key, write

Captured = pytest.CaptureFixture[str]
NOW = datetime.now(UTC)


class Terminal(io.StringIO):
    """A standard input with somebody at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Three days of one event, each collected by itself."""
    monkeypatch.setenv("TRAILBOARD_LAKE", str(tmp_path / "lake"))
    made = Lake.open(tmp_path / "lake", create=True)
    for days in (20, 10, 0):
        at = NOW - timedelta(days=days)
        write(tmp_path / "logs" / key(at, str(days)), [event(days, at)])
        collect(made, "cloudtrail", str(tmp_path / "logs"))
    return made


def days(lake: Lake) -> list[str]:
    return [file.partition for file in lake.snapshot("cloudtrail").files]


def test_compacting_tells_and_does(lake: Lake, capsys: Captured, tmp_path: Path) -> None:
    at = NOW - timedelta(days=10)
    write(tmp_path / "logs" / key(at, "x"), [event(99, at)])
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    before = days(lake)
    assert main(["compact", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("dry run: 4 small files (")
    assert "  cloudtrail: 2 joined to 1, 0 deleted\n" in told
    assert days(lake) == before
    assert main(["compact"]) == 0
    assert f"dry run: {capsys.readouterr().out}" == told
    assert len(days(lake)) == 3
    assert main(["compact"]) == 0
    assert capsys.readouterr().out == "nothing to join, nothing to delete\n"


def test_a_retention_is_confirmed_before_it_deletes(
    lake: Lake, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["retain", "--days", "15", "--table", "cloudtrail"]
    assert main([*asked, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("cloudtrail: 15 days are kept, from ")
    assert f"; deletes {NOW - timedelta(days=20):%Y-%m-%d}: 1 row, " in told
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(asked) == 1, "nobody is there to say yes"
    assert "--yes deletes without asking" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    assert main(asked) == 1
    assert len(days(lake)) == 3
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert main(asked) == 0
    assert len(days(lake)) == 2
    assert main(["retain", "--days", "5", "--yes"]) == 0
    assert len(days(lake)) == 1


def test_what_is_set_is_told(lake: Lake, capsys: Captured) -> None:
    assert main(["retain"]) == 0
    assert capsys.readouterr().out == "".join(
        f"{name}: every day is kept\n" for name in ("cloudtrail", "elb", "nlb", "rejects")
    )
    assert main(["retain", "--days", "30"]) == 0, "with nothing to delete nobody is asked"
    assert main(["retain", "--forever", "--table", "elb"]) == 0
    capsys.readouterr()
    assert main(["retain"]) == 0
    told = capsys.readouterr().out
    assert told.count("30 days are kept, from ") == 3
    assert "elb: every day is kept\n" in told


@pytest.mark.parametrize("option", ["0", "-3", "soon", "1.5"])
def test_numbers_that_are_none_are_refused(lake: Lake, option: str) -> None:
    for command in (["retain", f"--days={option}"], ["compact", f"--keep={option}"]):
        with pytest.raises(SystemExit):
            main(command)


def test_sample_data_need_no_care(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAILBOARD_LAKE", raising=False)
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path))
    for command in (["compact"], ["retain", "--days", "3", "--yes"]):
        assert main(command) == 1
        assert "no lake yet" in capsys.readouterr().err
    assert main(["retain", "--table", "waf", "--lake", str(tmp_path)]) == 1


def test_rejects_are_tried_again(lake: Lake, capsys: Captured, tmp_path: Path) -> None:
    path = write(tmp_path / "logs" / key(NOW, "broken"), [7])
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    assert main(["retry"]) == 0
    assert "0 rejects cleared, 1 left" in capsys.readouterr().out
    write(path, [event(777, NOW)])
    assert main(["retry", str(path)]) == 0
    assert capsys.readouterr().out == "1 objects tried again: 1 events stored, 1 rejects cleared, 0 left\n"
