"""Another try for what was put aside: its objects are read once more, or, when they are gone, the texts that were kept.

Events that come of it are stored once, as always. Only then are the rejects that no longer are any removed, so that a
retry may be killed at any instant: the next one does what it left.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.lake.collect import Batch, Collector, Progress, Writer, reject_row
from engine.lake.formats import FORMATS, LogFormat, Part
from engine.lake.objects import NO_LISTING, Content, Listing, Object, Source, Window
from engine.lake.sources import open_source
from engine.lake.store import File, Lake, LogTable
from engine.language.errors import SourceError

GONE = "the object is gone, and the text that was kept does not read better than before"
WANTED = """
SELECT _id, object, record, reason, text FROM read_parquet($files, hive_partitioning = false)
WHERE NOT kept AND ($all OR list_contains($objects, object)) ORDER BY object, record
"""
NOTED = """
SELECT * FROM (
    SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS load_balancer, NULL::BIGINT AS duplicates WHERE false
    UNION ALL BY NAME SELECT * FROM read_parquet($files, union_by_name = true, hive_partitioning = false)
) WHERE list_contains($objects, object)
QUALIFY row_number() OVER (PARTITION BY object ORDER BY collected DESC) = 1
"""


@dataclass(frozen=True)
class RetryReport:
    """What another try gave. `left` are the rejects that are still there, `failed` objects with the reason."""

    objects: int = 0
    events: int = 0
    cleared: int = 0
    left: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    cancelled: bool = False

    def __str__(self) -> str:
        lines = [
            f"{self.objects:,} objects tried again: {self.events:,} events stored, {self.cleared:,} rejects cleared,"
            f" {self.left:,} left"
        ]
        return "\n".join([*lines, *(f"failed: {name}: {problem}" for name, problem in self.failed)])


def retry(
    lake: Lake,
    objects: Collection[str] = (),
    *,
    profile: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> RetryReport:
    """Read objects with rejects again, all of them when none is named. Raises LakeError when the lake cannot be."""
    cancel = cancel or threading.Event()
    asides = put_aside(lake, objects)
    notes = noted(lake, list(asides))
    report = RetryReport(objects=len(asides))
    for kind, form in FORMATS.items():
        names = [name for name in asides if (notes[name]["kind"] if name in notes else "cloudtrail") == kind]
        if names:
            again = Again(form, names, profile, cancel)
            writer = Attentive(lake, form)
            done = Collector(lake, form, again, Window(), progress, cancel, writer).run()
            failed = dict(done.failed)
            read = again.seen - set(failed)
            cleared = remove(lake.table("_rejects"), read, writer.aside)
            report = replace(report, events=report.events + done.events, cleared=report.cleared + cleared)
            for name in names:
                if name not in read and not cancel.is_set():
                    problem = failed.get(name) or again.problems.get(name)
                    report = retry_text(lake, form, name, asides[name], notes.get(name), report, problem)
    left = sum(len(rows) for rows in put_aside(lake, list(asides)).values()) if asides else 0
    return replace(report, left=left, cancelled=cancel.is_set())


class Attentive(Writer):
    """A writer that remembers what was put aside this time."""

    def __init__(self, lake: Lake, form: LogFormat) -> None:
        super().__init__(lake, form)
        self.aside: set[int] = set()

    def store(self, batch: Batch) -> None:
        now = datetime.now(UTC)
        self.aside |= {reject_row(item, found, now)["_id"] for item, found in batch.rejects}
        super().store(batch)


@dataclass
class Again:
    """The objects of some names, as a source. One that is there no more is among the `problems`."""

    form: LogFormat
    names: list[str]
    profile: str | None
    cancel: threading.Event
    warnings: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    _listing: Listing = NO_LISTING
    _source: Source | None = None

    def listing(self) -> Listing:
        return self._listing

    def objects(self) -> Iterator[Object]:
        for name in self.names:
            try:
                source = open_source(name, self.form.naming, Window(), profile=self.profile, cancel=self.cancel)
                item = next((item for item in source.objects() if item.name == name), None)
            except SourceError as problem:
                self.problems[name] = problem.message
                continue
            if item is not None:
                self.seen.add(name)
                self._source = source
                self._listing = Listing(self._listing.objects + 1, self._listing.bytes + item.size, 1, 1)
                yield item

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        for item in wanted:
            assert self._source is not None
            for content in self._source.contents(iter([item])):
                if content.gone or content.stream is None:
                    self.seen.discard(item.name)
                yield content


def put_aside(lake: Lake, objects: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The rejects of objects, of all when none is named; remarks about stored events are none."""
    files = [lake.location("_rejects", file) for file in lake.snapshot("_rejects").files]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(WANTED, files, objects=list(objects), all=not objects):
        found.setdefault(row["object"], []).append(row)
    return found


def noted(lake: Lake, objects: list[str]) -> dict[str, dict[str, Any]]:
    """The newest note of each object."""
    files = [lake.location("_objects", file) for file in lake.snapshot("_objects").files]
    rows = rows_of(NOTED, files, objects=objects)
    return {row["object"]: {**row, "kind": row["kind"] or "cloudtrail"} for row in rows}


def rows_of(sql: str, files: list[str], **parameters: object) -> list[dict[str, Any]]:
    if not files:
        return []
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        rows: list[dict[str, Any]] = duck.sql(sql, params={"files": files, **parameters}).to_arrow_table().to_pylist()
        return rows


def remove(table: LogTable, objects: Collection[str], kept: Collection[int] = (), gone: Collection[int] = ()) -> int:
    """Remove rejects of objects, but those with the ids `kept`, and those with the ids `gone`; how many they were."""
    while True:
        removed, added, old = 0, [], []
        for file in table.refresh().files:
            with pq.ParquetFile(table.location(file)) as opened:
                rows = opened.read()
            ids = rows["_id"].to_numpy()
            named = np.isin(np.array(rows["object"].to_pylist(), dtype=object), list(objects))
            stay = ~((named & ~np.isin(ids, list(kept))) | np.isin(ids, list(gone)))
            if not stay.all():
                old.append(file)
                removed += int((~stay).sum())
                if stay.any():
                    added.append(write(table, rows.filter(pa.array(stay)), file))
        with table.undoing(added):
            if not old or table.commit(added, old):
                return removed
            table.discard(added)


def write(table: LogTable, rows: pa.Table, of: File) -> File:
    return table.write(rows.cast(table.layout.schema), of.partition)


def retry_text(
    lake: Lake,
    form: LogFormat,
    name: str,
    rejects: list[dict[str, Any]],
    note: dict[str, Any] | None,
    report: RetryReport,
    problem: str | None,
) -> RetryReport:
    """Decode the texts that were kept of an object; those that now give events, and nothing odd, are cleared."""
    item = Object(name, 0, "", form.naming.facts_of(name))
    parts: list[tuple[str, Part]] = []
    read = []
    for row in rejects:
        found = list(form.decode(io.BytesIO(row["text"].encode()), item)) if row["text"] else []
        whole = found and not any(part.rejects or part.more for part in found)
        if whole and any(len(part.times) for part in found):
            parts += [(name, part) for part in found]
            read.append(row["_id"])
    if not read:
        return replace(report, failed=(*report.failed, (name, problem or GONE)))
    batch = Batch()
    for table, rows in form.rows(parts):
        batch.rows.setdefault(table, []).append(rows)
    if note is not None:
        events = note["events"] + sum(len(part.times) for _, part in parts)
        rest = max(0, note["rejects"] - len(read))
        batch.notes.append({**note, "events": events, "rejects": rest, "day": item.facts.day})
    writer = Writer(lake, form)
    writer.store(batch)
    cleared = remove(lake.table("_rejects"), (), gone=read)
    return replace(report, events=report.events + writer.stored, cleared=report.cleared + cleared)
