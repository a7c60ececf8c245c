"""A day of a stream: visits along its curve, each a connection with some requests."""

from __future__ import annotations

from datetime import date
from random import Random

import numpy as np
import numpy.typing as npt

from engine.demo.elb.clients import members
from engine.demo.elb.lines import Connection, Request, connect
from engine.demo.elb.streams import Route, Stream
from engine.demo.rhythm import about, is_day_off, midnight, spread

SLOWEST = 0.95
"""Seconds that no target takes on an ordinary day; those who take longer are part of a story."""

Numbers = npt.NDArray[np.int64]


def requests_of(stream: Stream, day: date) -> list[Request]:
    """The requests of a local day, in no order; a function of the calendar alone."""
    random = Random(f"{stream.name} {day}")
    visits = about(random, stream.per_day * (stream.day_off if is_day_off(day) else 1) / stream.per_visit)
    dice = np.random.default_rng(random.getrandbits(64))
    lengths = dice.geometric(1 / stream.per_visit, visits)
    count = int(lengths.sum())
    connections = _connections(stream, visits, random)
    shares = np.array([route.share for route in stream.routes])
    routes = dice.choice(len(shares), count, p=shares / shares.sum())
    medians = np.array([route.took for route in stream.routes])[routes]
    columns = zip(
        _times(spread(random, midnight(day, stream.zone), visits, stream.curve), lengths, stream.pause, dice).tolist(),
        np.repeat(np.arange(visits), lengths).tolist(),
        routes.tolist(),
        np.minimum(medians * dice.lognormal(0, 0.5, count), SLOWEST).tolist(),
        dice.lognormal(0, 0.3, count).tolist(),
        dice.integers(0, 1 << 40, count).tolist(),
        strict=True,
    )
    kinds = [_Kind(route, stream.base, random) for route in stream.routes]
    return [
        kinds[route].request(micros, connections[visit], waited, size, die)
        for micros, visit, route, waited, size, die in columns
    ]


def _connections(stream: Stream, visits: int, random: Random) -> list[Connection]:
    crowd = members(stream.crowd)
    clients = [crowd[int(len(crowd) * random.random() ** stream.regulars)] for _ in range(visits)]
    return [
        connect(random, stream.balancer, client, stream.host, secure=stream.secure, kind=stream.kind)
        for client in clients
    ]


def _times(starts: list[int], lengths: Numbers, pause: float, dice: np.random.Generator) -> Numbers:
    """Microseconds of all requests, visit after visit."""
    firsts = np.cumsum(lengths) - lengths
    gaps = np.cumsum(dice.exponential(pause, int(lengths.sum())))
    within = gaps - np.repeat(gaps[firsts] - dice.random(len(starts)), lengths)
    times: Numbers = np.repeat(np.array(starts) * 1_000_000, lengths) + (within * 1e6).astype(np.int64)
    return times


class _Kind:
    """A route on one day, with what its requests are put together from at hand."""

    def __init__(self, route: Route, base: str, random: Random) -> None:
        self._route = route
        self._calls = route.calls(base, random)
        self._outcomes = route.outcomes

    def request(self, micros: int, connection: Connection, waited: float, size: float, die: int) -> Request:
        """A request; `waited` and `size` are what it would take and weigh, `die` decides everything else."""
        route = self._route
        outcome = self._outcomes[die % len(self._outcomes)]
        targets = outcome.rule.targets
        return Request(
            micros,
            connection,
            self._calls[(die >> 12) % len(self._calls)],
            outcome.rule,
            targets[(die >> 24) % len(targets)] if outcome.reached else "-",
            waited if outcome.answered else -1.0,
            outcome.status,
            outcome.target_status,
            int(route.received * size),
            int(route.sent * size * outcome.size) + 180,
            outcome.error,
            route.oddity,
        )
