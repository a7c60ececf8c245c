"""`stats`: summarise rows, one output row per group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.catalog import NULL
from engine.expressions import looks_around
from engine.functions.function import Group, aggregates, bind, find
from engine.language.durations import read_switch
from engine.language.errors import QueryError, Span
from engine.language.grammar import expression as expression_piece
from engine.language.grammar import fail, keyword, name, named_by, put, several, spanned
from engine.language.nodes import Call, Command, Expr, FieldRef, Named, Option
from engine.language.printer import canonical, print_expression
from engine.plan import Rows, built, warn_unknown
from engine.values import Value, as_key


def _measure(span: Span, tokens: pp.ParseResults) -> Call:
    """An aggregate call; a bare word is a call without arguments (`count`)."""
    found: Expr = tokens[0]
    if isinstance(found, FieldRef):
        return Call(found.name, (), span=found.span)
    if isinstance(found, Call):
        return found
    raise QueryError("21702", f"`{print_expression(found)}` is not an aggregate", span, "write one such as `count`")


#: One aggregate with its alias.
measure = named_by(pp.NotAny(keyword("by")) + spanned(expression_piece, _measure), name)


#: The aggregates of a command, `code` for their absence.
def measure_list(code: str, command: str) -> pp.ParserElement:
    """A comma list of aggregates under the name `measures`."""
    missing = fail(code, f"`{command}` needs an aggregate such as `count`")
    return put("measures", several(measure, trailing=fail(code, "an aggregate is missing behind the comma"))) | missing


def by_list(code: str) -> pp.ParserElement:
    """An optional `by` with its fields under the name `by`."""
    fields = put("by", several(name, trailing=fail(code, "a field is missing behind the comma")))
    return pp.Opt(keyword("by") + (fields | fail(code, "`by` needs a field")))


def column_name(item: Named) -> str:
    """The alias, or the aggregate's normalised text."""
    if item.name:
        return item.name
    assert isinstance(item.expr, Call)
    found = aggregates().get(item.expr.name)
    if found is not None and not item.expr.args:
        return found.name  # `c` is `count`
    return canonical(item.expr)


def print_measures(items: Sequence[Named]) -> str:
    """Aggregates as written: `count` without parentheses, aliases behind `as`."""
    shown = []
    for item in items:
        assert isinstance(item.expr, Call)
        text = print_expression(item.expr) if item.expr.args else item.expr.name
        shown.append(f"{text} as {item.name}" if item.name else text)
    return ", ".join(shown)


def planned(rows: Rows, item: Named, seconds: int | None = None) -> Value:
    """An aggregate over rows, as SQL for a SELECT with GROUP BY; `seconds` is the length of its bucket of time."""
    assert isinstance(item.expr, Call)
    found = find(item.expr, aggregates(), "21702", "aggregate")
    group = Group(rows.order_by(), rows.order_by(reverse=True), seconds)
    return bind(found, item.expr, rows.value, rows.context.evaluate, group)


def settled(rows: Rows, measures: Sequence[Named]) -> tuple[Rows, Sequence[Named]]:
    """Rows and aggregates in which what looks at other rows (`seq()`) is a field: SQL cannot aggregate it directly."""
    made: list[Named] = []
    for item in measures:
        assert isinstance(item.expr, Call)
        if not looks_around(item.expr):
            made.append(item)
            continue
        names = [f" of {len(made)} {at}" for at in range(len(item.expr.args))]
        rows = rows.with_fields({name: rows.value(arg) for name, arg in zip(names, item.expr.args, strict=True)})
        args = tuple(FieldRef(name, span=arg.span) for name, arg in zip(names, item.expr.args, strict=True))
        made.append(replace(item, name=column_name(item), expr=replace(item.expr, args=args)))
    return rows, made


@dataclass(frozen=True)
class Stats(Command):
    """Compute aggregates, over all rows or for each combination of the `by` fields.

    Without `by` there is always one row, even when nothing came in. Groups are sorted by their keys; a null key is a
    group of its own and comes first.

    Example:
        json "[{'u': 'a', 'n': 1}, {'u': 'b', 'n': 2}, {'u': 'a', 'n': 3}]" | stats count, sum(n) as total by u
    """

    measures: tuple[Named, ...] = ()
    by: tuple[str, ...] = ()

    word: ClassVar[str] = "stats"
    summarises: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (Option("parallel", read_switch, "accepted, and without effect here"),)
    syntax: ClassVar[pp.ParserElement] = measure_list("21700", "stats") + by_list("21701")

    def body(self) -> str:
        return print_measures(self.measures) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, self.by, self)
        return summarised(rows, self.measures, self.by)


def summarised(rows: Rows, measures: Sequence[Named], by: Sequence[str]) -> Rows:
    """One row for each combination of `by`, ascending; a single row when there are no such fields."""
    rows, measures = settled(rows, measures)
    keys = [(key, as_key(rows.field(key))) for key in by]
    outputs = keys + [(column_name(item), planned(rows, item)) for item in measures]
    # `stats count as n, sum(x) as n`: the last one wins, as in a map of fields.
    unique = list(dict(outputs).items())
    # GROUP BY () makes one row even where no aggregate is left in the SELECT, as of a field that nothing has. Keys are
    # named by their step, as an aggregate's alias may be a key's name too.
    kept = [key for key, value in dict(keys).items() if dict(unique)[key] is value]
    grouped = [f"{rows.step}.{value.sql}" for value in dict(keys).values() if value.type != NULL]
    grouped += [str(n) for n, (key, value) in enumerate(unique, 1) if key in kept and value.type == NULL]
    tail = f"FROM {rows.step} GROUP BY {', '.join(grouped) or '()'}"
    made = built(rows.context, unique, tail, [rows.step], order=kept)
    return made.with_columns(made.columns, [output for output, _ in unique])
