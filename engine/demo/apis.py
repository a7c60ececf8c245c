"""The operations that people call: pages of the console with what they read, and what can be changed on each."""

from __future__ import annotations

from typing import Any

from engine.demo.records import Api, Document

EVERYTHING: Document = {"filterSet": {}}


def _reads(service: str, **operations: Document | None) -> tuple[Api, ...]:
    return tuple(Api(service, name, parameters) for name, parameters in operations.items())


def _change(service: str, name: str, parameters: Document, response: Document | None = None) -> Api:
    return Api(service, name, parameters, response, reads=False)


def _ec2_change(name: str, parameters: Document, **response: Any) -> Api:
    """EC2 repeats the request's id in its answer."""
    return _change("ec2", name, parameters, {"requestId": "<request>", **(response or {"_return": True})})


def _ingress(port: int, cidr: str, description: str) -> Document:
    """The permission of one address range to reach one port."""
    rule = {"cidrIp": cidr, "description": description}
    return {
        "groupId": "sg-<hex>",
        "ipPermissions": {
            "items": [
                {
                    "ipProtocol": "tcp",
                    "fromPort": port,
                    "toPort": port,
                    "groups": {},
                    "ipRanges": {"items": [rule]},
                    "ipv6Ranges": {},
                    "prefixListIds": {},
                }
            ]
        },
    }


def opened(port: int, cidr: str, description: str) -> Api:
    """AuthorizeSecurityGroupIngress for one port and address range."""
    rule = {
        "groupOwnerId": "<account>",
        "groupId": "sg-<hex>",
        "securityGroupRuleId": "sgr-<hex#2>",
        "description": description,
        "isEgress": False,
        "ipProtocol": "tcp",
        "fromPort": port,
        "toPort": port,
        "cidrIpv4": cidr,
    }
    return _ec2_change(
        "AuthorizeSecurityGroupIngress",
        _ingress(port, cidr, description),
        _return=True,
        securityGroupRuleSet={"items": [rule]},
    )


def closed(port: int, cidr: str, description: str) -> Api:
    """RevokeSecurityGroupIngress for one port and address range."""
    return _ec2_change("RevokeSecurityGroupIngress", _ingress(port, cidr, description))


def instances_run(count: int, kind: str = "<instance>", tag: str = "<scaling>") -> Api:
    """RunInstances for `count` equal instances, with the part of the answer that people look at."""
    launched = [
        {
            "instanceId": f"i-<hex#{place}>",
            "imageId": "ami-0aa1d83d0b0985c86",
            "instanceState": {"code": 0, "name": "pending"},
            "privateDnsName": "ip-10-20-<number>-14.<region>.compute.internal",
            "amiLaunchIndex": place,
            "instanceType": kind,
            "placement": {"availabilityZone": "<region><zone>", "tenancy": "default"},
            "monitoring": {"state": "disabled"},
            "subnetId": "subnet-<hex#8>",
            "vpcId": "vpc-0a5f1b2c3d4e5f607",
            "privateIpAddress": "10.20.<number>.14",
            "architecture": "x86_64",
            "rootDeviceType": "ebs",
            "groupSet": {"items": [{"groupId": "sg-<hex#9>", "groupName": tag}]},
        }
        for place in range(count)
    ]
    parameters = {
        "instancesSet": {"items": [{"imageId": "ami-0aa1d83d0b0985c86", "minCount": count, "maxCount": count}]},
        "instanceType": kind,
        "blockDeviceMapping": {},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tags": [{"key": "service", "value": tag}]}],
        },
    }
    return _ec2_change(
        "RunInstances",
        parameters,
        reservationId="r-<hex#7>",
        ownerId="<account>",
        groupSet={},
        instancesSet={"items": launched},
    )


def instances_ended(count: int) -> Api:
    """TerminateInstances for `count` running instances."""
    ids = [f"i-<hex#{place}>" for place in range(count)]
    ended = [
        {
            "instanceId": instance,
            "currentState": {"code": 32, "name": "shutting-down"},
            "previousState": {"code": 16, "name": "running"},
        }
        for instance in ids
    ]
    return _ec2_change(
        "TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": instance} for instance in ids]}},
        instancesSet={"items": ended},
    )


def policy_changed(policy: str, document: str) -> Api:
    """CreatePolicyVersion that becomes the default at once."""
    return _change(
        "iam",
        "CreatePolicyVersion",
        {"policyArn": f"arn:aws:iam::<account>:policy/{policy}", "policyDocument": document, "setAsDefault": True},
        {"policyVersion": {"versionId": "v7", "isDefaultVersion": True}},
    )


PAGES: dict[str, tuple[Api, ...]] = {
    "instances": (
        *_reads(
            "ec2",
            DescribeInstances={"maxResults": 50, "instancesSet": {}, "filterSet": {}},
            DescribeInstanceStatus={"instancesSet": {"items": [{"instanceId": "i-<hex>"}]}, "filterSet": {}},
            DescribeVolumes={"maxResults": 100, "volumeSet": {}, "filterSet": {}},
            DescribeTags={
                "maxResults": 1000,
                "filterSet": {"items": [{"name": "key", "valueSet": {"items": [{"value": "service"}]}}]},
            },
            DescribeAddresses=EVERYTHING,
            DescribeRegions={"regionSet": {}},
        ),
        *_reads("monitoring", DescribeAlarms={"maxRecords": 100, "alarmTypes": ["MetricAlarm"]}),
    ),
    "network": _reads(
        "ec2",
        DescribeSecurityGroups={"maxResults": 1000, "securityGroupSet": {}, "securityGroupIdSet": {}, "filterSet": {}},
        DescribeSecurityGroupRules={
            "maxResults": 1000,
            "filterSet": {"items": [{"name": "group-id", "valueSet": {"items": [{"value": "sg-<hex>"}]}}]},
        },
        DescribeVpcs={"vpcSet": {}, "filterSet": {}},
        DescribeSubnets={"subnetSet": {}, "filterSet": {}},
        DescribeRouteTables={"routeTableIdSet": {}, "filterSet": {}},
        DescribeNetworkInterfaces={"networkInterfaceIdSet": {}, "filterSet": {}},
    ),
    "scaling": (
        *_reads(
            "autoscaling",
            DescribeAutoScalingGroups={"maxRecords": 100},
            DescribeScalingActivities={"autoScalingGroupName": "<scaling>", "maxRecords": 50},
            DescribePolicies={"autoScalingGroupName": "<scaling>"},
        ),
        *_reads(
            "elasticloadbalancing", DescribeLoadBalancers={"pageSize": 100}, DescribeTargetGroups={"pageSize": 100}
        ),
    ),
    "containers": (
        *_reads(
            "ecs",
            DescribeServices={"cluster": "shop", "services": ["<repository>"]},
            DescribeTasks={"cluster": "shop", "tasks": ["<uuid>"]},
            ListServices={"cluster": "shop", "maxResults": 100},
        ),
        *_reads(
            "ecr",
            DescribeImages={"repositoryName": "<repository>", "maxResults": 100},
            DescribeRepositories={"maxResults": 100},
        ),
    ),
    "functions": (
        *_reads(
            "lambda",
            ListFunctions20150331={"maxItems": 50},
            GetFunction20150331v2={"functionName": "<function>"},
            GetPolicy20150331v2={"functionName": "<function>"},
            ListTags20170331={"resource": "arn:aws:lambda:<region>:<account>:function:<function>"},
        ),
        *_reads("logs", DescribeLogStreams={"logGroupName": "<log>", "orderBy": "LastEventTime", "limit": 50}),
    ),
    "logs": _reads(
        "logs",
        DescribeLogGroups={"limit": 50},
        DescribeMetricFilters={"logGroupName": "<log>"},
        DescribeQueries={"maxResults": 50},
        GetQueryResults={"queryId": "<uuid>"},
    ),
    "queues": _reads(
        "sqs",
        ListQueues={"maxResults": 1000},
        GetQueueAttributes={
            "queueUrl": "https://sqs.<region>.amazonaws.com/<account>/<queue>",
            "attributeNames": ["All"],
        },
    ),
    "alarms": _reads(
        "monitoring",
        DescribeAlarms={"maxRecords": 100, "alarmTypes": ["MetricAlarm"]},
        ListDashboards=None,
        GetDashboard={"dashboardName": "shop"},
        ListMetrics={"namespace": "AWS/ApplicationELB"},
    ),
    "databases": _reads(
        "rds",
        DescribeDBInstances={"maxRecords": 100},
        DescribeDBClusters={"maxRecords": 100},
        DescribeDBSnapshots={"dBInstanceIdentifier": "<database>", "maxRecords": 100},
        DescribeEvents={"sourceType": "db-instance", "duration": 10080},
        DescribePendingMaintenanceActions=None,
    ),
    "secrets": _reads(
        "secretsmanager",
        ListSecrets={"maxResults": 100},
        DescribeSecret={"secretId": "<secret>"},
        GetResourcePolicy={"secretId": "<secret>"},
    ),
    "storage": _reads(
        "s3",
        ListBuckets=None,
        GetBucketAcl={"bucketName": "<bucket>", "acl": "", "Host": "<bucket>.s3.<region>.amazonaws.com"},
        GetBucketPolicyStatus={"bucketName": "<bucket>", "policyStatus": ""},
        GetBucketPublicAccessBlock={"bucketName": "<bucket>", "publicAccessBlock": ""},
        GetBucketVersioning={"bucketName": "<bucket>", "versioning": ""},
        GetBucketEncryption={"bucketName": "<bucket>", "encryption": ""},
    ),
    "roles": _reads(
        "iam",
        ListRoles={"maxItems": 1000},
        GetRole={"roleName": "<role>"},
        ListAttachedRolePolicies={"roleName": "<role>"},
        ListRolePolicies={"roleName": "<role>"},
        GetPolicyVersion={"policyArn": "arn:aws:iam::<account>:policy/<policy>", "versionId": "v3"},
    ),
    "users": _reads(
        "iam",
        ListUsers={"maxItems": 1000},
        ListMFADevices={"userName": "ondal.go"},
        ListAccessKeys={"userName": "ci-legacy"},
        GetAccountSummary=None,
        GetCredentialReport=None,
    ),
    "audit": _reads(
        "cloudtrail",
        DescribeTrails={"includeShadowTrails": True},
        GetTrailStatus={"name": "arn:aws:cloudtrail:us-east-1:<account>:trail/moonrabbit-audit"},
        LookupEvents={"maxResults": 50, "lookupAttributes": [{"attributeKey": "ReadOnly", "attributeValue": "false"}]},
    ),
    "bills": _reads(
        "ce",
        GetCostAndUsage={
            "timePeriod": {"start": "<day>-01", "end": "<day>-28"},
            "granularity": "MONTHLY",
            "metrics": ["UnblendedCost"],
        },
        GetCostForecast={"granularity": "MONTHLY", "metric": "UNBLENDED_COST"},
        GetDimensionValues={"dimension": "SERVICE"},
    ),
}

_OFFICE_TO_SHOP = opened(8443, "10.20.<number>.0/24", "office to staging")
_OFFICE_TO_DATABASE = opened(5432, "10.20.<number>.0/24", "loader to database")

CHANGES: dict[str, tuple[Api, ...]] = {
    "instances": (
        _ec2_change(
            "StopInstances",
            {"instancesSet": {"items": [{"instanceId": "i-<hex>"}]}, "force": False},
            instancesSet={"items": [{"instanceId": "i-<hex>", "currentState": {"code": 64, "name": "stopping"}}]},
        ),
        _ec2_change(
            "StartInstances",
            {"instancesSet": {"items": [{"instanceId": "i-<hex>"}]}},
            instancesSet={"items": [{"instanceId": "i-<hex>", "currentState": {"code": 0, "name": "pending"}}]},
        ),
        _ec2_change("RebootInstances", {"instancesSet": {"items": [{"instanceId": "i-<hex>"}]}}),
        _ec2_change(
            "CreateTags",
            {
                "resourcesSet": {"items": [{"resourceId": "i-<hex>"}]},
                "tagSet": {"items": [{"key": "service", "value": "<scaling>"}]},
            },
        ),
        _ec2_change("ModifyInstanceAttribute", {"instanceId": "i-<hex>", "instanceType": {"value": "<instance>"}}),
        _ec2_change(
            "CreateSnapshot",
            {"volumeId": "vol-<hex>", "description": "before the change"},
            snapshotId="snap-<hex#2>",
            status="pending",
        ),
    ),
    "network": (
        _OFFICE_TO_SHOP,
        _OFFICE_TO_DATABASE,
        closed(8443, "10.20.<number>.0/24", "office to staging"),
        _ec2_change("CreateRoute", {"routeTableId": "rtb-<hex>", "destinationCidrBlock": "10.<number>.0.0/16"}),
        _ec2_change("ModifySecurityGroupRules", {"ModifySecurityGroupRulesRequest": {"GroupId": "sg-<hex>"}}),
    ),
    "scaling": (
        _change("autoscaling", "SetDesiredCapacity", {"autoScalingGroupName": "<scaling>", "desiredCapacity": 6}),
        _change("autoscaling", "UpdateAutoScalingGroup", {"autoScalingGroupName": "<scaling>", "maxSize": 12}),
        _change("autoscaling", "StartInstanceRefresh", {"autoScalingGroupName": "<scaling>"}),
        _change("elasticloadbalancing", "ModifyTargetGroupAttributes", {"attributes": [{"key": "stickiness.enabled"}]}),
    ),
    "containers": (
        _change("ecs", "UpdateService", {"cluster": "shop", "service": "<repository>", "forceNewDeployment": True}),
        _change("ecs", "StopTask", {"cluster": "shop", "task": "<uuid>", "reason": "Task stopped by user"}),
        _change("ecs", "RegisterTaskDefinition", {"family": "<repository>", "networkMode": "awsvpc"}),
        _change("ecr", "BatchDeleteImage", {"repositoryName": "<repository>", "imageIds": [{"imageTag": "old"}]}),
    ),
    "functions": (
        _change("lambda", "UpdateFunctionCode20150331v2", {"functionName": "<function>", "publish": True}),
        _change(
            "lambda",
            "UpdateFunctionConfiguration20150331v2",
            {"functionName": "<function>", "environment": {}, "memorySize": 512},
            {"functionName": "<function>", "environment": {}, "memorySize": 512},
        ),
        _change("lambda", "PublishVersion20150331", {"functionName": "<function>"}),
    ),
    "logs": (
        _change("logs", "StartQuery", {"logGroupNames": ["<log>"], "queryString": "HIDDEN_DUE_TO_SECURITY_REASONS"}),
        _change("logs", "PutRetentionPolicy", {"logGroupName": "<log>", "retentionInDays": 30}),
        _change("logs", "PutMetricFilter", {"logGroupName": "<log>", "filterName": "errors"}),
    ),
    "queues": (
        _change("sqs", "PurgeQueue", {"queueUrl": "https://sqs.<region>.amazonaws.com/<account>/<queue>"}),
        _change("sqs", "SetQueueAttributes", {"queueUrl": "https://sqs.<region>.amazonaws.com/<account>/<queue>"}),
    ),
    "alarms": (
        _change("monitoring", "PutMetricAlarm", {"alarmName": "<alarm>", "threshold": 80, "period": 300}),
        _change("monitoring", "DisableAlarmActions", {"alarmNames": ["<alarm>"]}),
        _change("monitoring", "PutDashboard", {"dashboardName": "shop"}),
    ),
    "databases": (
        _change(
            "rds",
            "CreateDBSnapshot",
            {"dBInstanceIdentifier": "<database>", "dBSnapshotIdentifier": "<database>-before-change"},
        ),
        _change("rds", "ModifyDBInstance", {"dBInstanceIdentifier": "<database>", "allocatedStorage": 200}),
        _change("rds", "RebootDBInstance", {"dBInstanceIdentifier": "<database>"}),
    ),
    "secrets": (
        _change("secretsmanager", "PutSecretValue", {"secretId": "<secret>", "clientRequestToken": "<uuid>"}),
        _change("ssm", "PutParameter", {"name": "<parameter>", "value": "HIDDEN_DUE_TO_SECURITY_REASONS"}),
        _change("kms", "UpdateAlias", {"aliasName": "alias/shop", "targetKeyId": "<uuid>"}),
    ),
    "storage": (
        _change("s3", "PutBucketLifecycle", {"bucketName": "<bucket>", "lifecycle": ""}),
        _change("s3", "PutBucketTagging", {"bucketName": "<bucket>", "tagging": ""}),
        _change("s3", "PutBucketCors", {"bucketName": "<bucket>", "cors": ""}),
    ),
    "roles": (
        _change("iam", "TagRole", {"roleName": "<role>", "tags": [{"key": "team", "value": "shop"}]}),
        _change(
            "iam",
            "AttachRolePolicy",
            {"roleName": "<role>", "policyArn": "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"},
        ),
        _change("iam", "UpdateAssumeRolePolicy", {"roleName": "<role>"}),
    ),
    "users": (
        _change("iam", "UpdateLoginProfile", {"userName": "jeon.woochi", "passwordResetRequired": True}),
        _change("iam", "TagUser", {"userName": "ondal.go", "tags": [{"key": "team", "value": "platform"}]}),
    ),
    "audit": (
        _change("guardduty", "ArchiveFindings", {"detectorId": "<uuid>", "findingIds": ["<uuid#2>"]}),
        _change("securityhub", "BatchUpdateFindings", {"workflow": {"status": "RESOLVED"}}),
    ),
    "bills": (
        _change("budgets", "UpdateBudget", {"accountId": "<account>", "newBudget": {"budgetName": "rice-and-cloud"}}),
        _change("ce", "CreateAnomalyMonitor", {"anomalyMonitor": {"monitorName": "services"}}),
    ),
}
