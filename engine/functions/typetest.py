"""What type a value has."""

from __future__ import annotations

from engine.catalog import ANY, NUMBERS, STRING
from engine.functions.function import function
from engine.values import NOTHING, Value, boolean

_NAMES = {"map": "map", "list": "list", "binary": "byte[]"}


@function
def isnum(value: Value) -> Value:
    """True for a number; false for text, even when it looks like a number.

    Example:
        isnum(1.5) and not(isnum("1.5"))
    """
    if value.type == ANY:
        return boolean(f"coalesce(any_rank({value.sql}) = 2, false)")
    return boolean(f"({value.sql} IS NOT NULL)" if value.type in NUMBERS else "false")


@function
def isstr(value: Value) -> Value:
    """True for text.

    Example:
        isstr("80") and not(isstr(80))
    """
    if value.type == ANY:
        return boolean(f"coalesce(any_rank({value.sql}) = 6, false)")
    return boolean(f"({value.sql} IS NOT NULL)" if value.type == STRING else "false")


@function
def typeof(value: Value) -> Value:
    """Name of a value's type: string, bool, int, long, double, date, ipv4, ipv6, list, map or byte[]; null for null.

    Example:
        typeof(1) == "int" and typeof(ip("10.0.0.1")) == "ipv4"
    """
    if value.type.name == "null":
        return NOTHING
    if value.type == ANY:
        return Value(f"any_type({value.sql})", STRING)
    if value.type.name == "ip":
        return Value(f"if(contains({value.sql}, ':'), 'ipv6', 'ipv4')", STRING)
    name = _NAMES.get(value.type.name, value.type.name)
    return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN '{name}' END", STRING)
