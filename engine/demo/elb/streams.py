"""Which requests come, how often and from whom: the shop, the app, partners, terminals of stores, and noise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.demo.company import BERLIN, SEOUL
from engine.demo.elb.balancers import (
    API,
    API_APP,
    API_HOST,
    API_PARTNER,
    API_STOCK,
    BLOCKED,
    CHECKOUT,
    DELIVERY_SLOTS,
    DIRECT,
    DIRECT_TCP,
    MALFORMED,
    PING,
    SHOP,
    SHOP_HOST,
    SHOP_WEB,
    STOCK_HOST,
    TERMINALS,
    TERMINALS_HOST,
    TO_HTTPS,
    TO_SHOP,
    UNKNOWN_HOST,
    WWW_HOST,
    Balancer,
    Rule,
)
from engine.demo.elb.clients import (
    APP_USERS,
    OBSERVERS,
    PARTNER_SYSTEMS,
    SEARCH_ENGINES,
    SHOPPERS,
    STOCK_CALLERS,
    STORES,
    STRANGERS,
    Crowd,
)
from engine.demo.records import uuid
from engine.demo.rhythm import ALWAYS, OFFICE
from engine.demo.rhythm import SHOP as SHOP_HOURS

STORE_HOURS = (0, 0, 0, 0, 0, 1, 3, 6, 9, 10, 11, 12, 12, 11, 10, 10, 11, 12, 12, 10, 7, 3, 1, 0)
VARIANTS = 128  # of a path with tokens, on one day
UNANSWERED = {"460", "502", "503", "504"}
KIB, MIB = 1 << 10, 1 << 20


class Outcome(NamedTuple):
    """How a request ended; `size` is the part of the usual answer that was sent."""

    rule: Rule
    status: str
    target_status: str
    answered: bool
    reached: bool
    size: float
    error: str


@dataclass(frozen=True)
class Route:
    """A kind of request.

    The path may hold tokens: `<number>`, `<uuid>`, `<word>`, `<page>`. `statuses` are weights of the outcomes, by
    status; `waf` is a 403 of the firewall in front. `took` is the median of the target's seconds.
    """

    method: str
    path: str
    share: float
    rule: Rule
    took: float = 0.0
    received: int = 420
    sent: int = 900
    statuses: Mapping[str, int] | None = None
    host: str | None = None
    oddity: str = "-"

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Each as often as it weighs."""
        weights = self.statuses or {"200": 1}
        return tuple(outcome for status, weight in weights.items() for outcome in [self.outcome(status)] * weight)

    def outcome(self, status: str) -> Outcome:
        """What a status means for the other fields."""
        rule = BLOCKED if status == "waf" else self.rule
        status = "403" if status == "waf" else status
        answered = status not in UNANSWERED and (rule.forwards or rule in (DIRECT, DIRECT_TCP))
        seen = answered and rule.targets != ("-",) and status != "-"
        reached = status != "503" and rule.targets != ("-",)
        size = 1.0 if status[0] in "2-" else 0.0
        error = "LambdaUnhandled" if status == "502" and rule is DELIVERY_SLOTS else "-"
        return Outcome(rule, status, status if seen else "-", answered, reached, size, error)

    def calls(self, base: str, random: Random) -> tuple[str, ...]:
        """Method and URL, with the tokens filled in in some ways."""
        if self.rule is DIRECT_TCP:
            return ("",)
        if self.rule is MALFORMED:
            return (f"- {base}-",)
        text = f"{self.method} {self.host or base}{self.path}"
        if "<" not in self.path:
            return (text,)
        return tuple(_TOKEN.sub(lambda token: _value(token[1], random), text) for _ in range(VARIANTS))


_TOKEN = re.compile("<(number|uuid|word|page)>")
WORDS = ("songpyeon", "injeolmi", "baekseolgi", "gyeongdan", "jeolpyeon", "sirutteok", "chapssaltteok", "yaksik")


def _value(kind: str, random: Random) -> str:
    match kind:
        case "number":
            return str(random.randrange(1000, 1400))
        case "page":
            return str(random.randrange(1, 30))
        case "word":
            return random.choice(WORDS)
    return uuid(f"{random.getrandbits(128):032x}").decode()


@dataclass(frozen=True, eq=False)
class Stream:
    """Visits to one listener: a visit is one client's connection with some requests, `pause` seconds apart."""

    name: str
    balancer: Balancer
    host: str
    crowd: Crowd
    per_day: int  # requests
    routes: tuple[Route, ...]
    per_visit: float = 1.0
    pause: float = 6.0
    curve: Sequence[int] = ALWAYS
    zone: ZoneInfo = SEOUL.zone
    day_off: float = 1.0  # how much of it there is at weekends
    secure: bool = True
    kind: str = ""
    regulars: float = 2.0  # 1: all clients come alike; more: some come much more often

    @property
    def base(self) -> str:
        """What URLs begin with.

        >>> STREAMS[0].base
        'https://shop.moonrabbit.example:443'
        """
        return f"https://{self.host}:443" if self.secure else f"http://{self.host}:80"


FINE = {"200": 985, "304": 10, "460": 2, "404": 2, "500": 1}
CACHED = {"200": 60, "304": 39, "404": 1}
GUARDED = {"200": 93, "401": 6, "403": 1}
PROBED = {"404": 70, "waf": 30}


_SHOP_ROUTES = (
    Route("GET", "/", 9, SHOP_WEB, 0.060, 520, 31 * KIB, FINE),
    Route("GET", "/products/<number>", 17, SHOP_WEB, 0.085, 540, 26 * KIB, FINE),
    Route("GET", "/categories/<word>?page=<page>", 9, SHOP_WEB, 0.120, 530, 34 * KIB, FINE),
    Route("GET", "/search?q=<word>&sort=popular", 6, SHOP_WEB, 0.210, 560, 18 * KIB, FINE),
    Route("GET", "/static/app-5f1c09.js", 10, SHOP_WEB, 0.0006, 430, 148 * KIB, CACHED),
    Route("GET", "/static/app-5f1c09.css", 8, SHOP_WEB, 0.0005, 430, 37 * KIB, CACHED),
    Route("GET", "/images/products/<number>.webp", 19, SHOP_WEB, 0.0021, 440, 84 * KIB, CACHED),
    Route("GET", "/favicon.ico", 1, SHOP_WEB, 0.0004, 380, 4 * KIB, {"200": 9, "404": 1}),
    Route("HEAD", "/", 0.4, SHOP_WEB, 0.050, 260, 300),
    Route("POST", "/cart/items", 5, SHOP_WEB, 0.070, 900, 2 * KIB, {"201": 97, "400": 1, "409": 2}),
    Route("DELETE", "/cart/items/<uuid>", 1, SHOP_WEB, 0.050, 640, 400, {"204": 1}),
    Route("POST", "/login", 2, SHOP_WEB, 0.240, 880, 1200, {"302": 90, "401": 10}),
    Route("GET", "/account/orders/<uuid>", 3, SHOP_WEB, 0.110, 720, 14 * KIB, FINE),
    Route("POST", "/account/photos", 0.5, SHOP_WEB, 0.320, 900 * KIB, 900, {"201": 96, "413": 4}),
    Route("GET", "/checkout", 3, CHECKOUT, 0.140, 810, 16 * KIB, {"200": 199, "500": 1}),
    Route("POST", "/checkout/confirm", 2, CHECKOUT, 0.380, 1900, 3 * KIB, {"200": 97, "402": 3}),
    Route("GET", "/delivery-slots?area=<number>", 3, DELIVERY_SLOTS, 0.160, 600, 2 * KIB, {"200": 199, "502": 1}),
    Route("GET", "/recipes/<word>", 1, SHOP_WEB, 0.080, 520, 21 * KIB, {"200": 80, "404": 20}),
)  # fmt: skip
_CRAWLED = (
    Route("GET", "/robots.txt", 1, SHOP_WEB, 0.001, 320, 300),
    Route("GET", "/sitemap.xml", 1, SHOP_WEB, 0.030, 320, 96 * KIB),
    Route("GET", "/products/<number>", 14, SHOP_WEB, 0.085, 330, 26 * KIB, {"200": 95, "404": 5}),
)
_API_ROUTES = (
    Route("GET", "/v2/stores?near=<number>", 12, API_APP, 0.055, 680, 9 * KIB, GUARDED),
    Route("GET", "/v2/products/<number>", 22, API_APP, 0.030, 660, 4 * KIB, GUARDED),
    Route("GET", "/v2/customers/<uuid>/orders?page=<page>", 14, API_APP, 0.090, 720, 12 * KIB, GUARDED),
    Route("POST", "/v2/orders", 8, API_APP, 0.260, 2100, 1800, {"201": 96, "400": 2, "422": 2}),
    Route("PATCH", "/v2/customers/<uuid>", 3, API_APP, 0.080, 1100, 700, {"200": 95, "409": 5}),
    Route("PUT", "/v2/devices/<uuid>/token", 6, API_APP, 0.040, 980, 300, {"204": 1}),
    Route("OPTIONS", "/v2/orders", 4, API_APP, 0.001, 520, 400, {"204": 1}),
    Route("GET", "/v1/menu", 2, API_APP, 0.0, 540, 300, {"410": 1}),
)
_PARTNER_ROUTES = (
    Route("GET", "/partners/orders?since=<page>", 20, API_PARTNER, 0.180, 760, 48 * KIB, {"200": 96, "429": 4}),
    Route("PUT", "/partners/catalogue/<number>", 8, API_PARTNER, 0.420, 1400 * KIB, 500, {"200": 99, "413": 1}),
    Route("POST", "/partners/labels", 6, API_PARTNER, 0.310, 210 * KIB, 64 * KIB, {"201": 398, "504": 2}),
    Route("GET", "/partners/invoices/<uuid>.pdf", 3, API_PARTNER, 0.140, 700, 350 * KIB),
)
_STOCK_ROUTES = (
    Route("POST", "/moonrabbit.stock.v1.Stock/Reserve", 3, API_STOCK, 0.012, 620, 300),
    Route("POST", "/moonrabbit.stock.v1.Stock/List", 2, API_STOCK, 0.028, 540, 11 * KIB),
)
_TERMINAL_ROUTES = (
    Route("POST", "/receipts", 5, DIRECT, 0.045, 1800, 160, {"201": 99, "500": 1}),
    Route("GET", "/prices/<number>", 4, DIRECT, 0.012, 0, 900, {"200": 96, "404": 4}),
    Route("GET", "/firmware/1.14.bin", 0.2, DIRECT, 0.030, 0, 700 * KIB),
)
_BY_ADDRESS = f"http://{SHOP.nodes[0]}:80"
_SHOP_NOISE = (
    Route("GET", "/", 10, UNKNOWN_HOST, host=_BY_ADDRESS, statuses={"404": 1}),
    Route("GET", "/", 6, UNKNOWN_HOST, host=f"http://{SHOP.nodes[1]}:80", statuses={"404": 1}),
    Route("GET", "/", 4, UNKNOWN_HOST, host=f"http://{SHOP.dns_name}:80", statuses={"404": 1}),
    Route("GET", "/.env", 3, UNKNOWN_HOST, host=_BY_ADDRESS, statuses=PROBED),
    Route("GET", "/cgi-bin/luci/;stok=/locale?form=country", 2, UNKNOWN_HOST, host=_BY_ADDRESS, statuses=PROBED),
    Route("POST", "/boaform/admin/formLogin", 2, UNKNOWN_HOST, host=_BY_ADDRESS, statuses=PROBED),
    Route("GET", "/latest/meta-data/", 1, UNKNOWN_HOST, host="http://169.254.169.254:80", statuses={"404": 1}),
    Route("GET", "/", 1, UNKNOWN_HOST, host="http://localhost:80", statuses={"404": 1}),
    Route("CONNECT", "/", 0.6, UNKNOWN_HOST, host="http://mail.badger.example:80", statuses={"404": 1}),
    Route("PROPFIND", "/", 0.6, UNKNOWN_HOST, host=_BY_ADDRESS, statuses={"404": 1}),
    Route(
        "GET", "/index.php?s=/index/ think/app", 0.15, UNKNOWN_HOST, host=_BY_ADDRESS, statuses={"404": 1},
        oddity="SpaceInUri",
    ),
    Route("GET", r"/shell?cd+/tmp;echo+\x22x\x22", 0.1, UNKNOWN_HOST, host=_BY_ADDRESS, statuses=PROBED),
)  # fmt: skip
_TLS_NOISE = (
    Route("GET", "/", 6, UNKNOWN_HOST, statuses={"404": 1}),
    Route("GET", "/.git/config", 2, UNKNOWN_HOST, statuses=PROBED),
    Route("GET", "/actuator/health", 2, UNKNOWN_HOST, statuses=PROBED),
)
_NO_HTTP = (Route("-", "", 1, MALFORMED, received=0, sent=272, statuses={"400": 1}),)

STREAMS = (
    Stream("shop", SHOP, SHOP_HOST, SHOPPERS, 11_500, _SHOP_ROUTES, 7, 6, SHOP_HOURS, day_off=1.15),
    Stream("crawlers", SHOP, SHOP_HOST, SEARCH_ENGINES, 500, _CRAWLED, 12, 9),
    Stream(
        "shop by http", SHOP, SHOP_HOST, SHOPPERS, 620,
        (Route("GET", "/", 5, TO_HTTPS, statuses={"301": 1}),
         Route("GET", "/products/<number>", 3, TO_HTTPS, statuses={"301": 1})),
        curve=SHOP_HOURS, secure=False,
    ),
    Stream(
        "www", SHOP, WWW_HOST, SHOPPERS, 240, (Route("GET", "/", 1, TO_SHOP, statuses={"302": 1}),),
        curve=SHOP_HOURS, secure=False,
    ),
    Stream("monitor", SHOP, SHOP_HOST, OBSERVERS, 480, (Route("GET", "/ping", 1, PING, sent=150),), regulars=1),
    Stream(
        "order status", SHOP, SHOP_HOST, SHOPPERS, 180,
        (Route("GET", "/live/orders/<uuid>", 1, SHOP_WEB, 0.004, 900, 6 * KIB, {"101": 1}),),
        curve=SHOP_HOURS, kind="wss",
    ),
    Stream("shop noise", SHOP, SHOP.nodes[0], STRANGERS, 260, _SHOP_NOISE, 2, 3, secure=False),
    Stream("shop noise by TLS", SHOP, SHOP.nodes[1], STRANGERS, 80, _TLS_NOISE, 2, 3),
    Stream("not HTTP", SHOP, SHOP.dns_name, STRANGERS, 3, _NO_HTTP, secure=False),
    Stream("app", API, API_HOST, APP_USERS, 4_300, _API_ROUTES, 5, 4, SHOP_HOURS, BERLIN.zone),
    Stream(
        "partners", API, API_HOST, PARTNER_SYSTEMS, 1_500, _PARTNER_ROUTES, 9, 20, tuple(1 + hour for hour in OFFICE),
        BERLIN.zone, day_off=0.4, regulars=1.2,
    ),
    Stream("stock", API, STOCK_HOST, STOCK_CALLERS, 260, _STOCK_ROUTES, 8, 2, kind="grpcs", regulars=1),
    Stream("api noise", API, API.nodes[0], STRANGERS, 110, _TLS_NOISE, 2, 3),
    Stream(
        "terminals", TERMINALS, TERMINALS_HOST, STORES, 1_050, _TERMINAL_ROUTES, 3, 8, STORE_HOURS, secure=False,
        regulars=1,
    ),
    Stream(
        "tills", TERMINALS, "", STORES, 620, (Route("-", "", 1, DIRECT_TCP, 0.00003, 90, 310, {"-": 1}),),
        curve=STORE_HOURS, secure=False, regulars=1,
    ),
)  # fmt: skip
