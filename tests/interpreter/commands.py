"""Commands over a list of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cmp_to_key
from itertools import groupby, pairwise
from typing import Any

from engine.language.durations import Duration, read_duration
from engine.language.nodes import Call, Command, Named, Query
from engine.language.printer import canonical
from tests.interpreter.aggregates import aggregate
from tests.interpreter.expressions import Evaluator, Row
from tests.interpreter.values import SEOUL, Undetermined, compare, identity, ordered, text, truth

Rows = list[Row]


class Interpreter:
    """Runs a pipeline. `is_ordered` tells whether the language fixes the order of the rows so far."""

    def __init__(self, parameters: dict[str, Any] | None = None) -> None:
        self.evaluator = Evaluator(dict(parameters or {}))
        self.is_ordered = True

    def run(self, query: Query) -> Rows:
        for command in query:
            if command.word == "set":
                self.evaluator.parameters[command.parameter] = self.evaluator.value(command.expr, {})  # type: ignore[attr-defined]
            elif command.word == "setq":
                found = self.inner(command.query)  # type: ignore[attr-defined]
                self.evaluator.parameters |= found[0] if found else {}
        rows: Rows = []
        for command in query:
            rows = self.step(command, rows)
        return rows

    def inner(self, query: Query) -> Rows:
        """A sub-query: with a copy of the parameters."""
        inside = Interpreter(self.evaluator.parameters)
        rows = inside.run(query)
        self.is_ordered = self.is_ordered and inside.is_ordered
        return rows

    def step(self, command: Any, rows: Rows) -> Rows:
        if command.word in _BY_ORDER and not self.is_ordered:
            raise Undetermined
        return _COMMANDS[command.word](self, command, rows)  # type: ignore[no-any-return]

    def option(self, command: Command, name: str) -> str | None:
        setting = command.option(name)
        return None if setting is None else str(setting.value)

    def aggregated(self, measures: Iterable[Named], rows: Rows) -> Row:
        """The aggregates of a group by the names of their fields."""
        if not self.is_ordered and any(item.expr.name in ("first", "last", "array") for item in measures):  # type: ignore[union-attr]
            raise Undetermined
        return {name_of(item): aggregate(item.expr, rows, self.evaluator) for item in measures}  # type: ignore[arg-type]


def name_of(item: Named) -> str:
    call = item.expr
    assert isinstance(call, Call)
    return item.name or ("count" if call.name in ("c", "count") and not call.args else canonical(call))


def _search(run: Interpreter, command: Any, rows: Rows) -> Rows:
    kept = [row for row in rows if command.condition is None or truth(run.evaluator.value(command.condition, row))]
    limit = run.option(command, "limit")
    if limit is not None and not run.is_ordered:
        raise Undetermined
    return kept if limit is None else kept[: int(limit)]


def _eval(run: Interpreter, command: Any, rows: Rows) -> Rows:
    found = []
    for row in rows:
        made = dict(row)
        for item in command.assignments:
            value = run.evaluator.value(item.expr, made)
            made |= dict.fromkeys(item.names, value)
        found.append(made)
    return found


def _fields(_: Interpreter, command: Any, rows: Rows) -> Rows:
    if command.remove:
        return [{name: value for name, value in row.items() if name not in command.names} for row in rows]
    return [{name: row.get(name) for name in command.names} for row in rows]


def _rename(_: Interpreter, command: Any, rows: Rows) -> Rows:
    found = []
    for row in rows:
        made = dict(row)
        for old, new in command.pairs:
            if old in made:
                made[new] = made.pop(old)
        found.append(made)
    return found


def _by(fields: Sequence[tuple[str, bool]]) -> Callable[[Row], Any]:
    """A sort key: nulls first ascending, last descending; text without case."""

    def order(a: Row, b: Row) -> int:
        for name, descending in fields:
            found = compare(a.get(name), b.get(name))
            if found:
                return -found if descending else found
        return 0

    return cmp_to_key(order)


def _sort(run: Interpreter, command: Any, rows: Rows) -> Rows:
    groups = [(name, False) for name in command.by]
    key = _by([*groups, *((key.name, key.descending) for key in command.keys)])
    made = sorted(rows, key=key)
    limit = run.option(command, "limit")
    if not run.is_ordered and limit is not None and any(key(a) == key(b) for a, b in pairwise(made)):
        raise Undetermined
    if not run.is_ordered:
        run.is_ordered = all(key(a) != key(b) for a, b in pairwise(made))
    if limit is None:
        return made
    if not command.by:
        return made[: int(limit)]
    # Sorting ignores case, so partitions are told apart by the exact value and ties must not decide.
    partitions = groupby(made, key=_by(groups))
    found: Rows = []
    for _, members in partitions:
        kept: dict[Any, int] = {}
        for row in members:
            exact = tuple(identity(row.get(name)) for name, _ in groups)
            kept[exact] = kept.get(exact, 0) + 1
            if kept[exact] <= int(limit):
                found.append(row)
    return found


def _limit(_: Interpreter, command: Any, rows: Rows) -> Rows:
    *offset, count = command.numbers
    start = offset[0] if offset else 0
    return rows[start : start + count]


def _keyed(rows: Rows, names: Sequence[str]) -> list[tuple[list[Any], Rows]]:
    """Groups of equal keys, ascending; their exact values tell them apart."""
    groups: dict[Any, tuple[list[Any], Rows]] = {}
    for row in rows:
        keys = [row.get(name) for name in names]
        groups.setdefault(tuple(map(identity, keys)), (keys, []))[1].append(row)
    return sorted(groups.values(), key=lambda group: ordered(group[0]))


def _note_ties(run: Interpreter, keys: Sequence[list[Any]]) -> None:
    """Groups whose keys tie ("a" and "A") may come in any order."""
    run.is_ordered = all(compare(a, b) != 0 for a, b in pairwise(keys))


def _stats(run: Interpreter, command: Any, rows: Rows) -> Rows:
    if not command.by:
        made = [run.aggregated(command.measures, rows)]
        run.is_ordered = True
        return made
    groups = _keyed(rows, command.by)
    made = [
        dict(zip(command.by, keys, strict=True)) | run.aggregated(command.measures, members) for keys, members in groups
    ]
    _note_ties(run, [keys for keys, _ in groups])
    return made


def _bucket(instant: datetime, span: Duration, offset: int) -> datetime:
    """The start of a span in Seoul, which has no summer time: laid from 1970-01-01 00:00, weeks from a Monday."""
    local = instant.astimezone(SEOUL) - timedelta(seconds=offset)
    if span.unit == "y":
        start = datetime(local.year, 1, 1, tzinfo=SEOUL)
    elif span.unit == "mon":
        start = datetime(local.year, (local.month - 1) // span.amount * span.amount + 1, 1, tzinfo=SEOUL)
    else:
        first, length = (
            datetime(1970, 1, 5 if span.unit == "w" else 1, tzinfo=SEOUL),
            timedelta(seconds=span.seconds or 0),
        )
        start = first + (local - first) // length * length
    return start + timedelta(seconds=offset)


def _timechart(run: Interpreter, command: Any, rows: Rows) -> Rows:
    span = read_duration(run.option(command, "span") or "1d")
    offset = read_duration(run.option(command, "offset") or "0s").seconds or 0
    kept = [row for row in rows if isinstance(row.get("_time"), datetime)]
    kept = [{**row, "_time": _bucket(row["_time"], span, offset)} for row in kept]
    if command.by:
        return _wide(run, kept, ["_time"], command.by, command.measures)
    made = [
        {"_time": keys[0], **run.aggregated(command.measures, members)} for keys, members in _keyed(kept, ["_time"])
    ]
    run.is_ordered = True
    return made


def _wide(run: Interpreter, rows: Rows, keys: Sequence[str], series: Sequence[str], measures: Sequence[Named]) -> Rows:
    """A row for each key, a column for each value of the series; rows without a value of it are left out."""
    kept = [row for row in rows if all(row.get(name) is not None for name in series)]
    kept = [{**row, " column": "_".join(text(row[name]) for name in series)} for row in kept]
    made = []
    groups = _keyed(kept, keys)
    for values, members in groups:
        found = dict(zip(keys, values, strict=True))
        for column, cells in _keyed(members, [" column"]):
            for name, value in run.aggregated(measures, cells).items():
                found[f"{column[0]}_{name}" if len(measures) > 1 else column[0]] = value
        made.append(found)
    _note_ties(run, [values for values, _ in groups])
    return made


def _pivot(run: Interpreter, command: Any, rows: Rows) -> Rows:
    if not command.columns:
        return _stats(run, command, rows)
    return _wide(run, rows, command.by, command.columns, command.measures)


def _subtotals(choices: Callable[[int], list[tuple[int, ...]]]) -> Callable[[Interpreter, Any, Rows], Rows]:
    """Aggregates for each choice of the keys; the ones left out show the label. In no certain order."""

    def command_(run: Interpreter, command: Any, rows: Rows) -> Rows:
        label = run.option(command, "label")
        made: Rows = []
        for kept in choices(len(command.by)):
            if not rows and kept:
                continue
            for keys, members in _keyed(rows, [command.by[at] for at in kept]) or [([], [])]:
                shown = dict.fromkeys(command.by, label) | {
                    command.by[at]: key for at, key in zip(kept, keys, strict=True)
                }
                made.append(shown | run.aggregated(command.measures, members))
        run.is_ordered = False
        return made

    return command_


def _rollup_choices(count: int) -> list[tuple[int, ...]]:
    return [tuple(range(kept)) for kept in range(count, -1, -1)]


def _cube_choices(count: int) -> list[tuple[int, ...]]:
    return [tuple(at for at in range(count) if mask >> at & 1) for mask in range(2**count)]


def _boxplot(run: Interpreter, command: Any, rows: Rows) -> Rows:
    valued = [{**row, " v": run.evaluator.value(command.measured, row)} for row in rows]
    groups = _keyed([row for row in valued if row[" v"] is not None], command.by)
    made = []
    for keys, members in groups:
        values = sorted((row[" v"] for row in members), key=ordered)
        quarter = len(values) // 4
        made.append(
            dict(zip(command.by, keys, strict=True))
            | {"count": len(values), "min": values[0], "max": values[-1]}
            | {f"iqr{n}": values[quarter * n] for n in (1, 2, 3)}
        )
    _note_ties(run, [keys for keys, _ in groups])
    return made


def _join(run: Interpreter, command: Any, rows: Rows) -> Rows:
    kind = run.option(command, "type") or "inner"
    right = run.inner(command.query)
    pairs = [
        (at, to)
        for at, mine in enumerate(rows)
        for to, theirs in enumerate(right)
        if kind == "cross" or all(_same_key(mine.get(key), theirs.get(key)) for key in command.keys)
    ]
    matched, met = {at for at, _ in pairs}, {to for _, to in pairs}
    if kind == "leftonly":
        return [row for at, row in enumerate(rows) if at not in matched]
    if kind == "rightonly":
        return [row for to, row in enumerate(right) if to not in met]
    if kind == "right":
        found = [(to, rows[at]) for to in range(len(right)) for at, partner in pairs if partner == to]
        alone = [(to, {}) for to in range(len(right)) if to not in met]
        return [right[to] | mine for to, mine in sorted(found + alone, key=lambda pair: pair[0])]
    made = []
    for at, row in enumerate(rows):
        made += [row | right[to] for mine, to in pairs if mine == at]
        if at not in matched and kind in ("left", "full"):
            made.append(row)
    if kind == "full":
        made += [row for to, row in enumerate(right) if to not in met]
    return made


def _same_key(a: Any, b: Any) -> bool:
    """Numbers by value, text with case; null matches nothing."""
    if a is None or b is None:
        return False
    return a == b if isinstance(a, str) and isinstance(b, str) else compare(a, b) == 0


def _explode(_: Interpreter, command: Any, rows: Rows) -> Rows:
    made: Rows = []
    for row in rows:
        value = row.get(command.field)
        made += [{**row, command.field: item} for item in value] if isinstance(value, list) else [row]
    return made


def _prev(_: Interpreter, command: Any, rows: Rows) -> Rows:
    befores: Rows = [{}, *rows[:-1]]
    return [
        row | {f"prev_{name}": before.get(name) for name in command.names}
        for before, row in zip(befores, rows, strict=False)
    ]


def _serial(run: Interpreter, command: Any, rows: Rows) -> Rows:
    inside = Interpreter(run.evaluator.parameters)
    made: Rows = []
    for row in rows:
        given = [row]
        for step in command.query:
            given = inside.step(step, given)
        made += given
    return made


def _evalc(run: Interpreter, command: Any, rows: Rows) -> Rows:
    for row in rows:
        run.evaluator.parameters[command.parameter] = run.evaluator.value(command.expr, row)
    return rows


def _json(_: Interpreter, command: Any, __: Rows) -> Rows:
    found = json.loads(command.source)
    return [found] if isinstance(found, dict) else [item for item in found if isinstance(item, dict)]


def _repeat(run: Interpreter, command: Any, rows: Rows) -> Rows:
    count = int(run.option(command, "count") or 0)
    return [row for row in rows for _ in range(count)]


def _union(run: Interpreter, command: Any, rows: Rows) -> Rows:
    return rows + run.inner(command.query)


def _unchanged(_: Interpreter, __: Any, rows: Rows) -> Rows:
    return rows


_COMMANDS: dict[str, Callable[[Interpreter, Any, Rows], Rows]] = {
    "json": _json,
    "search": _search,
    "eval": _eval,
    "fields": _fields,
    "rename": _rename,
    "sort": _sort,
    "limit": _limit,
    "stats": _stats,
    "timechart": _timechart,
    "pivot": _pivot,
    "rollup": _subtotals(_rollup_choices),
    "cube": _subtotals(_cube_choices),
    "boxplot": _boxplot,
    "join": _join,
    "union": _union,
    "explode": _explode,
    "repeat": _repeat,
    "prev": _prev,
    "serial": _serial,
    "evalc": _evalc,
    "drop": lambda run, command, rows: [],
    "bypass": _unchanged,
    "order": _unchanged,
    "set": _unchanged,
    "setq": _unchanged,
}
_BY_ORDER = ("limit", "prev", "evalc")
