"""Arrow results to pandas frames: dates in the viewer's zone, lists and maps as Python objects, whole numbers whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd
import pyarrow as pa

from engine.catalog import ANY, DATE, NULL, Type

_decode = msgspec.json.Decoder().decode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}")


def frame(table: pa.Table, types: Mapping[str, Type], timezone: str) -> pd.DataFrame:
    """A result as a frame whose columns are named and ordered like `types`."""
    zone = ZoneInfo(timezone)
    columns = [_column(table.column(index), kind, zone) for index, kind in enumerate(types.values())]
    made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(table.num_rows))
    made.columns = pd.Index(list(types), dtype=object)
    return made


def _column(values: pa.ChunkedArray, kind: Type, zone: ZoneInfo) -> pd.Series[Any]:
    if kind == DATE:
        return pd.Series(values.to_pandas()).dt.tz_convert(zone)
    if kind == NULL:
        return pd.Series([None] * len(values), dtype=object)
    if kind == ANY or kind.name in ("list", "map", "binary"):
        return pd.Series([python_value(value, kind, zone) for value in values.to_pylist()], dtype=object)
    nullable = _NULLABLE.get if values.null_count else None
    return pd.Series(values.to_pandas(types_mapper=nullable))


#: Whole numbers and booleans stay what they are when some are missing.
_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def python_value(value: Any, kind: Type, zone: ZoneInfo) -> Any:
    """One value of a nested or mixed type as plain Python."""
    if value is None:
        return None
    if kind == ANY:
        return _read(value, zone)
    if kind == DATE:
        return value.astimezone(zone)
    if kind.name == "list":
        return [python_value(item, kind.element or NULL, zone) for item in value]
    if kind.name == "map":
        return _map(value, kind, zone)
    return value


def _map(value: Mapping[str, Any], kind: Type, zone: ZoneInfo) -> dict[str, Any]:
    """A struct without the keys that were absent, the undeclared ones put back."""
    found = {name: python_value(value[name], member, zone) for name, member in kind.keys if value[name] is not None}
    if kind.rest is not None and value[kind.rest] is not None:
        rest = _read(value[kind.rest], zone)
        found |= rest if isinstance(rest, dict) else {kind.rest: rest}
    return found


def _read(text: str, zone: ZoneInfo) -> Any:
    """A JSON text as a value; one that Python cannot hold, 600 lists deep for example, stays text."""
    try:
        return _untagged(_decode(text), zone)
    except msgspec.MsgspecError:  # a number like 1e999
        try:
            return _untagged(json.loads(text), zone)
        except (ValueError, RecursionError):
            return text
    except RecursionError:
        return text


def _untagged(value: Any, zone: ZoneInfo) -> Any:
    """Addresses and dates inside JSON text carry a tag (`engine.sql`)."""
    if isinstance(value, dict):
        if value.keys() == {"$ip"} and isinstance(value["$ip"], str) and _ADDRESS.fullmatch(value["$ip"]):
            return value["$ip"]
        if value.keys() == {"$date"} and isinstance(value["$date"], int) and abs(value["$date"]) < 10**17:
            return (_EPOCH + timedelta(microseconds=value["$date"])).astimezone(zone)
        return {key: _untagged(item, zone) for key, item in value.items()}
    if isinstance(value, list):
        return [_untagged(item, zone) for item in value]
    return value
