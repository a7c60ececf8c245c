"""Downloading many small objects at once, a bounded number and size of them in memory."""

from __future__ import annotations

import io
import queue
import random
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from engine.lake.objects import Content, Object
from engine.lake.s3.bucket import ATTEMPTS, CONNECT_SECONDS, CREDENTIALS, READ_SECONDS, Bucket, denial, refusal, tag_of
from engine.language.errors import SourceError

CONCURRENCY = 32
AT_ONCE = 2 * CONCURRENCY  # downloads under way, or waiting to be decoded
BYTES_AT_ONCE = 48 << 20
LARGE = 8 << 20  # an object of more bytes is not held in memory
# How long decoding may keep Python from the threads that download, and they from it: with Python's own 5 ms each waits
# for the other, and a collect takes a tenth longer.
SWITCH_SECONDS = 0.0002
LONGEST_PAUSE = 5.0  # seconds between two attempts
PASSING = frozenset({408, 429, 500, 502, 503, 504})
CODE = re.compile(rb"<Code>([^<]*)</Code>")
MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")


class PassingError(Exception):
    """What may go well when tried again."""


class RefusedError(Exception):
    """An object cannot be read, and trying again would not help."""


class GoneError(Exception):
    """The object has been deleted since it was listed."""


class Downloads:
    """Reads the objects of a bucket. `cancel` ends waiting and trying again."""

    def __init__(self, bucket: Bucket, cancel: threading.Event) -> None:
        self._bucket = bucket
        self._cancel = cancel
        self._stopped = threading.Event()
        self._pool = connections(bucket)

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        """The contents of objects as they arrive."""
        arrived: queue.SimpleQueue[tuple[Object, Content | BaseException]] = queue.SimpleQueue()
        under_way = size = 0
        is_last = False
        threads = ThreadPoolExecutor(CONCURRENCY, "download")
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            while not self._cancel.is_set():
                while not is_last and under_way < AT_ONCE and size < BYTES_AT_ONCE:
                    item = next(wanted, None)
                    if item is None:
                        is_last = True
                    elif item.size > LARGE:
                        yield self._large(item)
                    else:
                        threads.submit(self._deliver, item, arrived)
                        under_way += 1
                        size += item.size
                if not under_way:
                    return
                item, content = arrived.get()
                under_way -= 1
                size -= item.size
                if isinstance(content, BaseException):
                    raise content
                yield content
        finally:
            sys.setswitchinterval(before)
            self._stopped.set()
            threads.shutdown(cancel_futures=True)
            self._pool.clear()

    def _deliver(self, item: Object, arrived: queue.SimpleQueue[tuple[Object, Content | BaseException]]) -> None:
        try:
            arrived.put((item, self._content(item)))
        except BaseException as problem:  # raised by whoever waits for it
            arrived.put((item, problem))

    def _content(self, item: Object) -> Content:
        try:
            return self._try(item)
        except GoneError:
            return Content(item, gone=True)
        except (RefusedError, PassingError) as problem:
            return Content(item, problem=str(problem))

    def _large(self, item: Object) -> Content:
        return Content(item, io.BufferedReader(LargeObject(self, item), 1 << 20))

    def _try(self, item: Object) -> Content:
        for attempt in self.attempts():
            try:
                return self._read(item)
            except (HTTPError, OSError) as problem:
                attempt.failed(told(problem))
            except PassingError as problem:
                attempt.failed(str(problem))
        raise AssertionError("the last attempt raises")

    def attempts(self) -> Iterator[Attempt]:
        for number in range(1, ATTEMPTS + 1):
            yield Attempt(number, self._pause)

    def _pause(self, number: int) -> None:
        seconds = min(LONGEST_PAUSE, 0.1 * 2**number) * random.uniform(0.5, 1)
        if self._stopped.wait(seconds) or self._cancel.is_set():
            raise PassingError("interrupted")

    def _read(self, item: Object) -> Content:
        """One attempt to read an object whole. S3 gives one version of it, perhaps newer than the one listed."""
        response = self.get(item)
        try:
            expected = int(response.headers.get("Content-Length", item.size))
            read = as_read(item, response, expected)
            if expected > LARGE:
                return self._large(read)
            body = response.read(decode_content=False)
        finally:
            finish(response)
        if len(body) != expected or len(body) != read.size:
            raise PassingError(f"{len(body):,} of {max(expected, read.size):,} bytes arrived")
        return Content(read, io.BytesIO(body))

    def get(self, item: Object, headers: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        """The answer to a request for an object, when it is one that brings bytes."""
        key = item.name.removeprefix(self._bucket.uri(""))
        url = self._bucket.url(key)
        response = self._pool.request("GET", url, headers=headers, preload_content=False, retries=False, redirect=False)
        if response.status in (200, 206):
            return response
        try:
            answer = response.read(65536, decode_content=False)
        finally:
            response.close()
        raise self._problem(item, response.status, answer)

    def _problem(self, item: Object, status: int, answer: bytes) -> Exception:
        code, message = (
            found[1].decode(errors="replace") if (found := pattern.search(answer)) else ""
            for pattern in (CODE, MESSAGE)
        )
        if status in PASSING or code in ("SlowDown", "InternalError", "RequestTimeout", "OperationAborted"):
            return PassingError(f"S3 answers {status} {code}".strip())
        if code in CREDENTIALS or code == "NoSuchBucket":
            return refusal(item.name, "s3:GetObject", code, message)
        if status == 404:
            return GoneError()
        if status == 412:
            return RefusedError("it has changed while it was read")
        if code == "InvalidObjectState":
            return RefusedError("it is archived, and has to be restored before it can be read")
        if status == 403:
            return RefusedError(denial("s3:GetObject", message))
        if status in (301, 307, 308):
            return SourceError(
                f"cannot read {item.name}: the bucket is in another region, and S3 does not say in which"
            )
        return RefusedError(f"S3 answers {status} {code} {message}".strip())


class Attempt:
    """One of several attempts."""

    def __init__(self, number: int, pause: Any) -> None:
        self._number = number
        self._pause = pause

    def failed(self, why: str) -> None:
        """Wait for the next attempt; raises PassingError when this was the last one."""
        if self._number == ATTEMPTS:
            raise PassingError(f"{why} ({ATTEMPTS} attempts)")
        self._pause(self._number)


class LargeObject(io.RawIOBase):
    """A large object, read from the network as it is decoded; goes on where a connection broke off."""

    def __init__(self, downloads: Downloads, item: Object) -> None:
        self._downloads = downloads
        self._item = item
        self._place = 0
        self._response: urllib3.BaseHTTPResponse | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._place >= self._item.size:
            return 0
        for attempt in self._downloads.attempts():
            try:
                return self._some(buffer)
            except (RefusedError, GoneError) as problem:
                raise OSError(str(problem) or "it was deleted while it was read") from problem
            except (HTTPError, OSError, PassingError) as problem:
                self._drop()
                try:
                    attempt.failed(str(problem) if isinstance(problem, PassingError) else told(problem))
                except PassingError as last:
                    raise OSError(str(last)) from problem
        raise AssertionError("the last attempt raises")

    def _some(self, buffer: Any) -> int:
        if self._response is None:
            headers = {"Range": f"bytes={self._place}-", "If-Match": self._item.tag.partition("-")[2]}
            self._response = self._downloads.get(self._item, headers)
        data = self._response.read(min(len(buffer), self._item.size - self._place), decode_content=False)
        if not data:
            raise PassingError(f"{self._place:,} of {self._item.size:,} bytes arrived")
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _drop(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None

    def close(self) -> None:
        self._drop()
        super().close()


def connections(bucket: Bucket) -> urllib3.PoolManager:
    """Connections with the proxy and the certificates that the session's own requests would use."""
    configured = bucket.session._session.get_config_variable("ca_bundle")
    options: dict[str, Any] = {
        "maxsize": CONCURRENCY,
        "timeout": urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        "ca_certs": configured or get_cert_path(True),
    }
    endpoint = bucket.client.meta.endpoint_url
    proxy = get_environ_proxies(endpoint).get(endpoint.partition(":")[0])
    return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)


def as_read(item: Object, response: urllib3.BaseHTTPResponse, size: int) -> Object:
    """The object as it was when it was read."""
    etag = response.headers.get("ETag")
    if not etag or etag == item.tag.partition("-")[2]:
        return item
    return replace(item, size=size, tag=tag_of(size, etag), modified=modified_at(response) or item.modified)


def modified_at(response: urllib3.BaseHTTPResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers.get("Last-Modified", ""))
    except ValueError:
        return None


def finish(response: urllib3.BaseHTTPResponse) -> None:
    """Give the connection back when all was read, else close it."""
    if response.closed or response.length_remaining == 0:
        response.release_conn()
    else:
        response.close()


def told(problem: Exception) -> str:
    """What went wrong on the way, without the URL: it is signed."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"connection failed: {problem.strerror}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(problem).__name__).removesuffix("Error").strip().lower()
    return f"connection failed: {words}"
