"""`aws-ec2-instance-statuses`: health checks and scheduled events of EC2 instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.durations import read_switch
from engine.language.nodes import Option


@dataclass(frozen=True)
class Ec2InstanceStatuses(AwsCommand):
    """Health checks and scheduled events of EC2 instances.

    Example:
        aws-ec2-instance-statuses | search volume_status != "ok"
    """

    word: ClassVar[str] = "aws-ec2-instance-statuses"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("all", read_switch, "stopped instances too"),
    )
