"""A fake AWS in another process, and engines that ask it. Other folders import these fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from engine.aws import live
from engine.aws.profiles import Profile, Profiles, Timeouts
from engine.query import Engine
from tests.aws.running import AwsServer, serving

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TIMEOUTS = Timeouts(connect=10, read=60, attempts=3)  # a busy machine answers late


@pytest.fixture(scope="session")
def running_aws() -> Iterator[AwsServer]:
    """The server, started once."""
    with serving() as server:
        yield server


@pytest.fixture
def aws_server(running_aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    """An empty AWS that this process asks."""
    running_aws.reset()
    for name, value in running_aws.environment.items():
        monkeypatch.setenv(name, value)
    yield running_aws
    running_aws.mend()


class MakeEngine(Protocol):
    def __call__(
        self,
        *profiles: Profile,
        now: datetime = NOW,
        stale_ok: bool = False,
        budget: float = 5,
        timeouts: Timeouts = TIMEOUTS,
        restart: bool = False,
    ) -> Engine: ...


@pytest.fixture
def make_engine(aws_server: AwsServer, tmp_path: Path) -> MakeEngine:
    """Engines on that AWS which share one disk cache; without profiles the default chain in us-east-1.

    `restart` forgets what this process has in memory.
    """

    def make(
        *profiles: Profile,
        now: datetime = NOW,
        stale_ok: bool = False,
        budget: float = 5,
        timeouts: Timeouts = TIMEOUTS,
        restart: bool = False,
    ) -> Engine:
        if restart:
            live._hub.cache_clear()
        asked = Profiles(profiles, timeouts=timeouts)
        return Engine(now=now, profiles=asked, aws_home=tmp_path / "aws", aws_budget=budget, stale_ok=stale_ok)

    return make
