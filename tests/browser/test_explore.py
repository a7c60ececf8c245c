"""Explore in a real browser: what only the editor's JavaScript, clicks and keys can show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.browser.conftest import wait_until_idle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import OpenPage, Traffic

# Every row with every row: minutes of work on the sample data.
ENDLESS = "table cloudtrail | eval k = 1 | join k [ table cloudtrail | eval k = 1 ] | stats count"
COUNT_BY_REGION = "table duration=1d cloudtrail* | stats count by awsRegion"


@pytest.fixture(scope="module", autouse=True)
def warm_server(chromium: Browser, app_url: str) -> None:
    """Open the start page once: a server that has never run it announces "Page not found" over every other page."""
    page = chromium.new_page()
    page.goto(app_url)
    wait_until_idle(page)
    page.close()


@pytest.fixture
def explore(open_page: OpenPage) -> Callable[..., Page]:
    """Open Explore, with a query or without one."""

    def opened(query: str = "", **options: object) -> Page:
        return open_page("/explore" + (f"?q={quote(query)}" if query else ""), **options)

    return opened


def write(page: Page, text: str) -> None:
    """Replace the editor's text by typing."""
    page.get_by_role("textbox", name="Query").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def test_typing_and_ctrl_enter_run_the_newest_text(explore, idle) -> None:
    page = explore()
    write(page, COUNT_BY_REGION)
    page.keyboard.press("Control+Enter")
    page.get_by_text(re.compile(r"^\d+ rows · .* files · .* read")).wait_for()
    idle(page)
    assert page.locator("[data-testid=stVegaLiteChart]").count() == 1
    assert page.locator("[data-testid=stDataFrame]").count() == 1
    assert "q=" in page.url
    assert "awsRegion" in page.url


def test_the_run_button_runs_what_was_typed_just_now(explore, idle) -> None:
    page = explore()
    write(page, 'json "[{n: 42}]"')
    page.get_by_role("button", name=re.compile("^Run")).click()
    page.get_by_text("1 row", exact=True).wait_for()
    assert page.get_by_test_id("stMetricValue").inner_text() == "42"


def test_a_link_reproduces_the_result(explore, idle) -> None:
    page = explore(COUNT_BY_REGION)
    page.get_by_text(re.compile(r"^\d+ rows · ")).wait_for()
    assert "stats count by awsRegion" in page.get_by_role("textbox", name="Query").inner_text()
    page.reload()
    idle(page)
    page.get_by_text(re.compile(r"^\d+ rows · ")).wait_for()


def test_a_mistake_is_marked_and_mended_in_the_editor(explore, idle) -> None:
    page = explore()
    write(page, "table duration=1d cloudtrail* | serch eventName == 1")
    marked = page.locator(".cm-lintRange-error")
    marked.wait_for()
    assert marked.inner_text() == "serch"
    marked.hover()
    page.get_by_role("button", name="Use search").click()
    marked.wait_for(state="detached")
    assert "| search eventName" in page.get_by_role("textbox", name="Query").inner_text()


def test_a_mistake_that_runs_shows_a_caret_and_a_way_out(explore, idle) -> None:
    page = explore("table duration=1h cloudtrail* | serch eventName == 1")
    caret = page.locator("[data-testid=stCode]", has_text="92000: unknown command")
    caret.wait_for()
    assert "^^^^^ did you mean `search`?" in caret.inner_text()
    page.get_by_role("button", name=re.compile("Use search")).click()
    page.get_by_text("The query ran and found nothing.").wait_for()
    assert "| search eventName" in page.get_by_role("textbox", name="Query").inner_text()


def test_completion_offers_commands_options_and_fields(explore, idle) -> None:
    page = explore()
    write(page, "")
    page.keyboard.type("tab")
    listed = page.locator(".cm-tooltip-autocomplete")
    listed.get_by_text("table", exact=True).wait_for()
    page.keyboard.press("Tab")
    listed.get_by_text("duration", exact=True).wait_for()
    page.keyboard.type("cloudtrail | ")
    listed.get_by_text("timechart", exact=True).wait_for()
    assert listed.get_by_text("table", exact=True).count() == 0, "a source does not follow a pipe"
    page.keyboard.type("stats count by awsR")
    listed.get_by_text("awsRegion").wait_for()
    page.keyboard.press("Tab")
    assert page.get_by_role("textbox", name="Query").inner_text() == "table cloudtrail | stats count by awsRegion"


def test_a_long_query_is_cancelled_and_the_page_goes_on(explore, idle) -> None:
    page = explore()
    write(page, ENDLESS)
    page.keyboard.press("Control+Enter")
    page.get_by_text(re.compile("Running for")).wait_for()
    page.get_by_role("button", name="Examples").click()  # the page stays usable meanwhile
    page.get_by_text("Questions to begin with").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Cancel")).click()
    page.get_by_text(re.compile("Cancelled after")).wait_for(timeout=5_000)
    write(page, COUNT_BY_REGION)
    page.keyboard.press("Control+Enter")
    page.get_by_text(re.compile(r"^\d+ rows · ")).wait_for()


def test_a_row_opens_in_a_drawer_and_leads_on(explore, idle) -> None:
    page = explore("table duration=1d cloudtrail* | limit 20")
    table = page.locator("[data-testid=stDataFrame]")
    table.wait_for()
    idle(page)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 48)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("1 of 20").wait_for()
    drawer.get_by_text("eventName").first.wait_for()
    drawer.get_by_role("button", name="Next row").click()
    drawer.get_by_text("2 of 20").wait_for()
    drawer.get_by_role("button", name="Everything within 5 min").click()
    drawer.wait_for(state="detached")
    idle(page)
    assert "from=" in page.get_by_role("textbox", name="Query").inner_text()


def test_a_file_is_made_when_it_is_asked_for(explore, idle) -> None:
    page = explore(COUNT_BY_REGION)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert download.value.suggested_filename.endswith(".csv")
    assert download.value.path().read_text("utf-8-sig").startswith("awsRegion,count\n")


def test_drilling_down_from_a_dashboard_lands_here(open_page, idle) -> None:
    page = open_page("/?range=7d")
    page.get_by_role("link", name="Rows").first.click()
    page.get_by_text(re.compile(r"rows? · .* files")).wait_for()
    assert "/explore?q=" in page.url
    assert "from=" in page.get_by_role("textbox", name="Query").inner_text()


def test_nothing_is_asked_from_foreign_hosts(explore, idle, traffic: Traffic) -> None:
    page = explore("table duration=7d cloudtrail* | eval a = ip(sourceIPAddress) | lookup geoip a output country "
                   "| stats count by country")  # fmt: skip
    page.locator("[data-testid=stDeckGlJsonChart]").wait_for()
    idle(page)
    assert traffic.hosts == {"localhost"}
    assert not traffic.errors


@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_the_screen(explore, idle, width: int) -> None:
    page = explore("table duration=1d cloudtrail* | timechart span=1h count by eventName",
                   viewport={"width": width, "height": 844})  # fmt: skip
    page.locator("[data-testid=stVegaLiteChart]").wait_for()
    idle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# the editor's keys ----------------------------------------------------------------------------------------------------


def text_of(page: Page) -> str:
    return page.get_by_role("textbox", name="Query").inner_text()


def test_the_selected_part_runs_alone(explore, idle) -> None:
    page = explore()
    write(page, 'json "[{n: 42}]" | eval m = n * 2')
    page.keyboard.press("ControlOrMeta+Home")
    for _ in range(len('json "[{n: 42}]" |')):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("stMetricValue").get_by_text("42").wait_for()
    assert page.get_by_test_id("stMetricValue").count() == 1
    page.get_by_text("This is the answer to another text").wait_for()
    assert text_of(page).endswith("eval m = n * 2"), "the text stays whole"


def test_commands_become_comments_and_come_back(explore, idle) -> None:
    page = explore()
    query = 'json "[{n: 42}]" | eval m = "a | b" | limit 3'
    write(page, query)
    page.keyboard.press("ControlOrMeta+Home")
    for _ in range(len('json "[{n: 42}]" | eval m')):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ControlOrMeta+/")
    assert text_of(page) == query.replace("eval", "# eval")
    page.keyboard.press("ControlOrMeta+/")
    assert text_of(page) == query


def test_a_key_tidies(explore, idle) -> None:
    page = explore()
    write(page, "table  duration=1h   cloudtrail*|stats count")
    page.keyboard.press("Shift+Alt+F")
    page.get_by_text("| stats count").wait_for()
    assert text_of(page) == "table duration=1h cloudtrail*\n| stats count"


def test_korean_is_composed_and_kept(explore, idle) -> None:
    page = explore()
    write(page, 'json "[{n: 1}]" | eval 이름 = "')
    session = page.context.new_cdp_session(page)
    for syllable in ("ㅎ", "하", "한"):
        session.send("Input.imeSetComposition", {"text": syllable, "selectionStart": 1, "selectionEnd": 1})
    session.send("Input.insertText", {"text": "한글"})
    page.keyboard.type('"')
    page.keyboard.press("Control+Enter")
    page.locator("[data-testid=stDataFrame]").wait_for()
    assert "한글" in text_of(page)
    idle(page)
    assert not page.locator(".cm-lintRange-error").count()


def test_an_open_list_keeps_its_keys_and_escape_closes_it(explore, idle) -> None:
    page = explore()
    write(page, "table duration=1d cloudtrail* | ")
    page.keyboard.type("s")
    listed = page.locator(".cm-tooltip-autocomplete")
    listed.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    listed.wait_for(state="detached")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # with no list open a Tab moves on, to the Run button in the end
    assert not page.evaluate("document.activeElement?.shadowRoot?.activeElement?.matches('.cm-content')")


# results --------------------------------------------------------------------------------------------------------------


def test_dragging_over_the_histogram_zooms(explore, idle) -> None:
    page = explore("table duration=1d cloudtrail*")
    chart = page.locator("[data-testid=stVegaLiteChart]")
    chart.wait_for()
    idle(page)
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + box["width"] * 0.4, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, height, steps=4)
    page.mouse.move(box["x"] + box["width"] * 0.6, height, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile("from%3D|from="))
    idle(page)
    assert re.match(r"table from=\d{14}Z to=\d{14}Z cloudtrail\*", text_of(page))


def test_the_histogram_zooms_by_keyboard_too(explore, idle) -> None:
    page = explore("table duration=1d cloudtrail*")
    page.locator("[data-testid=stVegaLiteChart]").wait_for()
    idle(page)
    page.get_by_role("button", name=re.compile("Zoom")).press("Enter")
    page.get_by_role("combobox", name=re.compile("From")).press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    idle(page)
    page.get_by_role("button", name="Zoom", exact=True).last.press("Enter")
    page.wait_for_url(re.compile("from%3D|from="))


def test_a_value_of_a_field_is_searched_by_a_click(explore, idle) -> None:
    page = explore("table duration=1d cloudtrail* | stats count by eventName")
    page.get_by_text(re.compile(r"^\d+ rows · ")).wait_for()
    page.get_by_text("Fields and values").click()
    page.get_by_role("combobox", name=re.compile("Field")).click()
    page.keyboard.type("awsReg")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="us-east-1", exact=True).click()
    idle(page)
    page.get_by_text(re.compile(r"^\d+ rows · ")).wait_for()
    assert '| search in(awsRegion, "us-east-1")' in text_of(page)
    assert text_of(page).endswith("| stats count by eventName"), "before the summary, where the field still is"


def test_another_page_has_no_query_in_its_address(explore, idle) -> None:
    page = explore(COUNT_BY_REGION)
    page.get_by_text(re.compile(r"^\d+ rows · ")).wait_for()
    page.get_by_role("link", name="Data coverage").click()
    page.wait_for_url(re.compile(r"/coverage$"))
    page.get_by_role("link", name="Explore", exact=True).click()
    page.wait_for_url(re.compile(r"/explore\?q="))


def test_a_parameter_is_an_input_and_part_of_the_link(explore, idle) -> None:
    page = explore('table duration=1d cloudtrail* | search awsRegion == $("region") | stats count')
    page.get_by_text("No value is given for: region").wait_for()
    field = page.get_by_role("textbox", name="region")
    field.fill("us-east-1")
    field.press("Enter")
    page.get_by_text("1 row", exact=True).wait_for()
    page.wait_for_url(re.compile(r"p\.region=us-east-1"))
    page.get_by_test_id("stMetricValue").filter(has_not_text=re.compile("^0$")).wait_for()
