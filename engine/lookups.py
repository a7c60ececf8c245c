"""Lookup tables that `lookup` can use: the bundled geo databases, and CSV files of a configured folder."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from engine.backend import ArrowFunction
from engine.catalog import DOUBLE, LONG, STRING, Type
from engine.language.errors import SourceError

if TYPE_CHECKING:
    from engine.geo import Geo

_LONGEST_CELL = 2**31 - 1  # characters

_GEOIP: dict[str, Type] = {
    "country": STRING,
    "country_name": STRING,
    "continent": STRING,
    "region": STRING,
    "city": STRING,
    "latitude": DOUBLE,
    "longitude": DOUBLE,
    "asn": STRING,
    "asn_number": LONG,
    "as_org": STRING,
}


class LookupTable(Protocol):
    """What the engine needs of a lookup table: its columns, SQL that finds a key's facts, the function behind it.

    `member` is the member of the facts that holds a column.
    """

    @property
    def columns(self) -> Mapping[str, Type]: ...

    @property
    def function(self) -> ArrowFunction | None: ...

    def find(self, key: str) -> str: ...

    def member(self, column: str) -> str: ...


@dataclass(frozen=True)
class GeoIp:
    """Where an address is and whose it is. Each distinct address of a batch is looked up once."""

    geo: Geo | None

    @property
    def columns(self) -> Mapping[str, Type]:
        return _GEOIP

    def find(self, key: str) -> str:
        return f"geoip({key})"

    def member(self, column: str) -> str:
        return column

    @property
    def function(self) -> ArrowFunction:
        """The SQL function behind `find`; the databases are opened at its first call."""
        members = ", ".join(f"{name} {kind.sql}" for name, kind in _GEOIP.items())

        def lookup(addresses: pa.Array) -> pa.Array:
            return (self.geo or _bundled()).lookup_arrow(addresses)

        return "geoip", ["VARCHAR"], f"STRUCT({members})", lookup


def geoip(geo: Geo | None) -> GeoIp:
    """The `geoip` lookup over the given databases, or the bundled ones."""
    return GeoIp(geo)


@cache
def _bundled() -> Geo:
    from engine.geo import Geo

    return Geo.open()


@dataclass(frozen=True)
class CsvLookup:
    """A CSV file with a header line: its first column is the key, all values are text; of equal keys the last wins."""

    name: str
    names: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]

    @property
    def columns(self) -> Mapping[str, Type]:
        return dict.fromkeys(self.names, STRING)

    @property
    def _function_name(self) -> str:
        return f"lookup_{os.fsencode(self.name).hex()}"

    def find(self, key: str) -> str:
        return f"{self._function_name}({key})"

    def member(self, column: str) -> str:
        return f"c{self.names.index(column)}"  # DuckDB takes `Code` and `code` for one name

    @property
    def function(self) -> ArrowFunction:
        """The SQL function behind `find`."""
        members = {name: self.member(name) for name in self.names}
        kind = pa.struct([(member, pa.string()) for member in members.values()])

        def facts(key: str) -> dict[str, str | None] | None:
            row = self.rows.get(key)
            return None if row is None else {member: row.get(name) for name, member in members.items()}

        def lookup(keys: pa.Array) -> pa.Array:
            return pa.array([facts(key) for key in keys.to_pylist()], kind)

        return (
            self._function_name,
            ["VARCHAR"],
            f"STRUCT({', '.join(f'{member} VARCHAR' for member in members.values())})",
            lookup,
        )


@dataclass(frozen=True)
class BrokenLookup:
    """A lookup file that cannot be used: only queries that name it fail."""

    problem: str

    @property
    def columns(self) -> Mapping[str, Type]:
        raise SourceError(self.problem)

    @property
    def function(self) -> None:
        return None

    def find(self, key: str) -> str:
        raise SourceError(self.problem)

    def member(self, column: str) -> str:
        raise SourceError(self.problem)


def csv_lookups(folder: Path | None) -> dict[str, CsvLookup | BrokenLookup]:
    """One lookup table for each `NAME.csv` of a folder."""
    if folder is None or not folder.is_dir():
        return {}
    found: dict[str, CsvLookup | BrokenLookup] = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            found[path.stem] = read_csv_lookup(path)
        except SourceError as problem:
            found[path.stem] = BrokenLookup(problem.message)
    return found


def header_names(cells: Iterable[str]) -> list[str]:
    """Field names of a header line: each name once, and one for cells without.

    >>> header_names(["id", " id ", "", "id_2"])
    ['id', 'id_2', 'column2', 'id_2_2']
    """
    names: dict[str, None] = {}
    numbers: defaultdict[str, int] = defaultdict(lambda: 1)
    for index, cell in enumerate(cells):
        first = name = cell.strip() or f"column{index}"
        while name in names:
            numbers[first] += 1
            name = f"{first}_{numbers[first]}"
        names[name] = None
    return list(names)


def read_csv_lookup(path: Path) -> CsvLookup:
    """Read a lookup file. Raises SourceError when it has no header or cannot be read."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = [row for row in csv.reader(lines) if row]
    except OSError as problem:
        raise SourceError(f"the lookup file {path} cannot be read: {problem.strerror}") from None
    except (ValueError, csv.Error) as problem:
        raise SourceError(f"the lookup file {path} cannot be read: {problem}") from None
    if not rows:
        raise SourceError(f"the lookup file {path} cannot be read: it is empty")
    names = header_names(rows[0])
    found = {row[0]: dict(zip(names, row, strict=False)) for row in rows[1:]}
    return CsvLookup(path.stem, tuple(names), found)
