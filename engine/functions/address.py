"""IP addresses."""

from __future__ import annotations

from engine.catalog import INT, LONG, STRING
from engine.functions.function import function
from engine.sql import let, once
from engine.values import Value, by_type, whole


def _address(value: Value) -> str:
    """Canonical text of an address: of an address, or of text that is one."""
    if value.type.name == "ip":
        return value.sql
    return once(value.sql, lambda x: f"ip_parse({x})") if value.type == STRING else "NULL"


@function
def ip2long(address: Value) -> Value:
    """An IPv4 address as a number; null for anything else.

    Example:
        ip2long("192.168.0.1") == 3232235521
    """
    return Value(once(by_type(address, STRING, _address), lambda ip: f"ip4_number({ip})"), LONG)


@function
def ip2int(address: Value) -> Value:
    """An IPv4 address as a signed number of 32 bits; null for anything else.

    Example:
        ip2int("255.255.255.255") == -1
    """
    number = ip2long(address).sql
    return Value(f"CAST(({number} + 2147483648) % 4294967296 - 2147483648 AS INTEGER)", INT)


@function
def long2ip(number: Value) -> Value:
    """The text of the IPv4 address behind a number; null for text.

    Example:
        long2ip(3232235521) == "192.168.0.1"
    """
    return Value(f"ip_of_number(CAST({whole(number).sql} AS BIGINT))", STRING)


@function
def network(address: Value, bits: Value) -> Value:
    """The network that an address is in, as text; null when the number of bits does not fit.

    So `network(ip, 16) == "172.20.0.0"` asks whether an address is in 172.20.0.0/16. IPv6 is written in full.

    Example:
        network("192.0.2.130", 28) == "192.0.2.128" and network("2001:db8::1", 32) == "2001:db8:0:0:0:0:0:0"
    """
    length = whole(bits).sql
    return Value(let(by_type(address, STRING, _address), lambda ip: _network(ip, length, bits.constant)), STRING)


def _network(ip: str, bits: str, known: object) -> str:
    if known in (8, 16, 24):  # the networks that are asked for most are a matter of text
        parts = int(known) // 8
        short = f"regexp_extract({ip}, '^(\\d+\\.){{{parts}}}') || '{'.'.join('0' * (4 - parts))}'"
    else:
        masked = f"ip4_number({ip}) & (4294967296 - CAST(pow(2, 32 - {bits}) AS BIGINT))"
        short = f"if({bits} BETWEEN 0 AND 32, {let(masked, lambda number: f'ip_of_number({number})')}, NULL)"
    long = let(bits, lambda length: f"if({length} BETWEEN 0 AND 128, ip6_network({ip}, {length}), NULL)")
    return f"CASE WHEN contains({ip}, ':') THEN {long} WHEN {ip} IS NOT NULL THEN {short} END"
