"""From what a user names as a source to its objects: a folder or file of this machine, or a prefix of a bucket."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from engine.lake.objects import CLOUDTRAIL, FolderSource, Naming, Source, Window, discover
from engine.language.errors import SourceError

if TYPE_CHECKING:
    from engine.lake.s3.notices import QueueSource

LOOKUP = "lookup://"
DEFAULT_DAYS = 7  # of a bucket, when nothing is said
CLOCKS_DIFFER = timedelta(hours=1)  # ours and that of S3, at most


def open_source(
    source: str,
    naming: Naming,
    window: Window,
    *,
    profile: str | None = None,
    requester_pays: bool = False,
    cancel: threading.Event | None = None,
) -> Source:
    """The source that a text names; raises SourceError when it cannot be read."""
    if source.startswith(LOOKUP):
        if naming.kind != CLOUDTRAIL.kind:
            raise SourceError(f"`{source}` has events of CloudTrail only", f"trailboard collect cloudtrail {source}")
        from engine.lake.lookup import open_lookup

        return open_lookup(source, window, cancel or threading.Event())
    if not is_bucket(source):
        return FolderSource(discover(source, naming), naming)
    # boto3 takes a fifth of a second, which a collect from a folder need not spend
    from engine.lake.s3.bucket import open_bucket, open_session, split_uri
    from engine.lake.s3.download import CONCURRENCY
    from engine.lake.s3.source import S3Source

    name, prefix = split_uri(source)
    bucket = open_bucket(name, open_session(profile), requester_pays, CONCURRENCY)
    return S3Source(bucket, prefix, naming, window, cancel)


def open_queue(
    url: str,
    source: str,
    naming: Naming,
    *,
    profile: str | None = None,
    requester_pays: bool = False,
    cancel: threading.Event,
) -> QueueSource:
    """The objects that a queue tells of; raises SourceError when the bucket cannot be read."""
    from engine.lake.s3.bucket import open_bucket, open_session, split_uri
    from engine.lake.s3.download import CONCURRENCY
    from engine.lake.s3.notices import QueueSource

    if not is_bucket(source):
        raise SourceError(f"`{source}` sends no notices", "a queue is for sources such as s3://bucket/prefix")
    name, prefix = split_uri(source)
    session = open_session(profile)
    bucket = open_bucket(name, session, requester_pays, CONCURRENCY)
    return QueueSource(url, session, bucket, prefix, naming, cancel)


def is_bucket(source: str) -> bool:
    return source.startswith("s3://")


def window_of(source: str, window: Window, now: datetime | None = None) -> Window:
    """The window of a source; that of a bucket has a beginning, and ends now: days to come need not be listed.

    >>> window = window_of("s3://trail", Window(), datetime(2026, 3, 8, 12, tzinfo=UTC))
    >>> window.first_day, window.last_day
    ('2026-03-01', '2026-03-08')
    """
    if not is_bucket(source):
        return window
    now = now or datetime.now(UTC)
    last = (now + CLOCKS_DIFFER).date() - timedelta(days=1)  # what was delivered on the day after is in the window
    until = last if window.until is None else min(window.until, last)
    since = window.since
    if since is None:
        since = min(now.date(), window.until or date.max) - timedelta(days=DEFAULT_DAYS)
    return replace(window, since=since, until=until)
