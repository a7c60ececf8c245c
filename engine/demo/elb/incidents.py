"""What goes wrong at the load balancers, each story at a fixed time before now, like those of the accounts.

Two kinds of trouble come together: requests that only the story brings, and ordinary ones that it changes. So a
broken path is seen by whoever happens to come, and by enough customers even on a Sunday night.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from engine.demo.elb.balancers import (
    API,
    API_APP,
    API_HOST,
    API_PARTNER,
    BLOCKED,
    CHECKOUT,
    SHOP,
    SHOP_HOST,
    SHOP_WEB,
    UNKNOWN_HOST,
    Balancer,
    Rule,
)
from engine.demo.elb.clients import APP_USERS, SHOPPERS, Client, some
from engine.demo.elb.lines import Connection, Request, connect
from engine.demo.elb.streams import MIB
from engine.demo.stories import Incident

Requests = list[Request]

MINUTE, HOUR = 60, 3600
SLOW_TARGET = SHOP_WEB.targets[1]
SLOW_FOR = 23 * HOUR
BROKEN_FOR = 38 * MINUTE
EMPTY_FOR = 12 * MINUTE
CONFIRM = f"POST https://{SHOP_HOST}:443/checkout/confirm"
SCANNER_ADDRESS = "51.15.3.77"  # a cloud in the Netherlands
DOWNLOADER_ADDRESS = "104.131.2.61"  # a cloud in the United States
UPLOADER_ADDRESS = "62.157.9.140"  # a mill that delivers rice, in Germany
POISONER_ADDRESS = "139.59.3.28"  # a cloud in India
STORM_NETWORK = "34.118.0"  # a cloud in Poland
FOREIGN_HOST = "gifts.hungry-badger.example"


def slow_target(begins: int) -> Requests:
    """One of three servers of the shop leaks memory and grows slower for 23 hours, until somebody restarts it.

    In its last hour some customers wait a minute and get a 504.
    """
    random = Random("slow target")
    shop = _customers(random, SHOP, SHOP_HOST, some(SHOPPERS, random, 24))
    page = f"GET https://{SHOP_HOST}:443/search?q=songpyeon&sort=popular"
    return [
        _unanswered(second, random.choice(shop), page, SHOP_WEB, SLOW_TARGET, "504")
        for second in _spread(random, begins + SLOW_FOR - HOUR, HOUR, 34)
    ]


def slowed(request: Request, begins: int) -> Request:
    """What the slow server took in place of the usual time: four times as long, in the end thirty times."""
    since = request.micros / 1e6 - begins
    if request.target != SLOW_TARGET or request.waited < 0 or not 0 <= since < SLOW_FOR:
        return request
    more = request.waited * (3 + 26 * since / SLOW_FOR)
    return request._replace(micros=request.micros + int(more * 1e6), waited=request.waited + more)


def broken_deploy(begins: int) -> Requests:
    """A deploy of the checkout breaks one path: for 38 minutes nobody can pay, and many try again."""
    random = Random("broken deploy")
    shop = _customers(random, SHOP, SHOP_HOST, some(SHOPPERS, random, 90))
    return [
        _unanswered(second, random.choice(shop), CONFIRM, CHECKOUT, random.choice(CHECKOUT.targets), "502")
        for second in _spread(random, begins, BROKEN_FOR, 260)
    ]


def broken(request: Request, begins: int) -> Request:
    """An ordinary customer who tries to pay meanwhile."""
    if request.call != CONFIRM or not 0 <= request.micros / 1e6 - begins < BROKEN_FOR:
        return request
    return request._replace(waited=-1.0, status="502", target_status="-", sent=272)


def page_scanner(begins: int) -> Requests:
    """A scanner asks for hundreds of pages that do not exist, by the shop's name, in 25 minutes.

    The firewall knows some of the paths, the shop answers 404 to the others.
    """
    random = Random("page scanner")
    agents = (r"Mozilla/5.0 (\x22hare\x22; rv:9.0) hollow-scan/1.4", "Mozilla/5.0 zgrab/0.x")
    found = []
    connection = _stranger(random, SHOP, SHOP_HOST, SCANNER_ADDRESS, agents[0])
    for number, (second, path) in enumerate(
        zip(_spread(random, begins, 25 * MINUTE, len(MISSING_PAGES)), MISSING_PAGES, strict=True)
    ):
        if number % 25 == 0:
            connection = _stranger(random, SHOP, SHOP_HOST, SCANNER_ADDRESS, agents[number % 2])
        method = ("GET", "GET", "GET", "HEAD", "GET", "GET", "PROPFIND" if number % 5 else "TRACE")[number % 7]
        call = f"{method} https://{SHOP_HOST}:443{path}"
        if ".." in path or "<" in path or "'" in path:
            found.append(_blocked(second, connection, call, "SpaceInUri" if " " in path else "-"))
        else:
            found.append(_answered(random, second, connection, call, SHOP_WEB, 0.004, "404", 460, 1700))
    return found


def bulk_download(begins: int) -> Requests:
    """A program fetches the whole catalogue of pictures in print quality: seven gigabytes in 100 minutes."""
    random = Random("bulk download")
    connection = _stranger(random, SHOP, SHOP_HOST, DOWNLOADER_ADDRESS, "Wget/1.24.5")
    return [
        _answered(
            random, second, connection, f"GET https://{SHOP_HOST}:443/images/print/{1000 + number}.tiff", SHOP_WEB,
            0.35, "200", 390, random.randrange(5 * MIB, 11 * MIB),
        )
        for number, second in enumerate(_spread(random, begins, 100 * MINUTE, 900))
    ]  # fmt: skip


def upload_loop(begins: int) -> Requests:
    """A partner's program sends the same 12 megabytes again and again, as the answer is a 500 each time."""
    random = Random("upload loop")
    connection = _stranger(random, API, API_HOST, UPLOADER_ADDRESS, "rice-mill-erp/3.4 Java/21.0.8")
    return [
        _answered(
            random, second, connection, f"PUT https://{API_HOST}:443/partners/catalogue/full", API_PARTNER,
            0.8, "500", 12 * MIB + random.randrange(4096), 640,
        )
        for second in _spread(random, begins, HOUR, 180)
    ]  # fmt: skip


def login_storm(begins: int) -> Requests:
    """Stolen passwords are tried on the shop's login from a whole network; after 120 the firewall blocks the rest."""
    random = Random("login storm")
    clients = [Client(f"{STORM_NETWORK}.{last}", "okhttp/4.9.0", False, True) for last in range(16, 40)]
    storm = _customers(random, SHOP, SHOP_HOST, clients)
    call = f"POST https://{SHOP_HOST}:443/login"
    tries = _spread(random, begins, 45 * MINUTE, 900)
    seen = [
        _answered(random, second, random.choice(storm), call, SHOP_WEB, 0.25, "401", 760, 900) for second in tries[:120]
    ]
    return seen + [_blocked(second, random.choice(storm), call) for second in tries[120:]]


def foreign_host(begins: int) -> Requests:
    """Somebody asks for new passwords with a foreign name in the Host header, hoping that mails will link there."""
    random = Random("foreign host")
    connections = [
        _stranger(random, SHOP, FOREIGN_HOST, POISONER_ADDRESS, "python-requests/2.28.1", secure=False)
        for _ in range(12)
    ]
    return [
        Request(
            second * 1_000_000 + random.randrange(1_000_000), random.choice(connections),
            f"POST http://{FOREIGN_HOST}:80/account/password-reset?user={1000 + number % 37}", UNKNOWN_HOST,
            "-", -1.0, "404", "-", 610, 190,
        )
        for number, second in enumerate(_spread(random, begins, 30 * MINUTE, 96))
    ]  # fmt: skip


def no_healthy_target(begins: int) -> Requests:
    """Both servers of the app fail their health checks at once: twelve minutes of 503."""
    random = Random("no healthy target")
    app = _customers(random, API, API_HOST, some(APP_USERS, random, 60))
    call = f"GET https://{API_HOST}:443/v2/products/{{}}"
    return [
        _unanswered(second, random.choice(app), call.format(random.randrange(1000, 1400)), API_APP, "-", "503")
        for second in _spread(random, begins, EMPTY_FOR, 150)
    ]


def emptied(request: Request, begins: int) -> Request:
    """An ordinary user of the app who comes meanwhile."""
    if request.rule is not API_APP or not 0 <= request.micros / 1e6 - begins < EMPTY_FOR:
        return request
    return request._replace(target="-", waited=-1.0, status="503", target_status="-", sent=160)


def _missing_pages() -> tuple[str, ...]:
    """What scanners ask for."""
    names = (
        "admin", "backup", "config", "credentials", "database", "db", "debug", "dump", "info", "install", "login",
        "old", "phpinfo", "secrets", "server-status", "settings", "setup", "shell", "site", "test", "upload", "users",
        "web",
    )  # fmt: skip
    endings = (
        "php", "bak", "zip", "sql", "tar.gz", "json", "yml", "old", "txt", "asp", "jsp", "cgi", "env", "log", "xml",
    )  # fmt: skip
    known = (
        "/.env", "/.env.local", "/.env.production", "/.git/config", "/.git/HEAD", "/.svn/entries", "/.aws/credentials",
        "/.ssh/id_rsa", "/.DS_Store", "/.htpasswd", "/wp-login.php", "/wp-admin/", "/xmlrpc.php", "/phpmyadmin/",
        "/pma/index.php", "/actuator/env", "/actuator/heapdump", "/manager/html", "/solr/admin/info/system",
        "/console/login/LoginForm.jsp", "/api/v1/pods", "/_ignition/health-check", "/telescope/requests",
        "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/owa/auth/logon.aspx", "/jenkins/script",
        "/../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/download?file=../../../../etc/shadow",
        "/search?q=<script>alert(1)</script>", "/products/1' OR '1'='1", "/login?next=<img src=x>",
    )  # fmt: skip
    plugins = tuple(f"/wp-content/plugins/{name}/readme.txt" for name in ("akismet", "cart", "forms", "slider", "seo"))
    return known + plugins + tuple(f"/{name}.{ending}" for name in names for ending in endings)


MISSING_PAGES = _missing_pages()


def _spread(random: Random, begins: int, length: int, count: int) -> list[int]:
    """Some seconds of a stretch of time, in order."""
    return sorted(begins + int(random.random() * length) for _ in range(count))


def _customers(random: Random, balancer: Balancer, host: str, clients: Sequence[Client]) -> list[Connection]:
    return [connect(random, balancer, client, host) for client in clients]


def _stranger(
    random: Random, balancer: Balancer, host: str, address: str, agent: str, *, secure: bool = True
) -> Connection:
    return connect(random, balancer, Client(address, agent, False, True), host, secure=secure)


def _answered(
    random: Random, second: int, connection: Connection, call: str, rule: Rule, took: float, status: str, received: int,
    sent: int,
) -> Request:  # fmt: skip
    """A request that a server answered in about `took` seconds, none of them a second long."""
    waited = min(took * random.uniform(0.7, 1.6), 0.95)
    target = random.choice([target for target in rule.targets if target != SLOW_TARGET])
    micros = second * 1_000_000 + random.randrange(1_000_000)
    return Request(micros, connection, call, rule, target, waited, status, status, received, sent)


def _unanswered(second: int, connection: Connection, call: str, rule: Rule, target: str, status: str) -> Request:
    return Request(second * 1_000_000 + 371_204, connection, call, rule, target, -1.0, status, "-", 1900, 272)


def _blocked(second: int, connection: Connection, call: str, oddity: str = "-") -> Request:
    micros = second * 1_000_000 + 118_061
    return Request(micros, connection, call, BLOCKED, "-", -1.0, "403", "-", 700, 520, oddity=oddity)


ELB_INCIDENTS: tuple[Incident[Request], ...] = (
    Incident(
        "slow-target",
        "One server of three grows slower for a day, until it is restarted",
        "하루 동안 점점 느려지다 재시작된 서버 한 대",
        timedelta(hours=28),
        ("S2", "S3"),
        f'table duration=2d aws-elb_shop-web | search target_ip == ip("{SLOW_TARGET.split(":")[0]}")'
        " and target_processing_time > 1",
        slow_target,
        slowed,
    ),
    Incident(
        "login-storm",
        "Stolen passwords tried on the shop's login until the firewall blocks them",
        "방화벽이 차단할 때까지 시도된 쇼핑몰 로그인 크리덴셜 스터핑",
        timedelta(hours=10, minutes=10),
        ("E1", "E2", "S1"),
        'table duration=1d aws-elb_* | search url == "/login" and actions_executed == "waf"',
        login_storm,
    ),
    Incident(
        "bulk-download",
        "Seven gigabytes of pictures downloaded by one client",
        "한 클라이언트가 내려받은 7GB의 이미지",
        timedelta(hours=8, minutes=30),
        ("S5", "S7"),
        "table duration=1d aws-elb_* | search sent_bytes > 4000000",
        bulk_download,
    ),
    Incident(
        "page-scanner",
        "A scanner asked for hundreds of pages that do not exist",
        "존재하지 않는 페이지 수백 개를 요청한 스캐너",
        timedelta(hours=6, minutes=50),
        ("S1", "E1", "E2"),
        f'table duration=1d aws-elb_* | search elb_status_code >= 400 and client_ip == ip("{SCANNER_ADDRESS}")',
        page_scanner,
    ),
    Incident(
        "upload-loop",
        "A partner's program uploads the same file again and again",
        "같은 파일을 반복해서 올리는 협력사 프로그램",
        timedelta(hours=5, minutes=30),
        ("S4", "S6"),
        "table duration=1d aws-elb_* | search received_bytes > 10000000 and elb_status_code == 500",
        upload_loop,
    ),
    Incident(
        "broken-deploy",
        "A deploy broke one path of the checkout: 502 for 38 minutes",
        "배포로 결제 경로 하나가 38분간 502 오류",
        timedelta(hours=4, minutes=20),
        ("E1", "E2"),
        'table duration=1d aws-elb_* | search url == "/checkout/confirm" and elb_status_code == 502',
        broken_deploy,
        broken,
    ),
    Incident(
        "foreign-host",
        "Passwords asked to be reset under a foreign Host header",
        "외부 도메인을 Host 헤더에 넣은 비밀번호 재설정 요청",
        timedelta(hours=2, minutes=50),
        ("E3", "E4"),
        f'table duration=1d aws-elb_* | search host == "{FOREIGN_HOST}"',
        foreign_host,
    ),
    Incident(
        "no-healthy-target",
        "No healthy server behind the app's load balancer for twelve minutes",
        "앱 로드 밸런서 뒤에 정상 서버가 없던 12분",
        timedelta(days=6, hours=3),
        ("E1", "E2"),
        "table duration=7d aws-elb_api-eu | search elb_status_code == 503",
        no_healthy_target,
        emptied,
    ),
)


def planted(now: int) -> Requests:
    """The requests that only incidents bring, given the second that counts as now."""
    return [request for incident in ELB_INCIDENTS for request in incident.events(incident.begins(now))]


def disturbed(requests: Requests, now: int) -> Requests:
    """Ordinary requests as they are under the incidents."""
    latest = max((request.micros for request in requests), default=0) / 1e6
    for incident in ELB_INCIDENTS:
        begins = incident.begins(now)
        if incident.changes is not None and begins <= latest:
            requests = [incident.changes(request, begins) for request in requests]
    return requests
