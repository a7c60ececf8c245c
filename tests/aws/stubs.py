"""An AWS of written answers; parameters and answers are checked against the service models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pyarrow as pa
from botocore.validate import ParamValidator

from engine.aws.api import Api
from engine.aws.command import AwsCommand
from engine.aws.live import Aws
from engine.aws.profiles import Profile, Profiles
from engine.catalog import Catalog
from engine.context import Context
from engine.language.grammar import parse
from engine.language.nodes import Query
from engine.query import Engine

ACCOUNT = "012345678901"
Pages = Sequence[Mapping[str, Any]]
Answers = Mapping[str, Pages | Callable[[dict[str, Any]], Pages] | Exception]


@dataclass(frozen=True)
class Call:
    """A call as it was made."""

    operation: str
    region: str | None
    parameters: dict[str, Any]


@dataclass
class StubApi:
    """Answers operations by name, or `service.operation`; what is not there is an error of the test."""

    answers: Answers
    calls: list[Call] = field(default_factory=list)

    def pages(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        given = dict(parameters)
        check(service, operation, given)
        if operation == "get_caller_identity":
            yield {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/test", "UserId": "AIDA"}
            return
        answer = self.answers[f"{service}.{operation}" if f"{service}.{operation}" in self.answers else operation]
        if isinstance(answer, Exception):
            raise answer
        *others, last = answer(given) if callable(answer) else answer
        token = "NextPageToken" if service == "ce" else "NextToken"
        for page in (*({**other, token: "more"} for other in others), last):
            self.calls.append(Call(operation, region, given))
            check(service, operation, dict(page), is_answer=True)
            yield dict(page)

    def asked(self, operation: str) -> list[Call]:
        """The pages of an operation so far."""
        return [call for call in self.calls if call.operation == operation]


class StubProfiles(Profiles):
    """Profiles with one way to AWS."""

    def __init__(self, api: StubApi, *profiles: Profile) -> None:
        super().__init__(profiles or [Profile("main", ("us-east-1",))])
        self._api = api

    def api(self, profile: Profile, now: datetime) -> Api:
        return self._api


def stubbed(
    answers: Answers, now: datetime, *profiles: Profile, home: Path | None = None, timezone: str = "Asia/Seoul"
) -> tuple[Engine, StubApi]:
    """An engine on written answers, and where its calls are noted."""
    api = StubApi(answers)
    return Engine(now=now, timezone=timezone, profiles=StubProfiles(api, *profiles), aws_home=home), api


class _NoSession:
    """A backend that is never asked."""

    def fetch(self, sql: str) -> pa.Table:
        return pa.table({})

    def register(self, name: str, table: pa.Table) -> None:
        raise AssertionError("nothing is stored")


def ask_every_minute(answers: Answers, queries: Sequence[str], start: datetime) -> tuple[StubApi, float]:
    """A day of a page whose queries run every minute: what was asked, and its cost in USD.

    Only their `aws-*` commands run, which is all that AWS hears of them.
    """
    api, usd = StubApi(answers), 0.0
    aws = Aws(StubProfiles(api), budget=1000)
    commands = [list(_aws_commands(parse(query))) for query in queries]
    for minute in range(24 * 60):
        for some in commands:
            context = Context(Catalog(), _NoSession(), start + timedelta(minutes=minute), "Asia/Seoul", aws=aws)
            for command in some:
                aws.table(command, context)
            usd += sum(live.cost_usd for live in context.live.values())
    return api, usd


def _aws_commands(query: Query) -> Iterator[AwsCommand]:
    for command in query:
        if isinstance(command, AwsCommand):
            yield command
        for inner in command.inner():
            yield from _aws_commands(inner)


def check(service: str, operation: str, document: dict[str, Any], is_answer: bool = False) -> None:
    """Fail for a document that the service's model does not know."""
    words = operation.replace("_", "")
    name = next(name for name in _model(service).operation_names if name.lower() == words)
    model = _model(service).operation_model(name)
    shape = model.output_shape if is_answer else model.input_shape
    report = ParamValidator().validate(document, shape)
    unknown = document.keys() - shape.members.keys()
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"
    assert not unknown, f"{operation} has no {unknown}"


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)
