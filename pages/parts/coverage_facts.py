"""What the hours of a lake add up to: streams (an account in a region), their gaps, cells of a heat map.

The frame that all begin with is that of `engine.lake.coverage.coverage`: a row per account, region and hour.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pandas as pd

from pages.parts.redact import HARMLESS, MASK, SECRET_KEY

HOUR = pd.Timedelta(hours=1)
WIDTHS = (1, 2, 3, 6, 12, 24)  # hours of a cell
MOST_CELLS = 5_000  # that a browser draws without delay
STREAM = ["account", "region"]


def named(hours: pd.DataFrame, none: str) -> pd.DataFrame:
    """The hours with a name for accounts and regions that the logs leave out."""
    return hours.assign(account=hours["account"].fillna(none), region=hours["region"].fillna(none))


def streams(hours: pd.DataFrame) -> pd.DataFrame:
    """A row per stream: first, last, rows, objects, rejects, lag, and hours with events, without, longest gap.

    The last three count hours between the first and the last one with events; where there is none they are null.
    """
    grouped = hours.groupby(STREAM, sort=True)
    facts = grouped.agg(
        first=("first", "min"),
        last=("last", "max"),
        rows=("rows", "sum"),
        objects=("objects", "sum"),
        rejects=("rejects", "sum"),
        lag=("lag", "max"),
    )
    busy = hours[hours["rows"] > 0].groupby(STREAM)["hour"]
    facts["busy"] = busy.nunique()
    facts["gaps"] = (busy.max() - busy.min()).dt.total_seconds() / 3600 + 1 - facts["busy"]
    facts["longest"] = busy.agg(longest_gap)
    return facts.astype({"busy": "Int64", "gaps": "Int64", "longest": "Int64"}).reset_index()


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
    """The map's cells, of hours on the viewer's wall clock: account, region, start, end, rows, rejects, busy."""
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
