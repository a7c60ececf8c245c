"""`aws-cloudwatch-stats`: statistics of CloudWatch metrics over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.durations import read_count, read_duration
from engine.language.nodes import Option


@dataclass(frozen=True)
class CloudwatchStats(AwsCommand):
    """Statistics of CloudWatch metrics over time.

    Example:
        aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"
    """

    word: ClassVar[str] = "aws-cloudwatch-stats"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("metric", str, "the metric's exact name"),
        Option("duration", read_duration, "how far back from now"),
        Option("from", str, "start, instead of `duration`"),
        Option("to", str, "end"),
        Option("span", read_duration, "width of a period"),
        Option("namespace", str, "only this namespace"),
        Option("stat", str, "`avg` (default), `sum`, `min`, `max`, `count`, `p95` …"),
        Option("statistic", str, "the same as `stat`"),
        Option("dimensions", str, "`Name=value` pairs, the value may be left out"),
        Option("max_series", read_count, "refuse more series than this"),
    )
