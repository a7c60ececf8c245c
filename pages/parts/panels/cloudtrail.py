"""The CloudTrail dashboard: who changed what, read-only calls left out."""

from __future__ import annotations

from collections.abc import Iterable

from engine.settings import Settings
from pages.parts.panel import (
    Baseline,
    Column,
    Dashboard,
    Escalation,
    Limits,
    Mark,
    Number,
    Panel,
    Row,
    Signal,
    StackedColumns,
    Table,
    Variant,
)
from pages.parts.scopes import DISPLAY_USER
from pages.parts.texts import Text

DENIED = ("AccessDenied", "Unauthorized", "Client.Unauthorized")
SENSITIVE = (
    "StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "DeleteFlowLogs", "DisableKey",
    "ScheduleKeyDeletion", "CreateAccessKey", "DeactivateMFADevice", "PutBucketPolicy",
    "DeleteBucketPublicAccessBlock", "ModifyDBInstance", "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
)  # fmt: skip

# Open to the whole internet on something else than web ports: all protocols, or a port left once 80 and 443 are taken
# out of the text. A change that opens 443 to all and another port to few is reported too: better one look too many.
OPENED_WIDE = (
    'eventName == "AuthorizeSecurityGroupIngress" '
    'and (contains(string(requestParameters), "0.0.0.0/0") or contains(string(requestParameters), "::/0")) '
    'and (match(string(requestParameters), "\\"ipProtocol\\": ?\\"-1\\"") '
    'or match(replace(string(requestParameters), "\\"(from|to)Port\\": ?(80|443)\\\\b", "", "re"), "\\"fromPort\\""))'
)

# Calls that give somebody more, or other, rights: beside new policy versions also attachments, keys and passwords.
PERMISSIONS = (
    "CreatePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy", "DeletePolicyVersion",
    "Put*Policy", "Attach*Policy", "Detach*Policy", "DeleteUserPolicy", "DeleteRolePolicy", "DeleteGroupPolicy",
    "UpdateAssumeRolePolicy", "AddUserToGroup", "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile",
    "*PermissionsBoundary",
)  # fmt: skip
GROUP_RULES = (
    "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupEgress", "ModifySecurityGroupRules", "CreateSecurityGroup", "DeleteSecurityGroup",
)  # fmt: skip
NUMBER_HEIGHT = 312  # with room for the choice of variants


def one_of(names: Iterable[str]) -> str:
    """Names as choices of `in`.

    >>> one_of(["a", "b*"])
    '"a", "b*"'
    """
    return ", ".join(f'"{name}"' for name in names)


def elsewhere(regions: tuple[str, ...]) -> Escalation | None:
    """An alarm for launches in regions that nobody is expected to use; nothing when none are named."""
    if not regions:
        return None
    reason = Text("{n} in a region you do not use", "사용하지 않는 리전 {n}건")
    return Escalation(f"not(in(awsRegion, {one_of(regions)}))", reason)


def change_signal(row: Row) -> Signal | None:
    """Refused calls are alarms, calls that weaken logging, keys or the perimeter need attention."""
    if str(row.get("error_code") or "").startswith(DENIED):
        return Signal("red", Text("denied", "거부됨"))
    if row.get("event_name") in SENSITIVE:
        return Signal("amber", Text("sensitive", "민감한 작업"))
    return None


T1 = Panel(
    id="T1",
    title=Text("EC2 instance launches, {period}", "{period} EC2 인스턴스 시작"),
    query="""\
table duration=1d cloudtrail*
| search eventName == "RunInstances" and isnull(errorCode) 
| stats count""",  # noqa: W291
    visual=Number(Baseline(), elsewhere(Settings.load().expected_regions)),
    help=Text(
        "Calls that started instances; one call can start many. Auto Scaling, EKS and Batch are included. "
        "Unexpected launches point to a leaked key used for mining, or to a scaling loop: look at who, where and "
        "which type, then terminate the instances and rotate the key. Amber at 3 times, red at 10 times what is usual "
        "at these hours, and at the first launch in a region that is not among TRAILBOARD_EXPECTED_REGIONS.",
        "인스턴스를 시작한 API 호출 수입니다. 호출 한 번으로 여러 대를 시작할 수 있고 Auto Scaling·EKS·Batch도 "
        "포함됩니다. 예상하지 못한 시작은 유출된 키를 이용한 채굴이나 확장 반복일 수 있으니 누가, 어디서, 어떤 "
        "유형을 시작했는지 확인한 뒤 인스턴스를 종료하고 키를 교체하세요. 같은 시간대 평소 값의 3배면 주의, 10배면 "
        "경고이며, TRAILBOARD_EXPECTED_REGIONS에 없는 리전에서 한 건이라도 시작하면 바로 경고입니다.",
    ),
    height=NUMBER_HEIGHT,
    variants=(
        Variant(
            "people",
            Text("Without AWS services", "AWS 서비스 제외"),
            """\
table duration=1d cloudtrail*
| search eventName == "RunInstances" and isnull(errorCode) and isnull(valueof(userIdentity, "invokedBy"))
| stats count""",
        ),
    ),
)

T2 = Panel(
    id="T2",
    title=Text("EC2 instance terminations, {period}", "{period} EC2 인스턴스 종료"),
    query="""\
table duration=1d cloudtrail*
| search eventName == "TerminateInstances" and isnull(errorCode) 
| stats count""",  # noqa: W291
    visual=Number(Baseline()),
    help=Text(
        "Calls that terminated instances: detects sabotage and mistakes. Spot interruptions and stops are not "
        "included. Amber at 3 times, red at 10 times what is usual at these hours.",
        "인스턴스를 종료한 API 호출 수로, 파괴 행위나 실수를 찾습니다. 스팟 회수와 중지는 포함되지 않습니다. 같은 "
        "시간대 평소 값의 3배면 주의, 10배면 경고입니다.",
    ),
    height=NUMBER_HEIGHT,
    variants=(
        Variant(
            "people",
            Text("Without AWS services", "AWS 서비스 제외"),
            """\
table duration=1d cloudtrail*
| search eventName == "TerminateInstances" and isnull(errorCode) and isnull(valueof(userIdentity, "invokedBy"))
| stats count""",
        ),
    ),
)

T3 = Panel(
    id="T3",
    title=Text("IAM policy changes, {period}", "{period} IAM 정책 변경"),
    query="""\
table duration=1d cloudtrail*
| search eventName == "CreatePolicyVersion" and isnull(errorCode) 
| stats count""",  # noqa: W291
    visual=Number(Limits(amber=1, red=5), rising="bad"),
    help=Text(
        "New versions of managed policies. Every change should match an approved ticket; otherwise treat it as "
        "privilege escalation: compare the versions and set the old default back. Attachments and inline policies are "
        "not counted. Amber from 1, red from 5.",
        "관리형 정책의 새 버전 수입니다. 승인된 작업과 일치하지 않으면 권한 상승으로 보고 버전을 비교해 이전 기본 "
        "버전으로 되돌리세요. 정책 연결과 인라인 정책은 세지 않습니다. 1건부터 주의, 5건부터 경고입니다.",
    ),
    height=NUMBER_HEIGHT,
    variants=(
        Variant(
            "all",
            Text("All permission changes", "모든 권한 변경"),
            f"""\
table duration=1d cloudtrail*
| search in(eventName, {one_of(PERMISSIONS)}) and eventSource == "iam.amazonaws.com" and isnull(errorCode)
| stats count""",
        ),
    ),
)

T4 = Panel(
    id="T4",
    title=Text("Security group changes, {period}", "{period} 보안그룹 수정"),
    query="""\
table duration=1d cloudtrail*
| search in(eventName, "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress") and isnull(errorCode) 
| stats count""",  # noqa: W291
    visual=Number(
        Limits(amber=1, red=1_000_000),
        Escalation(OPENED_WIDE, Text("{n} opened to the whole internet", "전체 인터넷에 개방 {n}건")),
        rising="bad",
    ),
    help=Text(
        "Inbound rules added or removed. Confirm that each change was authorised and revoke a rule that is wide open. "
        "Amber from 1; red as soon as one opens a port other than 80 and 443 to 0.0.0.0/0 or ::/0.",
        "추가되거나 삭제된 인바운드 규칙 수입니다. 승인된 변경인지 확인하고 지나치게 열린 규칙은 회수하세요. "
        "1건부터 주의, 80·443 외의 포트를 0.0.0.0/0 또는 ::/0에 열면 바로 경고입니다.",
    ),
    height=NUMBER_HEIGHT,
    variants=(
        Variant(
            "all",
            Text("Outbound and groups too", "아웃바운드·그룹 포함"),
            f"""\
table duration=1d cloudtrail*
| search in(eventName, {one_of(GROUP_RULES)}) and isnull(errorCode)
| stats count""",
        ),
    ),
)

T5 = Panel(
    id="T5",
    title=Text("Trend of configuration changes, {period}", "AWS 구성 변경 작업 추이, {period}"),
    query="""\
table duration=1d cloudtrail*
| search not(in(eventName, "Describe*", "List*", "Get*"))
| search sessionCredentialFromConsole == "true"
| rename eventName as event_name
| timechart span=10m count by event_name""",
    visual=StackedColumns(
        mark=Mark('valueof(userIdentity, "type") == "Root"', Text("by the root user", "루트 사용자 작업")),
        office_hours=True,
    ),
    help=Text(
        "Changes made in console sessions, by kind. Look for bursts, above all at night; click a column to see its "
        "events. Hours outside TRAILBOARD_OFFICE_HOURS are shaded, a red triangle marks changes by the root user. "
        "Changes by CLI, SDK and Terraform are not in here.",
        "콘솔 세션에서 일어난 변경 작업을 종류별로 보여 줍니다. 특히 야간에 몰린 작업을 살펴보세요. 막대를 클릭하면 "
        "해당 이벤트를 볼 수 있습니다. TRAILBOARD_OFFICE_HOURS 밖의 시간은 음영으로, 루트 사용자의 변경은 빨간 "
        "삼각형으로 표시합니다. CLI·SDK·Terraform 작업은 포함되지 않습니다.",
    ),
    height=460,
    variants=(
        Variant(
            "writes",
            Text("Writes by CloudTrail's own mark", "CloudTrail의 쓰기 표시 기준"),
            """\
table duration=1d cloudtrail*
| search readOnly == false
| search sessionCredentialFromConsole == "true"
| rename eventName as event_name
| timechart span=10m count by event_name""",
            note=Text(
                "Calls that CloudTrail itself marks as changes: reads with other names, such as LookupEvents, are "
                "left out.",
                "CloudTrail이 변경으로 표시한 호출입니다. LookupEvents처럼 이름이 다른 조회는 제외됩니다.",
            ),
        ),
    ),
)

T6 = Panel(
    id="T6",
    title=Text("Configuration changes in detail, {period}", "AWS 구성 변경 내역, {period}"),
    query="""\
table duration=1d cloudtrail*
| search not(in(eventName, "Describe*", "List*", "Get*"))
| search sessionCredentialFromConsole == "true"
| eval user = valueof(userIdentity, "userName"), access_key = valueof(userIdentity, "accessKeyId")
| rename eventID as event_id, eventName as event_name, requestParameters as req_params, errorCode as error_code
| fields _time, event_name, user, access_key, error_code, req_params
| sort limit=300 -_time""",
    fuller=f"""\
table duration=1d cloudtrail*
| search not(in(eventName, "Describe*", "List*", "Get*"))
| search sessionCredentialFromConsole == "true"
| eval user = valueof(userIdentity, "userName"), access_key = valueof(userIdentity, "accessKeyId")
| eval actor = {DISPLAY_USER}
| rename eventID as event_id, eventName as event_name, requestParameters as req_params, errorCode as error_code
| fields _time, event_name, actor, user, access_key, error_code, req_params, awsRegion, sourceIPAddress, eventSource, \
recipientAccountId, event_id
| sort limit=300 -_time""",
    visual=Table(
        {
            "_time": Column(Text("Time", "시각"), "time"),
            "event_name": Column(Text("Event", "이벤트"), width="medium"),
            "actor": Column(Text("Actor", "작업자"), width="medium"),
            "user": Column(Text("User", "사용자"), width="small"),
            "error_code": Column(Text("Error", "오류"), width="small"),
            "req_params": Column(Text("Request", "요청 내용"), "map", "large"),
            "awsRegion": Column(Text("Region", "리전")),
            "sourceIPAddress": Column(Text("Source", "출발지")),
            "eventSource": Column(Text("Service", "서비스")),
            "access_key": Column(Text("Access key", "액세스 키")),
            "recipientAccountId": Column(Text("Account", "계정")),
            "event_id": Column(Text("Event id", "이벤트 ID"), hidden=True),
        },
        change_signal,
    ),
    help=Text(
        "The newest 300 changes made in console sessions: compare operator, call and parameters with the intended "
        "work. “Actor” names role and single sign-on sessions, for which CloudTrail has no user name. Red: refused; "
        "amber: weakens logging, keys or the perimeter.",
        "콘솔 세션에서 일어난 최근 변경 300건입니다. 작업자, API, 매개변수를 의도한 작업과 비교하세요. CloudTrail에 "
        "사용자 이름이 없는 역할·SSO 세션은 ‘작업자’ 열에 표시됩니다. 빨강은 거부된 호출, 주황은 로깅·키·경계를 "
        "약화할 수 있는 작업입니다.",
    ),
    height=560,
)

DASHBOARD = Dashboard(
    id="cloudtrail",
    purpose=Text(
        "Calls that change something in your accounts, from CloudTrail.",
        "CloudTrail에 기록된, 계정의 구성을 바꾼 작업입니다.",
    ),
    rows=((T1, T2, T3, T4), (T5,), (T6,)),
    widths=((1, 1, 1, 1), (1,), (1,)),
)
