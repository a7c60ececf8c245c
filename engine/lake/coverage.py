"""What the lake holds and what it lacks: per table, account, region and hour; how old it is; what was put aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import pandas as pd

from engine.lake.formats import FORMATS, LogFormat, Rows
from engine.lake.store import Lake

EVENTS = """
SELECT '{kind}' AS kind, {title} AS "table", {account} AS account, {region} AS region,
    time_bucket(INTERVAL 1 HOUR, _time) AS hour, _object AS object, count(*) AS rows, min(_time) AS first,
    max(_time) AS last
FROM read_parquet(${name}, union_by_name = true, hive_partitioning = false)
WHERE ($start IS NULL OR _time >= $start) AND ($end IS NULL OR _time < $end)
GROUP BY ALL
"""
COVERAGE = """
WITH events AS ({events}),
noted AS (  -- notes of older versions tell no kind
    SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS load_balancer WHERE false
    UNION ALL BY NAME SELECT * FROM read_parquet($notes, union_by_name = true, hive_partitioning = false)
),
notes AS (
    SELECT * REPLACE (coalesce(kind, 'cloudtrail') AS kind) FROM noted
    QUALIFY row_number() OVER (PARTITION BY object, kind ORDER BY collected DESC) = 1
),
titles AS (SELECT kind, object, any_value("table") AS "table" FROM events GROUP BY ALL),
-- What an object could not give belongs to the hour of its own last event, or of its delivery when it gave none.
aside AS (
    SELECT coalesce(titles."table", {titles}) AS "table", account, region,
        time_bucket(INTERVAL 1 HOUR, coalesce(last, delivered)) AS hour, sum(rejects) AS rejects
    FROM notes LEFT JOIN titles ON notes.object = titles.object AND notes.kind = titles.kind
    WHERE rejects > 0 AND ($start IS NULL OR coalesce(last, delivered) >= $start)
        AND ($end IS NULL OR coalesce(last, delivered) < $end)
    GROUP BY ALL
),
hours AS (
    SELECT events."table", events.account, events.region, events.hour, min(events.first) AS first,
        max(events.last) AS last, sum(events.rows) AS rows, count(*) AS objects,
        max(epoch(notes.delivered - events.last)) AS lag
    FROM events LEFT JOIN notes ON notes.object = events.object AND notes.kind = events.kind
    GROUP BY ALL
)
SELECT coalesce(hours."table", aside."table") AS "table", coalesce(hours.account, aside.account) AS account,
    coalesce(hours.region, aside.region) AS region, coalesce(hours.hour, aside.hour) AS hour, first, last,
    coalesce(rows, 0)::BIGINT AS rows, coalesce(objects, 0)::BIGINT AS objects,
    coalesce(rejects, 0)::BIGINT AS rejects, lag
FROM hours FULL JOIN aside ON hours."table" IS NOT DISTINCT FROM aside."table"
    AND hours.account IS NOT DISTINCT FROM aside.account
    AND hours.region IS NOT DISTINCT FROM aside.region AND hours.hour IS NOT DISTINCT FROM aside.hour
ORDER BY "table", account, region, hour
"""
COLUMNS = ("table", "account", "region", "hour", "first", "last", "rows", "objects", "rejects", "lag")
REJECTS = """
SELECT object, record, reason, text, kept, collected FROM read_parquet($files, hive_partitioning = false)
ORDER BY collected DESC, object, record LIMIT $limit
"""


@dataclass(frozen=True)
class Age:
    """Time of the newest event, and when something was last collected; null in an empty lake."""

    newest_event: datetime | None
    last_collect: datetime | None


def age(lake: Lake) -> Age:
    """How fresh the lake is, told from the list of files alone."""
    rows = [file.last for snapshot in lake.snapshots().values() for file in snapshot.files]
    notes = [file.last for file in lake.snapshot("_objects").files]
    return Age(max(rows, default=None), max(notes, default=None))


def coverage(lake: Lake, start: datetime | None = None, end: datetime | None = None) -> pd.DataFrame:
    """One row per table, account, region and hour of `[start, end)` that has events or rejects.

    Columns: table, account, region, hour, first, last (UTC), rows, objects, rejects, lag: the longest time in seconds
    from an object's last event of the hour to its delivery, where the name of the object tells it (to the minute).
    """
    selects, files = [], {}
    for form in FORMATS.values():
        for table in form.tables:
            snapshot = lake.snapshots().get(table.name)
            wanted = [file for file in snapshot.files if file.overlaps(start, end)] if snapshot else []
            if wanted:
                selects.append(events_of(form, table))
                files[table.name] = [lake.location(table.name, file) for file in wanted]
    notes = [lake.location("_objects", file) for file in lake.snapshot("_objects").files]
    if not selects or not notes:
        return pd.DataFrame(columns=list(COLUMNS))
    titles = " ".join(f"WHEN notes.kind = '{form.kind}' THEN {title(form.tables[0])}" for form in FORMATS.values())
    sql = COVERAGE.format(events=" UNION ALL ".join(selects), titles=f"CASE {titles} END")
    return query(sql, notes=notes, start=start, end=end, **files)


def events_of(form: LogFormat, table: Rows) -> str:
    """Which hours the rows of a table are of."""
    name = f"'{table.prefix}' || {table.divided}" if table.divided else f"'{table.name}'"
    return EVENTS.format(kind=form.kind, title=name, account=table.account, region=table.region, name=table.name)


def title(table: Rows) -> str:
    """The table that the rejects of an object without events are shown with."""
    return f"'{table.prefix}' || notes.load_balancer" if table.divided else f"'{table.name}'"


def rejects(lake: Lake, limit: int = 1000) -> pd.DataFrame:
    """The newest of what was put aside: object, record (from 1; 0 is the object itself), reason, text, kept, collected.

    `kept` rows are remarks: the event is in its table all the same.
    """
    files = [lake.location("_rejects", file) for file in lake.snapshot("_rejects").files]
    if not files:
        return pd.DataFrame(columns=["object", "record", "reason", "text", "kept", "collected"])
    return query(REJECTS, files=files, limit=limit)


def query(sql: str, **parameters: object) -> pd.DataFrame:
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        frame: pd.DataFrame = duck.sql(sql, params=parameters).to_arrow_table().to_pandas()
        return frame
