"""Panels as values: their queries are the given ones, parse, and run on a lake with the right numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import Engine
from engine.lake.store import Lake
from engine.language.grammar import parse
from engine.language.printer import print_query
from pages.parts.card import asked
from pages.parts.data import Source
from pages.parts.filters import Filters
from pages.parts.panel import Number, Panel
from pages.parts.panels import cloudtrail, logins
from pages.parts.periods import Period
from pages.parts.view import View

PANELS = [panel for module in (cloudtrail, logins) for panel in module.DASHBOARD.panels]
NUMBERS = {"T1": 3, "T2": 0, "T3": 1, "T4": 1, "L1": 1}


@pytest.fixture
def view(small_lake: Path) -> View:
    from datetime import UTC, datetime

    return View("en", "Asia/Seoul", False, Source(str(small_lake), "1"), datetime.now(UTC), Filters())


@pytest.fixture(scope="module")
def engine(small_lake: Path) -> Engine:
    return Engine(Lake.open(small_lake), timezone="Asia/Seoul")


def test_the_dashboards_hold_their_panels() -> None:
    assert [panel.id for panel in PANELS] == [f"T{n}" for n in range(1, 7)] + [f"L{n}" for n in range(1, 5)]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_every_query_survives_printing(panel: Panel) -> None:
    for text in filter(None, (panel.query, panel.fuller)):
        assert parse(print_query(parse(text))) == parse(text)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_the_default_view_runs_the_query_as_given(panel: Panel, view: View) -> None:
    assert asked(panel, view, given=True) == parse(panel.query)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_every_query_runs(panel: Panel, engine: Engine) -> None:
    for text in filter(None, (panel.query, panel.fuller)):
        assert not engine.run(text).empty


@pytest.mark.parametrize("panel", [panel for panel in PANELS if isinstance(panel.visual, Number)], ids=lambda p: p.id)
def test_numbers_count_what_they_say(panel: Panel, engine: Engine) -> None:
    assert engine.run(panel.query).iloc[0, 0] == NUMBERS[panel.id]


@pytest.mark.parametrize("panel", [panel for panel in PANELS if panel.fuller], ids=lambda panel: panel.id)
def test_the_fuller_query_only_adds_columns(panel: Panel, engine: Engine) -> None:
    given, fuller = engine.run(panel.query), engine.run(panel.fuller or "")
    assert set(given) < set(fuller)
    for name in given:
        assert given[name].astype(str).tolist() == fuller[name].astype(str).tolist()


def test_people_of_single_sign_on_have_a_name(engine: Engine) -> None:
    frame = engine.run(cloudtrail.T6.fuller or "")
    assert set(frame["actor"]) == {"kim@example.com", "Root"}
    assert frame["user"].isna().all()


def test_filters_narrow_every_query(view: View, engine: Engine) -> None:
    filters = Filters(
        Period("7d"),
        chosen=(("account", ("111122223333",)), ("region", ("ap-northeast-2",)), ("user", ("kim@example.com",))),
    )
    query = asked(cloudtrail.T1, view.with_filters(filters))
    assert engine.execute(query).frame.iloc[0, 0] == 4
    nobody = asked(cloudtrail.T1, view.with_filters(Filters(chosen=(("user", ("nobody",)),))))
    assert engine.execute(nobody).frame.iloc[0, 0] == 0
    assert print_query(query).startswith("table duration=7d cloudtrail*\n| search ")


def test_wide_open_doors_are_told_from_others(engine: Engine) -> None:
    def opened(parameters: str) -> bool:
        text = parameters.replace('"', "'")
        row = f"json \"{{eventName: 'AuthorizeSecurityGroupIngress', requestParameters: {text}}}\""
        return not engine.run(f"{row} | search {cloudtrail.OPENED_WIDE}").empty

    world, office = '{"items":[{"cidrIp":"0.0.0.0/0"}]}', '{"items":[{"cidrIp":"203.0.113.0/24"}]}'
    rule = '{{"ipPermissions":{{"items":[{{"ipProtocol":"{}",{}"ipRanges":{}}}]}}}}'
    assert opened(rule.format("tcp", '"fromPort":22,"toPort":22,', world))
    assert opened(rule.format("-1", "", world))
    assert not opened(rule.format("tcp", '"fromPort":443,"toPort":443,', world))
    assert not opened(rule.format("tcp", '"fromPort":22,"toPort":22,', office))


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ({"error_code": "AccessDenied", "event_name": "GetObject"}, "red"),
        ({"error_code": None, "event_name": "StopLogging"}, "amber"),
        ({"error_code": float("nan"), "event_name": "CreateTags"}, None),
    ],
)
def test_changes_are_tinted(row: dict, level: str | None) -> None:
    signal = cloudtrail.change_signal(row)
    assert (signal.level if signal else None) == level


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ({"action": "DENY"}, "red"),
        ({"action": "PERMIT", "country": "BR"}, "red"),
        ({"action": "PERMIT", "country": "KR", "user_type": "IAMUser", "mfa": "No"}, "red"),
        ({"action": "PERMIT", "country": "KR", "user_type": "Root", "mfa": "YES"}, "amber"),
        ({"action": "PERMIT", "country": "KR", "user_type": "AssumedRole", "mfa": "No"}, None),
        ({"action": "PERMIT", "country": "KR", "user_type": "IAMUser", "mfa": "Yes", "asn": "AS14061 DigitalOcean"},
         "amber"),
    ],
)  # fmt: skip
def test_logins_are_tinted(row: dict, level: str | None) -> None:
    signal = logins.login_signal(row)
    assert (signal.level if signal else None) == level
