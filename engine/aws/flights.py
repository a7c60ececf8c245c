"""Calls under way: who asks for the same joins, and what one profile asks at once is bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Semaphore, Thread

from engine.aws.answers import Answer
from engine.aws.problems import OverBudget, Refused
from engine.language.errors import SourceError

MOST_AT_ONCE = 8  # calls of one profile
_PAUSE = 60.0  # seconds after a failure before the same is tried again unasked


class Flights:
    """Work by key, each in a thread of its own that never keeps the process from ending."""

    def __init__(self) -> None:
        self._flying: dict[str, Future[Answer]] = {}
        self._slots: dict[str, Semaphore] = {}
        self._failed: dict[str, tuple[float, SourceError]] = {}
        self._lock = Lock()

    def join(self, key: str, profile: str | None, work: Callable[[], Answer]) -> tuple[Future[Answer], bool]:
        """The answer to come, and whether this call began it. Without a profile it waits for no slot."""
        with self._lock:
            if key in self._flying:
                return self._flying[key], False
            future: Future[Answer] = Future()
            self._flying[key] = future
            slot = None if profile is None else self._slots.setdefault(profile, Semaphore(MOST_AT_ONCE))
        Thread(target=self._fly, args=(key, slot, work, future), daemon=True, name=f"aws {profile}").start()
        return future, True

    def recent_failure(self, key: str, billed_pause: float = 0.0) -> SourceError | None:
        """Why the last try failed, when that was so lately that nobody tries again by itself.

        After `billed_pause` seconds, if that is later: a call that nobody refused may have been billed.
        """
        with self._lock:
            when, problem = self._failed.get(key, (0.0, None))
        if problem is None:
            return None
        pause = _PAUSE if isinstance(problem, Refused | OverBudget) else max(_PAUSE, billed_pause)
        return problem if time.monotonic() - when < pause else None

    def was_refused(self, key: str) -> bool:
        """Whether AWS answered the last try with an error, for which it bills nothing."""
        with self._lock:
            return isinstance(self._failed.get(key, (0.0, None))[1], Refused)

    def _fly(self, key: str, slot: Semaphore | None, work: Callable[[], Answer], future: Future[Answer]) -> None:
        answer, problem = None, None
        try:
            if slot is None:
                answer = work()
            else:
                with slot:
                    answer = work()
        except BaseException as raised:  # whoever waits gets it, whatever it is
            problem = raised
        with self._lock:
            del self._flying[key]
            self._failed.pop(key, None)
            if isinstance(problem, SourceError):
                self._failed[key] = (time.monotonic(), problem)
        if answer is not None:
            future.set_result(answer)
        else:
            future.set_exception(problem or RuntimeError("no answer"))
