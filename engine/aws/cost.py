"""`aws-cost`: what AWS billed, by day and by the dimensions behind `by`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.durations import read_count, read_switch
from engine.language.nodes import Option


@dataclass(frozen=True)
class Cost(AwsCommand):
    """What AWS billed, by day and by the dimensions behind `by`.

    Example:
        aws-cost days=30 unblended_cost by service
    """

    word: ClassVar[str] = "aws-cost"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("days", read_count, "the last so many complete UTC days"),
        Option("from", str, "first day, yyyyMMdd"),
        Option("to", str, "day after the last, yyyyMMdd"),
        Option("granularity", str, "`daily`, `monthly` or `hourly`"),
        Option("include_today", read_switch, "today's unfinished day too"),
        Option("service", str, "only these services"),
        Option("linked_account", str, "only these accounts"),
        Option("usage_type", str, "only these usage types"),
        Option("region_name", str, "only these regions"),
        Option("record_type", str, "only these record types; `!` in front leaves them out"),
    )
