"""`json`: rows written in the query."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import msgspec
import pyarrow as pa
import pyparsing as pp

from engine.catalog import ANY, BOOL, DOUBLE, INT, LONG, NULL, STRING, Type, list_of
from engine.language import lenient_json
from engine.language.errors import QueryError, Span
from engine.language.grammar import call_expression, fail, put, spanned
from engine.language.nodes import Call, Command
from engine.language.printer import print_expression
from engine.plan import Rows, stored
from engine.values import common

_QUOTED = pp.Regex(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ARROW = {
    "null": pa.int32(),
    "bool": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "any": pa.string(),
}


def _text(_: Span, tokens: pp.ParseResults) -> str:
    # Only \" and \\ are undone here; every other escape belongs to the JSON text.
    return re.sub(r'\\(["\\])', r"\1", tokens[0][1:-1])


@dataclass(frozen=True)
class Json(Command):
    """Make rows of JSON text: an object is one row, an array one row for each of its objects.

    The JSON may be loose: single quotes, bare words, trailing commas. A field whose values differ in type keeps each
    as it is. `json "{}"` gives one row without fields, handy to try expressions.

    Example:
        json "[{'user': 'ana', 'count': 3}, {'user': 'ben', 'count': 5}]" | sort -count
    """

    source: str | Call = ""

    word: ClassVar[str] = "json"
    is_source: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = put(
        "source", spanned(_QUOTED, _text) | pp.NotAny('"') + call_expression
    ) | fail("10200", "`json` needs a text in double quotes", 'write json "{…}" or json $("name")')

    def body(self) -> str:
        if isinstance(self.source, Call):
            return print_expression(self.source)
        return '"' + self.source.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def plan(self, rows: Rows) -> Rows:
        text = self.source
        if isinstance(text, Call):
            text = rows.context.evaluate(rows.value(text))
        return json_rows(rows, _objects(text if isinstance(text, str) else ""))


def _objects(text: str) -> list[dict[str, Any]]:
    if not text.strip():
        raise QueryError("10201", "the JSON text is empty")
    try:
        found = lenient_json.read(text)
    except ValueError as problem:
        raise QueryError("10202", f"the JSON text cannot be read: {problem}") from None
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list):
        return [item for item in found if isinstance(item, dict)]
    raise QueryError("10201", "the JSON text is neither an object nor an array")


def json_rows(rows: Rows, objects: list[dict[str, Any]]) -> Rows:
    """Rows of Python objects: columns of one type where all values agree, `any` where they do not."""
    names = list(dict.fromkeys(name for item in objects for name in item))
    kinds = {name: common([type_of(item.get(name)) for item in objects], promote=False) for name in names}
    arrays = {f"c{i}": column([item.get(name) for item in objects], kinds[name]) for i, name in enumerate(names)}
    # A column that is always there lets a table without fields have rows.
    arrays["_row"] = pa.array([True] * len(objects), pa.bool_())
    rare = {name: f"p{i}" for i, name in enumerate(names) if any(name not in item for item in objects)}
    arrays |= {present: pa.array([name in item for item in objects]) for name, present in rare.items()}
    made = stored(rows.context, pa.table(arrays), {f"c{i}": kinds[name] for i, name in enumerate(names)})
    found = {name: replace(made.columns[f"c{i}"], present=rare.get(name)) for i, name in enumerate(names)}
    taken = made.taken | {name.casefold() for name in arrays}
    return replace(made.with_columns(found), taken=taken)


def type_of(value: Any) -> Type:
    """The type of a JSON value; objects and lists of mixed things are `any`."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOL
        case int():
            return INT if -(2**31) <= value < 2**31 else LONG if -(2**63) <= value < 2**63 else DOUBLE
        case float():
            return DOUBLE
        case str():
            return STRING
        case list():
            element = common([type_of(item) for item in value], promote=False)
            return list_of(element) if element.name not in ("any", "list") else ANY
    return ANY


def column(values: list[Any], kind: Type) -> pa.Array:
    if kind == ANY:
        return pa.array(
            [None if value is None else msgspec.json.encode(value).decode() for value in values], pa.string()
        )
    if kind.name == "list":
        assert kind.element is not None
        if kind.element == ANY:
            listed = [
                None if value is None else [None if e is None else msgspec.json.encode(e).decode() for e in value]
                for value in values
            ]
            return pa.array(listed, pa.list_(pa.string()))
        return pa.array(values, pa.list_(_ARROW[kind.element.name]))
    if kind == DOUBLE:
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, _ARROW[kind.name])
