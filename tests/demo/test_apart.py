"""Making sample data in a process of its own: its words, its end, and that it leaves nobody behind."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.demo import demo_is_fresh, demo_made, make_demo_lake_apart
from engine.demo.apart import CHECKOUT
from engine.language.errors import LakeError
from tests.demo.conftest import WEDNESDAY


def test_a_lake_is_made_and_the_way_there_is_told(tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    lake = make_demo_lake_apart(tmp_path, WEDNESDAY, 1, lambda *step: steps.append(step))
    assert lake == tmp_path / "lake"
    assert demo_made(tmp_path) == WEDNESDAY
    fractions = [fraction for _, fraction in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    steps.clear()
    assert make_demo_lake_apart(tmp_path, WEDNESDAY, 1, lambda *step: steps.append(step)) == lake
    assert not steps


def test_a_problem_comes_back_in_its_own_words(tmp_path: Path) -> None:
    own = tmp_path / "lake" / "own.txt"
    own.parent.mkdir()
    own.write_text("mine")
    with pytest.raises(LakeError, match="stays as it is") as caught:
        make_demo_lake_apart(tmp_path, WEDNESDAY, 1)
    assert caught.value.hint == "name another folder"
    assert own.read_text() == "mine"


def test_a_death_without_an_explanation_is_told_with_the_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho no memory left >&2\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(LakeError, match="ended with 3: no memory left"):
        make_demo_lake_apart(tmp_path / "demo", WEDNESDAY, 1)


def test_what_progress_raises_ends_the_child(tmp_path: Path) -> None:
    class Stopped(Exception):
        """The page was left."""

    def stop(stage: str, fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        make_demo_lake_apart(tmp_path, WEDNESDAY, 1, stop)
    assert not demo_is_fresh(tmp_path, WEDNESDAY, 1)
    assert not _makers_of(tmp_path)


PARENT = """
import sys, time
from datetime import datetime
from pathlib import Path
from engine.demo import make_demo_lake_apart

def wait_for_ever(stage, fraction):
    print("begun", flush=True)
    time.sleep(600)

make_demo_lake_apart(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), 14, wait_for_ever)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds the child by its command line in /proc")
def test_the_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path), WEDNESDAY.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"begun\n"
        assert _makers_of(tmp_path)
        parent.kill()
    deadline = time.monotonic() + 20
    while _makers_of(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not demo_is_fresh(tmp_path, WEDNESDAY)


def _makers_of(folder: Path) -> list[str]:
    """Processes that make sample data in a folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if b"engine.demo" in words and str(folder).encode() in words:
                found.append(process.name)
    return found
