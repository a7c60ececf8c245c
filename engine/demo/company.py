"""Moonrabbit Rice Cakes (달토끼떡집): a company that does not exist, its people, accounts and networks.

The people are figures of folk tales and the placeholder names of their languages. Account ids follow the pattern of
AWS's documentation, key ids end in EXAMPLE, the domain is of the reserved `.example`. Addresses were taken from the
large blocks of telephone companies and clouds only because a geo database then finds the intended country: they stand
for countries, and accuse nobody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

DOMAIN = "moonrabbit.example"
ORGANIZATION = "o-moonrabbit00"

ROOT = "111122223333"  # the organization's management account
PROD = "222233334444"
DEV = "333344445555"
DATA = "444455556666"
SECURITY = "555566667777"
ACCOUNTS = {ROOT: "management", PROD: "prod", DEV: "dev", DATA: "data", SECURITY: "security"}
MONITORING_VENDOR = "999988887777"  # somebody else's account, which reads metrics through a role

SEOUL_REGION = "ap-northeast-2"
BERLIN_REGION = "eu-central-1"
GLOBAL_REGION = "us-east-1"  # home of IAM, sign-in and other global services
REGIONS = (SEOUL_REGION, BERLIN_REGION, GLOBAL_REGION)
UNUSED_REGION = "sa-east-1"

CI_RUNNERS = ("20.1.38.11", "20.1.114.70", "4.150.21.96", "52.255.200.61", "74.235.9.140")
SELF_HOSTED_RUNNER = "10.20.4.17"
NAT_GATEWAYS = {
    SEOUL_REGION: ("13.125.90.14", "3.34.151.77", "52.79.203.5"),
    BERLIN_REGION: ("18.184.77.31", "3.120.46.190"),
    GLOBAL_REGION: ("3.80.61.122",),
}
CLUSTER_ADDRESSES = ("10.20.1.44", "10.20.1.97", "10.20.2.13", "2406:da12:b3::9")
MONITORING_ADDRESSES = ("34.74.9.26", "35.196.201.8")


@dataclass(frozen=True)
class Office:
    """Where people work: a zone, the region they prefer, the office's own address and those of homes and phones."""

    name: str
    zone: ZoneInfo
    region: str
    addresses: tuple[str, ...]
    outside: tuple[str, ...]


SEOUL = Office(
    "Seoul",
    ZoneInfo("Asia/Seoul"),
    SEOUL_REGION,
    ("121.134.55.12", "211.234.10.7"),
    ("175.209.88.31", "58.229.10.44", "223.38.10.90", "39.7.28.50", "2001:2d8:f10a::7", "106.101.10.33"),
)
BERLIN = Office(
    "Berlin",
    ZoneInfo("Europe/Berlin"),
    BERLIN_REGION,
    ("91.10.44.18",),
    ("95.90.10.30", "89.12.5.61", "2003:e5:f000::1"),
)
PORTLAND = Office(
    "Portland",
    ZoneInfo("America/Los_Angeles"),
    GLOBAL_REGION,
    ("73.158.64.30", "98.207.10.20"),
    ("24.5.10.90",),
)
OFFICES = (SEOUL, BERLIN, PORTLAND)


@dataclass(frozen=True)
class Person:
    """Somebody with a console: `permission` names a permission set of the SSO, or is null for an IAM user."""

    name: str
    office: Office
    team: str
    accounts: tuple[str, ...]
    permission: str | None = None
    mfa: bool = True

    @property
    def email(self) -> str:
        """What SSO sessions are named after.

        >>> PEOPLE["hong.gildong"].email
        'hong.gildong@moonrabbit.example'
        """
        return f"{self.name}@{DOMAIN}"


_EVERYBODY = (
    Person("hong.gildong", SEOUL, "platform", (PROD, DEV, ROOT), "AdministratorAccess"),
    Person("jeon.woochi", SEOUL, "platform", (DEV, PROD)),
    Person("ondal.go", SEOUL, "platform", (PROD, DEV)),
    Person("bari.gongju", SEOUL, "platform", (PROD, DEV), "AdministratorAccess"),
    Person("im.kkeokjeong", SEOUL, "security", (SECURITY, PROD, DEV, DATA, ROOT), "SecurityResponse"),
    Person("shim.cheong", SEOUL, "data", (DATA,), "DataEngineer"),
    Person("pyeonggang.ryu", SEOUL, "data", (DATA, DEV), "DataEngineer"),
    Person("heungbu.park", SEOUL, "backend", (DEV,), mfa=False),
    Person("seong.chunhyang", SEOUL, "backend", (DEV, PROD), "PowerUserAccess"),
    Person("lee.mongryong", SEOUL, "backend", (DEV,), "PowerUserAccess"),
    Person("gyeonwoo.mok", SEOUL, "backend", (DEV, PROD), "PowerUserAccess"),
    Person("jiknyeo.cheon", SEOUL, "backend", (DEV,), "PowerUserAccess"),
    Person("kongjwi.choe", SEOUL, "frontend", (DEV,), "PowerUserAccess"),
    Person("patjwi.choe", SEOUL, "frontend", (PROD, DEV)),
    Person("nolbu.park", SEOUL, "finance", (ROOT,), "Billing"),
    Person("byeon.hakdo", SEOUL, "office", (PROD, DEV), "ReadOnlyAccess"),
    Person("dokkebi.kim", SEOUL, "office", (PROD,), "ReadOnlyAccess"),
    Person("max.mustermann", BERLIN, "platform", (PROD, DEV)),
    Person("erika.mustermann", BERLIN, "backend", (DEV,), "PowerUserAccess"),
    Person("lieschen.mueller", BERLIN, "backend", (DEV, PROD), "PowerUserAccess"),
    Person("otto.normal", BERLIN, "data", (DATA,), "DataEngineer"),
    Person("hans.dampf", BERLIN, "office", (DEV,), "ReadOnlyAccess"),
    Person("jane.doe", PORTLAND, "platform", (DEV,), "PowerUserAccess"),
    Person("john.roe", PORTLAND, "backend", (DEV,), mfa=False),
)
PEOPLE = {person.name: person for person in _EVERYBODY}


def example_id(prefix: str, name: str, length: int = 21) -> str:
    """An id of AWS's form that says of itself that it is an example; the same for the same name.

    >>> example_id("AIDA", "hong.gildong")
    'AIDAVXUYXF3DQJEXAMPLE'
    """
    digest = hashlib.sha256(f"{prefix}{name}".encode()).digest().translate(_LETTERS).decode()
    return prefix + digest[: length - len(prefix) - 7] + "EXAMPLE"


_LETTERS = bytes(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32] for byte in range(256))


def on_duty(office: Office, day: date) -> Person:
    """Who of an office looks after things on a day, be it a Sunday."""
    able = [person for person in PEOPLE.values() if person.office is office and person.team in ("platform", "backend")]
    return able[day.toordinal() % len(able)]
