"""What a page is narrowed to: its period, accounts, regions and users, put on a query's parsed commands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from engine.language.grammar import parse, parse_expression
from engine.language.nodes import Call, Expr, Literal, Query
from engine.language.rewrite import with_condition, with_search
from pages.parts.periods import Period

# `userName` is null for every role and single sign-on session, so the name people know falls back to the session
# name (behind the colon of `principalId`), the role, the calling service and last the kind of identity.
DISPLAY_USER = (
    'nvl(valueof(userIdentity, "userName"), '
    'nvl(valueof(split(valueof(userIdentity, "principalId"), ":"), 1), '
    'nvl(valueof(valueof(valueof(userIdentity, "sessionContext"), "sessionIssuer"), "userName"), '
    'nvl(valueof(userIdentity, "invokedBy"), valueof(userIdentity, "type")))))'
)


@dataclass(frozen=True)
class Filters:
    """The state of the filter bar. No accounts, regions or users means all of them."""

    period: Period = field(default_factory=Period)
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    users: tuple[str, ...] = ()

    def on(self, query: Query, zone: str) -> Query:
        """The query over this period and, right after each of its tables, only these accounts, regions and users."""
        narrowed = with_search(
            self.period.on(query, zone),
            {"recipientAccountId": list(self.accounts), "awsRegion": list(self.regions)},
        )
        return with_condition(narrowed, _is_one_of(self.users)) if self.users else narrowed

    def over(self, period: Period) -> Filters:
        """The same filters over another period."""
        return replace(self, period=period)

    def of_collection(self) -> Filters:
        """Only what decides whether logs arrived at all: the period and the accounts they come from."""
        return Filters(self.period, self.accounts)


def _is_one_of(users: tuple[str, ...]) -> Expr:
    """The display name is one of these; `concat` keeps a star in a name from being a wildcard."""
    names = [Call("concat", (Literal(name),)) if "*" in name else Literal(name) for name in users]
    return Call("in", (parse_expression(DISPLAY_USER), *names))


@cache
def filter_options(column: str) -> Query:
    """The query behind the choices of a filter: the values of the period, the most frequent first."""
    return parse(
        f"table duration=1d cloudtrail* | eval choice = {column} | search isnotnull(choice) "
        "| stats count by choice | sort limit=300 -count"
    )
