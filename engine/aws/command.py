"""What all `aws-*` commands share: their grammar, and what they say while no AWS account is connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.language.durations import read_count
from engine.language.errors import SourceError
from engine.language.grammar import keyword, put, several
from engine.language.nodes import Command, Option
from engine.plan import Rows

_WORD = pp.Regex(r"(?!by(?:\s|$))[^\s,|\[\]\"()=]+")

#: Options of every `aws-*` command.
COMMON = (
    Option("profile", str, "connect profiles to ask, a comma list; all when left out"),
    Option("region", str, "regions to ask, a comma list; those of the profile when left out"),
    Option("limit", read_count, "at most this many rows"),
    Option("cache", str, "how old an answer may be: `5m`; `0` asks anew"),
)


@dataclass(frozen=True)
class AwsCommand(Command):
    """A source that asks an AWS API: options, then words, then `by` and dimensions."""

    words: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    is_source: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = pp.Opt(put("words", several(_WORD))) + pp.Opt(
        keyword("by") + put("by", several(_WORD))
    )

    def body(self) -> str:
        return ", ".join(self.words) + (f" by {', '.join(self.by)}" if self.by else "")

    def plan(self, rows: Rows) -> Rows:
        message = f"`{self.word}` asks an AWS account, and this version of Trailboard reads collected logs only"
        raise SourceError(message, "begin with `table …`")
