"""Collecting CloudTrail files, against DuckDB's own way from the same files to Parquet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from statistics import median

from tests.bench.logs import make_logs
from tests.bench.programs import run_program

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
        ours.append(run_program(OURS, logs, folder / f"lake{number}", EVENTS))
        theirs.append(run_program(DUCKDB, logs, folder / f"events{number}.parquet", EVENTS))
    ratio = median(mine.cpu / other.cpu for mine, other in zip(ours, theirs, strict=True))
    cpu, wall = median(run.cpu for run in ours), median(run.seconds for run in ours)
    memory = max(run.megabytes for run in ours)
    return [
        ("collect: files", f"{EVENTS:,} events in {FILES:,} gz files, {megabytes:.0f} MB"),
        ("collect: Trailboard", f"{cpu:.1f} s CPU, {wall:.1f} s, {memory} MB, {EVENTS / wall:,.0f} events/s"),
        (
            "collect: DuckDB read_json to Parquet",
            f"{median(run.cpu for run in theirs):.1f} s CPU, {median(run.seconds for run in theirs):.1f} s",
        ),
        ("collect: CPU time, ratio", f"{ratio:.2f} (goal: at most 0.25)"),
    ]
