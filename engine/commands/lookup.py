"""`lookup`: add facts about a field's value from a lookup table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import pyparsing as pp

from engine.catalog import NULL, Type
from engine.language.errors import QueryError, Span, did_you_mean
from engine.language.grammar import fail, keyword, must, name, put, several, spanned
from engine.language.nodes import Command
from engine.plan import Rows, fresh, warn_unknown
from engine.values import Value, cast, common, text


class Lookup(Protocol):
    """A lookup table: its columns, SQL that finds the facts of a key (a struct, null for a miss), their members."""

    @property
    def columns(self) -> Mapping[str, Type]: ...

    def find(self, key: str) -> str: ...

    def member(self, column: str) -> str: ...


def _output(_: Span, tokens: pp.ParseResults) -> tuple[str, str]:
    return tokens[0], tokens[-1]


_alias = keyword("as", caseless=True) + must(name, "20702", "the new name is missing behind `as`")
_no_alias = pp.FollowedBy(pp.Regex(r"[^\s,|\[\]]")) + fail("20703", "`as` is expected here", "write `COLUMN as FIELD`")
_column = spanned(name + pp.Opt(_alias | _no_alias), _output)
_no_key_alias = pp.FollowedBy(pp.Regex(r"(?!output\b)[^\s|\[\]]+\s+output\b", re.IGNORECASE)) + fail(
    "20703", "`as` is expected here", "write `lookup TABLE FIELD output COLUMN`"
)
_bare_output = pp.Regex(r"output(?=[\s,]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class LookupCommand(Command):
    """Find a field's value in a lookup table and add columns of what is found.

    A miss changes nothing: no field is created or overwritten on that row. `geoip` takes an address and knows
    `country` (two letters), `asn`, `asn_number`, `as_org` and more.

    Example:
        json "{'ip': '8.8.8.8'}" | lookup geoip ip output country, as_org as owner
    """

    table: str = ""
    key: str = ""
    key_column: str = ""
    outputs: tuple[tuple[str, str], ...] = ()

    word: ClassVar[str] = "lookup"
    syntax: ClassVar[pp.ParserElement] = (
        must(put("table", name), "20701", "`lookup` needs the name of a lookup table")
        + must(pp.NotAny(_bare_output) + put("key", name), "20702", "`lookup` needs the field to look up")
        + pp.Opt(keyword("as", caseless=True) + must(put("key_column", name), "20702", "the key column is missing"))
        + pp.Opt(_no_key_alias)
        + (
            keyword("output", caseless=True)
            + (
                put("outputs", several(_column, trailing=fail("20702", "a column is missing behind the comma")))
                | fail("20702", "`output` needs columns")
            )
            | fail("20700", "`output` is expected here", "write `lookup TABLE FIELD output COLUMN`")
        )
    )

    def body(self) -> str:
        outputs = ", ".join(column if column == alias else f"{column} as {alias}" for column, alias in self.outputs)
        key = f"{self.key} as {self.key_column}" if self.key_column else self.key
        return f"{self.table} {key} output {outputs}"

    def plan(self, rows: Rows) -> Rows:
        lookup: Lookup | None = rows.context.lookups.get(self.table)
        if lookup is None:
            known = rows.context.lookups
            hint: str | None = did_you_mean(self.table, known) or f"lookup tables: {', '.join(sorted(known))}"
            raise QueryError("20701", f"there is no lookup table `{self.table}`", self.span, hint)
        columns = lookup.columns
        warn_unknown(rows, [self.key], self)
        if not rows.reads_alike():
            rows = rows.materialized()
        key = rows.field(self.key)
        if key.type == NULL:
            return rows
        found, facts = _with_facts(rows, text(key).sql, lookup)
        added: dict[str, Value] = {}
        for column, alias in self.outputs:
            kind = columns.get(column)
            if kind is None:
                hint = did_you_mean(column, columns)
                rows.context.warn(f"lookup `{self.table}` has no column `{column}`", self.span, hint)
                continue
            added[alias] = _over(Value(f"{facts}.{lookup.member(column)}", kind), rows.field(alias))
        return found.with_fields(added)


def _with_facts(rows: Rows, key: str, lookup: Lookup) -> tuple[Rows, str]:
    """The rows, which read alike, with a struct of facts.

    Distinct keys only are looked up: a call for each row costs ten times more.
    """
    context = rows.context
    distinct = context.add(f"SELECT DISTINCT {key} AS k FROM {rows.step}", rows.step)
    known = context.add(f"SELECT k, {lookup.find('k')} AS facts FROM {distinct} WHERE k IS NOT NULL", distinct)
    keyed, taken = fresh("_key", rows.taken)
    facts, taken = fresh("_facts", taken)
    source = context.add(f"SELECT *, {key} AS {keyed} FROM {rows.step}", rows.step)
    select = f"SELECT l.*, r.facts AS {facts} FROM {source} AS l LEFT JOIN {known} AS r ON l.{keyed} = r.k"
    return rows.select(select, source, known, taken=taken), facts


def _over(found: Value, present: Value) -> Value:
    """What was found, or what the row had."""
    if present.type == NULL:
        return found
    kind = common([found.type, present.type], promote=False)
    return Value(f"coalesce({cast(found, kind).sql}, {cast(present, kind).sql})", kind)
