"""An AWS of written answers; parameters and answers are checked against the service models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from engine.aws.api import Api
from engine.aws.profiles import Profile, Profiles
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
    """Answers operations by name; what is not there is an error of the test."""

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
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        for page in answer(given) if callable(answer) else answer:
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


def check(service: str, operation: str, document: dict[str, Any], is_answer: bool = False) -> None:
    """Fail for a document that the service's model does not know."""
    name = "".join(part.capitalize() for part in operation.split("_"))
    model = _model(service).operation_model(name)
    shape = model.output_shape if is_answer else model.input_shape
    report = ParamValidator().validate(document, shape)
    unknown = document.keys() - shape.members.keys()
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"
    assert not unknown, f"{operation} has no {unknown}"


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)
