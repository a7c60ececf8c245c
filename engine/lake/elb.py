"""Load balancer access logs: from the files AWS delivers to rows of `aws-elb_*` and `aws-nlb_*`.

Text is read in windows. A window of usual lines is decoded in one go by Arrow's CSV reader, which knows spaces and
quotes. Where something is odd, the odd lines are sorted out and read with care (`elb_lines.py`). That the fast way
never misreads a line rests on what is checked: each line has as many fields as the first one and is ended by its line
feed, no value holds a quote, all numbers, times and addresses are such.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from typing import Any, BinaryIO
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from engine.lake.cloudtrail import EMPTY_FILE, GIVEN_UP, KEPT_ASIDES, KEPT_TEXT, Reject, mixed
from engine.lake.columns import REST
from engine.lake.elb_fields import ADDRESSES, ELB_FIELDS, NLB_FIELDS, TIMES, UNIQUE, WORD, held
from engine.lake.elb_lines import (
    EARLIEST,
    FORMS,
    LATEST,
    MOST_JOINED,
    NUMBERS,
    PARTS,
    START,
    Broken,
    Form,
    Line,
    Misfit,
    address,
    kind_of,
    lb_id,
    lb_name,
    read_lines,
    request_parts,
    split,
    unescaped,
)
from engine.lake.objects import Object
from engine.lake.records import BOM, Text

WINDOW = 4 << 20  # decompressed bytes looked at together: larger ones cost time in the kernel, for fresh memory
BLOCK = 512 << 10  # bytes of it the CSV reader takes at a time, which fit into the processor's cache
STEP = 256 << 10  # bytes in which line feeds are counted
PIECE = 1 << 20  # bytes in which odd lines are sorted out
FEW = 8  # lines that are read with care rather than together
BARREN = 100_000  # lines without a row, one after the other

SCHEMAS = {"elb": held(ELB_FIELDS), "nlb": held(NLB_FIELDS)}
LOWEST, HIGHEST = (int(time.timestamp()) * 1_000_000 for time in (EARLIEST, LATEST))

FIELD = re.compile(rb'(?:(?<=^)|(?<= ))(?:[^ "\r][^ \r]*+|"[^"\r]*+"(?= |$))')
LINE_FEED = ord("\n")
BACKSLASH, QUOTE = b"\\", b'"'
IPV4_AND_PORT = r"^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d):\d{1,5}$"
METHOD, SCHEME, VERSION = r"^[A-Za-z]+$", r"^[A-Za-z]+:$", r"^[A-Za-z]+/[0-9.]+$"
SITE = r"^[^/?#\[\]@: ]+:\d{1,5}$"
USUAL_REQUEST = r"^[A-Za-z]+ [A-Za-z]+://[^/?#\[\]@: ]+:\d{1,5}/[^ ]* [A-Za-z]+/[0-9.]+$"
# ACCOUNT_elasticloadbalancing_REGION_[app.|net.]NAME[.ID]_TIME_NODE_RANDOM.log
UNIQUE_NAME = re.compile(r"\d{12}_elasticloadbalancing_.+_\d{8}T\d{4}Z_.+_.+\.log(?:\.gz)?")


MISFITS = (Misfit, pa.ArrowInvalid)
Numbered = tuple[int, bytes]  # a line and its number
Small = tuple[Object, bytes, int]  # a file, its lines, and how many bytes it has as it is stored


@dataclass(frozen=True)
class Part:
    """Rows of a part of an object, their instants (UTC microseconds), and what could not be read."""

    rows: list[tuple[str, pa.RecordBatch]]
    times: npt.NDArray[np.int64]
    rejects: list[Reject]
    more: Counter[tuple[str, bool]]
    skipped: Counter[str]
    read_bytes: int


@dataclass(frozen=True)
class Origin:
    """The objects that lines come from: so many of the first, so many of the next one, and so on."""

    items: Sequence[Object]
    counts: Sequence[int]

    def texts(self, of: Callable[[Object], str | None]) -> pa.Array:
        """A fact of each line's object."""
        values = [of(item) for item in self.items]
        places = {text: place for place, text in enumerate(dict.fromkeys(text for text in values if text is not None))}
        indices = np.repeat([places.get(text or "", 0) for text in values], self.counts).astype(np.int32)
        absent = np.repeat([text is None for text in values], self.counts)
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=absent), pa.array(places, pa.string()))

    def ids(self, numbers: npt.NDArray[np.uint64], times: npt.NDArray[np.int64]) -> pa.Array:
        """The `_id` of lines: 63 bits of a hash of object, line number and time."""
        words = np.empty((len(numbers), 3), np.uint64)
        words[:, 0] = np.repeat(np.array([identity(item.name) for item in self.items], np.uint64), self.counts)
        words[:, 1], words[:, 2] = numbers, times.astype(np.uint64)
        return pa.array((mixed(words) >> np.uint64(1)).astype(np.int64))


def decode_small(files: Sequence[tuple[Object, bytes]]) -> Iterator[tuple[Object, Part]]:
    """Decode small log files, those of usual lines together: what Arrow does costs as much for ten lines as for 1,000.

    The rows of files decoded together are all in the part of the first of them.
    """
    alike: dict[tuple[str, int], list[Small]] = {}
    for item, data in files:
        text = Text(BytesIO(data))
        lines = text.read(WINDOW).removeprefix(BOM)
        try:
            if not text.ended or text.damage or not lines.endswith(b"\n") or lines.isspace():
                raise Misfit
            form, names = shape(lines)
        except MISFITS:
            yield from ((item, part) for part in decode(BytesIO(data), item))
            continue
        group = alike.setdefault((form.name, len(names)), [])
        group.append((item, lines, text.read_bytes))
        if sum(len(lines) for _, lines, _ in group) >= WINDOW:
            yield from _together(group)
            group.clear()
    for group in alike.values():
        if group:
            yield from _together(group)


def _together(files: Sequence[Small]) -> Iterator[tuple[Object, Part]]:
    """Decode the lines of files at once; where some are odd, those of each half, and in the end each file alone."""
    if len(files) == 1:
        item, lines, size = files[0]
        reader = Reader(item)
        reader.read(lines)
        yield item, reader.part(size)
        return
    text = b"".join(lines for _, lines, _ in files)
    try:
        form, names = shape(text)
        raw = columns_of(text, names, form.name != "nlb")
        counts = [lines.count(b"\n") for _, lines, _ in files]
        numbers = np.concatenate([np.arange(1, count + 1, dtype=np.uint64) for count in counts])
        batch = batch_of(form, raw, numbers, Origin([item for item, _, _ in files], counts))
    except MISFITS:
        half = len(files) // 2
        yield from _together(files[:half])
        yield from _together(files[half:])
        return
    times = np.split(instants(batch), np.cumsum(counts)[:-1])
    for place, ((item, _, size), when) in enumerate(zip(files, times, strict=True)):
        yield item, Part([] if place else [(form.table, batch)], when, [], Counter(), Counter(), size)


def decode(stream: BinaryIO, item: Object) -> Iterator[Part]:
    """Decode one log file, gzip or plain, of any kind of load balancer."""
    text = Text(stream)
    reader = Reader(item)
    window = text.read(WINDOW).removeprefix(BOM)
    if text.ended and (not window or window.isspace()):
        reader.aside(0, text.damage or EMPTY_FILE)
        yield reader.part(text.read_bytes)
        return
    while not reader.given_up:
        end = len(window) if text.ended else border(window)
        if text.damage:  # the last line is not whole
            end = window.rfind(b"\n") + 1
        whole = window.rfind(b"\n", 0, end) + 1
        reader.read(window[:whole])
        if text.damage:
            reader.aside(reader.line if end < len(window) else 0, text.damage, window[end:])
        elif whole < end:
            reader.read_last(window[whole:end])
        yield reader.part(text.read_bytes)
        if text.ended:
            return
        window = window[end:]
        window += text.read(WINDOW - len(window))


def border(window: bytes) -> int:
    """Where the last record of a window begins, which may go on behind it; its end when there is no border."""
    end = place = window.rfind(b"\n") + 1
    for _ in range(MOST_JOINED):
        if not place or START.match(window, place):
            break
        place = window.rfind(b"\n", 0, place - 1) + 1
    return place or end or len(window)


@dataclass
class Reader:
    """Reads the text of one object, piece by piece, and remembers what has to be known from one to the next."""

    item: Object
    line: int = 1  # number of the next line
    given_up: bool = False
    barren: int = 0
    asides: int = 0
    fewest: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[str, pa.RecordBatch]] = field(default_factory=list)  # of the part being made
    rejects: list[Reject] = field(default_factory=list)
    more: Counter[tuple[str, bool]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def part(self, read_bytes: int) -> Part:
        """What was read since the last part, and how many bytes the object's stream has given so far."""
        times = [instants(rows) for _, rows in self.rows]
        made = Part(
            self.rows,
            np.concatenate(times) if times else np.zeros(0, np.int64),
            self.rejects,
            self.more,
            self.skipped,
            read_bytes,
        )
        self.rows, self.rejects, self.more, self.skipped = [], [], Counter(), Counter()
        return made

    def aside(self, line: int, reason: str, text: bytes = b"", kept: bool = False) -> None:
        self.asides += 1
        if self.asides <= KEPT_ASIDES or line == 0:
            self.rejects.append(Reject(line, reason, text[:KEPT_TEXT].decode(errors="replace"), kept))
        else:
            self.more[reason, kept] += 1

    def read(self, text: bytes) -> None:
        """Read lines, all of them ended by a line feed."""
        if self.given_up:
            return
        if not text or text.isspace():
            self.line += text.count(b"\n")
            return
        try:
            self._read_usual(text, None)
            self.line += len(self.rows[-1][1])
            self.barren = 0
        except MISFITS:
            middle = border(text[: len(text) // 2])
            if len(text) > PIECE and text[middle - 1 : middle] == b"\n":
                self.read(text[:middle])
                self.read(text[middle:])
            else:
                self._sort_out(text)

    def _read_usual(self, text: bytes, numbers: list[int] | None) -> None:
        """Read lines like the first one, numbered one after the other or as told; raises one of MISFITS."""
        form, names = shape(text)
        raw = columns_of(text, names, form.name != "nlb")
        count = len(raw["time"])
        counted = self.line + np.arange(count, dtype=np.uint64) if numbers is None else np.array(numbers, np.uint64)
        batch = batch_of(form, raw, counted, Origin([self.item], [count]))
        self.fewest.setdefault(form.name, len(names))
        self.rows.append((form.table, batch))

    def _sort_out(self, text: bytes) -> None:
        """Read lines of which some are odd: those alike together, the odd ones with care."""
        lines = list(enumerate(text.split(b"\n")[:-1], self.line))
        careful = self._read_sorted(lines, (quotes, usual_fields))
        careful.sort()
        places = [number - i for i, (number, _) in enumerate(careful)]
        runs = [
            [line for _, line in run] for _, run in groupby(zip(places, careful, strict=True), lambda pair: pair[0])
        ]
        # A record may go on in the next line, so lines that follow each other are read together.
        self._read_with_care([(run[0][0], b"\n".join(line for _, line in run) + b"\n") for run in runs])
        self.line += len(lines)

    def _read_sorted(self, lines: list[Numbered], sorters: tuple[Callable[[bytes], int | None], ...]) -> list[Numbered]:
        """Read lines in groups that are alike in something, and return those that need care."""
        if not sorters:
            half = len(lines) // 2
            return self._read_group(lines[:half], ()) + self._read_group(lines[half:], ())
        groups: dict[int | None, list[Numbered]] = {}
        for numbered in lines:
            groups.setdefault(sorters[0](numbered[1]), []).append(numbered)
        careful = groups.pop(None, [])
        for group in groups.values():
            careful += self._read_group(group, sorters[1:])
        return careful

    def _read_group(self, lines: list[Numbered], sorters: tuple[Callable[[bytes], int | None], ...]) -> list[Numbered]:
        if len(lines) < FEW:
            return lines
        try:
            self._read_usual(b"\n".join(line for _, line in lines) + b"\n", [number for number, _ in lines])
            return []
        except MISFITS:
            return self._read_sorted(lines, sorters)

    def read_last(self, text: bytes) -> None:
        """Read a line behind which the object ends, without line feed."""
        if not self.given_up:
            self._read_with_care([(self.line, text)])

    def _read_with_care(self, texts: list[tuple[int, bytes]]) -> None:
        """Read lines one by one, from texts with the numbers of their first lines."""
        found: dict[str, list[Line]] = {}
        for first, text in texts:
            for line in read_lines(text, first, self.item.facts.load_balancer, self.fewest):
                if isinstance(line, Line):
                    found.setdefault(line.form.name, []).append(line)
                    for remark in line.remarks:
                        self.aside(line.number, remark, line.text, kept=True)
                elif isinstance(line, Broken):
                    self.aside(line.number, line.reason, line.text)
                    self.barren += 1
                else:
                    self.skipped[line.kind] += 1
        for name, lines in found.items():
            numbers = np.array([line.number for line in lines], np.uint64)
            origin = Origin([self.item], [len(lines)])
            batch = batch_of(FORMS[name], careful_columns(lines), numbers, origin, careful=True)
            self.rows.append((FORMS[name].table, batch))
            self.fewest.setdefault(name, lines[0].count)
        if self.rows:
            self.barren = 0
        if self.barren > BARREN:
            self.given_up = True
            self.aside(0, GIVEN_UP)


# ── the fast path ────────────────────────────────────────────────────────────────────────────────────────────────


def shape(text: bytes) -> tuple[Form, list[str]]:
    """Form and names of the fields of a text's first line; raises Misfit when it is not usual."""
    line = text[: text.index(b"\n")]
    if not START.match(line) or b"\r" in text:
        raise Misfit
    first = line.decode(errors="replace")
    tokens = split(first)
    kind = kind_of(tokens or first.split(" "))
    if kind == "nlb":
        tokens = first.split(" ")
    form = FORMS.get(kind)
    if tokens is None or form is None or len(tokens) < form.least:
        raise Misfit
    names = [*form.fields[: len(tokens)], *(f"rest{i}" for i in range(len(tokens) - len(form.fields)))]
    return form, names


def quotes(line: bytes) -> int | None:
    """How many quotes a line has; null when it does not begin like a log line."""
    return line.count(b'"') if START.match(line) else None


def usual_fields(line: bytes) -> int | None:
    """How many fields a line has; null when its quotes do not match.

    >>> usual_fields(b'http 2022-07-05T04:47:50Z "a b" -'), usual_fields(b'http 2022-07-05T04:47:50Z "a "b" -')
    (4, None)
    """
    fields = FIELD.findall(line)
    return len(fields) if b" ".join(fields) == line else None


def columns_of(text: bytes, names: list[str], quoted: bool) -> dict[str, pa.Array]:
    """The columns of a text of usual lines, like its first one; raises Misfit or ArrowInvalid for any other."""
    if not text.isascii():
        check_encoding(text)
    table = csv.read_csv(
        pa.BufferReader(text),
        csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        csv.ParseOptions(delimiter=" ", quote_char='"' if quoted else False, double_quote=False),
        csv.ConvertOptions(
            check_utf8=False,
            column_types={name: raw_type(name) for name in names},
            null_values=["-"],
            strings_can_be_null=True,
            timestamp_parsers=[csv.ISO8601],
        ),
    )
    if table.num_rows != line_feeds(text):
        raise Misfit
    columns = dict(zip(names, (column.combine_chunks() for column in table.unify_dictionaries()), strict=True))
    for name, column in columns.items():
        if (quoted and has(QUOTE, column)) or (name in NUMBERS and not sound(column)):
            raise Misfit
    further = [columns.pop(name) for name in names if name.startswith("rest")]
    if further:
        columns[REST] = joined(further)
    return columns


def line_feeds(text: bytes) -> int:
    """How many line feeds there are."""
    codes = np.frombuffer(text, np.uint8)
    return sum(int(np.count_nonzero(codes[i : i + STEP] == LINE_FEED)) for i in range(0, len(codes), STEP))


def check_encoding(text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError as problem:
        raise Misfit from problem


def raw_type(name: str) -> pa.DataType:
    """The type the CSV reader gives to a field of the log."""
    if name == "time" or name in TIMES:
        return pa.timestamp("us", "UTC")
    if name in NUMBERS:
        return {"int": pa.int32(), "long": pa.int64(), "double": pa.float64()}[NUMBERS[name].name]
    return pa.string() if name in UNIQUE or name == "client" else WORD


def sound(column: pa.Array) -> bool:
    """Whether no number is infinite or none at all."""
    return not pa.types.is_floating(column.type) or bool(pc.all(pc.is_finite(column), min_count=0).as_py())


def kind_in(column: pa.Array) -> pa.DataType:
    """The type of a column's values, be they in a dictionary or not."""
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def has(mark: bytes, column: pa.Array) -> bool:
    """Whether a byte is in any text of a column."""
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    if not pa.types.is_string(values.type) or values.buffers()[2] is None:
        return False
    return mark in values.buffers()[2].to_pybytes()


def joined(columns: list[pa.Array]) -> pa.Array:
    """Further fields as JSON lists."""
    texts = [column.cast(pa.string()).fill_null("-") for column in columns]
    together = pc.binary_join_element_wise(*texts, "\n").dictionary_encode()
    return mapped(together, lambda text: rest_of([None if value == "-" else value for value in text.split("\n")]))


def rest_of(tokens: Sequence[str | None]) -> str | None:
    """Further fields as a JSON list; null when there are none.

    >>> rest_of(["a", None]), rest_of([])
    ('["a",null]', None)
    """
    texts = [token if token is None else unescaped(token) for token in tokens]
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")) if texts else None


# ── the careful path ─────────────────────────────────────────────────────────────────────────────────────────────


def careful_columns(lines: list[Line]) -> dict[str, pa.Array]:
    """The columns of lines of one form, as the fast path has them."""
    names = lines[0].form.fields
    columns = {
        name: pa.array(values, raw_type(name))
        for name, values in zip(names, zip(*(line.values for line in lines), strict=True), strict=True)
    }
    return columns | {REST: pa.array([rest_of(line.rest) for line in lines], WORD)}


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────


def batch_of(
    form: Form, raw: dict[str, pa.Array], numbers: npt.NDArray[np.uint64], origin: Origin, careful: bool = False
) -> pa.RecordBatch:
    """The columns of the table from those of the log; raises Misfit when they need care that they did not get."""
    count = len(numbers)
    made = {name: raw[name] for name in form.fields if name in raw and name not in ADDRESSES}
    times = made["time"]
    if times.null_count:
        raise Misfit
    stamps = times.cast(pa.int64()).to_numpy()
    if stamps.min() < LOWEST or stamps.max() >= HIGHEST:
        raise Misfit
    made |= {name: escaped(column) for name, column in made.items() if pa.types.is_string(kind_in(column))}
    made["_time"], made["_id"] = times, origin.ids(numbers, stamps)
    made["lb_name"], made["lb_id"] = mapped(made["elb"], lb_name), mapped(made["elb"], lb_id)
    if made["lb_name"].null_count:
        raise Misfit
    for name, (ip, port) in ADDRESSES.items():
        if name in raw:
            made[ip], ports = addresses(raw[name], careful)
            if port:
                made[port] = ports
    if "request" in raw:
        made |= requests(made["request"])
    if "target_group_arn" in made:
        made["target_group"] = mapped(made["target_group_arn"], group_name)
    if form.name == "nlb":
        made["domain_name"] = mapped(made["domain_name"], percent_decoded)
    else:
        made["lb_kind"] = constant(form.name, count)
    made["account_id"] = origin.texts(lambda item: item.facts.account)
    made["region"] = origin.texts(lambda item: item.facts.region)
    made["_object"] = origin.texts(lambda item: item.name)
    if REST in raw:
        made[REST] = raw[REST]
    schema = SCHEMAS[form.table]
    arrays = [
        made[column.name].cast(column.type) if column.name in made else missing(column.type, count) for column in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def instants(rows: pa.RecordBatch) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = rows["_time"].cast(pa.int64()).to_numpy(zero_copy_only=False)
    return found


def mapped(column: pa.Array, function: Callable[[str], Any]) -> pa.Array:
    """A function of the texts of a column, called once for each different one."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    texts = pa.array([function(text) for text in column.dictionary.to_pylist()], pa.string())
    if texts.null_count or texts.equals(column.dictionary):
        return texts.take(column.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(column.indices, texts)


def escaped(column: pa.Array) -> pa.Array:
    """Texts with their escapes decoded."""
    if not has(BACKSLASH, column):
        return column
    if pa.types.is_dictionary(column.type):
        return mapped(column, unescaped)
    return pa.array([text and unescaped(text) for text in column.to_pylist()], pa.string())


def constant(text: str | None, count: int) -> pa.Array:
    if text is None:
        return missing(WORD, count)
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text]))


def missing(kind: pa.DataType, count: int) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(pa.nulls(count, pa.int32()), pa.array([], pa.string()))
    return pa.nulls(count, kind)


def addresses(column: pa.Array, careful: bool) -> tuple[pa.Array, pa.Array]:
    """Addresses and ports of a column; raises Misfit for an unreadable one, unless the line was read with care."""
    if pa.types.is_dictionary(column.type):
        values, ports = addresses_of(column.dictionary, careful)
        return values.cast(pa.string()).take(column.indices).dictionary_encode(), ports.take(column.indices)
    return addresses_of(column, careful)


def addresses_of(column: pa.Array, careful: bool) -> tuple[pa.Array, pa.Array]:
    usual = pc.match_substring_regex(column, IPV4_AND_PORT).fill_null(False)
    mask = usual.to_numpy(zero_copy_only=False)
    if mask.all():
        return usual_addresses(column)
    known: dict[str | None, tuple[str | None, int | None]] = {None: (None, None)}
    odd = column.filter(pc.invert(usual)).to_pylist()
    for text in odd:
        if text not in known:
            known[text] = address(text)
            if known[text][0] is None and not careful:
                raise Misfit
    values, ports = usual_addresses(column.filter(usual))
    further = pa.array([known[text][0] for text in odd], pa.string())
    back = pa.array(order_of(mask))
    return (
        pa.concat_arrays([values.cast(pa.string()), further]).take(back).dictionary_encode(),
        pa.concat_arrays([ports, pa.array([known[text][1] for text in odd], pa.int32())]).take(back),
    )


def usual_addresses(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    values, ports = cut(pc.split_pattern(column, ":"), 2)
    return values.dictionary_encode(), ports.cast(pa.int32())


def order_of(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Where each row is once those of a mask were put first.

    >>> order_of(np.array([False, True, True])).tolist()
    [2, 0, 1]
    """
    order = np.empty(len(mask), np.int64)
    order[np.concatenate([np.nonzero(mask)[0], np.nonzero(~mask)[0]])] = np.arange(len(mask))
    return order


def requests(column: pa.Array) -> dict[str, pa.Array]:
    """Method, URL and so on of request lines, and the lines themselves where there is a request."""
    with suppress(Misfit, pa.ArrowInvalid):
        return {**usual_requests(column), "request": column}
    usual = pc.match_substring_regex(column, USUAL_REQUEST).fill_null(False)
    parts = usual_requests(column.filter(usual))
    texts = column.filter(pc.invert(usual)).to_pylist()
    mask = usual.to_numpy(zero_copy_only=False)
    order = order_of(mask)
    for name, values in zip(PARTS, zip(*map(request_parts, texts), strict=True), strict=True):
        whole = pa.concat_arrays([parts[name].cast(raw_type(name)), pa.array(values, raw_type(name))])
        parts[name] = whole.take(pa.array(order))
    nothing = pc.is_in(column, pa.array(["- - - ", "- - -", "-", ""]))  # how a TCP connection is logged
    return {**parts, "request": pc.if_else(nothing, pa.scalar(None, pa.string()), column)}


def usual_requests(texts: pa.Array) -> dict[str, pa.Array]:
    """The parts of requests of the usual form, `METHOD scheme://host:port/url VERSION`; raises Misfit for others."""
    method, target, version = cut(pc.split_pattern(texts, " "), 3)
    scheme, between, site, rest = cut(pc.split_pattern(target, "/", max_splits=3), 4)
    method, scheme, site, version = (part.dictionary_encode() for part in (method, scheme, site, version))
    for part, form in ((method, METHOD), (scheme, SCHEME), (site, SITE), (version, VERSION)):
        if not pc.all(pc.match_substring_regex(part.dictionary, form), min_count=0).as_py():
            raise Misfit
    if pc.any(pc.not_equal(between, ""), min_count=0).as_py():
        raise Misfit
    host, port = cut(pc.split_pattern(site.dictionary, ":"), 2)
    url = pc.binary_join_element_wise("/", rest, "")
    halves = pc.split_pattern(url, "?", max_splits=1)
    begins = halves.offsets.to_numpy()[:-1]
    two = halves.value_lengths().to_numpy() == 2
    pieces = halves.flatten()
    return {
        "method": method,
        "scheme": pa.DictionaryArray.from_arrays(scheme.indices, pc.utf8_rtrim(scheme.dictionary, ":")),
        "host": pc.utf8_lower(host).take(site.indices).dictionary_encode(),
        "port": port.cast(pa.int32()).take(site.indices),
        "url": url,
        "path": pieces.take(pa.array(begins)),
        "query": pieces.take(pa.array(begins + 1, mask=~two)),
        "http_version": version,
    }


def cut(parts: pa.ListArray, count: int) -> list[pa.Array]:
    """The first, second, … element of lists that all have so many; raises Misfit when one has another number."""
    sizes = pc.min_max(pc.list_value_length(parts))
    if parts.null_count or (len(parts) and sizes.as_py() != {"min": count, "max": count}):
        raise Misfit
    flat = parts.flatten()
    return [flat.take(pa.array(np.arange(i, len(flat), count))) for i in range(count)]


def group_name(arn: str) -> str | None:
    """Name of a target group.

    >>> group_name("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/73e2d6bc24d8a067")
    'web'
    """
    _, found, rest = arn.partition(":targetgroup/")
    return rest.partition("/")[0] if found else None


def percent_decoded(text: str) -> str:
    return unquote(text)


def identity(name: str) -> int:
    """What an object counts as in the `_id` of its lines.

    A name that AWS made is unique, wherever the file was copied to; of others the whole path counts.
    """
    base = name.rpartition("/")[2]
    text = base if UNIQUE_NAME.fullmatch(base) else name
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=8).digest(), "little")
