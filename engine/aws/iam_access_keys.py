"""`aws-iam-access-keys`: access keys of IAM users, how old they are and when they were used last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand, Call
from engine.aws.documents import get
from engine.aws.iam_users import NOBODY, PAGE, of_user
from engine.aws.problems import Denied, Refused
from engine.catalog import DATE, INT, STRING, Field
from engine.language.nodes import Option

NEVER = "N/A"
LOOKED_AT = 20  # users, to find one with a key


def some_key(call: Call) -> dict[str, str] | None:
    """A key of the account: for one that is not, AWS denies the call to everybody."""
    for user in call("list_users", {"MaxItems": LOOKED_AT}).get("Users") or ():
        for key in call("list_access_keys", {"UserName": user["UserName"]}).get("AccessKeyMetadata") or ():
            return {"AccessKeyId": key["AccessKeyId"]}
    return None


@dataclass(frozen=True)
class IamAccessKeys(AwsCommand):
    """Access keys of IAM users. `last_used_date` is null for one that was never used.

    AWS notes the last use with a delay of some minutes, and not each one.

    Example:
        aws-iam-access-keys | search status == "Active" and age_days > 90 | sort -age_days
    """

    word: ClassVar[str] = "aws-iam-access-keys"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("user_name", str, "only keys of these users, a comma list"),
    )
    service: ClassVar[str] = "iam"
    is_global: ClassVar[bool] = True
    actions: ClassVar[tuple[Action, ...]] = (
        Action("iam:ListUsers", "iam", "list_users", {"MaxItems": 1}),
        Action("iam:ListAccessKeys", "iam", "list_access_keys", NOBODY, ("NoSuchEntity",)),
        Action(
            "iam:GetAccessKeyLastUsed",
            "iam",
            "get_access_key_last_used",
            found_missing=("NoSuchEntity",),
            looked_up=some_key,
        ),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("user_name", STRING, "user that the key belongs to"),
        Field("access_key_id", STRING, "id of the key, as CloudTrail notes it"),
        Field("status", STRING, "`Active`, `Inactive` or `Expired`"),
        Field("create_date", DATE, "when it was made"),
        Field("age_days", INT, "whole days since then"),
        Field("last_used_date", DATE, "when it was used last"),
        Field("last_used_service", STRING, "what for, such as `s3`"),
        Field("last_used_region", STRING, "in which region"),
    )

    def max_age(self) -> timedelta:
        return timedelta(hours=1)

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        for name in self._users(ask):
            for key in of_user(ask, name, "list_access_keys", "AccessKeyMetadata"):
                created = key.get("CreateDate")
                yield {
                    "user_name": key.get("UserName"),
                    "access_key_id": key.get("AccessKeyId"),
                    "status": key.get("Status"),
                    "create_date": created,
                    "age_days": None if created is None else (ask.now - created).days,
                    **_last_use(ask, key.get("AccessKeyId")),
                }

    def _users(self, ask: Ask) -> Iterator[str]:
        wanted = ask.option("user_name")
        if wanted:
            yield from (name.strip() for name in wanted.split(","))
            return
        for user in ask.items("list_users", "Users", MaxItems=PAGE):
            yield user["UserName"]


def _last_use(ask: Ask, key: str | None) -> dict[str, Any]:
    """When, for what and where; null where it never was, or without the permission."""
    try:
        (page,) = ask.pages("get_access_key_last_used", AccessKeyId=key)
    except Denied as problem:
        ask.warn(problem.message)
        return {}
    except Refused as problem:
        if problem.code != "NoSuchEntity":
            raise
        return {}
    service, region = (get(page, "AccessKeyLastUsed", name) for name in ("ServiceName", "Region"))
    return {
        "last_used_date": get(page, "AccessKeyLastUsed", "LastUsedDate"),
        "last_used_service": None if service == NEVER else service,
        "last_used_region": None if region == NEVER else region,
    }
