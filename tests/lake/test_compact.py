"""Compacting and retention: what they would do, what they do, and that nobody who reads or collects is disturbed."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta

import duckdb
import pyarrow.parquet as pq
import pytest

from engine.lake import collect as collecting
from engine.lake import compact as compacting
from engine.lake import retain as retaining
from engine.lake.collect import collect
from engine.lake.compact import compact, compact_small, planned, small_files
from engine.lake.coverage import coverage, rejects
from engine.lake.retain import policies, retain, retain_again, tables_named
from engine.lake.store import Lake
from engine.language.errors import SourceError
from tests.lake.logs import START, event, key, select, write

TODAY = date(2024, 5, 10)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Collectors delete days on this clock."""
    monkeypatch.setattr(collecting, "today", lambda: TODAY)


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


def collect_days(lake, logs, days, files=1):
    """An event an hour, each day in so many files of its own, each collected by itself; one broken record a day."""
    for day in range(days):
        for part in range(files):
            begin = START + timedelta(days=day)
            hours = range(part, 24, files)
            events = [event(day * 24 + hour, begin + timedelta(hours=hour)) for hour in hours]
            write(logs / key(begin + timedelta(hours=23), f"{day}-{part}"), [*events, day] if part == 0 else events)
            collect(lake, "cloudtrail", str(logs))


def numbers(lake):
    return [number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t ORDER BY 1")]


def on_disk(lake, table="cloudtrail"):
    return {str(path.relative_to(lake.path / table)) for path in (lake.path / table).rglob("*.parquet")}


def in_table(lake, table="cloudtrail"):
    return {file.path for file in lake.snapshot(table).files}


# compacting -----------------------------------------------------------------------------------------------------------


def test_what_compacting_would_do_is_what_it_does(lake, logs):
    collect_days(lake, logs, 2, files=3)
    before, told = lake.version(), planned(lake)
    assert {(join.table, join.partition, len(join.files)) for join in told.joins} >= {
        ("cloudtrail", "2024-05-01", 3),
        ("cloudtrail", "2024-05-02", 3),
        ("_objects", "2024-05-01", 3),
    }
    assert told.deleted_files == 0
    assert lake.version() == before, "nothing is done by telling"
    done = compact(lake)
    assert done == told
    assert planned(lake).is_empty
    assert numbers(lake) == list(range(48))


def test_files_are_deleted_when_nobody_can_be_reading_them(lake, logs):
    collect_days(lake, logs, 1, files=3)
    compact(lake)
    assert len(on_disk(lake)) == 4
    assert planned(lake).is_empty, "they were replaced just now"
    told = planned(lake, keep_hours=0)
    assert len(told.deleted["cloudtrail"]) == 3
    assert compact(lake, keep_hours=0).deleted == told.deleted
    assert on_disk(lake) == in_table(lake)


def test_files_without_a_commit_are_orphans_after_a_day(lake, logs):
    collect_days(lake, logs, 1)
    table = lake.table("cloudtrail")
    rows = pq.ParquetFile(table.location(table.refresh().files[0])).read()
    young, old = table.write(rows, "2024-05-01"), table.write(rows, "2024-05-01")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(table.location(old), (two_days_ago, two_days_ago))
    assert compact(lake, keep_hours=0).deleted["cloudtrail"] == (old.path,)
    assert on_disk(lake) == {*in_table(lake), young.path}
    table.refresh()
    assert table.commit([young]), "a collector that was about to commit it still can"


def test_days_that_are_over_are_joined_earlier(lake, logs):
    collect_days(lake, logs, 1, files=4)
    table = lake.table("cloudtrail")
    assert small_files(table, 5, 4, START + timedelta(days=1)) == []
    assert len(small_files(table, 5, 4, START + timedelta(days=2))) == 1
    assert len(small_files(table, 4, 4, START)) == 1


def test_collecting_joins_files_by_itself(lake, logs, monkeypatch):
    monkeypatch.setattr(compacting, "SEVERAL", 4)
    collect_days(lake, logs, 2, files=6)
    assert len(in_table(lake)) < 8
    assert numbers(lake) == list(range(48))


def test_expired_files_are_deleted_by_collecting(lake, logs, monkeypatch):
    collect_days(lake, logs, 1, files=3)
    with monkeypatch.context() as patch:
        patch.setattr("engine.lake.store.time.time", lambda: 0.0)  # long ago
        table = lake.table("cloudtrail")
        assert compacting.join(table, *small_files(table, 2))
    assert len(on_disk(lake)) == 4
    compact_small(lake)
    assert on_disk(lake) == in_table(lake)


def test_files_of_an_older_version_can_be_joined(lake, logs):
    collect_days(lake, logs, 1, files=2)
    table = lake.table("cloudtrail")
    files = table.refresh().files
    rows = pq.ParquetFile(table.location(files[0])).read()
    older = table.write(rows.drop_columns(["tlsDetails"]), "2024-05-01")
    assert table.commit([older], [files[0]])
    compact(lake)
    assert numbers(lake) == list(range(24))
    assert select(lake, "SELECT count(*) FROM (SELECT tlsDetails FROM t)") == [(24,)]


# retention ------------------------------------------------------------------------------------------------------------


def test_what_a_retention_would_delete_is_what_it_deletes(lake, logs):
    collect_days(lake, logs, 5)
    days = {"cloudtrail": 7}
    before, (told,) = lake.version(), retaining.planned(lake, days, TODAY)
    assert (told.kept_from, told.deleted_days, told.rows) == (date(2024, 5, 3), ["2024-05-01", "2024-05-02"], 48)
    assert told.bytes > 0
    assert lake.version() == before
    reader = lake.catalog().tables[0].scan(None, None)
    assert retain(lake, days, TODAY) == [told]
    assert numbers(lake) == list(range(48, 120))
    assert duckdb.read_parquet(list(reader.files), hive_partitioning=False).shape[0] == 120, "a reader goes on"
    assert policies(lake)["cloudtrail"] == retaining.Policy("cloudtrail", 7, date(2024, 5, 3))
    assert policies(lake)["_rejects"].days is None
    assert len(rejects(lake)) == 5, "rejects are a table of their own"


def test_all_tables_at_once_with_what_was_put_aside(lake, logs):
    collect_days(lake, logs, 5)
    names = tables_named(lake, None)
    assert names == ["cloudtrail", "elb", "nlb", "_rejects"]
    retain(lake, dict.fromkeys(names, 7), TODAY)
    assert len(rejects(lake)) == 3
    assert {file.partition for file in lake.snapshot("_objects").files} == {f"2024-05-0{n}" for n in (3, 4, 5)}
    assert coverage(lake)["rows"].sum() == 72


def test_deleted_days_do_not_come_back_by_collecting(lake, logs):
    collect_days(lake, logs, 5)
    retain(lake, dict.fromkeys(tables_named(lake, None), 7), TODAY)
    again = collect(lake, "cloudtrail", str(logs))
    assert (again.collected, again.events) == (0, 0)
    assert again.skipped == {"files from before 2024-05-03, which the lake does not keep": 2}
    copy = logs.parent / "copy"
    write(copy / "all.json", [event(n, START + timedelta(hours=n)) for n in range(125)])
    report = collect(lake, "cloudtrail", str(copy))
    assert report.events == 5
    assert report.skipped == {"events from before 2024-05-03, which the lake does not keep": 48}
    assert numbers(lake) == list(range(48, 125))


def test_days_come_back_when_they_are_kept_again_and_collected(lake, logs):
    collect_days(lake, logs, 5)
    everything = tables_named(lake, None)
    retain(lake, dict.fromkeys(everything, 7), TODAY)
    (told, *_) = retaining.planned(lake, dict.fromkeys(everything, 8), TODAY)
    assert told.kept_from == date(2024, 5, 2)
    assert told.files == ()
    retain(lake, dict.fromkeys(everything, 8), TODAY)
    assert numbers(lake) == list(range(48, 120)), "not by themselves"
    assert collect(lake, "cloudtrail", str(logs)).events == 24
    retain(lake, dict.fromkeys(everything, None), TODAY)
    assert policies(lake)["cloudtrail"] == retaining.Policy("cloudtrail", None, None)
    collect(lake, "cloudtrail", str(logs))
    assert numbers(lake) == list(range(120))


def test_keeping_one_table_longer_reads_its_objects_again(lake, logs):
    collect_days(lake, logs, 3)
    retain(lake, {"cloudtrail": 7}, TODAY)
    assert len(lake.snapshot("_objects").files) == 3, "other tables may need the notes"
    retain(lake, {"cloudtrail": 9}, TODAY)
    assert collect(lake, "cloudtrail", str(logs)).events == 48
    assert numbers(lake) == list(range(72))


def test_a_retention_is_applied_by_collecting(lake, logs, monkeypatch):
    collect_days(lake, logs, 2)
    retain(lake, {"cloudtrail": 9}, TODAY)
    assert numbers(lake) == list(range(48))
    (done,) = retain_again(lake, TODAY + timedelta(days=1))
    assert done.deleted_days == ["2024-05-01"]
    assert retain_again(lake, TODAY + timedelta(days=1)) == []
    monkeypatch.setattr(collecting, "today", lambda: TODAY + timedelta(days=9))
    write(logs / key(START + timedelta(days=15), "new"), [event(999, START + timedelta(days=15))])
    collect(lake, "cloudtrail", str(logs))
    assert numbers(lake) == [999]


def test_a_collector_at_work_notices_a_retention(lake, logs, monkeypatch):
    write(logs / "a.json", [event(n, START + timedelta(hours=n)) for n in range(48)])
    known_rows = collecting.known_rows
    others = [lambda: retain(lake, {"cloudtrail": 8}, TODAY)]

    def with_retention(*arguments):
        known = known_rows(*arguments)
        if others:
            others.pop()()
        return known

    monkeypatch.setattr(collecting, "known_rows", with_retention)
    report = collect(lake, "cloudtrail", str(logs))
    assert numbers(lake) == list(range(24, 48))
    assert report.events == 24
    assert sum(report.skipped.values()) == 24


def test_tables_are_named_as_people_know_them(lake):
    assert tables_named(lake, "rejects") == ["_rejects"]
    assert tables_named(lake, "elb") == ["elb"]
    for name in ("_objects", "waf"):
        with pytest.raises(SourceError, match="to keep for some days"):
            tables_named(lake, name)
