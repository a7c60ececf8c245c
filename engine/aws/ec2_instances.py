"""`aws-ec2-instances`: EC2 instances as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, TEXTS, get, named, present, snaked, tags
from engine.catalog import ANY, BOOL, DATE, INT, IP, STRING, Field, list_of, map_of
from engine.language.nodes import Option

GROUPS = list_of(map_of({"group_id": STRING, "group_name": STRING}))
DEVICES = list_of(
    map_of(
        {
            "device_name": STRING,
            "volume_id": STRING,
            "status": STRING,
            "attach_time": DATE,
            "delete_on_termination": BOOL,
        }
    )
)
PAGE = 1000  # the most that one page of EC2 holds; calls without a size have smaller throttling buckets

_FILTERS = {"instance_id": "instance-id", "state": "instance-state-name", "vpc_id": "vpc-id"}


def ec2_filters(command: AwsCommand, names: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """Options as filters of EC2: comma lists of values, and `tag.KEY`."""
    found = []
    for setting in command.options:
        name = f"tag:{setting.name[4:]}" if setting.name.startswith("tag.") else names.get(setting.name)
        if name is not None:
            values = str(command.setting(setting.name)).split(",")
            found.append({"Name": name, "Values": [value.strip() for value in values]})
    return found or None


@dataclass(frozen=True)
class Ec2Instances(AwsCommand):
    """EC2 instances as they are now, terminated ones for about an hour longer.

    `imds_http_tokens` is `optional` where version 1 of the metadata service is still allowed. `name` is the tag `Name`.

    Example:
        aws-ec2-instances | search state_name == "running"
    """

    word: ClassVar[str] = "aws-ec2-instances"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("instance_id", str, "only these instances, a comma list"),
        Option("state", str, "only these states, a comma list"),
        Option("vpc_id", str, "only these networks, a comma list"),
        Option("tag.KEY", str, "only instances with this value of a tag", keyed=True),
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ec2:DescribeInstances", "ec2", "describe_instances", {"MaxResults": 5}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("instance_id", STRING, "identifies the instance"),
        Field("name", STRING, "tag `Name`"),
        Field("state_name", STRING, "`pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`"),
        Field("state_code", INT, "the state as a number: 0, 16, 32, 48, 64, 80"),
        Field("state_reason_code", STRING, "why it last changed state"),
        Field("state_reason_message", STRING, "the same as a sentence"),
        Field("state_transition_reason", STRING, "who or what changed it, often with the time"),
        Field("instance_type", STRING, "such as `m5.large`"),
        Field("instance_lifecycle", STRING, "`spot`, `scheduled`, `capacity-block` …; null is on demand"),
        Field("launch_time", DATE, "when it was last started"),
        Field("availability_zone", STRING, "zone it runs in"),
        Field("availability_zone_id", STRING, "the zone's id, the same for all accounts"),
        Field("private_ip", IP, "private address"),
        Field("public_ip", IP, "public address"),
        Field("ipv6", IP, "IPv6 address"),
        Field("private_dns_name", STRING, "name inside the network"),
        Field("public_dns_name", STRING, "public name"),
        Field("vpc_id", STRING, "network"),
        Field("subnet_id", STRING, "subnet"),
        Field("security_groups", GROUPS, "security groups"),
        Field("security_group_ids", TEXTS, "their ids"),
        Field("image_id", STRING, "image it was made from"),
        Field("key_name", STRING, "key pair"),
        Field("iam_instance_profile_arn", STRING, "instance profile"),
        Field("iam_instance_profile_id", STRING, "its id"),
        Field("imds_http_tokens", STRING, "`required`, or `optional`: version 1 of the metadata service is allowed"),
        Field("imds_http_endpoint", STRING, "whether the metadata service is `enabled`"),
        Field("imds_hop_limit", INT, "hops that its answers may take"),
        Field("imds_tags", STRING, "whether it tells tags"),
        Field("monitoring_state", STRING, "`enabled`: metrics every minute instead of every five"),
        Field("platform", STRING, "`Windows`, else null"),
        Field("platform_details", STRING, "platform as it is billed"),
        Field("usage_operation", STRING, "operation as it is billed"),
        Field("architecture", STRING, "`x86_64`, `arm64` …"),
        Field("hypervisor", STRING, "`nitro` or `xen`"),
        Field("virtualization_type", STRING, "`hvm` or `paravirtual`"),
        Field("boot_mode", STRING, "boot mode of the image"),
        Field("current_instance_boot_mode", STRING, "`legacy-bios` or `uefi`"),
        Field("tenancy", STRING, "`default`, `dedicated` or `host`"),
        Field("placement_group", STRING, "placement group"),
        Field("host_id", STRING, "dedicated host"),
        Field("root_device_name", STRING, "device of the root volume"),
        Field("root_device_type", STRING, "`ebs` or `instance-store`"),
        Field("block_devices", DEVICES, "EBS volumes attached"),
        Field("volume_ids", TEXTS, "their ids"),
        Field("network_interfaces", list_of(ANY), "network interfaces, as the API tells them"),
        Field("ebs_optimized", BOOL, "whether it has bandwidth of its own for EBS"),
        Field("ena_support", BOOL, "enhanced networking"),
        Field("source_dest_check", BOOL, "off for instances that pass traffic on"),
        Field("hibernation_configured", BOOL, "whether it can hibernate"),
        Field("enclave_enabled", BOOL, "whether it can run enclaves"),
        Field("cpu_core_count", INT, "cores"),
        Field("cpu_threads_per_core", INT, "threads of a core"),
        Field("nested_virtualization", STRING, "whether it may run virtual machines"),
        Field("amd_sev_snp", STRING, "memory encryption of AMD"),
        Field("spot_instance_request_id", STRING, "request of a spot instance"),
        Field("capacity_reservation_id", STRING, "capacity reservation it uses"),
        Field("outpost_arn", STRING, "Outpost it runs on"),
        Field("ami_launch_index", INT, "its place among those started together"),
        Field("reservation_id", STRING, "what was started together"),
        Field("owner_id", STRING, "account that owns it"),
        Field("requester_id", STRING, "service that started it, such as Auto Scaling"),
        Field("operator_managed", BOOL, "whether a service manages it"),
        Field("operator_principal", STRING, "the service that does"),
        Field("tags", TAGS, "all tags"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        reservations = ask.items(
            "describe_instances",
            "Reservations",
            Filters=ec2_filters(self, _FILTERS),
            MaxResults=PAGE,
            IncludeManagedResources=True,
        )
        for reservation in reservations:
            for instance in reservation.get("Instances", ()):
                yield _row(instance, reservation)


def _row(instance: dict[str, Any], reservation: dict[str, Any]) -> dict[str, Any]:
    found = tags(instance)
    groups = instance.get("SecurityGroups") or []
    devices = [_device(device) for device in instance.get("BlockDeviceMappings") or ()]
    code = get(instance, "State", "Code")
    return {
        "instance_id": instance["InstanceId"],
        "name": named(found),
        "state_name": get(instance, "State", "Name"),
        "state_code": None if code is None else code & 0xFF,  # the high byte is for internal use
        "state_reason_code": get(instance, "StateReason", "Code"),
        "state_reason_message": get(instance, "StateReason", "Message"),
        "state_transition_reason": present(instance.get("StateTransitionReason")),
        "instance_type": instance.get("InstanceType"),
        "instance_lifecycle": instance.get("InstanceLifecycle"),
        "launch_time": instance.get("LaunchTime"),
        **_place(instance),
        **_network(instance),
        "security_groups": [
            {"group_id": group.get("GroupId"), "group_name": group.get("GroupName")} for group in groups
        ],
        "security_group_ids": [group.get("GroupId") for group in groups],
        "image_id": instance.get("ImageId"),
        "key_name": present(instance.get("KeyName")),
        "iam_instance_profile_arn": get(instance, "IamInstanceProfile", "Arn"),
        "iam_instance_profile_id": get(instance, "IamInstanceProfile", "Id"),
        "imds_http_tokens": get(instance, "MetadataOptions", "HttpTokens"),
        "imds_http_endpoint": get(instance, "MetadataOptions", "HttpEndpoint"),
        "imds_hop_limit": get(instance, "MetadataOptions", "HttpPutResponseHopLimit"),
        "imds_tags": get(instance, "MetadataOptions", "InstanceMetadataTags"),
        "monitoring_state": get(instance, "Monitoring", "State"),
        "platform": present(instance.get("Platform")),
        "platform_details": instance.get("PlatformDetails"),
        "usage_operation": instance.get("UsageOperation"),
        "architecture": instance.get("Architecture"),
        "hypervisor": instance.get("Hypervisor"),
        "virtualization_type": instance.get("VirtualizationType"),
        "boot_mode": instance.get("BootMode"),
        "current_instance_boot_mode": instance.get("CurrentInstanceBootMode"),
        "root_device_name": instance.get("RootDeviceName"),
        "root_device_type": instance.get("RootDeviceType"),
        "block_devices": devices,
        "volume_ids": [device["volume_id"] for device in devices],
        "ebs_optimized": instance.get("EbsOptimized"),
        "ena_support": instance.get("EnaSupport"),
        "source_dest_check": instance.get("SourceDestCheck"),
        "hibernation_configured": get(instance, "HibernationOptions", "Configured"),
        "enclave_enabled": get(instance, "EnclaveOptions", "Enabled"),
        "cpu_core_count": get(instance, "CpuOptions", "CoreCount"),
        "cpu_threads_per_core": get(instance, "CpuOptions", "ThreadsPerCore"),
        "nested_virtualization": get(instance, "CpuOptions", "NestedVirtualization"),
        "amd_sev_snp": get(instance, "CpuOptions", "AmdSevSnp"),
        "spot_instance_request_id": present(instance.get("SpotInstanceRequestId")),
        "capacity_reservation_id": instance.get("CapacityReservationId"),
        "outpost_arn": instance.get("OutpostArn"),
        "ami_launch_index": instance.get("AmiLaunchIndex"),
        "reservation_id": reservation.get("ReservationId"),
        "owner_id": reservation.get("OwnerId"),
        "requester_id": reservation.get("RequesterId"),
        "operator_managed": get(instance, "Operator", "Managed"),
        "operator_principal": get(instance, "Operator", "Principal"),
        "tags": found,
    }


def _place(instance: dict[str, Any]) -> dict[str, Any]:
    return {
        "availability_zone": get(instance, "Placement", "AvailabilityZone"),
        "availability_zone_id": get(instance, "Placement", "AvailabilityZoneId"),
        "tenancy": get(instance, "Placement", "Tenancy"),
        "placement_group": present(get(instance, "Placement", "GroupName")),
        "host_id": get(instance, "Placement", "HostId"),
    }


def _network(instance: dict[str, Any]) -> dict[str, Any]:
    return {
        "private_ip": present(instance.get("PrivateIpAddress")),
        "public_ip": present(instance.get("PublicIpAddress")),
        "ipv6": present(instance.get("Ipv6Address")),
        "private_dns_name": present(instance.get("PrivateDnsName")),
        "public_dns_name": present(instance.get("PublicDnsName")),
        "vpc_id": present(instance.get("VpcId")),
        "subnet_id": present(instance.get("SubnetId")),
        "network_interfaces": snaked(instance.get("NetworkInterfaces") or []),
    }


def _device(mapping: dict[str, Any]) -> dict[str, Any]:
    return {
        "device_name": mapping.get("DeviceName"),
        "volume_id": get(mapping, "Ebs", "VolumeId"),
        "status": get(mapping, "Ebs", "Status"),
        "attach_time": get(mapping, "Ebs", "AttachTime"),
        "delete_on_termination": get(mapping, "Ebs", "DeleteOnTermination"),
    }
