"""A bucket to read from: the client of a session, the region the bucket is in, and errors in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from engine.aws.problems import BadEndpoint
from engine.lake.objects import UNKNOWN_DAY, Naming, Object
from engine.language.errors import SourceError

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 20, 6
URI = re.compile(r"s3://(?P<bucket>[^/]+)(?:/(?P<key>.*))?", re.DOTALL)
URL_SECONDS = 900
AMAZON = re.compile(r"https://s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?/?")

# What S3 answers when no object at all could be read: asking for the next one would be in vain.
CREDENTIALS = {
    "ExpiredToken": "the credentials have expired; sign in again, for example with `aws sso login`",
    "ExpiredTokenException": "the credentials have expired; sign in again, for example with `aws sso login`",
    "InvalidAccessKeyId": "AWS does not know this access key",
    "InvalidToken": "AWS does not know this session token",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key",
    "RequestTimeTooSkewed": "the clock of this machine is wrong by more than 15 minutes",
    "AccountProblem": "AWS has closed this account to requests",
}
DENIED = frozenset({"AccessDenied", "AllAccessDisabled", "403", "Forbidden", "UnauthorizedAccess"})


@dataclass(frozen=True)
class Bucket:
    """A bucket in its region. `payer` is what every request says when the reader pays for it."""

    name: str
    session: Session = field(repr=False)
    client: Any = field(repr=False)
    signer: Any = field(repr=False)
    payer: dict[str, str] = field(default_factory=dict)

    def uri(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def url(self, key: str) -> str:
        """A URL that reads an object for a few minutes. It is as good as a credential: never show it."""
        if self.client.meta.config.signature_version != "s3v4":
            return self._presigned(key)
        # Where objects are is told by one URL of botocore; the others are signed as it does it, in half the time.
        payer = "?x-amz-request-payer=requester" if self.payer else ""
        request = AWSRequest("GET", url=f"{self._base}{quote(key, safe='/~')}{payer}")
        signer = self.signer._request_signer
        signer.get_auth_instance("s3", self.region, "s3v4-query", expires=URL_SECONDS).add_auth(request)
        url: str = request.url
        return url

    def _presigned(self, key: str) -> str:
        asked = {"Bucket": self.name, "Key": key, **self.payer}
        url: str = self.signer.generate_presigned_url("get_object", Params=asked, ExpiresIn=URL_SECONDS)
        return url

    @property
    def region(self) -> str:
        name = str(self.client.meta.region_name)
        return "us-east-1" if name == "aws-global" else name

    @cached_property
    def _base(self) -> str:
        return self._presigned("x").partition("?")[0].removesuffix("x")

    def options(self) -> dict[str, str]:
        """How Delta Lake asks this bucket: with the same credentials, at the same endpoint.

        A commit is a put that S3 refuses when there is such an object, so no other lock is needed.
        """
        endpoint = str(self.client.meta.endpoint_url)
        options = {"AWS_REGION": self.region, "AWS_CONDITIONAL_PUT": "etag"}
        if not AMAZON.fullmatch(endpoint):
            options |= {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": str(endpoint.startswith("http:")).lower()}
        if (credentials := self.session.get_credentials()) is None:
            raise SourceError(f"no AWS credentials to read s3://{self.name} with", "set AWS_PROFILE")
        keys = credentials.get_frozen_credentials()
        options |= {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        return options | ({"AWS_SESSION_TOKEN": keys.token} if keys.token else {})


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of a URI.

    >>> split_uri("s3://trail/AWSLogs/"), split_uri("s3://trail")
    (('trail', 'AWSLogs/'), ('trail', ''))
    """
    found = URI.fullmatch(uri)
    if found is None:
        raise SourceError(f"`{uri}` names no bucket", "write it as in s3://bucket/prefix")
    return found["bucket"], found["key"] or ""


class Session(boto3.Session):  # type: ignore[misc]  # ships no types
    """A boto3 session whose clients ask the endpoint of a connect profile, where it names one."""

    endpoint_url: str | None = None


def open_session(profile: str | None) -> Session:
    """The session of a connect profile, else of a profile of `~/.aws/config`; null: the default credentials."""
    from engine.aws.profiles import Profiles

    profiles = Profiles.load()
    found = next((item for item in profiles.all if item.name == profile), None)
    if found and found.demo:
        raise SourceError(f"the profile `{profile}` is the sample company, which has no buckets")
    try:
        if found is None:
            return Session(profile_name=profile)
        session = Session(botocore_session=profiles.boto(found).session)
        session.endpoint_url = found.endpoint_url
        return session
    except ProfileNotFound as problem:
        raise SourceError(f"there is no AWS profile `{profile}`", "see `aws configure list-profiles`") from problem


def open_bucket(name: str, session: Session, requester_pays: bool = False, connections: int = 32) -> Bucket:
    """A bucket, asked in the region where it is. Raises SourceError when there is no such bucket."""
    payer = {"RequestPayer": "requester"} if requester_pays else {}
    with told(f"s3://{name}", "s3:ListBucket"):
        client = make_client(session, "s3", connections=connections)
        region = region_of(name, client)
        if region and region != client.meta.region_name:
            client = make_client(session, "s3", region=region, connections=connections)
        # By itself botocore signs URLs in an older way than requests, which S3 refuses for objects under a KMS key.
        signature = client.meta.config.signature_version
        signer = make_client(session, "s3", region=client.meta.region_name, signature_version=signature)
        return Bucket(name, session, client, signer, payer)


def make_client(
    session: Session, service: str, region: str | None = None, connections: int = 10, **options: Any
) -> Any:
    """A client of a session with our patience: endpoint and signature are the session's own."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=connections,
        **options,
    )
    try:
        return session.client(service, region_name=region, endpoint_url=session.endpoint_url, config=config)
    except ValueError:
        raise BadEndpoint(f"cannot ask {service}") from None


def region_of(name: str, client: Any) -> str | None:
    """The region that a bucket says it is in; null when it does not."""
    try:
        answer = client.head_bucket(Bucket=name)
    except ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise SourceError(f"there is no bucket `{name}`") from problem
        answer = problem.response
    region: str | None = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-bucket-region")
    return region


def as_object(bucket: Bucket, naming: Naming, entry: dict[str, Any]) -> Object:
    """An object as a list names it. Where its key tells no day, that of its last change is taken."""
    modified: datetime = entry["LastModified"]
    facts = naming.facts_of(entry["Key"])
    if facts.day == UNKNOWN_DAY:
        facts = replace(facts, day=f"{modified.astimezone(UTC):%Y-%m-%d}")
    return Object(bucket.uri(entry["Key"]), entry["Size"], tag_of(entry["Size"], entry["ETag"]), facts, modified)


def tag_of(size: int, etag: str) -> str:
    return f"{size}-{etag}"


@contextmanager
def told(what: str, action: str) -> Iterator[None]:
    """Say what went wrong with a call on `what`, and which permission it needs."""
    try:
        yield
    except ClientError as problem:
        error = problem.response.get("Error", {})
        raise refusal(what, action, str(error.get("Code", "")), str(error.get("Message", ""))) from problem
    except NoCredentialsError as problem:
        hint = "set AWS_PROFILE, or name a profile with --profile"
        raise SourceError(f"no AWS credentials to read {what} with", hint) from problem
    except BotoCoreError as problem:
        raise SourceError(f"cannot read {what}: {problem}") from problem


def refusal(what: str, action: str, code: str, message: str) -> SourceError:
    """The error for an answer of S3, naming the action that was not allowed."""
    if code in CREDENTIALS:
        return SourceError(f"cannot read {what}: {CREDENTIALS[code]}")
    if code in DENIED:
        return SourceError(f"cannot read {what}: {denial(action, message)}")
    if code == "NoSuchBucket":
        return SourceError(f"there is no bucket for {what}")
    return SourceError(
        f"cannot read {what}: {': '.join(part for part in (code, message) if part) or 'no reason given'}"
    )


def denial(action: str, message: str) -> str:
    """Which permission is missing, in words.

    >>> denial("s3:GetObject", "User: x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:e:1:key/2")
    'access denied, kms:Decrypt on arn:aws:kms:e:1:key/2 is missing'
    >>> denial("s3:GetObject", "Access Denied")
    'access denied, s3:GetObject is missing (or kms:Decrypt, if the object is encrypted with a KMS key)'
    """
    if "kms" in message.lower():
        named = re.search(r"perform: (kms:\w+)(?: on (?:the )?resource:? ([^\s]+))?", message)
        key = re.search(r"arn:[\w-]+:kms:[\w:/-]+", message)
        verb, resource = (named[1] if named else "kms:Decrypt"), (key[0] if key else "the key of the object")
        return f"access denied, {verb} on {resource} is missing"
    if named := re.search(r"perform: (\w+:\w+)", message):
        return f"access denied, {named[1]} is missing"
    more = " (or kms:Decrypt, if the object is encrypted with a KMS key)" if action == "s3:GetObject" else ""
    return f"access denied, {action} is missing{more}"
