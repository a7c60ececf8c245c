"""Secrets that requests carry and AWS does not always mask: hidden before they reach a screen."""

from __future__ import annotations

import json
import re
from typing import Any

SECRET_KEY = re.compile(r"password|passwd|secret|token|credential|privatekey|apikey|authorization", re.IGNORECASE)
HARMLESS = re.compile(r"(arn|id|name|nexttoken|clienttoken)$", re.IGNORECASE)  # names of secrets, paging, idempotency
MASK = "•••"


def redacted(value: Any) -> Any:
    """A map, list or JSON text with the values of secret-looking keys masked.

    >>> redacted({"userName": "kim", "password": "hunter2", "secretId": "prod/db"})
    {'userName': 'kim', 'password': '•••', 'secretId': 'prod/db'}
    >>> redacted('{"masterUserPassword": "x"}')
    {'masterUserPassword': '•••'}
    """
    if isinstance(value, str):
        document = _document(value)
        return value if document is None else redacted(document)
    if isinstance(value, dict):
        return {key: MASK if _is_secret(key, member) else redacted(member) for key, member in value.items()}
    if isinstance(value, list):
        return [redacted(member) for member in value]
    return value


def _is_secret(key: str, member: Any) -> bool:
    holds_text = isinstance(member, str) and bool(member)
    return holds_text and bool(SECRET_KEY.search(key)) and not HARMLESS.search(key)


def _document(text: str) -> dict[str, Any] | list[Any] | None:
    """The JSON object or array that a text holds, nothing for any other text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, (dict, list)) else None
