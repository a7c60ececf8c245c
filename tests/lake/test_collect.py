"""Collecting folders: what is stored, what is kept aside, and that nothing is stored twice."""

import errno
import gzip
import json
import os
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.lake import cloudtrail, records, store
from engine.lake import collect as collecting
from engine.lake.collect import CollectReport, collect
from engine.lake.coverage import age, coverage, rejects
from engine.lake.store import Lake
from engine.language.errors import LakeError, SourceError
from tests.lake.logs import START, event, key, select, write, write_logs

REAL = Path(__file__).parents[3] / "shared" / "real"
real_data = pytest.mark.skipif(not REAL.is_dir(), reason="the folder ../shared/real with real logs is not here")


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


def count(lake):
    rows = select(lake, "SELECT count(*), count(DISTINCT (recipientAccountId, eventID)), count(DISTINCT _id) FROM t")
    return rows[0] if rows else (0, 0, 0)


# ── real logs ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def real_lake(tmp_path_factory):
    lake = Lake.open(tmp_path_factory.mktemp("real") / "lake", create=True)
    report = collect(lake, "cloudtrail", str(REAL / "cloudtrail"))
    assert (report.objects, report.collected, report.events, report.duplicates) == (55, 55, 2900, 0)
    assert report.rejects == report.remarks == report.skipped == {}
    return lake


@pytest.fixture(scope="module")
def expected():
    return json.loads((REAL / "expected.json").read_text())["cloudtrail"]


@real_data
def test_real_logs_are_all_there(real_lake, expected):
    ((rows, ids, names, addresses, agents),) = select(
        real_lake,
        "SELECT count(*), count(DISTINCT eventID), count(DISTINCT eventName), count(DISTINCT sourceIPAddress), "
        "count(DISTINCT userAgent) FROM t",
    )
    assert (rows, ids) == (expected["records"], expected["distinct_eventID"])
    assert names == expected["distinct_eventName"]
    assert addresses == expected["distinct_sourceIP"]
    assert agents == expected["distinct_userAgent"]


@real_data
@pytest.mark.parametrize(
    ("answer", "column"),
    [
        ("top_errorCode", "errorCode"),
        ("top_eventName", "eventName"),
        ("top_eventSource", "eventSource"),
        ("top_sourceIP", "sourceIPAddress"),
        ("region", "awsRegion"),
        ("userIdentity_type", "userIdentity.type"),
        ("user_name", "userIdentity.userName"),
        ("readOnly", "CASE WHEN readOnly THEN 'True' ELSE 'False' END"),
        ("mfa", "userIdentity.sessionContext.attributes.mfaAuthenticated"),
        ("per_10m", "strftime(time_bucket(INTERVAL 10 MINUTE, _time), '%Y-%m-%dT%H:%M:%SZ')"),
    ],
)
def test_real_logs_counted_by_a_field(real_lake, expected, answer, column):
    counts = dict(select(real_lake, f"SELECT {column} AS value, count(*) FROM t GROUP BY ALL"))
    assert {value: counts.get(value) for value, _ in expected[answer]} == dict(expected[answer])


@real_data
def test_real_logs_in_other_numbers(real_lake, expected):
    ((first, last, codes, messages, arns, parameters, logins),) = select(
        real_lake,
        "SELECT min(eventTime), max(eventTime), count(errorCode), count(errorMessage), "
        "count(*) - count(userIdentity.arn), count(*) - count(requestParameters), "
        "count(*) FILTER (eventName = 'ConsoleLogin') FROM t",
    )
    assert [first, last] == expected["time"]
    assert codes == expected["errorCode_rows"]
    assert messages == expected["errorMessage_rows"]
    assert arns == expected["arn_null"]
    assert parameters == expected["requestParameters_null"]
    assert logins == expected["console_logins"]
    denied = select(
        real_lake,
        "SELECT count(*) FROM t WHERE sessionCredentialFromConsole = 'true'",
    )
    assert denied == [(expected["console_credential_rows_all"],)]


@real_data
def test_real_logs_are_covered(real_lake):
    frame = coverage(real_lake)
    assert frame["account"].tolist() == ["123837392027"] * 2
    assert frame["rows"].tolist() == [798, 2102]
    assert frame["hour"].tolist() == [datetime(2023, 7, 10, hour, tzinfo=UTC) for hour in (11, 12)]
    assert 0 < frame["lag"].max() < 3600
    assert age(real_lake).newest_event == datetime(2023, 7, 10, 12, 37, 50, tzinfo=UTC)


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_run_finds_nothing_to_do(lake, logs):
    events = write_logs(logs, files=6, per_file=50)
    first = collect(lake, "cloudtrail", str(logs))
    version = lake.version()
    second = collect(lake, "cloudtrail", str(logs))
    assert (first.collected, first.events, first.duplicates) == (6, events, 5 * 50)
    assert (second.objects, second.collected, second.already, second.events) == (6, 0, 6, 0)
    assert lake.version() == version
    assert count(lake) == (events,) * 3


def test_an_event_delivered_in_another_file_later_is_stored_once(lake, logs):
    write(logs / key(START, "a"), [event(1), event(2)])
    collect(lake, "cloudtrail", str(logs))
    write(logs / key(START, "b", region="us-east-1"), [event(2), event(3), event(3)])
    report = collect(lake, "cloudtrail", str(logs))
    assert (report.collected, report.already, report.events, report.duplicates) == (1, 1, 1, 2)
    assert count(lake) == (3, 3, 3)


def test_the_same_event_id_in_two_accounts_is_two_events(lake, logs):
    write(logs / "a.json", [event(1), event(1, recipientAccountId="999999999999")])
    collect(lake, "cloudtrail", str(logs))
    assert count(lake) == (2, 2, 2)


def test_events_without_id_are_stored_once_as_well(lake, logs):
    records_without = [event(1, eventID=None), event(1, eventID=None), event(2, eventID=None)]
    write(logs / "a.json", records_without)
    assert collect(lake, "cloudtrail", str(logs)).events == 3
    write(logs / "b.json", records_without)
    assert collect(lake, "cloudtrail", str(logs)).duplicates == 3


def test_a_file_that_has_changed_is_read_again(lake, logs):
    path = write(logs / "a.json", [event(1), 5])
    collect(lake, "cloudtrail", str(logs))
    write(path, [event(1), 5, event(2)])
    report = collect(lake, "cloudtrail", str(logs))
    assert (report.collected, report.events, report.duplicates) == (1, 1, 1)
    assert count(lake) == (2, 2, 2)
    assert len(rejects(lake)) == 1


def test_files_that_give_nothing_are_remembered(lake, logs):
    write(logs / "empty.json", [])
    (logs / "nothing.json").write_bytes(b"")
    (logs / "rubbish.json.gz").write_bytes(b"\x1f\x8brubbish")
    assert collect(lake, "cloudtrail", str(logs)).collected == 3
    again = collect(lake, "cloudtrail", str(logs))
    assert (again.collected, again.already) == (0, 3)
    assert len(rejects(lake)) == 2


def test_a_lake_whose_notes_are_lost_doubles_nothing(lake, logs, monkeypatch):
    events = write_logs(logs, files=6, per_file=50)
    with monkeypatch.context() as patch:
        patch.setattr(collecting.Ledger, "has", lambda *_: False)
        collect(lake, "cloudtrail", str(logs))
        kept = len(rejects(lake))
        report = collect(lake, "cloudtrail", str(logs))
    assert (report.collected, report.events) == (6, 0)
    assert count(lake) == (events,) * 3
    assert len(rejects(lake)) == kept
    assert coverage(lake)["rejects"].sum() == sum(report.rejects.values())


def test_a_commit_of_somebody_else_in_between_is_compared_with(lake, logs, monkeypatch):
    write(logs / "mine" / "a.json", [event(n, START + timedelta(hours=n)) for n in range(40)])
    write(logs / "theirs" / "b.json", [event(n, START + timedelta(hours=n)) for n in range(20, 60)])
    known_rows = collecting.known_rows
    others = [lambda: collect(lake, "cloudtrail", str(logs / "theirs"))]

    def with_interruption(*arguments):
        known = known_rows(*arguments)
        if others:
            others.pop()()
        return known

    monkeypatch.setattr(collecting, "known_rows", with_interruption)
    report = collect(lake, "cloudtrail", str(logs / "mine"))
    assert (report.events, report.duplicates) == (20, 20)
    assert count(lake) == (60, 60, 60)
    on_disk = {path.name for path in (lake.path / "cloudtrail").rglob("*.parquet")}
    assert on_disk == {Path(file.path).name for file in lake.snapshot("cloudtrail").files}


def test_many_small_commits_become_few_files(lake, logs, monkeypatch):
    monkeypatch.setattr(collecting, "BATCH_BYTES", 1)
    monkeypatch.setattr(collecting, "EVENTS_AT_ONCE", 1)
    monkeypatch.setattr("engine.lake.compact.MANY", 5)
    events = write_logs(logs, files=16, per_file=10, days=2)
    report = collect(lake, "cloudtrail", str(logs))
    assert report.events == events
    assert count(lake) == (events,) * 3
    files = lake.snapshot("cloudtrail").files
    assert {file.partition for file in files} == {"2024-05-01", "2024-05-02"}
    assert len(files) < 6
    for file in files:
        rows = select_file(lake, file)
        assert rows == sorted(rows)
        assert (rows[0], rows[-1]) == (file.first, file.last)
    assert collect(lake, "cloudtrail", str(logs)).already == 16


def select_file(lake, file):
    import pyarrow.parquet as pq

    return pq.ParquetFile(lake.location("cloudtrail", file)).read(columns=["_time"])["_time"].to_pylist()


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_layouts_and_kinds(lake, logs):
    write(logs / key(START, "a"), [event(1)])
    write(logs / "prefix/AWSLogs/o-abc123/444455556666/CloudTrail/us-east-1/2024/05/01/x.json.gz", [event(2)])
    write(logs / "elsewhere/events.jsonl", [])
    (logs / "elsewhere/events.jsonl").write_text(json.dumps(event(3)) + "\n" + json.dumps(event(4)))
    for kind in ("Digest", "Insight", "NetworkActivity", "Aggregated"):
        write(logs / key(START, "k", kind=f"CloudTrail-{kind}"), [event(9)])
    write(logs / "copied" / Path(key(START, "c", kind="CloudTrail-Digest")).name, [event(9)])
    (logs / "readme.txt").write_text("hello")
    (logs / ".hidden.json").write_text("hello")
    report = collect(lake, "cloudtrail", str(logs))
    assert (report.objects, report.collected, report.events) == (8, 3, 4)
    assert report.skipped == {
        "CloudTrail-Digest files": 2,
        "CloudTrail-Insight files": 1,
        "CloudTrail-NetworkActivity files": 1,
        "CloudTrail-Aggregated files": 1,
    }
    assert report.rejects == {}


def test_one_file_is_a_source_too(lake, logs):
    path = write(logs / "named.log", [event(1)])
    assert collect(lake, "cloudtrail", str(path)).events == 1


def test_only_what_was_delivered_since(lake, logs):
    for day in range(4):
        write(logs / key(START + timedelta(days=day), "x"), [event(day, START + timedelta(days=day))])
    report = collect(lake, "cloudtrail", str(logs), since=date(2024, 5, 3))
    assert (report.collected, report.events) == (2, 2)
    assert report.skipped == {"files before 2024-05-03": 2}
    write(logs / "undated.json", [event(9)])
    assert collect(lake, "cloudtrail", str(logs), since=date(2024, 5, 3)).skipped["files whose names tell no day"] == 1
    assert collect(lake, "cloudtrail", str(logs), since=date.min).collected == 3


def test_sources_that_cannot_be_read(lake, tmp_path):
    for source in (str(tmp_path / "absent"), "s3://bucket/prefix"):
        with pytest.raises(SourceError):
            collect(lake, "cloudtrail", source)
    with pytest.raises(SourceError, match="cloudtrail, elb"):
        collect(lake, "vpcflow", str(tmp_path))
    assert collect(lake, "cloudtrail", str(tmp_path / "lake")).objects == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_opened_is_reported_and_tried_again(lake, logs):
    path = write(logs / "a.json", [event(1)])
    path.chmod(0)
    report = collect(lake, "cloudtrail", str(logs))
    assert [name for name, _ in report.failed] == [str(path)]
    path.chmod(0o600)
    assert collect(lake, "cloudtrail", str(logs)).events == 1


def test_a_file_that_fails_while_it_is_read_is_reported_and_tried_again(lake, logs, monkeypatch):
    write(logs / "a.json", [event(1)])
    write(logs / "b.json", [event(2)])

    def closed(item):
        if item.name.endswith("a.json"):
            raise PermissionError(13, "Permission denied", item.name)
        return open(item.name, "rb")

    with monkeypatch.context() as patch:
        patch.setattr("engine.lake.objects.open_object", closed)
        report = collect(lake, "cloudtrail", str(logs))
    assert report.failed == ((str(logs / "a.json"), "Permission denied"),)
    assert report.events == 1
    assert collect(lake, "cloudtrail", str(logs)).events == 1


# ── the report ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_odd_is_counted_kept_and_reported(lake, logs):
    good = [event(n) for n in range(3)]
    write(logs / "time.json", [good[0], event(7, eventTime="soon")])
    write(logs / "odd.json.gz", [good[1], event(8, sourceIPAddress="035.249.253.232"), event(9, errorCode=404)])
    truncated = gzip.compress(json.dumps({"Records": [event(n) for n in range(100, 1100)]}).encode())
    (logs / "cut.json.gz").write_bytes(truncated[: len(truncated) // 2])
    (logs / "empty.json").write_bytes(b"")
    (logs / "broken.json").write_bytes(json.dumps(good[2]).encode() + b"\n{broken\n")
    report = collect(lake, "cloudtrail", str(logs))
    assert report.rejects == {
        cloudtrail.NO_TIME: 1,
        cloudtrail.EMPTY_FILE: 1,
        records.TRUNCATED: 1,
        records.UNFINISHED: 1,
    }
    assert report.remarks == {cloudtrail.ODD_ADDRESS: 1, "unexpected type of errorCode": 1}
    stored = select(lake, "SELECT count(*) FROM t")[0][0]
    assert stored == report.events > 300
    assert {example.reason for example in report.examples} == {*report.rejects, *report.remarks}
    frame = rejects(lake)
    assert len(frame) == 6
    (row,) = frame[frame["reason"] == cloudtrail.NO_TIME].to_dict("records")
    assert row["object"] == str(logs / "time.json")
    assert row["record"] == 2
    assert json.loads(row["text"])["eventTime"] == "soon"
    assert not row["kept"]
    text = str(report)
    assert "1 rejected: empty file" in text
    assert "1 stored with a remark: address with leading zeros" in text


def test_a_million_rejects_are_counted_but_not_all_kept(lake, logs):
    logs.mkdir()
    (logs / "a.json").write_bytes(b"5\n" * 5000 + json.dumps(event(1)).encode() + b"\n")
    report = collect(lake, "cloudtrail", str(logs))
    assert report.rejects == {records.NOT_AN_OBJECT: 5000}
    assert report.events == 1
    assert len(rejects(lake, limit=9999)) == 1000
    assert coverage(lake)["rejects"].sum() == 5000


def test_progress_comes_to_its_end(lake, logs, monkeypatch):
    monkeypatch.setattr(collecting, "PROGRESS_SECONDS", 0)
    events = write_logs(logs, files=5, per_file=20)
    seen = []
    collect(lake, "cloudtrail", str(logs), progress=seen.append)
    assert [item.files_done for item in seen] == sorted(item.files_done for item in seen)
    last = seen[-1]
    assert (last.files_done, last.files_total) == (5, 5)
    assert last.bytes_done == last.bytes_total == sum(p.stat().st_size for p in logs.rglob("*.gz"))
    assert last.events == events + 4 * 20
    assert last.seconds_left == 0
    assert last.events_per_second > 0


def test_cancel_keeps_what_was_read(lake, logs):
    write_logs(logs, files=10, per_file=20)
    cancel = threading.Event()
    report = collect(lake, "cloudtrail", str(logs), progress=lambda _: cancel.set(), cancel=cancel)
    assert report.cancelled
    assert 0 < report.collected < 10
    assert count(lake)[0] == report.events > 0
    rest = collect(lake, "cloudtrail", str(logs))
    assert rest.already == report.collected
    assert count(lake) == (200, 200, 200)


def test_an_error_of_the_lake_is_told(lake, logs, monkeypatch):
    write(logs / "a.json", [event(1)])

    def full(*_):
        raise LakeError("no space left")

    monkeypatch.setattr("engine.lake.store.LogTable.write", full)
    with pytest.raises(LakeError, match="no space left"):
        collect(lake, "cloudtrail", str(logs))


def test_a_full_disk_is_told_and_leaves_nothing_behind(lake, logs, monkeypatch):
    write(logs / "a.json", [event(n, START + timedelta(days=n)) for n in range(3)])
    write_table, begun = store.pq.write_table, []

    def full(rows, target, **options):
        write_table(rows, target, **options)
        begun.append(target)
        if len(begun) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store.pq, "write_table", full)
        with pytest.raises(LakeError, match=r"cannot write `.*parquet`: No space left on device"):
            collect(lake, "cloudtrail", str(logs))
    assert len(begun) == 3
    assert not list(lake.path.rglob("*.parquet"))
    assert collect(lake, "cloudtrail", str(logs)).events == 3


def test_files_that_were_committed_are_never_undone(lake, logs, monkeypatch):
    write(logs / "a.json", [event(1)])
    commit = store.LogTable.commit

    def late(table, *files):
        commit(table, *files)
        raise LakeError("no space left for a checkpoint")

    with monkeypatch.context() as patch:
        patch.setattr(store.LogTable, "commit", late)
        with pytest.raises(LakeError, match="checkpoint"):
            collect(lake, "cloudtrail", str(logs))
    assert select(lake, "SELECT count(*) FROM t") == [(1,)]


def test_a_day_that_does_not_exist_is_an_unknown_one(lake, logs):
    write(logs / "111122223333_CloudTrail_us-east-1_20239999T9999Z_x.json", [event(1)])
    assert collect(lake, "cloudtrail", str(logs)).events == 1


def test_an_empty_report_reads_well():
    assert str(CollectReport()).startswith("0 of 0 objects collected")


# ── delivered again ──────────────────────────────────────────────────────────────────────────────────────────────


def again(lake):
    """How many events of each object others had delivered, as its newest note has it."""
    rows = select(lake, "SELECT object, arg_max(duplicates, collected) FROM t GROUP BY object", "_objects")
    return {Path(name).name.rpartition("_")[2].partition(".")[0]: count for name, count in rows}


def test_what_was_delivered_again_is_kept_for_each_object(lake, logs):
    write(logs / key(START, "a"), [event(1), event(2), event(2)])
    collect(lake, "cloudtrail", str(logs))
    write(logs / key(START, "b", region="us-east-1"), [event(2), event(3)])
    collect(lake, "cloudtrail", str(logs))
    assert again(lake) == {"a": 1, "b": 1}


def test_what_a_killed_collector_had_stored_is_not_delivered_again(lake, logs, monkeypatch):
    write(logs / key(START, "a"), [event(1), event(2)])
    write(logs / key(START, "b"), [event(2), event(3)])
    commit = store.LogTable.commit

    def killed(table, *files, **options):
        if table.name == "_objects":
            raise LakeError("killed")
        return commit(table, *files, **options)

    with monkeypatch.context() as patch:
        patch.setattr(store.LogTable, "commit", killed)
        with pytest.raises(LakeError):
            collect(lake, "cloudtrail", str(logs))
    assert collect(lake, "cloudtrail", str(logs)).events == 0
    assert sum(again(lake).values()) == 1
