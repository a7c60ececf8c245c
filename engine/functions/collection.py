"""Arrays and maps."""

from __future__ import annotations

from engine import sql
from engine.catalog import ANY, DOUBLE, INT, LONG, NULL, STRING, list_of
from engine.expressions import Scope
from engine.functions.function import function
from engine.language.nodes import Binary, Call, Expr, FieldRef, Items, Literal, Negate
from engine.values import NOTHING, Value, elements, member, only, position, to_any


@function
def valueof(compound: Value, key: Value) -> Value:
    """An entry of a map by its key, or an element of an array by its position from 0; null when it is not there.

    Example:
        valueof(dict("a", "Apple"), "a") == "Apple" and valueof(array("x", "y"), 1) == "y"
    """
    if key.type != ANY:
        return member(compound, position(key) if isinstance(key.constant, int) and key.type == LONG else key)
    by_name = member(compound, only(key, STRING)) if compound.type.name != "list" else NOTHING
    by_position = member(compound, only(key, LONG)) if compound.type.name != "map" else NOTHING
    if NULL in (by_name.type, by_position.type):
        return by_name if by_position.type == NULL else by_position
    return Value(f"coalesce({by_name.sql}, {by_position.sql})", ANY)


@function
def foreach(expression: Expr, *arrays: Value, scope: Scope) -> Value:
    """The array of an expression's values, in which `_1`, `_2`, … are the elements of the arrays, side by side.

    Shorter arrays are filled with null; a value that is no array is used at every position.

    Example:
        strjoin(",", foreach(_1 * _2, array(1, 2, 3), 10)) == "10,20,30"
    """
    lists = [(f"_{index}", value, elements(value)) for index, value in enumerate(arrays, 1)]
    name = sql.variable(*(column.sql for column in scope.columns.values()), *(v.sql for v in scope.bound.values()))
    listed = [(bound, value, found) for bound, value, found in lists if found is not None]
    bindings = {bound: value for bound, value, found in lists if found is None}
    for index, (bound, value, found) in enumerate(listed, 1):
        at = name if len(listed) == 1 else f"{name}[{index}]"
        element = Value(at, found.type.element or NULL)
        if value.type == ANY:  # an array in some rows, another value in others
            element = Value(f"if(starts_with({value.sql}, '['), {at}, {value.sql})", ANY)
        bindings[bound] = element
    body = scope.binding(bindings).plan(expression)
    kind = list_of(body.type)
    per_row = any(value.per_row for value in arrays) or _reads_row(expression, bindings.keys())
    if not listed:
        return Value(f"CAST([] AS {kind.sql})", kind, per_row=per_row)
    columns = [f"coalesce({found.sql}, CAST([] AS {found.type.sql}))" for _, _, found in listed]
    positions = columns[0] if len(columns) == 1 else f"list_zip({', '.join(columns)})"
    return Value(f"list_transform({positions}, lambda {name}: {body.sql})", kind, per_row=per_row)


def _reads_row(expr: Expr, bound: object) -> bool:
    """Whether an expression needs a field besides the names that are bound."""
    match expr:
        case FieldRef(name):
            return name not in bound  # type: ignore[operator]
        case Literal():
            return False
        case Negate(operand):
            return _reads_row(operand, bound)
        case Binary(_, left, right):
            return _reads_row(left, bound) or _reads_row(right, bound)
        case Call(name, args):
            return name in ("field", "kvjoin", "rand", "guid", "randbytes") or any(
                _reads_row(arg, bound) for arg in args
            )
        case Items(items):
            return any(_reads_row(item, bound) for item in items)


_DEPTH = 6  # of arrays in JSON text that flatten() opens


@function
def flatten(value: Value) -> Value:
    """An array whose elements that are arrays are replaced by their elements, at every depth; other values stay.

    Example:
        strjoin("", flatten(array(1, array(2, array(3)), 4))) == "1234"
    """
    if value.type == ANY:
        flat = _flat_json(f"CAST({value.sql} AS JSON[])")
        made = to_any(Value(flat, list_of(ANY))).sql
        return Value(f"if(starts_with({value.sql}, '['), {made}, {value.sql})", ANY)
    listed, kind = value.sql, value.type
    while kind.name == "list" and kind.element is not None and kind.element.name == "list":
        listed, kind = f"flatten({listed})", kind.element
    if kind.name == "list" and kind.element == ANY:
        listed = _flat_json(listed)
    return Value(listed, kind)


def _flat_json(listed: str) -> str:
    """A list of JSON texts with arrays in it opened; JSON null becomes SQL NULL."""
    for _ in range(_DEPTH):
        opened = "if(starts_with(CAST(e AS VARCHAR), '['), CAST(CAST(e AS VARCHAR) AS JSON[]), [CAST(e AS JSON)])"
        listed = f"flatten(list_transform({listed}, lambda e: {opened}))"
    return f"list_transform({listed}, lambda e: nullif(CAST(e AS VARCHAR), 'null'))"


@function
def unique(value: Value) -> Value:
    """The distinct elements of an array in ascending order; a value that is no array gives an array of itself.

    Example:
        len(unique(array(1, 1, 2, "2"))) == 3
    """
    if value.type == NULL:
        return NOTHING
    listed = elements(value)
    if listed is None:
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN [{value.sql}] END", list_of(value.type))
    distinct = f"unique_list({listed.sql})"
    if value.type == ANY:
        distinct = f"if(starts_with({value.sql}, '['), {distinct}, if({value.sql} IS NULL, NULL, [{value.sql}]))"
    return Value(distinct, listed.type)


@function
def subarray(array: Value, start: Value, end: Value | None = None) -> Value:
    """The elements from one position to before another, counted from 0; negative positions count from the end.

    Example:
        strjoin("", subarray(array(1, 2, 3, 4, 5), 1, -1)) == "234"
    """
    listed = elements(array)
    if listed is None:
        return NOTHING
    last = "2147483647" if end is None else position(end).sql
    cut = sql.once(listed.sql, lambda x: f"sub_list({x}, {position(start).sql}, {last})")
    return Value(cut, listed.type)


@function
def sumarray(array: Value) -> Value:
    """Sum of the numbers in an array; 0 when there is none, null for anything but an array.

    Example:
        sumarray(array(1, 2, "3")) == 3
    """
    listed = elements(array)
    if listed is None:
        return NOTHING
    kind = listed.type.element or NULL
    if kind in (INT, LONG):
        total = sql.once(f"coalesce(list_sum({listed.sql}), 0)", lambda x: f"wrap_long({x})")
        return Value(f"CASE WHEN {listed.sql} IS NOT NULL THEN {total} END", LONG)
    if kind == DOUBLE:
        total = f"coalesce(list_sum({listed.sql}), 0)"
        return Value(f"CASE WHEN {listed.sql} IS NOT NULL THEN CAST({total} AS DOUBLE) END", DOUBLE)
    if kind == ANY:
        numbers = f"list_filter({listed.sql}, lambda e: regexp_matches(e, '^[-\\d]'))"
        return Value(sql.once(numbers, _sum_of_json), ANY)
    return Value(f"CASE WHEN {listed.sql} IS NOT NULL THEN CAST(0 AS BIGINT) END", LONG)


def _sum_of_json(numbers: str) -> str:
    """Sum of a list of JSON numbers as JSON text: a whole number when all are."""
    whole_sum = f"coalesce(list_sum(list_transform({numbers}, lambda e: TRY_CAST(e AS BIGINT))), 0)"
    wrapped = sql.once(whole_sum, lambda x: f"wrap_long({x})")
    real_sum = f"list_sum(list_transform({numbers}, lambda e: TRY_CAST(e AS DOUBLE)))"
    all_whole = f"len(list_filter({numbers}, lambda e: NOT any_is_integer(e))) = 0"
    return f"CASE WHEN {all_whole} THEN CAST({wrapped} AS VARCHAR) ELSE CAST(to_json({real_sum}) AS VARCHAR) END"
