"""An S3 server for tests of the lake, and credentials for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lake.s3_server import S3, serving


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """A server that everything which asks AWS in this test asks."""
    with serving() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        yield server
