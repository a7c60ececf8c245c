"""`aws-ec2-security-group-rules`: what security groups let in and out, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, get, present, tags
from engine.aws.ec2_instances import PAGE, ec2_filters
from engine.catalog import BOOL, INT, STRING, Field
from engine.language.nodes import Option

ANYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True)
class Ec2SecurityGroupRules(AwsCommand):
    """Rules of security groups; `is_open` is true for one that is for the whole internet.

    Ports are -1 when all are meant, and `ip_protocol` is `-1` for all protocols.

    Example:
        aws-ec2-security-group-rules | search is_open and not(is_egress) and not(in(from_port, 80, 443))
    """

    word: ClassVar[str] = "aws-ec2-security-group-rules"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("group_id", str, "only rules of these groups, a comma list"),
        Option("tag.KEY", str, "only rules with this value of a tag", keyed=True),
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ec2:DescribeSecurityGroupRules", "ec2", "describe_security_group_rules", {"MaxResults": 5}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("security_group_rule_id", STRING, "identifies the rule"),
        Field("group_id", STRING, "security group it belongs to"),
        Field("is_egress", BOOL, "true for what may go out, false for what may come in"),
        Field("is_open", BOOL, "whether it is for everybody: 0.0.0.0/0 or ::/0"),
        Field("ip_protocol", STRING, "`tcp`, `udp`, `icmp`, a number, or `-1` for all"),
        Field("from_port", INT, "first port, or the ICMP type; -1 for all"),
        Field("to_port", INT, "last port, or the ICMP code; -1 for all"),
        Field("cidr_ipv4", STRING, "IPv4 addresses it is for"),
        Field("cidr_ipv6", STRING, "IPv6 addresses it is for"),
        Field("prefix_list_id", STRING, "prefix list it is for"),
        Field("referenced_group_id", STRING, "security group it is for"),
        Field("referenced_account_id", STRING, "account of that group"),
        Field("description", STRING, "what its author says of it"),
        Field("tags", TAGS, "all tags"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        filters = ec2_filters(self, {"group_id": "group-id"})
        found = ask.items("describe_security_group_rules", "SecurityGroupRules", Filters=filters, MaxResults=PAGE)
        for rule in found:
            ranges = (present(rule.get("CidrIpv4")), present(rule.get("CidrIpv6")))
            yield {
                "security_group_rule_id": rule.get("SecurityGroupRuleId"),
                "group_id": rule.get("GroupId"),
                "is_egress": rule.get("IsEgress"),
                "is_open": any(item in ANYWHERE for item in ranges),
                "ip_protocol": rule.get("IpProtocol"),
                "from_port": rule.get("FromPort"),
                "to_port": rule.get("ToPort"),
                "cidr_ipv4": ranges[0],
                "cidr_ipv6": ranges[1],
                "prefix_list_id": present(rule.get("PrefixListId")),
                "referenced_group_id": get(rule, "ReferencedGroupInfo", "GroupId"),
                "referenced_account_id": get(rule, "ReferencedGroupInfo", "UserId"),
                "description": present(rule.get("Description")),
                "tags": tags(rule),
            }
