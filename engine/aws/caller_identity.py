"""`aws-caller-identity`: who AWS takes each connect profile for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from engine.aws.command import COMMON, LEADING, Action, Ask, AwsCommand
from engine.catalog import STRING, Field
from engine.language.nodes import Option


@dataclass(frozen=True)
class CallerIdentity(AwsCommand):
    """Who AWS takes each connect profile for: its account, user or role. Needs no permission.

    Example:
        aws-caller-identity
    """

    word: ClassVar[str] = "aws-caller-identity"
    takes: ClassVar[tuple[Option, ...]] = COMMON
    service: ClassVar[str] = "sts"
    is_global: ClassVar[bool] = True
    leading: ClassVar[tuple[Field, ...]] = LEADING[:2]
    actions: ClassVar[tuple[Action, ...]] = (Action("sts:GetCallerIdentity", "sts", "get_caller_identity"),)
    columns: ClassVar[tuple[Field, ...]] = (
        Field("arn", STRING, "the user or the role's session"),
        Field("user_id", STRING, "its unique id"),
    )

    def max_age(self) -> timedelta:
        return timedelta(hours=1)

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        for identity in ask.pages("get_caller_identity"):
            yield {"arn": identity.get("Arn"), "user_id": identity.get("UserId")}
