"""What `csvfile`, `jsonfile`, `textfile` and `zipfile` share: paths inside the one folder they may read, and lines."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar, cast
from zipfile import BadZipFile

import pyarrow as pa
import pyparsing as pp

from engine.catalog import STRING
from engine.context import Context
from engine.expressions import Scope
from engine.language.durations import read_count
from engine.language.errors import QueryError, SourceError
from engine.language.grammar import call_expression, fail, put, spanned
from engine.language.nodes import Call, Command, Option
from engine.language.printer import print_expression
from engine.native import known_charset
from engine.plan import Rows, stored

MOST_ROWS = 1_000_000
MOST_FIELDS = 5000
MOST_CELLS = 50_000_000
LONGEST_LINE = 10_000_000  # characters
MOST_CHARACTERS = 300_000_000
_AT_ONCE = 20_000

LIMIT = Option("limit", read_count, "at most this many rows (0: all)", "90001")
OFFSET = Option("offset", read_count, "leave out this many rows first", "90001")


def read_charset(name: str) -> str:
    """The codec of a character set's name."""
    return known_charset(name, "90001")


CHARSET = Option("cs", read_charset, "the character set of the file, `utf-8` without")

Path_ = str | Call
Item = TypeVar("Item")


@dataclass(frozen=True)
class Codes:
    """The error codes of a command: no such file, no such folder, no path at all."""

    file: str
    folder: str
    path: str


def path_piece(name: str, code: str, message: str) -> pp.ParserElement:
    """A path: a word, a text in quotes, or `$("parameter")`."""
    quoted = spanned(pp.Regex(r'"(?:[^"\\]|\\.)*"'), lambda _, tokens: re.sub(r'\\(["\\])', r"\1", tokens[0][1:-1]))
    parameter = pp.FollowedBy(pp.Regex(r"\$\s*\(")) + call_expression
    unclosed = pp.FollowedBy('"') + fail("90005", "this quote is never closed", 'add a closing `"`')
    return put(name, parameter | quoted | pp.Regex(r'[^\s|\[\]"]+')) | unclosed | fail(code, message)


def print_path(path: Path_) -> str:
    """A path as `path_piece` reads it."""
    if isinstance(path, Call):
        return print_expression(path)
    if path and not re.search(r'[\s|\[\]"\\]', path) and not path.startswith("$"):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path_text(context: Context, path: Path_, codes: Codes) -> str:
    """A path as text; a parameter's value when it is one."""
    found = context.evaluate(Scope({}, context).plan(path)) if isinstance(path, Call) else path
    if not isinstance(found, str) or not found.strip("/ "):
        raise QueryError(codes.path, "the path is empty")
    return found


def files(context: Context, path: str, codes: Codes) -> list[Path]:
    """The files that a path means: `/` is the file folder, `*` in the file's name any run of characters, without case.

    Raises QueryError when there is none, or when the path leads out of the folder.
    """
    if context.file_folder is None:
        hint = "whoever runs this Trailboard can name one that queries may read"
        raise QueryError("90200", "files cannot be read: no file folder is configured", hint=hint)
    root = context.file_folder.resolve()
    *folders, name = [part for part in path.split("/") if part not in ("", ".")] or [""]
    if not name:
        raise QueryError(codes.path, f"`{path}` is a folder: name a file in it")
    parent = root.joinpath(*folders)
    _refuse_outside(root, parent, path, is_outside=".." in (*folders, name) or "\0" in path)
    if "*" in name:
        if not parent.is_dir():
            raise QueryError(codes.folder, f"there is no folder `{'/'.join(folders)}`")
        pattern = re.compile(".*".join(re.escape(part) for part in name.split("*")), re.IGNORECASE | re.DOTALL)
        found = sorted(entry for entry in parent.iterdir() if pattern.fullmatch(entry.name) and entry.is_file())
    else:
        found = [parent / name]
        _refuse_outside(root, found[0], path)
        if not found[0].is_file():
            raise QueryError(codes.file, f"there is no file `{path}`")
    for file in found:
        _refuse_outside(root, file, path)
    return found


def _refuse_outside(root: Path, place: Path, path: str, is_outside: bool = False) -> None:
    if is_outside or not place.resolve().is_relative_to(root):
        raise QueryError("90200", f"`{path}` leads out of the folder that queries may read")


def opened(file: Path) -> IO[bytes]:
    """A file's bytes, unpacked when its name ends in `.gz`."""
    try:
        raw = gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb")  # noqa: SIM115 - the caller closes it
        return cast(IO[bytes], raw)
    except OSError as problem:
        raise SourceError(f"the file {file.name} cannot be read: {problem.strerror}") from None


def lines(raw: IO[bytes], name: str, context: Context, charset: str = "utf-8") -> Iterator[str]:
    """The lines of a file without their ends; characters that the set lacks become U+FFFD."""
    codec = "utf-8-sig" if charset == "utf-8" else charset
    count = total = 0
    try:
        with io.TextIOWrapper(raw, codec, errors="replace") as text:
            while line := text.readline(LONGEST_LINE):
                count, total = count + 1, total + len(line)
                if len(line) == LONGEST_LINE or total > MOST_CHARACTERS:
                    message = f"the file {name} is too large to read"
                    raise QueryError("90200", message, hint="read its start with `limit=…`")
                if count % _AT_ONCE == 0:
                    context.session.fetch("SELECT 1")  # raises when the query was stopped meanwhile
                yield line.rstrip("\n")
    except (OSError, EOFError, zlib.error, BadZipFile, UnicodeError) as problem:
        raise SourceError(f"the file {name} cannot be read: {problem}") from None


def sliced(items: Iterator[Item], command: Command, context: Context) -> Iterator[Item]:
    """What `offset` and `limit` leave of the rows; more than a million are refused."""
    limit, offset = context.option(command, "limit", 0), context.option(command, "offset", 0)
    for count, item in enumerate(islice(items, offset, offset + limit if limit else None)):
        if count >= MOST_ROWS:
            message = f"`{command.word}` would read more than {MOST_ROWS:,} rows"
            raise QueryError("90200", message, hint="read a part with `limit=…`, or collect the logs into the lake")
        yield item


def text_rows(rows: Rows, found: list[tuple[str, str]]) -> Rows:
    """Rows with `line` and `_file`."""
    table = pa.table(
        [pa.array([line for line, _ in found], pa.string()), pa.array([name for _, name in found], pa.string())],
        names=["line", "_file"],
    )
    return stored(rows.context, table, {"line": STRING, "_file": STRING})


def refuse_too_many(fields: int, rows: int, command: Command) -> None:
    """Wide and long at once does not fit into memory."""
    if fields > MOST_FIELDS or fields * rows > MOST_CELLS:
        message = f"`{command.word}` finds {fields:,} different fields in {rows:,} rows"
        raise QueryError("90200", message, hint="read fewer rows with `limit=…`")
