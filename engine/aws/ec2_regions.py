"""`aws-ec2-regions`: regions that are switched on for an account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.catalog import STRING, Field
from engine.language.nodes import Option


@dataclass(frozen=True)
class Ec2Regions(AwsCommand):
    """Regions that are switched on for an account.

    Example:
        aws-ec2-regions | sort region_name
    """

    word: ClassVar[str] = "aws-ec2-regions"
    takes: ClassVar[tuple[Option, ...]] = COMMON
    is_global: ClassVar[bool] = True
    actions: ClassVar[tuple[Action, ...]] = (Action("ec2:DescribeRegions", "ec2", "describe_regions"),)
    columns: ClassVar[tuple[Field, ...]] = (
        Field("region_name", STRING, "the region"),
        Field("endpoint", STRING, "where its EC2 is"),
        Field("opt_in_status", STRING, "`opt-in-not-required` or `opted-in`"),
    )

    def max_age(self) -> timedelta:
        return timedelta(hours=1)

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        for region in ask.items("describe_regions", "Regions"):
            if region.get("OptInStatus") == "not-opted-in":
                continue
            yield {
                "region_name": region["RegionName"],
                "endpoint": region.get("Endpoint"),
                "opt_in_status": region.get("OptInStatus"),
            }
