"""Pieces of API documents as values of rows: absent is null, keys are snake_case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.catalog import STRING, list_of, map_of

TAGS = list_of(map_of({"key": STRING, "value": STRING}))
DIMENSIONS = list_of(map_of({"name": STRING, "value": STRING}))
TEXTS = list_of(STRING)


def get(document: Mapping[str, Any], *path: str) -> Any:
    """A member by its path, null when any part is absent.

    >>> get({"State": {"Name": "running"}}, "State", "Name"), get({}, "State", "Name")
    ('running', None)
    """
    found: Any = document
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def present(text: Any) -> Any:
    """The value, null instead of an empty text, which old accounts answer for what they have not."""
    return None if text == "" else text


def tags(document: Mapping[str, Any], member: str = "Tags") -> list[dict[str, Any]]:
    """Tags as `key` and `value`; none are an empty list."""
    return [{"key": tag.get("Key"), "value": tag.get("Value")} for tag in document.get(member) or ()]


def named(found: Iterable[Mapping[str, Any]]) -> str | None:
    """The value of the tag `Name`; one without text is none."""
    return next((present(tag["value"]) for tag in found if tag["key"] == "Name"), None)


def snake(name: str) -> str:
    """A member's name as a column's.

    >>> snake("VpcId"), snake("EBSOptimized"), snake("Ipv6Address"), snake("DBInstanceArn")
    ('vpc_id', 'ebs_optimized', 'ipv6_address', 'db_instance_arn')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def snaked(value: Any) -> Any:
    """A document with snake_case keys, for a column whose maps are not declared key by key."""
    if isinstance(value, Mapping):
        return {snake(str(key)): snaked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [snaked(item) for item in value]
    return value
