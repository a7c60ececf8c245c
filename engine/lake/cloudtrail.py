"""CloudTrail records: the fields of the table `cloudtrail`, and the decoder of the files AWS delivers."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from engine.catalog import ANY, BOOL, DATE, LONG, STRING, Field, list_of, map_of
from engine.lake.columns import REST, Interned, arrow_type, columns, fit, is_nested, json_object, struct_of
from engine.lake.records import (
    BOM,
    FIRST_KEY,
    HEADER,
    NOT_AN_OBJECT,
    RESTART,
    UNCLOSED,
    UNFINISHED,
    WINDOW,
    Broken,
    Cutter,
    Text,
)

ISSUER = map_of(
    {"type": STRING, "principalId": STRING, "arn": STRING, "accountId": STRING, "userName": STRING}, rest=REST
)
SESSION = map_of(
    {
        "sessionIssuer": ISSUER,
        "attributes": map_of({"creationDate": STRING, "mfaAuthenticated": STRING}, rest=REST),
        "webIdFederationData": map_of({"federatedProvider": STRING, "attributes": ANY}, rest=REST),
        "sourceIdentity": STRING,
        "ec2RoleDelivery": STRING,
        "assumedRoot": STRING,
    },
    rest=REST,
)
IDENTITY = map_of(
    {
        "type": STRING,
        "principalId": STRING,
        "arn": STRING,
        "accountId": STRING,
        "accessKeyId": STRING,
        "userName": STRING,
        "invokedBy": STRING,
        "sessionContext": SESSION,
        "identityProvider": STRING,
        "credentialId": STRING,
        "onBehalfOf": map_of({"userId": STRING, "identityStoreArn": STRING}, rest=REST),
        "inScopeOf": map_of(
            {
                "issuerType": STRING,
                "sourceArn": STRING,
                "sourceAccount": STRING,
                "credentialsIssuedTo": STRING,
                "credentialsIssuedToVersion": STRING,
            },
            rest=REST,
        ),
        "invokedByDelegate": map_of({"accountId": STRING}, rest=REST),
    },
    rest=REST,
)
# S3 names a prefix of objects with ARNPrefix instead of ARN.
RESOURCE = map_of({"ARN": STRING, "accountId": STRING, "type": STRING, "ARNPrefix": STRING}, rest=REST)

DOCUMENT_FIELDS = (
    Field("eventTime", STRING, "When the request completed, as the text of the record (UTC)."),
    Field("eventVersion", STRING, "Version of the record format, two integers: 1.11 is newer than 1.9."),
    Field("eventName", STRING, "The API action, for example RunInstances."),
    Field("eventSource", STRING, "The service that was called, for example ec2.amazonaws.com."),
    Field("awsRegion", STRING, "The region the request was made to."),
    Field("sourceIPAddress", STRING, "Address the request came from; a service name or AWS Internal for calls by AWS."),
    Field("userAgent", STRING, "The program that made the request, as it calls itself."),
    Field("userIdentity", IDENTITY, "Who made the request: type, names, account, keys, session."),
    Field("errorCode", STRING, "Why the request failed; null when it succeeded, and for failed console sign-ins."),
    Field("errorMessage", STRING, "The error in words; failed console sign-ins have only this."),
    Field("requestParameters", ANY, "What was asked for: the parameters of the request."),
    Field("responseElements", ANY, "What was answered, for calls that change something."),
    Field("additionalEventData", ANY, "Facts beside request and response, for example MFAUsed of a sign-in."),
    Field("resources", list_of(RESOURCE), "Resources the call touched: ARN, account and type of each."),
    Field("readOnly", BOOL, "True when the call changes nothing."),
    Field("managementEvent", BOOL, "True for operations on resources, false for operations on data inside them."),
    Field("eventType", STRING, "AwsApiCall, AwsConsoleSignIn, AwsConsoleAction, AwsServiceEvent, AwsVpceEvent."),
    Field("eventCategory", STRING, "Management or Data."),
    Field("recipientAccountId", STRING, "The account that received the record; the caller may be of another one."),
    Field("eventID", STRING, "Identifier of the record, unique within an account."),
    Field("requestID", STRING, "Identifier of the request, given by the service."),
    Field("sharedEventID", STRING, "Identifier shared by the records of one action in several accounts."),
    Field("apiVersion", STRING, "Version of the API that was called."),
    Field("vpcEndpointId", STRING, "The VPC endpoint the request came through."),
    Field("vpcEndpointAccountId", STRING, "The account that owns the VPC endpoint."),
    Field("serviceEventDetails", ANY, "What happened, in events that a service began itself."),
    Field("insightDetails", ANY, "Details of an Insights event."),
    Field("addendum", ANY, "Why a record was delivered late or again, and what changed."),
    Field("sessionCredentialFromConsole", STRING, 'The text "true" when the credentials come from a console session.'),
    Field("edgeDeviceDetails", ANY, "The edge device a request was made to."),
    Field("tlsDetails", ANY, "TLS version, cipher suite and host name of the connection."),
    Field("eventContext", ANY, "Tags and conditions, where the trail adds them."),
    Field("annotation", ANY, "A remark of CloudTrail Lake on a record."),
)
FIELDS = (
    Field("_time", DATE, "When the request completed."),
    Field("_id", LONG, "Number of the event, the same wherever and however often it was delivered."),
    *DOCUMENT_FIELDS,
    Field(REST, ANY, "Fields this version does not know, and values of unexpected type.", hidden=True),
    Field("_object", STRING, "The file the event was read from.", hidden=True),
)
SCHEMA = pa.schema([pa.field(item.name, arrow_type(item.type)) for item in FIELDS])
DESCRIPTION = "API calls and sign-ins of AWS accounts, as CloudTrail records them."

ACCOUNT, EVENT_ID = ([item.name for item in DOCUMENT_FIELDS].index(name) for name in ("recipientAccountId", "eventID"))

EVENT = map_of({item.name: item.type for item in DOCUMENT_FIELDS}, rest=REST)
CONTENT = (*(item.name for item in DOCUMENT_FIELDS), REST)
NESTED = {name: Interned(kind) for name, kind in EVENT.keys if is_nested(kind)}
TIME, CATEGORY, ADDRESS, ID = map(attrgetter, ("eventTime", "eventCategory", "sourceIPAddress", "eventID"))


class Decoders:
    """The decoders of records, strict about the fields they know.

    They learn further fields that they meet, which AWS adds now and then, so that these are kept without a careful
    look at each record.
    """

    MOST = 50

    def __init__(self) -> None:
        self._learned: tuple[str, ...] = ()
        self._make()

    def learn(self, names: Iterable[str]) -> None:
        """Take fields of these names from now on."""
        known = {*self._learned, *(name for name, _ in EVENT.keys), REST}
        new = [name for name in names if name not in known and re.fullmatch(r"[\w.:-]{1,100}", name)]
        if new and len(known) < len(EVENT.keys) + self.MOST:
            self._learned = (*self._learned, *new)
            self._make()

    def _make(self) -> None:
        kind: Any = struct_of(EVENT, nested_as_text=True, extras=self._learned)
        self.event = msgspec.json.Decoder(kind)
        self.list = msgspec.json.Decoder(list[kind])
        envelope: Any = msgspec.defstruct("Envelope", [("Records", list[kind])], gc=False)
        self.envelope = msgspec.json.Decoder(envelope)


decoders = Decoders()

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# Kinds of record with other meaning and shape, which would distort what is counted on `cloudtrail`.
OTHER_KINDS = frozenset({"Insight", "NetworkActivity", "Aggregated"})
# Java and BIND read such numbers differently, so no address can be told from them.
LEADING_ZERO = re.compile(r"(?=\d+\.\d+\.\d+\.\d+$)(?:\d+\.)*0\d")

EMPTY_FILE = "empty file"
NO_TIME = "record without a usable eventTime"
ODD_ADDRESS = "address with leading zeros"
TOO_DEEP = "record nested too deeply"
NOT_A_LIST = "Records is not a list"
USUAL_KEY = 48  # an account of 12 digits and a UUID
GIVEN_UP = "given up: nothing here looks like a record"
KEPT_ASIDES = 1000  # texts kept per object, the others are counted
KEPT_TEXT = 4000  # bytes of a text
BARREN_RECORDS = 100_000  # broken pieces one after the other
BARREN_WINDOWS = 64  # windows without an event, 1 GB


@dataclass(frozen=True)
class Reject:
    """Something in an object that is not as it should be.

    `record` counts from 1, 0 means the object itself. `kept`: the event is in the table all the same.
    """

    record: int
    reason: str
    text: str
    kept: bool = False


@dataclass(frozen=True)
class Decoded:
    """A part of an object: events with their instants (UTC microseconds), and what could not be read."""

    events: list[Any]
    times: npt.NDArray[np.int64]
    keys: dict[int, str]  # identity of the events without eventID, by place in `events`
    rejects: list[Reject]
    more: Counter[tuple[str, bool]]  # rejects beyond the first ones of an object, by reason and `kept`
    skipped: Counter[str]  # records of other kinds
    read_bytes: int  # compressed bytes of the object read so far


class Misfit(Exception):
    """The window holds something that the fast path does not take."""


def decode(stream: BinaryIO) -> Iterator[Decoded]:
    """Decode one CloudTrail file: gzip or plain, `{"Records": []}`, list, single object or JSON lines."""
    text = Text(stream)
    window = text.read(WINDOW).removeprefix(BOM)
    parts = Parts()
    if text.ended and not window.strip():
        yield parts.empty(text)
        return
    if text.ended and not text.damage:
        try:
            yield parts.fast(decode_all(window), text)
            return
        except Misfit:
            pass
    cutter = Cutter()
    header = HEADER.match(window)
    if header:
        cutter.open, window = 1, window[header.end() :]
    while not parts.given_up:
        last = text.ended
        try:
            if text.damage:
                raise Misfit
            events, used = decode_some(window, last=last, in_list=cutter.open > 0)
            part = parts.fast(events, text)
        except Misfit:
            part = parts.careful(window, cutter, text, last)
            used = cutter.used
        yield part
        if last:
            return
        window = window[used:]
        window += text.read(WINDOW - len(window))


def decode_all(text: bytes) -> list[Any]:
    """The events of a text that is complete and sound; raises Misfit for any other."""
    try:
        check_encoding(text)
        events: list[Any]
        if text.lstrip()[:1] == b"[":
            events = decoders.list.decode(text)
        elif HEADER.match(text):
            events = decoders.envelope.decode(text).Records
        else:
            events = decoders.event.decode_lines(text)
        return events
    except (ValueError, RecursionError) as problem:  # all errors of msgspec are ValueErrors
        raise Misfit from problem


def decode_some(text: bytes, *, last: bool, in_list: bool) -> tuple[list[Any], int]:
    """Events at the beginning of a window and the bytes they took; raises Misfit."""
    if not in_list:
        end = len(text) if last else text.rfind(b"\n") + 1
        document = text[:end]
    elif last:
        end = len(text)
        document = b"[" + text.removeprefix(b",").rstrip().removesuffix(b"}").rstrip()
    else:
        # A record ends where the next one begins with the same key as the first. That this is not some place inside
        # a record is then proved by decoding: brackets left open are an error.
        first = FIRST_KEY.match(text, 1 if text.startswith(b",") else 0)
        end = text.rfind(b"}," + first.group()) + 1 if first else 0
        document = b"[" + text[:end].removeprefix(b",") + b"]"
    if end == 0:
        raise Misfit
    try:
        check_encoding(document)
        return (decoders.list.decode(document) if in_list else decoders.event.decode_lines(document)), end
    except (ValueError, RecursionError) as problem:
        raise Misfit from problem


def check_encoding(text: bytes) -> None:
    """Raise UnicodeDecodeError unless a text is UTF-8: msgspec does not look into the documents it skips."""
    if not text.isascii():
        text.decode()


@dataclass
class Parts:
    """Makes the parts of one object, and remembers what has to be known from one to the next."""

    given_up: bool = False
    blank: bool = True
    records: int = 0
    asides: int = 0
    barren_records: int = 0  # since the last event
    barren_windows: int = 0
    unnamed: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)  # of the part being made
    more: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def empty(self, text: Text) -> Decoded:
        self._aside(0, text.damage or EMPTY_FILE)
        return self._part([], np.zeros(0, np.int64), [], text)

    def fast(self, events: list[Any], text: Text) -> Decoded:
        """A part of sound events; raises Misfit when a time is missing or unreadable."""
        times = instants(events)
        complete(events)
        places = range(self.records + 1, self.records + 1 + len(events))
        self.records += len(events)
        return self._part(events, times, places, text)

    def careful(self, window: bytes, cutter: Cutter, text: Text, last: bool) -> Decoded:
        """A part read record by record."""
        found: list[Found] = []
        places: list[int] = []
        reason = None
        for item in cutter.cut(window, last, careful_records):
            for record in [item] if isinstance(item, Broken) else item:
                self.records += 1
                if isinstance(record, Broken):
                    self.barren_records += 1
                    reason = (record.reason == UNFINISHED and text.damage) or record.reason
                    self._aside(self.records, reason, record.text)
                else:
                    self.barren_records = 0
                    reason = None
                    found.append(record)
                    places.append(self.records)
                    for odd, value in record.wrong:
                        self._aside(self.records, odd, value, kept=True)
            if self.barren_records > BARREN_RECORDS:
                break
        ending = text.damage or (UNCLOSED if cutter.open else None)
        self.blank = self.blank and not window.strip()
        if last and self.blank and not ending:
            self._aside(0, EMPTY_FILE)
        if last and ending and reason not in (ending, UNFINISHED):
            self._aside(0, ending)
        self._lose_patience(bool(found))
        times = np.array([record.time for record in found], np.int64)
        return self._part([record.event for record in found], times, places, text)

    def _lose_patience(self, fertile: bool) -> None:
        """Stop reading something that is no log at all, however long it is."""
        self.barren_windows = 0 if fertile else self.barren_windows + 1
        if self.barren_records > BARREN_RECORDS or self.barren_windows > BARREN_WINDOWS:
            self.given_up = True
            self._aside(0, GIVEN_UP)

    def _aside(self, record: int, reason: str, text: bytes = b"", kept: bool = False) -> None:
        self.asides += 1
        if self.asides <= KEPT_ASIDES or record == 0:
            self.rejects.append(Reject(record, reason, text[:KEPT_TEXT].decode(errors="replace"), kept))
        else:
            self.more[reason, kept] += 1

    def _part(self, events: list[Any], times: npt.NDArray[np.int64], places: Sequence[int], text: Text) -> Decoded:
        skipped = Counter[str]()
        if not OTHER_KINDS.isdisjoint(map(CATEGORY, events)):
            skipped.update(event.eventCategory for event in events if event.eventCategory in OTHER_KINDS)
            ours = [i for i, event in enumerate(events) if event.eventCategory not in OTHER_KINDS]
            events, times, places = [events[i] for i in ours], times[ours], [places[i] for i in ours]
        odd = set(filter(is_odd, set(map(ADDRESS, events))))
        if odd:
            for place, event in zip(places, events, strict=True):
                if event.sourceIPAddress in odd:
                    self._aside(place, ODD_ADDRESS, event.sourceIPAddress.encode(), kept=True)
        unnamed = [] if all(map(ID, events)) else [i for i, event in enumerate(events) if not event.eventID]
        keys = {i: self._content_key(events[i]) for i in unnamed}
        part = Decoded(events, times, keys, self.rejects, self.more, skipped, text.read_bytes)
        self.rejects, self.more = [], Counter()
        return part

    def _content_key(self, event: Any) -> str:
        """Identity of an event without eventID: its content, and how many of the same came before it in the object."""
        values = [getattr(event, name) for name in CONTENT]
        content = hashlib.blake2b(msgspec.json.encode(values), digest_size=16).hexdigest()
        self.unnamed[content] += 1
        return f"{content}/{self.unnamed[content]}"


# ── the careful path: one record at a time ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Found:
    """A record read carefully: the event, its instant in microseconds, and values of wrong type with their reason."""

    event: Any
    time: int
    wrong: tuple[tuple[str, bytes], ...] = ()


def careful_records(text: bytes) -> list[Found | Broken] | None:
    """The records in the text of one JSON object (several when it is an envelope); null when it is no such thing."""
    try:
        text.decode()
        return [sound_record(text)]
    except (Misfit, ValueError, RecursionError):
        pass
    try:
        members = msgspec.json.decode(text, type=dict[str, Raw])
        text.decode()
    except (ValueError, RecursionError):
        mended = mend(text)
        if mended is None:
            return None
        text = mended
        members = msgspec.json.decode(text, type=dict[str, Raw])
    inner = members.get("Records")
    if inner is None:
        record = careful_record(text, members)
        wraps = isinstance(record, Broken) and RESTART.search(text, 1)
        return None if wraps else [record]  # some other envelope: what is inside will be looked at
    if not bytes(inner).startswith(b"["):
        return [] if bytes(inner) == b"null" else [Broken(NOT_A_LIST, text)]
    found: list[Found | Broken] = []
    for item in map(bytes, msgspec.json.decode(inner, type=list[Raw])):
        broken = Broken(NOT_AN_OBJECT, item)
        found += (careful_records(item) or [broken]) if item.startswith(b"{") else [broken]
    return found


def sound_record(text: bytes) -> Found:
    """One event in which everything is as declared; raises Misfit, or an error of msgspec."""
    event = decoders.event.decode(text)
    time = instant(event.eventTime)
    if time is None:
        raise Misfit
    complete([event])
    return Found(event, time)


def careful_record(text: bytes, members: Iterable[str]) -> Found | Broken:
    """One event, whatever the types of its values; broken only when it has no usable time."""
    wrong: list[str] = []
    try:
        event = fit(Raw(text), EVENT, wrong.append)
    except RecursionError:
        return Broken(TOO_DEEP, text)
    time = instant(event.eventTime)  # type: ignore[attr-defined]
    if time is None and getattr(event, "eventCategory", None) not in OTHER_KINDS:
        return Broken(NO_TIME, text)
    decoders.learn(members)
    return Found(event, time or 0, tuple((f"unexpected type of {path}", text) for path in wrong))


def mend(text: bytes) -> bytes | None:
    """Strict JSON in UTF-8 of an object that is almost that: half surrogates, wrong bytes, control characters, NaN.

    >>> mend(b'{"a": "\\t", "b": NaN}')
    b'{"a":"\\\\t","b":null}'
    """
    try:
        document = json.loads(text.decode(errors="replace"), strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def is_odd(address: str | None) -> bool:
    """Whether an address has leading zeros.

    >>> [is_odd(address) for address in ("035.249.253.232", "10.0.0.1", "AWS Internal", None)]
    [True, False, False, False]
    """
    return bool(address and LEADING_ZERO.match(address))


def complete(events: list[Any]) -> None:
    """Decode what the decoders left as text, and gather learned fields; raises Misfit."""
    try:
        nested = {name: interned(map(attrgetter(name), events)) for name, interned in NESTED.items()}
    except ValueError as problem:
        raise Misfit from problem
    for name, values in nested.items():
        for event, value in zip(events, values, strict=True):
            setattr(event, name, value)
    if not events or len(type(events[0]).__struct_fields__) == len(CONTENT):
        return
    kind = type(events[0])
    extras = list(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))[len(CONTENT) :]
    for event in events:
        rest = {key: value for name, key in extras if len(value := getattr(event, name))}
        if rest:
            setattr(event, REST, json_object(rest))


# ── times and numbers of events ──────────────────────────────────────────────────────────────────────────────────


def instants(events: list[Any]) -> npt.NDArray[np.int64]:
    """UTC microseconds of eventTime; raises Misfit when one is missing or unreadable."""
    texts = pa.array(list(map(TIME, events)), pa.string())
    try:
        times = texts.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    except pa.ArrowInvalid as problem:
        raise Misfit from problem
    if times.null_count:
        raise Misfit
    values: npt.NDArray[np.int64] = times.to_numpy(zero_copy_only=False)
    if len(values) and not (microseconds(EARLIEST) <= values.min() and values.max() < microseconds(LATEST)):
        raise Misfit
    return values


def instant(text: str | None) -> int | None:
    """UTC microseconds of one ISO 8601 text, of which no zone means UTC; null when it is none.

    >>> instant("2023-07-10T11:42:18Z"), instant("yesterday")
    (1688989338000000, None)
    """
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return microseconds(time) if EARLIEST <= time < LATEST else None


def microseconds(time: datetime) -> int:
    return (time - EARLIEST) // timedelta(microseconds=1)


def event_ids(accounts: pa.Array, keys: pa.Array) -> npt.NDArray[np.int64]:
    """The `_id` of events: 63 bits of a hash of account and eventID.

    >>> event_ids(pa.array(["111122223333", None]), pa.array(["293ba626-3be5-4a26-ab1b-0f4c54f49959", "x"])).tolist()
    [6653267766482460614, 2858720872202629029]
    """
    texts = pc.binary_join_element_wise(accounts.fill_null(""), keys, "")
    usual = pc.equal(pc.binary_length(texts), USUAL_KEY).to_numpy(zero_copy_only=False)
    ids = np.empty(len(texts), np.uint64)
    words = np.frombuffer(b"" if not usual.any() else texts.filter(pa.array(usual)).buffers()[2], "<u8")
    ids[usual] = mixed(words[: usual.sum() * (USUAL_KEY // 8)].reshape(-1, USUAL_KEY // 8))
    for i in np.nonzero(~usual)[0].tolist():
        digest = hashlib.blake2b(texts[i].as_py().encode(), digest_size=8).digest()
        ids[i] = int.from_bytes(digest, "little")
    return (ids >> np.uint64(1)).astype(np.int64)


def mixed(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each row of words, all rows at once (a hash call per event would cost a tenth of a collect)."""
    hashes = np.full(len(words), 0x9E3779B97F4A7C15, np.uint64)
    for column in words.T:
        hashes = (hashes ^ column) * np.uint64(0xFF51AFD7ED558CCD)
        hashes ^= hashes >> np.uint64(32)
        hashes *= np.uint64(0xC4CEB9FE1A85EC53)
        hashes ^= hashes >> np.uint64(29)
    return hashes


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────


def to_batch(parts: Sequence[tuple[str, Decoded]]) -> pa.RecordBatch:
    """The rows of decoded parts, each with the name of its object, in the columns of `SCHEMA`."""
    events = [event for _, part in parts for event in part.events]
    times = np.concatenate([part.times for _, part in parts]) if parts else np.zeros(0, np.int64)
    places = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part.events) for _, part in parts])
    names = pa.array([name for name, _ in parts], pa.string())
    document = columns(events, EVENT, NESTED)
    accounts, ids = document[ACCOUNT], document[EVENT_ID]
    if any(part.keys for _, part in parts):
        unnamed = [part.keys.get(i) for _, part in parts for i in range(len(part.events))]
        ids = pc.coalesce(pa.array(unnamed, pa.string()), ids)
    arrays = [
        pa.array(times).cast(SCHEMA.field("_time").type),
        pa.array(event_ids(accounts, ids)),
        *document,
        pa.DictionaryArray.from_arrays(places, names).cast(pa.string()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
