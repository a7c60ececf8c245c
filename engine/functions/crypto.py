"""Digests, ciphers and random bytes."""

from __future__ import annotations

from engine.catalog import BINARY
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.values import NOTHING, Value

_DIGESTS = ("md5", "sha1", "sha256", "sha384", "sha512")


@function(name="hash", too_few="90690", not_constant="90690")
def hash_(algorithm: Const, data: Value | None = None) -> Value:
    """The digest of bytes: md5, sha1, sha256, sha384 or sha512; null for anything but bytes, so of text take `binary`.

    Example:
        tohex(hash("md5", binary("hello"))) == "5d41402abc4b2a76b9719d911017c592"
    """
    name = str(algorithm).lower()
    if data is None:
        raise QueryError("90691", "`hash(algorithm, data)`: the argument `data` is missing")
    if name not in _DIGESTS:
        raise QueryError("90692", f"unknown digest `{algorithm}`", hint=f"there are {', '.join(_DIGESTS)}")
    if data.type != BINARY:
        return NOTHING
    known = name in ("md5", "sha1", "sha256")  # the others are not among DuckDB's functions
    return Value(f"unhex({name}({data.sql}))" if known else f"digest({data.sql}, '{name}')", BINARY)


@function(too_few="90760", not_constant="90760")
def randbytes(count: Const) -> Value:
    """So many random bytes, 1 to 10240.

    Example:
        len(randbytes(16)) == 16
    """
    if not isinstance(count, int) or isinstance(count, bool):
        raise QueryError("90760", "the number of bytes must be a whole number")
    if not 1 <= count <= 10_240:
        raise QueryError("90761", "the number of bytes must be from 1 to 10240")
    return Value(f"random_bytes(random(), {count})", BINARY)
