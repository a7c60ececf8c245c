"""`parsemap`: fields from a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import pyparsing as pp

from engine.commands.parsing import OVERLAY, with_parsed
from engine.language.errors import QueryError
from engine.language.nodes import Command, Option
from engine.plan import Rows, warn_unknown
from engine.values import to_any


def _field_name(written: str) -> str:
    if not written:
        raise QueryError("22100", "`parsemap` needs the field that holds the map", hint="write `parsemap field=…`")
    return written


@dataclass(frozen=True)
class ParseMap(Command):
    """Make fields of the entries of a map.

    The other fields are dropped, unless `overlay=t`. A row whose field is no map stays as it is.

    Example:
        json "{'id': 7, 'user': {'name': 'ana', 'groups': ['dev']}}" | parsemap field=user overlay=t
    """

    word: ClassVar[str] = "parsemap"
    takes: ClassVar[tuple[Option, ...]] = (
        Option("field", _field_name, "the field that holds the map", missing="22100"),
        OVERLAY,
    )
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        field = rows.context.option(self, "field")
        if field is None:
            message = "`parsemap` needs the field that holds the map"
            raise QueryError("22100", message, self.span, "write `parsemap field=…`")
        warn_unknown(rows, [field], self)
        if rows.field(field).type.name not in ("map", "any"):
            return rows
        return with_parsed(rows, self, field, _entries, source=to_any(rows.field(field)))


def _entries(text: str) -> dict[str, Any] | None:
    found = msgspec.json.decode(text)
    is_map = isinstance(found, dict) and found.keys() not in ({"$ip"}, {"$date"})
    return found if is_map else None
