"""Trailboard's engine: a query language over logs of AWS accounts, usable as a library and from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.query import Engine

__all__ = ["Engine"]


def __getattr__(name: str) -> Any:
    """Import the engine when it is asked for: `trailboard --help` does not need DuckDB."""
    if name == "Engine":
        from engine.query import Engine

        return Engine
    raise AttributeError(name)
