"""A dashboard as a value: panels with their titles, queries, visuals, help and thresholds. Nothing here draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pages.parts.texts import Text

Level = Literal["ok", "amber", "red"]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """Fixed thresholds: a value of `amber` or more needs attention, one of `red` or more is an alarm."""

    amber: int
    red: int

    def level(self, value: float) -> Level:
        """The level of a value.

        >>> Limits(amber=5, red=20).level(7)
        'amber'
        """
        if value >= self.red:
            return "red"
        return "amber" if value >= self.amber else "ok"


@dataclass(frozen=True)
class Baseline:
    """Thresholds as multiples of what is usual: the median of the same hours on the 7 days before.

    `floor` is the smallest usual value, so that one event after a quiet week is not yet an alarm.
    """

    amber: float = 3
    red: float = 10
    floor: int = 5

    def limits(self, usual: float) -> Limits:
        """The fixed thresholds that follow from a usual value.

        >>> Baseline().limits(2), Baseline().limits(40)
        (Limits(amber=15, red=50), Limits(amber=120, red=400))
        """
        base = max(usual, self.floor)
        return Limits(int(self.amber * base), int(self.red * base))


@dataclass(frozen=True)
class Escalation:
    """A number is an alarm at once when some of the rows behind it fulfil a condition of the language."""

    condition: str
    reason: Text  # `{n}` is the number of such rows


@dataclass(frozen=True)
class Number:
    """One number with its change against the previous period, its course and its level."""

    limits: Limits | Baseline
    escalation: Escalation | None = None
    rising: Literal["bad", "neutral"] = "neutral"


@dataclass(frozen=True)
class StackedColumns:
    """Counts over time: `_time` and one column per series."""


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, already sorted: `label` names them, `value` is their length, `keys` are their rows' values."""

    label: str
    value: str
    keys: tuple[str, ...]
    limits: Limits


@dataclass(frozen=True)
class WorldMap:
    """Countries (ISO 3166 alpha-2) with a count; those not in `expected` are drawn as alarms."""

    country: str
    value: str
    expected: frozenset[str]


@dataclass(frozen=True)
class Signal:
    """Why a row of a table deserves a look."""

    level: Level
    reason: Text


@dataclass(frozen=True)
class Column:
    """How a table shows a column: the name it is given, its kind and its width."""

    title: Text
    kind: Literal["text", "time", "map", "count"] = "text"
    width: Literal["small", "medium", "large"] | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Table:
    """Rows with typed columns; `signal` looks at a row and says whether it is tinted and why."""

    columns: Mapping[str, Column]
    signal: Callable[[Row], Signal | None]


Visual = Number | StackedColumns | Bars | WorldMap | Table


@dataclass(frozen=True)
class Panel:
    """One question to the logs. `query` is the panel's query verbatim; `{period}` in the title is filled in.

    `fuller` is the same question with added columns; where there is one it is shown first, and `query` on request.
    """

    id: str
    title: Text
    query: str
    visual: Visual
    help: Text
    fuller: str | None = None
    height: int = 270


@dataclass(frozen=True)
class Dashboard:
    """A page: rows of panels, each row with the relative widths of its panels."""

    id: str
    purpose: Text
    rows: tuple[tuple[Panel, ...], ...]
    widths: tuple[tuple[int, ...], ...]
    places_addresses: bool = False  # shows where addresses are, so the makers of the geo data are named

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row)
