"""The panels of costs and of CloudWatch tell the sample company's stories, at any hour and in any month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.aws.profiles import Profile, Profiles
from engine.demo.company import PROD
from engine.query import Engine
from tests.demo.conftest import NEW_YEAR, SUNDAY_NIGHT, WEDNESDAY, Sample
from tests.panels import PANELS

EC2 = "Amazon Elastic Compute Cloud - Compute"
# In the middle of a month, before dawn, and when a month has just begun.
NOWS = [WEDNESDAY, WEDNESDAY.replace(hour=0, minute=5), SUNDAY_NIGHT, NEW_YEAR, datetime(2027, 3, 1, 0, 30, tzinfo=UTC)]


@pytest.fixture(params=NOWS, ids=str)
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine(now=request.param, timezone="Asia/Seoul", profiles=Profiles([Profile("demo", demo=True)]))


def number(engine: Engine, panel: str, column: str = "count") -> float:
    (value,) = engine.run(PANELS[panel])[column]
    return float(value)


def test_the_bill_is_of_a_small_company_and_in_two_currencies(engine: Engine) -> None:
    cost = number(engine, "C1", "cost")
    assert 12_000 < cost < 25_000
    (billed,) = engine.run(PANELS["C2"]).to_dict("records")
    assert billed["cost"] == cost
    assert billed["krw"] == pytest.approx(cost * billed["usd"])


def test_servers_cost_most_and_what_was_paid_back_is_no_tile(engine: Engine) -> None:
    shares = engine.run(PANELS["C3"])
    assert shares["service"][0] == EC2
    assert len(shares) > 20
    assert shares["cost"].min() > 0
    assert "Amazon QuickSight" not in set(shares["service"])
    services = engine.run("aws-cost days=30 unblended_cost by service | stats sum(unblended_cost) as cost by service")
    assert services.set_index("service")["cost"]["Amazon QuickSight"] < 0


def test_the_day_that_the_gpu_was_forgotten_is_seen(engine: Engine) -> None:
    days = engine.run(PANELS["C4"]).set_index("_time")[EC2]
    assert len(days) == 30
    assert days.iloc[-9:-3].mean() > days.iloc[-24:-15].mean() + 80  # 136 USD a day, less where much was switched off
    usage = engine.run(
        "aws-cost days=30 unblended_cost by usage_type | stats sum(unblended_cost) as cost by usage_type"
    )
    first = usage[~usage["usage_type"].isin(["NoUsageType", "Dollar"])].sort_values("cost").iloc[-1]
    assert first["usage_type"] == "USE1-BoxUsage:g5.12xlarge"


def test_a_month_begins_with_support_and_taxes(engine: Engine) -> None:
    days = engine.run(PANELS["C4"]).set_index("_time")
    first = [day for day in days.index if day.day == 1]  # none among the last 30 days of a month with 31
    for column in ("Tax", "AWS Support (Business)"):
        assert (days[column].dropna().index.tolist() if column in days else []) == first


def test_one_instance_is_impaired_and_some_volumes_are_not_well(engine: Engine) -> None:
    assert number(engine, "W1") > 20
    assert number(engine, "W2") == 1
    assert number(engine, "W3") >= 2
    assert number(engine, "W4") == 11
    statuses = "aws-ec2-volume-statuses | stats count by volume_status"
    found = engine.run(statuses).set_index("volume_status")["count"]
    assert found["warning"] == 1
    impaired = engine.run('aws-ec2-instance-statuses | search instance_status == "impaired" | fields instance_id')
    named = engine.run("aws-ec2-instances | fields instance_id, name").set_index("instance_id")["name"]
    assert [named[one] for one in impaired["instance_id"]] == ["steamer-sensors"]
    assert len(engine.run("aws-ec2-instance-statuses | search event_count > 0")) == 2
    assert len(engine.run("aws-ec2-addresses | search is_associated == false")) == 3


def test_one_type_of_instance_stands_out(engine: Engine) -> None:
    types = engine.run(PANELS["W5"]).set_index("instance_type")["count"]
    assert types["g5.12xlarge"] == 1
    assert types.iloc[0] >= 4
    assert "g4dn.xlarge" not in types  # the intruder's are terminated


def test_the_reporting_database_is_slow(engine: Engine) -> None:
    boxes = engine.run(PANELS["W6"]).set_index("label")
    assert len(boxes) == 5
    assert boxes["iqr2"].idxmax() == "orders-reporting"
    assert boxes["iqr2"].sort_values().iloc[-2] < 10 < boxes.loc["orders-reporting", "iqr2"]
    assert (boxes["min"] <= boxes["iqr1"]).all()
    assert (boxes["iqr3"] < boxes["max"]).all()


def test_busy_processors_have_names(engine: Engine) -> None:
    lines = engine.run(PANELS["W7"]).set_index("_time")
    means = lines.mean()
    assert means.idxmax() == "tteok-vision"
    assert means["tteok-vision"] > 95
    databases = {"orders-reporting", "loyalty", "orders-replica"}
    assert databases <= set(lines.columns)  # series of RDS keep their own names
    assert "steamer-cluster-node" in lines.columns  # four servers of one name are one line
    assert sum(name.startswith("i-") for name in lines.columns) == 1  # the one without a name
    assert 7 <= len(lines.columns) <= 15
    assert len(lines) in (144, 145)
    assert lines.max(axis=None) <= 100


def test_the_leak_is_in_the_bill_once_its_day_is_over() -> None:
    now = WEDNESDAY + timedelta(hours=30)
    profiles = Profiles([Profile("demo", demo=True)])
    profiles.sample_made = WEDNESDAY
    engine = Engine(now=now, timezone="Asia/Seoul", profiles=profiles)
    regions = engine.run("aws-cost days=3 unblended_cost by region | stats sum(unblended_cost) as cost by region")
    assert regions.set_index("region")["cost"]["sa-east-1"] == pytest.approx(12 * 1.5 * 0.894)


def test_answers_of_aws_go_together_with_the_logs(two_weeks: Sample) -> None:
    profiles = Profiles([Profile("demo", demo=True)])
    engine = Engine(str(two_weeks.folder / "lake"), now=two_weeks.now, timezone="Asia/Seoul", profiles=profiles)
    history = "aws-cloudtrail-events duration=6h region=ap-northeast-2 read_only=false max_events=20000"
    logged = (
        'table duration=6h cloudtrail* | search awsRegion == "ap-northeast-2" and readOnly == false'
        f' and recipientAccountId == "{PROD}" and managementEvent'
    )
    both = engine.run(f"{logged} | join eventID [ {history} | fields eventID, userName ] | stats count, dc(userName)")
    alone = engine.run(f"{logged} | stats count")["count"][0]
    assert both["count"][0] == alone > 100
    united = engine.run(
        f'{logged} | union [ {history} ] | eval kind = valueof(userIdentity, "type")'
        " | stats count, dc(eventID) as events by kind | search count != 2 * events"
    )
    assert len(united) == 0
    slow = engine.run(
        "table duration=2d aws-elb_shop-web | search target_processing_time > 1 | stats count by target_ip"
        " | join target_ip [ aws-ec2-instances | eval target_ip = private_ip | fields target_ip, instance_id, name ]"
    )
    assert slow["name"].tolist() == ["shop-web"]
    started = engine.run(
        'aws-ec2-instances | search instance_type == "g5.12xlarge" | fields instance_id, name | join instance_id ['
        ' table duration=13d cloudtrail* | search eventName == "RunInstances" and isnull(errorCode)'
        ' | eval items = valueof(valueof(responseElements, "instancesSet"), "items")'
        ' | eval instance_id = valueof(valueof(items, 0), "instanceId"), who = valueof(userIdentity, "principalId")'
        " | fields instance_id, who ]"
    )
    assert [who.partition(":")[2] for who in started["who"]] == ["gyeonwoo.mok@moonrabbit.example"]
