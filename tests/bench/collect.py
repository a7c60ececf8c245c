"""Collecting CloudTrail files, against DuckDB's own way from the same files to Parquet."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from statistics import median

from tests.bench.logs import make_logs

EVENTS, FILES, ROUNDS = 400_000, 1_000, 3

# What `trailboard collect` does.
OURS = """
import sys
from engine.lake.collect import collect
from engine.lake.store import Lake
report = collect(Lake.open(sys.argv[2], create=True), "cloudtrail", sys.argv[1])
assert report.events == int(sys.argv[3]), report
"""
DUCKDB = """
import sys, duckdb
con = duckdb.connect()
con.execute("SET preserve_insertion_order = false")
con.execute("SET enable_progress_bar = false")
con.execute(f'''COPY (
    SELECT * FROM (SELECT r.* FROM (SELECT unnest(Records) AS r FROM read_json('{sys.argv[1]}/*.json.gz',
        maximum_object_size = 100000000, columns = {{'Records': 'STRUCT({", ".join(
            f'"{name}" {kind}' for name, kind in [
                ("eventVersion", "VARCHAR"), ("userIdentity", "JSON"), ("eventTime", "TIMESTAMP"),
                ("eventSource", "VARCHAR"), ("eventName", "VARCHAR"), ("awsRegion", "VARCHAR"),
                ("sourceIPAddress", "VARCHAR"), ("userAgent", "VARCHAR"), ("errorCode", "VARCHAR"),
                ("errorMessage", "VARCHAR"), ("requestParameters", "JSON"), ("responseElements", "JSON"),
                ("additionalEventData", "JSON"), ("requestID", "VARCHAR"), ("eventID", "VARCHAR"),
                ("readOnly", "BOOLEAN"), ("resources", "JSON"), ("eventType", "VARCHAR"),
                ("managementEvent", "BOOLEAN"), ("recipientAccountId", "VARCHAR"), ("eventCategory", "VARCHAR"),
                ("sessionCredentialFromConsole", "VARCHAR"), ("tlsDetails", "JSON"),
                ("sharedEventID", "VARCHAR"), ("serviceEventDetails", "JSON"), ("vpcEndpointId", "VARCHAR")])
        })[]'}})))
    ORDER BY eventTime
) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)''')
assert con.execute(f"SELECT count(*) FROM '{sys.argv[2]}'").fetchone()[0] == int(sys.argv[3])
"""


def measure(folder: Path) -> list[tuple[str, str]]:
    """Rows of the table: what, and the figures."""
    logs = folder / "logs"
    make_logs(logs, EVENTS, FILES, timedelta(days=14))
    megabytes = sum(path.stat().st_size for path in logs.iterdir()) / 1e6
    ours, theirs = [], []
    for number in range(ROUNDS):
        ours.append(_run(OURS, logs, folder / f"lake{number}"))
        theirs.append(_run(DUCKDB, logs, folder / f"events{number}.parquet"))
    ratio = median(a[0] / b[0] for a, b in zip(ours, theirs, strict=True))
    cpu, wall, memory = (median(run[index] for run in ours) for index in range(3))
    return [
        ("collect: files", f"{EVENTS:,} events in {FILES:,} gz files, {megabytes:.0f} MB"),
        ("collect: Trailboard", f"{cpu:.1f} s CPU, {wall:.1f} s, {memory:.0f} MB, {EVENTS / wall:,.0f} events/s"),
        (
            "collect: DuckDB read_json to Parquet",
            f"{median(r[0] for r in theirs):.1f} s CPU, {median(r[1] for r in theirs):.1f} s",
        ),
        ("collect: CPU time, ratio", f"{ratio:.2f} (goal: at most 0.25)"),
    ]


def _run(program: str, logs: Path, target: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak megabytes of a child process."""
    import time

    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", program, str(logs), str(target), str(EVENTS)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"a benchmark program ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss / 1024
