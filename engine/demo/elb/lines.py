r"""A request as a load balancer sees it, and the line it writes about that.

An ALB writes 34 fields, a classic one 15. Real lines have their traps, and so do these: `-` for what is not there,
-1 for times of what did not happen, 0.000 for what was quicker than half a millisecond, `\x22` (ALB) or `\"` (classic)
for a quote in a user agent, URLs with spaces, and `- - - ` where there was no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple

from engine.demo.elb.balancers import Balancer, Rule
from engine.demo.elb.clients import Client
from engine.demo.records import timestamp


@dataclass(frozen=True, slots=True)
class Connection:
    """What the requests of one connection have in common, as pieces of a line."""

    balancer: Balancer
    node: str
    kind: str  # type of an ALB line
    client: str  # address and port
    version: str
    agent: str
    cipher: str  # and protocol
    names: str  # SNI and certificate
    trace: str


def connect(
    random: Random, balancer: Balancer, client: Client, host: str, *, secure: bool = True, kind: str = ""
) -> Connection:
    """A connection of a client who asks for `host`; its name is known when it is one of the certificate's."""
    version = "HTTP/2.0" if client.http2 and secure else "HTTP/1.1"
    known = secure and host.endswith(".example")
    return Connection(
        balancer,
        random.choice(balancer.nodes),
        kind or ("http" if not secure else "h2" if client.http2 else "https"),
        f"{client.address}:{random.randrange(1024, 65536)}",
        version,
        client.agent,
        "- -" if not secure else MODERN if client.modern else OLDER,
        f'"{host if known else "-"}" "{_certificate(random, balancer)}"' if secure else '"-" "-"',
        f"TID_{random.getrandbits(128):032x}",
    )


MODERN = "TLS_AES_128_GCM_SHA256 TLSv1.3"
OLDER = "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2"


def _certificate(random: Random, balancer: Balancer) -> str:
    return "session-reused" if random.random() < 0.2 else balancer.certificate


class Request(NamedTuple):
    """One request and its answer: `micros` (of the epoch) is when the answer was sent.

    `waited` is how many seconds the target took, negative when it never answered. `call` is method and full URL.
    """

    micros: int
    connection: Connection
    call: str
    rule: Rule
    target: str
    waited: float
    status: str
    target_status: str
    received: int
    sent: int
    error: str = "-"
    oddity: str = "-"  # classification_reason


def line(request: Request, random: Random) -> str:
    """The line that the request's load balancer writes.

    >>> from engine.demo.elb.balancers import DIRECT_TCP, TERMINALS
    >>> till = connect(Random(1), TERMINALS, Client("203.0.113.9", "-", False, False), "", secure=False)
    >>> line(Request(1_500_000, till, "", DIRECT_TCP, "10.20.7.11:9100", 0.00002, "-", "-", 82, 305), Random(1))
    '1970-01-01T00:00:01.500000Z store-terminals 203.0.113.9:38327 10.20.7.11:9100 0.000097 0.000020 0.000041 - - 82 305
    "- - - " "-" - -'
    """
    return alb_line(request, random) if request.connection.balancer.id else classic_line(request)


def alb_line(request: Request, random: Random) -> str:
    """The 34 fields of an ALB."""
    micros, connection, call, rule, target, waited, status, target_status, received, sent, error, oddity = request
    if waited >= 0:
        spent, took = f"0.00{micros % 3} {waited:.3f} 0.000", int(waited * 1e6)
    else:
        spent, took = ("-1 -1 -1", 1000) if target == "-" else ("0.001 -1 -1", 2000)
    second, fraction = divmod(micros, 1_000_000)
    at = _second(second)
    created, millis = divmod((micros - took) // 1000 - 2, 1000)
    came = at if created == second else _second(created)
    called = rule.priority != "-"  # else nobody understood what was asked for
    version, agent = (connection.version, connection.agent) if called else ("-", "-")
    root = "-" if not called else f"Root=1-{second:08x}-{random.getrandbits(96):024x}"
    redirect = _redirect(call) if rule.actions == "redirect" else "-"
    classified = '"-" "-"' if oddity == "-" else f'"Ambiguous" "{oddity}"'
    return (
        f"{connection.kind} {at}.{fraction:06d}Z {connection.balancer.logged_as} {connection.client}"
        f" {target} {spent} {status} {target_status} {received} {sent} "
        f'"{call} {version}" "{agent}" {connection.cipher} {rule.group} "{root}"'
        f" {connection.names} {rule.priority} {came}.{millis:03d}000Z "
        f'"{rule.actions}" "{redirect}" "{error}" "{target}" "{target_status}" {classified} {connection.trace} '
        f'"-" "-" "-" {connection.node}'
    )


def classic_line(request: Request) -> str:
    """The 15 fields of a classic load balancer, whose time is that of the request's arrival."""
    connection, waited = request.connection, request.waited
    second, fraction = divmod(request.micros, 1_000_000)
    spent = f"0.000{request.micros // 7 % 90 + 12:03d} {waited:.6f} 0.000041" if waited >= 0 else "-1 -1 -1"
    called = f"{request.call} {connection.version}" if request.call else "- - - "
    return (
        f"{_second(second)}.{fraction:06d}Z {connection.balancer.logged_as} {connection.client} {request.target} "
        f"{spent} {request.status} {request.target_status} {request.received} {request.sent} "
        f'"{called}" "{connection.agent if request.call else "-"}" {connection.cipher}'
    )


def _redirect(call: str) -> str:
    """Where a redirect leads: the same path by HTTPS."""
    return (
        call.split(" ", 1)[1].replace("http://", "https://", 1).replace(":80/", ":443/", 1).replace("//www.", "//shop.")
    )


def _second(second: int) -> str:
    """A second of the epoch without its zone.

    >>> _second(61)
    '1970-01-01T00:01:01'
    """
    minute, rest = divmod(second, 60)
    return f"{_minute(minute)}{rest:02d}"


@lru_cache(maxsize=4096)
def _minute(minute: int) -> str:
    return timestamp(minute * 60)[:-3].decode()
