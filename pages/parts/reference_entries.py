"""The language reference as data: an entry for each command and function, made from what they declare about themselves.

A docstring's first sentence is the heading, the rest of it what is good to know, and its example a query that runs.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase
from typing import Literal

from engine.functions.function import Function, aggregates, functions
from engine.language.grammar import parse_expression
from engine.language.nodes import Binary, Command, Expr, commands
from engine.language.printer import print_expression
from engine.reference import first_sentence, unique
from pages.parts.reference_syntax import syntax_of

Kind = Literal["command", "function", "aggregate"]
# Topics of commands that neither begin a query nor summarise; all others are about rows and fields.
COMMAND_TOPICS = {
    "combining": ("join", "lookup", "union"),
    "parsing": ("parse", "parsecsv", "parsejson", "parsekv", "parsemap", "parsexml", "rex", "signature", "tojson"),
    "parameters": ("evalc", "set", "setq"),
}
# In the order in which one learns them; a topic of functions is the module that defines them.
TOPICS = (
    "sources", "rows", "summaries", "aggregate", "combining", "parsing", "parameters", "aws",
    "conditional", "text", "number", "date", "address", "collection", "conversion", "typetest", "reference", "crypto",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A command or function. `example` is as documented, `query` what shows it at work."""

    word: str
    kind: Kind
    topic: str
    aliases: tuple[str, ...]
    syntax: str
    options: tuple[tuple[str, str], ...]  # name and meaning
    sentence: str
    more: tuple[str, ...]  # paragraphs
    example: str
    query: str

    @property
    def is_free(self) -> bool:
        """Whether running it asks nobody but this machine."""
        return self.topic != "aws"


@cache
def entries() -> tuple[Entry, ...]:
    """Every command, function and aggregate, by topic and name."""
    made = [
        *(_of_command(command) for command in commands().values()),
        *(_of_function(found) for found in [*unique(functions().values()), *unique(aggregates().values())]),
    ]
    return tuple(sorted(made, key=lambda entry: (TOPICS.index(entry.topic), entry.word)))


def named(word: str) -> tuple[Entry, ...]:
    """The entries of a word or alias: `array` is a function and an aggregate.

    >>> [(entry.word, entry.kind) for entry in named("dcount")]
    [('dc', 'aggregate')]
    """
    return tuple(entry for entry in entries() if word == entry.word or word in entry.aliases)


def search(text: str, among: Sequence[Entry]) -> list[Entry]:
    """The entries that hold all words of a text, those first whose name is or begins with it.

    >>> [entry.word for entry in search("sort", entries())][:1]
    ['sort']
    """
    words = text.casefold().split()
    found = [entry for entry in among if all(word in _written(entry) for word in words)]
    return sorted(found, key=lambda entry: _closeness(entry, words))


def _closeness(entry: Entry, words: Sequence[str]) -> int:
    """How far a name is from what was sought: 0 is the word itself, 3 holds it in the description only."""
    names = [name.casefold() for name in (entry.word, *entry.aliases)]
    return min(
        (
            0 if name == word else 1 if name.startswith(word) else 2 if word in name else 3
            for word in words
            for name in names
        ),
        default=3,
    )


@cache
def _written(entry: Entry) -> str:
    options = (f"{name} {meaning}" for name, meaning in entry.options)
    return " ".join((entry.word, *entry.aliases, entry.sentence, *entry.more, *options)).casefold()


def _of_command(command: type[Command]) -> Entry:
    sentence, more, example = _read(inspect.getdoc(command) or "")
    options = tuple((option.name, option.description) for option in command.takes)
    return Entry(
        command.word, "command", _topic(command), (), syntax_of(command), options, sentence, more, example, example
    )


def _topic(command: type[Command]) -> str:
    if command.__module__.startswith("engine.aws."):
        return "aws"
    if command.is_source:
        return "sources"
    if command.summarises:
        return "summaries"
    return next((topic for topic, words in COMMAND_TOPICS.items() if command.word in words), "rows")


def _of_function(function: Function) -> Entry:
    sentence, more, example = _read(function.doc)
    query = example if function.is_aggregate else shown_by(example)
    kind: Kind = "aggregate" if function.is_aggregate else "function"
    return Entry(
        function.name, kind, function.topic, function.aliases, function.signature, (), sentence, more, example, query
    )


def _read(doc: str) -> tuple[str, tuple[str, ...], str]:
    """The first sentence of a docstring, the paragraphs behind it, its example."""
    about, _, example = doc.partition("Example:\n")
    sentence = first_sentence(about).replace("\\|", "|")
    first, *others = (" ".join(paragraph.split()) for paragraph in about.strip().split("\n\n"))
    rest = first.removeprefix(sentence).strip()
    return sentence, tuple(filter(None, [rest, *others])), textwrap.dedent(example).strip()


def shown_by(claims: str) -> str:
    """The query that shows what a function gives, of an example that claims it.

    >>> shown_by('int("42") == 42 and isnull(int("x"))')
    'json "{}" | eval a = int("42"), b = isnull(int("x"))'
    >>> shown_by("abs(-5) == 5")
    'json "{}" | eval result = abs(-5)'
    """
    shown = [print_expression(_claimed(claim)) for claim in _claims(parse_expression(claims))]
    names = ["result"] if len(shown) == 1 else ascii_lowercase
    return 'json "{}" | eval ' + ", ".join(f"{name} = {value}" for name, value in zip(names, shown, strict=False))


def _claims(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Binary) and expr.op == "and":
        yield from _claims(expr.left)
        yield from _claims(expr.right)
    else:
        yield expr


def _claimed(claim: Expr) -> Expr:
    """The left side of an equation, any other claim as it is."""
    return claim.left if isinstance(claim, Binary) and claim.op == "==" else claim
