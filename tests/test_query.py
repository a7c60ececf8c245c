"""`Engine`: results with their origin, cancel, timeouts, isolation, zones."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from engine import Engine
from engine.language.errors import QueryCancelled, QueryError, QueryTimeout, SourceError

ROWS = ", ".join(f"{{{{x: {n}}}}}" for n in range(300)).replace("{{", "{").replace("}}", "}")
#: Eight billion rows out of three hundred: long enough to be stopped.
SLOW = (
    f'json "[{ROWS}]" | rename x as a'
    + "".join(f' | join type=cross [ json "[{ROWS}]" | rename x as {name} ]' for name in "bcd")
    + " | stats sum(a * b + c * d)"
)


def test_a_result_says_where_it_comes_from() -> None:
    result = Engine(now=datetime(2024, 1, 1, tzinfo=UTC)).execute('json "[{a: 1}]"|eval b=a+1')
    assert result.query == 'json "[{a: 1}]"\n| eval b = a + 1'
    assert (result.rows, result.files_read, result.bytes_read) == (1, 0, 0)
    assert {name: str(kind) for name, kind in result.types.items()} == {"a": "int", "b": "long"}
    assert result.elapsed > 0
    assert result.now == datetime(2024, 1, 1, tzinfo=UTC)


def test_frames_keep_whole_numbers_whole_and_dates_in_the_zone() -> None:
    frame = Engine(timezone="Asia/Seoul", now=datetime(2024, 1, 1, tzinfo=UTC)).run(
        "json \"[{n: 1, s: 'x', l: [1, 2], m: {k: 1}}, {}]\" | eval t = now()"
    )
    assert str(frame["n"].dtype) == "Int64"
    assert frame["n"].tolist() == [1, pd.NA]
    assert frame["l"].tolist() == [[1, 2], None]
    assert frame["m"].tolist() == [{"k": 1}, None]
    assert str(frame["t"].iloc[0]) == "2024-01-01 09:00:00+09:00"
    assert frame["s"].isna().tolist() == [False, True]


def test_parameters_come_from_outside() -> None:
    frame = Engine().run('json "[{n: 1}, {n: 3}]" | search n > $("least", 0)', {"least": 2})
    assert frame["n"].tolist() == [3]


def test_a_result_comes_in_pieces_that_together_are_all_of_it() -> None:
    engine = Engine()
    pieces = list(engine.batches('json "[{n: 1}]" | repeat count=5000 | eval n = seq()', rows=2048))
    assert len(pieces) > 1
    assert pd.concat([piece for piece, _ in pieces])["n"].tolist() == list(range(1, 5001))
    assert [str(types["n"]) for _, types in pieces] == ["long"] * len(pieces)


def test_a_result_without_rows_is_one_empty_piece_with_its_columns() -> None:
    ((piece, types),) = Engine().batches('json "[{n: 1}]" | search n > 1')
    assert list(piece) == ["n"] == list(types)
    assert piece.empty


def test_a_running_query_tells_how_far_it_is() -> None:
    told: list[float] = []
    cancel = threading.Event()

    def progress(part: float) -> None:
        told.append(part)
        cancel.set()

    with pytest.raises(QueryCancelled):
        Engine().execute(SLOW, cancel=cancel, timeout=60, progress=progress)
    assert all(0 <= part <= 1 for part in told)
    assert told


def test_a_query_can_be_cancelled_while_it_runs() -> None:
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(QueryCancelled):
        Engine().execute(SLOW, cancel=cancel)
    assert time.monotonic() - started < 5


def test_a_query_that_takes_too_long_is_stopped_and_the_engine_goes_on() -> None:
    engine = Engine()
    with pytest.raises(QueryTimeout):
        engine.run(SLOW, timeout=0.5)
    assert engine.run('json "{a: 1}"')["a"].tolist() == [1]


def test_queries_run_side_by_side() -> None:
    engine = Engine()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: engine.run(f'json "{{a: {n}}}" | timechart count', None)["count"].sum()
                              if n < 0 else engine.run(f'json "{{a: {n}}}"')["a"].item(), range(24)))  # fmt: skip
    assert found == list(range(24))


def test_an_error_of_a_query_knows_its_text() -> None:
    with pytest.raises(QueryError) as caught:
        Engine().run('json "{}" | eval a = nothing_such(1)')
    assert "^" in str(caught.value)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(SourceError):
        Engine(timezone=zone)


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(SourceError):
        Engine(now=datetime(2024, 1, 1))  # noqa: DTZ001


def test_no_lake_means_no_tables_and_says_so() -> None:
    with pytest.raises(QueryError) as caught:
        Engine().run("table cloudtrail")
    assert caught.value.code == "10605"


@pytest.mark.parametrize(
    "text", ["it's", 'a"b', "x\x00y", "; DROP TABLE t", "$1", "%", "한글", "\\", "{{}}", "a" * 10_000]
)
def test_any_text_survives_as_a_literal_and_as_a_field_name(text: str) -> None:
    from engine.language.printer import print_string

    engine = Engine()
    frame = engine.run(
        f'json "{{}}" | eval a = {print_string(text)} | search a == {print_string(text.replace("*", ""))}'
    )
    assert frame["a"].tolist() == [text]
    assert engine.run('json "{}" | eval a = $("p")', {"p": text})["a"].tolist() == [text]


def test_a_plan_can_be_read_and_translated() -> None:
    plan = Engine().explain('json "[{a: 1}]" | search a > 0 | stats count by a')
    assert "FROM m0 WHERE" in str(plan)
    assert "GROUP BY" in plan.translated("spark")


def test_an_answer_about_nothing_says_so(tmp_path: Path) -> None:
    result = Engine(tmp_path / "lake").execute("table duration=1d cloudtrail* | stats count")
    assert result.frame["count"].tolist() == [0]
    assert result.warnings == ("nothing has been collected into `cloudtrail` yet: the answer is about nothing",)


def test_copies_of_a_row_are_numbered_as_they_come_out() -> None:
    numbers = Engine().run('json "[{a: 1}, {a: 2}]" | repeat count=50000 | eval n = seq()')["n"]
    assert numbers.tolist() == list(range(1, 100_001))
