"""Lookup tables that `lookup` can use: the bundled geo databases, and CSV files of a configured folder."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from engine.backend import ArrowFunction
from engine.catalog import DOUBLE, LONG, STRING, Type
from engine.language.errors import SourceError
from engine.sql import identifier

if TYPE_CHECKING:
    from engine.geo import Geo

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
    """What the engine needs of a lookup table: its columns, SQL that finds a key's facts, the function behind it."""

    @property
    def columns(self) -> Mapping[str, Type]: ...

    @property
    def function(self) -> ArrowFunction: ...

    def find(self, key: str) -> str: ...


@dataclass(frozen=True)
class GeoIp:
    """Where an address is and whose it is. Each distinct address of a batch is looked up once."""

    geo: Geo | None

    @property
    def columns(self) -> Mapping[str, Type]:
        return _GEOIP

    def find(self, key: str) -> str:
        return f"geoip({key})"

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
        return f"lookup_{self.name.encode().hex()}"

    def find(self, key: str) -> str:
        return f"{self._function_name}({key})"

    @property
    def function(self) -> ArrowFunction:
        """The SQL function behind `find`."""
        members = ", ".join(f"{identifier(name)} VARCHAR" for name in self.names)
        kind = pa.struct([(name, pa.string()) for name in self.names])

        def lookup(keys: pa.Array) -> pa.Array:
            return pa.array([self.rows.get(key) for key in keys.to_pylist()], kind)

        return self._function_name, ["VARCHAR"], f"STRUCT({members})", lookup


def csv_lookups(folder: Path | None) -> dict[str, CsvLookup]:
    """One lookup table for each `NAME.csv` of a folder."""
    if folder is None or not folder.is_dir():
        return {}
    return {path.stem: read_csv_lookup(path) for path in sorted(folder.glob("*.csv"))}


def read_csv_lookup(path: Path) -> CsvLookup:
    """Read a lookup file. Raises SourceError when it has no header or cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            names, *rows = [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, ValueError) as problem:
        raise SourceError(f"the lookup file {path} cannot be read: {problem or 'it is empty'}") from None
    found = {row[0]: dict(zip(names, row, strict=False)) for row in rows}
    return CsvLookup(path.stem, tuple(names), found)
