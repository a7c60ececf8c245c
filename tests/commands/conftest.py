"""An engine without tables, and rows of results as plain data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import Engine
from engine.language.errors import QueryError
from engine.language.grammar import parse
from engine.language.printer import print_query
from tests.test_cases import is_null

Rows = Callable[..., list[dict[str, Any]]]
Code = Callable[[str], str]


@pytest.fixture(scope="session")
def plain_engine() -> Engine:
    return Engine(timezone="Asia/Seoul", now=datetime(2024, 1, 1, 0, 20, tzinfo=ZoneInfo("Asia/Seoul")))


@pytest.fixture(scope="session")
def rows(plain_engine: Engine) -> Rows:
    """Runs a query, parameters by name; gives its rows without nulls. The printed query must read back as the same."""

    def run(query: str, **parameters: Any) -> list[dict[str, Any]]:
        assert parse(print_query(parse(query))) == parse(query)
        return present(plain_engine.run(query, parameters).to_dict("records"))

    return run


@pytest.fixture(scope="session")
def code(plain_engine: Engine) -> Code:
    """Runs a query that is wrong; gives the code of its error, which must know its place."""

    def run(query: str) -> str:
        with pytest.raises(QueryError) as caught:
            plain_engine.run(query)
        assert caught.value.span is not None
        return caught.value.code

    return run


def present(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if not is_null(value)} for row in found]
