"""What the editor knows about the language: commands, functions, tables and fields as plain data for the browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.catalog import Catalog, Type
from engine.functions.function import Function
from engine.language.nodes import Command
from pages.parts.fieldvalues import FieldValues

# Values worth offering behind `option=`; every other option is free text.
OPTION_VALUES: Mapping[str, tuple[str, ...]] = {
    "duration": ("15m", "1h", "6h", "1d", "7d", "30d"),
    "span": ("1m", "5m", "10m", "30m", "1h", "6h", "1d"),
    "order": ("desc", "asc"),
    "limit": ("10", "100", "300", "1000"),
    "type": ("left", "inner", "full"),
}


def vocabulary(
    commands: Mapping[str, type[Command]],
    functions: Mapping[str, Function],
    aggregates: Mapping[str, Function],
    catalog: Catalog,
    lookups: Mapping[str, Mapping[str, Type]],
    known: FieldValues = (),
) -> dict[str, Any]:
    """Everything the editor completes and explains, as JSON: see `candidates` in editor.js for who reads what."""
    return {
        "commands": [_command(commands[word]) for word in sorted(commands)],
        "functions": [_function(functions[name]) for name in sorted(functions) if functions[name].name == name],
        "aggregates": [_function(aggregates[name]) for name in sorted(aggregates) if aggregates[name].name == name],
        "tables": _tables(catalog),
        "fields": _fields(catalog, dict(known)),
        "lookups": [
            {
                "name": name,
                "help": "",
                "outputs": [{"name": column, "type": kind.name} for column, kind in outputs.items()],
            }
            for name, outputs in sorted(lookups.items())
        ],
        "values": {name: list(values) for name, values in OPTION_VALUES.items()},
    }


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, without its line breaks.

    >>> first_sentence("Read rows of tables,\\nnewest first.\\n\\nExample:\\n    table t")
    'Read rows of tables, newest first.'
    """
    paragraph = " ".join(text.split("\n\n", 1)[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", paragraph)[0]


def example(text: str) -> str:
    """The query of a docstring's example, empty when it has none.

    >>> example("Pass some rows.\\n\\nExample:\\n    table t | limit 3")
    'table t | limit 3'
    """
    _, found, lines = text.partition("Example:\n")
    kept = [line.strip() for line in lines.splitlines()] if found else []
    return " ".join(kept[: kept.index("")] if "" in kept else kept)


def _command(command: type[Command]) -> dict[str, Any]:
    doc = command.__doc__ or ""
    return {
        "name": command.word,
        "help": "\n\n".join(filter(None, [first_sentence(doc), example(doc)])),
        "options": [{"name": option.name, "help": option.description} for option in command.takes],
        "begins": command.is_source or command.starts_empty,
        "follows": not command.is_source,
    }


def _function(function: Function) -> dict[str, Any]:
    """`bare` aggregates are written without parentheses when they have no argument, as `count` is."""
    made = {"name": function.name, "usage": function.signature, "help": first_sentence(function.doc)}
    if function.is_aggregate:
        made["bare"] = not any(required for _, _, required, _ in function.parameters)
    return made


def _tables(catalog: Catalog) -> list[dict[str, str]]:
    """Patterns first, for they also fit what is collected later: `cloudtrail*`, `aws-elb_*`; then each table."""
    patterns: dict[str, dict[str, str]] = {}
    for table in catalog.tables:
        family, _, rest = table.name.partition("_")
        name = f"{family}_*" if rest else f"{family}*"
        patterns.setdefault(name, {"name": name, "help": first_sentence(table.description)})
    tables = [{"name": table.name, "help": first_sentence(table.description)} for table in catalog.tables]
    return [*patterns.values(), *tables]


def _fields(catalog: Catalog, known: Mapping[str, tuple[tuple[str, int], ...]]) -> list[dict[str, Any]]:
    """Each field once, though several tables have it; ordinary ones before those that begin with an underscore."""
    found: dict[str, dict[str, Any]] = {
        "_table": {"name": "_table", "type": "string", "help": "The table that the row comes from."}
    }
    for table in catalog.tables:
        for field in table.fields:
            if not field.hidden:
                found.setdefault(
                    field.name, {"name": field.name, "type": field.type.name, "help": first_sentence(field.description)}
                )
    for name, values in known.items():
        if name in found:
            found[name]["values"] = [{"text": text, "count": f"{count:,}"} for text, count in values]
    return sorted(found.values(), key=lambda field: (field["name"].startswith("_"), field["name"].lower()))
