"""From one type to another."""

from __future__ import annotations

from engine.catalog import ANY, BINARY, DATE, DOUBLE, INT, IP, LONG, NULL, STRING, Type, list_of, map_of
from engine.date_pattern import reader, writer
from engine.expressions import Scope
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.native import known_charset
from engine.sql import identifier, let, once
from engine.sql import text as quote
from engine.values import NOTHING, Value, as_list, by_type, only, text, to_any


@function(name="int", not_constant="90830")
def int_(value: Value, radix: Const = 10) -> Value:
    """A whole number of 32 bits: of text that is one, of a number cut toward zero, of an IPv4 address; else null.

    An array gives an array of converted elements.

    Example:
        int("42") == 42 and int(3.9) == 3 and isnull(int("4 apples"))
    """
    if radix != 10:
        raise QueryError("90830", "numbers are read in base 10 only")
    if value.type.name != "list":
        return Value(by_type(value, INT, lambda one: _whole(one, INT)), INT)
    element = by_type(Value("e", value.type.element or NULL), INT, _whole_element)
    return Value(f"list_transform({value.sql}, lambda e: CAST({element} AS INTEGER))", list_of(INT))


def _whole_element(value: Value) -> str:
    """An element of a list: numbers with a fraction are not cut there."""
    made = _whole(value, INT)
    return f"if({value.sql} = trunc({value.sql}), {made}, NULL)" if value.type == DOUBLE else made


@function(name="long", not_constant="90840")
def long_(value: Value, radix: Const = 10) -> Value:
    """A whole number of 64 bits: of text that is one, of a number cut toward zero, of an IPv4 address; else null.

    Example:
        long("3000000000") == 3000000000 and long(ip("0.0.1.0")) == 256
    """
    if radix != 10:
        raise QueryError("90840", "numbers are read in base 10 only")
    return Value(by_type(value, LONG, lambda one: _whole(one, LONG)), LONG)


def _whole(value: Value, kind: Type) -> str:
    x = value.sql
    match value.type.name:
        case "string":
            return f"if(regexp_full_match({x}, '[+-]?\\d+'), TRY_CAST({x} AS {kind.sql}), NULL)"
        case "int" | "long":
            return x if value.type == kind else f"TRY_CAST({x} AS {kind.sql})"
        case "double" if kind == INT:
            fits = f"trunc({x}) <= 2147483647"
            return f"CASE WHEN {fits} THEN CAST(greatest(trunc({x}), -2147483648) AS INTEGER) END"
        case "double":
            return f"TRY_CAST(trunc({x}) AS BIGINT)"
        case "ip":
            number = f"ip4_number({x})"
            signed = f"CAST(if({number} > 2147483647, {number} - 4294967296, {number}) AS INTEGER)"
            return f"CASE WHEN NOT contains({x}, ':') THEN {signed if kind == INT else number} END"
    return "NULL"


@function(name="double")
def double_(value: Value) -> Value:
    """A real number, of a number or of text that is one; else null.

    Example:
        double("1e3") == 1000 and isnull(double("1,000"))
    """
    return Value(by_type(value, DOUBLE, _real), DOUBLE)


def _real(value: Value) -> str:
    match value.type.name:
        case "string":
            return f"real_text({value.sql})"
        case "int" | "long" | "double":
            return f"CAST({value.sql} AS DOUBLE)"
    return "NULL"


@function(aliases=("str",), not_constant="90820")
def string(value: Value, format: Const = None, zone: Const = None, *, scope: Scope) -> Value:
    """The text of a value; a date may be given a format such as `yyyy-MM-dd HH:mm:ss`, and a time zone or language.

    The zone is written `GMT+9`, `GMT+0900`, `UTC`, `KST` or `Asia/Seoul`, the language `en` or `ko`. Without a format a
    date is shown as `yyyy-MM-dd HH:mm:ssZ`.

    Example:
        string(date("20170329 UTC", "yyyyMMdd z"), "yyyy-MM-dd HH:mm", "GMT+08") == "2017-03-29 08:00"
    """
    if format is None:
        return text(value)
    show = writer(str(format), scope.context.timezone, None if zone is None else str(zone))
    if value.type == DATE:
        return Value(show(value.sql), STRING)
    if value.type == ANY:
        shown = show(only(value, DATE).sql)
        return Value(f"if(any_rank({value.sql}) = 3, {shown}, any_text({value.sql}))", STRING)
    return text(value)


@function(not_constant="90820")
def date(value: Value, format: Const, locale: Const = "en", *, scope: Scope) -> Value:
    """The date that text stands for, in a format such as `yyyy-MM-dd HH:mm:ss`; null when it does not fit.

    Reading is lenient: month 13 is January of the next year, text behind the format is ignored, and parts that the
    format lacks are those of 1970-01-01 00:00:00. Month and day names are English unless the locale is `ko`. A date as
    value gives null: to write dates use `string`.

    Example:
        date("2024-13-01", "yyyy-MM-dd") == date("2025-01-01", "yyyy-MM-dd")
    """
    read = reader(str(format), scope.context.timezone, str(locale), scope.context.now.year)
    if value.type in (DATE, NULL):
        return Value("CAST(NULL AS TIMESTAMPTZ)", DATE)
    shown = text(value).sql if value.type != ANY else f"if(any_rank({value.sql}) = 3, NULL, any_text({value.sql}))"
    return Value(read(shown), DATE)


@function(name="ip")
def ip_(value: Value) -> Value:
    """An IP address: of text in dotted or IPv6 form, or of a number; null when it is none.

    Example:
        ip("10.0.0.1") > ip("9.255.255.255") and isnull(ip("10.0.0.0/8"))
    """
    return Value(by_type(value, IP, _address), IP)


def _address(value: Value) -> str:
    match value.type.name:
        case "ip":
            return value.sql
        case "string":
            return once(value.sql, lambda x: f"ip_parse({x})")
        case "int" | "long":
            return f"ip_of_number({value.sql})"
    return "NULL"


@function(name="array")
def array_(*values: Value) -> Value:
    """An array of the values, nulls included.

    Example:
        len(array("a", null, 3)) == 3
    """
    return as_list(values)


@function(name="dict")
def dict_(*pairs: Value) -> Value:
    """A map of keys and values, which alternate; of two equal keys the later one counts, and keys are texts.

    A key that is no text in some row leaves its pair out there.

    Example:
        valueof(dict("a", 1, "b", 2), "b") == 2
    """
    if len(pairs) % 2:
        raise QueryError("99000", "`dict(key, value, …)`: the last key has no value")
    entries = list(zip(pairs[0::2], pairs[1::2], strict=True))
    for key, _ in entries:
        if key.is_constant and not isinstance(key.constant, str | None):
            raise QueryError("99000", "the keys of `dict` are texts")
    members = {key.constant: value for key, value in entries if key.is_text_constant}
    folded = {name.casefold() for name in members if name}
    if entries and len(folded) == len(members) and all(key.is_text_constant for key, _ in entries):
        named = ", ".join(f"{identifier(name)} := {_typed(value)}" for name, value in members.items())
        return Value(f"struct_pack({named})", map_of({name: value.type for name, value in members.items()}))
    return Value(_json_object(entries), ANY)


def _typed(value: Value) -> str:
    return f"CAST(NULL AS {NULL.sql})" if value.type == NULL else value.sql


def _json_object(entries: list[tuple[Value, Value]]) -> str:
    """An object whose keys are only known row by row, or differ only in case, which a struct cannot hold."""
    listed = ", ".join(f"struct_pack(k := {only(key, STRING).sql}, v := {to_any(value).sql})" for key, value in entries)
    kind = "STRUCT(k VARCHAR, v VARCHAR)[]"
    return let(f"CAST([{listed}] AS {kind})", lambda pairs: f"object_of_pairs({pairs})")


@function(aliases=("encode",), not_constant="90811")
def binary(text: Value, charset: Const = "utf-8") -> Value:
    """The bytes of text; null for anything but text.

    Example:
        tohex(binary("abc")) == "616263"
    """
    name = known_charset(charset, "90811")
    given = only(text, STRING).sql
    return Value(f"encode({given})" if name == "utf-8" else f"text_bytes({given}, {quote(name)})", BINARY)


@function(not_constant="90811")
def decode(data: Value, charset: Const = "utf-8") -> Value:
    """The text that bytes stand for; null for anything but bytes.

    Example:
        decode(fromhex("616263")) == "abc"
    """
    name = known_charset(charset, "90811")
    if data.type != BINARY:
        return NOTHING
    slow = f"bytes_text({data.sql}, {quote(name)})"
    return Value(f"coalesce(TRY(decode({data.sql})), {slow})" if name == "utf-8" else slow, STRING)


@function(too_few="90680")
def frombase64(text: Value) -> Value:
    """The bytes behind base64 text; null when it is none.

    Example:
        decode(frombase64("aGVsbG8=")) == "hello"
    """
    return Value(f"TRY(from_base64({only(text, STRING).sql}))", BINARY)


@function
def tobase64(data: Value) -> Value:
    """Bytes as base64 text; null for anything but bytes.

    Example:
        tobase64(binary("hello")) == "aGVsbG8="
    """
    return Value(f"to_base64({data.sql})", STRING) if data.type == BINARY else NOTHING


@function
def fromhex(text: Value) -> Value:
    """The bytes behind hexadecimal text; null when a digit is wrong or missing.

    Example:
        decode(fromhex("68656C6c6f")) == "hello"
    """
    given = only(text, STRING).sql
    return Value(f"CASE WHEN regexp_full_match({given}, '([0-9a-fA-F]{{2}})*') THEN TRY(unhex({given})) END", BINARY)


@function
def tohex(data: Value) -> Value:
    """Bytes as hexadecimal text in lower case; null for anything but bytes.

    Example:
        tohex(binary("hello")) == "68656c6c6f"
    """
    return Value(f"lower(to_hex({data.sql}))", STRING) if data.type == BINARY else NOTHING
