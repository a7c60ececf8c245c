"""Where the real logs with independently computed answers are; tests that need them are skipped where they are not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

REAL = Path(os.environ.get("TRAILBOARD_REAL", Path(__file__).parents[2] / "shared" / "real"))

needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"the real logs are not at {REAL}; they are third parties' and not part of the project"
)


def expected() -> dict[str, Any]:
    """The answers, computed from the raw files with plain Python."""
    found: dict[str, Any] = json.loads((REAL / "expected.json").read_text("utf-8"))
    return found
