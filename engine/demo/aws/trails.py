"""CloudTrail: the trails, and the events that their logs hold too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.demo.aws.answers import Asked, Document, refused
from engine.demo.aws.ec2 import require_enabled
from engine.demo.aws.estate import Estate
from engine.demo.company import BERLIN_REGION, GLOBAL_REGION, ORGANIZATION, PROD, ROOT, SEOUL, SEOUL_REGION
from engine.demo.generate import NEWEST, identified, identified_stories
from engine.demo.records import Entry, render
from engine.demo.rhythm import midnight

PAGE = 50
KEPT = timedelta(days=90)
STOPPED_FOR = timedelta(minutes=26)
ORGANIZATION_TRAIL, ACCOUNT_TRAIL, FORGOTTEN_TRAIL = "moonrabbit-organization", "moonrabbit-audit", "steamer-debug"
HOMES = {ORGANIZATION_TRAIL: GLOBAL_REGION, ACCOUNT_TRAIL: SEOUL_REGION, FORGOTTEN_TRAIL: BERLIN_REGION}


def describe_trails(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Trails of this region, and unless told otherwise those of others that record here too."""
    region = require_enabled(region, "describe_trails")
    shadows = asked.get("includeShadowTrails", True)
    wanted = asked.get("trailNameList") or ()
    found = [
        name
        for name, home in HOMES.items()
        if home == region or (shadows and name != FORGOTTEN_TRAIL)  # which is of one region
    ]
    trails = [_trail(name, estate) for name in found]
    yield {"trailList": [one for one in trails if not wanted or one["Name"] in wanted or one["TrailARN"] in wanted]}


def _arn(name: str, estate: Estate) -> str:
    owner = ROOT if name == ORGANIZATION_TRAIL else estate.account
    return f"arn:aws:cloudtrail:{HOMES[name]}:{owner}:trail/{name}"


def _trail(name: str, estate: Estate) -> Document:
    whole = name != FORGOTTEN_TRAIL
    key = {"KmsKeyId": f"arn:aws:kms:{GLOBAL_REGION}:{ROOT}:key/5c9f6a0e-1111-4222-8333-abcdefabcdef"}
    return {
        "Name": name,
        "S3BucketName": "moonrabbit-trails" if whole else "steamer-debug-2024",
        **({"S3KeyPrefix": ORGANIZATION} if name == ORGANIZATION_TRAIL else {}),
        "IncludeGlobalServiceEvents": whole,
        "IsMultiRegionTrail": whole,
        "HomeRegion": HOMES[name],
        "TrailARN": _arn(name, estate),
        "LogFileValidationEnabled": whole,
        **(key if name == ORGANIZATION_TRAIL else {}),
        "HasCustomEventSelectors": name == ORGANIZATION_TRAIL,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": name == ORGANIZATION_TRAIL,
    }


def get_trail_status(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Whether a trail records. The account's own was stopped for a while, as an incident tells; one is broken."""
    name = next((name for name in HOMES if asked.get("Name") in (name, _arn(name, estate))), None)
    if name is None:
        raise refused("get_trail_status", "TrailNotFoundException", f"Unknown trail: {asked.get('Name')}")
    delivered = estate.now.replace(microsecond=0) - timedelta(minutes=3)
    status: Document = {"IsLogging": True, "LatestDeliveryTime": delivered, "StartLoggingTime": estate.ago(812)}
    if name == ACCOUNT_TRAIL:
        stopped = estate.began("trail-stopped") + timedelta(seconds=40)
        started = stopped + STOPPED_FOR
        status |= {"StartLoggingTime": started, "StopLoggingTime": stopped}
        if stopped <= estate.now < started:
            status |= {"IsLogging": False, "LatestDeliveryTime": stopped, "StartLoggingTime": estate.ago(700)}
    elif name == FORGOTTEN_TRAIL:
        status = {
            "IsLogging": False,
            "StartLoggingTime": estate.ago(310),
            "StopLoggingTime": estate.ago(19, hours=-9),
            "LatestDeliveryTime": estate.ago(64),
            "LatestDeliveryError": "NoSuchBucket",
        }
    yield status


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────


def lookup_events(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """Management events of a region, the newest first, in pages of 50; those that change nothing as well."""
    region = require_enabled(region, "lookup_events")
    if asked.get("EventCategory") == "insight":
        yield {"Events": []}  # no trail of this account looks for unusual activity
        return
    newest = min(asked.get("EndTime") or estate.now, estate.now - timedelta(seconds=NEWEST))
    oldest = max(asked.get("StartTime") or estate.now - KEPT, estate.now - KEPT)
    if (asked.get("EndTime") or estate.now) < (asked.get("StartTime") or oldest):
        message = "The start time must be before the end time"
        raise refused("lookup_events", "InvalidTimeRangeException", message)
    size = min(asked.get("MaxResults") or PAGE, PAGE)
    page: list[Document] = []
    for event in _events(estate, region, oldest, newest, _condition(asked)):
        page.append(event)
        if len(page) == size:
            yield {"Events": page}
            page = []
    yield {"Events": page}


def _events(
    estate: Estate, region: str, oldest: datetime, newest: datetime, holds: Callable[[Document], bool]
) -> Iterator[Document]:
    """One day of the logs after the other, back in time."""
    begin, latest = oldest.timestamp(), newest.timestamp()
    place = (estate.account, region)
    stories = identified_stories(int(estate.made.timestamp()))
    waiting = [entry for entry in stories if entry.event.call.place == place]
    day = newest.astimezone(SEOUL.zone).date()  # where days begin first
    while latest >= begin:
        waiting += _of_day(day).get(region, ())
        complete = max(begin, midnight(day - timedelta(days=1), ZoneInfo("UTC")) + REACHES)
        ready = [entry for entry in waiting if complete <= entry.event.second <= latest]
        for entry in sorted(ready, key=lambda entry: entry.event.second, reverse=True):
            document = _event(entry)
            if holds(document):
                yield document
        waiting = [entry for entry in waiting if entry.event.second < complete]
        latest = min(latest, complete - 1)
        day -= timedelta(days=1)


REACHES = 36 * 3600
"""Seconds from a date's midnight (UTC) to its last event: evenings in Portland, ends of instances of the evening."""
_loading = Lock()


def _of_day(day: date) -> dict[str, list[Entry]]:
    """The management events of a calendar day by region; all regions are asked at once."""
    with _loading:
        return _loaded(day)


@lru_cache(maxsize=3)
def _loaded(day: date) -> dict[str, list[Entry]]:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in identified(day):
        account, region = entry.event.call.place
        if account == PROD and b'"managementEvent":true' in entry.event.call.after:
            found[region].append(entry)
    return dict(found)


def _condition(asked: Asked) -> Callable[[Document], bool]:
    """What the one attribute asks for that may be asked for."""
    attributes = asked.get("LookupAttributes") or ()
    if len(attributes) > 1:
        message = "You can specify only one attribute"
        raise refused("lookup_events", "InvalidLookupAttributesException", message)
    if not attributes:
        return lambda event: True
    key, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    if key in ("ResourceType", "ResourceName"):
        return lambda event: any(resource.get(key) == value for resource in event["Resources"])
    return lambda event: event.get(key) == value


def _event(entry: Entry) -> Document:
    text = render(*entry).decode()
    record: dict[str, Any] = msgspec.json.decode(text)
    event: Document = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": "true" if record.get("readOnly") else "false",
        "EventTime": datetime.fromtimestamp(entry.event.second, UTC),
        "EventSource": record["eventSource"],
        "Resources": _resources(record),
        "CloudTrailEvent": text,
    }
    identity = record["userIdentity"]
    if identity.get("accessKeyId"):
        event["AccessKeyId"] = identity["accessKeyId"]
    user = _user_name(identity)
    return {**event, "Username": user} if user else event


def _user_name(identity: dict[str, Any]) -> str | None:
    """What CloudTrail's history shows as the user: of a role the session's name."""
    if identity["type"] == "Root":
        return "root"
    if identity["type"] == "AssumedRole":
        return str(identity["principalId"]).partition(":")[2]
    return identity.get("userName")


def _resources(record: dict[str, Any]) -> list[Document]:
    found = [
        {"ResourceType": resource["type"], "ResourceName": resource["ARN"]}
        for resource in record.get("resources") or ()
    ]
    instances = ((record.get("responseElements") or {}).get("instancesSet") or {}).get("items", ())
    found += [{"ResourceType": "AWS::EC2::Instance", "ResourceName": one["instanceId"]} for one in instances]
    return found
