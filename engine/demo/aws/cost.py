"""Cost Explorer: the bill by day or month, grouped and filtered, and what it will be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import NormalDist
from typing import Any

from engine.demo.aws.answers import Asked, Document, refused
from engine.demo.aws.estate import Estate
from engine.demo.aws.spending import LINES, Bill, Charge, Line
from engine.demo.company import ACCOUNTS
from engine.demo.rhythm import ALWAYS, OFFICE, SHOP

INVALID = "ValidationException"
MONTHS_KEPT = 13  # before the current one
HOURS_KEPT = timedelta(days=14)
FINAL_AFTER = 3  # days into the next month

METRICS: Mapping[str, Callable[[Charge], float]] = {
    "UnblendedCost": lambda charge: charge.cost,
    "BlendedCost": lambda charge: charge.cost,
    "NetUnblendedCost": lambda charge: charge.cost,
    "AmortizedCost": lambda charge: charge.cost * charge.line.amortized,
    "NetAmortizedCost": lambda charge: charge.cost * charge.line.amortized,
    "UsageQuantity": lambda charge: charge.quantity,
    "NormalizedUsageAmount": lambda charge: charge.quantity * _size(charge.line),
}
SIZES = {"micro": 0.5, "medium": 2, "large": 4, "xlarge": 8, "2xlarge": 16, "12xlarge": 96}
"""What an hour of an instance counts in normalized units."""
_HOURS = {"steady": ALWAYS, "office": OFFICE, "shop": SHOP, "batch": (6,) * 6 + (1,) * 18}


def _size(line: Line) -> float:
    kind = line.instance_type
    return 0.0 if kind is None else SIZES[kind.rpartition(".")[2]]


ENTITY = "Amazon Web Services Korea LLC"


def _purchase_type(line: Line) -> str:
    return "Savings Plans" if line.record_type.startswith("SavingsPlan") else "On Demand Instances"


DIMENSIONS: Mapping[str, Callable[[Line], str | None]] = {
    "AZ": lambda line: None,
    "BILLING_ENTITY": lambda line: "AWS",
    "INSTANCE_TYPE": lambda line: line.instance_type,
    "INVOICING_ENTITY": lambda line: ENTITY,
    "LEGAL_ENTITY_NAME": lambda line: ENTITY,
    "LINKED_ACCOUNT": lambda line: line.account,
    "OPERATION": lambda line: line.operation or None,
    "PLATFORM": lambda line: None if line.instance_type is None else "Windows" if line.windows else "Linux/UNIX",
    "PURCHASE_TYPE": _purchase_type,
    "RECORD_TYPE": lambda line: line.record_type,
    "REGION": lambda line: line.region,
    "SERVICE": lambda line: line.service,
    "TENANCY": lambda line: None if line.instance_type is None else "Shared",
    "USAGE_TYPE": lambda line: line.usage_type,
}
_MISSING = {
    "AZ": "NoAZ", "INSTANCE_TYPE": "NoInstanceType", "OPERATION": "NoOperation", "PLATFORM": "NoPlatform",
    "TENANCY": "NoTenancy",
}  # fmt: skip


def get_cost_and_usage(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Costs of each stretch of time; `Total` without groups, else `Groups`."""
    operation = "get_cost_and_usage"
    metrics = [_metric(name, operation) for name in asked.get("Metrics") or ()]
    if not metrics:
        raise refused(operation, INVALID, "Metrics are required")
    groups = [_group(group, operation) for group in asked.get("GroupBy") or ()]
    if len(groups) > 2:
        raise refused(operation, INVALID, "Cost Explorer can group by two dimensions at most")
    holds = _condition(asked.get("Filter"), operation)
    results = []
    for start, end, charges in _buckets(estate, asked, operation):
        kept = [charge for charge in charges if holds(charge.line)]
        result: Document = {"TimePeriod": {"Start": start, "End": end}, "Total": {}, "Groups": []}
        if groups:
            result["Groups"] = _grouped(kept, metrics, groups)
        else:
            result["Total"] = _summed(kept, metrics)
        results.append({**result, "Estimated": _is_estimated(start, estate)})
    answer: Document = {"ResultsByTime": results, "DimensionValueAttributes": []}
    if asked.get("GroupBy"):
        answer["GroupDefinitions"] = [dict(group) for group in asked["GroupBy"]]
    if any(group.get("Key") == "LINKED_ACCOUNT" for group in asked.get("GroupBy") or ()):
        answer["DimensionValueAttributes"] = [
            {"Value": account, "Attributes": {"description": name}} for account, name in ACCOUNTS.items()
        ]
    yield answer


def _metric(name: str, operation: str) -> str:
    """A metric by either of the ways that the API takes its name."""
    found = {known.casefold(): known for known in METRICS}.get(name.replace("_", "").casefold())
    if found is None:
        raise refused(operation, INVALID, f"{name} is not a valid metric")
    return found


# ── stretches of time ────────────────────────────────────────────────────────────────────────────────────────────


def _buckets(estate: Estate, asked: Asked, operation: str) -> Iterator[tuple[str, str, Sequence[Charge]]]:
    """Days, months or hours with their charges; those of months begin and end with what is asked for."""
    granularity = asked.get("Granularity", "DAILY")
    begin, end = (_time(asked["TimePeriod"][name], operation) for name in ("Start", "End"))
    if begin >= end:
        message = "Start date (and hour) should be before end date (and hour)"
        raise refused(operation, INVALID, message)
    today = estate.now.astimezone(UTC).date()
    oldest = _months_before(today.replace(day=1), MONTHS_KEPT)
    if begin.date() < oldest:
        raise refused(operation, INVALID, "You haven't enabled historical data beyond 14 months")
    bill = Bill.of(estate)
    if granularity == "HOURLY":
        if estate.now - begin > HOURS_KEPT:
            raise refused(operation, INVALID, "Hourly data is available for the last 14 days only")
        yield from _hours(bill, begin, end)
    elif granularity == "DAILY":
        for day in _days(begin.date(), end.date()):
            yield f"{day}", f"{day + timedelta(days=1)}", bill.charges(day)
    else:
        first = begin.date()
        while first < end.date():
            last = min(_months_before(first.replace(day=1), -1), end.date())
            charges = [charge for day in _days(first, last) for charge in bill.charges(day)]
            yield f"{first}", f"{last}", charges
            first = last


def _time(text: str, operation: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        message = f"time period is invalid. Valid format is: yyyy-MM-dd, but is {text}"
        raise refused(operation, INVALID, message) from None


def _days(begin: date, end: date) -> Iterator[date]:
    for number in range((end - begin).days):
        yield begin + timedelta(days=number)


def _months_before(day: date, months: int) -> date:
    """The first of a month some months earlier.

    >>> _months_before(date(2026, 1, 1), 1), _months_before(date(2026, 12, 1), -1)
    (datetime.date(2025, 12, 1), datetime.date(2027, 1, 1))
    """
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


def _hours(bill: Bill, begin: datetime, end: datetime) -> Iterator[tuple[str, str, Sequence[Charge]]]:
    """A day's charges spread over its hours; those of the month come with the first."""
    hour = begin.replace(minute=0, second=0)
    while hour < end:
        after = hour + timedelta(hours=1)
        charges = [_in_hour(charge, hour.hour) for charge in bill.charges(hour.date())] if hour < bill.known else []
        yield f"{hour:%Y-%m-%dT%H:%M:%SZ}", f"{after:%Y-%m-%dT%H:%M:%SZ}", charges
        hour = after


def _in_hour(charge: Charge, hour: int) -> Charge:
    weights = _HOURS[charge.line.rhythm]
    share = weights[hour] / sum(weights)
    if charge.line.record_type in ("Support", "Tax", "Refund"):
        share = float(hour == 0)
    return Charge(charge.line, charge.quantity * share, charge.cost * share)


def _is_estimated(start: str, estate: Estate) -> bool:
    """Whether the bill of that month is not final."""
    today = estate.now.astimezone(UTC).date()
    month = date.fromisoformat(start[:10]).replace(day=1)
    open_since = _months_before(today.replace(day=1), 1) if today.day <= FINAL_AFTER else today.replace(day=1)
    return month >= open_since


# ── groups and sums ──────────────────────────────────────────────────────────────────────────────────────────────


def _group(group: Mapping[str, str], operation: str) -> Callable[[Line], str]:
    """What a line belongs to; a tag's name stands before its value."""
    kind, key = group.get("Type", "DIMENSION"), group["Key"]
    if kind == "TAG":
        return lambda line: f"{key}${_tag(line, key) or ''}"
    if kind == "COST_CATEGORY":
        return lambda line: f"{key}$"
    if kind != "DIMENSION" or key not in DIMENSIONS:
        raise refused(operation, INVALID, f"Group by {kind} {key} is not supported")
    return lambda line: _dimension(line, key) or ""


def _grouped(
    charges: Sequence[Charge], metrics: Sequence[str], groups: Sequence[Callable[[Line], str]]
) -> list[Document]:
    """One group for each combination that there is; they come in no order that means anything."""
    found: defaultdict[tuple[str, ...], list[Charge]] = defaultdict(list)
    for charge in charges:
        found[tuple(read(charge.line) for read in groups)].append(charge)
    return [{"Keys": list(keys), "Metrics": _summed(found[keys], metrics)} for keys in sorted(found)]


def _summed(charges: Sequence[Charge], metrics: Sequence[str]) -> Document:
    return {name: {"Amount": _amount(charges, name), "Unit": _unit(charges, name)} for name in metrics}


def _amount(charges: Sequence[Charge], metric: str) -> str:
    """A decimal as text with many digits, as the API writes it."""
    total = sum(map(METRICS[metric], charges))
    return f"{total:.10f}".rstrip("0").rstrip(".") if total else "0"


def _unit(charges: Sequence[Charge], metric: str) -> str:
    if metric not in ("UsageQuantity", "NormalizedUsageAmount"):
        return "USD"
    units = {charge.line.unit for charge in charges}
    return units.pop() if len(units) == 1 else "N/A"


# ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _condition(expression: Mapping[str, Any] | None, operation: str) -> Callable[[Line], bool]:
    """An expression as a condition on lines."""
    if not expression:
        return lambda line: True
    if len(expression) > 1:
        raise refused(operation, INVALID, "Expression has more than one root")
    kind, inner = next(iter(expression.items()))
    if kind == "Not":
        negated = _condition(inner, operation)
        return lambda line: not negated(line)
    if kind in ("And", "Or"):
        parts = [_condition(part, operation) for part in inner]
        unite = all if kind == "And" else any
        return lambda line: unite(part(line) for part in parts)
    return _comparison(kind, inner, operation)


def _comparison(kind: str, inner: Mapping[str, Any], operation: str) -> Callable[[Line], bool]:
    key, values = inner["Key"], inner.get("Values") or ()
    read: Callable[[Line], str | None]
    if kind == "Tags":
        read = partial(_tag, key=key)
    elif kind == "CostCategories":
        read = _no_category
    elif kind == "Dimensions" and key in DIMENSIONS:
        read = partial(_dimension, key=key)
    else:
        raise refused(operation, INVALID, f"{kind} {key} is not supported")
    options = inner.get("MatchOptions") or ("EQUALS",)
    if "ABSENT" in options:
        return lambda line: not read(line)
    prepare = str.casefold if "CASE_INSENSITIVE" in options else str
    wanted = [prepare(value) for value in values]
    matches = next((_MATCHES[option] for option in options if option in _MATCHES), str.__eq__)
    return lambda line: any(matches(prepare(read(line) or ""), value) for value in wanted)


def _dimension(line: Line, key: str) -> str | None:
    """A dimension; what a line has not is called so."""
    return DIMENSIONS[key](line) or _MISSING.get(key)


def _tag(line: Line, key: str) -> str | None:
    """The one tag that is active in the bill."""
    return line.team if key == "team" else None


def _no_category(line: Line) -> None:
    """The company has no cost categories."""


_MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    "CONTAINS": str.__contains__,
    "ENDS_WITH": str.endswith,
    "EQUALS": str.__eq__,
    "STARTS_WITH": str.startswith,
}


def get_dimension_values(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """What there is of a dimension."""
    key = asked["Dimension"]
    if key not in DIMENSIONS:
        raise refused("get_dimension_values", INVALID, f"Dimension {key} is not supported")
    text = asked.get("SearchString", "").casefold()
    found = sorted({value for line in LINES if (value := DIMENSIONS[key](line)) and text in value.casefold()})
    names = {"LINKED_ACCOUNT": ACCOUNTS}.get(key, {})
    values = [
        {"Value": value, "Attributes": {"description": names[value]} if value in names else {}} for value in found
    ]
    yield {"DimensionValues": values, "ReturnSize": len(values), "TotalSize": len(values)}


# ── forecast ─────────────────────────────────────────────────────────────────────────────────────────────────────

LOOKS_BACK = 28
FORECAST_METRICS = ("UNBLENDED_COST", "BLENDED_COST", "AMORTIZED_COST", "NET_UNBLENDED_COST", "NET_AMORTIZED_COST")
_SPREADS = {"per day": 0.05, "growing": 0.012}


def get_cost_forecast(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Costs to come: the mean of equal weekdays of four weeks, the last one weighing most, and a widening band."""
    operation = "get_cost_forecast"
    begin, end = (date.fromisoformat(asked["TimePeriod"][name][:10]) for name in ("Start", "End"))
    today = estate.now.astimezone(UTC).date()
    if begin < today or begin >= end:
        message = "Start date should be the current date or later, and before the end date"
        raise refused(operation, INVALID, message)
    if asked["Metric"] not in FORECAST_METRICS:
        raise refused(operation, INVALID, f"{asked['Metric']} is not a valid metric")
    metric = METRICS[_metric(asked["Metric"], operation)]
    holds = _condition(asked.get("Filter"), operation)
    width = _width(asked.get("PredictionIntervalLevel", 80))
    bill = Bill.of(estate)
    days = [(day, *_expected(bill, day, today, metric, holds)) for day in _days(begin, end)]
    results = []
    for first, last in _forecast_buckets(begin, end, asked["Granularity"]):
        within = [(mean, spread) for day, mean, spread in days if first <= day < last]
        results.append(_forecast(first, last, within, width))
    total = sum(mean for _, mean, _ in days)
    yield {"Total": {"Amount": f"{total:.10f}", "Unit": "USD"}, "ForecastResultsByTime": results}


def _width(level: int) -> float:
    """How many deviations a band of so many percent is wide on each side, near enough.

    >>> round(_width(80), 2), round(_width(95), 2)
    (1.28, 1.96)
    """
    return NormalDist().inv_cdf(0.5 + level / 200)


def _expected(
    bill: Bill, day: date, today: date, metric: Callable[[Charge], float], holds: Callable[[Line], bool]
) -> tuple[float, float]:
    """The mean and the deviation of a day's cost; what comes once a month comes again on its first day."""
    last = today - timedelta(days=2)  # the last day whose usage is complete
    last -= timedelta(days=(last.weekday() - day.weekday()) % 7)
    mean = 0.0
    for week, weight in enumerate((0.4, 0.3, 0.2, 0.1)):
        mean += weight * _cost_of(bill, last - timedelta(days=7 * week), metric, holds, monthly=False)
    if day.day == 1:
        mean += _cost_of(bill, _months_before(day, 1), metric, holds, monthly=True)
    spread = abs(mean) * (_SPREADS["per day"] + _SPREADS["growing"] * ((day - today).days + 1) ** 0.5)
    return mean, spread


def _cost_of(
    bill: Bill, day: date, metric: Callable[[Charge], float], holds: Callable[[Line], bool], *, monthly: bool
) -> float:
    return sum(
        metric(charge)
        for charge in bill.charges(day)
        if holds(charge.line) and (charge.line.record_type in ("Support", "Tax")) == monthly
    )


def _forecast_buckets(begin: date, end: date, granularity: str) -> Iterator[tuple[date, date]]:
    if granularity == "DAILY":
        yield from ((day, day + timedelta(days=1)) for day in _days(begin, end))
        return
    while begin < end:
        following = min(_months_before(begin.replace(day=1), -1), end)
        yield begin, following
        begin = following


def _forecast(first: date, last: date, days: Sequence[tuple[float, float]], width: float) -> Document:
    """A stretch of days: means add up, and so do deviations, as days that are off are off together."""
    mean, spread = sum(mean for mean, _ in days), sum(spread for _, spread in days)
    return {
        "TimePeriod": {"Start": f"{first}", "End": f"{last}"},
        "MeanValue": f"{mean:.10f}",
        "PredictionIntervalLowerBound": f"{mean - width * spread:.10f}",
        "PredictionIntervalUpperBound": f"{mean + width * spread:.10f}",
    }
