"""`aws-cost-forecast`: what AWS expects to bill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from engine.aws.budget import COST_REQUEST
from engine.aws.command import COMMON, LEADING, Action, Ask, AwsCommand
from engine.aws.cost import FILTERS, MAX_AGE, METRICS, cost_filter, decimal, read_days, read_hour
from engine.aws.documents import get, present
from engine.catalog import DOUBLE, STRING, Field
from engine.language.durations import read_count
from engine.language.errors import QueryError, did_you_mean
from engine.language.nodes import Option

_WORDS = [word for word in METRICS if word.endswith("_cost")]
_METRIC = {word: word.upper() for word in _WORDS}
LEVEL = 80  # percent


def read_step(text: str) -> str:
    if text not in ("daily", "monthly"):
        raise ValueError(f"`{text}` is neither daily nor monthly")
    return text


def read_level(text: str) -> int:
    level = read_count(text)
    if not 51 <= level <= 99:
        raise ValueError(f"`{text}` is not a percentage from 51 to 99")
    return level


def _smallest_request(now: datetime) -> dict[str, Any]:
    """Tomorrow's cost."""
    day = now.astimezone(UTC) + timedelta(days=1)
    period = {"Start": f"{day:%Y-%m-%d}", "End": f"{day + timedelta(days=1):%Y-%m-%d}"}
    return {"TimePeriod": period, "Metric": "UNBLENDED_COST", "Granularity": "DAILY"}


@dataclass(frozen=True)
class CostForecast(AwsCommand):
    """What AWS expects to bill from today on, by day or month. Each request to AWS costs 0.01 USD.

    The bounds are those that the cost stays between with the probability of `level`. AWS needs some weeks of costs
    before it forecasts. Metrics: those of `aws-cost` that end in `_cost`; `unblended_cost` without one.

    Example:
        aws-cost-forecast | stats sum(mean_value) as expected
    """

    word: ClassVar[str] = "aws-cost-forecast"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("days", read_days, "so many days from today on; to the end of the month without"),
        Option("to", read_hour, "day after the last, yyyyMMdd"),
        Option("granularity", read_step, "`daily` (default), three months at most, or `monthly`, 18 at most"),
        Option("level", read_level, f"probability of the bounds in percent, {LEVEL} without"),
        *FILTERS,
    )
    service: ClassVar[str] = "ce"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("ce:GetCostForecast", "ce", "get_cost_forecast", _smallest_request, ("DataUnavailableException",)),
    )
    is_global: ClassVar[bool] = True
    takes_words: ClassVar[bool] = True
    is_billed: ClassVar[bool] = True
    leading: ClassVar[tuple[Field, ...]] = LEADING[:2]
    columns: ClassVar[tuple[Field, ...]] = (
        Field("start", STRING, "the day, `yyyy-MM-dd`"),
        Field("end", STRING, "the day after it"),
        Field("mean_value", DOUBLE, "expected cost"),
        Field("lower_bound", DOUBLE, "not less than this, probably"),
        Field("upper_bound", DOUBLE, "not more than this, probably"),
        Field("unit", STRING, "currency of the bill, mostly USD"),
    )

    def fields(self) -> tuple[Field, ...]:
        if self.by:
            raise QueryError("90001", f"`{self.word}` has no groups; choose what is counted with its options")
        if len(self.words) > 1:
            raise QueryError("90001", f"`{self.word}` forecasts one metric at a time")
        for word in self.words:
            if word not in _METRIC:
                hint = did_you_mean(word, _WORDS) or f"metrics: {', '.join(_WORDS)}"
                raise QueryError("90001", f"`{word}` is not a metric of `{self.word}`", hint=hint)
        if self.option("days") and self.option("to"):
            raise QueryError("90001", "`days` and `to` exclude each other")
        return self.columns

    def max_age(self) -> timedelta:
        return MAX_AGE

    def price(self) -> float:
        return COST_REQUEST

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        start, end = self.period(ask.now)
        if start >= end:
            return
        pages = ask.pages(
            "get_cost_forecast",
            TimePeriod={"Start": f"{start:%Y-%m-%d}", "End": f"{end:%Y-%m-%d}"},
            Metric=_METRIC[self.words[0] if self.words else "unblended_cost"],
            Granularity=str(ask.option("granularity", "daily")).upper(),
            PredictionIntervalLevel=ask.option("level", LEVEL),
            Filter=cost_filter(self),
        )
        for page in pages:
            unit = present(get(page, "Total", "Unit"))
            for result in page.get("ForecastResultsByTime") or ():
                yield {
                    "start": result["TimePeriod"]["Start"],
                    "end": result["TimePeriod"]["End"],
                    "mean_value": decimal(result.get("MeanValue")),
                    "lower_bound": decimal(result.get("PredictionIntervalLowerBound")),
                    "upper_bound": decimal(result.get("PredictionIntervalUpperBound")),
                    "unit": unit,
                }

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """Days of UTC from today on, the end left out."""
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        days = self.setting("days")
        return today, today + timedelta(days=days) if days else self.setting("to") or following
