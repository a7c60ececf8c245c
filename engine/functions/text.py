"""Text."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.catalog import ANY, DOUBLE, INT, LONG, NULL, STRING, list_of
from engine.expressions import Scope
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.native import known_charset
from engine.regex import checked, group_count, replacement
from engine.sql import once, variable
from engine.sql import text as quote
from engine.values import (
    Value,
    boolean,
    by_type,
    constant,
    elements,
    identical,
    list_text,
    position,
    text,
    whole,
)

_START, _END, _BLANK = constant(0), constant(2**31 - 1), constant(" ")


@function
def concat(*values: Value) -> Value:
    """All values as one text. A null shows as `null`.

    Example:
        concat("port ", 443) == "port 443"
    """
    shown = [f"coalesce({text(value).sql}, 'null')" if not value.is_text_constant else value.sql for value in values]
    return Value(f"({' || '.join(shown)})", STRING) if shown else constant("")


@function
def contains(value: Value, part: Value) -> Value:
    """True when text contains another text, with case; or when an array has an element equal to a value.

    Example:
        contains("baseball", "base") and contains(array(1, 2), 2) and not(contains(array(1, 2), "2"))
    """
    if NULL in (value.type, part.type):
        return boolean("false")
    in_text = f"contains({text(value).sql}, {text(part).sql})"
    listed = elements(value)
    if listed is None:
        return boolean(f"coalesce({in_text}, false)")
    name = variable(listed.sql, part.sql)
    equal = identical(Value(name, listed.type.element or NULL), part)
    found = f"(len(list_filter({listed.sql}, lambda {name}: {equal})) > 0)"
    if value.type == ANY:
        found = f"if(starts_with({value.sql}, '['), {found}, {in_text})"
    return boolean(f"coalesce({found}, false)")


@function(not_constant="91030")
def format(pattern: Const, value: Value, *values: Value) -> Value:
    """Values written by a pattern: `%s` text, `%d` a whole number, `%.2f` a real number, `%x` hexadecimal, `%%`.

    Width and the flags `0`, `-`, `,`, `+` work as in C; `%2$s` is the second value. One array gives all values. A value
    that does not fit its place makes the result null.

    Example:
        format("%04d-%02d: %.1f%%", 2024, 3, 99.5) == "2024-03: 99.5%"
    """
    if not isinstance(pattern, str):
        raise QueryError("91030", "the pattern of `format` must be a text")
    given = (value, *values)
    spread = elements(value) if len(given) == 1 else None
    taken = _format_places(pattern)
    highest = max((place for place, *_ in taken if isinstance(place, int)), default=0)
    alone = _formatted(taken, lambda place: given[place - 1]) if highest <= len(given) else "CAST(NULL AS VARCHAR)"
    if spread is None:
        return Value(alone, STRING)
    kind = spread.type.element or NULL
    shown = _formatted(taken, lambda place: Value(f"list_extract({spread.sql}, {place})", kind))
    shown = f"CASE WHEN len({spread.sql}) >= {highest} THEN {shown} END"
    return Value(shown if value.type != ANY else f"if(starts_with({value.sql}, '['), {shown}, {alone})", STRING)


_WIDEST = 1000
_FARTHEST_PLACE = 2**31 - 1
_Place = tuple[int | str, str, int, int | None, str]  # argument number or literal text, flags, width, precision, letter


def _format_places(pattern: str) -> list[_Place]:
    places: list[_Place] = []
    following = 0
    for part in re.finditer(r"[^%]+|%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?(.|$)", pattern, re.DOTALL):
        if not part[0].startswith("%"):
            places.append((part[0], "", 0, None, ""))
            continue
        flags, width, letter = part[2], int(part[3] or 0), part[5]
        precision = None if part[4] is None else int(part[4])
        if letter in ("%", "n"):
            places.append(("%" if letter == "%" else "\n", "", 0, None, ""))
            continue
        if letter in _FORMATS_LEFT_OUT:
            hint = "the letters are " + ", ".join(f"%{known}" for known in _FORMATS)
            raise QueryError("91030", f"`{part[0]}` does not exist in this `format`", hint=hint)
        number = min(int(part[1]), _FARTHEST_PLACE) if part[1] else following + 1
        following += 0 if part[1] else 1
        if width > _WIDEST or (precision or 0) > _WIDEST:
            raise QueryError("91030", f"`{part[0]}` is wider than {_WIDEST} characters")
        places.append((number, flags, width, precision, letter))
    return places


def _formatted(places: list[_Place], argument: Callable[[int], Value]) -> str:
    shown = [
        quote(place)
        if isinstance(place, str)
        else _in_width(_format_piece(argument(place), flags, width, precision, letter), flags, width)
        for place, flags, width, precision, letter in places
    ]
    return f"({' || '.join(shown) or quote('')})"


def _in_width(piece: str, flags: str, width: int) -> str:
    if not width:
        return piece
    pad = "rpad" if "-" in flags else "lpad"
    return once(piece, lambda x: f"{pad}({x}, CAST(greatest({width}, length({x})) AS INTEGER), ' ')")


def _format_piece(value: Value, flags: str, width: int, precision: int | None, letter: str) -> str:
    """One value as its place wants it: null when it does not fit, the word `null` when there is none."""
    write = _FORMATS.get(letter)
    if write is None:
        return "CAST(NULL AS VARCHAR)"
    nothing = quote({"b": "false", "S": "NULL"}.get(letter, "null"))
    if value.type == NULL:
        return nothing
    if letter in "sSb":
        return f"CASE WHEN {value.sql} IS NULL THEN {nothing} ELSE {write(value, flags, width, precision)} END"
    made = by_type(value, STRING, lambda one: write(one, flags, width, precision))
    return f"CASE WHEN {value.sql} IS NULL THEN 'null' ELSE CAST({made} AS VARCHAR) END"


def _as_text(value: Value, flags: str, width: int, precision: int | None) -> str:
    return text(value).sql if precision is None else f"left({text(value).sql}, {precision})"


def _as_upper_text(value: Value, flags: str, width: int, precision: int | None) -> str:
    return f"upper({_as_text(value, flags, width, precision)})"


def _as_whole(value: Value, flags: str, width: int, precision: int | None) -> str:
    if value.type not in (INT, LONG):
        return "NULL"
    zeros = f"0{width}" if "0" in flags and width else ""
    signs = "".join(flag for flag in "+ ," if flag in flags)
    return f"printf('%{signs}{zeros}d', CAST({value.sql} AS BIGINT))"


def _as_real(value: Value, flags: str, width: int, precision: int | None) -> str:
    if value.type != DOUBLE:
        return "NULL"
    digits = 6 if precision is None else precision
    # Rounded on the decimal digits, half up, as Java does; beyond 38 digits in binary.
    rounded = (
        f"CAST(TRY_CAST(CAST({value.sql} AS VARCHAR) AS DECIMAL(38, {digits})) AS VARCHAR)" if digits < 20 else "NULL"
    )
    sign = f"if({value.sql} >= 0, '+', '')" if "+" in flags else "''"
    plain = f"({sign} || coalesce({rounded}, printf('%.{digits}f', {value.sql})))"
    if "," in flags:
        plain = f"real_with_commas({plain})"
    if "0" in flags and width:
        plain = f"zero_padded({plain}, {width})"
    return f"CASE WHEN isfinite({value.sql}) THEN {plain} ELSE {text(value).sql} END"


def _as_exponent(value: Value, flags: str, width: int, precision: int | None) -> str:
    digits = 6 if precision is None else precision
    return f"printf('%.{digits}e', {value.sql})" if value.type == DOUBLE else "NULL"


def _as_hex(value: Value, flags: str, width: int, precision: int | None) -> str:
    if value.type not in (INT, LONG):
        return "NULL"
    zeros = f"0{width}" if "0" in flags and width else ""
    mask = f"({value.sql} & 4294967295)" if value.type == INT else value.sql
    unsigned = f"CAST(CAST({mask} AS HUGEINT) + if({mask} < 0, 18446744073709551616, 0) AS UBIGINT)"
    return f"printf('%{zeros}x', {unsigned})"


def _as_upper_hex(value: Value, flags: str, width: int, precision: int | None) -> str:
    made = _as_hex(value, flags, width, precision)
    return made if made == "NULL" else f"upper({made})"


def _as_boolean(value: Value, flags: str, width: int, precision: int | None) -> str:
    if value.type.name == "bool":
        return f"CAST({value.sql} AS VARCHAR)"
    if value.type == ANY:
        return f"if({value.sql} IN ('true', 'false'), {value.sql}, 'true')"
    return "'true'"


def _as_character(value: Value, flags: str, width: int, precision: int | None) -> str:
    if value.type in (INT, LONG):
        known = f"{value.sql} BETWEEN 0 AND {0xD7FF} OR {value.sql} BETWEEN {0xE000} AND {0x10FFFF}"  # no surrogates
        return f"chr(CAST(if({known}, {value.sql}, NULL) AS INTEGER))"
    return "NULL"


_FORMATS: dict[str, Callable[[Value, str, int, int | None], str]] = {
    "s": _as_text,
    "S": _as_upper_text,
    "d": _as_whole,
    "f": _as_real,
    "e": _as_exponent,
    "x": _as_hex,
    "X": _as_upper_hex,
    "b": _as_boolean,
    "c": _as_character,
}
_FORMATS_LEFT_OUT = "tTgGhHaAECoB"  # Java knows these too


@function
def guid() -> Value:
    """A new random identifier, another one for each row.

    Example:
        len(guid()) == 36
    """
    return Value("CAST(uuid() AS VARCHAR)", STRING)


@function
def indexof(value: Value, part: Value, start: Value = _START) -> Value:
    """Position of the first occurrence of a text at or behind a start, counted from 0; -1 when there is none.

    Example:
        indexof("hello world", "o") == 4 and indexof("hello world", "o", 5) == 7
    """
    return Value(once(text(value).sql, lambda x: f"index_of({x}, {text(part).sql}, {position(start).sql})"), INT)


@function
def lastindexof(value: Value, part: Value, start: Value = _END) -> Value:
    """Position of the last occurrence of a text that begins at or before a start; -1 when there is none.

    Example:
        lastindexof("hello world", "o") == 7 and lastindexof("hello world", "o", 6) == 4
    """
    return Value(once(text(value).sql, lambda x: f"last_index_of({x}, {text(part).sql}, {position(start).sql})"), INT)


@function
def kvjoin(equals: Const, delimiter: Const, keys: Const = "", *, scope: Scope) -> Value:
    """All fields of the row that have a value as one text: name, sign, value, delimiter, next name, …

    A regular expression as third argument chooses the fields whose name it is found in.

    Example:
        kvjoin("=", "&") == ""
    """
    pattern = re.compile(checked(keys, scope.context))
    names = [name for name, column in scope.columns.items() if not column.hidden and pattern.search(name)]
    pairs = [f"{quote(f'{name}{equals}')} || {text(scope.field(name)).sql}" for name in names]
    listed = f"CAST([{', '.join(pairs)}] AS VARCHAR[])"
    return Value(f"array_to_string({listed}, {quote(str(delimiter))})", STRING, per_row=bool(names))


@function
def left(value: Value, count: Value, *, scope: Scope) -> Value:
    """The first characters of a text, all of it when it is shorter.

    Example:
        left("0123456789", 4) == "0123"
    """
    return _end("left", value, _count(count, scope, "90720"))


@function
def right(value: Value, count: Value, *, scope: Scope) -> Value:
    """The last characters of a text, all of it when it is shorter.

    Example:
        right("0123456789", 4) == "6789"
    """
    return _end("right", value, _count(count, scope, "90721"))


def _count(count: Value, scope: Scope, code: str) -> Value:
    """How many characters: a negative constant is a mistake, a negative value of a field gives null."""
    if not count.per_row:
        known = scope.context.evaluate(count)
        if isinstance(known, int) and known < 0:
            raise QueryError(code, "the number of characters cannot be negative")
    return position(count)


def _end(side: str, value: Value, count: Value) -> Value:
    if isinstance(count.constant, int):
        return Value(f"{side}({text(value).sql}, {count.sql})", STRING)
    return Value(f"CASE WHEN {count.sql} >= 0 THEN {side}({text(value).sql}, {count.sql}) END", STRING)


@function(name="len")
def len_(value: Value) -> Value:
    """Number of characters of a text, or of elements of an array or a map; 0 for null.

    Example:
        len("hello") == 5 and len(array(1, 2)) == 2 and len(null) == 0
    """
    match value.type.name:
        case "null":
            return constant(0)
        case "list":
            length = f"len({value.sql})"
        case "binary":
            length = f"octet_length({value.sql})"
        case "map" if value.type.rest is None:
            present = [f"if({valueof} IS NULL, 0, 1)" for valueof in _members(value)]
            length = f"({' + '.join(present) or '0'})"
        case "map":
            shown = text(value).sql
            length = f"len(json_keys({shown}))"
        case "any":
            length = f"any_length({value.sql})"
        case _:
            length = f"length({text(value).sql})"
    return Value(f"CAST(coalesce({length}, 0) AS INTEGER)", INT)


def _members(value: Value) -> list[str]:
    return [f'{value.sql}."{name.replace(chr(34), chr(34) * 2)}"' for name, _ in value.type.keys]


@function
def lower(value: Value) -> Value:
    """Text in lower case.

    Example:
        lower("Hello World") == "hello world"
    """
    return Value(f"lower({text(value).sql})", STRING)


@function
def upper(value: Value) -> Value:
    """Text in upper case.

    Example:
        upper("Hello World") == "HELLO WORLD"
    """
    return Value(f"upper({text(value).sql})", STRING)


_BLANKS = "".join(chr(code) for code in range(1, 33))


@function
def trim(value: Value) -> Value:
    """Text without blanks and control characters at both ends.

    Example:
        trim("  hello world ") == "hello world"
    """
    return Value(f"trim({text(value).sql}, {quote(_BLANKS)})", STRING)


@function
def lpad(value: Value, length: Value, pad: Value = _BLANK) -> Value:
    """Text padded on the left to a length; longer text is cut to it.

    Example:
        lpad("42", 5, "0") == "00042" and lpad("abcdef", 3) == "abc"
    """
    return _padded("lpad", value, length, pad)


@function
def rpad(value: Value, length: Value, pad: Value = _BLANK) -> Value:
    """Text padded on the right to a length; longer text is cut to it.

    Example:
        rpad("42", 5, "-") == "42---" and rpad("abcdef", 3) == "abc"
    """
    return _padded("rpad", value, length, pad)


_MOST_PADDED = 1_000_000  # characters; a wrong length in a field must not fill the memory


def _padded(side: str, value: Value, length: Value, pad: Value) -> Value:
    """Padding with nothing only cuts; a length below 0 or beyond the bound gives null."""
    subject, filler = text(value).sql, text(pad).sql
    size = f"CAST(if({whole(length).sql} BETWEEN 0 AND {_MOST_PADDED}, {whole(length).sql}, NULL) AS INTEGER)"
    padded = f"if({filler} = '', left({subject}, {size}), {side}({subject}, {size}, nullif({filler}, '')))"
    return Value(f"CASE WHEN {filler} IS NOT NULL THEN {padded} END", STRING)


@function
def replace(value: Value, pattern: Value, replaced: Value, mode: Const = None, *, scope: Scope) -> Value:
    """Text with all occurrences of a text replaced; with the mode "re" those of a regular expression.

    In a replacement of the mode "re" `$1` is the first group, and `\\\\$` a dollar sign. A null pattern replaces
    nothing, a null replacement is empty text.

    Example:
        replace("a-b", "-", ".") == "a.b" and replace("10:42", "(\\\\d+):(\\\\d+)", "$2 to $1", "re") == "42 to 10"
    """
    if pattern.type == NULL:
        return text(value)
    subject, search, new = text(value).sql, text(pattern).sql, f"coalesce({text(replaced).sql}, '')"
    if mode != "re":
        return Value(f"replace({subject}, coalesce({search}, ''), {new})", STRING)
    if pattern.per_row:
        raise QueryError("99000", "the regular expression of `replace` must be a constant")
    written = checked(scope.context.evaluate(pattern), scope.context)
    if not replaced.per_row:
        known = scope.context.evaluate(Value(new, STRING, per_row=False))
        new = quote(replacement(str(known), group_count(written)))
    else:
        new = f"replace({new}, '\\', '\\\\')"
    return Value(f"regexp_replace({subject}, {quote(written)}, {new}, 'g')", STRING)


@function
def reverseip(value: Value) -> Value:
    """An IPv4 address with its parts in reverse order, as reverse DNS names have them; null when it is none.

    Example:
        reverseip("172.16.0.9") == "9.0.16.172"
    """
    return Value(f"reverse_ip({by_type(value, STRING, _ip_text)})", STRING)


def _ip_text(value: Value) -> str:
    if value.type.name == "ip":
        return value.sql
    return once(value.sql, lambda x: f"ip_parse({x})") if value.type == STRING else "NULL"


@function(not_constant="90771")
def split(value: Value, delimiter: Const, limit: Const = None) -> Value:
    """The pieces of a text between delimiters, empty ones too; with a limit the last piece holds the rest.

    Example:
        valueof(split("a,b,c", ","), 1) == "b" and valueof(split("a,b,c", ",", 2), 1) == "b,c"
    """
    if delimiter is None:
        raise QueryError("90771", "the delimiter of `split` must be a constant text")
    if str(delimiter) == "":
        raise QueryError("90772", "the delimiter of `split` cannot be empty")
    subject, border = text(value).sql, quote(str(delimiter))
    pieces = f"string_split(nullif({subject}, ''), {border})"
    if isinstance(limit, int) and limit >= 1:
        rest = f"array_to_string({pieces}[{limit}:], {border})"
        pieces = f"if(len({pieces}) > {limit}, list_append({pieces}[1:{limit - 1}], {rest}), {pieces})"
    whole_list = f"coalesce({pieces}, if({subject} = '', CAST([] AS VARCHAR[]), NULL))"
    return Value(whole_list, list_of(STRING))


@function(too_few="90780", too_many="90780", not_constant="90781")
def strjoin(delimiter: Const, array: Value) -> Value:
    """The elements of an array as one text with a delimiter, which comes first. A null element shows as `null`.

    Example:
        strjoin(", ", array(1, 2, 3)) == "1, 2, 3"
    """
    if delimiter is None:
        raise QueryError("90781", "the delimiter of `strjoin` must be a constant text")
    listed = elements(array)
    return (
        Value("CAST(NULL AS VARCHAR)", STRING) if listed is None else Value(list_text(listed, str(delimiter)), STRING)
    )


@function
def substr(value: Value, begin: Value, end: Value | None = None) -> Value:
    """The part of a text from one position to before another, counted from 0; negative positions count from the end.

    Null when the text ends before it begins.

    Example:
        substr("0123456789", 2, 4) == "23" and substr("0123456789", -3) == "789"
    """
    subject = text(value).sql
    last = _END if end is None else position(end)
    first = position(begin)
    known = first.constant if isinstance(first.constant, int) and first.constant >= 0 else None
    until = last.constant if end is not None and isinstance(last.constant, int) else None
    if known is not None and (end is None or (until is not None and until >= known)):
        size = "" if until is None else f", {until - known}"
        cut = f"substring({subject}, {known + 1}{size})"
        return Value(f"CASE WHEN length({subject}) > {known} THEN {cut} END", STRING)
    return Value(once(subject, lambda x: f"sub_text({x}, {first.sql}, {last.sql})"), STRING)


@function(not_constant="90850")
def urldecode(value: Value, charset: Const = "utf-8") -> Value:
    """Text with `%41` and `+` turned back into characters; text that cannot be decoded stays as it is.

    Example:
        urldecode("a%2Fb+c") == "a/b c"
    """
    name, subject = known_charset(charset, "90850"), text(value).sql
    if name == "utf-8":
        return Value(f"url_text({subject})", STRING)
    return Value(f"url_decoded({subject}, {quote(name)})", STRING)


@function(not_constant="90850")
def urlencode(value: Value, charset: Const = "utf-8") -> Value:
    """Text as it stands in a URL: anything but letters, digits and `-_.*` as `%` and two digits, a blank as `+`.

    Example:
        urlencode("a/b c") == "a%2Fb+c"
    """
    name, subject = known_charset(charset, "90850"), text(value).sql
    if name == "utf-8":
        encoded = f"replace(replace(replace(url_encode({subject}), '%20', '+'), '%2A', '*'), '~', '%7E')"
        return Value(encoded, STRING)
    return Value(f"url_encoded({subject}, {quote(name)})", STRING)


@function
def groups(value: Value, regex: Const, *, scope: Scope) -> Value:
    """What the groups of a regular expression captured, of all its matches one after the other; null without a match.

    Example:
        strjoin("", groups("a1b2", "([a-z])([0-9])")) == "a1b2"
    """
    if regex is None or value.type == NULL:
        return Value("CAST(NULL AS VARCHAR[])", list_of(STRING))
    written = checked(regex, scope.context)
    subject, pattern = text(value).sql, quote(written)
    count = group_count(written)
    found = [f"regexp_extract_all({subject}, {pattern}, {group + 1})" for group in range(count)]
    if count == 0:
        matched = f"CASE WHEN regexp_matches({subject}, {pattern}) THEN CAST([] AS VARCHAR[]) END"
        return Value(matched, list_of(STRING))
    captured = found[0]
    if count > 1:
        row = ", ".join(f"m[{group + 1}]" for group in range(count))
        captured = f"flatten(list_transform(list_zip({', '.join(found)}), lambda m: [{row}]))"
    return Value(f"CASE WHEN regexp_matches({subject}, {pattern}) THEN {captured} END", list_of(STRING))
