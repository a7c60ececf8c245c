"""One hour of attack simulation in a real account: the engine's answers against ones that come from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from engine import Engine
from tests.panels import PANELS
from tests.real import REAL, expected, needs_real

pytestmark = needs_real


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    found: dict[str, Any] = expected()["cloudtrail"]
    return found


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    made = Engine(tmp_path_factory.mktemp("lake"), now=datetime(2023, 7, 10, 12, 40, tzinfo=UTC))
    made.collect("cloudtrail", str(REAL / "cloudtrail"))
    return made


def pairs(frame: pd.DataFrame) -> list[list[Any]]:
    return [[None if pd.isna(value) else value for value in row] for row in frame.to_numpy().tolist()]


def test_every_record_is_there_once(engine: Engine, answers: dict[str, Any]) -> None:
    frame = engine.run("table cloudtrail* | stats count, dc(eventID) as ids, min(_time) as first, max(_time) as last")
    row = frame.iloc[0]
    assert (row["count"], row["ids"]) == (answers["records"], answers["distinct_eventID"])
    assert [row["first"], row["last"]] == [pd.Timestamp(time) for time in answers["time"]]


@pytest.mark.parametrize(
    ("panel", "answer"),
    [
        ("T1", "run_instances_ok, all"),
        ("T2", "terminate_instances_ok, all"),
        ("T3", "create_policy_version_ok, all"),
        ("T4", "security_group_ok, all"),
    ],
)
def test_number_panels(engine: Engine, answers: dict[str, Any], panel: str, answer: str) -> None:
    assert engine.run(PANELS[panel])["count"].item() == answers[answer][0]


def test_failed_logins(engine: Engine, answers: dict[str, Any]) -> None:
    assert engine.run(PANELS["L1"])["count"].item() == answers["console_login_errorMessage"]


def test_the_trend_of_changes(engine: Engine, answers: dict[str, Any]) -> None:
    frame = engine.run(PANELS["T5"]).melt("_time", value_name="n").dropna(subset="n")
    found = sorted([f"{time:%Y-%m-%dT%H:%M:%SZ}", name, int(n)] for time, name, n in frame.itertuples(index=False))
    assert found == sorted(answers["console_changes_10m"])


def test_the_list_of_changes(engine: Engine, answers: dict[str, Any]) -> None:
    frame = engine.run(PANELS["T6"])
    assert list(frame.columns) == ["_time", "event_name", "user", "access_key", "error_code", "req_params"]
    frame["_time"] = frame["_time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert pairs(frame.drop(columns="req_params")) == answers["console_changes_latest"]
    assert isinstance(frame["req_params"].iloc[2], dict)


def test_the_list_of_logins(engine: Engine, answers: dict[str, Any]) -> None:
    frame = engine.run(PANELS["L4"])
    frame["_time"] = frame["_time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame["user_agent"] = frame["user_agent"].str[:40]
    columns = ["_time", "user", "action", "src_ip", "user_type", "reason", "user_agent"]
    assert pairs(frame[columns]) == answers["console_login_rows"]
    assert frame["country"].isna().all(), "private addresses have no country"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("stats count by eventName | sort -count", "top_eventName"),
        ("stats count by eventSource | sort -count", "top_eventSource"),
        ("stats count by sourceIPAddress | sort -count", "top_sourceIP"),
        ("stats count by awsRegion", "region"),
        ('eval type = valueof(userIdentity, "type") | stats count by type | sort -count', "userIdentity_type"),
        (
            'eval user = valueof(userIdentity, "userName") | search isnotnull(user) | stats count by user',
            "user_name",
        ),
        ("search isnotnull(errorCode) | stats count by errorCode | sort -count", "top_errorCode"),
        (
            'search in(errorCode, "AccessDenied", "*UnauthorizedOperation*") | stats count by eventName | sort -count',
            "access_denied_by_event",
        ),
        (
            'eval mfa = valueof(valueof(valueof(userIdentity, "sessionContext"), "attributes"), "mfaAuthenticated")'
            " | stats count by mfa | sort -count",
            "mfa",
        ),
    ],
)
def test_counts_by_field(engine: Engine, answers: dict[str, Any], query: str, answer: str) -> None:
    found = pairs(engine.run(f"table cloudtrail* | {query}"))
    wanted = answers[answer]
    if len(wanted) == 10:  # the ten most frequent; which of equal counts come last is open
        assert [count for _, count in found[:10]] == [count for _, count in wanted]
        assert all(row in found for row in wanted)
    else:
        assert sorted(found, key=str) == sorted(wanted, key=str)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ('search not(in(eventName, "Describe*", "List*", "Get*")) | stats count', "not_describe_list_get"),
        ('search sessionCredentialFromConsole == "true" | stats count', "console_credential_rows_all"),
        ('search eventName == "ConsoleLogin" | stats count', "console_logins"),
        ("search isnotnull(errorCode) | stats count", "errorCode_rows"),
        ("search isnotnull(errorMessage) | stats count", "errorMessage_rows"),
        ("stats dc(eventName)", "distinct_eventName"),
        ("stats dc(sourceIPAddress)", "distinct_sourceIP"),
        ("stats dc(userAgent)", "distinct_userAgent"),
        ('search isnull(valueof(userIdentity, "arn")) | stats count', "arn_null"),
        ("search isnull(requestParameters) | stats count", "requestParameters_null"),
    ],
)
def test_single_numbers(engine: Engine, answers: dict[str, Any], query: str, answer: str) -> None:
    assert engine.run(f"table cloudtrail* | {query}").iloc[0, 0] == answers[answer]


def test_events_over_time(engine: Engine, answers: dict[str, Any]) -> None:
    frame = engine.run("table cloudtrail* | timechart span=10m count")
    found = {f"{time:%Y-%m-%dT%H:%M:%SZ}": count for time, count in frame.itertuples(index=False)}
    assert found == dict(answers["per_10m"])
