"""What `make_demo_lake_apart` runs: makes sample data, and writes a line of JSON for each step.

Tied, it ends when its standard input does, which is when whoever started it is no more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from threading import Thread

from engine.demo import make_beside, make_demo_lake
from engine.language.errors import SourceError


def main() -> int:
    """Make sample data; 0, or 1 when that failed for a reason that was told."""
    parser = argparse.ArgumentParser(prog="python -m engine.demo", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--now", type=datetime.fromisoformat)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument(
        "--part", choices=("write", "collect"), help="only the access logs' share, in a half-made folder"
    )
    parser.add_argument("--tied", action="store_true", help="end when standard input ends")
    arguments = parser.parse_args()
    if arguments.tied:
        Thread(target=_end_with_input, daemon=True).start()
    try:
        if arguments.part:
            make_beside(arguments.folder, arguments.now, arguments.days, arguments.part, _step)
        else:
            make_demo_lake(arguments.folder, arguments.now, arguments.days, _step)
    except SourceError as problem:
        _tell(problem=problem.message, hint=problem.hint)
        return 1
    return 0


def _step(stage: str, fraction: float) -> None:
    _tell(stage=stage, fraction=fraction)


def _tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _end_with_input() -> None:
    """What is half made is cleared away by whoever makes sample data next."""
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
