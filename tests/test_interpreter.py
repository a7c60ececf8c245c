"""Random queries over random rows: the engine's answer is that of `tests/interpreter`, read from the specification."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from engine import Engine
from engine.language.grammar import parse
from tests.interpreter.commands import Interpreter
from tests.interpreter.queries import queries
from tests.interpreter.values import Undetermined, text
from tests.test_cases import is_null


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(timezone="Asia/Seoul")


@given(queries())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_engine_and_interpreter_agree(engine: Engine, query: str) -> None:
    check(engine, query)


def check(engine: Engine, query: str) -> None:
    parsed = parse(query)
    interpreter = Interpreter()
    try:
        wanted = interpreter.run(parsed)
    except Undetermined:
        assume(False)
    found = engine.run(query).to_dict("records")
    assert comparable(found, interpreter.is_ordered) == comparable(wanted, interpreter.is_ordered), query


def comparable(rows: Any, is_ordered: bool) -> list[Any]:
    """Rows without nulls, values in forms that compare."""
    made = [sorted((str(name), plain(value)) for name, value in row.items() if not is_empty(value)) for row in rows]
    return made if is_ordered else sorted(made, key=repr)


def is_empty(value: Any) -> bool:
    """Null; and NaN, because a frame's column of doubles has nothing else for null."""
    return bool(is_null(value))


def plain(value: Any) -> Any:
    """Numbers by value to twelve digits, dates by instant, addresses and text by their text without case."""
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return f"bool {bool(value)}"
    if isinstance(value, int | float):
        return "number " + (
            text(value)
            if isinstance(value, float) and not math.isfinite(value)
            else f"{0 if abs(value) < 1e-12 else float(value):.10g}"
        )
    if isinstance(value, datetime):
        return f"date {value.timestamp():.3f}"
    if isinstance(value, IPv4Address | IPv6Address):
        return f"text {text(value)}"
    if isinstance(value, list):
        return "list " + repr([None if is_empty(item) else plain(item) for item in value])
    if isinstance(value, Mapping):
        return "map " + repr(sorted((name, plain(item)) for name, item in value.items() if not is_empty(item)))
    return f"text {value}"
