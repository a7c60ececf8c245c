"""What each command of a query does to its rows: measured by running the query up to it, again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from engine.commands.stats import Stats
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.language.printer import print_command
from engine.language.rewrite import live_commands
from engine.query import Engine
from pages.parts.desk import Values

TIMEOUT = 30.0  # seconds a step


@dataclass(frozen=True)
class Measured:
    """A command, how many rows there are after it, and how many seconds counting them took, all before it included."""

    command: str
    rows: int
    seconds: float


def can_measure(query: Query) -> bool:
    """Whether running it several times costs nothing but time."""
    return not live_commands(query)


def measured(engine: Engine, query: Query, values: Values, cancel: threading.Event | None = None) -> Iterator[Measured]:
    """Each command in turn. Raises what the engine raises.

    >>> steps = measured(Engine(), parse('json "[{a: 1}, {a: 2}]" | search a > 1'), {})
    >>> [(step.command, step.rows) for step in steps]
    [('json "[{a: 1}, {a: 2}]"', 2), ('search a > 1', 1)]
    """
    count = parse("table any? | stats count").commands[1]
    assert isinstance(count, Stats)
    for place, command in enumerate(query.commands, start=1):
        if command.starts_empty and not any(not before.starts_empty for before in query.commands[:place]):
            continue  # there are no rows yet
        started = time.perf_counter()
        prefix = Query((*query.commands[:place], count), query.text)
        frame = engine.execute(prefix, values, timeout=TIMEOUT, cancel=cancel).frame
        yield Measured(print_command(command), int(frame["count"].iloc[0]), time.perf_counter() - started)
