"""A second process for collects of many objects: Python decodes with one core only.

The helper is a collector like any other, with its own downloads and commits: what makes two collectors on one lake safe
makes it safe. It is told by the first process which objects to read, as many as it can take, and ends with it: when
its standard input ends it stores what it has read, and nothing is lost with it.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, TYPE_CHECKING, Any

from engine.lake.objects import Content, Listing, Object, Source, Window
from engine.lake.s3.download import CONCURRENCY, Downloads
from engine.language.errors import LakeError, SourceError

if TYPE_CHECKING:
    from engine.lake.collect import CollectReport, Progress, Share

CHECKOUT = Path(__file__).parents[3]
MANY = 500  # objects to read, from which on the second process is worth its start
AT_ONCE = 96  # objects that it has been given and not finished
BATCH_BYTES = 16 << 20  # of columns, of both processes: together they need as much memory as one


@dataclass(frozen=True)
class Order:
    """What a helper has to know at first."""

    lake: str
    kind: str
    source: str
    profile: str | None
    requester_pays: bool


class Helper:
    """The second process, as the first one sees it."""

    def __init__(self, order: Order) -> None:
        path = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._child = Popen(
            [sys.executable, "-m", "engine.lake.s3.helper"],
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # a Ctrl-C is for the first process, which ends this one in order
        )
        self._sent = self._done = 0
        self.progress: Progress | None = None
        self.report: CollectReport | None = None
        self._problem: SourceError | None = None
        self._listener = threading.Thread(target=self._listen, name="helper", daemon=True)
        self._listener.start()
        self._say(order)

    def has_room(self) -> bool:
        """Whether it can take another object. Raises what has made it end."""
        if self._problem is not None:
            raise self._problem
        return self._sent - self._done < AT_ONCE and self._child.poll() is None

    def give(self, item: Object) -> None:
        self._sent += 1
        self._say(item)

    def finish(self) -> None:
        """Let it store what it was given, and wait for that."""
        self._say(None)
        self._end()
        if self._problem is not None:
            raise self._problem
        if self.report is None:
            raise SourceError("the second process of the collect has ended unexpectedly", "run the same command again")

    def stop(self) -> None:
        """Let it store what it has read, and wait for that; nothing when it has ended."""
        self._end()

    def _end(self) -> None:
        with self._child as child:
            assert child.stdin is not None
            with suppress(OSError):  # it has ended already
                child.stdin.close()
            self._listener.join()

    def _say(self, what: object) -> None:
        assert self._child.stdin is not None
        with suppress(OSError, ValueError):  # it has ended, which `finish` tells
            pickle.dump(what, self._child.stdin)
            self._child.stdin.flush()

    def _listen(self) -> None:
        assert self._child.stdout is not None
        for what, told in messages(self._child.stdout):
            if what == "done":
                self._done += 1
            elif what == "progress":
                self.progress = told
            elif what == "report":
                self.report = told
            else:
                kind, message, hint = told
                self._problem = (LakeError if kind == "lake" else SourceError)(message, hint)


class SharedSource:
    """A source of which a helper reads a part, when there is much to read."""

    def __init__(self, source: Source, order: Order, cancel: threading.Event) -> None:
        self._source = source
        self._order = order
        self._cancel = cancel
        self._helper: Helper | None = None

    @property
    def warnings(self) -> list[str]:
        return self._source.warnings

    def listing(self) -> Listing:
        return self._source.listing()

    def objects(self) -> Iterator[Object]:
        return self._source.objects()

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        try:
            yield from self._source.contents(self._kept(wanted))
            if self._helper is not None and not self._cancel.is_set():
                self._helper.finish()
        finally:
            if self._helper is not None:
                self._helper.stop()

    def _kept(self, wanted: Iterator[Object]) -> Iterator[Object]:
        """The objects that this process reads itself."""
        for number, item in enumerate(wanted):
            if number == MANY:
                self._helper = Helper(self._order)
            if self._helper is not None and self._helper.has_room():
                self._helper.give(item)
            else:
                yield item

    def with_helper(self, progress: Callable[[Progress], None] | None) -> Callable[[Progress], None] | None:
        """A listener that is told of the helper's progress, too."""
        if progress is None:
            return None
        return lambda told: progress(self._added(told))

    def _added(self, mine: Progress) -> Progress:
        other = self._helper.progress if self._helper is not None else None
        if other is None:
            return mine
        return replace(
            mine,
            files_done=mine.files_done + other.files_done,
            bytes_done=mine.bytes_done + other.bytes_done,
            bytes_total=max(mine.bytes_total, mine.bytes_done + other.bytes_done),
            events=mine.events + other.events,
            shares=together(mine.shares, other.shares),
        )

    def whole(self, mine: CollectReport) -> CollectReport:
        """The report of both."""
        other = self._helper.report if self._helper is not None else None
        if other is None:
            return mine
        return replace(
            mine,
            collected=mine.collected + other.collected,
            skipped=summed(mine.skipped, other.skipped),
            failed=mine.failed + other.failed,
            failures=mine.failures + other.failures,
            events=mine.events + other.events,
            duplicates=mine.duplicates + other.duplicates,
            rejects=summed(mine.rejects, other.rejects),
            remarks=summed(mine.remarks, other.remarks),
            examples=mine.examples + other.examples,
            bytes=mine.bytes + other.bytes,
            shares=together(mine.shares, other.shares),
        )


def summed(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    """
    >>> summed({"a": 1}, {"a": 2, "b": 1})
    {'a': 3, 'b': 1}
    """
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def together(first: tuple[Share, ...], second: tuple[Share, ...]) -> tuple[Share, ...]:
    """Shares of two processes, added by account and region."""
    shares = {(share.account, share.region): share for share in first}
    for share in second:
        mine = shares.get((share.account, share.region))
        shares[share.account, share.region] = share if mine is None else mine + share
    return tuple(sorted(shares.values(), key=lambda share: (share.account or "", share.region or "")))


def messages(stream: IO[bytes]) -> Iterator[Any]:
    """What the other process says, to its end; it is this very program."""
    while True:
        try:
            yield pickle.load(stream)  # noqa: S301
        except (EOFError, pickle.UnpicklingError, OSError, ValueError):
            return


# What the second process does


class GivenSource:
    """The objects that the first process gives this one."""

    def __init__(self, told: Iterator[Object | None], downloads: Downloads, say: Callable[[str, object], None]) -> None:
        self.warnings: list[str] = []
        self._downloads = downloads
        self._say = say
        self._objects = self._bytes = 0
        self._given: queue.SimpleQueue[Object | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=[told], name="given", daemon=True).start()

    def _listen(self, told: Iterator[Object | None]) -> None:
        for item in told:
            self._given.put(item)
        self._given.put(None)  # the first process has gone, or wants no more

    def listing(self) -> Listing:
        return Listing(self._objects, self._bytes)

    def objects(self) -> Iterator[Object]:
        while (item := self._given.get()) is not None:
            self._objects += 1
            self._bytes += item.size
            yield item

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        for content in self._downloads.contents(wanted, lambda: not self._given.empty()):
            yield content
            self._say("done", None)


def main() -> int:
    """Collect what is given on standard input, and tell on standard output."""
    from engine.lake import collect
    from engine.lake.s3.bucket import open_bucket, open_session, split_uri
    from engine.lake.store import Lake

    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not disturb the messages
    lock = threading.Lock()

    def say(what: str, told: object) -> None:
        with lock:
            pickle.dump((what, told), output)
            output.flush()

    told = messages(sys.stdin.buffer)
    order: Order = next(told)
    collect.BATCH_BYTES = BATCH_BYTES
    try:
        lake = Lake.open(order.lake)
        form = collect.format_of(order.kind)
        cancel = threading.Event()
        name, _ = split_uri(order.source)
        bucket = open_bucket(name, open_session(order.profile), order.requester_pays, CONCURRENCY)
        given = GivenSource(told, Downloads(bucket, cancel), say)
        say("report", collect.collect_from(lake, form, given, Window(), lambda told: say("progress", told), cancel))
    except SourceError as problem:
        say("problem", ("lake" if isinstance(problem, LakeError) else "source", problem.message, problem.hint))
        return 1
    except BrokenPipeError:  # the first process has gone; what was read is stored, or is read again
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
