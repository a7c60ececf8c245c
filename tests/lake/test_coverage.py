"""What the lake says it holds: each object once, what came twice, and the days that are missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.lake.collect import collect
from engine.lake.coverage import coverage, gaps
from engine.lake.store import Lake
from tests.lake.logs import START, event, key, select, write

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


def by_hour(frame, column):
    return {hour.hour: value for hour, value in zip(frame["hour"], frame[column], strict=True)}


def test_an_object_of_two_hours_is_counted_once(lake, logs):
    events = [event(n, START + 55 * MINUTE + n * MINUTE) for n in range(10)]
    write(logs / key(START + HOUR + 9 * MINUTE, "a"), events)
    write(logs / key(START + HOUR + 19 * MINUTE, "b"), [event(99, START + HOUR + 12 * MINUTE)])
    collect(lake, "cloudtrail", str(logs))
    frame = coverage(lake)
    assert by_hour(frame, "rows") == {0: 5, 1: 6}
    assert by_hour(frame, "objects") == {0: 0, 1: 2}
    assert by_hour(frame, "lag") == {0: 600, 1: 420}


def test_an_object_of_two_accounts_is_counted_once(lake, logs):
    other = event(2, START + MINUTE, recipientAccountId="999999999999")
    write(logs / "mixed.json", [event(1), other])
    collect(lake, "cloudtrail", str(logs))
    frame = coverage(lake).set_index("account")
    assert frame["objects"].to_dict() == {"111122223333": 0, "999999999999": 1}


def test_what_came_twice_is_told_where_it_came_the_second_time(lake, logs):
    write(logs / key(START + 5 * MINUTE, "a"), [event(1), event(2)])
    collect(lake, "cloudtrail", str(logs))
    write(logs / key(START + 65 * MINUTE, "b"), [event(1), event(2), event(3, START + HOUR)])
    collect(lake, "cloudtrail", str(logs))
    assert by_hour(coverage(lake), "duplicates") == {0: 0, 1: 2}
    write(logs / "again.json", [event(1), event(2)])
    collect(lake, "cloudtrail", str(logs))
    collect(lake, "cloudtrail", str(logs))
    assert coverage(lake)["duplicates"].sum() == 4, "an object that brought nothing new is known, too"
    assert coverage(lake)["objects"].sum() == 3


def test_objects_without_events_are_told(lake, logs):
    write(logs / key(START + 5 * MINUTE, "broken"), [7, b'{"broken": '])
    collect(lake, "cloudtrail", str(logs))
    (row,) = coverage(lake, START).to_dict("records")
    assert (row["rows"], row["objects"], row["account"], row["region"]) == (0, 1, "111122223333", "eu-west-1")
    assert row["rejects"] > 0
    assert coverage(lake, START + HOUR).empty


def test_a_collector_killed_before_its_notes_still_tells_its_events(lake, logs):
    write(logs / key(START, "a"), [event(1)])
    write(logs / key(START + 25 * HOUR, "b"), [event(2, START + 25 * HOUR)])
    collect(lake, "cloudtrail", str(logs))
    notes = lake.table("_objects")
    assert notes.commit([], [file for file in notes.refresh().files if file.partition == "2024-05-01"])
    frame = coverage(lake)
    assert (frame["rows"].sum(), frame["objects"].sum()) == (2, 1)
    assert select(lake, "SELECT count(*) FROM t") == [(2,)]


# gaps -----------------------------------------------------------------------------------------------------------------


def deliver(logs, days, withheld=(), regions=("eu-west-1", "us-east-1"), accounts=("111122223333", "999999999999")):
    """An event every hour of each account and region, in a file a day; `withheld` are days and accounts left out."""
    for day in range(days):
        for account in accounts:
            for place, region in enumerate(regions):
                if (day, account) not in withheld:
                    begin = START + timedelta(days=day)
                    events = [
                        event(
                            day * 1000 + hour * 10 + place,
                            begin + hour * HOUR,
                            recipientAccountId=account,
                            awsRegion=region,
                        )
                        for hour in range(24)
                    ]
                    name = key(begin + 23 * HOUR + 30 * MINUTE, "x", region=region).replace("111122223333", account)
                    write(logs / name, events)


def test_a_day_whose_files_were_withheld_is_a_gap(lake, logs):
    withheld = [(5, "999999999999"), (9, "111122223333"), (9, "999999999999")]
    deliver(logs, 14, withheld)
    collect(lake, "cloudtrail", str(logs))
    found = gaps(coverage(lake))
    assert set(found["hours"]) == {24}
    day = {(row.account, row.region, row.start) for row in found.itertuples()}
    assert day == {
        (account, region, START + timedelta(days=number))
        for number, account in withheld
        for region in ("eu-west-1", "us-east-1")
    }
    deliver(logs, 14)
    collect(lake, "cloudtrail", str(logs))
    assert gaps(coverage(lake)).empty, "it has come"


def test_quiet_nights_are_no_gaps(lake, logs):
    events = [event(day * 24 + hour, START + timedelta(days=day, hours=hour)) for day in range(14) for hour in range(8)]
    write(logs / "a.json", [item for item in events if not item["eventTime"].startswith("2024-05-04")])
    collect(lake, "cloudtrail", str(logs))
    (gap,) = gaps(coverage(lake)).to_dict("records")
    assert gap["start"] == START + timedelta(days=2, hours=8)
    assert gap["hours"] == 40


def test_of_a_few_hours_no_gap_is_told(lake, logs):
    write(logs / "a.json", [event(1), event(2, START + 9 * HOUR)])
    collect(lake, "cloudtrail", str(logs))
    assert gaps(coverage(lake)).empty
    assert gaps(coverage(Lake.open(lake.path.parent / "empty", create=True))).empty
