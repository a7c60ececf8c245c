"""What never sleeps: services and roles that call each other all day, and the shop's instances coming and going."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from engine.demo import identities
from engine.demo.apis import instances_ended, instances_run
from engine.demo.company import (
    BERLIN_REGION,
    CLUSTER_ADDRESSES,
    DATA,
    DEV,
    GLOBAL_REGION,
    MONITORING_ADDRESSES,
    MONITORING_VENDOR,
    NAT_GATEWAYS,
    PROD,
    ROOT,
    SECURITY,
    SEOUL,
    SEOUL_REGION,
)
from engine.demo.records import Api, Caller, Document, Event, Place, hexadecimal
from engine.demo.rhythm import ALWAYS, SHOP, about, is_day_off, midnight, spread

SSM_AGENT = "aws-sdk-go/1.55.5 (go1.24.6; linux; amd64) amazon-ssm-agent/3.3.3050.0"
KUBERNETES = "aws-sdk-go-v2/1.39.2 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64 kubernetes/v1.33.5"
LAMBDA_RUNTIME = "Boto3/1.40.40 md/Botocore#1.40.40 ua/2.1 os/linux lang/python#3.13.7 exec-env/AWS_Lambda_python3.13"
JAVA = "aws-sdk-java/2.34.5 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.0 lang/java#21.0.8 exec-env/AWS_ECS_FARGATE"
OBSERVER = "Datagram-Observer/7.70 aws-sdk-go-v2/1.39.0"


@dataclass(frozen=True)
class Machine:
    """A role or service: where it lives, what it calls, how often a day and along which curve."""

    name: str
    place: Place
    apis: tuple[Api, ...]
    per_day: int
    agent: str
    addresses: tuple[str, ...]
    sessions: tuple[str, ...] = ()  # none: a service of AWS that acts by itself
    invoked_by: str | None = None
    curve: Sequence[int] = ALWAYS
    renewed: int = 6 * 3600  # seconds that credentials live

    def caller(self, session: int, period: int) -> Caller:
        """The caller with the credentials of one period."""
        return _caller(self.place[0], self._identity(session, period), self.addresses[session], self.agent)

    def _identity(self, session: int, period: int) -> tuple[str, str, int, str | None]:
        name = self.sessions[session] if self.sessions else ""
        return (self.name, name, period * self.renewed, self.invoked_by)


@cache
def _caller(account: str, identity: tuple[str, str, int, str | None], address: str, agent: str) -> Caller:
    name, session, since, invoked_by = identity
    document: Document
    if not session:
        document = identities.service(name)
    elif session.startswith("i-"):
        document = identities.instance_session(name, account, session, since)
    else:
        document = identities.role_session(name, account, session, since, invoked_by=invoked_by)
    return Caller.of(document, account, address, agent, version="1.10" if invoked_by else "1.11")


def _service(name: str, place: Place, per_day: int, *apis: Api, curve: Sequence[int] = ALWAYS) -> Machine:
    """A service of AWS: its DNS name stands where an address would."""
    return Machine(name, place, apis, per_day, name, (name,), curve=curve)


def _linked(role: str, service: str, place: Place, per_day: int, *apis: Api) -> Machine:
    """A service behind a role that was made for it."""
    return Machine(role, place, apis, per_day, service, (service,), (role.removeprefix("AWSServiceRoleFor"),), service)


def _assumes(role: str) -> Api:
    credentials = {"accessKeyId": "<key>", "sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    return Api(
        "sts",
        "AssumeRole",
        {
            "roleArn": f"arn:aws:iam::<account>:role/{role}",
            "roleSessionName": "<role>-<number>",
            "durationSeconds": 3600,
        },
        {"credentials": credentials},
        (f"arn:aws:iam::<account>:role/{role}", "AWS::IAM::Role"),
    )


_KEY = ("arn:aws:kms:<region>:<account>:key/5c9f6a0e-1111-4222-8333-abcdefabcdef", "AWS::KMS::Key")
_DECRYPT_SECRET = Api(
    "kms",
    "Decrypt",
    {
        "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "encryptionContext": {"SecretARN": "arn:aws:secretsmanager:<region>:<account>:secret:<secret>"},
    },
    resource=_KEY,
)
_DECRYPT_OBJECT = Api(
    "kms",
    "Decrypt",
    {
        "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "encryptionContext": {"aws:s3:arn": "arn:aws:s3:::<bucket>"},
    },
    resource=_KEY,
)
_DATA_KEY = Api(
    "kms",
    "GenerateDataKey",
    {"keySpec": "AES_256", "keyId": _KEY[0], "encryptionContext": {"aws:s3:arn": "arn:aws:s3:::<bucket>"}},
    resource=_KEY,
)
_SECRET = Api("secretsmanager", "GetSecretValue", {"secretId": "<secret>"})
_OBJECT = ("arn:aws:s3:::<bucket>/<day>/<uuid>.json", "AWS::S3::Object")
_GET_OBJECT = Api(
    "s3",
    "GetObject",
    {"bucketName": "<bucket>", "key": "<day>/<uuid>.json", "Host": "<bucket>.s3.<region>.amazonaws.com"},
    None,
    _OBJECT,
    {"SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256", "bytesTransferredOut": 20480.0},
    data=True,
)
_PUT_OBJECT = Api(
    "s3",
    "PutObject",
    {"bucketName": "<bucket>", "key": "<day>/<uuid>.json", "Host": "<bucket>.s3.<region>.amazonaws.com"},
    {"x-amz-server-side-encryption": "aws:kms"},
    _OBJECT,
    {"SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256", "bytesTransferredIn": 4096.0},
    reads=False,
    data=True,
)
_LOG_STREAM = Api("logs", "CreateLogStream", {"logGroupName": "<log>", "logStreamName": "<uuid>"}, reads=False)
_MISSING_PARAMETER = Api(
    "ssm",
    "GetParameter",
    {"name": "/steamer/humidity"},
    error=("ParameterNotFound", "Parameter /steamer/humidity not found."),
)
_ROTATED_KEY = Api("kms", "RotateKey", reads=False, kind="AwsServiceEvent", resource=_KEY, details={"keyId": "<uuid>"})

_CONFIG = (
    Api("ec2", "DescribeSecurityGroups", {"maxResults": 1000, "securityGroupSet": {}, "filterSet": {}}),
    Api("ec2", "DescribeInstances", {"maxResults": 1000, "instancesSet": {}, "filterSet": {}}),
    Api("s3", "GetBucketPolicy", {"bucketName": "<bucket>", "policy": ""}),
    Api("s3", "GetBucketAcl", {"bucketName": "<bucket>", "acl": ""}),
    Api("rds", "DescribeDBInstances", {"maxRecords": 100}),
    Api("lambda", "ListFunctions20150331", {"maxItems": 50}),
)
_AGENT = (
    Api("ssm", "UpdateInstanceInformation", {"agentVersion": "3.3.3050.0", "agentStatus": "Active"}, reads=False),
    Api("ssm", "ListInstanceAssociations", {"instanceId": "i-<hex>", "maxResults": 20}),
    Api("ssm", "DescribeDocument", {"name": "AWS-GatherSoftwareInventory"}),
)
_CLUSTER = (
    Api("ec2", "DescribeInstances", {"instancesSet": {"items": [{"instanceId": "i-<hex>"}]}, "filterSet": {}}),
    Api("ec2", "DescribeNetworkInterfaces", {"networkInterfaceIdSet": {}, "filterSet": {}}),
    Api("elasticloadbalancing", "DescribeTargetHealth", {"targetGroupArn": "targetgroup/shop-web/<number>"}),
    Api("autoscaling", "DescribeAutoScalingGroups", {"maxRecords": 100}),
    Api("ecr", "GetAuthorizationToken", None),
    Api("ecr", "BatchGetImage", {"repositoryName": "<repository>", "imageIds": [{"imageTag": "live"}]}),
)
_METRICS = (
    Api("monitoring", "GetMetricData", {"maxDatapoints": 500}),
    Api("monitoring", "ListMetrics", {"namespace": "AWS/ApplicationELB"}),
    Api("ec2", "DescribeInstances", {"maxResults": 1000, "instancesSet": {}, "filterSet": {}}),
    Api("tagging", "GetResources", {"resourcesPerPage": 100}),
)
_TABLES = (
    Api("dynamodb", "DescribeTable", {"tableName": "<table>"}),
    Api("sqs", "GetQueueUrl", {"queueName": "<queue>"}),
    _SECRET,
)


def _agents(account: str, region: str, count: int, per_day: int) -> Machine:
    random = Random(f"instances of {account} in {region}")
    instances = tuple(f"i-{hexadecimal(random)}" for _ in range(count))
    addresses = tuple(random.choice(NAT_GATEWAYS[region]) for _ in range(count))
    return Machine("shop-instance", (account, region), _AGENT, per_day, SSM_AGENT, addresses, instances)


def _cluster(account: str, region: str, per_day: int) -> Machine:
    nodes = tuple(f"node-{place}" for place in range(len(CLUSTER_ADDRESSES)))
    return Machine(
        "steamer-cluster", (account, region), _CLUSTER, per_day, KUBERNETES, CLUSTER_ADDRESSES, nodes, renewed=3600
    )


def _functions(place: Place, per_day: int, *apis: Api) -> Machine:
    addresses = NAT_GATEWAYS[place[1]][:1] * 3
    names = ("checkout", "delivery-slots", "label-printer")
    return Machine("checkout-lambda", place, apis, per_day, LAMBDA_RUNTIME, addresses, names, curve=SHOP)


_PROD_SEOUL, _PROD_BERLIN, _PROD_GLOBAL = (PROD, SEOUL_REGION), (PROD, BERLIN_REGION), (PROD, GLOBAL_REGION)
_DEV_SEOUL, _DEV_BERLIN = (DEV, SEOUL_REGION), (DEV, BERLIN_REGION)
_DATA_SEOUL, _DATA_BERLIN = (DATA, SEOUL_REGION), (DATA, BERLIN_REGION)

MACHINES = (
    _service("lambda.amazonaws.com", _PROD_SEOUL, 770, _assumes("checkout-lambda"), curve=SHOP),
    _service("ecs-tasks.amazonaws.com", _PROD_SEOUL, 320, _assumes("checkout-task"), curve=SHOP),
    _service("ec2.amazonaws.com", _PROD_SEOUL, 200, _assumes("shop-instance")),
    _service("lambda.amazonaws.com", _PROD_BERLIN, 200, _assumes("checkout-lambda")),
    _service("ec2.amazonaws.com", _DEV_SEOUL, 90, _assumes("shop-instance")),
    _service("config.amazonaws.com", (SECURITY, GLOBAL_REGION), 90, _assumes("config-aggregator")),
    _service("cloudtrail.amazonaws.com", (ROOT, GLOBAL_REGION), 220, _DATA_KEY),
    _service("kms.amazonaws.com", (DATA, SEOUL_REGION), 2, _ROTATED_KEY),
    _linked("AWSServiceRoleForConfig", "config.amazonaws.com", _PROD_SEOUL, 320, *_CONFIG),
    _linked("AWSServiceRoleForConfig", "config.amazonaws.com", _DEV_SEOUL, 180, *_CONFIG),
    _linked("AWSServiceRoleForConfig", "config.amazonaws.com", _PROD_BERLIN, 120, *_CONFIG),
    _agents(PROD, SEOUL_REGION, 9, 850),
    _agents(PROD, BERLIN_REGION, 4, 280),
    _agents(DEV, SEOUL_REGION, 4, 230),
    _agents(DEV, BERLIN_REGION, 2, 110),
    _cluster(PROD, SEOUL_REGION, 1160),
    _cluster(DEV, SEOUL_REGION, 350),
    _functions(_PROD_SEOUL, 690, *_TABLES, _LOG_STREAM, _MISSING_PARAMETER),
    _functions(_PROD_GLOBAL, 120, _SECRET, _LOG_STREAM),
    Machine(
        "checkout-lambda", _PROD_SEOUL, (_DECRYPT_SECRET,), 540, "secretsmanager.amazonaws.com",
        ("secretsmanager.amazonaws.com",), ("checkout",), "secretsmanager.amazonaws.com", SHOP,
    ),
    Machine(
        "data-loader", _DATA_SEOUL, (_DECRYPT_OBJECT, _DATA_KEY), 320, "AWS Internal", ("AWS Internal",), ("loader",),
        "s3.amazonaws.com",
    ),
    Machine(
        "data-loader", _DATA_SEOUL, (_GET_OBJECT, _PUT_OBJECT), 690, JAVA, ("10.20.9.31", "10.20.9.32"),
        ("loader-0", "loader-1"), renewed=3600,
    ),
    Machine(
        "data-loader", _DATA_BERLIN, (_GET_OBJECT, _SECRET), 200, JAVA, ("2a05:d014:3e0::5",), ("loader-eu",),
    ),
    Machine(
        "observer-integration", _PROD_SEOUL, _METRICS, 690, OBSERVER, MONITORING_ADDRESSES, ("observer", "observer-2"),
        renewed=3600,
    ),
)  # fmt: skip


def run_all_day(day: date) -> Iterator[Event]:
    """A day of every machine, from midnight in Seoul."""
    begins = midnight(day, SEOUL.zone)
    for number, machine in enumerate(MACHINES):
        yield from _run(machine, begins, Random(f"machine {number} {day}"))
    yield from vendor_comes_in(begins, Random(f"vendor {day}"))
    yield from scale(day)


def _run(machine: Machine, begins: int, random: Random) -> Iterator[Event]:
    seconds = spread(random, begins, about(random, machine.per_day), machine.curve)
    apis = random.choices(machine.apis, k=len(seconds))
    sessions = random.choices(range(max(1, len(machine.sessions))), k=len(seconds))
    for second, api, session in zip(seconds, apis, sessions, strict=True):
        caller = machine.caller(session, second // machine.renewed)
        yield Event(second, caller, api.at(machine.place, random))


def vendor_comes_in(begins: int, random: Random) -> Iterator[Event]:
    """The monitoring vendor assumes its role from an account of its own, once an hour."""
    identity = identities.other_account(MONITORING_VENDOR, "observer")
    caller = Caller.of(identity, PROD, MONITORING_ADDRESSES[0], OBSERVER)
    api = _assumes_observer
    for hour in range(24):
        yield Event(begins + hour * 3600 + 7, caller, api.at(_PROD_SEOUL, random))


_assumes_observer = _assumes("observer-integration")

_LAUNCH = instances_run(1)
_END = instances_ended(1)


def scale(day: date) -> Iterator[Event]:
    """Auto Scaling follows the shop's customers: more instances before noon and in the evening, fewer at night."""
    begins, random = midnight(day, SEOUL.zone), Random(f"scaling {day}")
    service = "autoscaling.amazonaws.com"
    role = "AWSServiceRoleForAutoScaling"
    busy = 8 if is_day_off(day) else 14
    for place, often in ((_PROD_SEOUL, busy), (_PROD_BERLIN, busy // 3)):
        identity = identities.role_session(role, place[0], "AutoScaling", begins, invoked_by=service)
        caller = Caller.of(identity, place[0], service, service)
        for second in spread(random, begins, about(random, often), SHOP):
            instance = {"<hex#0>": hexadecimal(random)}
            yield Event(second, caller, _LAUNCH.at(place, random, instance))
            lived = int(random.uniform(2, 9) * 3600)
            yield Event(second + lived, caller, _END.at(place, random, instance))
