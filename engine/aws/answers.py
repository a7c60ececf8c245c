"""Answers of AWS that are remembered: on disk for all processes of this machine, or in memory."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

import pyarrow as pa

T = TypeVar("T")

KEPT_DAYS = 40  # an answer that nobody asked for anew in this time is dropped
MOST_IN_MEMORY = 300
_VERSION = 1  # of the file: another one is begun anew
_WAIT = 120.0  # seconds for another process that asks the same, then both ask
_LOCKS = 256


@dataclass(frozen=True)
class Answer:
    """What one profile answered to one command in one region.

    `fetched_at` is the clock of the query, `stored` the machine's (seconds since 1970), `usd` what it was billed.
    """

    rows: pa.Table
    fetched_at: datetime
    account_id: str | None = None
    calls: int = 0
    usd: float = 0
    warnings: tuple[str, ...] = ()
    is_complete: bool = True  # `limit` did not cut it
    stored: float = field(default_factory=time.time)


class Answers(Protocol):
    """A memory of answers by key."""

    def get(self, key: str) -> Answer | None: ...

    def put(self, key: str, answer: Answer) -> None: ...

    def alone(self, key: str) -> AbstractContextManager[None]: ...


class InMemory:
    """A memory that ends with this process."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Answer | None:
        with self._lock:
            return self._answers.get(key)

    def put(self, key: str, answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > MOST_IN_MEMORY:
                self._answers.popitem(last=False)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        yield


class OnDisk:
    """A memory that outlives this process, shared by all of them; SQLite keeps it whole whenever one is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "answers.sqlite"

    def get(self, key: str) -> Answer | None:
        if not self._file.is_file():
            return None
        row = self._tried(lambda open_: open_.execute(_GET, (key,)).fetchone())
        return None if row is None else _read(row)

    def put(self, key: str, answer: Answer) -> None:
        """Remember an answer. A full or read-only disk costs only the memory: the answer is there anyway."""

        def write(open_: sqlite3.Connection) -> None:
            open_.execute("DELETE FROM answers WHERE stored < ?", (time.time() - KEPT_DAYS * 86400,))
            open_.execute(_PUT, (key, *_written(answer)))

        with suppress(OSError):
            private_folder(self._folder)
            self._tried(write)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Wait until no other process asks the same; a process that ends lets others in, however it ends."""
        number = int(hashlib.blake2b(key.encode(), digest_size=2).hexdigest(), 16) % _LOCKS
        try:
            private_folder(self._folder)
            handle = os.open(private_folder(self._folder / "asking") / f"{number:02x}", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            give_up = time.monotonic() + _WAIT
            while time.monotonic() < give_up:
                with suppress(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                time.sleep(0.05)
            yield
        finally:
            os.close(handle)

    def _tried(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Work on the open file; a file that is damaged is begun anew, one that cannot be used counts as empty."""
        for _ in range(2):
            try:
                with closing(opened(self._file, _SCHEMA, _VERSION)) as connection:
                    return work(connection)
            except sqlite3.OperationalError:
                return None
            except sqlite3.DatabaseError:
                for suffix in ("", "-wal", "-shm"):
                    self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        return None


def private_folder(path: Path) -> Path:
    """The folder, made for its owner alone: what is in it tells about accounts and bills."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def opened(file: Path, tables: str, version: int) -> sqlite3.Connection:
    """An SQLite file with its tables; one of another version loses them first. The caller closes it."""
    connection = sqlite3.connect(file, timeout=10, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA user_version").fetchone() != (version,):
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone() != (version,):  # nobody else was faster
                for statement in tables.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version}")
            connection.execute("COMMIT")
        return connection
    except BaseException:
        connection.close()
        raise


_SCHEMA = """
DROP TABLE IF EXISTS answers;
CREATE TABLE answers (
    key TEXT PRIMARY KEY, fetched TEXT, account TEXT, calls INTEGER, usd REAL, warnings TEXT, complete INTEGER,
    stored REAL, rows BLOB
)
"""
_COLUMNS = "fetched, account, calls, usd, warnings, complete, stored, rows"
_GET = f"SELECT {_COLUMNS} FROM answers WHERE key = ?"
_PUT = f"INSERT OR REPLACE INTO answers (key, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def _written(answer: Answer) -> tuple[object, ...]:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, answer.rows.schema, options=options) as stream:
        stream.write_table(answer.rows)
    return (
        answer.fetched_at.astimezone(UTC).isoformat(),
        answer.account_id,
        answer.calls,
        answer.usd,
        json.dumps(answer.warnings),
        answer.is_complete,
        answer.stored,
        sink.getvalue().to_pybytes(),
    )


def _read(row: tuple[Any, ...]) -> Answer | None:
    fetched, account, calls, usd, warnings, complete, stored, rows = row
    try:
        with pa.ipc.open_stream(rows) as stream:
            table = stream.read_all()
        when = datetime.fromisoformat(fetched)
        return Answer(table, when, account, calls, usd, tuple(json.loads(warnings)), bool(complete), stored)
    except (pa.ArrowException, ValueError, OSError):
        return None
