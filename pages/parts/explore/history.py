"""The queries that were run last, kept beyond the session."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.language.errors import SourceError
from pages.parts.explore.secrets import holds_secret
from pages.parts.kept import ONE_AT_A_TIME, Shelf

log = logging.getLogger(__name__)

FILE = "history.json"
MOST = 100
LONGEST = 20_000  # characters of a query that is still remembered


@dataclass(frozen=True)
class Run:
    """A query that was run, and when it was last."""

    text: str
    at: datetime


def recalled(shelf: Shelf) -> tuple[Run, ...]:
    """The newest first. A damaged file counts as none: history is no reason for a page to fail."""
    try:
        found = json.loads(shelf.read(FILE) or "[]")
        return tuple(Run(item["text"], datetime.fromisoformat(item["at"])) for item in found if holds_text(item))
    except (SourceError, ValueError, TypeError, KeyError):
        log.warning("the history of queries cannot be read", exc_info=True)
        return ()


def holds_text(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("text"), str)


def remember(shelf: Shelf, text: str, at: datetime | None = None) -> None:
    """Put a query in front. One that quotes a secret is not written down."""
    text = text.strip()
    if not text or len(text) > LONGEST or holds_secret(text):
        return
    with ONE_AT_A_TIME:
        others = (run for run in recalled(shelf) if run.text != text)
        _write(shelf, [Run(text, at or datetime.now(UTC)), *others][:MOST])


def forget(shelf: Shelf) -> None:
    """Remove all of it."""
    with ONE_AT_A_TIME:
        _write(shelf, [])


def _write(shelf: Shelf, runs: Sequence[Run]) -> None:
    try:
        shelf.write(
            FILE, json.dumps([{"text": run.text, "at": run.at.isoformat()} for run in runs], ensure_ascii=False)
        )
    except SourceError:
        log.warning("the history of queries cannot be written", exc_info=True)
