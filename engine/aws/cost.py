"""`aws-cost`: what AWS billed, by day and by the dimensions behind `by`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from engine.aws.budget import COST_REQUEST
from engine.aws.command import COMMON, LEADING, Action, Ask, AwsCommand
from engine.aws.documents import present
from engine.catalog import BOOL, DOUBLE, STRING, Field
from engine.language.durations import read_count, read_instant, read_switch
from engine.language.errors import QueryError, did_you_mean
from engine.language.nodes import Option, OptionValue
from engine.plan import Rows
from engine.sql import text

MAX_AGE = timedelta(hours=6)  # the data change at most three times a day
STANDING_DAYS = 60  # for comparisons of the last 30 days with the 30 before

METRICS = {
    "unblended_cost": "UnblendedCost",
    "blended_cost": "BlendedCost",
    "amortized_cost": "AmortizedCost",
    "net_unblended_cost": "NetUnblendedCost",
    "net_amortized_cost": "NetAmortizedCost",
    "usage_quantity": "UsageQuantity",
    "normalized_usage_amount": "NormalizedUsageAmount",
}
_AMOUNTS = ("usage_quantity", "normalized_usage_amount")  # in units of their own

DIMENSIONS = {
    "service": "SERVICE",
    "linked_account": "LINKED_ACCOUNT",
    "region": "REGION",
    "az": "AZ",
    "usage_type": "USAGE_TYPE",
    "instance_type": "INSTANCE_TYPE",
    "operation": "OPERATION",
    "platform": "PLATFORM",
    "purchase_type": "PURCHASE_TYPE",
    "tenancy": "TENANCY",
    "record_type": "RECORD_TYPE",
    "legal_entity_name": "LEGAL_ENTITY_NAME",
    "invoicing_entity": "INVOICING_ENTITY",
}
_KEYED = {"tag": "TAG", "category": "COST_CATEGORY", "product": "PRODUCT_ATTRIBUTE"}

#: Options that choose what is counted, of `aws-cost` and `aws-cost-forecast`.
FILTERS = (
    Option("service", str, "only these services, a comma list; `!` in front leaves one out, as in all filters"),
    Option("linked_account", str, "only these accounts"),
    Option("usage_type", str, "only these usage types"),
    Option("region_name", str, "only these regions"),
    Option("record_type", str, 'only these record types: `"!Credit,!Refund"` is what things cost before credits'),
    Option("tag.KEY", str, "only these values of a tag; `*` is any, `!*` none", keyed=True),
    Option("category.NAME", str, "only these values of a cost category", keyed=True),
)
_FILTERED = {
    "service": "SERVICE",
    "linked_account": "LINKED_ACCOUNT",
    "usage_type": "USAGE_TYPE",
    "region_name": "REGION",
    "record_type": "RECORD_TYPE",
}


def read_days(written: str) -> int:
    """A number of days, at least one."""
    days = read_count(written)
    if not 1 <= days <= 3660:
        raise ValueError(f"`{written}` is not a number of days from 1 on")
    return days


def read_hour(written: str) -> datetime:
    """A moment of UTC, yyyyMMdd or longer: days of costs are days of UTC."""
    return read_instant(written, UTC)


def read_granularity(written: str) -> str:
    if written not in ("daily", "monthly", "hourly"):
        raise ValueError(f"`{written}` is none of daily, monthly, hourly")
    return written


def _smallest_request(now: datetime) -> dict[str, Any]:
    """Yesterday's cost in one sum."""
    day = _day(now)
    period = {"Start": f"{day - timedelta(days=1):%Y-%m-%d}", "End": f"{day:%Y-%m-%d}"}
    return {"TimePeriod": period, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]}


@dataclass(frozen=True)
class Cost(AwsCommand):
    """What AWS billed, by day and by the dimensions behind `by`. Each request to AWS costs 0.01 USD.

    Metrics: `unblended_cost`, `blended_cost`, `amortized_cost`, `net_unblended_cost`, `net_amortized_cost`,
    `usage_quantity`, `normalized_usage_amount`. At most two dimensions: `service`, `linked_account`, `region`, `az`,
    `usage_type`, `instance_type`, `operation`, `platform`, `purchase_type`, `tenancy`, `record_type`,
    `legal_entity_name`, `invoicing_entity`, `tag.KEY`, `category.NAME`, `product.KEY`. Days are days of UTC, today is
    left out because it is not over. Costs can be negative: credits and refunds. Days of this month, the last one and
    the last 60 days are one request, whichever of them a query asks for. The costs of a management account hold those
    of its members: ask one of them only, with `profile=`, or set `cost_enabled = false` for the profiles of members.

    Example:
        aws-cost days=30 unblended_cost by service
    """

    word: ClassVar[str] = "aws-cost"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("days", read_days, "the last so many complete UTC days"),
        Option("from", read_hour, "first day, yyyyMMdd"),
        Option("to", read_hour, "day after the last, yyyyMMdd"),
        Option("granularity", read_granularity, "`daily` (default), `monthly`, or `hourly`, of the last 14 days"),
        Option("include_today", read_switch, "today's unfinished day too"),
        *FILTERS,
    )
    service: ClassVar[str] = "ce"
    is_global: ClassVar[bool] = True
    takes_words: ClassVar[bool] = True
    is_billed: ClassVar[bool] = True
    leading: ClassVar[tuple[Field, ...]] = LEADING[:2]
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ce:GetCostAndUsage", "ce", "get_cost_and_usage", _smallest_request),
    )

    def fields(self) -> tuple[Field, ...]:
        self._check()
        units = [Field(f"{word}_unit", STRING, f"unit of `{word}`") for word in self.words]
        return (
            Field("start", STRING, "the day, `yyyy-MM-dd` (with the hour when hourly)"),
            Field("end", STRING, "the day after it"),
            *(Field(word, STRING, f"{word.replace('_', ' ')} of the cost") for word in self.by),
            *((Field("linked_account_name", STRING, "name of the account"),) if "linked_account" in self.by else ()),
            *(Field(word, DOUBLE, word.replace("_", " ")) for word in self.words),
            *(units if self._differs_in_unit() else (Field("unit", STRING, "currency of the bill, mostly USD"),)),
            Field("estimated", BOOL, "whether the bill of this day is not final yet"),
        )

    def max_age(self) -> timedelta:
        return MAX_AGE

    def price(self) -> float:
        return COST_REQUEST

    def wide(self, now: datetime, zone: ZoneInfo) -> AwsCommand:
        if self._granularity() != "daily":
            return self
        start = min(self.period(now)[0], now.astimezone(UTC))
        kept = tuple(item for item in self.options if item.name not in _OF_PERIOD)
        if start >= _standing(now):
            return replace(self, options=kept)
        return replace(self, options=(*kept, OptionValue("from", f"{start:%Y%m}01")))

    def narrow(self, rows: Rows) -> Rows:
        if self._granularity() != "daily":
            return rows
        start, end = self.period(rows.context.now)
        column = rows.columns["start"].sql
        return rows.where(f"{column} >= {text(f'{start:%Y-%m-%d}')} AND {column} < {text(f'{end:%Y-%m-%d}')}")

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        start, end = self.period(ask.now)
        if self._granularity() == "daily":  # this is the wide command: up to now, narrowed afterwards
            start = self.setting("from") or _standing(ask.now)
            end = _day(ask.now) + timedelta(days=1)
        if start >= end:
            return
        form = "%Y-%m-%dT%H:%M:%SZ" if self._granularity() == "hourly" else "%Y-%m-%d"
        pages = ask.pages(
            "get_cost_and_usage",
            TimePeriod={"Start": start.strftime(form), "End": end.strftime(form)},
            Granularity=self._granularity().upper(),
            Metrics=[METRICS[word] for word in self.words],
            GroupBy=[_group(word) for word in self.by] or None,
            Filter=cost_filter(self),
        )
        for page in pages:
            yield from self._of_page(page)

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """What is asked for: midnights of UTC (hours when hourly), the end left out."""
        today, is_hourly = _day(now), self._granularity() == "hourly"
        soon = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        through = soon if is_hourly else today + timedelta(days=1)
        end: datetime = self.setting("to") or (through if self.setting("include_today") else today)
        start: datetime | None = self.setting("from")
        if start is None and self.setting("days") is None and self._granularity() == "monthly":
            start = today.replace(year=today.year - 1, day=1)
        if start is None:
            start = end - timedelta(days=self.setting("days", 14 if is_hourly else 30))
        return (start, end) if is_hourly else (_day(start), _day(end))

    def _of_page(self, page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        names = {
            item["Value"]: item.get("Attributes", {}).get("description")
            for item in page.get("DimensionValueAttributes") or ()
        }
        for result in page["ResultsByTime"]:
            bucket = {
                "start": result["TimePeriod"]["Start"],
                "end": result["TimePeriod"]["End"],
                "estimated": result.get("Estimated"),
            }
            if not self.by:
                yield bucket | self._amounts(result.get("Total") or {})
                continue
            for group in result.get("Groups") or ():
                keys = zip(self.by, group["Keys"], strict=True)
                row = bucket | {word: _key(word, key) for word, key in keys} | self._amounts(group["Metrics"])
                if "linked_account" in row:
                    row["linked_account_name"] = names.get(row["linked_account"])
                yield row

    def _amounts(self, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for word in self.words:
            amount = found.get(METRICS[word], {})
            row[word] = decimal(amount.get("Amount"))
            row[f"{word}_unit" if self._differs_in_unit() else "unit"] = present(amount.get("Unit"))
        return row

    def _granularity(self) -> str:
        return str(self.setting("granularity", "daily"))

    def _differs_in_unit(self) -> bool:
        amounts = sum(word in _AMOUNTS for word in self.words)
        return amounts > 1 or 0 < amounts < len(self.words)

    def _check(self) -> None:
        """Raise QueryError for metrics, dimensions or options that cannot be asked for."""
        if not self.words:
            raise QueryError("90001", "`aws-cost` needs a metric", hint="such as `aws-cost days=30 unblended_cost`")
        for word in self.words:
            if word not in METRICS:
                hint = did_you_mean(word, METRICS) or f"metrics: {', '.join(METRICS)}"
                raise QueryError("90001", f"`{word}` is not a metric of `aws-cost`", hint=hint)
        for word in self.by:
            kind, dot, key = word.partition(".")
            if word not in DIMENSIONS and not (dot and key and kind in _KEYED):
                hint = did_you_mean(word, DIMENSIONS) or "such as `service`, `linked_account`, `tag.team`"
                raise QueryError("90001", f"`aws-cost` knows no dimension `{word}`", hint=hint)
        if len(self.by) > 2:
            raise QueryError("90001", "Cost Explorer groups by two dimensions at most")
        if len({*self.words, *self.by}) < len(self.words) + len(self.by):
            raise QueryError("90001", "a metric or dimension of `aws-cost` is named twice")
        if self.option("days") and (self.option("from") or self.option("to")):
            raise QueryError("90001", "`days` and `from`, `to` exclude each other")
        start, end = self.setting("from"), self.setting("to")
        if start and end and start >= end:
            raise QueryError("90001", "`to` is the day after the last one, so it must be behind `from`")


_OF_PERIOD = ("days", "from", "to", "granularity", "include_today")


def cost_filter(command: AwsCommand) -> dict[str, Any] | None:
    """The filter options of a command as an Expression of Cost Explorer, null without any."""
    parts: list[dict[str, Any]] = []
    for setting in sorted(command.options, key=lambda item: item.name):
        kind, _, key = setting.name.partition(".")
        if kind in _FILTERED or (key and kind in ("tag", "category")):
            parts += _conditions(kind, key, str(command.setting(setting.name)))
    return parts[0] if len(parts) == 1 else {"And": parts} if parts else None


def _conditions(kind: str, key: str, written: str) -> Iterator[dict[str, Any]]:
    """One condition for the values that are wanted, one for those that are not."""
    member, named = ("Dimensions", _FILTERED.get(kind)) if not key else (_MEMBERS[kind], key)
    values = [value.strip() for value in written.split(",") if value.strip()]
    wanted = [value for value in values if not value.startswith("!")]
    unwanted = [value[1:].strip() for value in values if value.startswith("!")]
    for chosen, is_wanted in ((wanted, True), (unwanted, False)):
        if key and chosen == ["*"]:
            absent = {member: {"Key": named, "MatchOptions": ["ABSENT"]}}
            yield {"Not": absent} if is_wanted else absent
        elif chosen:
            condition = {member: {"Key": named, "Values": chosen}}
            yield condition if is_wanted else {"Not": condition}


_MEMBERS = {"tag": "Tags", "category": "CostCategories"}


def decimal(amount: Any) -> float | None:
    """An amount, which AWS writes as decimal text with many digits. Raises ValueError for anything else.

    >>> decimal("0.04213919270"), decimal("0E-11"), decimal(None)
    (0.0421391927, 0.0, None)
    """
    if amount is None:
        return None
    try:
        number = float(Decimal(amount))
    except (InvalidOperation, TypeError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("an amount is not a number")
    return number


def _group(word: str) -> dict[str, str]:
    kind, dot, key = word.partition(".")
    return {"Type": _KEYED[kind], "Key": key} if dot else {"Type": "DIMENSION", "Key": DIMENSIONS[word]}


def _key(word: str, key: str) -> Any:
    """A group's value; those of tags, categories and products come as `name$value`."""
    return present(key.partition("$")[2] if "." in word else key)


def _day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _standing(now: datetime) -> datetime:
    """Since when costs are asked for, whatever a query wants of them: the first of the last month, 60 days at least.

    It never goes back as time goes on, so a remembered answer holds the days that a later query wants of it.
    """
    last_month = (_day(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    return min(last_month, _day(now) - timedelta(days=STANDING_DAYS))
