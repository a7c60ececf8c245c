from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import time
from pathlib import Path

import pytest

from engine import settings as module
from engine.language.errors import SourceError
from engine.settings import Settings


def load(home: Path, **env: str) -> Settings:
    return Settings.load({"TRAILBOARD_HOME": str(home), "TRAILBOARD_TIMEZONE": "UTC"} | env)


def test_without_any_lake_the_sample_data_is_read_and_the_own_lake_written(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.is_demo
    assert settings.lake == str(tmp_path / "demo" / "lake")
    assert settings.lake == str(settings.demo_folder / "lake")
    assert settings.own_lake == str(tmp_path / "lake")


def test_a_lake_in_the_home_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    settings = load(tmp_path)
    assert not settings.is_demo
    assert settings.lake == settings.own_lake == str(tmp_path / "lake")


def test_a_named_lake_comes_first_even_when_it_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    settings = load(tmp_path, TRAILBOARD_LAKE=str(tmp_path / "other"))
    assert not settings.is_demo
    assert settings.lake == settings.own_lake == str(tmp_path / "other")


def test_a_uri_stays_as_it_is_and_a_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path, TRAILBOARD_LAKE="s3://bucket/lake").lake == "s3://bucket/lake"
    assert load(tmp_path, TRAILBOARD_LAKE="here").lake == str(tmp_path / "here")


def test_the_zone_is_the_configured_one_else_the_machines_else_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(tmp_path, TRAILBOARD_TIMEZONE="Asia/Seoul", TZ="Europe/Paris").timezone == "Asia/Seoul"
    assert load(tmp_path, TRAILBOARD_TIMEZONE="", TZ=":Europe/Paris").timezone == "Europe/Paris"
    link = tmp_path / "localtime"
    monkeypatch.setattr(module, "LOCALTIME", link)
    assert load(tmp_path, TRAILBOARD_TIMEZONE="").timezone == "UTC"
    link.symlink_to("/usr/share/zoneinfo/America/New_York")
    assert load(tmp_path, TRAILBOARD_TIMEZONE="").timezone == "America/New_York"
    assert load(tmp_path, TRAILBOARD_TIMEZONE="", TZ="KST-9").timezone == "America/New_York"  # no name of the database


def test_an_unknown_zone_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="TRAILBOARD_TIMEZONE names no time zone: `Seoul`"):
        load(tmp_path, TRAILBOARD_TIMEZONE="Seoul")


def test_the_countries_that_logins_are_expected_from(tmp_path: Path) -> None:
    assert load(tmp_path).expected_countries == {"KR", "DE", "US"}, "those of the sample data's offices"
    assert load(tmp_path, TRAILBOARD_LAKE=str(tmp_path)).expected_countries == {"KR"}
    assert load(tmp_path, TRAILBOARD_EXPECTED_COUNTRIES="jp, us,").expected_countries == {"JP", "US"}


def test_regions_are_expected_when_they_are_named(tmp_path):
    assert "us-east-1" in load(tmp_path).expected_regions, "those of the sample data"
    assert load(tmp_path, TRAILBOARD_LAKE=str(tmp_path)).expected_regions == ()
    named = load(tmp_path, TRAILBOARD_EXPECTED_REGIONS="us-east-1, eu-west-1")
    assert named.expected_regions == ("us-east-1", "eu-west-1")


def test_office_hours(tmp_path):
    assert load(tmp_path).office_hours == (time(9), time(19))
    assert load(tmp_path, TRAILBOARD_OFFICE_HOURS="08:30-17:00").office_hours == (time(8, 30), time(17))
    for wrong in ("9-5 at night", "18:00-09:00", "9"):
        with pytest.raises(SourceError, match="TRAILBOARD_OFFICE_HOURS"):
            load(tmp_path, TRAILBOARD_OFFICE_HOURS=wrong)


def test_hosts_are_expected_where_they_are_named(tmp_path: Path) -> None:
    assert load(tmp_path).expected_hosts == ("*.moonrabbit.example",), "those of the sample data's sites"
    assert load(tmp_path, TRAILBOARD_LAKE=str(tmp_path)).expected_hosts == ()
    named = load(tmp_path, TRAILBOARD_EXPECTED_HOSTS="Example.com, *.example.com,")
    assert named.expected_hosts == ("example.com", "*.example.com")


def test_settings_do_not_change(tmp_path: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        load(tmp_path).lake = "x"  # type: ignore[misc]


def test_an_app_is_hosted_only_when_it_is_told(tmp_path: Path) -> None:
    assert not load(tmp_path).is_hosted
    assert not load(tmp_path, TRAILBOARD_HOSTED="0").is_hosted
    assert load(tmp_path, TRAILBOARD_HOSTED="1").is_hosted


def test_a_cost_budget_is_an_amount_of_dollars() -> None:
    assert Settings.load({"TRAILBOARD_HOME": "/nowhere"}).cost_budget is None
    settings = Settings.load(
        {"TRAILBOARD_HOME": "/nowhere", "TRAILBOARD_COST_BUDGET": "1500", "TRAILBOARD_COST_TAGS": "a, b"}
    )
    assert (settings.cost_budget, settings.cost_tags) == (1500.0, ("a", "b"))
    for wrong in ("much", "0", "-3", "nan", "inf"):
        with pytest.raises(SourceError, match="TRAILBOARD_COST_BUDGET"):
            Settings.load({"TRAILBOARD_HOME": "/nowhere", "TRAILBOARD_COST_BUDGET": wrong})


def test_what_asking_aws_may_cost(tmp_path: Path) -> None:
    assert load(tmp_path).aws_budget == 5
    assert load(tmp_path, TRAILBOARD_AWS_BUDGET="0").aws_budget == 0, "nothing at all"
    assert load(tmp_path, TRAILBOARD_AWS_BUDGET="2.5").aws_budget == 2.5
    with pytest.raises(SourceError, match="TRAILBOARD_AWS_BUDGET"):
        load(tmp_path, TRAILBOARD_AWS_BUDGET="little")


def test_what_the_app_collects_by_itself(tmp_path: Path) -> None:
    assert load(tmp_path).watches == ()
    settings = load(tmp_path, TRAILBOARD_WATCH="cloudtrail s3://a/b, elb /logs,", TRAILBOARD_WATCH_EVERY="30s")
    assert settings.watches == (("cloudtrail", "s3://a/b"), ("elb", "/logs"))
    assert settings.watch_every.total_seconds() == 30
    for wrong in ("s3://a", "vpcflow s3://a", "elb"):
        with pytest.raises(SourceError, match="TRAILBOARD_WATCH"):
            load(tmp_path, TRAILBOARD_WATCH=wrong)
    for wrong in ("5", "1s", "soon"):
        with pytest.raises(SourceError, match="TRAILBOARD_WATCH_EVERY"):
            load(tmp_path, TRAILBOARD_WATCH_EVERY=wrong)
