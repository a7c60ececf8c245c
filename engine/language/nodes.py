"""What a query is made of: expressions and commands, as frozen data that knows its place in the text."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import pyparsing as pp

from engine.language.errors import QueryError, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.context import Context
    from engine.plan import Rows

NOWHERE = Span(0, 0)


@dataclass(frozen=True, kw_only=True)
class Node:
    """Anything parsed: `span` says where, and does not take part in equality."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Literal(Node):
    """A constant written in the query: text, a number, `true`, `false` or `null`."""

    value: str | int | float | bool | None

    def __eq__(self, other: object) -> bool:
        # 1, 1.0 and true are equal in Python, and three different literals here.
        return isinstance(other, Literal) and (type(self.value), repr(self.value)) == (
            type(other.value),
            repr(other.value),
        )

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


@dataclass(frozen=True)
class FieldRef(Node):
    """A field by its name."""

    name: str


@dataclass(frozen=True)
class Call(Node):
    """A function call; `$("name")` is the call of a function named `$`."""

    name: str
    args: tuple[Expr, ...]


@dataclass(frozen=True)
class Binary(Node):
    """Two operands and the operator between them."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Negate(Node):
    """Unary minus."""

    operand: Expr


@dataclass(frozen=True)
class Items(Node):
    """A bare comma list: an array of its items."""

    items: tuple[Expr, ...]


Expr = Literal | FieldRef | Call | Binary | Negate | Items


@dataclass(frozen=True)
class Named(Node):
    """An expression and the field its value gets: an assignment, or an aggregate with its alias."""

    name: str
    expr: Expr


@dataclass(frozen=True)
class OptionValue(Node):
    """One `name=value`: the value as written, or the parameter reference that gives it when the query runs."""

    name: str
    value: str | Call


@dataclass(frozen=True)
class Option:
    """An option that a command takes; `read` turns the written text into its value or raises ValueError."""

    name: str
    read: Callable[[str], Any]
    description: str
    code: str | None = None  # the error code when `read` refuses; the reader's own when it raises QueryError
    missing: str | None = None  # the error code when nothing but a blank stands behind the `=`
    keyed: bool = False  # `tag.KEY`: the name has a key of the writer's choice behind the dot

    def is_named(self, name: str) -> bool:
        """Whether a setting of this name is one of this option."""
        kind, dot, key = name.partition(".")
        return kind == self.name.partition(".")[0] and bool(dot and key) if self.keyed else name == self.name


@dataclass(frozen=True)
class Command(Node):
    """One command of a pipeline. A subclass declares its name, options and syntax, and plans itself.

    `syntax` names its results after the dataclass fields; `body` is the inverse: the text after the options.
    """

    options: tuple[OptionValue, ...] = ()

    word: ClassVar[str] = ""
    takes: ClassVar[tuple[Option, ...]] = ()
    refuses: ClassVar[Mapping[str, str]] = {}  # options of the full product that mean nothing here, and why
    syntax: ClassVar[pp.ParserElement]
    is_source: ClassVar[bool] = False  # begins a pipeline
    starts_empty: ClassVar[bool] = False  # may also stand before the source
    summarises: ClassVar[bool] = False  # one row of the result stands for many rows before

    def body(self) -> str:
        """The text behind the name and the options; it parses back to the same command."""
        raise NotImplementedError

    def plan(self, rows: Rows) -> Rows:
        """The rows after this command."""
        raise NotImplementedError

    def prepare(self, context: Context) -> None:
        """What has to happen before the pipeline is planned, wherever the command stands in it."""

    def inner(self) -> tuple[Query, ...]:
        """Sub-queries in square brackets."""
        return ()

    def with_inner(self, inner: tuple[Query, ...]) -> Command:
        """The same command around other sub-queries."""
        return self

    def option(self, name: str) -> OptionValue | None:
        """The last setting of an option; the language lets the last one win."""
        return next((setting for setting in reversed(self.options) if setting.name == name), None)


@dataclass(frozen=True)
class Query:
    """A pipeline: commands in order, and the text they were read from (not part of equality)."""

    commands: tuple[Command, ...]
    text: str | None = field(default=None, compare=False)

    def __iter__(self) -> Iterator[Command]:
        return iter(self.commands)

    def __len__(self) -> int:
        return len(self.commands)


@cache
def commands() -> Mapping[str, type[Command]]:
    """Every command by name, collected from the modules of `engine.commands` and `engine.aws`."""
    found: dict[str, type[Command]] = {}
    for package_name in ("engine.commands", "engine.aws"):
        package = importlib.import_module(package_name)
        for info in pkgutil.iter_modules(package.__path__, f"{package_name}."):
            module = importlib.import_module(info.name)
            for item in vars(module).values():
                if isinstance(item, type) and issubclass(item, Command) and item.word and item.__module__ == info.name:
                    found[item.word] = item
    return found


def read_option(command: type[Command], setting: OptionValue) -> Any:
    """The value of an option whose text is known, or a QueryError that says what would be right."""
    declared = next(option for option in command.takes if option.is_named(setting.name))
    assert isinstance(setting.value, str)
    try:
        return declared.read(setting.value)
    except QueryError as problem:
        raise problem.at(setting.span) from None
    except ValueError as problem:
        code = declared.code or "90001"
        raise QueryError(code, f"option `{setting.name}`: {problem}", setting.span) from None
