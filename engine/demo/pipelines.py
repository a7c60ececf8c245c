"""Continuous integration: workflows assume a role, Terraform compares everything and changes a little."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from engine.demo import identities
from engine.demo.apis import CHANGES, PAGES, closed, opened, policy_changed
from engine.demo.company import (
    BERLIN_REGION,
    CI_RUNNERS,
    DATA,
    DEV,
    PROD,
    SELF_HOSTED_RUNNER,
    SEOUL,
    SEOUL_REGION,
)
from engine.demo.records import Api, Caller, Event
from engine.demo.rhythm import OFFICE, is_day_off, midnight, spread

TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) terraform-provider-aws/6.14.1"
    " (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.2 os/linux lang/go#1.24.6"
)
DEPLOY_ACTION = "aws-sdk-js/3.888.0 ua/2.1 os/linux#6.11.0 lang/js md/nodejs#20.19.5 api/sts#3.888.0"
ROLE = "deploy"
REPOSITORIES = ("shop-infrastructure", "checkout", "courier", "data-loader")
PLACES = ((DEV, SEOUL_REGION), (DEV, SEOUL_REGION), (PROD, SEOUL_REGION), (PROD, BERLIN_REGION), (DATA, SEOUL_REGION))

WITH_WEB_IDENTITY = Api(
    "sts",
    "AssumeRoleWithWebIdentity",
    {"roleArn": f"arn:aws:iam::<account>:role/{ROLE}", "roleSessionName": "GitHubActions", "durationSeconds": 3600},
    {"provider": "arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com"},
    (f"arn:aws:iam::<account>:role/{ROLE}", "AWS::IAM::Role"),
)
WHO_AM_I = Api("sts", "GetCallerIdentity")
COMPARED = tuple(
    api
    for topic in ("network", "scaling", "roles", "functions", "queues", "storage", "databases", "containers")
    for api in PAGES[topic]
)
_NARROW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}'
APPLIED = (
    *CHANGES["functions"],
    *CHANGES["containers"],
    *CHANGES["scaling"],
    *CHANGES["alarms"],
    opened(5432, "10.20.<number>.0/24", "managed by Terraform"),
    closed(5432, "10.20.<number>.0/24", "managed by Terraform"),
)
POLICY = policy_changed("courier-queues", _NARROW)
THROTTLED = Api("ec2", "DescribeNetworkInterfaces", error=("Client.RequestLimitExceeded", "Request limit exceeded."))


def deploy(day: date) -> Iterator[Event]:
    """The runs of a day: many in office hours, two of the night's schedule on days off."""
    random = Random(f"pipelines {day}")
    count = 2 if is_day_off(day) else random.randrange(15, 22)
    for number, start in enumerate(spread(random, midnight(day, SEOUL.zone), count, OFFICE)):
        yield from run(f"{day:%Y%m%d}{number:02d}", start, random)


def run(name: str, start: int, random: Random) -> Iterator[Event]:
    """One run: a token becomes a role, Terraform reads its whole state, and applies in every second run."""
    place = random.choice(PLACES)
    account = place[0]
    address = SELF_HOSTED_RUNNER if account == DATA else random.choice(CI_RUNNERS)
    workflow = Caller.of(identities.web_identity(random.choice(REPOSITORIES)), account, address, DEPLOY_ACTION)
    yield Event(start, workflow, WITH_WEB_IDENTITY.at(place, random))
    identity = identities.role_session(ROLE, account, f"GitHubActions-{name}", start)
    terraform = Caller.of(identity, account, address, TERRAFORM)
    yield Event(start + 3, terraform, WHO_AM_I.at(place, random))
    second = start + 6.0
    for api in random.choices(COMPARED, k=random.randrange(110, 200)):
        second += random.random()
        yield Event(int(second), terraform, api.at(place, random))
    yield Event(int(second), terraform, THROTTLED.at(place, random))
    if random.random() < 0.5:
        for api in random.choices(APPLIED, k=random.randrange(2, 7)):
            second += random.uniform(1, 8)
            yield Event(int(second), terraform, api.at(place, random))
        if random.random() < 0.12:
            yield Event(int(second) + 1, terraform, POLICY.at(place, random))
