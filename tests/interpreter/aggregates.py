"""Aggregates over the rows of one group. Nulls are ignored by all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from engine.language.nodes import Call
from tests.interpreter.expressions import Evaluator, Row
from tests.interpreter.values import compare, identity, is_number, is_whole, long, ordered


def aggregate(call: Call, rows: Sequence[Row], evaluator: Evaluator) -> Any:
    """The value of an aggregate over a group's rows, in their order of arrival."""
    if call.name in ("count", "c") and not call.args:
        return len(rows)
    columns = [[evaluator.value(arg, row) for row in rows] for arg in call.args]
    if call.name in PAIRS:
        pairs = [(x, y) for x, y in zip(columns[0], columns[1], strict=True) if is_number(x) and is_number(y)]
        return PAIRS[call.name](pairs)
    if call.name in ("percentile", "median"):
        values = sorted((value for value in columns[0] if value is not None), key=ordered)
        options = [evaluator.value(arg, {}) for arg in call.args[1:]] if call.name == "percentile" else [50]
        return _percentile(values, *options)
    return SINGLE[call.name]([value for value in columns[0] if value is not None])


def _numbers(values: Sequence[Any]) -> list[int | float]:
    return [value for value in values if is_number(value)]


def _sum(values: Sequence[Any]) -> Any:
    numbers = _numbers(values)
    if not numbers:
        return None
    return long(sum(numbers)) if all(is_whole(number) for number in numbers) else _float_sum(numbers)


def _float_sum(numbers: Sequence[int | float]) -> float:
    total = 0.0
    for number in numbers:
        total += float(number)
    return total


def _avg(values: Sequence[Any]) -> Any:
    numbers = _numbers(values)
    return _float_sum(numbers) / len(numbers) if numbers else None


def _var(values: Sequence[Any]) -> Any:
    numbers = [float(number) for number in _numbers(values)]
    if not numbers:
        return None
    mean = sum(numbers) / len(numbers)
    return sum((number - mean) ** 2 for number in numbers) / len(numbers)


def _stddev(values: Sequence[Any]) -> Any:
    found = _var(values)
    return None if found is None else math.sqrt(found)


def _values(values: Sequence[Any]) -> list[Any]:
    """Ascending; of values that tie one stays."""
    found: list[Any] = []
    for value in sorted(values, key=ordered):
        if not found or compare(found[-1], value) != 0:
            found.append(value)
    return found[:100]


def _extreme(pick: int) -> Callable[[Sequence[Any]], Any]:
    def extreme(values: Sequence[Any]) -> Any:
        best = None
        for value in values:
            if best is None or compare(value, best) * pick > 0:
                best = value
        return best

    return extreme


def _cov(pairs: Sequence[tuple[Any, Any]]) -> Any:
    if not pairs:
        return None
    mean_x, mean_y = (sum(float(pair[side]) for pair in pairs) / len(pairs) for side in (0, 1))
    return sum((float(x) - mean_x) * (float(y) - mean_y) for x, y in pairs) / len(pairs)


def _percentile(values: Sequence[Any], percent: Any, mode: str = "linear") -> Any:
    """Between two numbers it interpolates, between other values it takes the nearer one."""
    if not values:
        return None
    position = (len(values) - 1) * percent / 100
    low, high = values[math.floor(position)], values[math.ceil(position)]
    share = position - math.floor(position)
    if mode in ("lower", "higher"):
        return low if mode == "lower" else high
    if mode == "nearest" or not (is_number(low) and is_number(high)):
        return low if share < 0.5 else high
    weight = share if mode == "linear" else 0.5
    return float(low) * (1 - weight) + float(high) * weight


SINGLE: dict[str, Callable[[Sequence[Any]], Any]] = {
    "count": len,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme(-1),
    "max": _extreme(1),
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "values": _values,
    "array": lambda values: list(values[:100]),
    "dc": lambda values: len({identity(value) for value in values}),
    "var": _var,
    "range": lambda values: max(_numbers(values)) - min(_numbers(values)) if _numbers(values) else None,
    "stddev": _stddev,
}
PAIRS: dict[str, Callable[[Sequence[tuple[Any, Any]]], Any]] = {"cov": _cov}
