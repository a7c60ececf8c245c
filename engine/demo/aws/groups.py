"""Security groups and their rules; some are open to the whole internet, not all of those on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.demo.aws.answers import Asked, Document, chosen, filtered, tagged
from engine.demo.aws.ec2 import group_id, require_enabled
from engine.demo.aws.estate import VPCS, Estate, made_id
from engine.demo.company import BERLIN, BERLIN_REGION, GLOBAL_REGION, PORTLAND, SEOUL, SEOUL_REGION

ANYWHERE, ANYWHERE_6 = "0.0.0.0/0", "::/0"


@dataclass(frozen=True)
class Rule:
    """What may come in: `source` is an address range, a group of the same network or a prefix list."""

    port: int
    source: str
    description: str = ""
    last: int | None = None  # of a range of ports


@dataclass(frozen=True)
class Group:
    """A security group; everything may go out of it."""

    name: str
    region: str
    description: str
    rules: tuple[Rule, ...] = ()
    team: str | None = None


def _to_everybody(*ports: int) -> tuple[Rule, ...]:
    return tuple(Rule(port, source) for port in ports for source in (ANYWHERE, ANYWHERE_6))


_OFFICES = tuple(Rule(22, f"{office.addresses[0]}/32", f"office {office.name}") for office in (SEOUL, BERLIN, PORTLAND))
GROUPS = (
    Group("shop-balancer", SEOUL_REGION, "The shop's load balancer", _to_everybody(80, 443), "frontend"),
    Group("shop-web", SEOUL_REGION, "Servers of the shop", (Rule(8080, "shop-balancer"),), "frontend"),
    Group("checkout", SEOUL_REGION, "Servers of the checkout", (Rule(8443, "shop-balancer"),), "backend"),
    Group("terminals-balancer", SEOUL_REGION, "Terminals of the stores", _to_everybody(80, 9100), "backend"),
    Group(
        "store-terminals", SEOUL_REGION, "Servers for the stores",
        (Rule(8080, "terminals-balancer"), Rule(9100, "terminals-balancer")), "backend",
    ),
    Group(
        "old-bastion", SEOUL_REGION, "created by launch wizard 7",
        (*_OFFICES, Rule(22, ANYWHERE, "temporary, until the VPN works again")), "platform",
    ),
    Group(
        "accounting", SEOUL_REGION, "Bookkeeping",
        (Rule(3389, ANYWHERE), Rule(3389, ANYWHERE_6), Rule(445, "10.20.0.0/16", "file shares")), "finance",
    ),
    Group("cluster", SEOUL_REGION, "Nodes of the cluster", (Rule(0, "cluster", last=65535),), "platform"),
    Group("databases", SEOUL_REGION, "MySQL and PostgreSQL", (Rule(3306, "checkout"), Rule(5432, "10.20.0.0/16"))),
    Group("internal", SEOUL_REGION, "Everything else", (Rule(22, "old-bastion"), Rule(9100, "10.20.0.0/16")), None),
    Group("default", SEOUL_REGION, "default VPC security group", (Rule(0, "default", last=65535),)),
    Group("api-balancer", BERLIN_REGION, "The load balancer of the app", _to_everybody(443), "backend"),
    Group(
        "api", BERLIN_REGION, "Servers of the app",
        (Rule(8080, "api-balancer"), Rule(9000, "api-balancer"), Rule(50051, "pl-6da54004", "prefix list of the VPN")),
        "backend",
    ),
    Group("default", BERLIN_REGION, "default VPC security group", (Rule(0, "default", last=65535),)),
    Group("mail", GLOBAL_REGION, "Mail relay", (Rule(25, ANYWHERE, "incoming mail"), *_OFFICES[:1]), "platform"),
    Group(
        "gpu-test", GLOBAL_REGION, "launch-wizard-1 created from the console",
        (Rule(8888, ANYWHERE, "notebook"), *_OFFICES[:1]), "backend",
    ),
    Group("default", GLOBAL_REGION, "default VPC security group", (Rule(0, "default", last=65535),)),
    Group("default", "sa-east-1", "default VPC security group", (Rule(0, "default", last=65535),)),
)  # fmt: skip

GROUP_FILTERS = {
    "description": "Description",
    "group-id": "GroupId",
    "group-name": "GroupName",
    "ip-permission.cidr": "IpPermissions.IpRanges.CidrIp",
    "ip-permission.from-port": "IpPermissions.FromPort",
    "ip-permission.to-port": "IpPermissions.ToPort",
    "vpc-id": "VpcId",
}
RULE_FILTERS = {"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId"}


def describe_security_groups(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Groups with their rules gathered by port."""
    documents = [_group(group, estate) for group in _in_region(region, "describe_security_groups")]
    documents = chosen(documents, asked.get("GroupIds"), "GroupId", "InvalidGroup.NotFound", "describe_security_groups")
    yield {"SecurityGroups": filtered(documents, asked, GROUP_FILTERS, "describe_security_groups")}


def _in_region(region: str | None, operation: str) -> list[Group]:
    region = require_enabled(region, operation)
    return [group for group in GROUPS if group.region == region]


def _group(group: Group, estate: Estate) -> Document:
    permissions: dict[tuple[int, int], Document] = {}
    for rule in group.rules:
        ports = (rule.port, rule.last or rule.port)
        permission = permissions.setdefault(ports, {"IpProtocol": "tcp", "FromPort": ports[0], "ToPort": ports[1]})
        for member in ("UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds"):
            permission.setdefault(member, [])
        member, fact = _source(rule, group, estate)
        permission[member].append({**fact, **({"Description": rule.description} if rule.description else {})})
    everywhere: Document = {
        "IpProtocol": "-1",
        "UserIdGroupPairs": [],
        "IpRanges": [{"CidrIp": ANYWHERE}],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
    }
    identifier = group_id(group.region, group.name)
    return {
        "GroupId": identifier,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": estate.account,
        "VpcId": VPCS[group.region],
        "SecurityGroupArn": f"arn:aws:ec2:{group.region}:{estate.account}:security-group/{identifier}",
        "IpPermissions": list(permissions.values()),
        "IpPermissionsEgress": [everywhere],
        "Tags": tagged(team=group.team),
    }


def _source(rule: Rule, group: Group, estate: Estate) -> tuple[str, Document]:
    """Where a rule's source stands in a permission."""
    if rule.source.startswith("pl-"):
        return "PrefixListIds", {"PrefixListId": rule.source}
    if "/" not in rule.source:
        return "UserIdGroupPairs", {"GroupId": group_id(group.region, rule.source), "UserId": estate.account}
    return ("Ipv6Ranges", {"CidrIpv6": rule.source}) if ":" in rule.source else ("IpRanges", {"CidrIp": rule.source})


def describe_security_group_rules(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Each rule by itself."""
    groups = _in_region(region, "describe_security_group_rules")
    documents = [document for group in groups for document in _rules(group, estate)]
    documents = chosen(
        documents, asked.get("SecurityGroupRuleIds"), "SecurityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound",
        "describe_security_group_rules",
    )  # fmt: skip
    yield {"SecurityGroupRules": filtered(documents, asked, RULE_FILTERS, "describe_security_group_rules")}


def _rules(group: Group, estate: Estate) -> Iterator[Document]:
    for rule in group.rules:
        yield _rule(group, rule, estate)
    out = _rule(group, Rule(-1, ANYWHERE), estate)
    yield {**out, "IsEgress": True, "IpProtocol": "-1"}


def _rule(group: Group, rule: Rule, estate: Estate) -> Document:
    member, fact = _source(rule, group, estate)
    facts: Document = {"ReferencedGroupInfo": fact} if member == "UserIdGroupPairs" else fact
    if member == "IpRanges":
        facts = {"CidrIpv4": fact["CidrIp"]}
    identifier = made_id("sgr", f"{group.region} {group.name} {rule}")
    return {
        "SecurityGroupRuleId": identifier,
        "GroupId": group_id(group.region, group.name),
        "GroupOwnerId": estate.account,
        "IsEgress": False,
        "IpProtocol": "tcp",
        "FromPort": rule.port,
        "ToPort": rule.last or rule.port,
        **facts,
        **({"Description": rule.description} if rule.description else {}),
        "Tags": [],
        "SecurityGroupRuleArn": f"arn:aws:ec2:{group.region}:{estate.account}:security-group-rule/{identifier}",
    }
