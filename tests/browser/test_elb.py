"""The load balancer dashboards in a real browser, on sample data: marks are ways to their rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from pages.parts.texts import translate

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage, Traffic

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CARDS = {"/elb_status": [f"S{n}" for n in range(1, 12)], "/elb_errors": [f"E{n}" for n in range(1, 8)]}
# Marks: the panel, where its marks are in the drawing, and what its rows are searched for.
MARKS = {
    "bar": ("/elb_errors", "E1", ".mark-rect path", "in(client_ip"),
    "column": ("/elb_status", "S8", ".mark-rect path", "in(status"),
    "point": ("/elb_status", "S3", ".mark-symbol path[opacity='0.85']", "in(target_ip"),
}


def assert_alive(page: Page, path: str, language: str) -> None:
    text = page.inner_text("body")
    assert "Traceback" not in text
    for key in ("failed", "no_data"):
        assert translate(key, language) not in text  # type: ignore[arg-type]
    for card in CARDS[path]:
        assert page.locator(f".st-key-card_{card}").count() == 1


@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("en", 1440, "light"), ("ko", 390, "dark")], ids=["wide", "narrow"]
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
    assert_alive(page, path, language)
    assert page.evaluate(OVERFLOW) <= 0
    assert traffic.hosts == {"localhost"}
    assert traffic.errors == []


@pytest.mark.parametrize("mark", MARKS)
def test_a_click_on_a_mark_opens_its_rows(open_page: OpenPage, idle: Callable[[Page], None], mark: str) -> None:
    path, panel, place, search = MARKS[mark]
    page = open_page(path)
    card = page.locator(f".st-key-card_{panel}")
    card.scroll_into_view_if_needed()
    marks = card.locator(place)
    marks.first.wait_for()
    marks.nth(marks.count() // 2).click(force=True)
    page.wait_for_url("**/explore?*")
    idle(page)
    assert search in parse_qs(urlsplit(page.url).query)["q"][0]
    assert "Traceback" not in page.inner_text("body")
    page.locator("[data-testid=stDataFrame]").wait_for()  # there is none for an empty answer


def test_a_choice_is_kept_in_the_url(open_page: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_page("/elb_errors")
    switch = page.locator(".st-key-E4_variant").get_by_role("combobox")
    switch.scroll_into_view_if_needed()
    switch.click()
    page.get_by_role("option", name="Host is an address").click()
    idle(page)
    assert parse_qs(urlsplit(page.url).query)["E4_variant"] == ["address"]
    other = open_page(page.url.removeprefix(open_page.url))
    assert "typed or scanned" in other.inner_text(".st-key-card_E4")


def test_filters_are_kept_between_the_two_pages(open_page: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_page("/elb_status?elb_status=5xx-elb")
    page.get_by_role("link", name=translate("elb_errors", "en")).click()
    idle(page)
    assert urlsplit(page.url).path == "/elb_errors"
    assert parse_qs(urlsplit(page.url).query)["elb_status"] == ["5xx-elb"]
