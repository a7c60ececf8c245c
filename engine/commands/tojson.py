"""`tojson`: fields as JSON text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine import sql
from engine.catalog import NULL, STRING
from engine.language.grammar import fail, name, put, several
from engine.language.nodes import Command, Option
from engine.plan import Rows, warn_unknown
from engine.values import Value, date_text, to_any


def _output(written: str) -> str:
    if not written:
        raise ValueError("the field that gets the text needs a name")
    return written


@dataclass(frozen=True)
class ToJson(Command):
    """Add the JSON text of all fields, or of the listed ones, as `_json` or the field that `output` names.

    Dates are written `yyyy-MM-dd HH:mm:ssZ`. Fields that are null are left out, unless they are listed.

    Example:
        json "{'user': 'ana', 'count': 3}" | tojson output=text
    """

    names: tuple[str, ...] = ()

    word: ClassVar[str] = "tojson"
    takes: ClassVar[tuple[Option, ...]] = (Option("output", _output, "the field that gets the text, `_json` without"),)
    syntax: ClassVar[pp.ParserElement] = pp.Opt(
        put("names", several(name, trailing=fail("22300", "a field is missing behind the comma")))
    )

    def body(self) -> str:
        return ", ".join(self.names)

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, self.names, self)
        return rows.with_fields({rows.context.option(self, "output", "_json"): json_text(rows, self.names)})


def json_text(rows: Rows, names: Sequence[str]) -> Value:
    """A row as a JSON object: the listed fields, or all that have a value."""
    shown = names or [field for field, column in rows.columns.items() if not column.hidden]
    members = ", ".join(_member(field, rows.field(field), bool(names)) for field in dict.fromkeys(shown))
    listed = f"list_filter(CAST([{members}] AS VARCHAR[]), lambda p: p IS NOT NULL)"
    return Value(f"('{{' || array_to_string({listed}, ',') || '}}')", STRING)


def _member(field: str, value: Value, with_null: bool) -> str:
    key = f"CAST(to_json({sql.text(field)}) AS VARCHAR) || ':'"
    if value.type == NULL:
        return f"{key} || 'null'" if with_null else "NULL"
    plain = to_any(value).sql
    if value.type.name in ("any", "list", "map", "ip", "date"):
        plain = _untagged(plain)
    return f"({key} || coalesce({plain}, 'null'))" if with_null else f"({key} || {plain})"


_DATE = r'\{"\$date":(-?\d+)\}'
_ADDRESS = r'\{"\$ip":("[^"]*")\}'


def _untagged(json: str) -> str:
    """JSON text in which dates and addresses, at any depth, are plain texts."""
    instant = f"make_timestamptz(CAST(regexp_extract_all(d, {sql.text(_DATE)}, 1)[i] AS BIGINT))"
    parts = f"string_split_regex(d, {sql.text(_DATE.replace('(', '').replace(')', ''))})"
    pieces = f"""list_transform({parts}, lambda p, i: p || coalesce('"' || {date_text(instant)} || '"', ''))"""
    dated = f"""if(contains(d, '{{"$date":'), array_to_string({pieces}, ''), d)"""
    once = f"list_transform([{json}], lambda d: {dated})[1]"
    return f"regexp_replace({once}, {sql.text(_ADDRESS)}, '\\1', 'g')"
