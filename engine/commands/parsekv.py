"""`parsekv`: fields from `key=value` pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.commands.parsing import FIELD, OVERLAY, Parse, with_parsed
from engine.language.nodes import Command, Option
from engine.plan import Rows

CARRIED = ("_id", "_time", "_table")


def _delimiter(text: str) -> str:
    if not text:
        raise ValueError("a delimiter has at least one character")
    return text


@dataclass(frozen=True)
class ParseKv(Command):
    """Make fields of the `key=value` pairs in a field, `line` unless `field` says otherwise.

    Values are texts; a word without `=` is a key without value; of equal keys the last counts. The other fields but
    `_time`, `_id` and `_table` are dropped, and so are rows without the field, unless `overlay=t`.

    Example:
        json "{'line': 'user=ana action=login ok'}" | parsekv
    """

    word: ClassVar[str] = "parsekv"
    takes: ClassVar[tuple[Option, ...]] = (
        FIELD,
        OVERLAY,
        Option("pairdelim", _delimiter, "what stands between pairs, a blank without"),
        Option("kvdelim", _delimiter, "what stands between key and value, `=` without"),
    )
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        field = context.option(self, "field", "line")
        if not context.option(self, "overlay", False):
            rows = rows.where(f"{rows.field(field).sql} IS NOT NULL")
        parse = _reader(context.option(self, "pairdelim", " "), context.option(self, "kvdelim", "="))
        return with_parsed(rows, self, field, parse, carried=CARRIED)


def _reader(pair_delimiter: str, delimiter: str) -> Parse:
    def read(text: str) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for pair in text.split(pair_delimiter):
            key, is_there, value = pair.strip().partition(delimiter)
            if key:
                found[key] = value if is_there else None
        return found

    return read
