"""The pages of what AWS answers: on the sample company, and on an AWS over HTTP that bills, refuses and fails."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.aws.profiles import Profile, Profiles
from engine.lake.store import Lake
from engine.language.errors import QueryTimeout
from engine.language.grammar import parse
from engine.language.printer import print_query
from engine.language.rewrite import live_commands
from engine.query import Engine
from pages.parts import connections_texts, connections_view, data, live
from pages.parts.days import Days
from pages.parts.filters import Filters
from pages.parts.live import LiveChoice, texts_of
from pages.parts.live_texts import TEXTS
from pages.parts.live_texts import translate as live_text
from pages.parts.panel import Panel, Treemap
from pages.parts.panels import cloudwatch, cost
from pages.parts.texts import Text, translate
from pages.parts.view import View
from pages.parts.visuals import Shown
from pages.parts.visuals.days import day_levels, long_costs
from tests.aws.conftest import aws_server, running_aws  # noqa: F401
from tests.aws.running import AwsServer
from tests.pages.conftest import ROOT
from tests.pages.test_elb import assert_healthy, texts
from tests.panels import PANELS as GIVEN

OpenApp = Callable[..., AppTest]
FILES = {
    "cost": "pages/cost/cost.py",
    "cloudwatch": "pages/operations/cloudwatch.py",
    "connections": "pages/explore/connections.py",
}
DASHBOARDS = {"cost": cost.dashboard(("team",)), "cloudwatch": cloudwatch.dashboard(())}
PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
WAYS = [*PANELS] + [panel.as_variant(way.id) for panel in PANELS for way in panel.variants]
NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
HANGUL = re.compile("[가-힣]")
EC2 = "Amazon Elastic Compute Cloud - Compute"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(now=NOW, timezone="Asia/Seoul", profiles=Profiles([Profile("demo", demo=True)]))


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Run a page of the app on an empty lake: `open_page("cost", lang="ko")`."""
    Lake.open(tmp_path / "lake", create=True)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("TRAILBOARD_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path / "home"))
    forget()

    def run(page: str, **params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
        app.query_params.update(params)
        app.run()
        app.switch_page(FILES[page]).run()
        return app

    yield run
    forget()


def forget() -> None:
    """Nothing of another test's profiles and answers."""
    data.profiles.clear()
    data.engine.clear()
    live.answers().forget()
    connections_view.who.clear()
    connections_view.tried.clear()
    st.cache_data.clear()


def numbers(app: AppTest) -> list[str]:
    return [str(metric.value) for metric in app.metric]


def chart(app: AppTest, panel: str) -> tuple[dict[str, Any], list[pd.DataFrame]]:
    """What a panel's chart encodes, and the rows it plots."""
    for element in app.get("vega_lite_chart"):
        if f"{panel}_chart" in element.proto.id:
            datasets = element.proto.datasets
            frames = [pa.ipc.open_stream(io.BytesIO(dataset.data.data)).read_pandas() for dataset in datasets]
            return json.loads(element.proto.spec), frames
    raise AssertionError(f"no chart of {panel}")


# panels as values -----------------------------------------------------------------------------------------------------


def test_the_dashboards_hold_the_given_queries_verbatim() -> None:
    ids = [*(f"C{n}" for n in range(1, 5)), *(f"W{n}" for n in range(1, 8))]
    queries = {panel.id: panel.query for panel in PANELS}
    assert {name: queries[name] for name in ids} == {name: GIVEN[name] for name in ids}


@pytest.mark.parametrize("panel", WAYS, ids=lambda panel: panel.id)
def test_every_query_runs_prints_and_finds_something(panel: Panel, engine: Engine) -> None:
    for text in texts_of(panel):
        filled = Days.at(NOW).fill(text)
        assert "{" not in filled
        assert parse(print_query(parse(filled))) == parse(filled)
        assert not engine.run(filled).empty


@pytest.mark.parametrize("day", [datetime(2027, 1, 1, 3, tzinfo=UTC), datetime(2026, 12, 2, 1, tzinfo=UTC)])
def test_every_panel_of_cost_survives_the_turn_of_a_month(day: datetime) -> None:
    engine = Engine(now=day, timezone="Asia/Seoul", profiles=Profiles([Profile("demo", demo=True)]))
    for panel in DASHBOARDS["cost"].panels:
        for text in texts_of(panel):
            assert not engine.run(Days.at(day).fill(text)).empty, text


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_panels_speak_both_languages(panel: Panel) -> None:
    for text in (panel.title, panel.help, panel.own_title, *(way.title for way in panel.variants)):
        assert text.en
        assert not HANGUL.search(text.en)
        assert HANGUL.search(text.ko) or text.ko == "Elastic IP"


@pytest.mark.parametrize("text", [*TEXTS.values(), *connections_texts.TEXTS.values()], ids=lambda text: text.en[:30])
def test_texts_are_complete(text: Text) -> None:
    assert not HANGUL.search(text.en)
    assert HANGUL.search(text.ko) or text.en.startswith("1 USD = ")
    assert set(re.findall(r"{\w+}", text.en)) == set(re.findall(r"{\w+}", text.ko))


def test_what_several_panels_ask_is_one_request() -> None:
    commands = live.commands_of([cost.C1, cost.C2, cost.C5], LiveChoice(), NOW)
    assert len(commands) > 3
    asked = [print_query(parse(command.key())) for command in live.apart(commands, "Asia/Seoul", NOW)]
    assert len(asked) == 2  # all days without groups, and 60 days by service
    narrowed = live.commands_of([cloudwatch.W7], LiveChoice(("prod",), ("us-east-1",)), NOW)
    assert all(command.setting("profile") == "prod" for command in narrowed)


@pytest.mark.parametrize(
    ("name", "expected", "level"),
    [
        ("t3.micro", (), None),
        ("g5.12xlarge", (), "amber"),
        ("m7g.metal-48xl", (), "amber"),
        ("t3.micro", ("m*",), "red"),
        ("m7i.large", ("m*",), None),
    ],
)
def test_dear_and_unexpected_types_are_marked(name: str, expected: tuple[str, ...], level: str | None) -> None:
    signal = cloudwatch.type_signal(expected)({"instance_type": name})
    assert (signal.level if signal else None) == level


def test_days_that_jump_are_marked_but_no_first_of_a_month() -> None:
    days = list(pd.date_range("2026-10-20", periods=20))
    costs = [10.0] * 20
    costs[8], costs[12], costs[19] = 16.0, 100.0, 100.0  # 28 October, 1 November, the last day
    tall = pd.DataFrame({"_time": days, "series": "a", "cost": costs})
    levels = day_levels(tall, days, 2, "en")
    assert {str(day.date()): level for day, (level, _) in levels.items()} == {"2026-10-28": "amber"}
    assert "1.6 times" in next(iter(levels.values()))[1]


def test_costs_below_zero_stay_and_small_series_become_one() -> None:
    wide = pd.DataFrame({"_time": [NOW], **{f"s{n}": [float(n)] for n in range(25)}, "credits": [-1000.0]})
    tall, grouped = long_costs(wide, "other", "(none)")
    assert grouped == 6
    assert tall.set_index("series")["cost"]["credits"] == -1000
    assert tall.set_index("series")["cost"]["other"] == sum(range(6))


def test_the_rows_behind_a_tile_are_the_command_and_the_service(engine: Engine, tmp_path: Path) -> None:
    view = View("en", "Asia/Seoul", False, data.Source(str(tmp_path), "1"), NOW, Filters(), LiveChoice())
    panel = DASHBOARDS["cost"].rows[1][0]
    assert isinstance(panel.visual, Treemap)
    query = parse(panel.query)
    rows = Shown(panel, view, query, engine.execute(query)).rows_query({"service": EC2})
    assert print_query(rows) == f'aws-cost days=30 unblended_cost by service\n| search in(service, "{EC2}")'
    frame = engine.run(print_query(rows))
    assert set(frame["service"]) == {EC2}
    assert len(frame) == 30


# on sample data -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_cost_page_is_alive_on_sample_data(open_page: OpenApp, language: str) -> None:
    app = open_page("cost", lang=language)
    assert_healthy(app)
    assert app.title[0].value == translate("cost", language)
    assert translate("sample", language) in texts(app)
    assert re.fullmatch(r"\$\d\d,\d{3}", numbers(app)[0])
    assert re.fullmatch(r"₩\d\d,\d{3},\d{3}", numbers(app)[1])
    assert "1,335.27 KRW, 2026-10-30" in texts(app)
    assert EC2 in set(chart(app, "C3")[1][0]["label"])
    assert live_text("hatched", language) in texts(app)
    assert live_text("forecast", language) in json.dumps(chart(app, "C8")[0], ensure_ascii=False)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_cloudwatch_page_is_alive_on_sample_data(open_page: OpenApp, language: str) -> None:
    app = open_page("cloudwatch", lang=language)
    assert_healthy(app)
    assert numbers(app)[1] == "1"  # the impaired instance
    assert int(numbers(app)[0]) > 10
    assert "g5.12xlarge" in set(chart(app, "W5")[1][0]["label"])
    boxes = max(chart(app, "W6")[1], key=len)
    assert len(boxes) == 5
    assert boxes["iqr2"].max() < 0.2  # seconds, though the metric is in milliseconds
    lines = max(chart(app, "W7")[1], key=len)
    assert 5 < lines["series"].nunique() <= 15
    assert app.dataframe[0].value["state_value"].iloc[0] == "ALARM"


def test_amounts_come_in_three_currencies(open_page: OpenApp) -> None:
    dollars = chart(open_page("cost"), "C3")[1][0].set_index("label")
    app = open_page("cost", currency="KRW")
    won = chart(app, "C3")[1][0].set_index("label")
    assert won["text"][EC2].startswith("₩")
    assert won["x1"].tolist() == dollars["x1"].tolist()
    assert "1 USD = 1,335.27 KRW" in texts(app)
    assert numbers(app)[0].startswith("$")  # its title says USD
    euros = chart(open_page("cost", currency="EUR"), "C3")[1][0].set_index("label")
    assert euros["text"][EC2].startswith("€")


def test_costs_are_split_another_way_by_a_switch(open_page: OpenApp) -> None:
    app = open_page("cost", C3_variant="tag-team", C4_variant="account")
    assert_healthy(app)
    assert {"backend", "(none)"} <= set(chart(app, "C3")[1][0]["label"])
    assert any(
        "prod" in name for name in set(next(frame for frame in chart(app, "C4")[1] if "cost" in frame)["series"])
    )


def test_a_page_is_narrowed_to_regions(open_page: OpenApp) -> None:
    everywhere = int(numbers(open_page("cloudwatch"))[0])
    app = open_page("cloudwatch", aws_region="us-east-1")
    assert_healthy(app)
    assert 0 < int(numbers(app)[0]) < everywhere
    assert "aws-ec2-instances region=us-east-1" in texts(app)


def test_an_unknown_profile_is_told_on_each_card(open_page: OpenApp) -> None:
    app = open_page("cloudwatch", aws_profile="nobody")
    assert not app.exception
    assert "there is no profile `nobody`" in texts(app)
    assert numbers(app) == []


def test_what_a_query_asks_has_the_values_of_its_parameters(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "engine", lambda *_: engine)
    query = parse('set a = "x" | aws-cost linked_account=$("a") service=$("s") cache=0 days=3 unblended_cost')
    asked = live.asked_by(query, {"s": "AmazonEC2"}, "UTC", data.Source("lake", "1"), NOW)
    assert [command.told() for command in asked] == [
        "aws-cost linked_account=x service=AmazonEC2 days=3 unblended_cost"
    ]
    assert live.price(live_commands(query), "UTC", data.Source("lake", "1"), NOW).usd == 0


# on an AWS over HTTP --------------------------------------------------------------------------------------------------


def bill(server: AwsServer) -> None:
    """Costs of the last 70 days: 2 USD a day of EC2, 1 of S3; 3 a day are expected."""
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in range(1, 71)]
    server.seed(
        costs=[
            {"date": day, "SERVICE": service, "UnblendedCost": amount}
            for day in days
            for service, amount in ((EC2, "2"), ("Amazon Simple Storage Service", "1"))
        ],
        forecast={"mean": 3.0, "lower": 2.0, "upper": 4.0},
    )


def test_nothing_billed_is_asked_before_somebody_agrees(aws_server: AwsServer, open_page: OpenApp) -> None:  # noqa: F811
    bill(aws_server)
    app = open_page("cost")
    assert_healthy(app)
    assert live_text("not_asked", "en") in texts(app)
    assert translate("sample", "en") not in texts(app)
    assert numbers(app) == []
    assert aws_server.calls("GetCostAndUsage") == []

    app.button(key="agree_all").click().run()
    assert_healthy(app)
    assert live_text("not_asked", "en") not in texts(app)
    assert numbers(app)[0] == "$90.00"
    asked = len(aws_server.calls("GetCostAndUsage"))
    assert 0 < asked <= 12
    # A billed call never is asked again while its answer is young: not by other viewers, not after a restart.
    forget()
    again = open_page("cost")
    assert numbers(again)[0] == "$90.00"
    assert len(aws_server.calls("GetCostAndUsage")) == asked
    assert "spent on questions this month" in texts(again)


def test_who_agrees_for_one_profile_has_not_agreed_for_others(
    aws_server: AwsServer,  # noqa: F811
    open_page: OpenApp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bill(aws_server)
    (tmp_path / "profiles.toml").write_text("[profiles.one]\n[profiles.two]\n")
    monkeypatch.setenv("TRAILBOARD_PROFILES", str(tmp_path / "profiles.toml"))
    app = open_page("cost", aws_profile="one")
    app.button(key="C4_agree").click().run()
    asked = len(aws_server.calls("GetCostAndUsage"))
    assert asked
    app.multiselect(key="aws_profile").set_value([]).run()
    assert_healthy(app)
    assert len(aws_server.calls("GetCostAndUsage")) == asked
    assert "C4_agree" in [button.key for button in app.button]


def test_a_page_does_not_wait_for_ever(aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    asking = Engine(profiles=Profiles([Profile("main", ("us-east-1",))]))
    monkeypatch.setattr(live, "engine", lambda *_: asking)
    monkeypatch.setattr(live, "PATIENCE", 0.5)
    aws_server.fail("DescribeAddresses", "hang")
    with pytest.raises(QueryTimeout):
        live.ask("aws-ec2-addresses", "UTC", data.Source("lake", "1"), NOW)
    aws_server.mend()


def test_one_panel_can_be_asked_alone(aws_server: AwsServer, open_page: OpenApp) -> None:  # noqa: F811
    bill(aws_server)
    app = open_page("cost")
    app.button(key="C4_agree").click().run()
    assert_healthy(app)
    columns = next(frame for frame in chart(app, "C4")[1] if "cost" in frame)
    assert columns["cost"].sum() == pytest.approx(90)
    assert live_text("not_asked", "en") in texts(app)


def test_who_fails_is_named_and_the_others_count(
    aws_server: AwsServer,  # noqa: F811
    open_page: OpenApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRAILBOARD_REGIONS", "us-east-1,eu-west-1")
    with aws_server.client("ec2") as ec2:
        for _ in range(3):
            ec2.allocate_address()
    aws_server.fail("DescribeAddresses", "UnauthorizedOperation", region="eu-west-1")
    app = open_page("cloudwatch")
    assert not app.exception
    assert "3" in numbers(app)
    assert "eu-west-1" in texts(app)
    assert "ec2:DescribeAddresses is denied" in texts(app)
    assert translate("failed", "en") not in texts(app)


def test_who_fails_is_named_at_a_second_number_too(
    aws_server: AwsServer,  # noqa: F811
    open_page: OpenApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRAILBOARD_REGIONS", "us-east-1,eu-west-1")
    aws_server.fail("DescribeVolumes", "UnauthorizedOperation", region="eu-west-1")
    app = open_page("cloudwatch")
    assert_healthy(app)
    assert "ec2:DescribeVolumes is denied" in texts(app)


def test_what_nobody_answers_is_no_zero(aws_server: AwsServer, open_page: OpenApp) -> None:  # noqa: F811
    aws_server.fail("DescribeInstances", "UnauthorizedOperation")
    app = open_page("cloudwatch")
    assert not app.exception
    assert translate("failed", "en") in texts(app)
    assert "ec2:DescribeInstances is denied" in texts(app)
    assert len(numbers(app)) == 3  # the other numbers live


# connections ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_connections_page_tells_who_asks_and_how_to_connect(open_page: OpenApp, language: str) -> None:
    app = open_page("connections", lang=language)
    assert_healthy(app)
    assert connections_texts.translate("only_demo", language) in texts(app)
    assert "222233334444" in texts(app)
    assert '"ec2:DescribeInstances"' in texts(app)
    app.text_input(key="policy_buckets").set_value("my-trail, No_Bucket").run()
    assert "arn:aws:s3:::my-trail" in texts(app)
    assert "No_Bucket" in "\n".join(str(element.value) for element in app.text)


def test_missing_permissions_are_named_and_billed_ones_wait_for_a_click(
    aws_server: AwsServer,  # noqa: F811
    open_page: OpenApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRAILBOARD_KOREAEXIM_KEY", "a-very-secret-key")
    bill(aws_server)
    aws_server.fail("DescribeInstances", "UnauthorizedOperation")
    app = open_page("connections")
    assert_healthy(app)
    assert "123456789012" in texts(app)
    states = app.dataframe[0].value.set_index("permission")["state"]
    assert states["ec2:DescribeInstances"] == "denied"
    assert states["ec2:DescribeAddresses"] == "allowed"
    assert states["ce:GetCostAndUsage"] == "not tried"
    assert aws_server.calls("GetCostAndUsage") == []
    settings = app.dataframe[1].value.set_index("comes_from")["value"]
    assert settings["environment: TRAILBOARD_KOREAEXIM_KEY"] == "set, not shown"
    assert "a-very-secret-key" not in texts(app)

    next(button for button in app.button if button.key and button.key.startswith("try_")).click().run()
    states = app.dataframe[0].value.set_index("permission")["state"]
    assert states["ce:GetCostAndUsage"] == "allowed"
    assert len(aws_server.calls("GetCostAndUsage")) == 1


def test_credentials_that_do_not_work_are_told_without_a_traceback(aws_server: AwsServer, open_page: OpenApp) -> None:  # noqa: F811
    aws_server.fail("GetCallerIdentity", "InvalidClientTokenId")
    app = open_page("connections")
    assert not app.exception
    assert connections_texts.translate("no_identity", "en") in texts(app)
    assert '"Version"' in texts(app)  # the policy is there all the same
