"""Collecting: read the objects of a source that the lake does not have yet, and store each event exactly once.

How that holds, with any number of collectors, each of which may be killed at any instant:

1.  Rows are written to new files, which nobody sees. One commit to their table makes a batch visible, whole.
2.  Before it, the batch is compared by `_id` with the rows of its time range that are already there. The commit goes
    through only if the table is still the one that was compared with; else the new files are compared and it is tried
    again. So no event is there twice, whoever delivered it, in whichever object.
3.  Only after that commit the objects of the batch are noted in `_objects`. A collector that dies in between has its
    objects read again by the next one, which finds that their events are there. So none is lost either.

The note is therefore a way to save work, never what correctness rests on.
"""

from __future__ import annotations

import gc
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.lake.cloudtrail import Reject
from engine.lake.columns import rows_taken
from engine.lake.compact import compact_small
from engine.lake.formats import FORMATS, LogFormat, Part
from engine.lake.ledger import Ledger
from engine.lake.objects import (
    NO_LISTING,
    UNKNOWN_DAY,
    Content,
    Listing,
    Object,
    Source,
    Window,
)
from engine.lake.retain import kept_from, retain_again, today
from engine.lake.sources import open_source, window_of
from engine.lake.store import OBJECTS, REJECTS, File, Lake, LogTable, by_partition, in_order
from engine.language.errors import LakeError, SourceError

EVENTS_AT_ONCE = 2048  # decoded events turned into columns together
BATCH_BYTES = 48 << 20  # of columns, after which a commit is made
BATCH_REJECTS = 20_000
BATCH_OBJECTS = 20_000
BATCH_SECONDS = 60.0  # what a collector that is killed has to read again
# glibc hands freed memory back to the kernel, and asks for it again, block by block, until it has seen a block of this
# size freed. Windows of text are such blocks: a tenth of a collect's time would be spent in the kernel.
LARGE_BLOCK = 31 << 20
EXAMPLES = 3  # per reason, in the report
PROGRESS_SECONDS = 0.1
SMALL = 256 << 10  # compressed bytes of an object that may be decoded together with others
SMALL_BYTES, SMALL_OBJECTS = 1 << 20, 64  # of those decoded together
FAILURES_TOLD = 100  # with name and reason, in the report
HOPELESS = 50  # failures in a row, with nothing read before, after which the others are not tried


@dataclass(frozen=True)
class Share:
    """What a collect did for one account and region; null where names do not tell them."""

    account: str | None
    region: str | None
    objects: int = 0
    already: int = 0
    failed: int = 0
    bytes: int = 0
    events: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a collect has come. Bytes are those of the files, compressed as they are.

    The totals count what is to be read, as far as the source has been listed: until `listing.complete` they grow.
    """

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    events: int
    seconds: float
    listing: Listing = NO_LISTING
    shares: tuple[Share, ...] = ()

    @property
    def bytes_expected(self) -> float:
        """The total, with as much again for every folder that has not been listed yet.

        >>> Progress(1, 4, 100, 400, 50, 2.0, Listing(4, 400, 1, 3, complete=False)).bytes_expected
        1200.0
        """
        if self.listing.complete or not self.listing.folders_done:
            return self.bytes_total
        return self.bytes_total * self.listing.folders_total / self.listing.folders_done

    @property
    def fraction(self) -> float:
        """How much is done, 0 to 1."""
        if not self.listing.complete and not self.listing.folders_done:
            return 0.0
        return min(1.0, self.bytes_done / self.bytes_expected) if self.bytes_expected else 1.0

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds if self.seconds > 0 else 0.0

    @property
    def bytes_per_second(self) -> float:
        return self.bytes_done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Null until something is done.

        >>> Progress(1, 4, 100, 400, 50, 2.0).seconds_left
        6.0
        """
        if not self.bytes_done or not self.seconds or not (self.listing.complete or self.listing.folders_done):
            return None
        return max(0.0, self.bytes_expected - self.bytes_done) / self.bytes_per_second


@dataclass(frozen=True)
class Example:
    """One reject, as the report shows it."""

    object: str
    record: int
    reason: str
    text: str


@dataclass(frozen=True)
class CollectReport:
    """What a collect did.

    `rejects` were not stored as events, `remarks` were, with something odd about them; both count by reason.
    `skipped` counts files and records of kinds that are not events, and files that were not wanted. `failed` names the
    first of the objects that could not be read, `failures` counts all: the next collect tries them again.
    `modified` is the youngest age of an object seen, as the source tells it.
    """

    objects: int = 0
    collected: int = 0
    already: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    failed: tuple[tuple[str, str], ...] = ()
    failures: int = 0
    events: int = 0
    duplicates: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    bytes: int = 0
    seconds: float = 0.0
    cancelled: bool = False
    listing: Listing = NO_LISTING
    shares: tuple[Share, ...] = ()
    warnings: tuple[str, ...] = ()
    modified: datetime | None = None

    def __str__(self) -> str:
        lines = [
            f"{self.collected:,} of {self.objects:,} objects collected, {self.already:,} were already there",
            f"{self.events:,} events stored, {self.duplicates:,} delivered again",
        ]
        lines += [f"{count:,} skipped: {kind}" for kind, count in self.skipped.items()]
        lines += [f"{count:,} rejected: {reason}" for reason, count in self.rejects.items()]
        lines += [f"{count:,} stored with a remark: {reason}" for reason, count in self.remarks.items()]
        lines += [f"failed: {name}: {problem}" for name, problem in self.failed]
        if self.failures > len(self.failed):
            lines.append(f"failed: {self.failures - len(self.failed):,} more")
        return "\n".join(lines)


def collect(
    lake: Lake,
    kind: str,
    source: str,
    *,
    since: date | None = None,
    until: date | None = None,
    accounts: Collection[str] = (),
    regions: Collection[str] = (),
    profile: str | None = None,
    requester_pays: bool = False,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> CollectReport:
    """Read the log files of a source into the lake; what is there already is not read again.

    `source` is a folder, a file or `s3://bucket/prefix`, read as the AWS `profile` (null: the default credentials).
    `since`, `until` (UTC days of delivery), `accounts` and `regions` leave out others, which are then not even listed
    where the source is laid out as AWS does it. Null `since`: everything of a folder, the last seven days of a bucket.
    `cancel` stops after the current object; what was read is stored.

    Raises SourceError when the source cannot be read, LakeError when the lake cannot be written.
    """
    form = format_of(kind)
    cancel = cancel or threading.Event()
    window = window_of(source, Window(since, until, frozenset(accounts), frozenset(regions)))
    opened = open_source(source, form.naming, window, profile=profile, requester_pays=requester_pays, cancel=cancel)
    return collect_from(lake, form, opened, window, progress, cancel)


def format_of(kind: str) -> LogFormat:
    """The format of a kind of log."""
    if kind not in FORMATS:
        raise SourceError(f"`{kind}` cannot be collected", f"this version collects {', '.join(FORMATS)}")
    return FORMATS[kind]


def collect_from(
    lake: Lake,
    form: LogFormat,
    source: Source,
    window: Window,
    progress: Callable[[Progress], None] | None,
    cancel: threading.Event,
) -> CollectReport:
    """Read the objects of an open source into the lake."""
    bytes(LARGE_BLOCK)  # freed at once
    return Collector(lake, form, source, window, progress, cancel).run()


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Decoded records have no cycles, but looking for some would cost a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass
class Batch:
    """What the next commits will store: rows, rejects, and the objects that are thereby complete."""

    rows: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    rejects: list[tuple[Object, Reject]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    bytes: int = 0
    begun: float = field(default_factory=time.monotonic)

    def full(self) -> bool:
        return (
            self.bytes >= BATCH_BYTES
            or len(self.rejects) >= BATCH_REJECTS
            or len(self.notes) >= BATCH_OBJECTS
            or (bool(self.notes) and time.monotonic() - self.begun >= BATCH_SECONDS)
        )


@dataclass
class Tally:
    """What was found in one object so far."""

    read_bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    def add(self, part: Part) -> None:
        self.read_bytes = part.read_bytes
        self.counts["events"] += len(part.times)
        if len(part.times):
            low, high = int(part.times.min()), int(part.times.max())
            self.first = low if self.first is None else min(self.first, low)
            self.last = high if self.last is None else max(self.last, high)


class Collector:
    """One run of `collect`: decodes in the calling thread, stores in another."""

    def __init__(
        self,
        lake: Lake,
        form: LogFormat,
        source: Source,
        window: Window,
        progress: Callable[[Progress], None] | None,
        cancel: threading.Event,
        again: Writer | None = None,
    ) -> None:
        self._lake = lake
        self._form = form
        self._again = again is not None  # what was collected before, too
        self._source = source
        self._window = window
        self._writer = again or Writer(lake, form)
        self._ledger = Ledger(lake.table("_objects"), form.kind)
        first = kept_from(lake, [table.name for table in form.tables])
        self._first_kept = first.isoformat() if first else None  # events of later days cannot be in earlier objects
        self._progress = progress
        self._cancel = cancel
        self._files_passed = self._bytes_passed = 0  # objects that need not be read shorten the way
        self._modified: datetime | None = None
        self._shares: dict[tuple[str | None, str | None], Counter[str]] = {}
        self._started = time.monotonic()
        self._reported = 0.0
        self._done = Counter[str]()
        self._skipped = Counter[str]()
        self._rejects = Counter[str]()
        self._remarks = Counter[str]()
        self._examples: list[Example] = []
        self._failed: list[tuple[str, str]] = []
        self._parts: list[tuple[str, Part]] = []
        self._waiting = 0  # events in `_parts`
        self._batch = Batch()
        self._small: list[tuple[Object, bytes]] = []  # read, to be decoded together
        self._small_bytes = 0

    def run(self) -> CollectReport:
        with ThreadPoolExecutor(1, "store") as thread:
            self._thread = thread
            self._storing: Future[None] | None = None
            contents = self._source.contents(self._wanted())
            try:
                for content in contents:
                    with garbage_collection_paused():
                        self._read(content)
                    self._give_up_if_hopeless()
                self._read_small()
                self._flush()
            except LakeError:
                raise
            except SourceError:
                self._read_small()
                self._flush()  # what was read until then
                raise
            finally:
                if isinstance(contents, Generator):
                    contents.close()  # ends downloads now, not when the error is forgotten
                self._wait()
        if self._done["collected"]:
            with suppress(LakeError):  # what was collected is safe, and the next collect tries again
                retain_again(self._lake, today())
                compact_small(self._lake)
        self._tell(last=True)
        return self._report()

    def _wanted(self) -> Iterator[Object]:
        """Objects to read; counts the others."""
        for item in self._source.objects():
            if self._cancel.is_set():
                return
            self._done["objects"] += 1
            if item.modified and (self._modified is None or item.modified > self._modified):
                self._modified = item.modified
            if item.facts.kind != self._form.naming.kind:
                self._skip(item, f"{item.facts.kind} files")
            elif refusal := self._window.refusal(item.facts):
                self._skip(item, refusal)
            elif self._first_kept and UNKNOWN_DAY != item.facts.day < self._first_kept:
                self._skip(item, unkept("files", self._first_kept))
            elif not self._again and self._ledger.has(item):
                self._done["already"] += 1
                self._share(item)["already"] += 1
                self._pass(item)
            else:
                yield item

    def _share(self, item: Object) -> Counter[str]:
        return self._shares.setdefault((item.facts.account, item.facts.region), Counter())

    def _skip(self, item: Object, why: str) -> None:
        self._skipped[why] += 1
        self._pass(item)

    def _pass(self, item: Object) -> None:
        self._files_passed += 1
        self._bytes_passed += item.size
        self._tell()

    def _read(self, content: Content) -> None:
        item = content.item
        if content.gone:
            self._skip(item, "files that were deleted meanwhile")
            return
        if content.stream is None:
            self._fail(item, content.problem or "cannot be read")
            return
        tally = Tally()
        try:
            with content.stream as stream:
                if self._form.decode_small and item.size <= SMALL:
                    self._gather(item, stream.read())
                    return
                for part in self._form.decode(stream, item):
                    self._take(item, part, tally)
        except OSError as problem:
            self._fail(item, problem.strerror or str(problem))
            return
        self._finish(item, tally)

    def _gather(self, item: Object, data: bytes) -> None:
        """Keep a small object until there are enough of them."""
        self._small.append((item, data))
        self._small_bytes += len(data)
        if self._small_bytes >= SMALL_BYTES or len(self._small) >= SMALL_OBJECTS:
            self._read_small()

    def _read_small(self) -> None:
        small, self._small, self._small_bytes = self._small, [], 0
        if not small or self._form.decode_small is None:
            return
        tallies = {item.name: Tally() for item, _ in small}
        for item, part in self._form.decode_small(small):
            self._take(item, part, tallies[item.name])
        for item, _ in small:
            self._finish(item, tallies[item.name])

    def _take(self, item: Object, part: Part, tally: Tally) -> None:
        share, fresh = self._share(item), part.read_bytes - tally.read_bytes
        tally.add(part)
        self._done["bytes"] += fresh
        share["bytes"] += fresh
        share["events"] += len(part.times)
        self._keep_aside(item, part, tally.counts)
        self._add(item, part)

    def _finish(self, item: Object, tally: Tally) -> None:
        self._done["collected"] += 1
        self._share(item)["objects"] += 1
        self._batch.notes.append(note(item, self._form.kind, tally.counts, tally.first, tally.last))
        if self._batch.full():
            self._flush()

    def _fail(self, item: Object, problem: str) -> None:
        self._done["failures"] += 1
        self._share(item)["failed"] += 1
        if len(self._failed) < FAILURES_TOLD:
            self._failed.append((item.name, problem))
        self._tell()

    def _give_up_if_hopeless(self) -> None:
        if self._done["failures"] >= HOPELESS and not self._done["collected"]:
            _, problem = self._failed[-1]
            raise SourceError(f"none of the first {HOPELESS} objects could be read; the last one: {problem}")

    def _keep_aside(self, item: Object, part: Part, counts: Counter[str]) -> None:
        for kind, count in part.skipped.items():
            self._skipped[f"{kind} records"] += count
        for found in part.rejects:
            by_reason = self._count(found.reason, found.kept, 1, counts)
            if by_reason[found.reason] <= EXAMPLES:
                self._examples.append(Example(item.name, found.record, found.reason, found.text[:200]))
            self._batch.rejects.append((item, found))
        for (reason, kept), count in part.more.items():
            self._count(reason, kept, count, counts)

    def _count(self, reason: str, kept: bool, count: int, counts: Counter[str]) -> Counter[str]:
        by_reason = self._remarks if kept else self._rejects
        by_reason[reason] += count
        counts["rejects"] += 0 if kept else count
        return by_reason

    def _add(self, item: Object, part: Part) -> None:
        self._parts.append((item.name, part))
        self._waiting += len(part.times)
        self._done["events"] += len(part.times)
        if self._waiting >= EVENTS_AT_ONCE:
            self._convert()
            if self._batch.full():
                self._flush()
        self._tell()

    def _convert(self) -> None:
        if self._waiting:
            for name, rows in self._form.rows(self._parts):
                self._batch.rows.setdefault(name, []).append(rows)
                self._batch.bytes += rows.nbytes
        self._parts, self._waiting = [], 0

    def _flush(self) -> None:
        """Hand the batch over to the storing thread, which must have finished the one before."""
        self._convert()
        self._wait()
        batch, self._batch = self._batch, Batch()
        if batch.notes or batch.rows:
            self._storing = self._thread.submit(self._writer.store, batch)

    def _wait(self) -> None:
        storing, self._storing = self._storing, None
        if storing:
            storing.result()
            self._ledger.forget()

    def _tell(self, last: bool = False) -> None:
        now = time.monotonic()
        if self._progress and (last or now - self._reported >= PROGRESS_SECONDS):
            self._reported = now
            done, listing = self._done, self._source.listing()
            self._progress(
                Progress(
                    done["collected"] + done["failures"],
                    listing.objects - self._files_passed,
                    done["bytes"],
                    max(listing.bytes - self._bytes_passed, done["bytes"]),
                    done["events"],
                    now - self._started,
                    listing,
                    self._all_shares(),
                )
            )

    def _all_shares(self) -> tuple[Share, ...]:
        names = ("objects", "already", "failed", "bytes", "events")
        shares = [Share(*of, *(counts[name] for name in names)) for of, counts in self._shares.items()]
        return tuple(sorted(shares, key=lambda share: (share.account or "", share.region or "")))

    def _report(self) -> CollectReport:
        return CollectReport(
            objects=self._done["objects"],
            collected=self._done["collected"],
            already=self._done["already"],
            skipped=dict(self._skipped + self._writer.unkept),
            failed=tuple(self._failed),
            failures=self._done["failures"],
            events=self._writer.stored,
            duplicates=self._writer.duplicates,
            rejects=dict(self._rejects),
            remarks=dict(self._remarks),
            examples=tuple(self._examples),
            bytes=self._done["bytes"],
            seconds=time.monotonic() - self._started,
            cancelled=self._cancel.is_set(),
            listing=self._source.listing(),
            shares=self._all_shares(),
            warnings=tuple(self._source.warnings),
            modified=self._modified,
        )


def note(item: Object, kind: str, counts: Counter[str], first: int | None, last: int | None) -> dict[str, Any]:
    """The row of `_objects` for an object that was read to its end."""
    return {
        "object": item.name,
        "tag": item.tag,
        "size": item.size,
        "account": item.facts.account,
        "region": item.facts.region,
        "delivered": item.facts.delivered,
        "events": counts["events"],
        "rejects": counts["rejects"],
        "first": first,
        "last": last,
        "kind": kind,
        "load_balancer": item.facts.load_balancer,
        "day": item.facts.day,
    }


class Writer:
    """Stores batches, one after the other."""

    def __init__(self, lake: Lake, form: LogFormat) -> None:
        lake.prepare(table.name for table in form.tables)
        self._tables = {table.name: lake.table(table.name) for table in form.tables}
        self._rejects = lake.table("_rejects")
        self._objects = lake.table("_objects")
        for table in (*self._tables.values(), self._objects):
            table.widen()
        self.stored = 0
        self.duplicates = 0
        self.unkept = Counter[str]()  # events of days that retention has deleted
        self._again = Counter[str]()  # of each object that is being stored: events that others have delivered

    def store(self, batch: Batch) -> None:
        """Events first, objects last: see the protocol at the top."""
        now = datetime.now(UTC)
        for name in list(batch.rows):
            self._store_events(self._tables[name], pa.Table.from_batches(batch.rows.pop(name)).unify_dictionaries())
        for day, rows in rows_by_day([reject_row(item, found, now) for item, found in batch.rejects], REJECTS):
            self._store_once(self._rejects, day, rows)
        noted = [{**row, "collected": now, "duplicates": self._again.pop(row["object"], 0)} for row in batch.notes]
        notes = rows_by_day(noted, OBJECTS)
        files: list[File] = []
        with self._objects.undoing(files):
            files.extend(self._objects.write(rows, day) for day, rows in notes)
            while files and not self._objects.commit(files):
                pass  # a second note of the same object does no harm

    def _store_events(self, table: LogTable, rows: pa.Table) -> None:
        """Sort, drop what is there already, and commit."""
        total = rows.num_rows
        places = in_order(rows, table.layout)
        _, firsts = np.unique(rows["_id"].to_numpy(), return_index=True)
        once = np.zeros(total, np.bool_)
        once[firsts] = True
        self._count_again(rows, ~once)
        rows = rows_taken(rows, pa.array(places[once[places]]))
        compared: set[str] = set()
        files: list[File] = []
        refused = 0
        with table.undoing(files):
            while True:
                known, elsewhere = known_rows(table, rows, compared)
                self._count_again(rows, elsewhere)
                old = ~known & rows_before(rows, table.kept_from)
                refused += int(old.sum())
                fresh = ~known & ~old
                if not fresh.all():
                    table.discard(files)
                    files.clear()
                    rows = rows.filter(pa.array(fresh))
                if not files:
                    files.extend(table.write(part, name) for name, part in by_partition(rows, table.layout))
                if not files or table.commit(files):
                    break
        self.stored += rows.num_rows
        self.duplicates += total - rows.num_rows - refused
        if refused:
            self.unkept[unkept("events", str(table.kept_from))] += refused

    def _count_again(self, rows: pa.Table, again: npt.NDArray[np.bool_]) -> None:
        """Count, for their objects, rows that another object has delivered, or the same one twice."""
        if again.any():
            objects = rows["_object"].filter(pa.array(again)).value_counts()
            self._again.update({item["values"].as_py(): item["counts"].as_py() for item in objects})

    def _store_once(self, table: LogTable, day: str, rows: pa.Table) -> None:
        """Commit rows whose `_id` is not in the day yet."""
        files: list[File] = []
        with table.undoing(files):
            while True:
                ids = [np.zeros(0, np.int64)]
                there = table.refresh().files
                if table.kept_from and UNKNOWN_DAY != day < table.kept_from.isoformat():
                    table.discard(files)
                    return
                for file in there:
                    if file.partition == day:
                        ids.append(pq.ParquetFile(table.location(file)).read(columns=["_id"])["_id"].to_numpy())
                fresh = rows.filter(pa.array(~np.isin(rows["_id"].to_numpy(), np.concatenate(ids))))
                table.discard(files)
                files[:] = [table.write(fresh, day)] if fresh.num_rows else []
                if not files or table.commit(files):
                    return


def rows_before(rows: pa.Table, first: date | None) -> npt.NDArray[np.bool_]:
    """Which rows are of days before the first one that is kept; null: none."""
    if first is None or not rows.num_rows:
        return np.zeros(rows.num_rows, np.bool_)
    before: npt.NDArray[np.bool_] = rows["_time"].cast(pa.date32()).to_numpy() < np.datetime64(first)
    return before


def unkept(what: str, first: str) -> str:
    """How the report names what a retention keeps out."""
    return f"{what} from before {first}, which the lake does not keep"


def known_rows(
    table: LogTable, rows: pa.Table, compared: set[str]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which of the ordered rows are in the table already, and which of these came from another object.

    Files in `compared` are not read again.
    """
    known, elsewhere = np.zeros(rows.num_rows, np.bool_), np.zeros(rows.num_rows, np.bool_)
    files: dict[str, list[File]] = {}
    for file in table.refresh().files:
        if file.path not in compared:
            files.setdefault(file.partition, []).append(file)
            compared.add(file.path)
    start = 0
    for name, part in by_partition(rows, table.layout):
        here = slice(start, start + part.num_rows)
        ids = part["_id"].to_numpy()
        first, last = part["_time"][0].as_py(), part["_time"][-1].as_py()
        for file in files.get(name, []):
            if file.first <= last and file.last >= first:
                with pq.ParquetFile(table.location(file)) as opened:
                    for group in groups_between(opened, first, last):
                        hits = np.isin(ids, opened.read_row_group(group, columns=["_id"])["_id"].to_numpy())
                        if hits.any():
                            known[here] |= hits
                            elsewhere[here] |= hits & ~from_same_object(opened, group, part)
        start += part.num_rows
    return known, elsewhere


def from_same_object(file: pq.ParquetFile, group: int, rows: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows a row group holds with the same `_object`: a collector that was killed has stored them."""
    there = file.read_row_group(group, columns=["_id", "_object"])
    ids = there["_id"].to_numpy()
    order = np.argsort(ids)
    wanted = rows["_id"].to_numpy()
    places = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    objects = there["_object"].cast(pa.string()).take(pa.array(order[places]))
    same = pc.equal(objects, rows["_object"].cast(pa.string())).to_numpy() & (ids[order[places]] == wanted)
    return np.asarray(same, np.bool_)


def groups_between(file: pq.ParquetFile, first: datetime, last: datetime) -> Iterator[int]:
    """The row groups of a file that may hold rows of a time range, both ends included."""
    column = file.schema_arrow.get_field_index("_time")
    for group in range(file.num_row_groups):
        statistics = file.metadata.row_group(group).column(column).statistics
        known = statistics is not None and statistics.has_min_max
        if not known or (statistics.min <= last and statistics.max >= first):
            yield group


def reject_row(item: Object, found: Reject, now: datetime) -> dict[str, Any]:
    """The row of `_rejects`; its `_id` is the same however often the object is read."""
    key = "\n".join((item.name, str(found.record), found.reason, found.text)).encode()
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1
    return {
        "_id": number,
        "object": item.name,
        "record": found.record,
        "reason": found.reason,
        "text": found.text,
        "kept": found.kept,
        "collected": now,
        "day": item.facts.day,
    }


def rows_by_day(rows: list[dict[str, Any]], schema: pa.Schema) -> list[tuple[str, pa.Table]]:
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(row.pop("day"), []).append(row)
    return [(day, pa.Table.from_pylist(part, schema)) for day, part in days.items()]
