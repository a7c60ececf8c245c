"""Geo look-ups: well-known public addresses, what must have no country, and databases of the user."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path

import geoip2.database
import maxminddb
import pyarrow as pa
import pytest

from engine.geo import COLUMNS, DATA, Geo, GeoFacts, arrow_type, countries, kind
from engine.language.errors import SourceError

REAL = Path(__file__).resolve().parents[2] / "shared" / "real" / "mmdb"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs MaxMind's test databases in ../shared/real/mmdb")

NOT_PUBLIC = {
    "10.1.2.3": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.0.1": "private",
    "100.64.0.1": "shared",
    "127.0.0.1": "loopback",
    "169.254.169.254": "link-local",
    "192.0.2.7": "documentation",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "198.19.255.255": "reserved",
    "0.0.0.0": "reserved",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "reserved",
    "::1": "loopback",
    "::8.8.8.8": "reserved",
    "::ffff:10.0.0.1": "private",
    "64:ff9b::808:808": "reserved",
    "2001:db8::1": "documentation",
    "2002:808:808::1": "reserved",
    "3fff::1": "documentation",
    "4000::1": "reserved",
    "fd00::1": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "ff02::1": "multicast",
    "autoscaling.amazonaws.com": "aws-service",
    "ec2.cn-north-1.amazonaws.com.cn": "aws-service",
    "AWS Internal": "aws-service",
    "035.249.253.232": "invalid",
    "8.8.8.0/24": "invalid",
    "8.8.8.8:443": "invalid",
    "8.8.8.8, 1.1.1.1": "invalid",
    "8.8.8": "invalid",
    "134744072": "invalid",
    "-": "invalid",
    "console.example.com": "invalid",
    "한국": "invalid",
}


@pytest.fixture(scope="module")
def geo() -> Geo:
    return Geo.open()


@pytest.mark.parametrize(
    ("address", "country", "number"),
    [
        ("8.8.8.8", "US", 15169),
        ("168.126.63.1", "KR", 4766),
        ("164.124.101.2", "KR", 3786),
        ("13.124.63.251", "KR", 16509),
        ("133.11.0.1", "JP", 2501),
        ("193.0.6.139", "NL", 3333),
        ("81.2.69.142", "GB", 20712),
        ("::ffff:81.2.69.142", "GB", 20712),
        ("2406:da12::1", "KR", 16509),
        ("2001:67c:2e8:22::c100:68b", "NL", 3333),
        ("2A00:1450:4001:0::1", "DE", 15169),
    ],
)
def test_public_addresses_have_a_country_and_a_network(geo: Geo, address: str, country: str, number: int) -> None:
    facts = geo.lookup(address)
    assert facts is not None
    assert (facts.country, facts.asn_number) == (country, number)
    assert facts.country_name == countries()[country].en
    assert facts.continent == countries()[country].continent
    assert facts.asn == f"AS{number} {facts.as_org}"
    assert kind(address) is None


@pytest.mark.parametrize(("address", "label"), NOT_PUBLIC.items())
def test_what_is_no_public_address_has_no_facts_but_a_kind(geo: Geo, address: str, label: str) -> None:
    assert geo.lookup(address) is None
    assert kind(address) == label


@pytest.mark.parametrize("address", [None, ""])
def test_no_address_has_neither_facts_nor_kind(geo: Geo, address: str | None) -> None:
    assert geo.lookup(address) is None
    assert kind(address) is None


def test_special_ranges_end_where_they_should(geo: Geo) -> None:
    neighbours = ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"]
    assert [kind(address) for address in neighbours] == [None] * 6


def test_every_country_of_the_bundled_database_is_in_the_table() -> None:
    # Subtrees are shared in the file, so walking it takes a while: a sample of addresses does.
    rng = random.Random(1)
    with maxminddb.open_database(DATA / "geo" / "country.mmdb") as reader:
        records = [reader.get(IPv4Address(rng.getrandbits(32))) for _ in range(50_000)]
    codes = {record["country"]["iso_code"] for record in records if isinstance(record, dict)}
    assert len(codes) > 150
    assert codes <= countries().keys()


def test_bundled_databases_open_with_geoip2() -> None:
    with geoip2.database.Reader(DATA / "geo" / "country.mmdb") as reader:
        assert reader.country("8.8.8.8").country.iso_code == "US"
        assert reader.country("2406:da12::1").country.name == "South Korea"
        assert reader.country("::ffff:81.2.69.142").continent.code == "EU"
    with geoip2.database.Reader(DATA / "geo" / "asn.mmdb") as reader:
        assert reader.asn("8.8.8.8").autonomous_system_organization == "Google LLC"


def test_bundled_sources_are_named(geo: Geo) -> None:
    assert "[IP Geolocation by DB-IP](https://db-ip.com)" in geo.sources
    assert geo.sources.count("CC BY 4.0") == 2
    assert all(f"https://{name}" in geo.sources for name in ("www.routeviews.org", "www.nro.net"))


def test_arrow_has_a_struct_per_address(geo: Geo) -> None:
    addresses = ["8.8.8.8", None, "10.0.0.1", "8.8.8.8", "AWS Internal"]
    structs = geo.lookup_arrow(pa.array(addresses))
    assert structs.type == arrow_type()
    assert [struct and struct["country"] for struct in structs.to_pylist()] == ["US", None, None, "US", None]
    assert structs.null_count == 3
    assert tuple(structs.to_pylist()[0]) == COLUMNS == geo.columns


def test_arrow_takes_chunks_dictionaries_and_fewer_columns(geo: Geo) -> None:
    chunked = pa.chunked_array([["8.8.8.8"], [None, "168.126.63.1"]])
    expected = [{"country": "US"}, None, {"country": "KR"}]
    assert geo.lookup_arrow(chunked, ["country"]).to_pylist() == expected
    assert geo.lookup_arrow(chunked.combine_chunks().dictionary_encode(), ["country"]).to_pylist() == expected
    empty = geo.lookup_arrow(pa.array([], pa.string()), ["asn_number", "asn"])
    assert empty.type == pa.struct([("asn_number", pa.int64()), ("asn", pa.string())])
    assert len(empty) == 0


def test_many_threads_get_the_same_answers() -> None:
    rng = random.Random(2)
    addresses = [str(IPv4Address(rng.getrandbits(32))) for _ in range(2_000)]
    alone = Geo.open().lookup_many(addresses)
    shared = Geo.open()
    with ThreadPoolExecutor(8) as pool:
        assert all(answers == alone for answers in pool.map(shared.lookup_many, [addresses] * 8))


@needs_real
def test_a_city_database_adds_region_city_and_place() -> None:
    geo = Geo.open(country=REAL / "GeoLite2-City-Test.mmdb")
    facts = geo.lookup("81.2.69.142")
    assert facts is not None
    assert (facts.country, facts.region, facts.city) == ("GB", "England", "London")
    assert (facts.latitude, facts.longitude) == (51.5142, -0.0931)
    assert facts.asn_number == 20712
    assert "GeoLite2-City by [MaxMind]" in geo.sources


@needs_real
def test_a_country_and_an_asn_database_of_the_user() -> None:
    geo = Geo.open(REAL / "GeoLite2-Country-Test.mmdb", REAL / "GeoLite2-ASN-Test.mmdb")
    assert geo.lookup("81.2.69.142") == GeoFacts("GB", "United Kingdom", "EU")
    assert geo.lookup("1.128.0.0") == GeoFacts(asn="AS1221 Telstra Pty Ltd", asn_number=1221, as_org="Telstra Pty Ltd")
    assert geo.lookup("168.126.63.1") is None


@needs_real
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("GeoIP2-City-Test-Broken-Double-Format.mmdb", "cannot read"),
        ("MaxMind-DB-test-broken-pointers-24.mmdb", "is of type `Test`"),
        ("GeoLite2-ASN-Test.mmdb", "is of type `GeoLite2-ASN`, not Country or City or Enterprise"),
    ],
)
def test_a_broken_or_foreign_database_is_refused_by_name(file: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        Geo.open(country=REAL / file)
    assert file in caught.value.message
    assert "bundled" in str(caught.value.hint)


def test_a_missing_file_and_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.mmdb"
    text.write_text("no database")
    with pytest.raises(SourceError, match="there is no geo database"):
        Geo.open(country=tmp_path / "absent.mmdb")
    for path in (text, tmp_path):
        with pytest.raises(SourceError, match="cannot read the geo database"):
            Geo.open(asn=path)


def test_a_database_cut_short_is_refused_or_silent(tmp_path: Path) -> None:
    """A file with holes in its data must never crash a look-up nor invent a country."""
    whole = (DATA / "geo" / "country.mmdb").read_bytes()
    head = whole.rindex(b"\xab\xcd\xefMaxMind.com")
    for keep in (head // 2, head - 2_000):
        broken = tmp_path / f"{keep}.mmdb"
        broken.write_bytes(whole[:keep] + whole[head:])
        try:
            geo = Geo.open(country=broken)
        except SourceError:
            continue
        assert {facts.country for facts in geo.lookup_many(["8.8.8.8", "168.126.63.1"]) if facts} <= {None, "US", "KR"}
