"""Rows of Python values as an Arrow table of declared types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any

import msgspec
import pyarrow as pa

from engine.catalog import ANY, DATE, DOUBLE, IP, STRING, Field, Type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCALAR = {
    "bool": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "date": pa.timestamp("us", "UTC"),
}


@cache
def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type that DuckDB reads as a type of the language.

    >>> from engine.catalog import STRING, list_of, map_of
    >>> str(arrow_type(list_of(map_of({"key": STRING}))))
    'list<item: struct<key: string>>'
    """
    if kind.name == "map":
        return pa.struct([pa.field(name, arrow_type(member)) for name, member in _members(kind)])
    if kind.element is not None:
        return pa.list_(arrow_type(kind.element))
    return _SCALAR.get(kind.name, pa.string())


def _members(kind: Type) -> tuple[tuple[str, Type], ...]:
    """The keys of a map; what it does not declare is JSON text by now, under the remainder's name."""
    return kind.keys if kind.rest is None else (*kind.keys, (kind.rest, STRING))


def schema(fields: Sequence[Field]) -> pa.Schema:
    return pa.schema([pa.field(item.name, arrow_type(item.type)) for item in fields])


def typed(rows: Iterable[Mapping[str, Any]], fields: Sequence[Field]) -> pa.Table:
    """Rows as a table; a missing key is null. Raises ValueError with the column whose value does not fit its type."""
    found = list(rows)
    columns = []
    for item in fields:
        try:
            columns.append(pa.array([_value(row.get(item.name), item.type) for row in found], arrow_type(item.type)))
        except (pa.ArrowException, TypeError, ValueError, AttributeError, OverflowError):
            raise ValueError(f"`{item.name}` holds something else than a {item.type}") from None
    return pa.table(columns, schema=schema(fields))


def address(text: str) -> str:
    """An address as the engine writes it, IPv6 in eight groups; raises ValueError for anything else.

    >>> address("10.0.0.1"), address("2001:DB8::1")
    ('10.0.0.1', '2001:db8:0:0:0:0:0:1')
    """
    found = ip_address(text)
    if found.version == 4:
        return str(found)
    return ":".join(f"{int(found) >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))


def _value(value: Any, kind: Type) -> Any:
    """A Python value as Arrow takes it for a type."""
    if value is None:
        return None
    match kind.name:
        case "any":
            return msgspec.json.encode(_plain(value)).decode()
        case "map":
            return {name: _value(value.get(name), member) for name, member in _members(kind)}
        case "list":
            return [_value(item, kind.element or ANY) for item in value]
    if kind == IP:
        return address(value)
    if kind == DOUBLE:
        return float(value)
    if kind == DATE and not isinstance(value, datetime):
        raise TypeError
    return value


def _plain(value: Any) -> Any:
    """A value of type `any` as JSON holds it: a date is tagged, as everywhere in the engine."""
    if isinstance(value, datetime):
        return {"$date": (value - _EPOCH) // timedelta(microseconds=1)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
