"""`fields`: choose fields, or leave some out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pyparsing as pp

from engine.catalog import NULL
from engine.expressions import Column
from engine.language.grammar import fail, must, put
from engine.language.nodes import Command
from engine.plan import Rows, warn_unknown

_field = pp.Regex(r"(?!-(?:\s|$))[^\s,|\[\]\"()]+")
_comma = pp.Suppress(",") + (pp.FollowedBy(_field) | fail("20400", "a field is missing behind the comma"))
_list = (_field + (pp.Opt(_comma) + _field)[...]).set_parse_action(lambda tokens: [tuple(tokens)])


@dataclass(frozen=True)
class Fields(Command):
    """Keep just the listed fields, in that order; `fields - a, b` leaves fields out instead.

    A field that a row lacks is null. The `-` stands alone: `fields -a` means a field called `-a`.

    Example:
        json "{'a': 1, 'b': 2, 'c': 3}" | fields c, a
    """

    names: tuple[str, ...] = ()
    remove: bool = False

    word: ClassVar[str] = "fields"
    syntax: ClassVar[pp.ParserElement] = pp.Opt(
        put("remove", pp.Regex(r"-(?=\s|$)").set_parse_action(lambda: [True]))
    ) + must(put("names", _list), "20400", "`fields` needs field names")

    def body(self) -> str:
        return ("- " if self.remove else "") + ", ".join(self.names)

    def plan(self, rows: Rows) -> Rows:
        if self.remove:
            kept = {field: column for field, column in rows.columns.items() if field not in self.names}
            return rows.with_columns(kept)
        warn_unknown(rows, self.names, self)
        chosen = {field: replace(rows.columns.get(field, _ABSENT), hidden=False, present=None) for field in self.names}
        return rows.with_columns(chosen, self.names)


_ABSENT = Column("NULL", NULL)
