"""The files: layout, sizes, rhythm, and records that look like CloudTrail's."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from engine.demo.company import ACCOUNTS, REGIONS, SEOUL, UNUSED_REGION
from engine.demo.generate import write_logs
from engine.geo import Geo
from tests.demo.conftest import SUNDAY_NIGHT, WEDNESDAY, Record, Sample, time_of, two_days_until

KEY = re.compile(
    r"AWSLogs/o-[a-z0-9]{10,32}/(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)/"
    r"(?P=account)_CloudTrail_(?P=region)_(?P<time>\d{8}T\d{4})Z_[0-9a-zA-Z]{16}\.json\.gz"
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return two_days_until(WEDNESDAY, tmp_path_factory.mktemp("days"))


def test_files_lie_where_cloudtrail_puts_them(two_days: Sample) -> None:
    for path, records in two_days.files():
        key = KEY.fullmatch(path.relative_to(two_days.folder / "logs").as_posix())
        assert key, path
        delivered = datetime.strptime(key["time"], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        assert key["day"] == f"{delivered:%Y/%m/%d}"
        for record in records:
            assert (record["recipientAccountId"], record["awsRegion"]) == (key["account"], key["region"])
            assert time_of(record) < delivered + MINUTE <= two_days.now + MINUTE


def test_several_accounts_three_regions_and_one_that_is_never_used(two_weeks: Sample) -> None:
    places = Counter((event.account, event.region) for event in two_weeks.index)
    assert {account for account, _ in places} == set(ACCOUNTS)
    assert {region for _, region in places} == {*REGIONS, UNUSED_REGION}
    assert sum(count for (_, region), count in places.items() if region == UNUSED_REGION) < 40


def test_two_weeks_are_two_hundred_thousand_events_in_little_space(two_weeks: Sample) -> None:
    assert 180_000 < len(two_weeks.index) < 220_000
    assert 3000 < len(two_weeks.paths) < 7000
    assert sum(path.stat().st_size for path in two_weeks.paths) < 40e6


def test_events_reach_from_two_weeks_ago_to_five_minutes_ago(two_weeks: Sample) -> None:
    times = [event.event_time for event in two_weeks.index]
    assert two_weeks.now - 14 * DAY <= min(times) < two_weeks.now - 14 * DAY + HOUR
    assert 3 * MINUTE < two_weeks.now - max(times) < 6 * MINUTE


def test_people_keep_office_hours_and_machines_do_not(two_weeks: Sample) -> None:
    people: Counter[tuple[bool, int]] = Counter()
    machines: Counter[int] = Counter()
    for event in two_weeks.index:
        local = event.event_time.astimezone(SEOUL.zone)
        if event.session_credential_from_console and event.address in SEOUL.addresses + SEOUL.outside:
            people[local.weekday() >= 5, local.hour] += 1
        elif event.identity.type == "AWSService":
            machines[local.hour] += 1
    morning, lunch, night = (people[False, hour] for hour in (10, 12, 3))
    assert morning > 1.5 * lunch > 30 * night
    weekend = sum(count for (off, _), count in people.items() if off) / 4
    assert weekend < sum(people.values()) / 14 / 2
    assert min(machines.values()) > max(machines.values()) / 8


def test_every_hour_has_events(two_weeks: Sample) -> None:
    hours = {event.event_time.replace(minute=0, second=0) for event in two_weeks.index}
    assert len(hours) == 14 * 24 + 1  # the first and the last are not whole


def test_some_events_are_delivered_twice_byte_for_byte(two_days: Sample) -> None:
    seen: dict[str, tuple[Path, Record]] = {}
    twice = 0
    for path, records in two_days.files():
        for record in records:
            first = seen.setdefault(record["eventID"], (path, record))
            if first[0] != path:
                twice += 1
                assert first[1] == record
    assert len(seen) / 1000 < twice < len(seen) / 200


def test_one_file_is_cut_short(two_days: Sample) -> None:
    assert sum(not records for _, records in two_days.files()) == 1


ALWAYS_THERE = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "requestParameters", "responseElements", "eventID", "readOnly", "eventType", "managementEvent",
    "recipientAccountId", "eventCategory",
}  # fmt: skip
SOMETIMES = {
    "requestID", "errorCode", "errorMessage", "additionalEventData", "resources", "serviceEventDetails",
    "vpcEndpointId", "tlsDetails", "sessionCredentialFromConsole",
}  # fmt: skip


def test_records_have_the_fields_of_cloudtrail(two_days: Sample) -> None:
    kinds = set()
    found: set[str] = set()
    for record in two_days.records:
        assert record.keys() >= ALWAYS_THERE
        assert "<" not in str(record["requestParameters"]), "a token was left"
        assert UUID(record["eventID"]).version == 4
        assert record["readOnly"] is not None
        found |= record.keys()
        kinds.add(record["userIdentity"]["type"])
        if record["eventType"] == "AwsApiCall":
            assert record["requestID"] != record["eventID"]
    assert found == ALWAYS_THERE | SOMETIMES
    assert kinds == {
        "Root", "IAMUser", "AssumedRole", "AWSService", "AWSAccount", "IdentityCenterUser", "WebIdentityUser",
    }  # fmt: skip


def test_addresses_are_of_all_kinds(two_days: Sample) -> None:
    addresses = {record["sourceIPAddress"] for record in two_days.records}
    assert "AWS Internal" in addresses
    assert any(address.endswith(".amazonaws.com") for address in addresses)
    assert any(address.startswith("10.") for address in addresses)
    assert any(":" in address for address in addresses)


def test_public_addresses_stand_for_the_intended_countries(two_days: Sample) -> None:
    geo = Geo.open()
    countries: Counter[str | None] = Counter()
    for record in two_days.records:
        if record["eventName"] == "ConsoleLogin":
            facts = geo.lookup(record["sourceIPAddress"])
            assert facts
            countries[facts.country] += 1
    assert {*countries} - {"SG", "PL", "SE"} == {"KR", "DE", "US", "BR", "NL"}
    public = {record["sourceIPAddress"] for record in two_days.records if record["sourceIPAddress"][:3].isdigit()}
    assert all(geo.lookup(address) for address in public if not address.startswith("10."))


@pytest.mark.parametrize("now", [WEDNESDAY, SUNDAY_NIGHT])
def test_the_same_now_gives_the_same_files(tmp_path: Path, now: datetime) -> None:
    contents = []
    for name in ("first", "second"):
        write_logs(tmp_path / name, now, 1)
        files = sorted((tmp_path / name).rglob("*.gz"))
        contents.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert contents[0] == contents[1]


def test_ordinary_days_are_the_same_whenever_they_are_looked_at(tmp_path: Path) -> None:
    def day(now: datetime) -> Counter[tuple[str, str]]:
        folder = tmp_path / f"{now:%H}"
        write_logs(folder / "logs", now, 2)
        wanted = WEDNESDAY - 1.8 * DAY
        return Counter(
            (record["eventTime"], record["eventName"])
            for record in Sample(folder, now).records
            if wanted <= time_of(record) < wanted + DAY / 2
        )

    assert day(WEDNESDAY) == day(WEDNESDAY + 2 * HOUR)
