"""SQL functions that DuckDB lacks, over Arrow arrays: character sets, IPv6, long digests, AES, RSA, random bytes."""

from __future__ import annotations

import codecs
import hashlib
import ipaddress
import json
import math
import os
import re
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pyarrow as pa

from engine import aes, rsa
from engine.backend import ArrowFunction
from engine.language.errors import QueryError


def known_charset(name: object, code: str) -> str:
    """The codec of a character set's name, as a constant of the query; an unknown one is an error.

    >>> known_charset("EUC-KR", "90811"), known_charset("UTF8", "90811")
    ('euc_kr', 'utf-8')
    """
    try:
        found = codecs.lookup(str(name))
    except (LookupError, ValueError):
        found = None
    if found is None or not found._is_text_encoding:
        raise QueryError(code, f"unknown character set `{name}`", hint="for example utf-8, euc-kr or iso-8859-1")
    return found.name


def encode(text: str, charset: str) -> bytes:
    """Bytes of text; characters that the set lacks become `?`. UTF-16 begins with its mark, high byte first."""
    if charset == "utf-16":
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be", "replace")
    return text.encode(charset, "replace")


def decode(data: bytes, charset: str) -> str:
    """Text of bytes; what is no character becomes U+FFFD. UTF-16 without a mark has its high byte first."""
    if charset == "utf-16" and not data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        charset = "utf-16-be"
    return data.decode(charset, "replace")


def ip6_text(text: str) -> str | None:
    """An IPv6 address as eight groups in lower case without leading zeros, null when it is none.

    >>> ip6_text("2001:DB8::1.2.3.4"), ip6_text("::g")
    ('2001:db8:0:0:0:0:102:304', None)
    """
    try:
        packed = ipaddress.IPv6Address(text).packed
    except ValueError:
        return None
    if "%" in text:
        return None
    return ":".join(f"{packed[i] << 8 | packed[i + 1]:x}" for i in range(0, 16, 2))


def _ip6_texts(texts: pa.Array) -> pa.Array:
    return pa.array([None if text is None else ip6_text(text) for text in texts.to_pylist()], pa.string())


def _list_orders(texts: pa.Array) -> pa.Array:
    return pa.array([None if text is None else list_order(text) for text in texts.to_pylist()], pa.string())


def _digest(data: bytes, algorithm: str) -> bytes:
    return hashlib.new(algorithm, data).digest()


def list_order(text: str) -> str:
    r"""A text that sorts as the array in JSON text does: element by element, the shorter one first.

    >>> list_order('["a"]') == list_order('["A"]') < list_order('["a",null]') < list_order("[[2]]")
    True
    """
    try:
        return _order(json.loads(text))
    except (ValueError, RecursionError):
        return ""


def _order(value: Any) -> str:
    """Its rank and its place among values of that rank, as text."""
    match value:
        case None:
            return "0"
        case bool():
            return "11" if value else "10"
        case int() | float():
            return f"2{_ordered_number(value)}"
        case {"$date": int(micros), **rest} if not rest:
            return f"3{micros + 10**18:020}"
        case {"$ip": str(address), **rest} if not rest:
            packed = ipaddress.ip_address(address)
            return f"{packed.version // 2 + 2}{packed.packed.hex()}"
        case str():
            # \x01 ends a text, so that it comes before a longer one.
            return "6" + value.lower().replace("\x00", "\x02").replace("\x01", "\x02") + "\x01"
        case list():
            return "7" + "".join(map(_order, value)) + "\x01"
    return "8"


def _ordered_number(value: int | float) -> str:
    """Hexadecimal digits that sort as numbers do."""
    try:
        (bits,) = struct.unpack(">q", struct.pack(">d", value + 0.0))
    except OverflowError:
        bits = struct.unpack(">q", struct.pack(">d", math.inf if value > 0 else -math.inf))[0]
    return f"{(bits ^ (2**63 - 1) if bits < 0 else bits) + 2**63:016x}"


def _random(_: float, size: int) -> bytes:
    """Random bytes. The first argument, another number for each row, keeps SQL from making them once for all rows."""
    return os.urandom(size)


def url_encode(text: str, charset: str) -> str:
    """Text as Java writes it into URLs."""
    return quote_plus(text, safe="*", encoding=charset, errors="replace").replace("~", "%7E")


def url_decode(text: str, charset: str) -> str:
    """The inverse; text that is no URL text stays as it is."""
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        return text
    return unquote_plus(text, encoding=charset, errors="replace")


def _rows(function: Callable[[Any, Any], Any], result: pa.DataType) -> Callable[..., pa.Array]:
    """A function of two values as one of two columns; a null argument gives null."""

    def over(first: pa.Array, second: pa.Array) -> pa.Array:
        rows = zip(first.to_pylist(), second.to_pylist(), strict=True)
        return pa.array([None if a is None or b is None else function(a, b) for a, b in rows], result)

    return over


def _ciphers(cipher: Callable[..., bytes | None]) -> Callable[..., pa.Array]:
    """AES over columns of keys, data, initial vectors (empty for none) and the words `mode/padding`."""

    def over(keys: pa.Array, data: pa.Array, vectors: pa.Array, words: pa.Array) -> pa.Array:
        made: list[bytes | None] = []
        for key, value, vector, word in zip(*(c.to_pylist() for c in (keys, data, vectors, words)), strict=True):
            if key is None or value is None or vector is None:
                made.append(None)
                continue
            mode, padding = word.split("/")
            made.append(cipher(key, value, vector or None, mode, padding != "NOPADDING"))
        return pa.array(made, pa.binary())

    return over


FUNCTIONS: tuple[ArrowFunction, ...] = (
    ("text_bytes", ["VARCHAR", "VARCHAR"], "BLOB", _rows(encode, pa.binary())),
    ("bytes_text", ["BLOB", "VARCHAR"], "VARCHAR", _rows(decode, pa.string())),
    ("ip6_text", ["VARCHAR"], "VARCHAR", _ip6_texts),
    ("list_order", ["VARCHAR"], "VARCHAR", _list_orders),
    ("digest", ["BLOB", "VARCHAR"], "BLOB", _rows(_digest, pa.binary())),
    ("aes_encrypt", ["BLOB", "BLOB", "BLOB", "VARCHAR"], "BLOB", _ciphers(aes.encrypt)),
    ("aes_decrypt", ["BLOB", "BLOB", "BLOB", "VARCHAR"], "BLOB", _ciphers(aes.decrypt)),
    ("rsa_encrypt", ["BLOB", "BLOB"], "BLOB", _rows(rsa.encrypt, pa.binary())),
    ("rsa_decrypt", ["BLOB", "BLOB"], "BLOB", _rows(rsa.decrypt, pa.binary())),
    ("random_bytes", ["DOUBLE", "INTEGER"], "BLOB", _rows(_random, pa.binary())),
    ("url_encoded", ["VARCHAR", "VARCHAR"], "VARCHAR", _rows(url_encode, pa.string())),
    ("url_decoded", ["VARCHAR", "VARCHAR"], "VARCHAR", _rows(url_decode, pa.string())),
)
