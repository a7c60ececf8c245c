"""`aws-elb-target-health`: the targets of load balancers, and whether they are healthy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import get, present
from engine.aws.elb_load_balancers import PAGE
from engine.aws.problems import Refused
from engine.catalog import INT, IP, STRING, Field
from engine.language.nodes import Option


@dataclass(frozen=True)
class ElbTargetHealth(AwsCommand):
    """Targets of application, network and gateway load balancers with their state and its reason.

    `target_id` is an instance, an address, or the ARN of a function or another load balancer. A group that no load
    balancer uses has targets in state `unused`.

    Example:
        aws-elb-target-health | search not(in(state, "healthy", "unused"))
    """

    word: ClassVar[str] = "aws-elb-target-health"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("target_group", str, "only groups of these names, a comma list"),
    )
    service: ClassVar[str] = "elbv2"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("elasticloadbalancing:DescribeTargetGroups", "elbv2", "describe_target_groups", {"PageSize": 1}),
        Action(
            "elasticloadbalancing:DescribeTargetHealth", "elbv2", "describe_target_health",
            {"TargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/none/0123456789abcdef"},
            ("TargetGroupNotFound", "ValidationError"),
        ),
    )  # fmt: skip
    columns: ClassVar[tuple[Field, ...]] = (
        Field("load_balancer", STRING, "name of the load balancer, a comma list of several; null when none uses it"),
        Field("target_group_name", STRING, "name of the target group"),
        Field("target_group_arn", STRING, "ARN of the target group, as in the logs of application load balancers"),
        Field("target_id", STRING, "instance, address, or ARN of a function or load balancer"),
        Field("target_ip", IP, "address of a target that is given by it"),
        Field("port", INT, "port of the target"),
        Field("availability_zone", STRING, "zone of the target; null when it is that of its instance"),
        Field("state", STRING, "`healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`"),
        Field("reason", STRING, "code of why it is not healthy"),
        Field("description", STRING, "that in words"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        names = self.setting("target_group")
        wanted = None if names is None else [name.strip() for name in names.split(",")]
        size = PAGE if wanted is None else None  # which goes without names only
        for group in ask.items("describe_target_groups", "TargetGroups", Names=wanted, PageSize=size):
            balancers = [arn.split("/")[-2] for arn in group.get("LoadBalancerArns") or () if arn.count("/") > 1]
            for found in _targets(ask, group.get("TargetGroupArn")):
                target_id = get(found, "Target", "Id")
                yield {
                    "load_balancer": ", ".join(balancers) or None,
                    "target_group_name": group.get("TargetGroupName"),
                    "target_group_arn": group.get("TargetGroupArn"),
                    "target_id": target_id,
                    "target_ip": _address(target_id),
                    "port": get(found, "Target", "Port"),
                    "availability_zone": present(get(found, "Target", "AvailabilityZone")),
                    "state": get(found, "TargetHealth", "State"),
                    "reason": present(get(found, "TargetHealth", "Reason")),
                    "description": present(get(found, "TargetHealth", "Description")),
                }


def _targets(ask: Ask, arn: str | None) -> list[dict[str, Any]]:
    """The targets of a group; none when it is gone meanwhile."""
    try:
        return list(ask.items("describe_target_health", "TargetHealthDescriptions", TargetGroupArn=arn))
    except Refused as problem:
        if problem.code != "TargetGroupNotFound":
            raise
        return []


def _address(target: str | None) -> str | None:
    """A target that is given by its address.

    >>> _address("10.20.1.21"), _address("i-0123456789abcdef0")
    ('10.20.1.21', None)
    """
    try:
        return str(ip_address(target or ""))
    except ValueError:
        return None
