"""What goes wrong at Moonrabbit, each story at a fixed time before now, so that the dashboards always have it.

Those of the last day are at most eleven hours old when the sample data is made: it is made anew when it is half a day
old, and until then `duration=1d` finds them all. The attackers' addresses are of large clouds, where an address
belongs to somebody else every hour; they stand for a country and accuse nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from engine.demo import identities
from engine.demo.apis import PAGES, closed, instances_ended, instances_run, opened, policy_changed
from engine.demo.company import (
    BERLIN_REGION,
    DATA,
    DEV,
    GLOBAL_REGION,
    PEOPLE,
    PORTLAND,
    PROD,
    ROOT,
    SEOUL,
    SEOUL_REGION,
    UNUSED_REGION,
    example_id,
)
from engine.demo.elb.incidents import ELB_INCIDENTS
from engine.demo.logins import (
    BROWSERS,
    SCRIPT,
    name_is_unknown,
    person_is_refused,
    person_signs_in,
    root_is_refused,
    root_signs_in,
)
from engine.demo.people import Seat, console_caller
from engine.demo.records import Api, Call, Caller, Event, Place, Tokens, hexadecimal
from engine.demo.stories import Incident

Events = list[Event]


SPRAYING_ADDRESSES = ("34.90.12.17", "34.90.12.58", "34.90.12.201")  # a cloud in the Netherlands
STRANGE_ADDRESS = "20.206.3.44"  # a cloud in Brazil, where nobody works
LEAKED_KEY_ADDRESS = "34.35.7.91"  # a cloud in South Africa
LEAKED_KEY = example_id("AKIA", "ci-legacy", 20)
OLD_COMMAND_LINE = "aws-cli/1.18.69 Python/3.8.10 Linux/5.4.0-216-generic botocore/1.16.19"
FORGOTTEN_INSTANCE = f"i-{hexadecimal(Random('forgotten'))}"
FORGOTTEN_KIND = "g5.12xlarge"
MINUTE, HOUR = 60, 3600


def password_spraying(begins: int) -> Events:
    """Somebody tries a few common passwords on many names, from three addresses of one network, for 40 minutes.

    Seven names exist, the others do not (CloudTrail hides those), and once the root user is tried. One of the
    passwords was right, as the next story tells.
    """
    random = Random("password spraying")
    names = ("jeon.woochi", "ondal.go", "heungbu.park", "patjwi.choe", "max.mustermann", "john.roe")
    events: Events = []
    second = begins
    for turn in range(4):
        for name in names:
            second += random.randrange(20, 90)
            person, address = PEOPLE[name], random.choice(SPRAYING_ADDRESSES)
            events.append(person_is_refused(person, person.accounts[0], address, SCRIPT, second))
        for _ in range(3):
            second += random.randrange(20, 90)
            events.append(name_is_unknown(random.choice((PROD, DEV)), SPRAYING_ADDRESSES[turn % 3], SCRIPT, second))
    events.append(root_is_refused(ROOT, SPRAYING_ADDRESSES[0], SCRIPT, second + 30))
    return events


def login_from_new_country(begins: int) -> Events:
    """The user whose password was guessed has no MFA: a sign-in from a country where nobody works.

    The intruder looks around, makes an access key to come back with, and fails to become an administrator.
    """
    person = PEOPLE["heungbu.park"]
    seat = Seat(DEV, SEOUL_REGION, STRANGE_ADDRESS, BROWSERS[2])
    events = person_signs_in(person, DEV, SEOUL_REGION, seat.address, seat.browser, begins)
    caller = console_caller(person, seat, begins, Random(1))
    path = Path(caller, (DEV, SEOUL_REGION), begins + 20)
    path.look("users", "instances", "secrets", "storage")
    path.calls(
        Api(
            "iam",
            "CreateAccessKey",
            {"userName": person.name},
            {"accessKey": {"userName": person.name, "accessKeyId": example_id("AKIA", "back door", 20)}},
            reads=False,
        )
    )
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    path.refused(
        Api("iam", "AttachUserPolicy", {"userName": person.name, "policyArn": administrator}, reads=False),
        Api("iam", "PutUserPolicy", {"userName": person.name, "policyName": "all"}, reads=False),
        Api("iam", "CreateUser", {"userName": "support-temp"}, reads=False),
        Api("secretsmanager", "GetSecretValue", {"secretId": "<secret>"}),
    )
    return events + path.events


def leaked_key(begins: int) -> Events:
    """A forgotten key of a build user appears in a public repository; within minutes somebody starts instances.

    They ask who they are, are refused a few things, try a dry run, hit the quota, and then start twelve large
    instances in a region that the company never uses. Ninety minutes later security disables the key and ends them.
    """
    identity = identities.iam_user("ci-legacy", PROD, LEAKED_KEY)
    caller = Caller.of(identity, PROD, LEAKED_KEY_ADDRESS, OLD_COMMAND_LINE, version="1.10")
    path = Path(caller, (PROD, UNUSED_REGION), begins)
    path.calls(Api("sts", "GetCallerIdentity"))
    path.refused(Api("iam", "ListUsers"), Api("s3", "ListBuckets"), Api("secretsmanager", "ListSecrets"))
    path.calls(
        Api("ec2", "DescribeRegions", {"regionSet": {}}),
        Api("ec2", "DescribeInstanceTypeOfferings", {"filterSet": {}}),
        Api("ec2", "DescribeVpcs", {"vpcSet": {}, "filterSet": {}}),
        Api("ec2", "CreateKeyPair", {"keyName": "k"}, {"requestId": "<request>", "keyName": "k"}, reads=False),
    )
    wanted = {"instanceType": "p3.8xlarge", "instancesSet": {"items": [{"minCount": 4, "maxCount": 4}]}}
    dry = "Request would have succeeded, but DryRun flag is set."
    quota = "You have requested more vCPU capacity than your current vCPU limit allows."
    path.calls(
        Api("ec2", "RunInstances", wanted, reads=False, error=("Client.DryRunOperation", dry)),
        Api("ec2", "RunInstances", wanted, reads=False, error=("Client.VcpuLimitExceeded", quota)),
        Api("ec2", "RunInstances", wanted, reads=False, error=("Client.VcpuLimitExceeded", quota)),
    )
    instances = [hexadecimal(Random(number)) for number in range(12)]
    for first in (0, 4, 8):
        path.calls(instances_run(4, "g4dn.xlarge", "default"), given=_numbered(instances[first : first + 4]))
    return path.events + _key_is_disabled(begins + 90 * MINUTE, instances)


def _key_is_disabled(second: int, instances: Sequence[str]) -> Events:
    sign_in, path = _at_console("im.kkeokjeong", PROD, UNUSED_REGION, second)
    path.look("audit", "users", "instances")
    path.calls(
        Api(
            "iam",
            "UpdateAccessKey",
            {"userName": "ci-legacy", "accessKeyId": LEAKED_KEY, "status": "Inactive"},
            reads=False,
        ),
    )
    path.calls(instances_ended(4), given=_numbered(instances[:4]))
    path.calls(instances_ended(8), given=_numbered(instances[4:]))
    return sign_in + path.events


def _numbered(ids: Sequence[str]) -> Tokens:
    return {f"<hex#{place}>": value for place, value in enumerate(ids)}


def policy_widened(begins: int) -> Events:
    """In a hurry, a developer gives the checkout's role every right; two hours later platform sets it back."""
    sign_in, path = _at_console("patjwi.choe", PROD, SEOUL_REGION, begins)
    path.look("roles")
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    path.calls(policy_changed("checkout-access", everything))
    back, repair = _at_console("hong.gildong", PROD, SEOUL_REGION, begins + 2 * HOUR)
    repair.look("roles")
    policy = "arn:aws:iam::<account>:policy/checkout-access"
    repair.calls(
        Api("iam", "SetDefaultPolicyVersion", {"policyArn": policy, "versionId": "v6"}, reads=False),
        Api("iam", "DeletePolicyVersion", {"policyArn": policy, "versionId": "v7"}, reads=False),
    )
    return sign_in + path.events + back + repair.events


def ssh_opened_to_the_world(begins: int) -> Events:
    """To debug from a train, a developer opens SSH to 0.0.0.0/0; it stays open for 48 minutes."""
    sign_in, path = _at_console("lee.mongryong", DEV, SEOUL_REGION, begins)
    group = {"<hex>": hexadecimal(Random("group"))}
    path.look("network")
    path.calls(opened(22, "0.0.0.0/0", "temporary"), given=group)
    found, repair = _at_console("bari.gongju", DEV, SEOUL_REGION, begins + 48 * MINUTE)
    repair.look("network")
    repair.calls(closed(22, "0.0.0.0/0", "temporary"), given=group)
    return sign_in + path.events + found + repair.events


def trail_stopped(begins: int) -> Events:
    """Somebody of platform stops the account's own trail and deletes flow logs; security starts it 26 minutes later.

    The organization's trail goes on recording, which is how it is known.
    """
    sign_in, path = _at_console("ondal.go", PROD, SEOUL_REGION, begins)
    path.look("audit")
    trail = {"name": "arn:aws:cloudtrail:<region>:<account>:trail/moonrabbit-audit"}
    path.calls(
        Api("cloudtrail", "StopLogging", trail, reads=False),
        Api("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-<hex>"}}}, reads=False),
    )
    path.refused(Api("cloudtrail", "DeleteTrail", trail, reads=False))
    found, repair = _at_console("im.kkeokjeong", PROD, SEOUL_REGION, begins + 26 * MINUTE)
    repair.look("audit")
    repair.calls(Api("cloudtrail", "StartLogging", trail, reads=False))
    return sign_in + path.events + found + repair.events


def root_login(begins: int) -> Events:
    """The root user of the management account signs in, with MFA, to change the account's contact."""
    events = [root_signs_in(ROOT, SEOUL.addresses[0], BROWSERS[0], begins)]
    identity = identities.root_session(ROOT, begins)
    caller = Caller.of(identity, ROOT, SEOUL.addresses[0], BROWSERS[0], console=True)
    path = Path(caller, (ROOT, GLOBAL_REGION), begins + 20)
    path.look("users")
    path.calls(
        Api("account", "PutAlternateContact", {"alternateContactType": "SECURITY"}, reads=False),
        Api("iam", "CreateVirtualMFADevice", {"virtualMFADeviceName": "root-second"}, reads=False),
    )
    return events + path.events


def last_day_of_a_contractor(begins: int) -> Events:
    """On the evening of the last day, a contractor terminates fourteen instances of another office."""
    sign_in, path = _at_console("jane.doe", DEV, BERLIN_REGION, begins, PORTLAND.outside[0])
    path.look("instances", "scaling")
    path.calls(instances_ended(5), instances_ended(5), instances_ended(4))
    path.refused(Api("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "loyalty"}, reads=False))
    return sign_in + path.events


def bucket_made_public(begins: int) -> Events:
    """A bucket with invoices becomes public for an afternoon, to share one file with a supplier."""
    bucket = {"bucketName": "moonrabbit-invoices", "Host": "moonrabbit-invoices.s3.<region>.amazonaws.com"}
    sign_in, path = _at_console("shim.cheong", DATA, SEOUL_REGION, begins)
    path.look("storage")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    path.calls(
        Api("s3", "DeleteBucketPublicAccessBlock", {**bucket, "publicAccessBlock": ""}, reads=False),
        Api("s3", "PutBucketPolicy", {**bucket, "bucketPolicy": {"Statement": [statement]}}, reads=False),
    )
    found, repair = _at_console("im.kkeokjeong", DATA, SEOUL_REGION, begins + 5 * HOUR)
    repair.look("storage")
    repair.calls(
        Api("s3", "DeleteBucketPolicy", {**bucket, "policy": ""}, reads=False),
        Api("s3", "PutBucketPublicAccessBlock", {**bucket, "publicAccessBlock": ""}, reads=False),
    )
    return sign_in + path.events + found + repair.events


def key_about_to_be_deleted(begins: int) -> Events:
    """The key that encrypts the orders is scheduled for deletion by mistake; five hours later it is noticed."""
    key = {"keyId": "arn:aws:kms:<region>:<account>:key/5c9f6a0e-1111-4222-8333-abcdefabcdef"}
    sign_in, path = _at_console("max.mustermann", PROD, SEOUL_REGION, begins)
    path.look("secrets")
    path.calls(Api("kms", "ScheduleKeyDeletion", {**key, "pendingWindowInDays": 7}, reads=False))
    found, repair = _at_console("hong.gildong", PROD, SEOUL_REGION, begins + 5 * HOUR)
    repair.calls(Api("kms", "CancelKeyDeletion", key, reads=False), Api("kms", "EnableKey", key, reads=False))
    return sign_in + path.events + found + repair.events


def gpu_forgotten(begins: int) -> Events:
    """A developer tries to tell rice cakes apart on an instance with four GPUs, and goes home; it runs ever since."""
    sign_in, path = _at_console("gyeonwoo.mok", PROD, GLOBAL_REGION, begins)
    path.look("instances")
    given = _numbered([FORGOTTEN_INSTANCE.removeprefix("i-")])
    path.calls(instances_run(1, FORGOTTEN_KIND, "gpu-test"), given=given)
    return sign_in + path.events


class Path:
    """The way of one caller through an incident: call after call, some seconds apart."""

    def __init__(self, caller: Caller, place: Place, begins: int) -> None:
        self.events: Events = []
        self._caller = caller
        self._place = place
        self._second = begins
        self._random = Random(begins)

    def look(self, *topics: str) -> None:
        """Open pages of the console."""
        for topic in topics:
            self._second += 15
            for api in PAGES[topic]:
                self._add(api.at(self._place, self._random), 0)

    def calls(self, *apis: Api, given: Tokens | None = None) -> None:
        """Calls that go through, or fail as they say themselves."""
        for api in apis:
            self._add(api.at(self._place, self._random, given), self._random.randrange(8, 40))

    def refused(self, *apis: Api) -> None:
        """Calls for which a permission is missing."""
        for api in apis:
            self._add(api.denied(self._place, self._random, self._caller.arn), self._random.randrange(8, 40))

    def _add(self, call: Call, later: int) -> None:
        self._second += later
        self.events.append(Event(self._second, self._caller, call))


def _at_console(name: str, account: str, region: str, second: int, address: str | None = None) -> tuple[Events, Path]:
    """A person signs in from the office; the events of that, and the way on from there."""
    person = PEOPLE[name]
    seat = Seat(account, region, address or person.office.addresses[0], BROWSERS[0])
    sign_in = person_signs_in(person, account, region, seat.address, seat.browser, second)
    caller = console_caller(person, seat, second, Random(second))
    return sign_in, Path(caller, (account, region), second + 10)


def _in(days: int, search: str) -> str:
    return f"table duration={days}d cloudtrail* | search {search}"


TRAIL_INCIDENTS: tuple[Incident[Event], ...] = (
    Incident(
        "password-spraying",
        "Passwords sprayed from one network",
        "한 네트워크에서 시도된 비밀번호 스프레이 공격",
        timedelta(hours=10, minutes=50),
        ("L1", "L3", "L4"),
        _in(1, 'eventName == "ConsoleLogin" and isnotnull(errorMessage) and sourceIPAddress == "34.90.12.*"'),
        password_spraying,
    ),
    Incident(
        "login-from-new-country",
        "Sign-in without MFA from a country where nobody works",
        "근무자가 없는 국가에서 MFA 없이 로그인",
        timedelta(hours=9, minutes=20),
        ("L2", "L4", "T6"),
        _in(1, 'eventName == "ConsoleLogin" and isnull(errorMessage)')
        + " | eval src_ip = ip(sourceIPAddress) | lookup geoip src_ip output country"
        ' | search not(in(country, "KR", "DE", "US"))',
        login_from_new_country,
    ),
    Incident(
        "leaked-key",
        "Leaked key starts instances in an unused region",
        "유출된 액세스 키로 미사용 리전에서 인스턴스 시작",
        timedelta(hours=7, minutes=40),
        ("T1", "T2", "T6"),
        _in(1, f'eventName == "RunInstances" and isnull(errorCode) and awsRegion == "{UNUSED_REGION}"'),
        leaked_key,
    ),
    Incident(
        "policy-widened",
        "Policy that allows everything made default in the console",
        "콘솔에서 모든 권한을 허용하는 정책 버전 생성",
        timedelta(hours=6, minutes=10),
        ("T3", "T5", "T6"),
        _in(
            1,
            'eventName == "CreatePolicyVersion" and isnull(errorCode) and sessionCredentialFromConsole == "true"',
        ),
        policy_widened,
    ),
    Incident(
        "ssh-open-to-the-world",
        "SSH opened to the whole internet for 48 minutes",
        "48분 동안 전체 인터넷에 개방된 SSH",
        timedelta(hours=5),
        ("T4", "T5", "T6"),
        _in(1, 'eventName == "AuthorizeSecurityGroupIngress" and isnull(errorCode)')
        + ' | search string(requestParameters) == "*0.0.0.0/0*"',
        ssh_opened_to_the_world,
    ),
    Incident(
        "trail-stopped",
        "CloudTrail stopped, and started 26 minutes later",
        "CloudTrail 기록 중지 후 26분 만에 재시작",
        timedelta(hours=3, minutes=40),
        ("T5", "T6"),
        _in(1, 'in(eventName, "StopLogging", "StartLogging", "DeleteTrail")'),
        trail_stopped,
    ),
    Incident(
        "root-login",
        "Root user of the management account signed in",
        "관리 계정의 루트 사용자 로그인",
        timedelta(hours=2, minutes=20),
        ("L4", "T6"),
        _in(
            1,
            'eventName == "ConsoleLogin" and isnull(errorMessage) and valueof(userIdentity, "type") == "Root"',
        ),
        root_login,
    ),
    Incident(
        "last-day-of-a-contractor",
        "A contractor terminated fourteen instances on the last day",
        "계약 마지막 날 인스턴스 14대를 종료한 외주 인력",
        timedelta(days=3, hours=2),
        ("T2", "T5", "T6"),
        _in(
            4,
            'eventName == "TerminateInstances" and isnull(errorCode) and sessionCredentialFromConsole == "true"'
            f' and awsRegion == "{BERLIN_REGION}"',
        ),
        last_day_of_a_contractor,
    ),
    Incident(
        "bucket-made-public",
        "Bucket with invoices made public for an afternoon",
        "청구서 버킷이 반나절 동안 공개됨",
        timedelta(days=6, hours=4),
        ("T5", "T6"),
        _in(7, 'eventName == "*BucketPublicAccessBlock" and not(eventName == "Get*")'),
        bucket_made_public,
    ),
    Incident(
        "key-about-to-be-deleted",
        "Encryption key of the orders scheduled for deletion",
        "주문 데이터 암호화 키의 삭제 예약",
        timedelta(days=9, hours=6),
        ("T5", "T6"),
        _in(10, 'in(eventName, "ScheduleKeyDeletion", "CancelKeyDeletion")'),
        key_about_to_be_deleted,
    ),
    Incident(
        "gpu-forgotten",
        "GPU instance started for a test, and forgotten",
        "테스트용으로 시작한 뒤 방치된 GPU 인스턴스",
        timedelta(days=12, hours=5),
        ("C3", "C4", "W5", "W7"),
        _in(13, f'eventName == "RunInstances" and isnull(errorCode) and awsRegion == "{GLOBAL_REGION}"'),
        gpu_forgotten,
    ),
)


INCIDENTS: tuple[Incident[Any], ...] = (*TRAIL_INCIDENTS, *ELB_INCIDENTS)


def planted(now: int) -> Events:
    """The records of all incidents, given the second that counts as now."""
    return [event for incident in TRAIL_INCIDENTS for event in incident.events(incident.begins(now))]
