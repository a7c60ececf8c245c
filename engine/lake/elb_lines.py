"""Load balancer log lines, read one at a time and with care: quotes that do not match, line feeds, half lines.

The usual lines never come here (`elb.py` reads them by the thousand), only those that are odd in some way.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from engine.catalog import INT, LONG
from engine.lake.elb_fields import ALB, CLASSIC, ELB_FIELDS, NLB, NLB_FIELDS, TIMES


@dataclass(frozen=True)
class Form:
    """A form of log line: its fields in order, how many of them it has at least, the table it belongs to."""

    name: str
    table: str
    fields: tuple[str, ...]
    least: int


FORMS = {
    "alb": Form("alb", "elb", ALB, 25),
    "classic": Form("classic", "elb", CLASSIC, 15),
    "nlb": Form("nlb", "nlb", NLB, 16),
}
CONNECTIONS, HEALTH_CHECKS = "connection log", "health check log"
NUMBERS = {item.name: item.type for item in (*ELB_FIELDS, *NLB_FIELDS) if item.type.name in ("int", "long", "double")}
LIMITS = {INT: 2**31, LONG: 2**63}

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

NO_LOG_LINE = "no line of a load balancer's log"
ENDS_EARLY = "line ends early"
NO_TIME = "line without a usable time"
NO_NAME = "line without the name of a load balancer"
BAD_QUOTES = "quotes do not match"
TOO_LONG = "line too long"
ODD_ADDRESS = "unreadable address"

LONGEST = 1 << 20  # bytes of a line
MOST_JOINED = 64  # lines of one record
MOST_BORDERS = 64  # places where a request might end

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?"
IS_TIME = re.compile(TIME)
START = re.compile(rb'(?:"?[\w.-]+"? ){0,2}"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d')
TOKEN = re.compile(r'(?:"((?:[^"\\]++|\\.)*+)"|([^ "][^ ]*+))(?: |$)')
# What stands before the request, the request and the user agent whatever is in them, and what follows them.
ODD = {
    "alb": re.compile(r'((?:[^ ]+ ){12})"(.*?)" "(.*?)" ((?:[^ "]+ ){3}"[^"]*" "[^"]*" "[^"]*" .*)'),
    "classic": re.compile(r'((?:[^ ]+ ){11})"(.*?)" "(.*)" ([^ "]+ [^ "]+(?: .*)?)', re.DOTALL),
}
ODD_REQUEST = re.compile(r'(?:.*? HTTP/[\d.]+|- .*?|.*?)(?=" ")', re.DOTALL)
ODD_QUOTED = re.compile(r'"(.*?)"(?=$| (?:"|-(?: |$)|TID_|[\w.:\[-]+(?: |$)))', re.DOTALL)

WHOLE = re.compile(r"-?\d{1,19}")
REAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}(?<!\.)")
LB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Misfit(Exception):
    """A line that is no row; the reason is its text."""


@dataclass(frozen=True)
class Line:
    """A line read: the values of its form's fields, further fields, and what is odd about it though it is a row."""

    number: int
    form: Form
    count: int  # of its fields
    values: list[Any]
    rest: list[str | None]
    remarks: tuple[str, ...] = ()
    text: bytes = b""


@dataclass(frozen=True)
class Broken:
    """A line put aside, and why."""

    number: int
    reason: str
    text: bytes


@dataclass(frozen=True)
class Other:
    """A line of a kind of log that is not collected."""

    kind: str


def read_lines(
    text: bytes, first: int, load_balancer: str | None, fewest: dict[str, int]
) -> Iterator[Line | Broken | Other]:
    """Each line of a text as a row, as broken, or as one of another kind; blank lines are none.

    `first` is the number of the first line. `fewest` tells per form how many fields a last line without line feed
    must have, so as not to be taken for whole when its writer was interrupted.
    """
    lines = text.split(b"\n")
    last = len(lines) - 1  # not ended by a line feed, or empty
    place = 0
    while place <= last:
        number, line = first + place, lines[place].removesuffix(b"\r")
        place += 1
        if not line.strip():
            continue
        found = read_line(line, number, load_balancer, fewest if place > last else {})
        if isinstance(found, Broken) and found.reason in (BAD_QUOTES, ENDS_EARLY) and line.count(b'"') % 2:
            joined, more = join(lines, place, line)
            again = read_line(joined, number, load_balancer, fewest if place + more > last else {})
            if isinstance(again, Line):
                found, place = again, place + more
        yield found


def join(lines: list[bytes], place: int, line: bytes) -> tuple[bytes, int]:
    """A line with those that follow until its quotes match: user agents may contain line feeds."""
    for more in range(1, MOST_JOINED):
        if place + more > len(lines) or START.match(lines[place + more - 1]):
            break
        line += b"\n" + lines[place + more - 1]
        if line.count(b'"') % 2 == 0:
            return line, more
    return line, 0


def read_line(line: bytes, number: int, load_balancer: str | None, fewest: dict[str, int]) -> Line | Broken | Other:
    """One line as a row, as broken, or as one of another kind."""
    if len(line) > LONGEST:
        return Broken(number, TOO_LONG, line)
    if not START.match(line):
        return Broken(number, NO_LOG_LINE, line)
    text = line.decode(errors="backslashreplace")
    try:
        kind, tokens = tokens_of(text)
        if kind in (CONNECTIONS, HEALTH_CHECKS):
            return Other(kind)
        form = FORMS[kind]
        if len(tokens) < max(form.least, fewest.get(kind, 0)):
            raise Misfit(ENDS_EARLY)
        count = len(tokens)
        tokens += [None] * (len(form.fields) - len(tokens))
        values = [value(name, token) for name, token in zip(form.fields, tokens, strict=False)]
        place = form.fields.index("elb")
        values[place] = values[place] or load_balancer
        if not lb_name(values[place]):
            raise Misfit(NO_NAME)
        if values[form.fields.index("time")] is None:
            raise Misfit(NO_TIME)
    except Misfit as problem:
        return Broken(number, str(problem), line)
    odd = tuple(
        f"{ODD_ADDRESS} of {name}"
        for name, token in zip(form.fields, values, strict=True)
        if name in ("client", "target", "destination", "node") and token and address(token)[0] is None
    )
    return Line(number, form, count, values, tokens[len(form.fields) :], odd, line)


def tokens_of(text: str) -> tuple[str, list[str | None]]:
    """The kind of a line and its fields, null for `-`; raises Misfit.

    >>> tokens_of('2015-11-07T18:45:33.5Z elb1 10.0.0.1:4586 - -1 -1 -1 - - 0 0 "- - - " "-" - -')[0]
    'classic'
    """
    tokens = split(text)
    kind = kind_of(tokens if tokens is not None else text.split(" "))
    if kind == "nlb":
        tokens = text.split(" ")  # quotes are part of its fields
    if kind in ODD and (tokens is None or not fits(kind, tokens)):
        odd = split_odd(kind, text)
        if tokens is None and odd is None:
            raise Misfit(BAD_QUOTES)
        tokens = odd or tokens
    if tokens is None:
        raise Misfit(BAD_QUOTES)
    return kind, [None if text == "-" else text for text in tokens]


def split(text: str) -> list[str] | None:
    """The fields of a line, quoted or not; null when the quotes do not match.

    >>> split('a "b c" "" d"e')
    ['a', 'b c', '', 'd"e']
    """
    tokens: list[str] = []
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            return None
        tokens.append(found[1] if found[2] is None else found[2])
        place = found.end()
    return tokens


def split_odd(kind: str, text: str) -> list[str] | None:
    """The fields of a line with quotes inside the request or the user agent; null when it makes no sense either way."""
    if text.count('" "') > MOST_BORDERS:
        return None
    found = ODD[kind].fullmatch(text)
    if found is None:
        return None
    head, after = split(found[1]), found[4]
    middle = text[found.start(2) : found.end(3)]
    request = ODD_REQUEST.match(middle)
    tail: list[str] | None = split(after)
    if tail is None:
        tail = []
        place = 0
        while place < len(after):
            token = ODD_QUOTED.match(after, place) or TOKEN.match(after, place)
            if token is None:
                return None
            tail.append(token[1] if token[1] is not None else token[2])
            place = token.end() + (token.re is ODD_QUOTED)
    if head is None or request is None:
        return None
    return [*head, request[0], middle[request.end() + 3 :], *tail]


def fits(kind: str, tokens: list[str]) -> bool:
    """Whether the fields of a line are where they belong, told by those whose form is known.

    A token that holds a quote was cut in the middle, and so was the one before it.
    """
    if len(tokens) < FORMS[kind].least:
        return False
    if any('"' in token.replace('\\"', "") for token in tokens[11:]):
        return False
    if kind == "classic":
        return True
    priority, created = tokens[20], tokens[21]
    return bool((priority == "-" or WHOLE.fullmatch(priority)) and (created == "-" or IS_TIME.fullmatch(created)))


def kind_of(tokens: list[str]) -> str:
    """Which log a line is of; raises Misfit."""
    first, second, third = (token.strip('"') for token in (*tokens, "", "", "")[:3])
    if IS_TIME.fullmatch(first):
        return CONNECTIONS if canonical(second) and third.isdigit() else "classic"
    if IS_TIME.fullmatch(second):
        return HEALTH_CHECKS if REAL.fullmatch(third) else "alb"
    if IS_TIME.fullmatch(third) and REAL.fullmatch(second):
        return "nlb"
    raise Misfit(NO_LOG_LINE)


def value(name: str, token: str | None) -> Any:
    """A field's value in its type; raises Misfit."""
    if token is None:
        return None
    if name in TIMES:
        return instant(token)
    kind = NUMBERS.get(name)
    if kind is None:
        return token
    if kind in LIMITS:
        if WHOLE.fullmatch(token) and -LIMITS[kind] <= int(token) < LIMITS[kind]:
            return int(token)
    elif REAL.fullmatch(token) and math.isfinite(float(token)):
        return float(token)
    raise Misfit(f"{name} is not a number")


def instant(token: str) -> int:
    """UTC microseconds of a time, of which no zone means UTC; raises Misfit.

    >>> instant("2022-07-05T04:47:50.273035Z")
    1656996470273035
    """
    try:
        time = datetime.fromisoformat(token)
    except ValueError:
        raise Misfit(NO_TIME) from None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    if not EARLIEST <= time < LATEST:
        raise Misfit(NO_TIME)
    return (time - EARLIEST) // timedelta(microseconds=1)


def lb_name(elb: str | None) -> str | None:
    """Name of a load balancer from how it is logged, null when it is no name.

    >>> lb_name("app/prod-web/50dc6c495c0c9188"), lb_name("elb1"), lb_name("a/b")
    ('prod-web', 'elb1', None)
    """
    parts = (elb or "").split("/")
    name = parts[1] if len(parts) == 3 else parts[0] if len(parts) == 1 else ""
    return name if LB_NAME.fullmatch(name) else None


def lb_id(elb: str | None) -> str | None:
    return elb.split("/")[2] if elb and elb.count("/") == 2 else None


@lru_cache(maxsize=50_000)
def canonical(text: str) -> str | None:
    """Canonical text of an address, as the engine writes it: IPv6 in eight groups; null when it is none.

    >>> [canonical(text) for text in ("10.0.0.1", "2001:DB8::1", "035.249.253.232", "example.com")]
    ['10.0.0.1', '2001:db8:0:0:0:0:0:1', None, None]
    """
    if IPV4.fullmatch(text):
        return text
    if ":" not in text:
        return None
    try:
        number = int(ipaddress.IPv6Address(text))
    except ValueError:
        return None
    return ":".join(f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))


def address(token: str) -> tuple[str | None, int | None]:
    """Address and port of `address:port`, with or without brackets around IPv6; nulls where there are none.

    >>> address("10.0.0.1:80"), address("[2001:db8::1]:80"), address("2001:db8::1:80"), address("10.0.0.7")
    (('10.0.0.1', 80), ('2001:db8:0:0:0:0:0:1', 80), ('2001:db8:0:0:0:0:0:1', 80), ('10.0.0.7', None))
    """
    host, colon, port = token.rpartition(":")
    found = canonical(host.removeprefix("[").removesuffix("]"))
    if colon and found and ((port.isascii() and port.isdigit() and len(port) < 6) or port in ("", "-")):
        return found, int(port) if port.isdigit() else None
    return canonical(token.removeprefix("[").removesuffix("]")), None


ESCAPES = re.compile(r'(?:\\x[0-9A-Fa-f]{2})+|\\"')


def unescaped(text: str) -> str:
    """Text with `\\x22` and `\\"` decoded. What is no printable text stays as it was written.

    >>> unescaped(r'say \\x22hi\\x22, \\"you\\", \\x0a')
    'say "hi", "you", \\\\x0a'
    """
    return ESCAPES.sub(_decoded, text) if "\\" in text else text


def _decoded(found: re.Match[str]) -> str:
    if found[0] == '\\"':
        return '"'
    try:
        text = bytes.fromhex(found[0].replace("\\x", "")).decode()
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and text:
        return text
    # Some of a run may be printable all the same.
    single = (chr(int(pair, 16)) for pair in found[0].split("\\x")[1:])
    pairs = zip(single, re.findall(r"\\x..", found[0]), strict=True)
    return "".join(one if one.isascii() and one.isprintable() else raw for one, raw in pairs)


REQUEST = re.compile(r"(?P<method>\S+)(?: +(?P<target>.*?))?(?: +(?P<version>[A-Za-z]+/[\d.]+|-))?", re.DOTALL)
TARGET = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]*)://(?P<host>\[[^\]]*\]|[^:/?#]*)(?::(?P<port>\d{1,5})?)?(?P<url>.*)", re.DOTALL
)
PARTS = ("method", "scheme", "host", "port", "url", "path", "query", "http_version")


def request_parts(request: str | None) -> tuple[Any, ...]:
    """Method, scheme, host, port, URL, path, query and version of a request line; nulls where it has none.

    >>> request_parts("GET http://Example.com:80/a b?c=1 HTTP/1.1")
    ('GET', 'http', 'example.com', 80, '/a b?c=1', '/a b', 'c=1', 'HTTP/1.1')
    >>> request_parts("- http://example.com:80- -")
    (None, 'http', 'example.com', 80, None, None, None, None)
    """
    found = REQUEST.fullmatch((request or "").strip(" "))
    if found is None:
        return (None,) * len(PARTS)
    method, target, version = (None if part in ("-", "") else part for part in found.groups())
    scheme = host = port = None
    absolute = TARGET.fullmatch(target or "")
    if absolute:
        scheme, host, port, target = absolute.groups()
        host = host.removeprefix("[").removesuffix("]").lower() or None
    url = None if target in ("-", "", None) else target
    path, mark, query = (url or "").partition("?")
    return (
        *(method, scheme, host, int(port) if port else None, url, path if url else None),
        *(query if mark else None, version),
    )
