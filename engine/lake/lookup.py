"""CloudTrail's own history as a source, `lookup://PROFILE`: for small accounts, and before there is a trail.

An object is an hour of a region. An hour that has settled is read once; a younger one is read again each time, since
events reach the history up to a quarter of an hour late. What it gives are the records that files would have brought,
so that they take the same way and are stored once, whichever way came first.

AWS allows two calls a second in each account and region, of fifty events each (`engine.aws.pace`). Regions take turns,
so that hardly anybody waits.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Any

from engine.aws.api import Api, BotoApi
from engine.aws.problems import telling
from engine.aws.profiles import Profile, Profiles
from engine.lake.objects import Content, Facts, Listing, Object, Window
from engine.lake.sources import LOOKUP
from engine.language.errors import QueryError, SourceError

HOUR = timedelta(hours=1)
SETTLED = timedelta(minutes=30)  # after its end nothing comes to an hour any more
REMEMBERED = timedelta(days=90)  # by CloudTrail
DEFAULT_DAYS = 1  # when nothing is said
PAGE = 50
GLOBAL_REGION = "us-east-1"  # whose history has IAM, console logins and other global services


def open_lookup(source: str, window: Window, cancel: threading.Event) -> LookupSource:
    """The history that `lookup://PROFILE` names; `lookup://` is that of the first profile. Raises SourceError."""
    profiles = Profiles.load()
    profile = profile_named(source.removeprefix(LOOKUP).strip("/"), profiles)
    if profile.demo:
        raise SourceError(
            "there are no AWS credentials to look up events with", "`aws configure`, or name a profile: lookup://NAME"
        )
    return LookupSource(profiles.boto(profile), profile, window, cancel)


def profile_named(name: str, profiles: Profiles) -> Profile:
    """A connect profile, else the shared profile of `~/.aws/config` of that name."""
    if not name:
        return profiles.all[0]
    try:
        return profiles.named(name)[0]
    except QueryError:
        return Profile(name, shared_profile_name=name)


class LookupSource:
    """Hours of all regions of an account, newest first. Regions that refuse are left out, with a warning."""

    def __init__(
        self,
        api: BotoApi | Api,
        profile: Profile,
        window: Window,
        cancel: threading.Event,
        now: datetime | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self._api = api
        self._profile = profile
        self._window = window
        self._cancel = cancel
        self._now = now or datetime.now(UTC)
        self._listing = Listing(complete=False)
        self._refused: dict[str, SourceError] = {}
        self._regions: list[str] = []

    def listing(self) -> Listing:
        return self._listing

    def objects(self) -> Iterator[Object]:
        account = str(next(self._pages("sts", "get_caller_identity", None, {}))["Account"])
        self._regions = self._wanted_regions()
        hours = self._hours()
        for place, start in enumerate(hours):
            for region in self._regions:
                if region not in self._refused:
                    self._listing = Listing(self._listing.objects + 1, 0, place, len(hours), requests=0, complete=False)
                    yield self._object(account, region, start)
        self._listing = Listing(self._listing.objects, 0, len(hours), len(hours))

    def contents(self, wanted: Iterator[Object]) -> Iterator[Content]:
        for item in wanted:
            region, start = item.facts.region, started(item)
            assert region is not None
            parameters = {
                "StartTime": start,
                "EndTime": start + HOUR - timedelta(seconds=1),  # both ends are included, times are whole seconds
                "MaxResults": PAGE,
            }
            pages = self._pages("cloudtrail", "lookup_events", region, parameters)
            try:
                first = next(pages, {})
            except SourceError as problem:
                self._refuse(region, problem)
                yield Content(item, problem=problem.message)
            else:
                yield Content(item, io.BufferedReader(Records(first, pages, self._cancel)))

    def _refuse(self, region: str, problem: SourceError) -> None:
        self._refused[region] = problem
        self.warnings.append(f"{region} was left out: {problem.message}")
        if len(self._refused) == len(self._regions):
            raise problem

    def _pages(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        with telling(service, operation, self._profile, region):
            yield from self._api.pages(service, operation, region, parameters)

    def _wanted_regions(self) -> list[str]:
        """Those asked for, else those of the profile, else all that the account has switched on."""
        patterns = sorted(self._window.regions) or list(self._profile.regions) or ["*"]
        if not any("*" in pattern for pattern in patterns):
            return patterns
        try:
            pages = self._pages("ec2", "describe_regions", None, {})
            known = [region["RegionName"] for page in pages for region in page["Regions"]]
        except SourceError as problem:
            own = self._api.region if isinstance(self._api, BotoApi) else GLOBAL_REGION
            known = sorted({own, GLOBAL_REGION})
            self.warnings.append(f"only {', '.join(known)} are asked: {problem.message}")
        return sorted(name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns))

    def _hours(self) -> list[datetime]:
        """The hours of the window, newest first."""
        since = self._window.since or (self._now - timedelta(days=DEFAULT_DAYS)).date()
        start = max(datetime.combine(since, time(), UTC), self._now - REMEMBERED)
        end = self._now
        if self._window.until is not None:
            end = min(end, datetime.combine(self._window.until, time.max, UTC))
        newest = end.replace(minute=0, second=0, microsecond=0)
        return [newest - n * HOUR for n in range(int((newest - start) / HOUR) + 1)] if end > start else []

    def _object(self, account: str, region: str, start: datetime) -> Object:
        has_settled = start + HOUR + SETTLED <= self._now
        return Object(
            name=f"{LOOKUP}{account}/{region}/{start:%Y/%m/%d/%H}",
            size=0,
            tag="settled" if has_settled else self._now.isoformat(),
            facts=Facts(account=account, region=region, day=f"{start:%Y-%m-%d}"),
        )


def started(item: Object) -> datetime:
    """The hour of an object.

    >>> started(Object("lookup://111122223333/us-east-1/2026/11/24/09", 0, "", Facts())).isoformat()
    '2026-11-24T09:00:00+00:00'
    """
    return datetime.strptime(item.name[-13:], "%Y/%m/%d/%H").replace(tzinfo=UTC)


class Records(io.RawIOBase):
    """Pages of the history as the text of a log file, made while it is read: one page is in memory."""

    def __init__(self, first: dict[str, Any], pages: Iterator[dict[str, Any]], cancel: threading.Event) -> None:
        self._pages = pages
        self._texts = self._made(first, pages)
        self._rest = b""
        self._cancel = cancel

    def close(self) -> None:
        if isinstance(self._pages, Generator):  # which holds a connection
            self._pages.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            text = next(self._texts, None)
            if text is None:
                return 0
            self._rest = text
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _made(self, first: dict[str, Any], pages: Iterator[dict[str, Any]]) -> Iterator[bytes]:
        yield b'{"Records":['
        separator = ""
        page: dict[str, Any] | None = first
        while page is not None:
            records = [record(event) for event in page.get("Events") or ()]
            if records:
                yield (separator + ",".join(records)).encode()
                separator = ","
            if self._cancel.is_set():
                raise OSError("stopped")  # half an hour must not count as a whole one
            try:
                page = next(pages, None)
            except SourceError as problem:
                raise OSError(problem.message) from problem
        yield b"]}"


def record(event: dict[str, Any]) -> str:
    """The record of an event; without one, what there is, to be put aside."""
    return event.get("CloudTrailEvent") or json.dumps({"eventID": event.get("EventId")})
