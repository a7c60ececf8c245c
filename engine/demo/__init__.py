"""Sample data: two weeks of a company that does not exist, ending now, as log files of AWS and as a lake of them.

    company         accounts, regions, people, networks
    rhythm          office hours, weekends, the shop's evening peak
    records         how a record is put together from a caller and a call
    identities      the forms of `userIdentity`
    apis            what people call: pages of the console, changes
    logins          sign-ins in all their outcomes
    people          a day of the console and the command line
    machines        a day of services, clusters, functions, Auto Scaling
    pipelines       a day of continuous integration
    stories         what an incident is
    incidents       what goes wrong, and the query that finds it
    generate        all of that for a stretch of days
    write           files in CloudTrail's layout
    elb             the same for the access logs of load balancers
    aws             what the APIs of AWS would answer about all that
    apart           making it in a process of its own

Ordinary days are a function of the calendar, incidents of now; the same `now` gives the same records.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from engine.demo.apart import run_apart
from engine.demo.elb.generate import write_access_logs
from engine.demo.generate import write_logs
from engine.demo.incidents import INCIDENTS
from engine.demo.stories import Incident
from engine.lake.collect import Progress, collect
from engine.lake.store import Lake
from engine.language.errors import LakeError

__all__ = [
    "COLLECTING",
    "INCIDENTS",
    "WRITING",
    "Incident",
    "demo_is_fresh",
    "demo_made",
    "make_demo_lake",
    "make_demo_lake_apart",
]

Step = Callable[[str, float], None]
"""Is told a stage and a fraction of 1."""

WRITING = "Writing sample logs"
COLLECTING = "Collecting them into a lake"
SHARES = {"write": 0.2, "write elb": 0.2, "collect": 0.4, "collect elb": 0.2}  # of the time it takes
EDITION = 3  # of what is made; sample data of another one are not fresh

FRESH = timedelta(hours=12)
"""How long the incidents of the last day stay within `duration=1d`."""
MARK = ".sample-data.json"
MAKING = ".making-"


def make_demo_lake(folder: Path, now: datetime | None = None, days: int = 14, progress: Step | None = None) -> Path:
    """Make sample data up to `now` in a folder and return the path of its lake; a fresh one stays as it is.

    `folder/logs` holds the log files, `folder/lake` what was collected from them. The lake appears whole or not
    at all; of several processes one makes it and the others wait. `progress` is told a stage and a fraction of 1.
    Raises LakeError when the folder cannot be written, or holds a `lake` or `logs` that is not sample data.
    """
    now = now or datetime.now(UTC)
    folder = Path(folder).expanduser().absolute()
    lake, logs = folder / "lake", folder / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if not demo_is_fresh(folder, now, days):
                _refuse_others(lake, logs)
                _make(folder, now, days, progress or (lambda stage, fraction: None))
    except OSError as problem:
        raise LakeError(f"cannot make sample data in `{folder}`: {problem.strerror or problem}") from problem
    return lake


def make_demo_lake_apart(
    folder: Path, now: datetime | None = None, days: int = 14, progress: Step | None = None
) -> Path:
    """Do what `make_demo_lake` does in a process of its own, which takes the memory that was needed with it.

    What `progress` raises, a stop of the page that shows it for one, ends that process. So does the end of this one.
    """
    now = now or datetime.now(UTC)
    folder = Path(folder).expanduser().absolute()
    if not demo_is_fresh(folder, now, days):
        run_apart(folder, now, days, progress or (lambda stage, fraction: None))
    return folder / "lake"


def demo_is_fresh(folder: Path, now: datetime | None = None, days: int = 14) -> bool:
    """Whether a folder holds sample data of `days` that `duration=1d` still finds alive."""
    now = now or datetime.now(UTC)
    mark = _read_mark(Path(folder) / "lake")
    return mark is not None and mark[1:] == (days, EDITION) and timedelta(0) <= now - mark[0] < FRESH


def demo_made(folder: Path) -> datetime | None:
    """The `now` that the sample data of a folder ends at, null when there is none."""
    mark = _read_mark(Path(folder) / "lake")
    return mark and mark[0]


def _make(folder: Path, now: datetime, days: int, progress: Step) -> None:
    """Logs first, at their final place as the lake remembers where its events came from; the lake last."""
    mark = json.dumps({"made": now.astimezone(UTC).isoformat(), "days": days, "edition": EDITION})
    with TemporaryDirectory(prefix=MAKING, dir=folder, ignore_cleanup_errors=True) as made_in:
        making = Path(made_in)
        way = Way(progress)
        way.tell("write", 0, WRITING)
        with _beside(making, now, days, "write", way):
            write_logs(making / "logs", now, days, lambda fraction: way.tell("write", fraction, WRITING))
        (making / "logs" / MARK).write_text(mark)
        _exchange(making, folder, "logs")
        lake = Lake.open(making / "lake", create=True)
        with _beside(making, now, days, "collect", way):
            collect(lake, "cloudtrail", str(folder / "logs"), progress=lambda so_far: way.collected("collect", so_far))
        (making / "lake" / MARK).write_text(mark)
        _exchange(making, folder, "lake")


def make_beside(making: Path, now: datetime, days: int, part: str, progress: Step) -> None:
    """The access logs' share of making sample data: `write` them, or `collect` them from where they were moved to."""
    way = Way(progress)
    if part == "write":
        write_access_logs(making / "logs", now, days, lambda fraction: way.tell("write elb", fraction, WRITING))
    else:
        lake, logs = Lake.open(making / "lake"), making.parent / "logs"
        collect(lake, "elb", str(logs), progress=lambda so_far: way.collected("collect elb", so_far))


@contextmanager
def _beside(making: Path, now: datetime, days: int, part: str, way: Way) -> Iterator[None]:
    """Do a part of the work in another process, while this one does its own: two processors take half the time."""
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(run_apart, making, now, days, partial(way.tell_of, f"{part} elb"), part)
        try:
            yield
        except BaseException:
            way.stop()
            raise
        other.result()


class Way:
    """How far making sample data has come, told from the parts that are at work at the same time."""

    def __init__(self, progress: Step) -> None:
        self._progress = progress
        self._done = dict.fromkeys(SHARES, 0.0)
        self._lock = Lock()
        self._stopped = False

    def tell(self, part: str, fraction: float, stage: str) -> None:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._done[part] = fraction
            done = sum(SHARES[name] * of for name, of in self._done.items())
            self._progress(stage, min(1.0, done))

    def tell_of(self, part: str, stage: str, of_all: float) -> None:
        """What another process told, whose own way is only that part."""
        self.tell(part, min(1.0, of_all / SHARES[part]), stage)

    def collected(self, part: str, so_far: Progress) -> None:
        self.tell(part, so_far.files_done / max(1, so_far.files_total), COLLECTING)

    def stop(self) -> None:
        """End the other part, the next time it tells something."""
        self._stopped = True


class Stopped(Exception):
    """The other part has failed."""


def _exchange(making: Path, folder: Path, name: str) -> None:
    """Put something new in the place of what is there, which goes to where it will be deleted."""
    if (folder / name).exists():
        (folder / name).rename(making / f"old-{name}")
    (making / name).rename(folder / name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process makes sample data here; then what a killed one left behind is rubbish.

    The system drops the lock of a process that dies.
    """
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"{MAKING}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _refuse_others(*places: Path) -> None:
    """Never replace what this module did not make."""
    for place in places:
        if place.exists() and _read_mark(place) is None and any(place.iterdir()):
            raise LakeError(f"`{place}` is not sample data and stays as it is", "name another folder")


def _read_mark(place: Path) -> tuple[datetime, int, int] | None:
    """When sample data were made, of how many days, in which edition."""
    try:
        mark = json.loads((place / MARK).read_text())
        return datetime.fromisoformat(mark["made"]), int(mark["days"]), int(mark.get("edition", 1))
    except (OSError, ValueError, KeyError, TypeError):
        return None
