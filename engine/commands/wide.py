"""From long to wide: a column for each value of some fields, as `timechart … by` and `pivot … for` show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from engine.catalog import Type
from engine.language.errors import QueryError
from engine.plan import Order, Rows, built, stored
from engine.sql import identifier
from engine.values import NOTHING, Value, as_key, text

MOST_COLUMNS = 5000


def wide(
    rows: Rows,
    keys: Sequence[tuple[str, Value]],
    series: Sequence[Value],
    measured: Sequence[tuple[str, Value]],
    command: str,
    code: str,
) -> Rows:
    """One row for each combination of `keys`, ascending; one column for each combination of `series` and measure.

    Aggregates in long form and runs that: the columns' names are only known then. A column is called as its value, or
    `VALUE_ALIAS` where there are several measures; columns stand in the order of the values. Null where there are none.
    """
    table, kinds = _long(rows, keys, series, measured)
    names = list(dict.fromkeys(table.column("n").to_pylist()))
    if len(names) * len(measured) > MOST_COLUMNS:
        message = f"`{command}` would have {len(names) * len(measured):,} columns"
        raise QueryError(code, message, hint="choose a field with fewer values, or keep the largest with `search`")
    cells = _cells(table, names)
    columns = {name: (table.column(f"k{i}").take(cells["row"]), kinds[f"k{i}"]) for i, (name, _) in enumerate(keys)}
    for name in names:
        for i, (alias, _) in enumerate(measured):
            column = f"{name}_{alias}" if len(measured) > 1 else name
            column = f"{column} (series)" if column in dict(keys) else column
            columns[column] = (table.column(f"v{i}").take(cells[f"of {name}"]), kinds[f"v{i}"])
    arrays = [array for array, _ in columns.values()]
    made = stored(
        rows.context,
        pa.table([*arrays, pa.array([True] * len(cells["row"]))], names=[f"c{i}" for i in range(len(arrays) + 1)]),
        {f"c{i}": kind for i, (_, kind) in enumerate(columns.values())},
    )
    return made.with_columns({name: made.columns[f"c{i}"] for i, name in enumerate(columns)}, list(columns))


def _long(
    rows: Rows, keys: Sequence[tuple[str, Value]], series: Sequence[Value], measured: Sequence[tuple[str, Value]]
) -> tuple[pa.Table, dict[str, Type]]:
    """A row for each `keys` and name of a series, series by series; `r` numbers the combinations of keys."""
    name = Value(" || '_' || ".join(text(value).sql for value in series), text(NOTHING).type)
    grouped = [(f"k{i}", as_key(value)) for i, (_, value) in enumerate(keys)]
    order = [(f"s{i}", replace(value, sql=f"any_value({value.sql})")) for i, value in enumerate(series)]
    aggregated = [(f"v{i}", value) for i, (_, value) in enumerate(measured)]
    grouping = ", ".join(str(position + 1) for position in range(len(grouped) + 1))
    outputs = [*grouped, ("n", name), *order, *aggregated]
    tail = f"FROM {rows.step} GROUP BY {grouping}"
    long = built(rows.context, outputs, tail, [rows.step], order=[key for key, _ in [*order, ("n", name)]])
    kinds = {output: long.columns[output].type for output, _ in outputs}
    read = ["n", *(output for output, _ in [*grouped, *aggregated])]
    columns = ", ".join(f"{long.columns[output].sql} AS {identifier(output)}" for output in read)
    rank = _rank(long, [key for key, _ in grouped])
    statement = f"SELECT {columns}, {rank} AS r FROM {long.step} ORDER BY {long.order_by(f'{long.step}.')}"
    return rows.context.session.fetch(rows.context.statement(statement, long.step)), kinds


def _rank(long: Rows, keys: Sequence[str]) -> str:
    """SQL for the place of a row's keys among all, from 1; keys that tie in the language's order are told apart."""
    if not keys:
        return "CAST(1 AS BIGINT)"
    columns = [long.columns[key] for key in keys]
    by_value = [Order(column.sql, column.type).sql() for column in columns]
    return f"dense_rank() OVER (ORDER BY {', '.join([*by_value, *(column.sql for column in columns)])})"


def _cells(table: pa.Table, names: Sequence[str]) -> dict[str, pa.Array]:
    """Where in the long table the cells of the wide one are: `row` for its keys, `of NAME` for a series."""
    places = table.column("r").to_pylist()
    height = max(places, default=0)
    found: dict[str, list[int | None]] = {"row": [None] * height}
    found |= {f"of {name}": [None] * height for name in names}
    for index, (place, name) in enumerate(zip(places, table.column("n").to_pylist(), strict=True)):
        found["row"][place - 1] = index
        found[f"of {name}"][place - 1] = index
    return {name: pa.array(indices, pa.int64()) for name, indices in found.items()}
