"""What CloudWatch measures of the company: one series for each metric of each thing.

A value is a function of its time: a level that follows the hours of the shop or of the offices, noise, and the
stories. So any window of any series is made without those before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from engine.demo.aws.balancers import HUB
from engine.demo.aws.databases import DATABASES
from engine.demo.aws.estate import GPU_NAME, IMPAIRED_NAME, Estate, Server
from engine.demo.aws.spending import Bill
from engine.demo.company import BERLIN, BERLIN_REGION, GLOBAL_REGION, SEOUL, SEOUL_REGION, UNUSED_REGION
from engine.demo.elb.balancers import API, API_APP, CHECKOUT, SHOP, SHOP_WEB, Balancer
from engine.demo.elb.incidents import BROKEN_FOR, ELB_INCIDENTS, SLOW_FOR, SLOW_TARGET
from engine.demo.rhythm import ALWAYS, OFFICE
from engine.demo.rhythm import SHOP as SHOP_HOURS

Seconds = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Story = Callable[[Seconds, Values], Values]

NIGHTLY = (2, 12, 14, 13, 10, 4, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4, 4, 3, 2, 1, 1, 1, 1, 1)
"""Reports are made at night."""
BASIC, DETAILED = 300, 60  # seconds between two values


@dataclass(frozen=True)
class Series:
    """One metric of one thing: from `base` up to `base + swing` along the hours of a day.

    `noise` is a share of the value; `tail` makes large values seldom and much larger. `counts` tells numbers of
    events from levels.
    """

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    region: str
    base: float
    swing: float = 0.0
    hours: Sequence[int] = ALWAYS
    zone: ZoneInfo = SEOUL.zone
    step: int = DETAILED
    noise: float = 0.08
    tail: float = 0.0
    most: float | None = None
    counts: bool = False
    begins: datetime | None = None
    ends: datetime | None = None
    story: Story | None = field(default=None, compare=False)

    @cached_property
    def _seed(self) -> np.uint64:
        return np.uint64(zlib.crc32(repr((self.namespace, self.metric, self.dimensions)).encode()))

    def values(self, begin: int, end: int) -> tuple[Seconds, Values]:
        """The times and values from a second of the epoch until before another."""
        first = -(-begin // self.step) * self.step
        if self.begins is not None:
            first = max(first, int(-(-self.begins.timestamp() // self.step)) * self.step)
        if self.ends is not None:
            end = min(end, int(self.ends.timestamp()))
        times = np.arange(first, max(first, end), self.step, dtype=np.int64)
        if not len(times):
            return times, np.zeros(0)
        values = (self.base + self.swing * self._course(times)) * self._dice(times)
        if self.story is not None:
            values = self.story(times, values)
        if self.counts:
            values = np.floor(values)
        return times, np.clip(values, 0, self.most)

    def _course(self, times: Seconds) -> Values:
        """How much of the swing there is, 0 to 1, between the weights of the hours."""
        shift = datetime.fromtimestamp(int(times[0]), self.zone).utcoffset() or timedelta()
        hours = (times + int(shift.total_seconds())) / 3600 % 24
        weights = np.array([*self.hours, self.hours[0]], dtype=float)
        lowest, highest = weights.min(), weights.max()
        if highest == lowest:
            return np.full(len(times), 0.5)
        course: Values = np.interp(hours, np.arange(25), (weights - lowest) / (highest - lowest))
        return course

    def _dice(self, times: Seconds) -> Values:
        """A factor around 1 for each time, the same whenever it is asked for."""
        count = (times // self.step).astype(np.uint64)
        even = _mixed(count, self._seed) * 2 - 1
        factor: Values = 1 + self.noise * even
        if self.tail:
            factor = factor * np.exp(self.tail * (_mixed(count, self._seed + np.uint64(1)) * 4 - 2) ** 3 / 4)
        return factor


def _mixed(numbers: npt.NDArray[np.uint64], seed: np.uint64) -> Values:
    """Numbers scattered evenly over 0 to 1 (splitmix64)."""
    with np.errstate(over="ignore"):
        z = (numbers + seed * np.uint64(0x9E3779B9)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: Values = (z ^ (z >> np.uint64(31))).astype(np.float64) / 2.0**64
    return scattered


def all_series(estate: Estate) -> Iterator[Series]:
    """Every series of the account."""
    yield from _servers(estate)
    yield from _databases()
    yield from _balancers(estate)
    yield from _others(estate)


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────

# By name: percent of CPU at rest, how much more in the busiest hour, the hours that it follows.
_CPU: Mapping[str | None, tuple[float, float, Sequence[int]]] = {
    "shop-web": (9, 33, SHOP_HOURS),
    "checkout": (7, 26, SHOP_HOURS),
    "api-app": (8, 30, SHOP_HOURS),
    "api-partner": (10, 35, OFFICE),
    "api-stock": (5, 8, SHOP_HOURS),
    "store-terminals-a": (4, 14, OFFICE),
    "store-terminals-b": (5, 13, OFFICE),
    "steamer-cluster-node": (31, 22, SHOP_HOURS),
    "orders-analysis": (22, 58, NIGHTLY),
    "ci-runner": (3, 71, OFFICE),
    "accounting": (6, 19, OFFICE),
    "bastion": (1, 3, OFFICE),
    "mail-relay": (3, 5, ALWAYS),
    None: (54, 6, ALWAYS),  # nobody knows what it does
}


def _servers(estate: Estate) -> Iterator[Series]:
    for server in estate.servers:
        if server.state == "stopped":
            continue
        dimensions = (("InstanceId", server.id),)
        common = Series(
            "AWS/EC2", "CPUUtilization", dimensions, server.region, 0, step=DETAILED if server.detailed else BASIC,
            zone=BERLIN.zone if server.region == BERLIN_REGION else SEOUL.zone, begins=server.launched,
            ends=server.ended,
        )  # fmt: skip
        yield _cpu(server, common, estate)
        size = 30e6 if server.team in ("frontend", "backend") else 6e6
        yield replace(common, metric="NetworkIn", base=size, swing=3 * size, hours=SHOP_HOURS, noise=0.25)
        yield replace(common, metric="NetworkOut", base=2 * size, swing=7 * size, hours=SHOP_HOURS, noise=0.25)
        failed = _failed_since(server.impaired_since)
        for name in ("StatusCheckFailed", "StatusCheckFailed_Instance"):
            yield replace(common, metric=name, noise=0.0, story=failed)
        yield replace(common, metric="StatusCheckFailed_System", noise=0.0)
        if server.kind.startswith("t3"):
            yield replace(common, metric="CPUCreditBalance", base=570, noise=0.01)
    for group, region in (("shop-web", SEOUL_REGION), ("api-app", BERLIN_REGION)):
        base, swing, hours = _CPU[group]
        yield Series(
            "AWS/EC2", "CPUUtilization", (("AutoScalingGroupName", group),), region, base, swing, hours,
            SEOUL.zone if region == SEOUL_REGION else BERLIN.zone, BASIC, 0.05,
        )  # fmt: skip


def _cpu(server: Server, common: Series, estate: Estate) -> Series:
    if server.name == GPU_NAME:  # its loop goes on, with nothing left to learn
        return replace(common, base=97.2, noise=0.012, most=100)
    if server.name == IMPAIRED_NAME:
        return replace(common, base=21, noise=0.2, story=_silent_since(server.impaired_since))
    if server.region == UNUSED_REGION:  # what they dig for is dug by the graphics card
        return replace(common, base=18, noise=0.1)
    base, swing, hours = _CPU[server.name]
    told = _grows_slow(estate) if server.private == SLOW_TARGET.partition(":")[0] else None
    return replace(common, base=base, swing=swing, hours=hours, noise=0.14, most=100, story=told)


def _began(story: str, estate: Estate) -> int:
    found = next(incident for incident in ELB_INCIDENTS if incident.id == story)
    return found.begins(int(estate.made.timestamp()))


def _grows_slow(estate: Estate) -> Story:
    """A server that leaks memory collects its garbage ever more often, until somebody restarts it."""
    begins = _began("slow-target", estate)

    def told(times: Seconds, values: Values) -> Values:
        progress = (times - begins) / SLOW_FOR
        slow: Values = np.where((progress >= 0) & (progress < 1), values + 62 * np.clip(progress, 0, 1), values)
        return slow

    return told


def _failed_since(since: datetime | None) -> Story | None:
    if since is None:
        return None
    began = since.timestamp()
    return lambda times, values: np.where(times >= began, 1.0, 0.0)


def _silent_since(since: datetime | None) -> Story | None:
    """An instance whose system hangs uses next to nothing."""
    if since is None:
        return None
    began = since.timestamp()
    return lambda times, values: np.where(times >= began, 0.3, values)


# ── databases ────────────────────────────────────────────────────────────────────────────────────────────────────


def _databases() -> Iterator[Series]:
    for database in DATABASES:
        zone = BERLIN.zone if database.region == BERLIN_REGION else SEOUL.zone
        hours = NIGHTLY if database.team == "data" else SHOP_HOURS
        common = Series(
            "AWS/RDS", "CPUUtilization", (("DBInstanceIdentifier", database.name),), database.region, database.cpu,
            database.swing, hours, zone, most=100,
        )  # fmt: skip
        yield common
        yield replace(common, metric="DatabaseConnections", base=12, swing=70, most=None, counts=True)
        yield replace(common, metric="FreeableMemory", base=6.2e9, swing=-1.4e9, most=None, noise=0.02)
        if database.select is not None:  # a metric of Aurora MySQL
            yield replace(
                common, metric="SelectLatency", base=database.select, swing=database.select / 2, most=None, noise=0.1,
                tail=database.spread,
            )  # fmt: skip
            yield replace(common, metric="SelectThroughput", base=140, swing=900, most=None)
        else:
            yield replace(common, metric="FreeStorageSpace", base=2.1e10, swing=0, most=None, noise=0.0)


# ── load balancers ───────────────────────────────────────────────────────────────────────────────────────────────


def _balancers(estate: Estate) -> Iterator[Series]:
    broken = _began("broken-deploy", estate)

    def failing(times: Seconds, values: Values) -> Values:
        return np.where((times >= broken) & (times < broken + BROKEN_FOR), values + 9, values)

    for balancer, zone in ((SHOP, SEOUL.zone), (API, BERLIN.zone)):
        common = Series(
            "AWS/ApplicationELB", "RequestCount", (("LoadBalancer", _dimension(balancer)),), balancer.region, 3, 16,
            SHOP_HOURS, zone, noise=0.3, counts=True,
        )  # fmt: skip
        yield common
        yield replace(common, metric="TargetResponseTime", base=0.05, swing=0.05, counts=False, tail=0.2)
        told = failing if balancer is SHOP else None
        yield replace(common, metric="HTTPCode_ELB_5XX_Count", base=0.2, swing=0.5, noise=0.9, story=told)
        yield replace(common, metric="HTTPCode_Target_5XX_Count", base=0.2, swing=0.5, noise=0.9)
    for rule, balancer in ((SHOP_WEB, SHOP), (CHECKOUT, SHOP), (API_APP, API)):
        group = "/".join(["targetgroup", *rule.group.split("/")[1:]])
        dimensions = (("TargetGroup", group), ("LoadBalancer", _dimension(balancer)))
        common = Series(
            "AWS/ApplicationELB", "HealthyHostCount", dimensions, balancer.region, len(rule.targets), noise=0
        )
        yield common
        yield replace(common, metric="UnHealthyHostCount", base=0)


def _dimension(balancer: Balancer) -> str:
    return f"{'net' if balancer is HUB else 'app'}/{balancer.name}/{balancer.id}"


# ── everything else ──────────────────────────────────────────────────────────────────────────────────────────────


def _others(estate: Estate) -> Iterator[Series]:
    for node in ("carts-001", "carts-002"):
        dimensions = (("CacheClusterId", node), ("CacheNodeId", "0001"))
        yield Series("AWS/ElastiCache", "CPUUtilization", dimensions, SEOUL_REGION, 4, 11, SHOP_HOURS, most=100)
        yield Series("AWS/ElastiCache", "CurrConnections", dimensions, SEOUL_REGION, 40, 90, SHOP_HOURS, counts=True)
    for service, base in (("courier", 18), ("steamer", 12)):
        dimensions = (("ServiceName", service), ("ClusterName", "shop"))
        yield Series("AWS/ECS", "CPUUtilization", dimensions, SEOUL_REGION, base, 2 * base, SHOP_HOURS, most=100)
        yield Series("AWS/ECS", "MemoryUtilization", dimensions, SEOUL_REGION, 52, 8, SHOP_HOURS, noise=0.02, most=100)
    for function, calls in (("checkout", 30), ("delivery-slots", 14), ("label-printer", 4)):
        common = Series(
            "AWS/Lambda", "Invocations", (("FunctionName", function),), SEOUL_REGION, calls / 6, calls, SHOP_HOURS,
            noise=0.3, counts=True,
        )  # fmt: skip
        yield common
        yield replace(common, metric="Errors", base=0.1, swing=0.6, noise=0.9)
        yield replace(common, metric="Duration", base=120, swing=90, counts=False, tail=0.4)
    for queue in ("orders-to-bake", "labels-to-print", "mails-to-send"):
        yield Series(
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", (("QueueName", queue),), SEOUL_REGION, 1, 9, SHOP_HOURS,
            noise=0.8, counts=True,
        )  # fmt: skip
    yield Series(
        "AWS/Billing", "EstimatedCharges", (("Currency", "USD"),), GLOBAL_REGION, 0, step=6 * 3600, noise=0.0,
        story=_month_to_date(estate),
    )  # fmt: skip


def _month_to_date(estate: Estate) -> Story:
    """Charges grow until the month ends."""
    bill = Bill.of(estate)

    def told(times: Seconds, values: Values) -> Values:
        return np.array([bill.month_to_date(datetime.fromtimestamp(second, UTC)) for second in times.tolist()])

    return told
