"""Links to Explore: a query as URL parameters and back.

`q` holds the query as text; a query too long to be comfortable in a URL is packed into `qz` (zlib, base64url).
`p.NAME` holds the value of one of its parameters.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

EXPLORE = "pages/explore/explore.py"
LONGEST_PLAIN = 1_500  # characters of query text that still go into the URL readable
VALUE = "p."  # begins the URL parameters with a query's values
LONGEST_VALUE = 200  # characters
LARGEST_QUERY = 1_000_000  # bytes that a packed query may unpack to: a link must not be able to fill the memory


def explore_params(query_text: str) -> dict[str, str]:
    """The URL parameters that open Explore with this query.

    >>> explore_params("table cloudtrail | stats count")
    {'q': 'table cloudtrail | stats count'}
    >>> list(explore_params("table cloudtrail | search " + "x" * 2000))
    ['qz']
    """
    if len(query_text) <= LONGEST_PLAIN:
        return {"q": query_text}
    packed = base64.urlsafe_b64encode(zlib.compress(query_text.encode(), 9))
    return {"qz": packed.decode().rstrip("=")}


@dataclass(frozen=True)
class Link:
    """A query and the values of its parameters, as a URL carries them."""

    text: str = ""
    written: Mapping[str, str] = field(default_factory=dict)

    def params(self) -> dict[str, str]:
        """The URL parameters.

        >>> Link("table t", {"n": "3"}).params()
        {'q': 'table t', 'p.n': '3'}
        """
        values = {f"{VALUE}{name}": value for name, value in self.written.items() if value}
        return {**explore_params(self.text), **values} if self.text else {}

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Link:
        """What URL parameters carry.

        >>> Link.of(Link("table t", {"n": "3"}).params())
        Link(text='table t', written={'n': '3'})
        """
        values = {name.removeprefix(VALUE): params[name][:LONGEST_VALUE] for name in params if name.startswith(VALUE)}
        return cls(query_from_params(params), values)


def is_of_query(name: str) -> bool:
    """Whether a URL parameter belongs to Explore's query.

    >>> is_of_query("qz"), is_of_query("p.user"), is_of_query("range")
    (True, True, False)
    """
    return name in ("q", "qz") or name.startswith(VALUE)


def drop_query(params: MutableMapping[str, str]) -> None:
    """Take Explore's own parameters out of the URL, where another page is shown.

    >>> left = {"q": "table t", "p.n": "1", "chart": "bar", "range": "7d"}
    >>> drop_query(left)
    >>> left
    {'range': '7d'}
    """
    for name in [name for name in params if is_of_query(name) or name == "chart"]:
        del params[name]


def query_from_params(params: Mapping[str, str]) -> str:
    """The query text that URL parameters carry, empty when they carry none or are damaged.

    >>> query_from_params(explore_params("table cloudtrail"))
    'table cloudtrail'
    >>> query_from_params({"qz": "damaged"}), query_from_params({})
    ('', '')
    """
    if "q" in params:
        return params["q"]
    return _unpack(params.get("qz", ""))


def _unpack(packed: str) -> str:
    try:
        compressed = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        return unpacker.decompress(compressed, LARGEST_QUERY).decode()
    except (ValueError, zlib.error):  # not base64, not compressed, not UTF-8
        return ""
