"""The memory of a collector stays below 600 MB, whatever it reads."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lake.logs import START, event, key

ROOT = Path(__file__).parents[2]
LIMIT = 600  # MB
COLLECTOR = """
import json, sys
from datetime import date
from engine.lake.collect import collect
from engine.lake.store import Lake
from tests.peak import peak_megabytes
lake = Lake.open(sys.argv[1], create=True)
report = collect(lake, "cloudtrail", sys.argv[2], since=date.min)
print(json.dumps({"peak": peak_megabytes(), "events": report.events, "rejects": report.rejects}))
"""


def collected(tmp_path: Path, source: str = "") -> dict[str, object]:
    command = [sys.executable, "-c", COLLECTOR, str(tmp_path / "lake"), source or str(tmp_path / "logs")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    report: dict[str, object] = json.loads(result.stdout)
    return report


@pytest.fixture
def logs(tmp_path):
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def test_a_file_of_50_mb(tmp_path, logs):
    dice = random.Random(1)
    count = 0
    with gzip.open(logs / "large.json.gz", "wb", 1) as file:
        file.write(b'{"Records":[')
        while (logs / "large.json.gz").stat().st_size < 50 << 20:
            # Half of the bytes of an event are incompressible, as identifiers and signatures are.
            events = [event(count + i, requestParameters={"token": dice.randbytes(600).hex()}) for i in range(1000)]
            text = ",".join(json.dumps(item, separators=(",", ":")) for item in events)
            file.write((("," if count else "") + text).encode())
            count += len(events)
        file.write(b"]}")
    report = collected(tmp_path)
    assert report["events"] == count > 60_000
    assert report["rejects"] == {}
    assert int(str(report["peak"])) < LIMIT


@pytest.mark.parametrize("filling", [b'{"a":1}\n', b"{"], ids=repr)
def test_rubbish_that_grows_a_thousandfold(tmp_path, logs, filling):
    piece = filling * ((1 << 20) // len(filling))
    with gzip.open(logs / "bomb.json.gz", "wb", 1) as file:
        for _ in range(36):
            file.write(piece)
    report = collected(tmp_path)
    assert report["events"] == 0
    assert report["rejects"]
    assert int(str(report["peak"])) < LIMIT


def test_a_bucket_of_objects_that_arrive_faster_than_they_are_decoded(tmp_path, s3):
    dice = random.Random(1)
    events = [event(number, requestParameters={"token": dice.randbytes(600).hex()}) for number in range(5000)]
    content = gzip.compress(json.dumps({"Records": events}).encode(), 1)
    assert len(content) > 3 << 20
    for number in range(40):
        s3.put("trail", key(START, f"{number}"), content, START)
    large = gzip.compress(json.dumps({"Records": events * 4}).encode(), 1)
    s3.put("trail", key(START, "large"), large, START)
    report = collected(tmp_path, "s3://trail")
    assert report["events"] == 5000
    assert report["rejects"] == {}
    assert int(str(report["peak"])) < LIMIT
