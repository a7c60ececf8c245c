"""From what a user names as a source to its objects: a folder or file of this machine, or a prefix of a bucket."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from engine.lake.objects import FolderSource, Naming, Source, Window, discover

DEFAULT_DAYS = 7  # of a bucket, when nothing is said


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
    if not is_bucket(source):
        return FolderSource(discover(source, naming), naming)
    # boto3 takes a fifth of a second, which a collect from a folder need not spend
    from engine.lake.s3.bucket import open_bucket, open_session, split_uri
    from engine.lake.s3.download import CONCURRENCY
    from engine.lake.s3.source import S3Source

    name, prefix = split_uri(source)
    bucket = open_bucket(name, open_session(profile), requester_pays, CONCURRENCY)
    return S3Source(bucket, prefix, naming, window, cancel)


def is_bucket(source: str) -> bool:
    return source.startswith("s3://")


def window_of(source: str, window: Window, today: date | None = None) -> Window:
    """The window, with a beginning where none is given and the source is a bucket.

    >>> window_of("s3://trail", Window(), date(2026, 3, 8)).first_day
    '2026-03-01'
    """
    if window.since is not None or not is_bucket(source):
        return window
    today = min(filter(None, (today or datetime.now(UTC).date(), window.until)))
    return replace(window, since=today - timedelta(days=DEFAULT_DAYS))
