"""Retention: for how many days a table keeps its rows, and deleting the days before.

A day is deleted whole, in two commits:

1.  The table is told the first day that it keeps from now on (`LogTable.kept_from`). A collector that is about to
    store older rows finds the table changed, looks again, and leaves them out. So what is deleted does not come back
    by collecting the same or another copy of the logs: it is counted as skipped, never stored silently.
2.  The files of the days before are removed. When that does not happen, the next collect or `retain` does it.

Removed files stay on disk until `compact` finds that no query can be reading them any more.

The notes of what was collected (`_objects`) go with the days that no log table keeps: a collect does not read objects
that were delivered so early. When the days are raised again, the notes of the days that may come back are forgotten,
so that the next collect of a source that still has them reads them once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.lake.formats import TABLES
from engine.lake.objects import UNKNOWN_DAY
from engine.lake.store import KEPT_FROM, File, Lake, LogTable
from engine.language.errors import SourceError
from engine.meter import size

DAYS = "trailboard.keepDays"  # property of a table: for how many days, today not counted, it keeps rows
REJECTS = "_rejects"
NOTES = "_objects"
RETAINED = (*TABLES, REJECTS)  # tables that a retention can be set for


@dataclass(frozen=True)
class Policy:
    """For how many days a table keeps its rows (null: for ever), and the first day that it may hold."""

    table: str
    days: int | None
    kept_from: date | None

    def __str__(self) -> str:
        """
        >>> print(Policy("_rejects", None, None))
        rejects: every day is kept
        """
        return f"{title(self.table)}: {kept(self.days, self.kept_from)}"


@dataclass(frozen=True)
class Deletion:
    """What a retention would delete of a table, or has deleted: whole days, from the first to the last.

    `back` are days whose objects may be collected again, because they were not kept before and now would be.
    """

    table: str
    days: int | None
    kept_from: date | None
    files: tuple[File, ...]
    back: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def deleted_days(self) -> list[str]:
        """The UTC days that go, in order."""
        return sorted({day_of(file) for file in self.files})

    def __str__(self) -> str:
        days = self.deleted_days
        what = f"nothing to delete, {kept(self.days, self.kept_from)}"
        if days:
            span = days[0] if len(days) == 1 else f"{len(days):,} days, {days[0]} to {days[-1]}"
            rows = f"{self.rows:,} rows" if self.rows != 1 else "1 row"
            what = f"{kept(self.days, self.kept_from)}; deletes {span}: {rows}, {size(self.bytes)}"
        if self.back:
            what += "; collecting may bring back what a shorter retention deleted"
        return f"{title(self.table)}: {what}"


def policies(lake: Lake) -> dict[str, Policy]:
    """The retention of every table that can have one."""
    return {name: policy(lake.table(name)) for name in lake.names() if name in RETAINED}


def policy(table: LogTable) -> Policy:
    told = table.properties.get(DAYS)
    return Policy(table.name, int(told) if told else None, table.kept_from)


def tables_named(lake: Lake, name: str | None) -> list[str]:
    """The tables that a retention is for: one, or all. Raises SourceError for a name that the lake does not have."""
    there = [table for table in lake.names() if table in RETAINED]
    if name is None:
        return there
    found = next((table for table in there if title(table) == name), None)
    if found is None:
        known = ", ".join(map(title, there))
        raise SourceError(f"there is no table `{name}` to keep for some days", f"the lake has {known}")
    return [found]


def planned(lake: Lake, days: Mapping[str, int | None], today: date) -> list[Deletion]:
    """What `retain` would do now."""
    return [_deletion(lake.table(name), count, today) for name, count in days.items()]


def retain(lake: Lake, days: Mapping[str, int | None], today: date) -> list[Deletion]:
    """Keep so many days of each named table from now on (null: all), and delete the days before."""
    done = []
    for name, count in days.items():
        table = lake.table(name)
        plan = _deletion(table, count, today)
        first = plan.kept_from.isoformat() if plan.kept_from else ""
        table.set_properties({DAYS: "" if count is None else str(count), KEPT_FROM: first})
        deleted = delete(table, plan.kept_from)
        done.append(Deletion(name, count, plan.kept_from, deleted, plan.back))
        if plan.back and name != REJECTS:
            forget(lake, plan.back)
    forget_unkept(lake)
    return done


def retain_again(lake: Lake, today: date) -> list[Deletion]:
    """Delete what the retention of each table no longer keeps; what a collect does at its end."""
    done = []
    for found in policies(lake).values():
        if found.days is not None:
            table = lake.table(found.table)
            first = first_kept(found.days, today)
            if found.kept_from is None or found.kept_from < first:
                table.set_properties({KEPT_FROM: first.isoformat()})
            if files := delete(table, table.kept_from):
                done.append(Deletion(found.table, found.days, table.kept_from, files))
    if done:
        forget_unkept(lake)
    return done


def title(table: str) -> str:
    """A table's name as people write it."""
    return table.removeprefix("_")


def kept(days: int | None, first: date | None) -> str:
    """What a retention keeps.

    >>> kept(30, date(2026, 10, 25)), kept(1, None), kept(None, None)
    ('30 days are kept, from 2026-10-25 on', '1 day is kept', 'every day is kept')
    """
    if days is None:
        return "every day is kept"
    count = f"{days:,} days are" if days != 1 else "1 day is"
    return f"{count} kept" + (f", from {first} on" if first else "")


def first_kept(days: int, today: date) -> date:
    """The first of so many whole days before today.

    >>> first_kept(7, date(2026, 11, 24)).isoformat()
    '2026-11-17'
    """
    return today - timedelta(days=days)


def kept_from(lake: Lake, names: Iterable[str]) -> date | None:
    """The first day that any of the tables keeps; null when one keeps all."""
    firsts = [lake.table(name).kept_from for name in names]
    known = [first for first in firsts if first is not None]
    return min(known) if known and len(known) == len(firsts) else None


def delete(table: LogTable, first: date | None) -> tuple[File, ...]:
    """Remove the files of the days before one."""
    while first is not None:
        files = [file for file in table.refresh().files if day_of(file) < first.isoformat()]
        if not files or table.commit([], files):
            return tuple(files)
    return ()


def forget(lake: Lake, days: Iterable[str]) -> None:
    """Delete the notes of objects that were delivered on these days, so that they can be collected again."""
    table = lake.table(NOTES)
    while True:
        files = [file for file in table.refresh().files if file.partition in days]
        if not files or table.commit([], files):
            return


def forget_unkept(lake: Lake) -> None:
    """Delete the notes of objects so old that a collect passes them over."""
    first = kept_from(lake, [name for name in lake.names() if name in TABLES])
    if first is not None:
        notes = {file.partition for file in lake.snapshot(NOTES).files}
        forget(lake, {day for day in notes if UNKNOWN_DAY != day < first.isoformat()})


def day_of(file: File) -> str:
    """The day of a file's partition; when its rows were last added, if it has none."""
    day = file.partition.rpartition("/")[2]
    return day if day != UNKNOWN_DAY else f"{file.last.astimezone(UTC):%Y-%m-%d}"


def today(now: datetime | None = None) -> date:
    """The UTC day."""
    return (now or datetime.now(UTC)).astimezone(UTC).date()


def _deletion(table: LogTable, days: int | None, on: date) -> Deletion:
    first = None if days is None else first_kept(days, on)
    before = table.kept_from
    files = tuple(file for file in table.refresh().files if first and day_of(file) < first.isoformat())
    back: tuple[str, ...] = ()
    if before is not None and (first is None or first < before):
        start = first or date.min
        back = tuple(
            # What was delivered on the first kept day may tell of the last minutes of the day before.
            sorted(
                {file.partition for file in _notes(table) if start.isoformat() <= file.partition <= before.isoformat()}
            )
        )
    return Deletion(table.name, days, first, files, back)


def _notes(table: LogTable) -> tuple[File, ...]:
    return LogTable(table.place.beside(NOTES), NOTES).refresh().files
