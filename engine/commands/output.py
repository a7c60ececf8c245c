"""What `outputcsv` and `outputjson` share: files of the one folder they may write, there once a query has succeeded."""

from __future__ import annotations

import codecs
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyparsing as pp

from engine import sql
from engine.catalog import DATE, STRING
from engine.commands.files import Codes, Path_, path_piece, path_text
from engine.context import Context
from engine.date_pattern import writer
from engine.language.durations import read_duration, read_switch
from engine.language.errors import QueryError, SourceError
from engine.language.grammar import fail, name, put, several
from engine.language.nodes import Command, Option
from engine.native import known_charset
from engine.plan import Rows
from engine.values import Value, only

MOST_FILES = 1000
_AT_ONCE = 20_000
_CODES = Codes("30203", "30203", "30202")
_MACRO = re.compile(r"\{(logtime|now):([^{}]*)\}")


def _charset(written: str) -> str:
    return known_charset(written, "30204")


OPTIONS = (
    Option("append", read_switch, "`t`: write behind what the file holds"),
    Option("bom", read_switch, "`t`: begin the file with a byte order mark, which spreadsheets look for"),
    Option("encoding", _charset, "the character set, `utf-8` without"),
    Option("flush", read_duration, "accepted, and without effect here: a file appears when it is complete"),
    Option("overwrite", read_switch, "`t`: replace a file that is there"),
    Option(
        "partition", read_switch, "`t`: the path has `{now:yyyyMMdd}` or `{logtime:yyyyMMdd}`, filled in row by row"
    ),
    Option("tmp", str, "accepted, and without effect here: a file is written aside and moved in any case"),
)


def output_syntax(word: str, without_fields: pp.ParserElement) -> pp.ParserElement:
    """`PATH FIELD, …`"""
    names = put("names", several(name, trailing=fail("30200", "a field is missing behind the comma")))
    return path_piece("path", "30202", f"`{word}` needs the path of a file") + (names | without_fields)


@dataclass(frozen=True)
class Output:
    """A file, or several by a partition, that a query writes beside its result."""

    command: Command
    path: str
    rows: Rows
    line: Value  # the text of a row
    header: str | None

    def check(self, context: Context) -> None:
        """Refuse what cannot be written, before any row is read."""
        if context.output_folder is None:
            hint = "save the result from the page or with the command line"
            raise QueryError("30203", f"`{self.command.word}` is switched off here: no folder to write to", hint=hint)
        if self._is("overwrite") and self._is("append"):
            raise QueryError("30205", "`overwrite` and `append` exclude each other", hint="use one of them")
        has_macro = _MACRO.search(self.path) is not None
        if has_macro != self._is("partition"):
            message = "a path with `{now:…}` or `{logtime:…}` needs `partition=t`" if has_macro else (
                "`partition=t` needs a path with `{now:…}` or `{logtime:…}`"
            )  # fmt: skip
            raise QueryError("30201", message)
        if not has_macro:
            self._target(context.output_folder, self.path)

    def _is(self, option: str) -> bool:
        return bool(self.rows.context.option(self.command, option, False))

    def _target(self, folder: Path, path: str) -> Path:
        """The file of a path; parts of it that lead out of the folder are refused."""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not parts or path.endswith("/"):
            raise QueryError("30202", f"`{path}` names no file")
        root = folder.resolve()
        target = root.joinpath(*parts)
        if ".." in parts or "\0" in path or not target.resolve().is_relative_to(root) or target.is_symlink():
            raise QueryError("90200", f"`{path}` leads out of the folder that queries may write to")
        if target.is_dir() or (target.exists() and not self._is("overwrite") and not self._is("append")):
            hint = "write `overwrite=t` to replace it, `append=t` to write behind its end"
            raise QueryError("30203", f"the file `{path}` exists already", hint=None if target.is_dir() else hint)
        return target

    def write(self, context: Context) -> None:
        """Write the file, complete or not at all."""
        folder = context.output_folder
        assert folder is not None
        made = self.rows.with_fields({"_line": self.line, "_path": self._path(context)})
        statement = context.statement(
            f"SELECT {made.columns['_path'].sql} AS p, {made.columns['_line'].sql} AS l FROM {made.step}"
            + (f" ORDER BY {made.order_by(f'{made.step}.')}" if made.order else ""),
            made.step,
        )
        with ExitStack() as opened:
            files = {} if self._is("partition") else {self.path: self._opened(folder, self.path, opened)}
            for batch in context.session.batches(statement, _AT_ONCE):
                for path, line in zip(*(batch.column(name).to_pylist() for name in ("p", "l")), strict=True):
                    if path not in files:
                        if len(files) == MOST_FILES:
                            raise QueryError("30203", f"the rows go to more than {MOST_FILES} files")
                        files[path] = self._opened(folder, path, opened)
                    files[path].line(line)
            for file in files.values():
                file.finish()

    def _path(self, context: Context) -> Value:
        """The path of each row, with its macros filled in; rows without `_time` go by the clock."""
        now = sql.instant(context.now)
        time = f"coalesce({only(self.rows.field('_time'), DATE).sql}, {now})"
        pieces, at = [], 0
        for macro in _MACRO.finditer(self.path):
            pieces.append(sql.text(self.path[at : macro.start()]))
            pieces.append(writer(macro[2], context.timezone)(time if macro[1] == "logtime" else now))
            at = macro.end()
        return Value(" || ".join([*pieces, sql.text(self.path[at:])]), STRING)

    def _opened(self, folder: Path, path: str, opened: ExitStack) -> _File:
        target = self._target(folder, path)
        is_appended = self._is("append") and target.exists()
        encoding = str(self.rows.context.option(self.command, "encoding", "utf-8"))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(f".{target.name}.{os.getpid()}.part")
            stream = opened.enter_context(aside.open("wb"))
            opened.callback(aside.unlink, missing_ok=True)
            if is_appended:
                stream.write(target.read_bytes())
        except OSError as problem:
            raise SourceError(f"the file {target} cannot be written: {problem.strerror}") from None
        file = _File(target, aside, stream, encoding)
        if not is_appended:
            if self._is("bom") and encoding.startswith("utf"):
                stream.write(codecs.BOM_UTF8 if encoding == "utf-8" else "\ufeff".encode(encoding))
            if self.header is not None:
                file.line(self.header)
        return file


@dataclass(frozen=True)
class _File:
    """A file that is being written, next to the place where it will be."""

    target: Path
    aside: Path
    stream: IO[bytes]
    encoding: str

    def line(self, text: str) -> None:
        try:
            self.stream.write(f"{text}\n".encode(self.encoding, "replace"))
        except OSError as problem:
            raise SourceError(f"the file {self.target} cannot be written: {problem.strerror}") from None

    def finish(self) -> None:
        try:
            self.stream.flush()
            self.aside.replace(self.target)
        except OSError as problem:
            raise SourceError(f"the file {self.target} cannot be written: {problem.strerror}") from None


def with_output(rows: Rows, command: Command, path: Path_, line: Value, header: str | None) -> Rows:
    """The same rows, which go to a file as well once the query has succeeded."""
    context = rows.context
    output = Output(command, path_text(context, path, _CODES), rows, line, header)
    try:
        output.check(context)
    except QueryError as problem:
        raise problem.at(command.span) from None
    if not context.is_dry:
        context.outputs.append(output.write)
    return rows
