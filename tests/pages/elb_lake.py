"""A small lake of known load balancer requests around now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.lake.collect import collect
from engine.lake.store import Lake

SCANNER, VISITOR, UPLOADER = "8.8.8.8", "168.126.63.1", "168.126.63.2"
EVIL = "<img src=x onerror=alert(1)> [click](http://evil.example) =1+1"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
GROUP = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/{}/73e2d6bc24d8a067"


@dataclass(frozen=True)
class Asked:
    """A request as an ALB logs it: without a target status no server answered, without a name no TLS name matched."""

    ago: timedelta
    path: str = "/items/17?page=2"
    status: str = "200"
    target_status: str = "200"
    client: str = VISITOR
    server: str = "10.0.0.1"
    seconds: float = 0.1
    received: int = 100
    sent: int = 1000
    method: str = "GET"
    host: str = "shop.example"
    name: str = "shop.example"
    kind: str = "https"
    actions: str = "forward"
    agent: str = "Mozilla/5.0"
    error: str = "-"
    oddity: str = "-"

    def line(self) -> str:
        moment = (datetime.now(UTC) - self.ago).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        answered = self.server != "-"
        waited = f"0.001 {self.seconds} 0.000" if answered else "-1 -1 -1"
        group = GROUP.format("web") if answered else "-"
        return (
            f"{self.kind} {moment} app/front/50dc6c495c0c9188 {self.client}:54321 "
            f"{f'{self.server}:80' if answered else '-'} {waited} {self.status} {self.target_status} "
            f'{self.received} {self.sent} "{self.method} {self.kind}://{self.host}:443{self.path} HTTP/1.1" '
            f'"{self.agent}" ECDHE TLSv1.2 {group} "Root=1-5" "{self.name}" "-" 0 {moment} '
            f'"{self.actions}" "-" "{self.error}" "-" "-" '
            f'"{"Ambiguous" if self.oddity != "-" else "-"}" "{self.oddity}" TID_1 "-" "-" "-" 10.0.0.7'
        )


def known_requests() -> Iterable[Asked]:
    """On `front`: 24 visits to two servers, one of them slow; a scan, an upload, and each kind of failure."""
    for number in range(12):
        yield Asked(HOUR * 2 + MINUTE * number, f"/items/{number}?page=2", seconds=0.05 + number / 100)
        yield Asked(HOUR * 3 + MINUTE * number, server="10.0.0.2", seconds=2.0 + number, agent=EVIL)
    for path in ("/.env", "/wp-login.php", "/.git/config", *(f"/{number}.php" for number in range(9))):
        yield Asked(
            HOUR, path, "404", "404", SCANNER, host="3.34.99.21", name="-", agent="zgrab/0.x", method="PROPFIND"
        )
    yield Asked(HOUR * 4, "/upload", client=UPLOADER, received=2_000_000_000, method="POST")
    yield Asked(HOUR * 5, "/orders/8a1b2c3d-0000-4000-8000-1234567890ab", "500", "500")
    yield Asked(HOUR * 5, "/orders/9", "502", "-", seconds=0.2)
    yield Asked(HOUR * 5, "/", "503", "-", server="-")
    yield Asked(HOUR * 6, "/", "403", "-", SCANNER, server="-", actions="waf", name="-")
    yield Asked(HOUR * 6, "/", "301", "-", server="-", kind="http", name="-", actions="redirect")
    yield Asked(HOUR * 7, "/a", "460", "-", server="-", error="LambdaUnhandled", oddity="SpaceInUri")


def make_elb_lake(folder: Path) -> Path:
    """A lake of `known_requests`, and of one TCP connection to the classic load balancer `tills`."""
    moment = (datetime.now(UTC) - HOUR).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    till = f'{moment} tills {VISITOR}:2817 10.0.0.9:80 0.000073 0.001048 0.000057 - - 82 305 "- - - " "-" - -'
    begin = "111122223333_elasticloadbalancing_ap-northeast-2"
    (folder / f"{begin}_tills_20260101T0000Z_10.0.0.8_abcdefgh.log").write_text(till + "\n")
    lines = "".join(f"{asked.line()}\n" for asked in known_requests())
    (folder / f"{begin}_app.front.50dc6c495c0c9188_20260101T0000Z_10.0.0.7_abcdefgh.log").write_text(lines)
    lake = folder / "demo" / "lake"
    collect(Lake.open(lake, create=True), "elb", str(folder))
    return lake
