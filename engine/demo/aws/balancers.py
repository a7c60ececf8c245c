"""Load balancers of both kinds, their target groups and the health of targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.demo.aws.answers import Asked, Document, refused
from engine.demo.aws.ec2 import group_id, require_enabled
from engine.demo.aws.estate import IMPAIRED_NAME, VPCS, Estate, made_id
from engine.demo.company import PROD, SEOUL_REGION
from engine.demo.elb.balancers import (
    API,
    API_APP,
    API_PARTNER,
    API_STOCK,
    BALANCERS,
    CHECKOUT,
    DELIVERY_SLOTS,
    DIRECT,
    SHOP,
    SHOP_WEB,
    TERMINALS,
    Balancer,
    Rule,
)

LOG_BUCKET = "moonrabbit-access-logs"
AGES = {"shop-web": 402, "api-eu": 233, "store-terminals": 1630, "steamer-hub": 233}
SECURITY_GROUPS = {"shop-web": "shop-balancer", "api-eu": "api-balancer", "store-terminals": "terminals-balancer"}
HUB = Balancer("steamer-hub", "0f5d81c2ab37e694", SEOUL_REGION, ())
"""A network load balancer inside the network, which writes no logs."""


@dataclass(frozen=True)
class Group:
    """A target group: `targets` are `address:port`."""

    arn: str
    balancer: Balancer | None
    kind: str  # of its targets
    protocol: str
    targets: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.arn.split("/")[1]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


def _of(rule: Rule, balancer: Balancer, kind: str = "instance") -> Group:
    return Group(rule.group, balancer, kind, "HTTP", tuple(target for target in rule.targets if target != "-"))


def _beside(name: str, balancer: Balancer | None, protocol: str, *targets: str) -> Group:
    place = f"{SEOUL_REGION}:{PROD}"
    arn = f"arn:aws:elasticloadbalancing:{place}:targetgroup/{name}/{made_id('tg', name)[3:19]}"
    return Group(arn, balancer, "instance", protocol, targets)


GROUPS = (
    _of(SHOP_WEB, SHOP),
    _of(CHECKOUT, SHOP),
    _of(DELIVERY_SLOTS, SHOP, "lambda"),
    _of(API_APP, API, "ip"),
    _of(API_PARTNER, API, "ip"),
    _of(API_STOCK, API, "ip"),
    _beside("steamer-hub", HUB, "TCP", "10.20.3.71:1883", "10.20.1.44:1883"),
    _beside("shop-web-canary", None, "HTTP", "10.20.6.140:8080"),
)


# ── application and network ──────────────────────────────────────────────────────────────────────────────────────


def describe_load_balancers(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Those of a region, some of them by ARN or name."""
    region = require_enabled(region, "describe_load_balancers")
    documents = [_balancer(balancer, estate) for balancer in (SHOP, API, HUB) if balancer.region == region]
    for member, option in (("LoadBalancerArn", "LoadBalancerArns"), ("LoadBalancerName", "Names")):
        documents = _some(documents, member, asked.get(option), "LoadBalancerNotFound", "describe_load_balancers")
    yield {"LoadBalancers": documents}


def _some(
    documents: list[Document], member: str, wanted: Sequence[str] | None, unknown: str, operation: str
) -> list[Document]:
    if not wanted:
        return documents
    found = [document for document in documents if document[member] in wanted]
    if len(found) < len(set(wanted)):
        raise refused(operation, unknown, "One or more of them not found")
    return found


def _kind(balancer: Balancer) -> str:
    return "network" if balancer is HUB else "application"


def balancer_arn(balancer: Balancer) -> str:
    kind = "net" if balancer is HUB else "app"
    place = f"{balancer.region}:{balancer.account}"
    return f"arn:aws:elasticloadbalancing:{place}:loadbalancer/{kind}/{balancer.name}/{balancer.id}"


def _zones(region: str) -> list[Document]:
    zones = "abc" if region == SEOUL_REGION else "ab"
    return [
        {
            "ZoneName": f"{region}{zone}",
            "SubnetId": made_id("subnet", f"{region}{zone}"),
            "LoadBalancerAddresses": [],
        }
        for zone in zones
    ]


def _balancer(balancer: Balancer, estate: Estate) -> Document:
    groups = SECURITY_GROUPS.get(balancer.name)
    return {
        "LoadBalancerArn": balancer_arn(balancer),
        "LoadBalancerName": balancer.name,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": "ZWKZPGTI48KDX" if balancer.region == SEOUL_REGION else "Z215JYRZR1TBD5",
        "CreatedTime": estate.ago(days=AGES[balancer.name], hours=-7),
        "Scheme": "internal" if balancer is HUB else "internet-facing",
        "VpcId": VPCS[balancer.region],
        "State": {"Code": "active"},
        "Type": _kind(balancer),
        "AvailabilityZones": _zones(balancer.region),
        "SecurityGroups": [group_id(balancer.region, groups)] if groups else [],
        "IpAddressType": "dualstack" if balancer is SHOP else "ipv4",
    }


def describe_load_balancer_attributes(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Whether it logs, and where to."""
    arn = asked.get("LoadBalancerArn")
    for balancer in (SHOP, API, HUB):
        if balancer_arn(balancer) == arn:
            logs = balancer is not HUB
            attributes = {
                "access_logs.s3.enabled": "true" if logs else "false",
                "access_logs.s3.bucket": LOG_BUCKET if logs else "",
                "access_logs.s3.prefix": "",
                "deletion_protection.enabled": "true" if balancer is SHOP else "false",
                **({"idle_timeout.timeout_seconds": "60"} if logs else {}),
            }
            if logs:
                attributes |= {
                    "idle_timeout.timeout_seconds": "60",
                    "routing.http.drop_invalid_header_fields.enabled": "false",
                }
            yield {"Attributes": [{"Key": key, "Value": value} for key, value in attributes.items()]}
            return
    raise refused("describe_load_balancer_attributes", "LoadBalancerNotFound", f"Load balancer '{arn}' not found")


# ── targets ──────────────────────────────────────────────────────────────────────────────────────────────────────


def describe_target_groups(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Those of a region, of a load balancer, or some by ARN or name."""
    region = require_enabled(region, "describe_target_groups")
    documents = [_group(group) for group in GROUPS if group.region == region]
    for member, option in (("TargetGroupArn", "TargetGroupArns"), ("TargetGroupName", "Names")):
        documents = _some(documents, member, asked.get(option), "TargetGroupNotFound", "describe_target_groups")
    arn = asked.get("LoadBalancerArn")
    yield {"TargetGroups": [one for one in documents if arn is None or arn in one["LoadBalancerArns"]]}


def _group(group: Group) -> Document:
    document: Document = {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "HealthCheckEnabled": group.kind != "lambda",
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "LoadBalancerArns": [balancer_arn(group.balancer)] if group.balancer else [],
        "TargetType": group.kind,
        "IpAddressType": "ipv4",
    }
    if group.kind != "lambda":
        document |= {
            "Protocol": group.protocol,
            "Port": int(group.targets[0].partition(":")[2]),
            "VpcId": VPCS[group.region],
            "HealthCheckProtocol": group.protocol,
            "HealthCheckPort": "traffic-port",
        }
    if group.protocol == "HTTP":
        document |= {"HealthCheckPath": "/ping", "Matcher": {"HttpCode": "200"}}
    if group.protocol == "HTTP" and group.kind != "lambda":
        document["ProtocolVersion"] = "GRPC" if group.name == "api-stock" else "HTTP1"
    return document


def describe_target_health(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The targets of a group, each with its state."""
    arn = asked.get("TargetGroupArn")
    for group in GROUPS:
        if group.arn == arn:
            yield {"TargetHealthDescriptions": _targets(group, estate)}
            return
    raise refused("describe_target_health", "TargetGroupNotFound", f"Target group '{arn}' not found")


def _targets(group: Group, estate: Estate) -> list[Document]:
    if group.kind == "lambda":
        function = f"arn:aws:lambda:{group.region}:{estate.account}:function:{group.name}"
        return [{"Target": {"Id": function, "AvailabilityZone": "all"}, "TargetHealth": _UNAVAILABLE}]
    found = []
    for target in group.targets:
        address, _, port = target.partition(":")
        server = estate.by_address(address)
        assert server is not None, target
        health: Document = {"State": "healthy"}
        if group.balancer is None:
            health = _UNUSED
        elif server.name == IMPAIRED_NAME:
            health = _FAILED
        one = {"Id": server.id if group.kind == "instance" else address, "Port": int(port)}
        if group.kind == "ip":
            one["AvailabilityZone"] = f"{server.region}{server.zone}"
        found.append({"Target": one, "HealthCheckPort": port, "TargetHealth": health})
    return found


_FAILED = {
    "State": "unhealthy",
    "Reason": "Target.FailedHealthChecks",
    "Description": "Health checks failed",
}
_UNUSED = {
    "State": "unused",
    "Reason": "Target.NotInUse",
    "Description": "Target group is not configured to receive traffic from the load balancer",
}
_UNAVAILABLE = {
    "State": "unavailable",
    "Reason": "Target.HealthCheckDisabled",
    "Description": "Health checks are not enabled for this target",
}


# ── classic ──────────────────────────────────────────────────────────────────────────────────────────────────────


def describe_classic_load_balancers(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The old one of the stores."""
    region = require_enabled(region, "describe_load_balancers")
    names = asked.get("LoadBalancerNames")
    found = [balancer for balancer in BALANCERS if balancer.id is None and balancer.region == region]
    if names:
        found = [balancer for balancer in found if balancer.name in names]
        if len(found) < len(set(names)):
            raise refused("describe_load_balancers", "LoadBalancerNotFound", "There is no ACTIVE Load Balancer")
    yield {"LoadBalancerDescriptions": [_classic(balancer, estate) for balancer in found]}


def _classic(balancer: Balancer, estate: Estate) -> Document:
    targets = [estate.by_address(target.partition(":")[0]) for target in DIRECT.targets]
    zones = sorted({f"{server.region}{server.zone}" for server in targets if server})
    listeners = [("HTTP", 80, 8080), ("TCP", 9100, 9100)]
    return {
        "LoadBalancerName": balancer.name,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneName": balancer.dns_name,
        "CanonicalHostedZoneNameID": "ZWKZPGTI48KDX",
        "ListenerDescriptions": [
            {
                "Listener": {
                    "Protocol": protocol,
                    "LoadBalancerPort": outside,
                    "InstanceProtocol": protocol,
                    "InstancePort": inside,
                },
                "PolicyNames": [],
            }
            for protocol, outside, inside in listeners
        ],
        "AvailabilityZones": zones,
        "Subnets": [made_id("subnet", zone) for zone in zones],
        "VPCId": VPCS[balancer.region],
        "Instances": [{"InstanceId": server.id} for server in targets if server],
        "HealthCheck": {
            "Target": "TCP:8080",
            "Interval": 30,
            "Timeout": 5,
            "UnhealthyThreshold": 2,
            "HealthyThreshold": 10,
        },
        "SourceSecurityGroup": {"OwnerAlias": estate.account, "GroupName": SECURITY_GROUPS[balancer.name]},
        "SecurityGroups": [group_id(balancer.region, SECURITY_GROUPS[balancer.name])],
        "CreatedTime": estate.ago(days=AGES[balancer.name], hours=-7),
        "Scheme": "internet-facing",
    }


def describe_classic_attributes(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Whether the old one logs, and where to."""
    if asked.get("LoadBalancerName") != TERMINALS.name:
        raise refused("describe_load_balancer_attributes", "LoadBalancerNotFound", "There is no ACTIVE Load Balancer")
    attributes = {
        "CrossZoneLoadBalancing": {"Enabled": False},
        "AccessLog": {"Enabled": True, "S3BucketName": LOG_BUCKET, "EmitInterval": 60, "S3BucketPrefix": ""},
        "ConnectionDraining": {"Enabled": True, "Timeout": 300},
        "ConnectionSettings": {"IdleTimeout": 60},
    }
    yield {"LoadBalancerAttributes": attributes}
