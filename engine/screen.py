"""Text for a screen: values in logs are anybody's, and must not act on the terminal or page that shows them."""

from __future__ import annotations

import unicodedata

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}
_INVISIBLE = (
    *range(0x80, 0xA0),  # C1 controls: 0x9b starts a terminal sequence like ESC [
    0x061C, 0x200B, 0x200E, 0x200F, 0xFEFF,
    *range(0x2028, 0x202F),  # line and paragraph separators, direction overrides
    *range(0x2060, 0x2070),  # invisible operators, direction isolates
    *range(0xD800, 0xE000),  # halves of a pair cannot be written at all
    *range(0xE0000, 0xE0080),  # tags: invisible ASCII
)  # fmt: skip
_NEUTRAL = str.maketrans(_PICTURES | {code: f"\\u{code:04x}" for code in _INVISIBLE})


def neutralise(text: str) -> str:
    """Text in which nothing acts on the screen: controls become pictures, invisible and direction marks their codes.

    >>> neutralise("a\\x1b[2Jb\\tc\\u202egnp.exe")
    'a␛[2Jb␉c\\\\u202egnp.exe'
    """
    return text.translate(_NEUTRAL)


def neutralise_lines(text: str) -> str:
    """The same for text whose line breaks are meant."""
    return "\n".join(neutralise(line) for line in text.split("\n"))


def screen_width(text: str) -> int:
    """How many columns of a terminal a text takes: two for East Asian characters, none for combining ones.

    >>> screen_width("root"), screen_width("관리자")
    (4, 6)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
