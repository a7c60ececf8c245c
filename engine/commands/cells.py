"""Lines of comma-separated values, strict (RFC 4180) or as they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

MOST_LINES = 10_000

#: The cells of a line; None when a quoted cell is still open at its end and more lines may follow.
Cells = Callable[[str, bool], list[str] | None]


def cell_reader(*, tab: bool = False, strict: bool = False) -> Cells:
    r"""A function that splits a line. Without `strict`, `\"` is a quote too, and blanks may surround quoted cells.

    >>> cell_reader()(r'a, "b, c" ,"say \"hi\"",', True)
    ['a', 'b, c', 'say "hi"', '']
    >>> cell_reader(strict=True)(r'"C:\",""', True)
    ['C:\\', '']
    """
    delimiter = "\t" if tab else ","
    blanks = "" if strict else "[ ]*"
    inside = r'(?:[^"]|"")*+' if strict else r'(?:[^"\\]|\\.|"")*+'
    quoted = re.compile(rf'{blanks}"({inside})"{blanks}(?={delimiter}|$)', re.DOTALL)
    opening = re.compile(rf'{blanks}"')
    escape = re.compile('""' if strict else r'\\(["\\])|""')

    def read(line: str, is_last: bool = True) -> list[str] | None:
        if '"' not in line:
            return line.split(delimiter)
        found: list[str] = []
        at = 0
        while True:
            cell = quoted.match(line, at)
            if cell is not None:
                found.append(escape.sub(lambda one: one[1] if one.lastindex else '"', cell[1]))
                at = cell.end()
            elif not is_last and opening.match(line, at):
                return None
            else:
                end = line.find(delimiter, at)
                end = len(line) if end < 0 else end
                found.append(line[at:end])
                at = end
            if at >= len(line):
                return found
            at += 1

    return read


def records(lines: Iterable[str], read: Cells) -> Iterator[list[str]]:
    """Cells of each record; a quoted cell may hold line breaks. Empty lines are no records."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) > 1 and '"' not in line and len(waiting) < MOST_LINES:
            continue
        cells = read("\n".join(waiting), len(waiting) >= MOST_LINES)
        if cells is None:
            continue
        waiting = []
        if cells != [""]:
            yield cells
    if waiting:
        cells = read("\n".join(waiting), True)
        if cells is not None:
            yield cells
