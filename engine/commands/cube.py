"""`cube`: aggregates with totals over every choice of fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.commands.rollup import LABEL, with_totals
from engine.commands.stats import by_list, measure_list, print_measures
from engine.language.durations import read_switch
from engine.language.nodes import Command, Named, Option
from engine.plan import Rows


@dataclass(frozen=True)
class Cube(Command):
    """Compute aggregates for each combination of the `by` fields, with totals over every choice of them.

    As `rollup`, but each field may be summed over, not just the last ones. A field that is shows the `label`, or null.

    Example:
        json "[{'a': 'x', 'b': 1}, {'a': 'x', 'b': 2}, {'a': 'y', 'b': 1}]" | cube label=all count by a, b
    """

    measures: tuple[Named, ...] = ()
    by: tuple[str, ...] = ()

    word: ClassVar[str] = "cube"
    summarises: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        LABEL,
        Option("parallel", read_switch, "accepted, and without effect here"),
    )
    syntax: ClassVar[pp.ParserElement] = measure_list("21700", "cube") + by_list("21701")

    def body(self) -> str:
        return print_measures(self.measures) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        return with_totals(rows, self, self.measures, self.by, "CUBE")
