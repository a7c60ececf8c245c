"""RSA with PKCS#1 padding in plain Python, for the few encrypted values that logs hold.

It is meant for reading logs, where an attacker cannot measure how long it takes.
"""

from __future__ import annotations

import os

_SEQUENCE, _INTEGER, _BITS, _OCTETS = 0x30, 0x02, 0x03, 0x04
_LONGEST = 16_384  # bits; longer keys would take minutes


def encrypt(key: bytes, data: bytes) -> bytes | None:
    """Data encrypted with a public key (X.509, DER); null when the key is none or the data is too long for it."""
    numbers = _public(key)
    if numbers is None:
        return None
    modulus, exponent = numbers
    size = (modulus.bit_length() + 7) // 8
    if len(data) > size - 11:
        return None
    filler = bytes(1 + byte % 255 for byte in os.urandom(size - 3 - len(data)))
    padded = int.from_bytes(b"\x00\x02" + filler + b"\x00" + data)
    return pow(padded, exponent, modulus).to_bytes(size)


def decrypt(key: bytes, data: bytes) -> bytes | None:
    """What was encrypted, by the private key (PKCS#8, DER); null when they do not fit each other."""
    numbers = _private(key)
    if numbers is None:
        return None
    modulus, exponent = numbers
    size = (modulus.bit_length() + 7) // 8
    if len(data) != size:
        return None
    padded = pow(int.from_bytes(data), exponent, modulus).to_bytes(size)
    end = padded.find(b"\x00", 2)
    return padded[end + 1 :] if padded[:2] == b"\x00\x02" and end >= 10 else None


def _public(key: bytes) -> tuple[int, int] | None:
    try:
        (_, (_, bits)) = _parts(_inside(key, _SEQUENCE), 2)
        (modulus, exponent) = _integers(_inside(bits[1:], _SEQUENCE))[:2]
    except (ValueError, IndexError):
        return None
    return (modulus, exponent) if 0 < modulus.bit_length() <= _LONGEST else None


def _private(key: bytes) -> tuple[int, int] | None:
    try:
        (_, _, (_, octets)) = _parts(_inside(key, _SEQUENCE), 3)
        (_, modulus, _, exponent) = _integers(_inside(octets, _SEQUENCE))[:4]
    except (ValueError, IndexError):
        return None
    return (modulus, exponent) if 0 < modulus.bit_length() <= _LONGEST else None


def _integers(data: bytes) -> list[int]:
    return [int.from_bytes(value) for tag, value in _values(data) if tag == _INTEGER]


def _parts(data: bytes, count: int) -> list[tuple[int, bytes]]:
    """The first values of a sequence; ValueError when there are fewer."""
    found = _values(data)
    if len(found) < count or found[count - 1][0] not in (_BITS, _OCTETS):
        raise ValueError("no key")
    return found[:count]


def _inside(data: bytes, wanted: int) -> bytes:
    tag, value = _values(data)[0]
    if tag != wanted:
        raise ValueError("no key")
    return value


def _values(data: bytes) -> list[tuple[int, bytes]]:
    """Tags and contents of DER values, one after the other."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            width = length & 0x7F
            length, at = int.from_bytes(data[at : at + width]), at + width
        if at + length > len(data):
            raise ValueError("cut off")
        found.append((tag, data[at : at + length]))
        at += length
    return found
