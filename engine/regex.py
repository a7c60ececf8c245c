"""Regular expressions of queries, which are written for Java and run by RE2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine import sql
from engine.backend import ArrowFunction
from engine.catalog import BOOL
from engine.language.errors import QueryError
from engine.values import Value

if TYPE_CHECKING:
    from engine.context import Context


def checked(pattern: object, context: Context, code: str = "90200") -> str:
    """A pattern as RE2 takes it. Raises QueryError when it is wrong, or needs what RE2 leaves out."""
    written = re.sub(r"(\\.)|\(\?<(?=[A-Za-z])", lambda found: found[1] or "(?P<", str(pattern), flags=re.DOTALL)
    try:
        context.evaluate(Value(f"regexp_matches('', {sql.text(written)})", BOOL, per_row=False))
    except QueryError as problem:
        reason = problem.message.rpartition("Error: ")[2]
        missing = "look-ahead, look-behind and back references do not exist here"
        hint = missing if "operator" in reason or "escape" in reason else None
        raise QueryError(code, f"the regular expression `{pattern}` cannot be used: {reason}", hint=hint) from None
    return written


def group_count(pattern: str) -> int:
    r"""How many groups a valid pattern captures.

    >>> group_count(r"(a)(?:b)\((?P<c>[(])")
    2
    """
    plain = re.sub(r"\\Q.*?(\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    return len(re.findall(r"\((?!\?)|\(\?P<", plain))


def replacement(written: str, groups: int) -> str:
    r"""Java's replacement text (`$1`, `\$`) as RE2's. Raises QueryError when it names a group that is not there.

    >>> replacement(r"<$1> \$", 1)
    '<\\1> $'
    """
    made = ""
    for part in re.finditer(r"\\(.)|\$(\d)|[^\\$]+|\$|\\", written, re.DOTALL):
        if part[2] is not None:
            if int(part[2]) > groups:
                message = f"the replacement uses group {part[2]}, and the regular expression has {groups}"
                raise QueryError("90200", message, hint=r"write `\\$` for a dollar sign")
            made += f"\\{part[2]}"
        elif part[1] is not None:
            made += part[1].replace("\\", "\\\\")
        elif part[0] in "\\$":
            raise QueryError("90200", f"`{part[0]}` stands alone in the replacement", hint=rf"write `\\{part[0]}`")
        else:
            made += part[0]
    return made


def _taken_groups(column: pa.ChunkedArray, patterns: pa.ChunkedArray) -> pa.Array:
    """The named groups of the first match in each text: null for no match, null in the list for a group left out.

    (DuckDB's own functions give an empty text for a group that took no part, as for one that took an empty text.)
    """
    texts, pattern = column.combine_chunks(), patterns[0].as_py()
    found, spans = pc.extract_regex(texts, pattern), pc.extract_regex_span(texts, pattern)
    groups = [
        pc.if_else(spans.field(index).is_valid(), found.field(index), None) for index in range(found.type.num_fields)
    ]
    height, width = len(texts), len(groups)
    order = pa.array([group * height + row for row in range(height) for group in range(width)], pa.int64())
    offsets = pa.array(range(0, height * width + 1, width), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays(groups).take(order), mask=found.is_null())


#: `taken_groups(text, pattern)`; all groups of the pattern must have names.
TAKEN_GROUPS: ArrowFunction = ("taken_groups", ["VARCHAR", "VARCHAR"], "VARCHAR[]", _taken_groups)
