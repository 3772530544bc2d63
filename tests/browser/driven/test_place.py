"""A folder of campaigns in Chromium: from nothing to boxes by keys alone, and through them."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from cryoal.browser.home import Home
from cryoal.browser.http import Listener
from cryoal.campaign import Campaign
from cryoal.within import keeping_to
from tests.browser.driven.test_axe import AXE, faults
from tests.browser.test_server import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from cryoal.testing.phantoms import PhantomFiles
    from tests.browser.driven.conftest import Desktop


@pytest.fixture
def lab(tmp_path: Path, phantoms: PhantomFiles) -> Path:
    data = tmp_path / "lab" / "data"
    data.mkdir(parents=True)
    for file in (*phantoms.tomograms, phantoms.picks, phantoms.tomograms_star):
        shutil.copy(file, data)
    return tmp_path / "lab"


@pytest.fixture
def server(lab: Path) -> Iterator[Listener]:
    with keeping_to(lab), Listener(Home(lab)) as server:
        yield server


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab reaches no {selector}")


def until(page: Page, selector: str, text: str) -> None:
    place = page.locator(selector)
    deadline = time.monotonic() + 60
    while text not in (place.inner_text() if place.is_visible() else ""):
        assert time.monotonic() < deadline, (text, page.inner_text("body"))
        page.wait_for_timeout(20)


def test_from_nothing_to_boxes_with_keys_alone(
    server: Listener, lab: Path, desktop: Desktop, phantoms: PhantomFiles
) -> None:
    page = desktop.open(server.address())
    until(page, "#none", "No campaign is here yet")
    keys = page.keyboard
    tab_to(page, "#annotator")
    keys.type("ana")
    tab_to(page, "#name")
    keys.type("ribo")
    tab_to(page, "#classes")
    keys.type("ring, rod")
    tab_to(page, "#box")
    keys.press("Control+a")
    keys.type("8")
    keys.press("Enter")
    page.wait_for_url("**/c/ribo/home?*")
    until(page, "#stands", "pool      empty")
    page.wait_for_selector("#tomograms input")
    tab_to(page, "#all-tomograms")
    keys.press("Enter")
    tab_to(page, "#picks input")
    for _ in range(2):
        if page.evaluate("document.activeElement.value") != f"data/{phantoms.picks.name}":
            keys.press("ArrowDown")
    keys.press("Space")
    tab_to(page, "#adding summary")
    keys.press("Enter")
    tab_to(page, "#option-tomograms")
    keys.type("data/tomo")
    tab_to(page, "#unchecked")
    keys.press("Space")
    page.keyboard.press("Shift+Tab")
    keys.press("Enter")
    until(page, "#job-title", "add: done")
    until(page, "#stands", "36 boxes of 8^3 voxels")
    assert len(Campaign.open(lab / "ribo").pool) == 36
    # the next round can be started, and the review knows who is there
    assert page.locator("[data-step=select]").is_enabled()
    assert page.locator("[data-step=classify]").is_disabled()
    assert "annotator=ana" in str(page.get_attribute("#to-review", "href"))

    tab_to(page, "#to-view")
    keys.press("Enter")
    page.wait_for_url("**/view?*")
    until(page, "#classes", "no class")
    until(page, "#z-said", "16 of 32")
    tab_to(page, "#stage")
    keys.press("ArrowUp")
    until(page, "#z-said", "17 of 32")
    facts = json.loads(ask(server, "GET", "/c/ribo/points?tomogram=0")[1])
    place = min(range(18), key=lambda n: abs(facts["zyx"][n][0] - 17))
    frame = page.locator("#stage").bounding_box()
    assert frame is not None
    zoom = frame["width"] / 80
    y, x = (zoom * (place + 0.5) for place in facts["zyx"][place][1:])
    page.mouse.click(frame["x"] + x, frame["y"] + y)
    until(page, "#point", f"{facts['keys'][place]}: no class")
    seen = set()
    for _ in facts["keys"]:
        keys.press("n")
        seen.add(page.inner_text("#point").split(":")[0])
    in_sight = {
        k for k, zyx in zip(facts["keys"], facts["zyx"], strict=True) if abs(zyx[0] - 17) <= 4.5
    }
    assert seen == in_sight

    page.click("#one")
    page.wait_for_selector("#gallery .card")
    assert page.inner_text("#key").split()[0] in in_sight
    page.click("#home")
    page.wait_for_url("**/home?*")


@pytest.mark.skipif(not AXE.is_file(), reason=f"no axe-core at {AXE}")
def test_nothing_keeps_anybody_from_using_these_pages(
    server: Listener, lab: Path, desktop: Desktop, original: Path
) -> None:
    shutil.copytree(original, lab / "mt")
    page = desktop.open(server.address())
    page.context.add_init_script(path=AXE)
    page.reload()

    page.wait_for_selector("#campaigns a")
    page.click("#new > summary")
    assert faults(page) == []
    page.click("#campaigns a")
    page.wait_for_selector("[data-step]")
    for fold in ("#add > summary", "#adding summary", "#export > summary", "#reporting > summary"):
        page.click(fold)
    page.wait_for_selector("#tomograms input")
    assert faults(page) == []
    desktop.is_offline_expected = True  # the tomogram of the copy lies elsewhere
    page.click("#to-view")
    until(page, "#message", "which leads out")
    assert faults(page) == []


def test_names_are_shown_as_they_are_and_never_run(
    server: Listener, lab: Path, desktop: Desktop, original: Path
) -> None:
    shutil.copytree(original, lab / "<img src=x onerror=alert(1)> & 'b'")
    page = desktop.open(server.address())
    page.wait_for_selector("#campaigns tbody a")
    assert page.inner_text("#campaigns tbody a") == "<img src=x onerror=alert(1)> & 'b'"
    page.click("#campaigns tbody a")
    until(page, "#stands", "36 boxes")
    assert page.inner_text("h1") == "<img src=x onerror=alert(1)> & 'b'"


def test_a_phone_shows_each_page_in_its_width(
    server: Listener, lab: Path, desktop: Desktop, original: Path
) -> None:
    shutil.copytree(original, lab / "mt")
    (lab / "another").mkdir()
    (lab / "another" / "campaign.toml").write_text("format = 99\n")  # with a long reason why not
    page = desktop.open(server.address())
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("#campaigns a")
    too_wide = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(too_wide) <= 0
    page.goto(server.address().replace("/?", "/c/mt/home?"))
    page.wait_for_selector("[data-step]")
    page.click("#add > summary")
    # what is said of the picks stands one below the other, not in columns
    shown = page.evaluate(
        "(e => { e.hidden = false; return getComputedStyle(e).display })"
        "(document.querySelector('#verdict').parentElement)"
    )
    assert shown == "block"
    assert page.evaluate(too_wide) <= 0
