"""`csvfile`: rows of CSV files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyparsing as pp

from engine.catalog import STRING, Type, list_of
from engine.commands.cells import cell_reader, records
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
    refuse_too_many,
    sliced,
)
from engine.language.durations import read_count, read_switch
from engine.language.errors import QueryError
from engine.language.nodes import Command, Option
from engine.lookups import header_names
from engine.plan import Rows, stored

CODES = Codes("10800", "10801", "10802")
Record = dict[str, "str | list[str]"]


@dataclass(frozen=True)
class CsvFile(Command):
    """Read CSV files of the file folder; the first line of each names the fields, all values are texts.

    The path begins at that folder, and `*` in the file's name reads several. Cells beyond the names are called
    `column` and their place, from 0. `_file` is the name of the file.

    Example:
        csvfile limit=10 /accounts/*.csv
    """

    path: Path_ = ""

    word: ClassVar[str] = "csvfile"
    is_source: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        CHARSET,
        LIMIT,
        OFFSET,
        Option("maxcol", read_count, "so many columns at most, 10000 without", "90001"),
        Option("rest", read_switch, "`t`: cells of further columns go to the array `_rest`"),
        Option("strict", read_switch, '`t`: as RFC 4180 says, a backslash means nothing and `""` is a quote'),
        Option("tab", read_switch, "`t`: tabs instead of commas"),
    )
    syntax: ClassVar[pp.ParserElement] = path_piece("path", CODES.path, "`csvfile` needs the path of a file")

    def body(self) -> str:
        return print_path(self.path)

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        if context.option(self, "strict", False) and context.option(self, "tab", False):
            raise QueryError("90001", "`strict` is about commas and cannot go with `tab`", self.span)
        columns: dict[str, list[str | list[str] | None]] = {}
        count = 0
        for count, record in enumerate(sliced(self._records(rows), self, context), 1):
            for name, value in record.items():
                column = columns.setdefault(name, [])
                column += [None] * (count - 1 - len(column))
                column.append(value)
            if count % 10_000 == 0:
                refuse_too_many(len(columns), count, self)
        refuse_too_many(len(columns), count, self)
        return _rows(rows, columns, count)

    def _records(self, rows: Rows) -> Iterator[Record]:
        """Records of all files, with their field names."""
        context = rows.context
        read = cell_reader(tab=context.option(self, "tab", False), strict=context.option(self, "strict", False))
        most = context.option(self, "maxcol", 10_000)
        with_rest = context.option(self, "rest", False)
        for file in files(context, path_text(context, self.path, CODES), CODES):
            with opened(file) as raw:
                found = records(lines(raw, file.name, context, context.option(self, "cs", "utf-8")), read)
                names = header_names(next(found, []))
                for cells in found:
                    yield _named(cells, names, most, with_rest) | {"_file": file.name}


def _named(cells: list[str], names: list[str], most: int, with_rest: bool) -> Record:
    named: Record = {
        names[index] if index < len(names) else f"column{index}": cell for index, cell in enumerate(cells[:most])
    }
    if with_rest and len(cells) > most:
        named["_rest"] = cells[most:]
    return named


def _rows(rows: Rows, columns: dict[str, list[str | list[str] | None]], count: int) -> Rows:
    """Rows of columns, which may end early."""
    kinds: dict[str, Type] = {}
    arrays = [pa.array([True] * count)]  # lets rows without fields be rows
    for index, (name, values) in enumerate(columns.items()):
        is_list = name == "_rest" and any(isinstance(value, list) for value in values)
        kinds[f"c{index}"] = list_of(STRING) if is_list else STRING
        padded = values + [None] * (count - len(values))
        arrays.append(pa.array(padded, pa.list_(pa.string()) if is_list else pa.string()))
    made = stored(rows.context, pa.table(arrays, names=["row", *kinds]), kinds)
    return made.with_columns({name: made.columns[f"c{index}"] for index, name in enumerate(columns)})
