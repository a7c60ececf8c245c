"""From the bucket of an organization to a lake with one command: killed anywhere, whole in the end, honest on gaps."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine import Engine
from engine.lake.coverage import coverage, gaps
from engine.lake.store import Lake
from tests.lake.logs import START, event
from tests.lake.s3_server import S3
from tests.panels import PANELS

ROOT = Path(__file__).parents[2]
ACCOUNTS = ("111122223333", "222233334444", "333344445555")
REGIONS = ("ap-northeast-2", "eu-west-1", "us-east-1", "us-west-2")
DAYS, HOUR, KILLS = 14, timedelta(hours=1), 4
END = START + timedelta(days=DAYS)
WITHHELD = ("222233334444", "eu-west-1", START + timedelta(days=6))
LAUNCHES = 3  # of each account, region and day


def deliver(s3: S3, account: str, region: str, day: datetime) -> None:
    """Two files with an event in each hour of a day; the first event of a file is delivered again in the next one."""
    place = ACCOUNTS.index(account) * 100 + REGIONS.index(region) * 10
    number = ((day - START).days * 1000 + place) * 100
    events = [
        event(
            number + hour,
            day + hour * HOUR,
            recipientAccountId=account,
            awsRegion=region,
            eventName="RunInstances" if hour < LAUNCHES else "DescribeInstances",
        )
        for hour in range(24)
    ]
    for half, records in enumerate((events[:12], [events[0], *events[12:]])):
        at = day + timedelta(hours=11 + 12 * half, minutes=40)
        name = f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{half:016d}.json.gz"
        key = f"logs/AWSLogs/o-example0001/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/{name}"
        s3.put("trail", key, gzip.compress(json.dumps({"Records": records}).encode(), 1))


def collecting(lake: Path) -> subprocess.Popen[bytes]:
    command = ["collect", "cloudtrail", "s3://trail/logs", "--lake", str(lake), "--since", f"{START:%Y-%m-%d}"]
    program = [sys.executable, "-m", "engine.cli", *command]
    return subprocess.Popen(program, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_one_command_fills_the_lake_whatever_kills_it(s3: S3, tmp_path: Path) -> None:
    for account in ACCOUNTS:
        for region in REGIONS:
            for number in range(DAYS):
                if (account, region, START + timedelta(days=number)) != WITHHELD:
                    deliver(s3, account, region, START + timedelta(days=number))
    path, dice = tmp_path / "lake", random.Random(5)
    for _ in range(KILLS):
        with collecting(path) as killed:
            asked = s3.gets()
            wanted = asked + dice.randrange(40, 200)
            while killed.poll() is None and s3.gets() < wanted:
                time.sleep(0.01)
            killed.send_signal(signal.SIGKILL)
    with collecting(path) as whole:
        assert whole.wait(timeout=120) == 0

    engine = Engine(path, now=END)
    days = len(ACCOUNTS) * len(REGIONS) * DAYS - 1
    everything = engine.run("table duration=14d cloudtrail* | stats count, dc(eventID) as different")
    assert everything.to_dict("records") == [{"count": 24 * days, "different": 24 * days}]
    launches = engine.run(PANELS["T1"].replace("duration=1d", "duration=14d"))
    assert launches["count"].tolist() == [LAUNCHES * days]

    lake = Lake.open(path)
    (gap,) = gaps(coverage(lake)).to_dict("records")
    assert (gap["account"], gap["region"], gap["start"], gap["hours"]) == (*WITHHELD, 24)
    deliver(s3, *WITHHELD)
    with collecting(path) as again:
        assert again.wait(timeout=120) == 0
    assert gaps(coverage(lake)).empty
    assert engine.run("table duration=14d cloudtrail* | stats count")["count"].tolist() == [24 * (days + 1)]
