"""A small S3 server in this process, whose answers can be made to fail: what Trailboard and Delta Lake ask of S3."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KMS = (
    "User: arn:aws:sts::111122223333:assumed-role/reader/x is not authorized to perform: kms:Decrypt on resource: "
    "arn:aws:kms:eu-west-1:111122223333:key/2b5f because no identity-based policy allows the kms:Decrypt action"
)


@dataclass
class Stored:
    content: bytes
    modified: datetime
    storage: str = "STANDARD"

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content).hexdigest()}"'


@dataclass
class S3:
    """The objects of the server by bucket and key, what was asked, and what goes wrong.

    `fault` is asked before each answer with method and key (a list: the prefix) and names a fault, or none: `slow`,
    `denied`, `kms`, `error`, `reset`, `cut` (the connection ends too early), `short` (fewer bytes, said to be all),
    `gone`; of a put, `lost`: it is done, and the answer does not come.
    """

    buckets: dict[str, dict[str, Stored]] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    fault: Callable[[str, str], str | None] = lambda method, key: None
    page: int = 1000
    url: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, bucket: str, key: str, content: bytes, modified: datetime | None = None, storage: str = "") -> None:
        stored = Stored(content, modified or datetime.now(UTC), storage or "STANDARD")
        with self.lock:
            self.buckets.setdefault(bucket, {})[key] = stored

    def environment(self) -> dict[str, str]:
        """What leads a program to this server."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def lists(self) -> list[str]:
        """The prefixes that were listed."""
        return [key for (what, key), count in self.asked.items() if what == "LIST" for _ in range(count)]

    def gets(self) -> int:
        return sum(count for (what, _), count in self.asked.items() if what == "GET")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s3: S3

    def log_message(self, *_: object) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the client has gone
            self.close_connection = True

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        body = self._body()
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _, key = unquote(parts.path).removeprefix("/").partition("/")
        what = "LIST" if method == "GET" and not key else method
        subject = query.get("prefix", "") if what == "LIST" else key
        with self.s3.lock:
            self.s3.asked[what, subject] += 1
            fault = self.s3.fault(what, subject)
        errors = {
            "slow": (503, "SlowDown", "Please reduce your request rate."),
            "error": (500, "InternalError", "We encountered an internal error. Please try again."),
            "denied": (403, "AccessDenied", "Access Denied"),
            "kms": (403, "AccessDenied", KMS),
            "expired": (400, "ExpiredToken", "The provided token has expired."),
            "gone": (404, "NoSuchKey", "The specified key does not exist."),
        }
        if fault in errors:
            self._error(*errors[fault])
        elif fault == "reset":
            self._reset()
        elif bucket not in self.s3.buckets and method != "PUT":
            self._error(404, "NoSuchBucket", "The specified bucket does not exist")
        elif not key:
            self._bucket(method, bucket, query, body)
        else:
            self._object(method, bucket, key, body, fault)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            parts = []
            while body:
                head, _, body = body.partition(b"\r\n")
                size = int(head.split(b";")[0], 16)
                if not size:
                    break
                parts.append(body[:size])
                body = body[size + 2 :]
            body = b"".join(parts)
        return body

    def _bucket(self, method: str, bucket: str, query: dict[str, str], body: bytes) -> None:
        if method == "PUT":
            self.s3.buckets.setdefault(bucket, {})
            self._send(200)
        elif method == "HEAD":
            self._send(200, headers={"x-amz-bucket-region": "eu-west-1"})
        elif method == "POST":
            with self.s3.lock:
                for found in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                    self.s3.buckets[bucket].pop(found, None)
            self._send(200, b"<DeleteResult/>")
        else:
            self._send(200, self._list(bucket, query))

    def _list(self, bucket: str, query: dict[str, str]) -> bytes:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        limit = min(int(query.get("max-keys", 1000)), self.s3.page)
        with self.s3.lock:
            entries = sorted(self.s3.buckets[bucket].items())
        lines: list[str] = []
        folders: dict[str, None] = {}
        last, truncated = "", False
        for key, stored in entries:
            if not key.startswith(prefix) or key <= after or (after.endswith("/") and key.startswith(after)):
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end >= 0 and key[: end + 1] in folders:
                continue
            if len(lines) + len(folders) >= limit:
                truncated = True
                break
            if end >= 0:
                last = key[: end + 1]
                folders[last] = None
                continue
            last = key
            lines.append(
                f"<Contents><Key>{quote(key, safe='/')}</Key><LastModified>{stored.modified:%Y-%m-%dT%H:%M:%S.000Z}"
                f"</LastModified><ETag>{escape(stored.etag)}</ETag><Size>{len(stored.content)}</Size>"
                f"<StorageClass>{stored.storage}</StorageClass></Contents>"
            )
        names = "".join(
            f"<CommonPrefixes><Prefix>{quote(name, safe='/')}</Prefix></CommonPrefixes>" for name in folders
        )
        token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if truncated else ""
        return (
            f'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{bucket}</Name>'
            f"<KeyCount>{len(lines)}</KeyCount><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{token}{''.join(lines)}{names}</ListBucketResult>"
        ).encode()

    def _object(self, method: str, bucket: str, key: str, body: bytes, fault: str | None) -> None:
        with self.s3.lock:
            objects = self.s3.buckets.setdefault(bucket, {})
            stored = objects.get(key)
            if method == "PUT":
                wanted = self.headers.get("If-Match")
                if (self.headers.get("If-None-Match") and stored) or (wanted and (not stored or stored.etag != wanted)):
                    self._error(412, "PreconditionFailed", "At least one of the pre-conditions did not hold")
                    return
                objects[key] = Stored(body, datetime.now(UTC))
                if fault == "lost":
                    self._reset()
                    return
                self._send(200, headers={"ETag": objects[key].etag})
                return
            if method == "DELETE":
                objects.pop(key, None)
                self._send(204)
                return
        if stored is None:
            self._error(404, "NoSuchKey", "The specified key does not exist.")
        elif (wanted := self.headers.get("If-Match")) and wanted != stored.etag:
            self._error(412, "PreconditionFailed", "At least one of the pre-conditions did not hold")
        else:
            self._content(stored, fault)

    def _content(self, stored: Stored, fault: str | None) -> None:
        content, status = stored.content, 200
        headers = {"ETag": stored.etag, "Last-Modified": format_datetime(stored.modified, usegmt=True)}
        if wanted := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "")):
            total = len(content)
            first = int(wanted[1]) if wanted[1] else total - int(wanted[2])
            last = min(int(wanted[2]) if wanted[1] and wanted[2] else total - 1, total - 1)
            content, status = content[first : last + 1], 206
            headers["Content-Range"] = f"bytes {first}-{last}/{total}"
        if fault == "short":
            content = content[: len(content) // 2]
        self._send(status, content, headers, cut=fault == "cut")

    def _send(
        self, status: int, content: bytes = b"", headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self._reset()

    def _error(self, status: int, code: str, message: str) -> None:
        content = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>".encode()
        self._send(status, content, {"Content-Type": "application/xml"})

    def _reset(self) -> None:
        """End the connection in the middle, as a network does it."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[S3]:
    """A server for as long as the context lasts."""
    s3 = S3()
    server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"s3": s3}))
    s3.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield s3
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
