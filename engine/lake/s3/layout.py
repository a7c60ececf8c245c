"""How the keys of a bucket are laid out: where the folders of days are, found by asking for folders alone.

    [prefix/]AWSLogs/[o-ORGID/]ACCOUNT/CloudTrail/REGION/2026/03/04/…           a trail
    [prefix/]AWSLogs/ACCOUNT/elasticloadbalancing/REGION/2026/03/04/…           load balancers

What comes before the year is a *stem*. A bucket of many years and accounts has few stems, so that finding the days of
last week takes a handful of requests however many objects there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from engine.lake.objects import Naming, Window

ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")
ORGANIZATION = re.compile(r"o-[a-z0-9]+")
YEAR, MONTH, DAY = re.compile(r"\d{4}"), re.compile(r"0[1-9]|1[0-2]"), re.compile(r"0[1-9]|[12]\d|3[01]")
DATED = re.compile(r"(?P<stem>(?:.*/)?)(?P<within>\d{4}/(?:\d\d/){0,2})", re.DOTALL)

UNKNOWN_DEEP = 4  # folders of other names that are looked into below each other
UNKNOWN_MANY = 200  # and altogether
DIRECT_YEARS = 2  # so many are asked for their months without asking which there are
DIRECT_MONTHS = 3  # of a year: so many are asked for their days without asking which there are
DIRECT_DAYS = 3  # of a month: so many are listed without asking which there are


@dataclass(frozen=True)
class Stem:
    """A prefix whose folders are years, null: not looked at; `within` when the source is a year, month or day of it."""

    prefix: str
    years: tuple[str, ...] | None = None
    within: str = ""


@dataclass
class Layout:
    """What a walk through the folders of a source found.

    `loose` are prefixes that hold log files outside of dated folders, `unlooked` those that were not looked into.
    """

    stems: list[Stem] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    unlooked: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Level:
    """One folder: the names of those in it, and whether log files are in it, too."""

    prefix: str
    folders: tuple[str, ...]
    has_files: bool


# Looks at several folders at once, in their order.
Look = Callable[[Iterable[str]], Iterator[Level]]


def walk(prefix: str, naming: Naming, window: Window, look: Look) -> Layout:
    """Find the dated folders below a prefix, level by level."""
    found = Layout()
    if dated := DATED.fullmatch(prefix):
        found.stems.append(Stem(dated["stem"], (dated["within"][:4],), dated["within"]))
        return found
    unknown = 0
    depths = {prefix: 0}
    while depths:
        below: dict[str, int] = {}
        for level in look(list(depths)):
            depth = depths[level.prefix]
            if "_delta_log" in level.folders:  # a table of a lake
                continue
            years = tuple(name for name in level.folders if YEAR.fullmatch(name))
            if years:
                found.stems.append(Stem(level.prefix, years))
                continue
            if level.has_files:
                found.loose.append(level.prefix)
            for name in level.folders:
                path = f"{level.prefix}{name}/"
                if is_known(level.prefix, name, naming):
                    if not is_wanted(level.prefix, name, naming, window):
                        continue
                    if REGION.fullmatch(name):
                        found.stems.append(Stem(path))
                    elif ACCOUNT.fullmatch(name) and "AWSLogs/" in path:
                        below[f"{path}{naming.folder}/"] = 0
                    else:
                        below[path] = 0
                elif depth < UNKNOWN_DEEP and unknown < UNKNOWN_MANY:
                    unknown += 1
                    below[path] = depth + 1
                else:
                    found.unlooked.append(path)
        depths = below
    return found


def is_known(prefix: str, name: str, naming: Naming) -> bool:
    """Whether a folder is one of those that AWS makes."""
    above = prefix.rstrip("/").rpartition("/")[2]
    if ACCOUNT.fullmatch(above):
        return "AWSLogs/" in prefix or name.startswith(naming.folder)
    if above == naming.folder:
        return bool(REGION.fullmatch(name))
    if above == "AWSLogs":
        return bool(ACCOUNT.fullmatch(name) or ORGANIZATION.fullmatch(name))
    return name == "AWSLogs" or bool(ACCOUNT.fullmatch(name)) or name == naming.folder


def is_wanted(prefix: str, name: str, naming: Naming, window: Window) -> bool:
    """Whether what is wanted can be below a folder that AWS made."""
    above = prefix.rstrip("/").rpartition("/")[2]
    if ACCOUNT.fullmatch(name):
        return not window.accounts or name in window.accounts
    if above == naming.folder:
        return not window.regions or name in window.regions
    return not ACCOUNT.fullmatch(above) or name == naming.folder


def months_of(stem: Stem, window: Window, look: Look) -> list[str]:
    """The months of a stem that can hold wanted objects, as in `2026/03`."""
    found: list[str] = []
    years = stem.years
    if years is None:
        years = tuple(f"{year:04}" for year in range(int(window.first_day[:4]), int(window.last_day[:4]) + 1))
    if len(years) > DIRECT_YEARS:
        (level,) = look([stem.prefix])
        years = tuple(name for name in level.folders if YEAR.fullmatch(name))
    for year in years:
        months = [
            month for month in (f"{year}/{number:02}" for number in range(1, 13)) if overlaps(month, stem, window)
        ]
        if len(months) > DIRECT_MONTHS:
            (level,) = look([f"{stem.prefix}{year}/"])
            there = {f"{year}/{name}" for name in level.folders if MONTH.fullmatch(name)}
            months = [month for month in months if month in there]
        found += months
    return found


def days_of(stems: list[Stem], month: str, window: Window, look: Look) -> list[tuple[str, str]]:
    """The days of a month that can hold wanted objects, each with its prefix; newest first."""
    days = [f"{month}/{number:02}" for number in range(1, 32)]
    found: list[tuple[str, str]] = []
    asked: dict[str, Stem] = {}
    for stem in stems:
        wanted = [day for day in days if overlaps(day, stem, window)]
        if len(wanted) <= DIRECT_DAYS or stem.within.count("/") == 3:
            found += [(day, f"{stem.prefix}{day}/") for day in wanted]
        else:
            asked[f"{stem.prefix}{month}/"] = stem
    for level in look(list(asked)):
        there = [f"{month}/{name}" for name in level.folders if DAY.fullmatch(name)]
        stem = asked[level.prefix]
        found += [(day, f"{stem.prefix}{day}/") for day in there if overlaps(day, stem, window)]
    return sorted(found, key=lambda folder: (folder[0], folder[1]), reverse=True)


def overlaps(part: str, stem: Stem, window: Window) -> bool:
    """Whether a month or day as in `2026/03` or `2026/03/04` can hold wanted objects.

    >>> from datetime import date
    >>> window = Window(date(2026, 3, 4), date(2026, 4, 1))
    >>> [overlaps(part, Stem(""), window) for part in ("2026/02", "2026/03", "2026/03/03", "2026/04/02", "2026/05")]
    [False, True, False, True, False]
    """
    text = part.replace("/", "-")
    folder = f"{part}/"
    is_within = folder.startswith(stem.within) or stem.within.startswith(folder)
    return is_within and window.first_day[: len(text)] <= text <= window.last_day[: len(text)]
