"""Expressions over one row."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from engine.language.nodes import Binary, Call, Expr, FieldRef, Items, Literal, Negate
from tests.interpreter.values import (
    SEOUL,
    Undetermined,
    arithmetic,
    compare,
    equals,
    fits,
    identity,
    is_number,
    is_whole,
    long,
    ordered,
    text,
    truth,
)

Row = dict[str, Any]
Lazy = Callable[[], Any]


class Evaluator:
    """Evaluates expressions; `parameters` are those of the query."""

    def __init__(self, parameters: dict[str, Any] | None = None) -> None:
        self.parameters = parameters if parameters is not None else {}

    def value(self, expr: Expr, row: Row) -> Any:
        match expr:
            case Literal(value):
                return value
            case FieldRef(name):
                return row.get(name)
            case Negate(operand):
                return _negated(self.value(operand, row))
            case Items(items):
                return [self.value(item, row) for item in items]
            case Binary(op, left, right):
                return self._binary(op, left, right, row)
            case Call(name, args):
                return self._call(name, args, row)

    def _binary(self, op: str, left: Expr, right: Expr, row: Row) -> Any:
        a, b = self.value(left, row), self.value(right, row)
        match op:
            case "and":
                return truth(a) and truth(b)
            case "or":
                return truth(a) or truth(b)
            case "==" | "!=":
                if a is None or b is None:
                    return False
                if isinstance(right, Literal) and isinstance(right.value, str):
                    return fits(text(a), right.value) == (op == "==")
                return (compare(a, b) == 0) == (op == "==")
            case "<" | "<=" | ">" | ">=":
                if a is None or b is None:
                    return None
                found = compare(a, b)
                return {"<": found < 0, "<=": found <= 0, ">": found > 0, ">=": found >= 0}[op]
        return arithmetic(op, a, b)

    def _call(self, name: str, args: tuple[Expr, ...], row: Row) -> Any:
        match name:
            case "$":
                found = self.parameters.get(args[0].value)  # type: ignore[union-attr]
                return self.value(args[1], row) if found is None and len(args) > 1 else found
            case "field":
                return row.get(args[0].value)  # type: ignore[union-attr]
            case "if":
                return self.value(args[1] if truth(self.value(args[0], row)) else args[2], row)
            case "case":
                for at in range(0, len(args) - 1, 2):
                    if truth(self.value(args[at], row)):
                        return self.value(args[at + 1], row)
                return self.value(args[-1], row) if len(args) % 2 else None
            case "in":
                return self._in(self.value(args[0], row), args[1:], row)
            case "foreach":
                return self._foreach(args, row)
        return FUNCTIONS[name](*(self.value(arg, row) for arg in args))

    def _in(self, value: Any, choices: tuple[Expr, ...], row: Row) -> bool:
        if value is None:
            return False
        for choice in choices:
            if isinstance(choice, Literal) and isinstance(choice.value, str):
                if isinstance(value, str) and fits(value, choice.value):
                    return True
            elif equals(value, self.value(choice, row)):
                return True
        return False

    def _foreach(self, args: tuple[Expr, ...], row: Row) -> list[Any]:
        values = [self.value(arg, row) for arg in args[1:]]
        size = max((len(value) for value in values if isinstance(value, list)), default=0)
        found = []
        for at in range(size):
            bound = {
                f"_{number}": (value[at] if at < len(value) else None) if isinstance(value, list) else value
                for number, value in enumerate(values, 1)
            }
            found.append(self.value(args[0], {**row, **bound}))
        return found


def _negated(value: Any) -> Any:
    if is_whole(value):
        return long(-value)
    return -value if isinstance(value, float) else None


def _of_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Null on null; everything else in its text form."""
    return lambda value, *rest: None if value is None else function(text(value), *rest)


def _of_number(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value, *rest: function(value, *rest) if is_number(value) else None


def _not(value: Any) -> Any:
    return not value if isinstance(value, bool) else None


def _typeof(value: Any) -> Any:
    if is_whole(value):
        return "whole"  # int or long: the row does not know
    names = {bool: "bool", float: "double", datetime: "date", IPv4Address: "ipv4", IPv6Address: "ipv6", str: "string",
             list: "list", dict: "map", bytes: "byte[]"}  # fmt: skip
    return names.get(type(value))


def _contains(value: Any, part: Any) -> bool:
    if value is None or part is None:
        return False
    if isinstance(value, list):
        return any(item is not None and identity(item) == identity(part) for item in value)
    return text(part) in text(value)


def _indexof(value: Any, part: Any, start: Any = 0) -> Any:
    if value is None or part is None:
        return None
    return text(value).find(text(part), max(0, start or 0))


def _lastindexof(value: Any, part: Any, start: Any = None) -> Any:
    if value is None or part is None:
        return None
    whole, sub = text(value), text(part)
    starts = [at for at in range(len(whole) + 1) if whole.startswith(sub, at) and (start is None or at <= start)]
    return max(starts, default=-1)


def _left(whole: str, count: Any) -> Any:
    return whole[:count] if is_whole(count) and count >= 0 else None


def _right(whole: str, count: Any) -> Any:
    return (whole[-count:] if count else "") if is_whole(count) and count >= 0 else None


def _len(value: Any) -> int:
    return 0 if value is None else len(value) if isinstance(value, list | dict | bytes) else len(text(value))


def _padded(side: str) -> Callable[..., Any]:
    def pad(value: Any, size: Any, filler: Any = " ") -> Any:
        if value is None or not is_whole(size) or filler is None or not 0 <= size <= 1_000_000:
            return None
        whole = text(value)
        missing = size - len(whole)
        if missing <= 0:
            return whole[:size]
        more = (text(filler) * missing)[:missing] if text(filler) else ""
        return more + whole if side == "left" else whole + more

    return pad


def _replace(whole: str, pattern: Any, new: Any) -> str:
    if pattern is None or text(pattern) == "":
        return whole
    return whole.replace(text(pattern), "" if new is None else text(new))


def _split(whole: str, delimiter: str, limit: int = 0) -> list[str]:
    if whole == "":
        return []
    return whole.split(delimiter, limit - 1) if limit >= 2 else whole.split(delimiter)


def _strjoin(delimiter: str, value: Any) -> Any:
    if not isinstance(value, list):
        return None
    return delimiter.join("null" if item is None else text(item) for item in value)


def _part(whole: Any, begin: Any, end: Any) -> Any:
    """From one position to before another, negative ones from the end; null when it would begin outside."""
    first = begin + len(whole) if begin < 0 else begin
    last = end + len(whole) if end < 0 else end
    if not 0 <= first < len(whole) or last < first:
        return None
    return whole[first : min(last, len(whole))]


def _substr(whole: str, begin: Any, end: Any = 2**31) -> Any:
    return _part(whole, begin, end) if is_whole(begin) and is_whole(end) else None


def _subarray(value: Any, begin: Any, end: Any = 2**31) -> Any:
    return _part(value, begin, end) if isinstance(value, list) and is_whole(begin) and is_whole(end) else None


MOST_DIGITS = 20  # beyond them doubles have nothing, and powers of ten would have no end


def _rounded(cut: Callable[[float], float]) -> Callable[..., Any]:
    def round_(number: Any, digits: Any = 0) -> Any:
        if not is_whole(digits):
            return None
        if abs(digits) > MOST_DIGITS:
            raise Undetermined
        if isinstance(number, int):
            if digits >= 0:
                return number
            found = cut(number / 10**-digits) * 10**-digits
            return int(found) if -(2**63) <= found < 2**63 else None
        if not math.isfinite(number):
            return number
        scaled = cut(number * 10**digits) / 10**digits if digits >= 0 else cut(number / 10**-digits) * 10**-digits
        return float(scaled)

    return round_


def _half_up(number: float) -> float:
    return math.floor(number + 0.5)


def _mod(a: Any, b: Any) -> Any:
    return long(math.fmod(a, b).__trunc__() if abs(a) < 2**53 else _exact_mod(a, b)) if _both_whole(a, b) else None


def _exact_mod(a: int, b: int) -> int:
    return abs(a) % abs(b) * (-1 if a < 0 else 1)


def _both_whole(a: Any, b: Any) -> bool:
    return is_whole(a) and is_whole(b) and b != 0


def _sqrt(number: float) -> float:
    return math.sqrt(number) if number >= 0 else math.nan


def _log(number: float) -> float:
    return math.nan if number < 0 else -math.inf if number == 0 else math.log(number)


def _most(pick: int) -> Callable[..., Any]:
    def most(*values: Any) -> Any:
        present = [value for value in values if value is not None]
        if not present:
            return None
        best = present[0]
        for value in present[1:]:
            if compare(value, best) * pick > 0:
                best = value
        return best

    return most


def _whole(bits: int) -> Callable[[Any], Any]:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def convert(value: Any) -> Any:
        if isinstance(value, list) and bits == 32:
            return [
                None if isinstance(e, list) or (isinstance(e, float) and e != int(e)) else convert(e) for e in value
            ]
        if isinstance(value, str):
            found = int(value) if re.fullmatch(r"[+-]?[0-9]+", value) else None
        elif is_whole(value):
            found = value
        elif isinstance(value, float):
            found = math.trunc(value) if math.isfinite(value) else None
            if bits == 32 and found is not None:
                found = max(found, low)
        elif isinstance(value, IPv4Address):
            found = int(value) - (2**32 if bits == 32 and int(value) >= 2**31 else 0)
        else:
            return None
        return found if found is not None and low <= found <= high else None

    return convert


def _has_fraction(value: Any) -> bool:
    return isinstance(value, float) and value != math.trunc(value)


def _double(value: Any) -> Any:
    if is_number(value):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", value):
        return float(value)
    return None


def _ip(value: Any) -> Any:
    if is_whole(value):
        return IPv4Address(value % 2**32)
    if isinstance(value, str):
        try:
            return ip_address(value)
        except ValueError:
            return None
    return value if isinstance(value, IPv4Address | IPv6Address) else None


def _ip2long(value: Any) -> Any:
    found = _ip(value) if not is_whole(value) else None
    return int(found) if isinstance(found, IPv4Address) else None


def _network(value: Any, bits: Any) -> Any:
    found = _ip(value) if not is_whole(value) else None
    if found is None or not is_whole(bits) or not 0 <= bits <= found.max_prefixlen:
        return None
    try:
        return text(ip_network((found, bits), strict=False).network_address)
    except (ValueError, AddressValueError):
        return None


def _valueof(compound: Any, key: Any) -> Any:
    if isinstance(compound, dict) and isinstance(key, str):
        return compound.get(key)
    if isinstance(compound, list) and is_whole(key) and 0 <= key < len(compound):
        return compound[key]
    return None


def _flatten(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [inner for item in value for inner in (_flatten(item) if isinstance(item, list) else [item])]


def _unique(value: Any) -> Any:
    if value is None:
        return None
    return list({identity(item): item for item in (value if isinstance(value, list) else [value])}.values())


def _sumarray(value: Any) -> Any:
    if not isinstance(value, list):
        return None
    numbers = [item for item in value if is_number(item)]
    return long(sum(numbers)) if all(is_whole(number) for number in numbers) else math.fsum(numbers)


def _datediff(start: Any, end: Any, unit: str) -> Any:
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return None
    days = {"year": 365, "mon": 30, "day": 1}
    micros = days[unit] * 86_400_000_000 if unit in days else {"hour": 3600, "min": 60, "sec": 1}[unit] * 1_000_000
    between = round((end - start).total_seconds() * 1_000_000)
    return abs(between) // micros * (-1 if between < 0 else 1)


def _datepart(value: Any, part: str) -> Any:
    if not isinstance(value, datetime):
        return None
    local = value.astimezone(SEOUL)
    return {
        "year": local.year, "mon": local.month, "day": local.day, "hour": local.hour, "min": local.minute,
        "sec": local.second, "dow": local.isoweekday() % 7, "isodow": local.isoweekday(),
        "epoch": math.floor(value.timestamp()), "quarter": (local.month + 2) // 3, "week": local.isocalendar().week,
        "doy": local.timetuple().tm_yday,
    }[part]  # fmt: skip


def _epoch(value: Any) -> Any:
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"[+-]?[0-9]+", value) else None
    elif isinstance(value, float):
        value = math.trunc(value) if math.isfinite(value) else None
    if not is_whole(value):
        return None
    seconds = value // 1000 if value * 1000 >= 253_402_300_799_000 else value
    if not -62_135_596_800 <= seconds <= 253_402_300_798:
        return None
    millis = value % 1000 if value * 1000 >= 253_402_300_799_000 else 0
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=millis * 1000)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "isnum": is_number,
    "isstr": lambda value: isinstance(value, str),
    "typeof": _typeof,
    "not": _not,
    "nvl": lambda value, default: default if value is None else value,
    "concat": lambda *values: "".join("null" if value is None else text(value) for value in values),
    "contains": _contains,
    "indexof": _indexof,
    "lastindexof": _lastindexof,
    "left": _of_text(_left),
    "right": _of_text(_right),
    "len": _len,
    "lower": _of_text(str.lower),
    "upper": _of_text(str.upper),
    "trim": _of_text(lambda whole: whole.strip("".join(map(chr, range(33))))),
    "lpad": _padded("left"),
    "rpad": _padded("right"),
    "replace": _of_text(_replace),
    "split": _of_text(_split),
    "strjoin": _strjoin,
    "substr": _of_text(_substr),
    "match": lambda value, regex: value is not None and re.search(regex, text(value)) is not None,
    "string": _of_text(str),
    "abs": _of_number(lambda n: long(abs(n)) if is_whole(n) else abs(n)),
    "round": _of_number(_rounded(_half_up)),
    "ceil": _of_number(_rounded(math.ceil)),
    "floor": _of_number(_rounded(math.floor)),
    "mod": _mod,
    "sqrt": _of_number(_sqrt),
    "log": _of_number(_log),
    "min": _most(-1),
    "max": _most(1),
    "int": _whole(32),
    "long": _whole(64),
    "double": _double,
    "ip": _ip,
    "ip2long": _ip2long,
    "network": _network,
    "array": lambda *values: list(values),
    "dict": lambda *pairs: dict(zip(pairs[0::2], pairs[1::2], strict=True)),
    "valueof": _valueof,
    "flatten": _flatten,
    "unique": lambda value: None if value is None else sorted(_unique(value), key=ordered),
    "subarray": _subarray,
    "sumarray": _sumarray,
    "datediff": _datediff,
    "datepart": _datepart,
    "epoch": _epoch,
}
