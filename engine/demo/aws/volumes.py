"""EBS: volumes and their checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.demo.aws.answers import Asked, Document, chosen, filtered, tagged
from engine.demo.aws.ec2 import require_enabled, zone_id
from engine.demo.aws.estate import Disk, Estate, made_id

VOLUME_FILTERS = {
    "attachment.device": "Attachments.Device",
    "attachment.instance-id": "Attachments.InstanceId",
    "attachment.status": "Attachments.State",
    "availability-zone": "AvailabilityZone",
    "encrypted": "Encrypted",
    "size": "Size",
    "snapshot-id": "SnapshotId",
    "status": "State",
    "volume-id": "VolumeId",
    "volume-type": "VolumeType",
}
STATUS_FILTERS = {
    "availability-zone": "AvailabilityZone",
    "event.event-type": "Events.EventType",
    "volume-status.status": "VolumeStatus.Status",
}
UNKNOWN = "InvalidVolume.NotFound"


def describe_volumes(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Volumes in use, and the available ones that nobody uses."""
    documents = [_volume(disk, estate) for disk in _in_region(estate, region, "describe_volumes")]
    documents = chosen(documents, asked.get("VolumeIds"), "VolumeId", UNKNOWN, "describe_volumes")
    yield {"Volumes": filtered(documents, asked, VOLUME_FILTERS, "describe_volumes")}


def _in_region(estate: Estate, region: str | None, operation: str) -> list[Disk]:
    region = require_enabled(region, operation)
    return [disk for disk in estate.disks if disk.region == region]


def _volume(disk: Disk, estate: Estate) -> Document:
    attachments = []
    if disk.server is not None:
        attachment = {
            "AttachTime": disk.created,
            "Device": disk.device,
            "InstanceId": disk.server.id,
            "State": "attached",
            "VolumeId": disk.id,
            "DeleteOnTermination": True,
        }
        attachments.append(attachment)
    document: Document = {
        "Attachments": attachments,
        "AvailabilityZone": f"{disk.region}{disk.zone}",
        "AvailabilityZoneId": zone_id(disk.region, disk.zone),
        "CreateTime": disk.created,
        "Encrypted": disk.encrypted,
        "Iops": disk.iops,
        "MultiAttachEnabled": False,
        "Operator": {"Managed": False},
        "Size": disk.size,
        "SnapshotId": made_id("snap", "base") if disk.device == "/dev/xvda" else "",
        "State": "in-use" if attachments else "available",
        "Tags": tagged(Name=disk.name, team=disk.team),
        "VolumeId": disk.id,
        "VolumeType": disk.kind,
    }
    if disk.kind == "gp3":
        document["Throughput"] = 125
    if disk.encrypted:
        document["KmsKeyId"] = f"arn:aws:kms:{disk.region}:{estate.account}:key/5c9f6a0e-1111-4222-8333-abcdefabcdef"
    return document


def describe_volume_status(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The checks of volumes, and what is known of those with trouble."""
    documents = [_status(disk, estate) for disk in _in_region(estate, region, "describe_volume_status")]
    documents = chosen(documents, asked.get("VolumeIds"), "VolumeId", UNKNOWN, "describe_volume_status")
    yield {"VolumeStatuses": filtered(documents, asked, STATUS_FILTERS, "describe_volume_status")}


def _status(disk: Disk, estate: Estate) -> Document:
    performance = "not-applicable"  # only volumes with provisioned operations have this check
    if disk.kind.startswith("io"):
        performance = "degraded" if disk.status == "warning" else "normal"
    known = disk.status != "insufficient-data"
    server = disk.server.id if disk.server else None
    document: Document = {
        "Actions": [],
        "AvailabilityZone": f"{disk.region}{disk.zone}",
        "AvailabilityZoneId": zone_id(disk.region, disk.zone),
        "Events": [],
        "VolumeId": disk.id,
        "VolumeStatus": {
            "Details": [
                {"Name": "io-enabled", "Status": "passed" if known else "insufficient-data"},
                {"Name": "io-performance", "Status": performance if known else "insufficient-data"},
                {"Name": "initialization-state", "Status": "completed" if known else "initializing"},
            ],
            "Status": disk.status,
        },
        "AttachmentStatuses": [{"InstanceId": server, "IoPerformance": performance}] if server else [],
    }
    if disk.status == "warning":
        event: Document = {
            "Description": "Degraded performance",
            "EventId": made_id("evol", disk.id),
            "EventType": "io-performance:degraded",
            "InstanceId": server,
            "NotBefore": estate.made - timedelta(hours=3),
        }
        document["Events"] = [event]
    return document
