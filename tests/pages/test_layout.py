"""Rules about files that Streamlit would break silently."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_page_lies_directly_in_pages() -> None:
    """Streamlit would take it for an old-style page, and links into a server that just started would break."""
    assert [path.name for path in (ROOT / "pages").glob("*.py")] == ["__init__.py"]


def test_pages_hold_no_logic() -> None:
    pages = [path for path in (ROOT / "pages" / "security").glob("*.py") if path.name != "__init__.py"]
    assert len(pages) == 2
    for page in pages:
        assert "def " not in page.read_text("utf-8")


def test_the_engine_does_not_know_streamlit() -> None:
    sources = list((ROOT / "engine").rglob("*.py"))
    assert sources
    assert not [path for path in sources if "import streamlit" in path.read_text("utf-8") and path.name != "cli.py"]
