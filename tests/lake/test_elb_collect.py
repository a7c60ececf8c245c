"""Collecting load balancers' logs: which files, into which tables, each line once, and what queries make of them."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import Engine
from engine.lake import elb_fields
from engine.lake.collect import collect
from engine.lake.compact import compact
from engine.lake.coverage import age, coverage, rejects
from engine.lake.objects import ELB, discover, elb_facts_of, objects
from engine.lake.store import Lake
from tests.lake.elb_logs import ACCOUNT, CONNECTION, HEALTH_CHECK, NLB, REGION, START, alb, at, classic, key, write
from tests.lake.logs import event, select
from tests.lake.logs import write as write_events

ROOT = Path(__file__).parents[2]
FOLDER = f"AWSLogs/{ACCOUNT}/elasticloadbalancing/{REGION}/2024/05/01"
OLD = f"{ACCOUNT}_elasticloadbalancing_{REGION}_old_20240501T0005Z_10.0.0.1_x.log"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


def names(lake: Lake) -> list[str]:
    return list(lake.catalog().names())


def count(lake: Lake, table: str = "elb") -> int:
    ((number,),) = select(lake, "SELECT count(*) FROM t", table) or [(0,)]
    return int(number)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "kind", "region", "balancer"),
    [
        (key("x"), "access log", REGION, "prod-web"),
        (key("x", "net.my-net.c6e77e28c25b2234"), "access log", REGION, "my-net"),
        (
            f"p/{FOLDER}/{ACCOUNT}_elasticloadbalancing_{REGION}_old_20240501T0005Z_10.0.0.1_x.log",
            "access log",
            REGION,
            "old",
        ),
        (f"{FOLDER}/conn_log.{ACCOUNT}_elasticloadbalancing_{REGION}_app.a.b_x.log.gz", "connection log", REGION, None),
        (f"{FOLDER}/health_check_log.{ACCOUNT}_elasticloadbalancing.log.gz", "health check log", REGION, None),
        (f"AWSLogs/{ACCOUNT}/ELBAccessLogTestFile", "test", None, None),
        (
            f"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2024/05/01/{ACCOUNT}_vpcflowlogs_x.log.gz",
            "vpcflowlogs",
            REGION,
            None,
        ),
        ("/data/2024/alb.log", "access log", None, None),
    ],
)
def test_names_tell(path: str, kind: str, region: str | None, balancer: str | None) -> None:
    facts = elb_facts_of(path)
    assert (facts.kind, facts.region, facts.load_balancer) == (kind, region, balancer)


def test_a_folder_of_all_kinds(lake: Lake, logs: Path) -> None:
    write(logs / key("a"), alb(), alb(time=at(5)))
    write(logs / key("b", "net.my-net.c6e77e28c25b2234"), NLB)
    write(
        logs / FOLDER / f"{ACCOUNT}_elasticloadbalancing_{REGION}_old_20240501T0005Z_10.0.0.1_x.log", classic(elb="old")
    )
    write(logs / FOLDER / f"conn_log.{ACCOUNT}_elasticloadbalancing_{REGION}_app.a.b_x.log.gz", CONNECTION)
    write(logs / FOLDER / f"health_check_log.{ACCOUNT}_elasticloadbalancing_x.log.gz", HEALTH_CHECK)
    write(logs / "AWSLogs" / ACCOUNT / "ELBAccessLogTestFile", "Enable AccessLog for ELB")
    write(logs / "loose.log", alb(elb="app/loose/1"), CONNECTION, "half a li")
    write(logs / "conn.log", CONNECTION, CONNECTION)
    write(logs / "empty.log", end=b"")
    write_events(logs / "trail.json.gz", [event(1)])
    report = collect(lake, "elb", str(logs))
    assert report.skipped == {
        "connection log files": 1,
        "health check log files": 1,
        "test files": 1,
        "connection log records": 3,
    }
    assert (report.objects, report.collected, report.events) == (9, 6, 5)
    assert report.rejects == {"no line of a load balancer's log": 1, "empty file": 1}
    assert names(lake) == ["cloudtrail", "aws-elb_loose", "aws-elb_old", "aws-elb_prod-web", "aws-nlb_my-network"]
    rows = select(lake, "SELECT account_id, region, lb_name, lb_kind FROM t ORDER BY lb_name", "elb")
    assert rows[0] == (None, None, "loose", "alb")
    assert rows[1:3] == [(ACCOUNT, REGION, "old", "classic"), (ACCOUNT, REGION, "prod-web", "alb")]
    again = collect(lake, "elb", str(logs))
    assert (again.collected, again.already, again.events) == (0, 6, 0)


def test_one_file_of_any_name(lake: Lake, logs: Path) -> None:
    path = write(logs / "ALB.TXT", alb())
    assert collect(lake, "cloudtrail", str(path)).events == 0
    assert collect(lake, "elb", str(path)).events == 1, "what was no CloudTrail file can still be collected as a log"
    assert collect(lake, "elb", str(path)).already == 1
    (folder,) = discover(str(path), ELB)
    assert [item.name for item in objects(folder, ELB)] == [str(path)]


def test_since_leaves_older_files_out(lake: Lake, logs: Path) -> None:
    write(logs / key("a"), alb())
    write(logs / key("b", delivered=START + timedelta(days=1)), alb(time=at(90_000)))
    assert collect(lake, "elb", str(logs), since=date(2024, 5, 2)).events == 1
    assert collect(lake, "elb", str(logs)).events == 1


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_stored_once(lake: Lake, logs: Path, tmp_path: Path) -> None:
    path = write(logs / key("a"), alb(), alb(), alb(time=at(7)))
    assert collect(lake, "elb", str(logs)).events == 3, "equal lines are two requests"
    os.utime(path, (1, 1))
    touched = collect(lake, "elb", str(logs))
    assert (touched.collected, touched.events, touched.duplicates) == (1, 0, 3)
    write(logs / key("a"), alb(), alb(), alb(time=at(7)), alb(time=at(9)))
    assert collect(lake, "elb", str(logs)).events == 1, "a file that grew"
    shutil.copytree(logs, tmp_path / "copy")
    copied = collect(lake, "elb", str(tmp_path / "copy"))
    assert (copied.events, copied.duplicates) == (0, 4), "AWS's names are unique, wherever the file is"
    write(logs / "other-name.log", alb())
    assert collect(lake, "elb", str(logs)).events == 1, "under a name that AWS did not make it is another file"
    assert count(lake) == 5


COLLECTOR = """
import sys
from engine.lake import collect as collecting, elb
from engine.lake.store import Lake
collecting.EVENTS_AT_ONCE, collecting.BATCH_BYTES, elb.WINDOW = 20, 10_000, 4_000
lake = Lake.open(sys.argv[1], create=True)
print("ready", flush=True)
collecting.collect(lake, "elb", sys.argv[2])
"""


def test_killed_in_the_middle(lake: Lake, logs: Path) -> None:
    for i in range(12):
        lines = [alb(time=at(i * 3600 + n), sent_bytes=str(i * 100 + n)) for n in range(100)]
        write(logs / key(f"{i:08}", delivered=START + timedelta(hours=i)), *lines, "broken")
    for delay in (0.15, 0.4):
        command = [sys.executable, "-c", COLLECTOR, str(lake.path), str(logs)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        rows = select(lake, "SELECT count(*), count(DISTINCT sent_bytes) FROM t", "elb")
        assert all(number == different for number, different in rows)
    collect(lake, "elb", str(logs))
    assert select(lake, "SELECT count(*), count(DISTINCT sent_bytes) FROM t", "elb") == [(1200, 1200)]
    assert len(rejects(lake)) == 12
    report = collect(lake, "elb", str(logs))
    assert (report.collected, report.already) == (0, 12)


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def balancers(lake: Lake, logs: Path) -> Lake:
    """Two load balancers, two days, and one for networks."""
    for name in ("web", "shop"):
        for day in range(2):
            delivered = START + timedelta(days=day)
            lines = [alb(elb=f"app/{name}/1", time=at(day * 86_400 + n)) for n in range(10)]
            write(logs / key(f"{name}{day}", f"app.{name}.1", delivered), *lines)
    write(logs / key("net", "net.my-net.1"), NLB)
    collect(lake, "elb", str(logs))
    return lake


def test_tables_and_wildcards(balancers: Lake) -> None:
    engine = Engine(balancers, now=START + timedelta(days=2))
    assert names(balancers) == ["cloudtrail", "aws-elb_shop", "aws-elb_web", "aws-nlb_my-network"]
    counted = {
        pattern: engine.run(f"table {pattern} | stats count").iloc[0, 0]
        for pattern in ("aws-elb_*", "aws-elb_web", "aws-nlb_*", "aws-*", "aws-elb_w*")
    }
    assert counted == {"aws-elb_*": 40, "aws-elb_web": 20, "aws-nlb_*": 1, "aws-*": 41, "aws-elb_w*": 20}
    frame = engine.run("table aws-elb_* | stats count by _table, lb_name | sort _table")
    assert frame.to_numpy().tolist() == [["aws-elb_shop", "shop", 20], ["aws-elb_web", "web", 20]]


def test_files_are_pruned_by_load_balancer_and_time(balancers: Lake) -> None:
    engine = Engine(balancers, now=START + timedelta(days=2))
    result = engine.execute("table duration=1d aws-elb_web")
    assert (result.rows, result.files_read, result.files_total) == (10, 1, 2)
    assert {file.partition for file in balancers.snapshot("elb").files} == {
        f"{name}/2024-05-0{day}" for name in ("web", "shop") for day in (1, 2)
    }


def test_types_are_those_declared(balancers: Lake) -> None:
    result = Engine(balancers).execute("table aws-elb_web | limit 1")
    declared = {item.name: item.type for item in elb_fields.ELB_FIELDS if not item.hidden}
    assert {name: kind for name, kind in result.types.items() if name != "_table"} == declared


def test_compacting_keeps_load_balancers_apart(balancers: Lake, logs: Path) -> None:
    for i in range(3):
        write(logs / key(f"more{i}", "app.web.1"), alb(elb="app/web/1", time=at(100 + i)))
        collect(balancers, "elb", str(logs))
    before = len(balancers.snapshot("elb").files)
    compact(balancers)
    assert len(balancers.snapshot("elb").files) == before - 3
    engine = Engine(balancers)
    assert engine.run("table aws-elb_* | stats count by lb_name").set_index("lb_name")["count"].to_dict() == {
        "shop": 20,
        "web": 23,
    }
    assert engine.run('table aws-elb_web | search lb_name == "web" | stats count').iloc[0, 0] == 23


def test_coverage_is_told_per_load_balancer(balancers: Lake, logs: Path) -> None:
    write(logs / key("c", "app.web.1"), "broken", alb(elb="app/web/1"), "broken")
    write(logs / key("d", "app.lost.1"), "broken")
    collect(balancers, "elb", str(logs))
    frame = coverage(balancers)
    found = {(row.table, row.hour.day): (row.rows, row.objects, row.rejects) for row in frame.itertuples()}
    assert found == {
        ("aws-elb_lost", 1): (0, 1, 1),
        ("aws-elb_shop", 1): (10, 1, 0),
        ("aws-elb_shop", 2): (10, 1, 0),
        ("aws-elb_web", 1): (11, 2, 2),
        ("aws-elb_web", 2): (10, 1, 0),
        ("aws-nlb_my-network", 20): (1, 1, 0),
    }
    assert set(frame["account"]) == {ACCOUNT}
    newest = age(balancers).newest_event
    assert newest == START + timedelta(days=1, seconds=9)


def test_a_lake_of_an_older_version_is_read_and_widened(lake: Lake, logs: Path) -> None:
    write_events(logs / "trail.json", [event(1)])
    collect(lake, "cloudtrail", str(logs))
    for name in ("elb", "nlb"):
        shutil.rmtree(lake.path / name)
    old = Lake.open(lake.path)
    assert names(old) == ["cloudtrail"]
    assert compact(old).deleted_files == 0
    write(logs / key("a"), alb())
    assert collect(old, "elb", str(logs)).events == 1
    assert names(old) == ["cloudtrail", "aws-elb_prod-web"]


def test_a_lake_made_anew_at_the_same_place_is_noticed(tmp_path: Path, logs: Path) -> None:
    write(logs / key("a"), alb(elb="app/one/1"))
    path = tmp_path / "lake"
    lake = Lake.open(path, create=True)
    engine = Engine(lake)
    collect(lake, "elb", str(logs))
    assert engine.run("table aws-elb_* | stats count by lb_name")["lb_name"].tolist() == ["one"]
    before = lake.version()
    write(logs / key("a"), alb(elb="app/two/1"))
    made = Lake.open(tmp_path / "new", create=True)
    collect(made, "elb", str(logs))
    shutil.rmtree(path)
    (tmp_path / "new").rename(path)
    assert lake.version() != before
    assert engine.run("table aws-elb_* | stats count by lb_name")["lb_name"].tolist() == ["two"]


# ── size ─────────────────────────────────────────────────────────────────────────────────────────────────────────

MEASURED = """
import json, sys
from engine.lake.collect import collect
from engine.lake.store import Lake
from tests.peak import peak_megabytes
report = collect(Lake.open(sys.argv[1], create=True), "elb", sys.argv[2])
print(json.dumps({"peak": peak_megabytes(), "events": report.events, "rejects": sum(report.rejects.values())}))
"""


def measured(tmp_path: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "lake"), str(tmp_path / "logs")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_memory_of_a_large_file(tmp_path: Path, logs: Path) -> None:
    """40 MB of text, a line in a thousand of which is odd."""
    dice = random.Random(1)
    logs.mkdir()
    lines = 0
    with gzip.open(logs / "large.log.gz", "wb", 1) as file:
        for i in range(60):
            trace = dice.randbytes(12).hex()
            block = [alb(time=at(i), trace_id=f'"Root=1-{trace}{n}"', sent_bytes=str(n)) for n in range(999)]
            file.write("\n".join([*block, alb(user_agent='"a "b" c"'), ""]).encode())
            lines += 1000
    found = measured(tmp_path)
    assert found["events"] == lines
    assert found["rejects"] == 0
    assert found["peak"] < 600


@pytest.mark.parametrize("filling", [b"\n", b"a\n", b'"'], ids=repr)
def test_memory_of_rubbish(tmp_path: Path, logs: Path, filling: bytes) -> None:
    logs.mkdir()
    piece = filling * ((1 << 20) // len(filling))
    with gzip.open(logs / "bomb.log.gz", "wb", 1) as file:
        for _ in range(16):
            file.write(piece)
    found = measured(tmp_path)
    assert found["events"] == 0
    assert found["peak"] < 600
    assert found["rejects"] > 0 or filling == b"\n"
