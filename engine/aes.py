"""AES in plain Python, for the few encrypted values that logs hold; no dependency is worth them.

It is meant for reading logs, where an attacker cannot measure how long it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

_BLOCK = 16


def _times_two(value: int) -> int:
    return (value << 1 ^ 0x11B) & 0xFF if value & 0x80 else value << 1


def _product(a: int, b: int) -> int:
    """Product in the field of 256 elements."""
    made = 0
    while b:
        if b & 1:
            made ^= a
        a, b = _times_two(a), b >> 1
    return made


def _substitutes() -> bytes:
    found = [0x63] * 256
    for value in range(1, 256):
        inverse = next(other for other in range(1, 256) if _product(value, other) == 1)
        rotated = [(inverse << turn | inverse >> (8 - turn)) & 0xFF for turn in range(5)]
        found[value] = rotated[0] ^ rotated[1] ^ rotated[2] ^ rotated[3] ^ rotated[4] ^ 0x63
    return bytes(found)


@cache
def _tables() -> tuple[bytes, bytes, dict[int, bytes]]:
    """Substitution, its inverse, and products with the factors that columns are mixed by."""
    forward = _substitutes()
    backward = bytes(forward.index(value) for value in range(256))
    products = {factor: bytes(_product(value, factor) for value in range(256)) for factor in (1, 2, 3, 9, 11, 13, 14)}
    return forward, backward, products


@cache
def _round_keys(key: bytes) -> tuple[bytes, ...]:
    forward = _tables()[0]
    words = [key[index : index + 4] for index in range(0, len(key), 4)]
    size, constant = len(words), 1
    while len(words) < 4 * (size + 7):
        word = words[-1]
        if len(words) % size == 0:
            word = (word[1:] + word[:1]).translate(forward)
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _times_two(constant)
        elif size > 6 and len(words) % size == 4:
            word = word.translate(forward)
        words.append(_xor(word, words[-size]))
    return tuple(b"".join(words[index : index + 4]) for index in range(0, len(words), 4))


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _mixed(block: bytes, factors: tuple[int, ...]) -> bytes:
    products = [_tables()[2][factor] for factor in factors]
    made = bytearray()
    for start in range(0, _BLOCK, 4):
        for row in range(4):
            value = 0
            for column in range(4):
                value ^= products[(column - row) % 4][block[start + column]]
            made.append(value)
    return bytes(made)


_SHIFTED = tuple((5 * index) % _BLOCK for index in range(_BLOCK))
_SHIFTED_BACK = tuple((13 * index) % _BLOCK for index in range(_BLOCK))


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One block of 16 bytes.

    >>> key, block = bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")
    >>> encrypt_block(key, block).hex()
    '69c4e0d86a7b0430d8cdb78070b4c55a'
    """
    first, *middle, last = _round_keys(key)
    block = _xor(block, first)
    for round_key in middle:
        block = block.translate(_tables()[0])
        block = _xor(_mixed(bytes(block[index] for index in _SHIFTED), (2, 3, 1, 1)), round_key)
    block = block.translate(_tables()[0])
    return _xor(bytes(block[index] for index in _SHIFTED), last)


def decrypt_block(key: bytes, block: bytes) -> bytes:
    """The inverse of `encrypt_block`.

    >>> decrypt_block(bytes(range(24)), encrypt_block(bytes(range(24)), b"sixteen letters!"))
    b'sixteen letters!'
    """
    first, *middle, last = _round_keys(key)
    block = bytes(_xor(block, last)[index] for index in _SHIFTED_BACK).translate(_tables()[1])
    for round_key in reversed(middle):
        block = _mixed(_xor(block, round_key), (14, 11, 13, 9))
        block = bytes(block[index] for index in _SHIFTED_BACK).translate(_tables()[1])
    return _xor(block, first)


def encrypt(key: bytes, data: bytes, iv: bytes | None, mode: str, padded: bool) -> bytes | None:
    """Encrypt in mode ECB or CBC; null when key, length or initial vector do not fit."""
    if padded:
        missing = _BLOCK - len(data) % _BLOCK
        data += bytes([missing]) * missing
    return _chained(encrypt_block, key, data, iv, mode, backward=False)


def decrypt(key: bytes, data: bytes, iv: bytes | None, mode: str, padded: bool) -> bytes | None:
    """Decrypt in mode ECB or CBC; null when key, length, initial vector or padding do not fit."""
    plain = _chained(decrypt_block, key, data, iv, mode, backward=True)
    if plain is None or not padded:
        return plain
    size = plain[-1] if plain else 0
    return plain[:-size] if 1 <= size <= _BLOCK and plain.endswith(bytes([size]) * size) else None


def _chained(
    cipher: Callable[[bytes, bytes], bytes], key: bytes, data: bytes, iv: bytes | None, mode: str, backward: bool
) -> bytes | None:
    needed = None if mode == "ECB" else _BLOCK
    if len(key) not in (16, 24, 32) or len(data) % _BLOCK or needed != (None if iv is None else len(iv)):
        return None
    made, before = [], iv or bytes(_BLOCK)
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        if mode == "ECB":
            made.append(cipher(key, block))
        elif backward:
            made.append(_xor(cipher(key, block), before))
            before = block
        else:
            before = cipher(key, _xor(block, before))
            made.append(before)
    return b"".join(made)
