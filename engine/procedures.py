"""Stored procedures: LPQL files whose first lines declare their parameters, and `usd_exchange`, which is always there.

# over(threshold int) users with more than so many events
| table duration=1d cloudtrail* | stats count by recipientAccountId | search count > $("threshold")
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from engine.aws.typed import typed
from engine.catalog import BOOL, DATE, DOUBLE, STRING, Field
from engine.context import Context, parameter
from engine.exchange import Exchange
from engine.language.errors import QueryError, SourceError, Span
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.plan import Rows, stored
from engine.values import Value

TYPES = ("string", "int", "double", "bool", "date", "datetime")


@dataclass(frozen=True)
class Procedure:
    """A query with declared parameters."""

    name: str
    parameters: tuple[tuple[str, str], ...]  # name and type, in order
    query: Query


@dataclass(frozen=True)
class BuiltIn:
    """A procedure that comes with Trailboard."""

    name: str
    rows: Callable[[Context], Rows]
    parameters: tuple[tuple[str, str], ...] = ()


EXCHANGE_COLUMNS = (
    Field("usd", DOUBLE, "won for one dollar"),
    Field("eur", DOUBLE, "won for one euro; null when the source does not say"),
    Field("base_date", DATE, "the day that the rate is of"),
    Field("source", STRING, "who said so; `configured`, or `ecb (bundled)` for the rate that comes with Trailboard"),
    Field("fetched_at", DATE, "when it was asked for; null when nobody was"),
    Field("stale", BOOL, "whether it is older than four days or a stopgap"),
)


def usd_exchange(exchange: Exchange) -> BuiltIn:
    """`usd_exchange()`: the rate of the dollar, always one row."""

    def rows(context: Context) -> Rows:
        rate = exchange.rate(context.now, ask=not context.is_dry, warn=context.warn)
        row = {
            "usd": rate.usd,
            "eur": rate.eur,
            "base_date": datetime(rate.day.year, rate.day.month, rate.day.day, tzinfo=context.zone),
            "source": rate.source,
            "fetched_at": rate.fetched_at,
            "stale": rate.is_stale(context.now),
        }
        found = stored(context, typed([row], EXCHANGE_COLUMNS), {item.name: item.type for item in EXCHANGE_COLUMNS})
        return found.with_columns(found.columns, hint=list(found.columns))

    return BuiltIn("usd_exchange", rows)


def procedures(folder: Path | None) -> dict[str, Procedure]:
    """The procedures of a folder: one `NAME.lpql` file each."""
    if folder is None or not folder.is_dir():
        return {}
    return {path.stem: read_procedure(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.lpql"))}


def read_procedure(name: str, text: str) -> Procedure:
    """Read a procedure: the head `# name(parameter type, …)` and the query behind it."""
    head = re.match(rf"\s*#\s*{re.escape(name)}\s*\(([^)]*)\)[^\n|]*", text)
    if head is None:
        raise SourceError(f"procedure `{name}` does not begin with `# {name}(parameter type, …)`")
    declared = [piece.split() for piece in head.group(1).split(",") if piece.strip()]
    for piece in declared:
        if len(piece) != 2 or piece[1] not in TYPES:
            raise SourceError(
                f"procedure `{name}`: `{' '.join(piece)}` is not `name type`", f"types: {', '.join(TYPES)}"
            )
    return Procedure(name, tuple((piece[0], piece[1]) for piece in declared), parse(text))


def bound(
    procedure: Procedure | BuiltIn, arguments: Sequence[tuple[Any, Span]], span: Span, zone: tzinfo
) -> dict[str, Value]:
    """Arguments as parameters, checked against the declared types."""
    if len(arguments) != len(procedure.parameters):
        wanted = ", ".join(f"{name} {kind}" for name, kind in procedure.parameters)
        message = f"`{procedure.name}({wanted})` takes {len(procedure.parameters)} arguments, got {len(arguments)}"
        raise QueryError("11003", message, span)
    found = {}
    for (name, kind), (value, place) in zip(procedure.parameters, arguments, strict=True):
        found[name] = parameter(_typed(name, kind, value, place, zone))
    return found


def _typed(name: str, kind: str, value: Any, span: Span, zone: tzinfo) -> Any:
    accepted: dict[str, type | tuple[type, ...]] = {"string": str, "int": int, "double": (int, float), "bool": bool}
    if kind in accepted:
        is_bool_for_number = isinstance(value, bool) and kind != "bool"
        if isinstance(value, accepted[kind]) and not is_bool_for_number:
            return float(str(value)) if kind == "double" else value
    elif isinstance(value, datetime):
        return value
    elif isinstance(value, str):
        try:
            return datetime.strptime(value, "%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        except ValueError:
            pass
    raise QueryError("11001", f"the parameter `{name}` is of type {kind}", span)
