"""Changes to parsed queries: a page's time range and filters, and the rows behind a number.

Commands are replaced, text is never cut: what these return prints as the query that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from ipaddress import ip_address

from engine.aws.command import AwsCommand
from engine.commands.outputcsv import OutputCsv
from engine.commands.outputjson import OutputJson
from engine.commands.search import Search
from engine.commands.table import TableCommand
from engine.language.errors import QueryError
from engine.language.grammar import is_bare_name
from engine.language.nodes import Binary, Call, Command, Expr, FieldRef, Literal, OptionValue, Query

_RANGE = ("duration", "from", "to")


def with_range(
    query: Query, *, duration: str | None = None, start: datetime | None = None, end: datetime | None = None
) -> Query:
    """Every `table` of a query, those of sub-queries too, with another time range.

    `start` and `end` are written in UTC, so that a link means the same in every zone; seconds are the finest.
    """
    settings = [("duration", duration), ("from", _digits(start)), ("to", _digits(end))]
    options = tuple(OptionValue(name, value) for name, value in settings if value is not None)

    def change(command: Command) -> list[Command]:
        if not isinstance(command, TableCommand):
            return [command]
        kept = tuple(setting for setting in command.options if setting.name not in _RANGE)
        return [replace(command, options=(*options, *kept))]

    return _changed(query, change)


def _digits(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant.astimezone(UTC):%Y%m%d%H%M%S}Z"


def with_search(query: Query, values: Mapping[str, Sequence[str | int | float | bool | None]]) -> Query:
    """A `search` behind every `table`: each field has one of its values. Fields without values are left alone."""
    condition = _all([_one_of(field, chosen) for field, chosen in values.items() if chosen])
    if condition is None:
        return query

    def change(command: Command) -> list[Command]:
        return [command, Search(condition=condition)] if isinstance(command, TableCommand) else [command]

    return _changed(query, change)


def with_condition(query: Query, condition: Expr) -> Query:
    """A `search` with any condition behind every `table`."""

    def change(command: Command) -> list[Command]:
        return [command, Search(condition=condition)] if isinstance(command, TableCommand) else [command]

    return _changed(query, change)


def with_targets(query: Query, *, profiles: Sequence[str] = (), regions: Sequence[str] = ()) -> Query:
    """Every `aws-*` command of a query, those of sub-queries too, asking these profiles and regions only.

    Without names a command asks what it did; what has one place for all regions is asked whatever the regions are.
    """
    chosen = {"profile": ",".join(profiles), "region": ",".join(regions)}

    def change(command: Command) -> list[Command]:
        if not isinstance(command, AwsCommand):
            return [command]
        wanted = {name: text for name, text in chosen.items() if text and not (name == "region" and command.is_global)}
        kept = tuple(setting for setting in command.options if setting.name not in wanted)
        return [replace(command, options=(*(OptionValue(name, text) for name, text in wanted.items()), *kept))]

    return _changed(query, change)


def live_commands(query: Query) -> tuple[AwsCommand, ...]:
    """The distinct `aws-*` commands of a query, those of sub-queries too."""
    found: dict[AwsCommand, None] = {}
    for command in query:
        if isinstance(command, AwsCommand):
            found[command] = None
        for sub in command.inner():
            found |= dict.fromkeys(live_commands(sub))
    return tuple(found)


def renewing(query: Query) -> tuple[AwsCommand, ...]:
    """The `aws-*` commands that AWS bills for anew though there is an answer: their `cache` is shorter than its age."""
    return tuple(command for command in live_commands(query) if _renews(command))


def without_renewing(query: Query) -> Query:
    """Billed `aws-*` commands with the age of their own instead of a shorter one."""

    def change(command: Command) -> list[Command]:
        if not isinstance(command, AwsCommand) or not _renews(command):
            return [command]
        return [replace(command, options=tuple(item for item in command.options if item.name != "cache"))]

    return _changed(query, change)


def _renews(command: AwsCommand) -> bool:
    wanted = command.option("cache")
    if wanted is None or not command.is_billed:
        return False
    if not all(isinstance(item.value, str) for item in command.options):  # a parameter, which may be anything
        return True
    try:
        return bool(command.setting("cache") < command.max_age())
    except QueryError:  # told when it runs
        return False


def calls_procedures(query: Query) -> bool:
    """Whether a query, or a sub-query of it, runs a stored query."""
    return any(command.word == "proc" or any(map(calls_procedures, command.inner())) for command in query)


def writes_files(query: Query) -> bool:
    """Whether a query, or a sub-query of it, writes files."""
    return any(
        isinstance(command, OutputCsv | OutputJson) or any(map(writes_files, command.inner())) for command in query
    )


def with_span(query: Query, span: str) -> Query:
    """Every `timechart` of the pipeline with another bucket width."""

    def change(command: Command) -> list[Command]:
        if command.word != "timechart":
            return [command]
        kept = tuple(setting for setting in command.options if setting.name != "span")
        return [replace(command, options=(OptionValue("span", span), *kept))]

    return _changed(query, change)


def before_aggregate(query: Query) -> Query:
    """The commands before the first one whose rows stand for many: what gives the rows behind a number."""
    kept: list[Command] = []
    for command in query:
        if command.summarises:
            break
        kept.append(command)
    return Query(tuple(kept))


def rows_behind(query: Query, values: Mapping[str, str | int | float | bool | None]) -> Query:
    """The rows behind a mark: the commands before the first aggregate, and the clicked values as a `search`."""
    condition = _all([is_value(field, value) for field, value in values.items()])
    rows = before_aggregate(query)
    return rows if condition is None else Query((*rows.commands, Search(condition=condition)))


def between(field: str, start: datetime, end: datetime, zone: tzinfo) -> Expr:
    """A condition: a date field lies in `[start, end)`."""
    return _both(_compared(field, ">=", start, zone), _compared(field, "<", end, zone))


def _compared(field: str, op: str, instant: datetime, zone: tzinfo) -> Expr:
    text = instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return Binary(op, field_ref(field), Call("date", (Literal(text), Literal("yyyy-MM-dd HH:mm:ss"))))


def field_ref(name: str) -> Expr:
    """A field in an expression: by its name where the grammar takes it bare, else through `field("…")`."""
    return FieldRef(name) if is_bare_name(name) else Call("field", (Literal(name),))


def is_value(field: str, value: str | int | float | bool | None) -> Expr:
    """A condition: a field has a value, or none."""
    if value is None:
        return Call("isnull", (field_ref(field),))
    return _one_of(field, [value])


def _one_of(field: str, values: Sequence[str | int | float | bool | None]) -> Expr:
    present = [choice for value in values if value is not None for choice in choices(value)]
    tests: list[Expr] = [Call("in", (field_ref(field), *present))] if present else []
    if None in values:
        tests.append(Call("isnull", (field_ref(field),)))
    return tests[0] if len(tests) == 1 else Binary("or", tests[0], tests[1])


def choices(value: str | int | float | bool) -> list[Expr]:
    """With what `in(field, …)` finds a value that was seen in an answer.

    A star in a text constant would be a wildcard. An address may stand in a field of text or of the type `ip`, which
    no text constant fits.
    """
    if not isinstance(value, str):
        return [Literal(value)]
    if "*" in value:
        return [Call("concat", (Literal(value),))]
    return [Literal(value), Call("ip", (Literal(value),))] if _is_address(value) else [Literal(value)]


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _all(conditions: Sequence[Expr]) -> Expr | None:
    found: Expr | None = None
    for condition in conditions:
        found = condition if found is None else _both(found, condition)
    return found


def _both(left: Expr, right: Expr) -> Expr:
    return Binary("and", left, right)


def _changed(query: Query, change: Callable[[Command], list[Command]]) -> Query:
    """A query with each command replaced by what `change` makes of it, sub-queries first."""
    commands: list[Command] = []
    for command in query:
        inner = tuple(_changed(sub, change) for sub in command.inner())
        commands.extend(change(command.with_inner(inner) if inner else command))
    return Query(tuple(commands))
