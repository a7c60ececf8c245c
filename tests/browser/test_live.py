"""The pages of what AWS answers in a real browser: on sample data, and on an AWS over HTTP that bills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.lake.store import Lake
from pages.parts.live_texts import translate as live_text
from pages.parts.texts import translate
from tests.aws.conftest import aws_server, running_aws  # noqa: F401
from tests.aws.running import AwsServer
from tests.browser.conftest import OpenPage, Traffic, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CARDS = {"/cost": [f"C{n}" for n in range(1, 9)], "/cloudwatch": [f"W{n}" for n in range(1, 10)], "/connections": []}
EC2 = "Amazon Elastic Compute Cloud - Compute"
# Marks: the panel, where its marks are in the drawing, and what its rows are searched for.
MARKS = {
    "tile": ("/cost", "C3", ".mark-rect path", "in(service"),
    "day": ("/cost", "C4", ".mark-rect path", "in(start"),
    "mover": ("/cost", "C7", ".mark-rect path", "in(name"),
    "sum": ("/cost", "C8", ".mark-symbol path", "in(start"),
    "type": ("/cloudwatch", "W5", ".mark-rect path", "in(instance_type"),
    "box": ("/cloudwatch", "W6", ".mark-rect path[fill-opacity='0.001']", "in(label"),
    "point": ("/cloudwatch", "W7", ".mark-symbol path", "in(instance_name"),
}


def assert_alive(page: Page, path: str, language: str) -> None:
    text = page.inner_text("body")
    assert "Traceback" not in text
    assert translate("failed", language) not in text  # type: ignore[arg-type]
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
    marks.first.wait_for(state="attached")
    marks.nth(marks.count() // 3).click(force=True)
    page.wait_for_url("**/explore?*")
    idle(page)
    query = parse_qs(urlsplit(page.url).query)["q"][0]
    assert query.startswith("aws-")
    assert search in query
    assert "Traceback" not in page.inner_text("body")
    page.locator("[data-testid=stDataFrame]").wait_for()  # there is none for an empty answer


@pytest.mark.parametrize(("path", "panel"), [("/cost", "C1"), ("/cloudwatch", "W2")])
def test_rows_behind_a_number_are_a_link(
    open_page: OpenPage, idle: Callable[[Page], None], path: str, panel: str
) -> None:
    page = open_page(path)
    page.locator(f".st-key-card_{panel} [data-testid=stPageLink] a").first.click()
    page.wait_for_url("**/explore?*")
    idle(page)
    assert "stats" not in parse_qs(urlsplit(page.url).query)["q"][0]
    page.locator("[data-testid=stDataFrame]").wait_for()


def test_currency_and_region_are_kept_in_the_url(open_page: OpenPage, idle: Callable[[Page], None]) -> None:
    page = open_page("/cost")
    page.get_by_text("KRW", exact=True).click()
    idle(page)
    assert parse_qs(urlsplit(page.url).query)["currency"] == ["KRW"]
    other = open_page("/cloudwatch?aws_region=us-east-1")
    assert "us-east-1" in other.inner_text("section[data-testid=stSidebar]")


# on an AWS over HTTP --------------------------------------------------------------------------------------------------


@pytest.fixture
def real_app(
    aws_server: AwsServer,  # noqa: F811
    chromium: Browser,
    traffic: Traffic,
    tmp_path: Path,
) -> Iterator[OpenPage]:
    """The app with the credentials of the fake AWS and an empty lake."""
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=ago)).isoformat() for ago in range(1, 71)]
    aws_server.seed(
        costs=[{"date": day, "SERVICE": EC2, "UnblendedCost": "2"} for day in days],
        forecast={"mean": 3.0, "lower": 2.0, "upper": 4.0},
    )
    with aws_server.client("ec2") as ec2:
        image = ec2.describe_images()["Images"][0]["ImageId"]
        ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3, InstanceType="t3.micro")
        ec2.allocate_address()
    home = tmp_path / "home"
    Lake.open(home / "lake", create=True)
    for url in serve(home):
        opener = OpenPage(chromium, url, traffic)
        yield opener
        for page in opener.pages:
            page.context.close()


def test_an_account_is_shown_and_nothing_billed_is_asked_unasked(
    real_app: OpenPage,
    aws_server: AwsServer,  # noqa: F811
    traffic: Traffic,
    idle: Callable[[Page], None],
) -> None:
    page = real_app("/cloudwatch")
    assert "Traceback" not in page.inner_text("body")
    assert translate("sample", "en") not in page.inner_text("body")
    numbers = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    assert numbers == ["3", "0", "0", "1"]
    assert aws_server.calls("GetMetricData") == []

    page.get_by_role("link", name=translate("cost", "en"), exact=True).click()
    idle(page)
    assert live_text("not_asked", "en") in page.inner_text("body")
    assert aws_server.calls("GetCostAndUsage") == []
    page.locator(".st-key-agree_all button").click()
    idle(page)
    assert page.locator(".st-key-card_C1 [data-testid=stMetricValue]").inner_text() == "$60.00"
    assert aws_server.calls("GetCostAndUsage")
    assert traffic.hosts == {"localhost"}
    assert traffic.errors == []
