"""`aws-cloudwatch-alarms`: alarms and the state they are in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import DIMENSIONS, TEXTS, present
from engine.catalog import BOOL, DATE, DOUBLE, INT, STRING, Field
from engine.language.nodes import Option

_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")


def read_state(text: str) -> str:
    """A state of alarms, in any case."""
    state = text.upper()
    if state not in _STATES:
        raise ValueError(f"`{text}` is none of {', '.join(_STATES)}")
    return state


@dataclass(frozen=True)
class CloudwatchAlarms(AwsCommand):
    """CloudWatch alarms and the state they are in, those that combine other alarms too.

    Example:
        aws-cloudwatch-alarms state=ALARM | fields alarm_name, state_updated, state_reason
    """

    word: ClassVar[str] = "aws-cloudwatch-alarms"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("state", read_state, "only those in this state: `OK`, `ALARM`, `INSUFFICIENT_DATA`"),
        Option("prefix", str, "only those whose name begins so"),
    )
    service: ClassVar[str] = "cloudwatch"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("cloudwatch:DescribeAlarms", "cloudwatch", "describe_alarms", {"MaxRecords": 1}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("alarm_name", STRING, "name of the alarm"),
        Field("alarm_arn", STRING, "ARN of the alarm"),
        Field("alarm_type", STRING, "`metric`, or `composite` for one that combines others"),
        Field("alarm_description", STRING, "what its owner says of it"),
        Field("state_value", STRING, "`OK`, `ALARM` or `INSUFFICIENT_DATA`"),
        Field("state_reason", STRING, "why it is in this state"),
        Field("state_updated", DATE, "when the state was told last"),
        Field("namespace", STRING, "namespace of its metric; null when it looks at several"),
        Field("metric", STRING, "its metric"),
        Field("dimensions", DIMENSIONS, "what the metric is of"),
        Field("statistic", STRING, "the statistic that is compared, such as `Average` or `p99`"),
        Field("period", INT, "seconds that one value covers"),
        Field("threshold", DOUBLE, "what values are compared with"),
        Field("comparison_operator", STRING, "how they are compared, such as `GreaterThanThreshold`"),
        Field("evaluation_periods", INT, "over how many periods"),
        Field("datapoints_to_alarm", INT, "how many of them must be beyond the threshold"),
        Field("treat_missing_data", STRING, "what a missing value counts as"),
        Field("alarm_rule", STRING, "how a composite alarm combines others"),
        Field("actions_enabled", BOOL, "whether anything happens in the state ALARM"),
        Field("alarm_actions", TEXTS, "what happens then: topics, scaling policies"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        pages = ask.pages(
            "describe_alarms",
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],  # without this the API leaves composite ones out
            StateValue=ask.option("state"),
            AlarmNamePrefix=ask.option("prefix"),
            MaxRecords=100,
        )
        for page in pages:
            for alarm in page.get("MetricAlarms") or ():
                yield _shared(alarm) | _of_metric(alarm)
            for alarm in page.get("CompositeAlarms") or ():
                yield _shared(alarm) | {"alarm_type": "composite", "alarm_rule": alarm.get("AlarmRule")}


def _shared(alarm: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "alarm_name": alarm.get("AlarmName"),
        "alarm_arn": alarm.get("AlarmArn"),
        "alarm_description": present(alarm.get("AlarmDescription")),
        "state_value": alarm.get("StateValue"),
        "state_reason": present(alarm.get("StateReason")),
        "state_updated": alarm.get("StateUpdatedTimestamp"),
        "actions_enabled": alarm.get("ActionsEnabled"),
        "alarm_actions": alarm.get("AlarmActions") or [],
    }


def _of_metric(alarm: Mapping[str, Any]) -> dict[str, Any]:
    dimensions = alarm.get("Dimensions") or ()
    return {
        "alarm_type": "metric",
        "namespace": present(alarm.get("Namespace")),
        "metric": present(alarm.get("MetricName")),
        "dimensions": [{"name": item.get("Name"), "value": item.get("Value")} for item in dimensions],
        "statistic": present(alarm.get("Statistic") or alarm.get("ExtendedStatistic")),
        "period": alarm.get("Period"),
        "threshold": alarm.get("Threshold"),
        "comparison_operator": present(alarm.get("ComparisonOperator")),
        "evaluation_periods": alarm.get("EvaluationPeriods"),
        "datapoints_to_alarm": alarm.get("DatapointsToAlarm"),
        "treat_missing_data": present(alarm.get("TreatMissingData")),
    }
