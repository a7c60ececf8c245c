"""Dates and spans of time, on the calendar of the viewer's time zone."""

from __future__ import annotations

from engine import sql
from engine.buckets import bucket
from engine.catalog import DATE, INT, LONG, list_of
from engine.expressions import Scope
from engine.functions.function import Const, function
from engine.language.durations import read_duration, read_span
from engine.language.errors import QueryError, did_you_mean
from engine.sql import once
from engine.values import Value, by_type, only

_SECONDS = {
    "year": 365 * 86400.0,
    "mon": 30 * 86400.0,
    "day": 86400.0,
    "hour": 3600.0,
    "min": 60.0,
    "sec": 1.0,
    "msec": 0.001,
}


_BORDER = -3 * 86_400  # Monday 1969-12-29: a local second from which periods are laid in both directions


@function
def now(*, scope: Scope) -> Value:
    """The time at which the query began; it is the same everywhere in a query.

    Example:
        now() > ago("1s")
    """
    return Value(sql.instant(scope.context.now), DATE, per_row=False)


@function
def ago(span: Const, *, scope: Scope) -> Value:
    """The time some span ago: a number and s, m, h, d, w, mon or y.

    Example:
        ago("1d") < ago("23h")
    """
    moment = scope.context.now.astimezone(scope.context.zone)
    return Value(sql.instant(read_duration(str(span)).before(moment)), DATE, per_row=False)


@function(too_few="90620", too_many="90620", not_constant="90621")
def dateadd(date: Value, unit: Const, amount: Value, *, scope: Scope) -> Value:
    """A date moved by a whole number of year, mon, day, hour, min, sec or msec; negative numbers move it back.

    The day stays within a shorter month: a month after January 31 is the last of February.

    Example:
        string(dateadd(date("2024-01-31", "yyyy-MM-dd"), "mon", 1), "yyyy-MM-dd") == "2024-02-29"
    """
    if str(unit) not in _SECONDS:
        hint = did_you_mean(str(unit), _SECONDS) or f"the units are {', '.join(_SECONDS)}"
        raise QueryError("90621", f"unknown unit `{unit}` of `dateadd`", hint=hint)
    count = scope.context.evaluate(amount) if not amount.per_row else None
    if not isinstance(count, int) or isinstance(count, bool):
        raise QueryError("90622", "the number of `dateadd` must be a whole number that stands in the query")
    moment = only(date, DATE).sql
    if abs(count * _SECONDS[unit]) > 10_000 * 366 * 86_400:  # no date is left to move there
        return Value(f"CAST(NULL AS {DATE.sql})", DATE)
    step = {"year": "to_years", "mon": "to_months", "day": "to_days"}.get(unit)
    micros = round(_SECONDS[unit] * 1000) * count * 1000
    moved = f"{moment} + {step}({count})" if step else f"make_timestamptz(epoch_us({moment}) + {micros})"
    return Value(once(moved, lambda date: f"known_date({date})"), DATE)


@function(too_few="90630", too_many="90630", not_constant="90631")
def datediff(start: Value, end: Value, unit: Const) -> Value:
    """How many whole units lie between two dates: year (365 days), mon (30 days), day, hour, min, sec or msec.

    Example:
        datediff(date("2024-01-01", "yyyy-MM-dd"), date("2024-01-30", "yyyy-MM-dd"), "day") == 29
    """
    if str(unit) not in _SECONDS:
        hint = did_you_mean(str(unit), _SECONDS) or f"the units are {', '.join(_SECONDS)}"
        raise QueryError("90631", f"unknown unit `{unit}` of `datediff`", hint=hint)
    micros = round(_SECONDS[unit] * 1_000_000)
    between = f"(epoch_us({only(end, DATE).sql}) - epoch_us({only(start, DATE).sql}))"
    return Value(f"({between} // {micros})", LONG)


@function(too_few="90640", not_constant="90640")
def datetrunc(date: Value, span: Const, offset: Const = None, *, scope: Scope) -> Value:
    """The start of the period that a date falls into: `5m`, `1h`, `1d`, `1w` (from Monday), `1mon`, `1y`.

    An offset moves the borders: days with the offset `8h` begin at 8 o'clock.

    Example:
        datetrunc(date("2014-07-14 11:13", "yyyy-MM-dd HH:mm"), "1mon") == date("2014-07-01", "yyyy-MM-dd")
    """
    length = read_span(str(span))
    shift = None if offset is None else read_duration(str(offset))
    if shift is not None and shift.seconds is None:
        raise QueryError("90502", "an offset cannot be in months or years")
    moment = only(date, DATE).sql
    return Value(bucket(moment, length, scope.context.timezone, shift, _BORDER), DATE)


_PARTS: dict[str, str] = {
    "year": "year", "mon": "month", "month": "month", "day": "day", "hour": "hour", "min": "minute",
    "minute": "minute", "sec": "second", "second": "second", "seconds": "second", "msec": "msec",
    "milliseconds": "millisecond", "microseconds": "microsecond", "century": "century", "decade": "decade",
    "millenium": "millennium", "quarter": "quarter", "doy": "dayofyear", "dow": "dayofweek", "isodow": "isodow",
    "isoyear": "isoyear", "week": "week", "weekday": "weekday", "epoch": "epoch", "timezone": "timezone",
    "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
}  # fmt: skip


@function(too_few="90880", too_many="90880", not_constant="90881")
def datepart(date: Value, part: Const) -> Value:
    """A part of a date as a number: year, quarter, month, week, day, hour, minute, second, dow (Sunday is 0), epoch, …

    Also doy, isodow (Monday is 1), isoyear, decade, century, millenium, msec (0 to 999), milliseconds and microseconds
    (both with the seconds), timezone (seconds east of UTC), timezone_hour and timezone_minute.

    Example:
        datepart(date("2017-06-12", "yyyy-MM-dd"), "doy") == 163
    """
    name = _PARTS.get(str(part))
    if name is None:
        hint = did_you_mean(str(part), _PARTS) or f"the parts are {', '.join(_PARTS)}"
        raise QueryError("90881", f"unknown part `{part}` of a date", hint=hint)
    moment = only(date, DATE).sql
    if name == "epoch":
        return Value(f"(CAST(epoch_us({moment}) - ((epoch_us({moment}) % 1000000 + 1000000) % 1000000) AS BIGINT)"
                     " // 1000000)", LONG)  # fmt: skip
    if name == "msec":
        return Value(f"CAST(date_part('millisecond', {moment}) % 1000 AS INTEGER)", INT)
    if name == "weekday":
        return Value(f"CAST(date_part('dayofweek', {moment}) + 1 AS INTEGER)", INT)
    return Value(f"CAST(date_part('{name}', {moment}) AS INTEGER)", INT)


_MOST_DATES = 100_000


@function(not_constant="90502")
def daterange(start: Value, end: Value, span: Const = "1d") -> Value:
    """The dates from a start to before an end, a day or another span apart; more than 100 000 stop the query.

    Example:
        len(daterange(date("20240101", "yyyyMMdd"), date("20240104", "yyyyMMdd"))) == 3
    """
    step = read_duration(str(span))
    if step.amount == 0:
        raise QueryError("90502", "the span of `daterange` cannot be 0")
    calendar = {"d": "to_days", "w": "to_weeks", "mon": "to_months", "y": "to_years"}.get(step.unit)
    interval = f"{calendar}({step.amount})" if calendar else f"to_seconds({step.seconds})"
    seconds = step.seconds or step.amount * (28 if step.unit == "mon" else 365) * 86400
    first, last = only(start, DATE).sql, only(end, DATE).sql
    many = f"(epoch_us({last}) - epoch_us({first})) // {seconds * 1_000_000} > {_MOST_DATES}"
    stop = f"error('daterange() would give more than {_MOST_DATES} dates')"
    until = f"if({many}, {first}, {last})"  # no long range is ever made, not even to be thrown away
    return Value(f"CASE WHEN {many} THEN {stop} ELSE range({first}, {until}, {interval}) END", list_of(DATE))


@function
def epoch(number: Value) -> Value:
    """The date of a number of seconds since 1970, or of milliseconds when it is as large; text may hold the digits.

    Example:
        epoch(1386104400) == epoch("1386104400000")
    """
    return Value(f"date_of_epoch({by_type(number, LONG, _whole_seconds)})", DATE)


def _whole_seconds(value: Value) -> str:
    match value.type.name:
        case "string":
            return f"if(regexp_full_match({value.sql}, '[+-]?\\d+'), TRY_CAST({value.sql} AS BIGINT), NULL)"
        case "int" | "long":
            return f"CAST({value.sql} AS BIGINT)"
        case "double":
            return f"TRY_CAST(trunc({value.sql}) AS BIGINT)"
    return "NULL"
