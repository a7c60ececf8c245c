"""The examples in the docstrings of the page kit are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pages.parts


def test_examples() -> None:
    attempted = 0
    for info in pkgutil.walk_packages(pages.parts.__path__, "pages.parts."):
        outcome = doctest.testmod(importlib.import_module(info.name))
        assert outcome.failed == 0, info.name
        attempted += outcome.attempted
    assert attempted >= 12
