"""Where a lake is: a folder of this machine, or a prefix of a bucket whose files are copied here when they are read.

Files of a lake never change, so a copy is as good as the file for as long as it is kept.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.language.errors import LakeError, SourceError

if TYPE_CHECKING:
    from engine.lake.s3.bucket import Bucket

COPIES_BYTES = 10 << 30  # of files of buckets, kept on this machine
IN_USE_SECONDS = 3600  # a copy that was asked for so recently is never deleted: a query may be about to read it
SAME_SECONDS = 60  # how long a table in a bucket is believed to be the same one
FETCHERS = 8
ATTEMPTS = 4


class Place(Protocol):
    """A folder of a lake or of a table. Paths are relative to it."""

    @property
    def uri(self) -> str:
        """What people and Delta Lake call it."""
        ...

    @property
    def options(self) -> dict[str, str] | None:
        """How Delta Lake gets there."""
        ...

    @property
    def scratch(self) -> str:
        """A folder of this machine for what does not fit into memory."""
        ...

    def under(self, name: str) -> Place: ...
    def beside(self, name: str) -> Place: ...
    def born(self) -> object:
        """What tells a table from one made anew at the same place; null when the first commit was cleaned up."""
        ...

    def has_table(self) -> bool: ...
    def local(self, path: str) -> str:
        """Where the file is, or will be, on this machine."""
        ...

    def fetch(self, paths: Iterable[str]) -> None:
        """Bring files to where `local` says."""
        ...

    def writing(self, path: str) -> Any:
        """A context whose value is a path to write a file to; it is in its place when the context ends well."""
        ...

    def delete(self, path: str) -> None: ...
    def exists(self, path: str) -> bool: ...
    def write_text(self, path: str, text: str) -> None:
        """Replace a small file in one step."""
        ...

    def read_texts(self, folder: str, ending: str) -> list[str]:
        """The small files of a folder."""
        ...


@dataclass(frozen=True)
class FolderPlace:
    """A folder of this machine. Raises OSError."""

    path: Path

    @property
    def uri(self) -> str:
        return str(self.path)

    @property
    def options(self) -> dict[str, str] | None:
        return None

    @property
    def scratch(self) -> str:
        return f"{self.path}.tmp"

    def under(self, name: str) -> FolderPlace:
        return FolderPlace(self.path / name)

    def beside(self, name: str) -> FolderPlace:
        return FolderPlace(self.path.parent / name)

    def born(self) -> object:
        try:
            stat = os.stat(self.path / "_delta_log" / f"{0:020}.json")
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def has_table(self) -> bool:
        return (self.path / "_delta_log").is_dir()

    def local(self, path: str) -> str:
        return os.path.join(self.path, path)

    def fetch(self, paths: Iterable[str]) -> None:
        pass

    @contextmanager
    def writing(self, path: str) -> Iterator[Path]:
        target = self.path / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield target
        except BaseException:
            with suppress(OSError):
                target.unlink(missing_ok=True)
            raise

    def delete(self, path: str) -> None:
        (self.path / path).unlink(missing_ok=True)

    def exists(self, path: str) -> bool:
        return (self.path / path).exists()

    def write_text(self, path: str, text: str) -> None:
        target = self.path / path
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        fresh.write_text(text)
        fresh.replace(target)

    def read_texts(self, folder: str, ending: str) -> list[str]:
        texts = []
        for path in sorted((self.path / folder).glob(f"*{ending}")):
            with suppress(OSError):  # removed meanwhile
                texts.append(path.read_text())
        return texts


@dataclass(frozen=True)
class BucketPlace:
    """A prefix of a bucket, without a slash at its end. Raises LakeError, and OSError for the copies here."""

    bucket: Bucket
    prefix: str
    copies: Copies
    _born: dict[str, tuple[float, object]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def uri(self) -> str:
        return self.bucket.uri(self.prefix).rstrip("/")

    @property
    def options(self) -> dict[str, str] | None:
        return self.bucket.options()

    @property
    def scratch(self) -> str:
        return f"{self.copies.path_of(self.uri)}.tmp"

    def under(self, name: str) -> BucketPlace:
        return BucketPlace(self.bucket, self._key(name), self.copies)

    def beside(self, name: str) -> BucketPlace:
        above = self.prefix.rpartition("/")[0]
        return BucketPlace(self.bucket, f"{above}/{name}" if above else name, self.copies)

    def _key(self, path: str) -> str:
        return f"{self.prefix}/{path}" if self.prefix else path

    def born(self) -> object:
        asked, answer = self._born.get("", (-SAME_SECONDS, None))
        if time.monotonic() - asked >= SAME_SECONDS:
            answer = self._head(f"_delta_log/{0:020}.json")
            self._born[""] = (time.monotonic(), answer)
        return answer

    def _head(self, path: str) -> object:
        from botocore.exceptions import ClientError

        try:
            found = self.bucket.client.head_object(Bucket=self.bucket.name, Key=self._key(path))
        except ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            with self._told("s3:GetObject"):
                raise
        return found["ETag"], found["LastModified"]

    def has_table(self) -> bool:
        with self._told("s3:ListBucket"):
            page = self.bucket.client.list_objects_v2(
                Bucket=self.bucket.name, Prefix=self._key("_delta_log/"), MaxKeys=1
            )
        return bool(page.get("Contents"))

    def local(self, path: str) -> str:
        return str(self.copies.path_of(f"{self.uri}/{path}"))

    def fetch(self, paths: Iterable[str]) -> None:
        missing = [path for path in paths if not self.copies.has(self.local(path))]
        if not missing:
            return
        with ThreadPoolExecutor(FETCHERS, "fetch") as threads:
            list(threads.map(self._fetch, missing))
        self.copies.trim()

    def _fetch(self, path: str) -> None:
        from botocore.exceptions import BotoCoreError

        target = Path(self.local(path))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._told("s3:GetObject", path), self.copies.arriving(target) as fresh:
                    answer = self.bucket.client.get_object(Bucket=self.bucket.name, Key=self._key(path))
                    with answer["Body"] as body, fresh.open("wb") as file:
                        shutil.copyfileobj(body, file, 1 << 20)
                return
            except SourceError as problem:
                if attempt == ATTEMPTS or not isinstance(problem.__cause__, BotoCoreError):
                    raise

    @contextmanager
    def writing(self, path: str) -> Iterator[Path]:
        target = Path(self.local(path))
        with self.copies.arriving(target) as fresh:
            yield fresh
            with self._told("s3:PutObject", path), fresh.open("rb") as file:
                self.bucket.client.put_object(Bucket=self.bucket.name, Key=self._key(path), Body=file)

    def delete(self, path: str) -> None:
        with self._told("s3:DeleteObject", path):
            self.bucket.client.delete_object(Bucket=self.bucket.name, Key=self._key(path))
        Path(self.local(path)).unlink(missing_ok=True)

    def exists(self, path: str) -> bool:
        return self._head(path) is not None

    def write_text(self, path: str, text: str) -> None:
        with self._told("s3:PutObject", path):
            self.bucket.client.put_object(Bucket=self.bucket.name, Key=self._key(path), Body=text.encode())

    def read_texts(self, folder: str, ending: str) -> list[str]:
        texts = []
        with self._told("s3:ListBucket", folder):
            page = self.bucket.client.list_objects_v2(Bucket=self.bucket.name, Prefix=self._key(f"{folder}/"))
            for entry in page.get("Contents", ()):
                if entry["Key"].endswith(ending):
                    with self.bucket.client.get_object(Bucket=self.bucket.name, Key=entry["Key"])["Body"] as body:
                        texts.append(body.read().decode(errors="replace"))
        return texts

    @contextmanager
    def _told(self, action: str, path: str = "") -> Iterator[None]:
        """Say what went wrong as a problem of the lake."""
        from engine.lake.s3.bucket import told

        try:
            with told(self.bucket.uri(self._key(path)) if path else self.uri, action):
                yield
        except LakeError:
            raise
        except SourceError as problem:
            raise LakeError(problem.message, problem.hint) from problem.__cause__


@dataclass(frozen=True)
class Copies:
    """Copies of files of buckets, in a folder of bounded size: those that were not asked for longest go first."""

    folder: Path
    limit: int = COPIES_BYTES
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def path_of(self, uri: str) -> Path:
        """The place of a file's copy."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        name = hashlib.blake2b(key.rpartition("/")[0].encode(), digest_size=8).hexdigest()
        return self.folder / bucket / name / key.rpartition("/")[2]

    def has(self, path: str) -> bool:
        """Whether a copy is there; if so it stays for a while."""
        try:
            os.utime(path)
        except OSError:
            return False
        return True

    @contextmanager
    def arriving(self, target: Path) -> Iterator[Path]:
        """A path to write a copy to; it appears whole."""
        fresh = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            fresh.parent.mkdir(parents=True, exist_ok=True)
            yield fresh
            fresh.replace(target)
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def trim(self) -> None:
        """Delete the oldest copies beyond the limit."""
        with self._lock:
            found = []
            for path in self.folder.rglob("*"):
                with suppress(OSError):
                    stat = path.stat()
                    if path.is_file():
                        found.append((stat.st_mtime, stat.st_size, path))
            total = sum(size for _, size, _ in found)
            for used, size, path in sorted(found):
                if total <= self.limit or time.time() - used < IN_USE_SECONDS:
                    return
                with suppress(OSError):
                    path.unlink()
                total -= size


def open_place(lake: str | Path, env: Mapping[str, str] = os.environ) -> Place:
    """The place that a text names: a folder, or `s3://bucket/prefix`."""
    text = str(lake)
    if "://" not in text:
        return FolderPlace(Path(lake).expanduser().resolve())
    if not text.startswith("s3://"):
        raise LakeError(f"`{text}` cannot be opened: a lake is a folder, or a prefix as in s3://bucket/lake")
    from engine.lake.s3.bucket import open_bucket, open_session, split_uri

    home = Path(env.get("TRAILBOARD_HOME") or Path.home() / ".trailboard")
    try:
        name, prefix = split_uri(text)
        bucket = open_bucket(name, open_session(env.get("TRAILBOARD_LAKE_PROFILE") or None))
    except SourceError as problem:
        raise LakeError(problem.message, problem.hint) from problem
    return BucketPlace(bucket, prefix.rstrip("/"), Copies(home.expanduser().absolute() / "copies"))
