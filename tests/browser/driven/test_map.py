"""The map: points, lasso, a class for a whole heap, with the mouse and by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.browser.desk import Desk
from cryoal.campaign import Campaign
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_ready import ready_audit
from cryoal.maps.inside import inside
from tests.browser.driven.conftest import file_page, queue_of, ready, until
from tests.browser.driven.mapped import lay_out

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.driven.conftest import Desktop

TITLE = "document.querySelector('#lassoed h2').textContent"
SAVED = "cryoalReview.memory.nWaiting === 0"


@pytest.fixture
def mapped(campaign: Campaign, asked: list[str]) -> Campaign:
    lay_out(campaign)
    return campaign


def draw_around(page: Page, left: float, right: float) -> None:
    """A lasso about all that lies between two places, shares of the width of the map."""
    frame = page.locator("#points").bounding_box()
    assert frame is not None
    scale = 0.94 * min(frame["width"], frame["height"])
    middle = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    corners = [(left, -0.02), (right, -0.02), (right, 1.02), (left, 1.02)]
    places = [(middle[0] + scale * (x - 0.5), middle[1] + scale * (y - 0.5)) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def opened(page: Page) -> Page:
    page.keyboard.press("Shift+M")
    until(page, "document.querySelector('#point .peek')")
    return page


def test_a_lasso_gives_a_whole_heap_one_class_and_undo_takes_it_back(
    mapped: Campaign, desktop: Desktop
) -> None:
    keys = mapped.pool.keys.tolist()
    with desktop.serve(Desk(mapped.path)) as server:
        page = opened(ready(desktop.open(server.address("ana"))))
        front = page.evaluate("cryoalReview.session.data.items[0].key")
        assert front in (page.locator("#points").get_attribute("aria-label") or "")
        assert page.locator("#legend button").all_inner_texts()[0].split() == ["1", "ring", "12"]
        draw_around(page, 0.0, 0.3)
        until(page, f"{TITLE} === '12 boxes'")
        until(page, "document.querySelectorAll('#sample .peek').length === 8")
        page.keyboard.press("2")
        until(page, SAVED)
        assert page.locator("#message").inner_text() == "12 boxes: rod"
        assert page.locator("#legend button").all_inner_texts()[1].split() == ["2", "rod", "36"]
        assert Campaign.open(mapped.path).standing().labelled == dict.fromkeys(keys[:12], "rod")
        page.keyboard.press("z")
        until(page, SAVED)
        assert page.locator("#legend button").all_inner_texts()[0].split() == ["1", "ring", "12"]
        assert Campaign.open(mapped.path).standing().labelled == {}
        with page.expect_navigation():
            page.keyboard.press("Enter")  # as cards
        ready(page)
        assert page.locator("#queue-name").inner_text() == "keys"
        assert page.evaluate("cryoalReview.session.data.items.map((item) => item.key)") == keys[:12]


def test_by_keyboard_alone_a_heap_is_taken_and_answered(mapped: Campaign, desktop: Desktop) -> None:
    with desktop.serve(Desk(mapped.path, which="class:ring", order="score")) as server:
        page = opened(ready(desktop.open(server.address("ana"))))
        assert page.evaluate("document.activeElement.id") == "points"
        label = "document.querySelector('#points').ariaLabel"
        first = page.evaluate(label)
        page.keyboard.press("ArrowDown")
        until(page, f"{label} !== {first!r}")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "map-nearest":
                break
        page.keyboard.press("Tab")
        page.keyboard.press("Control+A")
        page.keyboard.type("3")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        until(page, f"{TITLE} === '3 boxes'")
        page.keyboard.press("3")
        until(page, SAVED)
        page.keyboard.press("Escape")  # lets go
        assert not page.locator("#lassoed").is_visible()
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == "gallery"
    labels = Campaign.open(mapped.path).standing().labelled
    assert sorted(labels.values()) == 3 * ["background"]


def test_boxes_of_an_audit_are_not_answered_by_a_lasso_and_leave_the_audit(
    mapped: Campaign, desktop: Desktop
) -> None:
    ready_audit(mapped, 60)  # the six that are not asked
    drawn = audit_now(mapped)
    assert drawn is not None
    assert len(drawn.open) == 6
    with desktop.serve(Desk(mapped.path)) as server:
        page = opened(ready(desktop.open(server.address("ana"))))
        draw_around(page, 0.7, 1.0)
        until(page, f"{TITLE} === '18 boxes, 6 of an audit left out'")
        page.keyboard.press("3")
        until(page, SAVED)
    after = Campaign.open(mapped.path)
    assert set(drawn.keys).isdisjoint(after.standing().labelled)
    assert len(after.standing().labelled) == 18
    left = audit_now(after)
    assert left is None or not left.open


def test_a_saved_page_has_the_map_of_its_boxes_and_their_queue(
    mapped: Campaign, desktop: Desktop
) -> None:
    queue = queue_of(mapped)
    page = ready(desktop.open(file_page(mapped, queue, annotator="ana", blind=False)))
    opened(page)
    page.locator("#colour-by").select_option("label")
    draw_around(page, 0.0, 0.3)
    shown = page.evaluate("cryoalReview.views.all.get('map').map.nChosen")
    assert 0 < shown <= 12
    page.keyboard.press("1")
    assert page.locator("#message").inner_text() == f"{shown} boxes: ring"
    assert page.locator("#legend button").first.inner_text().split() == ["1", "ring", str(shown)]
    page.locator("#map-review").click()
    assert page.locator("#queue-name").inner_text() == f"{shown} boxes of the map"
    assert page.locator("#numbers").inner_text().startswith(f"{shown} of {shown}")


def test_without_a_map_the_page_offers_to_make_one(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    with desktop.serve(Desk(campaign.path)) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("Shift+M")
        until(page, "!document.querySelector('#map-make').hidden")
        assert page.locator("#map-says").inner_text().startswith("no map yet: cryoal map ")
    address = file_page(campaign, queue_of(campaign), annotator="ana", blind=False)
    page = ready(desktop.open(address))
    assert not page.locator("#to-map").is_visible()


def test_what_lies_in_a_lasso_is_the_same_in_the_page_and_in_python(
    mapped: Campaign, desktop: Desktop
) -> None:
    page = ready(desktop.open(file_page(mapped, queue_of(mapped), annotator="ana", blind=False)))
    opened(page)
    rng = np.random.default_rng(5)
    xy = rng.random((400, 2), np.float32)
    for n in (3, 4, 9):
        polygon = rng.random((n, 2))
        found = page.evaluate(
            """([xy, polygon]) => {
              const { points } = cryoalReview.views.all.get("map");
              const [x, y] = [0, 1].map((k) => Float32Array.from(xy, (point) => point[k]));
              return new points.constructor(x, y).inPolygon(polygon).sort((a, b) => a - b);
            }""",
            [xy.tolist(), polygon.tolist()],
        )
        assert found == np.flatnonzero(inside(xy, polygon)).tolist()
