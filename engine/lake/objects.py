"""What there is to collect: the objects of a source, newest day first, with the facts their names tell."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.language.errors import SourceError

LIST_USD = 0.005  # for 1,000 list requests (us-east-1; the price of S3 Standard in most regions)
KINDS = ("CloudTrail", "CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated")
ENDINGS = (".json.gz", ".json", ".jsonl.gz", ".jsonl", ".ndjson.gz", ".ndjson")
UNKNOWN_DAY = "0000-00-00"

# [prefix/]AWSLogs/[o-ORGID/]ACCOUNT/CloudTrail[-KIND]/REGION/YYYY/MM/DD/
LAYOUT = re.compile(
    r"(?:^|/)(?:(?P<account>\d{12})/)?(?P<kind>CloudTrail(?:-[A-Za-z]+)?)(?:/(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+))?"
    r"(?:/(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2}))?(?=/|$)"
)
# ACCOUNT_CloudTrail[-KIND]_REGION_[TRAIL_HOMEREGION_]TIME[_UNIQUE].json.gz
NAME = re.compile(
    r"(?P<account>\d{12})_(?P<kind>CloudTrail(?:-[A-Za-z]+)?)_(?P<region>[a-z0-9-]+)_(?:.+_)?"
    r"(?P<time>\d{8}T\d{4})(?:\d\d)?Z(?:_[^.]*)?\.json"
)
DAY = re.compile(r"/(\d{4})/(\d{2})/(\d{2})(?=/|$)")

ACCESS_LOG = "access log"
ELB_ENDINGS = (".log", ".log.gz")
ELB_TEST_FILE = "ELBAccessLogTestFile"
# [prefix/]AWSLogs/ACCOUNT/elasticloadbalancing/REGION/YYYY/MM/DD/
ELB_LAYOUT = re.compile(
    r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?P<account>\d{12})/(?P<service>[A-Za-z0-9-]+)"
    r"(?:/(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+))?(?=/)"
)
# [KIND.]ACCOUNT_elasticloadbalancing_REGION_[app.|net.]NAME[.ID]_TIME_NODE_RANDOM.log.gz
ELB_NAME = re.compile(
    r"(?:(?P<kind>conn_log|health_check_log)[._])?(?P<account>\d{12})_(?P<service>[A-Za-z0-9]+)_(?P<region>[a-z0-9-]+)_"
    r"(?:(?P<form>app|net|gwy)\.)?(?P<name>[A-Za-z0-9-]+)(?:\.[^_]*)?_(?P<time>\d{8}T\d{4})(?:\d\d)?Z(?:_|\.)"
)
ELB_KINDS = {"conn_log": "connection log", "health_check_log": "health check log"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What folder and name say about an object; null where they say nothing. `day` is the day of delivery."""

    kind: str = "CloudTrail"
    account: str | None = None
    region: str | None = None
    day: str = UNKNOWN_DAY
    delivered: datetime | None = None
    load_balancer: str | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """One file of a source. `tag` changes when its content does."""

    name: str
    size: int
    tag: str
    facts: Facts
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """The objects of one day, account and region where the source is laid out so, else of one directory."""

    path: str
    day: str
    files: int
    bytes: int


def facts_of(path: str) -> Facts:
    """Kind, account, region, day and time of delivery from a path.

    >>> path = "AWSLogs/o-abc/111122223333/CloudTrail-Insight/us-east-1/2023/07/10"
    >>> facts_of(path).kind, facts_of(path).day
    ('CloudTrail-Insight', '2023-07-10')
    >>> facts_of("111122223333_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json").region
    'us-east-1'
    """
    folder, _, file = path.rpartition("/")
    layouts = list(LAYOUT.finditer(folder if NAME.match(file) or "." in file else path))
    name = NAME.match(file)
    layout = layouts[-1] if layouts else None
    day = DAY.search(path)
    delivered = None
    if name:
        delivered = _instant(name["time"])
    elif layout is None and day is None:
        return Facts()
    # A digest's name says Digest wherever somebody copied it to; a folder says it for files with other names.
    kinds = [found["kind"] for found in (layout, name) if found and found["kind"] in KINDS]
    return Facts(
        kind=next((kind for kind in kinds if kind != "CloudTrail"), "CloudTrail"),
        account=(layout and layout["account"]) or (name and name["account"]),
        region=(layout and layout["region"]) or (name and name["region"]),
        day="-".join(day.groups()) if day else f"{delivered:%Y-%m-%d}" if delivered else UNKNOWN_DAY,
        delivered=delivered,
    )


def elb_facts_of(path: str) -> Facts:
    """What the path of a load balancer's log tells; files that AWS did not name are taken for access logs at first.

    >>> path = "AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/05/01/conn_log.111122223333_a.log.gz"
    >>> elb_facts_of(path).kind, elb_facts_of(path).day, elb_facts_of(path).region
    ('connection log', '2024-05-01', 'us-east-1')
    """
    layout, day = ELB_LAYOUT.search(path), DAY.search(path)
    file = path.rpartition("/")[2]
    name = ELB_NAME.match(file)
    word = file.partition(".")[0]
    kind = ACCESS_LOG
    if file == ELB_TEST_FILE:
        kind = "test"
    elif word in ELB_KINDS or (name and name["kind"]):
        kind = ELB_KINDS[word if word in ELB_KINDS else name["kind"]]  # type: ignore[index]
    else:
        services = [found["service"] for found in (layout, name) if found]
        kind = next((service for service in services if service != "elasticloadbalancing"), ACCESS_LOG)
    delivered = _instant(name["time"]) if name else None
    return Facts(
        kind=kind,
        account=(layout and layout["account"]) or (name and name["account"]),
        region=(layout and layout["region"]) or (name and name["region"]),
        day="-".join(day.groups()) if day else f"{delivered:%Y-%m-%d}" if delivered else UNKNOWN_DAY,
        delivered=delivered,
        load_balancer=name and name["name"],
    )


def _instant(time: str) -> datetime | None:
    """The time in a file's name; null when no calendar has it."""
    try:
        return datetime.strptime(time, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class Window:
    """Which objects are wanted: by day of delivery, both ends included, account and region; empty means all.

    A file holds events of earlier times than its delivery, so those of the last day of `until` may come in a file of
    the day after, which is therefore wanted too.
    """

    since: date | None = None
    until: date | None = None
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    @property
    def first_day(self) -> str:
        """As in `Facts.day`.

        >>> Window(date(2026, 3, 1), date(2026, 3, 2)).first_day, Window(until=date(2026, 3, 2)).last_day
        ('2026-03-01', '2026-03-03')
        """
        return UNKNOWN_DAY if self.since is None or self.since == date.min else self.since.isoformat()

    @property
    def last_day(self) -> str:
        if self.until is None or self.until == date.max:
            return "9999-12-31"
        return (self.until + timedelta(days=1)).isoformat()

    def refusal(self, facts: Facts) -> str | None:
        """Why an object is not wanted; null when it is."""
        if facts.day == UNKNOWN_DAY and (self.since not in (None, date.min) or self.until not in (None, date.max)):
            return "files whose names tell no day"
        if facts.day < self.first_day:
            return f"files before {self.first_day}"
        if facts.day > self.last_day:
            return f"files after {self.last_day}"
        for wanted, here, what in (
            (self.accounts, facts.account, "accounts"),
            (self.regions, facts.region, "regions"),
        ):
            if wanted and here not in wanted:
                return f"files of other {what}" if here else f"files whose names tell no {what[:-1]}"
        return None


@dataclass(frozen=True)
class Listing:
    """What is known of a source so far. `folders` are those it is listed by; `requests`, of buckets, are billed."""

    objects: int = 0
    bytes: int = 0
    folders_done: int = 0
    folders_total: int = 0
    requests: int = 0
    complete: bool = True

    @property
    def usd(self) -> float:
        """What the requests cost at the list price of S3, 0.005 USD for a thousand.

        >>> Listing(requests=2000).usd
        0.01
        """
        return self.requests * LIST_USD / 1000


NO_LISTING = Listing()


@dataclass(frozen=True)
class Content:
    """An object that was asked for: its bytes, or why they cannot be read. A stream is closed by whoever reads it.

    `item` tells what was really read, which can be newer than what was listed.
    """

    item: Object
    stream: BinaryIO | None = None
    problem: str | None = None
    gone: bool = False


class Source(Protocol):
    """Where objects come from. `warnings` are sentences for people, complete when all objects have been seen."""

    @property
    def warnings(self) -> list[str]: ...
    def listing(self) -> Listing: ...
    def objects(self) -> Iterator[Object]:
        """Newest day first."""
        ...

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        """The bytes of objects, in any order; how many of them are held in memory is bounded."""
        ...


@dataclass(frozen=True)
class Naming:
    """How objects of a kind of log are named: endings and names of files, what a path tells, the kind to collect.

    `folder` is the one that AWS puts them in, below that of the account.
    """

    kind: str
    folder: str
    endings: tuple[str, ...]
    facts_of: Callable[[str], Facts]
    names: frozenset[str] = frozenset()

    def fits(self, file: str) -> bool:
        """Whether a file may be one; hidden files and other endings are none of ours."""
        return (file.endswith(self.endings) or file in self.names) and not file.startswith(".")


CLOUDTRAIL = Naming("CloudTrail", "CloudTrail", ENDINGS, facts_of)
ELB = Naming(ACCESS_LOG, "elasticloadbalancing", ELB_ENDINGS, elb_facts_of, frozenset({ELB_TEST_FILE}))


@dataclass
class FolderSource:
    """The log files of a folder of this machine and all below it, or one file."""

    folders: list[Folder]
    naming: Naming
    warnings: list[str] = field(default_factory=list)

    def listing(self) -> Listing:
        files, size = sum(folder.files for folder in self.folders), sum(folder.bytes for folder in self.folders)
        return Listing(files, size, len(self.folders), len(self.folders))

    def objects(self) -> Iterator[Object]:
        for folder in self.folders:
            yield from objects(folder, self.naming)

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        for item in wanted:
            try:
                yield Content(item, open_object(item))
            except OSError as problem:
                yield Content(item, problem=problem.strerror or str(problem))


def discover(source: str, naming: Naming = CLOUDTRAIL) -> list[Folder]:
    """The folders of a source that hold log files, newest day first.

    Only folders are held in memory: a source can have millions of objects.
    Raises SourceError when the source cannot be read.
    """
    if "://" in source:
        raise SourceError(f"`{source}` cannot be collected", "name a folder, a file or `s3://bucket/prefix`")
    path = Path(source).expanduser().resolve()
    try:
        if path.is_file():
            return [Folder(str(path), naming.facts_of(str(path)).day, 1, path.stat().st_size)]
        os.scandir(path).close()
    except OSError as problem:
        raise SourceError(f"cannot read `{source}`: {problem.strerror}") from problem
    folders = [
        folder
        for root, _, _ in os.walk(path)
        if not root.endswith("/_delta_log") and (folder := measure(root, naming)).files  # the JSON files of a lake
    ]
    return sorted(folders, key=lambda folder: (folder.day, folder.path), reverse=True)


def measure(path: str, naming: Naming) -> Folder:
    """Count what a directory holds, without its sub-directories."""
    newest = UNKNOWN_DAY
    files = size = 0
    for file in log_files(path, naming):
        with suppress(OSError):
            size += os.stat(file).st_size
            files += 1
            newest = max(newest, naming.facts_of(file).day)
    return Folder(path, newest, files, size)


def objects(folder: Folder, naming: Naming = CLOUDTRAIL) -> Iterator[Object]:
    """The objects of a folder, newest delivery first; of a large folder only the names are held in memory."""

    def order(file: str) -> str:
        facts = naming.facts_of(file)
        return f"{facts.day} {facts.delivered:%H:%M} {file}" if facts.delivered else f"{facts.day}  {file}"

    single = os.path.isfile(folder.path)
    files = [folder.path] if single else sorted(log_files(folder.path, naming), key=order, reverse=True)
    for file in files:
        with suppress(OSError):  # it vanished since
            stat = os.stat(file)
            modified = datetime.fromtimestamp(stat.st_mtime, UTC)
            yield Object(file, stat.st_size, f"{stat.st_size}-{stat.st_mtime_ns}", naming.facts_of(file), modified)


def log_files(path: str, naming: Naming) -> Iterator[str]:
    """Paths in a directory that may hold records."""
    with suppress(OSError), os.scandir(path) as entries:  # what is closed to us is seen by a later collect
        for entry in entries:
            if naming.fits(entry.name) and entry.is_file():
                yield entry.path


def open_object(item: Object) -> BinaryIO:
    """The bytes of an object; raises OSError."""
    return open(item.name, "rb", buffering=0)
