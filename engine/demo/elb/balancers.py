"""The load balancers, and where their rules send requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random

from engine.demo.company import BERLIN_REGION, DOMAIN, PROD, SEOUL_REGION
from engine.demo.records import uuid


@dataclass(frozen=True)
class Balancer:
    """A load balancer: `id` is null for a classic one. Nodes have public addresses, which strangers find."""

    name: str
    id: str | None
    region: str
    nodes: tuple[str, ...]
    account: str = PROD

    @cached_property
    def logged_as(self) -> str:
        """What stands in the lines.

        >>> SHOP.logged_as, TERMINALS.logged_as
        ('app/shop-web/7d2f0c9b4e61a835', 'store-terminals')
        """
        return f"app/{self.name}/{self.id}" if self.id else self.name

    @property
    def dns_name(self) -> str:
        return f"{self.name}-1482093715.{self.region}.elb.amazonaws.com"

    @cached_property
    def certificate(self) -> str:
        digits = uuid(f"{Random(self.name).getrandbits(128):032x}").decode()
        return f"arn:aws:acm:{self.region}:{self.account}:certificate/{digits}"


SHOP = Balancer("shop-web", "7d2f0c9b4e61a835", SEOUL_REGION, ("3.34.99.21", "15.164.77.20"))
API = Balancer("api-eu", "c18e5a0937bd42f6", BERLIN_REGION, ("18.196.3.40", "52.58.20.10"))
TERMINALS = Balancer("store-terminals", None, SEOUL_REGION, ("13.125.41.8",))
BALANCERS = (SHOP, API, TERMINALS)

SHOP_HOST, WWW_HOST = f"shop.{DOMAIN}", f"www.{DOMAIN}"
API_HOST, STOCK_HOST = f"api.{DOMAIN}", f"stock.{DOMAIN}"
TERMINALS_HOST = f"terminals.{DOMAIN}"


@dataclass(frozen=True)
class Rule:
    """A rule of a listener: what is done with a request, and the targets when it is forwarded.

    A Lambda function is a target without an address.
    """

    priority: str
    actions: str
    group: str = "-"  # ARN
    targets: tuple[str, ...] = ("-",)

    @property
    def forwards(self) -> bool:
        return self.group != "-"


def _forward(balancer: Balancer, priority: int, group: str, *targets: str, actions: str = "waf,forward") -> Rule:
    place = f"{balancer.region}:{balancer.account}"
    arn = f"arn:aws:elasticloadbalancing:{place}:targetgroup/{group}/{Random(group).getrandbits(64):016x}"
    return Rule(str(priority), actions, arn, targets or ("-",))


SHOP_WEB = _forward(SHOP, 100, "shop-web", "10.20.1.21:8080", "10.20.2.22:8080", "10.20.3.23:8080")
CHECKOUT = _forward(SHOP, 20, "checkout", "10.20.1.31:8443", "10.20.2.32:8443")
DELIVERY_SLOTS = _forward(SHOP, 30, "delivery-slots")  # a Lambda function
API_APP = _forward(API, 50, "api-app", "10.30.1.11:8080", "10.30.2.12:8080", actions="forward")
API_PARTNER = _forward(API, 40, "api-partner", "10.30.1.41:9000", actions="authenticate,forward")
API_STOCK = _forward(API, 60, "api-stock", "10.30.2.51:50051", actions="forward")
DIRECT = Rule("-", "-", targets=("10.20.7.11:8080", "10.20.8.12:8080"))  # a classic one has neither rules nor groups
DIRECT_TCP = Rule("-", "-", targets=("10.20.7.11:9100", "10.20.8.12:9100"))

TO_HTTPS = Rule("0", "redirect")
TO_SHOP = Rule("5", "redirect")
PING = Rule("1", "fixed-response")
UNKNOWN_HOST = Rule("0", "fixed-response")
BLOCKED = Rule("0", "waf")
MALFORMED = Rule("-", "-")
