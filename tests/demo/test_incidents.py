"""Every dashboard panel has something to show at any hour, and every planted story is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from engine import Engine
from engine.demo import FRESH, INCIDENTS, Incident
from engine.demo.elb.incidents import (
    ELB_INCIDENTS,
    FOREIGN_HOST,
    MISSING_PAGES,
    SCANNER_ADDRESS,
    SLOW_FOR,
    SLOW_TARGET,
)
from engine.demo.elb.lines import Request
from engine.demo.incidents import LEAKED_KEY, SPRAYING_ADDRESSES, STRANGE_ADDRESS, TRAIL_INCIDENTS
from engine.demo.records import Event
from engine.geo import Geo
from tests.demo.access_logs import Line, all_lines, fields, target_seconds
from tests.demo.access_logs import time_of as answered_at
from tests.demo.conftest import NEW_YEAR, SUNDAY_NIGHT, WEDNESDAY, Record, Sample, shown, time_of, two_days_until

NOWS = [WEDNESDAY, WEDNESDAY.replace(hour=0, minute=5), SUNDAY_NIGHT, NEW_YEAR]
DAY = timedelta(days=1)
Found = dict[str, dict[str, Record]]
READS = ("Describe", "List", "Get")


@pytest.fixture(scope="module", params=NOWS, ids=str)
def two_days(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Two days that end at an odd hour; one at a time, as they are large."""
    return two_days_until(request.param, tmp_path_factory.mktemp("days"))


def is_console_change(record: Record) -> bool:
    return record.get("sessionCredentialFromConsole") == "true" and not record["eventName"].startswith(READS)


def is_login(record: Record) -> bool:
    return bool(record["eventName"] == "ConsoleLogin")


def is_failed_login(record: Record) -> bool:
    return is_login(record) and "errorMessage" in record


def test_number_panels_have_something_in_the_last_day(two_days: Sample) -> None:
    day = two_days.within(timedelta(), DAY)
    before = two_days.within(DAY, 2 * DAY)
    ingress = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress")
    assert sum(shown(record, "RunInstances") for record in day) > 8
    assert sum(shown(record, "TerminateInstances") for record in day) > 8
    assert sum(shown(record, "CreatePolicyVersion") for record in day) >= 1
    assert sum(shown(record, *ingress) for record in day) >= 2
    assert sum(map(is_failed_login, day)) > 25 > 2 * sum(map(is_failed_login, before))


def test_the_last_quarter_of_an_hour_is_alive(two_days: Sample) -> None:
    assert len(two_days.within(timedelta(), DAY / 96)) > 20
    assert len(two_days.within(timedelta(), DAY / 24)) > 100


def test_console_changes_go_on_all_day(two_days: Sample) -> None:
    changes = [record for record in two_days.within(timedelta(), DAY) if is_console_change(record)]
    assert len(changes) > 60
    assert len({record["eventName"] for record in changes}) > 20
    assert len({time_of(record).hour for record in changes}) > 9
    assert sum(record.get("errorCode", "").startswith(("AccessDenied", "Client.Unauth")) for record in changes) > 4
    assert any("userName" in record["userIdentity"] for record in changes)


def test_sign_ins_are_of_all_kinds(two_days: Sample) -> None:
    geo = Geo.open()
    logins = [record for record in two_days.within(timedelta(), DAY) if is_login(record)]
    countries: Counter[str | None] = Counter()
    kinds = set()
    for record in logins:
        identity = record["userIdentity"]
        if "errorMessage" in record:
            assert record["responseElements"] == {"ConsoleLogin": "Failure"}
            assert "errorCode" not in record
            assert "arn" not in identity or identity["type"] == "Root"
            continue
        assert record["responseElements"] == {"ConsoleLogin": "Success"}
        facts = geo.lookup(record["sourceIPAddress"])
        countries[facts.country if facts else None] += 1
        kinds.add((identity["type"], record["additionalEventData"]["MFAUsed"]))
    assert countries["KR"] >= max(countries["DE"], countries["US"]) >= min(countries["DE"], countries["US"]) >= 1
    assert countries["BR"] == 1
    assert kinds == {("Root", "Yes"), ("IAMUser", "Yes"), ("IAMUser", "No"), ("AssumedRole", "No")}
    failures = Counter(record["errorMessage"] for record in logins if "errorMessage" in record)
    assert failures.keys() == {"Failed authentication", "No username found in supplied account"}
    hidden = [record for record in logins if record["userIdentity"].get("userName", "").startswith("HIDDEN")]
    assert len(hidden) >= 12
    assert {record["errorMessage"] for record in hidden} == {"No username found in supplied account"}
    refused = {record["sourceIPAddress"] for record in logins if "errorMessage" in record}
    assert refused > set(SPRAYING_ADDRESSES)


def _is(name: str, **values: str) -> Callable[[Record], bool]:
    return lambda record: shown(record, name) and all(record.get(key) == value for key, value in values.items())


FOUND_BY: dict[str, Callable[[Record], bool]] = {
    "password-spraying": lambda record: is_failed_login(record) and record["sourceIPAddress"].startswith("34.90.12."),
    "login-from-new-country": lambda record: (
        is_login(record) and "errorMessage" not in record and record["sourceIPAddress"] == STRANGE_ADDRESS
    ),
    "leaked-key": _is("RunInstances", awsRegion="sa-east-1"),
    "policy-widened": _is("CreatePolicyVersion", sessionCredentialFromConsole="true"),
    "ssh-open-to-the-world": lambda record: (
        shown(record, "AuthorizeSecurityGroupIngress") and "'0.0.0.0/0'" in str(record["requestParameters"])
    ),
    "trail-stopped": lambda record: record["eventName"] in ("StopLogging", "StartLogging", "DeleteTrail"),
    "root-login": lambda record: (
        is_login(record) and "errorMessage" not in record and record["userIdentity"]["type"] == "Root"
    ),
    "last-day-of-a-contractor": _is(
        "TerminateInstances", sessionCredentialFromConsole="true", awsRegion="eu-central-1"
    ),
    "bucket-made-public": lambda record: (
        record["eventName"] in ("DeleteBucketPublicAccessBlock", "PutBucketPublicAccessBlock")
    ),
    "key-about-to-be-deleted": lambda record: record["eventName"] in ("ScheduleKeyDeletion", "CancelKeyDeletion"),
    "gpu-forgotten": _is("RunInstances", awsRegion="us-east-1"),
}


def test_every_incident_is_told_in_two_languages_and_has_panels() -> None:
    assert FOUND_BY.keys() == {incident.id for incident in TRAIL_INCIDENTS}
    assert FOUND_IN_LINES.keys() == {incident.id for incident in ELB_INCIDENTS}
    panels = {panel for incident in INCIDENTS for panel in incident.panels}
    assert panels == {*(f"T{n}" for n in range(1, 7)), *(f"{row}{n}" for row in "LE" for n in range(1, 5))} | {
        f"S{n}" for n in range(1, 8)
    } | {"C3", "C4", "W5", "W7"}
    for incident in INCIDENTS:
        assert incident.title_en.isascii()
        assert not incident.title_ko.isascii()
        assert incident.events.__doc__


def test_incidents_of_the_last_day_stay_in_it_until_the_data_is_made_anew() -> None:
    for incident in INCIDENTS:
        if "duration=1d" in incident.query:
            assert incident.before_now + FRESH <= DAY


@pytest.fixture(scope="module")
def found(two_weeks: Sample) -> Found:
    """By incident, the records that its condition holds for, by their event id."""
    stories: Found = {name: {} for name in FOUND_BY}
    for _, records in two_weeks.files():
        for record in records:
            for name, holds in FOUND_BY.items():
                if holds(record):
                    stories[name][record["eventID"]] = record
    return stories


@pytest.mark.parametrize("incident", TRAIL_INCIDENTS, ids=lambda incident: incident.id)
def test_an_incident_is_found_among_the_records_and_nothing_else_is(found: Found, incident: Incident[Event]) -> None:
    times = [time_of(record) for record in found[incident.id].values()]
    began = WEDNESDAY - incident.before_now
    assert began <= min(times)
    assert max(times) < began + timedelta(hours=6)


@pytest.mark.parametrize("incident", TRAIL_INCIDENTS, ids=lambda incident: incident.id)
def test_the_query_of_an_incident_finds_it(two_weeks: Sample, found: Found, incident: Incident[Event]) -> None:
    engine = Engine(str(two_weeks.folder / "lake"), now=two_weeks.now, timezone="Asia/Seoul")
    assert {*engine.run(incident.query)["eventID"]} == found[incident.id].keys()


# By incident of the load balancers: a text that its lines hold, and what holds for its fields.
FOUND_IN_LINES: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "slow-target": (f" {SLOW_TARGET} ", lambda line: target_seconds(line) > 1),
    "login-storm": ("443/login ", lambda line: line["actions_executed"] == "waf"),
    "bulk-download": (".tiff ", lambda line: int(line["sent_bytes"]) > 4e6),
    "page-scanner": (f" {SCANNER_ADDRESS}:", lambda line: line["elb_status_code"] >= "400"),
    "upload-loop": ("/partners/catalogue/full ", lambda line: line["elb_status_code"] == "500"),
    "broken-deploy": ("/checkout/confirm ", lambda line: line["elb_status_code"] == "502"),
    "foreign-host": (f"//{FOREIGN_HOST}:", lambda line: True),
    "no-healthy-target": (" 503 - ", lambda line: "app/api-eu/" in line["elb"]),
}


@pytest.fixture(scope="module")
def found_in_lines(two_weeks: Sample) -> dict[str, dict[str, Line]]:
    """By incident, the lines that its condition holds for, by their trace id."""
    stories: dict[str, dict[str, Line]] = {name: {} for name in FOUND_IN_LINES}
    for text in all_lines(two_weeks.folder / "logs"):
        for name, (words, holds) in FOUND_IN_LINES.items():
            if words in text and holds(line := fields(text)):
                stories[name][line["trace_id"]] = line
    return stories


LONGEST = {"slow-target": timedelta(seconds=SLOW_FOR + 60)}


@pytest.mark.parametrize("incident", ELB_INCIDENTS, ids=lambda incident: incident.id)
def test_an_incident_is_found_among_the_lines_by_its_query(
    two_weeks: Sample, found_in_lines: dict[str, dict[str, Line]], incident: Incident[Request]
) -> None:
    expected = found_in_lines[incident.id]
    assert len(expected) > 90
    times = [answered_at(line) for line in expected.values()]
    began = WEDNESDAY - incident.before_now
    assert began <= min(times)
    assert max(times) < began + LONGEST.get(incident.id, timedelta(hours=2))
    engine = Engine(str(two_weeks.folder / "lake"), now=two_weeks.now, timezone="Asia/Seoul")
    assert {*engine.run(incident.query)["trace_id"]} == expected.keys()


def test_the_scanner_asks_for_hundreds_of_pages(found_in_lines: dict[str, dict[str, Line]]) -> None:
    scanned = found_in_lines["page-scanner"].values()
    assert len({line["request"] for line in scanned}) == len(MISSING_PAGES) > 350
    assert {line["actions_executed"] for line in scanned} == {"waf", "waf,forward"}


def test_ids_match_within_a_story(two_days: Sample) -> None:
    day = two_days.within(timedelta(), DAY)
    abroad = [record for record in day if record["awsRegion"] == "sa-east-1"]
    started = _instances(record for record in abroad if shown(record, "RunInstances"))
    ended = _instances(record for record in abroad if shown(record, "TerminateInstances"))
    assert len(started) == 12
    assert started == ended
    leaked = [record for record in day if record["userIdentity"].get("accessKeyId") == LEAKED_KEY]
    assert leaked
    assert {record["userIdentity"]["userName"] for record in leaked} == {"ci-legacy"}


def _instances(records: Iterable[Record]) -> set[str]:
    return {item["instanceId"] for record in records for item in record["responseElements"]["instancesSet"]["items"]}
