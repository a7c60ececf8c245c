"""Connect profiles: where they are configured, whose credentials they take, what is told when those are missing."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.aws.profiles import Profile, Profiles, Timeouts
from engine.language.errors import QueryError, SourceError
from engine.query import Engine
from tests.aws.conftest import NOW, TIMEOUTS, MakeEngine
from tests.aws.running import ACCOUNT, AwsServer

WHO = "aws-caller-identity | fields account_id, arn"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for ~/.aws/config and credentials, and nothing in the environment."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def loaded(secrets: Mapping[str, Any] | None = None, **env: str) -> tuple[Profile, ...]:
    return Profiles.load(env, secrets).all


# where they are configured --------------------------------------------------------------------------------------------


def test_without_credentials_there_is_the_sample_company(files: Path) -> None:
    profiles = Profiles.load({})
    assert profiles.is_demo
    assert [profile.name for profile in profiles.all] == ["demo"]


def test_the_default_chain_is_one_profile(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "credentials").write_text("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    (profile,) = loaded(TRAILBOARD_REGIONS="ap-northeast-2,us-*")
    assert (profile.name, profile.auth, profile.regions) == ("default", "default_chain", ("ap-northeast-2", "us-*"))
    monkeypatch.setenv("AWS_PROFILE", "gone")
    (broken,) = loaded(AWS_PROFILE="gone")
    assert broken.name == "gone", "what is configured wrongly is told when it is asked, not covered by sample data"


def test_names_of_shared_profiles(files: Path) -> None:
    prod, demo = loaded(TRAILBOARD_PROFILES="prod, demo")
    assert (prod.auth, prod.shared_profile_name) == ("shared_profile", "prod")
    assert demo.auth == "demo"


TABLES = """
[profiles.prod]
role_arn = "arn:aws:iam::111111111111:role/trailboard"
external_id = "between-us"
regions = ["ap-northeast-2", "us-*"]

[profiles.keys]
access_key_id = "AKIAIOSFODNN7EXAMPLE"
secret_access_key = "secret"
cost_enabled = false

[profiles.off]
enabled = false
"""


@pytest.mark.parametrize("how", ["file", "secrets", "streamlit"])
def test_tables_of_a_file_or_of_secrets(files: Path, how: str) -> None:
    import tomllib

    file = files / ("profiles.toml" if how == "file" else ".streamlit/secrets.toml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(TABLES)
    match how:
        case "file":
            found = loaded(TRAILBOARD_PROFILES=str(file))
        case "secrets":
            found = loaded(tomllib.loads(TABLES))
        case _:
            found = loaded()
    assert [(profile.name, profile.auth) for profile in found] == [("prod", "assume_role"), ("keys", "static")]
    assert found[0].regions == ("ap-northeast-2", "us-*")
    assert not found[1].cost_enabled
    assert "between-us" not in repr(found)
    assert "secret" not in repr(found).replace("secret_access_key", "")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('role = "x"', "profile `p` in the secrets: `role` is not a setting (did you mean `role_arn`?)"),
        ("role_arn = 3", "`role_arn` is not a str"),
        ('regions = ["Seoul"]', "`Seoul` is not a region"),
        ('partition = "moon"', "`partition` is one of aws, aws-cn, aws-us-gov"),
        ('access_key_id = "AKIA"', "has one of `access_key_id` and `secret_access_key` only"),
        ('demo = "yes"', "`demo` is not a bool"),
    ],
)
def test_mistakes_are_told_by_key(table: str, told: str) -> None:
    import tomllib

    with pytest.raises(SourceError) as raised:
        loaded(tomllib.loads(f"[profiles.p]\n{table}"))
    assert told in str(raised.value)


def test_files_that_cannot_be_read(files: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        loaded(TRAILBOARD_PROFILES=str(files / "none.toml"))
    (files / "bad.toml").write_text("[profiles.x\nsecret_access_key = 'abc'")
    with pytest.raises(SourceError, match="cannot be read") as raised:
        loaded(TRAILBOARD_PROFILES=str(files / "bad.toml"))
    assert "abc" not in str(raised.value)


def test_queries_name_profiles_and_regions() -> None:
    profiles = Profiles([Profile("prod-a"), Profile("prod-b"), Profile("dev")])
    assert [profile.name for profile in profiles.named("prod-*")] == ["prod-a", "prod-b"]
    assert [profile.name for profile in profiles.named("dev,prod-a")] == ["prod-a", "dev"]
    engine = Engine(now=NOW, profiles=profiles)
    with pytest.raises(QueryError, match="there is no profile `prd-a`") as raised:
        engine.run("aws-ec2-addresses profile=prd-a")
    assert raised.value.hint == "did you mean `prod-a`?"
    with pytest.raises(QueryError, match="`us east` is not a region"):
        engine.run('aws-ec2-addresses region="us east"')
    with pytest.raises(QueryError, match="takes options only"):
        engine.run("aws-ec2-addresses all")


def test_a_circle_of_sources_is_told() -> None:
    profiles = Profiles([Profile("a", source_profile="b"), Profile("b", source_profile="a")])
    with pytest.raises(SourceError, match="its source_profile leads back to"):
        Engine(now=NOW, profiles=profiles).run(WHO)
    with pytest.raises(SourceError, match="there is no source_profile `c`"):
        Engine(now=NOW, profiles=Profiles([Profile("a", source_profile="c")])).run(WHO)


# whose credentials they take ------------------------------------------------------------------------------------------


def who(profile: Profile | None = None) -> dict[str, str]:
    engine = Engine(now=NOW, profiles=Profiles([profile] if profile else [], timeouts=TIMEOUTS))
    (row,) = engine.run(WHO).to_dict("records")
    return row


def test_shared_profiles_of_every_kind(aws_server: AwsServer, files: Path) -> None:
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    (files / "credentials").write_text(f"[base]\n{keys}")
    said = json.dumps({"Version": 1, "AccessKeyId": "testing", "SecretAccessKey": "testing"})
    (files / "say.py").write_text(f"print({said!r})")
    (files / "config").write_text(
        f"""
[profile role]
role_arn = arn:aws:iam::111111111111:role/a
source_profile = base
external_id = between-us

[profile chain]
role_arn = arn:aws:iam::222222222222:role/b
source_profile = role

[profile process]
credential_process = {sys.executable} {files / "say.py"}
region = eu-west-3
"""
    )
    accounts = {name: who(Profile(name, shared_profile_name=name))["account_id"] for name in ("base", "role", "chain")}
    assert accounts == {"base": ACCOUNT, "role": "111111111111", "chain": "222222222222"}
    process = Profile("process", shared_profile_name="process")
    assert who(process)["account_id"] == ACCOUNT
    assert Profiles().default_regions(process) == ("eu-west-3",), "the region of the config file"
    assert Profiles().default_regions(Profile("base", shared_profile_name="base")) == ("us-east-1",), "none is named"


def test_keys_of_the_file_win_over_the_environment(aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with aws_server.client("sts") as sts:
        role = sts.assume_role(RoleArn="arn:aws:iam::333333333333:role/x", RoleSessionName="test")["Credentials"]
    keys = Profile(
        "keys",
        access_key_id=role["AccessKeyId"],
        secret_access_key=role["SecretAccessKey"],
        session_token=role["SessionToken"],
    )
    assert who(keys)["account_id"] == "333333333333"
    assert who()["account_id"] == ACCOUNT


def test_the_instance_role_of_the_default_chain(
    aws_server: AwsServer, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws_server.url)
    assert not Profiles.load({}).is_demo
    assert who()["account_id"] == ACCOUNT


def test_an_assumed_role_is_renewed_before_it_expires(aws_server: AwsServer) -> None:
    profile = Profile("role", ("us-east-1",), role_arn="arn:aws:iam::111111111111:role/a")
    profiles = Profiles([profile], timeouts=TIMEOUTS)
    engine = Engine(now=NOW, profiles=profiles)
    engine.run(WHO)
    engine.run("aws-ec2-addresses")
    assert len(aws_server.calls("AssumeRole")) == 1
    profiles.boto(profile).session.get_credentials()._expiry_time = datetime.now(UTC) + timedelta(seconds=5)
    assert engine.run("aws-ec2-addresses cache=0").empty
    assert len(aws_server.calls("AssumeRole")) == 2


def test_another_endpoint_for_one_profile(aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert who(Profile("here", ("us-east-1",), endpoint_url=aws_server.url))["account_id"] == ACCOUNT
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws_server.url)
    assert who()["account_id"] == ACCOUNT


# what is told when they are missing -----------------------------------------------------------------------------------


def problem(profile: Profile) -> str:
    engine = Engine(now=NOW, profiles=Profiles([profile], timeouts=Timeouts(5, 20, 1)))
    with pytest.raises(SourceError) as raised:
        engine.run(WHO)
    return str(raised.value)


def test_a_shared_profile_that_is_not_there(aws_server: AwsServer, files: Path) -> None:
    told = problem(Profile("prod", shared_profile_name="prd"))
    assert told == (
        "profile `prod`: ~/.aws/config has no profile `prd` (name another one, or add it with `aws configure`)"
    )


def test_no_credentials_at_all(aws_server: AwsServer, files: Path) -> None:
    assert "there are no complete credentials" in problem(Profile("bare", ("us-east-1",)))


def test_a_sign_in_that_has_expired(aws_server: AwsServer, files: Path) -> None:
    (files / "config").write_text(
        """
[profile sso]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = watcher

[sso-session corp]
sso_region = us-east-1
sso_start_url = https://corp.example/start
"""
    )
    assert "run `aws sso login --profile sso`" in problem(Profile("sso", shared_profile_name="sso"))
    token = {"accessToken": "tok", "expiresAt": "2020-01-01T00:00:00Z", "startUrl": "https://corp.example/start"}
    folder = files / ".aws" / "sso" / "cache"
    folder.mkdir(parents=True)
    (folder / f"{hashlib.sha1(b'corp').hexdigest()}.json").write_text(json.dumps(token))
    assert "run `aws sso login --profile sso`" in problem(Profile("sso", shared_profile_name="sso"))


def test_a_process_that_fails(aws_server: AwsServer, files: Path) -> None:
    (files / "config").write_text(f"[profile broken]\ncredential_process = {sys.executable} -c 1/0\n")
    assert "the credentials could not be fetched" in problem(Profile("broken", shared_profile_name="broken"))


def test_a_role_that_may_not_be_assumed(aws_server: AwsServer) -> None:
    aws_server.fail("AssumeRole", "AccessDenied")
    told = problem(Profile("role", ("us-east-1",), role_arn="arn:aws:iam::111111111111:role/a"))
    assert "sts:AssumeRole is denied (the role's trust policy must name who asks" in told


def test_a_role_that_wants_an_mfa_code_does_not_wait_for_it(aws_server: AwsServer, files: Path) -> None:
    (files / "config").write_text(
        """
[profile base]
aws_access_key_id = testing
aws_secret_access_key = testing

[profile mfa]
role_arn = arn:aws:iam::111111111111:role/a
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/somebody
"""
    )
    assert "profile `mfa` needs an MFA code" in problem(Profile("mfa", shared_profile_name="mfa"))


def test_an_expired_token(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.fail("*", "ExpiredToken")
    assert "the credentials have expired" in problem(Profile("old", ("us-east-1",)))


def test_a_region_that_is_none(aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws_server.url)
    engine = Engine(now=NOW, profiles=Profiles([Profile("a", ("us-east-1",))], timeouts=Timeouts(5, 5, 1)))
    with pytest.raises(SourceError, match=r"AWS cannot be reached|that is not a region"):
        engine.run("aws-ec2-addresses region=xx-nowhere-9")


@pytest.mark.parametrize("address", ["localhost:4566", "https://user:secret@/x", "http://[::1"])
def test_an_endpoint_that_is_no_address(files: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    profile = Profile("main", ("us-east-1",), access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    for asked in (profile, replace(profile, endpoint_url=address)):
        with pytest.raises(
            SourceError, match="profile `main`: the endpoint that is configured is not an address"
        ) as told:
            Engine(now=NOW, profiles=Profiles([asked])).run("aws-ec2-addresses")
        assert "secret" not in str(told.value)


@pytest.mark.parametrize("seconds", ["soon", "nan", "0", "-1", "inf"])
def test_a_patience_that_is_none(seconds: str) -> None:
    with pytest.raises(SourceError, match="TRAILBOARD_AWS_TIMEOUT is not a number of seconds"):
        Profiles.load({"TRAILBOARD_AWS_TIMEOUT": seconds}, {})
