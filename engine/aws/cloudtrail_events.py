"""`aws-cloudtrail-events`: the last 90 days of CloudTrail, asked of AWS itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import present
from engine.aws.times import in_utc, read_time
from engine.catalog import ANY, DATE, STRING, Field, Type, list_of, map_of
from engine.lake.cloudtrail import DOCUMENT_FIELDS, EVENT
from engine.lake.columns import REST, fit
from engine.language.durations import Duration, read_count, read_duration, read_instant, read_switch
from engine.language.errors import QueryError
from engine.language.nodes import Option

PAGE = 50  # the most that the API gives at once
MOST_EVENTS = 2000
"""Of a region, unless asked for more: two pages a second are allowed, so these take 20 seconds."""
RESOURCES = list_of(map_of({"type": STRING, "name": STRING}))

_ATTRIBUTES = {
    "event_name": "EventName",
    "user_name": "Username",
    "event_source": "EventSource",
    "resource_name": "ResourceName",
    "resource_type": "ResourceType",
    "access_key_id": "AccessKeyId",
    "event_id": "EventId",
    "read_only": "ReadOnly",
}


def read_category(text: str) -> str:
    """The one category besides management events."""
    if text.strip().lower() != "insight":
        raise ValueError("the only category is `insight`; without it, management events")
    return "insight"


@dataclass(frozen=True)
class CloudtrailEvents(AwsCommand):
    """Management events of the last 90 days from CloudTrail's own history: no collected logs are needed.

    Rows have the fields of the table `cloudtrail`, so a pipeline on `table … cloudtrail*` works here too; `userName`,
    `accessKeyId` and `relatedResources` are what CloudTrail adds. The newest events of each region come first, 2,000
    of them unless `max_events` says otherwise. CloudTrail looks for one of the conditions; others are for `search`.

    Example:
        aws-cloudtrail-events duration=6h read_only=false | stats count by eventName
    """

    word: ClassVar[str] = "aws-cloudtrail-events"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("duration", read_duration, "how far back from now, `1h` without"),
        Option("from", read_time, "start, instead of `duration`"),
        Option("to", read_time, "end"),
        Option("event_name", str, "only this action, such as `RunInstances`"),
        Option("user_name", str, "only this user or role session"),
        Option("event_source", str, "only this service, such as `iam.amazonaws.com`"),
        Option("resource_name", str, "only events about this resource"),
        Option("resource_type", str, "only events about this type, such as `AWS::EC2::Instance`"),
        Option("access_key_id", str, "only this access key"),
        Option("event_id", str, "only this event"),
        Option("read_only", read_switch, "`false`: only changes; `true`: only what changes nothing"),
        Option("category", read_category, "`insight`: unusual activity instead of management events"),
        Option("max_events", read_count, "at most so many of each region, 2000 without"),
    )
    service: ClassVar[str] = "cloudtrail"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("cloudtrail:LookupEvents", "cloudtrail", "lookup_events", {"MaxResults": 1}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("_time", DATE, "When the request completed."),
        Field("userName", STRING, "The user as CloudTrail's history names it; of a role the session's name."),
        Field("accessKeyId", STRING, "The access key that signed the request."),
        Field("relatedResources", RESOURCES, "Resources that CloudTrail's history names for the event."),
        *DOCUMENT_FIELDS,
        Field(REST, ANY, "Fields this version does not know, and values of unexpected type.", hidden=True),
    )

    def fields(self) -> tuple[Field, ...]:
        asked = [name for name in _ATTRIBUTES if self.option(name)]
        if len(asked) > 1:
            hint = "leave one, and put the others behind `| search`"
            raise QueryError("90001", f"CloudTrail looks for one of `{'`, `'.join(asked)}` at a time", hint=hint)
        if self.option("duration") and self.option("from"):
            raise QueryError("90001", "`duration` and `from` exclude each other")
        return self.columns

    def max_age(self) -> timedelta:
        return timedelta(minutes=5)  # events arrive within 15 minutes

    def wide(self, now: datetime, zone: ZoneInfo) -> AwsCommand:
        return in_utc(self, zone)

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        start, end = self._window(ask.now)
        most = ask.option("max_events", MOST_EVENTS)
        pages = ask.pages(
            "lookup_events",
            LookupAttributes=self._attributes(),
            StartTime=start,
            EndTime=end,
            EventCategory=self.setting("category"),
            MaxResults=PAGE,
        )
        count = 0
        for page in pages:
            for event in page.get("Events") or ():
                if count == most:
                    where = "" if ask.region is None else f" in {ask.region}"
                    ask.warn(f"there are more than {most} events{where}; ask for more with `max_events`")
                    return
                count += 1
                yield _row(event, ask)

    def _window(self, now: datetime) -> tuple[datetime, datetime]:
        end = read_instant(self.setting("to"), UTC) if self.option("to") else now
        if self.option("from"):
            start = read_instant(self.setting("from"), UTC)
        else:
            start = self.setting("duration", Duration(1, "h")).before(end)
        if start >= end:
            raise QueryError("90001", "`from` is not before `to`")
        return start, end

    def _attributes(self) -> list[dict[str, str]] | None:
        for name, key in _ATTRIBUTES.items():
            if self.option(name):
                value = self.setting(name)
                text = str(value).lower() if isinstance(value, bool) else value
                return [{"AttributeKey": key, "AttributeValue": text}]
        return None


def _row(event: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """The record itself, with what the history says of it; that alone where there is no record."""
    found = {
        "_time": event.get("EventTime"),
        "userName": present(event.get("Username")),
        "accessKeyId": present(event.get("AccessKeyId")),
        "relatedResources": [
            {"type": resource.get("ResourceType"), "name": resource.get("ResourceName")}
            for resource in event.get("Resources") or ()
        ],
        "eventID": event.get("EventId"),
        "eventName": event.get("EventName"),
        "eventSource": event.get("EventSource"),
        "readOnly": {"true": True, "false": False}.get(str(event.get("ReadOnly")).lower()),
    }
    text = event.get("CloudTrailEvent")
    if not text:
        return found
    try:
        return found | {name: value for name, value in record(text).items() if value is not None}
    except msgspec.DecodeError:
        ask.warn("CloudTrail gave records that are no JSON; of these there is a summary only")
        return found


def record(text: str) -> dict[str, Any]:
    """A record's JSON as values of the table's fields; what does not fit its type is kept in the remainder."""
    document = fit(msgspec.Raw(text.encode()), EVENT, lambda path: None)
    values: dict[str, Any] = _values(document, EVENT)
    values[REST] = None if values[REST] is None else msgspec.json.decode(values[REST])
    return values


def _values(decoded: Any, kind: Type) -> Any:
    """A decoded value as plain Python."""
    if isinstance(decoded, msgspec.Raw):
        return msgspec.json.decode(decoded) if bytes(decoded) else None
    if isinstance(decoded, msgspec.Struct):
        values = {name: _values(getattr(decoded, name), member) for name, member in kind.keys}
        return {**values, REST: getattr(decoded, REST)}
    if isinstance(decoded, list):
        return [_values(item, kind.element or ANY) for item in decoded]
    return decoded == "true" or decoded is True if kind.name == "bool" and decoded is not None else decoded
