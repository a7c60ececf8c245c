"""What all `aws-*` commands share: options, typed columns, and a mapping from API documents to rows.

A command declares `columns` once and says in `rows` which calls it makes and what becomes of their answers. Which
profiles and regions are asked, what is remembered, what a call may cost: `engine.aws.live`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyparsing as pp

from engine.aws.typed import schema
from engine.catalog import STRING, Field
from engine.language.durations import Duration, read_count, read_duration
from engine.language.errors import QueryError, SourceError
from engine.language.grammar import keyword, put, several
from engine.language.nodes import Command, Option, OptionValue, read_option
from engine.language.printer import print_command
from engine.plan import Rows, stored

if TYPE_CHECKING:
    from engine.context import Context

_WORD = pp.Regex(r"(?!by(?:\s|$))[^\s,|\[\]\"()=]+")


def read_age(text: str) -> timedelta:
    """How old an answer may be: a duration, or 0."""
    duration: Duration = read_duration("0s" if text.strip() == "0" else text)
    if duration.seconds is None:
        raise ValueError(f"`{text}` has no fixed length: use s, m, h, d or w")
    return timedelta(seconds=duration.seconds)


#: Options of every `aws-*` command.
COMMON = (
    Option("profile", str, "connect profiles to ask, a comma list; all when left out"),
    Option("region", str, "regions to ask, a comma list; those of the profile when left out"),
    Option("limit", read_count, "at most this many rows"),
    Option("cache", read_age, "how old an answer may be: `5m`; `0` asks anew"),
)

LEADING = (
    Field("profile", STRING, "connect profile that was asked"),
    Field("account_id", STRING, "account of the profile"),
    Field("region", STRING, "region that was asked; null for what has none"),
)


#: One call of a service: operation and parameters to the first page.
Call = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Action:
    """A permission that a command needs, and the smallest call that shows whether it is there.

    `found_missing` are error codes that only somebody with the permission sees: what was asked for does not exist.
    Parameters that hold times are a function of now. What can only be tried with something of the account itself is
    `looked_up` by calls of the same service, null when the account has none.
    """

    name: str  # as policies write it: `ec2:DescribeAddresses`
    service: str  # client's name of boto3
    operation: str
    parameters: Mapping[str, Any] | Callable[[datetime], Mapping[str, Any]] = field(default_factory=dict)
    found_missing: tuple[str, ...] = ()
    looked_up: Callable[[Call], Mapping[str, Any] | None] | None = None

    def asked(self, now: datetime) -> Mapping[str, Any]:
        """The parameters at a moment."""
        return self.parameters if isinstance(self.parameters, Mapping) else self.parameters(now)


@dataclass(frozen=True)
class Ask:
    """One command for one profile and region: what `rows` asks through, and what it may know.

    `now` is the query's clock. `pages` counts calls and what they cost, and stops before the budget is exceeded.
    """

    command: AwsCommand
    profile: str
    account_id: str | None
    region: str | None
    now: datetime
    call: Callable[[str, str, Mapping[str, Any]], Iterator[dict[str, Any]]]
    warnings: list[str] = field(default_factory=list)

    def option(self, name: str, default: Any = None) -> Any:
        """The value of an option of the command."""
        return self.command.setting(name, default)

    def pages(self, operation: str, service: str | None = None, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The responses of an API call to its last page; parameters that are null are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        yield from self.call(service or self.command.service, operation, given)

    def items(
        self, operation: str, member: str, service: str | None = None, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """The elements of one list member of all responses."""
        for page in self.pages(operation, service, **parameters):
            found = page.get(member) or []
            if not isinstance(found, list):
                raise ValueError(f"`{member}` is not a list")
            yield from found

    def warn(self, text: str) -> None:
        """Note something that comes with the rows, also later when they are remembered."""
        if text not in self.warnings:
            self.warnings.append(text)


@dataclass(frozen=True)
class AwsCommand(Command):
    """A source that asks an AWS API: options, then words, then `by` and dimensions."""

    words: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    service: ClassVar[str] = "ec2"  # client's name of boto3
    columns: ClassVar[tuple[Field, ...]] = ()  # behind the leading ones
    leading: ClassVar[tuple[Field, ...]] = LEADING
    actions: ClassVar[tuple[Action, ...]] = ()  # the permissions it needs
    is_global: ClassVar[bool] = False  # one place for all regions: cost, IAM
    takes_words: ClassVar[bool] = False
    is_billed: ClassVar[bool] = False  # `price` is never 0

    is_source: ClassVar[bool] = True
    syntax: ClassVar[pp.ParserElement] = pp.Opt(put("words", several(_WORD))) + pp.Opt(
        keyword("by") + put("by", several(_WORD))
    )

    def body(self) -> str:
        return ", ".join(self.words) + (f" by {', '.join(self.by)}" if self.by else "")

    # what a command says of itself; options have their values by now

    def fields(self) -> tuple[Field, ...]:
        """The columns behind the leading ones. Raises QueryError when options or words do not go together."""
        return self.columns

    def max_age(self) -> timedelta:
        """How old a remembered answer may be, unless `cache` says so."""
        return timedelta(seconds=60)

    def price(self) -> float:
        """About how many USD AWS bills for asking one profile in one region."""
        return 0

    def wide(self, now: datetime, zone: ZoneInfo) -> AwsCommand:
        """The command that is really asked and remembered, whose answer holds that of this one and of others alike.

        It must not depend on the zone or the moment more than its answer does: its text is the key of the memory.
        """
        return self

    def narrow(self, rows: Rows) -> Rows:
        """Of the rows of `wide`, those that this command asks for."""
        return rows

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        """Ask, and map documents to rows: a value for each column, absent ones null or left out."""
        raise NotImplementedError

    # what holds for all

    def setting(self, name: str, default: Any = None) -> Any:
        """The value of an option, once parameters are put in (`resolved`)."""
        found = self.option(name)
        return default if found is None else read_option(type(self), found)

    def resolved(self, context: Context) -> AwsCommand:
        """The same command with the values of parameters as its options' texts."""
        settled = []
        for name in dict.fromkeys(setting.name for setting in self.options):
            text = context.option_text(self, name)
            if text:
                settled.append(replace(self.option(name) or OptionValue(name, text), value=text))
        return replace(self, options=tuple(settled))

    def key(self) -> str:
        """The text that tells this command's answer apart from others, per profile and region."""
        own = sorted((item for item in self.options if item.name not in _NOT_KEY), key=lambda item: item.name)
        return print_command(replace(self, options=tuple(own)))

    def told(self) -> str:
        """The text that tells people what was asked, and whom."""
        asked = tuple(item for item in self.options if item.name not in ("cache", "limit"))
        return print_command(replace(self, options=asked))

    def all_fields(self) -> tuple[Field, ...]:
        """Leading columns and own ones."""
        own = self.fields()
        names = {item.name for item in own}
        return (*(item for item in self.leading if item.name not in names), *own)

    def plan(self, rows: Rows) -> Rows:
        if (self.words or self.by) and not self.takes_words:
            raise QueryError("90001", f"`{self.word}` takes options only, such as `limit=10`")
        context = rows.context
        asked = self.resolved(context)
        fields = asked.all_fields()
        if context.aws is not None:
            table = context.aws.table(asked, context)
        elif context.is_dry:
            table = schema(fields).empty_table()
        else:
            message = f"`{self.word}` asks an AWS account, and this engine has no connect profiles"
            raise SourceError(message, "begin with `table …`, or give the engine `profiles`")
        return _limited(asked.narrow(_placed(context, table, fields)), asked.setting("limit"))


_NOT_KEY = {option.name for option in COMMON}


def _placed(context: Context, table: pa.Table, fields: tuple[Field, ...]) -> Rows:
    """A table as rows with its columns in the declared order."""
    physical = [f"c{number}" for number in range(len(fields))]
    kinds = {name: item.type for name, item in zip(physical, fields, strict=True)}
    made = stored(context, table.rename_columns(physical), kinds)
    columns = {
        item.name: replace(made.columns[name], hidden=item.hidden) for name, item in zip(physical, fields, strict=True)
    }
    return made.with_columns(columns, hint=[item.name for item in fields if not item.hidden])


def _limited(rows: Rows, limit: int | None) -> Rows:
    return rows if limit is None else rows.limited(limit)
