"""The Explore page on a small lake, run by Streamlit's own test harness; the editor itself is the browser tests'."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from engine import Engine
from engine.language.errors import QueryCancelled
from engine.language.grammar import parse
from engine.language.printer import print_query
from pages.parts import data
from pages.parts.desk import Answer, Desk, Job, is_rows
from pages.parts.examples import BASICS, incidents
from pages.parts.explore.downloads import FILES, made
from pages.parts.explore.drill import rows_of, ways_on
from pages.parts.explore.history import recalled
from pages.parts.explore.texts import TEXTS
from pages.parts.kept import shelf
from pages.parts.links import explore_params
from pages.parts.live import Price
from tests.pages.conftest import ROOT, US_IP
from tests.pages.test_texts import HANGUL, check

PAGE = "pages/explore/explore.py"
Open = Callable[..., AppTest]


@pytest.fixture
def explore(open_app: Callable[..., AppTest], small_lake: Path) -> Open:
    """Open Explore: `explore("table cloudtrail | stats count", lang="ko")`."""

    def run(query: str = "", **params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.query_params.update(params)
        app.run()
        app.query_params.update({**params, **(explore_params(query) if query else {})})
        app.switch_page(PAGE).run()
        return settled(app)

    return run


def settled(app: AppTest) -> AppTest:
    """The app once its query is done."""
    job = desk(app).job
    if job is not None and not job.is_done:
        job.wait(30)
        app.run()
    assert not app.exception
    return app


def desk(app: AppTest) -> Desk:
    found = app.session_state["explore_desk"]
    assert isinstance(found, Desk)
    return found


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.code, app.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def button(app: AppTest, label: str):
    return next(button for button in app.button if label in button.label)


# opening --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_it_opens_with_examples(explore: Open, language: str) -> None:
    app = explore(lang=language)
    assert desk(app).job is None
    assert TEXTS["basics"].to(language) in words(app)
    assert app.get("bidi_component")


def test_a_link_with_a_query_runs_it(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | stats count")
    assert app.dataframe[0].value["count"].tolist() == [14]
    assert app.metric[0].value == "14"
    assert "1 row" in words(app)
    assert "files" in words(app)


def test_a_packed_link_runs_too(explore: Open) -> None:
    long = "table duration=1d cloudtrail* | search " + " or ".join(f'eventName == "name{n}"' for n in range(120))
    app = explore(long)
    assert desk(app).text == long
    assert TEXTS["nothing"].en in words(app)


def test_a_link_writes_a_file_only_when_somebody_says_so(
    explore: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path))
    data.engine.clear()
    text = "table duration=1d cloudtrail* | outputcsv append=t got.csv eventName"
    app = explore(text)
    written = tmp_path / "output" / "got.csv"
    assert desk(app).job is None
    assert TEXTS["consent_writes"].en in words(app)
    assert not written.exists()
    app.button(key="explore_agree").click().run()
    settled(app)
    assert "14 rows" in words(app)
    assert len(written.read_text().splitlines()) == 15, "a header and the rows, once"
    desk(app).text = f"{text} | stats count"
    button(app, "Run").click().run()
    settled(app)
    assert len(written.read_text().splitlines()) == 29, "the rows for the list of fields are read, and not written"
    data.engine.clear()


def test_a_link_asks_aws_anew_only_when_somebody_agrees(explore: Open) -> None:
    app = explore("aws-cost cache=0 days=3 unblended_cost")
    assert desk(app).job is None
    assert "asks AWS anew" in words(app)
    app.button(key="explore_agree").click().run()
    settled(app)
    assert "3 rows" in words(app)


def test_what_aws_is_asked_may_be_a_parameter(explore: Open) -> None:
    app = explore('aws-cost days=$("days") unblended_cost', **{"p.days": "4"})
    settled(app)
    assert "4 rows" in words(app)


def test_a_damaged_link_shows_the_examples(explore: Open) -> None:
    app = explore(qz="damaged")
    assert desk(app).job is None


def test_secrets_are_no_part_of_the_link(explore: Open) -> None:
    app = explore('table duration=1d cloudtrail* | search eventName == $("password") and awsRegion == $("region")')
    here = desk(app)
    here.written |= {"password": "hunter2", "region": "us-east-1"}
    button(app, "Run").click().run()
    settled(app)
    assert app.query_params["p.region"] == "us-east-1"
    assert "p.password" not in app.query_params
    here.text = 'table duration=1d cloudtrail* | search password == "hunter2"'
    button(app, "Run").click().run()
    settled(app)
    assert "q" not in app.query_params


def test_running_writes_the_link(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | stats count")
    desk(app).text = "table duration=1d cloudtrail* | stats count by eventName"
    button(app, "Run").click().run()
    settled(app)
    assert app.query_params["q"] == "table duration=1d cloudtrail* | stats count by eventName"
    assert "RunInstances" in app.dataframe[0].value["eventName"].tolist()
    assert recalled(shelf())[0].text == "table duration=1d cloudtrail* | stats count by eventName"


# mistakes -------------------------------------------------------------------------------------------------------------


def test_a_mistake_is_underlined_and_mended(explore: Open) -> None:
    app = explore("table cloudtrail | serch eventName == 1")
    assert re.search(r"92000: unknown command `serch`\n.*serch.*\n +\^{5} did you mean", app.code[0].value)
    app.button(key="explore_fix").click().run()
    settled(app)
    assert desk(app).text == "table cloudtrail | search eventName == 1"
    assert TEXTS["nothing"].en in words(app)


@pytest.mark.parametrize("text", ["", "|", "table", "table nowhere", 'json "', "stats count", "table t | [", "ㅁ"])
def test_nothing_a_user_writes_is_a_traceback(explore: Open, text: str) -> None:
    app = explore("table duration=1h cloudtrail")
    desk(app).text = text
    button(app, "Run").click().run()
    settled(app)
    assert TEXTS["query_problem"].en in words(app)
    assert "Traceback" not in words(app)


def test_a_failure_that_nobody_expected_is_a_sentence(explore: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Engine, *_: object, **__: object) -> None:
        raise RuntimeError("<b>inner</b> detail")

    monkeypatch.setattr(Engine, "execute", broken)
    app = explore("table cloudtrail")
    assert "RuntimeError" in words(app)
    assert "inner" not in words(app)


def test_warnings_are_told(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | stats count by evntName")
    assert any("unknown field" in text.value for text in app.text)


# results --------------------------------------------------------------------------------------------------------------


def test_values_of_logs_are_shown_as_they_are(explore: Open) -> None:
    app = explore('table duration=1d cloudtrail* | search eventName == "ConsoleLogin" | fields userAgent')
    assert app.dataframe[0].value["userAgent"].iloc[0].startswith("<img src=x")
    assert "<img" not in words(app)


def test_a_time_chart_is_drawn_as_columns(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | timechart span=1h count by eventName")
    spec = app.get("vega_lite_chart")[0].proto.spec
    assert '"stack": "zero"' in spec


def test_the_chart_of_the_link_is_drawn(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | timechart span=1h count by eventName", chart="line")
    assert '"line"' in app.get("vega_lite_chart")[0].proto.spec
    app = explore("table duration=1d cloudtrail* | stats count by eventName", chart="none")
    assert not app.get("vega_lite_chart")


def test_empty_columns_are_hidden_until_asked_for(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail*")
    assert "annotation" not in app.dataframe[0].value
    app.toggle(key="explore_empty").set_value(True).run()
    assert "annotation" in app.dataframe[0].value


def test_results_that_are_cut_say_so(explore: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.desk.MOST_ROWS", 5)
    app = explore("table duration=1d cloudtrail*")
    assert "the first 5 of" in words(app)
    assert len(app.dataframe[0].value) == 5


def test_files_hold_all_rows_of_a_result_that_is_cut(small_lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.desk.MOST_ROWS", 5)
    answer = answered(small_lake, 'table duration=1d cloudtrail* | eval note = "=1+1" | fields _time, eventName, note')
    assert answer.capped
    assert answer.counts is not None
    assert answer.counts["count"].sum() == 14
    for ending, _, _, make, write in FILES:
        content = made(Engine(small_lake), answer, make, write)()
        if ending == "csv":
            assert content.count(b"\n") == 15
            assert content.count(b"'=1+1") == 14
        elif ending == "json":
            assert len(json.loads(content)) == 14
        else:
            assert pq.read_table(io.BytesIO(content)).num_rows == 14


def test_the_first_rows_come_before_all_of_them(small_lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.desk.FIRST_ROWS", 3)
    job = Job("table duration=1d cloudtrail*", {})
    whole = job.work(Engine(small_lake))
    assert job.early is not None
    assert (job.early.result.rows, whole.result.rows) == (3, 14)
    assert job.early.table["eventID"].tolist() == whole.table["eventID"].tolist()[:3]


@pytest.mark.parametrize(
    ("text", "is_asked_twice"),
    [
        ("table cloudtrail* | search a == 1", True),
        ("set a = 1 | table cloudtrail* | sort b", True),
        ("table cloudtrail* | stats count", False),
        ("aws-ec2-addresses", False),
        ("table cloudtrail* | join a [ aws-ec2-addresses ]", False),
        ('json "{}"', False),
    ],
)
def test_only_rows_of_the_lake_are_asked_for_twice(text: str, is_asked_twice: bool) -> None:
    assert is_rows(parse(text)) is is_asked_twice


def test_a_billed_query_waits_for_consent(explore: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.live.price", lambda commands, *_: Price(0.01, 1, 0.01, 1) if commands else Price())
    app = explore("aws-cost days=1 unblended_cost | stats count")
    assert desk(app).job is None
    assert "0.01 USD" in words(app)
    app.button(key="explore_agree").click().run()
    assert desk(settled(app)).job is not None
    assert "1 row" in words(app)


def test_fields_of_a_summary_are_those_of_its_rows(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | stats count by eventName")
    app.toggle(key="explore_wants_fields").set_value(True).run()
    app.selectbox(key="field_chosen").set_value("awsRegion").run()
    app.button(key="without_0").click().run()
    assert desk(settled(app)).text == (
        'table duration=1d cloudtrail* | search not(in(awsRegion, "ap-northeast-2"))\n| stats count by eventName'
    )


def test_steps_are_measured_on_request(explore: Open) -> None:
    app = explore('table duration=1d cloudtrail* | search eventName == "RunInstances" | stats count')
    app.session_state["explore_effective"] = True
    app.run()
    app.button(key="explore_measure").click().run()
    assert app.dataframe[-1].value is not None
    measured = next(table.value for table in app.dataframe if TEXTS["rows_after"].en in table.value)
    assert measured[TEXTS["rows_after"].en].tolist() == [14, 4, 1]


@pytest.mark.parametrize(
    "text",
    [
        "table duration=1d cloudtrail* | eval n = long(null) | fields _time, n",
        "table duration=1d cloudtrail* | eval n = 0 | fields _time, n",
        "table duration=1d cloudtrail* | eval _time = date(null) | fields _time, eventName",
        "json \"[{country: 'KR', n: null}, {country: 'US', n: null}]\" | eval n = long(n)",
    ],
)
def test_nothing_but_nulls_is_no_reason_to_fail(explore: Open, text: str, caplog: pytest.LogCaptureFixture) -> None:
    explore(text)
    assert "could not be drawn" not in caplog.text


def test_what_ran_is_shown_on_request(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail*|stats   count")
    assert not app.code
    app.session_state["explore_effective"] = True
    app.run()
    assert "table duration=1d cloudtrail*\n| stats count" in words(app)
    assert "read_parquet" in words(app)


# range ----------------------------------------------------------------------------------------------------------------


def test_range_and_filters_are_written_into_the_query(explore: Open) -> None:
    app = explore("table duration=1d cloudtrail* | stats count")
    app.session_state["explore_narrow"] = True
    app.run()
    app.segmented_control(key="narrow_length").set_value("7d").run()
    app.multiselect(key="narrow_accounts").set_value(["444455556666"]).run()
    button(app, "Write and run").click().run()
    settled(app)
    assert desk(app).text == (
        'table duration=7d cloudtrail*\n| search in(recipientAccountId, "444455556666")\n| stats count'
    )
    assert app.dataframe[0].value["count"].tolist() == [1]


def test_a_query_with_a_mistake_is_not_rewritten(explore: Open) -> None:
    app = explore("table cloudtrail | serch 1")
    app.session_state["explore_narrow"] = True
    app.run()
    button(app, "Write and run").click().run()
    settled(app)
    assert desk(app).text == "table cloudtrail | serch 1"
    assert TEXTS["cannot_write"].en in words(app)


def test_tidying_keeps_comments(explore: Open) -> None:
    app = explore("table  duration=1h   cloudtrail*|stats count")
    button(app, "Tidy").click().run()
    assert desk(settled(app)).text == "table duration=1h cloudtrail*\n| stats count"
    desk(app).text = "# why | table duration=1h   cloudtrail*"
    button(app, "Tidy").click().run()
    assert desk(settled(app)).text == "# why | table duration=1h   cloudtrail*"


# drill-down -----------------------------------------------------------------------------------------------------------


def answered(lake: Path, text: str) -> Answer:
    return Job(text, {}).work(Engine(lake, timezone="Asia/Seoul"))


def test_the_rows_behind_a_summary(small_lake: Path) -> None:
    made = answered(small_lake, "table duration=1d cloudtrail* | stats count by eventName, errorCode")
    frame = made.result.frame
    row = frame[(frame["eventName"] == "RunInstances") & frame["errorCode"].isna()].iloc[0]
    behind = rows_of(made.query, row)
    assert behind is not None
    assert len(answered(small_lake, print_query(behind)).result.frame) == row["count"] == 3


def test_no_rows_behind_keys_that_are_gone(small_lake: Path) -> None:
    made = answered(small_lake, "table duration=1d cloudtrail* | stats count by eventName | fields count")
    assert rows_of(made.query, made.result.frame.iloc[0]) is None


def test_the_ways_on_from_a_row_find_it_again(small_lake: Path) -> None:
    made = answered(small_lake, f'table duration=1d cloudtrail* | search sourceIPAddress == "{US_IP}"')
    row = made.result.frame.iloc[0]
    ways = ways_on(made.query, row, "Asia/Seoul")
    assert list(ways) == ["around", "same_address", "same_name"]
    for query in ways.values():
        found = answered(small_lake, print_query(query)).result.frame
        assert row["eventID"] in found["eventID"].tolist()


def test_a_key_leads_to_its_other_events(small_lake: Path) -> None:
    made = answered(small_lake, 'table duration=1d cloudtrail* | search eventName == "StopLogging"')
    ways = ways_on(made.query, made.result.frame.iloc[0], "Asia/Seoul")
    found = answered(small_lake, print_query(ways["same_key"])).result.frame
    assert {identity["accessKeyId"] for identity in found["userIdentity"]} == {"ASIAEXAMPLE"}


# cancelling -----------------------------------------------------------------------------------------------------------


def test_a_running_query_is_cancelled(explore: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(self: Engine, *_: object, cancel: threading.Event, **__: object) -> None:
        assert cancel.wait(30)
        raise QueryCancelled("cancelled")

    monkeypatch.setattr(Engine, "execute", slow)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.run()
    app.query_params["q"] = "table cloudtrail"
    app.switch_page(PAGE).run()
    assert "Running for" in words(app)
    started = time.monotonic()
    button(app, "Cancel").click().run()
    settled(app)
    assert time.monotonic() - started < 5
    assert "Cancelled after" in words(app)


# texts and examples ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", TEXTS)
def test_texts_are_complete(key: str) -> None:
    check(TEXTS[key])
    assert bool(HANGUL.search(TEXTS[key].ko)) is (key not in ("placeholder", "as_text", "sql"))


@pytest.mark.parametrize("example", [*BASICS, *incidents()], ids=lambda example: example.title.en)
def test_examples_run(example, small_lake: Path) -> None:
    check(example.title)
    assert print_query(parse(example.query)) == example.query
    if "aws-elb" in example.query:
        pytest.skip("the small lake has no access logs; tests/demo runs these on the whole sample data")
    result = answered(small_lake, example.query).result
    assert result.warnings == () or result.files_read == 0, "the small lake may have nothing of the last hour"
