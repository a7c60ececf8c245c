"""The forms of `userIdentity`: one function for each kind of caller."""

from __future__ import annotations

from typing import Any

from engine.demo.company import GLOBAL_REGION, Person, example_id
from engine.demo.records import timestamp

Identity = dict[str, Any]


def iam_user(name: str, account: str, access_key: str | None = None) -> Identity:
    """An IAM user, with a long-lived key unless it signs in."""
    key = {} if access_key is None else {"accessKeyId": access_key}
    return {
        "type": "IAMUser",
        "principalId": example_id("AIDA", f"{account}/{name}"),
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        **key,
        "userName": name,
    }


def iam_session(name: str, account: str, since: int, *, mfa: bool) -> Identity:
    """An IAM user in the console: temporary credentials since the sign-in."""
    key = example_id("ASIA", f"{account}/{name}/{since}", 20)
    return {**iam_user(name, account, key), "sessionContext": {"attributes": _attributes(since, mfa)}}


def root(account: str) -> Identity:
    """The root user at the sign-in."""
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": "",
    }


def root_session(account: str, since: int) -> Identity:
    """The root user in the console."""
    key = example_id("ASIA", f"{account}/root/{since}", 20)
    return {**root(account), "accessKeyId": key, "sessionContext": {"attributes": _attributes(since, True)}}


def failed_user(name: str, account: str) -> Identity:
    """An IAM user whose password or MFA code was wrong: no ARN."""
    principal = example_id("AIDA", f"{account}/{name}")
    return {"type": "IAMUser", "principalId": principal, "accountId": account, "accessKeyId": "", "userName": name}


def unknown_user(account: str) -> Identity:
    """A name that the account does not have: CloudTrail hides it, it may be a password typed into the wrong box."""
    return {
        "type": "IAMUser",
        "accountId": account,
        "accessKeyId": "",
        "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }


def role_session(role: str, account: str, session: str, since: int, *, invoked_by: str | None = None) -> Identity:
    """A role somebody or something assumed; no `userName` of its own."""
    principal = example_id("AROA", f"{account}/{role}")
    identity = {
        "type": "AssumedRole",
        "principalId": f"{principal}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": example_id("ASIA", f"{account}/{role}/{session}/{since}", 20),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal,
                "arn": f"arn:aws:iam::{account}:role/{_path(role)}{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": _attributes(since, False),
        },
    }
    if invoked_by is not None:
        identity["invokedBy"] = invoked_by
    return identity


def _path(role: str) -> str:
    if role.startswith("AWSReservedSSO_"):
        return f"aws-reserved/sso.amazonaws.com/{GLOBAL_REGION}/"
    return "aws-service-role/" if role.startswith("AWSServiceRole") else ""


def instance_session(role: str, account: str, instance: str, since: int) -> Identity:
    """A role delivered to an EC2 instance."""
    identity = role_session(role, account, instance, since)
    identity["sessionContext"]["ec2RoleDelivery"] = "2.0"
    return identity


def sso_role(permission: str, account: str) -> str:
    """The role behind a permission set of IAM Identity Center in one account."""
    return f"AWSReservedSSO_{permission}_{example_id('', permission + account, 23)[:16].lower()}"


def person_session(person: Person, account: str, since: int) -> Identity:
    """A person in the console, through SSO or as an IAM user."""
    if person.permission is None:
        return iam_session(person.name, account, since, mfa=person.mfa)
    return role_session(sso_role(person.permission, account), account, person.email, since)


def identity_center_user(person: Person, account: str) -> Identity:
    """A person at the portal of IAM Identity Center, before any account was chosen."""
    return {
        "type": "IdentityCenterUser",
        "accountId": account,
        "onBehalfOf": {
            "userId": example_id("", person.name, 27)[:20].lower(),
            "identityStoreArn": f"arn:aws:identitystore::{account}:identitystore/d-moonrabbit",
        },
        "credentialId": example_id("", f"credential {person.name}", 39)[:32].lower(),
    }


def web_identity(repository: str) -> Identity:
    """A workflow of a code host that exchanges its token for a role."""
    issuer = "token.actions.githubusercontent.com"
    subject = f"repo:moonrabbit/{repository}:ref:refs/heads/main"
    return {
        "type": "WebIdentityUser",
        "principalId": f"arn:aws:iam::aws:oidc-provider/{issuer}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": f"arn:aws:iam::aws:oidc-provider/{issuer}",
    }


def service(name: str) -> Identity:
    """A service of AWS that acts by itself."""
    return {"type": "AWSService", "invokedBy": name}


def other_account(account: str, principal: str) -> Identity:
    """Somebody of another account: nothing else is told about them."""
    return {"type": "AWSAccount", "principalId": example_id("AIDA", principal), "accountId": account}


def _attributes(since: int, mfa: bool) -> dict[str, str]:
    return {"creationDate": timestamp(since).decode(), "mfaAuthenticated": "true" if mfa else "false"}
