"""Keeping the number of files low: many small files of a day become one, its rows sorted as before.

Replaced files stay on disk for a week, for queries that are still reading them; `compact` deletes older ones.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq

from engine.lake.store import ROW_GROUP, File, Lake, LogTable
from engine.language.errors import LakeError
from engine.meter import size

SMALL = 16 << 20  # bytes
LARGE = 128 << 20  # a file made here stays below
MANY = 32  # small files of a day that is still being written, from which on joining them is worth the work
SEVERAL = 8  # the same of a day that is over: it is joined once and then left alone
KEEP_HOURS = 168  # how long a replaced file stays; no query runs for so long
ORPHAN_HOURS = 24  # how long a file may wait for its commit: collectors commit within minutes


@dataclass(frozen=True)
class Join:
    """Small files of one partition of a table that become one file."""

    table: str
    files: tuple[File, ...]

    @property
    def partition(self) -> str:
        return self.files[0].partition

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class Compaction:
    """What compacting would do, or has done: files that are joined, and paths, by table, that are deleted."""

    joins: tuple[Join, ...]
    deleted: dict[str, tuple[str, ...]]

    @property
    def is_empty(self) -> bool:
        return not self.joins and not any(self.deleted.values())

    @property
    def joined(self) -> int:
        """How many files are joined."""
        return sum(len(join.files) for join in self.joins)

    @property
    def joined_bytes(self) -> int:
        return sum(join.bytes for join in self.joins)

    @property
    def deleted_files(self) -> int:
        return sum(map(len, self.deleted.values()))

    def __str__(self) -> str:
        if self.is_empty:
            return "nothing to join, nothing to delete"
        files = f"{self.joined:,} small files ({size(self.joined_bytes)}) joined to {len(self.joins):,}"
        lines = [f"{files}, {self.deleted_files:,} unused files deleted"]
        for name in self.deleted:
            joins = [join for join in self.joins if join.table == name]
            if joins or self.deleted[name]:
                small = sum(len(join.files) for join in joins)
                lines.append(f"  {name}: {small:,} joined to {len(joins):,}, {len(self.deleted[name]):,} deleted")
        return "\n".join(lines)


def compact_small(lake: Lake) -> None:
    """What a collector does at its end: join the small files of days that have many, delete what expired long ago."""
    today = datetime.now(UTC)
    for name in lake.names():
        table = lake.table(name)
        for files in small_files(table, MANY, SEVERAL, today):
            join(table, files)
        if table.unused(KEEP_HOURS):
            table.vacuum(KEEP_HOURS)


def planned(lake: Lake, keep_hours: int = KEEP_HOURS) -> Compaction:
    """What `compact` would do now. Files that it would replace are kept, so they are not among the deleted ones."""
    tables = [lake.table(name) for name in lake.names()]
    joins = [Join(table.name, tuple(files)) for table in tables for files in small_files(table, 2)]
    return Compaction(tuple(joins), {table.name: tuple(table.unused(keep_hours, ORPHAN_HOURS)) for table in tables})


def compact(lake: Lake, keep_hours: int = KEEP_HOURS) -> Compaction:
    """Join all small files, then delete what was replaced or left over more than `keep_hours` ago."""
    joins, deleted = [], {}
    for name in lake.names():
        table = lake.table(name)
        joins += [Join(name, tuple(files)) for files in small_files(table, 2) if join(table, files)]
        deleted[name] = tuple(table.vacuum(keep_hours, ORPHAN_HOURS))
    return Compaction(tuple(joins), deleted)


def small_files(table: LogTable, many: int, over: int | None = None, now: datetime | None = None) -> list[list[File]]:
    """Small files that can be joined: at least `many` of one partition, together below `LARGE`.

    Of days before yesterday, whose last deliveries have come, `over` files are enough.
    """
    yesterday = "" if now is None else f"{now - timedelta(days=1):%Y-%m-%d}"
    least = many if over is None else min(many, over)
    partitions: dict[str, list[File]] = {}
    for file in table.refresh().files:
        if file.bytes < SMALL:
            partitions.setdefault(file.partition, []).append(file)
    groups = []
    for partition, files in partitions.items():
        if len(files) >= (least if partition.rpartition("/")[2] < yesterday else many):
            group: list[File] = []
            for file in files:
                if sum(member.bytes for member in group) + file.bytes > LARGE:
                    groups.append(group)
                    group = []
                group.append(file)
            groups.append(group)
    return [group for group in groups if len(group) > 1]


def join(table: LogTable, files: list[File]) -> bool:
    """Replace files of one partition by one; False, and nothing done, when somebody else has replaced one of them."""
    joined = merge(table, files)
    with table.undoing([joined]):
        while set(files) <= set(table.refresh().files):
            if table.commit([joined], files, same_rows=True):
                return True
    table.discard([joined])
    return False


def merge(table: LogTable, files: list[File]) -> File:
    """Write the rows of several files to a new one, in the table's order. DuckDB sorts on disk what memory lacks."""
    import duckdb  # a tenth of a second, which a collect that joins nothing need not spend

    path = f"{table.folder(files[0].partition)}/{uuid.uuid4().hex}.zstd.parquet"
    modest: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "256MB",
        "threads": 1,
        "temp_directory": table.place.scratch,
    }
    try:
        with table.place.writing(path) as target, duckdb.connect(config=modest) as duck:
            duck.execute("SET enable_progress_bar = false")  # it would get among what the command line prints
            rows = duck.read_parquet(
                [table.location(file) for file in files], hive_partitioning=False, union_by_name=True
            )
            rows.order(f'"{table.layout.sorted_by}"').write_parquet(
                str(target), compression="zstd", row_group_size=ROW_GROUP
            )
            count, size = pq.read_metadata(target).num_rows, target.stat().st_size
    except (duckdb.Error, OSError) as problem:
        raise LakeError(f"cannot join files of `{table.place.uri}`: {problem}") from problem
    return File(
        path,
        files[0].partition,
        count,
        size,
        min(file.first for file in files),
        max(file.last for file in files),
    )
