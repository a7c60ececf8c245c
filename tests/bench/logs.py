"""CloudTrail files to measure with: sample data, spread anew over time and packed as densely as asked."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from isal import igzip

from engine.demo.generate import write_logs

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
_TIME = re.compile(r'"eventTime":"[^"]+"')
_ID = re.compile(r'"eventID":"[^"]+"')


def make_logs(folder: Path, events: int, files: int, stretch: timedelta) -> None:
    """Write `events` records into `files` gz files, evenly over the `stretch` of time that ends at NOW."""
    rng = random.Random(1)
    records = list(sample_records())
    per_file = events // files
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        parts = []
        for position in range(per_file):
            index = number * per_file + position
            when = NOW - stretch + stretch * index / events
            text = records[index % len(records)]
            text = _TIME.sub(f'"eventTime":"{when:%Y-%m-%dT%H:%M:%SZ}"', text, count=1)
            parts.append(_ID.sub(f'"eventID":"{uuid.UUID(int=rng.getrandbits(128))}"', text, count=1))
        name = f"111122223333_CloudTrail_us-east-1_{when:%Y%m%dT%H%MZ}_{number:016d}.json.gz"
        (folder / name).write_bytes(igzip.compress(f'{{"Records":[{",".join(parts)}]}}'.encode(), 1))


def sample_records() -> Iterator[str]:
    """The records of three days of sample data, as text."""
    with TemporaryDirectory() as made:
        write_logs(Path(made), NOW, 3)
        for path in sorted(Path(made).rglob("*.json.gz")):
            try:
                content = json.loads(igzip.decompress(path.read_bytes()))
            except ValueError:  # the one broken file that sample data has on purpose
                continue
            yield from (json.dumps(record, separators=(",", ":")) for record in content["Records"])
