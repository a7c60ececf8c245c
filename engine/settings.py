"""Where things are on this machine: one value read from the environment once, for the command line and the pages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.language.errors import SourceError

LOCALTIME = Path("/etc/localtime")
LOG_KINDS = ("cloudtrail", "elb")
DEMO_COUNTRIES = "KR,DE,US"  # where the company of the sample data has offices
DEMO_HOSTS = "*.moonrabbit.example"
DEMO_REGIONS = "ap-northeast-2,eu-central-1,us-east-1"
DEMO_TAGS = "team"
AWS_BUDGET = 5.0
OFFICE_HOURS = "09:00-19:00"


@dataclass(frozen=True)
class Settings:
    """Folders, lake and zone of this user.

    `lake` is what queries read, a folder or an `s3://` URI; `own_lake` is where `collect` writes when no lake is named,
    which is the same place unless queries still read the sample data. Logins from other than the `expected_countries`
    (ISO codes) are marked, and so are web requests for other than the `expected_hosts` (names, `*.` for all below one)
    and launches in other than the `expected_regions`; without such names none is. `office_hours` are on weekdays, in
    the viewer's zone. `cost_budget` is what AWS may cost in a month, in USD; `cost_tags` are keys that costs are
    split by; instances of other than the `expected_instance_types` (`*` allowed) are marked. `aws_budget` is what
    asking AWS may cost in a month, in USD. An app that `is_hosted` serves people who do not know each other: it keeps
    nothing of theirs. `watches` are kinds of log and sources that the app collects as long as it runs, with a pause of
    `watch_every` between two looks.
    """

    home: Path
    lake: str
    own_lake: str
    is_demo: bool
    timezone: str
    expected_countries: frozenset[str]
    expected_hosts: tuple[str, ...]
    expected_regions: tuple[str, ...]
    office_hours: tuple[time, time]
    cost_budget: float | None
    cost_tags: tuple[str, ...]
    aws_budget: float
    expected_instance_types: tuple[str, ...]
    geoip_country: Path | None
    geoip_asn: Path | None
    is_hosted: bool
    watches: tuple[tuple[str, str], ...]
    watch_every: timedelta

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment; a variable that is empty counts as absent. `SourceError` for an unknown time zone.

        >>> settings = Settings.load({"TRAILBOARD_HOME": "/nowhere", "TRAILBOARD_TIMEZONE": "Asia/Seoul"})
        >>> settings.lake, settings.own_lake, settings.is_demo, settings.timezone
        ('/nowhere/demo/lake', '/nowhere/lake', True, 'Asia/Seoul')
        """
        home = _path(env, "TRAILBOARD_HOME") or Path.home() / ".trailboard"
        own_lake = _lake(env.get("TRAILBOARD_LAKE", "")) or str(home / "lake")
        is_demo = not env.get("TRAILBOARD_LAKE") and not Path(own_lake).is_dir()
        return cls(
            home=home,
            lake=str(home / "demo" / "lake") if is_demo else own_lake,
            own_lake=own_lake,
            is_demo=is_demo,
            timezone=_timezone(env),
            expected_countries=_countries(
                env.get("TRAILBOARD_EXPECTED_COUNTRIES") or (DEMO_COUNTRIES if is_demo else "KR")
            ),
            expected_hosts=_names(env.get("TRAILBOARD_EXPECTED_HOSTS") or (DEMO_HOSTS if is_demo else "")),
            expected_regions=_names(env.get("TRAILBOARD_EXPECTED_REGIONS") or (DEMO_REGIONS if is_demo else "")),
            office_hours=_hours(env.get("TRAILBOARD_OFFICE_HOURS") or OFFICE_HOURS),
            cost_budget=_dollars(env, "TRAILBOARD_COST_BUDGET"),
            cost_tags=_listed(env.get("TRAILBOARD_COST_TAGS") or DEMO_TAGS),
            aws_budget=_budget(env),
            expected_instance_types=_listed(env.get("TRAILBOARD_EXPECTED_INSTANCE_TYPES", "")),
            geoip_country=_path(env, "TRAILBOARD_GEOIP_COUNTRY"),
            geoip_asn=_path(env, "TRAILBOARD_GEOIP_ASN"),
            is_hosted=env.get("TRAILBOARD_HOSTED", "") not in ("", "0"),
            watches=_watches(env.get("TRAILBOARD_WATCH", "")),
            watch_every=_every(env.get("TRAILBOARD_WATCH_EVERY") or "5m"),
        )

    @property
    def demo_folder(self) -> Path:
        """The folder that the sample data and its lake are made in."""
        return self.home / "demo"

    @property
    def aws_folder(self) -> Path:
        """Where answers of AWS and the ledger of billed calls are kept."""
        return self.home / "aws"

    @property
    def procedure_folder(self) -> Path:
        """Where `proc` finds stored procedures, one `NAME.lpql` each."""
        return self.home / "procedures"

    @property
    def lookup_folder(self) -> Path:
        """Where `lookup` finds tables, one `NAME.csv` each."""
        return self.home / "lookups"

    @property
    def file_folder(self) -> Path:
        """The one folder that `csvfile` and its like may read."""
        return self.home / "files"

    @property
    def exchange_file(self) -> Path:
        """Where the exchange rate that was fetched last is kept."""
        return self.home / "exchange.json"

    @property
    def output_folder(self) -> Path | None:
        """The one folder that `outputcsv` and `outputjson` may write to; a hosted app writes nothing."""
        return None if self.is_hosted else self.home / "output"


def _path(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name)
    return Path(value).expanduser().absolute() if value else None


def _countries(value: str) -> frozenset[str]:
    return frozenset(code.strip().upper() for code in value.split(",") if code.strip())


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in value.split(",") if name.strip())


def _listed(value: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in value.split(",") if item.strip())


def _dollars(env: Mapping[str, str], name: str) -> float | None:
    """An amount above zero, nothing when it is not set."""
    value = env.get(name, "").strip()
    if not value:
        return None
    try:
        amount = float(value)
    except ValueError:
        amount = 0.0
    if not 0 < amount < float("inf"):
        raise SourceError(f"{name} is not an amount of dollars: `{value}`", "write it as in `1500`")
    return amount


def _budget(env: Mapping[str, str]) -> float:
    """What billed calls may cost in a month; `0` forbids them."""
    if env.get("TRAILBOARD_AWS_BUDGET", "").strip() in ("0", "0.0"):
        return 0.0
    amount = _dollars(env, "TRAILBOARD_AWS_BUDGET")
    return AWS_BUDGET if amount is None else amount


def _hours(value: str) -> tuple[time, time]:
    """Hours of a day as written: `09:00-19:00`."""
    try:
        first, last = (time.fromisoformat(part.strip()) for part in value.split("-"))
    except ValueError:
        raise SourceError(
            f"TRAILBOARD_OFFICE_HOURS is not a span of hours: `{value}`", "write it as in `09:00-18:00`"
        ) from None
    if first >= last:
        raise SourceError(f"TRAILBOARD_OFFICE_HOURS ends before it begins: `{value}`")
    return first, last


def _watches(value: str) -> tuple[tuple[str, str], ...]:
    """Kinds of log and sources.

    >>> _watches("cloudtrail s3://trail/AWSLogs, elb ~/logs")[0]
    ('cloudtrail', 's3://trail/AWSLogs')
    """
    found = []
    for text in filter(None, map(str.strip, value.split(","))):
        kind, _, source = text.partition(" ")
        if kind not in LOG_KINDS or not source.strip():
            raise SourceError(
                f"TRAILBOARD_WATCH is not understood: `{text}`", "write it as in `cloudtrail s3://bucket/AWSLogs`"
            )
        found.append((kind, source.strip()))
    return tuple(found)


def _every(value: str) -> timedelta:
    """A pause of seconds, minutes or hours, ten seconds at least."""
    found = re.fullmatch(r"(\d{1,6})([smh])", value.strip())
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] if found else 0
    if seconds < 10:
        raise SourceError(f"TRAILBOARD_WATCH_EVERY is no pause: `{value}`", "write it as in `5m`, `10s` at least")
    return timedelta(seconds=seconds)


def _lake(value: str) -> str:
    """A folder as an absolute path, a URI as it is."""
    return value if "://" in value or not value else str(Path(value).expanduser().absolute())


def _timezone(env: Mapping[str, str]) -> str:
    """The zone's name: as configured, else the machine's own, else UTC."""
    if configured := env.get("TRAILBOARD_TIMEZONE"):
        if not is_zone(configured):
            raise SourceError(
                f"TRAILBOARD_TIMEZONE names no time zone: `{configured}`", "write it as in `Asia/Seoul` or `UTC`"
            )
        return configured
    machine = env.get("TZ", "").removeprefix(":")
    if machine and is_zone(machine):
        return machine
    linked = os.path.realpath(LOCALTIME).rpartition("/zoneinfo/")[2]
    return linked if is_zone(linked) else "UTC"


def is_zone(name: str) -> bool:
    """Whether a name is one of the time zone database.

    >>> is_zone("Asia/Seoul"), is_zone("Asia/Soul"), is_zone("../etc/passwd")
    (True, False, False)
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, or a folder of the database
        return False
    return True
