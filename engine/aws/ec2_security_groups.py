"""`aws-ec2-security-groups`: security groups with what they let in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, TEXTS, present, tags
from engine.aws.ec2_instances import PAGE, ec2_filters
from engine.catalog import INT, STRING, Field, list_of, map_of
from engine.language.nodes import Option

PERMISSIONS = list_of(
    map_of(
        {
            "ip_protocol": STRING,
            "from_port": INT,
            "to_port": INT,
            "cidrs_ipv4": TEXTS,
            "cidrs_ipv6": TEXTS,
            "groups": TEXTS,
            "prefix_lists": TEXTS,
        }
    )
)


@dataclass(frozen=True)
class Ec2SecurityGroups(AwsCommand):
    """Security groups; each port range is one element of `inbound` or `outbound`.

    `aws-ec2-security-group-rules` has the same rule by rule, which is easier to search.

    Example:
        aws-ec2-security-groups | search group_name == "default" | explode inbound
    """

    word: ClassVar[str] = "aws-ec2-security-groups"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("group_id", str, "only these groups, a comma list"),
        Option("group_name", str, "only groups of these names, a comma list"),
        Option("vpc_id", str, "only these networks, a comma list"),
        Option("tag.KEY", str, "only groups with this value of a tag", keyed=True),
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ec2:DescribeSecurityGroups", "ec2", "describe_security_groups", {"MaxResults": 5}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("group_id", STRING, "identifies the group"),
        Field("group_name", STRING, "name of the group"),
        Field("description", STRING, "what its owner says of it"),
        Field("vpc_id", STRING, "network it belongs to"),
        Field("owner_id", STRING, "account that owns it"),
        Field("inbound", PERMISSIONS, "what may come in: ports and from where"),
        Field("outbound", PERMISSIONS, "what may go out: ports and where to"),
        Field("tags", TAGS, "all tags"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        names = {"group_id": "group-id", "group_name": "group-name", "vpc_id": "vpc-id"}
        filters = ec2_filters(self, names)
        for group in ask.items("describe_security_groups", "SecurityGroups", Filters=filters, MaxResults=PAGE):
            yield {
                "group_id": group.get("GroupId"),
                "group_name": group.get("GroupName"),
                "description": present(group.get("Description")),
                "vpc_id": present(group.get("VpcId")),
                "owner_id": group.get("OwnerId"),
                "inbound": [_permission(one) for one in group.get("IpPermissions") or ()],
                "outbound": [_permission(one) for one in group.get("IpPermissionsEgress") or ()],
                "tags": tags(group),
            }


def _permission(permission: Mapping[str, Any]) -> dict[str, Any]:
    """A range of ports with everybody it is for; ports are null when all protocols are meant."""
    return {
        "ip_protocol": permission.get("IpProtocol"),
        "from_port": permission.get("FromPort"),
        "to_port": permission.get("ToPort"),
        "cidrs_ipv4": [item.get("CidrIp") for item in permission.get("IpRanges") or ()],
        "cidrs_ipv6": [item.get("CidrIpv6") for item in permission.get("Ipv6Ranges") or ()],
        "groups": [item.get("GroupId") for item in permission.get("UserIdGroupPairs") or ()],
        "prefix_lists": [item.get("PrefixListId") for item in permission.get("PrefixListIds") or ()],
    }
