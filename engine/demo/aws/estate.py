"""What the sample company has in its account `prod` at a moment: servers, and the stories they take part in.

Long-lived servers are declared here, with the ids and addresses that the logs know them by. Those that Auto Scaling or
an intruder started are read from the very events that the logs are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

import msgspec

from engine.demo.company import BERLIN_REGION, GLOBAL_REGION, PROD, SEOUL_REGION, UNUSED_REGION
from engine.demo.generate import days_until
from engine.demo.incidents import FORGOTTEN_INSTANCE, FORGOTTEN_KIND, TRAIL_INCIDENTS, planted
from engine.demo.machines import MACHINES, scale
from engine.demo.records import Event, hexadecimal, render
from engine.demo.stories import Incident

TERMINATED_FOR = timedelta(hours=1)
"""How long AWS still shows a terminated instance."""
STORY_TOLD_FOR = timedelta(hours=12)
"""Those that the intruder started stay until the sample data is made anew, so that the story can be told."""

GPU_NAME = "tteok-vision"
IMPAIRED_NAME = "steamer-sensors"
IMPAIRED_FOR = timedelta(minutes=47)

VPCS = {
    SEOUL_REGION: "vpc-0a5f1b2c3d4e5f607",
    BERLIN_REGION: "vpc-0b7e2d4c6f8a90112",
    GLOBAL_REGION: "vpc-0c9a3f5e7d1b20446",
    UNUSED_REGION: "vpc-0d4b6a8c0e2f31779",
}
IMAGE = "ami-0aa1d83d0b0985c86"


@dataclass(frozen=True)
class Server:
    """An instance of EC2. `scaling` names its Auto Scaling group, `group` its security group."""

    id: str
    name: str | None
    kind: str
    region: str
    zone: str
    private: str
    launched: datetime
    group: str
    team: str | None = None
    scaling: str | None = None
    public: str | None = None
    stopped: datetime | None = None
    ended: datetime | None = None
    tokens: str = "required"  # of the metadata service; `optional` allows its first version
    disks: tuple[int, ...] = (30,)  # GiB
    windows: bool = False
    detailed: bool = False  # metrics each minute
    key: str | None = None
    impaired_since: datetime | None = None
    reservation: str = ""

    @property
    def state(self) -> str:
        if self.ended is not None:
            return "terminated"
        return "running" if self.stopped is None else "stopped"

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Disk:
    """A volume of EBS: `server` is null when it hangs on none."""

    id: str
    name: str | None
    kind: str
    size: int
    region: str
    zone: str
    created: datetime
    server: Server | None = None
    device: str = "/dev/xvda"
    encrypted: bool = True
    iops: int = 3000
    status: str = "ok"
    team: str | None = None


@dataclass(frozen=True)
class Estate:
    """The account `prod` at `now`; `made` is the moment that the logs end at, which stories are told from."""

    now: datetime
    made: datetime
    account: str = field(default=PROD, init=False)

    @cached_property
    def day(self) -> datetime:
        """Midnight (UTC) of the day that ages are counted from."""
        return self.made.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def ago(self, days: float = 0, hours: float = 0) -> datetime:
        """A moment that stays the same all day."""
        return self.day - timedelta(days=days, hours=hours)

    def began(self, story: str) -> datetime:
        """When an incident began."""
        return incident(story).begins(int(self.made.timestamp())) * timedelta(seconds=1) + _EPOCH

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """All instances that AWS would show, by region and age."""
        found = [*_declared(self), *_logged(self)]
        return tuple(sorted(found, key=lambda server: (server.region, server.launched, server.id)))

    @cached_property
    def disks(self) -> tuple[Disk, ...]:
        """The volumes of servers that exist, and those that were left behind."""
        attached = [disk for server in self.servers if server.ended is None for disk in _disks(server)]
        return tuple(_with_trouble(self, attached) + _left_behind(self))

    def in_region(self, region: str | None) -> list[Server]:
        return [server for server in self.servers if server.region == region]

    def server(self, name: str) -> Server:
        """The oldest server of a name."""
        return next(server for server in self.servers if server.name == name)

    def by_address(self, private: str) -> Server | None:
        """The server behind a private address, as the logs of load balancers name it."""
        return next((server for server in self.servers if server.private == private), None)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def incident(story: str) -> Incident[Event]:
    """An incident of the accounts by its id."""
    return next(told for told in TRAIL_INCIDENTS if told.id == story)


def made_id(prefix: str, what: str) -> str:
    """An id of EC2 that is always the same for the same thing.

    >>> made_id("sg", "bastion")
    'sg-24f0dd085c7a2302f'
    """
    return f"{prefix}-{hexadecimal(Random(f'{prefix} {what}'))}"


def _instances_of(region: str) -> tuple[str, ...]:
    """The ids of the instances whose agents call in the logs."""
    place = (PROD, region)
    return next(machine.sessions for machine in MACHINES if (machine.name, machine.place) == ("shop-instance", place))


# (name, type, zone, private address, security group, team, age in days, further facts)
_Row = tuple[str | None, str, str, str, str, str | None, float, dict[str, Any]]
_FIXED: dict[str, dict[str, Any]] = {
    "web": {"scaling": "shop-web", "detailed": True},
    "node": {"scaling": "steamer-cluster-nodes", "disks": (80,)},
}
_IN_SEOUL: tuple[_Row, ...] = (
    ("shop-web", "m6i.large", "a", "10.20.1.21", "shop-web", "frontend", 61, _FIXED["web"]),
    ("shop-web", "m6i.large", "b", "10.20.2.22", "shop-web", "frontend", 61, _FIXED["web"]),
    ("shop-web", "m6i.large", "c", "10.20.3.23", "shop-web", "frontend", 61, _FIXED["web"]),
    ("checkout", "c6i.large", "a", "10.20.1.31", "checkout", "backend", 33, {"scaling": "checkout-workers"}),
    ("checkout", "c6i.large", "b", "10.20.2.32", "checkout", "backend", 33, {"scaling": "checkout-workers"}),
    ("store-terminals-a", "t3.large", "a", "10.20.7.11", "store-terminals", "backend", 402, {"tokens": "optional"}),
    ("store-terminals-b", "t3.large", "b", "10.20.8.12", "store-terminals", "backend", 402, {"tokens": "optional"}),
    ("bastion", "t3.micro", "a", "10.20.4.5", "old-bastion", "platform", 711,
     {"tokens": "optional", "public": "3.36.12.9", "key": "platform-2024", "disks": (8,)}),
    ("ci-runner", "c6i.xlarge", "b", "10.20.4.17", "internal", "platform", 148, {"disks": (30, 200)}),
)  # fmt: skip
_BESIDE_THEM: tuple[_Row, ...] = (
    ("steamer-cluster-node", "m6i.xlarge", "a", "10.20.1.44", "cluster", "platform", 19, _FIXED["node"]),
    ("steamer-cluster-node", "m6i.xlarge", "a", "10.20.1.97", "cluster", "platform", 19, _FIXED["node"]),
    ("steamer-cluster-node", "m6i.xlarge", "b", "10.20.2.13", "cluster", "platform", 19, _FIXED["node"]),
    ("steamer-cluster-node", "m6i.xlarge", "c", "10.20.3.9", "cluster", "platform", 4, _FIXED["node"]),
    (IMPAIRED_NAME, "t3.medium", "c", "10.20.3.71", "internal", "platform", 233, {}),
    ("accounting", "t3.xlarge", "a", "10.20.5.8", "accounting", "finance", 560,
     {"windows": True, "tokens": "optional", "disks": (80, 250), "public": "52.79.61.40"}),
    (None, "m5.large", "b", "10.20.6.140", "internal", None, 322, {"tokens": "optional", "key": "test"}),
    ("orders-analysis", "r6i.2xlarge", "a", "10.20.6.30", "internal", "data", 97, {"disks": (60, 1000)}),
    ("loyalty-migration", "m6i.xlarge", "b", "10.20.6.77", "internal", "backend", 171, {"stopped": 38}),
    ("old-jenkins", "t2.large", "a", "10.20.4.40", "old-bastion", None, 1204,
     {"stopped": 96, "tokens": "optional", "disks": (100, 500)}),
)  # fmt: skip
_IN_BERLIN: tuple[_Row, ...] = (
    ("api-app", "m6i.large", "a", "10.30.1.11", "api", "backend", 47, {"scaling": "api-app"}),
    ("api-app", "m6i.large", "b", "10.30.2.12", "api", "backend", 47, {"scaling": "api-app"}),
    ("api-partner", "c6i.large", "a", "10.30.1.41", "api", "backend", 130, {}),
    ("api-stock", "c6i.large", "b", "10.30.2.51", "api", "backend", 130, {"tokens": "optional"}),
)


def _declared(estate: Estate) -> Iterator[Server]:
    """The servers that are always there."""
    seoul, berlin = _instances_of(SEOUL_REGION), _instances_of(BERLIN_REGION)
    yield from _rows(estate, SEOUL_REGION, _IN_SEOUL, seoul)
    yield from _rows(estate, SEOUL_REGION, _BESIDE_THEM, ())
    yield from _rows(estate, BERLIN_REGION, _IN_BERLIN, berlin)
    relay = ("mail-relay", "t3.micro", "b", "10.40.2.8", "mail", "platform", 488.0, {"public": "3.80.14.77"})
    yield from _rows(estate, GLOBAL_REGION, (relay,), ())


def _rows(estate: Estate, region: str, rows: Iterable[_Row], ids: tuple[str, ...]) -> Iterator[Server]:
    """Servers of a table; `ids` are those that the logs know, in the same order."""
    for place, (name, kind, zone, private, group, team, age, facts) in enumerate(rows):
        server_id = ids[place] if ids else made_id("i", private)
        hours = Random(server_id).uniform(6, 18)  # launched in office hours
        facts = dict(facts)
        if "stopped" in facts:
            facts["stopped"] = estate.ago(days=facts["stopped"], hours=-hours)
        if name == IMPAIRED_NAME:
            facts["impaired_since"] = estate.now.replace(second=0, microsecond=0) - IMPAIRED_FOR
        launched = estate.ago(days=age, hours=-round(hours, 2)).replace(microsecond=0)
        yield Server(server_id, name, kind, region, zone, private, launched, group, team, **facts)


def _logged(estate: Estate) -> list[Server]:
    """The servers whose launch the logs tell of."""
    second = int(estate.now.timestamp())
    events = [event for day in days_until(estate.now, 1) for event in scale(day)]
    events += planted(int(estate.made.timestamp()))
    events = [event for event in events if event.call.place[0] == PROD and event.second <= second]
    found: dict[str, Server] = {}
    for event in sorted(events, key=lambda event: event.second):
        when = datetime.fromtimestamp(event.second, UTC)
        if b'"eventName":"RunInstances"' in event.call.before:
            found |= {server.id: server for server in _launched(event, when)}
        elif b'"eventName":"TerminateInstances"' in event.call.before:
            for instance in _items(event):
                if instance["instanceId"] in found:
                    found[instance["instanceId"]] = replace(found[instance["instanceId"]], ended=when)
    return [server for server in found.values() if server.ended is None or _is_shown(server, server.ended, estate.now)]


def _is_shown(server: Server, ended: datetime, now: datetime) -> bool:
    return now - ended < (STORY_TOLD_FOR if server.region == UNUSED_REGION else TERMINATED_FOR)


def _launched(event: Event, when: datetime) -> Iterator[Server]:
    """The servers of one RunInstances; what Auto Scaling starts has the name of its group."""
    region = event.call.place[1]
    reservation = (_record(event).get("responseElements") or {}).get("reservationId", "")
    for item in _items(event):
        if item["instanceId"] == FORGOTTEN_INSTANCE:
            yield Server(
                FORGOTTEN_INSTANCE, GPU_NAME, FORGOTTEN_KIND, region, "c", "10.40.3.112", when, "gpu-test", "backend",
                tokens="optional", disks=(200,), key="vision-test", public="3.81.77.19", reservation=reservation,
            )  # fmt: skip
            continue
        group = None if region == UNUSED_REGION else _scaling_group(item, region)
        name, security, team = _BY_GROUP[group]
        yield Server(
            item["instanceId"], name, item["instanceType"], region, item["placement"]["availabilityZone"][-1],
            _apart(item["privateIpAddress"], item["amiLaunchIndex"]), when, security, team, group,
            tokens="required" if group else "optional", key=None if group else "k", reservation=reservation,
        )  # fmt: skip


def _apart(address: str, place: int) -> str:
    """The address of one of several that the record gives a single one.

    >>> _apart("10.20.7.14", 2)
    '10.20.7.16'
    """
    network, _, last = address.rpartition(".")
    return f"{network}.{int(last) + place}"


# By Auto Scaling group: name, security group and team of its servers; those of the intruder are in none.
_BY_GROUP: dict[str | None, tuple[str | None, str, str | None]] = {
    "shop-web": ("shop-web", "shop-web", "frontend"),
    "checkout-workers": ("checkout", "checkout", "backend"),
    "api-app": ("api-app", "api", "backend"),
    None: (None, "default", None),
}


def _scaling_group(item: dict[str, Any], region: str) -> str:
    if region == BERLIN_REGION:
        return "api-app"
    name: str = item["groupSet"]["items"][0]["groupName"]
    return name


def _items(event: Event) -> list[dict[str, Any]]:
    """The instances that an answer tells of; none when the call was refused."""
    elements = _record(event).get("responseElements") or {}
    items: list[dict[str, Any]] = elements.get("instancesSet", {}).get("items", [])
    return items


def _record(event: Event) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.json.decode(render(event, b"", b""))
    return record


def _disks(server: Server) -> Iterator[Disk]:
    for place, size in enumerate(server.disks):
        old = server.tokens == "optional"
        yield Disk(
            made_id("vol", f"{server.id} {place}"), server.name and f"{server.name}{'-data' * bool(place)}",
            "gp2" if old else "gp3", size, server.region, server.zone, server.launched, server,
            f"/dev/xvd{'abcd'[place]}", encrypted=not old, iops=max(100, 3 * size) if old else 3000, team=server.team,
        )  # fmt: skip


NEW_FOR = timedelta(minutes=20)  # how long a new volume's checks have nothing to say


def _with_trouble(estate: Estate, disks: list[Disk]) -> list[Disk]:
    """One provisioned volume is slower than paid for; one that is minutes old has not been checked yet."""
    new = _fresh_disk(estate)
    found = []
    for disk in disks:
        if disk.server is not None and disk.server.name == "orders-analysis" and disk.size == 1000:
            found.append(replace(disk, kind="io2", iops=16000, status="warning"))
        elif disk.server is not None and estate.now - disk.created < NEW_FOR:
            found.append(replace(disk, status="insufficient-data"))
        else:
            found.append(disk)
    return [*found, new]


def _fresh_disk(estate: Estate) -> Disk:
    """A volume that was made a few minutes ago, for the build machine."""
    runner = estate.server("ci-runner")
    created = estate.now.replace(second=0, microsecond=0) - timedelta(minutes=6)
    return Disk(
        made_id("vol", "fresh"), "ci-cache", "gp3", 100, runner.region, runner.zone, created, runner, "/dev/xvdf",
        status="insufficient-data", team="platform",
    )  # fmt: skip


def _left_behind(estate: Estate) -> list[Disk]:
    """Volumes that hang on no server, and cost the same."""
    return [
        Disk(made_id("vol", "loyalty"), "loyalty-before-migration", "gp3", 500, SEOUL_REGION, "b", estate.ago(38),
             team="backend"),
        Disk(made_id("vol", "jenkins"), None, "gp2", 200, SEOUL_REGION, "a", estate.ago(611), encrypted=False,
             iops=600),
        Disk(made_id("vol", "restore"), "restore-test", "io1", 300, BERLIN_REGION, "a", estate.ago(152), iops=3000,
             team="platform"),
    ]  # fmt: skip
