"""Asking AWS for a query: which profiles and regions, all at once, remembered, with what fails kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.aws.command import Ask, AwsCommand
from engine.aws.profiles import Profile, Profiles, read_regions
from engine.aws.typed import schema, typed
from engine.language.errors import QueryError, SourceError

if TYPE_CHECKING:
    from engine.context import Context

MOST_AT_ONCE = 8


@dataclass(frozen=True)
class Live:
    """What a query's answer owes to AWS: one for each distinct `aws-*` command of it.

    `fetched_at` is when the oldest part was asked, null when nothing is known. `calls` and `cost_usd` are what this
    query made and spent, `estimate_usd` what asking anew would cost. `failed` names profile and region.
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
    is_demo: bool = False


@dataclass(frozen=True)
class Target:
    """One profile in one region; null for what has no region."""

    profile: Profile
    region: str | None

    def __str__(self) -> str:
        return self.profile.name if self.region is None else f"{self.profile.name} {self.region}"


@dataclass(frozen=True)
class Answer:
    """What one target answered."""

    rows: pa.Table
    fetched_at: datetime
    account_id: str | None = None
    calls: int = 0
    usd: float = 0
    warnings: tuple[str, ...] = ()
    is_complete: bool = True


@dataclass
class Aws:
    """An engine's way to AWS."""

    profiles: Profiles
    remembered: dict[tuple[str, ...], Answer] = field(default_factory=dict)

    def table(self, asked: AwsCommand, context: Context) -> pa.Table:
        """The rows of a command from all its targets; notes on the context where they come from."""
        fields = asked.all_fields()
        wide = asked.wide(context.now, context.zone)
        targets = self._targets(asked, context)
        answers: dict[Target, Answer] = {}
        problems: dict[Target, SourceError] = {}
        calls = 0
        todo = []
        for target in targets:
            found = self._known(wide, target, context)
            if found is not None and (context.is_dry or self._is_fresh(found, asked, context)):
                answers[target] = found
            elif not context.is_dry:
                todo.append(target)
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            futures = {target: pool.submit(self._ask, wide, target, context.now) for target in todo}
        for target, future in futures.items():
            try:
                answers[target] = future.result()
            except SourceError as problem:
                problems[target] = problem
                continue
            calls += answers[target].calls
            self.remembered[self._key(wide, target)] = answers[target]
            context.snapshots[self._key(wide, target)] = answers[target]
        for target, told in problems.items():
            if len(problems) == len(targets):
                raise told
            context.warn(f"{target}: {told}")
        for answer in answers.values():
            for text in answer.warnings:
                context.warn(text)
        context.live[asked.key()] = Live(
            command=asked.key(),
            fetched_at=min((answer.fetched_at for answer in answers.values()), default=None),
            profiles=tuple(dict.fromkeys(target.profile.name for target in targets)),
            failed=tuple(map(str, problems)),
            calls=calls,
            cost_usd=sum(answers[target].usd for target in todo if target in answers),
            estimate_usd=sum(wide.price() for target in targets if not target.profile.demo),
            is_demo=all(target.profile.demo for target in targets),
        )
        parts = [_with_leading(answers[target], target, fields) for target in targets if target in answers]
        return pa.concat_tables(parts) if parts else schema(fields).empty_table()

    def _targets(self, asked: AwsCommand, context: Context) -> list[Target]:
        profiles = self.profiles.named(asked.setting("profile"))
        if asked.is_global:
            return [Target(profile, None) for profile in profiles]
        wanted = asked.setting("region")
        try:
            patterns = read_regions(wanted) if wanted else ()
        except ValueError as problem:
            raise QueryError("90001", str(problem)) from None
        return [
            Target(profile, region)
            for profile in profiles
            for region in self._regions(profile, patterns or self.profiles.default_regions(profile), context)
        ]

    def _regions(self, profile: Profile, patterns: Sequence[str], context: Context) -> list[str]:
        plain = [name for name in patterns if "*" not in name]
        if len(plain) == len(patterns):
            return plain
        if context.is_dry:
            return plain
        api = self.profiles.api(profile, context.now)
        known = [
            region["RegionName"]
            for page in api.pages("ec2", "describe_regions", None, {})
            for region in page.get("Regions", ())
        ]
        found = [name for name in sorted(known) if any(fnmatchcase(name, pattern) for pattern in patterns)]
        return list(dict.fromkeys([*plain, *found]))

    def _key(self, wide: AwsCommand, target: Target) -> tuple[str, ...]:
        return (wide.key(), self.profiles.fingerprint(target.profile), target.region or "")

    def _known(self, wide: AwsCommand, target: Target, context: Context) -> Answer | None:
        key = self._key(wide, target)
        return context.snapshots.get(key) or self.remembered.get(key)

    def _is_fresh(self, found: Answer, asked: AwsCommand, context: Context) -> bool:
        if any(found is answer for answer in context.snapshots.values()):
            return True
        age = context.now - found.fetched_at
        most: timedelta = asked.setting("cache", asked.max_age())
        return timedelta() <= age <= most and most > timedelta()

    def _ask(self, wide: AwsCommand, target: Target, now: datetime) -> Answer:
        api = self.profiles.api(target.profile, now)
        calls = 0

        def call(service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
            nonlocal calls
            for page in api.pages(service, operation, target.region, parameters):
                calls += 1
                yield page

        account = next(iter(api.pages("sts", "get_caller_identity", target.region, {}))).get("Account")
        ask = Ask(wide, target.profile.name, account, target.region, now, call)
        rows = typed(wide.rows(ask), wide.fields())
        return Answer(rows, now, account, calls, warnings=tuple(ask.warnings))


def _with_leading(answer: Answer, target: Target, fields: Sequence[Any]) -> pa.Table:
    own = answer.rows
    values = {"profile": target.profile.name, "account_id": answer.account_id, "region": target.region}
    columns = [
        own.column(item.name)
        if item.name in own.column_names
        else pa.array([values[item.name]] * own.num_rows, pa.string())
        for item in fields
    ]
    return pa.table(columns, schema=schema(fields))
