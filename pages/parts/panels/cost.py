"""The cost dashboard: what AWS bills, for which services, and what it may come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pages.parts.panel import (
    Dashboard,
    Figure,
    MonthCourse,
    Movers,
    Panel,
    Row,
    StackedDays,
    Treemap,
    Variant,
)
from pages.parts.purse import rate_line
from pages.parts.texts import Language, Text

Write = Callable[[float], str]  # an amount of dollars, in the currency that the viewer looks at
SERVICE, ACCOUNT = Text("Service", "서비스"), Text("Account", "계정")
REGION, USAGE = Text("Region", "리전"), Text("Usage type", "사용 유형")
# The services that most bills consist of keep their colours on all charts and days.
SERVICE_COLOURS = {
    "Amazon Elastic Compute Cloud - Compute": "#2563EB",
    "Amazon Relational Database Service": "#7C3AED",
    "EC2 - Other": "#60A5FA",
    "Tax": "#94A3B8",
    "AWS Support (Business)": "#64748B",
    "Amazon Simple Storage Service": "#059669",
    "Amazon Elastic Container Service": "#D97706",
    "AmazonCloudWatch": "#DB2777",
    "Amazon CloudFront": "#0D9488",
    "AWS Lambda": "#FB923C",
    "Amazon DynamoDB": "#A78BFA",
    "Amazon Elastic Load Balancing": "#34D399",
    "Amazon Virtual Private Cloud": "#38BDF8",
}
FORECAST = "aws-cost-forecast unblended_cost"
DAILY = "| stats sum(unblended_cost) as cost by start | sort start"
ALL_DAYS = f"aws-cost days=30 unblended_cost {DAILY}"
BEFORE = (
    'aws-cost days=60 unblended_cost by service | search start < "{days30_day}" | stats sum(unblended_cost) as cost'
)
SERVICES_BEFORE = """\
aws-cost days=60 unblended_cost by service
| search start < "{days30_day}"
| stats sum(unblended_cost) as cost by service
| search cost > 0"""


def exchanged(row: Row, language: Language, _: Write) -> str:
    """The rate that the won of an answer rest on."""
    return rate_line(row, language)


def expected(row: Row, language: Language, written: Write) -> str:
    """What the month comes to, between which bounds, and how much of it is there already."""
    low, high, cost = (written(amount) for amount in (row["cost"] + row["low"], row["cost"] + row["high"], row["cost"]))
    text = Text(
        "80% range {low} – {high}, of which {cost} so far",
        "80% 구간 {low} – {high}, 지금까지 {cost}",
    )
    return text.to(language, low=low, high=high, cost=cost)


def compared_days(row: Row, _: Language, __: Write) -> str:
    """The days that a sum is of; nothing is known of today."""
    first, last = date.fromisoformat(str(row["first"])), date.fromisoformat(str(row["last"]))
    return f"{first:%m-%d} – {last:%m-%d} (UTC)"


@dataclass(frozen=True)
class Way:
    """Another dimension of cost: the field that it is shown as and its value. What has none must not leave the sum."""

    code: str
    title: Text
    word: str  # of `aws-cost … by`
    field: str
    value: str
    kind: Text

    def share(self) -> Variant:
        query = f"""\
aws-cost days=30 unblended_cost by {self.word}
| eval {self.field} = {self.value}
| stats sum(unblended_cost) as cost by {self.field}
| search cost > 0
| sort -cost"""
        return Variant(self.code, self.title, query, Treemap(self.field, "cost", kind=self.kind))

    def days(self) -> Variant:
        query = f"""\
aws-cost days=30 unblended_cost by {self.word}
| eval {self.field} = {self.value}, _time = date(start, "yyyy-MM-dd")
| timechart span=1d sum(unblended_cost) as cost by {self.field}"""
        return Variant(self.code, self.title, query, StackedDays(self.kind, self.field))

    def movers(self) -> Variant:
        return Variant(self.code, self.title, changes(self.word, self.field, self.value), Movers(self.field, self.kind))


BY_ACCOUNT = Way(
    "account",
    Text("By account", "계정별"),
    "linked_account",
    "account",
    'concat(nvl(linked_account_name, "?"), " (", linked_account, ")")',
    ACCOUNT,
)
BY_REGION = Way("region", Text("By region", "리전별"), "region", "place", 'nvl(region, "(none)")', REGION)
BY_USAGE = Way("usage", Text("By usage type", "사용 유형별"), "usage_type", "usage", 'nvl(usage_type, "(none)")', USAGE)


WITHOUT_FEES = Variant(
    "usage-only",
    Text("By service, without tax and support", "서비스별, 세금·지원 요금 제외"),
    """\
aws-cost days=30 unblended_cost by service
| search not(in(service, "Tax", "AWS Support*"))
| eval _time = date(start, "yyyy-MM-dd")
| timechart span=1d sum(unblended_cost) as cost by service""",
    StackedDays(SERVICE, "service", SERVICE_COLOURS),
)


def ways(tags: Sequence[str]) -> tuple[Way, ...]:
    """The dimensions that costs can be split by; each is a request of its own, asked when it is chosen."""
    tagged = (
        Way(
            f"tag-{tag}",
            Text(f"By tag {tag}", f"태그 {tag}별"),
            f"tag.{tag}",
            "tagged",
            f'nvl(field("tag.{tag}"), "(none)")',
            Text(f"Tag {tag}", f"태그 {tag}"),
        )
        for tag in tags
    )
    return (BY_ACCOUNT, BY_REGION, BY_USAGE, *tagged)


def changes(word: str, field: str, value: str) -> str:
    """What changed most against the 30 days before, by a dimension."""
    return f"""\
aws-cost days=60 unblended_cost by {word}
| eval {field} = {value}, recent = start >= "{{days30_day}}"
| eval now = if(recent, unblended_cost, 0), before = if(recent, 0, unblended_cost)
| stats sum(now) as now, sum(before) as before by {field}
| eval change = now - before, size = abs(change)
| search size >= 0.01
| sort limit=8 -size"""


C1 = Panel(
    id="C1",
    title=Text("AWS cost, last 30 days (USD)", "최근 30일 AWS 비용 (USD)"),
    query="""\
aws-cost days=30 unblended_cost 
| stats sum(unblended_cost) as cost
| eval cost = round(cost)""",  # noqa: W291
    visual=Figure(
        "cost", "USD", before=BEFORE, compared=Text("vs the 30 days before", "이전 30일 대비"), course=ALL_DAYS,
        budgeted=True,
    ),
    help=Text(
        "Unblended cost of the last 30 complete UTC days: what the invoices of these days say, with tax, credits and "
        "refunds. 30 days are not a calendar month. Amber from 80% of the monthly budget or when it rose by 30%, red "
        "from 100%. If it is up, the treemap and the days below tell which service.",
        "최근 30일(완료된 UTC 일자)의 비혼합 비용으로 세금·크레딧·환불을 포함합니다. 30일은 청구 월과 다릅니다. 월 "
        "예산의 80% 이상이거나 30% 넘게 늘면 주의, 100% 이상이면 경고입니다. 늘었다면 아래 트리맵과 일별 추이에서 "
        "서비스를 확인하세요.",
    ),
    height=320,
)  # fmt: skip

C2 = Panel(
    id="C2",
    title=Text("Billed cost, last 30 days (KRW)", "최근 30일 청구 비용 (KRW)"),
    query="""\
aws-cost days=30 unblended_cost 
| stats sum(unblended_cost) as cost
| eval cost = round(cost)
| join type=cross [ proc usd_exchange() ]
| eval krw = cost * usd""",  # noqa: W291
    visual=Figure("krw", "KRW", course=ALL_DAYS, budgeted=True, said=exchanged),
    help=Text(
        "The same cost in won, for management and accounting. The line below names the rate, its day and its source. "
        "An estimate: AWS Korea bills with its own rate, and VAT comes on top.",
        "같은 비용을 원화로 환산한 금액으로, 경영진·회계 보고용입니다. 아래에 환율과 기준일, 출처를 표시합니다. 실제 "
        "청구는 AWS Korea의 환율을 따르고 부가세가 더해지므로 추정치입니다.",
    ),
    height=320,
)

C5 = Panel(
    id="C5",
    title=Text("Month to date", "이번 달 누적 비용"),
    query="""\
aws-cost from={month} to={today} unblended_cost
| stats sum(unblended_cost) as cost, min(start) as first, max(start) as last""",
    visual=Figure(
        "cost",
        "money",
        before="aws-cost from={last_month} to={same_day} unblended_cost | stats sum(unblended_cost) as cost",
        compared=Text("vs the same days of last month", "지난달 같은 기간 대비"),
        course=f"aws-cost from={{month}} to={{today}} unblended_cost {DAILY}",
        said=compared_days,
    ),
    help=Text(
        "The complete days of this month, against as many days of last month. Fees of the whole month (support, tax) "
        "are in both, as they come on the 1st.",
        "이번 달의 완료된 날짜까지의 비용을 지난달 같은 일수와 비교합니다. 매월 1일에 붙는 월정 비용(지원 요금, "
        "세금)은 양쪽에 모두 포함됩니다.",
    ),
    height=320,
)

C6 = Panel(
    id="C6",
    title=Text("Forecast for this month", "이번 달 예상 비용"),
    query=f"""\
aws-cost from={{month}} to={{today}} unblended_cost
| stats sum(unblended_cost) as cost
| join type=cross [
    {FORECAST}
    | search start < "{{next_month_day}}"
    | stats sum(mean_value) as ahead, sum(lower_bound) as low, sum(upper_bound) as high ]
| eval total = cost + ahead""",
    visual=Figure(
        "total",
        "money",
        before="aws-cost from={last_month} to={month} unblended_cost | stats sum(unblended_cost) as cost",
        compared=Text("vs all of last month", "지난달 전체 대비"),
        budgeted=True,
        said=expected,
    ),
    help=Text(
        "Cost so far plus what AWS expects for the rest of the month. The range adds the 80% bounds of each day, so it "
        "is wider than that of the month.",
        "지금까지의 비용에 AWS가 예측한 남은 기간의 비용을 더했습니다. 구간은 하루하루의 80% 경계를 더한 것이라 월 "
        "전체의 구간보다 넓습니다.",
    ),
    height=320,
)

C8 = Panel(
    id="C8",
    title=Text("This month against the last, with forecast and budget", "이번 달과 지난달 비교, 예측과 예산"),
    query=f"aws-cost from={{last_month}} to={{today}} unblended_cost\n{DAILY}",
    visual=MonthCourse(FORECAST),
    help=Text(
        "Cost added up from the 1st. Where the blue line leaves the grey one, something began: click the day. The band "
        "is the forecast with its 80% bounds added day by day, the red line the monthly budget.",
        "매월 1일부터 쌓은 비용입니다. 파란 선이 회색 선에서 벗어나는 날을 클릭해 원인을 확인하세요. 띠는 예측의 80% "
        "구간을 날마다 더한 것이고 빨간 선은 월 예산입니다.",
    ),
    height=400,
)


C7 = Panel(
    id="C7",
    title=Text("What changed most against the 30 days before", "이전 30일보다 가장 많이 변한 항목"),
    query=changes("service", "name", 'nvl(service, "(none)")'),
    visual=Movers("name", SERVICE),
    help=Text(
        "The last 30 days against the 30 days before: red costs more, green costs less. Click a bar for its days.",
        "최근 30일과 그 이전 30일의 차이입니다. 빨강은 늘어난 비용, 초록은 줄어든 비용입니다. 막대를 클릭하면 날짜별 "
        "행을 볼 수 있습니다.",
    ),
    height=400,
    own_title=Text("By service", "서비스별"),
    variants=(BY_ACCOUNT.movers(),),
)


def dashboard(tags: Sequence[str]) -> Dashboard:
    """The page; costs can be split by these tags too."""
    c3 = Panel(
        id="C3",
        title=Text("Cost share by service, last 30 days", "최근 30일 AWS 서비스 비용 비중"),
        query="""\
aws-cost days=30 unblended_cost by service
| stats sum(unblended_cost) as cost by service
| search cost > 0 
| sort -cost 
| eval cost = round(cost, 2)""",  # noqa: W291
        visual=Treemap("service", "cost", SERVICES_BEFORE, SERVICE_COLOURS, SERVICE),
        help=Text(
            "The area of a tile is its cost. Look for what you do not expect: GPU instances, NAT traffic, databases "
            "nobody uses. A red edge marks a service that cost nothing in the 30 days before. Credits are left out, as "
            "a tile cannot be negative.",
            "타일의 넓이가 비용입니다. 예상하지 못한 항목(GPU 인스턴스, NAT 트래픽, 쓰지 않는 데이터베이스)을 "
            "찾아보세요. 빨간 테두리는 이전 30일에 비용이 없던 서비스입니다. 크레딧 같은 음수는 제외됩니다.",
        ),
        height=420,
        own_title=Text("By service", "서비스별"),
        variants=tuple(way.share() for way in ways(tags)),
    )
    c4 = Panel(
        id="C4",
        title=Text("Daily cost by service", "AWS 서비스별 청구 비용 추이"),
        query="""\
aws-cost days=30 unblended_cost by service 
| eval _time = date(start, "yyyy-MM-dd")
| timechart span=1d sum(unblended_cost) as cost by service""",  # noqa: W291
        visual=StackedDays(SERVICE, "service", SERVICE_COLOURS),
        help=Text(
            "Find the day a cost began, then look at what was changed on that day. Marks: a day that cost more than "
            "1.5 times (amber) or twice (red) the mean of the 7 days before. Fees of the month and tax come on the "
            "1st; credits are drawn below zero. Click a column for its rows.",
            "비용이 시작된 날을 찾은 뒤 그날의 변경 내역을 확인하세요. 표시: 직전 7일 평균의 1.5배(주의), 2배(경고)를 "
            "넘은 날입니다. 월정 비용과 세금은 1일에 붙고 크레딧은 0 아래에 그립니다. 막대를 클릭하면 행을 볼 수 "
            "있습니다.",
        ),
        height=440,
        own_title=Text("By service", "서비스별"),
        variants=(WITHOUT_FEES, *(way.days() for way in ways(tags))),
    )
    return Dashboard(
        id="cost",
        purpose=Text(
            "What AWS bills, for which services and accounts, and what the month may come to.",
            "AWS 청구 비용을 서비스·계정별로 보고 이번 달 예상 비용을 확인합니다.",
        ),
        rows=((C1, C2, C5, C6), (c3, C7), (c4,), (C8,)),
        widths=((1, 1, 1, 1), (3, 2), (1,), (1,)),
    )
