"""What a function is: a def whose signature is its arity check and its documentation.

A scalar function takes `Value`s and returns one. Annotations say how an argument arrives:

    Value     planned: a piece of SQL with its type
    Const     its Python value; an argument that needs a row is the error that the decorator names
    Expr      not planned at all (a lambda body)
    Scope     not an argument of the query: the fields and the run

An aggregate is the same with `Group`, which knows the order in which rows arrive.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Annotated, Any, overload

from engine.language.errors import QueryError, Span, did_you_mean
from engine.language.nodes import Call, Expr
from engine.values import Value

if typing.TYPE_CHECKING:
    pass

#: A constant of the query, as a Python value.
Const = Annotated[Any, "constant"]


@dataclass(frozen=True)
class Group:
    """The rows that one aggregate sees: how they are ordered when they arrive."""

    ascending: str  # the inside of an ORDER BY, empty when the order is not defined
    descending: str
    seconds: int | None = None  # how long its bucket of time is, where it has one


@dataclass(frozen=True)
class Function:
    """A function of the language, made from a def by `@function` or `@aggregate`."""

    name: str
    aliases: tuple[str, ...]
    define: Callable[..., Value]
    is_aggregate: bool
    parameters: tuple[tuple[str, str, bool, bool], ...]  # name, kind, required, repeated
    needs: str | None  # the parameter that takes the Scope or the Group
    too_few: str  # an error code, or one for each argument that may be missing
    too_many: str | None  # None: extra arguments are ignored, as the language does
    not_constant: str
    looks_around: bool = False  # reads other rows than its own

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.define) or ""

    @property
    def topic(self) -> str:
        return self.define.__module__.rpartition(".")[2]

    @property
    def signature(self) -> str:
        """`substr(text, begin[, end])`"""
        shown: list[str] = []
        optional = 0
        for name, _, required, repeated in self.parameters:
            piece = f"{name}, …" if repeated else name
            if required or not shown:
                shown.append(piece if required or repeated else f"[{piece}]")
            else:
                shown[-1] += f"[, {piece}"
                optional += 1
        return f"{self.name}({', '.join(shown)}{']' * optional})"


_SCALARS: dict[str, Function] = {}
_AGGREGATES: dict[str, Function] = {}


def _register(
    define: Callable[..., Value],
    is_aggregate: bool,
    name: str | None,
    aliases: tuple[str, ...],
    too_few: str,
    too_many: str | None,
    not_constant: str,
    looks_around: bool = False,
) -> Callable[..., Value]:
    hints = typing.get_type_hints(define, localns={"Scope": _ScopeMark, "Group": Group}, include_extras=True)
    parameters, needs = [], None
    for parameter in inspect.signature(define).parameters.values():
        hint = hints[parameter.name]
        if hint in (_ScopeMark, Group):
            needs = parameter.name
            continue
        kind = "const" if hint == Const else "value" if hint in (Value, Value | None) else "expr"
        repeated = parameter.kind is inspect.Parameter.VAR_POSITIONAL
        required = parameter.default is inspect.Parameter.empty and not repeated
        parameters.append((parameter.name, kind, required, repeated))
    made = Function(
        name or define.__name__.rstrip("_"), aliases, define, is_aggregate, tuple(parameters), needs, too_few, too_many,
        not_constant, looks_around,
    )  # fmt: skip
    for word in (made.name, *aliases):
        (_AGGREGATES if is_aggregate else _SCALARS)[word] = made
    return define


class _ScopeMark:
    """Stands for Scope while signatures are read (the real one imports this module)."""


@overload
def function(define: Callable[..., Value], /) -> Callable[..., Value]: ...
@overload
def function(
    *,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
    too_few: str = "99000",
    too_many: str | None = None,
    not_constant: str = "99000",
    looks_around: bool = False,
) -> Callable[[Callable[..., Value]], Callable[..., Value]]: ...
def function(
    define: Callable[..., Value] | None = None,
    /,
    *,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
    too_few: str = "99000",
    too_many: str | None = None,
    not_constant: str = "99000",
    looks_around: bool = False,
) -> Any:
    """Make a scalar function of a def. `too_many` is the error code of a strict upper bound."""
    register = partial(
        _register, is_aggregate=False, name=name, aliases=aliases, too_few=too_few, too_many=too_many,
        not_constant=not_constant, looks_around=looks_around,
    )  # fmt: skip
    return register(define) if define is not None else register


@overload
def aggregate(define: Callable[..., Value], /) -> Callable[..., Value]: ...
@overload
def aggregate(
    *,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
    arity: str = "21703",
    not_constant: str = "21703",
) -> Callable[[Callable[..., Value]], Callable[..., Value]]: ...
def aggregate(
    define: Callable[..., Value] | None = None,
    /,
    *,
    name: str | None = None,
    aliases: tuple[str, ...] = (),
    arity: str = "21703",
    not_constant: str = "21703",
) -> Any:
    """Make an aggregate of a def; `arity` is the error code for too few or too many arguments."""
    register = partial(
        _register, is_aggregate=True, name=name, aliases=aliases, too_few=arity, too_many=arity,
        not_constant=not_constant,
    )  # fmt: skip
    return register(define) if define is not None else register


@cache
def _collect() -> None:
    package = importlib.import_module("engine.functions")
    for info in pkgutil.iter_modules(package.__path__, "engine.functions."):
        importlib.import_module(info.name)


def functions() -> Mapping[str, Function]:
    """Every scalar function by name and alias."""
    _collect()
    return _SCALARS


def aggregates() -> Mapping[str, Function]:
    """Every aggregate by name and alias."""
    _collect()
    return _AGGREGATES


_OBJECT_GROUPS = (
    "matchbehavior", "matchblackip", "matchfeed", "matchfilter", "matchnet", "matchport", "matchsig",
)  # fmt: skip


def find(call: Call, known: Mapping[str, Function], code: str, kind: str) -> Function:
    """The function that a call names, or an error with the closest name."""
    found = known.get(call.name)
    if found is None and (call.name.startswith("evtctx") or call.name in _OBJECT_GROUPS):
        message = f"`{call.name}` needs the full product: its event contexts and object groups do not exist here"
        raise QueryError("90900", message, call.span)
    if found is None:
        place = Span(call.span.start, call.span.start + len(call.name))
        raise QueryError(code, f"unknown {kind} `{call.name}`", place, did_you_mean(call.name, known))
    return found


def bind(
    found: Function, call: Call, plan: Callable[[Expr], Value], evaluate: Callable[[Value], Any], needed: object
) -> Value:
    """Call a function's def with the arguments of a call, checked against its signature."""
    required = [name for name, _, must, _ in found.parameters if must]
    if len(call.args) < len(required):
        missing, codes = required[len(call.args)], found.too_few.split()
        code = codes[min(len(call.args), len(codes) - 1)]
        raise QueryError(code, f"`{found.signature}`: the argument `{missing}` is missing", call.span)
    repeated = bool(found.parameters) and found.parameters[-1][3]
    if len(call.args) > len(found.parameters) and not repeated and found.too_many is not None:
        raise QueryError(found.too_many, f"`{found.signature}` got {len(call.args)} arguments", call.span)
    given: list[Any] = []
    for index, arg in enumerate(call.args):
        if index >= len(found.parameters) and not repeated:
            break
        name, kind, _, _ = found.parameters[min(index, len(found.parameters) - 1)]
        if kind == "expr":
            given.append(arg)
            continue
        value = plan(arg)
        if kind == "const":
            given.append(_constant(found, name, arg, value, evaluate))
        else:
            given.append(value)
    extra = {found.needs: needed} if found.needs else {}
    try:
        made = found.define(*given, **extra)
    except QueryError as problem:
        raise problem.at(call.span) from None
    values = [item for item in given if isinstance(item, Value)]
    has_lambda = any(kind == "expr" for _, kind, _, _ in found.parameters)
    if found.is_aggregate or has_lambda or not values:
        return made
    return replace(made, per_row=any(value.per_row for value in values))


def _constant(found: Function, name: str, arg: Expr, value: Value, evaluate: Callable[[Value], Any]) -> Any:
    if value.per_row:
        raise QueryError(found.not_constant, f"`{found.signature}`: `{name}` must be a constant", arg.span)
    return value.constant if value.is_constant else evaluate(value)
