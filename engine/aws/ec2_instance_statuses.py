"""`aws-ec2-instance-statuses`: health checks and scheduled events of EC2 instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import get, present
from engine.aws.ec2_instances import PAGE
from engine.catalog import DATE, INT, STRING, Field, list_of, map_of
from engine.language.durations import read_switch
from engine.language.nodes import Option

EVENTS = list_of(
    map_of(
        {
            "event_id": STRING,
            "code": STRING,
            "description": STRING,
            "not_before": DATE,
            "not_after": DATE,
            "not_before_deadline": DATE,
        }
    )
)
CHECKS = {
    "instance_status": "InstanceStatus",
    "system_status": "SystemStatus",
    "attached_ebs_status": "AttachedEbsStatus",
    "application_status": "ApplicationStatus",
    "performance_status": "PerformanceStatus",
}
_WORST_FIRST = ("impaired", "insufficient-data", "initializing", "ok", "not-applicable")


def worst(statuses: list[str | None]) -> str | None:
    """The worst of some checks; one that is off or does not apply says nothing, an unknown word counts as bad.

    >>> worst(["ok", "initializing", None]), worst(["ok", "not-applicable"]), worst(["not-applicable"]), worst([None])
    ('initializing', 'ok', 'not-applicable', None)
    """
    known = [status for status in statuses if status is not None]
    strange = [status for status in known if status not in _WORST_FIRST]
    return next((status for status in ("impaired", *strange, *_WORST_FIRST) if status in known), None)


@dataclass(frozen=True)
class Ec2InstanceStatuses(AwsCommand):
    """Health checks and scheduled events of EC2 instances; running ones only, unless `all=true`.

    `overall_status` is the worst of the checks: impaired, insufficient-data, initializing, ok; or not-applicable where
    none applies. `volume_status` is the same under the name that older queries use.

    Example:
        aws-ec2-instance-statuses | search overall_status != "ok"
    """

    word: ClassVar[str] = "aws-ec2-instance-statuses"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("all", read_switch, "stopped instances too"),
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ec2:DescribeInstanceStatus", "ec2", "describe_instance_status", {"MaxResults": 5}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("instance_id", STRING, "identifies the instance"),
        Field("availability_zone", STRING, "zone it runs in"),
        Field("availability_zone_id", STRING, "the zone's id, the same for all accounts"),
        Field("outpost_arn", STRING, "Outpost it runs on"),
        Field("state_name", STRING, "`running`, `stopped` …"),
        Field("state_code", INT, "the state as a number"),
        Field("overall_status", STRING, "worst of the checks"),
        Field("volume_status", STRING, "the same as `overall_status`"),
        Field("instance_status", STRING, "check of software and network of the instance"),
        Field("system_status", STRING, "check of AWS's hardware under it"),
        Field("attached_ebs_status", STRING, "check of its EBS volumes; null where there is none"),
        Field("application_status", STRING, "check of the application, when switched on"),
        Field("performance_status", STRING, "check of the performance, when switched on"),
        Field("instance_reachability", STRING, "`passed`, `failed`, `insufficient-data`, `initializing`"),
        Field("system_reachability", STRING, "the same for the hardware"),
        Field("ebs_reachability", STRING, "the same for its EBS volumes"),
        Field("instance_impaired_since", DATE, "since when that check fails"),
        Field("system_impaired_since", DATE, "since when that check fails"),
        Field("ebs_impaired_since", DATE, "since when that check fails"),
        Field("performance_remediation", STRING, "what AWS advises"),
        Field("events", EVENTS, "what AWS has scheduled: reboots, retirements, maintenance"),
        Field("event_count", INT, "how many events that are neither completed nor cancelled"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        statuses = ask.items(
            "describe_instance_status",
            "InstanceStatuses",
            IncludeAllInstances=ask.option("all") or None,
            MaxResults=PAGE,
        )
        for status in statuses:
            yield _row(status)


def _row(status: Mapping[str, Any]) -> dict[str, Any]:
    checks = {column: get(status, member, "Status") for column, member in CHECKS.items()}
    events = [_event(event) for event in status.get("Events") or ()]
    code = get(status, "InstanceState", "Code")
    overall = worst(list(checks.values()))
    return {
        "instance_id": status["InstanceId"],
        "availability_zone": status.get("AvailabilityZone"),
        "availability_zone_id": status.get("AvailabilityZoneId"),
        "outpost_arn": present(status.get("OutpostArn")),
        "state_name": get(status, "InstanceState", "Name"),
        "state_code": None if code is None else code & 0xFF,
        "overall_status": overall,
        "volume_status": overall,
        **checks,
        "instance_reachability": _detail(status, "InstanceStatus", "Status"),
        "system_reachability": _detail(status, "SystemStatus", "Status"),
        "ebs_reachability": _detail(status, "AttachedEbsStatus", "Status"),
        "instance_impaired_since": _detail(status, "InstanceStatus", "ImpairedSince"),
        "system_impaired_since": _detail(status, "SystemStatus", "ImpairedSince"),
        "ebs_impaired_since": _detail(status, "AttachedEbsStatus", "ImpairedSince"),
        "performance_remediation": get(status, "PerformanceStatus", "Remediation"),
        "events": events,
        "event_count": sum(
            not (event["description"] or "").startswith(("[Completed]", "[Canceled]")) for event in events
        ),
    }


def _detail(status: Mapping[str, Any], check: str, member: str) -> Any:
    """A member of the reachability that a check consists of."""
    details = get(status, check, "Details") or ()
    return next((item.get(member) for item in details if item.get("Name") == "reachability"), None)


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": event.get("InstanceEventId"),
        "code": event.get("Code"),
        "description": event.get("Description"),
        "not_before": event.get("NotBefore"),
        "not_after": event.get("NotAfter"),
        "not_before_deadline": event.get("NotBeforeDeadline"),
    }
