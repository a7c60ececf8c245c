"""`signature`: the punctuation of a log line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.catalog import STRING
from engine.language.nodes import Command
from engine.plan import Rows, warn_unknown
from engine.values import Value, only


@dataclass(frozen=True)
class Signature(Command):
    """Add `signature`: the text of `line` without letters, digits and what stands in double quotes.

    Lines of one kind have the same signature, so counting by it shows the kinds. A quoted part leaves one `"`.

    Example:
        json "[{'line': 'GET /a 200'}, {'line': 'GET /b 404'}]" | signature | stats count by signature
    """

    word: ClassVar[str] = "signature"
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, ["line"], self)
        line = only(rows.field("line"), STRING)
        unquoted = f"""regexp_replace({line.sql}, '"[^"]*("|$)', '\\1', 'g')"""
        return rows.with_fields({"signature": Value(f"regexp_replace({unquoted}, '[\\pL\\p{{Nd}}]', '', 'g')", STRING)})
