"""Expressions: operands, operators and how they bind."""

from __future__ import annotations

import re
from typing import Any

import pyparsing as pp

from engine.language.errors import QueryError, Span
from engine.language.nodes import Binary, Call, Expr, Items, Named, Negate
from engine.language.pieces import (
    BARE,
    DASHES,
    OPERATOR_WORDS,
    QUOTES,
    WORD_END,
    keyword,
    must,
    refuse_leftover,
    skip_blanks,
    spanned,
    string,
    word_value,
)

#: Weakest first: each row binds tighter than the one before.
PRECEDENCE = (("or",), ("and",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
BINDING = {op: level for level, ops in enumerate(PRECEDENCE) for op in ops}


class _Expression(pp.Token):
    """Operands with operators between, in one pass; told apart by their first characters, grouped by `_climb`.

    (As nested pyparsing pieces, a level for each precedence, the longest panel query took 12 ms to read.)
    """

    def __init__(self) -> None:
        super().__init__()
        self.mayReturnEmpty = False
        self.set_name("an expression")

    def parseImpl(self, instring: str, loc: int, do_actions: bool = True) -> tuple[int, Expr]:  # noqa: N802
        loc, found = _operand(instring, loc)
        chain: list[Any] = [found]
        while True:
            place = skip_blanks(instring, loc)
            operator = _OPERATOR.match(instring, place)
            if operator is None:
                return loc, _climb(chain) if len(chain) > 1 else found
            op = _CANONICAL.get(operator.group(), operator.group())
            try:
                loc, operand = _operand(instring, skip_blanks(instring, operator.end()))
            except pp.ParseException:
                message = f"`{op}` lacks its operand"
                raise QueryError("90100", message, Span(operator.start(), operator.end())) from None
            chain += (op, operand)


_OPERATOR = re.compile(rf"==|!=|<=|>=|[<>+*/\-{DASHES}\u2264\u2265]|(?:and|or)(?={WORD_END}|[-+])")
_CANONICAL = {"\u2264": "<=", "\u2265": ">=", **dict.fromkeys(DASHES, "-")}
_BARE = re.compile(BARE)
#: Older queries write `datetrunc(date, span="1d", offset="8h")`: these words only label arguments.
_LABEL = re.compile(r"(?:span|offset)\s*=(?!=)\s*")
expression = _Expression()


def _operand(text: str, loc: int) -> tuple[int, Expr]:
    """A literal, a field, a call, something in parentheses or a negated operand."""
    char = text[loc : loc + 1]
    if char == "(":
        end, items = _parenthesised(text, loc)
        return end, items[0] if len(items) == 1 else Items(tuple(items), span=Span(loc, end))
    if char and char in QUOTES:
        end, tokens = string._parse(text, loc, True)
        return end, tokens[0]
    if char and char in f"-{DASHES}":
        try:
            end, operand = _operand(text, skip_blanks(text, loc + 1))
        except pp.ParseException:
            raise QueryError("90100", "`-` lacks its operand", Span(loc, loc + 1)) from None
        return end, Negate(operand, span=Span(loc, end))
    word = _BARE.match(text, loc)
    if word is None:
        raise pp.ParseException(text, loc, "an operand is expected")
    behind = skip_blanks(text, word.end())
    if text[behind : behind + 1] == "(":
        end, items = _parenthesised(text, behind, may_be_empty=True)
        return end, Call(word.group(), tuple(items), span=Span(loc, end))
    if word.group() in OPERATOR_WORDS:
        raise pp.ParseException(text, loc, "an operand is expected")
    return word.end(), word_value(word.group(), Span(loc, word.end()))


def _parenthesised(text: str, loc: int, may_be_empty: bool = False) -> tuple[int, list[Expr]]:
    """Expressions with commas between, from `(` to the `)` that closes it."""
    found: list[Expr] = []
    loc = skip_blanks(text, loc + 1)
    if may_be_empty and text[loc : loc + 1] == ")":
        return loc + 1, found
    while True:
        label = _LABEL.match(text, loc) if may_be_empty else None
        loc = label.end() if label else loc
        try:
            loc, tokens = expression._parse(text, loc, True)
        except pp.ParseException:
            raise _missing_operand(text, loc) from None
        found.append(tokens[0])
        loc = skip_blanks(text, loc)
        char = text[loc : loc + 1]
        if char == ")":
            return loc + 1, found
        if char != ",":
            refuse_leftover(text, loc, inside=True)
            raise QueryError("90202", "a `(` is never closed", Span(loc, loc + 1), "add a closing `)`")
        loc = skip_blanks(text, loc + 1)


def _missing_operand(text: str, loc: int) -> QueryError:
    operator = _OPERATOR.match(text, loc)
    if operator is not None:
        return QueryError("90100", f"`{operator.group()}` lacks its operand", Span(loc, operator.end()))
    return QueryError("90100", "an argument is missing here", Span(loc, loc + 1))


def _raise_missing(text: str, loc: int, _: pp.ParseResults) -> None:
    raise _missing_operand(text, loc)


def _climb(tokens: list[Any], level: int = 0) -> Expr:
    """Binary operators by their binding, left to right within a level."""
    if len(tokens) == 1:
        return tokens[0]  # type: ignore[no-any-return]
    positions = [i for i in range(1, len(tokens), 2) if BINDING[tokens[i]] == level]
    if not positions:
        return _climb(tokens, level + 1)
    left = _climb(tokens[: positions[0]], level + 1)
    for here, following in zip(positions, [*positions[1:], len(tokens)], strict=True):
        right = _climb(tokens[here + 1 : following], level + 1)
        left = Binary(tokens[here], left, right, span=Span(left.span.start, right.span.end))
    return left


class _CallExpression(pp.Token):
    """One call, up to the `)` that closes it: what follows, be it a `-` or a `/`, is not part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.mayReturnEmpty = False
        self.set_name("a call")

    def parseImpl(self, instring: str, loc: int, do_actions: bool = True) -> tuple[int, Expr]:  # noqa: N802
        end, found = _operand(instring, loc)
        if not isinstance(found, Call):
            raise pp.ParseException(instring, loc, "a call is expected")
        return end, found


#: `name(argument, …)`
call_expression = _CallExpression()
#: An operator where an operand should be: always the error that says so.
dangling_operator = pp.Regex(_OPERATOR.pattern).set_parse_action(_raise_missing)
#: An expression that has to be there.
required_expression = must(expression | dangling_operator, "90100", "an expression is missing here")


def named_by(first: pp.ParserElement, alias: pp.ParserElement) -> pp.ParserElement:
    """`expression [as alias]`: a Named whose name is empty when there is no alias."""
    as_alias = pp.Opt(keyword("as") + alias, default="")
    return spanned(first + as_alias, lambda span, tokens: Named(tokens[1], tokens[0], span=span))


def _list(span: Span, tokens: pp.ParseResults) -> Expr:
    return tokens[0] if len(tokens) == 1 else Items(tuple(tokens), span=span)


#: An expression or a bare comma list of them.
expression_list = spanned(required_expression + (pp.Suppress(",") + required_expression)[...], _list)
