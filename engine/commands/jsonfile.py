"""`jsonfile`: rows of files with a JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import pyparsing as pp

from engine.commands.files import (
    LIMIT,
    OFFSET,
    Codes,
    Path_,
    files,
    lines,
    opened,
    path_piece,
    path_text,
    print_path,
    refuse_too_many,
    sliced,
)
from engine.commands.json import json_rows
from engine.language.durations import read_switch
from engine.language.nodes import Command, Option
from engine.plan import Rows

CODES = Codes("10900", "10901", "10902")


@dataclass(frozen=True)
class JsonFile(Command):
    """Read files of the file folder that hold a JSON object in each line.

    The path begins at that folder, and `*` in the file's name reads several. Lines that are no JSON object are left
    out, with a warning. `_file` is the name of the file; `overlay=t` keeps the text as `line`.

    Example:
        jsonfile limit=10 /events/*.jsonl
    """

    path: Path_ = ""

    word: ClassVar[str] = "jsonfile"
    is_source: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        LIMIT,
        OFFSET,
        Option("overlay", read_switch, "`t`: keep the text as `line`"),
    )
    syntax: ClassVar[pp.ParserElement] = path_piece("path", CODES.path, "`jsonfile` needs the path of a file")

    def body(self) -> str:
        return print_path(self.path)

    def plan(self, rows: Rows) -> Rows:
        found: list[dict[str, Any]] = []
        names: set[str] = set()
        for item in sliced(self._objects(rows), self, rows.context):
            found.append(item)
            names.update(item)
            refuse_too_many(len(names), len(found), self)
        return json_rows(rows, found)

    def _objects(self, rows: Rows) -> Iterator[dict[str, Any]]:
        context = rows.context
        keeps_text = context.option(self, "overlay", False)
        for file in files(context, path_text(context, self.path, CODES), CODES):
            with opened(file) as raw:
                for line in lines(raw, file.name, context):
                    fields = _fields(line)
                    if fields is not None:
                        yield ({"line": line} if keeps_text else {}) | fields | {"_file": file.name}
                    elif line.strip():
                        context.warn(f"{file.name} has lines that are no JSON object", self.span)


def _fields(line: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return {name: value for name, value in found.items() if name} if isinstance(found, dict) else None
