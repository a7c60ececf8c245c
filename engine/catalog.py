"""Tables, fields and types: what a query can name, known before any row is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Type:
    """A type of the language and how DuckDB holds it.

    `ip` is text in canonical form; `any` is JSON text whose real type is known row by row.
    """

    name: str
    sql: str
    element: Type | None = None
    keys: tuple[tuple[str, Type], ...] = ()
    rest: str | None = None  # struct member that holds unknown keys as JSON text

    def __str__(self) -> str:
        return self.name

    def key(self, name: str) -> Type | None:
        """The type of one known key of a map, null when the map does not declare it."""
        return next((kind for key, kind in self.keys if key == name), None)


NULL = Type("null", "INTEGER")
BOOL = Type("bool", "BOOLEAN")
INT = Type("int", "INTEGER")
LONG = Type("long", "BIGINT")
DOUBLE = Type("double", "DOUBLE")
DATE = Type("date", "TIMESTAMPTZ")
IP = Type("ip", "VARCHAR")
STRING = Type("string", "VARCHAR")
BINARY = Type("binary", "BLOB")
ANY = Type("any", "VARCHAR")

NUMBERS = (INT, LONG, DOUBLE)


def list_of(element: Type) -> Type:
    """A list whose elements all have one type (`any` when they differ)."""
    return Type("list", f"{element.sql}[]", element=element)


def map_of(keys: Mapping[str, Type], rest: str | None = None) -> Type:
    """A map with declared keys, held as a struct; `rest` names the member with all other keys as JSON text."""
    members = [f'"{name}" {kind.sql}' for name, kind in keys.items()]
    if rest is not None:
        members.append(f'"{rest}" VARCHAR')
    return Type("map", f"STRUCT({', '.join(members)})", keys=tuple(keys.items()), rest=rest)


@dataclass(frozen=True)
class Field:
    """A column of a table, with the sentence that documentation and completion show."""

    name: str
    type: Type
    description: str
    hidden: bool = False  # left out of results unless a query names it


@dataclass(frozen=True)
class Scan:
    """The files that hold a table's rows of one time range, after pruning.

    `fetch` brings them to where their paths say, if they come from elsewhere: before they are read, not before.
    """

    files: tuple[str, ...]
    bytes: int
    files_total: int
    fetch: Callable[[], None] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Table:
    """A table that `table` can read. `scan(start, end)` takes UTC instants, either may be null."""

    name: str
    fields: tuple[Field, ...]
    description: str
    scan: Callable[[datetime | None, datetime | None], Scan] = field(compare=False)

    def __getitem__(self, name: str) -> Field:
        return next(item for item in self.fields if item.name == name)


@dataclass(frozen=True)
class Catalog:
    """All tables at one version of the lake."""

    tables: tuple[Table, ...] = ()
    version: str = ""

    def matching(self, pattern: str) -> list[Table]:
        """Tables whose name fits a pattern in which `*` stands for any run of characters; case counts."""
        expression = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
        return [table for table in self.tables if expression.fullmatch(table.name)]

    def names(self) -> Iterable[str]:
        return (table.name for table in self.tables)
