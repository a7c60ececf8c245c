"""Load balancer log lines for tests."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

ACCOUNT, REGION = "111122223333", "eu-west-1"
START = datetime(2024, 5, 1, tzinfo=UTC)
TARGET_GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/web/73e2d6bc24d8a067"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"

ALB = {
    "type": "https",
    "time": "2024-05-01T00:00:01.234567Z",
    "elb": "app/prod-web/50dc6c495c0c9188",
    "client": "203.0.113.7:54321",
    "target": "10.0.0.1:8080",
    "request_processing_time": "0.001",
    "target_processing_time": "0.002",
    "response_processing_time": "0.000",
    "elb_status_code": "200",
    "target_status_code": "200",
    "received_bytes": "120",
    "sent_bytes": "3456",
    "request": '"GET https://www.example.com:443/items?page=2 HTTP/1.1"',
    "user_agent": '"curl/8.5.0"',
    "ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
    "ssl_protocol": "TLSv1.2",
    "target_group_arn": TARGET_GROUP,
    "trace_id": '"Root=1-58337262-36d228ad5d99923122bbe354"',
    "domain_name": '"www.example.com"',
    "chosen_cert_arn": f'"{CERTIFICATE}"',
    "matched_rule_priority": "0",
    "request_creation_time": "2024-05-01T00:00:01.230000Z",
    "actions_executed": '"waf,forward"',
    "redirect_url": '"-"',
    "error_reason": '"-"',
    "target_port_list": '"10.0.0.1:8080"',
    "target_status_code_list": '"200"',
    "classification": '"-"',
    "classification_reason": '"-"',
    "conn_trace_id": "TID_1234abcd",
    "transformed_host": '"-"',
    "transformed_uri": '"-"',
    "request_transform_status": '"-"',
    "node": "10.0.0.7",
}
CLASSIC = {
    "time": "2015-05-13T23:39:43.945958Z",
    "elb": "my-loadbalancer",
    "client": "192.168.131.39:2817",
    "target": "10.0.0.1:80",
    "request_processing_time": "0.000073",
    "target_processing_time": "0.001048",
    "response_processing_time": "0.000057",
    "elb_status_code": "200",
    "target_status_code": "200",
    "received_bytes": "0",
    "sent_bytes": "29",
    "request": '"GET http://www.example.com:80/ HTTP/1.1"',
    "user_agent": '"curl/7.38.0"',
    "ssl_cipher": "-",
    "ssl_protocol": "-",
}
NLB = (
    "tls 2.0 2018-12-20T02:59:40 net/my-network/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341"
    f" 172.100.100.185:443 5 2 98 246 - {CERTIFICATE} - ECDHE-RSA-AES128-SHA tlsv12 - my-network.%C3%A9xample.com h2 -"
    ' "h2","http/1.1" 2018-12-20T02:59:30'
)
CONNECTION = (
    "2024-05-01T00:00:01.234567Z 203.0.113.7 54321 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "
    '"CN=amazondomains.com" NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success TID_1'
)
HEALTH_CHECK = "http 2024-05-01T00:00:01.234567Z 0.003 10.0.0.1:80 web PASS 200 -"


def alb(fields: int = 34, **changes: str) -> str:
    """An ALB line of so many fields."""
    line = {**ALB, **changes}
    return " ".join([*line.values(), *(f"x{i}" for i in range(fields - len(line)))][:fields])


def classic(*more: str, **changes: str) -> str:
    return " ".join([*{**CLASSIC, **changes}.values(), *more])


def at(seconds: float) -> str:
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%fZ}"


def key(unique: str, balancer: str = "app.prod-web.50dc6c495c0c9188", delivered: datetime = START) -> str:
    return (
        f"AWSLogs/{ACCOUNT}/elasticloadbalancing/{REGION}/{delivered:%Y/%m/%d}/"
        f"{ACCOUNT}_elasticloadbalancing_{REGION}_{balancer}_{delivered:%Y%m%dT%H%MZ}_10.0.0.7_{unique}.log.gz"
    )


def write(path: Path, *lines: str | bytes, end: bytes = b"\n") -> Path:
    """A file of lines, gzip if its name says so."""
    text = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + end
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, 1) if path.suffix == ".gz" else text)
    return path
