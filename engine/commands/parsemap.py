"""`parsemap`: fields from a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import pyparsing as pp

from engine import sql
from engine.catalog import BOOL
from engine.commands.parsing import MOST_FIELDS, OVERLAY, Joined, refuse_too_many, with_parsed
from engine.language.errors import QueryError
from engine.language.nodes import Command, Option
from engine.plan import Rows, warn_unknown
from engine.values import Value, constant, member, to_any


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
        kind = rows.field(field).type
        if kind.name not in ("map", "any"):
            return rows
        if kind.name == "map":
            return self._declared(rows, rows.field(field))
        return with_parsed(rows, self, field, _entries, source=to_any(rows.field(field)))

    def _declared(self, rows: Rows, value: Value) -> Rows:
        """The entries of a map whose keys are known, and of the others as far as they occur."""
        members = [*(key for key, _ in value.type.keys), *_other_keys(rows, value, self)]
        entries = {f"_entry {key}": member(value, constant(key)) for key in members}
        made = rows.with_fields({**entries, "_is map": Value(f"({value.sql} IS NOT NULL)", BOOL)})
        values = {key: made.field(f"_entry {key}") for key in members}
        joined = Joined(
            made.with_columns(rows.columns),
            made.columns["_is map"].sql,
            values,
            {key: f"({entry.sql} IS NOT NULL)" for key, entry in values.items()},
        )
        is_overlay = rows.context.option(self, "overlay", False)
        keep = "all" if is_overlay else "unread" if _has_null(rows, value) else "none"
        return joined.merged(keep, carried=())


def _other_keys(rows: Rows, value: Value, command: Command) -> list[str]:
    """Keys that the map's type does not declare and rows have."""
    if value.type.rest is None:
        return []
    rest = f"{value.sql}.{sql.identifier(value.type.rest)}"
    select = f"SELECT DISTINCT unnest(json_keys({rest})) AS k FROM {rows.step} LIMIT {MOST_FIELDS + 1}"
    table = rows.context.session.fetch(rows.context.statement(select, rows.step))
    refuse_too_many(table.num_rows, table.num_rows, command)
    return sorted(key for key in table.column("k").to_pylist() if key)


def _has_null(rows: Rows, value: Value) -> bool:
    statement = f"SELECT 1 FROM {rows.step} WHERE {value.sql} IS NULL LIMIT 1"
    return bool(rows.context.session.fetch(rows.context.statement(statement, rows.step)).num_rows)


def _entries(text: str) -> dict[str, Any] | None:
    found = msgspec.json.decode(text)
    is_map = isinstance(found, dict) and found.keys() not in ({"$ip"}, {"$date"})
    return found if is_map else None
