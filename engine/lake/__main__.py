"""What `apart` runs: work on a lake in a process of its own, `python -m engine.lake ORDER`, an order being JSON.

Tells in lines of JSON how it goes. It stops, after finishing what is under way, when its standard input ends: that is
when whoever started it wants it to, or is no more.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import date, timedelta
from threading import Event, Thread
from typing import Any

from engine.lake.apart import Order
from engine.lake.collect import CollectReport, Progress, collect
from engine.lake.compact import compact
from engine.lake.retain import retain, today
from engine.lake.retry import retry
from engine.lake.store import Lake
from engine.lake.watch import watch
from engine.language.errors import SourceError


def main() -> int:
    """Do what the order says; 0, or 1 when that failed for a reason that was told."""
    order = Order(**json.loads(sys.argv[1]))
    stop = Event()
    Thread(target=_stop_with_input, args=[stop], daemon=True).start()
    try:
        obey(order, stop)
    except SourceError as problem:
        tell(problem=problem.message, hint=problem.hint)
        return 1
    return 0


def obey(order: Order, stop: Event) -> None:
    """Do what an order says, and tell what came of it."""
    lake = Lake.open(order.lake, create=order.verb in ("collect", "watch"))
    if order.verb == "compact":
        tell(report=str(compact(lake)))
    elif order.verb == "retain":
        done = retain(lake, dict.fromkeys(order.tables, order.days), today())
        tell(report="\n".join(map(str, done)))
    elif order.verb == "retry":
        tell(report=str(retry(lake, order.tables, progress=step, cancel=stop)))
    elif order.verb == "watch":
        polls = watch(
            lake,
            order.kind,
            order.source,
            every=timedelta(seconds=order.every),
            progress=step,
            cancel=stop,
            **window(order),
        )
        for state, report in polls:
            tell(poll="" if report is None else str(report), trouble=state.error, counts=counts(report))
    else:
        report = collect(lake, order.kind, order.source, progress=step, cancel=stop, **window(order))
        text = str(report) if report.objects else "no log files found"
        tell(report=text, warnings=list(report.warnings), counts=counts(report) if report.objects else {})


def counts(report: CollectReport | None) -> dict[str, int]:
    """The numbers of a report that people are told first."""
    if report is None:
        return {}
    return {name: getattr(report, name) for name in ("collected", "objects", "already", "events", "duplicates")}


def window(order: Order) -> dict[str, Any]:
    """The options of a collect."""
    since = date.fromisoformat(order.since) if order.since else None
    return {"since": since, "profile": order.profile}


def step(progress: Progress) -> None:
    tell(
        fraction=progress.fraction,
        objects=progress.files_done,
        total=progress.files_total,
        events=progress.events,
        bytes=progress.bytes_done,
        seconds=progress.seconds,
        left=progress.seconds_left,
    )


def tell(**facts: object) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more, which is no reason to leave anything half done
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()


def _stop_with_input(stop: Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
