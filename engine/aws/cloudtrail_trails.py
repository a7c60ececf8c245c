"""`aws-cloudtrail-trails`: the trails of an account, and whether they record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import present
from engine.catalog import BOOL, DATE, STRING, Field
from engine.language.durations import read_switch
from engine.language.nodes import Option


@dataclass(frozen=True)
class CloudtrailTrails(AwsCommand):
    """Trails, each in its home region, with whether they record and when they last delivered.

    Those of other regions and of the organization that record here too come with `shadow=true`; then a trail of all
    regions is a row in each of them.

    Example:
        aws-cloudtrail-trails | search is_logging == false
    """

    word: ClassVar[str] = "aws-cloudtrail-trails"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("shadow", read_switch, "trails of other regions that record here too"),
    )
    service: ClassVar[str] = "cloudtrail"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("cloudtrail:DescribeTrails", "cloudtrail", "describe_trails"),
        Action(
            "cloudtrail:GetTrailStatus", "cloudtrail", "get_trail_status", {"Name": "trailboard-asks"},
            ("TrailNotFoundException",),
        ),
    )  # fmt: skip
    columns: ClassVar[tuple[Field, ...]] = (
        Field("name", STRING, "name of the trail"),
        Field("is_logging", BOOL, "whether it records now"),
        Field("latest_delivery_time", DATE, "when it delivered last"),
        Field("latest_delivery_error", STRING, "why its last delivery failed"),
        Field("start_logging_time", DATE, "when it was last told to record"),
        Field("stop_logging_time", DATE, "when it was last told to stop"),
        Field("trail_arn", STRING, "ARN of the trail; its account is the management account's for an organization"),
        Field("home_region", STRING, "region it was made in"),
        Field("s3_bucket_name", STRING, "bucket it delivers to"),
        Field("s3_key_prefix", STRING, "what its keys begin with"),
        Field("is_multi_region_trail", BOOL, "whether it records all regions"),
        Field("is_organization_trail", BOOL, "whether it records all accounts of the organization"),
        Field("include_global_service_events", BOOL, "whether it records IAM and other global services"),
        Field("log_file_validation_enabled", BOOL, "whether digests show that files were changed or deleted"),
        Field("kms_key_id", STRING, "key that encrypts its files; null for the bucket's own"),
        Field("has_insight_selectors", BOOL, "whether it looks for unusual activity"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        shadows = ask.option("shadow", False)
        for trail in ask.items("describe_trails", "trailList", includeShadowTrails=shadows):
            # A shadow's status is told by its ARN only, which knows where it lives.
            (status,) = ask.pages("get_trail_status", Name=trail.get("TrailARN") or trail.get("Name"))
            yield {
                "name": trail.get("Name"),
                "is_logging": status.get("IsLogging"),
                "latest_delivery_time": status.get("LatestDeliveryTime"),
                "latest_delivery_error": present(status.get("LatestDeliveryError")),
                "start_logging_time": status.get("StartLoggingTime"),
                "stop_logging_time": status.get("StopLoggingTime"),
                "trail_arn": trail.get("TrailARN"),
                "home_region": trail.get("HomeRegion"),
                "s3_bucket_name": trail.get("S3BucketName"),
                "s3_key_prefix": present(trail.get("S3KeyPrefix")),
                "is_multi_region_trail": trail.get("IsMultiRegionTrail"),
                "is_organization_trail": trail.get("IsOrganizationTrail"),
                "include_global_service_events": trail.get("IncludeGlobalServiceEvents"),
                "log_file_validation_enabled": trail.get("LogFileValidationEnabled"),
                "kms_key_id": present(trail.get("KmsKeyId")),
                "has_insight_selectors": trail.get("HasInsightSelectors"),
            }
