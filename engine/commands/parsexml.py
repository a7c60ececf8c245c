"""`parsexml`: fields from XML text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar
from xml.parsers import expat

import pyparsing as pp

from engine.commands.parsing import FIELD, OVERLAY, with_parsed
from engine.language.nodes import Command, Option
from engine.plan import Rows

MOST_LEVELS = 100


@dataclass(frozen=True)
class ParseXml(Command):
    """Make fields of the elements inside the outermost one of an XML text, in `line` unless `field` says otherwise.

    An element of text is that text; one with attributes or elements of its own is a map, its text under `_text`; one
    that repeats is an array. The other fields are dropped, unless `overlay=t`; a row without XML stays as it is.

    Example:
        json "{'line': '<event><user id=\\"7\\">ana</user><action>login</action></event>'}" | parsexml
    """

    word: ClassVar[str] = "parsexml"
    takes: ClassVar[tuple[Option, ...]] = (FIELD, OVERLAY)
    syntax: ClassVar[pp.ParserElement] = pp.Empty()

    def body(self) -> str:
        return ""

    def plan(self, rows: Rows) -> Rows:
        return with_parsed(rows, self, rows.context.option(self, "field", "line"), read_xml)


@dataclass
class _Element:
    attributes: dict[str, str]
    children: dict[str, list[Any]] = field(default_factory=dict)
    text: str = ""

    def value(self) -> Any:
        """Text, a map, or None when it is empty."""
        if not self.attributes and not self.children:
            return self.text or None
        found: dict[str, Any] = dict(self.attributes)
        for name, values in self.children.items():
            present = [value for value in values if value is not None]
            found[name] = present if len(present) > 1 else present[0] if present else None
        if self.text.strip():
            found["_text"] = self.text
        return found


def read_xml(text: str) -> dict[str, Any] | None:
    """The elements and attributes of the outermost element, None when there is no XML or it declares entities.

    >>> read_xml('<e><a>1</a><a>2</a><b x="3"/></e>')
    {'a': ['1', '2'], 'b': {'x': '3'}}
    """
    open_elements = [_Element({})]

    def start(_: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > MOST_LEVELS:
            raise ValueError("nested too deeply")
        open_elements.append(_Element({name: value for name, value in attributes.items() if name != "xmlns"}))

    def end(name: str) -> None:
        closed = open_elements.pop()
        open_elements[-1].children.setdefault(name, []).append(closed.value())

    def characters(data: str) -> None:
        open_elements[-1].text += data

    def entity(*_: object) -> None:
        raise ValueError("entities are not read")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = characters, entity
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError):
        return None
    (root,) = next(iter(open_elements[0].children.values()))
    return root if isinstance(root, dict) else None
