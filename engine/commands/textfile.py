"""`textfile`: rows of text files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyparsing as pp

from engine import sql
from engine.catalog import DATE, STRING
from engine.commands.files import (
    CHARSET,
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
    sliced,
    text_rows,
)
from engine.language.errors import QueryError
from engine.language.nodes import Call, Command, FieldRef, Literal, Option
from engine.plan import Rows
from engine.regex import checked, group_count
from engine.values import Value

CODES = Codes("10700", "10701", "10702")
_AT_ONCE = 10_000


@dataclass(frozen=True)
class TextFile(Command):
    """Read text files of the file folder, a row for each line with `line`, `_time` and `_file`.

    The path begins at that folder, `*` in the file's name reads several, and `.gz` files are unpacked. `brex` and
    `erex`, regular expressions for the first and the last line of a record, put lines together. `_time` is when the
    file is read, unless `dp`, a regular expression whose groups are the date, and `df`, its format, find one.

    Example:
        textfile limit=10 dp="^(\\S+ \\S+)" df="yyyy-MM-dd HH:mm:ss" /logs/app*.log
    """

    path: Path_ = ""

    word: ClassVar[str] = "textfile"
    is_source: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        Option("brex", str, "regular expression of the first line of a record"),
        Option("erex", str, "regular expression of the last line of a record"),
        CHARSET,
        Option("df", str, "format of the date, such as `yyyy-MM-dd HH:mm:ss`"),
        Option("dp", str, "regular expression whose groups are the date"),
        LIMIT,
        OFFSET,
    )
    syntax: ClassVar[pp.ParserElement] = path_piece("path", CODES.path, "`textfile` needs the path of a file")

    def body(self) -> str:
        return print_path(self.path)

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        pattern, form = context.option(self, "dp"), context.option(self, "df")
        if (pattern is None) != (form is None):
            raise QueryError("90001", "`dp` finds the date and `df` reads it: they go together", self.span)
        made = text_rows(rows, list(sliced(self._records(rows), self, context)))
        now = Value(sql.instant(context.now), DATE)
        return made.with_fields({"_time": now}) if pattern is None else _dated(made, str(pattern), str(form), now)

    def _records(self, rows: Rows) -> Iterator[tuple[str, str]]:
        context = rows.context
        first, last = (context.option(self, name) for name in ("brex", "erex"))
        patterns = [None if one is None else checked(one, context) for one in (first, last)]
        for file in files(context, path_text(context, self.path, CODES), CODES):
            with opened(file) as raw:
                found: Iterable[str] = lines(raw, file.name, context, context.option(self, "cs", "utf-8"))
                for record in found if first is last is None else joined(found, *patterns):
                    yield record, file.name


def joined(found: Iterable[str], first: str | None, last: str | None) -> Iterator[str]:
    r"""Lines put together to records, which begin at lines that match `first` and end with ones that match `last`.

    >>> list(joined(["a 1", " b", "a 2"], "^a", None))
    ['a 1\n b', 'a 2']
    """
    waiting: list[str] = []
    source = iter(found)
    while batch := list(islice(source, _AT_ONCE)):
        begins, ends = (_matching(batch, pattern) for pattern in (first, last))
        for line, does_begin, does_end in zip(batch, begins, ends, strict=True):
            if does_begin and waiting:
                yield "\n".join(waiting)
                waiting = []
            waiting.append(line)
            if does_end:
                yield "\n".join(waiting)
                waiting = []
    if waiting:
        yield "\n".join(waiting)


def _matching(batch: list[str], pattern: str | None) -> list[bool]:
    if pattern is None:
        return [False] * len(batch)
    return pc.match_substring_regex(pa.array(batch, pa.string()), pattern).to_pylist()  # type: ignore[no-any-return]


def _dated(made: Rows, pattern: str, form: str, otherwise: Value) -> Rows:
    """Rows with the date of their line: the groups of `pattern` put together and read; of this year if it has none."""
    context = made.context
    written = checked(pattern, context)
    places = range(1, group_count(written) + 1) or (0,)
    line = made.field("line").sql
    groups = [f"regexp_extract({line}, {sql.text(written)}, {place})" for place in places]
    text = f"nullif({' || '.join(groups)}, '')"
    if "y" not in form:
        text, form = f"'{context.now.astimezone(context.zone).year} ' || {text}", f"yyyy {form}"
    with_text = made.with_fields({"date": Value(text, STRING)})
    date = with_text.value(Call("date", (FieldRef("date"), Literal(form))))
    found = with_text.with_fields({"_time": Value(f"coalesce({date.sql}, {otherwise.sql})", DATE)})
    return found.with_columns({name: found.columns[name] for name in ("_time", "line", "_file")})
