"""The login dashboard: who signs in to the console, from where, and who fails to."""

from __future__ import annotations

from engine.settings import Settings
from pages.parts.panel import (
    Bars,
    Column,
    Dashboard,
    Escalation,
    Limits,
    Number,
    Panel,
    Row,
    Signal,
    Table,
    WorldMap,
)
from pages.parts.scopes import DISPLAY_USER
from pages.parts.texts import Text

# Where people work: logins from any other country are alarms.
EXPECTED_COUNTRIES = Settings.load().expected_countries
# Networks of rented servers and VPNs, as their AS organisations are named: people rarely sign in from there.
RENTED_NETWORKS = (
    "amazon", "google-cloud", "google cloud", "digitalocean", "ovh", "hetzner", "linode", "akamai connected",
    "choopa", "vultr", "constant company", "m247", "datacamp", "leaseweb", "contabo", "scaleway", "tor exit",
)  # fmt: skip


def login_signal(row: Row) -> Signal | None:
    """Failures, unexpected countries and missing MFA are alarms; root and rented networks need attention."""
    if row.get("action") == "DENY":
        return Signal("red", Text("failed", "실패"))
    if row.get("country") and row["country"] not in EXPECTED_COUNTRIES:
        return Signal("red", Text("unexpected country", "예상 밖 국가"))
    if row.get("user_type") in ("IAMUser", "Root") and str(row.get("mfa") or "").lower() == "no":
        return Signal("red", Text("no MFA", "MFA 없음"))
    if row.get("user_type") == "Root":
        return Signal("amber", Text("root", "루트 계정"))
    if any(name in str(row.get("asn") or "").lower() for name in RENTED_NETWORKS):
        return Signal("amber", Text("hosting network", "호스팅·VPN"))
    return None


L1 = Panel(
    id="L1",
    title=Text("Login failures, {period}", "로그인 실패, {period}"),
    query="""\
table duration=1d cloudtrail*
| search eventName == "ConsoleLogin" and isnotnull(errorMessage) 
| stats count""",  # noqa: W291
    visual=Number(
        Limits(amber=5, red=20),
        Escalation(
            'valueof(userIdentity, "type") == "Root"',
            Text("{n} for the root user", "루트 계정 실패 {n}건"),
        ),
        rising="bad",
    ),
    help=Text(
        "Failed console logins. Odd peaks mean that passwords are being guessed: see the source addresses, verify MFA "
        "of the targeted users, deny the addresses by policy. Failures of single sign-on happen at the identity "
        "provider and are not in here. Amber from 5, red from 20 or from 1 for the root user.",
        "실패한 콘솔 로그인 수입니다. 평소와 다른 급증은 비밀번호 추측 공격일 수 있으니 출발지 주소를 확인하고, "
        "대상 사용자의 MFA를 점검하고, 정책으로 주소를 차단하세요. SSO 실패는 ID 공급자에서 일어나므로 포함되지 "
        "않습니다. 5건부터 주의, 20건 또는 루트 계정 1건부터 경고입니다.",
    ),
    height=460,
)

L2 = Panel(
    id="L2",
    title=Text("Countries of successful console logins, {period}", "AWS 콘솔 로그인 국가, {period}"),
    query="""\
table duration=1d cloudtrail*
| search eventName == "ConsoleLogin" and isnull(errorMessage)
| eval src_ip = ip(sourceIPAddress)
| lookup geoip src_ip output country 
| stats count by country""",  # noqa: W291
    visual=WorldMap("country", "count", EXPECTED_COUNTRIES),
    help=Text(
        "Where successful logins came from; click a country for its logins. A login from a country where nobody works "
        "points to a stolen credential: revoke the sessions, disable the user, review what they changed.",
        "성공한 로그인의 출발 국가입니다. 국가를 클릭하면 해당 로그인을 볼 수 있습니다. 아무도 근무하지 않는 국가의 "
        "로그인은 자격 증명 도용일 수 있으니 세션을 회수하고 사용자를 비활성화한 뒤 변경 내역을 검토하세요.",
    ),
    height=460,
)

L3 = Panel(
    id="L3",
    title=Text("Source addresses of failed logins, {period}", "콘솔 로그인 실패 IP 주소, {period}"),
    query="""\
table duration=1d cloudtrail*
| search eventName == "ConsoleLogin" and isnotnull(errorMessage)
| eval src_ip = ip(sourceIPAddress)
| lookup geoip src_ip output country , asn
| stats count by src_ip, country
| eval src = concat(string(src_ip), " (", country, ")")
| sort limit=10 -count""",
    visual=Bars("src", "count", ("src_ip", "country"), Limits(amber=3, red=10)),
    help=Text(
        "The ten addresses with most failures: candidates for a block list or an IAM condition. Amber from 3, red from "
        "10 failures of one address.",
        "실패가 가장 많은 주소 10개로, 차단 목록이나 IAM 조건의 후보입니다. 한 주소에서 3건부터 주의, 10건부터 "
        "경고입니다.",
    ),
    height=480,
)

_L4_BEGIN = """\
table duration=1d cloudtrail*
| search eventName == "ConsoleLogin"
| eval src_ip = ip(sourceIPAddress), user = valueof(userIdentity, "userName"), user_type = valueof(userIdentity, "type")
| eval action = if(isnull(errorMessage), "PERMIT", "DENY")
| lookup geoip src_ip output country, asn
| rename errorMessage as reason, userAgent as user_agent
"""

L4 = Panel(
    id="L4",
    title=Text("Console logins in detail, {period}", "AWS 콘솔 로그인 내역, {period}"),
    query=_L4_BEGIN
    + """\
| fields _time, user, action, src_ip, country, asn, user_type, reason, user_agent
| sort limit=300 -_time""",
    fuller=_L4_BEGIN
    + f"""\
| eval actor = {DISPLAY_USER}, mfa = valueof(additionalEventData, "MFAUsed")
| fields _time, actor, user, action, src_ip, country, asn, user_type, reason, user_agent, mfa, recipientAccountId, \
eventID
| sort limit=300 -_time""",
    visual=Table(
        {
            "_time": Column(Text("Time", "시각"), "time"),
            "actor": Column(Text("Actor", "로그인한 사람"), width="medium"),
            "user": Column(Text("User", "사용자"), width="small"),
            "action": Column(Text("Result", "결과"), width="small"),
            "src_ip": Column(Text("Address", "IP 주소")),
            "country": Column(Text("Country", "국가"), width="small"),
            "asn": Column(Text("Network", "네트워크(ASN)"), width="medium"),
            "user_type": Column(Text("Kind", "유형"), width="small"),
            "mfa": Column(Text("MFA", "MFA"), width="small"),
            "reason": Column(Text("Reason", "실패 사유")),
            "recipientAccountId": Column(Text("Account", "계정")),
            "user_agent": Column(Text("User agent", "사용자 에이전트"), width="large"),
            "eventID": Column(Text("Event id", "이벤트 ID"), hidden=True),
        },
        login_signal,
    ),
    help=Text(
        "The newest 300 logins: do people come from the intended country and network? “Actor” names single sign-on "
        "sessions, for which CloudTrail has no user name; their MFA happens at the identity provider and is always "
        "logged as “No”. Red: failed, unexpected country, no MFA; amber: root, hosting or VPN network.",
        "최근 로그인 300건입니다. 의도한 국가와 네트워크(ASN)에서 접속했는지 확인하세요. CloudTrail에 사용자 이름이 "
        "없는 SSO 세션은 ‘로그인한 사람’ 열에 표시되며, SSO의 MFA는 ID 공급자에서 처리되어 항상 ‘No’로 기록됩니다. "
        "빨강은 실패·예상 밖 국가·MFA 없음, 주황은 루트 계정과 호스팅·VPN 네트워크입니다.",
    ),
    height=480,
)

DASHBOARD = Dashboard(
    id="logins",
    purpose=Text(
        "Console logins and failures; if an attack goes on, block its source by IAM policy.",
        "콘솔 로그인과 실패 현황입니다. 공격이 계속되면 IAM 정책으로 출발지를 차단하세요.",
    ),
    rows=((L1, L2), (L3, L4)),
    widths=((1, 3), (2, 5)),
    places_addresses=True,
)
