"""What the hours of a lake add up to: streams (an account in a region, or a load balancer), gaps, cells of a heat map.

The frame that all begin with is that of `engine.lake.coverage.coverage`: a row per table, account, region and hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd

from engine.lake.rhythm import FEWEST, Rhythm, origin_of
from pages.parts.redact import HARMLESS, MASK, SECRET_KEY

HOUR = pd.Timedelta(hours=1)
WIDTHS = (1, 2, 3, 6, 12, 24)  # hours of a cell
MOST_CELLS = 5_000  # that a browser draws without delay
STREAM = ["table", "account", "region"]


def named(hours: pd.DataFrame, none: str) -> pd.DataFrame:
    """The hours with a name for accounts and regions that the logs leave out."""
    return hours.assign(account=hours["account"].fillna(none), region=hours["region"].fillna(none))


def streams(hours: pd.DataFrame) -> pd.DataFrame:
    """A row per stream: first, last, rows, objects, rejects, duplicates, lag, hours with events, without, longest gap.

    The last three count hours between the first and the last one with events; where there is none they are null.
    """
    grouped = hours.groupby(STREAM, sort=True)
    facts = grouped.agg(
        first=("first", "min"),
        last=("last", "max"),
        rows=("rows", "sum"),
        objects=("objects", "sum"),
        rejects=("rejects", "sum"),
        duplicates=("duplicates", "sum"),
        lag=("lag", "max"),
    )
    busy = hours[hours["rows"] > 0].groupby(STREAM)["hour"]
    facts["busy"] = busy.nunique()
    facts["gaps"] = (busy.max() - busy.min()).dt.total_seconds() / 3600 + 1 - facts["busy"]
    facts["longest"] = busy.agg(longest_gap)
    return facts.astype({"busy": "Int64", "gaps": "Int64", "longest": "Int64"}).reset_index()


def with_rhythms(found: pd.DataFrame, rhythms: Iterable[Rhythm], now: datetime) -> pd.DataFrame:
    """The streams with the `state` of deliveries, the usual and the present wait for one; null: unknown."""
    known = {(it.kind, it.load_balancer, it.account, it.region): it for it in rhythms if not it.is_whole}
    rows = [known.get((*origin_of(table), account, region)) for table, account, region in found[STREAM].to_numpy()]
    return found.assign(
        state=[row.state(now) if row else "unknown" for row in rows],
        usual=[timedelta(seconds=row.usual_wait) if row and row.usual_wait is not None else None for row in rows],
        silent=[row.silent(now) if row else None for row in rows],
    )


def with_gaps(found: pd.DataFrame, holes: pd.DataFrame) -> pd.DataFrame:
    """The streams with the hours of their `unusual` gaps together; null where nothing can be told."""
    together = holes.groupby(STREAM, as_index=False)["hours"].sum().rename(columns={"hours": "unusual"})
    merged = found.merge(together, how="left", on=STREAM)
    return merged.assign(unusual=merged["unusual"].fillna(0).where(merged["busy"] >= FEWEST).astype("Int64"))


def label_of(table: str, account: str, region: str) -> str:
    """What the map calls a stream.

    >>> label_of("cloudtrail", "111122223333", "us-east-1"), label_of("aws-elb_web", "111122223333", "us-east-1")
    ('111122223333 · us-east-1', 'web · 111122223333 · us-east-1')
    """
    _, balancer = origin_of(table)
    return " · ".join(filter(None, [balancer, account, region]))


def longest_gap(hours: pd.Series) -> int:
    """The most hours in a row that are missing between the first and the last.

    >>> longest_gap(pd.Series(pd.to_datetime(["2026-11-24 01:00", "2026-11-24 02:00", "2026-11-24 06:00"])))
    3
    """
    steps = hours.drop_duplicates().sort_values().diff().dropna()
    return 0 if steps.empty else int(steps.max() / HOUR) - 1


def silences(hours: pd.DataFrame) -> pd.DataFrame:
    """Hours without an event of anybody between the first and the last event, as stretches: start, end (exclusive).

    >>> at = pd.to_datetime(["2026-11-24 01:00", "2026-11-24 01:00", "2026-11-24 05:00"])
    >>> silences(pd.DataFrame({"hour": at, "rows": [1, 2, 3]}))["end"].tolist()
    [Timestamp('2026-11-24 05:00:00')]
    """
    busy = hours.loc[hours["rows"] > 0, "hour"].drop_duplicates().sort_values()
    before = busy.shift()
    is_late = (busy - before) > HOUR
    return pd.DataFrame({"start": before[is_late] + HOUR, "end": busy[is_late]}).reset_index(drop=True)


def silent_hours(hours: pd.DataFrame) -> int:
    """How many hours the silences have together."""
    found = silences(hours)
    return int((found["end"] - found["start"]).dt.total_seconds().sum() / 3600) if len(found) else 0


def cell_width(streams: int, length: timedelta) -> int:
    """Hours of a cell, so that a map of so many streams does not have too many of them.

    >>> cell_width(14, timedelta(days=14)), cell_width(14, timedelta(days=90))
    (1, 12)
    """
    total = streams * length / timedelta(hours=1)
    return next((width for width in WIDTHS if total / width <= MOST_CELLS), WIDTHS[-1])


def cells(hours: pd.DataFrame, width: int) -> pd.DataFrame:
    """The map's cells, of hours on the viewer's wall clock: those of a stream, start, end, rows, rejects, busy."""
    start = hours["hour"].dt.floor("D") + (
        (hours["hour"] - hours["hour"].dt.floor("D")) // pd.Timedelta(hours=width) * pd.Timedelta(hours=width)
    )
    busy = (hours["rows"] > 0).astype("int64")
    made = (
        hours.assign(start=start, busy=busy)
        .groupby([*STREAM, "start"])[["rows", "rejects", "busy"]]
        .sum()
        .reset_index()
    )
    return made.assign(end=made["start"] + pd.Timedelta(hours=width))


PAIR = re.compile(r'"([^"\\]+)"\s*:\s*"((?:[^"\\]|\\.)*)("?)')


def masked(text: str) -> str:
    """Text of a record that may be cut anywhere, with the values of secret-looking keys masked.

    >>> masked('{"userName": "kim", "password": "hunt')
    '{"userName": "kim", "password": "•••'
    """
    return PAIR.sub(_masked_pair, text)


def _masked_pair(found: re.Match[str]) -> str:
    key, value, _ = found.groups()
    if not value or not SECRET_KEY.search(key) or HARMLESS.search(key):
        return found.group()
    return found.group()[: found.start(2) - found.start()] + MASK + found.group(3)


def short_name(path: str) -> str:
    """The last part of an object's path: it tells account, region and time.

    >>> short_name("/logs/2026/11/22/1111_CloudTrail_us-east-1_20261122T1038Z_ab.json.gz")
    '1111_CloudTrail_us-east-1_20261122T1038Z_ab.json.gz'
    """
    return path.rpartition("/")[2] or path
