"""From an empty editor to a link: somebody who knows Splunk or Logpresso writes, mistypes, saves, charts and sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import wait_until_idle
from tests.browser.test_explore import write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import OpenPage

QUERY = (
    'table duration=1d cloudtrail* | search not(in(eventName, "Describe*", "List*", "Get*")) '
    "| stats count by eventName | sort limit=10 -count"
)
ROWS = re.compile(r"^10 rows · ")


@pytest.fixture(scope="module", autouse=True)
def warm_server(chromium: Browser, app_url: str) -> None:
    """Open Explore once: the values that completion offers are read then."""
    page = chromium.new_page()
    page.goto(app_url)
    wait_until_idle(page)
    page.goto(f"{app_url}/explore")
    wait_until_idle(page)
    page.close()


def pick(page: Page, label: str) -> None:
    """Accept a completion with the keyboard: wait until it is listed, go to it, and press Tab until it is taken."""
    editor, listed = page.get_by_role("textbox", name="Query"), page.locator(".cm-tooltip-autocomplete")
    label_of = listed.locator("li[aria-selected] .cm-completionLabel")
    listed.locator(".cm-completionLabel", has_text=re.compile(f"^{re.escape(label)}$")).first.wait_for()
    while label_of.inner_text() != label:
        page.keyboard.press("ArrowDown")
    before = editor.inner_text()
    while editor.inner_text() == before:
        page.keyboard.press("Tab")


def test_a_newcomer_writes_the_query_with_completion_saves_it_charts_it_and_sends_the_link(
    open_page: OpenPage, idle: Callable[[Page], None]
) -> None:
    page = open_page("/explore")
    editor = page.get_by_role("textbox", name="Query")
    write(page, "")
    page.keyboard.type("ta")
    pick(page, "table")
    pick(page, "duration")
    pick(page, "1d")
    page.keyboard.type(" ")
    pick(page, "cloudtrail*")
    page.keyboard.type(" | ")
    pick(page, "search")
    page.keyboard.type("no")
    pick(page, "not")
    page.keyboard.type("in")
    pick(page, "in")
    page.keyboard.type("eventN")
    pick(page, "eventName")
    page.get_by_role("status").get_by_text("value").first.wait_for()  # what `in` takes
    for word in ("Describe*", "List*", "Get*"):
        page.keyboard.type(', "')
        pick(page, word)
    page.keyboard.press("End")
    page.keyboard.type(" | ")
    pick(page, "stats")
    pick(page, "count")
    page.keyboard.type(" b")
    pick(page, "by")
    pick(page, "eventName")
    page.keyboard.type(" | ")
    pick(page, "sort")
    page.keyboard.type("lim")
    pick(page, "limit")
    pick(page, "10")
    page.keyboard.type(" -c")
    pick(page, "count")
    assert editor.inner_text() == QUERY

    page.keyboard.press("Control+Enter")
    page.get_by_text(ROWS).wait_for()
    idle(page)
    link = page.url
    assert page.locator("[data-testid=stVegaLiteChart] [aria-roledescription=bar]").count() == 10

    page.get_by_role("button", name="Save", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("Busiest changes")
    form.get_by_label("Name").press("Enter")
    form.get_by_role("button", name="Save", exact=True).click()
    form.wait_for(state="detached")
    page.get_by_role("button", name="Add to dashboard").click()
    form.get_by_label("Title").fill("Busiest changes")
    form.get_by_label("Title").press("Enter")
    form.get_by_role("button", name="Add", exact=True).click()
    form.wait_for(state="detached")

    colleague = open_page(link.removeprefix(page.url.partition("/explore")[0]))
    colleague.get_by_text(ROWS).wait_for()
    assert colleague.get_by_role("textbox", name="Query").inner_text() == QUERY
    colleague.get_by_role("button", name="My queries").click()
    colleague.get_by_role("dialog").get_by_role("button", name="Busiest changes").wait_for()

    board = open_page("/dashboard")
    idle(board)
    board.get_by_text("Busiest changes").wait_for()
    assert board.locator("[data-testid=stVegaLiteChart]").count() == 1


@pytest.mark.parametrize(
    ("typed", "marked", "message", "offered"),
    [
        (QUERY.replace("search", "serch"), "serch", "unknown command", "Use search"),
        (QUERY.replace("cloudtrail*", "cloudtral*"), "cloudtral*", "no table fits", "Use cloudtrail*"),
        (QUERY.replace("in(eventName", "in(evntName"), "evntName", "unknown field", "Use eventName"),
        (QUERY.replace("count by", "cuont by"), "cuont", "cuont", "Use count"),
    ],
)
def test_a_newcomer_is_told_what_is_mistyped_and_how_to_mend_it_by_keyboard(
    open_page: OpenPage, typed: str, marked: str, message: str, offered: str
) -> None:
    page = open_page("/explore")
    write(page, typed)
    range_ = page.locator(".cm-lintRange")
    range_.wait_for()
    assert range_.inner_text() == marked
    page.keyboard.press("F8")
    page.keyboard.press("Control+Home")
    range_.hover()
    told = page.locator(".cm-tooltip-lint")
    told.get_by_text(message).wait_for()
    told.get_by_role("button", name=offered).click()
    range_.wait_for(state="detached")
    assert page.get_by_role("textbox", name="Query").inner_text() == QUERY
