"""The language on one page, from the docstrings of commands and functions.

`python -m engine.reference README.md` writes it between the two marks of that file.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable
from pathlib import Path

from engine.functions.function import Function, aggregates, functions
from engine.language.nodes import commands

BEGIN, END = "<!-- language: made by engine/reference.py -->", "<!-- end of language -->"


def language_page() -> str:
    """Markdown: every command with its first sentence, every function by topic with its arguments."""
    lines = ["| command | what it does |", "|---|---|", *_commands("engine.commands.")]
    lines += ["", "| live AWS | what it shows |", "|---|---|", *_commands("engine.aws.")]
    lines += ["", "| functions | |", "|---|---|"]
    by_topic: dict[str, list[Function]] = {}
    for function in unique(functions().values()):
        by_topic.setdefault(function.topic, []).append(function)
    for topic, members in sorted(by_topic.items()):
        lines.append(f"| {title(topic)} | {listed(members)} |")
    lines.append(f"| **{title('aggregate')}** (in `stats`, `timechart`) | {listed(unique(aggregates().values()))} |")
    return "\n".join(lines)


def _commands(package: str) -> list[str]:
    """A line for each command of a package."""
    found = sorted((word, command) for word, command in commands().items() if command.__module__.startswith(package))
    return [f"| `{word}` | {first_sentence(inspect.getdoc(command) or '')} |" for word, command in found]


def first_sentence(text: str) -> str:
    """What comes before the first full stop or line of its own, as a cell of a table.

    >>> first_sentence("Skip rows; see\\n`limit`. Then more.")
    'Skip rows; see `limit`.'
    """
    paragraph = " ".join(text.partition("\n\n")[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return (sentence + stop.strip()).replace("|", "\\|")


def title(topic: str) -> str:
    """What a module of functions says it is about."""
    about = inspect.getdoc(importlib.import_module(f"engine.functions.{topic}")) or topic
    return first_sentence(about).rstrip(".").partition(":")[0]


def listed(members: Iterable[Function]) -> str:
    """Calls with their arguments, by name."""
    return ", ".join(f"`{function.signature}`" for function in sorted(members, key=lambda each: each.name))


def unique(found: Iterable[Function]) -> list[Function]:
    """Functions without their aliases."""
    return list({function.name: function for function in found}.values())


def with_page(text: str) -> str:
    """A document with the part between the marks made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"the marks `{BEGIN}` and `{END}` are missing")
    return f"{before}{BEGIN}\n\n{language_page()}\n\n{END}{after}"


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_page(document.read_text("utf-8")), "utf-8")
