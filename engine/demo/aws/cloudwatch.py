"""CloudWatch: which metrics there are, their statistics, and alarms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from engine.demo.aws.answers import Asked, Document, refused
from engine.demo.aws.ec2 import require_enabled
from engine.demo.aws.estate import IMPAIRED_FOR, IMPAIRED_NAME, Estate
from engine.demo.aws.series import Series, Values, all_series
from engine.demo.aws.spending import Bill
from engine.demo.company import BERLIN_REGION, GLOBAL_REGION, SEOUL_REGION
from engine.demo.elb.balancers import SHOP
from engine.demo.elb.incidents import ELB_INCIDENTS, SLOW_FOR

LISTED_FOR = timedelta(days=14)
RECENT = timedelta(hours=3)
RETENTION = ((60, timedelta(days=15)), (300, timedelta(days=63)), (3600, timedelta(days=455)))
"""Seconds of a period and how long values of such periods are kept."""
MOST_QUERIES = 500
MOST_POINTS = 100_800


@lru_cache(maxsize=2)
def _known(estate: Estate) -> Mapping[str, tuple[Series, ...]]:
    """All series by region."""
    found: dict[str, list[Series]] = {}
    for series in all_series(estate):
        found.setdefault(series.region, []).append(series)
    return {region: tuple(listed) for region, listed in found.items()}


def list_metrics(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Metrics that reported lately, chosen by name, namespace and dimensions."""
    region = require_enabled(region, "list_metrics")
    since = estate.now - (RECENT if asked.get("RecentlyActive") else LISTED_FOR)
    found = [
        _metric(series)
        for series in _known(estate).get(region, ())
        if asked.get("Namespace") in (None, series.namespace)
        and asked.get("MetricName") in (None, series.metric)
        and all(_has(series, wanted) for wanted in asked.get("Dimensions") or ())
        and (series.ends is None or series.ends > since)
    ]
    for first in range(0, max(1, len(found)), MOST_QUERIES):
        yield {"Metrics": found[first : first + MOST_QUERIES], "OwningAccounts": []}


def _metric(series: Series) -> Document:
    return {
        "Namespace": series.namespace,
        "MetricName": series.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
    }


def _has(series: Series, wanted: Mapping[str, str]) -> bool:
    return any(name == wanted["Name"] and wanted.get("Value") in (None, value) for name, value in series.dimensions)


# ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────────


def get_metric_data(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Values of up to 500 metrics, page after page of 100,800. Periods begin where the clock's do."""
    operation = "get_metric_data"
    region = require_enabled(region, operation)
    queries = asked["MetricDataQueries"]
    if not 1 <= len(queries) <= MOST_QUERIES:
        raise refused(operation, "ValidationError", "The collection MetricDataQueries must have 1 to 500 members")
    begin, end = (_second(asked[name]) for name in ("StartTime", "EndTime"))
    if begin >= end:
        message = "The parameter StartTime must be less than the parameter EndTime"
        raise refused(operation, "ValidationError", message)
    ascending = asked.get("ScanBy") == "TimestampAscending"
    results = [
        _result(query, _known(estate).get(region, ()), begin, end, estate, ascending)
        for query in queries
        if query.get("ReturnData", True)
    ]
    for page in _pages(results, min(asked.get("MaxDatapoints") or MOST_POINTS, MOST_POINTS)):
        yield {"MetricDataResults": page, "Messages": []}


def _second(when: Any) -> int:
    return int(when.timestamp()) if isinstance(when, datetime) else int(when)


def _result(
    query: Mapping[str, Any], known: Sequence[Series], begin: int, end: int, estate: Estate, ascending: bool
) -> Document:
    if "MetricStat" not in query:
        raise refused("get_metric_data", "ValidationError", "The sample company calculates no expressions")
    asked = query["MetricStat"]
    metric, period = asked["Metric"], asked["Period"]
    dimensions = sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions") or ())
    found = [
        series
        for series in known
        if (series.namespace, series.metric) == (metric["Namespace"], metric["MetricName"])
        and sorted(series.dimensions) == dimensions
    ]
    until = min(end, int(estate.now.timestamp()))
    points = _points(found[0], begin, until, period, asked["Stat"], estate) if found else {}
    times = sorted(points, reverse=not ascending)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric["MetricName"],
        "Timestamps": [datetime.fromtimestamp(second, UTC) for second in times],
        "Values": [points[second] for second in times],
        "StatusCode": "Complete",
    }


def _points(series: Series, begin: int, end: int, period: int, stat: str, estate: Estate) -> dict[int, float]:
    """A statistic by the second that its period begins with; nothing where the period is too fine to be kept."""
    kept = next((age for width, age in RETENTION if period % width == 0 and period < 5 * width), RETENTION[-1][1])
    if period >= RETENTION[-1][0]:
        kept = RETENTION[-1][1]
    begin = max(begin, int((estate.now - kept).timestamp()))
    first = begin // period * period
    times, values = series.values(first, end)
    if not len(times):
        return {}
    starts = times // period * period
    edges = np.flatnonzero(np.diff(starts)) + 1
    parts = np.split(values, edges)
    seconds = starts[np.concatenate(([0], edges)).astype(np.int64)]
    reduce = _statistic(stat)
    return {int(second): reduce(part) for second, part in zip(seconds, parts, strict=True)}


@dataclass(frozen=True)
class _Trimmed:
    """The mean of the values between two percentiles."""

    low: float
    high: float

    def __call__(self, values: Values) -> float:
        low, high = np.percentile(values, [self.low, self.high])
        return float(values[(values >= low) & (values <= high)].mean())


def _statistic(stat: str) -> Callable[[Values], float]:
    """What a statistic's name does with the values of a period. Raises ValidationError for one that is not known."""
    if stat in _SIMPLE:
        return _SIMPLE[stat]
    if found := re.fullmatch(r"p(\d+(?:\.\d+)?)", stat):
        percent = float(found[1])
        return lambda values: float(np.percentile(values, percent))
    if found := re.fullmatch(r"tm(\d+(?:\.\d+)?)", stat):
        return _Trimmed(0, float(found[1]))
    if found := re.fullmatch(r"TM\((\d+(?:\.\d+)?)%:(\d+(?:\.\d+)?)%\)", stat):
        return _Trimmed(float(found[1]), float(found[2]))
    raise refused("get_metric_data", "ValidationError", f"The value '{stat}' for parameter Stat is not supported")


_SIMPLE: Mapping[str, Callable[[Values], float]] = {
    "Average": lambda values: float(values.mean()),
    "Sum": lambda values: float(values.sum()),
    "Minimum": lambda values: float(values.min()),
    "Maximum": lambda values: float(values.max()),
    "SampleCount": lambda values: float(len(values)),
    "IQM": _Trimmed(25, 75),
}


def _pages(results: list[Document], size: int) -> Iterator[list[Document]]:
    """Results in pages of so many values; a series that goes on in the next one is partial until then."""
    page: list[Document] = []
    left = size
    for result in results:
        taken = 0
        while len(result["Values"]) - taken > left:
            page.append(_cut(result, taken, taken + left, "PartialData"))
            taken += left
            yield page
            page, left = [], size
        page.append(_cut(result, taken, None, "Complete"))
        left -= len(result["Values"]) - taken
    yield page


def _cut(result: Document, first: int, last: int | None, status: str) -> Document:
    lists = {name: result[name][first:last] for name in ("Timestamps", "Values")}
    return {**result, **lists, "StatusCode": status}


# ── alarms ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Alarm:
    """An alarm: `hours` since its state changed."""

    name: str
    region: str
    state: str
    hours: float
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    threshold: float
    statistic: str = "Average"
    comparison: str = "GreaterThanThreshold"
    period: int = 300
    times: int = 3
    reason: str = "Threshold Crossed: no datapoints were greater than the threshold"
    notifies: bool = True


def _alarms(estate: Estate) -> Iterator[_Alarm]:
    slow = next(incident for incident in ELB_INCIDENTS if incident.id == "slow-target")
    restarted = (estate.now - estate.made + slow.before_now) / timedelta(hours=1) - SLOW_FOR / 3600
    shop = (("LoadBalancer", f"app/{SHOP.name}/{SHOP.id}"),)
    sensors = (("InstanceId", estate.server(IMPAIRED_NAME).id),)
    queue = (("QueueName", "orders-to-bake-old"),)
    crossed = "Threshold Crossed: 3 datapoints were greater than the threshold"
    yield _Alarm(
        "steamer-sensors-status", SEOUL_REGION, "ALARM", IMPAIRED_FOR / timedelta(hours=1) - 0.05, "AWS/EC2",
        "StatusCheckFailed", sensors, 0, "Maximum", period=60, reason=crossed,
    )  # fmt: skip
    yield _Alarm(
        "checkout-latency", SEOUL_REGION, "OK", restarted, "AWS/ApplicationELB", "TargetResponseTime", shop, 0.5
    )
    yield _Alarm(
        "orders-stuck", SEOUL_REGION, "INSUFFICIENT_DATA", 24.0 * 61, "AWS/SQS", "ApproximateNumberOfMessagesVisible",
        queue, 500, reason="Insufficient Data: 3 datapoints were unknown", notifies=False,
    )  # fmt: skip
    yield _Alarm(
        "database-connections", SEOUL_REGION, "OK", 24.0 * 33, "AWS/RDS", "DatabaseConnections",
        (("DBInstanceIdentifier", "orders-primary"),), 400, "Maximum",
    )  # fmt: skip
    yield _Alarm(
        "reporting-cpu", SEOUL_REGION, "ALARM", 5.3, "AWS/RDS", "CPUUtilization",
        (("DBInstanceIdentifier", "orders-reporting"),), 60, reason=crossed, notifies=False,
    )  # fmt: skip
    yield _Alarm(
        "api-server-errors", BERLIN_REGION, "OK", 24.0 * 6, "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count",
        (("LoadBalancer", "app/api-eu/c18e5a0937bd42f6"),), 20, "Sum", period=60,
    )  # fmt: skip
    crossed = crossed.replace("3 datapoints were", "1 datapoint was")
    since = _too_much_since(estate)
    yield _Alarm(
        "charges-of-the-month", GLOBAL_REGION, "OK" if since is None else "ALARM", 24.0 * 4 if since is None else since,
        "AWS/Billing", "EstimatedCharges", (("Currency", "USD"),), MOST_CHARGES, "Maximum", period=21600, times=1,
        reason="Threshold Crossed: no datapoints were greater than the threshold" if since is None else crossed,
    )  # fmt: skip


MOST_CHARGES = 11_000


def _too_much_since(estate: Estate) -> float | None:
    """For how many hours the month has cost too much."""
    bill, now = Bill.of(estate), estate.now.astimezone(UTC)
    hours = 0
    while (then := now - timedelta(hours=hours)).month == now.month and bill.month_to_date(then) > MOST_CHARGES:
        hours += 6
    return float(hours) if hours else None


def describe_alarms(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Alarms of a region by name, prefix, state or kind."""
    region = require_enabled(region, "describe_alarms")
    names, prefix = asked.get("AlarmNames"), asked.get("AlarmNamePrefix", "")
    found = [
        _alarm(alarm, estate)
        for alarm in _alarms(estate)
        if alarm.region == region
        and (not names or alarm.name in names)
        and alarm.name.startswith(prefix)
        and asked.get("StateValue") in (None, alarm.state)
    ]
    kinds = asked.get("AlarmTypes") or ["MetricAlarm"]
    yield {"MetricAlarms": found if "MetricAlarm" in kinds else [], "CompositeAlarms": []}


def _alarm(alarm: _Alarm, estate: Estate) -> Document:
    changed = (estate.now - timedelta(hours=alarm.hours)).replace(microsecond=0)
    topic = f"arn:aws:sns:{alarm.region}:{estate.account}:on-call"
    return {
        "AlarmName": alarm.name,
        "AlarmArn": f"arn:aws:cloudwatch:{alarm.region}:{estate.account}:alarm:{alarm.name}",
        "AlarmConfigurationUpdatedTimestamp": estate.ago(120),
        "ActionsEnabled": alarm.notifies,
        "OKActions": [],
        "AlarmActions": [topic] if alarm.notifies else [],
        "InsufficientDataActions": [],
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": changed,
        "StateTransitionedTimestamp": changed,
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in alarm.dimensions],
        "Statistic": alarm.statistic,
        "Period": alarm.period,
        "EvaluationPeriods": alarm.times,
        "DatapointsToAlarm": alarm.times,
        "Threshold": float(alarm.threshold),
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": "missing",
    }
