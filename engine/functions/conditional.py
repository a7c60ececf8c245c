"""Tests and choices."""

from __future__ import annotations

from engine.catalog import ANY, BOOL, NULL, STRING
from engine.expressions import Scope
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.regex import checked
from engine.sql import text as quote
from engine.values import NOTHING, Value, boolean, cast, certain, common, matches, same, text, truth


def _known(condition: str) -> Value:
    """A condition that is never null by itself."""
    return Value(condition, BOOL, predicate=condition)


@function
def isnull(value: Value) -> Value:
    """True when there is no value.

    Example:
        isnull(null)
    """
    return Value("true", BOOL, True, value.per_row) if value.type == NULL else _known(f"({value.sql} IS NULL)")


@function
def isnotnull(value: Value) -> Value:
    """True when there is a value, be it empty text.

    Example:
        isnotnull("")
    """
    return Value("false", BOOL, False, value.per_row) if value.type == NULL else _known(f"({value.sql} IS NOT NULL)")


@function
def not_(condition: Value) -> Value:
    """The opposite of a boolean; null for null and for anything that is no boolean.

    Example:
        not(1 == 2)
    """
    if condition.predicate is not None:
        return _known(f"(NOT {condition.sql})")
    if condition.type == BOOL:
        return boolean(f"(NOT {condition.sql})")
    if condition.type == ANY:
        return boolean(f"CASE {condition.sql} WHEN 'true' THEN false WHEN 'false' THEN true END")
    return NOTHING


@function
def if_(condition: Value, then: Value, otherwise: Value) -> Value:
    """One of two values. A condition is true when it is boolean true or any value that is neither boolean nor null.

    Example:
        if(404 >= 400, "error", "ok") == "error"
    """
    return _chosen([(condition, then)], otherwise)


@function
def case(*pairs: Value) -> Value:
    """The value behind the first true condition; a last argument without a partner is the default.

    Example:
        case(1 > 2, "a", 2 > 1, "b", "c") == "b"
    """
    if len(pairs) < 2:
        raise QueryError("99000", "`case(condition, value, …, default)` needs a condition and a value")
    default = pairs[-1] if len(pairs) % 2 else NOTHING
    return _chosen(list(zip(pairs[0::2], pairs[1::2], strict=False)), default)


def _chosen(branches: list[tuple[Value, Value]], default: Value) -> Value:
    kind = common([value.type for _, value in branches] + [default.type])
    if kind == NULL:
        return NOTHING
    whens = " ".join(f"WHEN {truth(condition)} THEN {cast(value, kind).sql}" for condition, value in branches)
    per_row = default.per_row or any(c.per_row or v.per_row for c, v in branches)
    return Value(f"CASE {whens} ELSE {cast(default, kind).sql} END", kind, per_row=per_row)


@function
def nvl(value: Value, default: Value) -> Value:
    """The value, or the default when it is null.

    Example:
        nvl(null, "none") == "none"
    """
    kind = common([value.type, default.type])
    if kind == NULL:
        return NOTHING
    if value.type == NULL:
        return default
    per_row = value.per_row or default.per_row
    return Value(f"coalesce({cast(value, kind).sql}, {cast(default, kind).sql})", kind, per_row=per_row)


@function
def in_(value: Value, *choices: Value) -> Value:
    """True when the value equals one of the choices. Text constants take `*`, and fit only text (80 is not "80").

    Example:
        in("DescribeInstances", "Describe*", "List*")
    """
    if not choices:
        raise QueryError("99000", "`in(value, choice, …)` needs at least one choice")
    if value.type == NULL:
        return boolean("false")
    tests = [_is_choice(value, choice) for choice in choices if choice.type != NULL]
    return certain(f"({' OR '.join(tests) or 'false'})")


def _is_choice(value: Value, choice: Value) -> str:
    if not choice.is_text_constant:
        return same(value, choice).sql
    if value.type == ANY:
        return f"(any_rank({value.sql}) = 6 AND {matches(value, choice.constant)})"
    return matches(value, choice.constant) if value.type == STRING else "false"


@function
def match(value: Value, regex: Const, *, scope: Scope) -> Value:
    """True when a regular expression is found anywhere in the text; with case unless it begins with `(?i)`.

    Example:
        match("8 miles", "\\\\d+ [a-z]+")
    """
    if value.type == NULL or regex is None:
        return boolean("false")
    pattern = quote(checked(regex, scope.context))
    return certain(f"regexp_matches({text(value).sql}, {pattern})")
