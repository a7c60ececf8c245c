"""Connect profiles: whose credentials ask AWS, in which regions. Without credentials the sample company answers."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from engine.language.errors import QueryError, SourceError, did_you_mean

if TYPE_CHECKING:
    from datetime import datetime

    from engine.aws.api import Api, BotoApi

#: Where the services live that have one place for a whole partition; also the region of who names none.
HOME_REGION = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
DEMO = "demo"
LONGEST = 900  # seconds to wait for an answer
_REGION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|[a-z0-9*-]*\*[a-z0-9*-]*")


@dataclass(frozen=True)
class Timeouts:
    """How long a call may take: seconds to connect, seconds between two pieces of an answer, tries in all."""

    connect: float = 5
    read: float = 20
    attempts: int = 4


@dataclass(frozen=True)
class Profile:
    """A named way to one account. `regions` may hold patterns (`*`, `ap-*`) and is empty for the region of the chain.

    Credentials are the static keys, else the shared profile's of `~/.aws/config`, else those of the profile that
    `source_profile` names, else the default chain's; with `role_arn` they assume that role.
    """

    name: str
    regions: tuple[str, ...] = ()
    partition: str = "aws"
    account_alias: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    shared_profile_name: str | None = None
    source_profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = field(default=None, repr=False)
    role_session_name: str = "trailboard"
    session_duration_s: int = 3600
    endpoint_url: str | None = None
    cost_enabled: bool = True
    enabled: bool = True
    demo: bool = False

    @property
    def auth(self) -> str:
        """What kind it is: `demo`, `assume_role`, `static`, `shared_profile` or `default_chain`."""
        if self.demo:
            return "demo"
        if self.role_arn:
            return "assume_role"
        if self.access_key_id:
            return "static"
        return "shared_profile" if self.shared_profile_name else "default_chain"

    @property
    def home_region(self) -> str:
        return HOME_REGION[self.partition]


class Profiles:
    """All profiles that are switched on, and the way to AWS of each."""

    def __init__(
        self,
        configured: Iterable[Profile] = (),
        env: Mapping[str, str] = os.environ,
        timeouts: Timeouts = Timeouts(),
        regions: tuple[str, ...] = (),
    ) -> None:
        self._configured = tuple(configured)
        self._env = env
        self._regions = regions
        self.timeouts = timeouts
        self.sample_made: datetime | None = None  # when the sample logs end, for answers that tell the same stories
        self._apis: dict[str, BotoApi] = {}
        self._lock = RLock()

    def __repr__(self) -> str:
        return f"Profiles({[profile.name for profile in self.all]})"

    @cached_property
    def all(self) -> tuple[Profile, ...]:
        """The profiles that are switched on; the sample company alone when there are no credentials anywhere."""
        if self._configured:
            return tuple(profile for profile in self._configured if profile.enabled)
        from engine.aws.api import has_credentials

        name = self._env.get("AWS_PROFILE") or "default"
        return (Profile(name, self._regions),) if has_credentials() else (Profile(DEMO, demo=True),)

    @property
    def is_demo(self) -> bool:
        """Whether only the sample company answers."""
        return all(profile.demo for profile in self.all)

    def named(self, pattern: str | None) -> tuple[Profile, ...]:
        """The profiles of a comma list of names, which may hold `*`; all without one. QueryError for an unknown one."""
        if pattern is None:
            return self.all
        chosen: dict[str, Profile] = {}
        for wanted in (part.strip() for part in pattern.split(",")):
            found = [profile for profile in self.all if fnmatchcase(profile.name, wanted)]
            if not found and "*" not in wanted:
                names = [profile.name for profile in self.all]
                hint = did_you_mean(wanted, names) or f"profiles: {', '.join(names)}"
                raise QueryError("90001", f"there is no profile `{wanted}`", hint=hint)
            chosen |= {profile.name: profile for profile in found}
        return tuple(profile for profile in self.all if profile.name in chosen)

    def api(self, profile: Profile, now: datetime) -> Api:
        """A profile's way to AWS; `now` is the sample company's clock."""
        if profile.demo:
            from engine.demo.aws import DemoApi

            return DemoApi(now, self.sample_made)
        return self.boto(profile)

    def kept_open(self, profile: Profile) -> AbstractContextManager[None]:
        """Within, this thread's calls for a profile share connections: some commands make one call for each user."""
        return nullcontext() if profile.demo else self.boto(profile).kept_open()

    def boto(self, profile: Profile) -> BotoApi:
        """The way to AWS of a profile with credentials."""
        from engine.aws.api import BotoApi

        with self._lock:
            if profile.name not in self._apis:
                self._apis[profile.name] = BotoApi(profile, self._source(profile), self.timeouts)
            return self._apis[profile.name]

    def _source(self, profile: Profile) -> BotoApi | None:
        """Whose credentials assume the role of a profile, when that is another profile."""
        if profile.source_profile is None:
            return None
        seen, current = {profile.name}, profile
        while current.source_profile is not None:
            found = next((item for item in self._configured if item.name == current.source_profile), None)
            if found is None or found.demo:
                raise SourceError(f"profile `{current.name}`: there is no source_profile `{current.source_profile}`")
            if found.name in seen:
                raise SourceError(f"profile `{profile.name}`: its source_profile leads back to `{found.name}`")
            seen.add(found.name)
            current = found
        return self.boto(next(item for item in self._configured if item.name == profile.source_profile))

    def default_regions(self, profile: Profile) -> tuple[str, ...]:
        """The regions that a profile is asked in when a query names none; patterns are still patterns."""
        if profile.regions or profile.demo:
            return profile.regions or ("*",)
        return self._regions or (self.boto(profile).region,)

    def fingerprint(self, profile: Profile) -> str:
        """What tells the accounts behind equal names apart, in words that give no secret away."""
        chain = [self._env.get(name, "") for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL")]
        source = next((item for item in self._configured if item.name == profile.source_profile), None)
        told = [profile, profile.access_key_id, source, source and source.access_key_id, *chain]
        return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def stamp(self) -> str:
        """Changes when the shared files do: equal profiles may then be other accounts."""
        named = (self._env.get("AWS_SHARED_CREDENTIALS_FILE"), self._env.get("AWS_CONFIG_FILE"))
        standing = ("~/.aws/credentials", "~/.aws/config")
        files = [Path(name or usual).expanduser() for name, usual in zip(named, standing, strict=True)]
        return "-".join(str(file.stat().st_mtime_ns) if file.is_file() else "" for file in files)

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ, secrets: Mapping[str, Any] | None = None) -> Profiles:
        """The profiles of an environment.

        `TRAILBOARD_PROFILES` names shared profiles of `~/.aws/config` (`prod,dev`), `demo`, or a TOML file with tables
        `[profiles.NAME]`; without it, the same tables of `secrets`, which pages take from `st.secrets`, else of
        `.streamlit/secrets.toml`. Without any there is the default chain, and without credentials the sample company.
        Raises SourceError when a file cannot be read or a profile is not understood.
        """
        regions = read_regions(env.get("TRAILBOARD_REGIONS", ""))
        timeouts = _timeouts(env)
        wanted = env.get("TRAILBOARD_PROFILES", "").strip()
        if wanted.endswith(".toml"):
            return cls(_of_file(Path(wanted).expanduser()), env, timeouts, regions)
        if wanted:
            return cls([_shared(name.strip(), regions) for name in wanted.split(",") if name.strip()], env, timeouts)
        if secrets is None:
            file = next((path for path in _secrets_files() if path.is_file()), None)
            return cls(_of_file(file) if file else (), env, timeouts, regions)
        return cls(_tables(secrets.get("profiles"), "the secrets"), env, timeouts, regions)


def read_regions(text: str) -> tuple[str, ...]:
    """A comma list of regions, `*` allowed. Raises ValueError for what is none.

    >>> read_regions("ap-northeast-2, us-*")
    ('ap-northeast-2', 'us-*')
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in found:
        if not _REGION.fullmatch(name):
            raise ValueError(f"`{name}` is not a region, such as `ap-northeast-2`")
    return found


def _shared(name: str, regions: tuple[str, ...]) -> Profile:
    return Profile(name, demo=True) if name == DEMO else Profile(name, regions, shared_profile_name=name)


def _secrets_files() -> tuple[Path, ...]:
    return (Path(".streamlit/secrets.toml"), Path.home() / ".streamlit" / "secrets.toml")


def _of_file(path: Path) -> tuple[Profile, ...]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise SourceError(f"the profiles in {path} cannot be read: {problem.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        # The message of tomllib names a place and never what stands there.
        raise SourceError(f"the profiles in {path} cannot be read: {problem}") from None
    return _tables(content.get("profiles"), str(path))


def _tables(found: Any, place: str) -> tuple[Profile, ...]:
    if found is None:
        return ()
    if not isinstance(found, Mapping) or not all(isinstance(table, Mapping) for table in found.values()):
        raise SourceError(f"the profiles in {place} are not tables", "write [profiles.NAME] above the settings of each")
    return tuple(_profile(str(name), table, place) for name, table in found.items())


_KINDS = {"regions": list, "session_duration_s": int, "cost_enabled": bool, "enabled": bool, "demo": bool}


def _profile(name: str, table: Mapping[str, Any], place: str) -> Profile:
    """One table as a profile; what is wrong is told by key, never by value."""
    known = {item.name for item in fields(Profile)} - {"name"}
    settings: dict[str, Any] = {}
    for key, value in table.items():
        where = f"profile `{name}` in {place}: `{key}`"
        if key == "auth":  # what kind it is shows from the other settings
            continue
        if key not in known:
            raise SourceError(f"{where} is not a setting", did_you_mean(key, known))
        if key == "regions" and isinstance(value, str):
            value = value.split(",")
        kind = _KINDS.get(key, str)
        if not isinstance(value, kind):
            raise SourceError(f"{where} is not a {kind.__name__}")
        settings[key] = value
    try:
        settings["regions"] = read_regions(",".join(map(str, settings.get("regions", ()))))
    except ValueError as problem:
        raise SourceError(f"profile `{name}` in {place}: {problem}") from None
    made = Profile(name, **settings)
    if made.partition not in HOME_REGION:
        raise SourceError(f"profile `{name}` in {place}: `partition` is one of {', '.join(HOME_REGION)}")
    if bool(made.access_key_id) != bool(made.secret_access_key):
        raise SourceError(f"profile `{name}` in {place} has one of `access_key_id` and `secret_access_key` only")
    return made


def _timeouts(env: Mapping[str, str]) -> Timeouts:
    text = env.get("TRAILBOARD_AWS_TIMEOUT", "")
    if not text:
        return Timeouts()
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST:
        raise SourceError(f"TRAILBOARD_AWS_TIMEOUT is not a number of seconds up to {LONGEST}: `{text}`")
    return Timeouts(min(seconds, Timeouts().connect), seconds)
