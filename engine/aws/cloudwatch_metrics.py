"""`aws-cloudwatch-metrics`: metrics that CloudWatch has data of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import DIMENSIONS, TEXTS
from engine.catalog import STRING, Field
from engine.language.durations import read_switch
from engine.language.nodes import Option

_MOST_DIMENSIONS = 10  # of a filter, says the API


def read_dimensions(text: str) -> list[dict[str, str]]:
    """`Name=value` pairs as the API's filter; the value may be left out.

    >>> read_dimensions("InstanceId=i-0abc, AutoScalingGroupName")
    [{'Name': 'InstanceId', 'Value': 'i-0abc'}, {'Name': 'AutoScalingGroupName'}]
    """
    found = []
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not name or (equals and not value):
            raise ValueError(f"`{part.strip()}` is not `Name=value`")
        found.append({"Name": name, "Value": value} if equals else {"Name": name})
    if len(found) > _MOST_DIMENSIONS:
        raise ValueError(f"more than {_MOST_DIMENSIONS} dimensions")
    return found


@dataclass(frozen=True, order=True)
class Series:
    """What CloudWatch keeps values of: a metric and the dimensions it was reported with, in the API's order."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...] = ()
    owner: str = ""

    def pairs(self) -> list[dict[str, str]]:
        """The dimensions as rows hold them."""
        return [{"name": name, "value": value} for name, value in self.dimensions]


def listed(ask: Ask, **filters: Any) -> Iterator[Series]:
    """The series that fit filters of ListMetrics."""
    for page in ask.pages("list_metrics", **filters):
        owners = page.get("OwningAccounts") or ()
        for index, metric in enumerate(page.get("Metrics") or ()):
            dimensions = tuple((item["Name"], item["Value"]) for item in metric.get("Dimensions") or ())
            owner = owners[index] if index < len(owners) else ""
            yield Series(metric["Namespace"], metric["MetricName"], dimensions, owner)


def labels(found: Sequence[Series]) -> list[str]:
    """A name for each series that no other one of the same metric has, so far as they differ.

    AWS's own label depends on the whole request. The dimensions' values, else the metric's name; whose name is taken
    adds its namespace, and when that does not help, the dimensions' names and the account.

    >>> labels([Series("AWS/EC2", "CPUUtilization", (("InstanceId", "i-0abc"),)),
    ...     Series("AWS/RDS", "CPUUtilization", (("DBInstanceIdentifier", "prod"),)),
    ...     Series("AWS/RDS", "CPUUtilization", (("DBClusterIdentifier", "prod"),)),
    ...     Series("AWS/EC2", "CPUUtilization")])
    ['i-0abc', 'prod (AWS/RDS DBInstanceIdentifier)', 'prod (AWS/RDS DBClusterIdentifier)', 'CPUUtilization']
    """
    forms: tuple[Callable[[Series], str], ...] = (_plain, _with_namespace, _with_names, _with_owner)
    made = [_plain(series) for series in found]
    for form in forms[1:]:
        sharing = defaultdict(list)
        for index, series in enumerate(found):
            sharing[series.metric, made[index]].append(index)
        for indexes in sharing.values():
            if len(indexes) > 1:
                for index in indexes:
                    made[index] = form(found[index])
    return made


def _plain(series: Series) -> str:
    return " ".join(value for _, value in series.dimensions) or series.metric


def _with_namespace(series: Series) -> str:
    return f"{_plain(series)} ({series.namespace})"


def _with_names(series: Series) -> str:
    return f"{_plain(series)} ({' '.join([series.namespace, *(name for name, _ in series.dimensions)])})"


def _with_owner(series: Series) -> str:
    return f"{_with_names(series)} {series.owner}".rstrip()


@dataclass(frozen=True)
class CloudwatchMetrics(AwsCommand):
    """Metrics that CloudWatch has data of: those reported in the last two weeks, new ones after 15 minutes at most.

    Example:
        aws-cloudwatch-metrics namespace="AWS/EC2"
    """

    word: ClassVar[str] = "aws-cloudwatch-metrics"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("namespace", str, "only this namespace"),
        Option("metric", str, "only this metric"),
        Option("dimensions", read_dimensions, "`Name=value` pairs, the value may be left out"),
        Option("recent", read_switch, "only metrics with data of the last three hours"),
        Option("linked_accounts", read_switch, "in a monitoring account: those of linked accounts too"),
        Option("owning_account", str, "in a monitoring account: only this account's"),
    )
    service: ClassVar[str] = "cloudwatch"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("cloudwatch:ListMetrics", "cloudwatch", "list_metrics", {"Namespace": "AWS/EC2"}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("namespace", STRING, "whose metric it is, such as `AWS/EC2`"),
        Field("metric", STRING, "name of the metric, as `metric=` of `aws-cloudwatch-stats` takes it"),
        Field("label", STRING, "the dimensions' values; what else is needed to tell two apart"),
        Field("dimensions", DIMENSIONS, "what the metric is of"),
        Field("dimension_names", TEXTS, "names of the dimensions"),
        Field("owning_account", STRING, "account of the metric, with `linked_accounts`"),
    )

    def max_age(self) -> timedelta:
        return timedelta(minutes=15)

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        owner = ask.option("owning_account")
        found = listed(
            ask,
            Namespace=ask.option("namespace"),
            MetricName=ask.option("metric"),
            Dimensions=ask.option("dimensions"),
            RecentlyActive="PT3H" if ask.option("recent") else None,
            IncludeLinkedAccounts=True if ask.option("linked_accounts") or owner else None,
            OwningAccount=owner,
        )
        known = sorted(set(found))
        for series, label in zip(known, labels(known), strict=True):
            yield {
                "namespace": series.namespace,
                "metric": series.metric,
                "label": label,
                "dimensions": series.pairs(),
                "dimension_names": [name for name, _ in series.dimensions],
                "owning_account": series.owner or None,
            }
