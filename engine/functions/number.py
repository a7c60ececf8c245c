"""Numbers. Text is never read as a number here: `round("1.6")` is null, `round(double("1.6"))` is 2."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.catalog import ANY, DATE, DOUBLE, INT, LONG, NULL, NUMBERS, Type
from engine.expressions import Scope
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.sql import let, once
from engine.values import NOTHING, Value, cast, common, constant, numeric_only, rank_key, whole


def _by_number(value: Value, of_whole: Callable[[Value], Value], of_real: Callable[[Value], Value]) -> Value:
    """A number by what it is, whole or real; an `any` value by what it is at each row; null for all else."""
    if value.type in (INT, LONG):
        return of_whole(value)
    if value.type == DOUBLE:
        return of_real(value)
    if value.type != ANY:
        return NOTHING
    x = value.sql
    made = cast(of_whole(Value(f"TRY_CAST({x} AS BIGINT)", LONG)), ANY).sql
    real = cast(of_real(Value(f"TRY_CAST({x} AS DOUBLE)", DOUBLE)), ANY).sql
    return Value(f"CASE WHEN any_is_integer({x}) THEN {made} WHEN any_rank({x}) = 2 THEN {real} END", ANY)


_ZERO = constant(0)


@function(name="abs", too_few="90600", too_many="90600")
def abs_(number: Value) -> Value:
    """A number without its sign.

    Example:
        abs(-5) == 5 and abs(-1.5) == 1.5
    """
    return _by_number(number, lambda n: Value(_without_sign(n), n.type), lambda n: Value(f"abs({n.sql})", DOUBLE))


def _without_sign(number: Value) -> str:
    """The smallest whole number has no positive twin; as in Java it stays what it is."""
    smallest = "-2147483648" if number.type == INT else "CAST(-9223372036854775808 AS BIGINT)"
    return f"CASE WHEN {number.sql} = {smallest} THEN {number.sql} ELSE abs({number.sql}) END"


@function(name="round")
def round_(number: Value, digits: Value = _ZERO) -> Value:
    """A number rounded to so many digits behind the point, halves up; negative digits round left of it.

    Example:
        round(1.47, 1) == 1.5 and round(-2.5) == -2 and round(1850, -2) == 1900
    """
    return _rounded(number, digits, lambda x: f"floor({x} + 0.5)")


@function(name="ceil")
def ceil(number: Value, digits: Value = _ZERO) -> Value:
    """A number rounded up to so many digits behind the point.

    Example:
        ceil(1.1) == 2 and ceil(297.5, -2) == 300
    """
    return _rounded(number, digits, lambda x: f"ceil({x})")


@function(name="floor")
def floor(number: Value, digits: Value = _ZERO) -> Value:
    """A number rounded down to so many digits behind the point.

    Example:
        floor(1.9) == 1 and floor(531, -1) == 530
    """
    return _rounded(number, digits, lambda x: f"floor({x})")


_DIGITS = 300  # 10 to this power still has room to be multiplied by


def _rounded(number: Value, digits: Value, cut: Callable[[str], str]) -> Value:
    """Whole numbers only change by negative digits. Dividing by 100 is exact where multiplying by 0.01 is not."""
    if digits.type not in (INT, LONG, ANY):
        return NOTHING
    places = f"within({whole(digits).sql}, {_DIGITS})"
    known = digits.constant if isinstance(digits.constant, int) else None

    if known is not None and abs(known) > _DIGITS:
        known = _DIGITS if known > 0 else -_DIGITS

    def scaled(x: str) -> str:
        real = f"CAST({x} AS DOUBLE)"
        fine, coarse = f"pow(10, {places})", f"pow(10, -{places})"
        if known is not None:
            scale = f"1e{abs(known)}"
            if known == 0:
                return cut(real)
            made = f"({cut(f'{real} * {scale}')} / {scale})" if known > 0 else f"({cut(f'{real} / {scale}')} * {scale})"
            return made if abs(known) <= 15 else let(made, lambda x: f"if(isfinite({x}), {x}, {real})")
        made = f"if({places} >= 0, {cut(f'{real} * {fine}')} / {fine}, {cut(f'{real} / {coarse}')} * {coarse})"
        return let(made, lambda rounded: f"if(isinf({rounded}) OR isnan({rounded}), {real}, {rounded})")

    def of_whole(value: Value) -> Value:
        if known is not None and known >= 0:
            return value
        cut_off = f"TRY_CAST({scaled(value.sql)} AS BIGINT)"
        if known is not None:
            return Value(cut_off, LONG)
        return Value(f"CASE WHEN {places} >= 0 THEN CAST({value.sql} AS BIGINT) ELSE {cut_off} END", LONG)

    return _by_number(number, of_whole, lambda value: Value(scaled(value.sql), DOUBLE))


@function(too_many="99000")
def mod(number: Value, divisor: Value) -> Value:
    """Remainder of a division of whole numbers, with the sign of the first; null for anything else and for 0.

    Example:
        mod(5, 2) == 1 and mod(-5, 2) == -1 and isnull(mod(5, 0))
    """
    a, b = whole(number).sql, whole(divisor).sql
    # Dividing the smallest number by -1 would overflow; the remainder by -1 is always 0.
    return Value(f"(CAST({a} AS BIGINT) % nullif(if({b} = -1, 1, {b}), 0))", LONG)


def _real(function_name: str, *numbers: Value) -> Value:
    """A function of real numbers, with NaN and infinity where mathematics has no number."""
    given = [numeric_only(number) for number in numbers]
    listed = ", ".join(f"CAST({number.sql} AS DOUBLE)" for number in given if number is not None)
    return NOTHING if None in given else Value(f"{function_name}({listed})", DOUBLE)


@function(name="pow")
def pow_(number: Value, exponent: Value) -> Value:
    """A number raised to a power.

    Example:
        pow(2, 10) == 1024
    """
    return _real("pow", number, exponent)


@function
def sqrt(number: Value) -> Value:
    """Square root; NaN for negative numbers.

    Example:
        sqrt(9) == 3
    """
    return _real("sqrt", number)


@function
def exp(number: Value) -> Value:
    """e raised to a power.

    Example:
        exp(0) == 1
    """
    return _real("exp", number)


@function
def log(number: Value) -> Value:
    """Natural logarithm.

    Example:
        log(exp(2)) == 2
    """
    return _real("ln", number)


@function
def log10(number: Value) -> Value:
    """Logarithm to base 10.

    Example:
        log10(100) == 2
    """
    return _real("log10", number)


@function
def sin(angle: Value) -> Value:
    """Sine of an angle in radians.

    Example:
        sin(0) == 0
    """
    return _real("sin", angle)


@function
def cos(angle: Value) -> Value:
    """Cosine of an angle in radians.

    Example:
        cos(0) == 1
    """
    return _real("cos", angle)


@function
def tan(angle: Value) -> Value:
    """Tangent of an angle in radians.

    Example:
        tan(0) == 0
    """
    return _real("tan", angle)


@function
def asin(number: Value) -> Value:
    """The angle in radians that has a sine.

    Example:
        round(asin(1), 4) == 1.5708
    """
    return _real("asin", number)


@function
def acos(number: Value) -> Value:
    """The angle in radians that has a cosine.

    Example:
        acos(1) == 0
    """
    return _real("acos", number)


@function
def atan(number: Value) -> Value:
    """The angle in radians that has a tangent.

    Example:
        round(atan(1), 4) == 0.7854
    """
    return _real("atan", number)


@function(name="max")
def max_(value: Value, *values: Value) -> Value:
    """Largest of the values by the total order (any text is greater than any number); nulls do not count.

    Example:
        max(1, 10, null, 5) == 10
    """
    return _extreme("greatest", (value, *values))


@function(name="min")
def min_(value: Value, *values: Value) -> Value:
    """Smallest of the values by the total order (any number is less than any text); nulls do not count.

    Example:
        min(7, 3, null, 5) == 3
    """
    return _extreme("least", (value, *values))


def _extreme(which: str, values: tuple[Value, ...]) -> Value:
    given = [value for value in values if value.type != NULL]
    kind = common([value.type for value in given])
    if kind == NULL or len(given) == 1:
        return given[0] if given else NOTHING
    if kind in (*NUMBERS, DATE) or kind.name == "bool":
        return Value(f"{which}({', '.join(cast(value, kind).sql for value in given)})", kind)
    # Of equal ones the first wins: it is greatest when positions are negative, least when they are positive.
    sign = -1 if which == "greatest" else 1
    rows = [once(value.sql, partial(_ranked, value.type, kind, sign * index)) for index, value in enumerate(given)]
    chosen = "list_max" if which == "greatest" else "list_min"
    return Value(f"{chosen}([{', '.join(rows)}]).v", kind)


def _ranked(own: Type, kind: Type, place: int, expression: str) -> str:
    """A value with its rank and its place among the arguments."""
    value = Value(expression, own)
    packed = f"struct_pack(k := {rank_key(value)}, i := {place}, v := {cast(value, kind).sql})"
    return f"CASE WHEN {expression} IS NOT NULL THEN {packed} END"


@function(looks_around=True)
def seq(*, scope: Scope) -> Value:
    """Number of the row where the function stands: 1, 2, 3 …

    Example:
        seq() == 1
    """
    return Value(f"row_number() OVER ({f'ORDER BY {scope.order}' if scope.order else ''})", LONG)


@function(not_constant="90750")
def rand(bound: Const, seed: Const = None) -> Value:
    """A random whole number from 0 to before the bound; with a seed always the same one.

    Example:
        rand(10) < 10 and rand(100, 7) == rand(100, 7)
    """
    if not isinstance(bound, int) or isinstance(bound, bool) or bound >= 2**31:
        raise QueryError("90750", "the bound of `rand` must be a whole number")
    if bound <= 0:
        raise QueryError("90751", "the bound of `rand` must be greater than 0")
    if isinstance(seed, int) and not isinstance(seed, bool):
        return constant(_seeded(bound, seed))
    return Value(f"CAST(floor(random() * {bound}) AS INTEGER)", INT)


def _seeded(bound: int, seed: int) -> int:
    """What `new Random(seed).nextInt(bound)` gives in Java, so that a seed means the same number everywhere.

    >>> _seeded(100, 42), _seeded(16, 42)
    (30, 11)
    """
    state = (seed ^ 0x5DEECE66D) & (2**48 - 1)
    while True:
        state = (state * 0x5DEECE66D + 0xB) & (2**48 - 1)
        bits = state >> 17
        if bound & (bound - 1) == 0:
            return bound * bits >> 31
        if bits - bits % bound + bound - 1 < 2**31:
            return bits % bound
