"""`aws-ec2-volume-statuses`: health checks of EBS volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TEXTS, get, present
from engine.aws.ec2_instances import PAGE
from engine.catalog import DATE, LONG, STRING, Field, list_of, map_of
from engine.language.nodes import Option

ATTACHMENTS = list_of(map_of({"instance_id": STRING, "io_performance": STRING}))
ACTIONS = list_of(map_of({"code": STRING, "description": STRING, "event_id": STRING, "event_type": STRING}))
EVENTS = list_of(
    map_of(
        {
            "event_id": STRING,
            "event_type": STRING,
            "description": STRING,
            "instance_id": STRING,
            "not_before": DATE,
            "not_after": DATE,
        }
    )
)


_ACTION = {"code": "Code", "description": "Description", "event_id": "EventId", "event_type": "EventType"}
_EVENT = {
    "event_id": "EventId",
    "event_type": "EventType",
    "description": "Description",
    "instance_id": "InstanceId",
    "not_before": "NotBefore",
    "not_after": "NotAfter",
}


@dataclass(frozen=True)
class Ec2VolumeStatuses(AwsCommand):
    """Health checks of EBS volumes. `insufficient-data` is normal for the first minutes of a volume.

    Example:
        aws-ec2-volume-statuses | search volume_status != "ok"
    """

    word: ClassVar[str] = "aws-ec2-volume-statuses"
    takes: ClassVar[tuple[Option, ...]] = COMMON
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ec2:DescribeVolumeStatus", "ec2", "describe_volume_status", {"MaxResults": 5}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("volume_id", STRING, "identifies the volume"),
        Field("volume_status", STRING, "`ok`, `impaired`, `warning`, `insufficient-data`"),
        Field("io_enabled", STRING, "`passed`, or `failed`: AWS has stopped reading and writing"),
        Field(
            "io_performance", STRING, "`normal`, `degraded`, `severely-degraded`, `stalled`; of provisioned IOPS only"
        ),
        Field("availability_zone", STRING, "zone it is in"),
        Field("availability_zone_id", STRING, "the zone's id, the same for all accounts"),
        Field("outpost_arn", STRING, "Outpost it is on"),
        Field("initialization_state", STRING, "whether a volume made of a snapshot is filled: `completed` …"),
        Field("initialization_type", STRING, "`default`, or `provisioned-rate`"),
        Field("initialization_progress", LONG, "per cent that are filled"),
        Field("initialization_eta_s", LONG, "seconds until it is filled"),
        Field("attachments", ATTACHMENTS, "instances it is attached to"),
        Field("instance_ids", TEXTS, "their ids"),
        Field("actions", ACTIONS, "what AWS asks you to do"),
        Field("events", EVENTS, "what happened to it"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        for status in ask.items("describe_volume_status", "VolumeStatuses", MaxResults=PAGE):
            yield _row(status)


def _row(status: Mapping[str, Any]) -> dict[str, Any]:
    attachments = [
        {"instance_id": item.get("InstanceId"), "io_performance": item.get("IoPerformance")}
        for item in status.get("AttachmentStatuses") or ()
    ]
    return {
        "volume_id": status["VolumeId"],
        "volume_status": get(status, "VolumeStatus", "Status"),
        "io_enabled": _detail(status, "io-enabled"),
        "io_performance": _detail(status, "io-performance"),
        "availability_zone": status.get("AvailabilityZone"),
        "availability_zone_id": status.get("AvailabilityZoneId"),
        "outpost_arn": present(status.get("OutpostArn")),
        "initialization_state": _detail(status, "initialization-state"),
        "initialization_type": get(status, "InitializationStatusDetails", "InitializationType"),
        "initialization_progress": get(status, "InitializationStatusDetails", "Progress"),
        "initialization_eta_s": get(status, "InitializationStatusDetails", "EstimatedTimeToCompleteInSeconds"),
        "attachments": attachments,
        "instance_ids": [item["instance_id"] for item in attachments if item["instance_id"]],
        "actions": [_named(action, _ACTION) for action in status.get("Actions") or ()],
        "events": [_named(event, _EVENT) for event in status.get("Events") or ()],
    }


def _named(document: Mapping[str, Any], members: Mapping[str, str]) -> dict[str, Any]:
    return {key: document.get(member) for key, member in members.items()}


def _detail(status: Mapping[str, Any], name: str) -> str | None:
    details = get(status, "VolumeStatus", "Details") or ()
    return next((item.get("Status") for item in details if item.get("Name") == name), None)
