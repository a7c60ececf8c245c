"""Numbers and durations beyond what a query can count with are mistakes of the query, told as such."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.language.durations import Duration, read_count, read_duration
from engine.language.errors import QueryError

ENGINE = Engine(timezone="Asia/Seoul")
ROW = 'json "{a: 1}"'


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"{ROW} | limit ²", "20601"),
        (f"{ROW} | limit 9223372036854775808", "20601"),
        (f"{ROW} | limit 0 99999999999999999999", "20601"),
        (f"{ROW} | sort limit=9223372036854775808 a", "21602"),
        (f"{ROW} | repeat count=9223372036854775808", "90001"),
        ("table limit=9223372036854775808 x?", "10602"),
        ("table from=²²²² x?", "10603"),
        ("table from=0001 x?", "90502"),
        ("table duration=99999999999999999d x?", "90502"),
        ("table duration=3650000d x?", "90502"),
        ("table duration=9999y x?", "90502"),
        (f'{ROW} | eval x = ago("9000y")', "90502"),
        (f'{ROW} | eval x = datetrunc(now(), "999999999999d")', "90502"),
        (f'{ROW} | eval x = datetrunc(now(), "1d", "999999999999d")', "90502"),
        (f"{ROW} | timechart span=999999999999d count", "90502"),
        (f"{ROW} | timechart span=1d offset=999999999999d count", "90502"),
        (f"{ROW} | timechart span=²d count", "90502"),
    ],
)
def test_numbers_too_large_are_mistakes_of_the_query(query: str, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        ENGINE.run(query)
    assert caught.value.code == code


def test_the_largest_numbers_work() -> None:
    assert read_count("0009223372036854775807") == 2**63 - 1
    assert read_duration("10000y") == Duration(10_000, "y")
    assert read_duration("000000000000000000000001d") == Duration(1, "d")
    assert len(ENGINE.run(f"{ROW} | sort limit=9223372036854775807 a | limit 9223372036854775807")) == 1
    assert len(ENGINE.run(f"{ROW} | eval _time = now() | timechart span=3650000d count")) == 1
