"""What can go wrong, and how it is told.

TrailboardError
    QueryError          the user's query is wrong: code, message, place in the text, a way out
    QueryCancelled      somebody pressed cancel
    QueryTimeout        the query ran longer than it was allowed to
    SourceError         the world outside is wrong: which call, file, bucket or permission
        LakeError       the lake itself cannot be read or written
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class TrailboardError(Exception):
    """Anything that Trailboard tells its user in a sentence instead of a traceback."""


@dataclass(frozen=True)
class Span:
    """A piece of the query text: start inclusive, end exclusive, 0-based characters."""

    start: int
    end: int


class QueryError(TrailboardError):
    """A mistake in a query, as data; `str()` draws the caret once the query text is known.

    >>> error = QueryError("92000", "unknown command `serch`", Span(0, 5), "did you mean `search`?")
    >>> print(error.in_text("serch a == 1"))
    92000: unknown command `serch`
      serch a == 1
      ^^^^^ did you mean `search`?
    """

    def __init__(self, code: str, message: str, span: Span | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint
        self.text: str | None = None

    def in_text(self, text: str) -> QueryError:
        """The same error, knowing the query it is about."""
        self.text = text
        return self

    def at(self, span: Span | None) -> QueryError:
        """The same error with a place, unless it has one already."""
        if self.span is None:
            self.span = span
        return self

    def __str__(self) -> str:
        head = f"{self.code}: {self.message}"
        if self.text is None or self.span is None:
            return head if self.hint is None else f"{head} ({self.hint})"
        return f"{head}\n{draw_caret(self.text, self.span, self.hint)}"


def draw_caret(text: str, span: Span, hint: str | None = None) -> str:
    """The line of `text` that `span` begins in, underlined, with the hint behind the carets."""
    start = min(span.start, len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    width = max(1, min(span.end, line_start + len(line)) - start)
    pointer = " " * (start - line_start) + "^" * width
    return f"  {line}\n  {pointer}" + (f" {hint}" if hint else "")


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the closest known word, or nothing when none is close.

    >>> did_you_mean("evntName", ["eventName", "eventTime"])
    'did you mean `eventName`?'
    """
    names = list(known)
    folded = {name.lower(): name for name in names}
    if word.lower() in folded:
        return f"did you mean `{folded[word.lower()]}`?"
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None


class QueryCancelled(TrailboardError):
    """The query was stopped by its user."""


class QueryTimeout(TrailboardError):
    """The query ran longer than its limit."""


class SourceError(TrailboardError):
    """Something outside refused or failed: the message names the call, file or bucket, the hint the way out."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message} ({self.hint})"


class LakeError(SourceError):
    """The lake cannot be read or written."""
