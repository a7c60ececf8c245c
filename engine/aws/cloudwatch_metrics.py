"""`aws-cloudwatch-metrics`: metrics that CloudWatch has data of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.durations import read_switch
from engine.language.nodes import Option


@dataclass(frozen=True)
class CloudwatchMetrics(AwsCommand):
    """Metrics that CloudWatch has data of.

    Example:
        aws-cloudwatch-metrics namespace="AWS/EC2"
    """

    word: ClassVar[str] = "aws-cloudwatch-metrics"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("namespace", str, "only this namespace"),
        Option("metric", str, "only this metric"),
        Option("dimensions", str, "`Name=value` pairs, the value may be left out"),
        Option("recent", read_switch, "only metrics with data of the last three hours"),
        Option("linked_accounts", read_switch, "linked accounts too"),
        Option("owning_account", str, "only this account's"),
    )
