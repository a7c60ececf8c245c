"""`aws-rds-instances`: database instances of RDS, Aurora's too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.aws.command import COMMON, Action, Ask, AwsCommand
from engine.aws.documents import TAGS, get, present, tags
from engine.catalog import BOOL, DATE, INT, STRING, Field
from engine.language.nodes import Option

PAGE = 100  # the most that one page holds


@dataclass(frozen=True)
class RdsInstances(AwsCommand):
    """Database instances of RDS and Aurora; instances of one Aurora cluster share `db_cluster_identifier`.

    `certificate_valid_till` is when the server's certificate expires.

    Example:
        aws-rds-instances | search publicly_accessible or not(storage_encrypted)
    """

    word: ClassVar[str] = "aws-rds-instances"
    takes: ClassVar[tuple[Option, ...]] = (
        *COMMON,
        Option("db_instance", str, "only this instance"),
        Option("db_cluster", str, "only instances of these clusters, a comma list"),
    )
    service: ClassVar[str] = "rds"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("rds:DescribeDBInstances", "rds", "describe_db_instances", {"MaxRecords": 20}),
    )
    columns: ClassVar[tuple[Field, ...]] = (
        Field("db_instance_identifier", STRING, "name of the instance"),
        Field("db_cluster_identifier", STRING, "its cluster; null outside Aurora and Multi-AZ clusters"),
        Field("engine", STRING, "`aurora-mysql`, `postgres`, `mysql` …"),
        Field("engine_version", STRING, "version of the engine"),
        Field("db_instance_class", STRING, "its size, such as `db.r6g.large`"),
        Field("db_instance_status", STRING, "`available`, `stopped`, `modifying`, `storage-full` …"),
        Field("endpoint_address", STRING, "host name that clients connect to"),
        Field("endpoint_port", INT, "port that clients connect to"),
        Field("availability_zone", STRING, "zone it is in"),
        Field("multi_az", BOOL, "whether a standby in another zone takes over"),
        Field("publicly_accessible", BOOL, "whether it has a public address"),
        Field("storage_encrypted", BOOL, "whether its storage is encrypted"),
        Field("storage_type", STRING, "`gp3`, `io2`, `aurora` …"),
        Field("allocated_storage", INT, "GiB; 1 for Aurora, whose storage grows by itself"),
        Field("iops", INT, "provisioned operations a second"),
        Field("backup_retention_period", INT, "days that backups are kept; 0 when there are none"),
        Field("deletion_protection", BOOL, "whether it cannot be deleted by mistake"),
        Field("iam_auth_enabled", BOOL, "whether users of IAM can sign in"),
        Field("ca_certificate_identifier", STRING, "authority of its certificate"),
        Field("certificate_valid_till", DATE, "when its certificate expires"),
        Field("instance_create_time", DATE, "when it was made"),
        Field("vpc_id", STRING, "network it is in"),
        Field("tags", TAGS, "all tags"),
    )

    def rows(self, ask: Ask) -> Iterator[dict[str, Any]]:
        clusters = ask.option("db_cluster")
        wanted = [name.strip() for name in clusters.split(",")] if clusters else []
        instances = ask.items(
            "describe_db_instances",
            "DBInstances",
            DBInstanceIdentifier=ask.option("db_instance"),
            Filters=[{"Name": "db-cluster-id", "Values": wanted}] if wanted else None,
            MaxRecords=PAGE,
        )
        for instance in instances:
            yield {
                "db_instance_identifier": instance.get("DBInstanceIdentifier"),
                "db_cluster_identifier": present(instance.get("DBClusterIdentifier")),
                "engine": instance.get("Engine"),
                "engine_version": instance.get("EngineVersion"),
                "db_instance_class": instance.get("DBInstanceClass"),
                "db_instance_status": instance.get("DBInstanceStatus"),
                "endpoint_address": get(instance, "Endpoint", "Address"),
                "endpoint_port": get(instance, "Endpoint", "Port"),
                "availability_zone": instance.get("AvailabilityZone"),
                "multi_az": instance.get("MultiAZ"),
                "publicly_accessible": instance.get("PubliclyAccessible"),
                "storage_encrypted": instance.get("StorageEncrypted"),
                "storage_type": instance.get("StorageType"),
                "allocated_storage": instance.get("AllocatedStorage"),
                "iops": instance.get("Iops"),
                "backup_retention_period": instance.get("BackupRetentionPeriod"),
                "deletion_protection": instance.get("DeletionProtection"),
                "iam_auth_enabled": instance.get("IAMDatabaseAuthenticationEnabled"),
                "ca_certificate_identifier": present(instance.get("CACertificateIdentifier")),
                "certificate_valid_till": get(instance, "CertificateDetails", "ValidTill"),
                "instance_create_time": instance.get("InstanceCreateTime"),
                "vpc_id": present(get(instance, "DBSubnetGroup", "VpcId")),
                "tags": tags(instance, "TagList"),
            }
