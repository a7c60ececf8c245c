"""What the sample company has in its account `prod` at a moment: servers, and the stories they take part in.

Long-lived servers are declared here, with the ids and addresses that the logs know them by. Those that Auto Scaling or
an intruder started are read from the very events that the logs are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from random import Random
from typing import Any, NamedTuple

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
        return self.day - timedelta(days=days, seconds=round(hours * 3600))

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


class _Row(NamedTuple):
    """A server that is always there: `age` and `stopped` are days ago."""

    name: str | None
    kind: str
    zone: str
    private: str
    group: str
    team: str | None
    age: int
    scaling: str | None = None
    tokens: str = "required"
    disks: tuple[int, ...] = (30,)
    public: str | None = None
    key: str | None = None
    stopped: int | None = None
    windows: bool = False
    detailed: bool = False


_WEB = partial(
    _Row, "shop-web", "m6i.large", group="shop-web", team="frontend", age=61, scaling="shop-web", detailed=True
)
_CHECKOUT = partial(_Row, "checkout", "c6i.large", group="checkout", team="backend", age=33, scaling="checkout-workers")
_NODE = partial(
    _Row, "steamer-cluster-node", "m6i.xlarge", group="cluster", team="platform", scaling="steamer-cluster-nodes",
    disks=(80,),
)  # fmt: skip
_APP = partial(_Row, "api-app", "m6i.large", group="api", team="backend", age=47, scaling="api-app")

_SEEN_IN_SEOUL = (
    _WEB(zone="a", private="10.20.1.21"),
    _WEB(zone="b", private="10.20.2.22"),
    _WEB(zone="c", private="10.20.3.23"),
    _CHECKOUT(zone="a", private="10.20.1.31"),
    _CHECKOUT(zone="b", private="10.20.2.32"),
    _Row("store-terminals-a", "t3.large", "a", "10.20.7.11", "store-terminals", "backend", 402, tokens="optional"),
    _Row("store-terminals-b", "t3.large", "b", "10.20.8.12", "store-terminals", "backend", 402, tokens="optional"),
    _Row(
        "bastion", "t3.micro", "a", "10.20.4.5", "old-bastion", "platform", 711, tokens="optional", disks=(8,),
        public="3.36.12.9", key="platform-2024",
    ),
    _Row("ci-runner", "c6i.xlarge", "b", "10.20.4.17", "internal", "platform", 148, disks=(30, 200)),
)  # fmt: skip
"""Those whose agents the logs know, in the order of their ids there."""
_BESIDE_THEM = (
    _NODE(zone="a", private="10.20.1.44", age=19),
    _NODE(zone="a", private="10.20.1.97", age=19),
    _NODE(zone="b", private="10.20.2.13", age=19),
    _NODE(zone="c", private="10.20.3.9", age=4),
    _Row(IMPAIRED_NAME, "t3.medium", "c", "10.20.3.71", "internal", "platform", 233),
    _Row(
        "accounting", "t3.xlarge", "a", "10.20.5.8", "accounting", "finance", 560, tokens="optional", disks=(80, 250),
        public="52.79.61.40", windows=True,
    ),
    _Row(None, "m5.large", "b", "10.20.6.140", "internal", None, 322, tokens="optional", key="test"),
    _Row("orders-analysis", "r6i.2xlarge", "a", "10.20.6.30", "internal", "data", 97, disks=(60, 1000)),
    _Row("loyalty-migration", "m6i.xlarge", "b", "10.20.6.77", "internal", "backend", 171, stopped=38),
    _Row(
        "old-jenkins", "t2.large", "a", "10.20.4.40", "old-bastion", None, 1204, tokens="optional", disks=(100, 500),
        stopped=96,
    ),
)  # fmt: skip
_SEEN_IN_BERLIN = (
    _APP(zone="a", private="10.30.1.11"),
    _APP(zone="b", private="10.30.2.12"),
    _Row("api-partner", "c6i.large", "a", "10.30.1.41", "api", "backend", 130),
    _Row("api-stock", "c6i.large", "b", "10.30.2.51", "api", "backend", 130, tokens="optional"),
)
_RELAY = _Row("mail-relay", "t3.micro", "b", "10.40.2.8", "mail", "platform", 488, public="3.80.14.77")


def _declared(estate: Estate) -> Iterator[Server]:
    """The servers that are always there."""
    for region, rows in ((SEOUL_REGION, _SEEN_IN_SEOUL), (BERLIN_REGION, _SEEN_IN_BERLIN)):
        for row, server_id in zip(rows, _instances_of(region), strict=True):
            yield _server(estate, region, row, server_id)
    for row in _BESIDE_THEM:
        yield _server(estate, SEOUL_REGION, row, made_id("i", row.private))
    yield _server(estate, GLOBAL_REGION, _RELAY, made_id("i", _RELAY.private))


def _server(estate: Estate, region: str, row: _Row, server_id: str) -> Server:
    """A server of a table, started in office hours."""
    hours = round(Random(server_id).uniform(6, 18), 2)
    impaired = estate.now.replace(second=0, microsecond=0) - IMPAIRED_FOR
    return Server(
        server_id, row.name, row.kind, region, row.zone, row.private, estate.ago(row.age, hours=-hours), row.group,
        row.team, row.scaling, row.public,
        stopped=None if row.stopped is None else estate.ago(row.stopped, hours=-hours), tokens=row.tokens,
        disks=row.disks, windows=row.windows, detailed=row.detailed, key=row.key,
        impaired_since=impaired if row.name == IMPAIRED_NAME else None,
    )  # fmt: skip


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
