"""Console sign-ins, in the forms that CloudTrail gives to each outcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from engine.demo import identities
from engine.demo.company import GLOBAL_REGION, PROD, ROOT, SEOUL, Person
from engine.demo.records import Api, Caller, Document, Event
from engine.demo.rhythm import ALWAYS, midnight, spread

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 "
    "Edg/141.0.0.0",
)
SCRIPT = "python-requests/2.31.0"
STRANGERS = ("20.195.9.96", "34.118.0.90", "13.48.0.92")  # clouds in Singapore, Poland and Sweden

NOT_AUTHENTICATED = "Failed authentication"
UNKNOWN_NAME = "No username found in supplied account"


def _sign_in(name: str, outcome: str, error: str | None, extra: Document) -> Api:
    return Api(
        "signin",
        name,
        response={name: outcome},
        extra=extra,
        reads=False,
        error=None if error is None else ("", error),  # failures have a message and no code
        kind="AwsConsoleSignIn",
    )


def _extra(mfa: str, device: str | None = None) -> Document:
    login_to = "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_<region>"
    mfa_facts = {"MFAUsed": mfa} if device is None else {"MFAIdentifier": device, "MFAUsed": mfa}
    return {"LoginTo": login_to, "MobileVersion": "No", **mfa_facts}


CHECK_MFA = _sign_in("CheckMfa", "Success", None, {"MfaType": "Virtual MFA"})
WITHOUT_MFA = _sign_in("ConsoleLogin", "Success", None, _extra("No"))
REFUSED = _sign_in("ConsoleLogin", "Failure", NOT_AUTHENTICATED, _extra("No"))
REFUSED_MFA = _sign_in("ConsoleLogin", "Failure", NOT_AUTHENTICATED, _extra("Yes"))
REFUSED_NAME = _sign_in("ConsoleLogin", "Failure", UNKNOWN_NAME, _extra("No"))
ROOT_IN = _sign_in("ConsoleLogin", "Success", None, _extra("Yes", "arn:aws:iam::<account>:mfa/root-account-mfa-device"))
WITH_MFA = {
    name: _sign_in("ConsoleLogin", "Success", None, _extra("Yes", f"arn:aws:iam::<account>:mfa/{name}"))
    for name in ("jeon.woochi", "ondal.go", "patjwi.choe", "max.mustermann")
}
FEDERATE = Api("sso", "Federate", reads=False, kind="AwsServiceEvent", details={"relayId": "<uuid>"})


def person_signs_in(person: Person, account: str, region: str, address: str, browser: str, second: int) -> list[Event]:
    """A successful sign-in: through the portal of the SSO, or with password and perhaps MFA."""
    random = Random(second)
    if person.permission is not None:
        portal = Caller.of(identities.identity_center_user(person, ROOT), ROOT, address, browser)
        identity = identities.person_session(person, account, second)
        session = Caller.of(identity, account, address, browser)
        return [
            Event(second - 2, portal, FEDERATE.at((ROOT, region), random)),
            Event(second, session, WITHOUT_MFA.at((account, region), random)),
        ]
    # IAM users are signed in by the endpoint of the global region.
    user = Caller.of(identities.iam_user(person.name, account), account, address, browser)
    if not person.mfa:
        return [Event(second, user, WITHOUT_MFA.at((account, GLOBAL_REGION), random))]
    asked = Caller.of(identities.failed_user(person.name, account), account, address, browser)
    return [
        Event(second - 9, asked, CHECK_MFA.at((account, GLOBAL_REGION), random)),
        Event(second, user, WITH_MFA[person.name].at((account, GLOBAL_REGION), random)),
    ]


def person_is_refused(person: Person, account: str, address: str, browser: str, second: int) -> Event:
    """A wrong password, or a wrong code of the MFA device."""
    api = REFUSED_MFA if person.mfa else REFUSED
    caller = Caller.of(identities.failed_user(person.name, account), account, address, browser)
    return Event(second, caller, api.at((account, GLOBAL_REGION), Random(second)))


def name_is_unknown(account: str, address: str, browser: str, second: int) -> Event:
    """A name that the account does not know."""
    caller = Caller.of(identities.unknown_user(account), account, address, browser)
    return Event(second, caller, REFUSED_NAME.at((account, GLOBAL_REGION), Random(second)))


def root_signs_in(account: str, address: str, browser: str, second: int) -> Event:
    """The root user with its MFA device."""
    caller = Caller.of(identities.root(account), account, address, browser)
    return Event(second, caller, ROOT_IN.at((account, GLOBAL_REGION), Random(second)))


def root_is_refused(account: str, address: str, browser: str, second: int) -> Event:
    """A wrong password for the root user."""
    caller = Caller.of(identities.root(account), account, address, browser)
    return Event(second, caller, REFUSED.at((account, GLOBAL_REGION), Random(second)))


def typing_errors(person: Person, account: str, address: str, browser: str, second: int) -> Iterator[Event]:
    """What people do before they get in: now and then a typing error, or the name of the other account."""
    random = Random(f"{person.name} {second}")
    if random.random() < 0.2:
        yield person_is_refused(person, account, address, browser, second - 40)
    if random.random() < 0.04:
        yield name_is_unknown(account, address, browser, second - 75)


def strangers(day: date) -> Iterator[Event]:
    """The noise of the internet: a few times a day somebody somewhere tries a name that does not exist."""
    random = Random(f"strangers {day}")
    for second in spread(random, midnight(day, SEOUL.zone), random.randrange(1, 5), ALWAYS):
        yield name_is_unknown(PROD, random.choice(STRANGERS), SCRIPT, second)
