"""The load balancer error dashboard: who causes errors, with which requests, and who comes without a served name."""

from __future__ import annotations

from ipaddress import ip_address

from engine.settings import Settings
from pages.parts.panel import (
    Bars,
    Column,
    Dashboard,
    Limits,
    Lines,
    Panel,
    Row,
    Series,
    Signal,
    Table,
    Variant,
)
from pages.parts.texts import Text

# What scanners ask every server for.
PROBES = (
    "/.env", "/wp-login.php", "/wp-admin", "/xmlrpc.php", "/.git", "/.aws", "/.ssh", "/phpmyadmin", "/actuator",
    "/cgi-bin", "/vendor/phpunit", "/etc/passwd", "../", "/server-status", "/boaform", "/shell",
)  # fmt: skip
CALLED_OFF = {
    460: Text("client gone", "클라이언트 중단"),
    463: Text("too many proxies", "프록시 과다"),
    464: Text("protocol mismatch", "프로토콜 불일치"),
    561: Text("sign-in failed", "인증 제공자 오류"),
}  # statuses that only load balancers have
CLIENT = Limits(amber=10, red=50)
URLS = Text("Distinct URLs", "서로 다른 URL")


def client_signal(row: Row) -> Signal | None:
    """Clients that ask for known probes or for very many URLs are alarms, those with many need attention."""
    urls = str(row.get("url") or "").lower()
    if any(probe in urls for probe in PROBES):
        return Signal("red", Text("known probes", "알려진 탐색 경로"))
    level = CLIENT.level(row["count"])
    return None if level == "ok" else Signal(level, Text("many URLs", "많은 URL"))


def host_signal(row: Row) -> Signal | None:
    """Addresses instead of names, and names that are not expected, point to scans and to Host header attacks."""
    host = row.get("host")
    if host is None:
        return Signal("amber", Text("no Host header", "호스트 헤더 없음"))
    if _is_address(str(host)):
        return Signal("red", Text("an address instead of a name", "이름 대신 IP 주소"))
    expected = Settings.load().expected_hosts
    if expected and not any(_fits(str(host), name) for name in expected):
        own = str(host).endswith(".elb.amazonaws.com")
        reason = Text("the load balancer's own name", "로드 밸런서 자체 이름") if own else UNEXPECTED
        return Signal("amber" if own else "red", reason)
    return None


UNEXPECTED = Text("not an expected host", "예상 밖 호스트")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _fits(host: str, name: str) -> bool:
    return host == name or (name.startswith("*.") and host.endswith(name[1:]))


def classification_signal(row: Row) -> Signal | None:
    """Severe requests may smuggle others past the load balancer, ambiguous ones break the standard harmlessly."""
    if row.get("classification") == "Severe":
        return Signal("red", Text("may smuggle requests", "요청 스머글링 가능"))
    return Signal("amber", Text("breaks the standard", "표준 위반"))


def access_signal(row: Row) -> Signal | None:
    """What became of a request: refused by WAF, failed, or refused otherwise."""
    status = row.get("elb_status_code")
    if str(row.get("actions_executed") or "").split(",")[-1] == "waf":
        return Signal("info", Text("stopped by WAF", "WAF 차단"))
    if status is None:
        return None
    if int(status) in CALLED_OFF:
        return Signal("red" if status >= 500 else "amber", CALLED_OFF[int(status)])
    if status >= 500:
        return Signal("red", Text("server error", "서버 오류"))
    return Signal("amber", Text("refused", "요청 오류")) if status >= 400 else None


E1 = Panel(
    id="E1",
    title=Text("Top clients causing page errors, {period}", "상위 페이지 오류 유발 IP, {period}"),
    query="""\
table duration=1d aws-elb_*
| search elb_status_code >= 400
| stats dc(url) as count by client_ip 
| sort limit=20 -count""",  # noqa: W291
    visual=Bars("client_ip", "count", ("client_ip",), CLIENT, counted=URLS),
    help=Text(
        "Clients by how many different URLs gave them an error; not by requests. A client that asks for many pages "
        "that do not exist is an attacker in most cases: block it. While the site is down all users look guilty: then "
        "look at 4xx only. Amber from 10, red from 50 URLs.",
        "오류가 난 서로 다른 URL 수가 많은 클라이언트입니다(요청 수가 아님). 존재하지 않는 페이지를 다양하게 요청하면 "
        "대부분 공격자이므로 차단하세요. 장애 중에는 모든 사용자가 용의자로 보이므로 4xx만 보세요. URL 10개부터 주의, "
        "50개부터 경고입니다.",
    ),
    height=600,
    own_title=Text("4xx and 5xx", "4xx와 5xx"),
    variants=(
        Variant(
            "4xx",
            Text("Only 4xx", "4xx만"),
            """\
table duration=1d aws-elb_*
| search elb_status_code >= 400 and elb_status_code < 500
| stats dc(url) as count by client_ip
| sort limit=20 -count""",
        ),
    ),
)

E2 = Panel(
    id="E2",
    title=Text("Top 20 error clients with their URLs, {period}", "ELB 상위 페이지 오류 20, {period}"),
    query="""\
table duration=1d aws-elb_*
| search elb_status_code >= 400
| stats  dc(url) as count, values(url) as url by client_ip 
| eval url = strjoin("\\n", url)
| sort limit=20 -count
| lookup geoip client_ip output country, asn
| order client_ip, country, asn, count, url""",  # noqa: W291
    visual=Table(
        {
            "client_ip": Column(Text("Client", "클라이언트"), width=130),
            "country": Column(Text("Country", "국가"), width="small"),
            "asn": Column(Text("Network", "네트워크(ASN)"), width=180),
            "count": Column(URLS, "count", 110),
            "url": Column(Text("URLs", "URL 목록"), "lines", "large"),
        },
        client_signal,
        ("client_ip",),
        tall_rows=True,
    ),
    help=Text(
        "The same clients with where they are and what they asked for, up to 100 URLs each: double-click a cell to "
        "see all of them. The paths tell a scanner from a broken page. Red: asks for what scanners look for (/.env, "
        "/wp-login.php, /.git …) or for 50 URLs and more.",
        "같은 클라이언트의 국가, 네트워크와 요청한 URL(클라이언트당 최대 100개)입니다. 셀을 두 번 클릭하면 모두 볼 "
        "수 있습니다. 경로를 보면 스캐너인지 깨진 페이지인지 알 수 있습니다. 빨강은 스캐너가 찾는 경로(/.env, "
        "/wp-login.php, /.git 등)를 요청했거나 URL이 50개 이상인 클라이언트입니다.",
    ),
    height=600,
)

E3 = Panel(
    id="E3",
    title=Text("Host headers, {period}", "호스트 헤더 통계, {period}"),
    query="""\
table duration=1d aws-elb_*
| stats count by host 
| sort -count""",  # noqa: W291
    visual=Bars(
        "host", "count", ("host",), signal=host_signal,
        kind=Text("Host", "호스트"), counted=Text("Requests", "요청"),
    ),
    help=Text(
        "What clients believed to be talking to. Hosts that have nothing to do with the service reveal mistakes in "
        "DNS or attacks (Host header injection, scans by address, domain fronting): answer them by a listener rule "
        "with 4xx. Red: addresses and, where TRAILBOARD_EXPECTED_HOSTS names yours, any other name.",
        "클라이언트가 접속한다고 믿은 호스트입니다. 서비스와 무관한 호스트는 설정 오류나 웹 공격(호스트 헤더 주입, "
        "IP 직접 스캔, 도메인 프런팅)을 드러냅니다. 리스너 규칙으로 4xx를 응답하세요. 빨강은 IP 주소와, "
        "TRAILBOARD_EXPECTED_HOSTS를 설정한 경우 그 밖의 이름입니다.",
    ),
    height=600,
)  # fmt: skip

_ACCESS_COLUMNS = (
    "_time, lb_name, client_ip, country, asn, actions_executed, elb_status_code, target_status_code, domain_name, "
    "type, host, method, url, user_agent"
)


def access_query(search: str | None) -> str:
    """The newest 300 requests over all load balancers, narrowed by a search, with where clients are."""
    narrowing = f"\n| search {search}" if search else ""
    return f"""\
table duration=1d aws-elb_*{narrowing}
| sort limit=300 -_time
| lookup geoip client_ip output country, asn
| fields {_ACCESS_COLUMNS}"""


UNMATCHED = Text(
    "Requests without a matched TLS name: the client sent none (as scans by address do), sent one without a "
    "certificate here, or came by plain HTTP. Ordinary HTTP visitors before their redirect are among them; normal "
    "https visits are not.",
    "TLS 이름(SNI)이 인증서와 맞지 않은 요청입니다. 이름을 보내지 않았거나(IP 직접 스캔), 인증서에 없는 이름이거나, "
    "평문 HTTP입니다. 리디렉션 전의 일반 HTTP 방문자도 섞여 있으며, 정상 https 방문은 나오지 않습니다.",
)

E4 = Panel(
    id="E4",
    title=Text("Access details, {period}", "ELB 접속 내역, {period}"),
    query="""\
table duration=1d aws-elb_*
| search isnull(domain_name)
| fields _time, client_ip, actions_executed, elb_status_code, target_status_code, domain_name, host, method, url, user_agent
| limit 300""",  # noqa: E501
    visual=Table(
        {
            "_time": Column(Text("Time", "시각"), "time"),
            "lb_name": Column(Text("Load balancer", "로드 밸런서"), width=120),
            "client_ip": Column(Text("Client", "클라이언트"), width=130),
            "country": Column(Text("Country", "국가"), width="small"),
            "asn": Column(Text("Network", "네트워크(ASN)"), width=180),
            "elb_status_code": Column(Text("Status", "상태 코드"), width="small"),
            "target_status_code": Column(Text("Server", "서버 응답"), width="small"),
            "method": Column(Text("Method", "메소드"), width="small"),
            "host": Column(Text("Host", "호스트"), width="medium"),
            "url": Column(Text("URL", "URL"), width="large"),
            "user_agent": Column(Text("User agent", "사용자 에이전트"), width="large"),
            "actions_executed": Column(Text("Actions", "수행한 동작")),
            "type": Column(Text("Protocol", "프로토콜"), width="small"),
            "domain_name": Column(Text("TLS name", "TLS 이름"), width="small"),
        },
        access_signal,
        ("client_ip", "host", "method", "url"),
    ),
    help=Text(
        "`isnull(domain_name)` finds requests whose TLS name (SNI) did not match a certificate, and all that came "
        "without TLS: see who comes by address or by an unknown name. As given, the query lists load balancer after "
        "load balancer; shown first are the newest of all. The other choices narrow this to addresses in the Host "
        "header, to TLS without a name, or open it to every request. Red: 5xx, amber: 4xx, blue: stopped by WAF.",
        "`isnull(domain_name)`은 TLS 이름(SNI)이 인증서와 맞지 않은 요청과 TLS가 아닌 모든 요청을 찾습니다. IP "
        "주소나 모르는 이름으로 접속한 클라이언트를 살펴보세요. 원래 쿼리는 로드 밸런서 순서로 나열하므로 처음에는 "
        "전체의 최근 요청을 보여 줍니다. 보기를 바꾸면 호스트가 IP 주소인 요청, 이름 없는 TLS, 모든 요청을 볼 수 "
        "있습니다. 빨강은 5xx, 주황은 4xx, 파랑은 WAF 차단입니다.",
    ),
    note=UNMATCHED,
    height=680,
    shown_first="newest",
    variants=(
        Variant("newest", Text("Newest first", "최근 요청부터"), access_query("isnull(domain_name)")),
        Variant(
            "address",
            Text("Host is an address", "호스트가 IP 주소"),
            access_query("isnotnull(ip(host))"),
            note=Text(
                "Requests that name an IP address as host: typed or scanned. Ordinary visitors are not among them.",
                "호스트가 IP 주소인 요청입니다. 주소를 직접 입력했거나 스캔한 것으로, 일반 방문자는 포함되지 "
                "않습니다.",
            ),
        ),
        Variant(
            "tls",
            Text("TLS without matched name", "이름이 맞지 않은 TLS"),
            access_query('isnull(domain_name) and in(type, "https", "h2", "grpcs", "wss")'),
            note=Text(
                "Requests over TLS whose name matched no certificate; plain HTTP is left out.",
                "TLS로 왔지만 이름이 인증서와 맞지 않은 요청입니다. 평문 HTTP는 제외합니다.",
            ),
        ),
        Variant(
            "everything",
            Text("Every request", "모든 요청"),
            access_query(None),
            note=Text("The newest requests, whatever their name.", "이름과 관계없이 최근 요청을 모두 보여 줍니다."),
        ),
    ),
)  # fmt: skip

E5 = Panel(
    id="E5",
    title=Text("Error rate, {period}", "오류율, {period}"),
    query="""\
table duration=1d aws-elb_*
| search isnotnull(elb_status_code)
| eval client_errors = if(elb_status_code >= 400 and elb_status_code < 500, 100, 0), \
target_errors = if(elb_status_code >= 500 and target_status_code >= 500, 100, 0)
| eval elb_errors = if(elb_status_code >= 500 and target_errors == 0, 100, 0)
| timechart span=10m avg(client_errors) as client_errors, avg(target_errors) as target_errors, \
avg(elb_errors) as elb_errors, count as requests""",
    visual=Lines(
        (
            Series("client_errors", Text("4xx", "4xx"), "#D97706"),
            Series("target_errors", Text("5xx of servers", "5xx 서버"), "#7C3AED"),
            Series("elb_errors", Text("5xx of the load balancer", "5xx 로드 밸런서"), "#DC2626"),
        ),
        "percent",
        "requests",
        100,
    ),
    help=Text(
        "Which share of the requests failed, in each time step. 5xx of servers are answers of your application; 5xx "
        "of the load balancer mean that no server answered: none healthy, timeout, broken connection. Gaps are times "
        "without requests. Click a point to see its requests.",
        "시간 간격마다 실패한 요청의 비율입니다. 서버의 5xx는 애플리케이션이 응답한 것이고, 로드 밸런서의 5xx는 "
        "서버가 응답하지 못한 것입니다(정상 서버 없음, 시간 초과, 연결 끊김). 빈 구간은 요청이 없던 시간입니다. 점을 "
        "클릭하면 요청을 볼 수 있습니다.",
    ),
    height=380,
)

E6 = Panel(
    id="E6",
    title=Text("Error reasons, {period}", "오류 사유, {period}"),
    query="""\
table duration=1d aws-elb_*
| search isnotnull(error_reason)
| stats count by error_reason
| sort -count""",
    visual=Bars(
        "error_reason", "count", ("error_reason",), kind=Text("Reason", "사유"), counted=Text("Requests", "요청"),
    ),
    help=Text(
        "Why an action of the load balancer failed: sign-in (Auth…), Lambda functions (Lambda…), WAF (WAF…). Only "
        "such requests have a reason.",
        "로드 밸런서의 동작이 실패한 사유입니다: 인증(Auth…), Lambda 함수(Lambda…), WAF(WAF…). 이런 요청에만 사유가 "
        "있습니다.",
    ),
    height=250,
)  # fmt: skip

E7 = Panel(
    id="E7",
    title=Text("Malformed requests, {period}", "비표준 요청, {period}"),
    query="""\
table duration=1d aws-elb_*
| search isnotnull(classification_reason)
| stats count by classification, classification_reason
| eval reason = concat(classification_reason, " (", classification, ")")
| sort -count""",
    visual=Bars(
        "reason", "count", ("classification", "classification_reason"), signal=classification_signal,
        kind=Text("Reason", "사유"), counted=Text("Requests", "요청"),
    ),
    help=Text(
        "Requests that break the HTTP standard, and in what. Severe ones may be attempts to smuggle requests past the "
        "load balancer.",
        "HTTP 표준을 어긴 요청과 그 사유입니다. Severe는 로드 밸런서를 속이는 요청 스머글링 시도일 수 있습니다.",
    ),
    height=250,
)  # fmt: skip

DASHBOARD = Dashboard(
    id="elb_errors",
    purpose=Text(
        "HTTP errors and who causes them; sources that persist are blocked in the security group or WAF.",
        "HTTP 오류와 이를 일으키는 클라이언트입니다. 계속되는 출발지는 보안그룹이나 WAF에서 차단하세요.",
    ),
    rows=((E5,), (E1, E3), (E2,), (E6, E7), (E4,)),
    widths=((1,), (1, 1), (1,), (1, 1), (1,)),
    places_addresses=True,
)
