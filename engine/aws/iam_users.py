"""`aws-iam-users`: users of IAM, with their MFA devices, keys and groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, TEXTS, tags
from engine.aws.problems import Denied, Refused
from engine.catalog import BOOL, DATE, INT, STRING, Field
from engine.language.durations import read_switch
from engine.language.nodes import Option

PAGE = 1000  # the most that one page holds
NOBODY = {"UserName": "trailboard-asks"}


@dataclass(frozen=True)
class IamUsers(AwsCommand):
    """Users of IAM. People who come through IAM Identity Center are none, nor is the root user.

    `password_last_used` is null for a user without password and for one that was not used since 2014. Devices, keys,
    groups and tags take four calls for each user; `detail=false` leaves them out.

    Example:
        aws-iam-users | search isnotnull(password_last_used) and mfa_enabled == false
    """

    word: ClassVar[str] = "aws-iam-users"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("path", str, "only users below this path, such as `/programs/`"),
        Option("detail", read_switch, "`false` leaves out devices, keys, groups and tags"),
    )
    service: ClassVar[str] = "iam"
    is_global: ClassVar[bool] = True
    actions: ClassVar[tuple[Action, ...]] = (
        Action("iam:ListUsers", "iam", "list_users", {"MaxItems": 1}),
        Action("iam:ListMFADevices", "iam", "list_mfa_devices", NOBODY, ("NoSuchEntity",)),
        Action("iam:ListAccessKeys", "iam", "list_access_keys", NOBODY, ("NoSuchEntity",)),
        Action("iam:ListGroupsForUser", "iam", "list_groups_for_user", NOBODY, ("NoSuchEntity",)),
        Action("iam:ListUserTags", "iam", "list_user_tags", NOBODY, ("NoSuchEntity",)),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("user_name", STRING, "name of the user"),
        Field("user_id", STRING, "id that is never used again"),
        Field("arn", STRING, "ARN of the user"),
        Field("path", STRING, "path of the user, `/` for most"),
        Field("create_date", DATE, "when it was made"),
        Field("password_last_used", DATE, "last sign-in with its password"),
        Field("mfa_enabled", BOOL, "whether it has an MFA device"),
        Field("mfa_devices", TEXTS, "serial numbers or ARNs of its devices"),
        Field("access_key_count", INT, "how many access keys it has, inactive ones too"),
        Field("groups", TEXTS, "names of its groups"),
        Field("tags", TAGS, "all tags"),
    )

    def max_age(self) -> timedelta:
        return timedelta(hours=1)

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        detail = ask.option("detail", True)
        for user in ask.items("list_users", "Users", PathPrefix=ask.option("path"), MaxItems=PAGE):
            found = {
                "user_name": user.get("UserName"),
                "user_id": user.get("UserId"),
                "arn": user.get("Arn"),
                "path": user.get("Path"),
                "create_date": user.get("CreateDate"),
                "password_last_used": user.get("PasswordLastUsed"),
            }
            yield found | (_detail(ask, user["UserName"]) if detail else {})


def _detail(ask: Ask, name: str) -> dict[str, Any]:
    """What only calls about one user tell; null where a permission is missing."""
    devices = _allowed(ask, name, "list_mfa_devices", "MFADevices")
    keys = _allowed(ask, name, "list_access_keys", "AccessKeyMetadata")
    groups = _allowed(ask, name, "list_groups_for_user", "Groups")
    labels = _allowed(ask, name, "list_user_tags", "Tags")
    return {
        "mfa_enabled": None if devices is None else bool(devices),
        "mfa_devices": None if devices is None else [device.get("SerialNumber") for device in devices],
        "access_key_count": None if keys is None else len(keys),
        "groups": None if groups is None else [group.get("GroupName") for group in groups],
        "tags": None if labels is None else tags({"Tags": labels}),
    }


def _allowed(ask: Ask, name: str, operation: str, member: str) -> list[dict[str, Any]] | None:
    """A list of one user; null without the permission, which is told once."""
    try:
        return of_user(ask, name, operation, member)
    except Denied as problem:
        ask.warn(problem.message)
        return None


def of_user(ask: Ask, name: str, operation: str, member: str) -> list[dict[str, Any]]:
    """A list of one user; empty when the user is gone meanwhile."""
    try:
        return list(ask.items(operation, member, UserName=name))
    except Refused as problem:
        if problem.code != "NoSuchEntity":
            raise
        return []
