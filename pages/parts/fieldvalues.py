"""The real values of fields that have few of them: what completion offers behind `field ==`.

They are read once an hour, behind the page's back: until they are known, there are none.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import streamlit as st

from engine.catalog import BOOL, INT, LONG, STRING, Field, Table
from engine.export import is_null, neutralise
from engine.language.errors import TrailboardError
from engine.query import Engine
from pages.parts import data

log = logging.getLogger(__name__)

#: Fields with their values, as they are written in a query, the most frequent first with how often.
FieldValues = tuple[tuple[str, tuple[tuple[str, int], ...]], ...]

FEW = 600  # different values: a field with more is no list to choose from
MOST = 60  # values of a field that are offered
ENOUGH = 4  # values with the same first word, for a pattern that stands for them
LONGEST = 80  # characters
ROWS = 100_000  # newest ones that are looked at: of a large lake that is enough for a list to choose from
PATIENCE = 30.0  # seconds a question
WRITABLE = (STRING, BOOL, INT, LONG)


def known_values(source: data.Source, now: datetime) -> FieldValues:
    """The values of the last day, as far as they have been read."""
    reading = _reading(source.lake, source.sample, now.replace(minute=0, second=0, microsecond=0))
    return reading.result() if reading.done() else ()


@st.cache_resource(max_entries=2, show_spinner=False)
def _reading(lake: str, made: datetime | None, hour: datetime) -> Future[FieldValues]:
    engine = data.engine(lake, made, "UTC", hour if made else None)
    return _pool().submit(_read, engine)


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="values")


def _read(engine: Engine) -> FieldValues:
    try:
        return field_values(engine)
    except TrailboardError:
        log.warning("the values of fields cannot be read", exc_info=True)
        return ()


def field_values(engine: Engine) -> FieldValues:
    """The values of the last day of all fields that have few. Tables with the same fields are read together."""
    families: dict[tuple[str, ...], list[Table]] = {}
    for table in engine.catalog().tables:
        names = tuple(item.name for item in table.fields if _is_for_people(item))
        families.setdefault(names, []).append(table)
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for names, tables in families.items():
        if not names:
            continue
        source = f"table duration=1d limit={ROWS} {', '.join(f'`{table.name}`' for table in tables)}"
        distinct = engine.run(
            f"{source} | stats " + ", ".join(f"dc({name}) as {name}" for name in names), timeout=PATIENCE
        )
        for name in names:
            if not distinct.empty and 0 < distinct[name].iloc[0] <= FEW and name not in found:
                found[name] = _values(engine, source, name)
    return tuple((name, values) for name, values in found.items() if values)


def _is_for_people(field: Field) -> bool:
    """Whether a field is one of the logs' own that can be written as a constant."""
    return field.type in WRITABLE and not field.hidden and not field.name.startswith("_")


def _values(engine: Engine, source: str, name: str) -> tuple[tuple[str, int], ...]:
    frame = engine.run(f"{source} | stats count by {name} | sort limit={FEW} -count", timeout=PATIENCE)
    written = ((as_written(value), int(count)) for value, count in zip(frame[name], frame["count"], strict=True))
    values = [(text, count) for text, count in written if text is not None]
    return tuple(sorted([*values[:MOST], *first_words(values)], key=lambda pair: -pair[1]))


def first_words(values: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Patterns for what many values begin with, as the names of API calls do.

    >>> first_words([('"GetA"', 3), ('"GetB"', 2), ('"GetC"', 1), ('"GetD"', 1), ('"PutA"', 9), ('"Getting"', 1)])
    [('"Get*"', 7)]
    """
    counts: dict[str, list[int]] = {}
    for text, count in values:
        if word := re.match(r'"([A-Z][a-z]+)(?=[A-Z])', text):
            counts.setdefault(word.group(1), []).append(count)
    return [(f'"{word}*"', sum(found)) for word, found in counts.items() if len(found) >= ENOUGH]


def as_written(value: object) -> str | None:
    """A value as a constant of the language, nothing for what is not comfortable as one.

    >>> as_written("us-east-1"), as_written(True), as_written(404), as_written(None), as_written("s3:*")
    ('"us-east-1"', 'true', '404', None, None)
    """
    if is_null(value):
        return None
    if isinstance(value, str):
        is_plain = 0 < len(value) <= LONGEST and not set(value) & set('"\\*') and neutralise(value) == value
        return f'"{value}"' if is_plain else None
    return json.dumps(value.item() if hasattr(value, "item") else value)
