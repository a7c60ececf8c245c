"""`rename`: give fields other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.errors import Span
from engine.language.grammar import fail, keyword, must, name, put, several, spanned
from engine.language.nodes import Command
from engine.plan import Rows, warn_unknown


def _pair(_: Span, tokens: pp.ParseResults) -> tuple[str, str]:
    return tokens[0], tokens[1]


_as = must(keyword("as", caseless=True), "20802", "`as` is expected here", "write `rename old as new`")
_rename = spanned(
    must(name, "20800", "`rename` needs a field") + _as + must(name, "20801", "the new name is missing"),
    _pair,
)


@dataclass(frozen=True)
class Rename(Command):
    """Move values to other field names, pair by pair; an existing field of the new name is overwritten.

    Example:
        json "{'eventName': 'RunInstances'}" | rename eventName as event_name
    """

    pairs: tuple[tuple[str, str], ...] = ()

    word: ClassVar[str] = "rename"
    syntax: ClassVar[pp.ParserElement] = put(
        "pairs", several(_rename, trailing=fail("20800", "`rename` needs a field"))
    )

    def body(self) -> str:
        return ", ".join(f"{old} as {new}" for old, new in self.pairs)

    def plan(self, rows: Rows) -> Rows:
        columns = dict(rows.columns)
        for old, new in self.pairs:
            if old in columns:
                column = columns.pop(old)
                columns[new] = column
            else:
                warn_unknown(rows, [old], self)
        moved = dict(self.pairs)
        hint = None if rows.hint is None else [moved.get(field, field) for field in rows.hint]
        return rows.with_columns(columns, hint)
