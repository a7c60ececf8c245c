"""AWS on this machine for tests: moto in a process of its own, with what moto lacks, and with faults on demand.

`python -m tests.aws.server` serves on a free port and prints it. Everything moto knows is seeded through boto3. What it
lacks is sent as JSON to `/moto-api/fake/seed`:

    volume_status   {volume id: {"Status": "impaired", "Details": [...], "Events": [...], "Actions": [...]}}
    events          CloudTrail events: {"EventTime": seconds, "EventName": ..., "CloudTrailEvent": "...", "Region": ...}
    costs           {"date": "2026-11-01", "SERVICE": ..., "TAG:team": ..., "UnblendedCost": "1.5", "account": "12…"}
    crowd           10000: so many instances, which moto would take minutes to start
    forecast        {"mean": 3.5, "lower": 3.0, "upper": 4.0}: USD a day

Faults go to `/moto-api/fake/faults`, a list of {"call": "DescribeInstances", "how": "Throttling", "times": 2} with an
optional "region" and "account"; `how` is an error code, `garbage` or `hang`; `times` is null for always.
`/moto-api/fake/calls` tells all calls so far, `/moto-api/fake/reset` forgets everything.
"""

from __future__ import annotations

import io
import json
import re
import sys
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import parse_qs

from moto.ce.responses import CostExplorerResponse
from moto.cloudtrail.responses import CloudTrailResponse
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

Environ = dict[str, Any]
Start = Callable[..., Any]

STATE: dict[str, Any] = {}
FAULTS: list[dict[str, Any]] = []
CALLS: list[dict[str, Any]] = []
LOCK = threading.Lock()
RELEASED = threading.Event()  # what hangs goes on when it is set
HANGS_FOR = 60  # seconds at most

DIMENSIONS = (
    "SERVICE", "LINKED_ACCOUNT", "REGION", "AZ", "USAGE_TYPE", "INSTANCE_TYPE", "OPERATION", "RECORD_TYPE",
    "PURCHASE_TYPE", "PLATFORM", "TENANCY", "LEGAL_ENTITY_NAME", "INVOICING_ENTITY",
)  # fmt: skip
METRICS = (
    "UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "UsageQuantity",
    "NormalizedUsageAmount",
)  # fmt: skip


def forget() -> None:
    STATE.clear()
    STATE.update(volume_status={}, events=[], costs=[], forecast=None, crowd=0)
    FAULTS.clear()
    CALLS.clear()


# What moto lacks ------------------------------------------------------------------------------------------------------


def describe_volume_status(self: ElasticBlockStore) -> ActionResult:
    filters = self._filters_from_querystring()
    volumes = self.ec2_backend.describe_volumes(volume_ids=self._get_param("VolumeIds", []), filters=filters)
    statuses = []
    for volume in volumes:
        seeded = STATE["volume_status"].get(volume.id, {})
        status = {"Status": seeded.get("Status", "ok"), "Details": seeded.get("Details", [])}
        statuses.append(
            {
                "VolumeId": volume.id,
                "AvailabilityZone": volume.zone.name,
                "VolumeStatus": status,
                "Actions": seeded.get("Actions", []),
                "Events": [{**event, **_instants(event)} for event in seeded.get("Events", [])],
                "AttachmentStatuses": [{"InstanceId": volume.attachment.instance.id}] if volume.attachment else [],
            }
        )
    return ActionResult({"VolumeStatuses": statuses})


def _instants(event: dict[str, Any]) -> dict[str, datetime]:
    return {key: datetime.fromisoformat(event[key]) for key in ("NotBefore", "NotAfter") if key in event}


def lookup_events(self: CloudTrailResponse) -> str:
    asked = json.loads(self.body or "{}")
    attributes = {item["AttributeKey"]: item["AttributeValue"] for item in asked.get("LookupAttributes", ())}
    if len(attributes) > 1:
        raise JsonRESTError("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
    found = [
        event
        for event in STATE["events"]
        if event.get("Region", self.region) == self.region
        and asked.get("StartTime", 0) <= event["EventTime"] <= asked.get("EndTime", 2**40)
        and all(str(event.get(name)) == value for name, value in attributes.items())
    ]
    found.sort(key=lambda event: -event["EventTime"])
    offset, count = int(asked.get("NextToken") or 0), min(asked.get("MaxResults", 50), 50)
    answer: dict[str, Any] = {"Events": found[offset : offset + count]}
    if offset + count < len(found):
        answer["NextToken"] = str(offset + count)
    return json.dumps(answer)


def get_cost_and_usage(self: CostExplorerResponse) -> str:
    return json.dumps(cost_answer(json.loads(self.body or "{}"), self.current_account))


def cost_answer(asked: dict[str, Any], account: str) -> dict[str, Any]:
    """GetCostAndUsage over the seeded rows, 30 periods a page."""
    start, end = _period(asked)
    metrics, groups = asked.get("Metrics", []), asked.get("GroupBy", [])
    if not metrics or any(name not in METRICS for name in metrics):
        raise JsonRESTError("ValidationException", f"Metrics are some of {', '.join(METRICS)}")
    if len(groups) > 2:
        raise JsonRESTError("ValidationException", "GroupBy takes two groups at most")
    for group in groups:
        if group["Type"] == "DIMENSION" and group["Key"] not in DIMENSIONS:
            raise JsonRESTError("ValidationException", f"Group Definition dimension {group['Key']} is invalid")
    rows = [row for row in STATE["costs"] if row.get("account", account) == account and _fits(row, asked.get("Filter"))]
    periods = list(_periods(start, end, asked.get("Granularity", "")))
    offset = int(asked.get("NextPageToken") or 0)
    answer: dict[str, Any] = {
        "ResultsByTime": [_result(period, rows, groups, metrics) for period in periods[offset : offset + 30]],
        "DimensionValueAttributes": _attributes(rows, groups),
        "GroupDefinitions": groups,
    }
    if offset + 30 < len(periods):
        answer["NextPageToken"] = str(offset + 30)
    return answer


def _period(asked: dict[str, Any]) -> tuple[date, date]:
    period = asked.get("TimePeriod", {})
    try:
        start, end = (date.fromisoformat(str(period.get(key))[:10]) for key in ("Start", "End"))
    except ValueError:
        raise JsonRESTError("ValidationException", "Start time or end time is invalid") from None
    if start >= end:
        raise JsonRESTError("ValidationException", "Start date (and hour) should be before end date (and hour)")
    return start, end


def _periods(start: date, end: date, granularity: str) -> Iterable[tuple[date, date]]:
    if granularity not in ("DAILY", "MONTHLY"):
        raise JsonRESTError("ValidationException", f"Granularity {granularity} is not one of this server")
    while start < end:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        stop = min(end, following) if granularity == "MONTHLY" else start + timedelta(days=1)
        yield start, stop
        start = stop


def _result(
    period: tuple[date, date], rows: list[dict[str, Any]], groups: list[dict[str, str]], metrics: list[str]
) -> dict[str, Any]:
    inside = [row for row in rows if period[0].isoformat() <= row["date"] < period[1].isoformat()]
    by_key = defaultdict(list)
    for row in inside:
        by_key[tuple(_group_key(row, group) for group in groups)].append(row)
    return {
        "TimePeriod": {"Start": period[0].isoformat(), "End": period[1].isoformat()},
        "Total": {} if groups else _sums(inside, metrics),
        "Groups": [{"Keys": list(keys), "Metrics": _sums(part, metrics)} for keys, part in sorted(by_key.items())]
        if groups
        else [],
        "Estimated": any(row.get("estimated", False) for row in inside),
    }


def _group_key(row: dict[str, Any], group: dict[str, str]) -> str:
    if group["Type"] == "DIMENSION":
        return str(row.get(group["Key"], "NoInstanceType" if group["Key"] == "INSTANCE_TYPE" else ""))
    kind, key = group["Type"], group["Key"]
    return f"{key}${row.get(f'{kind}:{key}', '')}"


def _sums(rows: list[dict[str, Any]], metrics: list[str]) -> dict[str, dict[str, str]]:
    return {
        name: {
            "Amount": str(sum((Decimal(str(row.get(name, 0))) for row in rows), Decimal())),
            "Unit": "USD" if name.endswith("Cost") else "N/A",
        }
        for name in metrics
    }


def _attributes(rows: list[dict[str, Any]], groups: list[dict[str, str]]) -> list[dict[str, Any]]:
    if not any(group["Key"] == "LINKED_ACCOUNT" for group in groups):
        return []
    names = {row["LINKED_ACCOUNT"]: row.get("account_name", "") for row in rows if "LINKED_ACCOUNT" in row}
    return [{"Value": value, "Attributes": {"description": name}} for value, name in sorted(names.items())]


def _fits(row: dict[str, Any], wanted: dict[str, Any] | None) -> bool:
    """A row under a filter expression of Cost Explorer."""
    if not wanted:
        return True
    ((operator, operand),) = wanted.items()
    match operator:
        case "And":
            return all(_fits(row, part) for part in operand)
        case "Or":
            return any(_fits(row, part) for part in operand)
        case "Not":
            return not _fits(row, operand)
    prefix = {"Dimensions": "", "Tags": "TAG:", "CostCategories": "COST_CATEGORY:"}[operator]
    found = row.get(f"{prefix}{operand['Key']}")
    if "ABSENT" in operand.get("MatchOptions", ()):
        return found is None
    return found in operand["Values"]


def get_cost_forecast(self: CostExplorerResponse) -> str:
    asked = json.loads(self.body or "{}")
    start, end = _period(asked)
    daily = STATE["forecast"]
    if daily is None:
        raise JsonRESTError("DataUnavailableException", "Insufficient amount of historical data")
    periods = list(_periods(start, end, asked["Granularity"]))
    results = [
        {
            "TimePeriod": {"Start": first.isoformat(), "End": stop.isoformat()},
            "MeanValue": str(daily["mean"] * (stop - first).days),
            "PredictionIntervalLowerBound": str(daily["lower"] * (stop - first).days),
            "PredictionIntervalUpperBound": str(daily["upper"] * (stop - first).days),
        }
        for first, stop in periods
    ]
    total = str(daily["mean"] * (end - start).days)
    return json.dumps({"Total": {"Amount": total, "Unit": "USD"}, "ForecastResultsByTime": results})


Series = tuple[list[float], list[float]]  # seconds, ascending; values


def get_metric_data(self: CloudWatchResponse) -> ActionResult:
    asked = self._get_params()
    series = _series(self.cloudwatch_backend.metric_data)
    start, end = asked["StartTime"].timestamp(), asked["EndTime"].timestamp()
    oldest_first = asked.get("ScanBy") == "TimestampAscending"
    most = int(asked.get("MaxDatapoints") or 100_800)
    points: list[tuple[int, float, float]] = []  # number of the query, seconds, value
    queries = asked.get("MetricDataQueries", [])
    for number, query in enumerate(queries):
        stat = query["MetricStat"]
        metric = stat["Metric"]
        key = _series_key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions", []))
        found = _buckets(series.get(key, ([], [])), start, end, int(stat["Period"]), stat["Stat"])
        points += [(number, second, value) for second, value in (found if oldest_first else reversed(found))]
    offset = int(asked.get("NextToken") or 0)
    page = points[offset : offset + most]
    answer: dict[str, Any] = {"MetricDataResults": [_metric_result(n, q, page) for n, q in enumerate(queries)]}
    if offset + most < len(points):
        answer["NextToken"] = str(offset + most)
    return ActionResult(answer)


def _metric_result(number: int, query: dict[str, Any], page: list[tuple[int, float, float]]) -> dict[str, Any]:
    own = [(second, value) for owner, second, value in page if owner == number]
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
        "Timestamps": [datetime.fromtimestamp(second, UTC) for second, _ in own],
        "Values": [value for _, value in own],
        "StatusCode": "Complete",
    }


def _series_key(namespace: str, name: str, dimensions: Iterable[Any]) -> tuple[Any, ...]:
    pairs = (
        (item["Name"], item["Value"]) if isinstance(item, dict) else (item.name, item.value) for item in dimensions
    )
    return (namespace, name, tuple(sorted(pairs)))


def _series(stored: Iterable[Any]) -> dict[tuple[Any, ...], Series]:
    gathered = defaultdict(list)
    for datum in stored:
        if hasattr(datum, "value"):
            key = _series_key(datum.namespace, datum.name, datum.dimensions)
            gathered[key].append(
                (datum.timestamp.replace(tzinfo=datum.timestamp.tzinfo or UTC).timestamp(), datum.value)
            )
    return {
        key: ([second for second, _ in pairs], [float(value) for _, value in pairs])
        for key, pairs in ((key, sorted(pairs)) for key, pairs in gathered.items())
    }


def _buckets(series: Series, start: float, end: float, period: int, stat: str) -> list[tuple[float, float]]:
    """Clock-aligned buckets that have points."""
    seconds, values = series
    gathered = defaultdict(list)
    for place in range(bisect_left(seconds, start - start % period), bisect_left(seconds, end)):
        gathered[seconds[place] - seconds[place] % period].append(values[place])
    return [(second, _statistic(stat, part)) for second, part in sorted(gathered.items())]


def _statistic(stat: str, values: list[float]) -> float:
    if percentile := re.fullmatch(r"p(\d+(?:\.\d+)?)", stat):
        return sorted(values)[max(0, ceil(len(values) * float(percentile[1]) / 100) - 1)]
    return {
        "Average": lambda: sum(values) / len(values),
        "Sum": lambda: sum(values),
        "Minimum": lambda: min(values),
        "Maximum": lambda: max(values),
        "SampleCount": lambda: float(len(values)),
    }[stat]()


def patch() -> None:
    """Give moto what it lacks."""
    ElasticBlockStore.describe_volume_status = describe_volume_status
    CloudTrailResponse.lookup_events = lookup_events
    CostExplorerResponse.get_cost_and_usage = get_cost_and_usage
    CostExplorerResponse.get_cost_forecast = get_cost_forecast
    CloudWatchResponse.get_metric_data = get_metric_data


def crowd(asked: dict[str, list[str]], count: int) -> str:
    """A page of DescribeInstances with as many instances as asked for."""
    first = int(asked.get("NextToken", ["0"])[0])
    after = min(count, first + int(asked.get("MaxResults", ["1000"])[0]))
    reservations = "".join(
        f"""<item><reservationId>r-{number:017x}</reservationId><ownerId>123456789012</ownerId><instancesSet><item>
        <instanceId>i-{number:017x}</instanceId><imageId>ami-12345678</imageId><instanceType>m5.large</instanceType>
        <instanceState><code>16</code><name>running</name></instanceState><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>
        <privateIpAddress>10.{number >> 16}.{number >> 8 & 255}.{number & 255}</privateIpAddress>
        <launchTime>2026-11-01T00:00:00.000Z</launchTime><placement><availabilityZone>us-east-1a</availabilityZone></placement>
        <groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item></groupSet>
        <tagSet><item><key>Name</key><value>worker-{number}</value></item></tagSet></item></instancesSet></item>"""
        for number in range(first, after)
    )
    token = f"<nextToken>{after}</nextToken>" if after < count else ""
    return (
        f"<DescribeInstancesResponse><reservationSet>{reservations}</reservationSet>{token}</DescribeInstancesResponse>"
    )


# The server around it -------------------------------------------------------------------------------------------------


class Server:
    """The WSGI application: control under /moto-api/fake, then faults, then moto."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        path = environ["PATH_INFO"]
        if path.startswith("/moto-api/fake/"):
            return _json(start, _control(path.removeprefix("/moto-api/fake/"), body))
        if path.startswith("/moto-api/"):
            return self.moto(environ, start)
        call = _call(environ, body)
        with LOCK:
            CALLS.append(call)
            fault = _fault(call)
        if fault is None and call["call"] == "DescribeInstances" and STATE["crowd"]:
            start("200 OK", [("Content-Type", "text/xml")])
            return [crowd(parse_qs(body.decode()), STATE["crowd"]).encode()]
        if fault is None:
            return self.moto(environ, start)
        if fault["how"] == "hang":
            RELEASED.wait(HANGS_FOR)
            return _refusal(start, call, "ServiceUnavailable", 503)
        if fault["how"] == "garbage":
            start("200 OK", [("Content-Type", "text/html")])
            return [b"<html><body>It works!</body"]
        return _refusal(start, call, fault["how"], fault.get("status", 400))


def _control(what: str, body: bytes) -> Any:
    with LOCK:
        match what:
            case "seed":
                for name, found in json.loads(body).items():
                    if isinstance(STATE[name], list):
                        STATE[name] += found
                    elif isinstance(STATE[name], dict):
                        STATE[name] |= found
                    else:
                        STATE[name] = found
            case "faults":
                FAULTS[:] = json.loads(body)
                RELEASED.set() if not FAULTS else RELEASED.clear()
            case "reset":
                forget()
                RELEASED.set()
        return CALLS


def _call(environ: Environ, body: bytes) -> dict[str, Any]:
    """What is called: action, region, and the form of the answer."""
    signed = environ.get("HTTP_AUTHORIZATION", "")
    scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", signed)
    key, region, service = scope.groups() if scope else ("", "", "")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return {"call": target.rpartition(".")[2], "service": service, "region": region, "key": key, "form": "json"}
    action = parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return {"call": action, "service": service, "region": region, "key": key, "form": "xml"}


def _fault(call: dict[str, Any]) -> dict[str, Any] | None:
    for fault in FAULTS:
        if fault["call"] not in (call["call"], "*") or fault.get("times") == 0:
            continue
        if any(fault.get(part) not in (None, call[part]) for part in ("region", "key", "service")):
            continue
        if fault.get("times") is not None:
            fault["times"] -= 1
        return fault
    return None


def _refusal(start: Start, call: dict[str, Any], code: str, status: int) -> list[bytes]:
    """An error as the service says it. Its message holds what real ones hold: who asked."""
    message = f"User: arn:aws:iam::123456789012:user/watcher failed on {call['service']}:{call['call']}: {code}"
    if call["form"] == "json":
        start(f"{status} Refused", [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)])
        return [json.dumps({"__type": code, "message": message}).encode()]
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    inside = f"<Errors>{error}</Errors>" if call["service"] == "ec2" else error
    root = "Response" if call["service"] == "ec2" else "ErrorResponse"
    start(f"{status} Refused", [("Content-Type", "text/xml")])
    return [f"<{root}>{inside}<RequestID>1</RequestID></{root}>".encode()]


def _json(start: Start, answer: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def main() -> None:
    forget()
    patch()
    server = make_server("127.0.0.1", 0, Server(), threaded=True)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # ends with its parent, however that ends


if __name__ == "__main__":
    main()
