"""A real Chromium, a campaign with a query of two hundred boxes, and pages of it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from cryoal.browser.page import write_page
from cryoal.browser.server import Server
from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.review.queue import make_queue
from cryoal.testing.phantoms import write_phantoms
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from cryoal.browser.desk import Desk
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Queue

N_ASKED = 200
N_FEW = 60  # a press takes 30 ms, most of it waiting for a frame of the screen
CHROMIUM = os.environ.get("CRYOAL_TEST_CHROMIUM") or shutil.which("chromium") or ""
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's browser; Playwright's own would have to be downloaded."""
    assert CHROMIUM, "expected Chromium: make test installs it, or set CRYOAL_TEST_CHROMIUM"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Desktop:
    """Opens pages, and knows of every error that they met."""

    browser: Browser
    errors: list[str] = field(default_factory=list)
    is_offline_expected: bool = False
    """Whether requests that fail are part of the test."""

    def open(self, address: str, **settings: Any) -> Page:
        """A page in a profile of its own."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 800}, **settings)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("dialog", lambda dialog: dialog.accept())  # of beforeunload
        page.goto(address)
        return page

    @contextmanager
    def serve(self, desk: Desk, **settings: Any) -> Iterator[Server]:
        """A server that ends after all pages: they ask on, and would meet nobody."""
        with Server(desk, **settings) as server:
            yield server
            self.leave()

    def leave(self) -> None:
        """Close every page."""
        for context in self.browser.contexts:
            context.close()

    def _hear(self, kind: str, text: str) -> None:
        is_request = text.startswith("Failed to load resource")
        if kind in ("error", "warning") and not (self.is_offline_expected and is_request):
            self.errors.append(text)


@pytest.fixture
def desktop(chromium: Browser) -> Iterator[Desktop]:
    desktop = Desktop(chromium)
    yield desktop
    desktop.leave()
    assert not desktop.errors


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of 240 candidates with queries of 60 and of 200 of them; not to be written to."""
    folder = tmp_path_factory.mktemp("large")
    made = write_phantoms(
        folder / "files", n_tomograms=2, shape=(24, 224, 224), per_class=40, distance=100
    )
    settings = ("pool.box=16", "review.repeats=0.05")
    campaign = Campaign.create(folder / "original", make_config(made.classes, "laptop", settings))
    picks = read_picks(made.picks, tomograms=made.tomograms_star)
    extract(campaign.pool_path, made.tomograms, picks, box=16)
    keys = campaign.pool.keys.tolist()[:N_ASKED]
    classes = campaign.config.classes
    asked = [(key, classes[i % 3]) for i, key in enumerate(keys)]
    write_cycle(campaign, 0, asked[:N_FEW])
    write_cycle(campaign, 1, asked)
    return campaign.path


@pytest.fixture
def large_campaign(large: Path, tmp_path: Path) -> Campaign:
    shutil.copytree(large, tmp_path / "large")
    return Campaign.open(tmp_path / "large")


def file_page(
    campaign: Campaign,
    queue: Queue,
    *,
    annotator: str | None,
    blind: bool = False,
    mode: Mode | None = None,
) -> str:
    """The address of the page of `queue`, written beside the campaign."""
    path = campaign.path.parent / "review.html"
    write_page(campaign, queue, path, annotator=annotator, blind=blind, mode=mode)
    return path.as_uri()


def queue_of(campaign: Campaign, annotator: str = "ana", *, which: str = "query") -> Queue:
    return make_queue(campaign, annotator, which=which, order="score")


def until(page: Page, expression: str) -> None:
    """Wait until `expression` holds; the page's own policy forbids wait_for_function's eval."""
    for _ in range(1000):
        if page.evaluate(f"Boolean({expression})"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"{expression} does not hold; {page.locator('footer').inner_text()}")


def ready(page: Page) -> Page:
    """The page once it can be pressed."""
    until(page, "globalThis.cryoalReview")
    return page


def answer_question(page: Page, text: str) -> None:
    page.locator("#answer").fill(text)
    page.keyboard.press("Enter")


def choose(page: Page, which: str) -> None:
    """Open the list of queues and take one."""
    page.keyboard.press("Shift+Q")
    page.locator(f"#kinds input[value='{which}']").check()
    page.get_by_role("button", name="Open", exact=True).click()
