"""JSON as the `json` command takes it: quotes may be single or absent, `=` may stand for `:`, commas may trail.

>>> read("[{a: 8, 'b': \\"m\\"}, ]")
[{'a': 8, 'b': 'm'}]
"""

from __future__ import annotations

import re
from typing import Any

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORD = re.compile(r"[^\s,:=\[\]{}\"']+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CONSTANTS = {"true": True, "false": False, "null": None}


def read(text: str) -> Any:
    """The value of a JSON text; ValueError when there is none or something follows it."""
    reader = _Reader(text)
    value = reader.value(depth=0)
    if reader.peek():
        raise ValueError(f"unexpected `{reader.peek()}`")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Any:
        if depth > 100:
            raise ValueError("nested too deeply")
        match self.peek():
            case "{":
                return self.object(depth)
            case "[":
                return self.array(depth)
            case '"' | "'":
                return self.quoted()
            case _:
                return self.bare()

    def object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        found: dict[str, Any] = {}
        while (char := self.peek()) != "}":
            key = self.quoted() if char and char in "\"'" else self.word()
            if self.peek() not in (":", "=") or not self.peek():
                raise ValueError(f"`:` is missing behind `{key}`")
            self.at += 1
            found[key] = self.value(depth + 1)
            self.comma("}")
        self.at += 1
        return found

    def array(self, depth: int) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while self.peek() != "]":
            found.append(self.value(depth + 1))
            self.comma("]")
        self.at += 1
        return found

    def comma(self, closing: str) -> None:
        char = self.peek()
        if char == ",":
            self.at += 1
        elif char != closing:
            raise ValueError(f"`{closing}` is missing" if not char else f"unexpected `{char}`")

    def quoted(self) -> str:
        quote, parts = self.text[self.at], list[str]()
        self.at += 1
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == quote:
                return "".join(parts)
            parts.append(self.escape() if char == "\\" else char)
        raise ValueError(f"a {quote} is never closed")

    def escape(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += 1
        if char == "u":
            digits = self.text[self.at : self.at + 4]
            self.at += 4
            return chr(int(digits, 16))
        return _ESCAPES.get(char, char)

    def word(self) -> str:
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise ValueError(f"unexpected `{self.peek()}`" if self.peek() else "the text ends too early")
        self.at = match.end()
        return match.group()

    def bare(self) -> Any:
        word = self.word()
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if _NUMBER.fullmatch(word):
            return float(word) if any(char in word for char in ".eE") else int(word)
        return word
