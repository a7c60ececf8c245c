"""What every test may rely on: an empty home, no AWS account, no network by accident, repeatable Hypothesis runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("trailboard", deadline=None, derandomize=True)
settings.load_profile("trailboard")


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment of a machine that has neither a lake nor credentials, whatever this machine has."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LAKE", "EXPECTED_COUNTRIES", "EXPECTED_HOSTS", "DEBUG", "GEOIP_COUNTRY", "GEOIP_ASN", "HOSTED"):
            patch.delenv(f"TRAILBOARD_{name}", raising=False)
        patch.setenv("TRAILBOARD_HOME", str(home))
        patch.setenv("TRAILBOARD_TIMEZONE", "Asia/Seoul")
        patch.setenv("TRAILBOARD_PROFILES", "demo")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", str(home / "no-config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "no-credentials"))
        yield


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with two weeks of sample data until now, as a new user has it after the first start."""
    from engine.demo import make_demo_lake

    home = tmp_path_factory.mktemp("demo-home")
    make_demo_lake(home / "demo")
    return home
