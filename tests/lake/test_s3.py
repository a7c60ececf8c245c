"""Collecting from S3: what is listed and read of which layout, and what becomes of an answer that is an error."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.cli import main
from engine.lake.collect import Collector, collect
from engine.lake.objects import CLOUDTRAIL, Window
from engine.lake.s3 import download
from engine.lake.s3.bucket import open_bucket, open_session
from engine.lake.s3.source import S3Source
from engine.lake.store import Lake
from engine.lake.watch import watch
from engine.language.errors import SourceError
from tests.lake import elb_logs
from tests.lake.logs import START, event, select

ACCOUNTS = ("111122223333", "222233334444", "333344445555")
REGIONS = ("ap-northeast-2", "eu-west-1", "us-east-1", "us-west-2")
LAST = date(2024, 5, 14)


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    """Waiting for the next attempt is not what is tested."""
    monkeypatch.setattr(download, "LONGEST_PAUSE", 0.0)


def packed(*events):
    return gzip.compress(json.dumps({"Records": list(events)}).encode(), 1)


def trail_key(account, region, at, prefix="", unique="x", kind="CloudTrail"):
    return (
        f"{prefix}AWSLogs/{account}/{kind}/{region}/{at:%Y/%m/%d}/"
        f"{account.rpartition('/')[2]}_{kind}_{region}_{at:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )


def put_trail(s3, bucket="trail", prefix="", organization="", days=14):
    """A file a day of each account and region, one event in each; returns the numbers of events by their key."""
    numbers = {}
    for account in ACCOUNTS:
        for region in REGIONS:
            for day in range(days):
                at = START + timedelta(days=day, hours=3)
                key = trail_key(f"{organization}{account}", region, at, prefix)
                numbers[key] = len(numbers)
                record = event(len(numbers) - 1, at, awsRegion=region, recipientAccountId=account)
                s3.put(bucket, key, packed(record), at + timedelta(minutes=1))
    return numbers


def numbers_in(lake):
    return sorted(number for (number,) in select(lake, "SELECT right(eventID, 12)::INT FROM t"))


# ── discovery ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("prefix", "organization", "named"),
    [
        ("", "", "bucket"),
        ("", "o-a1b2c3d4e5/", "AWSLogs"),
        ("logs/", "", "prefix"),
        ("a/b/c/", "o-a1b2c3d4e5/", "bucket"),
        ("a/b/c/", "", "slash"),
    ],
)
def test_accounts_and_regions_are_found(lake, s3, prefix, organization, named):
    put_trail(s3, prefix=prefix, organization=organization, days=2)
    source = {
        "bucket": "s3://trail",
        "prefix": f"s3://trail/{prefix}".rstrip("/"),
        "slash": f"s3://trail/{prefix}",
        "AWSLogs": f"s3://trail/{prefix}AWSLogs/{organization}",
    }[named]
    report = collect(lake, "cloudtrail", source, since=START.date())
    assert (report.objects, report.collected, report.warnings) == (24, 24, ())
    assert {(share.account, share.region) for share in report.shares} == {(a, r) for a in ACCOUNTS for r in REGIONS}
    assert all(share.objects == share.events == 2 for share in report.shares)
    assert numbers_in(lake) == list(range(24))


def test_a_week_of_one_account_lists_only_its_days(lake, s3):
    put_trail(s3, organization="o-a1b2c3d4e5/")
    report = collect(
        lake, "cloudtrail", "s3://trail", since=LAST - timedelta(days=6), until=LAST, accounts=[ACCOUNTS[0]]
    )
    assert report.collected == len(REGIONS) * 7
    above = ["", "AWSLogs/", "AWSLogs/o-a1b2c3d4e5/", f"AWSLogs/o-a1b2c3d4e5/{ACCOUNTS[0]}/CloudTrail/"]
    assert s3.lists()[: len(above)] == above
    days = {f"2024/05/{day:02}" for day in range(8, 15)}
    for prefix in s3.lists()[len(above) :]:
        account, _, _, _, rest = prefix.removeprefix("AWSLogs/o-a1b2c3d4e5/").split("/", 4)
        assert account == ACCOUNTS[0]
        assert rest in {"05/"} | {f"05/{day[-2:]}/" for day in days}
    assert len(s3.lists()) == report.listing.requests == len(above) + len(REGIONS) * (1 + 7)


def test_only_the_regions_and_days_that_are_wanted(lake, s3):
    put_trail(s3)
    report = collect(lake, "cloudtrail", "s3://trail", since=LAST, regions=["us-east-1", "eu-west-1"])
    assert report.collected == len(ACCOUNTS) * 2
    assert not [prefix for prefix in s3.lists() if "us-west-2" in prefix]
    report = collect(lake, "cloudtrail", "s3://trail", since=date(2024, 5, 2), until=date(2024, 5, 3))
    assert {share.objects for share in report.shares} == {3}  # and what was delivered on the day after


def test_everything_there_is(lake, s3):
    put_trail(s3)
    old = datetime(2019, 12, 31, 23, tzinfo=UTC)
    s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", old), packed(event(999, old)))
    report = collect(lake, "cloudtrail", "s3://trail", since=date.min)
    assert report.collected == len(ACCOUNTS) * len(REGIONS) * 14 + 1
    assert report.listing.complete
    assert report.listing.folders_done == report.listing.folders_total


def test_the_last_seven_days_when_nothing_is_said(lake, s3):
    now = datetime.now(UTC)
    for ago in (0, 6, 9):
        at = now - timedelta(days=ago)
        s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", at), packed(event(ago, at)), at)
    assert collect(lake, "cloudtrail", "s3://trail").collected == 2
    assert numbers_in(lake) == [0, 6]


def test_newest_days_come_first(s3):
    put_trail(s3, days=3)
    source = S3Source(open_bucket("trail", open_session(None)), "", CLOUDTRAIL, Window(START.date()))
    days = [item.facts.day for item in source.objects()]
    assert days == sorted(days, reverse=True)
    assert len(set(days)) == 3


def test_a_year_a_day_and_one_object_can_be_named(lake, s3):
    numbers = put_trail(s3)
    folder = f"s3://trail/AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/2024"
    assert collect(lake, "cloudtrail", f"{folder}/05/03", since=date.min).collected == 1
    assert collect(lake, "cloudtrail", f"{folder}/", since=date.min).objects == 14
    assert collect(lake, "cloudtrail", f"{folder}/05/", since=LAST).objects == 1
    key = trail_key(ACCOUNTS[1], "us-east-1", START + timedelta(days=4, hours=3))
    report = collect(lake, "cloudtrail", f"s3://trail/{key}", since=date.min)
    assert (report.objects, report.collected) == (1, 1)
    assert numbers[key] in numbers_in(lake)


def test_a_flat_layout_is_listed_with_a_warning(lake, s3):
    s3.page = 10
    for number in range(25):
        at = START + timedelta(days=number % 5)
        name = trail_key(ACCOUNTS[0], "eu-west-1", at, unique=f"{number}").rpartition("/")[2]
        s3.put("trail", f"export/{number:02}/x/{name}", packed(event(number, at)))
    s3.put("trail", "export/odd.json", json.dumps(event(25)).encode(), START + timedelta(days=1))
    s3.put("trail", "export/readme.txt", b"hello")
    report = collect(lake, "cloudtrail", "s3://trail/export", since=START.date() + timedelta(days=1))
    assert "is not laid out in folders of days" in report.warnings[0]
    assert "0.005 USD" in report.warnings[0]
    assert report.collected == 21
    assert 25 in numbers_in(lake)
    again = collect(lake, "cloudtrail", "s3://trail/export", since=START.date() + timedelta(days=1))
    assert (again.collected, again.already) == (0, 21)


def test_files_beside_the_layout_are_listed_too(lake, s3):
    put_trail(s3, days=1)
    s3.put("trail", "AWSLogs/copied.json", json.dumps(event(777)).encode(), START)
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert report.collected == 13
    assert "outside of folders of days" in report.warnings[0]


def test_other_kinds_and_services_are_not_listed(lake, s3):
    put_trail(s3, days=1)
    for kind in ("CloudTrail-Digest", "CloudTrail-Insight", "Config", "elasticloadbalancing"):
        s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", START, kind=kind), packed(event(9)))
    s3.put("trail", "lake/cloudtrail/_delta_log/00000000000000000000.json", b"{}")
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.objects, report.rejects, report.warnings) == (12, {}, ())
    assert not [prefix for prefix in s3.lists() if "Digest" in prefix or "Config" in prefix]


def test_many_other_folders_are_not_all_looked_into(lake, s3):
    put_trail(s3, days=1)
    for number in range(300):
        s3.put("trail", f"backup-{number:03}/a/b/c/d/e/data.bin", b"x")
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert report.collected == 12
    assert "folders were not looked into" in report.warnings[0]
    assert report.listing.requests < 300


def test_archived_objects_are_left_out(lake, s3):
    put_trail(s3, days=1)
    s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", START, unique="cold"), packed(event(9)), storage="GLACIER")
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert report.collected == 12
    assert report.warnings == ("1 archived objects (Glacier) were left out: restore them to collect them",)


def test_long_days_are_read_page_by_page(lake, s3):
    s3.page = 7
    for number in range(50):
        at = START + timedelta(minutes=5 * number)
        s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", at, unique=f"{number}"), packed(event(number, at)))
    assert collect(lake, "cloudtrail", "s3://trail", since=START.date()).collected == 50
    assert numbers_in(lake) == list(range(50))


def test_load_balancers_logs(lake, s3):
    line = f"{elb_logs.alb()}\n".encode()
    s3.put("logs", f"web/{elb_logs.key('a')}", gzip.compress(line), START)
    s3.put("logs", f"web/{elb_logs.key('b')}", gzip.compress(line.replace(b"items", b"others")), START)
    s3.put("logs", f"web/AWSLogs/{elb_logs.ACCOUNT}/{elb_logs.ACCOUNT}/ELBAccessLogTestFile", b"Enable AccessLogs")
    report = collect(lake, "elb", "s3://logs", since=START.date())
    assert (report.collected, report.events) == (2, 2)
    assert list(lake.catalog().names()) == ["cloudtrail", "aws-elb_prod-web"]


def test_names_that_need_quoting(lake, s3):
    key = trail_key(ACCOUNTS[0], "eu-west-1", START, prefix="my logs+é%2F&/")
    s3.put("trail", key, packed(event(1)), START)
    assert collect(lake, "cloudtrail", "s3://trail", since=START.date()).collected == 1
    assert select(lake, "SELECT _object FROM t") == [(f"s3://trail/{key}",)]


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_run_costs_only_the_listing(lake, s3):
    put_trail(s3)
    first = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    s3.asked.clear()
    second = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (second.collected, second.already) == (0, first.collected)
    assert s3.gets() == 0
    assert second.listing.requests == first.listing.requests


def test_an_object_that_has_changed_is_read_again(lake, s3):
    (key, _), *_ = put_trail(s3, days=1).items()
    collect(lake, "cloudtrail", "s3://trail", since=START.date())
    s3.put("trail", key, packed(event(500), event(501)), START)
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.events) == (1, 2)


def test_an_object_that_changes_after_it_was_listed_is_read_as_it_is(lake, s3):
    (key, _), *_ = put_trail(s3, days=1).items()
    longer = packed(*(event(500 + number) for number in range(50)))

    def change(method, asked):
        if method == "GET" and asked == key and len(s3.buckets["trail"][key].content) < len(longer):
            s3.put("trail", key, longer)

    s3.fault = change
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.events, report.failures) == (12, 61, 0)
    again = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (again.collected, again.already) == (0, 12)


def test_an_object_that_was_deleted_meanwhile_is_not_missed(lake, s3):
    (key, _), *_ = put_trail(s3, days=1).items()
    s3.fault = lambda method, asked: "gone" if asked == key else None
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.failures) == (11, 0)
    assert report.skipped == {"files that were deleted meanwhile": 1}


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["slow", "error", "reset", "cut", "short"])
@pytest.mark.parametrize("what", ["GET", "LIST"])
def test_what_passes_is_tried_again(lake, s3, fault, what):
    if what == "LIST" and fault in ("cut", "short"):
        pytest.skip("lists are not cut by this server")
    put_trail(s3, days=2)
    begun = set()

    def once(method, key):
        if method == what and key not in begun:
            begun.add(key)
            return fault
        return None

    s3.fault = once
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.failures) == (24, 0)
    assert numbers_in(lake) == list(range(24))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("denied", "s3:GetObject is missing"),
        ("kms", "kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/2b5f is missing"),
        ("slow", "S3 answers 503 SlowDown"),
        ("cut", "connection failed"),
        ("short", "bytes arrived"),
    ],
)
def test_what_stays_is_told_by_key_and_action_and_tried_again_by_the_next_run(lake, s3, fault, told):
    numbers = put_trail(s3, days=1)
    broken = [key for key in numbers if "us-west-2" in key]
    s3.fault = lambda method, key: fault if key in broken else None
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.failures) == (9, 3)
    assert {name for name, _ in report.failed} == {f"s3://trail/{key}" for key in broken}
    assert all(told in problem for _, problem in report.failed)
    assert not any("Signature" in problem for _, problem in report.failed)
    assert {share.region for share in report.shares if share.failed} == {"us-west-2"}
    s3.fault = lambda method, key: None
    assert collect(lake, "cloudtrail", "s3://trail", since=START.date()).collected == 3


def test_nothing_that_can_be_read_ends_soon(lake, s3):
    for number in range(300):
        s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", START, unique=f"{number}"), packed(event(number)), START)
    s3.fault = lambda method, key: "kms" if method == "GET" else None
    with pytest.raises(SourceError, match=r"none of the first 50 objects could be read; .* kms:Decrypt"):
        collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert s3.gets() < 150


def test_credentials_that_expire_end_the_run_and_what_was_read_is_kept(lake, s3):
    put_trail(s3, days=14)
    s3.fault = lambda method, key: "expired" if method == "GET" and "/05/01/" in key else None
    with pytest.raises(SourceError, match="the credentials have expired"):
        collect(lake, "cloudtrail", "s3://trail", since=START.date())
    kept = len(numbers_in(lake))
    assert kept > 0
    s3.fault = lambda method, key: None
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert report.already == kept
    assert numbers_in(lake) == list(range(168))


@pytest.mark.parametrize(
    ("fault", "told"), [("denied", "s3:ListBucket is missing"), ("expired", "the credentials have expired")]
)
def test_a_bucket_that_cannot_be_listed(lake, s3, fault, told):
    put_trail(s3, days=1)
    s3.fault = lambda method, key: fault if method == "LIST" and key.count("/") == 4 else None
    with pytest.raises(SourceError, match=told):
        collect(lake, "cloudtrail", "s3://trail", since=START.date())


def test_what_is_wrong_with_a_source_is_told(lake, s3, monkeypatch):
    with pytest.raises(SourceError, match="there is no bucket `absent`"):
        collect(lake, "cloudtrail", "s3://absent")
    with pytest.raises(SourceError, match="names no bucket"):
        collect(lake, "cloudtrail", "s3:///x")
    with pytest.raises(SourceError, match="there is no AWS profile `nobody`"):
        collect(lake, "cloudtrail", "s3://trail", profile="nobody")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(SourceError, match="no AWS credentials"):
        collect(lake, "cloudtrail", "s3://trail")


def test_an_empty_bucket(lake, s3):
    s3.buckets["trail"] = {}
    report = collect(lake, "cloudtrail", "s3://trail")
    assert (report.objects, report.warnings) == (0, ())


def test_a_large_object_is_read_piece_by_piece_whatever_happens(lake, s3, monkeypatch):
    monkeypatch.setattr(download, "LARGE", 10_000)
    events = [event(number, requestParameters={"text": f"{number * 7919}" * 50}) for number in range(3000)]
    s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", START), packed(*events), START)
    dice = iter(["cut", "reset", "slow", "cut"])
    s3.fault = lambda method, key: next(dice, None) if method == "GET" else None
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.failures, report.rejects) == (1, 0, {})
    assert numbers_in(lake) == list(range(3000))
    assert s3.gets() >= 4


def test_a_large_object_that_changes_midway_is_read_by_the_next_run(lake, s3, monkeypatch):
    monkeypatch.setattr(download, "LARGE", 10_000)
    key = trail_key(ACCOUNTS[0], "eu-west-1", START)
    old = [event(number, requestParameters={"text": f"{number * 7919}" * 50}) for number in range(3000)]
    new = [event(number, requestParameters={"text": f"{number * 7919}" * 50}) for number in range(3001)]
    s3.put("trail", key, packed(*old), START)

    def change(method, asked):
        if method == "GET":
            if s3.gets() == 1:
                return "cut"
            s3.put("trail", key, packed(*new))
        return None

    s3.fault = change
    report = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert (report.collected, report.failures) == (0, 1)
    assert report.failed[0][1] == "it has changed while it was read"
    s3.fault = lambda method, key: None
    assert collect(lake, "cloudtrail", "s3://trail", since=START.date()).collected == 1
    assert numbers_in(lake) == list(range(3001))


def test_requester_pays(lake, s3, monkeypatch):
    put_trail(s3, days=1)
    asked = []
    fetch = download.Downloads.get
    monkeypatch.setattr(
        download.Downloads, "get", lambda self, *a: asked.append(self._bucket.url("k")) or fetch(self, *a)
    )
    assert collect(lake, "cloudtrail", "s3://trail", since=START.date(), requester_pays=True).collected == 12
    assert all("x-amz-request-payer" in url for url in asked)
    assert all("X-Amz-Signature" in url for url in asked)


def test_stopping_and_going_on(lake, s3):
    put_trail(s3)
    cancel = threading.Event()
    report = collect(
        lake, "cloudtrail", "s3://trail", since=START.date(), progress=lambda _: cancel.set(), cancel=cancel
    )
    assert report.cancelled
    assert 0 < report.collected < 168
    rest = collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert rest.already == report.collected
    assert numbers_in(lake) == list(range(168))


def test_progress_comes_to_its_end(lake, s3, monkeypatch):
    monkeypatch.setattr("engine.lake.collect.PROGRESS_SECONDS", 0)
    put_trail(s3)
    seen = []
    collect(lake, "cloudtrail", "s3://trail", since=START.date(), progress=seen.append)
    assert all(0 <= item.fraction <= 1 for item in seen)
    last = seen[-1]
    assert (last.files_done, last.files_total, last.fraction, last.seconds_left) == (168, 168, 1.0, 0.0)
    assert last.listing.complete
    assert last.listing.usd == pytest.approx(last.listing.requests * 5e-6)
    assert {share.events for share in last.shares} == {14}


def test_what_is_held_in_memory_is_bounded(s3, lake, monkeypatch):
    monkeypatch.setattr(download, "AT_ONCE", 5)
    put_trail(s3)
    read = Collector._read
    most = []

    def slow(self, content):
        most.append(s3.gets() - self._done["collected"])
        read(self, content)

    monkeypatch.setattr(Collector, "_read", slow)
    collect(lake, "cloudtrail", "s3://trail", since=START.date())
    assert len(most) == 168
    assert max(most) <= 6


# ── as whom, and how the command line tells ──────────────────────────────────────────────────────────────────────


def test_a_connect_profile_reads_with_its_own_credentials_and_endpoint(lake, s3, tmp_path, monkeypatch):
    put_trail(s3, days=1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name)
    profiles = tmp_path / "profiles.toml"
    profiles.write_text(
        f'[profiles.prod]\naccess_key_id = "AKIAEXAMPLE"\nsecret_access_key = "secret"\nendpoint_url = "{s3.url}"\n'
        "[profiles.demo]\ndemo = true\n"
    )
    monkeypatch.setenv("TRAILBOARD_PROFILES", str(profiles))
    assert collect(lake, "cloudtrail", "s3://trail", since=START.date(), profile="prod").collected == 12
    with pytest.raises(SourceError, match="sample company"):
        collect(lake, "cloudtrail", "s3://trail", profile="demo")


def test_the_command_line(s3, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path))
    put_trail(s3, days=3)
    options = ["--since", "2024-05-01", "--account", ACCOUNTS[0], "--region", "eu-west-1", "--region", "us-east-1"]
    assert main(["collect", "cloudtrail", "s3://trail", *options, "--until", "2024-05-01"]) == 0
    assert "4 of 4 objects collected" in capsys.readouterr().out
    s3.put("trail", "x.json", b"{}")
    assert main(["collect", "cloudtrail", "s3://trail/x", "--since", "all"]) == 1
    assert main(["collect", "cloudtrail", "s3://trail", "--since", "all"]) == 0
    shown = capsys.readouterr()
    assert "33 of 37 objects collected" in shown.out
    assert "warning: log files outside of folders of days" in shown.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--queue", "https://sqs/x"], "--queue is for --watch"),
        (["--account", "12"], "is not an account"),
        (["--watch", "--every", "1s"], "is not a pause"),
    ],
)
def test_mistakes_on_the_command_line(s3, tmp_path, monkeypatch, capsys, options, told):
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path))
    with suppress(SystemExit):
        assert main(["collect", "cloudtrail", "s3://trail", *options]) == 2
    assert told in capsys.readouterr().err


# ── watching ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_poll_lists_only_the_days_that_can_have_changed(lake, s3):
    put_trail(s3)
    states = []
    cancel = threading.Event()
    for state, report in watch(
        lake, "cloudtrail", "s3://trail", every=timedelta(0), since=START.date(), until=LAST, cancel=cancel
    ):
        states.append((state, report))
        s3.asked.clear()
        if len(states) == 1:
            at = datetime(2024, 5, 14, 12, tzinfo=UTC)
            s3.put("trail", trail_key(ACCOUNTS[0], "eu-west-1", at), packed(event(900, at)), at)
        if len(states) == 3:
            cancel.set()
    assert [report.collected for _, report in states] == [168, 1, 0]
    assert states[1][0].last_requests == states[2][0].last_requests == 2 + 3 + 2 * 12
    assert states[2][0].usd_per_month == 0.0  # of polls without any pause
    assert numbers_in(lake) == [*range(168), 900]


@pytest.mark.parametrize("key", ["AWSLogs/1/x.json", "a b/c+d=é%2F~(x)'*!&?#.json.gz"])
def test_urls_are_signed_as_botocore_signs_them(s3, key, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a/token+of=bytes")
    s3.buckets["trail"] = {}
    bucket = open_bucket("trail", open_session(None))
    urls = [(bucket.url(key), bucket._presigned(key)) for _ in range(3)]  # a second may pass between the two
    assert any(ours == theirs for ours, theirs in urls)
