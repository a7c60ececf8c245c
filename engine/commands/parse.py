"""`parse`: fields from what stands between anchors in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.commands.parsekv import CARRIED
from engine.commands.parsing import FIELD, OVERLAY, with_parsed
from engine.language.errors import QueryError, Span
from engine.language.grammar import fail, keyword, must, name, put, several, spanned
from engine.language.nodes import Command, Node, Option
from engine.language.pieces import ESCAPES
from engine.language.printer import print_string
from engine.plan import Rows

_QUOTED = pp.Regex(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True)
class Anchor(Node):
    """`"START*STOP" as name`: the text behind `start` up to the character `stop`, or to the end when that is empty."""

    start: str
    stop: str
    name: str

    def __str__(self) -> str:
        return f"{print_string(f'{self.start}*{self.stop}')} as {self.name}"


def _anchor(span: Span, tokens: pp.ParseResults) -> Anchor:
    written = re.sub(r'\\([\\"ntr])', lambda found: ESCAPES[found[1]], tokens[0][1:-1])
    start, _, stop = written.partition("*")
    if not start or "*" in stop:
        raise QueryError("21004", "an anchor has a text, one `*` and what ends it", span, 'such as `"user=* "`')
    return Anchor(start, stop, tokens[1], span=span)


def _unquoted(text: str, loc: int, tokens: pp.ParseResults) -> None:
    word = tokens[0]
    span = Span(loc, loc + len(word))
    rest = re.match(r"([^\s|]*)\s+as\s", text[span.end :])
    if rest is not None:
        word, span = word + rest[1], Span(loc, span.end + len(rest[1]))
        raise QueryError(
            "21004", "an anchor stands in double quotes", span, f'write `"{word if "*" in word else word + "*"}" as …`'
        )
    message = f"there is no parser `{word}`: registered parsers do not exist here"
    raise QueryError("21001", message, span, 'write anchors, such as `parse "user=* " as user`, or use `rex`')


_anchored = spanned(
    _QUOTED
    + must(keyword("as"), "21003", "`as` is expected here", 'write `"START*STOP" as name`')
    + must(name, "21005", "a field name is expected here, without quotes"),
    _anchor,
)


@dataclass(frozen=True)
class ParseCommand(Command):
    """Make fields of what stands between anchors in a text: `"user=* " as user` is what follows `user=` up to a blank.

    The text is `line` unless `field` says otherwise. Only the first character behind the `*` ends a value; without one
    it reaches to the end. Of several hits the last counts. The other fields but `_time`, `_id` and `_table` are
    dropped, unless `overlay=t`; a row without the text stays as it is.

    Example:
        json "{'line': 'user=ana from=10.0.0.1;'}" | parse "user=* " as user, "from=*;" as address
    """

    anchors: tuple[Anchor, ...] = ()

    word: ClassVar[str] = "parse"
    takes: ClassVar[tuple[Option, ...]] = (OVERLAY, FIELD)
    syntax: ClassVar[pp.ParserElement] = (
        put("anchors", several(_anchored, trailing=fail("21000", "an anchor is missing behind the comma")))
        | name.copy().add_parse_action(_unquoted)
        | fail("21000", "`parse` needs an anchor", 'such as `"user=* " as user`')
    )

    def body(self) -> str:
        return ", ".join(str(anchor) for anchor in self.anchors)

    def plan(self, rows: Rows) -> Rows:
        field = rows.context.option(self, "field", "line")
        return with_parsed(rows, self, field, lambda text: between(text, self.anchors), carried=CARRIED)


def between(text: str, anchors: Sequence[Anchor]) -> dict[str, str]:
    """What stands between anchors, read from left to right; at one place the first anchor that fits counts.

    >>> between("a=1,b=2", [Anchor("a=", ",", "a"), Anchor("b=", "", "b")])
    {'a': '1', 'b': '2'}
    """
    found: dict[str, str] = {}
    starts = re.compile("|".join(re.escape(anchor.start) for anchor in anchors))
    last = {anchor.stop: text.rfind(anchor.stop[0]) if anchor.stop else len(text) for anchor in anchors}
    at = 0
    while (place := starts.search(text, at)) is not None:
        at = place.start() + 1
        for anchor in anchors:
            begin = place.start() + len(anchor.start)
            if text.startswith(anchor.start, place.start()) and begin <= last[anchor.stop]:
                end = text.index(anchor.stop[0], begin) if anchor.stop else len(text)
                found[anchor.name] = text[begin:end]
                at = end  # the character that ends a value may begin the next anchor
                break
    return found
