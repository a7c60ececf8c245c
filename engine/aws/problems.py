"""What AWS and botocore say when something is wrong, in words for people: call, profile, region, and a way out.

No text here repeats what a credential could be in: messages about signatures are left out, long tokens are cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.language.errors import SourceError

if TYPE_CHECKING:
    from engine.aws.profiles import Profile

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "UnauthorizedAccess")
_UNKNOWN_KEY = ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId")
_SIGNATURE = (
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "RequestTimeTooSkewed",
)
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_THROTTLED = (
    "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
    "LimitExceededException", "RequestThrottled", "RequestThrottledException", "SlowDown", "BandwidthLimitExceeded",
)  # fmt: skip
_SERVER = ("InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable", "InternalServerError")
_CAPITALS = {"db": "DB", "mfa": "MFA"}
_PREFIX = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing"}
MOST_CHARACTERS = 200


class Refused(SourceError):
    """AWS answered a call with an error, for which it bills nothing; `code` is what AWS calls it."""

    def __init__(self, message: str, hint: str | None = None, code: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class Denied(Refused):
    """A permission is missing."""


class UnreadableAnswer(SourceError):
    """Something answered that is not AWS."""

    def __init__(self, where: str = "AWS", action: str = "a call") -> None:
        super().__init__(
            f"{where}: the answer to {action} is not one of AWS", "is a proxy or AWS_ENDPOINT_URL in between?"
        )


class BadEndpoint(SourceError):
    """The address that should be asked instead of AWS is none."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where}: the endpoint that is configured is not an address",
            "write AWS_ENDPOINT_URL or `endpoint_url` as in http://localhost:4566",
        )


class OverBudget(SourceError):
    """A billed call would exceed the budget of its month."""


def action_name(service: str, operation: str) -> str:
    """A call as policies name it, from its name in the API or boto3's.

    >>> action_name("elbv2", "DescribeLoadBalancers"), action_name("rds", "describe_db_instances")
    ('elasticloadbalancing:DescribeLoadBalancers', 'rds:DescribeDBInstances')
    """
    if "_" in operation:
        operation = "".join(_CAPITALS.get(part, part.capitalize()) for part in operation.split("_"))
    return f"{_PREFIX.get(service, service)}:{operation}"


@contextmanager
def telling(service: str, operation: str, of: Profile, region: str | None) -> Iterator[None]:
    """Say what botocore raises inside as a SourceError; `Refused` knows the code of AWS."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    action = action_name(service, operation)
    try:
        yield
    except ClientError as problem:
        made = told(problem, action_name(service, problem.operation_name), of, region)
        if isinstance(made, Refused):
            made.code = str(problem.response.get("Error", {}).get("Code", ""))
        raise made from problem
    except (BotoCoreError, ResponseParserError, UnreadableAnswer) as problem:
        raise told(problem, action, of, region) from problem


def told(problem: Exception, action: str, of: Profile, region: str | None) -> SourceError:
    """What a profile's call raised as a SourceError."""
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    profile, shared_profile = of.name, of.shared_profile_name
    where = f"profile `{profile}`" + (f", {region}" if region else "")
    if isinstance(problem, boto.ClientError):
        return _refused(problem.response, action, where)
    if isinstance(problem, boto.ProfileNotFound):
        return SourceError(
            f"profile `{profile}`: ~/.aws/config has no profile `{shared_profile or profile}`",
            "name another one, or add it with `aws configure`",
        )
    if isinstance(problem, boto.SSOError | boto.TokenRetrievalError) or "sso" in type(problem).__name__.lower():
        login = f"aws sso login --profile {shared_profile}" if shared_profile else "aws sso login"
        return SourceError(
            f"{where}: the sign-in of AWS IAM Identity Center has expired or is missing", f"run `{login}`"
        )
    if isinstance(problem, boto.NoCredentialsError | boto.PartialCredentialsError):
        hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`"
        return SourceError(f"{where}: there are no complete credentials", hint)
    if isinstance(problem, boto.CredentialRetrievalError | boto.MetadataRetrievalError):
        return SourceError(
            f"{where}: the credentials could not be fetched", "run `aws sts get-caller-identity` to see why"
        )
    if isinstance(problem, boto.ConnectTimeoutError | boto.ReadTimeoutError):
        return SourceError(f"{where}: no answer to {action} in time", "check the network, a proxy, or AWS_ENDPOINT_URL")
    if isinstance(problem, boto.EndpointConnectionError | boto.HTTPClientError | boto.ConnectionError):
        return SourceError(
            f"{where}: AWS cannot be reached for {action}", "check the network, a proxy, or AWS_ENDPOINT_URL"
        )
    if isinstance(problem, boto.InvalidRegionError | boto.NoRegionError | boto.EndpointProviderError):
        return SourceError(f"{where}: that is not a region of {action}", "regions are named like `ap-northeast-2`")
    if isinstance(problem, ResponseParserError | UnreadableAnswer):
        return UnreadableAnswer(where, action)
    if isinstance(problem, boto.BotoCoreError):
        return SourceError(f"{where}: {action} failed: {safe(str(problem))}")
    raise problem


def _refused(response: Mapping[str, Any], action: str, where: str) -> Refused:
    error = response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _DENIED or (status == 403 and "not authorized to perform" in message):
        if action == "sts:AssumeRole":
            hint = "the role's trust policy must name who asks, with the external id; and that one must be allowed to"
        elif "explicit deny" in message:
            hint = "an explicit deny forbids it: look at service control policies and permission boundaries"
        else:
            hint = f"allow `{action}`; `trailboard profiles --policy` prints all that Trailboard asks for"
        return Denied(f"{where}: {action} is denied", hint)
    if code in _EXPIRED:
        return Refused(f"{where}: the credentials have expired", "sign in again, or renew the session token")
    if code in _UNKNOWN_KEY:
        hint = "is the region switched on for this account, and the key neither deleted nor inactive?"
        return Refused(f"{where}: AWS does not know the access key", hint)
    if code in _SIGNATURE:
        hint = "check the secret access key, and this machine's clock"
        return Refused(f"{where}: AWS does not accept the signature ({code})", hint)
    if code == "OptInRequired":
        return Refused(f"{where}: the account is not signed up for {action}", "switch the region or service on")
    if code in _THROTTLED:
        hint = "wait a minute; ask fewer profiles and regions at once"
        return Refused(f"{where}: AWS throttles {action} ({code}), also after several tries", hint)
    if code in _SERVER or status >= 500:
        return Refused(f"{where}: AWS failed on {action} ({code or status})", "try again in a minute")
    if code == "DataUnavailableException":
        hint = "Cost Explorer has data 24 hours after somebody switched it on in the console"
        return Refused(f"{where}: there are no cost data yet", hint)
    return Refused(f"{where}: {action} failed: {safe(f'{code}: {message}')}")


def safe(message: str) -> str:
    """The first line of a message, without what may be a key, a token or an encoded authorization message.

    >>> safe("bad key AKIAIOSFODNN7EXAMPLE in a request")
    'bad key … in a request'
    """
    first = message.strip().split("\n", 1)[0]
    first = re.sub(r"\b(?:AKIA|ASIA)[A-Z0-9]{8,}|[A-Za-z0-9+/=_-]{36,}", "…", first)
    return first if len(first) <= MOST_CHARACTERS else f"{first[:MOST_CHARACTERS]}…"
