"""Expressions to SQL: fields, operators and calls, planned against the fields of the rows they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.catalog import BOOL, DOUBLE, INT, LONG, NULL, Type
from engine.functions.function import aggregates, bind, find, functions
from engine.language.errors import QueryError, did_you_mean
from engine.language.nodes import Binary, Call, Expr, FieldRef, Items, Literal, Negate
from engine.values import (
    NOTHING,
    Value,
    as_list,
    boolean,
    certain,
    compare,
    constant,
    matches,
    number,
    same,
    truth,
    where,
)

if TYPE_CHECKING:
    from engine.context import Context


WORTH_A_NAME = 400  # characters of SQL from which on an argument is worth a name
LONGEST = 200_000  # DuckDB takes seconds to read more, and nothing can stop it meanwhile


@dataclass(frozen=True)
class Column:
    """Where a field is: the SQL column that holds it now, and its type.

    A row may lack a field, which reads as null but does not overwrite another one: `present` is the column that is
    true where it does not.
    """

    sql: str
    type: Type
    hidden: bool = False
    present: str | None = None  # no such column: all rows have the field


def looks_around(expr: Expr) -> bool:
    """Does an expression look at other rows than its own? Then SQL computes it behind the WHERE of its step."""
    match expr:
        case Call(name, args):
            found = functions().get(name)
            return (found is not None and found.looks_around) or any(map(looks_around, args))
        case Items(items):
            return any(map(looks_around, items))
        case Binary(_, left, right):
            return looks_around(left) or looks_around(right)
        case Negate(operand):
            return looks_around(operand)
    return False


@dataclass(frozen=True)
class Scope:
    """What an expression can name: the fields of its rows, and the elements bound by `foreach`."""

    columns: Mapping[str, Column]
    context: Context
    bound: Mapping[str, Value] = field(default_factory=dict)
    order: str = ""  # the inside of an ORDER BY, empty when rows have no order

    def binding(self, bound: Mapping[str, Value]) -> Scope:
        """The same scope with lambda parameters added."""
        return replace(self, bound={**self.bound, **bound})

    def field(self, name: str) -> Value:
        """A field's value; a name that nothing has is null."""
        if name in self.bound:
            return self.bound[name]
        column = self.columns.get(name)
        return NOTHING if column is None else Value(column.sql, column.type)

    def plan(self, expr: Expr) -> Value:
        """The SQL and the type of an expression. Raises QueryError with the place of the mistake."""
        match expr:
            case Literal(value):
                return constant(value)
            case FieldRef(name):
                return self._field(expr, name)
            case Negate(operand):
                return _negate(self.plan(operand))
            case Items(items):
                return as_list([self.plan(item) for item in items])
            case Binary(op, left, right):
                return self._binary(op, left, right)
            case Call():
                return self._call(expr)

    def _field(self, expr: FieldRef, name: str) -> Value:
        if name not in self.columns and name not in self.bound:
            known = [field_name for field_name in self.columns if not field_name.startswith("_")]
            self.context.warn(f"unknown field `{name}` is null", expr.span, did_you_mean(name, known))
            return replace(NOTHING, per_row=True)  # no constant of the query, as little as any other field
        return self.field(name)

    def _call(self, call: Call) -> Value:
        found = functions().get(call.name)
        if found is None and call.name in aggregates():
            message = f"`{call.name}` is an aggregate: it works in `stats`, `timechart` and their like"
            raise QueryError("90900", message, call.span)
        found = find(call, functions(), "90900", "function")
        held: list[tuple[str, str]] = []

        def argument(expr: Expr) -> Value:
            """A long argument is computed once and named: functions use theirs often, and nested calls multiply."""
            value = self.plan(expr)
            if len(value.sql) <= WORTH_A_NAME or not value.per_row:
                return value
            held.append((self.context.variable(), value.sql))
            return replace(value, sql=held[-1][0], predicate=None)

        made = bind(found, call, argument, self.context.evaluate, self)
        for name, expression in reversed(held):
            if name in made.sql:
                once = f"list_transform([{expression}], lambda {name}: {made.sql})[1]"
                made = replace(made, sql=once, predicate=None)
        if len(made.sql) > LONGEST:
            raise QueryError("90200", "the expression is nested too deeply", call.span, "use several `eval`s")
        return made

    def _binary(self, op: str, left: Expr, right: Expr) -> Value:
        a, b = self.plan(left), self.plan(right)
        made = _OPERATORS[op](op, a, b, right)
        return replace(made, per_row=a.per_row or b.per_row)


def _equality(op: str, a: Value, b: Value, right: Expr) -> Value:
    """A literal text on the right is a wildcard pattern over the left's text form; all else goes by value."""
    if NULL in (a.type, b.type):
        return Value("false", BOOL, False)
    if isinstance(right, Literal) and isinstance(right.value, str):
        found = matches(a, right.value)
        return certain(found if op == "==" else f"(NOT {found})")
    if op == "==":
        return same(a, b)
    return certain(f"(NOT {compare('=', a, b)})")


def _order(op: str, a: Value, b: Value, _: Expr) -> Value:
    return boolean(compare(op, a, b))


def _and(_: str, a: Value, b: Value, __: Expr) -> Value:
    return Value(f"({truth(a)} AND {truth(b)})", BOOL, predicate=f"({where(a)} AND {where(b)})")


def _or(_: str, a: Value, b: Value, __: Expr) -> Value:
    return Value(f"({truth(a)} OR {truth(b)})", BOOL, predicate=f"({where(a)} OR {where(b)})")


def _arithmetic(op: str, a: Value, b: Value, _: Expr) -> Value:
    a, b = number(a), number(b)
    if DOUBLE in (a.type, b.type):
        return Value(f"(CAST({a.sql} AS DOUBLE) {op} CAST({b.sql} AS DOUBLE))", DOUBLE)
    return _whole(op, a, b)


def _whole(op: str, a: Value, b: Value) -> Value:
    """Integer arithmetic in 64 bits; wider operands wrap around instead of failing the query."""
    if a.type == INT and b.type == INT:
        return Value(f"(CAST({a.sql} AS BIGINT) {op} {b.sql})", LONG)
    return Value(f"wrap_long(CAST({a.sql} AS HUGEINT) {op} {b.sql})", LONG)


def _divide(_: str, a: Value, b: Value, __: Expr) -> Value:
    a, b = number(a), number(b)
    return Value(f"(CAST({a.sql} AS DOUBLE) / nullif(CAST({b.sql} AS DOUBLE), 0))", DOUBLE)


_OPERATORS = {
    "==": _equality,
    "!=": _equality,
    "<": _order,
    "<=": _order,
    ">": _order,
    ">=": _order,
    "and": _and,
    "or": _or,
    "+": _arithmetic,
    "-": _arithmetic,
    "*": _arithmetic,
    "/": _divide,
}


def _negate(value: Value) -> Value:
    if value.type == LONG and value.constant == 2**31:  # what is negated is a 64-bit number, and so is the result
        return Value(f"CAST({-(2**31)} AS BIGINT)", LONG, -(2**31), per_row=False)
    if isinstance(value.constant, int | float) and not isinstance(value.constant, bool):
        return constant(value.constant if value.constant == -(2**63) else -value.constant)
    # The least whole number has no opposite of its type: it stays, as it does on 64-bit machines.
    if value.type == INT:
        opposite = f"((2147483648 - CAST({value.sql} AS BIGINT)) & 4294967295) - 2147483648"
        return Value(f"CAST({opposite} AS INTEGER)", INT, per_row=value.per_row)
    if value.type == LONG:
        return Value(f"wrap_long(- CAST({value.sql} AS HUGEINT))", LONG, per_row=value.per_row)
    if value.type == DOUBLE:
        return Value(f"(- {value.sql})", value.type, per_row=value.per_row)
    if value.type.name == "any":
        return Value(f"(- if(any_rank({value.sql}) = 2, TRY_CAST({value.sql} AS DOUBLE), NULL))", DOUBLE)
    return NOTHING
