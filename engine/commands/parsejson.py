"""`parsejson`: fields from JSON text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import pyparsing as pp

from engine.commands.parsing import FIELD, OVERLAY, Parse, with_parsed
from engine.language.durations import read_count, read_switch
from engine.language.nodes import Command, Option
from engine.plan import Rows

FLAT_CUTOFF = 5000


@dataclass(frozen=True)
class ParseJson(Command):
    """Make fields of the keys of a JSON object in a field, `line` unless `field` says otherwise.

    The other fields are dropped, unless `overlay=t`. Text that is no JSON leaves the row as it is; an array takes the
    place of its text. With `flatten=t` nested keys become fields called `a_b`, array elements `a_0`.

    Example:
        json "{'line': '{\\"user\\": {\\"name\\": \\"ana\\"}, \\"ok\\": true}'}" | parsejson flatten=t
    """

    word: ClassVar[str] = "parsejson"
    takes: ClassVar[tuple[Option, ...]] = (
        FIELD,
        OVERLAY,
        Option("flatten", read_switch, "`t`: a field for each innermost value"),
        Option("cutoff", read_count, f"read so many characters only (0: all; {FLAT_CUTOFF} with `flatten`)", "90001"),
        Option("lenient", read_switch, "`t`: keep the item that the cut went through"),
    )
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        field = context.option(self, "field", "line")
        is_flat = context.option(self, "flatten", False)
        cutoff = context.option(self, "cutoff", FLAT_CUTOFF if is_flat else 0)
        read = _reader(field, cutoff, context.option(self, "lenient", False))
        return with_parsed(rows, self, field, _flat(read) if is_flat else read)


def _reader(field: str, cutoff: int, lenient: bool) -> Parse:
    def read(text: str) -> dict[str, Any] | None:
        is_cut = 0 < cutoff < len(text)
        try:
            found = read_cut(text[:cutoff], lenient) if is_cut else msgspec.json.decode(text)
        except (ValueError, msgspec.MsgspecError, RecursionError):
            return None
        if isinstance(found, list):
            return {field: found}
        return found if isinstance(found, dict) else None

    return read


def _flat(read: Parse) -> Parse:
    def flat(text: str) -> dict[str, Any] | None:
        found = read(text)
        return None if found is None else flattened(found)

    return flat


def flattened(value: Any, name: str = "") -> dict[str, Any]:
    """The innermost values of nested objects and arrays, their path joined with `_`. Empty ones have none.

    >>> flattened({"a": {"b": [1, {"c": None}]}, "d": {}})
    {'a_b_0': 1, 'a_b_1_c': None}
    """
    if not isinstance(value, dict | list):
        return {name: value}
    found: dict[str, Any] = {}
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        found |= flattened(item, f"{name}_{key}" if name else str(key))
    return found


def read_cut(text: str, lenient: bool) -> Any:
    """The value of a JSON text that ends too early: without the item it was cut in, or with what is left of it.

    >>> read_cut('{"a": 1, "b": {"c": [2, 34', False), read_cut('{"a": 1, "b": "tex', True)
    ({'a': 1, 'b': {'c': [2]}}, {'a': 1, 'b': 'tex'})
    """
    return _CutReader(text, lenient).value(0)


_NOTHING = object()
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")


class _CutReader:
    def __init__(self, text: str, lenient: bool) -> None:
        self.text, self.lenient, self.at = text, lenient, 0

    def peek(self) -> str:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Any:
        """The next value; `_NOTHING` when the text is over before it."""
        if depth > 200:
            raise ValueError("nested too deeply")
        match self.peek():
            case "":
                return _NOTHING
            case "{":
                return self.object(depth)
            case "[":
                return self.array(depth)
            case '"':
                return self.string()
        return self.word()

    def object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        found: dict[str, Any] = {}
        while self.peek() not in ("}", ""):
            key = self.string()
            if self.peek() == "":
                return found
            self.expect(":")
            value = self.value(depth + 1)
            if value is not _NOTHING:
                found[key] = value
            self.comma("}")
        self.at += 1
        return found

    def array(self, depth: int) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while self.peek() not in ("]", ""):
            value = self.value(depth + 1)
            if value is not _NOTHING:
                found.append(value)
            self.comma("]")
        self.at += 1
        return found

    def comma(self, closing: str) -> None:
        if self.peek() not in (closing, ""):
            self.expect(",")

    def expect(self, char: str) -> None:
        if self.peek() != char:
            raise ValueError(f"`{char}` is missing")
        self.at += 1

    def string(self) -> Any:
        whole = _STRING.match(self.text, self.at)
        if whole is not None:
            self.at = whole.end()
            return json.loads(whole.group(), strict=False)
        if self.peek() != '"':
            raise ValueError("a text is missing")
        rest, self.at = self.text[self.at :], len(self.text)
        # An escape may be cut in the middle, so up to five characters have to go.
        return self.salvaged([f'{rest[: len(rest) - gone]}"' for gone in range(6)])

    def word(self) -> Any:
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise ValueError("a value is missing")
        self.at = word.end()
        return self.salvaged([word.group()]) if self.at == len(self.text) else json.loads(word.group())

    def salvaged(self, candidates: list[str]) -> Any:
        """What is left of the item that the text ends in."""
        for candidate in candidates if self.lenient else ():
            try:
                return json.loads(candidate, strict=False)
            except ValueError:
                continue
        return _NOTHING
