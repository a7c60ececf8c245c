"""The objects of a bucket as a source: listed day by day, newest first, several folders ahead of the reading."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from engine.lake.objects import Content, Listing, Naming, Object, Window
from engine.lake.s3.bucket import Bucket, as_object, told
from engine.lake.s3.download import Downloads
from engine.lake.s3.layout import Layout, Level, Stem, days_of, months_of, walk

LISTERS = 8
AHEAD = 16  # folders whose first thousand objects are asked for before they are needed
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
EXAMPLES = 3
Page = dict[str, Any]


class S3Source:
    """The log files below a prefix of a bucket. `window` spares listing what is not wanted."""

    def __init__(
        self, bucket: Bucket, prefix: str, naming: Naming, window: Window, cancel: threading.Event | None = None
    ) -> None:
        self.warnings: list[str] = []
        self._bucket = bucket
        self._prefix = prefix
        self._naming = naming
        self._window = window
        self._cancel = cancel or threading.Event()
        self._listing = Listing(complete=False)
        self._lock = threading.Lock()
        self._archived = 0

    def listing(self) -> Listing:
        return self._listing

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        return Downloads(self._bucket, self._cancel).contents(wanted)

    def objects(self) -> Iterator[Object]:
        self._threads = ThreadPoolExecutor(LISTERS, "list")
        try:
            yield from self._objects()
            self._listing = replace(self._listing, complete=True)
            self._warn_of_archived()
        finally:
            self._threads.shutdown(cancel_futures=True)

    def _objects(self) -> Iterator[Object]:
        if single := self._single():
            yield single
            return
        prefix = self._prefix if self._prefix.endswith("/") or not self._prefix else f"{self._prefix}/"
        layout = walk(prefix, self._naming, self._window, self._look)
        whole = [(folder, "/") for folder in layout.loose]
        if not layout.stems and (layout.loose or layout.unlooked):
            whole = [(prefix, "")]
        self._warn(layout, prefix)
        months = self._months(layout.stems)
        self._count(folders_total=len(whole) + sum(len(stems) for stems in months.values()))
        for month, stems in sorted(months.items(), reverse=True):
            days = days_of(stems, month, self._window, self._look)
            self._count(folders_total=len(days) - len(stems))
            yield from self._listed((path, "") for _, path in days)
        yield from self._listed(iter(whole))

    def _single(self) -> Object | None:
        """The one object that the prefix is the key of."""
        if not self._naming.fits(self._prefix.rpartition("/")[2]):
            return None
        for entry in self._page(Prefix=self._prefix, MaxKeys=1).get("Contents", ()):
            if entry["Key"] == self._prefix:
                return self._counted(entry)
        return None

    def _months(self, stems: list[Stem]) -> dict[str, list[Stem]]:
        months: dict[str, list[Stem]] = {}
        asked = self._threads.map(lambda stem: (stem, months_of(stem, self._window, self._look_alone)), stems)
        for stem, there in asked:
            for month in there:
                months.setdefault(month, []).append(stem)
        return months

    def _look(self, prefixes: Iterable[str]) -> Iterator[Level]:
        return self._threads.map(self._level, prefixes)

    def _look_alone(self, prefixes: Iterable[str]) -> Iterator[Level]:
        return map(self._level, prefixes)

    def _level(self, prefix: str) -> Level:
        """The folders in a folder."""
        folders: list[str] = []
        has_files = False
        token: dict[str, str] = {}
        while True:
            page = self._page(Prefix=prefix, Delimiter="/", **token)
            folders += [item["Prefix"][len(prefix) : -1] for item in page.get("CommonPrefixes", ())]
            has_files |= any(self._naming.fits(entry["Key"].rpartition("/")[2]) for entry in page.get("Contents", ()))
            if not page.get("IsTruncated") or self._cancel.is_set():
                return Level(prefix, tuple(folders), has_files)
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _listed(self, folders: Iterator[tuple[str, str]]) -> Iterator[Object]:
        """The objects of folders, whose first pages are asked for ahead."""
        ahead: deque[tuple[str, str, Future[Page]]] = deque()
        for path, delimiter in folders:
            ahead.append((path, delimiter, self._threads.submit(self._page, Prefix=path, Delimiter=delimiter)))
            if len(ahead) >= AHEAD:
                yield from self._of_folder(*ahead.popleft())
        while ahead:
            yield from self._of_folder(*ahead.popleft())

    def _of_folder(self, path: str, delimiter: str, asked: Future[Page]) -> Iterator[Object]:
        while True:
            page = asked.result()
            more = bool(page.get("IsTruncated")) and not self._cancel.is_set()
            if more:
                token = page["NextContinuationToken"]
                asked = self._threads.submit(self._page, Prefix=path, Delimiter=delimiter, ContinuationToken=token)
            found = [self._counted(entry) for entry in page.get("Contents", ()) if self._fits(entry)]
            yield from sorted(found, key=newest, reverse=True)
            if not more:
                self._count(folders_done=1)
                return

    def _page(self, **asked: Any) -> Page:
        wanted = {name: value for name, value in asked.items() if value != ""}
        with told(self._bucket.uri(asked["Prefix"]), "s3:ListBucket"):
            page: Page = self._bucket.client.list_objects_v2(Bucket=self._bucket.name, **wanted, **self._bucket.payer)
        self._count(requests=1)
        return page

    def _fits(self, entry: Page) -> bool:
        if not self._naming.fits(entry["Key"].rpartition("/")[2]) or "/_delta_log/" in entry["Key"]:
            return False
        if entry.get("StorageClass") in ARCHIVED:
            self._archived += 1
            return False
        return True

    def _counted(self, entry: Page) -> Object:
        self._count(objects=1, bytes=entry["Size"])
        return as_object(self._bucket, self._naming, entry)

    def _count(self, **more: int) -> None:
        with self._lock:
            counts = {name: getattr(self._listing, name) + number for name, number in more.items()}
            self._listing = replace(self._listing, **counts)

    def _warn(self, layout: Layout, prefix: str) -> None:
        cost = "a million objects take 1,000 requests, about 0.005 USD and two minutes"
        if not layout.stems and (layout.loose or layout.unlooked):
            self.warnings.append(
                f"{self._bucket.uri(prefix)} is not laid out in folders of days as AWS does it, so every object below"
                f" is listed ({cost})"
            )
            return
        if layout.loose:
            examples = ", ".join(self._bucket.uri(path) for path in layout.loose[:EXAMPLES])
            self.warnings.append(
                f"log files outside of folders of days are listed, whatever their age: {examples} ({cost})"
            )
        if layout.unlooked:
            examples = ", ".join(self._bucket.uri(path) for path in layout.unlooked[:EXAMPLES])
            self.warnings.append(
                f"{len(layout.unlooked):,} folders were not looked into, as there are many of other names: {examples};"
                " name a prefix that holds AWSLogs"
            )

    def _warn_of_archived(self) -> None:
        if self._archived:
            self.warnings.append(
                f"{self._archived:,} archived objects (Glacier) were left out: restore them to collect them"
            )


def newest(item: Object) -> tuple[str, float, str]:
    at = item.facts.delivered or item.modified
    return item.facts.day, at.timestamp() if at else 0.0, item.name
