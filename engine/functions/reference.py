"""Parameters and computed field names."""

from __future__ import annotations

import getpass

from engine.catalog import NULL
from engine.expressions import Scope
from engine.functions.conditional import nvl
from engine.functions.function import Const, function
from engine.language.errors import QueryError
from engine.values import NOTHING, Value, constant


@function(name="$", too_few="90610", not_constant="90610")
def parameter(name: Const, default: Value = NOTHING, *, scope: Scope) -> Value:
    """The value of a query parameter set by `set`, by a procedure or from outside; the default when it is null.

    Example:
        $("threshold", 3) == 3
    """
    if name is None:
        raise QueryError("90611", "the name of a parameter cannot be null")
    found = scope.context.parameters.get(str(name), NOTHING)
    return found if default.type == NULL else nvl(found, default)


@function(too_few="90670")
def field(name: Const, *, scope: Scope) -> Value:
    """The field of a computed name: the way to names with blanks or operators in them.

    Example:
        isnull(field("Reg No."))
    """
    return NOTHING if name is None else scope.field(str(name))


@function
def whoami() -> Value:
    """The login name of whoever runs the query.

    Example:
        isstr(whoami())
    """
    try:
        return constant(getpass.getuser())
    except (OSError, KeyError, ImportError):  # an account without a name, as containers have
        return constant("unknown")
