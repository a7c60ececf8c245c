"""A small lake of known events around now, and the app on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.lake.collect import collect
from engine.lake.store import Lake

ROOT = Path(__file__).resolve().parents[2]
SEOUL_IP, US_IP = "168.126.63.1", "8.8.8.8"
KIM = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:kim@example.com",
    "arn": "arn:aws:sts::111122223333:assumed-role/Admin/kim@example.com",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Admin"}},
}
LEE = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": "111122223333", "userName": "lee"}
ROOT_USER = {"type": "Root", "principalId": "444455556666", "accountId": "444455556666"}
CONSOLE = {"sessionCredentialFromConsole": "true"}
EVIL = "<img src=x onerror=alert(1)> [click](http://evil.example) =1+1"


def event(name: str, ago: timedelta, **fields: Any) -> dict[str, Any]:
    """One CloudTrail record; keyword arguments replace or add fields."""
    moment = datetime.now(UTC) - ago
    record = {
        "eventVersion": "1.11",
        "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "ap-northeast-2",
        "sourceIPAddress": SEOUL_IP,
        "userAgent": "aws-cli/2",
        "userIdentity": KIM,
        "recipientAccountId": "111122223333",
        "eventType": "AwsApiCall",
        "readOnly": False,
    }
    return record | fields


def login(ago: timedelta, *, failed: bool = False, **fields: Any) -> dict[str, Any]:
    """One console login."""
    outcome = {"errorMessage": "Failed authentication"} if failed else {}
    return event(
        "ConsoleLogin",
        ago,
        eventSource="signin.amazonaws.com",
        eventType="AwsConsoleSignIn",
        awsRegion="us-east-1",
        userAgent=EVIL,
        additionalEventData={"MFAUsed": "No"},
        responseElements={"ConsoleLogin": "Failure" if failed else "Success"},
        **({"userIdentity": LEE} | outcome | fields),
    )


def known_events() -> list[dict[str, Any]]:
    """Three launches (and one refused) in the last day, one the day before; one door opened; five logins."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    wide = {"ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
                                         "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}  # fmt: skip
    return [
        *(event("RunInstances", hour * n) for n in (1, 2, 3)),
        event("RunInstances", hour, errorCode="Client.DryRunOperation", **CONSOLE),
        event("RunInstances", day + hour),
        event("CreatePolicyVersion", hour * 5, awsRegion="us-east-1", eventSource="iam.amazonaws.com"),
        event("AuthorizeSecurityGroupIngress", hour * 4, requestParameters=wide, **CONSOLE),
        event("StopLogging", hour * 4, requestParameters={"name": "main", "password": "hunter2"}, **CONSOLE),
        event("DeleteBucket", hour * 6, recipientAccountId="444455556666", userIdentity=ROOT_USER, **CONSOLE),
        event("DescribeInstances", hour * 2, **CONSOLE),
        login(hour * 2),
        login(hour * 3, userIdentity=KIM),
        login(hour * 3, sourceIPAddress=US_IP),
        login(hour * 4, sourceIPAddress="10.0.0.1"),
        login(hour * 4, failed=True, sourceIPAddress=US_IP, userIdentity=ROOT_USER),
    ]


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of `known_events`."""
    folder = tmp_path_factory.mktemp("small")
    records = [{"eventID": f"event-{number}", **record} for number, record in enumerate(known_events())]
    name = "111122223333_CloudTrail_us-east-1_20260101T0000Z_abcdefghijklmnop.json"
    (folder / name).write_text(json.dumps({"Records": records}))
    lake = folder / "demo" / "lake"
    collect(Lake.open(lake, create=True), "cloudtrail", str(folder / name))
    return lake


@pytest.fixture
def open_app(small_lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Run the app on the small lake: `open_app("/logins", lang="ko")`; keyword arguments are URL parameters."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("TRAILBOARD_LAKE", str(small_lake))

    def run(page: str = "cloudtrail", **params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.query_params.update(params)
        app.run()
        if page != "cloudtrail":
            app.switch_page(f"pages/security/{page}.py").run()
        return app

    yield run
    st.cache_data.clear()
