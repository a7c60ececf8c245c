"""Access logs of load balancers: collecting against DuckDB and GoAccess, panels against SQL written by hand."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from isal import igzip

from engine import Engine
from engine.demo.elb.generate import write_access_logs
from tests.bench.logs import NOW
from tests.bench.panels import compare
from tests.bench.programs import run_program
from tests.panels import PANELS

LINES, FILES, ROUNDS = 1_000_000, 1_000, 3
STRETCH = timedelta(hours=23, minutes=50)

# What `trailboard collect` does.
OURS = """
import sys
from engine.lake.collect import collect
from engine.lake.store import Lake
report = collect(Lake.open(sys.argv[2], create=True), "elb", sys.argv[1])
assert report.events == int(sys.argv[3]), report
"""
FIELDS = """type time elb client target request_processing_time target_processing_time response_processing_time
    elb_status_code target_status_code received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol
    target_group_arn trace_id domain_name chosen_cert_arn matched_rule_priority request_creation_time actions_executed
    redirect_url error_reason target_port_list target_status_code_list classification classification_reason
    conn_trace_id transformed_host transformed_uri request_transform_status ip_address"""
NAMES = FIELDS.split()
NUMBERS = {
    "time": "TIMESTAMP", "request_creation_time": "TIMESTAMP", "request_processing_time": "DOUBLE",
    "target_processing_time": "DOUBLE", "response_processing_time": "DOUBLE", "elb_status_code": "INTEGER",
    "target_status_code": "INTEGER", "received_bytes": "BIGINT", "sent_bytes": "BIGINT",
    "matched_rule_priority": "INTEGER",
}  # fmt: skip
DUCKDB = f"""
import sys, duckdb
con = duckdb.connect()
con.execute("SET preserve_insertion_order = false")
con.execute("SET enable_progress_bar = false")
con.execute(f'''COPY (
    SELECT * FROM read_csv('{{sys.argv[1]}}/*.log.gz', delim = ' ', quote = '"', header = false, nullstr = '-',
        columns = {{{ {name: NUMBERS.get(name, "VARCHAR") for name in NAMES} }}}, auto_detect = false)
    ORDER BY time
) TO '{{sys.argv[2]}}' (FORMAT parquet, COMPRESSION zstd)''')
assert con.execute(f"SELECT count(*) FROM '{{sys.argv[2]}}'").fetchone()[0] == int(sys.argv[3])
"""

_GEO = """(SELECT k, geoip(k) AS facts FROM (SELECT DISTINCT client_ip AS k FROM logs WHERE elb_status_code >= 400)
    WHERE k IS NOT NULL)"""
_TRAFFIC = """PIVOT (SELECT time_bucket(INTERVAL '10 minutes', _time) AS _time, target_ip, {0} FROM logs)
    ON target_ip USING sum({0}) GROUP BY _time ORDER BY _time"""
BY_HAND = {
    "S1": "SELECT method, count(*) AS n FROM logs WHERE method IS NOT NULL GROUP BY method ORDER BY n DESC",
    "S2": """SELECT target_ip, min(t), quantile_cont(t, [0.25, 0.5, 0.75]), max(t)
        FROM (SELECT target_ip, target_processing_time AS t FROM logs WHERE target_processing_time > 0)
        GROUP BY target_ip ORDER BY target_ip""",
    "S3": """PIVOT (SELECT time_bucket(INTERVAL '10 minutes', _time) AS _time, target_ip, target_processing_time AS t
        FROM logs WHERE target_ip IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY target_ip ORDER BY target_processing_time DESC) <= 300)
        ON target_ip USING max(t) GROUP BY _time ORDER BY _time""",
    "S4": "SELECT client_ip, sum(received_bytes) AS n FROM logs GROUP BY client_ip ORDER BY n DESC LIMIT 10",
    "S5": "SELECT client_ip, sum(sent_bytes) AS n FROM logs GROUP BY client_ip ORDER BY n DESC LIMIT 10",
    "S6": _TRAFFIC.format("received_bytes"),
    "S7": _TRAFFIC.format("sent_bytes"),
    "E1": """SELECT client_ip, count(DISTINCT url) AS n FROM logs WHERE elb_status_code >= 400
        GROUP BY client_ip ORDER BY n DESC LIMIT 20""",
    "E2": f"""SELECT client_ip, facts.country, facts.asn, n, urls FROM (
        SELECT client_ip, count(DISTINCT url) AS n, string_agg(DISTINCT url, chr(10)) AS urls
        FROM logs WHERE elb_status_code >= 400 GROUP BY client_ip ORDER BY n DESC LIMIT 20)
        LEFT JOIN {_GEO} ON k = client_ip ORDER BY n DESC""",
    "E3": "SELECT host, count(*) AS n FROM logs GROUP BY host ORDER BY n DESC",
    "E4": """SELECT _time, client_ip, actions_executed, elb_status_code, target_status_code, domain_name, host, method,
        url, user_agent FROM logs WHERE domain_name IS NULL ORDER BY _time DESC, _id DESC LIMIT 300""",
}


def measure(folder: Path) -> list[tuple[str, str]]:
    """Rows of the table: what, and the figures."""
    logs = folder / "logs"
    make_lines(logs)
    return [*_collecting(folder, logs), *_panels(folder, logs)]


def _collecting(folder: Path, logs: Path) -> list[tuple[str, str]]:
    ours, theirs, reports = [], [], []
    for number in range(ROUNDS):
        ours.append(run_program(OURS, logs, folder / f"lake{number}", LINES))
        theirs.append(run_program(DUCKDB, logs, folder / f"lines{number}.parquet", LINES))
        if shutil.which("goaccess"):
            reports.append(_goaccess(folder, logs))
    ratio = median(mine.cpu / other.cpu for mine, other in zip(ours, theirs, strict=True))
    wall = median(run.seconds for run in ours)
    rows = [
        ("elb: files", f"{LINES:,} ALB lines in {FILES:,} gz files"),
        ("elb: Trailboard", f"{median(r.cpu for r in ours):.1f} s CPU, {wall:.1f} s, {LINES / wall:,.0f} lines/s"),
        ("elb: DuckDB read_csv to Parquet", f"{median(r.cpu for r in theirs):.1f} s CPU"),
        ("elb: CPU time, ratio", f"{ratio:.2f} (goal: at most 0.6)"),
    ]
    if reports:
        slower = median(report / run.seconds for report, run in zip(reports, ours, strict=True))
        rows.append(("elb: lines a second, against GoAccess", f"{slower:.1f} × (goal: at least 8)"))
    return rows


def _goaccess(folder: Path, logs: Path) -> float:
    """Seconds that GoAccess needs for its report of the same files."""
    report = folder / "goaccess.json"
    with subprocess.Popen(["zcat", *sorted(logs.glob("*.gz"))], stdout=subprocess.PIPE) as lines:
        started = time.perf_counter()
        command = ["goaccess", "-", "--log-format=AWSALB", "--no-progress", "-o", str(report)]
        subprocess.run(command, stdin=lines.stdout, check=True, capture_output=True)
        return time.perf_counter() - started


def _panels(folder: Path, logs: Path) -> list[tuple[str, str]]:
    engine = Engine(folder / "day-lake", now=NOW)
    engine.collect("elb", str(logs))
    files = [
        file
        for table in engine.catalog().tables
        if table.name.startswith("aws-elb_")
        for file in table.scan(NOW - timedelta(days=1), None).files
    ]
    source = f"WITH logs AS NOT MATERIALIZED (SELECT * FROM read_parquet({files!r}, union_by_name = true))"
    rows = [("elb panels: rows", f"{LINES:,} lines in {len(files)} Parquet files, DuckDB on both sides")]
    return rows + [(f"panel {name}", compare(engine, PANELS[name], f"{source} {sql}")) for name, sql in BY_HAND.items()]


def make_lines(folder: Path) -> None:
    """Write lines of application load balancers into gz files, evenly over the stretch of time that ends at NOW."""
    dice = random.Random(1)
    samples = list(sample_lines())
    folder.mkdir(parents=True)
    for number in range(FILES):
        lines = []
        for position in range(number * LINES // FILES, (number + 1) * LINES // FILES):
            when = NOW - STRETCH + STRETCH * position / LINES
            kind, _, rest = samples[position % len(samples)].split(" ", 2)
            root = f'"Root=1-{int(when.timestamp()):08x}-{dice.getrandbits(96):024x}"'
            fields = rest.split('"Root=')
            if len(fields) == 2:
                rest = f"{fields[0]}{root}{fields[1].partition(chr(34))[2]}"
            lines.append(f"{kind} {when:%Y-%m-%dT%H:%M:%S.%f}Z {rest}\n")
        name = (
            f"111122223333_elasticloadbalancing_us-east-1_app.bench.50dc6c495c0c9188_{when:%Y%m%dT%H%MZ}"
            f"_203.0.113.7_{number:08d}.log.gz"
        )
        (folder / name).write_bytes(igzip.compress("".join(lines).encode(), 1))


def sample_lines() -> Iterator[str]:
    """The lines of application load balancers in three days of sample data."""
    with TemporaryDirectory() as made:
        write_access_logs(Path(made), NOW, 3)
        for path in sorted(Path(made).rglob("*.log.gz")):
            try:
                text = igzip.decompress(path.read_bytes()).decode()
            except (EOFError, OSError):  # the broken file that sample data have on purpose
                continue
            yield from (line for line in text.splitlines() if line.count('" "') >= 8)
