"""All requests of a stretch of days, written as access logs of their load balancers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from random import Random

from engine.demo.elb.incidents import disturbed, planted
from engine.demo.elb.lines import Request
from engine.demo.elb.streams import STREAMS
from engine.demo.elb.traffic import requests_of
from engine.demo.elb.write import write_broken, write_requests, write_test_files
from engine.demo.generate import days_until
from engine.demo.rhythm import midnight
from engine.lake.collect import garbage_collection_paused

INTERVAL = 5 * 60  # of the files of load balancers
DAY_AND_ITS_LAST_VISITS = 26 * 3600
LATE = 60  # seconds from the end of an interval until its file is there


def write_access_logs(folder: Path, now: datetime, days: int, progress: Callable[[float], None] | None = None) -> int:
    """Write the files of the `days` until `now` under a folder; returns the number of lines.

    One calendar day is in memory at a time.
    """
    second = int(now.timestamp())
    begin, end = second - days * 86400, (second - LATE) // INTERVAL * INTERVAL
    random = Random(f"load balancers {second}")
    planned = days_until(now, days)
    count = 0
    with garbage_collection_paused():
        for number, day in enumerate(planned):
            requests = disturbed(ordinary(day, begin, end), second)
            if day == planned[-1]:
                requests += planted(second)
            requests = [request for request in requests if begin <= request.micros // 1_000_000 < end]
            requests.sort(key=lambda request: request.micros)
            write_requests(folder, requests, end, random)
            count += len(requests)
            if progress is not None:
                progress((number + 1) / len(planned))
    write_test_files(folder, begin)
    write_broken(folder, second)
    return count


def ordinary(day: date, begin: int, end: int) -> list[Request]:
    """What is asked for on a day that has to do with a stretch of time, incidents aside.

    How the day goes is a function of the calendar alone, wherever the stretch begins and ends.
    """
    found: list[Request] = []
    for stream in STREAMS:
        starts = midnight(day, stream.zone)
        if starts < end and begin < starts + DAY_AND_ITS_LAST_VISITS:
            found += requests_of(stream, day)
    return found
