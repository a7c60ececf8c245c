"""The lake: Delta tables in a folder, their files known with day and time range, so that a query reads few of them.

    LAKE/cloudtrail/date=2023-07-10/….parquet                  rows sorted by `_time`
    LAKE/elb/load_balancer=prod-web/date=2023-07-10/….parquet  the table `aws-elb_prod-web`
    LAKE/_objects/                                             what was collected: a row per object and time it was read
    LAKE/_rejects/                                             what could not be read, and why

A commit goes through only if nobody else committed since the table was looked at (`LogTable.commit`). Everything that
is exactly-once here rests on that one rule.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from engine.catalog import Catalog, Scan, Table
from engine.lake.formats import TABLES
from engine.lake.places import FolderPlace, Place, open_place
from engine.language.errors import LakeError

OBJECTS = pa.schema(
    [
        pa.field("object", pa.string()),
        pa.field("tag", pa.string()),
        pa.field("size", pa.int64()),
        pa.field("account", pa.string()),
        pa.field("region", pa.string()),
        pa.field("delivered", pa.timestamp("us", "UTC")),
        pa.field("events", pa.int64()),
        pa.field("rejects", pa.int64()),
        pa.field("first", pa.timestamp("us", "UTC")),
        pa.field("last", pa.timestamp("us", "UTC")),
        pa.field("collected", pa.timestamp("us", "UTC")),
        pa.field("kind", pa.string()),
        pa.field("load_balancer", pa.string()),
        pa.field("duplicates", pa.int64()),
    ]
)
REJECTS = pa.schema(
    [
        pa.field("_id", pa.int64()),
        pa.field("object", pa.string()),
        pa.field("record", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("text", pa.string()),
        pa.field("kept", pa.bool_()),
        pa.field("collected", pa.timestamp("us", "UTC")),
    ]
)


@dataclass(frozen=True)
class Layout:
    """A physical table: the schema of its files, the columns its folders are named by, the column it is sorted by.

    Building a dictionary of the values of `unique` columns would be lost time: they hardly repeat.
    """

    schema: pa.Schema
    partitions: dict[str, pa.DataType]
    sorted_by: str
    unique: frozenset[str]
    divided: str | None = None


BY_DAY = {"day": pa.string()}
LAYOUTS = {
    table.name: Layout(
        table.schema,
        ({"load_balancer": pa.string()} if table.divided else {}) | {"date": pa.date32()},
        "_time",
        table.unique,
        table.divided,
    )
    for table in TABLES.values()
} | {
    "_objects": Layout(OBJECTS, BY_DAY, "collected", frozenset({"object"})),
    "_rejects": Layout(REJECTS, BY_DAY, "collected", frozenset({"_id", "text"})),
}

ROW_GROUP = 65_536
KEPT_FROM = "trailboard.keptFrom"  # property of a table: the first day whose rows are stored


@dataclass(frozen=True)
class File:
    """A Parquet file of a table: path relative to the table, first and last value of the column it is sorted by.

    `partition` has a slash between the values where folders are named by two columns.
    """

    path: str
    partition: str
    rows: int
    bytes: int
    first: datetime
    last: datetime

    def overlaps(self, start: datetime | None, end: datetime | None) -> bool:
        """Whether it may hold rows of `[start, end)`."""
        return (start is None or self.last >= start) and (end is None or self.first < end)


@dataclass(frozen=True)
class Snapshot:
    """The files of a table at one version. A table that was made anew has another `identity`."""

    version: int
    files: tuple[File, ...]
    identity: str = ""

    def __str__(self) -> str:
        return f"{self.identity[:8]}.{self.version}"


class LogTable:
    """One Delta table of the lake, at the version last looked at. Not for use by two threads at once."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self.layout = LAYOUTS[name]
        self._in_doubt = False  # whether a commit may have gone through, or may yet
        self._open()

    def _open(self) -> None:
        self._beginning = self.place.born()
        self._options = self.place.options
        try:
            self._delta = DeltaTable(self.place.uri, storage_options=self._options)
        except TableNotFoundError as problem:
            lake = self.place.uri.rpartition("/")[0]
            raise LakeError(f"there is no table `{self.name}` in the lake `{lake}`") from problem
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot read `{self.place.uri}`: {problem}") from problem
        self._identity = str(self._delta.metadata().id)
        self._snapshot = self._read()

    def refresh(self) -> Snapshot:
        """Look again."""
        if self.place.born() != self._beginning or self.place.options != self._options:
            self._open()
            return self._snapshot
        try:
            self._delta.update_incremental()
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot read `{self.place.uri}`: {problem}") from problem
        if self._delta.version() != self._snapshot.version:
            self._snapshot = self._read()
        return self._snapshot

    def widen(self) -> None:
        """Add the columns that this version knows and the table does not have yet."""
        known = {item.name for item in self._delta.schema().fields}
        new = [item for item in self.layout.schema if item.name not in known]
        if new:
            try:
                self._delta.alter.add_columns(list(DeltaSchema.from_arrow(pa.schema(new)).fields))
            except (DeltaError, OSError) as problem:
                raise LakeError(f"cannot write `{self.place.uri}`: {problem}") from problem
            self._open()

    def _read(self) -> Snapshot:
        by = self.layout.sorted_by
        actions = pa.table(self._delta.get_add_actions(flatten=True))
        if not actions.num_rows:
            return Snapshot(self._delta.version(), (), self._identity)
        values = zip(*(actions[f"partition.{name}"].to_pylist() for name in self.layout.partitions), strict=True)
        names = ("num_records", "size_bytes", f"min.{by}", f"max.{by}")
        columns = [actions[name].to_pylist() for name in names]
        files = itertools.starmap(File, zip(actions["path"].to_pylist(), map(joined, values), *columns, strict=True))
        ordered = tuple(sorted(files, key=lambda file: (file.first, file.path)))
        return Snapshot(self._delta.version(), ordered, self._identity)

    def folder(self, partition: str) -> str:
        """The folder of a partition, relative to the table."""
        return "/".join(f"{name}={value}" for name, value in self._values(partition).items())

    def _values(self, partition: str) -> dict[str, str | None]:
        return dict(zip(self.layout.partitions, partition.split("/"), strict=True))

    def commit(self, added: Iterable[File], removed: Iterable[File] = (), *, same_rows: bool = False) -> bool:
        """Add and remove files in one step; False, and nothing done, when the table has changed since `refresh`.

        `same_rows` tells readers that follow the table's changes that no row came or went.
        """
        added, removed = list(added), list(removed)
        actions: list[AddAction | RemoveAction] = [self._add(file, not same_rows) for file in added]
        actions += [self._remove(file, not same_rows) for file in removed]
        version = self._delta.version()
        try:
            self._delta.create_write_transaction(
                actions,
                "append",
                self._delta.schema(),
                list(self.layout.partitions),
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except CommitFailedError as problem:
            there = {file.path for file in self.refresh().files}
            if self._snapshot.version == version:
                raise LakeError(f"cannot write `{self.place.uri}`: {problem}") from problem
            # The answer to a commit can get lost on its way from a bucket; tried again, it meets itself.
            return bool(added) and all(file.path in there for file in added)
        except (DeltaError, OSError) as problem:
            self._in_doubt = True
            raise LakeError(f"cannot write `{self.place.uri}`: {problem}") from problem
        self._in_doubt = False
        self.refresh()
        return True

    def write(self, rows: pa.Table, partition: str) -> File:
        """Write rows that are sorted as the table is to a new file, which nobody sees before `commit`."""
        key = rows[self.layout.sorted_by]
        path = f"{self.folder(partition)}/{uuid.uuid4().hex}.zstd.parquet"
        repeating = [name for name in leaves(rows.schema) if name.split(".")[0] not in self.layout.unique]
        try:
            with self.place.writing(path) as target:
                pq.write_table(
                    rows,
                    target,
                    compression="zstd",
                    compression_level=1,
                    row_group_size=ROW_GROUP,
                    use_dictionary=repeating,
                    write_statistics=[self.layout.sorted_by],
                    store_schema=False,
                )
                size = target.stat().st_size
        except OSError as problem:
            raise LakeError(f"cannot write `{self.place.uri}/{path}`: {problem.strerror or problem}") from problem
        return File(path, partition, rows.num_rows, size, key[0].as_py(), key[-1].as_py())

    def discard(self, files: Iterable[File]) -> None:
        """Delete files that were written and not committed."""
        for file in files:
            with suppress(OSError, LakeError):  # `vacuum` deletes what stays
                self.place.delete(file.path)

    @contextmanager
    def undoing(self, files: list[File]) -> Iterator[None]:
        """Delete those of the files that are not in the table when storing them fails, at whatever step."""
        try:
            yield
        except BaseException as problem:
            with suppress(LakeError):  # a commit can succeed and its clean-up fail: never delete what is visible
                there = {file.path for file in self.refresh().files}
                if not self._in_doubt:
                    self.discard(file for file in files if file.path not in there)
            if isinstance(problem, OSError):
                raise LakeError(f"cannot read `{self.place.uri}`: {problem.strerror or problem}") from problem
            raise

    def location(self, file: File) -> str:
        """Where a file is on this machine; from a bucket it is brought here."""
        self.place.fetch([file.path])
        return self.place.local(file.path)

    def unused(self, keep_hours: int, orphan_hours: int | None = None) -> list[str]:
        """Paths of files that the table has not used for so long; with those that never were in it, if asked for.

        A collector's new files look like orphans until their commit: they need an age as well.
        """
        found = {*self._vacuumed(keep_hours)}
        if orphan_hours is not None:
            found |= {*self._vacuumed(max(keep_hours, orphan_hours), full=True)}
        return sorted(path for path in found if self.place.exists(path))  # deleted ones are named for a while

    def vacuum(self, keep_hours: int, orphan_hours: int | None = None) -> list[str]:
        """Delete the files that `unused` names, and return their paths. The table stays at its version."""
        found = self.unused(keep_hours, orphan_hours)
        try:
            for path in found:
                self.place.delete(path)
        except OSError as problem:
            raise LakeError(f"cannot clean up `{self.place.uri}`: {problem.strerror or problem}") from problem
        return found

    def _vacuumed(self, keep_hours: int, *, full: bool = False) -> list[str]:
        try:
            return self._delta.vacuum(keep_hours, dry_run=True, enforce_retention_duration=False, full=full)
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot clean up `{self.place.uri}`: {problem}") from problem

    @property
    def properties(self) -> dict[str, str]:
        """What is written in the table about itself, at the version last looked at."""
        return dict(self._delta.metadata().configuration)

    def set_properties(self, values: dict[str, str]) -> None:
        """Write properties: a commit like any other, so that a collector at work notices and looks again."""
        while {**self.properties, **values} != self.properties:
            try:
                self._delta.alter.set_table_properties(values, raise_if_not_exists=False)
            except CommitFailedError:  # somebody else was faster
                pass
            except (DeltaError, OSError) as problem:
                raise LakeError(f"cannot write `{self.place.uri}`: {problem}") from problem
            self._open()

    @property
    def kept_from(self) -> date | None:
        """The first day whose rows are stored; null when all days' are."""
        told = self.properties.get(KEPT_FROM)
        return date.fromisoformat(told) if told else None

    def _add(self, file: File, new: bool) -> AddAction:
        by = self.layout.sorted_by
        stats = {
            "numRecords": file.rows,
            "minValues": {by: stamp(file.first)},
            "maxValues": {by: stamp(file.last)},
            "nullCount": {by: 0},
        }
        now = int(time.time() * 1000)
        return AddAction(file.path, file.bytes, self._values(file.partition), now, new, json.dumps(stats))

    def _remove(self, file: File, changes: bool) -> RemoveAction:
        now = int(time.time() * 1000)
        return RemoveAction(file.path, changes, now, file.bytes, self._values(file.partition))


def joined(values: tuple[object, ...]) -> str:
    return "/".join(map(str, values))


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def leaves(schema: pa.Schema) -> list[str]:
    """Paths of the Parquet columns of a schema.

    >>> leaves(pa.schema({"a": pa.string(), "b": pa.struct({"c": pa.list_(pa.field("element", pa.string()))})}))
    ['a', 'b.c.list.element']
    """
    found: list[str] = []

    def walk(path: str, kind: pa.DataType) -> None:
        if pa.types.is_struct(kind):
            for member in kind:
                walk(f"{path}.{member.name}", member.type)
        elif pa.types.is_list(kind):
            walk(f"{path}.list.{kind.value_field.name}", kind.value_type)
        else:
            found.append(path)

    for item in schema:
        walk(item.name, item.type)
    return found


@dataclass
class Lake:
    """A folder of Delta tables, here or in a bucket. Threads may share it."""

    place: Place
    _tables: dict[str, LogTable] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(cls, path: str | Path, create: bool = False) -> Lake:
        """The lake in a folder or at `s3://bucket/prefix`; `create` makes one where there is none.

        Raises LakeError when there is no lake, or it cannot be made there.
        """
        lake = cls(open_place(path))
        if create:
            lake.prepare(LAYOUTS)
        lake.snapshot("cloudtrail")
        return lake

    def prepare(self, names: Iterable[str]) -> None:
        """Make those of the tables that are not there."""
        for name in names:
            create_table(self.place.under(name), LAYOUTS[name])

    def table(self, name: str) -> LogTable:
        """A handle of one's own on a table, for writing."""
        return LogTable(self.place.under(name), name)

    def snapshot(self, name: str) -> Snapshot:
        """The files of a table as they are now."""
        with self._lock:
            if name not in self._tables:
                self._tables[name] = self.table(name)
                return self._tables[name]._snapshot
            return self._tables[name].refresh()

    def names(self) -> list[str]:
        """The physical tables; a lake made by an older version may lack some."""
        return [name for name in LAYOUTS if name == "cloudtrail" or self._has(name)]

    def _has(self, name: str) -> bool:
        return name in self._tables or self.place.under(name).has_table()

    def snapshots(self) -> dict[str, Snapshot]:
        """The files of each table of log rows."""
        return {name: self.snapshot(name) for name in self.names() if name in TABLES}

    def version(self) -> str:
        """Changes whenever rows of a table do."""
        return "-".join(map(str, self.snapshots().values()))

    def catalog(self) -> Catalog:
        """What can be queried, all tables at one version each."""
        snapshots = self.snapshots()
        tables = [table for name, snapshot in snapshots.items() for table in self._tables_of(name, snapshot)]
        return Catalog(tuple(tables), "-".join(map(str, snapshots.values())))

    def _tables_of(self, name: str, snapshot: Snapshot) -> Iterator[Table]:
        """The tables that a query sees in a physical one."""
        rows = TABLES[name]
        for title, files in virtual_tables(name, snapshot.files).items():

            def scan(start: datetime | None, end: datetime | None, files: list[File] = files) -> Scan:
                return self.scan(name, files, start, end)

            yield Table(title, rows.fields, rows.description, scan)

    @property
    def path(self) -> Path:
        """The folder of a lake on this machine."""
        if not isinstance(self.place, FolderPlace):
            raise LakeError(f"the lake `{self.place.uri}` is not on this machine")
        return self.place.path

    def location(self, name: str, file: File) -> str:
        """Local path of a file of a table; from a bucket it is brought here."""
        place = self.place.under(name)
        place.fetch([file.path])
        return place.local(file.path)

    def scan(self, name: str, files: Sequence[File], start: datetime | None, end: datetime | None) -> Scan:
        """Local paths of those files that may hold rows of `[start, end)`."""
        place = self.place.under(name)
        wanted = [file for file in files if file.overlaps(start, end)]
        paths = tuple(place.local(file.path) for file in wanted)
        size = sum(file.bytes for file in wanted)
        if isinstance(place, FolderPlace):
            return Scan(paths, size, len(files))
        return Scan(paths, size, len(files), lambda: place.fetch(file.path for file in wanted))


def virtual_tables(name: str, files: Iterable[File]) -> dict[str, list[File]]:
    """The tables that a query sees in a physical one, with their files."""
    rows = TABLES[name]
    if not rows.divided:
        return {name: list(files)}
    tables: dict[str, list[File]] = {}
    for file in files:
        tables.setdefault(rows.prefix + file.partition.partition("/")[0], []).append(file)
    return dict(sorted(tables.items()))


def create_table(place: Place, layout: Layout) -> None:
    """Make an empty table, unless there is one."""
    schema = pa.schema([*layout.schema, *layout.partitions.items()])
    try:
        if isinstance(place, FolderPlace):
            place.path.mkdir(parents=True, exist_ok=True)
        if not is_table(place):
            DeltaTable.create(
                place.uri, schema, mode="ignore", partition_by=list(layout.partitions), storage_options=place.options
            )
    except (DeltaError, OSError) as problem:
        if not is_table(place):  # another process may have been faster
            lake = place.uri.rpartition("/")[0]
            raise LakeError(f"cannot create a lake in `{lake}`: {problem}") from problem


def is_table(place: Place) -> bool:
    """Whether there is a table. `DeltaTable.is_deltatable` would ask a bucket without letting other threads go on."""
    try:
        DeltaTable(place.uri, storage_options=place.options)
    except TableNotFoundError:
        return False
    return True


def in_order(rows: pa.Table, layout: Layout) -> npt.NDArray[np.int64]:
    """Places of rows in the order in which they are stored: by partition, then by time."""
    times = rows[layout.sorted_by].cast(pa.int64()).to_numpy()
    if layout.divided is None:
        return np.argsort(times, kind="stable")
    codes = rows[layout.divided].cast(pa.string()).combine_chunks().dictionary_encode().indices
    return np.lexsort((times, codes.to_numpy()))


def by_partition(rows: pa.Table, layout: Layout) -> list[tuple[str, pa.Table]]:
    """Ordered rows, cut where their partition changes: at UTC midnights, and where the table is divided.

    >>> rows = pa.table({"_time": pa.array([0, 1, 86_400_000_000], pa.timestamp("us", "UTC"))})
    >>> [(day, part.num_rows) for day, part in by_partition(rows, LAYOUTS["cloudtrail"])]
    [('1970-01-01', 2), ('1970-01-02', 1)]
    """
    if not rows.num_rows:
        return []
    days = rows[layout.sorted_by].cast(pa.date32()).cast(pa.int32()).to_numpy()
    changes = days[1:] != days[:-1]
    if layout.divided:
        codes = rows[layout.divided].cast(pa.string()).combine_chunks().dictionary_encode().indices.to_numpy()
        changes |= codes[1:] != codes[:-1]
    begins = [0, *(np.nonzero(changes)[0] + 1).tolist()]
    parts = []
    for start, end in zip(begins, [*begins[1:], rows.num_rows], strict=True):
        day = rows[layout.sorted_by][start].as_py().date().isoformat()
        name = f"{rows[layout.divided][start].as_py()}/{day}" if layout.divided else day
        parts.append((name, rows.slice(start, end - start)))
    return parts
