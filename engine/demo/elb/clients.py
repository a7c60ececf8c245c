"""Who comes to the load balancers.

The networks are large ones of telephone companies and clouds of a country, see `company`: they accuse nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from engine.demo.company import MONITORING_ADDRESSES

KOREA = ("121.134", "175.209", "58.229", "223.38", "39.7", "106.101", "211.234", "210.94", "61.72", "2001:2d8:f10a")
GERMANY = ("95.90", "89.12", "91.10", "80.187", "62.157", "2.247", "2003:e5:f000")
UNITED_STATES = ("73.158", "98.207", "24.5", "174.192", "2601:645:8000")
JAPAN = ("126.72", "2400:2410:9000")
FRANCE, BRITAIN, AUSTRALIA, POLAND = ("90.12", "86.215"), ("81.130", "86.140"), ("1.120", "110.140"), ("83.23",)
CLOUDS = ("20.195.9", "34.118.0", "13.48.0", "51.15.3", "139.59.3", "104.131.2", "34.65.4", "8.219.1", "14.160.3")
"""Where programs run that try every address: Singapore, Poland, Sweden, the Netherlands, India and others."""

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 16; SM-S938N) {CHROME} Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Safari/605.1.15",
    f"Mozilla/5.0 (Linux; Android 15; SM-A556S Build/AP3A.240905.015; wv) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)
APPS = (
    "MoonrabbitApp/5.2.1 (iPhone; iOS 26.1; de_DE) CFNetwork/3860.200.71 Darwin/25.1.0",
    "MoonrabbitApp/5.2.0 (Android 16; Pixel 9; en_GB) okhttp/5.1.0",
    "MoonrabbitApp/4.9.7 (Android 13; SM-G991B; fr_FR) okhttp/4.12.0",
)
CRAWLERS = ("Mozilla/5.0 (compatible; LanternBot/2.1; +https://lantern-search.example/bot)",)
MONITORS = ("Datagram-Observer/7.70 (synthetic)",)
PARTNERS = ("rice-mill-erp/3.4 Java/21.0.8", "python-requests/2.32.5", "magpie-logistics/1.12 (go1.25.1)")
STOCK_SERVICES = ("grpc-go/1.76.0",)
TERMINALS = ("TteokTerminal/2.8 (STM32; fw 1.14)",) * 20 + (r"TteokTerminal/2.6 (\"old stock\"; fw 1.09)",)
NOISE = (
    *("Mozilla/5.0 zgrab/0.x", "-", "curl/7.88.1", "Go-http-client/1.1") * 12,
    r"Mozilla/5.0 (\x22Linux\x22; x86_64) masscan/1.3",
    "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/41.0.2228.0 Safari/537.36",
)


@dataclass(frozen=True)
class Crowd:
    """Clients of one kind: networks (the first ones weigh more), agents, how many, and whether they speak HTTP/2."""

    name: str
    networks: tuple[str, ...]
    agents: tuple[str, ...]
    size: int
    http2: bool = False
    modern: bool = True  # TLS 1.3


@dataclass(frozen=True)
class Client:
    """One of them."""

    address: str
    agent: str
    http2: bool
    modern: bool


SHOPPERS = Crowd("shoppers", KOREA * 3 + UNITED_STATES + JAPAN + GERMANY + AUSTRALIA, BROWSERS, 2600, http2=True)
SEARCH_ENGINES = Crowd("search engines", ("61.72.201", "210.94.7"), CRAWLERS, 6)
APP_USERS = Crowd("app users", GERMANY * 3 + FRANCE + BRITAIN + POLAND + UNITED_STATES, APPS, 900, http2=True)
PARTNER_SYSTEMS = Crowd("partners", ("91.10.44", "62.157.9", "211.234.10", "86.140.7"), PARTNERS, 9, modern=False)
STOCK_CALLERS = Crowd("stock", ("13.125.90", "3.34.151"), STOCK_SERVICES, 3, http2=True)
OBSERVERS = Crowd("observers", MONITORING_ADDRESSES, MONITORS, 2)
STORES = Crowd("stores", ("121.134.7", "175.209.40", "58.229.31", "61.72.90"), TERMINALS, 42, modern=False)
STRANGERS = Crowd("strangers", CLOUDS, NOISE, 160, modern=False)


@cache
def members(crowd: Crowd) -> tuple[Client, ...]:
    """The clients of a crowd, always the same ones."""
    random = Random(f"members of {crowd.name}")
    return tuple(
        Client(
            random.choice(crowd.networks) if crowd is OBSERVERS else _address(random, random.choice(crowd.networks)),
            random.choice(crowd.agents),
            crowd.http2 and random.random() < 0.94,
            crowd.modern and random.random() < 0.9,
        )
        for _ in range(crowd.size)
    )


def _address(random: Random, network: str) -> str:
    """An address of a network that is given by its first parts.

    >>> _address(Random(1), "2001:2d8:f10a").startswith("2001:2d8:f10a::")
    True
    """
    if ":" in network:
        return f"{network}::{random.randrange(1, 4096):x}:{random.randrange(1, 65536):x}"
    missing = 4 - len(network.split("."))
    return ".".join([network, *(str(random.randrange(1, 255)) for _ in range(missing))])


def some(crowd: Crowd, random: Random, count: int) -> Sequence[Client]:
    """Different members of a crowd."""
    return random.sample(members(crowd), count)
