"""How often logs arrive, and whether they are late: what tells a quiet trail from a broken one.

A stream, an account in a region or a load balancer, has its own usual wait from one delivery to the next: minutes where
much happens, a night or a weekend elsewhere. It is late when its last delivery is much longer ago than that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import duckdb
import numpy as np
import numpy.typing as npt

from engine.lake.formats import FORMATS
from engine.lake.objects import UNKNOWN_DAY
from engine.lake.store import File, Lake

LOOKED_AT = timedelta(days=28)  # four weekends
SHARE = 0.8  # of the time: outages of some days in four weeks are not usual, nights and weekends are
PATIENCE = 1.5  # times the usual wait
LEAST = timedelta(minutes=30)  # deliveries of minutes may be slow for a while
FEWEST = 6  # deliveries that a usual wait is told from

State = Literal["on time", "late", "old", "unknown"]

# Notes of older versions tell no kind. Deliveries are looked at by the minute, as names of objects tell them.
STREAMS = """
WITH noted AS (
    SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS load_balancer WHERE false
    UNION ALL BY NAME SELECT * FROM read_parquet($files, union_by_name = true, hive_partitioning = false)
),
notes AS (
    SELECT coalesce(kind, 'cloudtrail') AS kind, load_balancer, account, region, last, collected,
        coalesce(delivered, last) AS moment, CASE WHEN delivered < last THEN 0 ELSE epoch(delivered - last) END AS lag
    FROM noted WHERE moment IS NOT NULL
),
latest AS (
    SELECT notes.* FROM notes JOIN (SELECT kind, max(moment) AS newest FROM notes GROUP BY kind) USING (kind)
    WHERE moment >= newest - to_days($days)
)
SELECT grouping(account) = 1 AS is_whole, kind, load_balancer, account, region,
    list_sort(list(DISTINCT epoch(moment)::BIGINT // 60 * 60)) AS moments, max(moment) AS last_delivery,
    max(last) AS last_event, max(collected) AS last_collect, median(lag) AS usual_lag
FROM latest GROUP BY GROUPING SETS ((kind), (kind, load_balancer, account, region))
ORDER BY is_whole DESC, kind, load_balancer, account, region
"""


@dataclass(frozen=True)
class Rhythm:
    """How one stream arrives, or a kind of log as a whole. Times in seconds, null: unknown.

    `usual_wait` is the wait from one delivery to the next that four fifths of the time were spent in, or in shorter
    ones; `usual_lag` the median time from the last event of an object to its delivery. `is_archive`: when logs of the
    kind were last collected, their delivery was long past.
    """

    kind: str
    load_balancer: str | None
    account: str | None
    region: str | None
    deliveries: int
    last_delivery: datetime
    last_event: datetime | None
    last_collect: datetime
    usual_wait: float | None
    usual_lag: float | None
    is_whole: bool = False
    is_archive: bool = False

    @property
    def patience(self) -> timedelta | None:
        """How long nothing may arrive."""
        if self.usual_wait is None:
            return None
        return max(LEAST, timedelta(seconds=PATIENCE * self.usual_wait))

    def silent(self, now: datetime) -> timedelta:
        """For how long nothing was delivered."""
        return max(now - self.last_delivery, timedelta())

    def state(self, now: datetime) -> State:
        """Whether what should have come has; an archive, which is `old`, is not late."""
        if self.patience is None:
            return "unknown"
        if self.silent(now) <= self.patience:
            return "on time"
        return "old" if self.is_archive else "late"


def usual_wait(moments: npt.NDArray[np.float64]) -> float | None:
    """The usual wait between moments, in order and in seconds; null when they are too few to tell.

    >>> usual_wait(np.array([0, 60, 120, 180, 240, 300, 360]))
    60.0
    >>> nights = np.concatenate([day * 86_400 + np.arange(0, 50_000, 300) for day in range(10)])
    >>> usual_wait(nights) / 3600 > 10
    True
    """
    if len(moments) < FEWEST:
        return None
    waits = np.sort(np.diff(moments))
    spent = np.cumsum(waits)
    return float(waits[np.searchsorted(spent, SHARE * spent[-1])])


def rhythms(lake: Lake) -> list[Rhythm]:
    """The rhythm of every stream of the last four weeks of deliveries, and before them those of each kind of log."""
    files = recent(lake.snapshot("_objects").files)
    if not files:
        return []
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        paths = [lake.location("_objects", file) for file in files]
        rows = duck.sql(STREAMS, params={"files": paths, "days": LOOKED_AT.days}).to_arrow_table().to_pylist()
    found = [rhythm_of(**row) for row in rows]
    archives = {it.kind for it in found if it.is_whole and it.patience and it.silent(it.last_collect) > it.patience}
    return [replace(rhythm, is_archive=rhythm.kind in archives) for rhythm in found]


def rhythm_of(moments: list[int], **facts: Any) -> Rhythm:
    """The rhythm of deliveries at these moments, in seconds."""
    return Rhythm(deliveries=len(moments), usual_wait=usual_wait(np.array(moments, np.float64)), **facts)


def origin_of(table: str) -> tuple[str, str | None]:
    """Kind of log and load balancer of a table that queries see.

    >>> origin_of("cloudtrail"), origin_of("aws-nlb_edge")
    (('cloudtrail', None), ('elb', 'edge'))
    """
    for form in FORMATS.values():
        for rows in form.tables:
            if rows.divided and table.startswith(rows.prefix):
                return form.kind, table.removeprefix(rows.prefix)
    return "cloudtrail", None


def recent(files: Iterable[File]) -> list[File]:
    """Notes of the last weeks of deliveries, and those of objects whose names tell no day."""
    all_files = list(files)
    newest = max((file.partition for file in all_files), default=UNKNOWN_DAY)
    if newest == UNKNOWN_DAY:
        return all_files
    first = (datetime.fromisoformat(newest).replace(tzinfo=UTC) - LOOKED_AT).strftime("%Y-%m-%d")
    return [file for file in all_files if file.partition >= first or file.partition == UNKNOWN_DAY]
