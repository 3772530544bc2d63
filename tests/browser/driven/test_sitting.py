"""Whole sittings in a real browser, by keyboard alone, read back from the journal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import numpy as np

from cryoal.browser.desk import Desk
from cryoal.browser.server import Server
from cryoal.campaign.audit import audit_now
from cryoal.cli import main
from cryoal.data.events import Answer, Flag, in_force
from cryoal.review.intake import read_saved
from tests.browser.driven.conftest import (
    answer_question,
    choose,
    file_page,
    queue_of,
    ready,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest
    from playwright.sync_api import Page, Route

    from cryoal.campaign import Campaign
    from cryoal.review.queue import Item
    from tests.browser.driven.conftest import Desktop

LABELS = {"1": "ring", "2": "rod", "3": "background", "u": None}
Given = dict[tuple[str, bool], str | None]


def typed(page: Page, items: Sequence[Item], numbers: range, seed: int) -> Given:
    """Answer these boxes in turn: some are put off, some taken back and given again."""
    rng = np.random.default_rng(seed)
    given: Given = {}
    for number in numbers:
        place = (items[number].key, items[number].repeat)
        key = str(rng.choice(list(LABELS), p=[0.4, 0.3, 0.2, 0.1]))
        what = rng.random()
        if what < 0.05:
            page.keyboard.press("s")
            continue
        if what < 0.15:
            page.keyboard.press(str(rng.choice(list("123"))))
            page.keyboard.press("z")
        elif what < 0.18:
            page.keyboard.press("f")
        page.keyboard.press(key)
        given[place] = LABELS[key]
    return given


def finish(page: Page, items: Sequence[Item], given: Given) -> None:
    """Accept what is suggested for those that were put off, a repeat is called a rod."""
    skipped = [i for i in items if (i.key, i.repeat) not in given]
    for item in skipped:
        page.keyboard.press("2" if item.repeat else "Enter")
        given[item.key, item.repeat] = "rod" if item.repeat else item.suggestion
    assert f"{len(items)} of {len(items)}" in page.locator("#numbers").inner_text()
    assert "every box has an answer" in page.locator("#message").inner_text()


def in_journal(campaign: Campaign, annotator: str) -> Given:
    events = in_force(campaign.labels.events(annotator)[0])
    return {(e.key, e.repeat): e.label for e in events if isinstance(e, Answer)}


def test_a_sitting_of_two_hundred_boxes_on_a_page_reaches_the_journal(
    desktop: Desktop,
    large_campaign: Campaign,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queue = queue_of(large_campaign)
    items = queue.items
    assert len(items) == 210  # of 200, ten come twice
    page = ready(desktop.open(file_page(large_campaign, queue, annotator="ana", blind=False)))
    given = typed(page, items, range(110), seed=1)
    page.reload()
    ready(page)
    given |= typed(page, items, range(110, 210), seed=2)
    finish(page, items, given)
    assert "not in a file yet" in page.locator("#unsaved").inner_text()
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = tmp_path / download.value.suggested_filename
    assert saved.name == "review_cycle_1_ana.json"
    download.value.save_as(saved)
    assert page.locator("#unsaved").inner_text() == ""
    command = shlex.split(page.locator("#saved-command").inner_text())
    assert command == ["cryoal", "label", str(large_campaign.path), saved.name]

    assert read_saved(saved).annotator == "ana"
    assert in_journal(large_campaign, "ana") == {}
    assert main(["label", str(large_campaign.path), str(saved)]) == 0
    assert in_journal(large_campaign, "ana") == given
    assert main(["label", str(large_campaign.path), str(saved)]) == 0
    assert "ana: 0 new of " in capsys.readouterr().out

    # A page that is written now begins where the journal ends, also in another browser.
    again = ready(desktop.open(file_page(large_campaign, queue, annotator="ana", blind=False)))
    assert "210 of 210" in again.locator("#numbers").inner_text()
    again.keyboard.press("z")
    assert "209 of 210" in again.locator("#numbers").inner_text()


def test_two_annotators_at_the_server_each_fill_their_own_journal(
    desktop: Desktop, large_campaign: Campaign
) -> None:
    given: dict[str, Given] = {}
    with desktop.serve(Desk(large_campaign.path, which="cycle:0", order="score")) as server:
        pages = {name: desktop.open(server.address()) for name in ("ana", "René / 张")}
        for name, page in pages.items():
            with page.expect_navigation():
                answer_question(page, name)
            ready(page)
            given[name] = {}
        for start in range(0, 63, 21):
            for seed, (name, page) in enumerate(pages.items()):
                items = queue_of(large_campaign, name, which="cycle:0").items
                given[name] |= typed(
                    page, items, range(start, start + 21), seed=100 + 10 * start + seed
                )
        for name, page in pages.items():
            finish(page, queue_of(large_campaign, name, which="cycle:0").items, given[name])
            until(page, "cryoalReview.memory.nWaiting === 0")
        pages["ana"].evaluate("cryoalReview.memory.look()")
        until(
            pages["ana"], "document.querySelector('#numbers').textContent.includes('in conflict')"
        )
    assert {name: in_journal(large_campaign, name) for name in given} == given


def test_presses_made_while_the_server_was_away_arrive_when_it_is_back(
    desktop: Desktop, large_campaign: Campaign
) -> None:
    desktop.is_offline_expected = True
    items = queue_of(large_campaign).items
    server = Server(Desk(large_campaign.path, order="score"))
    with server:
        page = ready(desktop.open(server.address("ana")))
        given = typed(page, items, range(20), seed=3)
        until(page, "cryoalReview.memory.nWaiting === 0")
    given |= typed(page, items, range(20, 40), seed=4)
    until(page, "document.querySelector('#alarms').textContent.includes('is away')")
    assert page.locator("#unsaved").inner_text().startswith("not saved yet: ")
    assert page.locator("#save").is_visible()
    before = in_journal(large_campaign, "ana")
    assert len(before) < len(given)
    with desktop.serve(
        Desk(large_campaign.path, order="score"), port=server.port, token=server.token
    ):
        until(page, "cryoalReview.memory.nWaiting === 0")
        assert page.locator("#unsaved").inner_text() == ""
        assert not page.locator("#save").is_visible()
        assert in_journal(large_campaign, "ana") == given


def test_presses_that_wait_are_sent_again_together(
    desktop: Desktop, large_campaign: Campaign
) -> None:
    desktop.is_offline_expected = True
    with desktop.serve(Desk(large_campaign.path, order="score")) as server:
        page = ready(desktop.open(server.address("ana")))
        tried: list[str] = []

        def away(route: Route) -> None:
            tried.append(route.request.method)
            route.abort()

        page.route("**/events", away)
        for _ in range(8):
            page.keyboard.press("1")
            page.wait_for_timeout(50)  # each is tried at once, and fails
        tried.clear()
        while not tried:
            page.wait_for_timeout(20)
        page.wait_for_timeout(600)  # as long as the presses took, and shorter than the page waits
        assert len(tried) <= 2
        page.unroute("**/events")
        until(page, "cryoalReview.memory.nWaiting === 0")
    assert len(in_journal(large_campaign, "ana")) == 8


def test_presses_of_a_page_that_was_closed_while_the_server_was_away_are_sent_by_the_next(
    desktop: Desktop, large_campaign: Campaign
) -> None:
    desktop.is_offline_expected = True
    server = Server(Desk(large_campaign.path, order="score"))
    with server:
        page = ready(desktop.open(server.address("ana")))
    for key in "123":
        page.keyboard.press(key)
    until(page, "document.querySelector('#alarms').textContent.includes('is away')")
    desk = Desk(large_campaign.path, order="score")
    with desktop.serve(desk, port=server.port) as restarted:  # with another token
        until(page, "document.querySelector('#alarms').textContent.includes('expected the token')")
        page.goto(restarted.address("ana"))
        until(ready(page), "cryoalReview.memory.nWaiting === 0")
        assert "3 of 210" in page.locator("#numbers").inner_text()
        assert list(in_journal(large_campaign, "ana").values()) == ["ring", "rod", "background"]
        assert page.evaluate("Object.keys(localStorage).filter((k) => k.includes('waiting'))") == []


def test_the_same_annotator_in_two_windows_keeps_one_journal(
    desktop: Desktop, large_campaign: Campaign
) -> None:
    with desktop.serve(Desk(large_campaign.path, order="score")) as server:
        first, second = (ready(desktop.open(server.address("ana"))) for _ in range(2))
        first.keyboard.press("1")
        first.keyboard.press("f")
        until(first, "cryoalReview.memory.nWaiting === 0")
        second.evaluate("cryoalReview.memory.look()")
        until(second, "document.querySelector('#numbers').textContent.startsWith('1 of')")
        second.keyboard.press("z")  # the flag of the other window
        second.keyboard.press("2")
        until(second, "cryoalReview.memory.nWaiting === 0")
    events = in_force(large_campaign.labels.events("ana")[0])
    assert not any(isinstance(e, Flag) for e in events)
    assert len([e for e in events if isinstance(e, Answer)]) == 2


def test_the_audit_is_chosen_beside_the_query_and_left_again(
    desktop: Desktop, large_campaign: Campaign
) -> None:
    with desktop.serve(Desk(large_campaign.path, which="cycle:0")) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("1")
        choose(page, "audit")
        answer_question(page, "many")
        assert "expected a number" in page.locator("#ask-error").inner_text()
        with page.expect_navigation():
            answer_question(page, "12")
        ready(page)
        assert page.locator("#queue-name").inner_text() == "audit"
        assert "0 of 12" in page.locator("#numbers").inner_text()
        page.keyboard.press("2")
        page.keyboard.press("3")
        until(page, "cryoalReview.memory.nWaiting === 0")
        page.evaluate("cryoalReview.memory.look()")
        page.wait_for_timeout(200)
        assert "2 of 12" in page.locator("#numbers").inner_text()
        with page.expect_navigation():
            choose(page, "cycle:0")
        ready(page)
        assert page.locator("#queue-name").inner_text() == "cycle 0"
        assert "1 of " in page.locator("#numbers").inner_text()
        with page.expect_navigation():  # the open one goes on: nothing is asked
            choose(page, "audit")
        ready(page)
        assert "2 of 12" in page.locator("#numbers").inner_text()
    found = audit_now(large_campaign)
    assert found is not None
    assert [found.named[key] for key in found.keys[:2]] == ["rod", "background"]
    assert len(large_campaign.training_labels()) == 1
