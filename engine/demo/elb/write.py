"""From requests to files, named and laid out as load balancers deliver them to a bucket."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from random import Random
from string import ascii_lowercase, digits
from typing import NamedTuple

from isal import isal_zlib

from engine.demo.elb.balancers import BALANCERS, SHOP, Balancer
from engine.demo.elb.lines import Request, line
from engine.demo.records import timestamp
from engine.demo.write import BROKEN_AGO, RECENT, RECENT_SLOT

CLASSIC_SLOT = 3600
OLD_SLOT = 4 * 3600
"""An ALB writes every five minutes; fewer files of older days keep the first start short."""
DELIVERED_AFTER = 60  # seconds from the end of an interval


class Interval(NamedTuple):
    """One file to be: when its interval ends (second of the epoch), and the node that writes it."""

    end: int
    balancer: Balancer
    node: str


def write_requests(folder: Path, requests: list[Request], until: int, random: Random) -> None:
    """Write requests, which are in order, into new files under `folder`, none of which ends after `until`."""
    files: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    writers: dict[str, Balancer] = {}
    for request in requests:
        connection = request.connection
        writers[connection.node] = connection.balancer
        slot = RECENT_SLOT if connection.balancer.id else CLASSIC_SLOT
        end = interval_end(request.micros // 1_000_000, until, slot)
        files[end, connection.node].append(line(request, random))
    named = [
        (log_file(folder, Interval(end, writers[node], node), random), end, files[end, node]) for end, node in files
    ]
    for parent in {path.parent for path, _, _ in named}:
        parent.mkdir(parents=True, exist_ok=True)
    for path, end, lines in named:
        _put(path, "\n".join([*lines, ""]), end)


def interval_end(second: int, until: int, recent_slot: int) -> int:
    """The end of the interval that a request of `second` is logged in, never after `until`.

    >>> interval_end(1_000_000, 1_000_800, RECENT_SLOT), interval_end(1_000_000, 2_000_000, RECENT_SLOT)
    (1000200, 1008000)
    """
    slot = recent_slot if until - second < RECENT else OLD_SLOT
    return min((second // slot + 1) * slot, until)


def log_file(folder: Path, interval: Interval, random: Random) -> Path:
    """The path of a file; that of an ALB names its kind and its id, and is compressed.

    >>> print(log_file(Path("logs"), Interval(0, SHOP, "3.34.99.21"), Random(1)))
    logs/AWSLogs/222233334444/elasticloadbalancing/ap-northeast-2/1970/01/01/222233334444_elasticloadbalancing_ap-northeast-2_app.shop-web.7d2f0c9b4e61a835_19700101T0000Z_3.34.99.21_e41jrqx2.log.gz
    """
    end, balancer, node = interval
    when = timestamp(end).decode()
    day, minute = when[:10].replace("-", "/"), when[:16].replace("-", "").replace(":", "")
    name = f"{balancer.logged_as.replace('/', '.')}_{minute}Z_{node}_{''.join(random.choices(_LETTERS, k=8))}"
    ending = "log.gz" if balancer.id else "log"
    return (
        _logs_of(folder, balancer) / day / f"{balancer.account}_elasticloadbalancing_{balancer.region}_{name}.{ending}"
    )


_LETTERS = ascii_lowercase + digits


def _logs_of(folder: Path, balancer: Balancer) -> Path:
    return folder / "AWSLogs" / balancer.account / "elasticloadbalancing" / balancer.region


def write_test_files(folder: Path, second: int) -> None:
    """The file by which a load balancer tries whether it may write, when its logs are switched on."""
    for balancer in BALANCERS:
        text = f"Enable AccessLog for ELB: {balancer.name} at {timestamp(second).decode()}\n"
        (folder / "AWSLogs" / balancer.account / "ELBAccessLogTestFile").write_text(text)


def write_broken(folder: Path, now: int) -> Path:
    """A file whose only line was cut short, for the page that shows rejects."""
    end = (now - BROKEN_AGO) // OLD_SLOT * OLD_SLOT
    path = log_file(folder, Interval(end, SHOP, SHOP.nodes[0]), Random("broken"))
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, f"h2 {timestamp(end - 9)[:-1].decode()}.120834Z {SHOP.logged_as} 175.209.3.77:50122 10.20.1.21:80", end)
    return path


def _put(path: Path, text: str, end: int) -> None:
    """A file that is as old as its delivery, compressed when its name says so."""
    content = text.encode()
    path.write_bytes(isal_zlib.compress(content, 1, 31) if path.suffix == ".gz" else content)
    os.utime(path, (end + DELIVERED_AFTER, end + DELIVERED_AFTER))
