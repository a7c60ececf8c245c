"""The grammar, in pyparsing: the pieces that commands build their syntax from, and `parse`.

A command declares `syntax` from these pieces. `must(piece, code, message)` is a piece that has to be there:
where it is not, the error carries the language's code and points at the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyparsing as pp

from engine.language.errors import QueryError, Span, did_you_mean
from engine.language.nodes import (
    Binary,
    Call,
    Command,
    Expr,
    FieldRef,
    Items,
    Literal,
    Named,
    Negate,
    OptionValue,
    Query,
    commands,
    read_option,
)

QUOTES = '"\u201c\u201d\u201e\u201f\u2033\u301d\u301e\uff02'
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
BARE = rf"(?:[^\s{QUOTES}()\[\],+\-*/<>=!|{DASHES}\u2264\u2265]|!(?!=))+"
BLANK = re.compile(r"[\s\u200b\ufeff]*")
ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r"}

#: Weakest first: each row binds tighter than the one before.
PRECEDENCE = (("or",), ("and",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
BINDING = {op: level for level, ops in enumerate(PRECEDENCE) for op in ops}


def fail(code: str, message: str, hint: str | None = None, width: int = 1) -> pp.ParserElement:
    """A piece that never matches: reaching it is the error."""

    def action(text: str, loc: int, _: pp.ParseResults) -> None:
        start = BLANK.match(text, loc).end()  # type: ignore[union-attr]
        word = re.compile(BARE).match(text, start)
        raise QueryError(code, message, Span(start, word.end() if word else start + width), hint)

    return pp.Empty().set_parse_action(action)


def must(piece: pp.ParserElement, code: str, message: str, hint: str | None = None) -> pp.ParserElement:
    """`piece`, or the error that says what is missing."""
    return piece | fail(code, message, hint)


def spanned(piece: pp.ParserElement, build: Callable[[Span, pp.ParseResults], Any]) -> pp.ParserElement:
    """`piece`, turned into whatever `build` makes of its place and tokens."""
    end = pp.Empty().leave_whitespace().set_parse_action(lambda _, loc, __: loc)

    def action(_: str, loc: int, tokens: pp.ParseResults) -> list[Any]:
        return [build(Span(loc, tokens[-1]), tokens[:-1])]

    placed: pp.ParserElement = (piece + end).set_parse_action(action)
    return placed


def several(piece: pp.ParserElement, trailing: pp.ParserElement | None = None) -> pp.ParserElement:
    """One or more pieces with commas between, as one tuple; `trailing` says what a comma with nothing behind it is."""
    following = piece if trailing is None else piece | trailing
    listing = piece + (pp.Suppress(",") + following)[...]
    listed: pp.ParserElement = listing.set_parse_action(lambda tokens: [tuple(tokens)])
    return listed


@dataclass(frozen=True)
class _Put:
    field: str
    value: Any


def put(field: str, piece: pp.ParserElement) -> pp.ParserElement:
    """`piece`, whose one token becomes a field of the command. (pyparsing's results names unpack tuples.)"""
    return pp.And([piece]).set_parse_action(lambda tokens: [_Put(field, tokens[0])])


def keyword(word: str, caseless: bool = False) -> pp.ParserElement:
    """A word of its own, not the beginning of a longer one."""
    flags = re.IGNORECASE if caseless else 0
    return pp.Suppress(pp.Regex(rf"{word}(?={_WORD_END})", flags)).set_name(f"`{word}`")


_WORD_END = rf"[\s{QUOTES}()\[\],|]|$"


def _unescape(body: str, start: int) -> str:
    """The text that a quoted literal stands for; `start` is where its first character is."""

    def one(match: re.Match[str]) -> str:
        char = match.group(1)
        if char not in ESCAPES:
            place = start + match.start()
            raise QueryError(
                "90205", f"invalid escape `\\{char}`", Span(place, place + 2), "write `\\\\` for a backslash"
            )
        return ESCAPES[char]

    # A raw line break or tab inside quotes counts as blanks; only \n and \t make real ones.
    flat = re.sub(r"\r\n|[\r\n]", " ", body).replace("\t", "    ") if re.search(r"[\r\n\t]", body) else body
    return re.sub(r"\\(.)", one, flat) if "\\" in flat else flat


def _string_literal(_: str, loc: int, tokens: pp.ParseResults) -> Literal:
    raw = tokens[0]
    return Literal(_unescape(raw[1:-1], loc + 1), span=Span(loc, loc + len(raw)))


_closed = pp.Regex(rf"[{QUOTES}](?:[^{QUOTES}\\]|\\.)*[{QUOTES}]", re.DOTALL)
_unclosed = pp.Regex(rf"[{QUOTES}].*", re.DOTALL)


def _raise_unclosed(_: str, loc: int, tokens: pp.ParseResults) -> None:
    raise QueryError("90203", "this quote is never closed", Span(loc, loc + 1), 'add a closing `"`')


#: A quoted text as a Literal.
string = _closed.set_parse_action(_string_literal) | _unclosed.set_parse_action(_raise_unclosed)

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE]\d+)?[fFdD]?|NaN|Infinity")
_CONSTANTS = {"true": True, "false": False, "null": None}
_OPERATOR_WORDS = ("and", "or")


def _word(text: str, span: Span) -> Literal | FieldRef:
    if text in _CONSTANTS:
        return Literal(_CONSTANTS[text], span=span)
    if text.isascii() and text.isdigit():
        return Literal(int(text), span=span) if int(text) < 2**63 else Literal(float(text), span=span)
    if _NUMBER.fullmatch(text):
        return Literal(float(text.rstrip("fFdD") if text not in ("NaN", "Infinity") else text), span=span)
    return FieldRef(unicodedata.normalize("NFC", text), span=span)


def _bare_word(_: str, loc: int, tokens: pp.ParseResults) -> Literal | FieldRef:
    return _word(tokens[0], Span(loc, loc + len(tokens[0])))


def is_bare_name(text: str) -> bool:
    """Can a field of this name be written as it is?"""
    return (
        re.fullmatch(BARE, text) is not None
        and text not in _OPERATOR_WORDS
        and isinstance(_word(text, Span(0, 0)), FieldRef)
        and unicodedata.is_normalized("NFC", text)
    )


#: A field name, as text.
name = pp.Regex(BARE).set_parse_action(lambda tokens: unicodedata.normalize("NFC", tokens[0])).set_name("a field name")
#: A field name that is no keyword of an expression.
_operand_word = (
    pp.Regex(BARE).add_condition(lambda tokens: tokens[0] not in _OPERATOR_WORDS).add_parse_action(_bare_word)
)

expression = pp.Forward().set_name("an expression")
_operator = pp.Regex(rf"==|!=|<=|>=|[<>+*/\-{DASHES}\u2264\u2265]|(?:and|or)(?={_WORD_END}|[-+])")
_minus = pp.Regex(rf"[-{DASHES}]")
_canonical = {"\u2264": "<=", "\u2265": ">=", **dict.fromkeys(DASHES, "-")}
_close = must(pp.Suppress(")"), "90202", "a `(` is never closed", "add a closing `)`")


def _call(span: Span, tokens: pp.ParseResults) -> Call:
    return Call(tokens[0], tuple(tokens[1:]), span=span)


def _group(span: Span, tokens: pp.ParseResults) -> Expr:
    return tokens[0] if len(tokens) == 1 else Items(tuple(tokens), span=span)


_missing_argument = fail("90100", "an argument is missing here")
_arguments = pp.Opt(expression + (pp.Suppress(",") + (expression | _missing_argument))[...])
call_expression = spanned(pp.Regex(rf"{BARE}(?=[ \t\r\n]*\()") + pp.Suppress("(") + _arguments + _close, _call)
_group_expr = spanned(
    pp.Suppress("(") + (expression | _missing_argument) + (pp.Suppress(",") + expression)[...] + _close, _group
)
_primary = _closed | call_expression | _operand_word | _group_expr | _unclosed
_operand = pp.Forward()
_negation = spanned(_minus + must(_operand, "90100", "`-` lacks its operand"), lambda span, t: Negate(t[1], span=span))
_operand <<= _primary | _negation


def _climb(tokens: list[Any], level: int = 0) -> Expr:
    """Binary operators by their binding, left to right within a level."""
    if level == len(PRECEDENCE):
        return tokens[0]  # type: ignore[no-any-return]
    positions = [i for i in range(1, len(tokens), 2) if BINDING[tokens[i]] == level]
    if not positions:
        return _climb(tokens, level + 1)
    left = _climb(tokens[: positions[0]], level + 1)
    for here, following in zip(positions, [*positions[1:], len(tokens)], strict=True):
        right = _climb(tokens[here + 1 : following], level + 1)
        left = Binary(tokens[here], left, right, span=Span(left.span.start, right.span.end))
    return left


def _operator_with_operand(text: str, loc: int, tokens: pp.ParseResults) -> None:
    raise QueryError("90100", f"`{tokens[0]}` lacks its operand", Span(loc, loc + len(tokens[0])))


_operator.add_parse_action(lambda tokens: _canonical.get(tokens[0], tokens[0]))
dangling_operator = pp.Regex(
    rf"(?:==|!=|<=|>=|[<>+*/\-{DASHES}\u2264\u2265]|(?:and|or)(?={_WORD_END}))"
).set_parse_action(_operator_with_operand)
expression <<= (_operand + (_operator + _operand | dangling_operator)[...]).set_parse_action(
    lambda tokens: _climb(list(tokens))
)
#: An expression that has to be there.
required_expression = must(expression | dangling_operator, "90100", "an expression is missing here")

#: `name = expression`
_assign = pp.Suppress(pp.Regex("=(?!=)"))


def named_by(first: pp.ParserElement, alias: pp.ParserElement) -> pp.ParserElement:
    """`expression [as alias]`: a Named whose name is empty when there is no alias."""
    as_alias = pp.Opt(keyword("as") + alias, default="")
    return spanned(first + as_alias, lambda span, tokens: Named(tokens[1], tokens[0], span=span))


class _Pipeline(pp.Token):
    """Commands with `|` between, up to the end of the text or the `]` that closes a sub-query."""

    def __init__(self) -> None:
        super().__init__()
        self.mayReturnEmpty = True
        self.set_name("a query")

    def parseImpl(self, instring: str, loc: int, do_actions: bool = True) -> tuple[int, list[Query]]:  # noqa: N802
        found: list[Command] = []
        start = loc = _skip_blanks(instring, loc)
        while True:
            loc = _skip_blanks(instring, loc)
            if instring[loc : loc + 1] in ("", "|", "]"):
                raise _nothing_here(instring, loc, first=loc == start)
            if re.compile(r"#\s").match(instring, loc) or instring[loc:] == "#":
                loc = _skip_comment(instring, loc)
            else:
                loc, command = _command(instring, loc)
                found.append(command)
            loc = _skip_blanks(instring, loc)
            if instring[loc : loc + 1] not in ("|", "\u01c0", "\u05c0", "\u2223", "\u2758"):
                break
            loc += 1
            if loc == len(instring):  # a final `|` with nothing at all behind it is let pass
                break
        return loc, [Query(tuple(found), instring)]


def _skip_blanks(text: str, loc: int) -> int:
    return BLANK.match(text, loc).end()  # type: ignore[union-attr]


def _nothing_here(text: str, loc: int, first: bool) -> QueryError:
    if first and loc >= len(text):
        return QueryError("90003", "the query is empty", Span(loc, loc + 1))
    if text[loc : loc + 1] == "]" and first:
        return QueryError("90003", "the sub-query is empty", Span(loc, loc + 1))
    return QueryError(
        "90003", "there is no command between the pipes", Span(max(0, loc - 1), loc + 1), "remove one `|`"
    )


def _skip_comment(text: str, loc: int) -> int:
    """Where a comment ends: at the next `|` outside square brackets. Quotes inside it mean nothing."""
    depth = 0
    while loc < len(text):
        char = text[loc]
        if char == "[":
            depth += 1
        elif char == "]":
            if depth == 0:
                break
            depth -= 1
        elif char == "|" and depth == 0:
            break
        loc += 1
    return loc


_COMMAND_NAME = re.compile(r"[^\s|\[\]()\"=,]+")


def _command(text: str, loc: int) -> tuple[int, Command]:
    match = _COMMAND_NAME.match(text, loc)
    if match is None:
        raise QueryError("92000", f"a command cannot begin with `{text[loc]}`", Span(loc, loc + 1))
    kind = commands().get(match.group())
    if kind is None:
        raise _unknown_command(match)
    place, options = _options(kind, text, match.end())
    try:
        end, tokens = kind.syntax._parse(text, place, True)
    except pp.ParseBaseException as problem:
        where = _skip_blanks(text, problem.loc)
        raise QueryError("90200", f"`{kind.word}` cannot be read from here on", Span(where, where + 1)) from None
    _refuse_leftover(text, end)
    values = {found.field: found.value for found in tokens if isinstance(found, _Put)}
    return end, kind(span=Span(loc, end), options=options, **values)


def _unknown_command(match: re.Match[str]) -> QueryError:
    word, span = match.group(), Span(match.start(), match.end())
    from_elsewhere = elsewhere().get(word)
    if from_elsewhere is not None:
        return QueryError("92000", f"`{word}` is not part of Trailboard: {from_elsewhere}", span)
    return QueryError("92000", f"unknown command `{word}`", span, did_you_mean(word, commands()))


@lru_cache(maxsize=1)
def elsewhere() -> dict[str, str]:
    """Commands of the full product that have no meaning in a tool for AWS logs, and why."""
    return {
        word: reason
        for reason, words in {
            "it writes, and queries here only read": "import insert mv purge copytable",
            "it needs a collector that Trailboard does not run": "logger stream remote",
            "it needs a database connection": "dbcall dbload dblookup dboutput dbquery dbscript",
            "it sends data elsewhere": "sendmail sendsyslog sendsyslog-tcp ftp sftp hdfs wget rss",
        }.items()
        for word in words.split()
    }


def _refuse_leftover(text: str, loc: int) -> None:
    """After a command there is `|`, `]` or nothing; anything else is a mistake with a code of its own."""
    loc = _skip_blanks(text, loc)
    char = text[loc : loc + 1]
    if char in ("", "|", "]", "\u01c0", "\u05c0", "\u2223", "\u2758"):
        return
    if char == ")":
        raise QueryError(
            "90202", "this `)` closes nothing", Span(loc, loc + 1), "remove it, or add the `(` it belongs to"
        )
    if char in QUOTES:
        string.parse_string(text[loc:])  # an unclosed quote has its own message
    word = re.compile(BARE).match(text, loc)
    end = word.end() if word else loc + 1
    leftover = text[loc:end]
    hint = None
    if leftover in ("AND", "OR", "NOT"):
        hint = f"write `{leftover.lower()}`" if leftover != "NOT" else "write `not(…)`"
    elif leftover == "=":
        hint = "equality is written `==`"
    raise QueryError("90201", f"`{leftover}` does not belong here", Span(loc, end), hint)


_OPTION_HEAD = re.compile(r"([A-Za-z_][\w-]*)(\s*)=(?!=)(\s*)")
_OPTION_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_OPTION_PLAIN = re.compile(r"[^\s|\]]*")


def _options(kind: type[Command], text: str, loc: int) -> tuple[int, tuple[OptionValue, ...]]:
    """The `name=value` settings right behind a command's name."""
    if not kind.takes:
        return loc, ()
    found: list[OptionValue] = []
    while True:
        start = _skip_blanks(text, loc)
        head = _OPTION_HEAD.match(text, start)
        if head is None:
            return loc, tuple(found)
        _check_option_head(kind, head)
        loc, setting = _option_value(head, text)
        if isinstance(setting.value, str):
            read_option(kind, setting)
        found.append(setting)


def _check_option_head(kind: type[Command], head: re.Match[str]) -> None:
    known = [option.name for option in kind.takes]
    span = Span(head.start(1), head.end(1))
    if head.group(1) not in known:
        hint = did_you_mean(head.group(1), known) or ("equality is written `==`" if head.group(2) else None)
        raise QueryError("90001", f"`{kind.word}` has no option `{head.group(1)}{head.group(2)}`", span, hint)
    if head.group(2) or head.group(3):
        raise QueryError("90000", f"no blanks around the `=` of `{head.group(1)}`", Span(head.start(), head.end()))


def _option_value(head: re.Match[str], text: str) -> tuple[int, OptionValue]:
    start, name_ = head.end(), head.group(1)
    if text.startswith("$(", start) or text.startswith("$ (", start):
        end, tokens = call_expression._parse(text, start, True)
        return end, OptionValue(name_, tokens[0], span=Span(head.start(), end))
    if text[start : start + 1] == '"':
        quoted = _OPTION_QUOTED.match(text, start)
        if quoted is None:
            raise QueryError("90002", f"the quoted value of `{name_}` is never closed", Span(start, start + 1))
        value = re.sub(r'\\([\\"ntr])', lambda m: ESCAPES[m.group(1)], quoted.group(1))
        return quoted.end(), OptionValue(name_, value, span=Span(head.start(), quoted.end()))
    plain = _OPTION_PLAIN.match(text, start)
    assert plain is not None
    return plain.end(), OptionValue(name_, plain.group(), span=Span(head.start(), plain.end()))


pipeline = _Pipeline()
#: `[ query ]`
subquery = pp.Suppress("[") + pipeline + must(pp.Suppress("]"), "90204", "a `[` is never closed", "add a closing `]`")


@lru_cache(maxsize=512)
def _parsed(text: str) -> Query:
    loc, tokens = pipeline._parse(text, 0, True)
    loc = _skip_blanks(text, loc)
    if loc < len(text):
        raise QueryError(
            "90204", "this `]` closes nothing", Span(loc, loc + 1), "remove it, or add the `[` it belongs to"
        )
    query: Query = tokens[0]
    if not query.commands:
        raise QueryError("90003", "the query holds nothing but comments", Span(0, len(text)))
    return query


def parse(text: str) -> Query:
    """Read a query. Raises QueryError with the language's code and the place of the mistake.

    >>> [command.word for command in parse('json "{}" | eval a = 1 + 2')]
    ['json', 'eval']
    """
    try:
        return _parsed(text)
    except QueryError as problem:
        raise problem.in_text(text) from None
    except RecursionError:
        raise QueryError("90200", "the query is nested too deeply", Span(0, 1)).in_text(text) from None


def parse_expression(text: str) -> Expr:
    """Read one expression, a bare comma list included.

    >>> parse_expression("a + 1").op
    '+'
    """
    try:
        loc, tokens = (expression_list)._parse(text, 0, True)
        _refuse_leftover(text, loc)
        return tokens[0]  # type: ignore[no-any-return]
    except QueryError as problem:
        raise problem.in_text(text) from None


expression_list = spanned(required_expression + (pp.Suppress(",") + required_expression)[...], _group)
