"""What the connections page tells: where settings come from, and which names are buckets. Nothing here draws."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.settings import Settings

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

SECRETS = """\
[profiles.prod]
role_arn = "arn:aws:iam::111111111111:role/trailboard"
external_id = "…"
regions = ["ap-northeast-2", "us-*"]

[profiles.dev]
shared_profile_name = "dev"
"""


@dataclass(frozen=True)
class Setting:
    """A setting as it is in force. `variable` is what sets it; `value` is null for a secret, which is never shown."""

    title: str  # key of a text
    variable: str
    value: str | None
    is_given: bool


def settings_in_force(settings: Settings, env: Mapping[str, str]) -> list[Setting]:
    """The settings that decide where this app reads, writes and asks.

    >>> env = {"TRAILBOARD_HOME": "/nowhere", "TRAILBOARD_KOREAEXIM_KEY": "secret"}
    >>> found = {item.title: item for item in settings_in_force(Settings.load(env), env)}
    >>> found["home"].value, found["home"].is_given, found["lake"].is_given
    ('/nowhere', True, False)
    >>> found["exchange_key"].value is None, found["exchange_key"].is_given
    (True, True)
    """

    def one(title: str, variable: str, value: object) -> Setting:
        return Setting(title, variable, str(value or ""), bool(env.get(variable)))

    return [
        one("lake", "TRAILBOARD_LAKE", settings.lake),
        one("home", "TRAILBOARD_HOME", settings.home),
        one("zone", "TRAILBOARD_TIMEZONE", settings.timezone),
        one("watched", "TRAILBOARD_WATCH", ", ".join(f"{kind} {source}" for kind, source in settings.watches)),
        one("who_asks", "TRAILBOARD_PROFILES", env.get("TRAILBOARD_PROFILES")),
        one("default_regions", "TRAILBOARD_REGIONS", env.get("TRAILBOARD_REGIONS")),
        one("endpoint", "AWS_ENDPOINT_URL", _without_login(env.get("AWS_ENDPOINT_URL", ""))),
        one("question_budget", "TRAILBOARD_AWS_BUDGET", f"{settings.aws_budget:,.2f} USD"),
        one("cost_budget", "TRAILBOARD_COST_BUDGET", settings.cost_budget and f"{settings.cost_budget:,.2f} USD"),
        one("tags", "TRAILBOARD_COST_TAGS", ", ".join(settings.cost_tags)),
        one("types", "TRAILBOARD_EXPECTED_INSTANCE_TYPES", ", ".join(settings.expected_instance_types)),
        one("countries", "TRAILBOARD_EXPECTED_COUNTRIES", ", ".join(sorted(settings.expected_countries))),
        one("exchange", "TRAILBOARD_EXCHANGE", env.get("TRAILBOARD_EXCHANGE")),
        Setting("exchange_key", "TRAILBOARD_KOREAEXIM_KEY", None, bool(env.get("TRAILBOARD_KOREAEXIM_KEY"))),
    ]


def _without_login(url: str) -> str:
    """A URL without a user and password in it.

    >>> _without_login("http://me:secret@localhost:5000/")
    'http://localhost:5000/'
    """
    return re.sub(r"//[^/@]*@", "//", url)


def buckets_in(text: str) -> tuple[list[str], list[str]]:
    """The names of a comma list that can be buckets, and those that cannot.

    >>> buckets_in("my-trail, my.elb, No_Bucket")
    (['my-trail', 'my.elb'], ['No_Bucket'])
    """
    names = [name.strip().removeprefix("s3://").strip("/") for name in text.split(",") if name.strip()]
    return [name for name in names if _BUCKET.fullmatch(name)], [name for name in names if not _BUCKET.fullmatch(name)]
