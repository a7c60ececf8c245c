"""Both dashboards on a small lake, run by Streamlit's own test harness."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.lake.store import Lake
from pages.parts import data
from pages.parts.periods import Period
from pages.parts.texts import translate
from tests.pages.conftest import ROOT

OpenApp = Callable[..., AppTest]


def texts(app: AppTest) -> str:
    """Everything written on the page."""
    kinds = (app.markdown, app.caption, app.code, app.text, app.title)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def assert_healthy(app: AppTest) -> None:
    """Neither an exception nor a card that failed."""
    assert not app.exception
    for language in ("en", "ko"):
        assert translate("failed", language) not in texts(app)
    assert "Traceback" not in texts(app)


def chart_rows(app: AppTest, number: int = 0) -> pd.DataFrame:
    """The rows that a chart plots: those of its largest data set, marks and shades aside."""
    sets = app.get("vega_lite_chart")[number].proto.datasets
    frames = [pa.ipc.open_stream(io.BytesIO(found.data.data)).read_pandas() for found in sets]
    return max(frames, key=lambda frame: len(frame.columns))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", ["cloudtrail", "logins"])
def test_pages_are_healthy(open_app: OpenApp, page: str, language: str) -> None:
    app = open_app(page, lang=language)
    assert_healthy(app)
    assert app.title[0].value == translate(page, language)


@pytest.mark.parametrize("length", ["15m", "1h", "6h", "7d", "30d"])
def test_every_range_is_healthy(open_app: OpenApp, length: str) -> None:
    for page in ("cloudtrail", "logins"):
        assert_healthy(open_app(page, range=length))


def test_numbers_show_value_and_change(open_app: OpenApp) -> None:
    app = open_app()
    assert [metric.value for metric in app.metric] == ["3", "0", "1", "1"]
    assert app.metric[0].delta == "2"


def test_the_range_of_the_url_is_the_page_s(open_app: OpenApp) -> None:
    app = open_app(range="7d")
    assert app.metric[0].value == "4"
    assert "EC2 instance launches, last 7 days" in texts(app)
    assert "table duration=7d cloudtrail*" in texts(app)


def test_an_absolute_range_of_the_url_is_the_page_s(open_app: OpenApp) -> None:
    now = datetime.now(UTC)
    start, end = now - timedelta(days=2), now - timedelta(days=1)
    app = open_app(between=Period(start=start, end=end).between())
    assert_healthy(app)
    assert app.metric[0].value == "1"
    assert "table from=" in texts(app)


@pytest.mark.parametrize(
    "params", [{"between": "soon"}, {"range": "century"}, {"between": "20260102T0000Z-20260101T0000Z"}]
)
def test_a_broken_url_falls_back(open_app: OpenApp, params: dict[str, str]) -> None:
    app = open_app(**params)
    assert_healthy(app)
    assert "last 24 h" in texts(app)


def test_filters_of_the_url_narrow_the_page(open_app: OpenApp) -> None:
    assert open_app(account="444455556666").metric[0].value == "0"
    assert open_app(user="kim@example.com").metric[0].value == "3"
    app = open_app(account="999999999999")
    assert app.multiselect(key="account").value == ["999999999999"]
    assert "999999999999" in texts(app)


def test_no_data_is_not_zero(open_app: OpenApp) -> None:
    app = open_app(account="999999999999")
    assert [metric.value for metric in app.metric] == ["–"] * 4
    assert translate("no_data", "en") in texts(app)


def test_choices_of_filters_come_from_the_data(open_app: OpenApp) -> None:
    app = open_app()
    assert set(app.multiselect(key="account").options) == {"111122223333", "444455556666"}
    assert {"kim@example.com", "lee", "Root"} <= set(app.multiselect(key="user").options)


def test_the_trend_plots_every_change(open_app: OpenApp) -> None:
    rows = chart_rows(open_app())
    assert sorted(rows["series"]) == ["AuthorizeSecurityGroupIngress", "DeleteBucket", "RunInstances", "StopLogging"]
    assert rows["count"].sum() == 4


def test_details_name_people_and_hide_secrets(open_app: OpenApp) -> None:
    frame = open_app().dataframe[0].value
    assert set(frame["actor"]) == {"kim@example.com", "Root"}
    request = frame.loc[frame["event_name"] == "StopLogging", "req_params"].iloc[0]
    assert json.loads(request) == {"name": "main", "password": "•••"}


def test_the_original_columns_are_one_switch_away(open_app: OpenApp) -> None:
    app = open_app(T6_original="true")
    assert_healthy(app)
    assert "actor" not in app.dataframe[0].value
    assert "access_key" in app.dataframe[0].value


def test_the_map_shows_countries_and_what_has_no_place(open_app: OpenApp) -> None:
    app = open_app("logins")
    deck = json.loads(app.get("deck_gl_json_chart")[0].proto.json)
    bubbles = next(layer for layer in deck["layers"] if layer["id"] == "bubbles")
    assert {row["a2"]: row["count"] for row in bubbles["data"]} == {"KR": "2", "US": "1"}
    pills = str(app.get("button_group"))
    assert translate("unknown_address", "en") in pills


def test_values_of_logs_stay_text(open_app: OpenApp) -> None:
    """A user agent with HTML and Markdown in it appears in a cell and nowhere else."""
    app = open_app("logins")
    assert "onerror" in app.dataframe[0].value["user_agent"].iloc[0]
    assert "onerror" not in texts(app)


def test_a_configured_lake_is_not_called_a_sample(open_app: OpenApp) -> None:
    assert translate("sample", "en") not in texts(open_app())


def test_the_sample_is_called_a_sample(small_lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("TRAILBOARD_LAKE", raising=False)
    monkeypatch.setenv("TRAILBOARD_HOME", str(small_lake.parents[1]))
    monkeypatch.setattr(data, "sample_is_due", lambda: False)
    monkeypatch.setattr(data, "demo_made", lambda folder: datetime.now(UTC))
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    assert_healthy(app)
    assert translate("sample", "en") in texts(app)


def test_a_missing_lake_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("TRAILBOARD_LAKE", str(tmp_path / "nowhere"))
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    assert not app.exception
    assert translate("failed_lake", "en") in texts(app)
    assert "nowhere" in texts(app)


def test_an_empty_lake_has_no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    Lake.open(tmp_path / "lake", create=True)
    monkeypatch.setenv("TRAILBOARD_LAKE", str(tmp_path / "lake"))
    for page in ("cloudtrail", "logins"):
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
        app.switch_page(f"pages/security/{page}.py").run()
        assert_healthy(app)
        assert translate("no_events", "en") in texts(app)
        assert {metric.value for metric in app.metric} == {"–"}


def test_a_failing_panel_tells_why_and_leaves_the_others_alone(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.parts import view

    ask = view.View.ask

    def failing(self, query):
        from engine.language.printer import print_query

        if "timechart" in print_query(query) and "event_name" in print_query(query):
            raise RuntimeError("<b>secret</b> detail")
        return ask(self, query)

    st.cache_data.clear()
    monkeypatch.setattr(view.View, "ask", failing)
    app = open_app()
    assert not app.exception
    assert translate("failed", "en") in texts(app)
    assert "secret" not in texts(app)
    assert len(app.metric) == 4
