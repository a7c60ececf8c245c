"""`zipfile`: rows of text files inside of zip files."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pyparsing as pp

from engine import sql
from engine.catalog import DATE
from engine.commands.files import (
    LIMIT,
    OFFSET,
    Path_,
    files,
    lines,
    path_piece,
    path_text,
    print_path,
    sliced,
    text_rows,
)
from engine.commands.textfile import CODES
from engine.context import Context
from engine.language.errors import QueryError, SourceError
from engine.language.nodes import Command, Option
from engine.plan import Rows
from engine.values import Value


@dataclass(frozen=True)
class ZipFile(Command):
    """Read text files inside of zip files of the file folder, a row for each line with `line`, `_time` and `_file`.

    The path of the zip file begins at that folder; the path of the entry is the one inside the zip file. `*` in either
    reads several. `_file` is the name of the zip file, `_time` is when it is read.

    Example:
        zipfile limit=10 /logs/archive.zip app/*.log
    """

    path: Path_ = ""
    entry: Path_ = ""

    word: ClassVar[str] = "zipfile"
    is_source: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (LIMIT, OFFSET)
    syntax: ClassVar[pp.ParserElement] = path_piece(
        "path", CODES.path, "`zipfile` needs the path of a zip file"
    ) + path_piece("entry", CODES.path, "`zipfile` needs the path of an entry of the zip file")

    def body(self) -> str:
        return f"{print_path(self.path)} {print_path(self.entry)}"

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        made = text_rows(rows, list(sliced(self._lines(context), self, context)))
        return made.with_fields({"_time": Value(sql.instant(context.now), DATE)})

    def _lines(self, context: Context) -> Iterator[tuple[str, str]]:
        wanted = path_text(context, self.entry, CODES).lstrip("/")
        for file in files(context, path_text(context, self.path, CODES), CODES):
            try:
                with zipfile.ZipFile(file) as archive:
                    for entry in _entries(archive, wanted, file.name):
                        with archive.open(entry) as raw:
                            for line in lines(raw, f"{entry} of {file.name}", context):
                                yield line, file.name
            except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as problem:
                raise SourceError(f"the file {file.name} cannot be read: {problem}") from None


def _entries(archive: zipfile.ZipFile, wanted: str, name: str) -> list[str]:
    """Entries whose path fits."""
    pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("*")), re.IGNORECASE | re.DOTALL)
    names = [entry for entry in archive.namelist() if not entry.endswith("/")]
    found = [entry for entry in names if (pattern.fullmatch(entry) if "*" in wanted else entry == wanted)]
    if not found and "*" not in wanted:
        raise QueryError(CODES.file, f"{name} has no entry `{wanted}`")
    return found
