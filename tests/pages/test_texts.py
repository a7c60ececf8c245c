"""All texts exist in both languages and say the same things."""

from __future__ import annotations

import re

import pytest

from pages.parts.panels import cloudtrail, logins
from pages.parts.texts import LANGUAGES, TEXTS, Text

PANELS = [panel for module in (cloudtrail, logins) for panel in module.DASHBOARD.panels]
HANGUL = re.compile("[가-힣]")
SAME_IN_BOTH = {"cloudtrail", "cloudwatch", "csv", "parquet", "took"}  # names and units


def check(text: Text) -> None:
    assert text.en.strip()
    assert text.ko.strip()
    assert not HANGUL.search(text.en)
    assert set(re.findall(r"{\w+}", text.en)) == set(re.findall(r"{\w+}", text.ko))


@pytest.mark.parametrize("key", TEXTS)
def test_shared_texts_are_complete(key: str) -> None:
    check(TEXTS[key])
    assert bool(HANGUL.search(TEXTS[key].ko)) is (key not in SAME_IN_BOTH)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_panels_speak_both_languages(panel) -> None:
    check(panel.title)
    check(panel.help)
    assert HANGUL.search(panel.title.ko)
    assert HANGUL.search(panel.help.ko)


def test_there_are_texts() -> None:
    assert len(TEXTS) > 50
    assert len(LANGUAGES) == 2
