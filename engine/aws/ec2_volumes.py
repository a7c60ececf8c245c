"""`aws-ec2-volumes`: EBS volumes, also those that hang on nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, TEXTS, named, present, tags
from engine.aws.ec2_instances import PAGE, ec2_filters
from engine.catalog import BOOL, DATE, INT, STRING, Field, list_of, map_of
from engine.language.nodes import Option

ATTACHMENTS = list_of(
    map_of(
        {
            "instance_id": STRING,
            "device": STRING,
            "state": STRING,
            "attach_time": DATE,
            "delete_on_termination": BOOL,
        }
    )
)
_FILTERS = {
    "volume_id": "volume-id",
    "state": "status",
    "instance_id": "attachment.instance-id",
}


@dataclass(frozen=True)
class Ec2Volumes(AwsCommand):
    """EBS volumes. In state `available` they hang on no instance, and cost the same.

    Example:
        aws-ec2-volumes state=available | stats count, sum(size) as gib by volume_type
    """

    word: ClassVar[str] = "aws-ec2-volumes"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("volume_id", str, "only these volumes, a comma list"),
        Option("state", str, "only these states, a comma list: `available`, `in-use` …"),
        Option("instance_id", str, "only volumes of these instances, a comma list"),
        Option("tag.KEY", str, "only volumes with this value of a tag", keyed=True),
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ec2:DescribeVolumes", "ec2", "describe_volumes", {"MaxResults": 5}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("volume_id", STRING, "identifies the volume"),
        Field("name", STRING, "tag `Name`"),
        Field("state", STRING, "`in-use`, `available`, `creating`, `deleting`, `error`"),
        Field("volume_type", STRING, "`gp3`, `gp2`, `io2`, `io1`, `st1`, `sc1`, `standard`"),
        Field("size", INT, "GiB"),
        Field("iops", INT, "operations a second"),
        Field("throughput", INT, "MiB a second, of gp3"),
        Field("encrypted", BOOL, "whether it is encrypted"),
        Field("kms_key_id", STRING, "ARN of the key that encrypts it"),
        Field("snapshot_id", STRING, "snapshot it was made from"),
        Field("availability_zone", STRING, "zone it is in"),
        Field("create_time", DATE, "when it was made"),
        Field("multi_attach_enabled", BOOL, "whether it can hang on several instances"),
        Field("attachments", ATTACHMENTS, "instances it hangs on"),
        Field("instance_ids", TEXTS, "ids of these instances"),
        Field("tags", TAGS, "all tags"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        filters = ec2_filters(self, _FILTERS)
        for volume in ask.items("describe_volumes", "Volumes", Filters=filters, MaxResults=PAGE):
            found = tags(volume)
            attachments = volume.get("Attachments") or []
            yield {
                "volume_id": volume.get("VolumeId"),
                "name": named(found),
                "state": volume.get("State"),
                "volume_type": volume.get("VolumeType"),
                "size": volume.get("Size"),
                "iops": volume.get("Iops"),
                "throughput": volume.get("Throughput"),
                "encrypted": volume.get("Encrypted"),
                "kms_key_id": present(volume.get("KmsKeyId")),
                "snapshot_id": present(volume.get("SnapshotId")),
                "availability_zone": volume.get("AvailabilityZone"),
                "create_time": volume.get("CreateTime"),
                "multi_attach_enabled": volume.get("MultiAttachEnabled"),
                "attachments": [
                    {
                        "instance_id": present(item.get("InstanceId")),
                        "device": item.get("Device"),
                        "state": item.get("State"),
                        "attach_time": item.get("AttachTime"),
                        "delete_on_termination": item.get("DeleteOnTermination"),
                    }
                    for item in attachments
                ],
                "instance_ids": [item["InstanceId"] for item in attachments if item.get("InstanceId")],
                "tags": found,
            }
