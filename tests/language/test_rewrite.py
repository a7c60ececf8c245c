"""A page's range and filters, and the rows behind a number, as changes to commands."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine import Engine
from engine.language.grammar import parse
from engine.language.printer import print_query
from engine.language.rewrite import (
    before_aggregate,
    between,
    live_commands,
    renewing,
    rows_behind,
    with_condition,
    with_range,
    with_search,
    with_span,
    with_targets,
    without_renewing,
    writes_files,
)
from tests.panels import PANELS

SEOUL = ZoneInfo("Asia/Seoul")


def test_a_range_replaces_the_panels_own_in_sub_queries_too() -> None:
    query = parse("table duration=1d limit=5 a | join k [ table from=2024 b | stats count by k ]")
    assert print_query(with_range(query, duration="7d")) == (
        "table duration=7d limit=5 a\n| join k [ table duration=7d b | stats count by k ]"
    )
    start, end = datetime(2024, 1, 2, 3, tzinfo=SEOUL), datetime(2024, 1, 3, tzinfo=SEOUL)
    changed = with_range(parse(PANELS["T1"]), start=start, end=end)
    assert print_query(changed).startswith(
        "table from=20240101180000Z to=20240102150000Z cloudtrail*\n| search eventName"
    )


def test_filters_become_a_search_behind_the_table() -> None:
    changed = with_search(
        parse("table cloudtrail* | stats count"), {"awsRegion": ["us-east-1", "eu-west-1"], "user": []}
    )
    assert print_query(changed) == 'table cloudtrail*\n| search in(awsRegion, "us-east-1", "eu-west-1")\n| stats count'


def test_no_filter_changes_nothing() -> None:
    query = parse(PANELS["T5"])
    assert with_search(query, {}) is query


def test_a_stretch_of_time_is_a_condition() -> None:
    condition = between("_time", datetime(2024, 1, 1, tzinfo=SEOUL), datetime(2024, 1, 2, tzinfo=SEOUL), SEOUL)
    text = print_query(with_condition(parse("table t"), condition))
    assert text == (
        'table t\n| search _time >= date("2024-01-01 00:00:00", "yyyy-MM-dd HH:mm:ss") '
        'and _time < date("2024-01-02 00:00:00", "yyyy-MM-dd HH:mm:ss")'
    )


def test_a_bucket_width_fits_the_range() -> None:
    assert "timechart span=1h count by event_name" in print_query(with_span(parse(PANELS["T5"]), "1h"))


def test_the_rows_behind_a_number_are_those_before_the_aggregate() -> None:
    assert print_query(before_aggregate(parse(PANELS["T1"]))) == (
        'table duration=1d cloudtrail*\n| search eventName == "RunInstances" and isnull(errorCode)'
    )
    behind = print_query(rows_behind(parse(PANELS["L2"]), {"country": "US"}))
    assert behind.endswith('| lookup geoip src_ip output country\n| search in(country, "US")')
    assert print_query(rows_behind(parse(PANELS["L2"]), {"country": None})).endswith("| search isnull(country)")


def test_clicked_values_mean_themselves_whatever_they_hold() -> None:
    """A value with a star is no wildcard, a name with blanks is still found, quotes stay inside their text."""
    rows = "json \"[{'a b': 'x*'}, {'a b': 'xy'}, {'a b': 'q\\\"| limit 0'}]\""
    query = parse(f"{rows} | stats count by field")
    engine = Engine()
    for value in ("x*", "xy", 'q"| limit 0'):
        found = engine.execute(parse(print_query(rows_behind(query, {"a b": value})))).frame
        assert found["a b"].tolist() == [value]


def test_clicked_addresses_are_found_as_text_and_as_addresses() -> None:
    rows = "json \"[{a: '8.8.8.8'}, {a: '2001:db8::1'}, {a: 'ec2.amazonaws.com'}]\""
    engine = Engine()
    for query in (parse(rows), parse(f"{rows} | eval a = ip(a)")):
        for value in ("8.8.8.8", "2001:db8::1"):
            found = engine.execute(parse(print_query(rows_behind(query, {"a": value})))).frame
            assert len(found) == 1


NESTED = "aws-ec2-instances state=running | join instance_id [ aws-ec2-instance-statuses | fields instance_id ]"


def test_targets_narrow_every_aws_command() -> None:
    narrowed = print_query(with_targets(parse(NESTED), profiles=["prod", "dev"], regions=["us-east-1"]))
    assert narrowed.count("profile=prod,dev region=us-east-1") == 2
    assert parse(narrowed) == with_targets(parse(narrowed))
    cost = with_targets(parse("aws-cost profile=all days=30 unblended_cost"), profiles=["dev"], regions=["us-east-1"])
    assert print_query(cost) == "aws-cost profile=dev days=30 unblended_cost"


def test_the_aws_commands_of_a_query_are_found_once_each() -> None:
    twice = f"{NESTED} | join instance_id [ aws-ec2-instances state=running | fields instance_id ]"
    assert [command.word for command in live_commands(parse(twice))] == [
        "aws-ec2-instances",
        "aws-ec2-instance-statuses",
    ]
    assert live_commands(parse("table cloudtrail | stats count")) == ()


def test_what_bills_again_is_told_and_can_be_taken_back() -> None:
    query = parse("aws-cost cache=0 days=3 unblended_cost | join a [ aws-cost cache=7d blended_cost ]")
    assert [command.told() for command in renewing(query)] == ["aws-cost days=3 unblended_cost"]
    calm = print_query(without_renewing(query))
    assert calm == print_query(parse(print_query(query).replace("cache=0 ", "")))
    assert not renewing(parse("aws-ec2-instances cache=0"))
    assert renewing(parse('aws-cloudwatch-stats cache=1s metric="CPUUtilization"'))
    assert renewing(parse('aws-cost cache=$("age") unblended_cost'))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("table t | outputcsv f.csv a", True),
        ("table t | join a [ table u | outputjson f.json ]", True),
        ('table t | eval a = "outputcsv f a"', False),
    ],
)
def test_writing_files_is_known(text: str, expected: bool) -> None:
    assert writes_files(parse(text)) is expected
