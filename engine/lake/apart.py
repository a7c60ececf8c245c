"""Work on a lake in processes of their own, which the app starts and stops: a page may come and go meanwhile.

Collecting needs hundreds of megabytes, which a process keeps once it has had them. A child never outlives the app: it
finishes what is under way when its standard input ends. Nothing is lost with it, and a new one goes on from there.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from typing import IO, Any, Literal

CHECKOUT = Path(__file__).parents[2]
AGAIN_SECONDS = 60.0  # before a watch that has ended by itself is started anew

Verb = Literal["collect", "watch", "retry", "compact", "retain"]
State = Literal["running", "stopping", "stopped", "done", "failed"]


@dataclass(frozen=True)
class Order:
    """What to do with a lake. `since` is a day, `every` in seconds; `tables` of `retain`, or objects of `retry`."""

    verb: Verb
    lake: str
    kind: str = ""
    source: str = ""
    since: str | None = None
    profile: str | None = None
    every: float = 300
    days: int | None = None
    tables: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Orders of one key are not obeyed at the same time. A source is collected or watched, not both."""
        if self.verb in ("collect", "watch"):
            return self.lake, self.kind, self.source
        return self.lake, "", self.verb


@dataclass
class Job:
    """An order that is being obeyed, or was. `progress`, `report` and, of a collect, `counts` are the last told."""

    order: Order
    state: State = "running"
    progress: dict[str, Any] = field(default_factory=dict)
    report: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    problem: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _child: Popen[bytes] | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def is_active(self) -> bool:
        return self.state in ("running", "stopping")

    def wait(self) -> None:
        """Return when it is over."""
        if self._thread is not None:
            self._thread.join()


class Jobs:
    """The jobs of this process, the newest of each key. Threads may share it."""

    def __init__(self, again_seconds: float = AGAIN_SECONDS) -> None:
        self._jobs: dict[tuple[str, str, str], Job] = {}
        self._lock = threading.Lock()
        self._again_seconds = again_seconds

    def all(self, lake: str) -> list[Job]:
        """The jobs on a lake, in the order in which they were first started."""
        with self._lock:
            return [job for job in self._jobs.values() if job.order.lake == lake]

    def start(self, order: Order) -> Job:
        """Begin to obey; the job that is on it already, if there is one."""
        with self._lock:
            before = self._jobs.get(order.key)
            if before is not None and before.is_active:
                return before
            job = self._jobs[order.key] = Job(order)
            job._thread = threading.Thread(target=self._run, args=[job], name=f"{order.verb} apart", daemon=True)
            job._thread.start()
            return job

    def start_once(self, order: Order) -> None:
        """Begin to obey, unless that was begun before: what somebody has stopped stays stopped."""
        with self._lock:
            known = order.key in self._jobs
        if not known:
            self.start(order)

    def stop(self, job: Job) -> None:
        """Let a job finish what is under way, and end."""
        with self._lock:
            job._stop.set()
            if job.is_active:
                job.state = "stopping"
            if job._child is not None and job._child.stdin is not None:
                with suppress(OSError):
                    job._child.stdin.close()

    def forget(self, job: Job) -> None:
        """Do not show a job any more that is over."""
        with self._lock:
            if not job.is_active and self._jobs.get(job.order.key) is job:
                del self._jobs[job.order.key]

    def _run(self, job: Job) -> None:
        self._obey(job)
        while job.order.verb == "watch" and not job._stop.wait(self._again_seconds):
            self._obey(job)
        with self._lock:
            job.ended = datetime.now(UTC)
            job.state = "failed" if job.problem else "stopped" if job._stop.is_set() else "done"

    def _obey(self, job: Job) -> None:
        """Run a child to its end."""
        command = [sys.executable, "-m", "engine.lake", json.dumps(asdict(job.order))]
        path = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with TemporaryFile() as complaints:
            with self._lock:
                if job._stop.is_set():
                    return
                job.problem = ""
                job._child = Popen(  # noqa: S603 -- this very program
                    command,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=complaints,
                    env={**os.environ, "PYTHONPATH": path},
                    start_new_session=True,  # a Ctrl-C for the app is none for what it has under way
                )
            with job._child as child:
                assert child.stdout is not None
                for told in _lines(child.stdout):
                    _hear(job, told)
                child.stdout.close()
            job._child = None
            unasked = job.order.verb == "watch" and not job._stop.is_set()
            if (child.returncode or unasked) and not job.problem:
                job.problem = f"ended with {child.returncode}: {_last_line(complaints)}"


def _lines(output: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in output:
        with suppress(ValueError):  # half a line of a child that was killed
            yield json.loads(line)


def _hear(job: Job, told: dict[str, Any]) -> None:
    job.counts = told.get("counts") or job.counts
    if "problem" in told:
        job.problem = ": ".join(filter(None, [told["problem"], told["hint"]]))
    elif "report" in told:
        job.report, job.warnings = told["report"], told.get("warnings", [])
    elif "poll" in told:
        job.report, job.progress, job.problem = told["poll"] or job.report, {}, told["trouble"] or ""
    else:
        job.progress = told


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")


JOBS = Jobs()
