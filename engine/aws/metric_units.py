"""Units of well-known CloudWatch metrics: GetMetricData does not tell them."""

from __future__ import annotations

from collections.abc import Mapping

_PERCENT, _COUNT, _BYTES, _SECONDS, _MILLISECONDS = "Percent", "Count", "Bytes", "Seconds", "Milliseconds"
_PER_SECOND, _BYTES_PER_SECOND = "Count/Second", "Bytes/Second"

UNITS: Mapping[str, Mapping[str, str]] = {
    namespace: {name: unit for unit, names in metrics.items() for name in names.split()}
    for namespace, metrics in {
        "AWS/EC2": {
            _PERCENT: "CPUUtilization EBSIOBalance% EBSByteBalance%",
            _BYTES: "NetworkIn NetworkOut DiskReadBytes DiskWriteBytes EBSReadBytes EBSWriteBytes",
            _COUNT: "NetworkPacketsIn NetworkPacketsOut DiskReadOps DiskWriteOps EBSReadOps EBSWriteOps "
            "CPUCreditUsage CPUCreditBalance CPUSurplusCreditBalance CPUSurplusCreditsCharged MetadataNoToken "
            "StatusCheckFailed StatusCheckFailed_Instance StatusCheckFailed_System StatusCheckFailed_AttachedEBS",
        },
        "AWS/EBS": {
            _PERCENT: "BurstBalance",
            _BYTES: "VolumeReadBytes VolumeWriteBytes",
            _COUNT: "VolumeReadOps VolumeWriteOps VolumeQueueLength",
            _SECONDS: "VolumeTotalReadTime VolumeTotalWriteTime VolumeIdleTime",
        },
        "AWS/RDS": {
            _PERCENT: "CPUUtilization BufferCacheHitRatio BurstBalance EBSIOBalance% EBSByteBalance%",
            _BYTES: "FreeableMemory FreeStorageSpace FreeLocalStorage SwapUsage VolumeBytesUsed BinLogDiskUsage",
            _COUNT: "DatabaseConnections DiskQueueDepth CPUCreditUsage CPUCreditBalance",
            _PER_SECOND: "ReadIOPS WriteIOPS Queries Deadlocks SelectThroughput InsertThroughput UpdateThroughput "
            "DeleteThroughput DMLThroughput DDLThroughput CommitThroughput",
            _BYTES_PER_SECOND: "ReadThroughput WriteThroughput NetworkReceiveThroughput NetworkTransmitThroughput",
            _SECONDS: "ReadLatency WriteLatency ReplicaLag",
            _MILLISECONDS: "SelectLatency InsertLatency UpdateLatency DeleteLatency DMLLatency DDLLatency "
            "CommitLatency AuroraReplicaLag",
        },
        "AWS/ElastiCache": {
            _PERCENT: "CPUUtilization EngineCPUUtilization DatabaseMemoryUsagePercentage",
            _BYTES: "FreeableMemory SwapUsage BytesUsedForCache NetworkBytesIn NetworkBytesOut",
            _COUNT: "CurrConnections NewConnections Evictions CacheHits CacheMisses CurrItems Reclaimed",
            _SECONDS: "ReplicationLag",
        },
        "AWS/ApplicationELB": {
            _SECONDS: "TargetResponseTime",
            _BYTES: "ProcessedBytes",
            _COUNT: "RequestCount ActiveConnectionCount NewConnectionCount HealthyHostCount UnHealthyHostCount "
            "HTTPCode_ELB_4XX_Count HTTPCode_ELB_5XX_Count HTTPCode_Target_2XX_Count HTTPCode_Target_3XX_Count "
            "HTTPCode_Target_4XX_Count HTTPCode_Target_5XX_Count RejectedConnectionCount",
        },
        "AWS/Lambda": {
            _MILLISECONDS: "Duration IteratorAge",
            _COUNT: "Invocations Errors Throttles ConcurrentExecutions DeadLetterErrors",
        },
        "AWS/ECS": {_PERCENT: "CPUUtilization MemoryUtilization CPUReservation MemoryReservation"},
        "AWS/S3": {_BYTES: "BucketSizeBytes", _COUNT: "NumberOfObjects"},
        "AWS/SQS": {
            _SECONDS: "ApproximateAgeOfOldestMessage",
            _COUNT: "ApproximateNumberOfMessagesVisible ApproximateNumberOfMessagesNotVisible NumberOfMessagesSent "
            "NumberOfMessagesReceived NumberOfMessagesDeleted",
        },
        "AWS/NATGateway": {
            _BYTES: "BytesInFromDestination BytesInFromSource BytesOutToDestination BytesOutToSource",
            _COUNT: "ActiveConnectionCount ConnectionAttemptCount ErrorPortAllocation PacketsDropCount",
        },
        "CWAgent": {_PERCENT: "mem_used_percent disk_used_percent swap_used_percent"},
    }.items()
}


def unit_of(namespace: str, metric: str, stat: str) -> str | None:
    """The unit of a statistic, null when it is not known.

    >>> unit_of("AWS/EC2", "CPUUtilization", "p95"), unit_of("AWS/EC2", "CPUUtilization", "count")
    ('Percent', 'Count')
    """
    match stat[:2].lower():
        case "co" | "tc":
            return _COUNT
        case "pr":
            return _PERCENT
    return UNITS.get(namespace, {}).get(metric)
