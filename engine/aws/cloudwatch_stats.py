"""`aws-cloudwatch-stats`: statistics of CloudWatch metrics over time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from engine.aws.budget import METRIC
from engine.aws.cloudwatch_metrics import Series, labels, listed, read_dimensions
from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import DIMENSIONS
from engine.aws.metric_units import unit_of
from engine.aws.times import in_utc, read_time
from engine.catalog import DATE, DOUBLE, STRING, Field
from engine.language.durations import Duration, read_count, read_duration, read_instant
from engine.language.errors import QueryError
from engine.language.nodes import Option
from engine.plan import Rows
from engine.values import Value

MOST_QUERIES = 500  # of a request
MOST_POINTS = 100_800  # of a page
MOST_VALUES = 500_000  # that one region may answer with
RECENT = timedelta(hours=3)  # what `RecentlyActive` of ListMetrics means

_STATS = {"avg": "Average", "sum": "Sum", "min": "Minimum", "max": "Maximum", "count": "SampleCount"}
_OTHER_STATS = re.compile(
    r"(p|tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|p100|IQM|(TM|WM|TC|TS|PR)\([0-9.]*%?:[0-9.]*%?\)", re.IGNORECASE
)
_FINE = (1, 5, 10, 20, 30)  # seconds below a minute
#: How long values of a period are kept, the periods being multiples of so many seconds.
_KEPT = (
    (timedelta(hours=3), 1),
    (timedelta(days=15), 60),
    (timedelta(days=63), 300),
    (timedelta(days=455), 3600),
)
_MARGIN = timedelta(minutes=5)  # what is this close to being dropped may be gone when the request arrives


def read_stats(text: str) -> dict[str, str]:
    """Statistics of a comma list, as written and as the API calls them.

    >>> read_stats("avg, p95, TM(10%:90%)")
    {'avg': 'Average', 'p95': 'p95', 'TM(10%:90%)': 'TM(10%:90%)'}
    """
    found = {}
    for part in (piece.strip() for piece in text.split(",")):
        if part not in _STATS and not _OTHER_STATS.fullmatch(part):
            raise ValueError(f"`{part}` is none of {', '.join(_STATS)}, p95, tm90, TM(10%:90%), IQM …")
        found[part] = _STATS.get(part, part)
    return found


def read_period(text: str) -> Duration:
    """A span that CloudWatch can have: whole minutes, or 1, 5, 10, 20 or 30 seconds."""
    span = read_duration(text)
    seconds = span.seconds
    if not seconds or (seconds % 60 and seconds not in _FINE):
        raise ValueError(f"`{text}` is neither whole minutes nor 1, 5, 10, 20 or 30 seconds")
    return span


def _smallest_request(now: datetime) -> dict[str, Any]:
    """One metric that needs not be there, of some minutes."""
    metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization"}
    query = {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}}
    return {"MetricDataQueries": [query], "StartTime": now - timedelta(minutes=5), "EndTime": now}


@dataclass(frozen=True)
class Window:
    """The time of a request: whole periods of some seconds, the end left out. `notes` say what was changed and why."""

    start: datetime
    end: datetime
    period: int
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """How many values a series has at most."""
        return max(0, int((self.end - self.start).total_seconds()) // self.period)


@dataclass
class _Answer:
    times: list[datetime] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    status: str | None = None


@dataclass(frozen=True)
class CloudwatchStats(AwsCommand):
    """Statistics of CloudWatch metrics over time: a row for each series and period. 1000 series cost 0.01 USD.

    Without `namespace` every namespace that has a metric of this name is meant, and without `dimensions` every series,
    those of groups as well as those of single instances: `dimensions="InstanceId"` leaves the single ones. Values of
    one minute are kept for 15 days, of five minutes for 63, of an hour for 455: a narrower `span` is widened.

    Example:
        aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"
    """

    word: ClassVar[str] = "aws-cloudwatch-stats"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("metric", str, "the metric's exact name, or a comma list of names"),
        Option("duration", read_duration, "how far back from now, `1h` without"),
        Option("from", read_time, "start, instead of `duration`"),
        Option("to", read_time, "end"),
        Option("span", read_period, "width of a period, `5m` without"),
        Option("namespace", str, "only this namespace"),
        Option("stat", read_stats, "`avg` (default), `sum`, `min`, `max`, `count`, `p95` …, or a comma list of them"),
        Option("statistic", read_stats, "the same as `stat`"),
        Option("dimensions", read_dimensions, "`Name=value` pairs, the value may be left out"),
        Option("max_series", read_count, "refuse more series than this in one region, 500 without"),
    )
    service: ClassVar[str] = "cloudwatch"
    is_billed: ClassVar[bool] = True
    actions: ClassVar[tuple[Action, ...]] = (
        Action("cloudwatch:ListMetrics", "cloudwatch", "list_metrics", {"Namespace": "AWS/EC2"}),
        Action("cloudwatch:GetMetricData", "cloudwatch", "get_metric_data", _smallest_request),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("_time", DATE, "start of the period"),
        Field("namespace", STRING, "whose metric it is"),
        Field("metric", STRING, "name of the metric"),
        Field("stat", STRING, "the statistic, as written in the query"),
        Field("label", STRING, "name of the series: its dimensions' values"),
        Field("value", DOUBLE, "the statistic of the period"),
        Field("unit", STRING, "unit of well-known metrics; AWS does not tell it"),
        Field("dimensions", DIMENSIONS, "what the series is of"),
        Field("status_code", STRING, "`Complete`, or what kept AWS from giving all values"),
    )

    def fields(self) -> tuple[Field, ...]:
        if not self._metrics():
            hint = 'such as `metric="CPUUtilization"`; `aws-cloudwatch-metrics` lists them'
            raise QueryError("90001", f"`{self.word}` needs a metric", hint=hint)
        if self.option("duration") and self.option("from"):
            raise QueryError("90001", "`duration` and `from` exclude each other")
        return self.columns

    def max_age(self) -> timedelta:
        return min(max(timedelta(minutes=1), timedelta(seconds=self._period()) / 2), timedelta(minutes=5))

    def price(self) -> float:
        return METRIC * float(self.setting("max_series", MOST_QUERIES)) * len(self._stats())

    def wide(self, now: datetime, zone: ZoneInfo) -> AwsCommand:
        return in_utc(self, zone)

    def narrow(self, rows: Rows) -> Rows:
        """The same rows; series of two regions or accounts with one label say where they are."""
        label, metric, region = (rows.columns[name].sql for name in ("label", "metric", "region"))
        place = f"concat_ws(' ', {region}, {rows.columns['account_id'].sql})"
        clashes = f"SELECT 1 FROM {rows.step} GROUP BY {label}, {metric} HAVING count(DISTINCT {place}) > 1 LIMIT 1"
        if not rows.context.session.fetch(rows.context.statement(clashes, rows.step)).num_rows:
            return rows
        window = f"OVER (PARTITION BY {label}, {metric})"
        here = f"if(min({place}) {window} = max({place}) {window}, {label}, {label} || ' (' || {place} || ')')"
        return rows.with_fields({"label": Value(here, STRING)})

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        window = self.window(ask.now)
        for note in window.notes:
            ask.warn(note)
        if not window.points:
            return
        found = self._series(ask, window)
        queries = [(series, label, stat) for series, label in found for stat in self._stats()]
        if window.points * len(queries) > MOST_VALUES:
            message = f"`{self.word}` would give up to {window.points * len(queries):,} values in one region"
            raise QueryError("90001", message, hint="ask for a wider `span`, a shorter time or fewer series")
        troubles: dict[str, int] = {}
        size = max(1, min(MOST_QUERIES, MOST_POINTS // window.points))
        for start in range(0, len(queries), size):
            some = queries[start : start + size]
            answers = self._asked(ask, window, [(series, stat) for series, _, stat in some])
            for (series, label, stat), answer in zip(some, answers, strict=True):
                if answer.status not in (None, "Complete"):
                    troubles[answer.status] = troubles.get(answer.status, 0) + 1
                shared = {
                    "namespace": series.namespace,
                    "metric": series.metric,
                    "stat": stat,
                    "label": label,
                    "unit": unit_of(series.namespace, series.metric, stat),
                    "dimensions": series.pairs(),
                    "status_code": answer.status,
                }
                for moment, value in zip(answer.times, answer.values, strict=True):
                    yield {**shared, "_time": moment, "value": value}
        for status, count in sorted(troubles.items()):
            ask.warn(f"CloudWatch answered {status} for {count} series of {', '.join(self._metrics())}")

    def window(self, now: datetime) -> Window:
        """What to ask for: whole periods, and none so fine or so old that CloudWatch has silently nothing of it."""
        end = read_instant(self.setting("to"), UTC) if self.option("to") else now
        if self.option("from"):
            start = read_instant(self.setting("from"), UTC)
        else:
            start = self.setting("duration", Duration(1, "h")).before(end)
        notes = []
        longest = _KEPT[-1][0]
        if now - start > longest:
            notes.append(f"CloudWatch keeps values for {longest.days} days: earlier ones are missing")
            start = now - longest
        kept, unit = next((kept, unit) for kept, unit in _KEPT if now - start <= kept)
        wanted = self._period()
        period = -(-wanted // unit) * unit
        if period > wanted:
            age = _told(max(kept for kept, unit in _KEPT if wanted % unit == 0))
            wide, narrow = (_told(timedelta(seconds=seconds)) for seconds in (period, wanted))
            notes.append(f"`span` was widened from {narrow} to {wide}: CloudWatch keeps values of {narrow} for {age}")
        first = max(_floor(start, period), _ceiling(now - kept + _MARGIN, period))
        return Window(first, _ceiling(min(end, now), period), period, tuple(notes))

    def _series(self, ask: Ask, window: Window) -> list[tuple[Series, str]]:
        """The series that may have values in a window, with their labels. Raises QueryError when there are too many."""
        is_recent = ask.now - window.start <= RECENT
        found: set[Series] = set()
        for metric in self._metrics():
            found |= set(
                listed(
                    ask,
                    Namespace=ask.option("namespace"),
                    MetricName=metric,
                    Dimensions=ask.option("dimensions"),
                    RecentlyActive="PT3H" if is_recent else None,
                )
            )
        most = ask.option("max_series", MOST_QUERIES)
        if len(found) > most:
            message = (
                f"{len(found):,} series have the metric {', '.join(self._metrics())}, and `max_series` is {most:,}"
            )
            hint = (
                'choose some with `namespace`, or `dimensions="InstanceId"` for single instances; every one is billed'
            )
            raise QueryError("90001", message, hint=hint)
        known = sorted(found)
        return list(zip(known, labels(known), strict=True))

    def _asked(self, ask: Ask, window: Window, wanted: list[tuple[Series, str]]) -> list[_Answer]:
        """The answers to some series and statistics, in their order."""
        answers = {f"m{index}": _Answer() for index in range(len(wanted))}
        pages = ask.pages(
            "get_metric_data",
            MetricDataQueries=[
                {"Id": name, "MetricStat": _metric_stat(series, window.period, self._stats()[stat])}
                for name, (series, stat) in zip(answers, wanted, strict=True)
            ],
            StartTime=window.start,
            EndTime=window.end,
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for message in page.get("Messages") or ():
                ask.warn(f"CloudWatch says {message.get('Code')}: {message.get('Value')}")
            for result in page.get("MetricDataResults") or ():
                answer = answers[result["Id"]]
                answer.times += result.get("Timestamps") or []
                answer.values += result.get("Values") or []
                answer.status = result.get("StatusCode") or answer.status
        return list(answers.values())

    def _metrics(self) -> list[str]:
        names = [name.strip() for name in str(self.setting("metric", "")).split(",")]
        return list(dict.fromkeys(name for name in names if name))

    def _stats(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.setting("stat") or self.setting("statistic") or {"avg": _STATS["avg"]}
        return found

    def _period(self) -> int:
        """Seconds of a span."""
        seconds = self.setting("span", Duration(5, "m")).seconds
        assert isinstance(seconds, int)
        return seconds


def _metric_stat(series: Series, period: int, stat: str) -> dict[str, Any]:
    metric = {
        "Namespace": series.namespace,
        "MetricName": series.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
    }
    return {"Metric": metric, "Period": period, "Stat": stat}


def _floor(moment: datetime, seconds: int) -> datetime:
    """The last whole period of UTC before or at a moment."""
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def _ceiling(moment: datetime, seconds: int) -> datetime:
    first = _floor(moment, seconds)
    return first if first == moment else first + timedelta(seconds=seconds)


def _told(length: timedelta) -> str:
    """A length as options write it.

    >>> _told(timedelta(days=15)), _told(timedelta(minutes=90)), _told(timedelta(hours=3))
    ('15d', '90m', '3h')
    """
    seconds = int(length.total_seconds())
    amount, unit = next(
        (seconds // size, unit)
        for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
        if seconds % size == 0
    )
    return f"{amount}{unit}"
