"""From declared types to columns: the struct that decodes a document, its Arrow type, and Arrow arrays of its values.

A value that does not have its declared type never costs its event: `fit` keeps it as text, or in the JSON remainder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Raw

from engine.catalog import ANY, BOOL, STRING, Type

REST = "_rest"
ABSENT = Raw(b"")


@cache
def arrow_type(kind: Type) -> pa.DataType:
    """The Arrow type that Parquet and DuckDB read back as the declared type.

    >>> from engine.catalog import list_of, map_of
    >>> str(arrow_type(list_of(map_of({"ARN": STRING}, rest="_rest"))))
    'list<element: struct<ARN: string, _rest: string>>'
    """
    if kind.name == "map":
        members = [pa.field(name, arrow_type(member)) for name, member in kind.keys]
        return pa.struct([*members, pa.field(REST, pa.string())])
    if kind.element is not None:
        return pa.list_(pa.field("element", arrow_type(kind.element)))
    return {"BOOLEAN": pa.bool_(), "BIGINT": pa.int64(), "TIMESTAMPTZ": pa.timestamp("us", "UTC")}.get(
        kind.sql, pa.string()
    )


@cache
def struct_of(kind: Type, nested_as_text: bool = False, extras: tuple[str, ...] = ()) -> type[msgspec.Struct]:
    """A msgspec struct for a map type; it refuses unknown keys and wrong types, so that `fit` sees them.

    `nested_as_text` leaves maps and lists as JSON text, for `Interned` to decode. `extras` are further keys that it
    takes, as JSON text, in members behind all others.
    """
    fields: list[tuple[str, Any, Any]] = []
    for name, member in kind.keys:
        text = member is ANY or (nested_as_text and is_nested(member))
        fields.append((name, Raw if text else python_type(member), ABSENT if text else None))
    fields.append((REST, None, None))  # null to msgspec, so that only `fit` fills it and never a document
    rename = {f"extra{i}": name for i, name in enumerate(extras)}
    fields += [(name, Raw, ABSENT) for name in rename]
    return msgspec.defstruct("Document", fields, rename=rename, forbid_unknown_fields=True, gc=False)


def is_nested(kind: Type) -> bool:
    return kind.name == "map" or kind.element is not None


@cache
def python_type(kind: Type) -> Any:
    """The annotation with which msgspec decodes a value of a type."""
    if kind is ANY:
        return Raw
    if kind is BOOL:
        return bool | Literal["true", "false", "True", "False"] | None
    if kind.name == "map":
        return struct_of(kind) | None
    if kind.element is not None:
        return list.__class_getitem__(python_type(kind.element)) | None
    return str | None


@cache
def decoder(kind: Type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(python_type(kind))


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────


def to_array(values: Sequence[Any], kind: Type) -> pa.Array:
    """An Arrow array of decoded values. The JSON texts among them must be UTF-8: nobody looks again."""
    if kind is ANY:
        return json_array(values)
    if kind is BOOL:
        return bool_array(values)
    if kind.name == "map":
        return struct_array(values, kind)
    if kind.element is not None:
        return list_array(values, kind.element)
    if all_are(None, values):
        return pa.nulls(len(values), pa.string())
    return pa.array(values, pa.string())


def all_are(thing: object, values: Sequence[Any]) -> bool:
    """Whether a column holds nothing but one object; a look at the first saves comparing the others."""
    return bool(values) and values[0] is thing and values.count(thing) == len(values)


def columns(
    documents: Sequence[msgspec.Struct], kind: Type, interned: Mapping[str, Interned] = MappingProxyType({})
) -> list[pa.Array]:
    """One array per key of a map type and one for the remainder, from documents that are all present.

    Members behind those are left out, so documents may differ in `extras`. `interned` made the values of some keys.
    """
    members = [*kind.keys, (REST, STRING)]
    if not documents:
        return [pa.nulls(0, arrow_type(member)) for _, member in members]
    values = zip(*map(msgspec.structs.astuple, documents), strict=False)
    return [
        interned[name].column(column) if name in interned else to_array(column, member)
        for column, (name, member) in zip(values, members, strict=False)
    ]


def struct_array(values: Sequence[Any], kind: Type) -> pa.Array:
    """Documents as a struct array; those that are one and the same object are converted once."""
    different = dict(zip(map(id, values), values, strict=True))
    different.pop(id(None), None)
    if not different:
        return pa.nulls(len(values), arrow_type(kind))
    array = pa.StructArray.from_arrays(columns(list(different.values()), kind), fields=list(arrow_type(kind)))
    if len(different) == len(values):
        return array
    place = dict(zip(different, range(len(different)), strict=True))
    place[id(None)] = -1
    places = np.fromiter(map(place.__getitem__, map(id, values)), np.int32, len(values))
    return array.take(pa.array(places, mask=places < 0))


def taken(array: pa.Array, places: pa.Array) -> pa.Array:
    """The values at some places, none of them null.

    Arrow's own `take` of a struct copies every member, also the many members of an identity that no row has.
    """
    if array.null_count == len(array):
        return pa.nulls(len(places), array.type)
    if not pa.types.is_struct(array.type):
        return array.take(places)
    members = [taken(array.field(i), places) for i in range(array.type.num_fields)]
    missing = array.is_null().take(places) if array.null_count else None
    return pa.StructArray.from_arrays(members, fields=list(array.type), mask=missing)


def rows_taken(rows: pa.Table, places: pa.Array) -> pa.Table:
    """The rows at some places, in one chunk."""
    columns = [taken(column.combine_chunks(), places) for column in rows.columns]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def list_array(values: Sequence[Any], element: Type) -> pa.Array:
    kind = pa.list_(pa.field("element", arrow_type(element)))
    if all_are(None, values):
        return pa.nulls(len(values), kind)
    sizes = np.array([-1 if value is None else len(value) for value in values], np.int32)
    missing = sizes < 0
    offsets = np.zeros(len(values) + 1, np.int32)
    np.cumsum(np.where(missing, 0, sizes), out=offsets[1:])
    items = to_array([item for value in values if value for item in value], element)
    return pa.ListArray.from_arrays(pa.array(offsets), items, type=kind, mask=pa.array(missing))


def bool_array(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.bool_())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([v in ("true", "True") if isinstance(v, str) else v for v in values], pa.bool_())


def json_array(values: Sequence[Raw]) -> pa.Array:
    """JSON texts as they stood in the document; a missing key and `null` are null."""
    count = len(values)
    if all_are(ABSENT, values):
        return pa.nulls(count, pa.string())
    sizes = np.fromiter(map(len, values), np.int32, count)
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    text = b"".join(values)
    present = sizes > 0
    (four,) = np.nonzero(sizes == 4)
    present[four] = np.frombuffer(text, np.uint8)[offsets[four]] != ord("n")
    validity = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), count, [validity, pa.py_buffer(offsets), pa.py_buffer(text)])


# ── values that do not fit ───────────────────────────────────────────────────────────────────────────────────────


class Interned:
    """Decodes values of a nested type, gives the same object for the same text, and converts each object once.

    Who makes a request is written out in each record, mostly word for word as in some record before. Threads may
    share it.
    """

    MOST = 20_000  # texts remembered
    LONGEST = 4096  # bytes of a text worth remembering
    MOST_ROWS = 4096  # rows remembered
    MOST_BYTES = 8 << 20  # of rows, after which a new memory is begun

    def __init__(self, kind: Type) -> None:
        self._kind = kind
        self._known: dict[bytes, Any] = {}
        self._lock = threading.Lock()
        self._places: dict[int, int] = {}  # of rows, by `id` of their values
        self._alive: list[Any] = []
        self._rows: pa.Array = None
        self._forget_rows()

    def __call__(self, texts: Iterable[Raw]) -> list[Any]:
        """The values, null where one is missing or null; raises msgspec.ValidationError when one does not fit."""
        keys = list(map(bytes, texts))
        known = self._known
        try:
            return list(map(known.__getitem__, keys))
        except KeyError:
            return [known[key] if key in known else self._decode(key) for key in keys]

    def column(self, values: Sequence[Any]) -> pa.Array:
        """An Arrow array of values."""
        keys = list(map(id, values))
        with self._lock:
            try:
                places = np.fromiter(map(self._places.__getitem__, keys), np.int32, len(keys))
            except KeyError:
                self._convert(dict(zip(keys, values, strict=True)))
                places = np.fromiter(map(self._places.__getitem__, keys), np.int32, len(keys))
            rows = self._rows
        return taken(rows, pa.array(places))

    def _convert(self, values: dict[int, Any]) -> None:
        """Add rows for values that have none; the values stay alive, so that their `id` stays theirs."""
        if len(self._rows) + len(values) > self.MOST_ROWS or self._rows.nbytes > self.MOST_BYTES:
            self._forget_rows()
        new = {key: value for key, value in values.items() if key not in self._places}
        self._places.update(zip(new, range(len(self._rows), len(self._rows) + len(new)), strict=True))
        self._alive += new.values()
        self._rows = pa.concat_arrays([self._rows, to_array(list(new.values()), self._kind)])

    def _forget_rows(self) -> None:
        self._places = {id(None): 0}
        self._alive = []
        self._rows = pa.nulls(1, arrow_type(self._kind))

    def _decode(self, key: bytes) -> Any:
        value = None
        if key and key != b"null":
            wrong: list[str] = []
            value = fit_value(Raw(key), self._kind, wrong.append, "")  # unknown keys are nothing wrong
            if wrong:
                raise msgspec.ValidationError
        if len(self._known) >= self.MOST:
            self._known = {}  # another thread may be reading the old ones
        if len(key) <= self.LONGEST:
            self._known[key] = value
        return value


def fit(raw: Raw, kind: Type, wrong: Callable[[str], None], path: str = "") -> msgspec.Struct:
    """Decode one JSON object key by key, keeping what the typed struct refuses.

    Unknown keys go to the remainder. A value of the wrong type is reported to `wrong` by its path; it becomes text
    in a string key, otherwise null, with the original in the remainder.
    Raises msgspec.DecodeError when the text is not a JSON object.
    """
    declared = dict(kind.keys)
    document = struct_of(kind)()
    rest: dict[str, Raw] = {}
    for name, value in msgspec.json.decode(raw, type=dict[str, Raw]).items():
        member = declared.get(name)
        item = MISFIT if member is None else fit_value(value, member, wrong, f"{path}{name}")
        if item is MISFIT:
            rest[name] = value
        else:
            setattr(document, name, item)
    if rest:
        setattr(document, REST, json_object(rest))
    return document


MISFIT = object()


def fit_value(value: Raw, kind: Type, wrong: Callable[[str], None], path: str) -> Any:
    """A decoded value, or MISFIT when it is of no type that its column could hold."""
    try:
        return decoder(kind).decode(value)
    except msgspec.ValidationError:
        pass
    text = bytes(value)
    if kind.name == "map" and text.startswith(b"{"):
        return fit(value, kind, wrong, f"{path}.")
    if kind.element is not None and kind.element.name == "map" and text.startswith(b"["):
        items = msgspec.json.decode(value, type=list[Raw])
        if all(bytes(item).startswith(b"{") for item in items):
            return [fit(item, kind.element, wrong, f"{path}[].") for item in items]
    wrong(path)
    return text.decode() if kind is STRING else MISFIT


def json_object(members: dict[str, Raw]) -> str:
    """A JSON object of raw values, by name, so that it does not depend on who met which key first.

    >>> json_object({"b": Raw(b"[2]"), "a": Raw(b"1")})
    '{"a":1,"b":[2]}'
    """
    texts = (f"{json.dumps(name)}:{bytes(value).decode()}" for name, value in sorted(members.items()))
    return "{" + ",".join(texts) + "}"
