"""Where an address is and whose network it belongs to, from the bundled databases or the user's own.

Only public addresses have an answer. What is private, reserved, the name of an AWS service or no address at
all has none, and `kind` says which of these it is: a wrong country is worse than no country.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import maxminddb
from maxminddb import InvalidDatabaseError

from engine.language.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

DATA = Path(__file__).resolve().parent.parent / "data"
MEMORY = 1 << 16  # looked-up addresses that are kept, about 20 MB
PROBED = 32  # records read on opening a database, to notice a broken one early

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class GeoFacts:
    """What the databases say about a public address; null where they say nothing."""

    country: str | None = None  # ISO 3166 alpha-2
    country_name: str | None = None  # English
    continent: str | None = None  # two letters: AF AN AS EU NA OC SA
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: str | None = None  # "AS16509 Amazon.com, Inc."
    asn_number: int | None = None
    as_org: str | None = None


COLUMNS = tuple(field.name for field in fields(GeoFacts))


class Geo:
    """Look-ups in one country (or city) database and one AS number database; safe to share between threads.

    >>> geo = Geo.open()
    >>> geo.lookup("8.8.8.8").country, geo.lookup("8.8.8.8").asn
    ('US', 'AS15169 Google LLC')
    >>> geo.lookup("10.0.0.1"), geo.lookup("ec2.amazonaws.com"), geo.lookup("035.249.253.232")
    (None, None, None)
    """

    columns = COLUMNS

    def __init__(self, country: maxminddb.Reader, asn: maxminddb.Reader, sources: str) -> None:
        self.sources = sources  # Markdown: who made the data, as their licences ask to say
        self._country = country
        self._asn = asn
        self._remembered = lru_cache(MEMORY)(self._look_up)

    @classmethod
    def open(cls, country: str | Path | None = None, asn: str | Path | None = None) -> Geo:
        """Open the bundled databases, or the user's GeoLite2, GeoIP2 or DB-IP files in their place.

        `country` takes a country, city or enterprise database, `asn` an AS number or ISP database.
        Raises SourceError for a file that is missing, broken or of another type.
        """
        countries = _open(Path(country or DATA / "geo" / "country.mmdb"), ("Country", "City", "Enterprise"))
        numbers = _open(Path(asn or DATA / "geo" / "asn.mmdb"), ("ASN", "ISP"))
        return cls(countries, numbers, " · ".join((_source(countries), _source(numbers))))

    def lookup(self, address: str | None) -> GeoFacts | None:
        """The facts about a public address; null for everything else and for addresses the databases lack."""
        return None if not address else self._remembered(address)

    def lookup_many(self, addresses: Sequence[str | None]) -> list[GeoFacts | None]:
        """The facts about each address, in order."""
        return [self.lookup(address) for address in addresses]

    def lookup_arrow(self, addresses: pa.Array | pa.ChunkedArray, columns: Sequence[str] = COLUMNS) -> pa.StructArray:
        """A struct per address with the members `columns`, null where there are no facts.

        Each distinct address is looked up once; fewer columns are faster.
        """
        import pyarrow as pa

        if isinstance(addresses, pa.ChunkedArray):
            addresses = addresses.combine_chunks()
        encoded = addresses if pa.types.is_dictionary(addresses.type) else addresses.dictionary_encode()
        facts = self.lookup_many(encoded.dictionary.to_pylist())
        members = [
            pa.array([None if fact is None else getattr(fact, member.name) for fact in facts], member.type)
            for member in arrow_type(columns)
        ]
        missing = pa.array([fact is None for fact in facts], pa.bool_())
        return pa.StructArray.from_arrays(members, list(columns), mask=missing).take(encoded.indices)

    def _look_up(self, text: str) -> GeoFacts | None:
        address = _parse(text)
        if address is None or _reserved_kind(address) is not None:
            return None
        facts = _facts(_record(self._country, address), _record(self._asn, address))
        return None if facts == NOTHING else facts


NOTHING = GeoFacts()


def kind(address: str | None) -> str | None:
    """What an address is when it is not a public one; null for public addresses and where there is no text.

    One of `private`, `shared` (carrier NAT), `loopback`, `link-local`, `multicast`, `documentation`, `reserved`,
    `aws-service` (a name in place of an address) and `invalid`.

    >>> [kind(a) for a in ("8.8.8.8", "10.1.2.3", "autoscaling.amazonaws.com", "10.0.0.0/8")]
    [None, 'private', 'aws-service', 'invalid']
    """
    if not address:
        return None
    parsed = _parse(address)
    if parsed is not None:
        return _reserved_kind(parsed)
    return "aws-service" if AWS_SERVICE.fullmatch(address) else "invalid"


AWS_SERVICE = re.compile(r"AWS Internal|[\w.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)", re.IGNORECASE)


# IANA's special-purpose registries, coarse: their few reachable exceptions are no clients of anybody.
SPECIAL = {
    "0.0.0.0/8": "reserved",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "reserved",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "reserved",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::/128": "reserved",
    "::1/128": "loopback",
    "::2/127": "reserved",
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "2002::/16": "reserved",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "private",
    "ff00::/8": "multicast",
}


def _special(version: int) -> tuple[list[int], list[tuple[int, str]]]:
    """First addresses, and last address and kind, of the special ranges, sorted."""
    networks = [(ip_network(text), name) for text, name in SPECIAL.items()]
    ranges = sorted(
        (int(network.network_address), int(network.broadcast_address), name)
        for network, name in networks
        if network.version == version
    )
    return [first for first, _, _ in ranges], [(last, name) for _, last, name in ranges]


SPECIAL_RANGES = {4: _special(4), 6: _special(6)}


def _parse(text: str) -> Address | None:
    """The address a text is, or null; an IPv4 address in IPv6 form becomes itself again."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def _reserved_kind(address: Address) -> str | None:
    number = int(address)
    firsts, ranges = SPECIAL_RANGES[address.version]
    at = bisect_right(firsts, number) - 1
    if at >= 0 and number <= ranges[at][0]:
        return ranges[at][1]
    if address.version == 6 and number >> 125 != 1:  # only 2000::/3 is given out
        return "reserved"
    return None


def _open(path: Path, types: tuple[str, ...]) -> maxminddb.Reader:
    """A reader whose type names one of `types` and whose first records can be read."""
    wanted = " or ".join(types)
    hint = f"give a GeoLite2, GeoIP2 or DB-IP file (.mmdb) of type {wanted}, or leave it out to use the bundled one"
    try:
        reader = maxminddb.open_database(path)
        database_type = reader.metadata().database_type
        if any(name in database_type for name in types):
            for _network, record in islice(reader, PROBED):
                if not isinstance(record, Mapping):
                    raise InvalidDatabaseError("its records are no maps")
            return reader
    except FileNotFoundError as problem:
        raise SourceError(f"there is no geo database `{path}`", hint) from problem
    except (InvalidDatabaseError, OSError, ValueError) as problem:
        message = f"cannot read the geo database `{path}`: {problem}"
        raise SourceError(message, f"download it again; {hint}") from problem
    raise SourceError(f"the geo database `{path}` is of type `{database_type}`, not {wanted}", hint)


def _source(reader: maxminddb.Reader) -> str:
    """Who made a database and when; bundled files carry the words of their licence as their description."""
    metadata = reader.metadata()
    made = datetime.fromtimestamp(metadata.build_epoch, UTC).strftime("%Y-%m-%d")
    if metadata.database_type.startswith(("GeoLite2", "GeoIP2")):
        return f"{metadata.database_type} by [MaxMind](https://www.maxmind.com) ({made})"
    return f"{metadata.description.get('en') or metadata.database_type} ({made})"


def _record(reader: maxminddb.Reader, address: Address) -> Mapping[str, Any]:
    """What a database holds for an address; nothing where it is broken at this place or knows no IPv6."""
    try:
        record = reader.get(address)
    except (InvalidDatabaseError, ValueError):
        return {}
    return record if isinstance(record, Mapping) else {}


def _facts(place: Mapping[str, Any], network: Mapping[str, Any]) -> GeoFacts:
    """The facts in a GeoIP2-shaped country or city record and an ASN record."""
    country, location = _map(place, "country"), _map(place, "location")
    regions = place.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions else {}
    number = network.get("autonomous_system_number")
    organisation = network.get("autonomous_system_organization")
    return GeoFacts(
        country=country.get("iso_code"),
        country_name=_english(country),
        continent=_map(place, "continent").get("code"),
        region=_english(region),
        city=_english(_map(place, "city")),
        latitude=location.get("latitude"),
        longitude=location.get("longitude"),
        asn=None if number is None else f"AS{number} {organisation or ''}".rstrip(),
        asn_number=number,
        as_org=organisation,
    )


def _map(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = record.get(key)
    return value if isinstance(value, Mapping) else {}


def _english(named: Mapping[str, Any]) -> str | None:
    return _map(named, "names").get("en")


def arrow_type(columns: Sequence[str] = COLUMNS) -> pa.StructType:
    """The struct that `Geo.lookup_arrow` gives."""
    import pyarrow as pa

    numbers = {"latitude": pa.float64(), "longitude": pa.float64(), "asn_number": pa.int64()}
    return pa.struct([(name, numbers.get(name, pa.string())) for name in columns])


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory of ISO 3166 (and Kosovo), with its middle in degrees and on the Equal Earth map."""

    code: str  # alpha-2
    numeric: str  # three digits
    en: str
    ko: str
    continent: str
    lon: float
    lat: float
    x: float
    y: float
    dot: bool  # too small to be seen as an area on a world map


@cache
def countries() -> Mapping[str, Country]:
    """All countries by their alpha-2 code.

    >>> countries()["KR"].ko
    '대한민국'
    """
    rows = json.loads((DATA / "countries.json").read_text("utf-8"))
    return {code: Country(code, **row) for code, row in rows.items()}
