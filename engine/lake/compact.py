"""Keeping the number of files low: many small files of a day become one, its rows sorted as before.

Replaced files stay on disk for a week, for queries that are still reading them; `compact` deletes older ones.
"""

from __future__ import annotations

import uuid

import pyarrow.parquet as pq

from engine.lake.store import ROW_GROUP, File, Lake, LogTable
from engine.language.errors import LakeError

SMALL = 16 << 20  # bytes
LARGE = 128 << 20  # a file made here stays below
MANY = 32  # small files of one day that are worth the work


def compact_small(lake: Lake) -> None:
    """Join the small files of every day that has many of them."""
    for name in lake.names():
        table = lake.table(name)
        for files in small_files(table, MANY):
            join(table, files)


def compact(lake: Lake, keep_hours: int = 168) -> int:
    """Join all small files, then delete what was replaced or left over more than `keep_hours` ago.

    Returns the number of files deleted.
    """
    deleted = 0
    for name in lake.names():
        table = lake.table(name)
        for files in small_files(table, 2):
            join(table, files)
        deleted += len(table.vacuum(keep_hours))
    return deleted


def small_files(table: LogTable, many: int) -> list[list[File]]:
    """Small files that can be joined: at least `many` of one partition, together below `LARGE`."""
    partitions: dict[str, list[File]] = {}
    for file in table.refresh().files:
        if file.bytes < SMALL:
            partitions.setdefault(file.partition, []).append(file)
    groups = []
    for files in partitions.values():
        if len(files) >= many:
            group: list[File] = []
            for file in files:
                if sum(member.bytes for member in group) + file.bytes > LARGE:
                    groups.append(group)
                    group = []
                group.append(file)
            groups.append(group)
    return [group for group in groups if len(group) > 1]


def join(table: LogTable, files: list[File]) -> None:
    """Replace files of one partition by one; nothing happens when somebody else has replaced one of them first."""
    joined = merge(table, files)
    with table.undoing([joined]):
        while set(files) <= set(table.refresh().files):
            if table.commit([joined], files):
                return
    table.discard([joined])


def merge(table: LogTable, files: list[File]) -> File:
    """Write the rows of several files to a new one, in the table's order. DuckDB sorts on disk what memory lacks."""
    import duckdb  # a tenth of a second, which a collect that joins nothing need not spend

    path = f"{table.folder(files[0].partition)}/{uuid.uuid4().hex}.zstd.parquet"
    target = table.path / path
    modest: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "256MB",
        "threads": 1,
        "temp_directory": f"{table.path}.tmp",
    }
    try:
        with duckdb.connect(config=modest) as duck:
            rows = duck.read_parquet([table.location(file) for file in files], hive_partitioning=False)
            rows.order(f'"{table.layout.sorted_by}"').write_parquet(
                str(target), compression="zstd", row_group_size=ROW_GROUP
            )
    except duckdb.Error as problem:
        target.unlink(missing_ok=True)
        raise LakeError(f"cannot join files of `{table.path}`: {problem}") from problem
    return File(
        path,
        files[0].partition,
        pq.ParquetFile(target).metadata.num_rows,
        target.stat().st_size,
        min(file.first for file in files),
        max(file.last for file in files),
    )
