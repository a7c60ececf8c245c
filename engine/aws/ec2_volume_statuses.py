"""`aws-ec2-volume-statuses`: health checks of EBS volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.nodes import Option


@dataclass(frozen=True)
class Ec2VolumeStatuses(AwsCommand):
    """Health checks of EBS volumes.

    Example:
        aws-ec2-volume-statuses | search volume_status != "ok"
    """

    word: ClassVar[str] = "aws-ec2-volume-statuses"
    takes: ClassVar[tuple[Option, ...]] = COMMON
