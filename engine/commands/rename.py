"""`rename`: give fields other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.errors import Span
from engine.language.grammar import fail, keyword, must, name, put, several, spanned
from engine.language.nodes import Command
from engine.plan import Rows, warn_unknown
from engine.values import Value, cast, common


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
        made = rows
        for old, new in self.pairs:
            if old not in made.columns:
                warn_unknown(rows, [old], self)
            elif old != new:
                made = _moved(made, old, new)
        moved = dict(self.pairs)
        hint = None if rows.hint is None else [moved.get(field, field) for field in rows.hint]
        return made.with_columns(made.columns, hint)


def _moved(rows: Rows, old: str, new: str) -> Rows:
    """Rows without the field `old`, whose value is that of `new` wherever a row had it."""
    has_old, has_new = rows.has(old), rows.has(new)
    mine, other = rows.field(old), rows.field(new)
    if new not in rows.columns or has_old == "true":
        column = rows.columns[old]
    else:
        kind = common([mine.type, other.type], promote=False)
        either = Value(f"if({has_old}, {cast(mine, kind).sql}, {cast(other, kind).sql})", kind)
        rows = rows.with_fields({new: either}).with_presence(
            {new: has_new if has_new == "true" else f"({has_old} OR {has_new})"}
        )
        column = rows.columns[new]
    return rows.with_columns({field: found for field, found in rows.columns.items() if field != old} | {new: column})
