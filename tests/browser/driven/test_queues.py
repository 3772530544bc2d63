"""Other queues and filters, in the list that both pages have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.browser.desk import Desk
from cryoal.campaign import Campaign
from tests.browser.driven.conftest import choose, file_page, queue_of, ready, until
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.driven.conftest import Desktop

UNSURE = [0.2, 0.6, 0.2]


@pytest.fixture
def classified(campaign: Campaign, asked: list[str]) -> Campaign:
    """Boxes 0 to 11 are rings, surer and surer; 12 to 35 rods, all alike."""
    rings = [[0.5 + 0.04 * k, 0.3 - 0.024 * k, 0.2 - 0.016 * k] for k in range(12)]
    write_predictions(campaign, rings + 24 * [UNSURE])
    return campaign


def counts(page: Page, part: str) -> dict[str, str]:
    """What stands beside each choice."""
    return {
        label.locator(".name").inner_text(): label.locator(".count").inner_text()
        for label in page.locator(f"{part} label").all()
    }


def test_a_class_is_looked_through_least_sure_first_and_corrected_like_any_box(
    classified: Campaign, desktop: Desktop
) -> None:
    keys = classified.pool.keys.tolist()
    with desktop.serve(Desk(classified.path)) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("Shift+Q")
        until(page, "document.querySelector('#queues-says').textContent === '30 boxes'")
        assert counts(page, "#kinds")["class ring"] == "12"
        page.keyboard.press("Escape")
        with page.expect_navigation():
            choose(page, "class:ring")
        ready(page)
        assert page.locator("#queue-name").inner_text() == "class:ring"
        assert page.locator("#box-0 .share").inner_text() == "50 %"
        assert page.evaluate("cryoalReview.session.data.items.map((item) => item.key)") == keys[:12]
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        until(page, "cryoalReview.memory.nWaiting === 0")
        page.keyboard.press("Shift+Q")  # counts are of now
        until(page, "document.querySelector('#kinds .count')")
        assert counts(page, "#kinds")["class background"] == "1"
        assert page.locator("#kinds input:checked").get_attribute("value") == "class:ring"
    assert Campaign.open(classified.path).standing().labelled == {
        keys[0]: "background",
        keys[1]: "ring",
    }


def test_filters_tell_how_many_they_leave_before_they_are_used(
    classified: Campaign, desktop: Desktop
) -> None:
    classified.record("ben", [(classified.pool.keys[0], "ring")])
    with desktop.serve(Desk(classified.path)) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("Shift+Q")
        page.locator("#kinds input[value='all']").check()
        says = "document.querySelector('#queues-says').textContent"
        until(page, f"{says} === '36 boxes'")
        page.locator("#filter-classes label", has_text="ring").get_by_role("checkbox").check()
        until(page, f"{says} === '12 boxes'")
        assert counts(page, "#filter-classes")["rod"] == "24"  # would be more
        assert set(counts(page, "#filter-tomograms")) == {"TS_01", "TS_02"}
        page.locator("#filter-answers input[value=no]").check()
        until(page, f"{says} === '11 boxes'")
        page.locator("#probability-from").focus()
        page.locator("#probability-from").fill("0.8")
        until(page, f"{says} === '4 boxes'")
        assert page.locator("#probability-said").inner_text() == "0.80 to 1.00"
        page.locator("#order").select_option("surest")
        with page.expect_navigation():
            page.get_by_role("button", name="Open", exact=True).click()
        ready(page)
        shares = page.locator(".card:not([hidden]) .share").all_inner_texts()
        assert shares == ["94 %", "90 %", "86 %", "82 %"]
        page.keyboard.press("Shift+Q")  # the filter of this page is what one goes on from
        until(page, f"{says} === '4 boxes'")
        page.get_by_role("button", name="Clear filters").click()
        until(page, f"{says} === '36 boxes'")


def test_a_saved_page_has_the_queues_of_the_boxes_that_it_holds(
    classified: Campaign, asked: list[str], desktop: Desktop
) -> None:
    queue = queue_of(classified)
    page = ready(desktop.open(file_page(classified, queue, annotator="ana", blind=False)))
    n = len(queue.items)
    for key in "1fus":
        page.keyboard.press(key)
    page.keyboard.press("Shift+Q")
    found = counts(page, "#kinds")
    assert (found["unsure"], found["put off"], found["flagged"]) == ("1", "1", "1")
    page.keyboard.press("Escape")
    choose(page, "unsure")
    assert page.locator("#queue-name").inner_text() == "unsure"
    assert page.locator("#numbers").inner_text().startswith("1 of 1")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("2")
    choose(page, "here")
    assert page.locator("#numbers").inner_text().startswith(f"2 of {n}")
    assert "rod 1" in page.locator("#numbers").inner_text()
    page.keyboard.press("z")  # undo reaches what was said in the other queue
    assert "1 unsure" in page.locator("#numbers").inner_text()


def test_a_blind_review_offers_nothing_that_tells_what_the_classifier_thinks(
    classified: Campaign, desktop: Desktop
) -> None:
    with desktop.serve(Desk(classified.path, blind=True)) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("Shift+Q")
        until(page, "document.querySelector('#queues-says').textContent === '30 boxes'")
        assert not [name for name in counts(page, "#kinds") if name.startswith("class ")]
        assert not page.locator("#filter-classes, #filter-ranges").filter(visible=True).count()


def test_a_saved_page_with_suggestions_after_the_answer_tells_none_beside_the_cards(
    classified: Campaign, desktop: Desktop
) -> None:
    queue = queue_of(classified, which="all")
    assert {item.suggestion for item in queue.items} >= {"ring", "rod"}
    page = ready(desktop.open(file_page(classified, queue, annotator="ana", mode="after")))
    page.keyboard.press("Shift+Q")
    found = counts(page, "#kinds")
    assert found["ring"] == found["rod"] == "0"
