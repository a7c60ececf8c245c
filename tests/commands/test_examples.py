"""The examples of the documentation run, as far as they need neither log tables nor files."""

from __future__ import annotations

import inspect
import textwrap

import pytest

from engine import Engine
from engine.language.grammar import parse
from engine.language.nodes import commands
from engine.language.printer import print_query

OWN = sorted(word for word, command in commands().items() if command.__module__.startswith("engine.commands."))
ELSEWHERE = (
    "table",
    "fulltext",
    "lookuptable",
    "csvfile",
    "jsonfile",
    "textfile",
    "zipfile",
    "proc",
    "lookup",
    "outputcsv",
    "outputjson",
)


def example(word: str) -> str:
    doc = inspect.getdoc(commands()[word]) or ""
    return textwrap.dedent(doc.partition("Example:\n")[2]).strip()


@pytest.mark.parametrize("word", OWN)
def test_example_uses_its_command_and_survives_printing(word: str) -> None:
    query = parse(example(word))
    assert word in {command.word for command in query}
    assert parse(print_query(query)) == query


@pytest.mark.parametrize("word", [word for word in OWN if word not in ELSEWHERE])
def test_example_runs(plain_engine: Engine, word: str) -> None:
    result = plain_engine.execute(example(word))
    assert not result.warnings
    assert result.rows > 0 or word == "drop"
