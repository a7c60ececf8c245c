"""Saved queries as files: `queries/NAME.lpql`, each a query that runs as it stands behind one comment about it."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pages.parts.explore.history import LONGEST
from pages.parts.explore.secrets import holds_secret, is_secret_name
from pages.parts.kept import Shelf

FOLDER, SUFFIX = "queries", ".lpql"
MOST = 500
LONGEST_NAME, LONGEST_DESCRIPTION = 80, 500
LARGEST_IMPORT = 2_000_000  # bytes of a file that is imported

_HEAD = re.compile(r"\s*#\s+saved\s+(\{[^|\[\]\n]*\})\s*\|\s*")
_NAME = re.compile(r"[^\W_][\w .()+-]*", re.UNICODE)


class NotSaved(Exception):
    """Why a query cannot be saved or read: the key of a text."""


@dataclass(frozen=True)
class Saved:
    """A query with a name, what it is for, and the values that its parameters had."""

    name: str
    text: str
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def as_file(saved: Saved) -> str:
    """The file's text.

    >>> print(as_file(Saved("top", "table t | limit 3", "of [a] | b")))
    # saved {"description": "of \\u005ba\\u005d \\u007c b"}
    | table t | limit 3
    """
    about: dict[str, object] = {"description": saved.description}
    if saved.parameters:
        about["parameters"] = dict(saved.parameters)
    head = json.dumps(about, ensure_ascii=False)
    for char in "|[]":  # would end the comment
        head = head.replace(char, f"\\u{ord(char):04x}")
    return f"# saved {head}\n| {saved.text}"


def from_file(name: str, text: str) -> Saved:
    """A file's query; one that was not saved here has no description.

    >>> from_file("top", as_file(Saved("top", "table t", "|", {"n": "3"})))
    Saved(name='top', text='table t', description='|', parameters={'n': '3'})
    >>> from_file("other", "table t | limit 3").text
    'table t | limit 3'
    """
    text = text.replace("\r\n", "\n")
    head = _HEAD.match(text)
    if head is None:
        return Saved(name, text.strip())
    try:
        about = json.loads(head.group(1))
    except ValueError:
        return Saved(name, text.strip())
    values = about.get("parameters")
    parameters = {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}
    return Saved(name, text[head.end() :].rstrip(), str(about.get("description", "")), parameters)


def all_saved(shelf: Shelf) -> list[Saved]:
    """Every saved query, by name."""
    files = [name for name in shelf.names(FOLDER) if name.endswith(SUFFIX) and not name.startswith(".")]
    return [from_file(name.removesuffix(SUFFIX), shelf.read(f"{FOLDER}/{name}") or "") for name in files[:MOST]]


def find(shelf: Shelf, name: str) -> Saved | None:
    """A saved query by its name."""
    text = shelf.read(_file(name)) if is_name(name) else None
    return None if text is None else from_file(name, text)


def save(shelf: Shelf, saved: Saved) -> None:
    """Write a query, over one of the same name. Raises NotSaved for what must not lie on a disk."""
    name = clean_name(saved.name)
    if not is_name(name):
        raise NotSaved("wrong_name")
    if not saved.text.strip() or len(saved.text) > LONGEST:
        raise NotSaved("wrong_length")
    if holds_secret(saved.text):
        raise NotSaved("has_secret")
    if len(shelf.names(FOLDER)) >= MOST and shelf.read(_file(name)) is None:
        raise NotSaved("too_many")
    harmless = {key: value for key, value in saved.parameters.items() if not is_secret_name(key)}
    described = " ".join(saved.description.split())[:LONGEST_DESCRIPTION]
    shelf.write(_file(name), as_file(Saved(name, saved.text.strip(), described, harmless)))


def remove(shelf: Shelf, name: str) -> None:
    if is_name(name):
        shelf.remove(_file(name))


def clean_name(name: str) -> str:
    """A name as it becomes a file's: composed letters, single blanks."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def is_name(name: str) -> bool:
    """Whether a name is one for a file on any system, and inside the folder.

    >>> is_name("로그인 실패 (해외)"), is_name("../etc/passwd"), is_name(""), is_name("a" * 81), is_name(".hidden")
    (True, False, False, False, False)
    """
    is_short = 0 < len(name.encode()) <= 200 and len(name) <= LONGEST_NAME
    return is_short and _NAME.fullmatch(name) is not None and not name.endswith((".", " "))


def _file(name: str) -> str:
    return f"{FOLDER}/{name}{SUFFIX}"


def exported(queries: Sequence[Saved]) -> bytes:
    """All of them as a ZIP of their files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for saved in queries:
            archive.writestr(f"{saved.name}{SUFFIX}", as_file(saved))
    return made.getvalue()


def imported(file_name: str, content: bytes) -> list[Saved]:
    """The queries of a `.lpql` file or of a ZIP of such. Raises NotSaved for anything else."""
    if len(content) > LARGEST_IMPORT:
        raise NotSaved("not_imported")
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = [entry for entry in archive.infolist() if entry.filename.endswith(SUFFIX)][:MOST]
                if not entries or sum(entry.file_size for entry in entries) > LARGEST_IMPORT:
                    raise NotSaved("not_imported")
                return [_imported(entry.filename, archive.read(entry)) for entry in entries]
        return [_imported(file_name, content)]
    except (ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise NotSaved("not_imported") from None


def _imported(path: str, content: bytes) -> Saved:
    name = clean_name(path.replace("\\", "/").rpartition("/")[2].removesuffix(SUFFIX))
    if not is_name(name):
        raise NotSaved("wrong_name")
    return from_file(name, content.decode("utf-8-sig"))
