"""A small writer for MaxMind DB files: address ranges in, a compact search tree out.

Equal subtrees are written once. Any reader follows the tree from its root, so sharing is invisible to it,
and it makes the files a good deal smaller than a plain tree.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

EMPTY = -1  # a branch without data; data records are -2, -3, …; inner nodes are 0, 1, …
Range = tuple[int, int, int]  # first address, last address, reference

POINTER, TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 1, 2, 5, 6, 7, 9, 11


@dataclass
class Tree:
    """Inner nodes, each a pair of references, no two of them equal."""

    nodes: list[tuple[int, int]] = field(default_factory=list)
    known: dict[tuple[int, int], int] = field(default_factory=dict)

    def join(self, left: int, right: int) -> int:
        if left == right and left < 0:
            return left
        found = self.known.get((left, right))
        if found is None:
            found = self.known[left, right] = len(self.nodes)
            self.nodes.append((left, right))
        return found

    def build(self, ranges: Sequence[Range], bits: int) -> int:
        """The reference of a tree over sorted, disjoint ranges of `bits` wide addresses."""
        firsts = [first for first, _, _ in ranges]
        lasts = [last for _, last, _ in ranges]

        def block(start: int, bits: int, i: int, j: int) -> int:
            if i == j:
                return EMPTY
            end = start + (1 << bits) - 1
            if j == i + 1 and firsts[i] <= start and lasts[i] >= end:
                return ranges[i][2]
            middle = start + (1 << (bits - 1))
            left = block(start, bits - 1, i, bisect_left(firsts, middle, i, j))
            right = block(middle, bits - 1, bisect_right(lasts, middle - 1, i, j), j)
            return self.join(left, right)

        return block(0, bits, 0, len(ranges))


class DataSection:
    """Encoded values; a text that was written before becomes a pointer to it."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.texts: dict[str, int] = {}

    def add(self, value: object) -> int:
        """Write a value and return its offset."""
        offset = len(self.bytes)
        self._write(value)
        return offset

    def _write(self, value: object) -> None:
        if isinstance(value, str):
            self._write_text(value)
        elif isinstance(value, Mapping):
            self.bytes += control(MAP, len(value))
            for key, item in value.items():
                self._write(key)
                self._write(item)
        else:
            self.bytes += encode(value)

    def _write_text(self, text: str) -> None:
        encoded = encode(text)
        if text not in self.texts:
            self.texts[text] = len(self.bytes)
            self.bytes += encoded
            return
        pointer = encode_pointer(self.texts[text])
        self.bytes += min(pointer, encoded, key=len)


def control(kind: int, size: int) -> bytes:
    """The control bytes in front of a value of a type and size."""
    if size < 29:
        short, more = size, b""
    elif size < 285:
        short, more = 29, bytes([size - 29])
    else:
        short, more = 30, (size - 285).to_bytes(2, "big")
    if kind > 7:
        return bytes([short, kind - 7]) + more
    return bytes([kind << 5 | short]) + more


def encode_pointer(offset: int) -> bytes:
    if offset < 2048:
        return struct.pack(">H", POINTER << 13 | offset)
    if offset < 526336:
        return bytes([POINTER << 5 | 1 << 3 | (offset - 2048) >> 16]) + ((offset - 2048) & 0xFFFF).to_bytes(2, "big")
    return bytes([POINTER << 5 | 2 << 3 | (offset - 526336) >> 24]) + ((offset - 526336) & 0xFFFFFF).to_bytes(3, "big")


@dataclass(frozen=True)
class Uint:
    """A number of the metadata, whose type the format prescribes."""

    kind: int
    value: int


def encode(value: object) -> bytes:
    """A value without pointers: text, number (32 bits unless said otherwise), list or map."""
    match value:
        case str():
            data = value.encode()
            return control(TEXT, len(data)) + data
        case int():
            return encode(Uint(UINT32, value))
        case Uint():
            data = value.value.to_bytes((value.value.bit_length() + 7) // 8, "big")
            return control(value.kind, len(data)) + data
        case list():
            return control(ARRAY, len(value)) + b"".join(map(encode, value))
        case dict():
            return control(MAP, len(value)) + b"".join(encode(part) for pair in value.items() for part in pair)
    raise TypeError(f"cannot encode {value!r}")


def write_mmdb(
    path: Path,
    v4: Sequence[tuple[int, int, int]],
    v6: Sequence[tuple[int, int, int]],
    records: Sequence[object],
    *,
    database_type: str,
    description: str,
    build_epoch: int,
) -> None:
    """Write a database of IPv4 and IPv6 ranges, sorted and disjoint; a range's third item is an index into `records`.

    IPv4 lies under ::/96, as every reader expects, and again under ::ffff:0:0/96.
    """
    tree = Tree()
    ipv4 = tree.build(merged(v4), 32)
    mapped = 0xFFFF << 32
    both = sorted([(0, (1 << 32) - 1, ipv4), (mapped, mapped + (1 << 32) - 1, ipv4), *merged(v6)])
    root = tree.build(both, 128)
    if root != len(tree.nodes) - 1:
        raise ValueError("the root must be the node that was made last")

    data = DataSection()
    offsets = [data.add(record) for record in records]
    count = len(tree.nodes)

    def position(reference: int) -> bytes:
        if reference >= 0:
            number = count - 1 - reference  # children are made before parents: turned round, the root comes first
        elif reference == EMPTY:
            number = count
        else:
            number = count + 16 + offsets[-2 - reference]
        return number.to_bytes(3, "big")

    metadata = {
        "binary_format_major_version": Uint(UINT16, 2),
        "binary_format_minor_version": Uint(UINT16, 0),
        "build_epoch": Uint(UINT64, build_epoch),
        "database_type": database_type,
        "description": {"en": description},
        "ip_version": Uint(UINT16, 6),
        "languages": ["en"],
        "node_count": Uint(UINT32, count),
        "record_size": Uint(UINT16, 24),
    }
    with path.open("wb") as file:
        for left, right in reversed(tree.nodes):
            file.write(position(left) + position(right))
        file.write(bytes(16) + data.bytes + b"\xab\xcd\xefMaxMind.com" + encode(metadata))


def merged(ranges: Sequence[Range]) -> list[Range]:
    """Ranges with neighbours of one record joined, and record numbers turned into references."""
    result: list[Range] = []
    for first, last, record in ranges:
        if result and result[-1][1] >= first:
            raise ValueError(f"ranges overlap at {first}")
        if result and result[-1][1] + 1 == first and result[-1][2] == -2 - record:
            result[-1] = (result[-1][0], last, -2 - record)
        else:
            result.append((first, last, -2 - record))
    return result
