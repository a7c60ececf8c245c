"""What `parsejson`, `parsekv`, `parsecsv` and their like share: the text of a field becomes fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from engine.catalog import BOOL, NULL, STRING, Type
from engine.commands.json import column, type_of
from engine.expressions import Column
from engine.language.durations import read_switch
from engine.language.errors import QueryError
from engine.language.nodes import Command, Option
from engine.plan import Rows, fresh, stored, warn_unknown
from engine.values import Value, cast, common, text

MOST_TEXTS = 1_000_000
MOST_FIELDS = 5000
MOST_CELLS = 50_000_000
_AT_ONCE = 20_000

FIELD = Option("field", str, "the field to read, `line` without")
OVERLAY = Option("overlay", read_switch, "`t`: keep the other fields of the row")

#: Fields of a text, None when it cannot be read.
Parse = Callable[[str], Mapping[str, Any] | None]


def with_parsed(
    rows: Rows,
    command: Command,
    field: str,
    parse: Parse,
    *,
    carried: Sequence[str] = (),
    source: Value | None = None,
) -> Rows:
    """Rows with the fields that `parse` finds in a field's text: all their fields, or over the input's (`overlay`).

    A row whose text is null or cannot be read stays as it is. `carried` fields of the input stay in any case. Each
    distinct text is read once, now; the rows themselves are read when the result is. `source` is the text to read when
    it is not the plain one of the field.
    """
    warn_unknown(rows, [field], command)
    if rows.field(field).type == NULL:
        return rows
    source = source or text(rows.field(field))
    if not rows.reads_alike():
        rows, source = _fixed(rows, source, command)
    texts = _distinct(rows, source, command)
    found = _parsed(rows, [one for one in texts if one is not None], parse, command)
    if not found:
        return rows
    all_read = len(found) == len(texts)
    overlay = rows.context.option(command, "overlay", False)
    joined = _joined(rows, source, found)
    return joined.merged(keep="all" if overlay else "none" if all_read else "unread", carried=carried)


def _fixed(rows: Rows, source: Value, command: Command) -> tuple[Rows, Value]:
    """The same rows, read now, with the text next to them."""
    hidden = "_text to read"
    read = rows.with_fields({hidden: source}).limited(MOST_TEXTS + 1).materialized()
    table = rows.context.session.fetch(f"SELECT count(*) AS n FROM {read.step}")
    if table.column("n")[0].as_py() > MOST_TEXTS:
        raise _too_many_texts(command)
    columns = {name: column for name, column in read.columns.items() if name != hidden}
    return read.with_columns(columns), read.field(hidden)


def _distinct(rows: Rows, source: Value, command: Command) -> list[str | None]:
    """The texts of a field, null among them if there is one."""
    limit = MOST_TEXTS + 1
    step = rows.context.add(f"SELECT DISTINCT {source.sql} AS t FROM {rows.step} LIMIT {limit}", rows.step)
    table = rows.context.session.fetch(rows.context.statement(f"SELECT t FROM {step}", step))
    if table.num_rows > MOST_TEXTS:
        raise _too_many_texts(command)
    return table.column("t").to_pylist()  # type: ignore[no-any-return]


def _too_many_texts(command: Command) -> QueryError:
    message = f"`{command.word}` would have to read more than {MOST_TEXTS:,} different texts"
    return QueryError("90200", message, hint="narrow the time range, or `search` and `limit` before it")


def _parsed(rows: Rows, texts: Sequence[str], parse: Parse, command: Command) -> dict[str, Mapping[str, Any]]:
    """Texts that can be read, with their fields; a field needs a name."""
    found: dict[str, Mapping[str, Any]] = {}
    names: set[str] = set()
    for index, one in enumerate(texts):
        if index % _AT_ONCE == _AT_ONCE - 1:
            rows.context.session.fetch("SELECT 1")  # raises when the query was stopped meanwhile
        fields = parse(one)
        if fields is None:
            continue
        found[one] = {name: value for name, value in fields.items() if name}
        names.update(found[one])
        refuse_too_many(len(names), len(found), command)
    return found


def refuse_too_many(fields: int, texts: int, command: Command) -> None:
    """Wide and long at once does not fit into memory."""
    if fields > MOST_FIELDS or fields * texts > MOST_CELLS:
        message = f"`{command.word}` finds more than {fields - 1:,} different fields"
        raise QueryError("90200", message, hint="`search` for rows of one kind first")


@dataclass(frozen=True)
class Joined:
    """Rows next to what their text gave: columns of the parsed fields, and which of them a text had."""

    rows: Rows
    read: str  # the column that is true where the text could be read
    values: Mapping[str, Value]
    had: Mapping[str, str]  # for fields that not every text has: the column that is true where it has

    def merged(self, keep: str, carried: Sequence[str]) -> Rows:
        """Parsed fields over the input's, of which `keep` says on which rows they stay: all, unread ones, none."""
        columns: dict[str, Column] = {}
        computed: dict[str, Value] = {}
        for name, present in self.rows.columns.items():
            if name in self.values:
                continue
            if keep == "all" or name in carried:
                columns[name] = present
            elif keep == "unread":
                computed[name] = Value(f"if({self.read}, NULL, {present.sql})", present.type)
        for name, value in self.values.items():
            stays = keep == "all" or name in carried
            test = self.had.get(name, self.read) if stays else self.read
            if name not in self.rows.columns or (keep == "none" and not stays):
                columns[name] = Column(value.sql, value.type)
            else:
                computed[name] = _either(test, value, self.rows.field(name))
        made = self.rows.with_columns(columns).with_fields(computed)
        hidden = {name for name, column in self.rows.columns.items() if column.hidden} - self.values.keys()
        return made.with_columns(
            {name: replace(column, hidden=name in hidden) for name, column in made.columns.items()}
        )


def _either(test: str, value: Value, otherwise: Value) -> Value:
    kind = common([value.type, otherwise.type], promote=False)
    return Value(f"if({test}, {cast(value, kind).sql}, {cast(otherwise, kind).sql})", kind)


def _joined(rows: Rows, source: Value, found: Mapping[str, Mapping[str, Any]]) -> Joined:
    names = list(dict.fromkeys(name for fields in found.values() for name in fields))
    rare = [name for name in names if any(name not in fields for fields in found.values())]
    arrays = [pa.array(list(found), pa.string()), pa.array([True] * len(found))]
    kinds: dict[str, Type] = {"text": STRING, "read": BOOL}
    for index, name in enumerate(names):
        values = [fields.get(name) for fields in found.values()]
        kinds[f"c{index}"] = common([type_of(value) for value in values], promote=False)
        arrays.append(column(values, kinds[f"c{index}"]))
    for index, name in enumerate(rare):
        kinds[f"h{index}"] = BOOL
        arrays.append(pa.array([name in fields for fields in found.values()]))
    known = stored(rows.context, pa.table(arrays, names=list(kinds)), kinds)
    moved: dict[str, str] = {}
    key, taken = fresh("_text", rows.taken)
    for output in list(kinds)[1:]:
        moved[output], taken = fresh(f"_{output}", taken)
    added = ", ".join(f"r.{output} AS {physical}" for output, physical in moved.items())
    keyed = rows.context.add(f"SELECT *, {source.sql} AS {key} FROM {rows.step}", rows.step)
    select = f"SELECT l.*, {added} FROM {keyed} AS l LEFT JOIN {known.step} AS r ON l.{key} = r.text"
    made = rows.select(select, keyed, known.step, taken=taken)
    return Joined(
        made,
        moved["read"],
        {name: Value(moved[f"c{index}"], kinds[f"c{index}"]) for index, name in enumerate(names)},
        {name: moved[f"h{index}"] for index, name in enumerate(rare)},
    )
