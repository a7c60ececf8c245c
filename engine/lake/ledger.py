"""Which objects a lake has, remembered day by day in eight bytes each, so that a lake of many years needs little."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from engine.lake.objects import Object
from engine.lake.store import LogTable, Snapshot

REMEMBERED = 4_000_000  # objects


class Ledger:
    """The objects of one kind of log that were collected, as `_objects` has them."""

    def __init__(self, table: LogTable, kind: str) -> None:
        self._table = table
        self._kind = kind
        self._snapshot: Snapshot = table.refresh()
        self._days: dict[str, npt.NDArray[np.uint64]] = {}

    def has(self, item: Object) -> bool:
        """Whether an object was collected as it is now."""
        day = item.facts.day
        if day not in self._days:
            self._make_room()
            self._days[day] = self._read(day)
        known = self._days[day]
        digest = digest_of(item.name, item.tag)
        place = int(np.searchsorted(known, digest))
        return place < len(known) and known[place] == digest

    def forget(self) -> None:
        """Look again, for what other collectors have done meanwhile."""
        snapshot = self._table.refresh()
        if snapshot.version != self._snapshot.version:
            self._snapshot = snapshot
            self._days.clear()

    def _make_room(self) -> None:
        while self._days and sum(map(len, self._days.values())) > REMEMBERED:
            self._days.pop(next(iter(self._days)))

    def _read(self, day: str) -> npt.NDArray[np.uint64]:
        digests = [np.zeros(0, np.uint64)]
        for file in self._snapshot.files:
            if file.partition == day:
                with pq.ParquetFile(self._table.location(file)) as opened:
                    rows = opened.read(columns=["object", "tag", "kind"])
                kinds = rows["kind"].to_pylist() if "kind" in rows.column_names else ["cloudtrail"] * rows.num_rows
                noted = zip(rows["object"].to_pylist(), rows["tag"].to_pylist(), kinds, strict=True)
                mine = [digest_of(name, tag) for name, tag, kind in noted if kind == self._kind]
                digests.append(np.array(mine, np.uint64))
        return np.unique(np.concatenate(digests))


def digest_of(name: str, tag: str) -> np.uint64:
    """Eight bytes for an object as it is now: among a million, two alike come once in tens of millions of lakes."""
    return np.uint64(int.from_bytes(hashlib.blake2b(f"{name}\n{tag}".encode(), digest_size=8).digest(), "little"))
