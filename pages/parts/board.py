"""A viewer's own dashboard: panels made of queries in Explore, kept as one file that can be exported and imported."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from engine.commands.set import Set
from engine.language.errors import SourceError
from engine.language.nodes import Call, Command, Expr, Literal, Query
from engine.language.rewrite import with_span
from pages.parts.autochart import KINDS
from pages.parts.explore.history import LONGEST
from pages.parts.explore.secrets import holds_secret, is_secret_name
from pages.parts.kept import ONE_AT_A_TIME, Shelf
from pages.parts.scopes import CLOUDTRAIL
from pages.parts.view import View

FILE = "dashboard.json"
VERSION = 1
MOST = 40  # panels
LONGEST_TITLE = 120
LARGEST_IMPORT = 2_000_000  # bytes
AUTO, TABLE = "auto", "table"
CHARTS: tuple[str, ...] = (AUTO, *KINDS, TABLE)


class NotKept(Exception):
    """Why a panel or a file is refused: the key of a text."""


@dataclass(frozen=True)
class BoardPanel:
    """A query with a title and the chart it is drawn as; `values` are those of its parameters, as written."""

    id: str
    title: str
    query: str
    chart: str = AUTO
    wide: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


def new_panel(title: str, query: str, chart: str = AUTO, values: Mapping[str, str] | None = None) -> BoardPanel:
    """A panel with an id of its own. Raises NotKept for what must not lie on a disk."""
    title = " ".join(title.split())[:LONGEST_TITLE]
    if not title or not query.strip() or len(query) > LONGEST:
        raise NotKept("wrong_panel")
    if holds_secret(query):
        raise NotKept("has_secret")
    harmless = {name: value for name, value in (values or {}).items() if value and not is_secret_name(name)}
    return BoardPanel(uuid4().hex[:8], title, query.strip(), chart if chart in CHARTS else AUTO, values=harmless)


# the file -------------------------------------------------------------------------------------------------------------


def written(panels: Sequence[BoardPanel]) -> str:
    """The dashboard as the text of its file."""
    items = [
        {
            "title": panel.title,
            "query": panel.query,
            "chart": panel.chart,
            "wide": panel.wide,
            "values": dict(panel.values),
        }
        for panel in panels
    ]
    return json.dumps({"trailboard_dashboard": VERSION, "panels": items}, ensure_ascii=False, indent=2) + "\n"


def read(text: str) -> tuple[BoardPanel, ...]:
    """The panels of a file, each with a new id. Raises NotKept for any other text.

    >>> [panel.title for panel in read(written([new_panel("Logins", "table t")]))]
    ['Logins']
    """
    try:
        document = json.loads(text)
        items = document["panels"]
        if document["trailboard_dashboard"] != VERSION or len(items) > MOST:
            raise NotKept("wrong_file")
        return tuple(_panel(item, place) for place, item in enumerate(items))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotKept("wrong_file") from None


def _panel(item: Mapping[str, Any], place: int) -> BoardPanel:
    title, query = item["title"], item["query"]
    values = item.get("values", {})
    is_sound = isinstance(title, str) and isinstance(query, str) and all(isinstance(v, str) for v in values.values())
    if not is_sound:
        raise NotKept("wrong_file")
    made = new_panel(title, query, item.get("chart", AUTO), values)
    return replace(made, id=f"{place}_{made.id}", wide=bool(item.get("wide", False)))


def kept(shelf: Shelf) -> tuple[BoardPanel, ...]:
    """The panels as they lie there; ids follow from place and content, so that a page that runs again finds them."""
    text = shelf.read(FILE)
    if text is None:
        return ()
    try:
        found = read(text)
    except NotKept:
        raise SourceError(f"the dashboard's file {FILE} is damaged", "import an exported one, or remove it") from None
    return tuple(replace(panel, id=_id(panel, place, found)) for place, panel in enumerate(found))


def _id(panel: BoardPanel, place: int, panels: Sequence[BoardPanel]) -> str:
    """What names a panel from run to run wherever it moves: its content, and which of equal ones it is."""

    def content(item: BoardPanel) -> tuple[object, ...]:
        return (item.title, item.query, item.chart, tuple(sorted(item.values.items())))

    before = sum(content(other) == content(panel) for other in panels[:place])
    return f"{zlib.crc32(repr(content(panel)).encode()):08x}{before or ''}"


def change(shelf: Shelf, how: Callable[[tuple[BoardPanel, ...]], Sequence[BoardPanel]]) -> None:
    """Read the dashboard, change it, and write it."""
    with ONE_AT_A_TIME:
        panels = how(kept(shelf))
        if len(panels) > MOST:
            raise NotKept("too_many_panels")
        shelf.write(FILE, written(panels))


def added(new: Sequence[BoardPanel]) -> Callable[[tuple[BoardPanel, ...]], Sequence[BoardPanel]]:
    return lambda panels: (*panels, *new)


def removed(panel_id: str) -> Callable[[tuple[BoardPanel, ...]], Sequence[BoardPanel]]:
    return lambda panels: [panel for panel in panels if panel.id != panel_id]


def changed(panel_id: str, **values: Any) -> Callable[[tuple[BoardPanel, ...]], Sequence[BoardPanel]]:
    return lambda panels: [replace(panel, **values) if panel.id == panel_id else panel for panel in panels]


def moved(panel_id: str, by: int) -> Callable[[tuple[BoardPanel, ...]], Sequence[BoardPanel]]:
    """One panel some places further on, or back; not beyond the ends.

    >>> panels = tuple(BoardPanel(name, name, "table t") for name in "abc")
    >>> [panel.id for panel in moved("c", -1)(panels)], [panel.id for panel in moved("a", -1)(panels)]
    (['a', 'c', 'b'], ['a', 'b', 'c'])
    """

    def move(panels: tuple[BoardPanel, ...]) -> Sequence[BoardPanel]:
        order = list(panels)
        place = next((place for place, panel in enumerate(order) if panel.id == panel_id), None)
        if place is not None:
            panel = order.pop(place)
            order.insert(max(0, min(len(order), place + by)), panel)
        return order

    return move


# what runs ------------------------------------------------------------------------------------------------------------


def takes_filters(query: Query) -> bool:
    """Whether the filters of the page mean something to a query: when all its tables are CloudTrail's."""
    patterns = list(_patterns(query))
    return bool(patterns) and all(pattern.startswith(CLOUDTRAIL.tables.rstrip("*")) for pattern in patterns)


def _patterns(query: Query) -> list[str]:
    own = [source.pattern for command in query for source in getattr(command, "sources", ())]
    return own + [pattern for command in query for inner in command.inner() for pattern in _patterns(inner)]


def asked(query: Query, view: View) -> Query:
    """A panel's query over the page's period, narrowed by its filters where they mean something to it."""
    over = view.asked(query) if takes_filters(query) else view.period.on(query, view.zone)
    return with_span(over, view.period.span(view.now))


def with_values(query: Query, values: Mapping[str, Any]) -> Query:
    """The query with its parameters set in front of it, so that its text says all that it depends on.

    >>> from engine.language.grammar import parse
    >>> from engine.language.printer import print_query
    >>> print_query(with_values(parse('table t | search n > $("least")'), {"least": 3}))
    'set least = 3\\n| table t\\n| search n > $("least")'
    """
    settings: list[Command] = [Set(parameter=name, expr=_constant(value)) for name, value in values.items()]
    return Query((*settings, *query.commands))


def _constant(value: Any) -> Expr:
    if isinstance(value, datetime):
        text = Literal(value.strftime("%Y-%m-%d %H:%M:%S%z"))
        return Call("date", (text, Literal("yyyy-MM-dd HH:mm:ssZ")))
    return Literal(value)
