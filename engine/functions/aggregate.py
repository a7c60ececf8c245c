"""Aggregates: many rows to one value. Nulls are ignored by all of them."""

from __future__ import annotations

from engine.catalog import ANY, DOUBLE, INT, LONG, NULL, STRING, list_of
from engine.functions.function import Const, Group, aggregate
from engine.language.errors import QueryError
from engine.values import NOTHING, Value, numeric_only, order_keys

LIST_LIMIT = 100  # the language's bound for values() and array()


@aggregate(aliases=("c",), arity="91010")
def count(value: Value | None = None) -> Value:
    """How many rows; with an expression, how many have a value for it.

    Example:
        json "[{'a': 1}, {'b': 2}]" | stats count, count(a) as with_a
    """
    if value is None:
        return Value("count(*)", LONG)
    return Value("CAST(0 AS BIGINT)", LONG) if value.type == NULL else Value(f"count({value.sql})", LONG)


@aggregate(aliases=("dcount",), arity="91010")
def dc(value: Value) -> Value:
    """How many distinct values.

    Example:
        json "[{'a': 1}, {'a': 1}, {'a': 2}]" | stats dc(a)
    """
    return Value("CAST(0 AS BIGINT)", LONG) if value.type == NULL else Value(f"count(DISTINCT {value.sql})", LONG)


@aggregate(aliases=("estdcount",), arity="91020", not_constant="91050")
def estdc(value: Value, bits: Const = 16) -> Value:
    """About how many distinct values, with less memory than `dc` and an error of some per cent.

    `bits`, 4 to 24, is accepted for the sake of older queries and changes nothing.

    Example:
        json "[{'a': 1}, {'a': 1}, {'a': 2}]" | stats estdc(a)
    """
    if not isinstance(bits, int) or isinstance(bits, bool) or not 4 <= bits <= 24:
        raise QueryError("91050", "the bits of `estdc` must be a whole number from 4 to 24")
    return Value("CAST(0 AS BIGINT)" if value.type == NULL else f"approx_count_distinct({value.sql})", LONG)


@aggregate(name="sum")
def sum_(value: Value) -> Value:
    """Sum of the numbers; null when there is none. Text never counts, even when it looks like a number.

    Example:
        json "[{'a': 1}, {'a': 2}]" | stats sum(a)
    """
    if value.type in (INT, LONG):
        return Value(f"wrap_long(sum({value.sql}))", LONG)
    if value.type == ANY:
        whole = f"FILTER (WHERE any_is_integer({value.sql}))"
        real = f"FILTER (WHERE any_rank({value.sql}) = 2)"
        number = f"TRY_CAST({value.sql} AS DOUBLE)"
        return Value(
            f"CASE WHEN count({value.sql}) {whole} = count({value.sql}) {real}"
            f" THEN CAST(to_json(sum(TRY_CAST({value.sql} AS BIGINT)) {whole}) AS VARCHAR)"
            f" ELSE CAST(to_json(sum({number}) {real}) AS VARCHAR) END",
            ANY,
        )
    return Value(f"sum({value.sql})", DOUBLE) if value.type == DOUBLE else NOTHING


@aggregate
def avg(value: Value) -> Value:
    """Mean of the numbers; null when there is none.

    Example:
        json "[{'a': 1}, {'a': 2}]" | stats avg(a)
    """
    number = numeric_only(value)
    return NOTHING if number is None else Value(f"avg({number.sql})", DOUBLE)


@aggregate(name="min")
def min_(value: Value) -> Value:
    """Smallest value by the total order.

    Example:
        json "[{'a': 3}, {'a': 2}]" | stats min(a)
    """
    return _extreme(value, "min")


@aggregate(name="max")
def max_(value: Value) -> Value:
    """Largest value by the total order (text ignores case, and is greater than any number).

    Example:
        json "[{'a': 3}, {'a': 2}]" | stats max(a)
    """
    return _extreme(value, "max")


def _extreme(value: Value, which: str) -> Value:
    if value.type == NULL:
        return NOTHING
    keys = order_keys(value.sql, value.type)
    if keys == [value.sql]:
        return Value(f"{which}({value.sql})", value.type)
    key = keys[0] if len(keys) == 1 else f"row({', '.join(keys)})"
    return Value(f"arg_{which}({value.sql}, {key}) FILTER (WHERE {value.sql} IS NOT NULL)", value.type)


@aggregate(arity="91020")
def first(value: Value, group: Group) -> Value:
    """First value in the order of arrival that is not null.

    Example:
        json "[{'a': 3}, {'a': 2}]" | stats first(a)
    """
    return _nth(value, "first", group.ascending)


@aggregate(arity="91020")
def last(value: Value, group: Group) -> Value:
    """Last value in the order of arrival that is not null.

    Example:
        json "[{'a': 3}, {'a': 2}]" | stats last(a)
    """
    return _nth(value, "first", group.descending)


def _nth(value: Value, which: str, order: str) -> Value:
    if value.type == NULL:
        return NOTHING
    ordering = f" ORDER BY {order}" if order else ""
    return Value(f"{which}({value.sql}{ordering}) FILTER (WHERE {value.sql} IS NOT NULL)", value.type)


@aggregate(arity="90870")
def values(value: Value) -> Value:
    """Distinct values in ascending order, at most 100; texts that differ only in case count as one.

    Example:
        json "[{'a': 'x'}, {'a': 'y'}, {'a': 'x'}]" | stats values(a)
    """
    if value.type == NULL:
        return Value("CAST([] AS INTEGER[])", list_of(NULL))
    distinct = f"coalesce(list(DISTINCT {value.sql}) FILTER (WHERE {value.sql} IS NOT NULL), [])"
    keys = ", ".join(order_keys("v", value.type))
    key = f"row({keys})" if "," in keys else keys
    paired = f"list_sort(list_transform({distinct}, lambda v: struct_pack(k := {key}, v := v)))"
    if value.type in (STRING, ANY):
        paired = f"list_filter({paired}, lambda p, i: i = 1 OR p.k <> {paired}[i - 1].k)"
    return Value(f"list_transform({paired}, lambda p: p.v)[1:{LIST_LIMIT}]", list_of(value.type))


@aggregate(arity="91020")
def array(value: Value, group: Group) -> Value:
    """All values in the order of arrival, at most 100.

    Example:
        json "[{'a': 'x'}, {'a': 'x'}]" | stats array(a)
    """
    if value.type == NULL:
        return Value("CAST([] AS INTEGER[])", list_of(NULL))
    ordering = f" ORDER BY {group.ascending}" if group.ascending else ""
    listed = f"list({value.sql}{ordering}) FILTER (WHERE {value.sql} IS NOT NULL)"
    return Value(f"coalesce({listed}, [])[1:{LIST_LIMIT}]", list_of(value.type))


@aggregate(aliases=("perc",), arity="91020", not_constant="91020")
def percentile(value: Value, percent: Const, interpolation: Const = "linear") -> Value:
    """The value below which so many percent lie; between two values it interpolates (linear, midpoint, lower, …).

    Example:
        json "[{'x': 1}, {'x': 2}, {'x': 3}, {'x': 4}]" | stats percentile(x, 50)
    """
    if not isinstance(percent, int | float) or isinstance(percent, bool) or not 0 <= percent <= 100:
        raise QueryError("91020", "the percentage must be a number from 0 to 100")
    if interpolation not in _INTERPOLATION:
        raise QueryError("91020", f"unknown interpolation `{interpolation}`", hint=", ".join(_INTERPOLATION))
    number = numeric_only(value)
    if number is None:
        return NOTHING
    fraction = percent / 100
    ordered = f"list_sort(list({number.sql}) FILTER (WHERE {number.sql} IS NOT NULL))"
    position = f"((len({ordered}) - 1) * {fraction!r})"
    lower = f"{ordered}[CAST(floor({position}) AS BIGINT) + 1]"
    upper = f"{ordered}[CAST(ceil({position}) AS BIGINT) + 1]"
    if interpolation == "linear":
        return Value(f"quantile_cont(CAST({number.sql} AS DOUBLE), {fraction!r})", DOUBLE)
    if interpolation == "midpoint":
        return Value(f"(({lower} + {upper}) / 2.0)", DOUBLE)
    if interpolation == "nearest":
        chosen = f"if({position} - floor({position}) < 0.5, {lower}, {upper})"
    else:
        chosen = lower if interpolation == "lower" else upper
    return Value(chosen, number.type)


_INTERPOLATION = ("linear", "midpoint", "lower", "higher", "nearest")


@aggregate(arity="91020")
def median(value: Value) -> Value:
    """The middle of the numbers: percentile 50.

    Example:
        json "[{'x': 1}, {'x': 2}, {'x': 4}]" | stats median(x)
    """
    number = numeric_only(value)
    return NOTHING if number is None else Value(f"quantile_cont(CAST({number.sql} AS DOUBLE), 0.5)", DOUBLE)


@aggregate(arity="91020")
def var(value: Value) -> Value:
    """Variance of the whole population.

    Example:
        json "[{'x': 10}, {'x': 30}]" | stats var(x)
    """
    return _numeric("var_pop", value)


@aggregate(arity="91020")
def stddev(value: Value) -> Value:
    """Standard deviation of the whole population.

    Example:
        json "[{'x': 10}, {'x': 30}]" | stats stddev(x)
    """
    return _numeric("stddev_pop", value)


@aggregate(aliases=("covar",), arity="91020")
def cov(x: Value, y: Value) -> Value:
    """Covariance of the whole population; pairs without two numbers are left out.

    Example:
        json "[{'a': 1, 'b': 2}, {'a': 3, 'b': 6}]" | stats cov(a, b)
    """
    return _numeric("covar_pop", x, y)


@aggregate(aliases=("correl",), arity="91020")
def corr(x: Value, y: Value) -> Value:
    """Pearson correlation.

    Example:
        json "[{'a': 1, 'b': 2}, {'a': 3, 'b': 6}]" | stats corr(a, b)
    """
    return _numeric("corr", x, y)


@aggregate(arity="91020")
def slope(x: Value, y: Value) -> Value:
    """Slope of the regression line of `y` on `x`.

    Example:
        json "[{'a': 1, 'b': 2}, {'a': 3, 'b': 6}]" | stats slope(a, b)
    """
    return _numeric("regr_slope", y, x)


def _numeric(function: str, *arguments: Value) -> Value:
    numbers = [numeric_only(argument) for argument in arguments]
    if any(number is None for number in numbers):
        return NOTHING
    listed = ", ".join(f"CAST({number.sql} AS DOUBLE)" for number in numbers if number is not None)
    return Value(f"{function}({listed})", DOUBLE)
