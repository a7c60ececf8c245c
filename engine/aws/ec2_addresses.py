"""`aws-ec2-addresses`: Elastic IP addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, named, present, tags
from engine.catalog import BOOL, IP, STRING, Field
from engine.language.nodes import Option


@dataclass(frozen=True)
class Ec2Addresses(AwsCommand):
    """Elastic IP addresses. AWS bills every one by the hour, used or not.

    Example:
        aws-ec2-addresses | stats count
    """

    word: ClassVar[str] = "aws-ec2-addresses"
    takes: ClassVar[tuple[Option, ...]] = COMMON
    actions: ClassVar[tuple[Action, ...]] = (Action("ec2:DescribeAddresses", "ec2", "describe_addresses"),)
    columns: ClassVar[tuple[Field, ...]] = (
        Field("public_ip", IP, "the address"),
        Field("name", STRING, "tag `Name`"),
        Field("allocation_id", STRING, "identifies the address"),
        Field("is_associated", BOOL, "whether something uses it"),
        Field("association_id", STRING, "identifies its use; null when nothing uses it"),
        Field("domain", STRING, "`vpc` or `standard`"),
        Field("instance_id", STRING, "instance that uses it"),
        Field("network_interface_id", STRING, "network interface that uses it"),
        Field("network_interface_owner_id", STRING, "account of the network interface"),
        Field("private_ip", IP, "private address behind it"),
        Field("public_ipv4_pool", STRING, "pool it comes from"),
        Field("network_border_group", STRING, "zones it can be used in"),
        Field("customer_owned_ip", IP, "address of your own pool, on an Outpost"),
        Field("customer_owned_ipv4_pool", STRING, "your own pool"),
        Field("carrier_ip", IP, "address in a carrier's network"),
        Field("subnet_id", STRING, "subnet of an address of an Outpost"),
        Field("service_managed", STRING, "service that keeps it: `alb`, `nlb`, `rnat`, `rds`"),
        Field("tags", TAGS, "all tags"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        for address in ask.items("describe_addresses", "Addresses"):
            found = tags(address)
            association = present(address.get("AssociationId"))
            yield {
                "public_ip": present(address.get("PublicIp")),
                "name": named(found),
                "allocation_id": present(address.get("AllocationId")),
                "is_associated": association is not None,
                "association_id": association,
                "domain": present(address.get("Domain")),
                "instance_id": present(address.get("InstanceId")),
                "network_interface_id": present(address.get("NetworkInterfaceId")),
                "network_interface_owner_id": present(address.get("NetworkInterfaceOwnerId")),
                "private_ip": present(address.get("PrivateIpAddress")),
                "public_ipv4_pool": present(address.get("PublicIpv4Pool")),
                "network_border_group": present(address.get("NetworkBorderGroup")),
                "customer_owned_ip": present(address.get("CustomerOwnedIp")),
                "customer_owned_ipv4_pool": present(address.get("CustomerOwnedIpv4Pool")),
                "carrier_ip": present(address.get("CarrierIp")),
                "subnet_id": present(address.get("SubnetId")),
                "service_managed": present(address.get("ServiceManaged")),
                "tags": found,
            }
