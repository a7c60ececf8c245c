"""People at work: they sign in, look at pages of the console, change something, or use the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from engine.demo import identities
from engine.demo.apis import CHANGES, PAGES
from engine.demo.company import PEOPLE, Office, Person, example_id, on_duty
from engine.demo.logins import BROWSERS, person_signs_in, typing_errors
from engine.demo.records import Api, Caller, Event
from engine.demo.rhythm import OFFICE, is_day_off, midnight, spread

LOOKS_AT = {
    "platform": ("instances", "network", "scaling", "containers", "alarms", "audit", "roles", "databases"),
    "backend": ("functions", "logs", "queues", "containers", "alarms", "databases", "secrets", "instances"),
    "frontend": ("storage", "functions", "logs", "alarms"),
    "data": ("storage", "databases", "secrets", "logs", "roles"),
    "security": ("audit", "roles", "network", "secrets", "storage", "users"),
    "finance": ("bills",),
    "office": ("alarms", "instances", "bills"),
}
CAREFUL = {"roles": 0.3, "users": 0.2, "databases": 0.4, "network": 0.6, "bills": 0.15, "audit": 0.3}
"""How much rarer a change is where it matters more."""
COMMAND_LINE = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7"
DUTY_HOURS = (8.4, 19.6)
"""Two looks a day, so that no 24 hours pass without a sign-in from each office."""


@dataclass(frozen=True)
class Seat:
    """Where a person sits during one session."""

    account: str
    region: str
    address: str
    browser: str


def work(day: date) -> Iterator[Event]:
    """What everybody does on a day of their own calendar."""
    for person in PEOPLE.values():
        yield from workday(person, day)


def workday(person: Person, day: date) -> Iterator[Event]:
    """The sessions of one person; on days off only of those on duty."""
    random = Random(f"{person.name} {day}")
    begins = midnight(day, person.office.zone)
    starts: list[int] = []
    if not is_day_off(day) and random.random() < 0.92:
        starts += spread(random, begins, random.choice((1, 2, 2, 3)), OFFICE)
    on_call = on_duty(person.office, day) is person
    if on_call:
        starts += [begins + int((hour + random.uniform(-0.4, 0.4)) * 3600) for hour in DUTY_HOURS]
        starts += spread(random, begins, 3, OFFICE)
    at_home = is_day_off(day) or random.random() < 0.3
    for start in starts:
        seat = take_seat(person, random, at_home)
        yield from console_session(person, seat, start, random, changes=0.5 if on_call else 0.35)
        if person.team in ("platform", "backend", "data") and random.random() < 0.4:
            yield from command_line(person, seat, start + random.randrange(600, 5400), random)


def take_seat(person: Person, random: Random, at_home: bool) -> Seat:
    """An account, a region and an address; most people always use the same browser."""
    office: Office = person.office
    account = random.choice(person.accounts)
    region = office.region if random.random() < 0.85 else random.choice(("ap-northeast-2", "us-east-1"))
    own = Random(person.name)
    address = own.choice(office.outside) if at_home else random.choice(office.addresses)
    return Seat(account, region, address, own.choice(BROWSERS))


def console_session(person: Person, seat: Seat, start: int, random: Random, *, changes: float) -> Iterator[Event]:
    """A sign-in and a row of pages, each of which asks for many things at once."""
    if person.permission is None:
        yield from typing_errors(person, seat.account, seat.address, seat.browser, start)
    yield from person_signs_in(person, seat.account, seat.region, seat.address, seat.browser, start)
    caller = console_caller(person, seat, start, random)
    second = start + 4
    for _ in range(random.randrange(6, 22)):
        second += int(random.expovariate(1 / 150)) + 3
        topic = random.choice(LOOKS_AT[person.team])
        yield from look_at(topic, caller, seat, second, random)
        if person.permission != "ReadOnlyAccess" and random.random() < changes * CAREFUL.get(topic, 1):
            second += random.randrange(10, 60)
            yield change(topic, caller, seat, second, random)


def console_caller(person: Person, seat: Seat, since: int, random: Random) -> Caller:
    """The credentials of a console session; some pages call through a proxy inside AWS."""
    agent = seat.browser if random.random() < 0.8 else "AWS Internal"
    identity = identities.person_session(person, seat.account, since)
    return Caller.of(identity, seat.account, seat.address, agent, console=True)


def look_at(topic: str, caller: Caller, seat: Seat, second: int, random: Random) -> Iterator[Event]:
    """Open a page: all its reading calls within three seconds, hardly ever refused."""
    place = (seat.account, seat.region)
    for api in PAGES[topic]:
        refused = random.random() < 0.006
        call = api.denied(place, random, caller.arn) if refused else api.at(place, random)
        yield Event(second + int(random.random() * 3), caller, call)


def change(topic: str, caller: Caller, seat: Seat, second: int, random: Random) -> Event:
    """Change something that belongs to a page; one in twelve tries is refused."""
    usual_first = [1 / place for place in range(1, len(CHANGES[topic]) + 1)]
    api: Api = random.choices(CHANGES[topic], usual_first)[0]
    place = (seat.account, seat.region)
    refused = random.random() < 0.08
    return Event(second, caller, api.denied(place, random, caller.arn) if refused else api.at(place, random))


def command_line(person: Person, seat: Seat, start: int, random: Random) -> Iterator[Event]:
    """A while with the command line: a long-lived key of an IAM user, or credentials from the SSO."""
    if person.permission is None:
        identity = identities.iam_user(
            person.name, seat.account, example_id("AKIA", f"{seat.account}/{person.name}", 20)
        )
    else:
        identity = identities.person_session(person, seat.account, start)
    caller = Caller.of(identity, seat.account, seat.address, COMMAND_LINE)
    second = start
    for _ in range(random.randrange(5, 40)):
        second += int(random.expovariate(1 / 45)) + 1
        api = random.choice(PAGES[random.choice(LOOKS_AT[person.team])])
        yield Event(second, caller, api.at((seat.account, seat.region), random))
