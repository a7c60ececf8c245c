"""What the lake holds and what it lacks: per table, account, region and hour; how old it is; what was put aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd

from engine.lake.formats import FORMATS, LogFormat, Rows
from engine.lake.rhythm import PATIENCE, usual_wait
from engine.lake.store import File, Lake

EVENTS = """
SELECT '{kind}' AS kind, {title} AS "table", {account} AS account, {region} AS region,
    time_bucket(INTERVAL 1 HOUR, _time) AS hour, _object AS object, count(*) AS rows, min(_time) AS first,
    max(_time) AS last
FROM read_parquet(${name}, union_by_name = true, hive_partitioning = false)
WHERE ($start IS NULL OR _time >= $start) AND ($end IS NULL OR _time < $end)
GROUP BY ALL
"""
NO_NOTES = """
SELECT NULL::VARCHAR AS object, NULL::VARCHAR AS kind, NULL::VARCHAR AS account, NULL::VARCHAR AS region,
    NULL::VARCHAR AS load_balancer, NULL::TIMESTAMPTZ AS delivered, NULL::TIMESTAMPTZ AS last,
    NULL::TIMESTAMPTZ AS collected, NULL::BIGINT AS rejects, NULL::BIGINT AS duplicates WHERE false
"""
# Notes of older versions tell no kind, nor what was delivered again.
NOTES = f"{NO_NOTES} UNION ALL BY NAME FROM read_parquet($notes, union_by_name = true, hive_partitioning = false)"
NO_EVENTS = """
SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS "table", NULL::VARCHAR AS account, NULL::VARCHAR AS region,
    NULL::TIMESTAMPTZ AS hour, NULL::VARCHAR AS object, NULL::BIGINT AS rows, NULL::TIMESTAMPTZ AS first,
    NULL::TIMESTAMPTZ AS last WHERE false
"""
COVERAGE = """
WITH events AS ({events}),
noted AS ({notes}),
notes AS (
    SELECT * REPLACE (coalesce(kind, 'cloudtrail') AS kind), coalesce(last, delivered, collected) AS moment FROM noted
    QUALIFY row_number() OVER (PARTITION BY object, kind ORDER BY collected DESC) = 1
),
-- An object is counted once, where its last events are: in one hour, and of one account if it has several.
homes AS (
    SELECT kind, object,
        arg_max(struct_pack("table" := "table", account := account, region := region), (last, rows)) AS home
    FROM events GROUP BY ALL
),
objects AS (
    SELECT coalesce(home."table", {titles}) AS "table", coalesce(home.account, account) AS account,
        coalesce(home.region, region) AS region, time_bucket(INTERVAL 1 HOUR, moment) AS hour, count(*) AS objects,
        sum(rejects) AS rejects, sum(duplicates) AS duplicates
    FROM notes LEFT JOIN homes ON notes.object = homes.object AND notes.kind = homes.kind
    WHERE ($start IS NULL OR moment >= $start) AND ($end IS NULL OR moment < $end)
    GROUP BY ALL
),
hours AS (
    SELECT events."table", events.account, events.region, events.hour, min(events.first) AS first,
        max(events.last) AS last, sum(events.rows) AS rows, max(epoch(notes.delivered - events.last)) AS lag
    FROM events LEFT JOIN notes ON notes.object = events.object AND notes.kind = events.kind
    GROUP BY ALL
)
SELECT coalesce(hours."table", objects."table") AS "table", coalesce(hours.account, objects.account) AS account,
    coalesce(hours.region, objects.region) AS region, coalesce(hours.hour, objects.hour) AS hour, first, last,
    coalesce(rows, 0)::BIGINT AS rows, coalesce(objects, 0)::BIGINT AS objects,
    coalesce(rejects, 0)::BIGINT AS rejects, coalesce(duplicates, 0)::BIGINT AS duplicates, lag
FROM hours FULL JOIN objects ON hours."table" IS NOT DISTINCT FROM objects."table"
    AND hours.account IS NOT DISTINCT FROM objects.account
    AND hours.region IS NOT DISTINCT FROM objects.region AND hours.hour IS NOT DISTINCT FROM objects.hour
ORDER BY "table", account, region, hour
"""
COLUMNS = ("table", "account", "region", "hour", "first", "last", "rows", "objects", "rejects", "duplicates", "lag")
STREAM = ["table", "account", "region"]
GAPS = [*STREAM, "start", "end", "hours"]
HOUR = pd.Timedelta(hours=1)
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
    """One row per table, account, region and hour of `[start, end)` that has events or objects.

    Columns: table, account, region, hour, first, last (UTC), rows, objects, rejects, duplicates, lag. An object is
    counted in the hour of its last event, or of its delivery when it has none, with what could not be read of it and
    what others had delivered before; so hours with events may have no objects of their own. `lag` is the longest time
    in seconds from an object's last event of the hour to its delivery, where its name tells it (to the minute).
    """
    selects, files = [], {}
    for form in FORMATS.values():
        for table in form.tables:
            snapshot = lake.snapshots().get(table.name)
            wanted = [file for file in snapshot.files if file.overlaps(start, end)] if snapshot else []
            if wanted:
                selects.append(events_of(form, table))
                files[table.name] = [lake.location(table.name, file) for file in wanted]
    if notes := [lake.location("_objects", file) for file in notes_since(lake, start)]:
        files["notes"] = notes
    if not files:
        return pd.DataFrame(columns=list(COLUMNS))
    titles = " ".join(f"WHEN notes.kind = '{form.kind}' THEN {title(form.tables[0])}" for form in FORMATS.values())
    sql = COVERAGE.format(
        events=" UNION ALL ".join(selects or [NO_EVENTS]),
        notes=NOTES if notes else NO_NOTES,
        titles=f"CASE {titles} END",
    )
    return query(sql, start=start, end=end, **files)


def gaps(hours: pd.DataFrame) -> pd.DataFrame:
    """Hours without events that are no usual ones: table, account, region, start, end (exclusive), hours.

    `hours` is what `coverage` gives. A stream's usual wait is told by itself (see `rhythm`): an hour is a gap where
    every hour has events, a night is none where nights are quiet. Streams of a few hours have no gaps to tell.
    """
    found = []
    for stream, group in hours[hours["rows"] > 0].groupby(STREAM, dropna=False):
        busy = group["hour"].sort_values()
        seconds = busy.to_numpy("datetime64[s]").astype(np.float64)
        usual = usual_wait(seconds)
        if usual is not None:
            for place in np.nonzero(np.diff(seconds) > max(PATIENCE * usual, 3600))[0]:
                start, end = busy.iloc[place] + HOUR, busy.iloc[place + 1]
                found.append((*stream, start, end, int((end - start) / HOUR)))
    return pd.DataFrame(found, columns=GAPS)


def notes_since(lake: Lake, start: datetime | None) -> list[File]:
    """Notes of the objects that may have events since then: none is collected before it happens."""
    return [file for file in lake.snapshot("_objects").files if file.overlaps(start, None)]


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
