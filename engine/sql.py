"""DuckDB SQL as text: the only place that quotes, and the macros that hold the language's rules for mixed values.

Plans are built as text, not as syntax trees: printing the tree of a panel's plan alone takes a third to three quarters
of the time that reading and planning the query takes in all. sqlglot still reads every plan to print it for other
engines (`engine.query.Plan.translated`).

A value of type `any` is JSON text. Two kinds of values have no JSON form of their own and are tagged objects:
`{"$ip": "10.0.0.1"}` and `{"$date": microseconds since 1970}`. JSON null never occurs: it is SQL NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count


def identifier(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


#: Macros that use an argument many times, so that their calls are longer than they look.
_LONG_MACROS = ("sub_text", "sub_list", "index_of", "ip4_number", "any_text", "url_text")


def once(expression: str, build: Callable[[str], str]) -> str:
    """SQL that uses an expression several times. A long one is computed once: nested calls would double it each time.

    >>> once("a", lambda a: f"{a} + {a}")
    'a + a'
    """
    if len(expression) < 80 and not any(f"{macro}(" in expression for macro in _LONG_MACROS):
        return build(expression)
    return let(expression, build)


def let(expression: str, build: Callable[[str], str]) -> str:
    """SQL that computes an expression once and uses it several times, as the variable of a lambda over one element.

    >>> let("a + b", lambda sum: f"{sum} * {sum}")
    'list_transform([a + b], lambda v1: v1 * v1)[1]'
    """
    name = variable(expression, build(""))
    return f"list_transform([{expression}], lambda {name}: {build(name)})[1]"


def variable(*expressions: str) -> str:
    """A name for the variable of a lambda that means nothing in these expressions, so that it hides nothing there.

    >>> variable("a", '"v1" + v2')
    'v3'
    """
    taken = " ".join(expressions).casefold()
    return next(name for name in (f"v{index}" for index in count(1)) if name not in taken)


def number(value: int | float) -> str:
    """A number literal of the type that Python's value has (BIGINT beyond 32 bits, DOUBLE for floats)."""
    if isinstance(value, int):
        return f"{value}" if -(2**31) <= value < 2**31 else f"CAST({value} AS BIGINT)"
    if value != value or value in (float("inf"), float("-inf")):
        return f"CAST('{value}' AS DOUBLE)"
    return f"CAST({value!r} AS DOUBLE)"


def instant(value: datetime) -> str:
    """A TIMESTAMPTZ literal; `value` must know its zone."""
    return f"TIMESTAMPTZ '{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'"


#: Hours east of UTC of zone abbreviations in texts.
ZONE_HOURS: dict[str, float] = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "IST": 5.5, "ICT": 7, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13, "HST": -10, "AKST": -9, "AKDT": -8, "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5,
    "EST": -5, "EDT": -4,
}  # fmt: skip

_ZONES = " ".join(f"WHEN '{name}' THEN {round(hours * 3600)}" for name, hours in ZONE_HOURS.items())

#: A macro whose lambda uses one of its parameters has to be called with a variable of `let` there, because a field of
#: the lambda's name would be hidden.
#: name → (parameters, body). Created once for each DuckDB instance (`engine.backend`).
MACROS: dict[str, tuple[str, str]] = {
    # Text of a double as the language prints it: shortest digits, exponent form outside 0.001 … 10,000,000.
    "double_text": (
        "x",
        """CASE
        WHEN x IS NULL THEN NULL
        WHEN isnan(x) THEN 'NaN'
        WHEN isinf(x) THEN if(x > 0, 'Infinity', '-Infinity')
        WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR)
        ELSE with_exponent(CAST(x AS VARCHAR)) END""",
    ),
    # DuckDB's text of a double, which has the shortest digits, in exponent form: 1e-05, 0.00025, 12345678.0.
    "with_exponent": (
        "v",
        """CASE
        WHEN contains(v, 'e') THEN regexp_replace(regexp_replace(v, '^(-?\\d)e', '\\1.0e'), 'e(?:\\+|(-))0*', 'E\\1')
        WHEN contains(left(v, 3), '0.')
        THEN regexp_replace(regexp_replace(v, '^(-?)0\\.000(\\d)(\\d*)$', '\\1\\2.\\3'), '\\.$', '.0') || 'E-4'
        ELSE regexp_replace(regexp_replace(v, '^(-?\\d)(\\d+)\\.(\\d+)$', '\\1.\\2\\3'), '(\\.\\d+?)0*$', '\\1')
            || 'E' || (length(regexp_extract(v, '\\d+')) - 1) END""",
    ),
    # Only what `engine.values` writes is a tag: a log may hold any object, one with a key `$date` too.
    "is_tagged_ip": (
        "x",
        """(starts_with(x, '{"$ip"') AND regexp_full_match(x,
        '\\{"\\$ip":"(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7})"\\}'))""",
    ),
    "is_tagged_date": (
        "x",
        """(starts_with(x, '{"$date"') AND regexp_full_match(x, '\\{"\\$date":-?\\d{1,17}\\}'))""",
    ),
    "any_text": (
        "x",
        """CASE
        WHEN starts_with(x, '"') THEN json_extract_string(x, '$')
        WHEN is_tagged_ip(x) THEN json_extract_string(x, '$."$ip"')
        WHEN is_tagged_date(x) THEN date_text(make_timestamptz(CAST(json_extract(x, '$."$date"') AS BIGINT)))
        WHEN starts_with(x, '[') THEN '[' || array_to_string(list_transform(CAST(x AS JSON[]),
            lambda e: if(starts_with(CAST(e AS VARCHAR), '"'), json_extract_string(e, '$'), CAST(e AS VARCHAR))), ', ')
            || ']'
        WHEN regexp_matches(x, '^-?\\d+[.eE]') THEN double_text(TRY_CAST(x AS DOUBLE))
        ELSE x END""",
    ),
    # A date without a format: `yyyy-MM-dd HH:mm:ssZ`; strftime writes +09 for the zone +0900.
    "date_text": (
        "x",
        """strftime(x, '%Y-%m-%d %H:%M:%S')
        || replace(rpad(strftime(x, '%z'), CAST(greatest(5, length(strftime(x, '%z'))) AS INTEGER), '0'), ':', '')""",
    ),
    # Rank of a value in the total order: bool < number < date < IPv4 < IPv6 < string < list < map.
    "any_rank": (
        "x",
        """CASE WHEN x IS NULL THEN NULL ELSE CASE left(x, 1)
        WHEN '"' THEN 6 WHEN '[' THEN 7 WHEN 't' THEN 1 WHEN 'f' THEN 1
        WHEN '{' THEN CASE WHEN is_tagged_ip(x) THEN if(x LIKE '%:%:%', 5, 4) WHEN is_tagged_date(x) THEN 3 ELSE 8 END
        ELSE 2 END END""",
    ),
    "any_order_number": (
        "x",
        """CASE any_rank(x) WHEN 2 THEN TRY_CAST(x AS DOUBLE) WHEN 1 THEN if(x = 'true', 1, 0)
        WHEN 3 THEN CAST(json_extract(x, '$."$date"') AS DOUBLE)
        WHEN 4 THEN CAST(ip_number(json_extract_string(x, '$."$ip"')) AS DOUBLE) ELSE 0 END""",
    ),
    "any_order_text": (
        "x",
        """CASE any_rank(x) WHEN 6 THEN lower(json_extract_string(x, '$')) WHEN 7 THEN list_order(x)
        WHEN 5 THEN lpad(CAST(ip_number(json_extract_string(x, '$."$ip"')) AS VARCHAR), 40, '0') ELSE '' END""",
    ),
    # A string as arithmetic sees it: a whole number, a real number, hex, or 0.
    "text_number": (
        "x",
        """CASE WHEN x IS NULL THEN NULL
        WHEN regexp_full_match(x, '[+-]?\\d+|0[xX][0-9a-fA-F]+')
        THEN coalesce(CAST(TRY_CAST(x AS BIGINT) AS DOUBLE), TRY_CAST(x AS DOUBLE), 0)
        WHEN regexp_full_match(x, '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?') THEN TRY_CAST(x AS DOUBLE)
        ELSE 0 END""",
    ),
    "any_number": (
        "x",
        """CASE WHEN x IS NULL THEN NULL WHEN any_rank(x) = 2 THEN TRY_CAST(x AS DOUBLE)
        WHEN any_rank(x) = 6 THEN text_number(json_extract_string(x, '$')) ELSE 0 END""",
    ),
    "any_is_integer": ("x", "regexp_full_match(x, '-?\\d+')"),
    # A member of a JSON value; JSON null is null. `path` is a JSON pointer.
    "any_member": ("x, path", "nullif(CAST(json_extract(x, path) AS VARCHAR), 'null')"),
    "ip_number": (
        "x",
        """CASE WHEN contains(x, ':')
        THEN list_reduce(list_transform(string_split(x, ':'), lambda g: TRY_CAST('0x' || g AS UHUGEINT)),
                         lambda a, b: a * 65536 + b)
        ELSE CAST(ip4_number(x) AS UHUGEINT) END""",
    ),
    "ip4_number": (
        "x",
        """TRY_CAST(split_part(x, '.', 1) AS BIGINT) * 16777216 + TRY_CAST(split_part(x, '.', 2) AS BIGINT) * 65536
        + TRY_CAST(split_part(x, '.', 3) AS BIGINT) * 256 + TRY_CAST(split_part(x, '.', 4) AS BIGINT)""",
    ),
    # Canonical text of an address (IPv4 dotted, IPv6 eight groups uncompressed), or null. Leading zeros are refused.
    "ip_parse": (
        "x",
        """CASE
        WHEN regexp_full_match(x, '((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}') AND NOT ends_with(x, '.') THEN x
        WHEN contains(x, ':') THEN ip6_text(x) END""",
    ),
    # Name of a value's type, as `typeof` gives it.
    "any_type": (
        "x",
        """CASE any_rank(x) WHEN 1 THEN 'bool' WHEN 3 THEN 'date' WHEN 4 THEN 'ipv4' WHEN 5 THEN 'ipv6'
        WHEN 6 THEN 'string' WHEN 7 THEN 'list' WHEN 8 THEN 'map'
        WHEN 2 THEN CASE WHEN NOT any_is_integer(x) THEN 'double'
                         WHEN TRY_CAST(x AS INTEGER) IS NULL THEN 'long' ELSE 'int' END END""",
    ),
    # IPv4 address of a number's low 32 bits.
    "ip_of_number": (
        "x",
        """((x >> 24) & 255) || '.' || ((x >> 16) & 255) || '.' || ((x >> 8) & 255) || '.' || (x & 255)""",
    ),
    # A real number as text spells it, with blanks around it.
    "real_text": (
        "x",
        """CASE WHEN regexp_full_match(x, '\\s*[+-]?((\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|NaN|Infinity)\\s*')
        THEN TRY_CAST(trim(x) AS DOUBLE) END""",
    ),
    # An object of pairs (k, v) whose v is JSON text; of equal keys the last counts, nulls are left out.
    "object_of_pairs": (
        "pairs",
        """'{' || array_to_string(list_transform(list_filter(pairs, lambda p, i: p.k IS NOT NULL AND p.v IS NOT NULL
            AND NOT coalesce(list_contains(list_transform(pairs[i + 1:], lambda q: q.k), p.k), false)),
            lambda p: CAST(to_json(p.k) AS VARCHAR) || ':' || p.v), ',') || '}'""",
    ),
    # Positions of texts in texts, from 0; -1 when they are not there.
    "index_of": (
        "x, part, start",
        """CAST(CASE WHEN part = '' THEN least(greatest(coalesce(start, 0), 0), length(x))
        WHEN instr(substring(x, greatest(coalesce(start, 0), 0) + 1), part) = 0 THEN -1
        ELSE instr(substring(x, greatest(coalesce(start, 0), 0) + 1), part) - 1 + greatest(coalesce(start, 0), 0)
        END AS INTEGER)""",
    ),
    "last_index_of": (
        "x, part, start",
        """CAST(CASE WHEN x IS NULL OR part IS NULL OR start IS NULL THEN NULL WHEN start < 0 THEN -1
        WHEN part = '' THEN least(start, length(x))
        WHEN NOT contains(left(x, start + length(part)), part) THEN -1
        ELSE length(left(x, start + length(part))) - length(part) + 1
           - instr(reverse(left(x, start + length(part))), reverse(part)) END AS INTEGER)""",
    ),
    # A number cut to a bound on both sides; null stays null, which `least` and `greatest` would leave out.
    "within": ("x, bound", "CASE WHEN x > bound THEN bound WHEN x < - bound THEN - bound ELSE x END"),
    # Position from the start of something with n parts; negative ones count from its end.
    "from_start": ("position, n", "if(position < 0, position + n, position)"),
    # Part from `first` to before `last`, from 0; null when it would begin outside or end before it begins.
    "sub_text": (
        "x, first, last",
        """CASE WHEN from_start(first, length(x)) >= 0 AND from_start(first, length(x)) < length(x)
              AND from_start(last, length(x)) >= from_start(first, length(x))
        THEN substring(x, from_start(first, length(x)) + 1,
                       least(from_start(last, length(x)), length(x)) - from_start(first, length(x))) END""",
    ),
    "sub_list": (
        "x, first, last",
        """CASE WHEN from_start(first, len(x)) >= 0 AND from_start(first, len(x)) < len(x)
              AND from_start(last, len(x)) >= from_start(first, len(x))
        THEN x[from_start(first, len(x)) + 1:least(from_start(last, len(x)), len(x))] END""",
    ),
    "any_length": (
        "x",
        """CASE any_rank(x) WHEN 7 THEN json_array_length(x) WHEN 8 THEN len(json_keys(x))
        ELSE length(any_text(x)) END""",
    ),
    "reverse_ip": (
        "x",
        """CASE WHEN NOT contains(x, ':') THEN split_part(x, '.', 4) || '.' || split_part(x, '.', 3) || '.'
        || split_part(x, '.', 2) || '.' || split_part(x, '.', 1) END""",
    ),
    # Numbers in print: thousands marked, zeros between sign and digits.
    "real_with_commas": (
        "x",
        """regexp_extract(x, '^[+-]?') || format('{:,}', TRY_CAST(regexp_extract(x, '\\d+') AS BIGINT))
        || regexp_extract(x, '\\..*$')""",
    ),
    "zero_padded": (
        "x, width",
        """regexp_extract(x, '^[+-]?')
        || lpad(ltrim(x, '+-'), CAST(greatest(width - length(regexp_extract(x, '^[+-]?')), length(ltrim(x, '+-')))
                          AS INTEGER), '0')""",
    ),
    # Text of a URL; what is no URL text stays as it is.
    "url_text": (
        "x",
        """CASE WHEN regexp_full_match(x, '(?s)([^%]|%[0-9A-Fa-f]{2})*')
        THEN coalesce(TRY(url_decode(replace(x, '+', ' '))), x) ELSE x END""",
    ),
    # First address of the network of `bits` that an IPv6 address is in.
    "ip6_network": (
        "x, bits",
        """array_to_string(list_transform(string_split(x, ':'), lambda g, i: lower(to_hex(TRY_CAST('0x' || g AS INTEGER)
            & CAST(65536 - pow(2, 16 - least(greatest(bits - 16 * (i - 1), 0), 16)) AS INTEGER)))), ':')""",
    ),
    # The date of seconds since 1970, or of milliseconds when seconds would be past the year 9999; years 1 to 9999.
    "date_of_epoch": (
        "x",
        """CASE WHEN x BETWEEN -62135596800 AND 253402300798 THEN make_timestamptz(x * 1000000)
        WHEN x BETWEEN 253402300799 AND 253402300799999 THEN make_timestamptz(x * 1000) END""",
    ),
    # Distinct elements in ascending order, null last.
    "unique_list": (
        "x",
        """if(list_count(x) < len(x), list_append(list_sort(list_distinct(x)), NULL), list_sort(list_distinct(x)))""",
    ),
    # A date of the years that programs can show, else null.
    "known_date": ("x", "if(epoch_us(x) BETWEEN -62135596800000000 AND 253402214400000000, x, NULL)"),
    # Digits as a number, null when there are too many for date arithmetic.
    "date_number": ("x, digits", "TRY_CAST(if(length(x) <= digits, x, NULL) AS BIGINT)"),
    # Seconds east of UTC of a zone in text: +0900, GMT+09:00, KST.
    "zone_seconds": (
        "x",
        f"""CASE WHEN regexp_matches(x, '[+-]\\d')
        THEN if(contains(x, '-'), -1, 1)
           * (CAST(regexp_extract(x, '[+-](\\d\\d?)', 1) AS BIGINT) * 3600
              + coalesce(TRY_CAST(regexp_extract(x, '[+-]\\d\\d?:?(\\d\\d)$', 1) AS BIGINT), 0) * 60)
        ELSE CASE x {_ZONES} END END""",
    ),
    # Sum of two BIGINTs that wraps around as 64-bit machines do.
    "wrap_long": (
        "x",
        """CAST(CASE WHEN x BETWEEN -9223372036854775808 AND 9223372036854775807 THEN x
        ELSE ((x + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616
             - 9223372036854775808 END AS BIGINT)""",
    ),
}
