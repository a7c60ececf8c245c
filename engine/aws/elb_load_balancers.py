"""`aws-elb-load-balancers`: load balancers of all kinds, and where they log to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TEXTS, get, present
from engine.aws.problems import Denied, Refused
from engine.catalog import DATE, STRING, Field

PAGE = 400  # the most that one page holds


@dataclass(frozen=True)
class ElbLoadBalancers(AwsCommand):
    """Application, network, gateway and classic load balancers.

    `access_log_bucket` is null for one that does not log; with it and the prefix, Trailboard can collect the logs.

    Example:
        aws-elb-load-balancers | search isnull(access_log_bucket) | fields name, type, scheme
    """

    word: ClassVar[str] = "aws-elb-load-balancers"
    takes: ClassVar = COMMON
    service: ClassVar[str] = "elbv2"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("elasticloadbalancing:DescribeLoadBalancers", "elbv2", "describe_load_balancers", {"PageSize": 1}),
        Action(
            "elasticloadbalancing:DescribeLoadBalancerAttributes", "elb", "describe_load_balancer_attributes",
            {"LoadBalancerName": "trailboard-asks"}, ("LoadBalancerNotFound", "AccessPointNotFound"),
        ),
    )  # fmt: skip
    columns: ClassVar[tuple[Field, ...]] = (
        Field("name", STRING, "name of the load balancer"),
        Field("type", STRING, "`application`, `network`, `gateway` or `classic`"),
        Field("scheme", STRING, "`internet-facing` or `internal`"),
        Field("state", STRING, "`active`, `provisioning`, `active_impaired` or `failed`; null for a classic one"),
        Field("dns_name", STRING, "name that clients ask for"),
        Field("arn", STRING, "ARN; null for a classic one"),
        Field("vpc_id", STRING, "network it is in"),
        Field("ip_address_type", STRING, "`ipv4` or `dualstack`; null for a classic one"),
        Field("created_time", DATE, "when it was made"),
        Field("security_groups", TEXTS, "ids of its security groups"),
        Field("availability_zones", TEXTS, "zones it is in"),
        Field("access_log_bucket", STRING, "bucket it logs to; null when it does not log, or that could not be asked"),
        Field("access_log_prefix", STRING, "what the keys of its logs begin with"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        for balancer in ask.items("describe_load_balancers", "LoadBalancers", PageSize=PAGE):
            yield _modern(balancer) | _log_of(ask, balancer)
        for balancer in ask.items("describe_load_balancers", "LoadBalancerDescriptions", "elb", PageSize=PAGE):
            yield _classic(balancer) | _log_of_classic(ask, balancer)


def _modern(balancer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": balancer.get("LoadBalancerName"),
        "type": balancer.get("Type"),
        "scheme": balancer.get("Scheme"),
        "state": get(balancer, "State", "Code"),
        "dns_name": balancer.get("DNSName"),
        "arn": balancer.get("LoadBalancerArn"),
        "vpc_id": present(balancer.get("VpcId")),
        "ip_address_type": balancer.get("IpAddressType"),
        "created_time": balancer.get("CreatedTime"),
        "security_groups": balancer.get("SecurityGroups") or [],
        "availability_zones": [zone.get("ZoneName") for zone in balancer.get("AvailabilityZones") or ()],
    }


def _classic(balancer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": balancer.get("LoadBalancerName"),
        "type": "classic",
        "scheme": present(balancer.get("Scheme")),
        "dns_name": balancer.get("DNSName"),
        "vpc_id": present(balancer.get("VPCId")),
        "created_time": balancer.get("CreatedTime"),
        "security_groups": balancer.get("SecurityGroups") or [],
        "availability_zones": balancer.get("AvailabilityZones") or [],
    }


def _log_of(ask: Ask, balancer: Mapping[str, Any]) -> dict[str, str | None]:
    """Where a load balancer logs to: attributes of texts."""
    arn = balancer.get("LoadBalancerArn")
    if balancer.get("Type") == "gateway":  # which has no access logs
        return {}
    pages = _attributes(ask, "elbv2", LoadBalancerArn=arn)
    found = {item.get("Key"): item.get("Value") for page in pages for item in page.get("Attributes") or ()}
    if found.get("access_logs.s3.enabled") != "true":
        return {}
    bucket, prefix = (present(found.get(f"access_logs.s3.{name}")) for name in ("bucket", "prefix"))
    return {"access_log_bucket": bucket, "access_log_prefix": prefix}


def _log_of_classic(ask: Ask, balancer: Mapping[str, Any]) -> dict[str, str | None]:
    """Where a classic load balancer logs to."""
    for page in _attributes(ask, "elb", LoadBalancerName=balancer.get("LoadBalancerName")):
        log = get(page, "LoadBalancerAttributes", "AccessLog") or {}
        if log.get("Enabled"):
            bucket, prefix = present(log.get("S3BucketName")), present(log.get("S3BucketPrefix"))
            return {"access_log_bucket": bucket, "access_log_prefix": prefix}
    return {}


def _attributes(ask: Ask, service: str, **of: Any) -> list[dict[str, Any]]:
    """The attributes of one load balancer; without the permission, or when it is gone meanwhile, there are none."""
    try:
        return list(ask.pages("describe_load_balancer_attributes", service, **of))
    except Denied as problem:
        ask.warn(f"{problem.message}; where load balancers log to is not known")
    except Refused as problem:
        if problem.code not in ("LoadBalancerNotFound", "AccessPointNotFound"):
            raise
    return []
