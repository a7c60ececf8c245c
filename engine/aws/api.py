"""The one way to AWS: API-shaped answers, page after page. boto3 gives them, and so does the sample company."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from threading import RLock, local
from typing import TYPE_CHECKING, Any, Protocol

from engine.aws.pace import Pace
from engine.aws.problems import BadEndpoint, UnreadableAnswer, telling
from engine.language.errors import SourceError

if TYPE_CHECKING:
    import botocore.session

    from engine.aws.profiles import Profile, Timeouts


class Api(Protocol):
    """One profile's way to AWS."""

    def pages(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """The responses of a call, to its last page.

        `service` is a client's name of boto3 (`ec2`, `ce`), `operation` its method (`describe_instances`); `region` is
        null for what has none. Dates are aware datetimes.
        """


class BotoApi:
    """AWS itself, through botocore: credentials of one profile, renewed when they run out."""

    def __init__(self, profile: Profile, source: BotoApi | None, timeouts: Timeouts) -> None:
        self.profile = profile
        self._source = source
        self._timeouts = timeouts
        self._lock = RLock()  # a botocore session makes one client at a time
        self._pace = Pace()
        self._open = local()  # clients that a thread keeps for several calls

    @cached_property
    def session(self) -> botocore.session.Session:
        """A botocore session with the profile's credentials."""
        profile = self.profile
        made = _session(profile.shared_profile_name)
        made.set_config_variable("region", self.region)  # where roles are assumed when nothing names a region
        made.get_component("credential_provider").get_provider("assume-role")._prompter = self._refuse_to_ask
        if self._source is not None:
            made._credentials = self._source.session.get_credentials()
        elif profile.access_key_id:
            made.set_credentials(profile.access_key_id, profile.secret_access_key, profile.session_token)
        if profile.role_arn:
            made._credentials = self._assumed(made.get_credentials())
        return made

    def _refuse_to_ask(self, prompt: str) -> str:
        """Stands for botocore's question for an MFA code, which would wait for somebody at the server's terminal."""
        raise SourceError(
            f"profile `{self.profile.name}` needs an MFA code, and nobody is there to type it",
            "give it credentials that were made with the code, for example by a `credential_process`",
        )

    @cached_property
    def region(self) -> str:
        """The region of the chain: environment, config file, else where the partition's global services are."""
        with telling("sts", "get_caller_identity", self.profile, None):
            configured: str | None = _session(self.profile.shared_profile_name).get_config_variable("region")
        return configured or self.profile.home_region

    def pages(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        with self._lent(service, region) as client:
            call = getattr(client, operation)
            self._pace.wait(service, operation, region)
            if client.can_paginate(operation):
                for page in client.get_paginator(operation).paginate(**parameters):
                    yield page
                    if page.get("NextToken"):
                        self._pace.wait(service, operation, region)
                return
            answer = call(**parameters)
            yield answer
            while token := answer.get("NextPageToken"):  # get_cost_and_usage
                answer = call(**parameters, NextPageToken=token)
                yield answer

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Within, calls of this thread to a service in a region share a client and its connection."""
        clients: dict[tuple[str, str | None], Any] = {}
        self._open.clients = clients
        try:
            yield
        finally:
            self._open.clients = None
            for client in clients.values():
                client.close()

    @contextmanager
    def _lent(self, service: str, region: str | None) -> Iterator[Any]:
        """A client for some calls."""
        clients = getattr(self._open, "clients", None)
        if clients is None:
            with closing(self._made(service, region)) as client:
                yield client
            return
        if (service, region) not in clients:
            clients[service, region] = self._made(service, region)
        yield clients[service, region]

    def _made(self, service: str, region: str | None) -> Any:
        """A client for a service where it lives."""
        if region is None:
            region = self.region if service == "sts" else self.profile.home_region
        with self._lock:
            session = self.session
        client = self._client(session, service, region)
        client.meta.events.register("after-call", _require_sense)
        return client

    def _client(self, session: Any, service: str, region: str, **keys: str | None) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=self._timeouts.connect,
            read_timeout=self._timeouts.read,
            retries={"mode": "standard", "total_max_attempts": self._timeouts.attempts},
            user_agent_extra="trailboard",
        )
        try:
            with self._lock:
                return session.create_client(
                    service, region_name=region, endpoint_url=self.profile.endpoint_url, config=config, **keys
                )
        except ValueError:  # botocore's text repeats the address, which may hold a password
            raise BadEndpoint(f"profile `{self.profile.name}`") from None

    def _assumed(self, source: Any) -> Any:
        """Credentials of the profile's role, asked for when they are first needed and again before they run out."""
        from botocore.credentials import DeferredRefreshableCredentials
        from botocore.exceptions import NoCredentialsError

        profile = self.profile

        def assume() -> dict[str, str]:
            if source is None:
                raise NoCredentialsError()
            given = source.get_frozen_credentials()
            keys = {
                "aws_access_key_id": given.access_key,
                "aws_secret_access_key": given.secret_key,
                "aws_session_token": given.token,
            }
            parameters = {
                "RoleArn": profile.role_arn,
                "RoleSessionName": profile.role_session_name,
                "DurationSeconds": profile.session_duration_s,
            }
            if profile.external_id:
                parameters["ExternalId"] = profile.external_id
            with closing(self._client(_session(None), "sts", self.region, **keys)) as sts:
                made = sts.assume_role(**parameters)["Credentials"]
            return {
                "access_key": made["AccessKeyId"],
                "secret_key": made["SecretAccessKey"],
                "token": made["SessionToken"],
                "expiry_time": made["Expiration"].isoformat(),
            }

        return DeferredRefreshableCredentials(refresh_using=assume, method="assume-role")


def _session(shared_profile: str | None) -> botocore.session.Session:
    import botocore.session

    return botocore.session.Session(profile=shared_profile)


def _require_sense(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Refuse an answer without content whose body is no JSON: botocore takes a web page of a proxy for an empty one."""
    if parsed.keys() == {"ResponseMetadata"} and http_response.status_code < 300 and http_response.content:
        content = http_response.content.lstrip()
        if not content.startswith((b"{", b"<")) or content.lower().startswith((b"<html", b"<!doctype")):
            raise UnreadableAnswer()


def has_credentials() -> bool:
    """Whether the default chain of this machine finds credentials; what is configured wrongly counts, to be told."""
    from botocore.exceptions import BotoCoreError

    try:
        return _session(None).get_credentials() is not None
    except BotoCoreError:
        return True
