"""Null, truth, equality, order and text form of Python values.

null None · bool · int · float · date datetime · address IPv4Address or IPv6Address · str · list · dict · bytes
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import cmp_to_key
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


class Undetermined(Exception):
    """The language leaves the answer open: it depends on an order that rows do not have, or on digits nobody has."""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def rank(value: Any) -> int:
    """null < bool < number < date < IPv4 < IPv6 < string < array < map < binary"""
    if value is None:
        return 0
    kinds: tuple[type | tuple[type, ...], ...] = (
        bool, (int, float), datetime, IPv4Address, IPv6Address, str, list, dict, bytes,
    )  # fmt: skip
    return next(index for index, kind in enumerate(kinds, 1) if isinstance(value, kind))


def compare(a: Any, b: Any) -> int:
    """-1, 0 or 1 by the total order: text without case, arrays element by element, maps all alike."""
    if rank(a) != rank(b):
        return -1 if rank(a) < rank(b) else 1
    if a is None or isinstance(a, dict):
        return 0
    if isinstance(a, str):
        a, b = a.lower(), b.lower()
    if isinstance(a, list):
        for x, y in zip(a, b, strict=False):
            if found := compare(x, y):
                return found
        a, b = len(a), len(b)
    if isinstance(a, float) and math.isnan(a):  # beyond the specification: greater than any number
        return 0 if isinstance(b, float) and math.isnan(b) else 1
    if isinstance(b, float) and math.isnan(b):
        return -1
    return (a > b) - (a < b)


ordered = cmp_to_key(compare)


def truth(value: Any) -> bool:
    """True, and whatever is neither boolean nor null."""
    return value is not None and value is not False


def identity(value: Any) -> Any:
    """Something hashable that is equal for values of one type and one form only: 1, 1.0 and "1" differ."""
    if isinstance(value, list):
        return ("list", *(identity(item) for item in value))
    if isinstance(value, dict):
        return ("map", *((key, identity(item)) for key, item in value.items()))
    return (type(value).__name__, repr(value) if isinstance(value, float) else value)


def double_text(value: float) -> str:
    """As Java writes it: 1.0, 1.0E8, 1.0E-4."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "e" not in repr(value) else f"{value:f}"
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = digits.partition(".")
    power = int(exponent or 0) + len(whole) - 1
    plain = (whole + fraction).rstrip("0") or "0"
    stripped = plain.lstrip("0")
    power -= len(plain) - len(stripped) if whole == "0" else 0
    return f"{sign}{stripped[0]}.{stripped[1:] or '0'}E{power}"


def text(value: Any) -> str:
    """The text form that `==` with a literal, `concat` and the functions of text see. Null has none."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return double_text(value)
        case datetime():
            return value.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S%z")
        case IPv4Address():
            return str(value)
        case IPv6Address():
            return ":".join(f"{int(group, 16):x}" for group in value.exploded.split(":"))
        case list():
            return f"[{', '.join('null' if item is None else text(item) for item in value)}]"
        case dict():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case bytes():
            return value.hex()
    return str(value)


def fits(subject: str, pattern: str) -> bool:
    """A literal with `*`: none exact, one at an end or both ends with case, any other the whole text without case."""
    stars = pattern.count("*")
    if stars == 0:
        return subject == pattern
    if pattern == "*":
        return True
    if stars == 1 and pattern.endswith("*"):
        return subject.startswith(pattern[:-1])
    if stars == 1 and pattern.startswith("*"):
        return subject.endswith(pattern[1:])
    if stars == 2 and pattern.startswith("*") and pattern.endswith("*"):
        return pattern[1:-1] in subject
    parts = re.split(r"(\\\*|\*)", pattern)
    regex = "".join("[^\n]*" if p == "*" else re.escape("*" if p == r"\*" else p) for p in parts)
    return re.fullmatch(regex, subject, re.IGNORECASE) is not None


def long(value: int) -> int:
    """64 bits that wrap around."""
    return (value + 2**63) % 2**64 - 2**63


def operand(value: Any) -> int | float:
    """A value of arithmetic: text is read as a number, everything that is none counts as 0."""
    if is_number(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        if re.fullmatch(r"[+-]?[0-9]+", value):
            return int(value) if -(2**63) <= int(value) < 2**63 else float(value)
        if re.fullmatch(r"0[xX][0-9a-fA-F]+", value):
            return int(value, 16)
        if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", value):
            return float(value)
    return 0


def arithmetic(op: str, a: Any, b: Any) -> Any:
    if a is None or b is None:
        return None
    x, y = operand(a), operand(b)
    if op == "/":
        return None if y == 0 else float(x) / float(y) if abs(float(y)) > 0 else None
    if isinstance(x, int) and isinstance(y, int):
        return long(x + y if op == "+" else x - y if op == "-" else x * y)
    x, y = float(x), float(y)
    return x + y if op == "+" else x - y if op == "-" else x * y


def equals(a: Any, b: Any) -> bool:
    """`==` between values; never true of null."""
    return a is not None and b is not None and compare(a, b) == 0
