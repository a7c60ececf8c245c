"""The sample company's AWS: API-shaped answers about the account that the sample logs tell of.

    answers         what all answers share: refusals, filters
    estate          servers and volumes as they are at a moment, by declaration and by the logs
    ec2 volumes groups databases balancers identity trails     what a service answers
    spending        what the company uses, and what it costs
    cost            Cost Explorer
    series          what CloudWatch measures
    cloudwatch      its metrics, statistics and alarms

Answers are those of boto3: same members, same types, refusals as ClientError. The same `now` gives the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.demo.aws import balancers, cloudwatch, cost, databases, ec2, groups, identity, trails, volumes
from engine.demo.aws.answers import Asked, Document, refused
from engine.demo.aws.estate import Estate

__all__ = ["ANSWERS", "DemoApi"]

Answer = Callable[[Estate, str | None, Asked], Iterator[Document]]

ANSWERS: Mapping[tuple[str, str], Answer] = {
    ("ce", "get_cost_and_usage"): cost.get_cost_and_usage,
    ("ce", "get_cost_forecast"): cost.get_cost_forecast,
    ("ce", "get_dimension_values"): cost.get_dimension_values,
    ("cloudtrail", "describe_trails"): trails.describe_trails,
    ("cloudtrail", "get_trail_status"): trails.get_trail_status,
    ("cloudtrail", "lookup_events"): trails.lookup_events,
    ("cloudwatch", "describe_alarms"): cloudwatch.describe_alarms,
    ("cloudwatch", "get_metric_data"): cloudwatch.get_metric_data,
    ("cloudwatch", "list_metrics"): cloudwatch.list_metrics,
    ("ec2", "describe_addresses"): ec2.describe_addresses,
    ("ec2", "describe_instance_status"): ec2.describe_instance_status,
    ("ec2", "describe_instances"): ec2.describe_instances,
    ("ec2", "describe_regions"): ec2.describe_regions,
    ("ec2", "describe_security_group_rules"): groups.describe_security_group_rules,
    ("ec2", "describe_security_groups"): groups.describe_security_groups,
    ("ec2", "describe_volume_status"): volumes.describe_volume_status,
    ("ec2", "describe_volumes"): volumes.describe_volumes,
    ("elb", "describe_load_balancer_attributes"): balancers.describe_classic_attributes,
    ("elb", "describe_load_balancers"): balancers.describe_classic_load_balancers,
    ("elbv2", "describe_load_balancer_attributes"): balancers.describe_load_balancer_attributes,
    ("elbv2", "describe_load_balancers"): balancers.describe_load_balancers,
    ("elbv2", "describe_target_groups"): balancers.describe_target_groups,
    ("elbv2", "describe_target_health"): balancers.describe_target_health,
    ("iam", "get_access_key_last_used"): identity.get_access_key_last_used,
    ("iam", "list_access_keys"): identity.list_access_keys,
    ("iam", "list_groups_for_user"): identity.list_groups_for_user,
    ("iam", "list_mfa_devices"): identity.list_mfa_devices,
    ("iam", "list_user_tags"): identity.list_user_tags,
    ("iam", "list_users"): identity.list_users,
    ("rds", "describe_db_instances"): databases.describe_db_instances,
    ("sts", "get_caller_identity"): identity.get_caller_identity,
}


class DemoApi:
    """The sample company's way to AWS, at a moment.

    `made` is when the sample logs end, which their stories are told from; now, when it is not known.
    """

    def __init__(self, now: datetime, made: datetime | None = None) -> None:
        self._now = now
        self._made = made or now

    def pages(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """The responses of a call, to its last page. Raises ClientError as boto3 does."""
        answer = ANSWERS.get((service, operation))
        if answer is None:
            message = f"The sample company does not answer {service}:{operation}"
            raise refused(operation, "AccessDenied", message)
        yield from answer(_estate(self._now, self._made), region, parameters)


@lru_cache(maxsize=2)
def _estate(now: datetime, made: datetime) -> Estate:
    """A query asks many times about one moment."""
    return Estate(now, made)
