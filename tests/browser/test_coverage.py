"""Data coverage in a real browser, on a lake of one's own: gaps and late logs are seen, collecting starts and stops."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.lake.collect import collect
from engine.lake.store import Lake
from pages.parts.coverage_texts import translate
from tests.browser.conftest import OpenPage, Traffic, serve
from tests.lake.logs import event, key, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
HOUR = timedelta(hours=1)
SECTIONS = ("arrived", "collecting", "rejected", "storage")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two days of hourly files of two regions; a night is missing, one region is late, a file is broken."""
    folder = tmp_path_factory.mktemp("own")
    now = datetime.now(UTC)
    for n in range(72):
        at = now - n * HOUR
        for place, region in enumerate(("ap-northeast-2", "us-east-1")):
            if not 30 <= n < 36 and not (place and n < 9):
                events = [event(n * 10 + place, at, awsRegion=region), *([7] if n == 50 else [])]
                write(folder / "logs" / key(at, f"{n}", region=region), events)
    collect(Lake.open(folder / "lake", create=True), "cloudtrail", str(folder / "logs"))
    write(folder / "more" / key(now, "more"), [event(9999, now)])
    return folder


@pytest.fixture(scope="module")
def own_url(chromium_path: str, home: Path) -> Iterator[str]:
    yield from serve(home)


@pytest.fixture
def open_own(chromium: Browser, own_url: str, traffic: Traffic) -> Iterator[OpenPage]:
    opener = OpenPage(chromium, own_url, traffic)
    yield opener
    for page in opener.pages:
        page.context.close()


@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("en", 1440, "light"), ("ko", 390, "dark")], ids=["wide", "narrow"]
)
@pytest.mark.parametrize("section", SECTIONS)
def test_sections_fit_every_setting(
    open_own: OpenPage, traffic: Traffic, section: str, language: str, width: int, scheme: str
) -> None:
    page = open_own(
        f"/coverage?section={section}",
        locale={"en": "en-US", "ko": "ko-KR"}[language],
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    text = page.inner_text("body")
    assert "Traceback" not in text
    assert translate("streams_late", language, n=1, all=2) in text  # type: ignore[arg-type]
    assert page.evaluate(OVERFLOW) <= 0
    assert traffic.hosts == {"localhost"}
    assert traffic.errors == []


def test_late_logs_are_told_on_other_pages_too(open_own: OpenPage) -> None:
    for path in ("/", "/explore"):
        assert translate("streams_late", "en", n=1, all=2) in open_own(path).inner_text("body")


def test_gaps_are_framed(open_own: OpenPage) -> None:
    page = open_own("/coverage")
    page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first.wait_for()
    assert translate("orange", "en") in page.inner_text("body")


def test_collecting_starts_stops_and_goes_on(open_own: OpenPage, home: Path, idle: Callable[[Page], None]) -> None:
    page = open_own("/coverage?section=collecting")
    page.get_by_label(translate("from_source", "en")).fill(str(home / "more"))
    page.get_by_label(translate("from_source", "en")).press("Enter")
    idle(page)
    page.locator(".st-key-collect_watch label").click()
    idle(page)
    page.get_by_role("button", name=translate("start", "en"), exact=True).click()
    page.get_by_text(re.compile("1 of 1 files collected")).wait_for()
    other = page.context.new_page()
    other.goto(page.url)  # the collect is the app's, not the page's
    other.get_by_text(translate("watching", "en")).first.wait_for()
    page.get_by_role("button", name=translate("stop", "en"), exact=True).click()
    page.get_by_text(translate("stopped", "en")).first.wait_for()
    page.get_by_role("button", name=translate("resume", "en"), exact=True).click()
    page.get_by_text(re.compile("1 were already there")).wait_for()
    page.get_by_role("button", name=translate("stop", "en"), exact=True).click()
    page.get_by_role("button", name=translate("dismiss", "en"), exact=True).click()
    idle(page)


def test_retention_tells_before_it_deletes(open_own: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_own("/coverage?section=storage")
    page.get_by_role("button", name=re.compile(translate("retain", "en"))).click()
    page.get_by_label(translate("retain_days", "en")).fill("1")
    page.get_by_label(translate("retain_days", "en")).press("Enter")
    page.get_by_text(re.compile(r"^cloudtrail: \d days? .*deleted")).wait_for()
    button = page.get_by_role("button", name=re.compile(r"Delete \d days"))
    button.click()
    page.get_by_text(re.compile("cloudtrail: 1 day is kept")).first.wait_for()
    idle(page)
