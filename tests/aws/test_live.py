"""Asking AWS for real, over HTTP: faults, memory, budget."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from engine.aws.problems import Denied, OverBudget
from engine.aws.profiles import Profile, Timeouts
from engine.language.errors import QueryCancelled, SourceError
from engine.query import Engine, Result
from tests.aws.conftest import NOW, MakeEngine
from tests.aws.running import ACCOUNT, AwsServer

HERE, THERE = "us-east-1", "eu-west-1"
BOTH = Profile("both", (HERE, THERE))
COUNT = "aws-ec2-addresses | stats count"
COST = "aws-cost days=3 unblended_cost | stats sum(unblended_cost) as usd"
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"  # AWS's own example


def addresses(server: AwsServer, region: str = HERE, count: int = 1, account: str = ACCOUNT) -> None:
    with server.client("ec2", region, account) as ec2:
        for _ in range(count):
            ec2.allocate_address()


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes by itself."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.02)


def number(result: Result) -> int:
    return int(result.frame.iloc[0, 0])


# faults ---------------------------------------------------------------------------------------------------------------


def test_throttling_is_waited_out(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server)
    aws_server.fail("DescribeAddresses", "RequestLimitExceeded", times=2, status=503)
    assert number(make_engine().execute(COUNT)) == 1
    assert len(aws_server.calls("DescribeAddresses")) == 3


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("RequestLimitExceeded", "AWS throttles ec2:DescribeAddresses"),
        ("RequestExpired", "the credentials have expired"),
        ("UnauthorizedOperation", "ec2:DescribeAddresses is denied"),
        ("AuthFailure", "AWS does not know the access key"),
        ("SignatureDoesNotMatch", "AWS does not accept the signature"),
        ("OptInRequired", "is not signed up"),
        ("InternalError", "AWS failed on ec2:DescribeAddresses"),
        ("InvalidThing", "ec2:DescribeAddresses failed: InvalidThing"),
        ("garbage", "the answer to ec2:DescribeAddresses is not one of AWS"),
    ],
)
def test_what_aws_refuses_is_told_with_call_profile_and_region(
    aws_server: AwsServer, make_engine: MakeEngine, code: str, told: str
) -> None:
    aws_server.fail("DescribeAddresses", code)
    with pytest.raises(SourceError) as raised:
        make_engine(timeouts=Timeouts(10, 60, 1)).run(COUNT)
    assert told in str(raised.value)
    assert "profile `default`, us-east-1" in str(raised.value)


def test_one_region_that_is_denied_leaves_the_others(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server, HERE, 2)
    aws_server.fail("DescribeAddresses", "UnauthorizedOperation", region=THERE)
    result = make_engine(BOTH).execute(COUNT)
    assert number(result) == 2
    (warning,) = result.warnings
    assert "profile `both`, eu-west-1: ec2:DescribeAddresses is denied" in warning
    (live,) = result.live
    assert (live.failed, live.profiles, live.calls) == (("both eu-west-1",), ("both",), 1)


def test_regions_that_fail_alike_are_one_warning(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server, HERE)
    engine = make_engine(Profile("many", (HERE, THERE, "us-west-1", "us-west-2", "eu-west-2", "eu-west-3")))
    assert number(engine.execute(f"aws-ec2-addresses region={HERE} | stats count")) == 1
    aws_server.fail("DescribeAddresses", "UnauthorizedOperation")
    (warning,) = engine.execute(COUNT).warnings
    assert warning.startswith(
        "profile `many`, eu-west-1, us-west-1, us-west-2 and 2 more: ec2:DescribeAddresses is denied (allow "
    )


def test_all_denied_is_an_error(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("DescribeAddresses", "UnauthorizedOperation")
    with pytest.raises(Denied, match=r"us-east-1: ec2:DescribeAddresses is denied \(and 1 more\)"):
        make_engine(BOTH).run(COUNT)


def test_a_page_of_a_proxy_is_no_empty_answer(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("GetCostAndUsage", "garbage")
    engine = make_engine()
    with pytest.raises(SourceError, match="the answer to ce:GetCostAndUsage is not one of AWS"):
        engine.run(COST)
    assert engine.aws is not None
    assert engine.aws.spending(NOW).usd == 0.01, "it may have been billed"


def test_an_account_without_anything(make_engine: MakeEngine) -> None:
    result = make_engine().execute("aws-ec2-addresses | fields account_id, public_ip, tags")
    assert (result.rows, list(result.frame.columns)) == (0, ["account_id", "public_ip", "tags"])
    assert result.warnings == ()


def test_an_endpoint_that_hangs_fails_alone(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server, HERE)
    engine = make_engine(BOTH, timeouts=Timeouts(5, 5, 1))
    assert number(engine.execute(f"aws-ec2-addresses region={HERE} | stats count")) == 1
    aws_server.fail("DescribeAddresses", "hang", region=THERE)
    result = engine.execute(COUNT)
    assert number(result) == 1
    assert "profile `both`, eu-west-1: no answer to ec2:DescribeAddresses in time" in result.warnings[0]


def test_nobody_listens(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SourceError, match="AWS cannot be reached for sts:GetCallerIdentity"):
        make_engine(timeouts=Timeouts(5, 5, 1)).run(COUNT)


def test_a_query_that_waits_for_aws_can_be_cancelled(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("DescribeAddresses", "hang")
    cancel = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(make_engine().execute, COUNT, None, None, cancel)
        until(lambda: bool(aws_server.calls("DescribeAddresses")))
        cancel.set()
        with pytest.raises(QueryCancelled):
            running.result(timeout=60)
    aws_server.mend()


def test_ten_thousand_instances(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.seed(crowd=10_000)
    engine = make_engine()
    result = engine.execute('aws-ec2-instances | search name == "worker-99*" | stats count by instance_type')
    assert result.frame.to_dict("records") == [{"instance_type": "m5.large", "count": 111}]
    assert result.live[0].calls == 10
    again = engine.execute("aws-ec2-instances | stats count")
    assert (number(again), again.live[0].calls) == (10_000, 0)


def test_no_secret_is_in_any_text(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    profile = Profile("keys", (HERE,), access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=SECRET)
    engine = make_engine(profile, timeouts=Timeouts(10, 60, 1))
    assert engine.aws is not None
    texts = [repr(profile), repr(engine.aws.profiles), engine.aws.profiles.fingerprint(profile)]
    for code in ("SignatureDoesNotMatch", f"Odd{SECRET}", "AuthFailure", "garbage"):
        aws_server.fail("*", code)
        with pytest.raises(SourceError) as raised:
            engine.run(COUNT)
        texts.append(str(raised.value))
    assert not [text for text in texts if SECRET in text or "AKIAIOSFODNN7EXAMPLE" in text]


# memory ---------------------------------------------------------------------------------------------------------------


def test_an_answer_is_remembered_for_a_minute_and_over_a_restart(
    aws_server: AwsServer, make_engine: MakeEngine
) -> None:
    addresses(aws_server)
    assert number(make_engine().execute(COUNT)) == 1
    addresses(aws_server)
    early = make_engine(now=NOW + timedelta(seconds=50), restart=True).execute(COUNT)
    assert (number(early), early.live[0].calls, early.live[0].fetched_at) == (1, 0, NOW)
    late = make_engine(now=NOW + timedelta(seconds=70)).execute(COUNT)
    assert (number(late), late.live[0].calls) == (2, 1)


def test_cache_says_how_old_an_answer_may_be(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    make_engine().execute(COUNT)
    addresses(aws_server)
    later = make_engine(now=NOW + timedelta(minutes=30))
    assert number(later.execute("aws-ec2-addresses cache=1h | stats count")) == 0
    anew = make_engine().execute("aws-ec2-addresses cache=0 | join allocation_id [ aws-ec2-addresses cache=0 ]")
    assert (anew.rows, anew.live[0].calls) == (1, 1), "once for the whole query"
    make_engine().execute("aws-ec2-addresses cache=0")
    assert len(aws_server.calls("DescribeAddresses")) == 3


def test_a_query_sees_one_snapshot(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server)
    engine = Engine(now=NOW, profiles=make_engine().aws.profiles)  # type: ignore[union-attr]
    text = "aws-ec2-addresses | join allocation_id [ aws-ec2-addresses ] | union [ aws-ec2-addresses limit=1 ]"
    result = engine.execute(text)
    assert (result.rows, len(aws_server.calls("DescribeAddresses"))) == (2, 1)
    assert [live.command for live in result.live] == ["aws-ec2-addresses"]


def test_what_is_asked_of_different_regions_is_told_apart(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    text = f"aws-ec2-addresses region={HERE} | union [ aws-ec2-addresses region={THERE} ]"
    told = [live.command for live in make_engine().execute(text).live]
    assert told == [f"aws-ec2-addresses region={HERE}", f"aws-ec2-addresses region={THERE}"]


def test_a_failure_is_the_same_for_the_whole_query(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("DescribeAddresses", "UnauthorizedOperation", region=THERE)
    result = make_engine(BOTH).execute("aws-ec2-addresses | union [ aws-ec2-addresses ]")
    assert len(aws_server.calls("DescribeAddresses")) == 2
    assert len(result.warnings) == 1


def test_who_asks_the_same_at_once_asks_once(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server)
    aws_server.fail("DescribeAddresses", "hang", times=1)
    engines = [make_engine() for _ in range(6)]
    with ThreadPoolExecutor(len(engines)) as pool:
        running = [pool.submit(engine.execute, COUNT) for engine in engines]
        until(lambda: bool(aws_server.calls("DescribeAddresses")))
        aws_server.mend()
        results = [future.result() for future in running]
    assert {number(result) for result in results} == {1}
    assert len(aws_server.calls("DescribeAddresses")) == 2, "the one that hung, and its second try"
    assert sum(result.live[0].calls for result in results) == 1


ASK = """
import sys
from datetime import datetime
from pathlib import Path
from engine.aws.profiles import Profiles
from engine.query import Engine
engine = Engine(now=datetime.fromisoformat(sys.argv[2]), profiles=Profiles(), aws_home=Path(sys.argv[1]))
print(engine.run("aws-ec2-addresses | stats count").iloc[0, 0])
"""


def test_two_processes_ask_once(aws_server: AwsServer, make_engine: MakeEngine, tmp_path: Path) -> None:
    addresses(aws_server)
    aws_server.fail("DescribeAddresses", "hang", times=1)
    command = [sys.executable, "-c", ASK, str(tmp_path / "aws"), NOW.isoformat()]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    until(lambda: bool(aws_server.calls("DescribeAddresses")))
    aws_server.mend()
    said = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert said == ["1", "1"]
    assert len(aws_server.calls("DescribeAddresses")) == 2, "the one that hung, and its second try"


def test_an_old_answer_is_shown_while_a_new_one_is_asked_for(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    make_engine().execute(COUNT)
    addresses(aws_server)
    aws_server.fail("DescribeAddresses", "hang", times=1)
    engine = make_engine(now=NOW + timedelta(hours=1), stale_ok=True)
    shown = engine.execute(COUNT)
    assert number(shown) == 0
    assert (shown.live[0].is_stale, shown.live[0].refreshing, shown.live[0].fetched_at) == (True, True, NOW)
    aws_server.mend()
    until(lambda: number(engine.execute(COUNT)) == 1)
    assert not engine.execute(COUNT).live[0].refreshing


def test_an_old_answer_outlives_a_failure_and_says_so(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server)
    make_engine().execute(COUNT)
    aws_server.fail("DescribeAddresses", "UnauthorizedOperation")
    result = make_engine(now=NOW + timedelta(hours=1)).execute(COUNT)
    assert number(result) == 1
    assert "is denied; the answer of 2026-11-24 09:00 is shown" in result.warnings[0]
    behind = make_engine(now=NOW + timedelta(hours=1), stale_ok=True).execute(COUNT)
    assert "is denied; the answer of 2026-11-24 09:00 is shown" in behind.warnings[0]
    assert not behind.live[0].refreshing, "what has just failed is not tried again at once"


def test_limit_stops_turning_pages_and_is_no_whole_answer(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.seed(crowd=2500)
    engine = make_engine()
    assert len(engine.run("aws-ec2-instances limit=10")) == 10
    assert len(aws_server.calls("DescribeInstances")) == 1
    assert len(engine.run("aws-ec2-instances limit=10")) == 10
    assert len(aws_server.calls("DescribeInstances")) == 1
    assert len(engine.run("aws-ec2-instances")) == 2500
    assert len(engine.run("aws-ec2-instances limit=20")) == 20
    assert len(aws_server.calls("DescribeInstances")) == 4


def test_explaining_and_checking_never_ask(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    engine = make_engine(Profile("all", ("*",)))
    for text in (COUNT, COST, "aws-ec2-instances | timechart span=1h count by instance_type"):
        engine.explain(text)
    plan = engine.explain("aws-cost days=3 unblended_cost by service | fields service, unblended_cost")
    assert list(plan.columns) == ["service", "unblended_cost"]
    assert plan.live[0].fetched_at is None
    assert plan.live[0].estimate_usd == 0.01
    assert "profile all, not asked yet; asking anew costs about 0.01 USD" in str(plan)
    assert Engine().explain("aws-ec2-instances | stats max(launch_time) as last").columns["last"].name == "date"
    assert aws_server.calls() == []


def test_explaining_plans_with_what_is_known(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server)
    make_engine().execute(COUNT)
    plan = make_engine(now=NOW + timedelta(days=2)).explain("aws-ec2-addresses | pivot count for domain")
    assert (plan.live[0].fetched_at, plan.live[0].is_stale) == (NOW, True)
    assert "vpc" in plan.columns


# budget ---------------------------------------------------------------------------------------------------------------


def costs(server: AwsServer, usd: str = "1.5") -> None:
    days = [f"2026-11-{day:02}" for day in range(1, 25)]
    server.seed(costs=[{"date": day, "SERVICE": "Amazon S3", "UnblendedCost": usd} for day in days])


def test_a_billed_call_is_entered_and_remembered_for_hours(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    costs(aws_server)
    engine = make_engine()
    first = engine.execute(COST)
    assert first.frame.iloc[0, 0] == 4.5
    pages = len(aws_server.calls("GetCostAndUsage"))
    assert first.live[0].cost_usd == pytest.approx(0.01 * pages)
    later = make_engine(now=NOW + timedelta(hours=5), restart=True)
    assert later.execute(COST.replace("days=3", "days=20")).live[0].cost_usd == 0, "the same request, narrowed"
    assert later.explain(COST).live[0].estimate_usd == pytest.approx(0.01 * pages)
    assert later.aws is not None
    spending = later.aws.spending(NOW)
    assert spending.usd == pytest.approx(0.01 * pages)
    assert spending.by_action == {"ce:GetCostAndUsage": pytest.approx(0.01 * pages)}


def test_the_budget_stops_before_the_call_and_the_old_answer_stays(
    aws_server: AwsServer, make_engine: MakeEngine
) -> None:
    costs(aws_server)
    budget = make_engine().execute(COST).live[0].cost_usd
    before = len(aws_server.calls("GetCostAndUsage"))
    spent = make_engine(budget=budget)
    with pytest.raises(
        OverBudget, match=r"ce:GetCostAndUsage is billed, and the budget of 2026-11 is used up"
    ) as raised:
        spent.execute(COST.replace("unblended_cost |", "unblended_cost by service |"))
    assert "the next budget begins on 2026-12-01 (UTC)" in str(raised.value)
    late = make_engine(budget=budget, now=NOW + timedelta(hours=7)).execute(COST)
    assert late.frame.iloc[0, 0] == 4.5
    assert "is used up" in late.warnings[0]
    assert "the answer of 2026-11-24 09:00 is shown" in late.warnings[0]
    assert late.live[0].is_stale
    assert len(aws_server.calls("GetCostAndUsage")) == before
    december = make_engine(budget=budget, now=NOW + timedelta(days=8)).execute(COST)
    assert december.live[0].cost_usd > 0


def test_a_refused_call_is_not_billed(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("GetCostAndUsage", "AccessDeniedException")
    engine = make_engine()
    with pytest.raises(Denied, match="ce:GetCostAndUsage is denied"):
        engine.run(COST)
    assert engine.aws is not None
    assert engine.aws.spending(NOW).usd == 0


def test_a_profile_may_be_kept_from_asking_for_costs(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    costs(aws_server)
    result = make_engine(Profile("free", cost_enabled=False), Profile("paid", regions=(HERE,))).execute(COST)
    assert result.frame.iloc[0, 0] == 4.5
    assert "profile `free` may not ask for costs" in result.warnings[0]


def test_what_a_new_profile_costs_is_known_before_it_is_asked(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    costs(aws_server)
    old, new, free = Profile("old"), Profile("new"), Profile("free", cost_enabled=False)
    assert make_engine(old).explain(COST).live[0].missing_usd == 0.01
    make_engine(old).execute(COST)
    known = make_engine(old, free).explain(COST).live[0]
    assert (known.missing_usd, known.fetched_at) == (0, NOW)
    both = make_engine(old, new)
    known = both.explain(COST).live[0]
    assert (known.missing_usd, known.fetched_at) == (0.01, NOW)
    aws_server.fail("GetCostAndUsage", "AccessDeniedException")
    assert "is denied" in both.execute(COST).warnings[0]
    assert both.explain(COST).live[0].missing_usd == 0, "somebody agreed, and a refusal is not billed"


def test_another_account_behind_the_same_name_is_asked_anew(
    aws_server: AwsServer, make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs(aws_server)
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    accounts = []
    for account in (ACCOUNT, "444444444444"):
        with aws_server.client("sts") as sts:
            role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/x", RoleSessionName="test")["Credentials"]
        lines = ("aws_access_key_id", "AccessKeyId"), ("aws_secret_access_key", "SecretAccessKey")
        keys = "\n".join(f"{name} = {role[member]}" for name, member in lines)
        file.write_text(f"[main]\n{keys}\naws_session_token = {role['SessionToken']}\n")
        engine = make_engine(Profile("main", (HERE,), shared_profile_name="main"))
        engine.run("aws-ec2-addresses cache=0")
        accounts.append(engine.run("aws-cost days=3 unblended_cost | limit 1")["account_id"][0])
    assert accounts == [ACCOUNT, "444444444444"]


# several accounts -----------------------------------------------------------------------------------------------------


def test_two_accounts_by_assumed_roles(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server, HERE, 1, "111111111111")
    addresses(aws_server, THERE, 2, "222222222222")
    profiles = [
        Profile("one", (HERE,), role_arn="arn:aws:iam::111111111111:role/watch", external_id="trail"),
        Profile("two", (HERE, THERE), role_arn="arn:aws:iam::222222222222:role/watch", source_profile="one"),
    ]
    engine = make_engine(*profiles)
    counted = "aws-ec2-addresses | stats count by profile, account_id, region"
    assert engine.run(counted).to_dict("records") == [
        {"profile": "one", "account_id": "111111111111", "region": HERE, "count": 1},
        {"profile": "two", "account_id": "222222222222", "region": THERE, "count": 2},
    ]
    assert len(engine.run("aws-ec2-addresses profile=two region=eu-*")) == 2
    assert engine.execute("aws-ec2-addresses profile=two region=eu-*").live[0].calls == 0
    roles = aws_server.calls("AssumeRole")
    assert len(roles) == 2 + 2, "two by this test, two by the engine"


def test_all_regions_are_those_of_the_account(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    addresses(aws_server, "ap-northeast-2")
    result = make_engine(Profile("all", ("ap-*",))).execute("aws-ec2-addresses | stats count by region")
    assert result.frame.to_dict("records") == [{"region": "ap-northeast-2", "count": 1}]
    asked = {call["region"] for call in aws_server.calls("DescribeAddresses")}
    assert len(asked) > 3
    assert all(region.startswith("ap-") for region in asked)


# what is on disk ------------------------------------------------------------------------------------------------------

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import pyarrow as pa
from engine.aws.answers import Answer, OnDisk
answers = OnDisk(Path(sys.argv[1]))
number = 0
while True:
    answers.put(f"key {number % 50}", Answer(pa.table({"n": [number] * 20_000}), datetime.now(UTC)))
    print(number, flush=True)
    number += 1
"""


def test_a_writer_that_is_killed_leaves_whole_answers(tmp_path: Path) -> None:
    from engine.aws.answers import OnDisk

    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(8):
                written = int(process.stdout.readline())
            process.kill()
    answer = OnDisk(tmp_path).get(f"key {written}")
    assert answer is not None
    assert set(answer.rows.column("n").to_pylist()) == {written}


def test_a_damaged_memory_is_begun_anew(aws_server: AwsServer, make_engine: MakeEngine, tmp_path: Path) -> None:
    make_engine().execute(COUNT)
    file = tmp_path / "aws" / "answers.sqlite"
    file.write_bytes(b"this is not a database" * 100)
    assert number(make_engine().execute(COUNT)) == 0
    assert make_engine().execute(COUNT).live[0].calls == 0


def test_a_damaged_ledger_stops_billed_calls(aws_server: AwsServer, make_engine: MakeEngine, tmp_path: Path) -> None:
    costs(aws_server)
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / "ledger.sqlite").write_bytes(b"this is not a database" * 100)
    with pytest.raises(SourceError, match="billed calls are not made, because their ledger"):
        make_engine().run(COST)
    assert aws_server.calls("GetCostAndUsage") == []
    assert number(make_engine().execute(COUNT)) == 0


def test_memory_is_for_its_owner_alone(make_engine: MakeEngine, tmp_path: Path) -> None:
    make_engine().execute(COUNT)
    assert (tmp_path / "aws").stat().st_mode & 0o077 == 0


def test_errors_come_as_json_too(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("GetCostAndUsage", "DataUnavailableException")
    with pytest.raises(SourceError, match="there are no cost data yet"):
        make_engine().run(COST)
