"""The demo lake: whole or not at all, made once, made anew when it is old, and never in the place of something else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import engine.demo
from engine.demo import demo_is_fresh, demo_made, make_demo_lake
from engine.demo.generate import write_logs
from engine.lake.store import Lake
from engine.language.errors import LakeError
from tests.demo.access_logs import all_lines, log_paths
from tests.demo.conftest import WEDNESDAY, Sample


def rows(lake: Path, table: str = "cloudtrail") -> int:
    return sum(file.rows for file in Lake.open(lake).snapshot(table).files)


def test_the_lake_holds_every_event_once_and_two_rejects(two_weeks: Sample) -> None:
    lake = two_weeks.folder / "lake"
    assert rows(lake) == len(two_weeks.index)
    assert rows(lake, "elb") == sum(1 for _ in all_lines(two_weeks.folder / "logs"))
    assert rows(lake, "_rejects") == 2
    assert rows(lake, "_objects") == len(two_weeks.paths) + len(log_paths(two_weeks.folder / "logs"))


def test_a_fresh_lake_stays_and_an_old_one_is_made_anew(tmp_path: Path) -> None:
    stages: list[tuple[str, float]] = []
    lake = make_demo_lake(tmp_path, WEDNESDAY, 1, lambda *stage: stages.append(stage))
    assert lake == tmp_path / "lake"
    assert {stage for stage, _ in stages} == {engine.demo.WRITING, engine.demo.COLLECTING}
    fractions = [fraction for _, fraction in stages]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert demo_made(tmp_path) == WEDNESDAY

    later = WEDNESDAY + timedelta(hours=11)
    assert demo_is_fresh(tmp_path, later, 1)
    make_demo_lake(tmp_path, later, 1)
    assert demo_made(tmp_path) == WEDNESDAY

    too_late = WEDNESDAY + timedelta(hours=13)
    assert not demo_is_fresh(tmp_path, too_late, 1)
    make_demo_lake(tmp_path, too_late, 1)
    assert demo_made(tmp_path) == too_late
    assert rows(lake) > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "lake", "logs"]


def test_it_is_not_fresh_for_other_days_or_a_clock_set_back(two_weeks: Sample) -> None:
    assert demo_is_fresh(two_weeks.folder, two_weeks.now)
    assert not demo_is_fresh(two_weeks.folder, two_weeks.now, 7)
    assert not demo_is_fresh(two_weeks.folder, two_weeks.now - timedelta(hours=1))


def test_an_interrupted_start_leaves_no_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine.demo, "collect", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_demo_lake(tmp_path, WEDNESDAY, 1)
    assert not (tmp_path / "lake").exists()
    assert not demo_is_fresh(tmp_path, WEDNESDAY, 1)

    (tmp_path / ".making-killed" / "logs").mkdir(parents=True)
    make_demo_lake(tmp_path, WEDNESDAY, 1)
    assert demo_is_fresh(tmp_path, WEDNESDAY, 1)
    assert not (tmp_path / ".making-killed").exists()


def test_of_two_that_start_at_once_one_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def counted(folder: Path, now: datetime, days: int, progress: object) -> int:
        written.append(folder)
        return write_logs(folder, now, days)

    monkeypatch.setattr(engine.demo, "write_logs", counted)
    with ThreadPoolExecutor(2) as pool:
        lakes = list(pool.map(lambda _: make_demo_lake(tmp_path, WEDNESDAY, 1), range(2)))
    assert lakes == [tmp_path / "lake"] * 2
    assert len(written) == 1


@pytest.mark.parametrize("name", ["lake", "logs"])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, name: str) -> None:
    own = tmp_path / name / "own.txt"
    own.parent.mkdir()
    own.write_text("mine")
    with pytest.raises(LakeError, match="stays as it is"):
        make_demo_lake(tmp_path, WEDNESDAY, 1)
    assert own.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="cannot make sample data"):
        make_demo_lake(tmp_path / "file" / "demo", WEDNESDAY, 1)
