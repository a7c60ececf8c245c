"""Access logs read with a simple tokenizer, independent of the lake's."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ALB = [
    "type", "time", "elb", "client", "target", "request_processing_time", "target_processing_time",
    "response_processing_time", "elb_status_code", "target_status_code", "received_bytes", "sent_bytes", "request",
    "user_agent", "ssl_cipher", "ssl_protocol", "target_group_arn", "trace_id", "domain_name", "chosen_cert_arn",
    "matched_rule_priority", "request_creation_time", "actions_executed", "redirect_url", "error_reason", "target_list",
    "target_status_code_list", "classification", "classification_reason", "conn_trace_id", "transformed_host",
    "transformed_uri", "request_transform_status", "node_ip",
]  # fmt: skip
CLASSIC = ALB[1:16]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
KEY = re.compile(
    r"AWSLogs/(?P<account>\d{12})/elasticloadbalancing/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)/"
    r"(?P=account)_elasticloadbalancing_(?P=region)_(?P<elb>app\.(?P<name>[a-z-]+)\.[0-9a-f]{16}|[a-z-]+)_"
    r"(?P<end>\d{8}T\d{4})Z_(?P<node>[\d.]+)_[a-z0-9]{8}\.log(?P<gz>\.gz)?"
)

Line = dict[str, str]


def fields(text: str) -> Line:
    """The fields of a line by their names, without quotes."""
    tokens = [token[1:-1] if token[0] == '"' else token for token in TOKEN.findall(text)]
    names = ALB if len(tokens) > 15 else CLASSIC
    return dict(zip(names, tokens, strict=True))


def log_paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*_elasticloadbalancing_*.log*"))


def lines_of(path: Path) -> list[str]:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()


def all_lines(folder: Path) -> Iterator[str]:
    """Every whole line; the half one is left out."""
    for path in log_paths(folder):
        yield from (line for line in lines_of(path) if not is_half(line))


def is_half(line: str) -> bool:
    return line.count('"') == 0


def time_of(line: Line) -> datetime:
    return datetime.fromisoformat(line["time"]).astimezone(UTC)


def target_seconds(line: Line) -> float:
    return float(line["target_processing_time"])
