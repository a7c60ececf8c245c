"""Questions that follow from an answer, as queries: the rows behind a mark or a row, and what happened around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from engine.export import is_null, json_text
from engine.language.grammar import parse_expression
from engine.language.nodes import Query
from engine.language.rewrite import rows_behind, with_condition, with_search
from pages.parts.periods import Period


def grouped_by(query: Query) -> tuple[str, ...] | None:
    """The fields that the first aggregate of a query groups by, nothing for a query without one."""
    for command in query:
        if command.summarises:
            return tuple(getattr(command, "by", ()))
    return None


def rows_of(query: Query, row: pd.Series) -> Query | None:
    """The rows that one row of a summary stands for; nothing when it is no summary or its keys are gone."""
    by = grouped_by(query)
    if by is None:
        return None
    values = {name: _constant(row[name]) for name in by if name in row}
    if len(values) < len(by) or any(isinstance(value, _NotConstant) for value in values.values()):
        return None
    return rows_behind(query, values)


class _NotConstant:
    """A value that cannot be written as a constant of the language."""


def _constant(value: Any) -> Any:
    if is_null(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, (str, int, float, bool)) else _NotConstant()


def series_values(query: Query, names: tuple[str, ...], series: str, unnamed: set[str]) -> dict[str, Any]:
    """The value that a column of a time chart stands for; nothing when it stands for several."""
    by = grouped_by(query)
    if not by or series in unnamed or names not in ((), by):
        return {}
    return {by[0]: series}


def between_marks(query: Query, first: float, last: float, width: timedelta, zone: str) -> Query:
    """The query over what was dragged on a chart: milliseconds of the browser, whose zone the viewer's is.

    Whole buckets are taken, those that the drag touches.
    """
    start, end = (pd.Timestamp(mark, unit="ms", tz=UTC).tz_convert(zone) for mark in sorted((first, last)))
    midnight = start.normalize()
    start = midnight + (start - midnight) // width * pd.Timedelta(width)
    end = midnight - (midnight - end) // width * pd.Timedelta(width)
    return Period(start=start.to_pydatetime(), end=max(end, start + width).to_pydatetime()).on(query, zone)


def between_buckets(query: Query, first: str, last: str, width: timedelta, zone: str) -> Query:
    """The query from one bucket to another, both included; the texts are their starts as the viewer's wall clock."""
    start, end = (pd.Timestamp(text).tz_localize(zone).to_pydatetime() for text in (first, last))
    return Period(start=start, end=end + width).on(query, zone)


def in_bucket(query: Query, start_text: str, width: timedelta, zone: str) -> Query:
    """The query over one bucket; the text is its start as the viewer's wall clock."""
    start = pd.Timestamp(start_text).tz_localize(zone).tz_convert(UTC).to_pydatetime()
    return Period(start=start, end=start + width).on(query, zone)


def ways_on(query: Query, row: pd.Series, zone: str) -> dict[str, Query]:
    """Questions that a row raises, as queries: what it stands for, what happened around it, what else its cause did."""
    behind = rows_of(query, row)
    if behind is not None:
        return {"behind": behind}
    moment = row.get("_time")
    tables = Query(query.commands[:1])
    if is_null(moment) or not isinstance(moment, datetime) or tables.commands[0].word != "table":
        return {}

    def within(distance: timedelta, rows: Query = tables) -> Query:
        second = moment.astimezone(ZoneInfo(zone)).replace(microsecond=0)
        return Period(start=second - distance, end=second + distance + timedelta(seconds=1)).on(rows, zone)

    ways = {"around": within(timedelta(minutes=5))}
    address, name, key = row.get("sourceIPAddress"), row.get("eventName"), _access_key(row)
    if isinstance(address, str):
        ways["same_address"] = within(timedelta(hours=1), with_search(tables, {"sourceIPAddress": [address]}))
    if key is not None:
        condition = parse_expression(f'valueof(userIdentity, "accessKeyId") == {json_text(key)}')
        ways["same_key"] = within(timedelta(hours=1), with_condition(tables, condition))
    if isinstance(name, str):
        ways["same_name"] = within(timedelta(days=1), with_search(tables, {"eventName": [name]}))
    return ways


def _access_key(row: pd.Series) -> str | None:
    identity = row.get("userIdentity")
    key = identity.get("accessKeyId") if isinstance(identity, dict) else None
    return key if isinstance(key, str) and key.isalnum() else None
