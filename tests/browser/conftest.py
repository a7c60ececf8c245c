"""The app on sample data and a Chromium, once for all browser tests.

Where no Chromium is found the tests are skipped; with TRAILBOARD_BROWSER=1 (as in CI) they fail instead, and with
TRAILBOARD_BROWSER=0 they are skipped anyway. TRAILBOARD_CHROMIUM names another executable.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Without a sandbox it starts as root; the rest keeps it from asking its maker's hosts.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

IDLE = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    if (!app || ['running', 'initial'].includes(app.dataset.testScriptState)) return false;
    return !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]');
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is a browser test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The executable, or the reason why there is none."""
    wanted = os.environ.get("TRAILBOARD_BROWSER", "")
    if wanted == "0":
        pytest.skip("TRAILBOARD_BROWSER=0")
    named = os.environ.get("TRAILBOARD_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None or not Path(found).exists():
        reason = f"no Chromium found, looked for {named or ', '.join(NAMES)}"
        pytest.fail(reason) if wanted else pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser; tests open contexts in it, which share nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_url(chromium_path: str, demo_home: Path) -> Iterator[str]:
    """The address of the app, started by its own command on the sample data."""
    yield from serve(demo_home)


def serve(home: Path) -> Iterator[str]:
    """Run the app with a home folder until the fixture is done; its log is shown when it does not come up."""
    port = free_port()
    url = f"http://localhost:{port}"
    log = home / "app.log"
    environment = {**os.environ, "TRAILBOARD_HOME": str(home), "PYTHONWARNINGS": "default"}
    command = [sys.executable, "-m", "engine.cli", "run", "--port", str(port), "--no-browser"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_health(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_health(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Return once the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{log.read_text(errors='replace')}")


@dataclass
class Traffic:
    """What the browser asked for, and what its console complained about."""

    urls: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def record(self, request: Request) -> None:
        self.urls.append(request.url)

    @property
    def hosts(self) -> set[str]:
        """Hosts that were asked over the network; `data:` and `blob:` addresses have none."""
        return {host for url in self.urls if (host := urlsplit(url).hostname)}


@pytest.fixture
def traffic() -> Traffic:
    """All requests of this test's pages, web sockets included."""
    return Traffic()


@pytest.fixture
def open_page(chromium: Browser, app_url: str, traffic: Traffic) -> Iterator[OpenPage]:
    """Open a path of the app in a fresh browser context: `page = open_page("/cost?range=7d", color_scheme="dark")`."""
    opener = OpenPage(chromium, app_url, traffic)
    yield opener
    for page in opener.pages:
        page.context.close()


@dataclass
class OpenPage:
    """A callable that opens pages; keyword arguments are Playwright's `new_context` options."""

    browser: Browser
    url: str
    traffic: Traffic
    pages: list[Page] = field(default_factory=list)

    def __call__(self, path: str = "/", **options: object) -> Page:
        settings = {
            "locale": "en-US",
            "timezone_id": "Asia/Seoul",
            "viewport": {"width": 1440, "height": 900},
        } | options
        page = self.browser.new_context(**settings).new_page()  # type: ignore[arg-type]
        self.pages.append(page)
        page.context.on("request", self.traffic.record)
        page.on("websocket", lambda socket: self.traffic.urls.append(socket.url))
        page.on("pageerror", lambda error: self.traffic.errors.append(str(error)))
        page.goto(self.url + path)
        wait_until_idle(page)
        return page


@pytest.fixture
def idle() -> Callable[[Page], None]:
    """Wait until a page has settled after a click: `idle(page)`."""
    return wait_until_idle


def wait_until_idle(page: Page, seconds: float = 30) -> None:
    """Return when the script has run and no panel is loading, and that for a moment: one run may start the next."""
    page.wait_for_selector("[data-testid=stApp]", timeout=seconds * 1000)
    end = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        quiet = quiet + 1 if page.evaluate(IDLE) else 0
        if time.monotonic() > end:
            raise AssertionError(f"still loading after {seconds} s: {page.url}")
        page.wait_for_timeout(150)
