"""The load balancer dashboards: their queries, what they draw, and where their marks lead."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine import Engine
from engine.lake.store import Lake
from engine.language.grammar import parse
from engine.language.printer import print_query
from pages.parts import rangecharts, timecharts
from pages.parts.card import asked
from pages.parts.data import Source
from pages.parts.filters import Filters
from pages.parts.panel import Panel, Signal, Table
from pages.parts.panels import elb_errors, elb_status
from pages.parts.periods import Period
from pages.parts.scopes import CLOUDTRAIL, ELB
from pages.parts.texts import Text, translate
from pages.parts.view import View
from pages.parts.visuals import Shown, columns
from pages.parts.visuals.table import _behind
from tests.pages.conftest import ROOT
from tests.pages.elb_lake import SCANNER, UPLOADER, make_elb_lake
from tests.panels import PANELS as GIVEN

OpenApp = Callable[..., AppTest]
PANELS = [panel for module in (elb_status, elb_errors) for panel in module.DASHBOARD.panels]
PAGES = ("elb_status", "elb_errors")
WAYS = [*PANELS] + [panel.as_variant(way.id) for panel in PANELS for way in panel.variants]
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="session")
def elb_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_elb_lake(tmp_path_factory.mktemp("elb"))


@pytest.fixture(scope="module")
def engine(elb_lake: Path) -> Engine:
    return Engine(Lake.open(elb_lake), timezone="Asia/Seoul")


@pytest.fixture
def view(elb_lake: Path) -> View:
    return View("en", "Asia/Seoul", False, Source(str(elb_lake), "1"), datetime.now(UTC), Filters(scope=ELB))


@pytest.fixture
def open_page(elb_lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Run a page of the app on the small lake: `open_page("elb_errors", lang="ko")`."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("TRAILBOARD_LAKE", str(elb_lake))

    def run(page: str, **params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.query_params.update(params)
        app.run()
        app.switch_page(f"pages/operations/{page}.py").run()
        return app

    yield run
    st.cache_data.clear()


def texts(app: AppTest) -> str:
    """Everything written on the page."""
    kinds = (app.markdown, app.caption, app.code, app.text, app.title, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def assert_healthy(app: AppTest) -> None:
    assert not app.exception
    for language in ("en", "ko"):
        assert translate("failed", language) not in texts(app)
    assert "Traceback" not in texts(app)


def charts(app: AppTest) -> dict[str, tuple[dict[str, Any], list[pd.DataFrame]]]:
    """The charts by their panel: what they encode, and the rows they plot."""
    found = {}
    for element in app.get("vega_lite_chart"):
        name = re.search(r"([A-Z]\d+)_chart", element.proto.id)
        assert name is not None
        frames = [pa.ipc.open_stream(io.BytesIO(dataset.data.data)).read_pandas() for dataset in element.proto.datasets]
        found[name.group(1)] = json.loads(element.proto.spec), frames
    return found


def largest(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return max(frames, key=len)


# queries --------------------------------------------------------------------------------------------------------------


def test_the_dashboards_hold_the_given_queries_verbatim() -> None:
    ids = [*(f"S{n}" for n in range(1, 8)), *(f"E{n}" for n in range(1, 5))]
    queries = {panel.id: panel.query for panel in PANELS}
    assert {name: queries[name] for name in ids} == {name: GIVEN[name] for name in ids}


@pytest.mark.parametrize("panel", WAYS, ids=lambda panel: panel.id)
def test_every_query_runs_prints_and_finds_something(panel: Panel, engine: Engine) -> None:
    assert parse(print_query(parse(panel.query))) == parse(panel.query)
    answer = engine.execute(panel.query)
    assert not answer.frame.empty
    assert answer.warnings == ()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_the_default_view_runs_the_query_as_given(panel: Panel, view: View) -> None:
    assert asked(panel, view, given=True) == parse(panel.query)


def test_errors_of_servers_are_told_from_errors_of_the_load_balancer(engine: Engine) -> None:
    frame = engine.run(elb_status.S8.query)
    totals = frame.drop(columns="_time").sum()
    assert totals.to_dict() == {"2xx": 25, "3xx": 1, "4xx": 14, "5xx-elb": 2, "5xx-target": 1, "none": 1}
    rates = engine.run(elb_errors.E5.query)
    assert rates[["target_errors", "elb_errors"]].max().round(1).tolist() == [33.3, 66.7]


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/items/17", "/items/{n}"),
        ("/v2/orders/17/lines/3", "/v2/orders/{n}/lines/{n}"),
        ("/orders/8a1b2c3d-0000-4000-8000-1234567890AB/pay", "/orders/{uuid}/pay"),
        ("/blobs/d41d8cd98f00b204e9800998ecf8427e", "/blobs/{hash}"),
        ("/static/app-5f1c09.js", "/static/app-{hash}.js"),
        ("/report-2026-11-24.pdf", "/report-{n}-{n}-{n}.pdf"),
        ("/", "/"),
        ("/products", "/products"),
        ("/decade/facade", "/decade/facade"),
    ],
)
def test_pages_are_named_by_their_template(path: str, page: str) -> None:
    query = f"json \"[{{path: '{path}'}}]\" | eval page = {elb_status.URL_TEMPLATE}"
    assert Engine().run(query)["page"].tolist() == [page]


@pytest.mark.parametrize(
    ("name", "rows"), [("newest", 15), ("address", 12), ("tls", 13), ("everything", 44), ("given", 15)]
)
def test_access_details_come_in_five_ways(name: str, rows: int, engine: Engine) -> None:
    assert len(engine.run(elb_errors.E4.as_variant(name).query)) == rows


def test_the_shipped_access_details_are_the_newest(engine: Engine) -> None:
    assert elb_errors.E4.shown_first == "newest"
    times = engine.run(elb_errors.E4.as_variant("newest").query)["_time"]
    assert times.is_monotonic_decreasing


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [
        ("elb_name", "tills", 1),
        ("elb_target", "10.0.0.2", 12),
        ("elb_host", "3.34.99.21", 12),
        ("elb_method", "PROPFIND", 12),
        ("elb_status", "5xx-elb", 2),
        ("elb_client", SCANNER, 13),
    ],
)
def test_filters_narrow_every_table(key: str, value: str, count: int, view: View, engine: Engine) -> None:
    narrowed = view.with_filters(Filters(Period("7d"), ELB, ((key, (value,)),)))
    assert engine.execute(narrowed.asked(parse("table duration=1d aws-elb_* | stats count"))).frame.iloc[0, 0] == count


def test_filters_have_keys_of_their_own() -> None:
    keys = [item.key for scope in (CLOUDTRAIL, ELB) for item in scope.filters]
    assert len(set(keys)) == len(keys)
    assert all(item.key.startswith("elb_") for item in ELB.filters)


# signals --------------------------------------------------------------------------------------------------------------


def levels(signals: list[Signal | None]) -> list[str | None]:
    return [signal.level if signal else None for signal in signals]


def test_what_scanners_do_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILBOARD_EXPECTED_HOSTS", "*.shop.example, Shop.example")
    hosts = ["shop.example", "www.shop.example", "evilshop.example", "3.34.99.21", "2001:db8::1", None]
    hosts.append("front-1.eu.elb.amazonaws.com")
    assert levels([elb_errors.host_signal({"host": host}) for host in hosts]) == [
        None, None, "red", "red", "red", "amber", "amber",
    ]  # fmt: skip
    clients = [("/a", 1), ("/a", 10), ("/a", 50), ("/x\n/.ENV", 2)]
    assert levels([elb_errors.client_signal({"url": url, "count": count}) for url, count in clients]) == [
        None, "amber", "red", "red",
    ]  # fmt: skip
    assert levels([elb_status.method_signal({"method": method}) for method in ("GET", "TRACE")]) == [None, "amber"]


def test_without_expected_hosts_no_name_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILBOARD_LAKE", "/a/lake")
    assert elb_errors.host_signal({"host": "anything.example"}) is None


@pytest.mark.parametrize(
    ("status", "actions", "level"),
    [
        (200, "forward", None),
        (404, "forward", "amber"),
        (502, "forward", "red"),
        (403, "waf", "info"),
        (403, "waf,forward", "amber"),
        (460, "forward", "amber"),
        (561, "authenticate", "red"),
        (None, None, None),
    ],
)
def test_access_details_are_tinted(status: int | None, actions: str | None, level: str | None) -> None:
    row = {"elb_status_code": status, "actions_executed": actions}
    assert levels([elb_errors.access_signal(row)]) == [level]


def test_failing_and_slow_pages_are_tinted() -> None:
    rows = [
        {"count": 100, "errors": 6.0, "p95": 0.1},
        {"count": 3, "errors": 60.0, "p95": None},
        {"count": 100, "errors": 0.0, "p95": 1.5},
        {"count": 100, "errors": None, "p95": 0.2},
    ]
    assert levels([elb_status.page_signal(row) for row in rows]) == ["red", None, "amber", None]


# pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_healthy(open_page: OpenApp, page: str, language: str) -> None:
    app = open_page(page, lang=language)
    assert_healthy(app)
    assert app.title[0].value == translate(page, language)
    for panel in PANELS:
        if panel in (elb_status if page == "elb_status" else elb_errors).DASHBOARD.panels:
            assert panel.title.to(language, period=translate("last_24h", language)) in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_range_is_healthy(open_page: OpenApp, page: str) -> None:
    for length in ("15m", "7d", "30d"):
        assert_healthy(open_page(page, range=length))


@pytest.mark.parametrize("page", PAGES)
def test_no_data_is_not_zero(open_page: OpenApp, page: str) -> None:
    app = open_page(page, elb_name="gone")
    assert_healthy(app)
    assert translate("no_data", "en") in texts(app)
    assert not app.get("vega_lite_chart")


@pytest.mark.parametrize("page", PAGES)
def test_a_lake_without_load_balancers_has_no_data(page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    Lake.open(tmp_path / "lake", create=True)
    monkeypatch.setenv("TRAILBOARD_LAKE", str(tmp_path / "lake"))
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    app.switch_page(f"pages/operations/{page}.py").run()
    assert_healthy(app)
    assert translate("no_events", "en") in texts(app)
    assert translate("no_data", "en") in texts(app)


def test_what_was_not_found_is_told_from_no_data(open_page: OpenApp) -> None:
    app = open_page("elb_errors", elb_name="tills")
    assert_healthy(app)
    assert translate("no_rows", "en") in texts(app)
    assert translate("no_data", "en") not in texts(app)


def test_filters_of_the_url_are_the_page_s_own(open_page: OpenApp) -> None:
    app = open_page("elb_status", elb_status="4xx", user="kim", elb_client="192.0.2.99")
    assert {box.key for box in app.multiselect} == {item.key for item in ELB.filters}
    assert app.multiselect(key="elb_status").value == ["4xx"]
    assert set(app.multiselect(key="elb_name").options) == {"front", "tills"}
    assert "192.0.2.99" in texts(app)
    assert "kim" not in texts(app)


def test_charts_plot_what_the_panels_say(open_page: OpenApp) -> None:
    drawn = charts(open_page("elb_status"))
    boxes = largest(drawn["S2"][1])
    assert boxes["label"].tolist() == ["10.0.0.2", "10.0.0.1", "10.0.0.9"]
    assert boxes["level"].tolist() == ["red", "ok", "ok"]
    assert boxes.loc[0, ["min", "iqr1", "iqr2", "iqr3", "max"]].tolist() == [2.0, 5.0, 8.0, 11.0, 13.0]
    assert largest(drawn["S4"][1])[["label", "text", "level"]].iloc[0].tolist() == [UPLOADER, "2 GB", "amber"]
    points = largest(drawn["S3"][1])
    assert points["value"].max() == 13.0
    assert set(points["series"]) == {"10.0.0.1", "10.0.0.2", "10.0.0.9"}
    status = largest(drawn["S8"][1]).groupby("series")["count"].sum()
    assert status["5xx of the load balancer"] == 2
    assert status["no HTTP status"] == 1


def test_error_rates_have_gaps_where_nobody_came(open_page: OpenApp) -> None:
    rates = largest(charts(open_page("elb_errors"))["E5"][1])
    assert set(rates["series"]) == {"client_errors", "target_errors", "elb_errors"}
    assert rates["value"].isna().sum() > 300
    assert rates["value"].max() == 100


def test_traffic_is_shown_as_a_rate_on_request(open_page: OpenApp) -> None:
    column = largest(charts(open_page("elb_status", S6_variant="rate"))["S6"][1])
    assert column["count"].max() == pytest.approx(2_000_000_000 * 8 / 1_000_000 / 600, rel=0.01)
    assert column["text"].str.endswith("Mbit/s").all()


def test_variants_of_the_url_are_shown(open_page: OpenApp) -> None:
    app = open_page("elb_errors", E4_variant="address", E1_variant="nonsense")
    assert_healthy(app)
    assert app.selectbox(key="E4_variant").value == "address"
    assert app.selectbox(key="E1_variant").value == "given"
    assert set(app.dataframe[1].value["host"]) == {"3.34.99.21"}
    assert "typed or scanned" in texts(app)


def test_a_chosen_variant_is_in_the_url(open_page: OpenApp) -> None:
    app = open_page("elb_errors")
    assert "without a matched TLS name" in texts(app)
    app.selectbox(key="E4_variant").select("everything").run()
    assert_healthy(app)
    assert app.query_params["E4_variant"] in ("everything", ["everything"])
    assert len(app.dataframe[1].value) == 44
    app.selectbox(key="E4_variant").select("newest").run()
    assert "E4_variant" not in app.query_params


def test_error_clients_list_their_urls(open_page: OpenApp) -> None:
    frame = open_page("elb_errors").dataframe[0].value
    scanner = frame[frame["client_ip"] == SCANNER].iloc[0]
    assert scanner["country"] == "US"
    assert "/.env  ·  /.git/config" in scanner["url"]
    assert scanner["signal"] == "known probes"


def test_values_of_logs_stay_text(open_page: OpenApp) -> None:
    app = open_page("elb_status")
    assert "onerror" not in texts(app)
    assert largest(charts(app)["S10"][1])["label"].str.contains("onerror").any()


def test_few_clients_with_all_traffic_are_told(open_page: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts import proxies

    assert not open_page("elb_status").info
    monkeypatch.setattr(proxies, "ENOUGH", 10)
    assert "CDN" in open_page("elb_status").info[0].value


# what lies behind -----------------------------------------------------------------------------------------------------


def shown(panel: Panel, view: View, engine: Engine) -> Shown:
    query = asked(panel, view)
    return Shown(panel, view, query, engine.execute(query))


@pytest.mark.parametrize("panel", [panel for panel in WAYS if isinstance(panel.visual, Table)], ids=lambda p: p.id)
def test_every_row_of_a_table_leads_to_its_log_rows(panel: Panel, view: View, engine: Engine) -> None:
    card = shown(panel, view, engine)
    assert isinstance(panel.visual, Table)
    for place in range(0, card.answer.rows, 5):
        row = card.answer.frame.iloc[place]
        found = engine.execute(print_query(_behind(card, panel.visual.keys, row))).frame
        assert len(found) >= 1
        assert "elb" in found


def test_a_server_leads_to_its_requests(view: View, engine: Engine) -> None:
    card = shown(elb_status.S2, view, engine)
    found = engine.execute(print_query(card.rows_query({"target_ip": "10.0.0.2"}))).frame
    assert len(found) == 12
    assert set(found["target_ip"]) == {"10.0.0.2"}


def test_a_point_of_the_error_rate_leads_to_those_errors(view: View, engine: Engine) -> None:
    card = shown(elb_errors.E5, view, engine)
    found = engine.execute(print_query(card.rows_query({"elb_errors": 100}))).frame
    assert sorted(found["elb_status_code"]) == [502, 503]


def test_traffic_of_no_server_can_be_opened(view: View, engine: Engine) -> None:
    card = shown(elb_status.S6.as_variant("all"), view, engine)
    assert columns.series_field(card.query) == "target_ip"
    assert len(engine.execute(print_query(card.rows_query({"target_ip": "(none)"}))).frame) == 4


# charts ---------------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001  (a wall clock time)


def test_boxes_never_touch_zero() -> None:
    frame = pd.DataFrame({"label": ["a"], "count": [9], "min": [0.0], "iqr1": [0.0], "iqr2": [0.1], "iqr3": [1.0],
                          "max": [60.0]})  # fmt: skip
    words = dict.fromkeys(("label", "count", "min", "iqr1", "iqr2", "iqr3", "max"), "x")
    chart = rangecharts.boxes(frame, levels=["red"], limits=(0.5, 1.0), labels=words)
    domain = next(
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in chart.to_dict()["layer"]
        if "scale" in layer["encoding"].get("x", {})
    )
    assert domain[0] > 0
    assert domain[1] >= 60


def test_scatter_draws_no_more_points_than_browsers_bear() -> None:
    many = pd.DataFrame({"_time": [NOON] * 6000, "series": "a", "name": "a", "shown": "a",
                         "value": [float(n + 1) for n in range(6000)]})  # fmt: skip
    labels = {"time": "", "series": "", "value": ""}
    chart = timecharts.scatter(
        many, window=(NOON, NOON), limit=1.0, unit="seconds", other="other", labels=labels
    ).layer[1]
    assert len(chart.data) == timecharts.MOST_POINTS
    assert chart.data["value"].min() == 1001


# texts ----------------------------------------------------------------------------------------------------------------


def all_texts(panel: Panel) -> Iterator[Text]:
    yield from (panel.title, panel.help, panel.own_title)
    if panel.note:
        yield panel.note
    for way in panel.variants:
        yield way.title
        if way.note:
            yield way.note


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_panels_speak_both_languages(panel: Panel) -> None:
    for text in all_texts(panel):
        assert text.en.strip()
        assert not HANGUL.search(text.en)
        assert HANGUL.search(text.ko) or text.ko == "Mbit/s로 보기"
        assert set(re.findall(r"{\w+}", text.en)) == set(re.findall(r"{\w+}", text.ko))


def test_variants_replace_query_visual_and_note() -> None:
    panel = elb_status.S6
    assert panel.as_variant("given") is panel
    assert panel.as_variant("groups").query != panel.query
    assert panel.as_variant("rate") == replace(panel, visual=panel.variants[2].visual)


def test_pages_hold_no_logic() -> None:
    for page in PAGES:
        assert "def " not in (ROOT / "pages" / "operations" / f"{page}.py").read_text("utf-8")
