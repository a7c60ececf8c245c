"""`join`: combine rows with those of a sub-query that have the same keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.catalog import ANY, BOOL, NULL, NUMBERS
from engine.expressions import Column
from engine.language.errors import QueryError, did_you_mean
from engine.language.grammar import fail, name, put, subquery
from engine.language.nodes import Command, Option, Query
from engine.language.printer import print_subquery
from engine.plan import Order, Rows, fresh, subplan
from engine.values import Value, cast, common, to_any

KINDS = ("inner", "left", "right", "full", "leftonly", "rightonly", "cross")


def _read_kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"there is no join type `{text}`; the types are {', '.join(KINDS)}")
    return text


_key = pp.Suppress(pp.Opt(pp.Regex(r"[+-]"))) + name
_keys = (_key + (pp.Suppress(",") + _key)[...]).set_parse_action(lambda tokens: [tuple(tokens)])


@dataclass(frozen=True)
class Join(Command):
    """Combine each row with the rows of a sub-query that have equal keys; null keys never match.

    Where both sides have a field of one name, the sub-query's value wins, even when it is null (with `type=right` the
    input's value wins). `cross` takes no keys and pairs every row with every row.

    Example:
        json "[{'id': 1}, {'id': 2}]" | join type=left id [ json "[{'id': 1, 'name': 'web'}]" ]
    """

    keys: tuple[str, ...] = ()
    query: Query | None = None

    word: ClassVar[str] = "join"
    takes: ClassVar[tuple[Option, ...]] = (Option("type", _read_kind, ", ".join(KINDS), "90001"),)
    syntax: ClassVar[pp.ParserElement] = pp.Opt(put("keys", _keys)) + (
        put("query", subquery) | fail("90204", "`join` needs a sub-query in square brackets")
    )

    def inner(self) -> tuple[Query, ...]:
        assert self.query is not None
        return (self.query,)

    def with_inner(self, inner: tuple[Query, ...]) -> Join:
        return replace(self, query=inner[0])

    def body(self) -> str:
        assert self.query is not None
        return " ".join(part for part in (", ".join(self.keys), print_subquery(self.query)) if part)

    def plan(self, rows: Rows) -> Rows:
        assert self.query is not None
        kind = rows.context.option(self, "type", "inner")
        if kind == "cross" and self.keys:
            raise QueryError("90001", "`join type=cross` takes no keys", self.span)
        if kind != "cross" and not self.keys:
            raise QueryError("90001", "`join` needs the fields to join by", self.span, "write them before the `[`")
        right = subplan(self.query, rows)
        for key in self.keys:
            _warn_of_types(rows, right, key, self)
        condition = " AND ".join(_equal(rows.field(key), right.field(key)) for key in self.keys)
        if kind == "leftonly":
            return _without_partner(rows, right, condition, "l", "r")
        if kind == "rightonly":
            return _without_partner(right, rows, condition, "r", "l")
        return _combined(rows, right, condition, kind)


_SQL = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN", "cross": "CROSS JOIN"}


def _warn_of_types(left: Rows, right: Rows, key: str, command: Join) -> None:
    for rows, side in ((left, "input"), (right, "sub-query")):
        if key not in rows.columns:
            hint = did_you_mean(key, rows.columns)
            rows.context.warn(f"the {side} of `join` has no field `{key}`, so nothing matches", command.span, hint)
    kinds = {left.field(key).type.name, right.field(key).type.name}
    if kinds == {"ip", "string"}:
        left.context.warn(
            f"`{key}` is an ip on one side and text on the other: they never match; use `ip()`", command.span
        )


def _equal(left: Value, right: Value) -> str:
    """Equality of join keys: numbers by value, text with case, values of different kinds never."""
    mine, theirs = replace(left, sql=f"l.{left.sql}"), replace(right, sql=f"r.{right.sql}")
    if NULL in (left.type, right.type):
        return "false"
    if (left.type == right.type and left.type != ANY) or {left.type, right.type} <= set(NUMBERS):
        return f"{mine.sql} = {theirs.sql}"
    if ANY in (left.type, right.type):
        return f"{_key_text(mine)} = {_key_text(theirs)}"
    return "false"


def _key_text(value: Value) -> str:
    """A text that is equal for equal keys of any type: numbers in one form."""
    found = to_any(value).sql
    return f"if(any_rank({found}) = 2, CAST(TRY_CAST({found} AS DOUBLE) AS VARCHAR), {found})"


def _without_partner(keep: Rows, other: Rows, condition: str, alias: str, other_alias: str) -> Rows:
    missing = f"NOT EXISTS (SELECT 1 FROM {other.step} AS {other_alias} WHERE {condition})"
    return keep.select(f"SELECT {alias}.* FROM {keep.step} AS {alias} WHERE {missing}", keep.step, other.step)


def _combined(left: Rows, right: Rows, condition: str, kind: str) -> Rows:
    if kind == "full":
        left = left.numbered()[0]
    taken, moved = left.taken, {}
    read = {column.sql for column in right.columns.values() if column.sql != "NULL"}
    read |= {column.present for column in right.columns.values() if column.present is not None}
    for physical in sorted(read | {order.column for order in right.order}):
        moved[physical], taken = fresh(physical.strip('"'), taken)
    has_left, taken = fresh("_has_left", taken)
    has_right, taken = fresh("_has_right", taken)
    added = "".join(f", r.{old} AS {new}" for old, new in moved.items())
    select = (
        f"SELECT l.*{added}, r.{has_right} FROM (SELECT *, true AS {has_left} FROM {left.step}) AS l"
        f" {_SQL[kind]} (SELECT *, true AS {has_right} FROM {right.step}) AS r"
        + (f" ON {condition}" if condition else "")
    )
    theirs_order = tuple(replace(order, column=moved[order.column]) for order in right.order)
    order = (*theirs_order, *left.order) if kind == "right" else (*left.order, *theirs_order)
    step = left.context.add(select, left.step, right.step)
    made = Rows(left.context, step, left.columns, order, left.hint, taken)
    if kind == "full":  # rows without an input row come last
        number, taken = fresh("_last", taken)
        made = made.select(f"SELECT *, {has_left} IS NULL AS {number} FROM {made.step}", taken=taken)
        made = replace(made, order=(Order(number, BOOL), *made.order))
    return _overlaid(made, right, moved, kind, has_left, has_right)


def _overlaid(made: Rows, right: Rows, moved: dict[str, str], kind: str, has_left: str, has_right: str) -> Rows:
    """The fields of a combined row: the sub-query's over the input's, as far as the row has either."""
    from_left = has_left if kind in ("right", "full") else "true"
    from_right = has_right if kind in ("left", "full") else "true"
    columns, clashes = dict(made.columns), dict[str, Value]()
    present = {field: _both(from_left, made.has(field)) for field in made.columns}
    for field, column in right.columns.items():
        theirs = Value(moved.get(column.sql, "NULL"), column.type)
        mine, has_mine = made.field(field), present.get(field, "false")
        has_theirs = _both(from_right, moved.get(column.present or "", "true"))
        winner = has_mine if kind == "right" else has_theirs
        if field not in made.columns or (winner == "true" and kind != "right"):
            columns[field] = Column(theirs.sql, theirs.type, column.hidden)
        else:
            common_kind = common([mine.type, theirs.type], promote=False)
            a, b = cast(mine, common_kind).sql, cast(theirs, common_kind).sql
            chosen = f"if({winner}, {a}, {b})" if kind == "right" else f"if({winner}, {b}, {a})"
            clashes[field] = Value(chosen, common_kind)
        present[field] = _either(has_mine, has_theirs)
    return made.with_columns(columns).with_fields(clashes).with_presence(present)


def _both(one: str, other: str) -> str:
    if "true" in (one, other):
        return other if one == "true" else one
    return f"coalesce({one} AND {other}, false)"


def _either(one: str, other: str) -> str:
    if "true" in (one, other):
        return "true"
    known = [condition for condition in (one, other) if condition != "false"]
    return f"coalesce({' OR '.join(known)}, false)"
