"""What all answers of the sample company share: a refusal as AWS words it, and filters of EC2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

Document = dict[str, Any]
Asked = Mapping[str, Any]
"""The parameters of a call."""


def refused(operation: str, code: str, message: str) -> ClientError:
    """The error that boto3 raises when AWS refuses a call."""
    error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    words = (_UPPER.get(part, part.capitalize()) for part in operation.split("_"))
    return ClientError(error, "".join(words))


_UPPER = {"db": "DB", "mfa": "MFA"}


def values_at(document: Any, path: str) -> Iterator[str]:
    """All texts behind a path of members; lists on the way stand for each of their items.

    >>> list(values_at({"Groups": [{"Id": "a"}, {"Id": "b"}], "On": True}, "Groups.Id"))
    ['a', 'b']
    """
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
    elif not path:
        yield str(document).lower() if isinstance(document, bool) else str(document)
    elif isinstance(document, Mapping):
        name, _, rest = path.partition(".")
        if name in document:
            yield from values_at(document[name], rest)


def filtered(documents: Iterable[Document], asked: Asked, paths: Mapping[str, str], operation: str) -> list[Document]:
    """Documents that fulfil every filter of EC2: one of its values, in which `*` and `?` are wildcards.

    `paths` says where the value of a filter stands; filters by tag are understood everywhere.
    """
    kept = list(documents)
    for condition in asked.get("Filters") or ():
        name, wanted = condition["Name"], condition["Values"]
        kept = [
            document
            for document in kept
            if any(fnmatchcase(value, text) for value in _facts(document, name, paths, operation) for text in wanted)
        ]
    return kept


def _facts(document: Document, name: str, paths: Mapping[str, str], operation: str) -> list[str]:
    tags = {tag["Key"]: tag["Value"] for tag in document.get("Tags", ())}
    if name.startswith("tag:"):
        return [tags[name[4:]]] if name[4:] in tags else []
    if name == "tag-key":
        return list(tags)
    if name not in paths:
        raise refused(operation, "InvalidParameterValue", f"The filter '{name}' is invalid")
    return list(values_at(document, paths[name]))


def chosen(
    documents: Iterable[Document], ids: Iterable[str] | None, member: str, unknown: str, operation: str
) -> list[Document]:
    """The documents of some ids, all when none are asked for; `unknown` is the code for an id that is not there."""
    found = list(documents)
    if not ids:
        return found
    by_id = {document[member]: document for document in found}
    for wanted in ids:
        if wanted not in by_id:
            raise refused(operation, unknown, f"The ID '{wanted}' does not exist")
    return [by_id[wanted] for wanted in ids]


def tagged(**tags: str | None) -> list[Document]:
    """Tags as API documents hold them; those without a value are left out.

    >>> tagged(Name="bastion", team=None)
    [{'Key': 'Name', 'Value': 'bastion'}]
    """
    return [{"Key": key.replace("__", ":"), "Value": value} for key, value in tags.items() if value is not None]
