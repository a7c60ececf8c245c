"""The data coverage page: what it adds up, what it draws, and that absence is said."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.lake.apart import JOBS, Job
from engine.lake.collect import collect
from engine.lake.coverage import coverage
from engine.lake.store import Lake
from engine.lake.watch import WatchState, save
from pages.parts.coverage_facts import cell_width, cells, masked, silences, silent_hours, streams
from pages.parts.coverage_texts import TEXTS
from tests.pages.conftest import EVIL, ROOT, event
from tests.pages.test_app import assert_healthy, chart_rows, texts
from tests.pages.test_texts import HANGUL, check

PAGE = "pages/explore/coverage.py"
Open = Callable[..., AppTest]


@pytest.fixture
def page(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open the page, on the small lake or another: `page(lake, lang="ko")`."""

    def run(lake: Path | None = None, **params: str) -> AppTest:
        if lake is not None:
            monkeypatch.setenv("TRAILBOARD_LAKE", str(lake))
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.query_params.update(params)
        app.run()
        app.query_params.update(params)
        app.switch_page(PAGE).run()
        assert_healthy(app)
        return app

    return run


def frame(*rows: tuple[str, str, str, int, int]) -> pd.DataFrame:
    """Hours as the lake tells them: account, region, hour of 2026-11-24, events, rejects."""
    made = pd.DataFrame(rows, columns=["account", "region", "at", "rows", "rejects"])
    hour = pd.to_datetime("2026-11-" + made["at"], utc=True)
    held = hour.where(made["rows"] > 0)
    facts = {"table": "cloudtrail", "objects": made["rows"].clip(upper=1), "duplicates": 0, "lag": 60.0}
    return made.assign(hour=hour, first=held, last=held, **facts)


HOURS = frame(
    ("1", "a", "24 01:00", 5, 0),
    ("1", "a", "24 02:00", 1, 1),
    ("1", "a", "24 07:00", 2, 0),
    ("1", "b", "24 04:00", 3, 0),
    ("2", "a", "24 03:00", 0, 1),
)


# facts ----------------------------------------------------------------------------------------------------------------


def test_streams_count_hours_with_and_without_events() -> None:
    found = streams(HOURS).set_index(["account", "region"])
    assert found.loc[("1", "a"), ["rows", "busy", "gaps", "longest", "rejects"]].tolist() == [8, 3, 4, 4, 1]
    assert found.loc[("1", "b"), ["rows", "busy", "gaps", "longest"]].tolist() == [3, 1, 0, 0]
    assert found.loc[("2", "a"), ["first", "busy", "gaps", "longest"]].isna().all(), "no events are no data, not 0"


def test_silence_is_when_nobody_has_events() -> None:
    found = silences(HOURS)
    assert found["start"].dt.hour.tolist() == [3, 5]
    assert found["end"].dt.hour.tolist() == [4, 7]
    assert silent_hours(HOURS) == 3
    assert silent_hours(HOURS.head(1)) == 0


def test_cells_hold_the_hours_of_their_width() -> None:
    local = HOURS.assign(hour=HOURS["hour"].dt.tz_localize(None))
    wide = cells(local, 6).set_index(["account", "region", "start"])
    first = wide.loc[("1", "a", pd.Timestamp("2026-11-24"))]
    assert first[["rows", "rejects", "busy"]].tolist() == [6, 1, 2]
    assert first["end"] == pd.Timestamp("2026-11-24 06:00")
    assert len(cells(local, 1)) == len(HOURS)


def test_a_map_never_has_too_many_cells() -> None:
    assert cell_width(60, timedelta(days=1)) == 1
    assert 60 * 365 / (cell_width(60, timedelta(days=365)) / 24) <= 22_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password":"hunter2","a":"b"}', '{"password":"•••","a":"b"}'),
        ('{"masterUserPassword": "hun', '{"masterUserPassword": "•••'),
        ('{"clientToken":"x","secretId":"y"}', '{"clientToken":"x","secretId":"y"}'),
        ("not json at all", "not json at all"),
    ],
)
def test_secrets_are_masked_in_broken_json(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("key", TEXTS)
def test_texts_speak_both_languages(key: str) -> None:
    check(TEXTS[key])
    assert HANGUL.search(TEXTS[key].ko)


# page -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
def test_figures_and_streams(page: Open, small_lake: Path, language: str) -> None:
    app = page(lang=language)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown[TEXTS["events"].to(language)] == "15"
    assert shown[TEXTS["rejects"].to(language)] == "0"
    table = app.dataframe[0].value
    assert table["rows"].sum() == 15
    assert set(table["account"]) == {"111122223333", "444455556666"}
    newest = coverage(Lake.open(small_lake))["last"].max().tz_convert("Asia/Seoul").tz_localize(None)
    assert table["last"].max() == newest, "times are the viewer's"


def test_the_map_draws_what_there_is(page: Open) -> None:
    app = page()
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["bar", "rect", "bar", "bar", "point"]
    plotted = app.get("vega_lite_chart")[0].proto.datasets
    assert len(plotted) == 5
    assert chart_rows(app)["stream"].str.contains(" · ").all()
    assert "Click a cell" in texts(app)


def test_a_cell_leads_to_its_rows(page: Open) -> None:
    app = page()
    start = datetime.now(UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    cell = {"table": "cloudtrail", "account": "111122223333", "region": "us-east-1", "bucket": start.isoformat()}
    app.session_state["coverage_map"] = {"selection": {"pick": [cell]}}
    app.run()
    assert_healthy(app)
    link = next(item.proto for item in app.get("page_link") if "us-east-1" in item.proto.label)
    assert link.page == "explore"
    assert "recipientAccountId" in link.query_string
    assert "111122223333" in link.query_string


@pytest.mark.parametrize("length", ["1d", "7d", "30d", "90d", "365d"])
def test_every_length_is_healthy(page: Open, length: str) -> None:
    assert page(covered=length).metric


def test_an_empty_lake_says_no_data(page: Open, tmp_path: Path) -> None:
    Lake.open(tmp_path / "lake", create=True)
    app = page(tmp_path / "lake")
    assert "Nothing has been collected yet" in app.info[0].value
    assert not app.metric
    assert not app.dataframe


def test_an_empty_period_is_no_data_and_not_0(page: Open, tmp_path: Path) -> None:
    app = page(lake_of(tmp_path, [event("RunInstances", timedelta(days=100))]), covered="7d")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Events"] == shown["Rejected"] == shown["Silent hours"] == "No data"
    assert shown["Newest event"] == "100 days ago"
    assert TEXTS["nothing"].en in app.info[0].value


def test_rejected_text_is_plain_and_without_secrets(page: Open, tmp_path: Path) -> None:
    broken = json.dumps({"Records": [event("RunInstances", timedelta(hours=2), userAgent=EVIL)]})[:-2]
    broken += ', {"password": "hunter2", "name": "\u202e' + EVIL
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(hours=1))], broken=broken)
    app = page(lake)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Rejected"] == "1"
    assert TEXTS["triangle"].en in texts(app)
    row = page(lake, section="rejected").dataframe[0].value.iloc[0]
    assert row["kept"] == "not stored"
    assert "hunter2" not in row["text"]
    assert "\u202e" not in row["text"]
    assert row["object"].endswith(".json")


def test_a_hole_of_everybody_is_counted(page: Open, tmp_path: Path) -> None:
    app = page(lake_of(tmp_path, [event("RunInstances", timedelta(hours=hours)) for hours in (1, 9)]))
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Silent hours"] == "7"
    assert TEXTS["red"].en in texts(app)


def test_deliveries_and_what_came_again_are_told(page: Open, tmp_path: Path) -> None:
    table = page(lake_of(tmp_path, [event("RunInstances", timedelta(hours=1))])).dataframe[0].value
    assert list(table["state"].iloc[0]) == ["too few to tell"]
    assert table["duplicates"].iloc[0] == 0
    assert table["unusual"].isna().all(), "of one hour no gap can be told"
    again = tmp_path / "again"
    again.mkdir()
    path = next((tmp_path / "logs").glob("*.gz"))
    (again / "copy.json.gz").write_bytes(path.read_bytes())
    collect(Lake.open(tmp_path / "lake"), "cloudtrail", str(again))
    app = page(tmp_path / "lake")
    assert {metric.label: metric.value for metric in app.metric}["Delivered again"] == "1"


# what the page does ---------------------------------------------------------------------------------------------------


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app listens on this machine only."""
    monkeypatch.setattr("pages.parts.coverage_jobs.may_change_here", lambda: True)
    monkeypatch.setattr("pages.parts.coverage_view.may_change_here", lambda: True)
    monkeypatch.setattr("pages.parts.coverage_storage.may_change_here", lambda: True)


def finished(lake: Path) -> Job:
    (job,) = JOBS.all(str(lake))
    job.wait()
    return job


def test_collecting_starts_where_it_may(page: Open, local: None, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(hours=1))])
    more = tmp_path / "more"
    more.mkdir()
    name = f"111122223333_CloudTrail_us-east-1_{datetime.now(UTC):%Y%m%dT%H%MZ}_a.json"
    (more / name).write_text(json.dumps({"Records": [event("StopInstances", timedelta(hours=1), eventID="x")]}))
    app = page(lake, section="collecting")
    app.button(key="collect_start").click().run()
    assert TEXTS["no_source"].en in app.warning[0].value
    app.text_input(key="collect_source").set_value("ftp://somewhere")
    app.button(key="collect_start").click().run()
    assert TEXTS["unknown_source"].en in app.warning[0].value
    app.text_input(key="collect_source").set_value(str(more))
    app.button(key="collect_start").click().run()
    job = finished(lake)
    assert job.state == "done"
    app.run()
    assert_healthy(app)
    assert any("1 of 1 files collected" in text.value for text in app.text)
    JOBS.forget(job)


def test_a_watch_that_ended_is_forgotten_when_that_is_meant(page: Open, local: None, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(minutes=1))])
    save(Lake.open(lake), WatchState("cloudtrail", "s3://gone_[x]", datetime.now(UTC) - timedelta(days=1), 300))
    app = page(lake, section="collecting")
    alarm = TEXTS["collector_dead"].en.format(age="24 h")
    assert alarm in texts(app)
    assert app.dataframe[0].value["state"].tolist() == ["late"]
    app.button(key="forget_0").click().run()
    assert alarm not in texts(app)
    assert TEXTS["no_watch"].en in texts(app)


def test_strangers_start_nothing(page: Open, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(hours=1))], broken='{"Records": [')
    for section in ("collecting", "storage", "rejected"):
        app = page(lake, section=section)
        assert not [button for button in app.button if button.key and not button.key.startswith("refresh")], section
        assert not app.text_input


@pytest.mark.parametrize("language", ["en", "ko"])
def test_tidying_up_tells_before_it_does(page: Open, local: None, tmp_path: Path, language: str) -> None:
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(hours=1))])
    (tmp_path / "logs" / "b.json").write_text(
        json.dumps({"Records": [event("StopInstances", timedelta(hours=1), eventID="x")]})
    )
    collect(Lake.open(lake), "cloudtrail", str(tmp_path / "logs"))
    app = page(lake, section="storage", lang=language)
    files = app.dataframe[0].value.set_index("table")["files"]
    assert files["cloudtrail"] == 2
    app.button(key="compact_do").click().run()
    assert "joined" in finished(lake).report
    JOBS.forget(finished(lake))
    app.run()
    assert app.dataframe[0].value.set_index("table").loc["cloudtrail", "files"] == 1
    assert TEXTS["compact_nothing"].to(language) in texts(app)


def test_retention_tells_before_it_deletes(page: Open, local: None, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(days=days)) for days in (0, 5, 20)])
    app = page(lake, section="storage")
    app.number_input(key="retain_days").set_value(10).run()
    assert app.button(key="retain_do").label == "Delete 1 days"
    assert "1 rows" in texts(app)
    app.button(key="retain_do").click().run()
    assert finished(lake).state == "done"
    JOBS.forget(finished(lake))
    app.run()
    shown = app.dataframe[0].value.set_index("table")
    assert shown.loc["cloudtrail", ["days", "kept"]].tolist() == [2, "10 days"]


def test_rejects_are_tried_again(page: Open, local: None, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [event("RunInstances", timedelta(hours=1))], broken='{"Records": [{"eventVersion": ')
    app = page(lake, section="rejected")
    assert len(app.dataframe[0].value) == 1
    broken = next((tmp_path / "logs").glob("*ponmlkjihgfedcba*"))
    broken.write_text(json.dumps({"Records": [event("StopInstances", timedelta(hours=1), eventID="x")]}))
    app.button(key="retry_rejects").click().run()
    assert "1 rejects cleared, 0 left" in finished(lake).report
    JOBS.forget(finished(lake))
    app.run()
    assert TEXTS["none_rejected"].en in texts(app)


def lake_of(folder: Path, records: list[dict[str, object]], broken: str | None = None) -> Path:
    """A lake of these events, and of a file that breaks off."""
    logs = folder / "logs"
    logs.mkdir()
    name = "111122223333_CloudTrail_us-east-1_20260101T0000Z_{}.json"
    made = [{"eventID": f"event-{number}", **record} for number, record in enumerate(records)]
    (logs / f"{name.format('abcdefghijklmnop')}.gz").write_bytes(gzip.compress(json.dumps({"Records": made}).encode()))
    if broken is not None:
        (logs / name.format("ponmlkjihgfedcba")).write_text(broken, "utf-8")
    lake = folder / "lake"
    collect(Lake.open(lake, create=True), "cloudtrail", str(logs))
    return lake


def test_the_rejected_file_of_the_sample_is_shown(
    open_app: Open, demo_home: Path, page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAILBOARD_HOME", str(demo_home))
    monkeypatch.delenv("TRAILBOARD_LAKE")
    app = page(section="rejected")
    aside = app.dataframe[0].value.set_index("reason")
    assert aside.loc["JSON ends in the middle of a record", "text"].startswith('{"eventVersion"')
