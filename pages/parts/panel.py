"""A dashboard as a value: panels with their titles, queries, visuals, help and thresholds. Nothing here draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pages.parts.texts import Language, Text
from pages.parts.units import Unit

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


EVENT, EVENTS = Text("Event", "이벤트"), Text("Events", "이벤트")
ADDRESS = Text("Address", "IP 주소")
SERVER, REQUESTS = Text("Server", "서버"), Text("Requests", "요청")
AS_GIVEN = Text("As given", "원래 쿼리")


@dataclass(frozen=True)
class Signal:
    """Why a row of an answer deserves a look; `info` is worth knowing, and no reason to worry."""

    level: Level | Literal["info"]
    reason: Text


@dataclass(frozen=True)
class Series:
    """A series that is known beforehand: the column it has in the answer, its name and its colour."""

    column: str
    title: Text
    colour: str


@dataclass(frozen=True)
class Mark:
    """A condition of the language on the rows behind a chart: buckets that have such rows get a mark."""

    condition: str
    title: Text


@dataclass(frozen=True)
class StackedColumns:
    """Amounts over time: `_time` and one column per series, of which some may be known. Missing buckets are 0.

    Hours when nobody should be at work are shaded on request (`office_hours`).
    """

    unit: Unit = "events"
    known: tuple[Series, ...] = ()
    kind: Text = EVENT  # what the series are
    mark: Mark | None = None
    office_hours: bool = False


@dataclass(frozen=True)
class Lines:
    """Values over time, a line for each series, with gaps for missing buckets; `weight` says how much they rest on.

    The rows behind a point are those of its bucket that have `behind` in the field of the series' column; of a point at
    0 there are none, so it stands for all rows of its bucket.
    """

    series: tuple[Series, ...]
    unit: Unit
    weight: str
    behind: int


@dataclass(frozen=True)
class Scatter:
    """Values over time as points without a line, one colour per series; those over `limit` seconds stand out."""

    limit: float


@dataclass(frozen=True)
class BoxPlot:
    """Boxes of seconds, one per value of `group`, from the five numbers of `boxplot`.

    The number `deciding` over a limit decides the level. `seconds` is how many seconds the answer's 1 is, `kind` what
    the groups are and `counted` what the numbers rest on.
    """

    group: str
    amber: float
    red: float
    deciding: Literal["iqr2", "iqr3"] = "iqr3"
    seconds: float = 1
    kind: Text = SERVER
    counted: Text = REQUESTS


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of seconds as points, one row per value of `group`; `count` is how many values they rest on."""

    group: str
    points: tuple[str, ...]
    count: str
    limit: float


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, already sorted: `label` names them, `value` is their length, `keys` are their rows' values.

    The level of a bar comes from `limits` or from what `signal` says about its row. Long labels stand `above` bars.
    """

    label: str
    value: str
    keys: tuple[str, ...]
    limits: Limits | None = None
    signal: Callable[[Row], Signal | None] | None = None
    unit: Unit = "events"
    kind: Text = ADDRESS  # what the labels are
    counted: Text = EVENTS  # what the values are
    above: bool = False


@dataclass(frozen=True)
class WorldMap:
    """Countries (ISO 3166 alpha-2) with a count; those not in `expected` are drawn as alarms."""

    country: str
    value: str
    expected: frozenset[str]


@dataclass(frozen=True)
class Column:
    """How a table shows a column: the name it is given, its kind and its width.

    `count` is a number, `milliseconds` a number of seconds, `megabytes` one of bytes, `percent` one of hundredths,
    `lines` a text of lines.
    """

    title: Text
    kind: Literal["text", "time", "map", "count", "milliseconds", "percent", "megabytes", "lines"] = "text"
    width: Literal["small", "medium", "large"] | int | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Table:
    """Rows with typed columns; `signal` looks at a row and says whether it is tinted and why.

    A row opens the log rows that have its values in the fields `keys`; without keys the log event that it shows.
    """

    columns: Mapping[str, Column]
    signal: Callable[[Row], Signal | None]
    keys: tuple[str, ...] = ()
    tall_rows: bool = False  # room for several lines in each


# what AWS answers -----------------------------------------------------------------------------------------------------
# Queries of these visuals may hold the days of `pages.parts.days`, such as `{month}`, which are filled in.


@dataclass(frozen=True)
class Beside:
    """A second number under a figure: the first cell of a query, amber or red by its limits; `{n}` in the title."""

    title: Text
    query: str
    limits: Limits | None = None
    said: Callable[[Row], Text | None] | None = None  # what else there is to say about the answer


@dataclass(frozen=True)
class Figure:
    """One number of an answer, `value`: what is now, not what happened in a period.

    `before` is a query whose first cell it is compared with, `course` one whose last column is its course. With
    `budgeted` the monthly budget decides the level, otherwise `limits`.
    """

    value: str
    unit: Unit | Literal["money"] = "events"  # `money` is dollars, shown in the currency that the viewer has chosen
    limits: Limits | None = None
    before: str | None = None
    compared: Text | None = None  # what `before` is
    course: str | None = None
    beside: tuple[Beside, ...] = ()
    budgeted: bool = False
    said: Callable[[Row, Language, Callable[[float], str]], str] | None = None  # of a row; how money is written

    @property
    def also(self) -> tuple[str, ...]:
        """The queries beside the panel's own."""
        return (*filter(None, (self.before, self.course)), *(item.query for item in self.beside))


@dataclass(frozen=True)
class Treemap:
    """Amounts as tiles, largest first; `before` is the same question about an earlier time: who is new since."""

    label: str
    value: str
    before: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)  # colours of labels
    kind: Text = EVENT

    @property
    def also(self) -> tuple[str, ...]:
        return () if self.before is None else (self.before,)


@dataclass(frozen=True)
class StackedDays:
    """Cost by day: `_time` and one column per series; the last `incomplete` days may still grow."""

    kind: Text
    by: str  # the field that the series come from
    known: Mapping[str, str] = field(default_factory=dict)
    incomplete: int = 2
    also: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class MonthCourse:
    """Cost (`start`, `cost`) of this month and the one before as sums from their first days, with what lies ahead.

    `forecast` is a query for `start`, `mean_value`, `lower_bound` and `upper_bound` of the days to come.
    """

    forecast: str

    @property
    def also(self) -> tuple[str, ...]:
        return (self.forecast,)


@dataclass(frozen=True)
class Movers:
    """What costs more or less than before: `label`, `now`, `before`, `change`; `title` is what is shown of a label."""

    label: str
    kind: Text
    title: str | None = None
    also: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class NamedLines:
    """Values over time as lines whose names come from the answer: `_time` and one column per line.

    `limits` are drawn as lines, amber and red; `by` is the field that the names come from.
    """

    unit: Unit
    by: str
    kind: Text
    duration: timedelta
    limits: tuple[float, float] | None = None
    also: ClassVar[tuple[str, ...]] = ()


LiveVisual = Figure | Treemap | StackedDays | MonthCourse | Movers | NamedLines
Visual = Number | StackedColumns | Lines | Scatter | BoxPlot | Percentiles | Bars | WorldMap | Table | LiveVisual


@dataclass(frozen=True)
class Variant:
    """Another way to put a panel's question, on request: another query, another visual, or both."""

    id: str
    title: Text
    query: str | None = None
    visual: Visual | None = None
    note: Text | None = None


@dataclass(frozen=True)
class Panel:
    """One question to the logs. `query` is the panel's query verbatim; `{period}` in the title is filled in.

    `fuller` is the same question with added columns; where there is one it is shown first, and `query` on request.
    Of the `variants` one may be `shown_first`; `own_title` names the panel's own question among them. `note` says under
    the title what the panel shows.
    """

    id: str
    title: Text
    query: str
    visual: Visual
    help: Text
    fuller: str | None = None
    height: int = 270
    note: Text | None = None
    variants: tuple[Variant, ...] = ()
    own_title: Text = AS_GIVEN
    shown_first: str = ""

    def as_variant(self, name: str) -> Panel:
        """The panel with one of its variants in place of its own question; itself for any other name."""
        for variant in self.variants:
            if variant.id == name:
                return replace(
                    self,
                    query=variant.query or self.query,
                    visual=variant.visual or self.visual,
                    note=variant.note or self.note,
                )
        return self


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
