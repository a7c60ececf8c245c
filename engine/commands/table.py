"""`table`: rows of log tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

import pyparsing as pp

from engine import sql
from engine.catalog import DATE, LONG, STRING, Scan, Table, Type
from engine.context import Context
from engine.expressions import Column
from engine.language.durations import read_count, read_duration, read_instant, read_switch
from engine.language.errors import QueryError, Span, did_you_mean
from engine.language.grammar import fail, must, put, several, spanned
from engine.language.nodes import Command, Node, Option
from engine.plan import Order, Rows, fresh
from engine.values import Value, cast, common


def _read_order(text: str) -> str:
    if text not in ("asc", "desc"):
        raise ValueError("the order is `asc` or `desc`")
    return text


def _read_instant_text(text: str) -> str:
    try:
        read_instant(text, UTC)
    except QueryError as problem:
        raise ValueError(f"{problem.message}; {problem.hint or 'write yyyyMMddHHmmss'}") from None
    return text


@dataclass(frozen=True)
class Source(Node):
    """A table by name or pattern; `optional` (written `name?`) lets it be absent."""

    pattern: str
    optional: bool = False

    def __str__(self) -> str:
        is_bare = re.fullmatch(r"[^\s,|\[\]\"()=]*[^\s,|\[\]\"()=?]", self.pattern) is not None
        return (self.pattern if is_bare else f"`{self.pattern}`") + ("?" if self.optional else "")


def _source(span: Span, tokens: pp.ParseResults) -> Source:
    written = tokens[0]
    if written.startswith("`"):
        return Source(written[1:-1], span=span)
    return Source(written.removesuffix("?"), written.endswith("?"), span=span)


_by_metadata = pp.FollowedBy(pp.Regex(r"meta\s*\(")) + fail(
    "90200", "tables have no metadata here", "name them, with `*` if you like"
)
#: A table's name or pattern, in backquotes where it has other characters.
source_piece = _by_metadata | spanned(pp.Regex(r"`[^`]+`|[^\s,|\[\]\"()=]+"), _source)


@dataclass(frozen=True)
class Part:
    """The rows that `limit` and `offset` leave, counted from one end."""

    limit: int | None
    offset: int
    is_ascending: bool

    def sql(self, step: str, time: str, number: str) -> str:
        direction = "ASC" if self.is_ascending else "DESC"
        limit = "" if self.limit is None else f" LIMIT {self.limit}"
        return f"SELECT * FROM {step} ORDER BY {time} {direction}, {number} {direction}{limit} OFFSET {self.offset}"


@dataclass(frozen=True)
class TableCommand(Command):
    """Read rows of one or more log tables, newest first.

    Names take `*`; a pattern that fits no table gives no rows, a plain name that is missing is an error unless it ends
    in `?`. Several tables come one after the other, each newest first.

    Example:
        table duration=1d cloudtrail* | search eventName == "ConsoleLogin" | stats count
    """

    sources: tuple[Source, ...] = ()

    word: ClassVar[str] = "table"
    is_source: ClassVar[bool] = True
    takes: ClassVar[tuple[Option, ...]] = (
        Option("duration", read_duration, "how far back from now: `15m`, `1d`, `1mon`"),
        Option(
            "from",
            _read_instant_text,
            "start, inclusive: yyyyMMddHHmmss, in UTC with a `Z`",
            "10603",
        ),
        Option("to", _read_instant_text, "end, exclusive, written like `from`", "10604"),
        Option("limit", read_count, "at most this many rows (0: all)", "10602"),
        Option("offset", read_count, "leave out this many rows first", "10601"),
        Option("order", _read_order, "`desc` (newest first) or `asc`", "10607"),
        Option("eachtable", read_switch, "`t`: `limit` and `offset` count in each table, not in all together"),
        Option("raw", read_switch, "accepted, and without effect here: rows are stored parsed"),
    )
    refuses: ClassVar[Mapping[str, str]] = {
        "window": "a lake holds what was collected, so nobody can wait for rows; read the latest with `duration`",
        "parser": "registered parsers do not exist here; use `parse`, `rex` or `parsejson` behind the `|`",
    }
    syntax: ClassVar[pp.ParserElement] = must(
        put("sources", several(source_piece)),
        "10600",
        "`table` needs the name of a table",
    )

    def body(self) -> str:
        return ", ".join(str(source) for source in self.sources)

    def plan(self, rows: Rows) -> Rows:
        return self.sliced(self.scanned(rows.context, self.sources))

    def scanned(self, context: Context, sources: Sequence[Source]) -> Rows:
        """All rows of the tables within the time range."""
        start, end = self._range(context)
        tables = [table for source in sources for table in self._tables(source, context)]
        each = self._part(context) if context.option(self, "eachtable", False) else None
        found = _read_all(context, tables, start, end, each)
        if context.option(self, "order", "desc") == "asc":
            return replace(found, order=tuple(replace(order, descending=False) for order in found.order))
        return found

    def sliced(self, found: Rows) -> Rows:
        """What `limit` and `offset` leave."""
        part = None if found.context.option(self, "eachtable", False) else self._part(found.context)
        return found if part is None else found.limited(part.limit, part.offset)

    def _part(self, context: Context) -> Part | None:
        limit, offset = context.option(self, "limit", 0), context.option(self, "offset", 0)
        is_ascending = context.option(self, "order", "desc") == "asc"
        return Part(limit or None, offset, is_ascending) if limit or offset else None

    def _range(self, context: Context) -> tuple[datetime | None, datetime | None]:
        duration = context.option(self, "duration")
        start, end = context.option(self, "from"), context.option(self, "to")
        if duration is not None and (start or end):
            setting = self.option("duration")
            message, place = "`duration` and `from`/`to` exclude each other", setting.span if setting else None
            raise QueryError("10608", message, place, "use one of them")
        if duration is not None:
            return duration.before(context.now.astimezone(context.zone)), None
        return _instant(start, context), _instant(end, context)

    def _tables(self, source: Source, context: Context) -> list[Table]:
        node, _, pattern = source.pattern.rpartition(":")
        if node == "*" or (node and not context.catalog.matching(source.pattern)):
            if node != "*":
                raise QueryError(
                    "10605", f"there is no node `{node}`: a lake is one", source.span, f"write `{pattern}`"
                )
            source = replace(source, pattern=pattern)
        found = context.catalog.matching(source.pattern)
        if not found and "*" not in source.pattern and not source.optional:
            hint = did_you_mean(source.pattern, context.catalog.names())
            if hint is None and context.catalog.tables:
                hint = f"tables: {', '.join(sorted(context.catalog.names()))}"
            raise QueryError("10605", f"there is no table `{source.pattern}`", source.span, hint)
        if not found:
            context.warn(f"no table fits `{source.pattern}`", source.span, _nearest(source.pattern, context))
        return found


def _nearest(pattern: str, context: Context) -> str | None:
    """The pattern that was probably meant: a table's name or its family's, with a star where one was written."""
    names = list(context.catalog.names())
    families = {name.split("_")[0] + "_" for name in names if "_" in name}
    hint = did_you_mean(pattern.rstrip("*"), [*names, *sorted(families)])
    return hint.replace("`?", "*`?") if hint and pattern.endswith("*") else hint


def _instant(digits: str | None, context: Context) -> datetime | None:
    return None if digits is None else read_instant(digits, context.zone)


_OWN = {"_table": STRING, "_time": DATE, "_id": LONG}


def _read_all(
    context: Context, tables: list[Table], start: datetime | None, end: datetime | None, each: Part | None
) -> Rows:
    """One step a table, then all of them together: table by table, newest first within each."""
    kinds: dict[str, Type] = dict(_OWN)
    hidden: set[str] = set()
    for table in tables:
        for item in table.fields:
            kinds[item.name] = common([kinds.get(item.name, item.type), item.type], promote=False)
            if item.hidden:
                hidden.add(item.name)
    columns: dict[str, Column] = {}
    taken = frozenset({"_table_number"})
    for name, kind in kinds.items():
        physical, taken = fresh(name, taken)
        columns[name] = Column(physical, kind, name in hidden)
    steps = [_read_one(context, number, table, columns, start, end) for number, table in enumerate(tables)]
    if each is not None:
        steps = [context.add(each.sql(step, columns["_time"].sql, columns["_id"].sql), step) for step in steps]
    step = steps[0] if len(steps) == 1 else context.add(_union_of(steps, columns), *steps)
    order: tuple[Order, ...] = (Order('"_table_number"', LONG),) if len(steps) > 1 else ()
    order += (Order(columns["_time"].sql, DATE, True), Order(columns["_id"].sql, LONG, True))
    return Rows(context, step, columns, order, ("_table", "_time", "_id"), taken)


def _union_of(steps: list[str], columns: dict[str, Column]) -> str:
    if steps:
        return " UNION ALL ".join(f"SELECT * FROM {step}" for step in steps)
    nothing = ", ".join(f"CAST(NULL AS {column.type.sql}) AS {column.sql}" for column in columns.values())
    return f"SELECT {nothing}, 0 AS _table_number WHERE false"


def _read_one(
    context: Context,
    number: int,
    table: Table,
    columns: dict[str, Column],
    start: datetime | None,
    end: datetime | None,
) -> str:
    scan = table.scan(start, end)
    context.scans.append((table.name, scan))
    if scan.fetch and scan.files:
        context.session.before.append(scan.fetch)
    stored = {item.name: item.type for item in table.fields}
    outputs = []
    for name, column in columns.items():
        if name == "_table":
            value = Value(sql.text(table.name), STRING)
        elif name in stored and scan.files:
            value = cast(Value(sql.identifier(name), stored[name]), column.type)
        else:
            value = Value(f"CAST(NULL AS {column.type.sql})", column.type)
        outputs.append(f"{value.sql} AS {column.sql}" if value.sql != column.sql else column.sql)
    outputs.append(f"{number} AS _table_number")
    return context.add(f"SELECT {', '.join(outputs)} {_from(scan, start, end)}")


def _from(scan: Scan, start: datetime | None, end: datetime | None) -> str:
    if not scan.files:
        return "WHERE false"
    bounds = [f"_time >= {sql.instant(start)}"] if start else []
    bounds += [f"_time < {sql.instant(end)}"] if end else []
    where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
    files = ", ".join(sql.text(path) for path in scan.files)
    return f"FROM read_parquet([{files}], union_by_name = true, hive_partitioning = false){where}"
