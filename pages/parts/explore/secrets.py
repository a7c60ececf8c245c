"""Whether a query quotes a secret: such a one is run, and not written to a disk or into a URL."""

from __future__ import annotations

import re

from pages.parts.redact import HARMLESS, SECRET_KEY

_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"  # a JSON web token
    r"|\b(?:gh[pousr]_\w{30,}|xox[abprs]-[\w-]{20,}|sk_live_\w{16,})"
    r"|(?<![A-Za-z0-9/+=])(?=[A-Za-z0-9/+]*[0-9])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*[A-Z])"
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"  # a secret access key of AWS
)
_COMPARED = re.compile(r"""["'`]?(?P<name>[\w.-]+)["'`]?\)?\s*(?:==?|:)\s*["'](?P<value>[^"']+)["']""")


def holds_secret(text: str) -> bool:
    """Whether a text has something of a secret's shape, or compares a field that is named like one.

    >>> holds_secret('search password == "hunter2"'), holds_secret('search valueof(a, "masterUserPassword") == "x"')
    (True, True)
    >>> holds_secret('search eventName == "GetSecretValue"'), holds_secret('search password == "*"')
    (False, False)
    """
    if _SHAPES.search(text):
        return True
    named = ((match["name"], match["value"]) for match in _COMPARED.finditer(text))
    return any(is_secret_name(name) and value.strip("*") for name, value in named)


def is_secret_name(name: str) -> bool:
    """Whether a field or parameter is named as secrets are.

    >>> is_secret_name("apiKey"), is_secret_name("secretId"), is_secret_name("threshold")
    (True, False, False)
    """
    return bool(SECRET_KEY.search(name)) and not HARMLESS.search(name)
