"""Run benchmarks and print their table."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import collect, elb, panels, s3

BENCHMARKS = {"collect": collect.measure, "panels": panels.measure, "elb": elb.measure, "s3": s3.measure}


def main(names: list[str]) -> None:
    unknown = set(names) - BENCHMARKS.keys()
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        with TemporaryDirectory() as folder:
            for what, figures in BENCHMARKS[name](Path(folder)):
                print(f"{what:40}  {figures}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
