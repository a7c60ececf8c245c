"""Where a viewer's own things lie (saved queries, history, dashboard): the home folder, or the session alone.

On an app that is hosted for strangers the home folder would be theirs together, so there it is the session, and what is
to last has to be exported.
"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import streamlit as st

from engine.language.errors import SourceError
from engine.settings import Settings

ONE_AT_A_TIME = threading.RLock()  # for reading a file, changing it and writing it back


class Shelf(Protocol):
    """Texts by name; a name is a path with `/`, such as `queries/logins.lpql`."""

    lasts: bool  # beyond the session

    def names(self, folder: str) -> list[str]:
        """Names of the files of a folder, without the folder."""
        ...

    def read(self, name: str) -> str | None: ...

    def write(self, name: str, text: str) -> None: ...

    def remove(self, name: str) -> None: ...


@dataclass(frozen=True)
class Folder:
    """Files below a folder, readable by their owner only. Raises SourceError when the disk refuses."""

    path: Path
    lasts: bool = True

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.path / folder).glob("*") if path.is_file())

    def read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as problem:
            raise SourceError(f"cannot read {self.path / name}: {problem}") from None

    def write(self, name: str, text: str) -> None:
        """All of it or nothing: whoever reads meanwhile gets the old text."""
        place = self.path / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".new")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                os.replace(made, place)
            except BaseException:
                Path(made).unlink(missing_ok=True)
                raise
        except OSError as problem:
            raise SourceError(f"cannot write {place}: {problem.strerror}", "is the disk full or read-only?") from None

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Memory:
    """The same for as long as the session."""

    texts: dict[str, str] = field(default_factory=dict)
    lasts: bool = False

    def names(self, folder: str) -> list[str]:
        return sorted(name.removeprefix(f"{folder}/") for name in self.texts if name.startswith(f"{folder}/"))

    def read(self, name: str) -> str | None:
        return self.texts.get(name)

    def write(self, name: str, text: str) -> None:
        self.texts[name] = text

    def remove(self, name: str) -> None:
        self.texts.pop(name, None)


def shelf() -> Shelf:
    """This viewer's shelf."""
    settings = Settings.load()
    if not settings.is_hosted:
        return Folder(settings.home)
    if "shelf" not in st.session_state:
        st.session_state["shelf"] = Memory()
    found = st.session_state["shelf"]
    assert isinstance(found, Memory)
    return found
