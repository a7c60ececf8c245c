"""How often an API may be called, where AWS allows so little that trying and waiting would fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

SECONDS = {("cloudtrail", "lookup_events"): 0.5}
"""Between two calls of an operation in one account and region."""


class Pace:
    """Holds calls back, also those of several queries at once.

    >>> now, slept = 100.0, []
    >>> pace = Pace(clock=lambda: now, sleep=slept.append)
    >>> for region in ("us-east-1", "us-east-1", "eu-central-1", "us-east-1"):
    ...     pace.wait("cloudtrail", "lookup_events", region)
    >>> slept
    [0.5, 1.0]
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._next: dict[tuple[str, str, str | None], float] = {}
        self._lock = Lock()

    def wait(self, service: str, operation: str, region: str | None) -> None:
        """Return when a call may be made, and take that time for it."""
        seconds = SECONDS.get((service, operation))
        if seconds is None:
            return
        key = (service, operation, region)
        with self._lock:
            now = self._clock()
            begins = max(now, self._next.get(key, now))
            self._next[key] = begins + seconds
        if begins > now:
            self._sleep(begins - now)
