"""The lake as a query sees it."""

import io
import json
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from engine.catalog import Catalog
from engine.lake import cloudtrail
from engine.lake.collect import collect
from engine.lake.compact import compact
from engine.lake.coverage import age, coverage, rejects
from engine.lake.store import Lake
from engine.language.errors import LakeError
from tests.lake.logs import START, event, key, select, write, write_logs


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


def table(lake):
    (found,) = lake.catalog().matching("cloudtrail*")
    return found


def test_an_empty_lake_has_its_table_with_all_fields(lake):
    catalog = lake.catalog()
    assert isinstance(catalog, Catalog)
    assert list(catalog.names()) == ["cloudtrail"]
    assert table(lake).fields == cloudtrail.FIELDS
    scan = table(lake).scan(None, None)
    assert (scan.files, scan.bytes, scan.files_total) == ((), 0, 0)
    assert coverage(lake).empty
    assert rejects(lake).empty
    assert age(lake).newest_event is None


def test_a_lake_is_made_only_when_asked(tmp_path):
    with pytest.raises(LakeError, match="no table"):
        Lake.open(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()
    made = Lake.open(tmp_path / "absent", create=True)
    assert Lake.open(made.path, create=True).version() == Lake.open(made.path).version() == made.version()
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError):
        Lake.open(tmp_path / "file", create=True)
    with pytest.raises(LakeError):
        Lake.open("gs://bucket/lake")


def test_files_are_pruned_by_time(lake, tmp_path):
    for hour in (1, 9, 30):
        time = START + timedelta(hours=hour)
        write(tmp_path / "logs" / key(time, "x"), [event(hour * 10 + n, time + timedelta(minutes=n)) for n in range(3)])
        collect(lake, "cloudtrail", str(tmp_path / "logs"))
    found = table(lake)

    def files(start, end):
        scan = found.scan(start and START + timedelta(hours=start), end and START + timedelta(hours=end))
        assert scan.files_total == 3
        assert (scan.bytes > 0) == bool(scan.files)
        return len(scan.files)

    assert files(None, None) == 3
    assert files(None, 1) == 0
    assert files(None, 1.01) == 1
    assert files(2, 9) == 0
    assert files(2, 9.01) == 1
    assert files(9 + 2 / 60, None) == 2
    assert files(9 + 2.01 / 60, None) == 1
    assert files(24, 48) == 1
    assert files(48, None) == 0


def test_duckdb_reads_the_declared_types(lake, tmp_path):
    write_logs(tmp_path / "logs", files=4, per_file=10)
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    with duckdb.connect() as duck:
        columns = ", ".join(f'"{field.name}" {field.type.sql}' for field in cloudtrail.FIELDS)
        declared = duck.execute(f"CREATE TABLE t ({columns}); FROM t").description
        files = list(table(lake).scan(None, None).files)
        rows = duck.execute("FROM read_parquet(?, union_by_name = true, hive_partitioning = false)", [files])
        assert [item[:2] for item in rows.description] == [item[:2] for item in declared]


def test_a_catalog_stays_at_its_version(lake, tmp_path):
    write(tmp_path / "logs" / "a.json", [event(1)])
    before = lake.catalog()
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    after = lake.catalog()
    assert before.version != after.version == lake.version()
    assert before.tables[0].scan(None, None).files == ()
    assert len(after.tables[0].scan(None, None).files) == 1


def test_other_delta_readers_see_the_same(lake, tmp_path):
    events = write_logs(tmp_path / "logs", files=4, per_file=10)
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    read = DeltaTable(str(lake.path / "cloudtrail")).to_pyarrow_table()
    assert read.num_rows == events
    assert sorted({str(day) for day in read["date"].to_pylist()}) == ["2024-05-01", "2024-05-02", "2024-05-03"]


def test_time_ranges_of_files_outlive_a_checkpoint(lake):
    part = next(cloudtrail.decode(io.BytesIO(json.dumps(event(1)).encode())))
    rows = pa.Table.from_batches([cloudtrail.to_batch([("x", part)])])
    writer = lake.table("cloudtrail")
    for _ in range(3):
        assert writer.commit([writer.write(rows, "2024-05-01")])
    DeltaTable(str(lake.path / "cloudtrail")).create_checkpoint()  # as every hundredth commit does
    files = Lake.open(lake.path).snapshot("cloudtrail").files
    assert files == lake.snapshot("cloudtrail").files
    assert {(file.first, file.last, file.rows) for file in files} == {(START, START, 1)}


def test_rows_of_a_day_and_of_a_file_are_in_order(lake, tmp_path):
    shuffled = [event(n, START + timedelta(minutes=n * 7919 % 4000)) for n in range(500)]
    write(tmp_path / "logs" / "a.json", shuffled)
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    times = [row[0] for row in select(lake, "SELECT epoch_us(_time) FROM t")]
    assert times == sorted(times)
    assert len(lake.snapshot("cloudtrail").files) == 3


def test_compact_joins_and_cleans_up(lake, tmp_path):
    for n in range(4):
        write(tmp_path / "logs" / f"{n}.json", [event(n, START + timedelta(hours=n)), n])
        collect(lake, "cloudtrail", str(tmp_path / "logs"))
    frame, put_aside = coverage(lake), rejects(lake)
    reader = table(lake).scan(None, None)
    assert compact(lake).deleted_files == 0
    for name in ("cloudtrail", "_objects", "_rejects"):
        assert len(lake.snapshot(name).files) == 1
    assert duckdb.read_parquet(list(reader.files), hive_partitioning=False).shape[0] == 4
    assert coverage(lake).equals(frame)
    assert rejects(lake).equals(put_aside)
    assert collect(lake, "cloudtrail", str(tmp_path / "logs")).already == 4
    assert compact(lake, keep_hours=0).deleted_files == 12
    write(tmp_path / "logs" / "again.json", [event(n, START + timedelta(hours=n)) for n in range(5)])
    report = collect(lake, "cloudtrail", str(tmp_path / "logs"))
    assert (report.events, report.duplicates) == (1, 4)
    assert select(lake, "SELECT count(*) FROM t") == [(5,)]


def test_coverage_of_a_range(lake, tmp_path):
    write_logs(tmp_path / "logs", files=6, per_file=10)
    collect(lake, "cloudtrail", str(tmp_path / "logs"))
    whole = coverage(lake)
    assert whole["rows"].sum() == 60
    assert set(whole["region"]) == {"eu-west-1"}
    day = coverage(lake, datetime(2024, 5, 2, tzinfo=UTC), datetime(2024, 5, 3, tzinfo=UTC))
    assert day["rows"].sum() == 20
    assert set(day["hour"].dt.day) == {2}
