"""`rex`: fields from the named groups of a regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine import sql
from engine.catalog import NULL, STRING, list_of
from engine.language.errors import QueryError, Span
from engine.language.grammar import fail, put, spanned
from engine.language.nodes import Command, Option
from engine.plan import Rows, warn_unknown
from engine.regex import checked
from engine.values import Value, cast, common, text


def _field_name(written: str) -> str:
    if not written:
        raise QueryError("20900", "`rex` needs the field to search in", hint='write `rex field=line "…"`')
    return written


def _pattern(_: Span, tokens: pp.ParseResults) -> str:
    r"""Only `\"` is undone; every other backslash belongs to the regular expression."""
    return re.sub(r"\\(.)", lambda found: '"' if found[1] == '"' else found[0], tokens[0][1:-1], flags=re.DOTALL)


@dataclass(frozen=True)
class Rex(Command):
    r"""Search a field for a regular expression and turn its named groups, `(?<name>…)`, into fields.

    The first match counts. Where nothing matches the row stays as it is, and a group that took no part leaves its
    field alone. Look-ahead, look-behind and back references do not exist.

    Example:
        json "{'line': 'GET /index.html 200'}" | rex field=line "(?<method>[A-Z]+) (?<path>\S+)"
    """

    pattern: str = ""

    word: ClassVar[str] = "rex"
    takes: ClassVar[tuple[Option, ...]] = (Option("field", _field_name, "the field to search in", missing="20900"),)
    syntax: ClassVar[pp.ParserElement] = put(
        "pattern", spanned(pp.Regex(r'"(?:[^"\\]|\\.)*"', re.DOTALL), _pattern)
    ) | fail("20901", "the regular expression stands in double quotes")

    def body(self) -> str:
        return '"' + self.pattern.replace('"', '\\"') + '"'

    def plan(self, rows: Rows) -> Rows:
        field = rows.context.option(self, "field")
        if field is None:
            raise QueryError("20900", "`rex` needs the field to search in", self.span, 'write `rex field=line "…"`')
        warn_unknown(rows, [field], self)
        pattern, names = all_named(self.pattern)
        _check(self.pattern, pattern, rows)
        subject = rows.field(field)
        if not names or subject.type == NULL:
            return rows
        groups = f"taken_groups({text(subject).sql}, {sql.text(pattern)})"
        searched = rows.with_fields({"_groups": Value(groups, list_of(STRING))})
        found = searched.columns["_groups"].sql
        taken: dict[str, str] = {}
        for index, name in enumerate(names, 1):  # of two groups with one name the later one counts
            earlier = f", {taken[name]}" if name in taken else ""
            taken[name] = f"{found}[{index}]{earlier}"
        fields = {name: _over(group, rows.field(name)) for name, group in taken.items()}
        return searched.with_columns(rows.columns, list(fields)).with_fields(fields)


def _over(groups: str, present: Value) -> Value:
    """What was found, or what the row had."""
    kind = common([STRING, present.type], promote=False)
    taken = cast(Value(f"coalesce({groups})", STRING), kind).sql
    return Value(taken if present.type == NULL else f"coalesce({taken}, {cast(present, kind).sql})", kind)


_PIECE = re.compile(
    r"\\Q.*?(?:\\E|$)|\\u(?P<code>[0-9A-Fa-f]{4})|\\."
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|\(\?P?<(?P<name>[^=!>][^>]*)>|(?P<open>\((?!\?))",
    re.DOTALL,
)


def all_named(pattern: str) -> tuple[str, list[str]]:
    r"""A pattern that captures in its named groups only, called g0, g1, …, and their names in order.

    >>> all_named(r"(a|b)(?<x_1>[(]\()")
    ('(?:a|b)(?P<g0>[(]\\()', ['x_1'])
    """
    names: list[str] = []

    def one(found: re.Match[str]) -> str:
        if found["code"]:
            return f"\\x{{{found['code']}}}"
        if found["name"]:
            names.append(found["name"])
            return f"(?P<g{len(names) - 1}>"
        if found["open"]:
            return "(?:"
        if found[0].startswith("["):
            return _character_set(found[0])
        return found[0]

    return _PIECE.sub(one, pattern), names


def _character_set(written: str) -> str:
    """`[…]` as it is. Unions and intersections of sets would silently mean something else."""
    inside = re.sub(r"\\.", "", written[1:-1], flags=re.DOTALL)
    if "[" in inside or "&&" in inside:
        message = f"`{written}`: a set of characters inside another one does not exist here"
        raise QueryError("90200", message, hint=r"write `\[` for a bracket")
    return re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", written)


def _check(written: str, pattern: str, rows: Rows) -> None:
    try:
        checked(pattern, rows.context)
    except QueryError as problem:
        message = problem.message.replace(pattern, written)
        hint = "back references do not exist here" if "escape sequence: \\" in message else problem.hint
        raise QueryError(problem.code, message, hint=hint) from None
