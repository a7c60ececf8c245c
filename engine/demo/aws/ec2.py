"""EC2: instances, their checks, addresses and regions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from engine.demo.aws.answers import Asked, Document, chosen, filtered, refused, tagged
from engine.demo.aws.estate import IMAGE, VPCS, Disk, Estate, Server, made_id
from engine.demo.company import BERLIN_REGION, GLOBAL_REGION, NAT_GATEWAYS, SEOUL_REGION

ENABLED = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
NOT_OPTED_IN = ("af-south-1", "ap-east-1", "ap-southeast-3", "eu-south-1", "il-central-1", "me-central-1")

STATE_CODES = {"pending": 0, "running": 16, "terminated": 48, "stopped": 80}
ZONE_IDS = {"ap-northeast-2": "apne2", "eu-central-1": "euc1", "us-east-1": "use1", "sa-east-1": "sae1"}
XEN = ("t2.",)  # families before Nitro
CORES = {"micro": 1, "medium": 1, "large": 1, "xlarge": 2, "2xlarge": 4, "12xlarge": 24}


def require_enabled(region: str | None, operation: str) -> str:
    """The region; raises what AWS answers where an account has not opted in."""
    if region not in ENABLED:
        message = "AWS was not able to validate the provided access credentials"
        raise refused(operation, "AuthFailure", message)
    return region


# ── instances ────────────────────────────────────────────────────────────────────────────────────────────────────

INSTANCE_FILTERS = {
    "availability-zone": "Placement.AvailabilityZone",
    "architecture": "Architecture",
    "image-id": "ImageId",
    "instance-id": "InstanceId",
    "instance-lifecycle": "InstanceLifecycle",
    "instance-state-code": "State.Code",
    "instance-state-name": "State.Name",
    "instance-type": "InstanceType",
    "instance.group-id": "SecurityGroups.GroupId",
    "instance.group-name": "SecurityGroups.GroupName",
    "ip-address": "PublicIpAddress",
    "key-name": "KeyName",
    "launch-time": "LaunchTime",
    "metadata-options.http-tokens": "MetadataOptions.HttpTokens",
    "platform": "Platform",
    "private-ip-address": "PrivateIpAddress",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


def describe_instances(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """One reservation for each instance, or for those that were started together."""
    region = require_enabled(region, "describe_instances")
    servers = {server.id: server for server in estate.in_region(region)}
    documents = [instance_document(server, estate) for server in servers.values()]
    documents = chosen(
        documents, asked.get("InstanceIds"), "InstanceId", "InvalidInstanceID.NotFound", "describe_instances"
    )
    reservations: dict[str, Document] = {}
    for document in filtered(documents, asked, INSTANCE_FILTERS, "describe_instances"):
        server = servers[document["InstanceId"]]
        key = server.reservation or made_id("r", server.id)
        if key not in reservations:
            reservations[key] = _reservation(server, key, estate)
        document["AmiLaunchIndex"] = len(reservations[key]["Instances"])
        reservations[key]["Instances"].append(document)
    yield {"Reservations": list(reservations.values())}


def _reservation(server: Server, key: str, estate: Estate) -> Document:
    requester = {"RequesterId": "940372691376"} if server.scaling else {}  # Auto Scaling launched it
    return {"ReservationId": key, "OwnerId": estate.account, "Groups": [], "Instances": [], **requester}


def instance_document(server: Server, estate: Estate) -> Document:
    """An instance as DescribeInstances tells of it; a terminated one has lost its network and its volumes."""
    nitro = not server.kind.startswith(XEN)
    cores = CORES[server.kind.partition(".")[2]]
    document: Document = {
        "AmiLaunchIndex": 0,
        "Architecture": "x86_64",
        "BlockDeviceMappings": [],
        "BootMode": "uefi-preferred",
        "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
        "ClientToken": "",
        "CpuOptions": {"CoreCount": cores, "ThreadsPerCore": 2 if nitro else 1},
        "CurrentInstanceBootMode": "uefi" if nitro else "legacy-bios",
        "EbsOptimized": nitro,
        "EnaSupport": nitro,
        "EnclaveOptions": {"Enabled": False},
        "HibernationOptions": {"Configured": False},
        "Hypervisor": "xen",
        "ImageId": IMAGE,
        "InstanceId": server.id,
        "InstanceType": server.kind,
        "LaunchTime": server.launched,
        "MetadataOptions": {
            "State": "applied",
            "HttpTokens": server.tokens,
            "HttpPutResponseHopLimit": 1 if server.tokens == "optional" else 2,
            "HttpEndpoint": "enabled",
            "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "disabled",
        },
        "Monitoring": {"State": "enabled" if server.detailed else "disabled"},
        "NetworkInterfaces": [],
        "Operator": {"Managed": False},
        "Placement": {
            "AvailabilityZone": f"{server.region}{server.zone}",
            "AvailabilityZoneId": zone_id(server.region, server.zone),
            "GroupName": "",
            "Tenancy": "default",
        },
        "PlatformDetails": "Windows" if server.windows else "Linux/UNIX",
        "PrivateDnsName": "",
        "ProductCodes": [],
        "PublicDnsName": "",
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "SecurityGroups": [],
        "State": {"Code": STATE_CODES[server.state], "Name": server.state},
        "StateTransitionReason": "",
        "Tags": server_tags(server),
        "UsageOperation": "RunInstances:0002" if server.windows else "RunInstances",
        "UsageOperationUpdateTime": server.launched,
        "VirtualizationType": "hvm",
    }
    if server.windows:
        document["Platform"] = "windows"
    if server.key:
        document["KeyName"] = server.key
    if server.ended is None:
        document |= _network(server, estate)
        document["BlockDeviceMappings"] = [_mapping(disk) for disk in estate.disks if disk.server == server]
    ended = server.ended or server.stopped
    if ended is not None:
        message = "Client.UserInitiatedShutdown: User initiated shutdown"
        document["StateReason"] = {"Code": message.partition(":")[0], "Message": message}
        document["StateTransitionReason"] = f"User initiated ({ended:%Y-%m-%d %H:%M:%S} GMT)"
    return document


def zone_id(region: str, zone: str) -> str:
    """The id that means the same zone in all accounts.

    >>> zone_id("ap-northeast-2", "b")
    'apne2-az2'
    """
    return f"{ZONE_IDS[region]}-az{'abcd'.index(zone) + 1}"


def server_tags(server: Server) -> list[Document]:
    group = {"aws__autoscaling__groupName": server.scaling}
    return tagged(Name=server.name, team=server.team, **group)


def _network(server: Server, estate: Estate) -> Document:
    """What ties an instance to its network; a stopped one keeps its private address only."""
    region, subnet = server.region, made_id("subnet", f"{server.region}{server.zone}")
    suffix = "ec2.internal" if region == GLOBAL_REGION else f"{region}.compute.internal"
    private_name = f"ip-{server.private.replace('.', '-')}.{suffix}"
    groups = [{"GroupId": group_id(region, server.group), "GroupName": server.group}]
    interface: Document = {
        "Attachment": {
            "AttachTime": server.launched,
            "AttachmentId": made_id("eni-attach", server.id),
            "DeleteOnTermination": True,
            "DeviceIndex": 0,
            "Status": "attached",
            "NetworkCardIndex": 0,
        },
        "Description": "",
        "Groups": groups,
        "Ipv6Addresses": [],
        "MacAddress": "0a:{}{}:{}{}:{}{}:{}{}:{}{}".format(*made_id("mac", server.id)[4:14]),
        "NetworkInterfaceId": made_id("eni", server.id),
        "OwnerId": estate.account,
        "PrivateDnsName": private_name,
        "PrivateIpAddress": server.private,
        "PrivateIpAddresses": [
            {"Primary": True, "PrivateDnsName": private_name, "PrivateIpAddress": server.private},
        ],
        "SourceDestCheck": True,
        "Status": "in-use",
        "SubnetId": subnet,
        "VpcId": VPCS[region],
        "InterfaceType": "interface",
    }
    facts: Document = {
        "NetworkInterfaces": [interface],
        "PrivateDnsName": private_name,
        "PrivateIpAddress": server.private,
        "SecurityGroups": groups,
        "SourceDestCheck": True,
        "SubnetId": subnet,
        "VpcId": VPCS[region],
    }
    if server.public and server.is_running:
        facts["PublicIpAddress"] = server.public
        facts["PublicDnsName"] = _public_name(server.public, region)
        owner = estate.account if server.public in _STATIC else "amazon"
        association = {"IpOwnerId": owner, "PublicDnsName": facts["PublicDnsName"], "PublicIp": server.public}
        interface["Association"] = association
    if server.team in ("frontend", "backend"):
        name = "shop-instance"
        arn = f"arn:aws:iam::{estate.account}:instance-profile/{name}"
        facts["IamInstanceProfile"] = {"Arn": arn, "Id": made_id("AIPA", name)[:5].upper() + "MOONRABBITEXAMPLE"}
    return facts


def _public_name(address: str, region: str) -> str:
    zone = "compute-1" if region == GLOBAL_REGION else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{zone}.amazonaws.com"


def _mapping(disk: Disk) -> Document:
    ebs = {"AttachTime": disk.created, "DeleteOnTermination": True, "Status": "attached", "VolumeId": disk.id}
    return {"DeviceName": disk.device, "Ebs": ebs}


def group_id(region: str, name: str) -> str:
    """The id of a security group."""
    return made_id("sg", f"{region} {name}")


# ── their checks ─────────────────────────────────────────────────────────────────────────────────────────────────

STATUS_FILTERS = {
    "availability-zone": "AvailabilityZone",
    "event.code": "Events.Code",
    "instance-state-code": "InstanceState.Code",
    "instance-state-name": "InstanceState.Name",
    "instance-status.reachability": "InstanceStatus.Details.Status",
    "instance-status.status": "InstanceStatus.Status",
    "system-status.reachability": "SystemStatus.Details.Status",
    "system-status.status": "SystemStatus.Status",
}


def describe_instance_status(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Running instances, unless all or one of another state are asked for."""
    region = require_enabled(region, "describe_instance_status")
    everyone = asked.get("IncludeAllInstances", False)
    shown = [server for server in estate.in_region(region) if everyone or server.is_running]
    documents = [_status(server, estate) for server in shown]
    documents = chosen(
        documents, asked.get("InstanceIds"), "InstanceId", "InvalidInstanceID.NotFound", "describe_instance_status"
    )
    yield {"InstanceStatuses": filtered(documents, asked, STATUS_FILTERS, "describe_instance_status")}


def _status(server: Server, estate: Estate) -> Document:
    state = "ok" if server.is_running else "not-applicable"
    if server.is_running and estate.now - server.launched < timedelta(minutes=4):
        state = "initializing"
    document: Document = {
        "AvailabilityZone": f"{server.region}{server.zone}",
        "AvailabilityZoneId": zone_id(server.region, server.zone),
        "InstanceId": server.id,
        "InstanceState": {"Code": STATE_CODES[server.state], "Name": server.state},
        "InstanceStatus": _check("impaired" if server.impaired_since else state, server),
        "SystemStatus": _check(state, None),
        "Operator": {"Managed": False},
    }
    if server.is_running and not server.kind.startswith(XEN):
        document["AttachedEbsStatus"] = _check(state, None)
    events = _scheduled(server, estate)
    return {**document, "Events": events} if events else document


def _check(status: str, impaired: Server | None) -> Document:
    results = {"ok": "passed", "impaired": "failed", "initializing": "initializing"}
    if status not in results:
        return {"Status": status}
    detail: Document = {"Name": "reachability", "Status": results[status]}
    if status == "impaired" and impaired is not None:
        detail["ImpairedSince"] = impaired.impaired_since
    return {"Details": [detail], "Status": status}


def _scheduled(server: Server, estate: Estate) -> list[Document]:
    """What AWS intends to do with two servers."""
    if not server.is_running:
        return []
    plans = {
        "store-terminals-b": ("instance-retirement", "The instance is running on degraded hardware", 6, None),
        "api-partner": ("system-reboot", "The instance is scheduled for a reboot", 3, 2),
    }
    if server.name not in plans:
        return []
    code, words, days, hours = plans[server.name]
    begins = estate.day + timedelta(days=days, hours=17)
    event: Document = {
        "InstanceEventId": made_id("instance-event", server.id),
        "Code": code,
        "Description": words,
        "NotBefore": begins,
    }
    if hours is not None:
        event |= {"NotAfter": begins + timedelta(hours=hours), "NotBeforeDeadline": begins + timedelta(days=7)}
    return [event]


# ── addresses and regions ────────────────────────────────────────────────────────────────────────────────────────

_STATIC = ("3.36.12.9", "3.80.14.77")
"""Elastic addresses of servers; that of the bookkeeping was given by its subnet."""
_UNUSED = {
    SEOUL_REGION: (("3.35.141.6", "old-bastion"), ("15.165.88.90", None)),
    BERLIN_REGION: (("3.69.27.114", "trade-fair"),),
}
ADDRESS_FILTERS = {
    "allocation-id": "AllocationId",
    "association-id": "AssociationId",
    "instance-id": "InstanceId",
    "network-interface-id": "NetworkInterfaceId",
    "private-ip-address": "PrivateIpAddress",
    "public-ip": "PublicIp",
}


def describe_addresses(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Addresses of NAT gateways, of servers, and of nothing any more."""
    region = require_enabled(region, "describe_addresses")
    documents = [
        _address(region, public, f"nat-{number}", estate, interface=True)
        for number, public in enumerate(NAT_GATEWAYS.get(region, ()))
    ]
    documents += [
        _address(region, server.public, server.name, estate, server=server)
        for server in estate.in_region(region)
        if server.public in _STATIC and server.public
    ]
    documents += [_address(region, public, name, estate) for public, name in _UNUSED.get(region, ())]
    documents = chosen(
        documents, asked.get("AllocationIds"), "AllocationId", "InvalidAllocationID.NotFound", "describe_addresses"
    )
    documents = chosen(documents, asked.get("PublicIps"), "PublicIp", "InvalidAddress.NotFound", "describe_addresses")
    yield {"Addresses": filtered(documents, asked, ADDRESS_FILTERS, "describe_addresses")}


def _address(
    region: str, public: str, name: str | None, estate: Estate, *, server: Server | None = None, interface: bool = False
) -> Document:
    document: Document = {
        "AllocationId": made_id("eipalloc", public),
        "Domain": "vpc",
        "NetworkBorderGroup": region,
        "PublicIp": public,
        "PublicIpv4Pool": "amazon",
        "Tags": tagged(Name=name),
    }
    if server is not None or interface:
        document |= {
            "AssociationId": made_id("eipassoc", public),
            "NetworkInterfaceId": made_id("eni", server.id if server else public),
            "NetworkInterfaceOwnerId": estate.account,
            "PrivateIpAddress": server.private if server else f"10.20.0.{int(public.rpartition('.')[2]) % 200 + 10}",
        }
    return {**document, "InstanceId": server.id} if server is not None else document


def describe_regions(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The regions that the account may use; all of them when asked so."""
    names = dict.fromkeys(ENABLED, "opt-in-not-required")
    if asked.get("AllRegions"):
        names |= dict.fromkeys(NOT_OPTED_IN, "not-opted-in")
    wanted = asked.get("RegionNames") or names
    documents: list[dict[str, Any]] = [
        {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": names[name]}
        for name in names
        if name in wanted
    ]
    paths = {"region-name": "RegionName", "endpoint": "Endpoint", "opt-in-status": "OptInStatus"}
    yield {"Regions": filtered(documents, asked, paths, "describe_regions")}
