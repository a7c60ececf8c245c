"""Asking AWS for a query: which profiles and regions, all at once, remembered, with what fails kept apart."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.aws.answers import Answer, Answers, InMemory, OnDisk
from engine.aws.budget import BUDGET, Ledger, Spending, price
from engine.aws.command import Ask, AwsCommand
from engine.aws.flights import Flights
from engine.aws.problems import Refused, action_name, telling
from engine.aws.profiles import Profile, Profiles, read_regions
from engine.aws.typed import schema, typed
from engine.catalog import Field
from engine.language.errors import QueryError, SourceError

if TYPE_CHECKING:
    from engine.aws.api import Api
    from engine.context import Context

SKEW = timedelta(minutes=2)  # by which clocks of one machine's processes and pages may differ
_IDENTITY_AGE = timedelta(hours=1)
_LOOK = 0.1  # seconds between two looks whether the query was stopped


@dataclass(frozen=True)
class Live:
    """What a query's answer owes to AWS: one for each distinct `aws-*` command of it.

    `fetched_at` is when the oldest part was asked, null when nothing is known. `refreshing` says that a newer answer is
    being asked for behind it. `calls` and `cost_usd` are what this query made and spent, `estimate_usd` what asking
    anew would cost, `missing_usd` that part of it that has never been asked. `failed` names profile and region.
    """

    command: str
    fetched_at: datetime | None
    is_stale: bool = False
    refreshing: bool = False
    profiles: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    calls: int = 0
    cost_usd: float = 0
    estimate_usd: float = 0
    missing_usd: float = 0
    is_demo: bool = False

    def __str__(self) -> str:
        asked = "sample data" if self.is_demo else f"profile {', '.join(self.profiles)}"
        when = None if self.fetched_at is None else self.fetched_at.astimezone(UTC)
        known = "not asked yet" if when is None else f"asked {when:%Y-%m-%d %H:%M} UTC"
        cost = f"; asking anew costs about {self.estimate_usd:.4g} USD" if self.estimate_usd else ""
        return f"{self.command}: {asked}, {known}{cost}"


@dataclass(frozen=True)
class Target:
    """One profile in one region; null for what has no region."""

    profile: Profile
    region: str | None


@dataclass
class Gathered:
    """What came of asking all targets of a command."""

    answers: dict[Target, Answer] = field(default_factory=dict)
    stale: dict[Target, Answer] = field(default_factory=dict)  # of `answers`, those older than they may be
    problems: dict[Target, SourceError] = field(default_factory=dict)
    refreshing: bool = False
    calls: int = 0
    usd: float = 0


class Hub:
    """What all engines of a process share for one folder: memory, ledger, calls under way."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.answers: Answers = InMemory() if folder is None else OnDisk(folder)
        self.demo = InMemory()
        self.flights = Flights()


_hub = cache(Hub)


class Aws:
    """An engine's way to AWS. `folder` holds memory and ledger on disk; without it they end with the engine.

    With `stale_ok` an answer that is older than it may be is given at once, and a newer one asked for behind it.
    """

    def __init__(
        self, profiles: Profiles, folder: Path | None = None, *, budget: float = BUDGET, stale_ok: bool = False
    ) -> None:
        self.profiles = profiles
        self.stale_ok = stale_ok
        self._hub = Hub(None) if folder is None else _hub(folder)
        self._ledger = Ledger(folder, budget)

    def spending(self, now: datetime) -> Spending:
        """What billed calls have cost this month."""
        return self._ledger.spending(now)

    def table(self, asked: AwsCommand, context: Context) -> pa.Table:
        """The rows of a command from all its targets; warnings and where they come from are noted on the context.

        Raises SourceError when no target answers.
        """
        fields = asked.all_fields()
        wide = asked.wide(context.now, context.zone)
        targets, problems = self._targets(asked, context)
        found = self._gather(asked, wide, targets, context)
        problems |= found.problems
        if problems and not found.answers:
            raise _all_failed(list(problems.values()))
        for text in _warnings(problems, found, context):
            context.warn(text)
        for answer in found.answers.values():
            for text in answer.warnings:
                context.warn(text)
        self._note(asked, wide, targets, found, problems, context)
        parts = [_with_leading(answer, target, fields) for target, answer in found.answers.items()]
        return pa.concat_tables(parts) if parts else schema(fields).empty_table()

    # who is asked

    def _targets(self, asked: AwsCommand, context: Context) -> tuple[list[Target], dict[Target, SourceError]]:
        profiles = self.profiles.named(asked.setting("profile"))
        if asked.is_global:
            return [Target(profile, None) for profile in profiles], {}
        try:
            patterns = read_regions(asked.setting("region", ""))
        except ValueError as problem:
            raise QueryError("90001", str(problem)) from None
        targets, problems = [], {}
        for profile in profiles:
            try:
                regions = self.regions(profile, context, patterns)
            except SourceError as problem:
                problems[Target(profile, None)] = problem
            else:
                targets += [Target(profile, region) for region in regions]
        return targets, problems

    def regions(self, profile: Profile, context: Context, patterns: Sequence[str] = ()) -> list[str]:
        """The regions of some patterns, else those of the profile. AWS is asked for the list when a pattern has `*`."""
        patterns = patterns or self.profiles.default_regions(profile)
        plain = [name for name in patterns if "*" not in name]
        if len(plain) == len(patterns):
            return plain
        from engine.aws.ec2_regions import Ec2Regions

        command, target = Ec2Regions(), Target(profile, None)
        found = self._gather(command, command, [target], context)
        if target in found.problems and target not in found.answers:
            raise found.problems[target]
        known = found.answers[target].rows.column("region_name").to_pylist() if target in found.answers else []
        fitting = [name for name in sorted(known) if any(fnmatchcase(name, pattern) for pattern in patterns)]
        if context.is_dry and not known:
            fitting = [profile.home_region]  # for an estimate: there will be one at least
        return list(dict.fromkeys([*plain, *fitting]))

    def first_region(self, profile: Profile) -> str:
        """A region to try calls in: the first one of the profile that is no pattern, else the partition's own."""
        plain = [name for name in self.profiles.default_regions(profile) if "*" not in name]
        return plain[0] if plain else profile.home_region

    def first_page(
        self,
        profile: Profile,
        region: str | None,
        now: datetime,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Make one call, past all memory, and return its first page; billed within the budget. Raises SourceError."""
        metered = _Metered(self.profiles.api(profile, now), Target(profile, region), self._ledger, now)
        with closing(metered.call(service, operation, parameters)) as pages:
            return next(pages, {})

    # what they answer

    def _gather(self, asked: AwsCommand, wide: AwsCommand, targets: Sequence[Target], context: Context) -> Gathered:
        """An answer for each target, in their order: known ones, else from AWS, all targets at once."""
        found = Gathered()
        most_age: timedelta = asked.setting("cache", asked.max_age())
        limit = asked.setting("limit") if wide.key() == asked.key() and not wide.price() else None
        waiting: dict[Target, tuple[Future[Answer], bool]] = {}
        known: dict[Target, Answer] = {}
        for target in targets:
            key = self._key(wide, target)
            if key in context.snapshots:
                before, problem = context.snapshots[key]
                known |= {target: before} if before is not None else {}
                found.problems |= {target: problem} if problem is not None else {}
                continue
            answer = self._known(key, target, limit)
            if answer is not None:
                known[target] = answer
                if _is_young(answer, context.now, most_age):
                    continue
            if context.is_dry:
                continue
            rest = asked.max_age().total_seconds() if asked.is_billed else 0
            problem = self._hub.flights.recent_failure(key, rest)
            if answer is not None and most_age and self.stale_ok and problem is not None:
                found.problems[target] = problem
                continue
            waiting[target] = self._begin(wide, target, context.now, limit)
            if answer is not None and most_age and self.stale_ok:
                found.refreshing = True
                del waiting[target]
        self._await([future for future, _ in waiting.values()], context)
        for target in targets:
            if target in waiting:
                future, own = waiting[target]
                problem = _outcome(future)
                if problem is None:
                    known[target] = future.result()
                    if own:
                        found.calls, found.usd = found.calls + known[target].calls, found.usd + known[target].usd
                else:
                    found.problems[target] = problem
            shown = known.get(target)
            if not context.is_dry and (shown is None or shown.is_complete):
                context.snapshots[self._key(wide, target)] = (shown, found.problems.get(target))
            if shown is not None:
                found.answers[target] = shown
                if not _is_young(shown, context.now, max(most_age, asked.max_age())):
                    found.stale[target] = shown
        return found

    def _await(self, futures: Sequence[Future[Answer]], context: Context) -> None:
        """Wait for all; a query that is stopped meanwhile raises, and its calls end on their own."""
        pending = set(futures)
        while pending:
            _, pending = wait(pending, timeout=_LOOK)
            if pending:
                context.session.fetch("SELECT 1")

    def _begin(self, wide: AwsCommand, target: Target, now: datetime, limit: int | None) -> tuple[Future[Answer], bool]:
        began, key = time.time(), self._key(wide, target)

        def work() -> Answer:
            answers = self._answers(target.profile)
            with answers.alone(key):
                newer = answers.get(key)
                if newer is not None and newer.stored >= began:  # another process was faster
                    return newer
                answer = self._ask(wide, target, now, limit)
                answers.put(key if answer.is_complete else f"{key} {limit}", answer)
                return answer

        slots = self.profiles.fingerprint(target.profile)
        return self._hub.flights.join(key if limit is None else f"{key} {limit}", slots, work)

    def _ask(self, wide: AwsCommand, target: Target, now: datetime, limit: int | None) -> Answer:
        """Ask AWS itself."""
        profile = target.profile
        account = self._account(profile, now)
        metered = _Metered(self.profiles.api(profile, now), target, self._ledger, now)
        ask = Ask(wide, profile.name, account, target.region, now, metered.call)
        try:
            with self.profiles.kept_open(profile):
                rows = list(islice(wide.rows(ask), limit))
            table = typed(rows, wide.fields())
        except (ValueError, TypeError, AttributeError, LookupError) as problem:
            where = f"profile `{profile.name}`" + (f", {target.region}" if target.region else "")
            what = str(problem) if isinstance(problem, ValueError) else "a document has another shape"
            raise SourceError(f"{where}: the answer to `{wide.word}` is not one of AWS: {what}") from problem
        complete = limit is None or len(rows) < limit
        return Answer(table, now, account, metered.calls, metered.usd, tuple(ask.warnings), complete)

    def _account(self, profile: Profile, now: datetime) -> str | None:
        """The account of a profile, from `sts:GetCallerIdentity`, asked once for all that begin together."""
        key, answers = self._identity_key(profile), self._answers(profile)
        known = answers.get(key)
        if known is not None and _is_young(known, now, _IDENTITY_AGE):
            return known.account_id

        def work() -> Answer:
            with telling("sts", "get_caller_identity", profile, None):
                page = next(self.profiles.api(profile, now).pages("sts", "get_caller_identity", None, {}))
            answer = Answer(schema(()).empty_table(), now, page.get("Account"), 1)
            answers.put(key, answer)
            return answer

        future, _ = self._hub.flights.join(key, None, work)
        return future.result().account_id

    # what is known

    def _answers(self, profile: Profile) -> Answers:
        return self._hub.demo if profile.demo else self._hub.answers

    def _identity_key(self, profile: Profile) -> str:
        return f"identity {self.profiles.fingerprint(profile)} {self.profiles.stamp()}"

    def _key(self, wide: AwsCommand, target: Target) -> str:
        """What an answer is remembered under: other columns, another account or endpoint are another key."""
        columns = hashlib.blake2b(
            repr([(f.name, f.type.sql) for f in wide.fields()]).encode(), digest_size=6
        ).hexdigest()
        return f"{wide.key()} {self.profiles.fingerprint(target.profile)} {target.region or '-'} {columns}"

    def _known(self, key: str, target: Target, limit: int | None) -> Answer | None:
        """What is remembered, unless the profile has come to be another account since."""
        answers = self._answers(target.profile)
        answer = answers.get(key) or (None if limit is None else answers.get(f"{key} {limit}"))
        identity = answers.get(self._identity_key(target.profile))
        is_other = answer is not None and identity is not None and answer.account_id != identity.account_id
        return None if is_other else answer

    def _note(
        self,
        asked: AwsCommand,
        wide: AwsCommand,
        targets: Sequence[Target],
        found: Gathered,
        problems: Mapping[Target, SourceError],
        context: Context,
    ) -> None:
        """Tell the context where the rows come from; a command that comes twice in a query is told once."""
        paid = [target for target in targets if _may_be_billed(wide, target)]
        new = [t for t in paid if t not in found.answers and not self._hub.flights.was_refused(self._key(wide, t))]
        live = Live(
            command=asked.told(),
            fetched_at=min((answer.fetched_at for answer in found.answers.values()), default=None),
            is_stale=bool(found.stale),
            refreshing=found.refreshing,
            profiles=tuple(dict.fromkeys(target.profile.name for target in targets)),
            failed=tuple(" ".join(filter(None, (target.profile.name, target.region))) for target in problems),
            calls=found.calls,
            cost_usd=found.usd,
            estimate_usd=sum((found.answers[t].usd if t in found.answers else 0) or wide.price() for t in paid),
            missing_usd=len(new) * wide.price(),
            is_demo=bool(targets) and all(target.profile.demo for target in targets),
        )
        before = context.live.get(live.command)
        if before is not None:
            live = replace(live, calls=before.calls + live.calls, cost_usd=before.cost_usd + live.cost_usd)
        context.live[live.command] = live


@dataclass
class _Metered:
    """A profile's way to AWS in one region, counting calls; billed ones are entered into the ledger first."""

    api: Api
    target: Target
    ledger: Ledger
    now: datetime
    calls: int = 0
    usd: float = 0

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> Generator[dict[str, Any], None, None]:
        profile = self.target.profile
        if service == "ce" and not profile.cost_enabled:
            raise SourceError(f"profile `{profile.name}` may not ask for costs: its `cost_enabled` is false")
        amount = 0 if profile.demo else price(service, operation, parameters)
        action = action_name(service, operation)
        pages = self.api.pages(service, operation, self.target.region, parameters)
        is_due = True  # another page comes for certain
        while True:
            charge = self.ledger.charge(self.now, profile.name, action, amount) if amount and is_due else None
            try:
                with telling(service, operation, profile, self.target.region):
                    page = next(pages, None)
            except Refused:
                if charge is not None:
                    charge.forget()
                raise
            if page is None:
                return
            if amount and charge is None:
                self.ledger.charge(self.now, profile.name, action, amount)
            self.calls, self.usd = self.calls + 1, self.usd + amount
            is_due = bool(page.get("NextPageToken") or page.get("NextToken"))
            yield page


def _may_be_billed(wide: AwsCommand, target: Target) -> bool:
    return not target.profile.demo and (wide.service != "ce" or target.profile.cost_enabled)


def _is_young(answer: Answer, now: datetime, most_age: timedelta) -> bool:
    return -SKEW <= now - answer.fetched_at <= most_age and most_age > timedelta()


def _outcome(future: Future[Answer]) -> SourceError | None:
    """Why an answer did not come; mistakes of the query and bugs are raised."""
    problem = future.exception()
    if problem is None or isinstance(problem, SourceError):
        return problem
    raise problem


def _warnings(problems: Mapping[Target, SourceError], found: Gathered, context: Context) -> list[str]:
    """A sentence for each problem, one for all regions of a profile that fail alike."""
    regions: dict[str, list[str]] = {}
    for target, problem in problems.items():
        shown = found.answers.get(target)
        message = problem.message
        if shown is not None:
            message += f"; the answer of {shown.fetched_at.astimezone(context.zone):%Y-%m-%d %H:%M} is shown"
        text = str(SourceError(message, problem.hint))
        named = f"profile `{target.profile.name}`, {target.region}:"
        place = target.region if target.region and text.startswith(named) else ""
        text = f"profile `{target.profile.name}`, {{}}:{text.removeprefix(named)}" if place else text
        regions.setdefault(text, []).append(place)
    return [text.replace("{}", _listed(places), 1) if places[0] else text for text, places in regions.items()]


def _listed(names: Sequence[str]) -> str:
    """Some names, the first three of many.

    >>> _listed(["us-east-1", "us-east-2"]), _listed(["a", "b", "c", "d", "e"])
    ('us-east-1, us-east-2', 'a, b, c and 2 more')
    """
    return ", ".join(names) if len(names) < 5 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _all_failed(problems: list[SourceError]) -> SourceError:
    """One problem for all: the first, with how many there are."""
    first = problems[0]
    others = len({problem.message for problem in problems}) - 1
    if not others:
        return first
    return type(first)(f"{first.message} (and {others} more)", first.hint)


def _with_leading(answer: Answer, target: Target, fields: Sequence[Field]) -> pa.Table:
    """A target's rows with the columns that say whose they are."""
    own = answer.rows
    values = {"profile": target.profile.name, "account_id": answer.account_id, "region": target.region}
    columns = [
        own.column(item.name)
        if item.name in own.column_names
        else pa.array([values[item.name]] * own.num_rows, pa.string())
        for item in fields
    ]
    return pa.table(columns, schema=schema(fields))
