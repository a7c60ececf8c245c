"""The lake: Delta tables in a folder, their files known with day and time range, so that a query reads few of them.

    LAKE/cloudtrail/date=2023-07-10/….parquet    rows sorted by `_time`
    LAKE/_objects/                               what was collected: one row per object and time it was read
    LAKE/_rejects/                               what could not be read, and why

A commit goes through only if nobody else committed since the table was looked at (`LogTable.commit`). Everything that
is exactly-once here rests on that one rule.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from engine.catalog import Catalog, Scan, Table
from engine.lake import cloudtrail
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
    """A physical table: the schema of its files, the column its folders are named by, the column it is sorted by."""

    schema: pa.Schema
    partition: str
    partition_type: pa.DataType
    sorted_by: str


LAYOUTS = {
    "cloudtrail": Layout(cloudtrail.SCHEMA, "date", pa.date32(), "_time"),
    "_objects": Layout(OBJECTS, "day", pa.string(), "collected"),
    "_rejects": Layout(REJECTS, "day", pa.string(), "collected"),
}
DESCRIPTIONS = {"cloudtrail": (cloudtrail.FIELDS, cloudtrail.DESCRIPTION)}

ROW_GROUP = 65_536
# Identifiers and free text hardly repeat; building a dictionary of them first is lost time.
NO_DICTIONARY = {"_id", "eventID", "requestID", "sharedEventID", "text", "_rest"} | {
    item.name for item in cloudtrail.FIELDS if item.type.name == "any"
}


@dataclass(frozen=True)
class File:
    """A Parquet file of a table: path relative to the table, partition value, first and last value it is sorted by."""

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
    """The files of a table at one version."""

    version: int
    files: tuple[File, ...]


class LogTable:
    """One Delta table of the lake, at the version last looked at. Not for use by two threads at once."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.layout = LAYOUTS[name]
        try:
            self._delta = DeltaTable(str(path))
        except TableNotFoundError as problem:
            raise LakeError(f"there is no table `{name}` in the lake `{path.parent}`") from problem
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot read `{path}`: {problem}") from problem
        self._snapshot = self._read()

    def refresh(self) -> Snapshot:
        """Look again."""
        try:
            self._delta.update_incremental()
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot read `{self.path}`: {problem}") from problem
        if self._delta.version() != self._snapshot.version:
            self._snapshot = self._read()
        return self._snapshot

    def _read(self) -> Snapshot:
        by = self.layout.sorted_by
        actions = pa.table(self._delta.get_add_actions(flatten=True))
        if not actions.num_rows:
            return Snapshot(self._delta.version(), ())
        names = ("path", f"partition.{self.layout.partition}", "num_records", "size_bytes", f"min.{by}", f"max.{by}")
        columns = [actions[name].to_pylist() for name in names]
        files = (File(path, str(part), *rest) for path, part, *rest in zip(*columns, strict=True))
        return Snapshot(self._delta.version(), tuple(sorted(files, key=lambda file: (file.first, file.path))))

    def commit(self, added: Iterable[File], removed: Iterable[File] = ()) -> bool:
        """Add and remove files in one step; False, and nothing done, when the table has changed since `refresh`."""
        actions: list[AddAction | RemoveAction] = [self._add(file, not removed) for file in added]
        actions += [self._remove(file) for file in removed]
        version = self._delta.version()
        try:
            self._delta.create_write_transaction(
                actions,
                "append",
                self._delta.schema(),
                [self.layout.partition],
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except CommitFailedError as problem:
            self.refresh()
            if self._snapshot.version == version:
                raise LakeError(f"cannot write `{self.path}`: {problem}") from problem
            return False
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot write `{self.path}`: {problem}") from problem
        self.refresh()
        return True

    def write(self, rows: pa.Table, partition: str) -> File:
        """Write rows that are sorted as the table is to a new file, which nobody sees before `commit`."""
        key = rows[self.layout.sorted_by]
        path = f"{self.layout.partition}={partition}/{uuid.uuid4().hex}.zstd.parquet"
        target = self.path / path
        target.parent.mkdir(exist_ok=True)
        pq.write_table(
            rows,
            target,
            compression="zstd",
            compression_level=1,
            row_group_size=ROW_GROUP,
            use_dictionary=[name for name in leaves(rows.schema) if name.split(".")[0] not in NO_DICTIONARY],
            write_statistics=[self.layout.sorted_by],
            store_schema=False,
        )
        return File(path, partition, rows.num_rows, target.stat().st_size, key[0].as_py(), key[-1].as_py())

    def discard(self, files: Iterable[File]) -> None:
        """Delete files that were written and not committed."""
        for file in files:
            (self.path / file.path).unlink(missing_ok=True)

    def location(self, file: File) -> str:
        return os.path.join(self.path, file.path)

    def vacuum(self, keep_hours: int) -> list[str]:
        """Delete files that the table has not used for so long, and return their paths."""
        try:
            return self._delta.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False)
        except (DeltaError, OSError) as problem:
            raise LakeError(f"cannot clean up `{self.path}`: {problem}") from problem

    def _add(self, file: File, new: bool) -> AddAction:
        by = self.layout.sorted_by
        stats = {
            "numRecords": file.rows,
            "minValues": {by: stamp(file.first)},
            "maxValues": {by: stamp(file.last)},
            "nullCount": {by: 0},
        }
        now = int(time.time() * 1000)
        partition = {self.layout.partition: file.partition}
        return AddAction(file.path, file.bytes, partition, now, new, json.dumps(stats))

    def _remove(self, file: File) -> RemoveAction:
        partition: dict[str, str | None] = {self.layout.partition: file.partition}
        return RemoveAction(file.path, False, int(time.time() * 1000), file.bytes, partition)


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
    """A folder of Delta tables. Threads may share it."""

    path: Path
    _tables: dict[str, LogTable] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(cls, path: str | Path, create: bool = False) -> Lake:
        """The lake in a folder; `create` makes one where there is none.

        Raises LakeError when there is no lake, or it cannot be made there.
        """
        if "://" in str(path):
            raise LakeError(f"`{path}` cannot be opened: this version keeps its lake in a local folder")
        lake = cls(Path(path).expanduser().resolve())
        if create:
            for name, layout in LAYOUTS.items():
                create_table(lake.path / name, layout)
        lake.snapshot("cloudtrail")
        return lake

    def table(self, name: str) -> LogTable:
        """A handle of one's own on a table, for writing."""
        return LogTable(self.path / name, name)

    def snapshot(self, name: str) -> Snapshot:
        """The files of a table as they are now."""
        with self._lock:
            if name not in self._tables:
                self._tables[name] = self.table(name)
                return self._tables[name]._snapshot
            return self._tables[name].refresh()

    def version(self) -> str:
        """Changes whenever rows of a table do."""
        return "-".join(str(self.snapshot(name).version) for name in DESCRIPTIONS)

    def catalog(self) -> Catalog:
        """What can be queried, all tables at one version each."""
        tables = []
        versions = []
        for name, (fields, description) in DESCRIPTIONS.items():
            snapshot = self.snapshot(name)
            versions.append(str(snapshot.version))

            def scan(
                start: datetime | None, end: datetime | None, name: str = name, snapshot: Snapshot = snapshot
            ) -> Scan:
                return self.scan(name, snapshot, start, end)

            tables.append(Table(name, fields, description, scan))
        return Catalog(tuple(tables), "-".join(versions))

    def location(self, name: str, file: File) -> str:
        """Local path of a file of a table."""
        return os.path.join(self.path, name, file.path)

    def scan(self, name: str, snapshot: Snapshot, start: datetime | None, end: datetime | None) -> Scan:
        """Local paths of the files that may hold rows of `[start, end)`."""
        files = [file for file in snapshot.files if file.overlaps(start, end)]
        paths = tuple(self.location(name, file) for file in files)
        return Scan(paths, sum(file.bytes for file in files), len(snapshot.files))


def create_table(path: Path, layout: Layout) -> None:
    """Make an empty table, unless there is one."""
    schema = layout.schema.append(pa.field(layout.partition, layout.partition_type))
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not DeltaTable.is_deltatable(str(path)):
            DeltaTable.create(str(path), schema, mode="ignore", partition_by=[layout.partition])
    except (DeltaError, OSError) as problem:
        if not DeltaTable.is_deltatable(str(path)):  # another process may have been faster
            raise LakeError(f"cannot create a lake in `{path.parent}`: {problem}") from problem


def by_day(rows: pa.Table) -> list[tuple[str, pa.Table]]:
    """Rows sorted by `_time`, cut at UTC midnights.

    >>> rows = pa.table({"_time": pa.array([0, 1, 86_400_000_000], pa.timestamp("us", "UTC"))})
    >>> [(day, part.num_rows) for day, part in by_day(rows)]
    [('1970-01-01', 2), ('1970-01-02', 1)]
    """
    days = rows["_time"].cast(pa.date32()).combine_chunks()
    runs = pc.run_end_encode(days)
    parts, start = [], 0
    for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        parts.append((day.isoformat(), rows.slice(start, end - start)))
        start = end
    return parts
