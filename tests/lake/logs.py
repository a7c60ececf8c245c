"""CloudTrail files for the tests of the lake, and what a lake then holds."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from engine.lake.store import Lake

START = datetime(2024, 5, 1, tzinfo=UTC)


def event(number: int, time: datetime = START, **fields: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": f"user{number % 7}", "accountId": "111122223333"},
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "ec2.amazonaws.com",
        "eventName": f"Describe{number % 50}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": {"number": number, "text": f"{number * 7919 % 10007:x}" * 20},
        "eventID": f"293ba626-3be5-4a26-ab1b-{number:012d}",
        "recipientAccountId": "111122223333",
    } | fields


def key(delivered: datetime, unique: str, kind: str = "CloudTrail", region: str = "eu-west-1") -> str:
    return (
        f"AWSLogs/111122223333/{kind}/{region}/{delivered:%Y/%m/%d}/"
        f"111122223333_{kind}_{region}_{delivered:%Y%m%dT%H%MZ}_{unique}.json.gz"
    )


def write(path: Path, events: list[Any]) -> Path:
    """A file of records, gzip if its name says so; other texts than records are written as they are."""
    text = b'{"Records":[' + b",".join(
        item if isinstance(item, bytes) else json.dumps(item).encode() for item in events
    ) + b"]}"  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, 1) if path.suffix == ".gz" else text)
    return path


def write_logs(folder: Path, files: int, per_file: int, days: int = 3) -> int:
    """Files over some days, every event of which comes again in another file, and one broken record in each."""
    for i in range(files):
        begin = START + i * timedelta(days=days) / files
        numbers = [*range(i * per_file, (i + 1) * per_file), *range(max(0, i - 1) * per_file, i * per_file)]
        times = [START + (n // per_file) * timedelta(days=days) / files + timedelta(seconds=n % 600) for n in numbers]
        events: list[Any] = [event(n, time) for n, time in zip(numbers, times, strict=True)]
        write(folder / key(begin + timedelta(minutes=15), f"{i:016d}"), [*events, b'{"broken": %d, ' % i, 12])
    return files * per_file


def select(lake: Lake, sql: str, table: str = "cloudtrail") -> list[tuple[Any, ...]]:
    """Rows of a query on `t`, the rows of a table of the lake."""
    files = [lake.location(table, file) for file in lake.snapshot(table).files]
    if not files:
        return []
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        duck.execute(f"CREATE VIEW t AS FROM read_parquet({files}, union_by_name = true, hive_partitioning = false)")
        return [tuple(row.values()) for row in duck.sql(sql).to_arrow_table().to_pylist()]
