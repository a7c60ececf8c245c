"""`boxplot`: five numbers for each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.catalog import LONG
from engine.commands.stats import by_list
from engine.expressions import looks_around
from engine.language.grammar import expression, fail, put
from engine.language.nodes import Command, Expr
from engine.language.printer import print_expression
from engine.plan import Rows, built, warn_unknown
from engine.values import Value, as_key, order_keys


@dataclass(frozen=True)
class Boxplot(Command):
    """Count, minimum, quartiles and maximum of an expression, over all rows or for each group.

    Quartiles are picked, not interpolated: of n sorted values the ones at positions ⌊n/4⌋, 2⌊n/4⌋ and 3⌊n/4⌋ (from 0),
    so with fewer than four values all three are the minimum. Nulls are ignored; a group without values does not appear.

    Example:
        json "[{'x': 1}, {'x': 2}, {'x': 3}, {'x': 4}]" | boxplot x
    """

    measured: Expr | None = None
    by: tuple[str, ...] = ()

    word: ClassVar[str] = "boxplot"
    summarises: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = (
        put("measured", expression) | fail("20001", "`boxplot` needs an expression")
    ) + by_list("20000")

    def body(self) -> str:
        assert self.measured is not None
        return print_expression(self.measured) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        assert self.measured is not None
        warn_unknown(rows, self.by, self)
        value = rows.value(self.measured)
        if looks_around(self.measured):
            rows = rows.with_fields({" measured": value})
            value = rows.field(" measured")
        keys = [(name, as_key(rows.field(name))) for name in dict.fromkeys(self.by)]
        kept = rows.where(f"{value.sql} IS NOT NULL")
        listed = _sorted_list(value)
        inner = ", ".join([*(f"{key.sql} AS k{i}" for i, (_, key) in enumerate(keys)), f"{listed} AS v"])
        grouping = f"GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else ""
        step = rows.context.add(f"SELECT {inner} FROM {kept.step} {grouping}", kept.step)
        outputs = [(name, Value(f"k{i}", key.type)) for i, (name, key) in enumerate(keys)]
        outputs += [("count", Value("CAST(len(v) AS BIGINT)", LONG))]
        outputs += [(f"iqr{q}", Value(f"v[len(v) // 4 * {q} + 1]", value.type)) for q in (1, 2, 3)]
        outputs += [("max", Value("v[len(v)]", value.type)), ("min", Value("v[1]", value.type))]
        made = built(rows.context, outputs, f"FROM {step} WHERE len(v) > 0", [step], order=[name for name, _ in keys])
        return made.with_columns(made.columns, [name for name, _ in outputs])


def _sorted_list(value: Value) -> str:
    """All values of a group, sorted by the total order."""
    keys = order_keys(value.sql, value.type)
    if keys == [value.sql]:
        return f"list_sort(list({value.sql}))"
    return f"list({value.sql} ORDER BY {', '.join(keys)})"
