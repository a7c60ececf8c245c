"""What the lake holds and what it lacks: per account, region and hour; how old it is; what was put aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import pandas as pd

from engine.lake.store import Lake

COVERAGE = """
WITH events AS (
    SELECT recipientAccountId AS account, awsRegion AS region, time_bucket(INTERVAL 1 HOUR, _time) AS hour,
        _object AS object, count(*) AS rows, min(_time) AS first, max(_time) AS last
    FROM read_parquet($events, union_by_name = true, hive_partitioning = false)
    WHERE ($start IS NULL OR _time >= $start) AND ($end IS NULL OR _time < $end)
    GROUP BY ALL
),
notes AS (
    SELECT * FROM read_parquet($notes, hive_partitioning = false)
    QUALIFY row_number() OVER (PARTITION BY object ORDER BY collected DESC) = 1
),
-- What an object could not give belongs to the hour of its own last event, or of its delivery when it gave none.
aside AS (
    SELECT account, region, time_bucket(INTERVAL 1 HOUR, coalesce(last, delivered)) AS hour, sum(rejects) AS rejects
    FROM notes
    WHERE rejects > 0 AND ($start IS NULL OR coalesce(last, delivered) >= $start)
        AND ($end IS NULL OR coalesce(last, delivered) < $end)
    GROUP BY ALL
),
hours AS (
    SELECT events.account, events.region, events.hour, min(events.first) AS first, max(events.last) AS last,
        sum(events.rows) AS rows, count(*) AS objects, max(epoch(notes.delivered - events.last)) AS lag
    FROM events LEFT JOIN notes ON notes.object = events.object
    GROUP BY ALL
)
SELECT coalesce(hours.account, aside.account) AS account, coalesce(hours.region, aside.region) AS region,
    coalesce(hours.hour, aside.hour) AS hour, first, last, coalesce(rows, 0)::BIGINT AS rows,
    coalesce(objects, 0)::BIGINT AS objects, coalesce(rejects, 0)::BIGINT AS rejects, lag
FROM hours FULL JOIN aside ON hours.account IS NOT DISTINCT FROM aside.account
    AND hours.region IS NOT DISTINCT FROM aside.region AND hours.hour IS NOT DISTINCT FROM aside.hour
ORDER BY account, region, hour
"""
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
    newest, collected = (
        max((file.last for file in lake.snapshot(name).files), default=None) for name in ("cloudtrail", "_objects")
    )
    return Age(newest, collected)


def coverage(lake: Lake, start: datetime | None = None, end: datetime | None = None) -> pd.DataFrame:
    """One row per account, region and hour of `[start, end)` that has events or rejects.

    Columns: account, region, hour, first, last (UTC), rows, objects, rejects, lag: the longest time in seconds from
    an object's last event of the hour to its delivery, where the name of the object tells it (to the minute).
    """
    files = [file for file in lake.snapshot("cloudtrail").files if file.overlaps(start, end)]
    events = [lake.location("cloudtrail", file) for file in files]
    notes = [lake.location("_objects", file) for file in lake.snapshot("_objects").files]
    if not events or not notes:
        columns = ["account", "region", "hour", "first", "last", "rows", "objects", "rejects", "lag"]
        return pd.DataFrame(columns=columns)
    return query(COVERAGE, events=events, notes=notes, start=start, end=end)


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
