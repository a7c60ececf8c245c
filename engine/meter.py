"""A line that says how far something is: a bar that moves on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TextIO

from engine.screen import neutralise, screen_width

if TYPE_CHECKING:
    from engine.lake.collect import Progress

BAR = 20
PLAIN_SECONDS = 5  # between two lines in a log file
ERASE = "\r\x1b[K"


@dataclass
class Meter:
    """Use it as a context; it leaves no half line behind. Not for threads."""

    stream: TextIO
    _last: float = field(default_factory=time.monotonic)
    _drawn: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Make room for other lines."""
        if self._drawn:
            self.stream.write(ERASE)
            self.stream.flush()
            self._drawn = False

    def show(self, fraction: float, text: str) -> None:
        """Say that a fraction (0 to 1) is done, and what."""
        share = min(max(fraction, 0.0), 1.0)
        if self.stream.isatty():
            filled = round(share * BAR)
            line = f"[{'#' * filled}{'-' * (BAR - filled)}] {share:4.0%}  {neutralise(text)}"
            room = shutil.get_terminal_size().columns - 1
            while screen_width(line) > room:  # a line that wraps could not be erased
                line = line[:-1]
            self.stream.write(ERASE + line)
            self._drawn = True
        elif time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            self.stream.write(f"{share:4.0%}  {neutralise(text)}\n")
        self.stream.flush()

    def collecting(self, progress: Progress) -> None:
        """Show how far a collect has come."""
        so_far = "" if progress.listing.complete else " found so far"
        pieces = [
            f"{progress.files_done:,} of {progress.files_total:,} files{so_far}",
            f"{progress.events:,} events",
            f"{progress.events_per_second:,.0f} events/s",
            f"{progress.bytes_per_second / 1e6:,.1f} MB/s",
        ]
        if progress.seconds_left is not None:
            pieces.append(f"{time_left(progress.seconds_left)} left")
        self.show(progress.fraction, " · ".join(pieces))

    def making(self, what: str, fraction: float) -> None:
        """Show how far sample data are made."""
        self.show(fraction, what)


def time_left(seconds: float) -> str:
    """A duration as one would say it.

    >>> time_left(4.2), time_left(75), time_left(4000)
    ('5 s', '1 min 15 s', '1 h 7 min')
    """
    whole = math.ceil(seconds)
    if whole < 3600:
        return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
    minutes = math.ceil(whole / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def size(bytes_: float) -> str:
    """A number of bytes as one would say it.

    >>> size(0), size(812), size(3_456_000), size(2.1e12)
    ('0 B', '812 B', '3.5 MB', '2.1 TB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if bytes_ < 999.5:
            return f"{bytes_:,.0f} B" if unit == "B" else f"{bytes_:.1f} {unit}"
        bytes_ /= 1000
    return f"{bytes_:,.1f} TB"
