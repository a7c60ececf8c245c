"""`outputjson`: rows to a file of JSON lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine.commands.files import Path_, print_path
from engine.commands.output import OPTIONS, output_syntax, with_output
from engine.commands.tojson import json_text
from engine.language.nodes import Command, Option
from engine.plan import Rows, warn_unknown


@dataclass(frozen=True)
class OutputJson(Command):
    """Write each row, or the listed fields of it, to a file of the output folder as JSON, a line each.

    The rows pass on, and the file appears when the query has succeeded. Fields that are null are left out, unless they
    are listed. A file that is there is an error without `overwrite=t` or `append=t`. An app that is hosted writes no
    files.

    Example:
        json "[{'user': 'ana', 'n': 3}]" | outputjson overwrite=t /users.jsonl
    """

    path: Path_ = ""
    names: tuple[str, ...] = ()

    word: ClassVar[str] = "outputjson"
    takes: ClassVar[tuple[Option, ...]] = OPTIONS
    syntax: ClassVar[pp.ParserElement] = output_syntax("outputjson", pp.Empty())

    def body(self) -> str:
        return f"{print_path(self.path)} {', '.join(self.names)}".rstrip()

    def plan(self, rows: Rows) -> Rows:
        warn_unknown(rows, self.names, self)
        return with_output(rows, self, self.path, json_text(rows, self.names), None)
