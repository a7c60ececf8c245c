"""What Trailboard asks for, which of it a profile has, and the command line that tells both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.aws.command import AwsCommand
from engine.aws.permissions import Permission, actions, check, connection, policy
from engine.aws.profiles import Profile
from engine.cli import main
from engine.language.nodes import commands
from tests.aws.conftest import NOW, MakeEngine
from tests.aws.running import ACCOUNT, AwsServer

WANTED = {
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeVolumeStatus",
    "ec2:DescribeAddresses",
    "ec2:DescribeRegions",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricData",
    "ce:GetCostAndUsage",
}


def test_every_command_says_what_it_needs() -> None:
    found = [command for command in commands().values() if issubclass(command, AwsCommand)]
    assert len(found) > 6
    assert [command.word for command in found if not command.actions] == []


def test_the_policy_is_what_the_commands_need_and_no_more() -> None:
    (statement,) = policy()["Statement"]
    assert set(statement["Action"]) >= WANTED
    assert "sts:GetCallerIdentity" not in statement["Action"]
    assert not [name for name in statement["Action"] if "*" in name]
    verbs = {name.partition(":")[2] for name in statement["Action"]}
    assert all(verb.startswith(("Describe", "Get", "List", "Lookup")) for verb in verbs), "reading only"
    _, listing, reading = policy(["trail"])["Statement"]
    assert listing["Resource"] == ["arn:aws:s3:::trail"]
    assert reading["Action"] == "s3:GetObject"


def test_each_permission_is_tried_once_and_billed_ones_only_when_wanted(
    aws_server: AwsServer, make_engine: MakeEngine
) -> None:
    aws = make_engine().aws
    assert aws is not None
    (profile,) = aws.profiles.all
    aws_server.fail("DescribeVolumeStatus", "UnauthorizedOperation")
    found = {item.action: item for item in check(aws, profile, NOW)}
    assert found.keys() == actions().keys()
    assert found["ec2:DescribeInstances"].state == "allowed"
    assert found["ec2:DescribeInstances"].commands == ("aws-ec2-instances",)
    denied = found["ec2:DescribeVolumeStatus"]
    assert denied.state == "denied"
    assert "ec2:DescribeVolumeStatus is denied" in denied.message
    assert found["ce:GetCostAndUsage"].state == "not tried"
    assert found["ce:GetCostAndUsage"].usd == 0.01
    assert aws.spending(NOW).usd == 0
    assert aws_server.calls("GetCostAndUsage") == []
    assert len(aws_server.calls("DescribeInstances")) == 1


def test_the_last_use_of_a_key_is_tried_with_a_key_of_the_account(
    aws_server: AwsServer, make_engine: MakeEngine
) -> None:
    aws = make_engine().aws
    assert aws is not None

    def last_use() -> Permission:
        return next(item for item in check(aws, aws.profiles.all[0], NOW) if item.action == "iam:GetAccessKeyLastUsed")

    assert (last_use().state, last_use().usd) == ("not tried", 0)
    with aws_server.client("iam") as iam:
        iam.create_user(UserName="empty")
        iam.create_user(UserName="keyed")
        iam.create_access_key(UserName="keyed")
    assert last_use().state == "allowed"
    aws_server.fail("GetAccessKeyLastUsed", "AccessDenied")
    assert last_use().state == "denied"
    aws_server.fail("ListAccessKeys", "AccessDenied")
    assert last_use().state == "not tried"
    assert "iam:ListAccessKeys is denied" in last_use().message


def test_trying_the_billed_ones_is_billed(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws_server.seed(forecast={"mean": 1, "lower": 1, "upper": 1})
    aws = make_engine().aws
    assert aws is not None
    found = {item.action: item for item in check(aws, aws.profiles.all[0], NOW, billed=True)}
    billed = [item for item in found.values() if item.usd]
    assert {item.action: item.state for item in billed} == {
        "ce:GetCostAndUsage": "allowed",
        "ce:GetCostForecast": "allowed",
        "cloudwatch:GetMetricData": "allowed",
    }
    assert aws.spending(NOW).usd == pytest.approx(sum(item.usd for item in billed))


def test_who_a_profile_is(aws_server: AwsServer, make_engine: MakeEngine) -> None:
    aws = make_engine(Profile("main", ("us-*",)), Profile("gone", shared_profile_name="gone")).aws
    assert aws is not None
    main_, gone = (connection(aws, profile, NOW) for profile in aws.profiles.all)
    assert (main_.account_id, main_.auth, main_.regions, main_.problem) == (ACCOUNT, "default_chain", ("us-*",), "")
    assert "~/.aws/config has no profile `gone`" in gone.problem
    assert gone.account_id is None


def test_the_command_line_lists_and_checks(
    aws_server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRAILBOARD_HOME", str(tmp_path))
    assert main(["profiles"]) == 0
    said = capfd.readouterr()
    assert ACCOUNT in said.out
    assert "0.00 of 5.00 USD" in said.err
    aws_server.fail("ListUsers", "AccessDenied")
    assert main(["profiles", "--check"]) == 1
    assert "denied" in capfd.readouterr().out
    assert main(["profiles", "nobody"]) == 2
    assert main(["profiles", "--policy", "--bucket", "logs"]) == 0
    capfd.readouterr()
    assert main(["query", "aws-ec2-addresses | stats count", "--format", "csv"]) == 0
    said = capfd.readouterr()
    assert said.out.split() == ["count", "0"]
    assert "aws-ec2-addresses: asked" in said.err
    assert "(profile default, 1 calls)" in said.err


def test_the_policy_is_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "--policy"]) == 0
    assert json.loads(capfd.readouterr().out)["Version"] == "2012-10-17"


def test_profiles_that_are_not_understood_leave_the_logs_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRAILBOARD_PROFILES", "/nowhere/profiles.toml")
    assert main(["query", "json '{a: 1}' | stats count".replace("'", '"'), "--format", "csv"]) == 0
    assert "warning: the profiles in /nowhere/profiles.toml cannot be read" in capfd.readouterr().err
    assert main(["profiles"]) == 1


def test_commands_with_a_price_say_that_they_are_billed() -> None:
    words = [word for word, command in commands().items() if issubclass(command, AwsCommand) and command.is_billed]
    assert sorted(words) == ["aws-cloudwatch-stats", "aws-cost", "aws-cost-forecast"]
    assert all(
        command.price is AwsCommand.price or command.is_billed
        for command in commands().values()
        if issubclass(command, AwsCommand)
    )
