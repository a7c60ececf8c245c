"""`aws-ec2-instances`: EC2 instances as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.nodes import Option


@dataclass(frozen=True)
class Ec2Instances(AwsCommand):
    """EC2 instances as they are now.

    Example:
        aws-ec2-instances | search state_name == "running"
    """

    word: ClassVar[str] = "aws-ec2-instances"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("instance_id", str, "only these instances"),
        Option("state", str, "only these states"),
        Option("vpc_id", str, "only these networks"),
    )
