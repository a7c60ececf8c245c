"""The pieces that syntax is built from: words, texts, lists, and `must`, which says what is missing.

`must(piece, code, message)` is a piece that has to be there: where it is not, the error carries the language's code
and points at the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyparsing as pp

from engine.language.errors import QueryError, Span
from engine.language.nodes import FieldRef, Literal

QUOTES = '"\u201c\u201d\u201e\u201f\u2033\u301d\u301e\uff02'
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
BARE = rf"(?:[^\s{QUOTES}()\[\],+\-*/<>=!|{DASHES}\u2264\u2265]|!(?!=))+"
BLANK = re.compile(r"[\s\u200b\ufeff]*")
ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r"}


def skip_blanks(text: str, loc: int) -> int:
    return BLANK.match(text, loc).end()  # type: ignore[union-attr]


def fail(code: str, message: str, hint: str | None = None, width: int = 1) -> pp.ParserElement:
    """A piece that never matches: reaching it is the error."""

    def action(text: str, loc: int, _: pp.ParseResults) -> None:
        start = BLANK.match(text, loc).end()  # type: ignore[union-attr]
        word = re.compile(BARE).match(text, start)
        raise QueryError(code, message, Span(start, word.end() if word else start + width), hint)

    return pp.Empty().set_parse_action(action)


def must(piece: pp.ParserElement, code: str, message: str, hint: str | None = None) -> pp.ParserElement:
    """`piece`, or the error that says what is missing."""
    return piece | fail(code, message, hint)


def spanned(piece: pp.ParserElement, build: Callable[[Span, pp.ParseResults], Any]) -> pp.ParserElement:
    """`piece`, turned into whatever `build` makes of its place and tokens."""
    end = pp.Empty().leave_whitespace().set_parse_action(lambda _, loc, __: loc)

    def action(_: str, loc: int, tokens: pp.ParseResults) -> list[Any]:
        return [build(Span(loc, tokens[-1]), tokens[:-1])]

    placed: pp.ParserElement = (piece + end).set_parse_action(action)
    return placed


def several(piece: pp.ParserElement, trailing: pp.ParserElement | None = None) -> pp.ParserElement:
    """One or more pieces with commas between, as one tuple; `trailing` says what a comma with nothing behind it is."""
    following = piece if trailing is None else piece | trailing
    listing = piece + (pp.Suppress(",") + following)[...]
    listed: pp.ParserElement = listing.set_parse_action(lambda tokens: [tuple(tokens)])
    return listed


@dataclass(frozen=True)
class Put:
    field: str
    value: Any


def put(field: str, piece: pp.ParserElement) -> pp.ParserElement:
    """`piece`, whose one token becomes a field of the command. (pyparsing's results names unpack tuples.)"""
    return pp.And([piece]).set_parse_action(lambda tokens: [Put(field, tokens[0])])


def keyword(word: str, caseless: bool = False) -> pp.ParserElement:
    """A word of its own, not the beginning of a longer one."""
    flags = re.IGNORECASE if caseless else 0
    return pp.Suppress(pp.Regex(rf"{word}(?={WORD_END})", flags)).set_name(f"`{word}`")


WORD_END = rf"[\s{QUOTES}()\[\],|]|$"


def _unescape(body: str, start: int) -> str:
    """The text that a quoted literal stands for; `start` is where its first character is."""

    def one(match: re.Match[str]) -> str:
        char = match.group(1)
        if char not in ESCAPES:
            place = start + match.start()
            raise QueryError(
                "90205", f"invalid escape `\\{char}`", Span(place, place + 2), "write `\\\\` for a backslash"
            )
        return ESCAPES[char]

    # A raw line break or tab inside quotes counts as blanks; only \n and \t make real ones.
    flat = re.sub(r"\r\n|[\r\n]", " ", body).replace("\t", "    ") if re.search(r"[\r\n\t]", body) else body
    return re.sub(r"\\(.)", one, flat) if "\\" in flat else flat


def _string_literal(_: str, loc: int, tokens: pp.ParseResults) -> Literal:
    raw = tokens[0]
    return Literal(_unescape(raw[1:-1], loc + 1), span=Span(loc, loc + len(raw)))


_closed = pp.Regex(rf"[{QUOTES}](?:[^{QUOTES}\\]|\\.)*[{QUOTES}]", re.DOTALL)
_unclosed = pp.Regex(rf"[{QUOTES}].*", re.DOTALL)


def _raise_unclosed(_: str, loc: int, tokens: pp.ParseResults) -> None:
    raise QueryError("90203", "this quote is never closed", Span(loc, loc + 1), 'add a closing `"`')


#: A quoted text as a Literal.
string = _closed.set_parse_action(_string_literal) | _unclosed.set_parse_action(_raise_unclosed)

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE]\d+)?[fFdD]?|NaN|Infinity")
_CONSTANTS = {"true": True, "false": False, "null": None}
OPERATOR_WORDS = ("and", "or")


def word_value(text: str, span: Span) -> Literal | FieldRef:
    if text in _CONSTANTS:
        return Literal(_CONSTANTS[text], span=span)
    if text.isascii() and text.isdigit():
        return Literal(int(text), span=span) if int(text) < 2**63 else Literal(float(text), span=span)
    if _NUMBER.fullmatch(text):
        return Literal(float(text.rstrip("fFdD") if text not in ("NaN", "Infinity") else text), span=span)
    return FieldRef(unicodedata.normalize("NFC", text), span=span)


def is_bare_name(text: str) -> bool:
    """Can a field of this name be written as it is?"""
    return (
        re.fullmatch(BARE, text) is not None
        and text not in OPERATOR_WORDS
        and isinstance(word_value(text, Span(0, 0)), FieldRef)
        and unicodedata.is_normalized("NFC", text)
    )


#: A field name, as text.
name = pp.Regex(BARE).set_parse_action(lambda tokens: unicodedata.normalize("NFC", tokens[0])).set_name("a field name")


def refuse_leftover(text: str, loc: int, inside: bool = False) -> None:
    """After a command there is `|`, `]` or nothing; anything else is a mistake with a code of its own.

    `inside` parentheses a comma or a `)` may follow too, but the caller has looked for those.
    """
    loc = skip_blanks(text, loc)
    char = text[loc : loc + 1]
    if char in ("", "|", "]", "\u01c0", "\u05c0", "\u2223", "\u2758"):
        return
    if char == ")":
        raise QueryError(
            "90202", "this `)` closes nothing", Span(loc, loc + 1), "remove it, or add the `(` it belongs to"
        )
    if char in QUOTES:
        string.parse_string(text[loc:])  # an unclosed quote has its own message
    word = re.compile(BARE).match(text, loc)
    end = word.end() if word else loc + 1
    leftover = text[loc:end]
    hint = None
    if leftover in ("AND", "OR", "NOT"):
        hint = f"write `{leftover.lower()}`" if leftover != "NOT" else "write `not(…)`"
    elif re.search(r"(?:^|[\s(|])not\s+$", text[:loc]):
        hint = "write `not(…)`"
    elif leftover == "=":
        hint = "equality is written `==`"
    raise QueryError("90201", f"`{leftover}` does not belong here", Span(loc, end), hint)
