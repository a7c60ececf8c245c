"""Every function is documented, and every example in the documentation holds."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from engine import Engine
from engine.functions.function import Function, aggregates, functions

ENGINE = Engine(timezone="Asia/Seoul")


def distinct(known: Mapping[str, Function]) -> list[Function]:
    """Each function once, without its aliases."""
    return sorted({found.name: found for found in known.values()}.values(), key=lambda found: found.name)


def examples(known: Mapping[str, Function]) -> list[object]:
    made: list[object] = []
    for found in distinct(known):
        _, _, shown = found.doc.partition("Example:\n")
        for number, line in enumerate(filter(None, map(str.strip, shown.splitlines())), 1):
            made.append(pytest.param(line, id=f"{found.name}-{number}"))
    return made


def test_all_functions_are_there() -> None:
    named = distinct(functions()) + distinct(aggregates())
    assert len(named) == 116
    assert len(examples(functions())) + len(examples(aggregates())) >= len(named)


@pytest.mark.parametrize("expression", examples(functions()))
def test_examples_of_functions_are_true(expression: str) -> None:
    assert bool(ENGINE.run(f'json "{{}}" | eval holds = {expression}').holds[0]) is True


@pytest.mark.parametrize("query", examples(aggregates()))
def test_examples_of_aggregates_run(query: str) -> None:
    assert len(ENGINE.run(query)) == 1


@pytest.mark.parametrize(
    "found", [pytest.param(found, id=found.name) for found in distinct(functions()) + distinct(aggregates())]
)
def test_functions_are_documented(found: Function) -> None:
    first, *_ = found.doc.split("\n\n")
    assert re.fullmatch(r"[A-Z`e].+[.…]", first.replace("\n", " ")), "begins with a sentence"
    assert len(first) <= 240
    assert found.doc.count("Example:\n") == 1
    for name, kind, _, _ in found.parameters:
        assert re.fullmatch(r"[a-z]+", name), f"{name}: a parameter is one plain word, as documentation shows it"
        assert len(name) > 1 or name in "xy"
        assert kind in ("value", "const", "expr")
