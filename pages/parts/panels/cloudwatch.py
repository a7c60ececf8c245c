"""The CloudWatch dashboard: what runs, what is impaired, what lies idle, and how busy it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase

from pages.parts.panel import (
    Bars,
    Beside,
    BoxPlot,
    Column,
    Dashboard,
    Figure,
    Limits,
    NamedLines,
    Panel,
    Row,
    Signal,
    Table,
    Variant,
)
from pages.parts.texts import Text

NEVER = 1_000_000_000
ATTENTION, ALARM = Limits(amber=1, red=NEVER), Limits(amber=1, red=1)
ADDRESS_MONTH = 0.005 * 730  # USD: every public IPv4 address is billed by the hour, 730 hours are a month
# Families whose machines cost a lot: accelerators, huge memory, whole hosts.
DEAR = ("p[0-9]*.*", "g[0-9]*.*", "gr[0-9]*.*", "trn*.*", "inf*.*", "dl[0-9]*.*", "u-*", "u7*", "x[0-9]*.*", "*.metal*")
INSTANCE, INSTANCES = Text("Instance", "인스턴스"), Text("Instances", "인스턴스")
MEASUREMENTS = Text("Minutes", "분")
CPU_LIMITS = (80.0, 95.0)
EVENT_COLUMNS = "fields region, instance_id, state_name, event_count, events"


def type_signal(expected: Sequence[str]) -> Callable[[Row], Signal | None]:
    """What an instance type is noteworthy for: not among the expected ones, or a dear family."""

    def signal(row: Row) -> Signal | None:
        name = str(row["instance_type"])
        if expected and not any(fnmatchcase(name, pattern) for pattern in expected):
            return Signal("red", Text("not an expected type", "예상하지 않은 유형"))
        if any(fnmatchcase(name, pattern) for pattern in DEAR):
            return Signal("amber", Text("expensive family", "고가 인스턴스 계열"))
        return None

    return signal


def alarm_signal(row: Row) -> Signal | None:
    """Alarms that ring, and those that see nothing."""
    if row.get("state_value") == "ALARM":
        return Signal("red", Text("alarm", "경보"))
    if row.get("state_value") == "INSUFFICIENT_DATA":
        return Signal("amber", Text("no data", "데이터 부족"))
    return None


def monthly(count: float) -> Text:
    """What so many addresses cost in a month."""
    amount = count * ADDRESS_MONTH
    return Text(f"${amount:,.2f} a month", f"월 ${amount:,.2f}")


def idle_cost(row: Row) -> Text | None:
    return monthly(float(row["count"])) if row["count"] else None


def idle_size(row: Row) -> Text | None:
    return Text(f"{row['gib']:,.0f} GiB", f"{row['gib']:,.0f} GiB") if row["count"] else None


W1 = Panel(
    id="W1",
    title=Text("Running EC2 instances", "가동 EC2 인스턴스"),
    query="""\
aws-ec2-instances 
| search state_name == "running" 
| stats count""",  # noqa: W291
    visual=Figure(
        "count",
        beside=(
            Beside(
                Text("{n} allow IMDSv1", "IMDSv1 허용 {n}대"),
                'aws-ec2-instances | search state_name == "running" and imds_http_endpoint == "enabled" '
                'and imds_http_tokens == "optional" | stats count',
                ATTENTION,
            ),
            Beside(
                Text("{n} stopped", "중지됨 {n}대"), 'aws-ec2-instances | search state_name == "stopped" | stats count'
            ),
        ),
    ),
    help=Text(
        "Instances that run now, in all profiles and regions that are asked. Sudden growth points to a compromise, a "
        "sudden drop to an outage. An instance that allows IMDSv1 hands its credentials to anyone who makes it fetch a "
        "URL: require tokens (IMDSv2).",
        "조회한 모든 프로필과 리전에서 지금 실행 중인 인스턴스입니다. 갑자기 늘면 침해, 갑자기 줄면 장애를 의심하세요. "
        "IMDSv1을 허용하는 인스턴스는 서버가 임의 URL을 열게 하는 것만으로 자격 증명이 유출될 수 있으니 토큰(IMDSv2)을 "
        "필수로 바꾸세요.",
    ),
    height=270,
)

W2 = Panel(
    id="W2",
    title=Text("Impaired EC2 instances", "장애 EC2 인스턴스"),
    query="""\
aws-ec2-instance-statuses 
| search volume_status != "ok" 
| stats count""",  # noqa: W291
    visual=Figure(
        "count",
        limits=ALARM,
        beside=(
            Beside(
                Text("{n} with scheduled events", "예정된 이벤트 {n}대"),
                f"aws-ec2-instance-statuses | search event_count > 0 | {EVENT_COLUMNS} | stats count",
                ATTENTION,
            ),
        ),
    ),
    help=Text(
        "Instances that fail a health check of the instance, its host or its volumes: reboot, stop and start to move "
        "to another host, or replace. Scheduled events are maintenance or retirement that AWS has announced.",
        "인스턴스, 호스트, 볼륨 상태 검사 중 하나라도 실패한 인스턴스입니다. 재부팅하거나 중지 후 시작해 다른 호스트로 "
        "옮기고, 안 되면 교체하세요. 예정된 이벤트는 AWS가 공지한 점검이나 폐기입니다.",
    ),
    height=270,
    own_title=Text("Anything not ok", "정상이 아닌 모든 상태"),
    shown_first="impaired",
    variants=(
        Variant(
            "impaired",
            Text("Impaired only", "장애만"),
            'aws-ec2-instance-statuses\n| search instance_status == "impaired" or system_status == "impaired" '
            'or attached_ebs_status == "impaired"\n| stats count',
        ),
    ),
)

W3 = Panel(
    id="W3",
    title=Text("Abnormal EBS volumes", "비정상 볼륨 수"),
    query="""\
aws-ec2-volume-statuses 
| search volume_status != "ok" 
| stats count""",  # noqa: W291
    visual=Figure(
        "count",
        limits=ATTENTION,
        beside=(
            Beside(
                Text("{n} impaired", "장애 {n}개"),
                'aws-ec2-volume-statuses | search volume_status == "impaired" | stats count',
                ALARM,
            ),
            Beside(
                Text("{n} without instance", "미연결 볼륨 {n}개"),
                'aws-ec2-volumes | search state == "available" | stats count, sum(size) as gib',
                ATTENTION,
                idle_size,
            ),
        ),
    ),
    help=Text(
        "Volumes with degraded I/O or possibly inconsistent data: look at events and actions of the volume, check the "
        "file system, or restore a snapshot. New volumes have insufficient data for some minutes. Volumes without "
        "instance are billed all the same.",
        "I/O가 저하되었거나 데이터 일관성이 의심되는 볼륨입니다. 볼륨의 이벤트와 조치를 확인하고 파일 시스템을 "
        "점검하거나 스냅샷에서 복원하세요. 새 볼륨은 몇 분간 데이터 부족으로 나옵니다. 인스턴스에 연결되지 않은 볼륨도 "
        "똑같이 과금됩니다.",
    ),
    height=270,
    own_title=Text("With insufficient data", "데이터 부족 포함"),
    variants=(
        Variant(
            "known",
            Text("Impaired or warning", "장애·경고만"),
            'aws-ec2-volume-statuses\n| search in(volume_status, "impaired", "warning")\n| stats count',
        ),
    ),
)

W4 = Panel(
    id="W4",
    title=Text("Elastic IP addresses", "Elastic IP"),
    query="""\
aws-ec2-addresses 
| stats count""",  # noqa: W291
    visual=Figure(
        "count",
        beside=(
            Beside(
                Text("{n} unused", "미사용 {n}개"),
                "aws-ec2-addresses | search is_associated == false | stats count",
                ATTENTION,
                idle_cost,
            ),
        ),
    ),
    help=Text(
        "Public addresses that are kept. Each is billed by the hour (0.005 USD), used or not: release those that no "
        "instance has. The default quota is 5 per region.",
        "보유 중인 공인 IP 주소입니다. 사용하지 않아도 시간당 0.005 USD가 과금되니 연결되지 않은 주소는 반환하세요. "
        "기본 할당량은 리전당 5개입니다.",
    ),
    height=270,
)

W8 = Panel(
    id="W8",
    title=Text("Instances by region", "리전별 인스턴스"),
    query="""\
aws-ec2-instances
| search state_name == "running"
| stats count by region
| sort -count""",
    visual=Bars("region", "count", ("region",), kind=Text("Region", "리전"), counted=INSTANCES),
    help=Text(
        "Where instances run. A region that you do not use is the first place to look for a stranger's machines; "
        "regions that are not asked are not here.",
        "실행 중인 인스턴스의 리전입니다. 쓰지 않는 리전에 인스턴스가 있으면 침해를 먼저 의심하세요. 조회하지 않는 "
        "리전은 여기에 나오지 않습니다.",
    ),
    height=360,
)

W9 = Panel(
    id="W9",
    title=Text("CloudWatch alarms", "CloudWatch 경보"),
    query="""\
aws-cloudwatch-alarms
| eval rank = case(state_value == "ALARM", 0, state_value == "INSUFFICIENT_DATA", 1, 2)
| sort rank, -state_updated
| fields alarm_name, state_value, state_updated, state_reason, metric, region, profile""",
    visual=Table(
        {
            "alarm_name": Column(Text("Alarm", "경보")),
            "state_value": Column(Text("State", "상태"), width=150),
            "state_updated": Column(Text("Since", "변경 시각"), "time"),
            "state_reason": Column(Text("Reason", "이유"), width="large"),
            "metric": Column(Text("Metric", "지표"), width="small"),
            "region": Column(Text("Region", "리전"), width="small"),
            "profile": Column(Text("Profile", "프로필"), width="small"),
        },
        alarm_signal,
        ("alarm_name", "region", "profile"),
    ),
    help=Text(
        "Alarms that ring come first, then those that see no data: an alarm without data watches nothing.",
        "울리고 있는 경보, 데이터가 없는 경보 순으로 표시합니다. 데이터가 없는 경보는 아무것도 감시하지 못합니다.",
    ),
    height=360,
)

W6 = Panel(
    id="W6",
    title=Text("RDS SELECT latency, last hour", "최근 1시간 RDS SELECT 처리시간 분포"),
    query="""\
aws-cloudwatch-stats duration=1h span=1m metric="SelectLatency" 
| join label [ 
    aws-cloudwatch-stats duration=1h span=1m metric="SelectLatency" 
    | stats max(value) as value by label 
    | sort limit=5 -value 
    | fields label ]
| boxplot value by label""",  # noqa: W291
    visual=BoxPlot(
        "label", 0.010, 0.100, deciding="iqr2", seconds=0.001, kind=Text("Database", "데이터베이스"),
        counted=MEASUREMENTS,
    ),
    help=Text(
        "How long SELECT statements took on the five databases with the slowest minute. Each value is the mean of a "
        "minute, so the box shows how minutes differ, not single statements. Median over 10 ms amber, over 100 ms red: "
        "open the slow query log or Performance Insights of that instance. Only Aurora MySQL reports this metric.",
        "가장 느린 1분이 있었던 데이터베이스 5개의 SELECT 처리시간입니다. 값은 1분 평균이므로 상자는 개별 쿼리가 "
        "아니라 분 단위 편차를 보여 줍니다. 중앙값이 10ms를 넘으면 주의, 100ms를 넘으면 경고이니 해당 인스턴스의 느린 "
        "쿼리 로그나 성능 개선 도우미를 확인하세요. 이 지표는 Aurora MySQL만 제공합니다.",
    ),
    height=420,
    own_title=Text("All series", "모든 시계열"),
    variants=(
        Variant(
            "instances",
            Text("Instances only", "인스턴스만"),
            """\
aws-cloudwatch-stats duration=1h span=1m metric="SelectLatency" namespace="AWS/RDS" dimensions="DBInstanceIdentifier"
| join label [
    aws-cloudwatch-stats duration=1h span=1m metric="SelectLatency" namespace="AWS/RDS" \
dimensions="DBInstanceIdentifier"
    | stats max(value) as value by label
    | sort limit=5 -value
    | fields label ]
| boxplot value by label""",
        ),
    ),
)  # fmt: skip

CPU = 'aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"'
INSTANCE_CPU = f'{CPU} namespace="AWS/EC2" dimensions="InstanceId"'
W7 = Panel(
    id="W7",
    title=Text("CPU utilisation, last 24 h", "최근 24시간 CPU 사용률 추이"),
    query="""\
aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"
| join label [ 
    aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"
    | stats avg(value) as value by label
    | sort limit=15 -value 
    | fields label ]
| eval instance_id = strjoin("", foreach(if(valueof(_1, "name") == "InstanceId", valueof(_1, "value"), ""), dimensions))
| join type=left instance_id [
    aws-ec2-instances 
    | eval instance_name = strjoin("", foreach(if(valueof(_1, "key") == "Name", valueof(_1, "value"), ""), tags))
    | eval instance_name = if(len(instance_name) == 0, label, instance_name) 
    | fields instance_id, instance_name ]
| eval instance_name = if(len(instance_name) == 0, label, instance_name)
| timechart span=10m avg(value) by instance_name""",  # noqa: W291
    visual=NamedLines("percent", "instance_name", INSTANCE, timedelta(days=1), CPU_LIMITS),
    help=Text(
        "The 15 busiest machines. Amber line at 80%, red at 95%: three steps or more above it are overload, a runaway "
        "process or a miner. Machines with the same Name tag are one averaged line unless you choose otherwise below; "
        "series of databases and caches are named by their identifier.",
        "가장 바쁜 15대입니다. 주황 선은 80%, 빨간 선은 95%이며 세 구간 이상 넘으면 과부하, 폭주 프로세스, 채굴을 "
        "의심하세요. Name 태그가 같은 인스턴스는 평균한 선 하나로 그리며 아래에서 바꿀 수 있습니다. 데이터베이스와 "
        "캐시는 식별자로 표시합니다.",
    ),
    height=460,
    own_title=Text("By name", "이름별"),
    variants=(
        Variant(
            "each",
            Text("Each instance", "인스턴스마다"),
            f"""\
{INSTANCE_CPU}
| join label [
    {INSTANCE_CPU}
    | stats avg(value) as value by label
    | sort limit=15 -value
    | fields label ]
| eval instance_id = label
| join type=left instance_id [
    aws-ec2-instances
    | eval instance_name = nvl(name, "")
    | fields instance_id, instance_name ]
| eval instance_name = if(len(instance_name) == 0, instance_id, concat(instance_name, " (", instance_id, ")"))
| timechart span=10m avg(value) by instance_name""",
        ),
        Variant(
            "peaks",
            Text("Peaks by name", "이름별 최대값"),
            f"""\
{CPU} stat=max
| join label [
    {CPU} stat=max
    | stats max(value) as value by label
    | sort limit=15 -value
    | fields label ]
| eval instance_id = strjoin("", foreach(if(valueof(_1, "name") == "InstanceId", valueof(_1, "value"), ""), dimensions))
| join type=left instance_id [
    aws-ec2-instances
    | eval instance_name = nvl(name, "")
    | fields instance_id, instance_name ]
| eval instance_name = if(len(instance_name) == 0, label, instance_name)
| timechart span=10m max(value) by instance_name""",
        ),
    ),
)


def dashboard(expected_types: Sequence[str]) -> Dashboard:
    """The page; instances of other than the expected types, if there are any, are alarms."""
    w5 = Panel(
        id="W5",
        title=Text("EC2 instance types", "EC2 인스턴스 유형"),
        query="""\
aws-ec2-instances 
| search state_name == "running" 
| stats count by instance_type 
| sort -count""",  # noqa: W291
        visual=Bars(
            "instance_type", "count", ("instance_type",), signal=type_signal(expected_types),
            kind=Text("Type", "유형"), counted=INSTANCES,
        ),
        help=Text(
            "Types of running instances. Amber: families that cost a lot (accelerators, huge memory, bare metal). Red: "
            "types that TRAILBOARD_EXPECTED_INSTANCE_TYPES does not list.",
            "실행 중인 인스턴스의 유형입니다. 주황은 비용이 큰 계열(가속기, 초대용량 메모리, 베어 메탈), 빨강은 "
            "TRAILBOARD_EXPECTED_INSTANCE_TYPES에 없는 유형입니다.",
        ),
        height=420,
    )  # fmt: skip
    return Dashboard(
        id="cloudwatch",
        purpose=Text(
            "What runs, what is impaired, what lies idle, and how busy it is.",
            "실행 중인 자원과 장애, 유휴 자원, 사용률을 한눈에 봅니다.",
        ),
        rows=((W1, W2, W3, W4), (w5, W6), (W7,), (W8, W9)),
        widths=((1, 1, 1, 1), (2, 3), (1,), (1, 2)),
    )
