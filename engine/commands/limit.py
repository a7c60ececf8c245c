"""`limit`: a slice of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.durations import read_count
from engine.language.errors import QueryError, Span
from engine.language.grammar import fail, put, spanned
from engine.language.nodes import Command
from engine.plan import Rows


def _number(span: Span, tokens: pp.ParseResults) -> int:
    word: str = tokens[0]
    if not word.isascii() or not word.isdigit():
        raise QueryError("20601", f"`{word}` is not a number of rows", span)
    try:
        return read_count(word)
    except ValueError as problem:
        raise QueryError("20601", str(problem), span) from None


def _one_too_many(span: Span, _: pp.ParseResults) -> None:
    raise QueryError("20600", "`limit` takes one or two numbers", span)


_word = spanned(pp.Regex(r"[^\s|\[\]]+"), _number)


@dataclass(frozen=True)
class Limit(Command):
    """Skip some rows (none when one number is given) and pass at most so many.

    Example:
        json "[{'n': 1}, {'n': 2}, {'n': 3}]" | limit 1 2
    """

    numbers: tuple[int, ...] = ()

    word: ClassVar[str] = "limit"
    syntax: ClassVar[pp.ParserElement] = put(
        "numbers", _word[1, 2].set_parse_action(lambda tokens: [tuple(tokens)])
    ) + pp.Opt(spanned(pp.Regex(r"[^\s|\[\]]+"), _one_too_many)) | fail("20600", "`limit` needs a number of rows")

    def body(self) -> str:
        return " ".join(str(number) for number in self.numbers)

    def plan(self, rows: Rows) -> Rows:
        *offset, count = self.numbers
        return rows.limited(count, offset[0] if offset else 0)
