"""What the company uses day by day, and what AWS bills for it: the lines behind every answer of Cost Explorer.

The figures are a function of the calendar, but for the stories: a forgotten GPU instance, the intruder's instances, a
contractor's last day, debug logs that nobody switched off, a refund.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from engine.demo.aws.estate import Estate
from engine.demo.company import (
    BERLIN_REGION,
    DATA,
    DEV,
    GLOBAL_REGION,
    PROD,
    ROOT,
    SECURITY,
    SEOUL_REGION,
    UNUSED_REGION,
)
from engine.demo.incidents import FORGOTTEN_KIND

EC2, EC2_OTHER = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other"
RDS, S3, CLOUDWATCH = "Amazon Relational Database Service", "Amazon Simple Storage Service", "AmazonCloudWatch"
ECS, ECR = "Amazon Elastic Container Service", "Amazon EC2 Container Registry (ECR)"
EKS, ELB = "Amazon Elastic Container Service for Kubernetes", "Amazon Elastic Load Balancing"
VPC, DYNAMODB = "Amazon Virtual Private Cloud", "Amazon DynamoDB"
QUICKSIGHT, SAVINGS_PLANS = "Amazon QuickSight", "Savings Plans for AWS Compute usage"
SUPPORT, TAX = "AWS Support (Business)", "Tax"
NO_REGION = "NoRegion"
PREFIXES = {
    SEOUL_REGION: "APN2",
    BERLIN_REGION: "EUC1",
    GLOBAL_REGION: "USE1",
    UNUSED_REGION: "SAE1",
    "global": "Global",
}
LATE = timedelta(hours=8)
"""Until then an hour's usage is not in the bill yet."""
LEAK_LASTED = timedelta(minutes=90)

# One factor per weekday, from Monday.
RHYTHMS = {
    "steady": (1.0,) * 7,
    "office": (1.0, 1.02, 1.0, 0.99, 0.94, 0.3, 0.26),
    "shop": (0.94, 0.92, 0.95, 0.98, 1.06, 1.17, 1.12),
    "batch": (1.55, 0.9, 0.92, 0.9, 1.0, 0.6, 0.55),
}


@dataclass(frozen=True)
class Line:
    """One use of a service: `quantity` units a day at `price` USD each.

    `changes` are days ago and the factor that holds since then; `amortized` is the share of the price that remains
    when prepaid things are spread over their time.
    """

    service: str
    account: str
    region: str
    usage_type: str
    operation: str
    quantity: float
    price: float
    rhythm: str = "steady"
    team: str | None = None
    changes: tuple[tuple[int, float], ...] = ()
    record_type: str = "Usage"
    unit: str = "N/A"
    noise: float = 0.04
    amortized: float = 1.0
    windows: bool = False

    @property
    def instance_type(self) -> str | None:
        """The type of instance that a usage type names.

        >>> Line("", "", "", "APN2-BoxUsage:m6i.large", "", 1, 1).instance_type
        'm6i.large'
        """
        kind, _, name = self.usage_type.partition(":")
        return name if kind.endswith(("BoxUsage", "InstanceUsage", "NodeUsage")) and name else None

    @cached_property
    def seed(self) -> int:
        return zlib.crc32(f"{self.service} {self.account} {self.usage_type} {self.record_type}".encode())

    def quantity_on(self, day: date, today: date) -> float:
        """How much is used on a whole day."""
        factor = RHYTHMS[self.rhythm][day.weekday()]
        for ago, changed in self.changes:
            if (today - day).days < ago:
                factor *= changed
        if self.noise:
            dice = zlib.crc32(f"{self.seed} {day}".encode()) / 2**32
            season = 1 + 0.06 * math.sin((day.timetuple().tm_yday - 300) / 365 * 2 * math.pi)
            factor *= season * (1 + self.noise * (2 * dice - 1))
        return self.quantity * factor


class Charge(NamedTuple):
    """What a line came to in a stretch of time."""

    line: Line
    quantity: float
    cost: float


def _instances(account: str, region: str, kind: str, count: float, price: float, **facts: object) -> Line:
    """Hours of instances that run all day; prices are those of Linux on demand."""
    usage = f"{PREFIXES[region]}-BoxUsage:{kind}"
    given: dict[str, object] = {"unit": "Hrs", "noise": 0.0, **facts}
    return Line(EC2, account, region, usage, "RunInstances", 24 * count, price, **given)  # type: ignore[arg-type]


def _databases(account: str, region: str, kind: str, count: float, price: float, team: str) -> Line:
    usage = f"{PREFIXES[region]}-InstanceUsage:{kind}"
    operation = "CreateDBInstance:0014" if "t4g" in kind else "CreateDBInstance:0016"
    return Line(RDS, account, region, usage, operation, 24 * count, price, "steady", team, unit="Hrs", noise=0.0)


def _line(
    service: str, account: str, region: str, usage: str, quantity: float, price: float, rhythm: str, team: str | None,
    unit: str, operation: str = "",
) -> Line:  # fmt: skip
    """A line whose usage type says where it is."""
    usage_type = f"{PREFIXES[region]}-{usage}"
    noise = 0.0 if unit == "Hrs" else 0.04
    return Line(
        service, account, region, usage_type, operation or usage, quantity, price, rhythm, team, unit=unit, noise=noise
    )


S, B, U = SEOUL_REGION, BERLIN_REGION, GLOBAL_REGION
_NODE_HOURS, _NODE_PRICE = 24.0 * 4, 0.236

LINES: tuple[Line, ...] = (
    # servers
    _instances(PROD, S, "m6i.large", 4.4, 0.118, rhythm="shop", team="frontend", noise=0.05),
    _instances(PROD, S, "c6i.large", 2.7, 0.096, rhythm="shop", team="backend", noise=0.05),
    _instances(PROD, S, "t3.large", 2, 0.104, team="backend"),
    _instances(PROD, S, "t3.medium", 1, 0.052, team="platform"),
    _instances(PROD, S, "t3.micro", 1, 0.013, team="platform"),
    _instances(PROD, S, "c6i.xlarge", 1, 0.192, team="platform"),
    _instances(PROD, S, "m5.large", 1, 0.118),
    _instances(PROD, S, "r6i.2xlarge", 1, 0.608, team="data"),
    _instances(PROD, S, "t3.xlarge", 1, 0.2816, team="finance", windows=True),
    _instances(PROD, B, "m6i.large", 2.6, 0.115, rhythm="shop", team="backend", noise=0.05),
    _instances(PROD, B, "c6i.large", 2, 0.097, team="backend"),
    _instances(PROD, U, "t3.micro", 1, 0.0104, team="platform"),
    _instances(DEV, S, "t3.large", 6, 0.104, rhythm="office", team="backend", noise=0.05),
    _instances(DEV, S, "c6i.2xlarge", 2, 0.384, rhythm="office", team="platform", noise=0.08),
    _instances(DEV, B, "m6i.large", 15, 0.115, team="backend", changes=((3, 1 / 15),)),  # a contractor's last day
    _instances(DATA, S, "r6i.xlarge", 3, 0.304, rhythm="batch", team="data", noise=0.08),
    _instances(DATA, B, "r6i.large", 1, 0.152, team="data"),
    # nodes of the cluster are paid for by a savings plan
    Line(EC2, PROD, S, "APN2-BoxUsage:m6i.xlarge", "RunInstances", _NODE_HOURS, _NODE_PRICE, team="platform",
         record_type="SavingsPlanCoveredUsage", unit="Hrs", noise=0.0, amortized=0.72),
    Line(EC2, PROD, S, "APN2-BoxUsage:m6i.xlarge", "RunInstances", _NODE_HOURS, -_NODE_PRICE, team="platform",
         record_type="SavingsPlanNegation", unit="Hrs", noise=0.0, amortized=0.0),
    Line(SAVINGS_PLANS, PROD, S, "ComputeSP:1yrNoUpfront", "", 24, _NODE_HOURS / 24 * _NODE_PRICE * 0.72,
         record_type="SavingsPlanRecurringFee", unit="Hrs", noise=0.0, amortized=0.0),
    Line(EC2, DATA, S, "APN2-BoxUsage:r6i.xlarge", "RunInstances", 1, -4.1, record_type="Credit", noise=0.0),
    # around servers
    _line(EC2_OTHER, PROD, S, "EBS:VolumeUsage.gp3", 47, 0.0912, "steady", "platform", "GB-Mo"),
    _line(EC2_OTHER, PROD, S, "EBS:VolumeUsage.gp2", 42, 0.114, "steady", None, "GB-Mo"),
    _line(EC2_OTHER, PROD, S, "EBS:VolumeUsage.io2", 33, 0.1278, "steady", "data", "GB-Mo"),
    _line(EC2_OTHER, PROD, S, "EBS:VolumeP-IOPS.io2", 533, 0.0067, "steady", "data", "IOPS-Mo"),
    _line(EC2_OTHER, PROD, S, "EBS:SnapshotUsage", 96, 0.05, "steady", "platform", "GB-Mo"),
    _line(EC2_OTHER, PROD, S, "NatGateway-Hours", 72, 0.059, "steady", "platform", "Hrs", "NatGateway"),
    _line(EC2_OTHER, PROD, S, "NatGateway-Bytes", 210, 0.059, "shop", "platform", "GB", "NatGateway"),
    _line(EC2_OTHER, PROD, B, "NatGateway-Hours", 48, 0.052, "steady", "platform", "Hrs", "NatGateway"),
    _line(EC2_OTHER, PROD, B, "NatGateway-Bytes", 64, 0.052, "shop", "platform", "GB", "NatGateway"),
    _line(EC2_OTHER, PROD, S, "DataTransfer-Regional-Bytes", 420, 0.01, "shop", "platform", "GB"),
    _line(EC2_OTHER, DEV, S, "EBS:VolumeUsage.gp3", 28, 0.0912, "steady", "backend", "GB-Mo"),
    _line(EC2_OTHER, DATA, S, "EBS:VolumeUsage.gp3", 61, 0.0912, "steady", "data", "GB-Mo"),
    _line(VPC, PROD, S, "PublicIPv4:InUseAddress", 216, 0.005, "steady", "platform", "Hrs"),
    _line(VPC, PROD, S, "PublicIPv4:IdleAddress", 48, 0.005, "steady", None, "Hrs"),
    _line(VPC, PROD, B, "PublicIPv4:IdleAddress", 24, 0.005, "steady", None, "Hrs"),
    _line(VPC, PROD, S, "VpcEndpoint-Hours", 144, 0.013, "steady", "platform", "Hrs"),
    _line(ELB, PROD, S, "LoadBalancerUsage", 48, 0.0225, "steady", "platform", "Hrs"),
    _line(ELB, PROD, S, "LCUUsage", 130, 0.008, "shop", "frontend", "LCU-Hrs"),
    _line(ELB, PROD, B, "LoadBalancerUsage", 24, 0.027, "steady", "backend", "Hrs"),
    _line(ECS, PROD, S, "Fargate-vCPU-Hours:perCPU", 320, 0.0466, "shop", "backend", "hours"),
    _line(ECS, PROD, S, "Fargate-GB-Hours", 640, 0.0051, "shop", "backend", "hours"),
    _line(EKS, PROD, S, "AmazonEKS-Hours:perCluster", 24, 0.1, "steady", "platform", "Hrs"),
    _line(EKS, DEV, S, "AmazonEKS-Hours:perCluster", 24, 0.1, "steady", "platform", "Hrs"),
    _line(ECR, PROD, S, "TimedStorage-ByteHrs", 14, 0.1, "steady", "platform", "GB-Mo"),
    _line("AWS Lambda", PROD, S, "Lambda-GB-Second", 190_000, 0.0000166667, "shop", "backend", "Lambda-GB-Second"),
    _line("AWS Lambda", PROD, U, "Lambda-GB-Second", 24_000, 0.0000166667, "shop", "backend", "Lambda-GB-Second"),
    # data
    _databases(PROD, S, "db.r6g.xlarge", 1, 0.626, "backend"),
    _databases(PROD, S, "db.r6g.large", 4, 0.313, "backend"),
    _databases(PROD, S, "db.t4g.medium", 1, 0.098, "backend"),
    _databases(DEV, S, "db.t4g.large", 2, 0.172, "backend"),
    _line(RDS, PROD, S, "Aurora:StorageUsage", 21, 0.12, "steady", "backend", "GB-Mo"),
    _line(RDS, PROD, S, "Aurora:StorageIOUsage", 31_000_000, 0.00000024, "shop", "backend", "IOs"),
    _line(RDS, PROD, B, "Aurora:ServerlessV2Usage", 64, 0.14, "shop", "backend", "ACU-Hr"),
    _line("Amazon ElastiCache", PROD, S, "NodeUsage:cache.r7g.large", 48, 0.263, "steady", "frontend", "Hrs"),
    Line(DYNAMODB, PROD, S, "APN2-WriteRequestUnits", "PayPerRequest", 11_000_000, 0.00000136, "shop",
         "backend", changes=((20, 0.55),), unit="WriteRequestUnits"),
    _line(DYNAMODB, PROD, S, "TimedStorage-ByteHrs", 9, 0.27, "steady", "backend", "GB-Mo"),
    _line(S3, PROD, S, "TimedStorage-ByteHrs", 260, 0.025, "steady", "frontend", "GB-Mo"),
    _line(S3, PROD, S, "Requests-Tier2", 2_400_000, 0.00000035, "shop", "frontend", "Requests"),
    _line(S3, DATA, S, "TimedStorage-ByteHrs", 410, 0.025, "steady", "data", "GB-Mo"),
    _line(S3, ROOT, U, "TimedStorage-ByteHrs", 120, 0.023, "steady", "security", "GB-Mo"),
    _line("Amazon Athena", DATA, S, "DataScannedInTB", 1.4, 5.0, "office", "data", "Terabytes"),
    _line("AWS Glue", DATA, S, "ETL-DPU-Hour", 22, 0.44, "batch", "data", "DPU-Hour"),
    _line("AWS Backup", PROD, S, "WarmStorage-ByteHrs-EBS", 78, 0.05, "steady", "platform", "GB-Mo"),
    # what watches and guards
    Line(CLOUDWATCH, PROD, S, "APN2-DataProcessing-Bytes", "PutLogEvents", 9.5, 0.76, "shop", "backend",
         changes=((9, 3.4),), unit="GB"),  # debug logs that nobody switched off
    _line(CLOUDWATCH, PROD, S, "CW:MetricMonitorUsage", 9, 0.3, "steady", "platform", "Metrics"),
    _line(CLOUDWATCH, PROD, S, "CW:GMD-Metrics", 110_000, 0.00001, "steady", "platform", "Metrics"),
    _line(CLOUDWATCH, DEV, S, "DataProcessing-Bytes", 2.1, 0.76, "office", "backend", "GB"),
    _line("AWS CloudTrail", ROOT, U, "PaidEventsRecorded", 210_000, 0.00002, "shop", "security", "Events"),
    _line("AWS Config", PROD, S, "ConfigurationItemRecorded", 420, 0.003, "office", "security", "ConfigurationItems"),
    _line("AWS Config", DEV, S, "ConfigurationItemRecorded", 260, 0.003, "office", "security", "ConfigurationItems"),
    _line("Amazon GuardDuty", SECURITY, S, "PaidEventsAnalyzed", 640_000, 0.0000046, "shop", "security", "Events"),
    _line("AWS Security Hub", SECURITY, S, "PaidComplianceCheck", 2_900, 0.001, "steady", "security", "Checks"),
    _line("AWS Key Management Service", PROD, S, "KMS-Requests", 380_000, 0.000003, "shop", "platform", "Requests"),
    _line("AWS Secrets Manager", PROD, S, "AWSSecretsManager-Secrets", 0.9, 0.4, "steady", "platform", "Secrets"),
    _line("AWS WAF", PROD, S, "WebACLV2", 0.1, 5.0, "steady", "security", "WebACLs"),
    _line("AWS WAF", PROD, S, "RequestV2-Tier1", 400_000, 0.0000006, "shop", "security", "Requests"),
    # on the way to customers
    _line("Amazon CloudFront", PROD, "global", "DataTransfer-Out-Bytes", 88, 0.12, "shop", "frontend", "GB"),
    _line("Amazon Route 53", PROD, "global", "DNS-Queries", 1_900_000, 0.0000004, "shop", "platform", "Queries"),
    _line("Amazon Simple Queue Service", PROD, S, "Requests", 2_600_000, 0.0000004, "shop", "backend", "Requests"),
    _line("Amazon Simple Email Service", PROD, U, "Recipients", 6_200, 0.0001, "shop", "platform", "Count"),
    _line("AWS Cost Explorer", ROOT, U, "APIRequest", 26, 0.01, "office", "finance", "Requests"),
)  # fmt: skip
_GPU = _instances(PROD, U, FORGOTTEN_KIND, 1, 5.672, team="backend")
_LEAK = _instances(PROD, UNUSED_REGION, "g4dn.xlarge", 12, 0.894)
_REFUND = Line(QUICKSIGHT, ROOT, U, "QS-Enterprise-Author", "Refund", 1, -96.0, record_type="Refund", noise=0.0)
_REFUNDED_AGO = 9
_SUPPORT = Line(SUPPORT, ROOT, NO_REGION, "Dollar", "", 1, 0.1, record_type="Support", noise=0.0)
_TAXES = tuple(
    Line(TAX, account, NO_REGION, "NoUsageType", "", 1, 0.1, record_type="Tax", noise=0.0)
    for account in (ROOT, PROD, DEV, DATA, SECURITY)
)


@dataclass(frozen=True)
class Bill:
    """The company's bill as Cost Explorer knows it at `known`: whatever came later is not in it yet."""

    made: datetime
    known: datetime
    gpu: datetime
    leak: datetime

    @classmethod
    def of(cls, estate: Estate) -> Bill:
        """As of full hours: Cost Explorer takes in usage a few times a day."""
        known = (estate.now.astimezone(UTC) - LATE).replace(minute=0, second=0, microsecond=0)
        return cls(estate.day, known, estate.began("gpu-forgotten"), estate.began("leaked-key"))

    def charges(self, day: date) -> tuple[Charge, ...]:
        """What came together on a day (UTC); the first of a month also has what is billed by the month."""
        found = self.used(day)
        return found + _monthly(self, day) if found and day.day == 1 else found

    def month_to_date(self, when: datetime) -> float:
        """What the month of a moment has come to by then."""
        total = 0.0
        for number in range(when.day):
            day = when.date().replace(day=number + 1)
            share = min((when - _midnight(day)) / timedelta(days=1), 1.0)
            total += share * _total(self.charges(day))
        return total

    def used(self, day: date) -> tuple[Charge, ...]:
        """What was used on a day, as far as it is known."""
        share = min(max((self.known - _midnight(day)) / timedelta(days=1), 0.0), 1.0)
        return _used(self, day, share) if share else ()


@lru_cache(maxsize=2048)
def _used(bill: Bill, day: date, share: float) -> tuple[Charge, ...]:
    today = bill.made.date()
    found = []
    for line in LINES:
        quantity = line.quantity_on(day, today) * share
        found.append(Charge(line, quantity, quantity * line.price))
    for line, begin, end in (
        (_GPU, bill.gpu, bill.known),
        (_LEAK, bill.leak, min(bill.leak + LEAK_LASTED, bill.known)),
    ):
        quantity = _hours_on(day, begin, end) * line.quantity / 24
        if quantity:
            found.append(Charge(line, quantity, quantity * line.price))
    if (today - day).days == _REFUNDED_AGO:
        found.append(Charge(_REFUND, 1, _REFUND.price))
    return tuple(found)


@lru_cache(maxsize=64)
def _monthly(bill: Bill, first: date) -> tuple[Charge, ...]:
    """Support and taxes of a month so far, which Cost Explorer shows on its first day."""
    days = (first + timedelta(days=number) for number in range(31))
    used = [charge for day in days if day.month == first.month for charge in bill.used(day)]
    support = max(100.0, _SUPPORT.price * _total(used))
    found = [Charge(_SUPPORT, support / _SUPPORT.price, support)]
    for tax in _TAXES:
        taxed = _total(charge for charge in used if charge.line.account == tax.account)
        taxed += support if tax.account == _SUPPORT.account else 0
        found.append(Charge(tax, 1, tax.price * taxed))
    return tuple(found)


def _total(charges: Iterable[Charge]) -> float:
    return sum(charge.cost for charge in charges)


def _hours_on(day: date, begin: datetime, end: datetime) -> float:
    """How many hours of a stretch of time fall on a day."""
    starts = _midnight(day)
    return max(0.0, (min(end, starts + timedelta(days=1)) - max(begin, starts)) / timedelta(hours=1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
