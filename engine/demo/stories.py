"""What an incident is: a story that was planted into the sample data, and the query that finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

Happening = TypeVar("Happening")
"""An event of CloudTrail, or a request to a load balancer."""


@dataclass(frozen=True)
class Incident(Generic[Happening]):
    """One story: what it is called, when it began, where it shows, and the query that finds it.

    `events` makes its own records, given the second (of the epoch) at which it begins; `changes` says what becomes of
    an ordinary record under it, given that second too.
    """

    id: str
    title_en: str
    title_ko: str
    before_now: timedelta
    panels: tuple[str, ...]
    query: str
    events: Callable[[int], list[Happening]]
    changes: Callable[[Happening, int], Happening] | None = None

    def begins(self, now: int) -> int:
        """The second at which it begins, given the second that counts as now."""
        return now - int(self.before_now.total_seconds())
