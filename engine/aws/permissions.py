"""Who a profile is, which permissions Trailboard asks for, and which of them it has: each call is tried once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from engine.aws.budget import price
from engine.aws.command import Action, AwsCommand
from engine.aws.problems import Denied, Refused
from engine.language.errors import SourceError
from engine.language.nodes import commands

if TYPE_CHECKING:
    from engine.aws.live import Aws
    from engine.aws.profiles import Profile


@dataclass(frozen=True)
class Connection:
    """Who AWS takes a profile for; or why it cannot be asked, and the way out."""

    profile: str
    auth: str  # `demo`, `assume_role`, `static`, `shared_profile` or `default_chain`
    regions: tuple[str, ...]  # as configured, patterns are still patterns
    account_id: str | None = None
    arn: str | None = None
    problem: str = ""
    hint: str = ""


def connection(aws: Aws, profile: Profile, now: datetime) -> Connection:
    """Ask AWS who a profile is. Free, and no permission is needed for it."""
    regions: tuple[str, ...] = ()
    try:
        regions = aws.profiles.default_regions(profile)
        identity = aws.first_page(profile, None, now, "sts", "get_caller_identity", {})
    except SourceError as problem:
        return Connection(profile.name, profile.auth, regions, problem=problem.message, hint=problem.hint or "")
    return Connection(profile.name, profile.auth, regions, identity.get("Account"), identity.get("Arn"))


State = Literal["allowed", "denied", "failed", "not tried"]


@dataclass(frozen=True)
class Permission:
    """Whether a profile may make one call. `usd` is what trying costs, and why a billed one was perhaps not tried."""

    action: str  # as policies write it
    state: State
    commands: tuple[str, ...]  # that need it
    message: str = ""
    hint: str = ""
    usd: float = 0


def actions() -> Mapping[str, tuple[Action, tuple[str, ...]]]:
    """All permissions of the `aws-*` commands, by name and in its order, with the commands that need each."""
    found: dict[str, tuple[Action, list[str]]] = {}
    for word, command in sorted(commands().items()):
        if issubclass(command, AwsCommand):
            for action in command.actions:
                found.setdefault(action.name, (action, []))[1].append(word)
    return {name: (action, tuple(words)) for name, (action, words) in sorted(found.items())}


def policy(buckets: Iterable[str] = ()) -> dict[str, Any]:
    """The smallest policy with which all commands work; with buckets also for collecting logs from them.

    >>> policy()["Statement"][0]["Effect"], "ec2:DescribeInstances" in policy()["Statement"][0]["Action"]
    ('Allow', True)
    """
    # Who asks needs no permission for sts:GetCallerIdentity. None of the others can be narrowed to resources.
    names = [name for name in actions() if name != "sts:GetCallerIdentity"]
    statements: list[dict[str, Any]] = [
        {"Sid": "TrailboardReads", "Effect": "Allow", "Action": names, "Resource": "*"},
    ]
    named = list(buckets)
    if named:
        arns = [f"arn:aws:s3:::{bucket}" for bucket in named]
        logs = [f"{arn}/*AWSLogs/*" for arn in arns]
        listed = ["s3:ListBucket", "s3:GetBucketLocation"]
        statements += [
            {"Sid": "TrailboardFindsLogs", "Effect": "Allow", "Action": listed, "Resource": arns},
            {"Sid": "TrailboardReadsLogs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": logs},
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def check(aws: Aws, profile: Profile, now: datetime, *, billed: bool = False) -> list[Permission]:
    """Try every permission with a profile in its first region; billed calls only when that is wanted.

    Raises SourceError when its regions cannot be known.
    """
    region = aws.first_region(profile)

    def tried(pair: tuple[Action, tuple[str, ...]]) -> Permission:
        return _tried(aws, profile, region, now, *pair, billed=billed)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(tried, actions().values()))


def _tried(
    aws: Aws, profile: Profile, region: str, now: datetime, action: Action, words: tuple[str, ...], billed: bool
) -> Permission:
    where = None if action.service in ("ce", "iam", "sts") else region

    def call(operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return aws.first_page(profile, where, now, action.service, operation, given)

    parameters = action.asked(now)
    if action.looked_up is not None:
        try:
            found = action.looked_up(call)
        except SourceError as problem:
            return Permission(action.name, "not tried", words, problem.message, problem.hint or "")
        if found is None:
            return Permission(action.name, "not tried", words, "the account has nothing to try it with")
        parameters = found
    usd = 0 if profile.demo else price(action.service, action.operation, parameters)
    if usd and not billed:
        return Permission(action.name, "not tried", words, "trying it is billed", usd=usd)
    try:
        call(action.operation, parameters)
    except SourceError as problem:
        if not (isinstance(problem, Refused) and problem.code in action.found_missing):
            state: State = "denied" if isinstance(problem, Denied) else "failed"
            return Permission(action.name, state, words, problem.message, problem.hint or "", usd)
    return Permission(action.name, "allowed", words, usd=usd)
