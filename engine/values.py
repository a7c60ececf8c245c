"""Values while planning: a piece of SQL with its type, and the language's rules between types.

Null, truth, equality, order and text form are decided here, once; commands and functions only call these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine import sql
from engine.catalog import ANY, BOOL, DATE, DOUBLE, INT, IP, LONG, NULL, NUMBERS, STRING, Type, list_of


class _Unknown:
    """Marks a value that is not known before the query runs."""


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Value:
    """A SQL expression, its type, and its value when that is a constant of the query."""

    sql: str
    type: Type
    constant: Any = UNKNOWN  # a Python value when the query fixes it
    per_row: bool = True  # depends on a field, so no value without a row
    predicate: str | None = None  # of a condition that is never null: simpler SQL for WHERE, where null is no

    @property
    def is_constant(self) -> bool:
        return self.constant is not UNKNOWN

    @property
    def is_text_constant(self) -> bool:
        return self.type == STRING and isinstance(self.constant, str)


NOTHING = Value("NULL", NULL, None, per_row=False)


def constant(value: Any) -> Value:
    """A value that is written in the query.

    >>> constant("a").sql, constant(1).type.name, constant(2**40).type.name
    ("'a'", 'int', 'long')
    """
    match value:
        case None:
            return NOTHING
        case bool():
            return Value("true" if value else "false", BOOL, value, per_row=False)
        case int():
            return Value(sql.number(value), INT if -(2**31) <= value < 2**31 else LONG, value, per_row=False)
        case float():
            return Value(sql.number(value), DOUBLE, value, per_row=False)
        case str():
            return Value(sql.text(value), STRING, value, per_row=False)
    raise TypeError(f"no constant of {type(value).__name__}")


def as_key(value: Value) -> Value:
    """A value to group by: a field that nothing has still needs a type in SQL."""
    return Value("CAST(NULL AS INTEGER)", NULL) if value.type == NULL else value


# --- order ---------------------------------------------------------------------------------------------------------

RANK = {"bool": 1, "int": 2, "long": 2, "double": 2, "date": 3, "string": 6, "list": 7, "map": 8, "binary": 9}


def order_keys(expression: str, kind: Type) -> list[str]:
    """SQL expressions that sort values of one type by the language's total order (strings without case)."""
    match kind.name:
        case "string":
            return [f"lower({expression})"]
        case "ip":
            return [f"contains({expression}, ':')", f"ip_number({expression})"]
        case "any":
            return [f"any_rank({expression})", f"any_order_number({expression})", f"any_order_text({expression})"]
        case "map":
            return [f"if({expression} IS NULL, NULL, 0)"]
        case "list":
            return [f"list_order({_json(expression, kind)})"]
    return [expression]


def rank_key(value: Value) -> str:
    """A struct that compares values of any two types by the total order."""
    return sql.once(value.sql, lambda expression: _rank_key(expression, value.type))


def _rank_key(expression: str, kind: Type) -> str:
    match kind.name:
        case "any":
            rank, by_number, by_text = order_keys(expression, ANY)
        case "ip":
            rank = f"if(contains({expression}, ':'), 5, 4)"
            by_number = f"if(contains({expression}, ':'), 0, CAST(ip_number({expression}) AS DOUBLE))"
            padded = f"lpad(CAST(ip_number({expression}) AS VARCHAR), 40, '0')"
            by_text = f"if(contains({expression}, ':'), {padded}, '')"
        case "bool" | "int" | "long" | "double":
            rank, by_number, by_text = str(RANK[kind.name]), f"CAST({expression} AS DOUBLE)", "''"
        case "date":
            rank, by_number, by_text = "3", f"CAST(epoch_us({expression}) AS DOUBLE)", "''"
        case "string":
            rank, by_number, by_text = "6", "0", f"lower({expression})"
        case "list":
            (by_text,) = order_keys(expression, kind)
            rank, by_number = "7", "0"
        case "map":  # all alike
            rank, by_number, by_text = "8", "0", "''"
        case name:
            rank, by_number, by_text = str(RANK[name]), "0", f"CAST({expression} AS VARCHAR)"
    return f"struct_pack(r := {rank}, n := CAST({by_number} AS DOUBLE), t := {by_text})"


def _same_family(left: Type, right: Type) -> bool:
    return left == right or (left in NUMBERS and right in NUMBERS)


def compare(op: str, left: Value, right: Value) -> str:
    """SQL for `<`, `<=`, `>`, `>=` or `=` by the total order; null when either side is null."""
    if NULL in (left.type, right.type):
        return "CAST(NULL AS BOOLEAN)"
    a, b = left.sql, right.sql
    if _same_family(left.type, right.type):
        match left.type.name:
            case "string":
                a, b = _lowered(left), _lowered(right)
            case "ip" if op != "=":
                a, b = rank_key(left), rank_key(right)
            case "map":
                a, b = "0", "0"
            case "any" | "list":
                a, b = rank_key(left), rank_key(right)
        compared = f"({a} {op} {b})"
        # Keys of null are not null, so the null rule has to be said where keys are compared.
        return compared if left.type.name not in ("ip", "map", "any", "list") else _unless_null(compared, left, right)
    return _unless_null(f"({rank_key(left)} {op} {rank_key(right)})", left, right)


def _lowered(value: Value) -> str:
    return sql.text(value.constant.lower()) if value.is_text_constant else f"lower({value.sql})"


def _unless_null(condition: str, *values: Value) -> str:
    present = " AND ".join(f"{value.sql} IS NOT NULL" for value in values if not value.is_constant)
    return f"CASE WHEN {present} THEN {condition} END" if present else condition


def same(left: Value, right: Value) -> Value:
    """`==` between values (no wildcards): false, never null, when a side is null."""
    return certain(compare("=", left, right))


def boolean(expression: str) -> Value:
    """A condition that may be null."""
    return Value(expression, BOOL)


def certain(expression: str) -> Value:
    """A condition for which null is false."""
    return Value(f"coalesce({expression}, false)", BOOL, predicate=expression)


def where(value: Value) -> str:
    """SQL for a WHERE that keeps the rows for which a value is true.

    It says nothing about null where it need not, so that DuckDB can push it down into the files.
    """
    return truth(value) if value.predicate is None else value.predicate


def truth(value: Value) -> str:
    """SQL that is true or false: boolean true, or any value that is neither boolean nor null."""
    if value.type == NULL:
        return "false"
    if value.type == BOOL:
        never_null = value.is_constant or value.predicate is not None
        return value.sql if never_null else f"coalesce({value.sql}, false)"
    if value.type == ANY:
        return f"coalesce({value.sql} <> 'false', false)"
    return f"({value.sql} IS NOT NULL)"


# --- wildcards -----------------------------------------------------------------------------------------------------


def matches(value: Value, pattern: str) -> str:
    """SQL: does the text form of `value` fit a literal with `*`? Null when the value is null.

    No star: equal. A star at one end or both: prefix, suffix, contains, all with case. Any other: whole text, no case.
    """
    subject = text(value).sql
    stars, middle = pattern.count("*"), pattern.strip("*")
    if stars == 0:
        return f"({subject} = {sql.text(pattern)})"
    if pattern == "*":
        return f"({subject} IS NOT NULL)"
    if stars == 1 and pattern.endswith("*"):
        return f"starts_with({subject}, {sql.text(middle)})"
    if stars == 1 and pattern.startswith("*"):
        return f"ends_with({subject}, {sql.text(middle)})"
    if stars == 2 and pattern.startswith("*") and pattern.endswith("*"):
        return f"contains({subject}, {sql.text(middle)})"
    return f"regexp_full_match({subject}, {sql.text(_wildcard_regex(pattern))}, 'i')"


def _wildcard_regex(pattern: str) -> str:
    """Stars become any run of characters of a line; a star behind a backslash is a star."""
    parts = re.split(r"(\\\*|\*)", pattern)
    return "".join(".*" if part == "*" else re.escape("*" if part == r"\*" else part) for part in parts)


# --- conversion ----------------------------------------------------------------------------------------------------


def text(value: Value) -> Value:
    """The text form of a value: what `concat`, `lower` and `==` with a literal see."""
    expression = value.sql
    match value.type.name:
        case "null":
            return Value("CAST(NULL AS VARCHAR)", STRING, None, value.per_row)
        case "string":
            return value
        case "double":
            expression = f"double_text({expression})"
        case "any":
            expression = sql.once(expression, lambda x: f"any_text({x})")
        case "date":
            expression = date_text(expression)
        case "binary":
            expression = f"lower(to_hex({expression}))"
        case "list":
            expression = f"'[' || {list_text(value, ', ')} || ']'"
        case "map":
            expression = to_any(value).sql
        case "ip":
            pass
        case _:
            expression = f"CAST({expression} AS VARCHAR)"
    return Value(expression, STRING, per_row=value.per_row)


def date_text(expression: str) -> str:
    """`yyyy-MM-dd HH:mm:ssZ` with a numeric zone of four digits, in the session's zone."""
    return sql.once(expression, lambda x: f"date_text({x})")


def list_text(value: Value, delimiter: str) -> str:
    """The elements of a list as text with a delimiter; a null element shows as `null`."""
    element = value.type.element or NULL
    shown = text(Value("e", element)).sql
    return f"array_to_string(list_transform({value.sql}, lambda e: coalesce({shown}, 'null')), {sql.text(delimiter)})"


def number(value: Value) -> Value:
    """A value as an operand of arithmetic: text is read as a number, what is none counts as 0, null stays null."""
    match value.type.name:
        case "int" | "long" | "double":
            return value
        case "null":
            return Value("CAST(NULL AS BIGINT)", LONG, per_row=value.per_row)
        case "string":
            if value.is_text_constant:
                return constant(_number_of_text(value.constant))
            return Value(f"text_number({value.sql})", DOUBLE, per_row=value.per_row)
        case "any":
            return Value(f"any_number({value.sql})", DOUBLE, per_row=value.per_row)
    return Value(f"if({value.sql} IS NULL, NULL, 0)", INT, per_row=value.per_row)


def _number_of_text(word: str) -> int | float:
    if re.fullmatch(r"[+-]?\d+", word):
        return int(word)
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", word):
        return int(word, 16)
    return float(word) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", word) else 0


def numeric_only(value: Value) -> Value | None:
    """A value where only real numbers count (functions of numbers, `sum`): text is not read; None: never a number."""
    if value.type in NUMBERS:
        return value
    if value.type == ANY:
        number = f"if(any_rank({value.sql}) = 2, TRY_CAST({value.sql} AS DOUBLE), NULL)"
        return Value(number, DOUBLE, per_row=value.per_row)
    return None


#: How an `any` value is seen as each type that JSON text can hold, and the test that it has it. Order matters.
_ANY_AS: tuple[tuple[Type, str, str], ...] = (
    (STRING, "starts_with({0}, '\"')", "json_extract_string({0}, '$')"),
    (LONG, "any_is_integer({0})", "TRY_CAST({0} AS BIGINT)"),
    (DOUBLE, "regexp_matches({0}, '^[-\\d]')", "TRY_CAST({0} AS DOUBLE)"),
    (BOOL, "{0} IN ('true', 'false')", "({0} = 'true')"),
    (IP, "is_tagged_ip({0})", """json_extract_string({0}, '$."$ip"')"""),
    (
        DATE,
        "is_tagged_date({0})",
        """make_timestamptz(CAST(json_extract({0}, '$."$date"') AS BIGINT))""",
    ),
)


def only(value: Value, kind: Type) -> Value:
    """A value where it has one type (string, long, double, bool, ip, date), and null of that type where it has not."""
    if value.type == kind or (kind == LONG and value.type == INT):
        return value
    if value.type == ANY:
        test, seen = next((test, seen) for known, test, seen in _ANY_AS if known == kind)
        return Value(f"if({test}, {seen}, NULL)".format(value.sql), kind, per_row=value.per_row)
    return Value(f"CAST(NULL AS {kind.sql})", kind, None, value.per_row)


def whole(value: Value) -> Value:
    """A value where it is a whole number, null where it is anything else."""
    return only(value, LONG)


_FARTHEST = 2**31 - 2  # characters of a text, elements of an array


def position(value: Value) -> Value:
    """A whole number as a position or a count, cut to what texts and arrays can have."""
    if isinstance(value.constant, int) and not isinstance(value.constant, bool):
        return constant(max(min(value.constant, _FARTHEST), -_FARTHEST))
    found = whole(value)
    if found.is_constant:
        return found
    return Value(f"within({found.sql}, {_FARTHEST})", LONG, per_row=value.per_row)


def identical(left: Value, right: Value) -> str:
    """SQL for equality of elements: texts with case, and only values of one kind are equal; null equals nothing."""
    if _same_family(left.type, right.type):
        return f"({left.sql} = {right.sql})"
    if NULL in (left.type, right.type):
        return "false"
    if ANY in (left.type, right.type) or (left.type.name == "list" and right.type.name == "list"):
        return f"({to_any(left).sql} = {to_any(right).sql})"
    return "false"


def by_type(value: Value, kind: Type, convert: Callable[[Value], str]) -> str:
    """SQL that converts a value to `kind` by its type; for an `any` value by the type it has at each row.

    `convert` gives "NULL" for types that it does not know.
    """
    made = convert(value) if value.type != ANY else sql.once(value.sql, lambda x: _by_type(x, convert))
    return f"CAST(NULL AS {kind.sql})" if made == "NULL" else made


def _by_type(expression: str, convert: Callable[[Value], str]) -> str:
    made = [(test.format(expression), convert(Value(seen.format(expression), kind))) for kind, test, seen in _ANY_AS]
    branches = " ".join(f"WHEN {test} THEN {converted}" for test, converted in made if converted != "NULL")
    return f"CASE {branches} END" if branches else "NULL"


def to_any(value: Value) -> Value:
    """A value as JSON text that keeps its type."""
    return Value(_json(value.sql, value.type), ANY, value.constant, value.per_row)


def _json(expression: str, kind: Type) -> str:
    match kind.name:
        case "any":
            return expression
        case "null":
            return "CAST(NULL AS VARCHAR)"
        case "ip":
            return f"""('{{"$ip":"' || {expression} || '"}}')"""
        case "date":
            return f"""('{{"$date":' || epoch_us({expression}) || '}}')"""
        case "double":
            finite = f"isfinite({expression})"
            return f"CASE WHEN {finite} THEN CAST(to_json({expression}) AS VARCHAR) END"
        case "list":
            element = kind.element or NULL
            items = f"list_transform({expression}, lambda e: coalesce({_json('e', element)}, 'null'))"
            return f"('[' || array_to_string({items}, ',') || ']')"
        case "map":
            return sql.once(expression, lambda x: _map_json(x, kind))
        case "binary":
            return f"CAST(to_json(lower(to_hex({expression}))) AS VARCHAR)"
    return f"CAST(to_json({expression}) AS VARCHAR)"


def _map_json(expression: str, kind: Type) -> str:
    """A struct as a JSON object without its absent keys, the undeclared ones merged in."""
    pairs = [
        f"({sql.text(_key_text(name))} || {_json(f'{expression}.{sql.identifier(name)}', member)})"
        for name, member in kind.keys
    ]
    body = f"array_to_string(list_filter([{', '.join(pairs)}], lambda p: p IS NOT NULL), ',')"
    whole = f"('{{' || {body} || '}}')"
    if kind.rest is not None:
        whole = (
            f"CAST(json_merge_patch({whole}, coalesce({expression}.{sql.identifier(kind.rest)}, '{{}}')) AS VARCHAR)"
        )
    return f"CASE WHEN {expression} IS NOT NULL THEN {whole} END"


def _key_text(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}":'


def cast(value: Value, kind: Type) -> Value:
    """A value as a wider type: int → long → double, anything → any."""
    if value.type == kind:
        return value
    if value.type == NULL:
        return Value(f"CAST(NULL AS {kind.sql})", kind, None, value.per_row)
    if kind == ANY:
        return to_any(value)
    if kind in NUMBERS and value.type in NUMBERS:
        return Value(f"CAST({value.sql} AS {kind.sql})", kind, value.constant, value.per_row)
    if kind.name == "list" and value.type.name == "list":
        assert kind.element is not None
        inner = cast(Value("e", value.type.element or NULL), kind.element).sql
        return Value(f"list_transform({value.sql}, lambda e: {inner})", kind, per_row=value.per_row)
    return to_any(value)


def common(kinds: Iterable[Type], promote: bool = True) -> Type:
    """The type that can hold values of all these types; numbers are promoted unless each keeps its own form."""
    distinct = {kind for kind in kinds if kind != NULL}
    if not distinct:
        return NULL
    if len(distinct) == 1:
        return distinct.pop()
    if distinct <= {INT, LONG}:
        return LONG
    if promote and distinct <= set(NUMBERS):
        return DOUBLE
    if all(kind.name == "list" for kind in distinct):
        return list_of(common([kind.element or NULL for kind in distinct], promote=False))
    return ANY


def member(value: Value, key: Value) -> Value:
    """`valueof`: an entry of a map by a text key, or an element of a list by a 0-based position; otherwise null."""
    if value.type.name == "list":
        return _element(value, key)
    if value.type.name == "map":
        return _map_entry(value, key)
    if value.type == ANY:
        return _json_entry(value, key)
    return NOTHING


def _element(value: Value, key: Value) -> Value:
    if key.type not in (INT, LONG):
        return NOTHING
    element = value.type.element or NULL
    position = f"CASE WHEN {key.sql} BETWEEN 0 AND 2147483646 THEN {key.sql} + 1 END"
    if isinstance(key.constant, int):
        position = str(key.constant + 1) if key.constant >= 0 else "NULL"
    return Value(f"list_extract({value.sql}, {position})", element, per_row=True)


def _map_entry(value: Value, key: Value) -> Value:
    if key.is_text_constant:
        kind = value.type.key(key.constant)
        if kind is not None:
            return Value(f"{value.sql}.{sql.identifier(key.constant)}", kind)
        if value.type.rest is not None:
            rest = Value(f"{value.sql}.{sql.identifier(value.type.rest)}", ANY)
            return _json_entry(rest, key)
        return NOTHING
    return _json_entry(to_any(value), key)


def _json_entry(value: Value, key: Value) -> Value:
    if isinstance(key.constant, int) and not isinstance(key.constant, bool):
        return Value(f"any_member({value.sql}, '$[{key.constant}]')", ANY) if key.constant >= 0 else NOTHING
    if key.is_text_constant:
        # A JSON pointer reaches any key: `~` and `/` have escapes, dots and quotes mean nothing in it.
        pointer = "/" + key.constant.replace("~", "~0").replace("/", "~1")
        outer = re.fullmatch(r"any_member\((.+), '(/(?:[^']|'')+)'\)", value.sql, re.DOTALL)
        found = f"any_member({value.sql}, {sql.text(pointer)})"
        if outer is not None:  # one way down is faster than two
            found = f"any_member({outer[1]}, '{outer[2]}{sql.text(pointer)[1:]})"
        if not key.constant.isdigit():
            return Value(found, ANY)
        # Digits in a pointer would be a position in an array.
        return Value(f"if(starts_with({value.sql}, '{{'), {found}, NULL)", ANY)
    if key.type == STRING:
        pointer = f"'/' || replace(replace({key.sql}, '~', '~0'), '/', '~1')"
        return Value(f"if(starts_with({value.sql}, '{{'), any_member({value.sql}, {pointer}), NULL)", ANY)
    if key.type in (INT, LONG):
        return Value(f"if({key.sql} >= 0, any_member({value.sql}, '$[' || {key.sql} || ']'), NULL)", ANY)
    return NOTHING


def elements(value: Value) -> Value | None:
    """A value as a list, null when it is none at that row; None when it can never be a list."""
    if value.type.name == "list":
        return value
    if value.type == ANY:
        listed = f"CAST(if(starts_with({value.sql}, '['), {value.sql}, NULL) AS JSON[])"
        items = f"list_transform({listed}, lambda e: nullif(CAST(e AS VARCHAR), 'null'))"
        return Value(items, list_of(ANY), per_row=value.per_row)
    return None


def as_list(values: Sequence[Value]) -> Value:
    """An array of values; elements of several types keep their own (`any`)."""
    kind = common([value.type for value in values], promote=False)
    items = ", ".join(cast(value, kind).sql for value in values)
    per_row = any(value.per_row for value in values)
    return Value(f"CAST([{items}] AS {kind.sql}[])", list_of(kind), per_row=per_row)
