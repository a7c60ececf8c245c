"""Mistakes in a query, as an editor shows them: where, how bad, and the change that mends it where one is known."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.catalog import Catalog, Scan, Table
from engine.context import Warned
from engine.language.errors import QueryError, Span, TrailboardError, draw_caret
from engine.query import Engine

log = logging.getLogger(__name__)

_INSTEAD = re.compile(r"(?:did you mean|write|equality is written) `([^`…]+)`\??")
_NAMED = re.compile(r"`([^`]+)`")
WIDEST_EXCERPT = 96  # characters of a line shown around a mistake


@dataclass(frozen=True)
class Fix:
    """A piece of the query and what to write in its place."""

    span: Span
    text: str

    def on(self, query_text: str) -> str:
        """The query after the change.

        >>> Fix(Span(0, 5), "search").on("serch a == 1")
        'search a == 1'
        """
        return query_text[: self.span.start] + self.text + query_text[self.span.end :]


@dataclass(frozen=True)
class Problem:
    """One mistake, or something allowed that is probably not meant."""

    span: Span
    severity: Literal["error", "warning"]
    message: str
    fix: Fix | None = None


def fix(text: str, span: Span | None, message: str, hint: str | None) -> Fix | None:
    """The one-word change that a hint proposes, when it is clear which piece of the text it replaces.

    >>> fix("table t | serch a", Span(10, 15), "unknown command `serch`", "did you mean `search`?")
    Fix(span=Span(start=10, end=15), text='search')
    """
    proposed = _INSTEAD.fullmatch(hint or "")
    place = _named_word(text, span, message)
    return Fix(place, proposed.group(1)) if proposed is not None and place is not None else None


def _named_word(text: str, span: Span | None, message: str) -> Span | None:
    """Where the word stands that a message is about; a message may name others too, such as its command."""
    if span is None:
        return None
    places = (_word_in(text, span, word) for word in _NAMED.findall(message))
    return next((place for place in places if place is not None), None)


def _word_in(text: str, span: Span, word: str) -> Span | None:
    """Where in a span a word stands, if it does once: a warning is about a word somewhere in its command."""
    if text[span.start : span.end] == word:
        return span
    places = list(re.finditer(rf"(?<![\w.\"]){re.escape(word)}(?![\w.\"])", text[span.start : span.end]))
    if len(places) != 1:
        return None
    start = span.start + places[0].start()
    return Span(start, start + len(word))


def excerpt(text: str, span: Span, hint: str | None = None) -> str:
    """The line with the mistake, underlined; of a long line only the part around it.

    >>> print(excerpt("x" * 200 + " serch", Span(201, 206)))
      …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx serch
                                                                                                  ^^^^^
    """
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.start)
    end = len(text) if end < 0 else end
    left = max(start, min(span.start - WIDEST_EXCERPT // 2, end - WIDEST_EXCERPT))
    right = min(end, left + WIDEST_EXCERPT)
    before, after = "…" if left > start else "", "…" if right < end else ""
    shift = len(before) - left
    return draw_caret(before + text[left:right] + after, Span(span.start + shift, span.end + shift), hint)


def without_rows(catalog: Catalog) -> Catalog:
    """The same tables and fields with no file behind them: queries can be checked against it in no time."""
    nothing = Scan((), 0, 0)
    tables = tuple(
        Table(table.name, table.fields, table.description, lambda start, end: nothing) for table in catalog.tables
    )
    return Catalog(tables, catalog.version)


def problems(text: str, checker: Engine, values: Mapping[str, Any] | None = None) -> tuple[Problem, ...]:
    """What is wrong with a query. `checker` is an engine over `without_rows`, so nothing is read and nothing runs."""
    if not text.strip():
        return ()
    try:
        plan = checker.explain(text, values)
    except QueryError as problem:
        span = problem.span or Span(0, len(text))
        message = problem.message if problem.hint is None else f"{problem.message}\n{problem.hint}"
        return (Problem(span, "error", message, fix(text, problem.span, problem.message, problem.hint)),)
    except TrailboardError as problem:
        return (Problem(Span(0, len(text)), "warning", str(problem)),)
    except Exception:  # a check must never disturb the typing; running the query will tell
        log.exception("a query could not be checked")
        return ()
    # Without a table every field is unknown: the cause alone is worth telling.
    causes = [warned for warned in plan.warnings if warned.message.startswith("no table fits")]
    return tuple(_warning(text, warned) for warned in causes or plan.warnings)


def _warning(text: str, warned: Warned) -> Problem:
    span = warned.span or Span(0, len(text))
    place = _named_word(text, span, warned.message)
    return Problem(place or span, "warning", str(warned), fix(text, span, warned.message, warned.hint))
