"""DuckDB SQL as text: the only place that quotes, and the macros that hold the language's rules for mixed values.

Plans are built as text, not as syntax trees: the same plan took about ten times longer to build and print as trees,
and sqlglot still reads every plan for `explain` and for other engines' dialects (`engine.plan.Plan.translated`).

A value of type `any` is JSON text. Two kinds of values have no JSON form of their own and are tagged objects:
`{"$ip": "10.0.0.1"}` and `{"$date": microseconds since 1970}`. JSON null never occurs: it is SQL NULL.
"""

from __future__ import annotations

from datetime import UTC, datetime


def identifier(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


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
        ELSE regexp_replace(regexp_replace(regexp_replace(printf('%.16e', x),
            '0+e', 'e'), '\\.e', '.0e'), 'e([+-])0*(\\d+)$', if(abs(x) < 1, 'E-\\2', 'E\\2'))
        END""",
    ),
    "any_text": (
        "x",
        """CASE
        WHEN starts_with(x, '"') THEN json_extract_string(x, '$')
        WHEN starts_with(x, '{"$ip"') THEN json_extract_string(x, '$."$ip"')
        ELSE x END""",
    ),
    # Rank of a value in the total order: bool < number < date < IPv4 < IPv6 < string < list < map.
    "any_rank": (
        "x",
        """CASE WHEN x IS NULL THEN NULL ELSE CASE left(x, 1)
        WHEN '"' THEN 6 WHEN '[' THEN 7 WHEN 't' THEN 1 WHEN 'f' THEN 1
        WHEN '{' THEN CASE WHEN starts_with(x, '{"$ip"') THEN if(contains(x, ':') AND x LIKE '%:%:%', 5, 4)
                           WHEN starts_with(x, '{"$date"') THEN 3 ELSE 8 END
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
        """CASE any_rank(x) WHEN 6 THEN lower(json_extract_string(x, '$')) WHEN 7 THEN x
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
    "any_is_integer": ("x", "any_rank(x) = 2 AND NOT regexp_matches(x, '[.eE]')"),
    # A member of a JSON value; JSON null is null. `path` is a JSON pointer.
    "any_member": ("x, path", "nullif(CAST(json_extract(x, path) AS VARCHAR), 'null')"),
    "ip_number": (
        "x",
        """CASE WHEN contains(x, ':')
        THEN list_reduce(list_transform(string_split(x, ':'), lambda g: CAST('0x' || g AS UHUGEINT)),
                         lambda a, b: a * 65536 + b)
        ELSE CAST(split_part(x, '.', 1) AS UHUGEINT) * 16777216 + CAST(split_part(x, '.', 2) AS UHUGEINT) * 65536
           + CAST(split_part(x, '.', 3) AS UHUGEINT) * 256 + CAST(split_part(x, '.', 4) AS UHUGEINT) END""",
    ),
    # Canonical text of an address (IPv4 dotted, IPv6 eight groups uncompressed), or null. Leading zeros are refused.
    "ip_parse": (
        "x",
        """CASE
        WHEN regexp_full_match(x, '((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}') AND NOT ends_with(x, '.') THEN x
        WHEN contains(x, ':') AND NOT contains(x, ':::') AND regexp_full_match(lower(x), '[0-9a-f:.]+')
        THEN ip6_join(ip6_groups(lower(x)))
        ELSE NULL END""",
    ),
    "ip6_dotted": (
        "x",  # ::ffff:1.2.3.4 → ::ffff:102:304
        """CASE WHEN contains(x, '.') THEN
            regexp_extract(x, '^(.*:)[^:]*$', 1)
            || lower(to_hex(TRY_CAST(split_part(regexp_extract(x, '[^:]*$'), '.', 1) AS INTEGER) * 256
                          + TRY_CAST(split_part(regexp_extract(x, '[^:]*$'), '.', 2) AS INTEGER))) || ':'
            || lower(to_hex(TRY_CAST(split_part(regexp_extract(x, '[^:]*$'), '.', 3) AS INTEGER) * 256
                          + TRY_CAST(split_part(regexp_extract(x, '[^:]*$'), '.', 4) AS INTEGER)))
        ELSE x END""",
    ),
    "ip6_side": ("x", "if(x = '', CAST([] AS VARCHAR[]), string_split(x, ':'))"),
    "ip6_groups": (
        "x",
        """CASE WHEN NOT contains(x, '::') THEN string_split(ip6_dotted(x), ':')
        WHEN len(string_split(x, '::')) > 2 THEN NULL
        ELSE list_concat(list_concat(ip6_side(split_part(ip6_dotted(x), '::', 1)),
             list_transform(range(greatest(0, 8 - len(ip6_side(split_part(ip6_dotted(x), '::', 1)))
                                                - len(ip6_side(split_part(ip6_dotted(x), '::', 2))))), lambda i: '0')),
             ip6_side(split_part(ip6_dotted(x), '::', 2))) END""",
    ),
    "ip6_join": (
        "groups",
        """CASE WHEN len(groups) = 8
              AND len(list_filter(groups, lambda g: NOT regexp_full_match(g, '[0-9a-f]{1,4}'))) = 0
        THEN array_to_string(list_transform(groups, lambda g: if(ltrim(g, '0') = '', '0', ltrim(g, '0'))), ':') END""",
    ),
    # Sum of two BIGINTs that wraps around as 64-bit machines do.
    "wrap_long": (
        "x",
        """CAST(CASE WHEN x BETWEEN -9223372036854775808 AND 9223372036854775807 THEN x
        ELSE ((x + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616
             - 9223372036854775808 END AS BIGINT)""",
    ),
}
