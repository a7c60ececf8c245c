"""`aws-cost` and `aws-cost-forecast`: what is asked for, what rows come of it, and how little is billed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.aws import flights
from engine.language.errors import QueryError, SourceError
from engine.language.grammar import parse
from engine.language.printer import print_query
from engine.query import Engine
from tests.aws.conftest import MakeEngine
from tests.aws.running import AwsServer
from tests.aws.stubs import StubApi, StubProfiles, ask_every_minute, stubbed
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
    assert billed["source"].tolist() == ["ecb (bundled)"]

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
        ("days=60", "2026-09-25", "2026-11-23", 60),
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
    assert [call.parameters["TimePeriod"] for call in api.calls] == [{"Start": "2026-09-25", "End": "2026-11-25"}]


@pytest.mark.parametrize(
    ("day", "start"),
    [
        ("2026-11-29", "2026-09-30"),
        ("2026-11-30", "2026-10-01"),
        ("2026-12-01", "2026-10-02"),
        ("2026-12-31", "2026-11-01"),
        ("2027-03-01", "2026-12-31"),
        ("2026-08-31", "2026-07-01"),
    ],
)
def test_two_times_thirty_days_and_last_month_are_one_request_on_any_day(day: str, start: str) -> None:
    now = datetime.fromisoformat(f"{day}T23:30:00-05:00")  # UTC is a day ahead
    engine, api = stubbed({"get_cost_and_usage": daily}, now - timedelta(days=1))
    for query in ("days=30", "days=60", "days=60 include_today=t"):
        engine.run(f"aws-cost {query} unblended_cost")
    assert [call.parameters["TimePeriod"]["Start"] for call in api.calls] == [start]


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


@pytest.mark.parametrize("amount", ["a lot", "1e400", "Infinity"])
def test_a_malformed_amount_is_told(amount: str) -> None:
    page = {"ResultsByTime": [{"TimePeriod": {"Start": "2026-11-20", "End": "2026-11-21"}, "Total": money(amount)}]}
    engine, _ = stubbed({"get_cost_and_usage": [page]}, NOW)
    with pytest.raises(SourceError, match="an amount is not a number"):
        engine.run("aws-cost unblended_cost")


# The forecast


def forecast(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    results = [
        {
            "TimePeriod": {"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()},
            "MeanValue": "10.5",
            "PredictionIntervalLowerBound": "9.25",
            "PredictionIntervalUpperBound": "12",
        }
        for day in days(parameters)
    ]
    return [{"Total": {"Amount": "73.5", "Unit": "USD"}, "ForecastResultsByTime": results}]


def test_a_forecast_goes_to_the_end_of_the_month() -> None:
    engine, api = stubbed({"get_cost_forecast": forecast}, NOW)
    found = engine.run("aws-cost-forecast")
    assert list(found.columns) == [
        *("profile", "account_id", "start", "end", "mean_value", "lower_bound", "upper_bound", "unit"),
    ]
    assert found["start"].agg(["min", "max", "count"]).tolist() == ["2026-11-24", "2026-11-30", 7]
    assert found.iloc[0, 4:].tolist() == [10.5, 9.25, 12.0, "USD"]
    assert api.calls[0].parameters == {
        "TimePeriod": {"Start": "2026-11-24", "End": "2026-12-01"},
        "Metric": "UNBLENDED_COST",
        "Granularity": "DAILY",
        "PredictionIntervalLevel": 80,
    }


def test_a_forecast_of_something_else() -> None:
    engine, api = stubbed({"get_cost_forecast": forecast}, NOW)
    engine.run('aws-cost-forecast days=90 granularity=monthly level=95 record_type="!Credit" net_amortized_cost')
    assert api.calls[0].parameters == {
        "TimePeriod": {"Start": "2026-11-24", "End": "2027-02-22"},
        "Metric": "NET_AMORTIZED_COST",
        "Granularity": "MONTHLY",
        "PredictionIntervalLevel": 95,
        "Filter": {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit"]}}},
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("aws-cost-forecast by service", "has no groups"),
        ("aws-cost-forecast unblended_cost, blended_cost", "one metric at a time"),
        ("aws-cost-forecast usage_quantity", "not a metric"),
        ("aws-cost-forecast level=50", "not a percentage"),
        ("aws-cost-forecast days=3 to=20261201", "exclude each other"),
        ("aws-cost-forecast granularity=hourly", "neither daily nor monthly"),
    ],
)
def test_mistakes_in_a_forecast(query: str, message: str) -> None:
    engine, api = stubbed({"get_cost_forecast": forecast}, NOW)
    with pytest.raises(QueryError, match=message):
        engine.run(query)
    assert api.calls == []


# What it costs


def test_a_page_left_open_for_a_day_asks_no_more_than_ages_allow() -> None:
    """Four panels, the month to date and the forecast, over the end of a month."""
    answers = {
        "get_cost_and_usage": lambda given: daily(given, **({"AmazonEC2": "1"} if "GroupBy" in given else {})),
        "get_cost_forecast": forecast,
    }
    queries = [PANELS[name] for name in ("C1", "C2", "C3", "C4")]
    queries += ["aws-cost from=20261001 unblended_cost", "aws-cost-forecast"]
    api, usd = ask_every_minute(answers, queries, datetime(2026, 10, 31, 12, tzinfo=UTC))
    times = 24 // 6
    assert len(api.asked("get_cost_and_usage")) == 2 * times, "with and without services"
    assert len(api.asked("get_cost_forecast")) == times
    assert usd == pytest.approx(3 * times * 0.01)


def test_a_refresh_that_fails_is_not_billed_again_and_again(tmp_path: Path) -> None:
    is_broken = False

    def answer(parameters: dict[str, Any]) -> Iterable[dict[str, Any]]:
        if is_broken:
            raise SourceError("no answer in time")  # AWS may have billed it all the same
        return daily(parameters)

    api = StubApi({"get_cost_and_usage": answer})
    profiles = StubProfiles(api)

    def looked(hours: int) -> Engine:
        now = NOW + timedelta(hours=hours)
        return Engine(now=now, profiles=profiles, aws_home=tmp_path, stale_ok=True)

    looked(0).run("aws-cost unblended_cost")
    is_broken = True
    first = looked(7)
    first.run("aws-cost unblended_cost")
    while "no answer in time" not in "".join(first.execute("aws-cost unblended_cost").warnings):
        pass
    assert first.aws is not None
    spent = first.aws.spending(NOW).usd
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flights, "_PAUSE", 0.0)
        for hours in range(8, 20):
            assert looked(hours).execute("aws-cost unblended_cost").live[0].is_stale
    assert first.aws.spending(NOW).usd == spent


def test_a_restart_asks_nothing_again(tmp_path: Path) -> None:
    for hour in (0, 3, 6):
        engine, api = stubbed({"get_cost_and_usage": daily}, NOW + timedelta(hours=hour), home=tmp_path)
        assert engine.run(PANELS["C1"])["cost"].tolist() == [30]
        assert len(api.calls) == (0 if hour else 1)
    engine, api = stubbed({"get_cost_and_usage": daily}, NOW + timedelta(hours=6, minutes=3), home=tmp_path)
    engine.run(PANELS["C1"])
    assert len(api.calls) == 1


def test_what_asking_costs_is_known_before() -> None:
    engine, api = stubbed({"get_cost_and_usage": lambda given: daily(given) * 2}, NOW)
    before = engine.explain(PANELS["C1"]).live[0]
    assert (before.fetched_at, before.estimate_usd, before.calls) == (None, 0.01, 0)
    assert api.calls == []
    assert engine.execute(PANELS["C1"]).live[0].cost_usd == pytest.approx(0.02)
    after = engine.explain(PANELS["C1"]).live[0]
    assert (after.fetched_at, after.calls) == (NOW, 0)
    assert after.estimate_usd == pytest.approx(0.02), "two pages, as was seen"


# Over HTTP


def test_costs_over_http(make_engine: MakeEngine, aws_server: AwsServer) -> None:
    rows = [
        {
            "date": f"2026-{month}-{day:02}",
            "SERVICE": service,
            "RECORD_TYPE": "Credit" if amount < 0 else "Usage",
            "LINKED_ACCOUNT": "111122223333",
            "account_name": "Production",
            "UnblendedCost": str(amount),
            "estimated": month == "11",
        }
        for month, last in (("10", 31), ("11", 23))
        for day in range(1, last + 1)
        for service, amount in (("AmazonEC2", 2.5), ("AmazonS3", 0.25), ("AWS Credits", -0.5))
    ]
    aws_server.seed(costs=rows, forecast={"mean": 3.0, "lower": 2.5, "upper": 4.0})
    engine = make_engine(now=NOW)
    assert engine.run(PANELS["C1"])["cost"].tolist() == [round(30 * 2.25)]
    assert engine.run(PANELS["C3"]).to_dict("records") == [
        {"service": "AmazonEC2", "cost": 75.0},
        {"service": "AmazonS3", "cost": 7.5},
    ]
    chart = engine.run(PANELS["C4"])
    assert (len(chart), chart["AWS Credits"].tolist()) == (30, [-0.5] * 30)
    gross = engine.run('aws-cost from=20261101 record_type="!Credit" unblended_cost by linked_account')
    assert gross["unblended_cost"].sum() == pytest.approx(23 * 2.75)
    assert set(gross["linked_account_name"]) == {"Production"}
    assert engine.run("aws-cost-forecast | stats sum(upper_bound) as most")["most"].tolist() == [28.0]
    again = engine.execute(PANELS["C1"])
    assert again.live[0].calls == 0
    assert {call["call"] for call in aws_server.calls()} >= {"GetCostAndUsage", "GetCostForecast"}
