"""`repeat`: each row several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.catalog import LONG
from engine.language.durations import read_count
from engine.language.errors import QueryError
from engine.language.nodes import Command, Option
from engine.plan import Order, Rows, fresh


@dataclass(frozen=True)
class Repeat(Command):
    """Give each row so many times.

    Example:
        json "{'a': 1}" | repeat count=3
    """

    word: ClassVar[str] = "repeat"
    takes: ClassVar[tuple[Option, ...]] = (Option("count", read_count, "how many times each row comes", "90001"),)
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        count = rows.context.option(self, "count")
        if count is None:
            raise QueryError("90001", "`repeat` needs a number", self.span, "write `repeat count=2`")
        numbered, _ = rows.numbered()  # so that the copies of a row stay together
        copy, taken = fresh("_copy", numbered.taken)
        # An order among copies, so that whatever numbers rows counts them as they come out.
        select = f"SELECT l.*, r.{copy} FROM {numbered.step} AS l, range({count}) AS r({copy})"
        return numbered.select(select, taken=taken, order=(*numbered.order, Order(copy, LONG)))
