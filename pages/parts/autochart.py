"""Which chart suits a result: decided by its columns and their types alone, and the rows shaped for it. Draws nothing.

`min`, `iqr1`, `iqr2`, `iqr3`, `max`      box
one row of numbers                        number
`country` and a number                    map
a time and numbers                        stacked (whole numbers, as counts are) or line
a name and a number                       bar
a time alone                              rows: how many rows there are over time
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import pandas as pd

from engine.catalog import INT, LONG, NUMBERS, Type
from engine.export import neutralise, plain_text

Kind = Literal["number", "box", "map", "stacked", "line", "bar", "rows"]
KINDS: tuple[Kind, ...] = ("number", "box", "map", "stacked", "line", "bar", "rows")

MOST_SERIES = 20  # series with a name of their own, bars, boxes
MOST_MARKS = 5_000
MOST_NUMBERS = 6  # of one row that are shown large, side by side
MOST_BUCKETS = 170  # columns over time that can still be told apart
QUARTILES = ("min", "iqr1", "iqr2", "iqr3", "max")
NAMES = ("string", "ip", "bool", "any")
NOT_MEASURED = ("_id",)  # a number that counts nothing
WIDTHS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 10, 60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 7 * 86400, 30 * 86400)
)


@dataclass(frozen=True)
class Plot:
    """A chart's kind and the columns it takes: `names` along the category axis or as series, `values` as measures."""

    kind: Kind
    time: str = ""
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def plots(types: Mapping[str, Type], rows: int) -> tuple[Plot, ...]:
    """Every chart that these columns allow, the best first; none for a result without rows.

    >>> from engine.catalog import DATE, LONG, STRING
    >>> [plot.kind for plot in plots({"_time": DATE, "RunInstances": LONG, "StopInstances": LONG}, 144)]
    ['stacked', 'line']
    >>> plots({"country": STRING, "count": LONG}, 7)[0]
    Plot(kind='map', time='', names=('country',), values=('count',))
    """
    if rows == 0:
        return ()
    numbers = tuple(name for name, kind in types.items() if kind in NUMBERS and name not in NOT_MEASURED)
    names = tuple(name for name, kind in types.items() if kind.name in NAMES)
    dates = tuple(name for name, kind in types.items() if kind.name == "date")
    found: list[Plot] = []
    if set(QUARTILES) <= set(numbers):
        groups = tuple(name for name in types if name not in (*QUARTILES, "count"))
        return (Plot("box", names=groups, values=QUARTILES),)
    if rows == 1 and numbers and not names and not dates and len(numbers) <= MOST_NUMBERS:
        return (Plot("number", values=numbers),)
    if numbers and types.get("country", INT).name == "string":
        found.append(Plot("map", names=("country",), values=(_measure(numbers),)))
    if dates and numbers:
        found += _over_time(types, "_time" if "_time" in dates else dates[0], names, numbers)
    elif numbers and names:
        found.append(Plot("bar", names=names, values=(_measure(numbers),)))
    elif len(numbers) > 1 and rows > 1:  # `stats count by hour`: the key stands first
        found.append(Plot("bar", names=numbers[:1], values=(_measure(numbers[1:]),)))
    elif "_time" in dates and rows > 1:
        found.append(Plot("rows", time="_time"))
    return tuple(found)


def _measure(numbers: tuple[str, ...]) -> str:
    return "count" if "count" in numbers else numbers[0]


def _over_time(types: Mapping[str, Type], time: str, names: tuple[str, ...], numbers: tuple[str, ...]) -> list[Plot]:
    """Columns for whole numbers, which are counts and sums mostly; lines for the rest."""
    values = (_measure(numbers),) if names else numbers
    whole = all(types[name] in (INT, LONG) for name in values)
    order: tuple[Kind, ...] = ("stacked", "line") if whole else ("line", "stacked")
    return [Plot(kind, time=time, names=names, values=values) for kind in order]


@dataclass(frozen=True)
class Shaped:
    """Rows ready to be drawn, and what was left out or put together on the way.

    `hidden` counts series, bars or boxes without a mark of their own; `merged` is how many points became one.
    """

    rows: pd.DataFrame
    hidden: int = 0
    merged: int = 1
    width: timedelta = timedelta(0)


def over_time(frame: pd.DataFrame, plot: Plot, other: str, none: str) -> Shaped:
    """`_time` (without a zone), `series` and `value`, for lines and stacked columns.

    The largest series keep their name; of the others stacked columns show the sum, lines nothing.
    """
    wide = _wide(frame, plot, none)
    sizes = wide.abs().sum().sort_values(ascending=False, kind="stable")
    small = list(sizes.index[MOST_SERIES:])
    if small:
        rest = wide[small].sum(axis=1)
        wide = wide.drop(columns=small)
        if plot.kind == "stacked":
            wide[other] = rest
    width = _spacing(wide.index)
    merged = 1
    if plot.kind == "stacked":
        wider = (step for step in WIDTHS if step >= width and _buckets(wide.index, step) <= MOST_BUCKETS)
        if _buckets(wide.index, width) > MOST_BUCKETS:
            width = next(wider, WIDTHS[-1])
        wide = wide.groupby(_starts(wide.index, width)).sum()
    else:
        merged = -(-wide.size // MOST_MARKS)
        wide = wide.iloc[::merged]
    tall = wide.rename_axis("_time").reset_index().melt("_time", var_name="series", value_name="value")
    tall = tall[tall["value"] != 0] if plot.kind == "stacked" else tall
    return Shaped(tall.dropna(subset=["value"]).reset_index(drop=True), len(small), merged, width)


def _wide(frame: pd.DataFrame, plot: Plot, none: str) -> pd.DataFrame:
    """One row a moment, one column a series, numbers as floats."""
    times = local(frame[plot.time]).rename("_time")
    if not plot.names:
        wide = frame[list(plot.values)].set_axis(pd.DatetimeIndex(times)).apply(pd.to_numeric).astype("float64")
        wide.columns = pd.Index([label(name, none) for name in plot.values])
    else:
        long = pd.DataFrame(
            {
                "_time": times.to_numpy(),
                "series": _labels(frame, plot.names, none).to_numpy(),
                "value": pd.to_numeric(frame[plot.values[0]]).astype("float64").to_numpy(),
            }
        )
        wide = long.pivot_table(index="_time", columns="series", values="value", aggfunc="sum")
    wide = wide[wide.index.notna()]
    return wide.groupby(level=0).sum(min_count=1).sort_index()


def rows_over_time(frame: pd.DataFrame, plot: Plot, counted: pd.DataFrame | None = None) -> Shaped:
    """`_time` (without a zone) and `count`: how many rows each bucket has, empty ones included.

    `counted` is the same of all rows, where the frame holds a part of them.
    """
    source = frame.assign(count=1) if counted is None else counted
    source = source[source[plot.time].notna()]
    index = pd.DatetimeIndex(local(source[plot.time]))
    if index.empty:
        return Shaped(pd.DataFrame({"_time": index, "count": []}))
    width = next((wider for wider in WIDTHS if _buckets(index, wider) <= MOST_BUCKETS), WIDTHS[-1])
    if counted is not None:
        width = max(width, _spacing(index.sort_values()))
    counts = pd.Series(source["count"].to_numpy(), index=_starts(index, width)).groupby(level=0).sum()
    counts = counts.reindex(pd.date_range(counts.index[0], counts.index[-1], freq=width), fill_value=0)
    return Shaped(counts.rename_axis("_time").rename("count").reset_index(), width=width)


def bars(frame: pd.DataFrame, plot: Plot, none: str) -> Shaped:
    """`label`, `value` and `row` (its place in the frame), the largest first; hours and the like keep their order."""
    values = pd.to_numeric(frame[plot.values[0]]).astype("float64")
    made = pd.DataFrame({"label": _labels(frame, plot.names, none), "value": values}).reset_index(drop=True)
    made["row"] = range(len(made))
    made = made.dropna(subset=["value"])
    if frame.columns.get_loc(plot.names[0]) != 0 or not _is_scale(frame[plot.names[0]]):
        made = made.sort_values("value", ascending=False, kind="stable")
    return Shaped(made.head(MOST_SERIES).reset_index(drop=True), max(0, len(made) - MOST_SERIES))


def boxes(frame: pd.DataFrame, plot: Plot, none: str) -> Shaped:
    """`label` and the five numbers, the highest median first."""
    made = frame[list(QUARTILES)].apply(pd.to_numeric).astype("float64")
    made.insert(0, "label", _labels(frame, plot.names, none) if plot.names else "")
    made = made.dropna(subset=list(QUARTILES)).sort_values("iqr2", ascending=False, kind="stable")
    return Shaped(made.head(MOST_SERIES).reset_index(drop=True), max(0, len(made) - MOST_SERIES))


def _is_scale(column: pd.Series) -> bool:
    """Whether the names are numbers that have an order of their own, such as hours."""
    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_bool_dtype(column)


def _labels(frame: pd.DataFrame, names: tuple[str, ...], none: str) -> pd.Series:
    shown = [frame[name].map(lambda value: label(value, none)) for name in names]
    joined = shown[0].astype(object)
    for column in shown[1:]:
        joined = joined + " · " + column.astype(object)
    return joined


def label(value: object, none: str) -> str:
    """A value as the name of a bar or series.

    >>> label(None, "(none)"), label(True, "(none)"), label("a\\x1b", "(none)")
    ('(none)', 'true', 'a␛')
    """
    return neutralise(plain_text(value))[:120] or none


def local(instants: pd.Series) -> pd.Series:
    """Instants as wall clock without a zone: Vega would draw zoned ones in the browser's zone."""
    return instants.dt.tz_localize(None)


def _spacing(index: pd.DatetimeIndex) -> timedelta:
    """The most frequent distance between neighbouring moments; a minute when there is just one."""
    gaps = pd.Series(index).diff().dropna()
    gaps = gaps[gaps > pd.Timedelta(0)]
    return timedelta(minutes=1) if gaps.empty else gaps.mode().iloc[0].to_pytimedelta()


def _buckets(index: pd.DatetimeIndex, width: timedelta) -> int:
    return int((index[-1] - index[0] if index.is_monotonic_increasing else index.max() - index.min()) / width) + 1


def _starts(index: pd.DatetimeIndex, width: timedelta) -> pd.DatetimeIndex:
    """The start of each moment's bucket; buckets are counted from midnight of the first day."""
    first = index.min().normalize()
    return first + (index - first) // width * pd.Timedelta(width)
