"""`rollup`: aggregates with subtotals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.catalog import INT, LONG, STRING
from engine.commands.stats import by_list, column_name, measure_list, planned, print_measures, settled
from engine.language.nodes import Command, Named, Option
from engine.plan import Order, Rows, built, warn_unknown
from engine.values import NOTHING, Value, as_key, cast, common, constant

LABEL = Option("label", str, "what the fields of a total show that it sums over; null without")


@dataclass(frozen=True)
class Rollup(Command):
    """Compute aggregates for each combination of the `by` fields, with subtotals and a grand total.

    Subtotals leave out the last field, then the last two, and so on; what is left out shows the `label`, or null. A
    total comes behind the rows that it sums up.

    Example:
        json "[{'a': 'x', 'b': 1}, {'a': 'x', 'b': 2}, {'a': 'y', 'b': 1}]" | rollup label=all count by a, b
    """

    measures: tuple[Named, ...] = ()
    by: tuple[str, ...] = ()

    word: ClassVar[str] = "rollup"
    summarises: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (LABEL,)
    syntax: ClassVar[pp.ParserElement] = measure_list("21700", "rollup") + by_list("21701")

    def body(self) -> str:
        return print_measures(self.measures) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        return with_totals(rows, self, self.measures, self.by, "ROLLUP")


def with_totals(rows: Rows, command: Command, measures: Sequence[Named], by: Sequence[str], which: str) -> Rows:
    """Aggregates by ROLLUP or CUBE, each total behind what it sums up."""
    warn_unknown(rows, by, command)
    rows, measures = settled(rows, measures)
    context = rows.context
    written = context.option(command, "label")
    label = NOTHING if written is None else constant(written)
    names = list(dict.fromkeys(by))
    fields = {name: rows.field(name) for name in names}
    keyed = context.add(
        ", ".join(["SELECT *", *(f"{as_key(value).sql} AS key_{i}" for i, value in enumerate(fields.values()))])
        + f" FROM {rows.step}",
        rows.step,
    )
    inner: list[tuple[str, Value]] = []
    for i, value in enumerate(fields.values()):
        inner += [
            (f"k{i}", Value(f"key_{i}", value.type)),
            (f"g{i}", Value(f"CAST(grouping(key_{i}) AS INTEGER)", INT)),
        ]
    measured = {column_name(item): planned(rows, item) for item in measures}
    inner += [(f"v{i}", value) for i, value in enumerate(measured.values())]
    listed = ", ".join(f"key_{i}" for i in range(len(names)))
    tail = f"FROM {keyed}" + (f" GROUP BY {which} ({listed})" if names else " GROUP BY ()")
    made = built(context, inner, tail, [keyed])
    return _labelled(made, names, list(measured), label)


def _labelled(made: Rows, names: Sequence[str], measured: Sequence[str], label: Value) -> Rows:
    """The label in place of what a total sums over, and the order of the rows."""
    order: list[Order] = []
    outputs: dict[str, Value] = {}
    for i, name in enumerate(names):
        key, total = made.columns[f"k{i}"], made.columns[f"g{i}"]
        order += [Order(total.sql, LONG), Order(key.sql, key.type)]
        value, shown = Value(key.sql, key.type), label
        if label.type == STRING:
            kind = common([key.type, STRING], promote=False)
            value, shown = cast(value, kind), cast(label, kind)
            value = Value(f"if({total.sql} = 1, {shown.sql}, {value.sql})", kind)
        outputs[name] = value
    outputs |= {name: Value(made.columns[f"v{i}"].sql, made.columns[f"v{i}"].type) for i, name in enumerate(measured)}
    found = made.with_fields(outputs)
    ordered = Rows(found.context, found.step, found.columns, tuple(order), found.hint, found.taken)
    return ordered.with_columns({name: found.columns[name] for name in outputs}, list(outputs))
