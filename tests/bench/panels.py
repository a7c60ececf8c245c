"""Panel queries on a million events, against the same answers in SQL written by hand on the same Parquet files."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

from engine import Engine
from engine.language import grammar
from tests.bench.logs import NOW, make_logs
from tests.panels import PANELS

EVENTS, ROUNDS = 1_000_000, 9

_LOGIN = "eventName = 'ConsoleLogin'"
_CHANGES = """NOT (starts_with(eventName, 'Describe') OR starts_with(eventName, 'List')
    OR starts_with(eventName, 'Get')) AND sessionCredentialFromConsole = 'true'"""
_GEO = """(SELECT k, geoip(k) AS facts FROM (SELECT DISTINCT ip_parse(sourceIPAddress) AS k FROM logs WHERE {0})
    WHERE k IS NOT NULL)"""
BY_HAND = {
    "T1": "SELECT count(*) AS count FROM logs WHERE eventName = 'RunInstances' AND errorCode IS NULL",
    "T2": "SELECT count(*) AS count FROM logs WHERE eventName = 'TerminateInstances' AND errorCode IS NULL",
    "T3": "SELECT count(*) AS count FROM logs WHERE eventName = 'CreatePolicyVersion' AND errorCode IS NULL",
    "T4": """SELECT count(*) AS count FROM logs WHERE errorCode IS NULL
        AND eventName IN ('AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress')""",
    "T5": f"""PIVOT (SELECT time_bucket(INTERVAL '10 minutes', _time) AS _time, eventName FROM logs WHERE {_CHANGES})
        ON eventName USING count(*) GROUP BY _time ORDER BY _time""",
    "T6": f"""SELECT _time, eventName, userIdentity.userName, userIdentity.accessKeyId, errorCode, requestParameters
        FROM logs WHERE {_CHANGES} ORDER BY _time DESC, _id DESC LIMIT 300""",
    "L1": f"SELECT count(*) AS count FROM logs WHERE {_LOGIN} AND errorMessage IS NOT NULL",
    "L2": f"""SELECT facts.country, count(*) FROM logs LEFT JOIN {_GEO.format(f"{_LOGIN} AND errorMessage IS NULL")}
        ON k = ip_parse(sourceIPAddress) WHERE {_LOGIN} AND errorMessage IS NULL GROUP BY 1 ORDER BY 1""",
    "L3": f"""SELECT ip_parse(sourceIPAddress) AS src_ip, facts.country, count(*) AS n,
        src_ip || ' (' || coalesce(facts.country, 'null') || ')' FROM logs
        LEFT JOIN {_GEO.format(f"{_LOGIN} AND errorMessage IS NOT NULL")} ON k = ip_parse(sourceIPAddress)
        WHERE {_LOGIN} AND errorMessage IS NOT NULL GROUP BY ALL ORDER BY n DESC LIMIT 10""",
    "L4": f"""SELECT _time, userIdentity.userName, if(errorMessage IS NULL, 'PERMIT', 'DENY'),
        ip_parse(sourceIPAddress), facts.country, facts.asn, userIdentity.type, errorMessage, userAgent
        FROM logs LEFT JOIN {_GEO.format(_LOGIN)} ON k = ip_parse(sourceIPAddress)
        WHERE {_LOGIN} ORDER BY _time DESC, _id DESC LIMIT 300""",
}


def measure(folder: Path) -> list[tuple[str, str]]:
    """Rows of the table: a panel, and the figures."""
    logs, lake = folder / "day", folder / "day-lake"
    make_logs(logs, EVENTS, 1_000, timedelta(hours=23, minutes=50))
    engine = Engine(lake, now=NOW)
    engine.collect("cloudtrail", str(logs))
    files = engine.catalog().tables[0].scan(NOW - timedelta(days=1), None).files
    source = f"read_parquet({list(files)!r}, union_by_name = true)"
    rows = [("panels: rows", f"{EVENTS:,} events in {len(files)} Parquet files, DuckDB on both sides")]
    for panel, sql in BY_HAND.items():
        rows.append(
            (
                f"panel {panel}",
                compare(engine, PANELS[panel], f"WITH logs AS NOT MATERIALIZED (SELECT * FROM {source}) {sql}"),
            )
        )
    return rows


def compare(engine: Engine, query: str, by_hand: str) -> str:
    """How long a query takes on an engine, against SQL."""
    session = engine._duckdb.session("UTC")
    session.fetch(by_hand)
    engine.execute(query)
    compiled, ours, theirs = [], [], []
    for _ in range(ROUNDS):
        compiled.append(_timed(lambda: _compile(engine, query)))
        ours.append(_timed(lambda: engine.execute(query)))
        theirs.append(_timed(lambda: session.fetch(by_hand)))
    session.close()
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    return (
        f"{ratio:.2f} × by hand (goal 1.3), {median(ours) * 1e3:.0f} ms against {median(theirs) * 1e3:.0f} ms,"
        f" of it read and planned in {median(compiled) * 1e3:.1f} ms (goal 15)"
    )


def _compile(engine: Engine, query: str) -> None:
    """Read, plan and print the SQL anew. A `timechart … by` would run its first half, so its series are left out."""
    grammar._parsed.cache_clear()
    engine.explain(query.replace(" by event_name", "").replace(") by target_ip", ")"))


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
