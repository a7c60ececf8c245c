"""RDS: three clusters of Aurora MySQL, and one PostgreSQL that was set up in a hurry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from engine.demo.aws.answers import Asked, Document, refused, tagged
from engine.demo.aws.ec2 import group_id, require_enabled
from engine.demo.aws.estate import VPCS, Estate, made_id
from engine.demo.company import BERLIN_REGION, SEOUL_REGION


@dataclass(frozen=True)
class Database:
    """An instance of RDS: `cluster` is null outside Aurora; `age` in days; `select` in milliseconds, usually."""

    name: str
    cluster: str | None
    kind: str
    region: str
    zone: str
    age: int
    team: str
    writer: bool = True
    select: float | None = None
    spread: float = 0.2  # of `select`, in powers of e
    cpu: float = 20
    swing: float = 20
    public: bool = False
    encrypted: bool = True


DATABASES = (
    Database("orders-primary", "orders", "db.r6g.xlarge", SEOUL_REGION, "a", 420, "backend", select=0.7, cpu=28),
    Database(
        "orders-replica", "orders", "db.r6g.large", SEOUL_REGION, "b", 420, "backend", False, 1.3, 0.3, 34, swing=24
    ),
    Database(
        "orders-reporting", "orders", "db.r6g.large", SEOUL_REGION, "c", 88, "data", False, 34, 0.7, cpu=64, swing=20
    ),
    Database("payments-1", "payments", "db.r6g.large", SEOUL_REGION, "a", 388, "backend", select=0.9, cpu=12),
    Database("payments-2", "payments", "db.r6g.large", SEOUL_REGION, "c", 388, "backend", False, 0.4, cpu=6, swing=4),
    Database("catalogue-1", "catalogue", "db.serverless", BERLIN_REGION, "a", 140, "backend", select=2.8, spread=0.45),
    Database(
        "loyalty", None, "db.t4g.medium", SEOUL_REGION, "b", 655, "backend", cpu=41, swing=10, public=True,
        encrypted=False,
    ),
)  # fmt: skip
AURORA = ("aurora-mysql", "8.0.mysql_aurora.3.08.2", 3306)
POSTGRES = ("postgres", "15.8", 5432)


def describe_db_instances(estate: Estate, region: str | None, asked: Asked) -> Iterator[Document]:
    """The instances of a region, or the one that is asked for."""
    region = require_enabled(region, "describe_db_instances")
    found = [database for database in DATABASES if database.region == region]
    wanted = asked.get("DBInstanceIdentifier")
    if wanted is not None:
        found = [database for database in found if database.name == wanted]
        if not found:
            raise refused("describe_db_instances", "DBInstanceNotFound", f"DBInstance {wanted} not found.")
    for condition in asked.get("Filters") or ():
        member = {"db-instance-id": "name", "db-cluster-id": "cluster"}.get(condition["Name"])
        if member is None:
            raise refused("describe_db_instances", "InvalidParameterValue", f"Unrecognized filter {condition['Name']}")
        found = [database for database in found if getattr(database, member) in condition["Values"]]
    yield {"DBInstances": [_document(database, estate) for database in found]}


def _document(database: Database, estate: Estate) -> Document:
    aurora = database.cluster is not None
    engine, version, port = AURORA if aurora else POSTGRES
    region, created = database.region, estate.ago(days=database.age, hours=-9)
    cluster = {"DBClusterIdentifier": database.cluster} if aurora else {}
    storage = {"Iops": 3000, "StorageThroughput": 125} if not aurora else {}
    key = f"arn:aws:kms:{region}:{estate.account}:key/5c9f6a0e-1111-4222-8333-abcdefabcdef"
    return {
        "DBInstanceIdentifier": database.name,
        **cluster,
        "DBInstanceArn": f"arn:aws:rds:{region}:{estate.account}:db:{database.name}",
        "DBInstanceClass": database.kind,
        "DBInstanceStatus": "available",
        "DbiResourceId": "db-" + made_id("", database.name)[1:].upper() + "EXAMPLE",
        "Engine": engine,
        "EngineVersion": version,
        "EngineLifecycleSupport": "open-source-rds-extended-support",
        "MasterUsername": "admin",
        "Endpoint": {
            "Address": f"{database.name}.c9akciq32rgc.{region}.rds.amazonaws.com",
            "Port": port,
            "HostedZoneId": "ZLA2NUCOLGUUR" if region == SEOUL_REGION else "Z1RLNUO7B9Q6NB",
        },
        "AllocatedStorage": 1 if aurora else 200,
        **storage,
        "StorageType": "aurora" if aurora else "gp3",
        "StorageEncrypted": database.encrypted,
        **({"KmsKeyId": key} if database.encrypted else {}),
        "InstanceCreateTime": created,
        "AvailabilityZone": f"{region}{database.zone}",
        "MultiAZ": False,
        "PubliclyAccessible": database.public,
        "AutoMinorVersionUpgrade": True,
        "BackupRetentionPeriod": 14 if aurora else 1,
        "PreferredBackupWindow": "17:10-17:40",
        "PreferredMaintenanceWindow": "sun:18:00-sun:18:30",
        "LatestRestorableTime": estate.now.replace(microsecond=0) - timedelta(minutes=4),
        "CopyTagsToSnapshot": True,
        "DeletionProtection": aurora,
        "IAMDatabaseAuthenticationEnabled": aurora,
        "PerformanceInsightsEnabled": aurora,
        "MonitoringInterval": 0,
        "PromotionTier": 0 if database.writer else 1,
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CertificateDetails": {
            "CAIdentifier": "rds-ca-rsa2048-g1",
            "ValidTill": estate.ago(days=database.age % 300) + timedelta(days=365 if aurora else 90),
        },
        "DBParameterGroups": [
            {"DBParameterGroupName": f"default.{engine}{version[:3]}", "ParameterApplyStatus": "in-sync"}
        ],
        "VpcSecurityGroups": [{"VpcSecurityGroupId": group_id(region, "databases"), "Status": "active"}],
        "DBSubnetGroup": {
            "DBSubnetGroupName": "databases",
            "DBSubnetGroupDescription": "Subnets of databases",
            "VpcId": VPCS[region],
            "SubnetGroupStatus": "Complete",
            "Subnets": [],
        },
        "PendingModifiedValues": {},
        "TagList": tagged(team=database.team),
    }
