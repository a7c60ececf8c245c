"""Digests, ciphers and random bytes."""

from __future__ import annotations

from engine.catalog import BINARY
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.values import NOTHING, Value

_DIGESTS = ("md5", "sha1", "sha256", "sha384", "sha512")


@function(name="hash", too_few="90690 90691", not_constant="90690")
def hash_(algorithm: Const, data: Value) -> Value:
    """The digest of bytes: md5, sha1, sha256, sha384 or sha512; null for anything but bytes, so of text take `binary`.

    Example:
        tohex(hash("md5", binary("hello"))) == "5d41402abc4b2a76b9719d911017c592"
    """
    name = str(algorithm).lower()
    if name not in _DIGESTS:
        raise QueryError("90692", f"unknown digest `{algorithm}`", hint=f"there are {', '.join(_DIGESTS)}")
    if data.type != BINARY:
        return NOTHING
    known = name in ("md5", "sha1", "sha256")  # the others are not among DuckDB's functions
    return Value(f"unhex({name}({data.sql}))" if known else f"digest({data.sql}, '{name}')", BINARY)


@function(too_few="90660", not_constant="90661")
def encrypt(cipher: Const, key: Value, data: Value, iv: Value | None = None) -> Value:
    """Bytes encrypted with AES or RSA; key, data and initial vector are bytes, and null what comes of wrong ones.

    Ciphers are named as in Java: `AES/CBC/PKCS5Padding`; `AES` alone means `AES/ECB/PKCS5Padding`, `RSA` means
    `RSA/ECB/PKCS1Padding` with a public key in DER (X.509).

    Example:
        tohex(encrypt("AES", binary("0123456789abcdef"), binary("a"))) == "0950013d77ed2905ce50637eca5442ee"
    """
    return _cipher("encrypt", cipher, "90661", key, data, iv)


@function(too_few="90650", not_constant="90651")
def decrypt(cipher: Const, key: Value, data: Value, iv: Value | None = None) -> Value:
    """The bytes behind encrypted ones; key, data and initial vector are bytes, and null what comes of wrong ones.

    Ciphers are those of `encrypt`; `RSA` takes a private key in DER (`PKCS#8`).

    Example:
        isnull(decrypt("AES", binary("0123456789abcdef"), binary("too short")))
    """
    return _cipher("decrypt", cipher, "90651", key, data, iv)


def _cipher(action: str, cipher: object, code: str, key: Value, data: Value, iv: Value | None) -> Value:
    written = str(cipher).upper()
    if written in ("RSA", "RSA/ECB/PKCS1PADDING"):
        is_of_bytes = key.type == BINARY and data.type == BINARY
        return Value(f"rsa_{action}({key.sql}, {data.sql})", BINARY) if is_of_bytes else NOTHING
    algorithm, mode, padding = [*("AES/ECB/PKCS5PADDING" if written == "AES" else written).split("/"), "", ""][:3]
    if algorithm != "AES" or mode not in ("ECB", "CBC") or padding not in ("PKCS5PADDING", "NOPADDING"):
        hint = "there are AES/ECB and AES/CBC with PKCS5Padding or NoPadding, and RSA"
        raise QueryError(code, f"the cipher `{cipher}` does not exist here", hint=hint)
    if key.type != BINARY or data.type != BINARY or (iv is not None and iv.type != BINARY):
        return NOTHING
    vector = "CAST('' AS BLOB)" if iv is None else iv.sql
    return Value(f"aes_{action}({key.sql}, {data.sql}, {vector}, '{mode}/{padding}')", BINARY)


@function(not_constant="90760")
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
