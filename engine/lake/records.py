"""From the bytes of one object to its JSON records, in bounded memory, whatever is wrong with the bytes.

The text is read in windows. A window of sound records is decoded in one go by the caller; only one that resists is
cut into records here, so that what is broken can be put aside and the rest kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from isal import isal_zlib

WINDOW = 16 << 20  # decompressed bytes decoded at a time
LONGEST = 4 << 20  # a record longer than this is put aside (CloudTrail's own limit is 256 KB)
DEEPEST = 500  # brackets inside one another
PATIENCE = 50  # records without end in a window
READ = 1 << 20  # compressed bytes read at a time
T = TypeVar("T")

QUOTE = ord('"')
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"

ISAL_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # declared as an instance

TRUNCATED = "gzip stream ends early"
DAMAGED = "gzip stream is damaged"
UNFINISHED = "JSON ends in the middle of a record"
UNCLOSED = "JSON ends before its list is closed"
MALFORMED = "malformed JSON"
NOT_AN_OBJECT = "not a JSON object"
TOO_LONG = f"record longer than {LONGEST >> 20} MB"

HEADER = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[|\s*\[')
BETWEEN = re.compile(rb"[\s,}\[\]]*")
# Everything up to the next bracket, strings included; possessive, so that it never backtracks.
TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
# Where reading can start again behind something broken.
RESTART = re.compile(rb'\{\s*"(?:eventVersion|Records)"\s*:|(?<=\n)\{')
OTHER_VALUE = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|[^,\]\n]+|.', re.DOTALL)
FIRST_KEY = re.compile(rb'\{\s*"[^"]*"\s*:')


class Text:
    """The decompressed bytes of an object; gzip is told by its first bytes, not by the object's name."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._pending = stream.read(READ)
        self._gzip = self._pending.startswith(GZIP)
        self._inflate = isal_zlib.decompressobj(wbits=31)
        self.read_bytes = len(self._pending)
        self.ended = False
        self.damage: str | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` more bytes; fewer only when the text ends, which sets `ended` and perhaps `damage`."""
        parts: list[bytes] = []
        while size > 0 and not self.ended:
            part = self._inflated(size) if self._gzip else self._plain(size)
            if part:
                parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)  # mostly one, which needs no copy

    def _more(self) -> bytes:
        data = self._stream.read(READ)
        self.read_bytes += len(data)
        return data

    def _plain(self, size: int) -> bytes:
        data = self._pending or self._more()
        self._pending = data[size:]
        self.ended = not data
        return data[:size]

    def _inflated(self, size: int) -> bytes:
        if self._inflate.eof:
            return self._next_member()
        data = self._pending or self._more()
        try:
            part = self._inflate.decompress(data, size)
        except ISAL_ERROR:
            return self._stop(DAMAGED)
        self._pending = self._inflate.unconsumed_tail
        if not data and not part and not self._inflate.eof:
            return self._stop(TRUNCATED)
        return part

    def _next_member(self) -> bytes:
        rest = (self._inflate.unused_data or self._more()).lstrip(b"\0")
        if len(rest) < 2:
            rest += self._more()
        if not rest:
            self.ended = True
        elif rest.startswith(GZIP):
            self._inflate, self._pending = isal_zlib.decompressobj(wbits=31), rest
        else:
            return self._stop(DAMAGED)
        return b""

    def _stop(self, damage: str) -> bytes:
        self.ended, self.damage = True, damage
        return b""


@dataclass(frozen=True)
class Broken:
    """A piece of text that is not a record, and why."""

    reason: str
    text: bytes


@dataclass
class Cutter:
    """Cuts text into records by brackets and quotes alone; survives what a JSON parser stops at.

    `open` counts the record lists that have begun and not ended. Feed it windows; each call of `cut` yields records
    and broken pieces and leaves in `used` how many bytes need not be shown again.
    """

    open: int = 0
    used: int = field(default=0, init=False)

    def cut(self, text: bytes, last: bool, parse: Callable[[bytes], T | None]) -> Iterator[T | Broken]:
        """What `parse` makes of the records of a window (null: the text is no JSON); `last`: no more text follows."""
        place = lost = 0
        while True:
            self.used = place = self._skip(text, place)
            if place >= len(text):
                return
            whole = last or len(text) - place >= LONGEST
            if text[place : place + 1] != b"{":
                end = OTHER_VALUE.match(text, place).end()  # type: ignore[union-attr]
                if end == len(text) and not whole:
                    return
                yield Broken(NOT_AN_OBJECT, text[place:end].strip())
                place = end
                continue
            # A record without end makes the search for its end run far. After many of them, records are only
            # looked for up to where the next one seems to begin, or the time would grow with the square of the size.
            next_one = restart(text, place + 1, min(len(text), place + LONGEST))
            limit = next_one if lost > PATIENCE else None
            found = end_before(text, place, next_one) if next_one else None
            record = parse(text[place:found]) if found else None
            if record is None:
                found = end_of_record(text, place, limit or min(len(text), place + LONGEST))
                record = parse(text[place:found]) if found else None
            if record is not None:
                yield record
                place = found or place
            elif found or whole:
                lost += 1
                again = restart(text, place + 1, found or len(text))
                reason = MALFORMED if found or again else UNFINISHED if last else TOO_LONG
                end = again or found or len(text)
                yield Broken(reason, text[place:end])
                place = end
            else:
                return

    def _skip(self, text: bytes, place: int) -> int:
        """Step over blanks, commas, and the beginnings and ends of record lists."""
        while True:
            header = HEADER.match(text, place)
            if header:
                self.open += 1
                place = header.end()
            end = BETWEEN.match(text, place).end()  # type: ignore[union-attr]
            self.open = max(0, self.open + text.count(b"[", place, end) - text.count(b"]", place, end))
            place = end
            if not HEADER.match(text, place):
                return place


def end_before(text: bytes, start: int, next_one: int) -> int | None:
    """Where a record ends if nothing but a comma and blanks stand between it and the next: a guess, to be parsed."""
    end = text.rfind(b"}", start, next_one) + 1
    return end if end and not text[end:next_one].strip(b", \t\r\n") else None


def end_of_record(text: bytes, start: int, limit: int) -> int | None:
    """Where the object that begins at `start` ends, null when that is not before `limit`.

    >>> text = b'{"a": "}", "b": [{}]} rest'
    >>> end_of_record(text, 0, len(text))
    21
    """
    depth = 0
    place = start
    while True:
        place = TO_BRACKET.match(text, place, limit).end()  # type: ignore[union-attr]
        if place >= limit or text[place] == QUOTE or depth > DEEPEST:
            return None
        depth += 1 if text[place] in b"{[" else -1
        place += 1
        if depth == 0:
            return place


def restart(text: bytes, start: int, end: int) -> int | None:
    """The next place that looks like the beginning of a record."""
    found = RESTART.search(text, start, end)
    return found.start() if found else None
