"""Making sample data in a process of its own, `python -m engine.demo`, which tells how far it is in lines of JSON.

Collecting two weeks of logs needs hundreds of megabytes, which a process keeps once it has had them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from typing import IO

from engine.language.errors import LakeError

CHECKOUT = Path(__file__).parents[2]


def run_apart(
    folder: Path, now: datetime, days: int, progress: Callable[[str, float], None], part: str | None = None
) -> None:
    """Make sample data, or just a part of them, in a child, which never outlives this process.

    Raises LakeError with the words of the child's own, or with its last words when it died without an explanation.
    """
    command = [sys.executable, "-m", "engine.demo", str(folder), "--now", now.isoformat(), "--days", str(days)]
    if part:
        command += ["--part", part]
    path = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (
        TemporaryFile() as complaints,
        Popen(  # noqa: S603 -- this very program
            [*command, "--tied"], stdin=PIPE, stdout=PIPE, stderr=complaints, env={**os.environ, "PYTHONPATH": path}
        ) as child,
    ):
        try:
            assert child.stdout
            _listen(child.stdout, progress)
        except BaseException:
            child.kill()
            raise
        if child.wait():
            raise LakeError(f"making sample data ended with {child.returncode}: {_last_line(complaints)}")


def _listen(lines: Iterable[bytes], progress: Callable[[str, float], None]) -> None:
    for line in lines:
        told = json.loads(line)
        if "problem" in told:
            raise LakeError(told["problem"], told["hint"])
        progress(told["stage"], told["fraction"])


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")
