"""The dashboards in a real browser, on sample data: alive, at home in every setting, and silent towards other hosts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.geo import countries
from engine.lake.store import Lake
from pages.parts.texts import translate
from tests.browser.conftest import serve, wait_until_idle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import OpenPage, Traffic

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CARDS = {"/": ["T1", "T2", "T3", "T4", "T5", "T6"], "/logins": ["L1", "L2", "L3", "L4"]}


def assert_alive(page: Page, language: str = "en") -> None:
    """All cards are there and none has failed."""
    text = page.inner_text("body")
    assert "Traceback" not in text
    assert translate("failed", language) not in text
    assert translate("sample", language) in text
    for card in CARDS[urlsplit(page.url).path]:
        assert page.locator(f".st-key-card_{card}").count() == 1


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("en", 1440, "light"), ("ko", 1440, "dark"), ("en", 390, "dark"), ("ko", 390, "light")],
)
@pytest.mark.parametrize("path", CARDS)
def test_pages_fit_every_setting(
    open_page: OpenPage, traffic: Traffic, path: str, language: str, width: int, scheme: str
) -> None:
    page = open_page(
        path,
        locale={"en": "en-US", "ko": "ko-KR"}[language],
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    assert_alive(page, language)
    assert page.evaluate(OVERFLOW) <= 0
    assert traffic.hosts == {"localhost"}
    assert traffic.errors == []


def test_no_foreign_host_is_asked_while_the_pages_are_used(
    open_page: OpenPage, traffic: Traffic, idle: Callable[[Page], None]
) -> None:
    page = open_page("/")
    page.get_by_text("7d", exact=True).click()
    idle(page)
    page.locator(".st-key-card_T5 [data-testid=stPopoverButton]").first.click()
    page.get_by_role("link", name=translate("logins", "en")).click()
    idle(page)
    assert_alive(page)
    assert len(traffic.urls) > 10
    assert traffic.hosts == {"localhost"}


def test_the_url_carries_the_view(open_page: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_page("/")
    page.get_by_text("7d", exact=True).click()
    idle(page)
    page.get_by_role("combobox", name=translate("account", "en")).click()
    page.get_by_role("option").first.click()
    idle(page)
    assert parse_qs(urlsplit(page.url).query).keys() == {"range", "account"}

    numbers = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    other = open_page(page.url.removeprefix(open_page.url))
    assert other.locator("[data-testid=stMetricValue]").all_inner_texts() == numbers


def test_a_link_into_a_page_works_on_its_own(open_page: OpenPage) -> None:
    page = open_page("/logins?range=7d&lang=ko")
    assert_alive(page, "ko")
    assert translate("last_7d", "ko") in page.inner_text(".st-key-card_L1")


def test_a_click_on_a_country_opens_its_logins(open_page: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_page("/logins?range=7d")
    chart = page.locator("[data-testid=stDeckGlJsonChart]")
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # the map is drawn after the page is idle
    box = chart.bounding_box()
    assert box is not None
    scale = box["height"] / 134  # the zoom that shows the whole world
    korea = countries()["KR"]
    x = box["x"] + box["width"] / 2 + korea.x * scale
    y = box["y"] + box["height"] / 2 - (korea.y - 11) * scale
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    page.wait_for_url("**/explore?*")
    idle(page)
    query = parse_qs(urlsplit(page.url).query)["q"][0]
    assert "ConsoleLogin" in query
    assert '"KR"' in query
    assert "Traceback" not in page.inner_text("body")


def test_rows_behind_a_number_are_a_link(open_page: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_page("/")
    page.locator(".st-key-card_T1 [data-testid=stPageLink] a").click()
    page.wait_for_url("**/explore?*")
    idle(page)
    assert "RunInstances" in parse_qs(urlsplit(page.url).query)["q"][0]


def test_downloads_are_offered(open_page: OpenPage) -> None:
    page = open_page("/")
    page.locator(".st-key-card_T6 [data-testid=stPopoverButton]").first.click()
    with page.expect_download() as download:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click()
    content = download.value.path().read_text("utf-8-sig")
    assert content.startswith("_time,event_name,actor,user")
    assert len(content.splitlines()) > 10


def test_a_link_works_on_a_server_that_was_never_asked_before(chromium: Browser, tmp_path: Path) -> None:
    """Streamlit's first run of a process knows no pages but the main one."""
    home = tmp_path / "home"
    home.mkdir()
    Lake.open(home / "lake", create=True)
    for url in serve(home):
        page = chromium.new_context(locale="en-US").new_page()
        page.goto(f"{url}/logins?range=7d")
        page.wait_for_selector(".st-key-card_L4")
        wait_until_idle(page)
        assert page.get_by_role("dialog").count() == 0
        assert urlsplit(page.url).path == "/logins"
        assert translate("last_7d", "en") in page.inner_text(".st-key-card_L1")
        page.context.close()


def test_the_first_page_is_found_by_its_name_too(open_page: OpenPage) -> None:
    page = open_page("/cloudtrail?range=7d")
    page.wait_for_url("**/?range=7d*")
    assert_alive(page)
