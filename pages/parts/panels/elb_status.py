"""The load balancer dashboard: what is asked for, how fast servers answer, and who moves how many bytes."""

from __future__ import annotations

from pages.parts.panel import (
    Bars,
    BoxPlot,
    Column,
    Dashboard,
    Limits,
    Panel,
    Percentiles,
    Row,
    Scatter,
    Series,
    Signal,
    StackedColumns,
    Table,
    Variant,
)
from pages.parts.scopes import STATUS_CLASS
from pages.parts.texts import Text

USUAL_METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
GIGABYTE = 1_000_000_000
SLOW, TOO_SLOW = 0.5, 1.0  # seconds
GREY = "#94A3B8"

# From the most to the least specific: UUIDs, long hexadecimal names, fingerprints in file names, numbers. A version
# such as /v2 stays, as it is part of the page's name.
URL_TEMPLATE = (
    'replace(replace(replace(replace(path, '
    '"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "{uuid}", "re"), '
    '"\\\\b[0-9a-fA-F]{16,}\\\\b", "{hash}", "re"), '
    '"([-._])[0-9a-f]{6,}\\\\.([a-z0-9]+)$", "$1{hash}.$2", "re"), '
    '"([/_.=-])[0-9]+", "$1{n}", "re")'
)  # fmt: skip

STATUS_SERIES = (
    Series("2xx", Text("2xx", "2xx"), "#059669"),
    Series("3xx", Text("3xx", "3xx"), "#60A5FA"),
    Series("1xx", Text("1xx", "1xx"), "#2DD4BF"),
    Series("none", Text("no HTTP status", "HTTP 상태 없음"), GREY),
    Series("4xx", Text("4xx", "4xx"), "#D97706"),
    Series("5xx-target", Text("5xx of servers", "5xx 서버"), "#7C3AED"),
    Series("5xx-elb", Text("5xx of the load balancer", "5xx 로드 밸런서"), "#DC2626"),
)
WITHOUT_SERVER = Series("(none)", Text("(none)", "(없음)"), GREY)
SERVER = Text("Server", "서버")
SERVERS = StackedColumns("bytes", kind=SERVER)


def method_signal(row: Row) -> Signal | None:
    """Methods that browsers and APIs do not use come from scanners."""
    if row.get("method") in USUAL_METHODS:
        return None
    return Signal("amber", Text("unusual method", "평소 쓰지 않는 메소드"))


def page_signal(row: Row) -> Signal | None:
    """Pages that fail often are alarms, those that are slow for one in twenty need attention."""
    if (row.get("errors") or 0) >= 5 and row["count"] >= 20:
        return Signal("red", Text("fails often", "오류 잦음"))
    if (row.get("p95") or 0) > TOO_SLOW:
        return Signal("amber", Text("slow", "느림"))
    return None


def traffic_variants(column: str) -> tuple[Variant, ...]:
    """The traffic panels' other ways to look: by target group, with what no server handled, and as a rate."""
    return (
        Variant(
            "groups",
            Text("By target group", "대상 그룹별"),
            f"table duration=1d aws-elb_*\n| timechart span=10m sum({column}) by target_group",
            StackedColumns("bytes", kind=Text("Target group", "대상 그룹")),
        ),
        Variant(
            "all",
            Text("With requests without server", "서버 없는 요청 포함"),
            f'table duration=1d aws-elb_*\n| eval target_ip = nvl(string(target_ip), "{WITHOUT_SERVER.column}")\n'
            f"| timechart span=10m sum({column}) by target_ip",
            StackedColumns("bytes", (WITHOUT_SERVER,), kind=SERVER),
        ),
        Variant("rate", Text("As Mbit/s", "Mbit/s로 보기"), visual=StackedColumns("mbit", kind=SERVER)),
    )


def client_variants(column: str, limits: Limits) -> tuple[Variant, ...]:
    """The client panels' other way to look: with the country and network of each address."""
    return (
        Variant(
            "places",
            Text("With country and network", "국가·네트워크 표시"),
            f"""\
table duration=1d aws-elb_*
| stats sum({column}) as bytes by client_ip
| sort limit=10 -bytes
| lookup geoip client_ip output country, asn
| eval client = concat(string(client_ip), " (", country, ") ", nvl(asn, ""))""",
            Bars("client", "bytes", ("client_ip",), limits, unit="bytes", counted=Text("Volume", "전송량"), above=True),
        ),
    )


S1 = Panel(
    id="S1",
    title=Text("HTTP methods, {period}", "HTTP 메소드 통계, {period}"),
    query="""\
table duration=1d aws-elb_*
| search isnotnull(method)
| stats count by method 
| sort -count""",  # noqa: W291
    visual=Bars(
        "method", "count", ("method",), signal=method_signal,
        kind=Text("Method", "메소드"), counted=Text("Requests", "요청"),
    ),
    help=Text(
        "Requests by HTTP method. Amber: methods that browsers and APIs do not use, such as PROPFIND, TRACE, CONNECT "
        "or garbage, which come from scanners: block them in WAF or by a listener rule.",
        "HTTP 메소드별 요청 수입니다. 주황은 브라우저와 API가 쓰지 않는 메소드(PROPFIND, TRACE, CONNECT 등)로 "
        "스캐너가 보낸 것입니다. WAF나 리스너 규칙으로 차단하세요.",
    ),
    height=460,
)  # fmt: skip

S2 = Panel(
    id="S2",
    title=Text("Processing time by server, {period}", "서버별 처리시간 분포, {period}"),
    query="""\
table duration=1d aws-elb_*
| search target_processing_time > 0 
| boxplot target_processing_time by target_ip""",  # noqa: W291
    visual=BoxPlot("target_ip", SLOW, TOO_SLOW),
    help=Text(
        "How long servers took until they began to answer: the box holds the middle half of the requests, its white "
        "line is the median, the whiskers reach to the fastest and slowest. The right end of the box is what three of "
        "four requests stay below: amber over 0.5 s, red over 1 s. One server worse than its peers is a bad host or "
        "deployment: take it out of the target group. “(none)” are Lambda functions.",
        "서버가 응답을 시작할 때까지 걸린 시간입니다. 상자는 요청의 가운데 절반, 흰 선은 중앙값, 수염은 최소와 "
        "최대입니다. 상자의 오른쪽 끝(75%)이 대부분의 요청이 걸리는 시간으로, 0.5초를 넘으면 주의, 1초를 넘으면 "
        "경고입니다. 한 서버만 느리면 호스트나 배포 문제이므로 대상 그룹에서 제외하세요. ‘(없음)’은 Lambda "
        "함수입니다.",
    ),
    height=460,
)

S3 = Panel(
    id="S3",
    title=Text("Slowest answers by server, {period}", "서버별 응답 시간 분포, {period}"),
    query="""\
table duration=1d aws-elb_*
| search isnotnull(target_ip)
| sort limit=300 -target_processing_time by target_ip
| timechart span=10m max(target_processing_time) by target_ip""",
    visual=Scatter(TOO_SLOW),
    help=Text(
        "When and where the slowest answers were: of the 300 slowest requests of each server, the slowest in each "
        "time step. No point means that none of the 300 fell there, not that there was no traffic. The red line is "
        "at 1 s; compare what lies above it with deployments and CPU load.",
        "가장 느린 응답이 언제 어느 서버에서 났는지 보여 줍니다. 서버마다 가장 느린 요청 300건을 고른 뒤 시간 "
        "간격마다 최댓값을 찍습니다. 점이 없으면 그 300건에 해당하지 않은 것이지 트래픽이 없던 것은 아닙니다. 빨간 "
        "선은 1초(1000ms)이며, 선 위의 점은 배포 시각·CPU 사용률과 비교하세요.",
    ),
    height=420,
)

UPLOADS, DOWNLOADS = Limits(GIGABYTE, 10 * GIGABYTE), Limits(5 * GIGABYTE, 50 * GIGABYTE)

S4 = Panel(
    id="S4",
    title=Text("Top uploading clients, {period}", "상위 업로드 클라이언트, {period}"),
    query="""\
table duration=1d aws-elb_*
| stats sum(received_bytes) as bytes by client_ip 
| sort limit=10 -bytes""",  # noqa: W291
    visual=Bars("client_ip", "bytes", ("client_ip",), UPLOADS, unit="bytes", counted=Text("Volume", "전송량")),
    help=Text(
        "Clients that sent most bytes. An abnormal upload may be constant activity of a bot: block it in the security "
        "group or WAF. Amber from 1 GB, red from 10 GB.",
        "가장 많은 데이터를 보낸 클라이언트입니다. 비정상적인 업로드는 지속적인 봇 활동일 수 있으니 보안그룹이나 "
        "WAF에서 차단하세요. 1GB부터 주의, 10GB부터 경고입니다.",
    ),
    height=500,
    own_title=Text("Addresses only", "주소만"),
    variants=client_variants("received_bytes", UPLOADS),
)

S5 = Panel(
    id="S5",
    title=Text("Top downloading clients, {period}", "상위 다운로드 클라이언트, {period}"),
    query="""\
table duration=1d aws-elb_*
| stats sum(sent_bytes) as bytes by client_ip 
| sort limit=10 -bytes""",  # noqa: W291
    visual=Bars("client_ip", "bytes", ("client_ip",), DOWNLOADS, unit="bytes", counted=Text("Volume", "전송량")),
    help=Text(
        "Clients that received most bytes. An abnormal download may be a data leak or a denial of service. Amber from "
        "5 GB, red from 50 GB.",
        "가장 많은 데이터를 받은 클라이언트입니다. 비정상적인 다운로드는 데이터 유출이나 서비스 거부일 수 있습니다. "
        "5GB부터 주의, 50GB부터 경고입니다.",
    ),
    height=500,
    own_title=Text("Addresses only", "주소만"),
    variants=client_variants("sent_bytes", DOWNLOADS),
)

S6 = Panel(
    id="S6",
    title=Text("Upload traffic by server, {period}", "서버별 업로드 트래픽, {period}"),
    query="""\
table duration=1d aws-elb_*
| timechart span=10m sum(received_bytes) by target_ip""",
    visual=SERVERS,
    help=Text(
        "Bytes from clients to servers in each time step. Peaks are bulk uploads or attacks; imbalance between "
        "servers points to sticky sessions or to bad health. Requests that no server handled (redirects, WAF blocks, "
        "Lambda) are left out unless you choose them below.",
        "시간 간격마다 클라이언트가 서버로 보낸 바이트입니다. 급증은 대량 업로드나 공격, 서버 간 불균형은 고정 "
        "세션이나 상태 이상일 수 있습니다. 서버가 처리하지 않은 요청(리디렉션, WAF 차단, Lambda)은 아래에서 선택할 "
        "때만 포함됩니다.",
    ),
    height=400,
    own_title=Text("By server", "서버별"),
    variants=traffic_variants("received_bytes"),
)

S7 = Panel(
    id="S7",
    title=Text("Download traffic by server, {period}", "서버별 다운로드 트래픽, {period}"),
    query="""\
table duration=1d aws-elb_*
| timechart span=10m sum(sent_bytes) by target_ip""",
    visual=SERVERS,
    help=Text(
        "Bytes from servers to clients in each time step. Look for leaks, for content that suddenly is hot, and for a "
        "server that falls silent. Requests that no server handled are left out unless you choose them below.",
        "시간 간격마다 서버가 클라이언트로 보낸 바이트입니다. 데이터 유출, 갑자기 몰리는 콘텐츠, 갑자기 조용해진 "
        "서버를 살펴보세요. 서버가 처리하지 않은 요청은 아래에서 선택할 때만 포함됩니다.",
    ),
    height=400,
    own_title=Text("By server", "서버별"),
    variants=traffic_variants("sent_bytes"),
)

S8 = Panel(
    id="S8",
    title=Text("Requests by status, {period}", "상태 코드별 요청, {period}"),
    query=f"""\
table duration=1d aws-elb_*
| eval status = {STATUS_CLASS}
| timechart span=10m count by status""",
    visual=StackedColumns("events", STATUS_SERIES, kind=Text("Status", "상태 코드")),
    help=Text(
        "All requests by what the client got. Errors from 500 on are told apart: those that a server answered, and "
        "those that the load balancer answered itself because no server did (no healthy server, timeout, broken "
        "connection). Click a column to see its requests.",
        "클라이언트가 받은 상태 코드별 요청 수입니다. 500 이상 오류는 서버가 응답한 것과, 서버가 응답하지 못해 로드 "
        "밸런서가 직접 응답한 것(정상 서버 없음, 시간 초과, 연결 끊김)을 구분합니다. 막대를 클릭하면 요청을 볼 수 "
        "있습니다.",
    ),
    height=400,
)

S9 = Panel(
    id="S9",
    title=Text("Response time percentiles by server, {period}", "서버별 응답 시간 백분위, {period}"),
    query="""\
table duration=1d aws-elb_*
| search target_processing_time >= 0
| stats count, percentile(target_processing_time, 50) as p50, percentile(target_processing_time, 95) as p95, \
percentile(target_processing_time, 99) as p99 by target_ip
| sort -count""",
    visual=Percentiles("target_ip", ("p50", "p95", "p99"), "count", TOO_SLOW),
    help=Text(
        "What half of the requests (p50), all but one in twenty (p95) and all but one in a hundred (p99) stay below. "
        "The servers with most requests come first. The red line is at 1 s.",
        "요청의 절반(p50), 95%(p95), 99%(p99)가 이 시간 안에 처리됩니다. 요청이 많은 서버부터 보여 주며 빨간 선은 "
        "1초입니다.",
    ),
    height=460,
)

S10 = Panel(
    id="S10",
    title=Text("Top user agents, {period}", "상위 사용자 에이전트, {period}"),
    query="""\
table duration=1d aws-elb_*
| stats count by user_agent
| sort limit=10 -count""",
    visual=Bars(
        "user_agent", "count", ("user_agent",), kind=Text("User agent", "사용자 에이전트"),
        counted=Text("Requests", "요청"), above=True,
    ),
    help=Text(
        "The programs that make most requests, as they call themselves. Scanners, scripts and old app versions are "
        "easy to see here.",
        "가장 많은 요청을 보낸 프로그램입니다(스스로 밝힌 이름). 스캐너, 스크립트, 오래된 앱 버전을 찾기 쉽습니다.",
    ),
    height=460,
)  # fmt: skip

S11 = Panel(
    id="S11",
    title=Text("Response time by page, {period}", "페이지별 응답 시간, {period}"),
    query=f"""\
table duration=1d aws-elb_*
| search isnotnull(path)
| eval page = {URL_TEMPLATE}
| eval seconds = if(target_processing_time >= 0, target_processing_time, null), \
failed = if(elb_status_code >= 500, 100, 0)
| stats count, avg(failed) as errors, percentile(seconds, 50) as p50, percentile(seconds, 95) as p95, \
percentile(seconds, 99) as p99, sum(sent_bytes) as bytes by method, page
| sort limit=100 -count""",
    visual=Table(
        {
            "method": Column(Text("Method", "메소드"), width="small"),
            "page": Column(Text("Page", "페이지"), width="large"),
            "count": Column(Text("Requests", "요청"), "count"),
            "errors": Column(Text("5xx", "5xx"), "percent"),
            "p50": Column(Text("p50 (ms)", "p50 (ms)"), "milliseconds"),
            "p95": Column(Text("p95 (ms)", "p95 (ms)"), "milliseconds"),
            "p99": Column(Text("p99 (ms)", "p99 (ms)"), "milliseconds"),
            "bytes": Column(Text("Sent (MB)", "보낸 양 (MB)"), "megabytes"),
        },
        page_signal,
        ("method", "page"),
    ),
    help=Text(
        "The 100 pages with most requests. Numbers, UUIDs and hashes in paths are collapsed, so that /orders/17 and "
        "/orders/18 are one page. Red: 5% or more fail with 5xx; amber: one in twenty takes more than 1 s. Click a "
        "heading to sort, the icon to see a page's requests.",
        "요청이 가장 많은 페이지 100개입니다. 경로의 숫자·UUID·해시는 묶어서 /orders/17과 /orders/18을 한 페이지로 "
        "봅니다. 빨강은 5xx가 5% 이상, 주황은 p95가 1초를 넘는 페이지입니다. 제목을 클릭하면 정렬하고, 아이콘을 "
        "클릭하면 요청을 볼 수 있습니다.",
    ),
    height=480,
)

DASHBOARD = Dashboard(
    id="elb_status",
    purpose=Text(
        "What is asked of the load balancers, how fast servers answer, and who moves how many bytes.",
        "로드 밸런서로 들어온 요청, 서버의 응답 속도, 클라이언트와 서버별 전송량입니다.",
    ),
    rows=((S8,), (S1, S2), (S3,), (S9, S10), (S11,), (S4, S5), (S6, S7)),
    widths=((1,), (2, 3), (1,), (1, 1), (1,), (1, 1), (1, 1)),
)
