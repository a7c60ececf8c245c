"""STS and IAM: who asks, the users of the account, their keys and devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from engine.demo.aws.answers import Asked, Document, refused, tagged
from engine.demo.aws.estate import Estate
from engine.demo.company import PEOPLE, PROD, SEOUL_REGION, example_id
from engine.demo.incidents import LEAKED_KEY

READER = "trailboard-reader"


def get_caller_identity(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The role that reads the sample company."""
    yield {
        "UserId": f"{example_id('AROA', READER)}:trailboard",
        "Account": estate.account,
        "Arn": f"arn:aws:sts::{estate.account}:assumed-role/{READER}/trailboard",
    }


@dataclass(frozen=True)
class Key:
    """An access key: ages in days, `used` is null when it never was."""

    id: str
    age: float
    used: float | None
    service: str = "N/A"
    region: str = "N/A"
    active: bool = True


@dataclass(frozen=True)
class User:
    """An IAM user: ages in days; `signed_in` is null without a console."""

    name: str
    age: float
    groups: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    signed_in: float | None = None
    mfa: bool = False
    path: str = "/"
    team: str | None = None


def _key(user: str, age: float, used: float | None, service: str = "ec2", region: str = SEOUL_REGION) -> Key:
    """A key; the first one of people is that which their command line shows in the logs."""
    key = example_id("AKIA", f"{PROD}/{user}", 20)
    return Key(key, age, used, service, region) if used is not None else Key(key, age, None)


def users(estate: Estate) -> tuple[User, ...]:
    """The users of the account: people without SSO, programs, and what was left over."""
    leaked = (estate.now - estate.began("leaked-key")) / timedelta(days=1)
    people = {
        "jeon.woochi": (812, 0.9, _key("jeon.woochi", 401, 0.2)),
        "ondal.go": (640, 0.15, _key("ondal.go", 77, 0.1, "cloudtrail")),
        "patjwi.choe": (377, 0.3, _key("patjwi.choe", 377, 41, "s3")),
        "max.mustermann": (990, 1.2, _key("max.mustermann", 29, 0.6, "kms")),
    }
    return (
        *(
            User(name, age, (PEOPLE[name].team,), (key,), signed_in, PEOPLE[name].mfa, team=PEOPLE[name].team)
            for name, (age, signed_in, key) in people.items()
        ),
        User("backup-nightly", 1240, ("programs",), (_key("backup-nightly", 1240, 0.4, "s3"),), path="/programs/"),
        # The key that leaked; security disabled it an hour and a half later.
        User(
            "ci-legacy", 1102, ("programs", "administrators"),
            (Key(LEAKED_KEY, 1102, leaked - 0.02, "ec2", "sa-east-1", active=False),), path="/programs/",
        ),
        User(
            "label-printer", 903, ("programs",),
            (Key(example_id("AKIA", "printer, old", 20), 903, 412, "sqs", SEOUL_REGION),
             Key(example_id("AKIA", "printer, new", 20), 415, 0.05, "sqs", SEOUL_REGION)),
            path="/programs/", team="backend",
        ),
        User("photo-upload", 512, ("programs",), (_key("photo-upload", 512, None),), path="/programs/"),
        User("store-manager", 700, ("stores",), signed_in=211, path="/"),
        User("trial-partner", 260, (), (_key("trial-partner", 260, 198, "s3", "eu-central-1"),)),
    )  # fmt: skip


def list_users(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Users below a path."""
    prefix = asked.get("PathPrefix", "/")
    yield {"Users": [_user(user, estate) for user in users(estate) if user.path.startswith(prefix)], **_WHOLE}


_WHOLE: Document = {"IsTruncated": False}


def _user(user: User, estate: Estate) -> Document:
    document: Document = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": example_id("AIDA", f"{estate.account}/{user.name}"),
        "Arn": f"arn:aws:iam::{estate.account}:user{user.path}{user.name}",
        "CreateDate": _before(estate, user.age),
    }
    if user.signed_in is not None:
        document["PasswordLastUsed"] = _before(estate, user.signed_in)
    return document


def _before(estate: Estate, days: float) -> datetime:
    """So many days ago: lately to the minute, long ago at some hour of the office."""
    if days < 2:
        return (estate.made - timedelta(days=days)).replace(microsecond=0)
    hour = Random(f"{days}").uniform(0, 9)
    return (estate.ago(days) + timedelta(hours=hour)).replace(microsecond=0)


def _named(estate: Estate, asked: Asked, operation: str) -> User:
    """The user that a call is about."""
    name = asked.get("UserName")
    for user in users(estate):
        if user.name == name:
            return user
    raise refused(operation, "NoSuchEntity", f"The user with name {name} cannot be found.")


def list_access_keys(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The keys of a user."""
    user = _named(estate, asked, "list_access_keys")
    keys = [
        {
            "UserName": user.name,
            "AccessKeyId": key.id,
            "Status": "Active" if key.active else "Inactive",
            "CreateDate": _before(estate, key.age),
        }
        for key in user.keys
    ]
    yield {"AccessKeyMetadata": keys, **_WHOLE}


def get_access_key_last_used(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """When and for what a key was used last; `N/A` when it never was, as AWS says."""
    for user in users(estate):
        for key in user.keys:
            if key.id == asked.get("AccessKeyId"):
                used = {"LastUsedDate": _before(estate, key.used)} if key.used is not None else {}
                last = {**used, "ServiceName": key.service, "Region": key.region}
                yield {"UserName": user.name, "AccessKeyLastUsed": last}
                return
    raise refused("get_access_key_last_used", "NoSuchEntity", "The access key cannot be found.")


def list_mfa_devices(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The devices of a user."""
    user = _named(estate, asked, "list_mfa_devices")
    serial = f"arn:aws:iam::{estate.account}:mfa/{user.name}"
    device = {"UserName": user.name, "SerialNumber": serial, "EnableDate": _before(estate, user.age - 0.01)}
    yield {"MFADevices": [device] if user.mfa else [], **_WHOLE}


def list_groups_for_user(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The groups of a user."""
    groups = [
        {
            "Path": "/",
            "GroupName": name,
            "GroupId": example_id("AGPA", name),
            "Arn": f"arn:aws:iam::{estate.account}:group/{name}",
            "CreateDate": _before(estate, 1300),
        }
        for name in _named(estate, asked, "list_groups_for_user").groups
    ]
    yield {"Groups": groups, **_WHOLE}


def list_user_tags(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The tags of a user."""
    yield {"Tags": tagged(team=_named(estate, asked, "list_user_tags").team), **_WHOLE}
