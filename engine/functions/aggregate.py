"""Aggregates: many rows to one value. Nulls are ignored by all of them."""

from __future__ import annotations

from engine.catalog import ANY, DOUBLE, INT, LONG, NULL, NUMBERS, STRING, list_of
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


@aggregate(name="range")
def range_(value: Value) -> Value:
    """Difference of the largest and the smallest number; null when there is none.

    Example:
        json "[{'a': 3}, {'a': 10}]" | stats range(a)
    """
    if value.type in (INT, LONG):
        return Value(f"wrap_long(CAST(max({value.sql}) AS HUGEINT) - min({value.sql}))", LONG)
    number = numeric_only(value)
    return NOTHING if number is None else Value(f"(max({number.sql}) - min({number.sql}))", DOUBLE)


@aggregate
def per_second(value: Value, group: Group) -> Value:
    """In `timechart`: sum of the numbers divided by the seconds of a bucket.

    Example:
        json "[{'a': 7200}]" | eval _time = now() | timechart span=1h per_second(a)
    """
    return _rate(value, group, 1)


@aggregate
def per_minute(value: Value, group: Group) -> Value:
    """In `timechart`: sum of the numbers divided by the minutes of a bucket.

    Example:
        json "[{'a': 120}]" | eval _time = now() | timechart span=1h per_minute(a)
    """
    return _rate(value, group, 60)


@aggregate
def per_hour(value: Value, group: Group) -> Value:
    """In `timechart`: sum of the numbers divided by the hours of a bucket.

    Example:
        json "[{'a': 48}]" | eval _time = now() | timechart span=1d per_hour(a)
    """
    return _rate(value, group, 3600)


@aggregate
def per_day(value: Value, group: Group) -> Value:
    """In `timechart`: sum of the numbers divided by the days of a bucket.

    Example:
        json "[{'a': 70}]" | eval _time = now() | timechart span=1w per_day(a)
    """
    return _rate(value, group, 86_400)


def _rate(value: Value, group: Group, seconds: int) -> Value:
    if group.seconds is None:
        message = "a rate needs buckets of one length"
        raise QueryError("21703", message, hint="use it in `timechart`, with a span in s, m, h, d or w")
    number = numeric_only(value)
    return NOTHING if number is None else Value(f"(sum({number.sql}) / {group.seconds / seconds!r})", DOUBLE)


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
        # Each beside the one before: looking back from inside the lambda would sort the list again for each element.
        beside = f"list_zip({paired}, list_concat([NULL], {paired}), true)"
        paired = f"list_transform(list_filter({beside}, lambda z: z[2] IS NULL OR z[1].k <> z[2].k), lambda z: z[1])"
    return Value(f"list_transform({paired}[1:{LIST_LIMIT}], lambda p: p.v)", list_of(value.type))


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
    """The value below which so many percent lie; between two numbers it interpolates (linear, midpoint, lower, …).

    Between two other values, such as dates or texts, it is the nearer one.

    Example:
        json "[{'x': 1}, {'x': 2}, {'x': 3}, {'x': 4}]" | stats percentile(x, 50)
    """
    if not isinstance(percent, int | float) or isinstance(percent, bool) or not 0 <= percent <= 100:
        raise QueryError("91020", "the percentage must be a number from 0 to 100")
    if interpolation not in _INTERPOLATION:
        raise QueryError("91020", f"unknown interpolation `{interpolation}`", hint=", ".join(_INTERPOLATION))
    return _percentile(value, percent / 100, interpolation)


def _percentile(value: Value, fraction: float, interpolation: str) -> Value:
    """The value at a fraction of the way through the sorted ones; only numbers have something between them."""
    if value.type == NULL:
        return NOTHING
    if value.type in NUMBERS and interpolation == "linear":
        return Value(f"quantile_cont(CAST({value.sql} AS DOUBLE), {fraction!r})", DOUBLE)
    keys = order_keys(value.sql, value.type)
    ordered = f"list({value.sql} ORDER BY {', '.join(keys)}) FILTER (WHERE {value.sql} IS NOT NULL)"
    position = f"((len({ordered}) - 1) * {fraction!r})"
    lower = f"{ordered}[CAST(floor({position}) AS BIGINT) + 1]"
    upper = f"{ordered}[CAST(ceil({position}) AS BIGINT) + 1]"
    share = f"({position} - floor({position}))"
    nearest = f"if({share} < 0.5, {lower}, {upper})"
    if interpolation in ("lower", "higher"):
        return Value(lower if interpolation == "lower" else upper, value.type)
    if interpolation == "nearest" or (value.type not in NUMBERS and value.type != ANY):
        return Value(nearest, value.type)
    weight = "0.5" if interpolation == "midpoint" else share
    first, second = (f"TRY_CAST({end} AS DOUBLE)" for end in (lower, upper))
    between = f"({first} * (1 - {weight}) + {second} * {weight})"
    if value.type in NUMBERS:
        return Value(between, DOUBLE)
    are_numbers = f"any_rank({lower}) = 2 AND any_rank({upper}) = 2"
    return Value(f"if({are_numbers}, CAST(to_json({between}) AS VARCHAR), {nearest})", ANY)


_INTERPOLATION = ("linear", "midpoint", "lower", "higher", "nearest")


@aggregate(arity="91020")
def median(value: Value) -> Value:
    """The middle of the values: percentile 50.

    Example:
        json "[{'x': 1}, {'x': 2}, {'x': 4}]" | stats median(x)
    """
    return _percentile(value, 0.5, "linear")


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
