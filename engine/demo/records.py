"""What a CloudTrail record is made of, and how it becomes JSON.

A record is a caller (who, from where) and a call (what, with which parameters) at a second. Both are encoded once and
used for many records: writing one is joining a dozen pieces.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from random import Random
from typing import Any, NamedTuple

import msgspec

from engine.demo.company import GLOBAL_REGION, example_id

Document = Mapping[str, Any]
Place = tuple[str, str]
"""An account and a region."""
Tokens = Mapping[str, str]
"""Values for tokens such as `<hex#2>`, see `Api`."""

GLOBAL_SERVICES = {"iam", "organizations", "cloudfront", "route53", "sso", "ce"}
VARIANTS = 6  # of a reading call, which are many and alike


@dataclass(frozen=True)
class Caller:
    """Who calls and from where, as the pieces of a record that stay the same during a session."""

    account: str
    arn: str
    head: bytes
    client: bytes
    tail: bytes
    tls: bool

    @classmethod
    def of(
        cls, identity: Document, account: str, address: str, agent: str, *, console: bool = False, version: str = "1.11"
    ) -> Caller:
        """Encode an identity; a proxy inside AWS shows no TLS details, a console session says so in a text "true"."""
        head = b'{"eventVersion":"%b","userIdentity":%b,"eventTime":"' % (version.encode(), json(identity))
        client = b'%b,"userAgent":%b' % (json(address), json(agent))
        tail = b',"sessionCredentialFromConsole":"true"}' if console else b"}"
        if address.startswith("10."):  # private addresses reach AWS through an endpoint in the network
            tail = b',"vpcEndpointId":"vpce-0a1b2c3d4e5f60718"' + tail
        tls = not (agent == "AWS Internal" or agent.endswith("amazonaws.com"))
        return cls(account, str(identity.get("arn", "")), head, client, tail, tls)


@dataclass(frozen=True)
class Call:
    """What is called, as the pieces of a record around the time, the client and the ids."""

    place: Place
    before: bytes
    between: bytes
    after: bytes
    tls: bytes
    has_request: bool = True
    echoes_request: bool = False


class Event(NamedTuple):
    """One record to be written: when (second of the epoch), who, what."""

    second: int
    caller: Caller
    call: Call


class Entry(NamedTuple):
    """An event with the ids that its record has, wherever it is shown."""

    event: Event
    request_id: bytes
    event_id: bytes


@dataclass(frozen=True, eq=False)
class Api:
    """An operation as this company uses it.

    Texts may hold tokens: `<account>`, `<region>`, `<hex>`, `<uuid>`, `<number>`, or a word of `WORDS`; a token with a
    number (`<hex#2>`) is another value, the same token the same value throughout a record.
    """

    service: str
    name: str
    parameters: Document | None = None
    response: Document | None = None
    resource: tuple[str, str] | None = None  # ARN and type
    extra: Document | None = None  # additionalEventData
    reads: bool = True
    data: bool = False  # a data event, not a management event
    error: tuple[str, str] | None = None
    source: str = ""
    kind: str = "AwsApiCall"
    details: Document | None = None  # serviceEventDetails

    def at(self, place: Place, random: Random, given: Tokens | None = None) -> Call:
        """The call in an account and region: one of a few for reading calls, a new one for changing calls.

        `given` are values of tokens, for calls that concern the same thing.
        """
        if self.reads and self.error is None:
            return _variants(self, _home(self.service, place))[int(random.random() * VARIANTS)]
        return _build(self, _home(self.service, place), random, given)

    def denied(self, place: Place, random: Random, arn: str) -> Call:
        """The same call, refused for lack of a permission."""
        return _build(_refused(self, arn), _home(self.service, place), random)


@cache
def _refused(api: Api, arn: str) -> Api:
    code = "Client.UnauthorizedOperation" if api.service == "ec2" else "AccessDenied"
    action = f"{api.service}:" + re.sub(r"\d{8}(v\d+)?$", "", api.name)
    reason = f"because no identity-based policy allows the {action} action"
    message = f"User: {arn} is not authorized to perform: {action} {reason}"
    return replace(api, response=None, resource=None, error=(code, message))


WORDS: dict[str, Sequence[str]] = {
    "bucket": ("moonrabbit-orders", "moonrabbit-recipes", "moonrabbit-photos", "moonrabbit-invoices"),
    "function": ("checkout", "delivery-slots", "steamer-schedule", "label-printer", "loyalty-points"),
    "table": ("orders", "stock", "carts", "coupons"),
    "secret": ("prod/checkout/database", "prod/payments/token", "shop/session-key"),
    "parameter": ("/shop/feature-flags", "/shop/opening-hours", "/steamer/temperature", "/courier/endpoint"),
    "queue": ("orders-to-bake", "labels-to-print", "mails-to-send"),
    "repository": ("shop-web", "checkout", "courier", "steamer"),
    "alarm": ("checkout-latency", "orders-stuck", "database-connections"),
    "scaling": ("shop-web", "checkout-workers"),
    "stack": ("shop-network", "courier", "steamer-sensors"),
    "role": ("checkout-task", "courier-lambda", "steamer-sensors", "data-loader"),
    "policy": ("checkout-access", "courier-queues", "data-loader"),
    "database": ("orders-primary", "orders-replica", "loyalty"),
    "log": ("/aws/lambda/checkout", "/aws/lambda/delivery-slots", "/ecs/shop-web"),
    "instance": ("t3.large", "m6i.large", "m6i.xlarge", "c6i.large"),
    "zone": ("a", "b", "c"),
    "day": ("2026-01", "2026-02", "2026-03"),
}

_TOKEN = re.compile(rb"<(?!request>)([a-z]+)(?:#\d+)?>")


@cache
def _variants(api: Api, place: Place) -> list[Call]:
    random = Random(f"{api.service} {api.name} {place}")
    return [_build(api, place, random) for _ in range(VARIANTS)]


def _build(api: Api, place: Place, random: Random, given: Tokens | None = None) -> Call:
    """Encode a call and fill its tokens."""
    template = _template(api, place)
    if b"<" not in template.between and b"<" not in template.after:
        return template
    values: dict[str, str] = dict(given or {})

    def fill(match: re.Match[bytes]) -> bytes:
        token = match[0].decode()
        if token not in values:
            values[token] = _value(match[1].decode(), random)
        return values[token].encode()

    between = _TOKEN.sub(fill, template.between)
    after = _TOKEN.sub(fill, template.after)
    return Call(place, template.before, between, after, template.tls, template.has_request, template.echoes_request)


def _value(word: str, random: Random) -> str:
    if word == "hex":
        return hexadecimal(random)
    if word == "number":
        return str(random.randrange(10, 250))
    if word == "uuid":
        return str(uuid(f"{random.getrandbits(128):032x}"), "ascii")
    if word == "key":
        return example_id("ASIA", str(random.getrandbits(64)), 20)
    return random.choice(WORDS[word])


def hexadecimal(random: Random) -> str:
    """The 17 digits that ids of EC2 end with."""
    return f"{random.getrandbits(68):017x}"


@cache
def _template(api: Api, place: Place) -> Call:
    """The call with its account and region filled in, other tokens left."""
    account, region = place
    source = api.source or f"{api.service}.amazonaws.com"
    before = f'","eventSource":"{source}","eventName":"{api.name}","awsRegion":"{region}","sourceIPAddress":'
    has_request = api.kind == "AwsApiCall"
    between: list[bytes] = []
    if api.error is not None:
        code, message = api.error
        between += [b',"errorCode":' + json(code)] if code else []
        between += [b',"errorMessage":' + json(message)]
    between += [b',"requestParameters":' + json(api.parameters), b',"responseElements":' + json(api.response)]
    if api.extra is not None:
        between.append(b',"additionalEventData":' + json(api.extra))
    between.append(b',"requestID":"' if has_request else b',"eventID":"')
    after: list[bytes] = [b'","readOnly":' + json(api.reads)]
    if api.resource is not None:
        arn, kind = api.resource
        after.append(b',"resources":' + json([{"accountId": account, "type": kind, "ARN": arn}]))
    after.append(b',"eventType":"%b","managementEvent":%b' % (api.kind.encode(), json(not api.data)))
    after.append(b',"recipientAccountId":"%b"' % account.encode())
    if api.details is not None:
        after.append(b',"serviceEventDetails":' + json(api.details))
    after.append(b',"eventCategory":"%b"' % (b"Data" if api.data else b"Management"))

    def placed(parts: list[bytes]) -> bytes:
        return b"".join(parts).replace(b"<account>", account.encode()).replace(b"<region>", region.encode())

    return Call(
        place,
        before.encode(),
        placed(between),
        placed(after),
        _tls(api, region),
        has_request,
        echoes_request=b"<request>" in json(api.response),
    )


def _tls(api: Api, region: str) -> bytes:
    """TLS details name the host that was asked."""
    if api.kind not in ("AwsApiCall", "AwsConsoleSignIn"):
        return b""
    host = f"{api.service}.amazonaws.com" if api.service in GLOBAL_SERVICES else f"{api.service}.{region}.amazonaws.com"
    if api.service == "signin":
        host = f"{region}.signin.aws.amazon.com"
    details = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}
    return b',"tlsDetails":' + json(details)


def _home(service: str, place: Place) -> Place:
    """Global services record their calls in one region, wherever the caller was."""
    return (place[0], GLOBAL_REGION) if service in GLOBAL_SERVICES else place


def json(value: Any) -> bytes:
    """Compact JSON.

    >>> json({"a": None})
    b'{"a":null}'
    """
    return msgspec.json.encode(value)


def timestamp(second: int) -> bytes:
    """A second of the epoch as CloudTrail writes it.

    >>> timestamp(0)
    b'1970-01-01T00:00:00Z'
    """
    minute, rest = divmod(second, 60)
    return b"%b%02dZ" % (_minute(minute), rest)


@lru_cache(maxsize=4096)
def _minute(minute: int) -> bytes:
    return b"%04d-%02d-%02dT%02d:%02d:" % time.gmtime(minute * 60)[:5]


def uuid(digits: str) -> bytes:
    """32 hexadecimal digits as a random UUID (version 4).

    >>> uuid("0123456789abcdef0123456789abcdef")
    b'01234567-89ab-4def-a123-456789abcdef'
    """
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}".encode()


def uuids(random: Random, count: int) -> Iterator[bytes]:
    """`count` UUIDs out of a seeded generator."""
    digits = random.randbytes(16 * count).hex()
    return (uuid(digits[place : place + 32]) for place in range(0, 32 * count, 32))


def render(event: Event, request_id: bytes, event_id: bytes) -> bytes:
    """The record as JSON."""
    caller, call = event.caller, event.call
    between = call.between.replace(b"<request>", request_id) if call.echoes_request else call.between
    ids = request_id + b'","eventID":"' + event_id if call.has_request else event_id
    tls = call.tls if caller.tls else b""
    pieces = (
        caller.head, timestamp(event.second), call.before, caller.client, between, ids, call.after, tls, caller.tail,
    )  # fmt: skip
    return b"".join(pieces)
