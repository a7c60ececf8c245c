"""Programs that are measured as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PEAK = """
from tests.peak import peak_megabytes
print(peak_megabytes())
"""


@dataclass(frozen=True)
class Run:
    """CPU and wall seconds of a process, and the most megabytes that it ever used."""

    cpu: float
    seconds: float
    megabytes: int


def run_program(program: str, *arguments: Path | int) -> Run:
    """Run a Python program with arguments to its end."""
    started = time.perf_counter()
    command = [sys.executable, "-c", program + PEAK, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        told = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"a benchmark program ended with {child.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, int(told.splitlines()[-1]))
