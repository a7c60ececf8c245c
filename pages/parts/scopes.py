"""What dashboards look at: the tables of their logs, and the filters that narrow them."""

from __future__ import annotations

from dataclasses import dataclass

from pages.parts.texts import Text

# `userName` is null for every role and single sign-on session, so the name people know falls back to the session
# name (behind the colon of `principalId`), the role, the calling service and last the kind of identity.
DISPLAY_USER = (
    'nvl(valueof(userIdentity, "userName"), '
    'nvl(valueof(split(valueof(userIdentity, "principalId"), ":"), 1), '
    'nvl(valueof(valueof(valueof(userIdentity, "sessionContext"), "sessionIssuer"), "userName"), '
    'nvl(valueof(userIdentity, "invokedBy"), valueof(userIdentity, "type")))))'
)
# Errors that a server answered are told from those that the load balancer answered in its place.
STATUS_CLASS = (
    'case(isnull(elb_status_code) or elb_status_code < 100, "none", '
    'elb_status_code >= 500 and target_status_code >= 500, "5xx-target", elb_status_code >= 500, "5xx-elb", '
    'concat(string(int(elb_status_code / 100)), "xx"))'
)


@dataclass(frozen=True)
class Filter:
    """A choice of values: `key` names it in the URL, `value` is an expression of the language.

    Where logs come from (`is_origin`) decides whether logs arrived at all; other filters only hide rows that did.
    """

    key: str
    title: Text
    everything: Text
    value: str
    help: Text | None = None
    is_origin: bool = False


@dataclass(frozen=True)
class Scope:
    """The tables that a page looks at, as a pattern, and the filters it offers."""

    tables: str
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class LiveScope:
    """What a page asks AWS about: by region or not, and whether it is about money."""

    has_regions: bool = True
    is_money: bool = False


COST, CLOUDWATCH = LiveScope(has_regions=False, is_money=True), LiveScope()

CLOUDTRAIL = Scope(
    "cloudtrail*",
    (
        Filter(
            "account", Text("Account", "계정"), Text("All accounts", "모든 계정"), "recipientAccountId", is_origin=True
        ),
        Filter("region", Text("Region", "리전"), Text("All regions", "모든 리전"), "awsRegion"),
        Filter(
            "user",
            Text("User", "사용자"),
            Text("All users", "모든 사용자"),
            DISPLAY_USER,
            Text(
                "The user name; for roles and single sign-on the session name, else the role, the service or the kind.",
                "사용자 이름입니다. 역할·SSO 세션은 세션 이름, 없으면 역할·서비스·유형 순으로 표시합니다.",
            ),
        ),
    ),
)

ELB = Scope(
    "aws-elb_*",
    (
        Filter(
            "elb_name",
            Text("Load balancer", "로드 밸런서"),
            Text("All load balancers", "모든 로드 밸런서"),
            "lb_name",
            is_origin=True,
        ),
        Filter("elb_target", Text("Server", "서버"), Text("All servers", "모든 서버"), "target_ip"),
        Filter("elb_host", Text("Host", "호스트"), Text("All hosts", "모든 호스트"), "host"),
        Filter("elb_method", Text("Method", "메소드"), Text("All methods", "모든 메소드"), "method"),
        Filter(
            "elb_status",
            Text("Status", "상태 코드"),
            Text("All statuses", "모든 상태 코드"),
            STATUS_CLASS,
            Text(
                "Of errors from 500 on, 5xx-target are answers of a server and 5xx-elb those of the load balancer "
                "itself. Connections without HTTP have none.",
                "500 이상 오류 중 5xx-target은 서버가 응답한 것이고 5xx-elb는 로드 밸런서가 직접 응답한 것입니다. "
                "HTTP가 아닌 연결은 none입니다.",
            ),
        ),
        Filter("elb_client", Text("Client", "클라이언트"), Text("All clients", "모든 클라이언트"), "client_ip"),
    ),
)
