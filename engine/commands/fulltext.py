"""`fulltext`: rows of log tables that hold a text anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pyparsing as pp

from engine import sql
from engine.catalog import DATE, IP, STRING, Table
from engine.commands.table import Source, TableCommand, source_piece
from engine.context import Context
from engine.language.durations import read_switch
from engine.language.errors import QueryError, Span
from engine.language.grammar import keyword, must, name, put, several, spanned, string, subquery
from engine.language.nodes import Binary, FieldRef, Literal, Node, Option, Query
from engine.language.pieces import word_value
from engine.language.printer import print_literal, print_subquery
from engine.plan import Rows, subplan
from engine.values import Value, compare, numeric_only, text, truth

MOST_TERMS = 10_000


@dataclass(frozen=True)
class Term(Node):
    """A text that some field of the row holds."""

    text: str


@dataclass(frozen=True)
class Terms(Node):
    """Every value of a sub-query's rows is a term; one of them is enough."""

    query: Query


@dataclass(frozen=True)
class Within(Node):
    """`range(1, 1023)` or `iprange("10.0.0.0", "10.0.0.255")`, both ends included; `field` is empty for any field."""

    kind: str
    low: Literal
    high: Literal
    field: str = ""


@dataclass(frozen=True)
class Compared(Node):
    """A field against a constant, as `search` compares them."""

    field: str
    op: str
    value: Literal


@dataclass(frozen=True)
class Not(Node):
    part: Part


@dataclass(frozen=True)
class Both(Node):
    """Parts with `and` or `or` between."""

    op: str
    parts: tuple[Part, ...]


Part = Term | Terms | Within | Compared | Not | Both


def _literal(span: Span, tokens: pp.ParseResults) -> Literal:
    sign, found = (-1, tokens[1]) if tokens[0] == "-" else (1, tokens[0])
    value = found if isinstance(found, Literal) else word_value(found, span)
    if not isinstance(value, Literal) or (sign < 0 and not isinstance(value.value, int | float)):
        raise QueryError("90100", "a number or a text in double quotes is expected here", span)
    return value if sign > 0 else Literal(-value.value, span=span)  # type: ignore[operator]


def _within(span: Span, tokens: pp.ParseResults) -> Within:
    kind, low, high = tokens
    wanted: type | tuple[type, ...] = str if kind == "iprange" else (int, float)
    if not isinstance(low.value, wanted) or not isinstance(high.value, wanted):
        example = '`iprange("10.0.0.0", "10.0.0.255")`' if kind == "iprange" else "`range(1, 1023)`"
        raise QueryError("90100", f"`{kind}` takes two ends, such as {example}", span)
    return Within(kind, low, high, span=span)


def _comparison(span: Span, tokens: pp.ParseResults) -> Part:
    field, op, value = tokens
    if isinstance(value, Within):
        if op not in ("==", "!="):
            raise QueryError("90100", f"`{op}` cannot compare with `{value.kind}`", span, "write `==`")
        found = replace(value, field=field)
        return found if op == "==" else Not(found, span=span)
    return Compared(field, op, value, span=span)


def _joined(op: str, part: pp.ParserElement) -> pp.ParserElement:
    def build(span: Span, tokens: pp.ParseResults) -> Part:
        return tokens[0] if len(tokens) == 1 else Both(op, tuple(tokens), span=span)

    following = must(part, "90100", f"`{op}` lacks its operand")
    return spanned(part + (keyword(op) + following)[...], build)


def _condition() -> pp.ParserElement:
    whole = pp.Forward()
    literal = spanned(pp.Opt("-") + (string | name), _literal)
    within = spanned(
        pp.Regex(r"(?:ip)?range(?=\s*\()")
        + pp.Suppress("(")
        + literal
        + must(pp.Suppress(","), "90100", "two ends are expected")
        + literal
        + must(pp.Suppress(")"), "90202", "a `(` is never closed"),
        _within,
    )
    operator = pp.Regex("==|!=|<=|>=|<|>")
    comparison = spanned(name + operator + must(within | literal, "90100", "a value is missing"), _comparison)
    grouped = pp.Suppress("(") + must(whole, "90100", "a term is missing") + must(
        pp.Suppress(")"), "90202", "a `(` is never closed", "add a closing `)`"
    )  # fmt: skip
    term = spanned(string, lambda span, tokens: Term(tokens[0].value, span=span))
    terms = spanned(subquery, lambda span, tokens: Terms(tokens[0], span=span))
    part = pp.Forward()
    negated = spanned(
        keyword("not") + must(part, "90100", "`not` lacks its operand"),
        lambda span, tokens: Not(tokens[0], span=span),
    )
    part <<= negated | grouped | within | comparison | term | terms
    whole <<= _joined("or", _joined("and", part))
    return whole


@dataclass(frozen=True)
class Fulltext(TableCommand):
    """Read rows of log tables in which some field holds a text, newest first; case does not matter.

    Terms in double quotes are combined with `and`, `or`, `not` and parentheses; fields may be compared, and `range` and
    `iprange` find numbers and addresses between two ends in any field. A sub-query in square brackets gives terms.
    Without `from` all tables are read. There is no index: each row in the time range is looked at.

    Example:
        fulltext duration=1h "ConsoleLogin" and not "Success" from cloudtrail*
    """

    condition: Part = Term("")

    word: ClassVar[str] = "fulltext"
    takes: ClassVar[tuple[Option, ...]] = (
        *TableCommand.takes,
        Option("tt", read_switch, "`t`: the words of a term may stand anywhere in the row"),
    )
    syntax: ClassVar[pp.ParserElement] = must(
        put("condition", _condition()), "90100", "`fulltext` needs a text in double quotes"
    ) + pp.Opt(keyword("from") + must(put("sources", several(source_piece)), "10600", "the name of a table is missing"))

    def body(self) -> str:
        sources = f" from {super().body()}" if self.sources else ""
        return printed(self.condition) + sources

    def inner(self) -> tuple[Query, ...]:
        return tuple(part.query for part in _parts(self.condition) if isinstance(part, Terms))

    def with_inner(self, inner: tuple[Query, ...]) -> Fulltext:
        return replace(self, condition=_with_queries(self.condition, iter(inner)))

    def plan(self, rows: Rows) -> Rows:
        context = rows.context
        found = self.scanned(context, self.sources or (Source("*"),))
        newest = [order for order in found.order if order.type == DATE]
        found = replace(found, order=(*newest, *(order for order in found.order if order not in newest)))
        searched = found.with_fields({"_everything": _everything(found)})
        matching = Matching(searched, context.option(self, "tt", False))
        kept = searched.where(matching.sql(self.condition)).with_columns(found.columns)
        return self.sliced(kept)

    def _tables(self, source: Source, context: Context) -> list[Table]:
        """Tables of a name; `table.index` is the table, because there are no indexes."""
        is_known = bool(context.catalog.matching(source.pattern))
        if not is_known and "." in source.pattern:
            source = replace(source, pattern=source.pattern.rpartition(".")[0])
        return super()._tables(source, context)


def _everything(rows: Rows) -> Value:
    """All texts of a row but those about its table, in lower case, a line each."""
    readable = [
        column.sql if column.type.sql == "VARCHAR" else f"CAST({column.sql} AS VARCHAR)"
        for field, column in rows.columns.items()
        if not field.startswith("_") and (column.type.sql == "VARCHAR" or column.type.name in ("list", "map"))
    ]
    return Value(f"lower(concat_ws(chr(10), {', '.join(readable) or sql.text('')}))", STRING)


@dataclass(frozen=True)
class Matching:
    """Conditions as SQL over rows that have all their texts in one column."""

    rows: Rows
    by_word: bool

    def sql(self, part: Part) -> str:
        """SQL that is true or false."""
        match part:
            case Term(text):
                return self._term(text)
            case Terms(query):
                found = [self._term(term) for term in _values(query, self.rows)]
                return f"({' OR '.join(found)})" if found else "false"
            case Compared(field, op, value):
                return truth(self.rows.value(Binary(op, FieldRef(field, span=part.span), value)))
            case Within():
                found = [self._within(part, value) for value in self._candidates(part)]
                return f"coalesce({' OR '.join(found)}, false)" if found else "false"
            case Not(inner):
                return f"(NOT {self.sql(inner)})"
            case Both(op, parts):
                return f"({f' {op.upper()} '.join(self.sql(one) for one in parts)})"

    def _term(self, term: str) -> str:
        words = re.findall(r"[\w*]+", term) if self.by_word else [term]
        return f"({' AND '.join(self._word(word) for word in words)})" if words else "true"

    def _word(self, word: str) -> str:
        """A text somewhere in the row; a `*` inside it is any run of characters."""
        everything = self.rows.columns["_everything"].sql
        plain = word.strip("*").lower()
        if "*" in plain:
            pattern = "[^\n]*".join(re.escape(piece) for piece in plain.split("*"))
            return f"regexp_matches({everything}, {sql.text(pattern)})"
        forms = dict.fromkeys((plain, json.dumps(plain, ensure_ascii=False)[1:-1]))  # fields may hold JSON text
        return f"({' OR '.join(f'contains({everything}, {sql.text(form)})' for form in forms)})"

    def _candidates(self, part: Within) -> list[Value]:
        """The fields in which a number or an address may lie."""
        fields = [part.field] if part.field else [field for field in self.rows.columns if not field.startswith("_")]
        values = [self.rows.field(field) for field in fields]
        if part.kind == "range":
            return [found for value in values if (found := numeric_only(value)) is not None]
        return [found for value in values if (found := _address(value, named=bool(part.field))) is not None]

    def _within(self, part: Within, value: Value) -> str:
        if part.kind == "range":
            return f"{value.sql} BETWEEN {_number(part.low)} AND {_number(part.high)}"
        low, high = (_known_address(end, self.rows.context) for end in (part.low, part.high))
        return f"({compare('>=', value, low)} AND {compare('<=', value, high)})"


def _number(value: Literal) -> str:
    assert isinstance(value.value, int | float)
    return sql.number(value.value)


def _address(value: Value, named: bool) -> Value | None:
    """A field as an address. Texts are read as one where the query names the field."""
    if value.type == IP:
        return value
    return Value(f"ip_parse({text(value).sql})", IP) if named and value.type == STRING else None


def _known_address(end: Literal, context: Context) -> Value:
    value = Value(f"ip_parse({sql.text(str(end.value))})", IP, per_row=False)
    found = context.evaluate(value)
    if found is None:
        raise QueryError("90100", f"`{end.value}` is no address", end.span)
    return Value(sql.text(found), IP, per_row=False)


def _values(query: Query, rows: Rows) -> list[str]:
    """Every value of a sub-query's rows, as text."""
    found = subplan(query, rows)
    shown = [text(found.field(field)).sql for field in found.visible]
    if not shown:
        return []
    select = f"SELECT DISTINCT unnest([{', '.join(shown)}]) AS t FROM {found.step}"
    statement = found.context.statement(f"SELECT t FROM ({select}) WHERE t <> '' LIMIT {MOST_TERMS + 1}", found.step)
    terms: list[str] = found.context.session.fetch(statement).column("t").to_pylist()
    if len(terms) > MOST_TERMS:
        raise QueryError("90200", f"the sub-query gives more than {MOST_TERMS:,} terms", hint="`limit` it")
    return sorted(terms)


def _parts(part: Part) -> Iterator[Part]:
    yield part
    inner: Sequence[Part] = part.parts if isinstance(part, Both) else [part.part] if isinstance(part, Not) else []
    for one in inner:
        yield from _parts(one)


def _with_queries(part: Part, queries: Iterator[Query]) -> Part:
    match part:
        case Terms():
            return replace(part, query=next(queries))
        case Not(inner):
            return replace(part, part=_with_queries(inner, queries))
        case Both(_, parts):
            return replace(part, parts=tuple(_with_queries(one, queries) for one in parts))
    return part


def printed(part: Part, inside: str = "") -> str:
    """A condition as text; `inside` is the operator around it, `or`, `and` or `not`."""
    match part:
        case Term(text):
            return print_literal(text)
        case Terms(query):
            return print_subquery(query)
        case Within(kind, low, high, field):
            within = f"{kind}({_shown(low)}, {_shown(high)})"
            return f"{field} == {within}" if field else within
        case Compared(field, op, value):
            return f"{field} {op} {_shown(value)}"
        case Not(inner):
            return f"not {printed(inner, 'not')}"
        case Both(op, parts):
            shown = f" {op} ".join(printed(one, op) for one in parts)
            return f"({shown})" if inside else shown


def _shown(value: Literal) -> str:
    found: Any = value.value
    if isinstance(found, int | float) and not isinstance(found, bool) and found < 0:
        return f"-{print_literal(-found)}"
    return print_literal(found)
