"""Times in options, which mean the same for every reader once they are in UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from engine.aws.command import AwsCommand
from engine.language.durations import read_instant


def read_time(text: str) -> str:
    """A time as written, known to be one."""
    read_instant(text, UTC)
    return text


def in_utc(command: AwsCommand, zone: ZoneInfo) -> AwsCommand:
    """The same with `from` and `to` in UTC: viewers in two zones share an answer when they mean the same time."""
    settled = []
    for item in command.options:
        if item.name in ("from", "to"):
            instant = read_instant(command.setting(item.name), zone).astimezone(UTC)
            item = replace(item, value=f"{instant:%Y%m%d%H%M%S}Z")
        settled.append(item)
    return replace(command, options=tuple(settled))
