"""`aws-ec2-addresses`: Elastic IP addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.aws.command import COMMON, AwsCommand
from engine.language.nodes import Option


@dataclass(frozen=True)
class Ec2Addresses(AwsCommand):
    """Elastic IP addresses.

    Example:
        aws-ec2-addresses | stats count
    """

    word: ClassVar[str] = "aws-ec2-addresses"
    takes: ClassVar[tuple[Option, ...]] = COMMON
