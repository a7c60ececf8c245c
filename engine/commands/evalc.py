"""`evalc`: a parameter from the rows that pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.catalog import NULL, Type
from engine.commands.setq import first_row
from engine.expressions import Column, Scope
from engine.language.errors import QueryError
from engine.language.grammar import expression, fail, name, put
from engine.language.nodes import Binary, Call, Command, Expr, Items, Literal, Negate
from engine.language.printer import print_expression
from engine.plan import Rows, fresh
from engine.values import NOTHING, Value, cast, common

MOST_ROWS = 100_000
MOST_ROWS_WITH_HISTORY = 10_000  # each step copies what there is so far


@dataclass(frozen=True)
class Evalc(Command):
    """Compute an expression for each row and keep the last result as a parameter; rows pass unchanged.

    Commands further on read it as `$("name")`, all of them after the last row. The expression may read the parameter
    itself, which then has the value of the row before. Without any row the parameter stays what it was.

    Example:
        json "[{'n': 2}, {'n': 9}, {'n': 5}]" | evalc top = if(n > $("top", 0), n, $("top")) | eval share = n / $("top")
    """

    parameter: str = ""
    expr: Expr | None = None

    word: ClassVar[str] = "evalc"
    syntax: ClassVar[pp.ParserElement] = (
        (put("parameter", name) | fail("20201", "`evalc` needs the name of a parameter"))
        + (pp.Suppress(pp.Regex("=(?!=)")) | fail("20200", "`=` is expected here", "write `evalc name = value`"))
        + (put("expr", expression) | fail("20202", "the value is missing"))
    )

    def body(self) -> str:
        assert self.expr is not None
        return f"{self.parameter} = {print_expression(self.expr)}"

    def plan(self, rows: Rows) -> Rows:
        assert self.expr is not None
        is_fold = _reads(self.expr, self.parameter)
        if rows.context.row_by_row:
            return self._at_each_row(self._with_history(rows) if is_fold else rows.value(self.expr), rows)
        found = self._folded(rows) if is_fold else self._last(rows)
        rows.context.parameters |= first_row(found)
        return rows

    def _at_each_row(self, found: Value | tuple[Rows, Value], rows: Rows) -> Rows:
        """Rows with the parameter's value at each of them in a column that no field names."""
        rows, value = found if isinstance(found, tuple) else (rows, found)
        if value.per_row and value.type != NULL:
            made = rows.with_fields({f"$ {self.parameter}": value})
            value = Value(made.columns[f"$ {self.parameter}"].sql, value.type)
            rows = made.with_columns(rows.columns)
        rows.context.parameters[self.parameter] = value
        return rows

    def _last(self, rows: Rows) -> Rows:
        """The value at the last row."""
        assert self.expr is not None
        numbered, position = rows.numbered()
        last = numbered.with_fields({self.parameter: rows.value(self.expr)})
        kept = last.select(f"SELECT * FROM {last.step} ORDER BY {position} DESC LIMIT 1")
        return kept.with_columns({self.parameter: last.columns[self.parameter]})

    def _folded(self, rows: Rows) -> Rows:
        """The value after all rows, each of which sees the one before."""
        folded = self._fold(rows, MOST_ROWS, "")
        if folded is None:
            return rows.limited(0).with_columns({})
        numbered, sql, kind = folded
        step = rows.context.add(f"SELECT {sql}.p AS p FROM {numbered.step} HAVING count(*) > 0", numbered.step)
        return Rows(rows.context, step, {self.parameter: Column('"p"', kind)})

    def _with_history(self, rows: Rows) -> Value | tuple[Rows, Value]:
        """Rows next to the value after each of them."""
        folded = self._fold(rows, MOST_ROWS_WITH_HISTORY, "history")
        if folded is None:
            return NOTHING
        numbered, sql, kind = folded
        context, (position,) = rows.context, (order.column for order in numbered.order)
        history = context.add(f"SELECT {sql}.history AS h FROM {numbered.step}", numbered.step)
        each = context.add(f"SELECT unnest(h) AS p, generate_subscripts(h, 1) AS i FROM {history}", history)
        column, taken = fresh("_parameter", numbered.taken)
        select = f"SELECT l.*, r.p AS {column} FROM {numbered.step} AS l JOIN {each} AS r ON l.{position} = r.i"
        return numbered.select(select, numbered.step, each, taken=taken), Value(column, kind)

    def _fold(self, rows: Rows, most: int, history: str) -> tuple[Rows, str, Type] | None:
        """Numbered rows and an aggregate over them, a struct of the last value and, where asked for, of all."""
        before = rows.context.parameters.get(self.parameter, NOTHING)
        numbered, position = rows.numbered()
        self._refuse_too_many(numbered, most)
        planned = self._over(rows.scope, before)
        at_rows = [Column(value.sql, value.type) for value in rows.context.parameters.values() if value.per_row]
        columns = {column.sql: column for column in (*at_rows, *rows.columns.values())}
        used = [column for column in columns.values() if column.sql in planned.sql]
        members = {column.sql: f"f{index}" for index, column in enumerate(used) if column.type != NULL}
        inside = {
            field: replace(column, sql=f"each_row.{members[column.sql]}") if column.sql in members else column
            for field, column in rows.columns.items()
        }
        parameters = {
            name: replace(value, sql=f"each_row.{members[value.sql]}") if value.sql in members else value
            for name, value in rows.context.parameters.items()
        }
        scope = replace(rows.scope, columns=inside, context=replace(rows.context, parameters=parameters))
        kind, wider = NULL, common([before.type, planned.type], promote=False)
        while kind != wider:  # a type that holds the first value and every result
            kind = wider
            made = self._over(scope, Value("so_far.p", kind))
            wider = common([kind, made.type], promote=False)
        if kind == NULL:
            return None
        value, nothing = f"CAST({cast(made, kind).sql} AS {kind.sql})", f"CAST([] AS {kind.sql}[])"
        row = [f"{member} := {{}}" for member in members.values()]
        start = [f"CAST(NULL AS {column.type.sql})" for column in used if column.type != NULL]
        kept, first, following = "", "", ""
        if history:
            kept = first = f", {history} := {nothing}"
            following = f", {history} := list_append(so_far.{history}, {value})"
        pieces = [
            _packed(row, list(members), f"CAST(NULL AS {kind.sql}){kept}"),
            _packed(row, [f"each_row.{member}" for member in members.values()], f"{value}{following}"),
            _packed(row, start, f"CAST({cast(before, kind).sql} AS {kind.sql}){first}"),
        ]
        listed = f"list({pieces[0]} ORDER BY {position})"
        return numbered, f"list_reduce({listed}, lambda so_far, each_row: {pieces[1]}, {pieces[2]})", kind

    def _refuse_too_many(self, rows: Rows, most: int) -> None:
        """One row at a time takes about 50 µs each, and cannot be stopped in between."""
        count = rows.context.statement(f"SELECT count(*) AS n FROM {rows.step}", rows.step)
        if rows.context.session.fetch(count).column("n")[0].as_py() > most:
            message = f"`evalc` can read its own parameter over {most:,} rows at most"
            raise QueryError("90200", message, self.span, "summarise with `stats` before it, or `limit` the rows")

    def _over(self, scope: Scope, before: Value) -> Value:
        """The expression where the parameter is `before`."""
        assert self.expr is not None
        context = replace(scope.context, parameters={**scope.context.parameters, self.parameter: before})
        return replace(scope, context=context).plan(self.expr)


def _packed(row: list[str], values: list[str], parameter: str) -> str:
    members = [piece.format(value) for piece, value in zip(row, values, strict=True)]
    return f"struct_pack({', '.join([*members, f'p := {parameter}'])})"


def _reads(expr: Expr, parameter: str) -> bool:
    """Does an expression read a parameter? A computed name may be any, so it counts."""
    match expr:
        case Call("$", (Literal(value), *rest)):
            return value == parameter or any(_reads(item, parameter) for item in rest)
        case Call("$", _):
            return True
        case Call(_, items) | Items(items):
            return any(_reads(item, parameter) for item in items)
        case Binary(_, left, right):
            return _reads(left, parameter) or _reads(right, parameter)
        case Negate(operand):
            return _reads(operand, parameter)
    return False
