"""`aws-cost` and `aws-cost-forecast`: what is asked for, what rows come of it, and how little is billed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.language.errors import QueryError
from engine.language.grammar import parse
from engine.language.printer import print_query
from tests.aws.stubs import stubbed
from tests.panels import PANELS
from tests.real import REAL, needs_real

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def money(amount: str, metric: str = "UnblendedCost", unit: str = "USD") -> dict[str, Any]:
    return {metric: {"Amount": amount, "Unit": unit}}


def days(parameters: dict[str, Any]) -> Iterable[date]:
    start, end = (date.fromisoformat(parameters["TimePeriod"][key]) for key in ("Start", "End"))
    return (start + timedelta(days=n) for n in range((end - start).days))


def daily(parameters: dict[str, Any], **groups: str) -> list[dict[str, Any]]:
    """One page with the same amounts each day: 1 USD in all, or the given ones of services."""
    results = [
        {
            "TimePeriod": {"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()},
            "Total": {} if groups else money("1"),
            "Groups": [{"Keys": [name], "Metrics": money(amount)} for name, amount in groups.items()],
            "Estimated": day >= date(2026, 11, 1),
        }
        for day in days(parameters)
    ]
    return [{"ResultsByTime": results}]


@needs_real
def test_a_real_answer_gives_the_panels_their_numbers() -> None:
    answer = json.loads((REAL / "cost" / "get_cost_and_usage.json").read_text("utf-8"))

    def asked(parameters: dict[str, Any]) -> list[dict[str, Any]]:
        if "GroupBy" in parameters:
            return [answer]
        totals = []
        for result in answer["ResultsByTime"]:
            amounts = [float(group["Metrics"]["UnblendedCost"]["Amount"]) for group in result["Groups"]]
            totals.append({**result, "Groups": [], "Total": money(repr(sum(amounts)))})
        return [{"ResultsByTime": totals}]

    now = datetime(2024, 10, 1, 3, tzinfo=UTC)
    engine, api = stubbed({"get_cost_and_usage": asked}, now)
    total = engine.run("aws-cost days=30 unblended_cost by service | stats sum(unblended_cost) as cost, count")
    assert total["cost"][0] == pytest.approx(18.0066386184, abs=1e-9)
    assert total["count"][0] == 234
    assert engine.run(PANELS["C1"])["cost"].tolist() == [18]

    billed = engine.run(PANELS["C2"])
    assert billed["krw"].tolist() == [18 * billed["usd"][0]]
    assert billed["source"].tolist() == ["bundled"]

    shares = engine.run(PANELS["C3"])
    assert engine.run(PANELS["C3"].rpartition("|")[0])["service"].nunique() == 23
    assert list(shares[["service", "cost"]].itertuples(index=False, name=None))[:5] == [
        ("Amazon Elastic Compute Cloud", 16.04),
        ("Amazon Relational Database Service", 0.75),
        ("Red Hat OpenShift Service on AWS", 0.34),
        ("Elastic Load Balancing", 0.31),
        ("AmazonCloudWatch", 0.22),
    ]

    chart = engine.run(PANELS["C4"])
    assert len(chart) == 30
    assert len(chart.columns) == 25  # `_time` and 24 services
    sums = chart.set_index("_time").sum(axis=1).sort_values(ascending=False).head(3)
    assert {day.strftime("%m-%d"): round(cost, 4) for day, cost in sums.items()} == {
        "09-18": 2.2879,
        "09-13": 2.1854,
        "09-27": 1.8769,
    }
    assert len(api.calls) == 2, "all four panels and more need two requests"


def test_days_are_complete_days_of_utc() -> None:
    engine, _ = stubbed({"get_cost_and_usage": daily}, NOW)
    result = engine.execute("aws-cost days=30 unblended_cost")
    assert list(result.frame.columns) == [
        *("profile", "account_id", "start", "end", "unblended_cost", "unit", "estimated"),
    ]
    assert {name: str(kind) for name, kind in result.types.items() if name in ("start", "unblended_cost")} == {
        "start": "string",
        "unblended_cost": "double",
    }
    assert result.frame["start"].agg(["min", "max", "count"]).tolist() == ["2026-10-25", "2026-11-23", 30]
    assert set(result.frame["account_id"]) == {"012345678901"}
    assert result.frame["estimated"].sum() == 23


@pytest.mark.parametrize(
    ("options", "first", "last", "count"),
    [
        ("", "2026-10-25", "2026-11-23", 30),
        ("days=1", "2026-11-23", "2026-11-23", 1),
        ("days=1 include_today=true", "2026-11-24", "2026-11-24", 1),
        ("from=20261101", "2026-11-01", "2026-11-23", 23),
        ("from=20261101 include_today=t", "2026-11-01", "2026-11-24", 24),
        ("from=20261001 to=20261025", "2026-10-01", "2026-10-24", 24),
        ("to=20261105", "2026-10-06", "2026-11-04", 30),
    ],
)
def test_ranges_share_one_request(options: str, first: str, last: str, count: int) -> None:
    engine, api = stubbed({"get_cost_and_usage": daily}, NOW)
    found = engine.run(f"aws-cost {options} unblended_cost")
    assert found["start"].agg(["min", "max", "count"]).tolist() == [first, last, count]
    engine.run("aws-cost days=30 unblended_cost")
    assert [call.parameters["TimePeriod"] for call in api.calls] == [{"Start": "2026-10-01", "End": "2026-11-25"}]


def test_an_earlier_start_is_asked_for_from_the_first_of_its_month() -> None:
    engine, api = stubbed({"get_cost_and_usage": daily}, NOW)
    found = engine.run("aws-cost days=90 unblended_cost")
    engine.run("aws-cost from=20260805 to=20260807 unblended_cost")
    assert found["start"].agg(["min", "count"]).tolist() == ["2026-08-26", 90]
    assert [call.parameters["TimePeriod"]["Start"] for call in api.calls] == ["2026-08-01"]


def test_months_are_asked_for_as_they_are() -> None:
    def monthly(parameters: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"ResultsByTime": [{"TimePeriod": parameters["TimePeriod"], "Total": money("3"), "Estimated": True}]}]

    engine, api = stubbed({"get_cost_and_usage": monthly}, NOW)
    engine.run("aws-cost granularity=monthly unblended_cost")
    engine.run("aws-cost granularity=monthly from=20260101 include_today=true unblended_cost")
    assert [call.parameters["TimePeriod"] for call in api.calls] == [
        {"Start": "2025-11-01", "End": "2026-11-24"},
        {"Start": "2026-01-01", "End": "2026-11-25"},
    ]
    assert {call.parameters["Granularity"] for call in api.calls} == {"MONTHLY"}


def test_hours_are_moments() -> None:
    def hourly(parameters: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"ResultsByTime": [{"TimePeriod": parameters["TimePeriod"], "Total": money("3")}]}]

    engine, api = stubbed({"get_cost_and_usage": hourly}, NOW)
    found = engine.run("aws-cost granularity=hourly days=1 include_today=true unblended_cost")
    assert api.calls[0].parameters["TimePeriod"] == {"Start": "2026-11-23T10:00:00Z", "End": "2026-11-24T10:00:00Z"}
    assert found["start"].tolist() == ["2026-11-23T10:00:00Z"]


def test_groups_become_columns() -> None:
    page = {
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": "2026-11-20", "End": "2026-11-21"},
                "Total": {},
                "Groups": [
                    {"Keys": ["111122223333", "team$data$lake"], "Metrics": money("-2.50")},
                    {"Keys": ["444455556666", "team$"], "Metrics": money("0E-11")},
                ],
                "Estimated": False,
            }
        ],
        "DimensionValueAttributes": [{"Value": "111122223333", "Attributes": {"description": "Production"}}],
    }
    engine, api = stubbed({"get_cost_and_usage": [page, {"ResultsByTime": []}]}, NOW)
    found = engine.run("aws-cost unblended_cost by linked_account, tag.team | fields - profile, account_id, end")
    assert found.astype(object).where(found.notna(), None).to_dict("records") == [
        {
            "start": "2026-11-20",
            "linked_account": "111122223333",
            "tag.team": "data$lake",
            "linked_account_name": "Production",
            "unblended_cost": -2.5,
            "unit": "USD",
            "estimated": False,
        },
        {
            "start": "2026-11-20",
            "linked_account": "444455556666",
            "tag.team": None,
            "linked_account_name": None,
            "unblended_cost": 0.0,
            "unit": "USD",
            "estimated": False,
        },
    ]
    assert api.calls[0].parameters["GroupBy"] == [
        {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
        {"Type": "TAG", "Key": "team"},
    ]
    assert len(api.calls) == 2, "to the last page"


def test_the_region_of_costs_is_a_dimension() -> None:
    engine, _ = stubbed({"get_cost_and_usage": lambda given: daily(given, **{"us-east-1": "2", "NoRegion": "1"})}, NOW)
    found = engine.run("aws-cost days=2 unblended_cost by region | stats sum(unblended_cost) as cost by region")
    assert found.to_dict("records") == [{"region": "NoRegion", "cost": 2.0}, {"region": "us-east-1", "cost": 4.0}]


def test_metrics_in_different_units_have_a_unit_each() -> None:
    amounts = money("1") | money("744", "UsageQuantity", "Hrs")
    page = {"ResultsByTime": [{"TimePeriod": {"Start": "2026-11-20", "End": "2026-11-21"}, "Total": amounts}]}
    engine, _ = stubbed({"get_cost_and_usage": [page]}, NOW)
    found = engine.run("aws-cost unblended_cost, usage_quantity | fields - profile, account_id, start, end")
    assert found.to_dict("records") == [
        {
            "unblended_cost": 1.0,
            "usage_quantity": 744.0,
            "unblended_cost_unit": "USD",
            "usage_quantity_unit": "Hrs",
            "estimated": None,
        }
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", None),
        (
            'service="AWS Lambda, Amazon SQS"',
            {"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda", "Amazon SQS"]}},
        ),
        (
            'record_type="!Credit,!Refund"',
            {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund"]}}},
        ),
        (
            'region_name="us-east-1" tag.aws:createdBy="ana,!ben"',
            {
                "And": [
                    {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}},
                    {"Tags": {"Key": "aws:createdBy", "Values": ["ana"]}},
                    {"Not": {"Tags": {"Key": "aws:createdBy", "Values": ["ben"]}}},
                ]
            },
        ),
        ("tag.team=!*", {"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}),
        ("category.unit=*", {"Not": {"CostCategories": {"Key": "unit", "MatchOptions": ["ABSENT"]}}}),
    ],
)
def test_filters(options: str, expected: dict[str, Any] | None) -> None:
    engine, api = stubbed({"get_cost_and_usage": daily}, NOW)
    query = f"aws-cost {options} unblended_cost"
    assert parse(print_query(parse(query))) == parse(query)
    engine.run(query)
    assert api.calls[0].parameters.get("Filter") == expected


def test_filters_and_dimensions_are_requests_of_their_own() -> None:
    engine, api = stubbed({"get_cost_and_usage": daily}, NOW)
    for query in ("", "tag.team=web", "tag.team=shop", 'service="AWS Lambda"'):
        engine.run(f"aws-cost {query} unblended_cost")
    engine.run("aws-cost blended_cost")
    assert len(api.calls) == 5


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("aws-cost", "needs a metric"),
        ("aws-cost unblended", "`unblended` is not a metric"),
        ("aws-cost unblended_cost by servic", "no dimension `servic`"),
        ("aws-cost unblended_cost by tag.", r"no dimension `tag\.`"),
        ("aws-cost unblended_cost by service, region, az", "two dimensions at most"),
        ("aws-cost unblended_cost by service, service", "named twice"),
        ("aws-cost days=0 unblended_cost", "not a number of days"),
        ("aws-cost days=3 from=20261101 unblended_cost", "exclude each other"),
        ("aws-cost from=20261102 to=20261101 unblended_cost", "behind `from`"),
        ("aws-cost granularity=weekly unblended_cost", "none of daily, monthly, hourly"),
        ("aws-cost tag.=x unblended_cost", "`=` does not belong here"),
        ("aws-cost team.x=y unblended_cost", r"no option `team\.x`"),
    ],
)
def test_mistakes(query: str, message: str) -> None:
    engine, api = stubbed({"get_cost_and_usage": daily}, NOW)
    with pytest.raises(QueryError, match=message) as caught:
        engine.run(query)
    assert caught.value.span is not None
    assert api.calls == []


def test_no_buckets_are_no_rows() -> None:
    engine, _ = stubbed({"get_cost_and_usage": [{"ResultsByTime": []}]}, NOW)
    assert len(engine.run("aws-cost unblended_cost by service")) == 0
