"""A threshold, the closing card and the next round, on the served page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.browser.desk import Desk
from cryoal.jobs.job import Job
from tests.browser.driven.conftest import ready, until
from tests.browser.driven.mapped import lay_out

if TYPE_CHECKING:
    import pytest

    from cryoal.campaign import Campaign
    from tests.browser.driven.conftest import Desktop


def test_a_slider_shows_both_sides_of_a_threshold_and_opens_them(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    lay_out(campaign)
    campaign.record("ben", [(campaign.pool.keys[0], "ring")])
    with desktop.serve(Desk(campaign.path)) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("Shift+T")
        page.locator("#threshold-class").select_option("ring")
        counts = "document.querySelector('#threshold-counts').textContent"
        until(page, f"{counts}.startsWith('11 of 11 boxes classified as ring at 0.50')")
        page.locator("#threshold-p").focus()
        for _ in range(11):
            page.keyboard.press("ArrowRight")
        until(page, f"{counts}.startsWith('0 of 11 boxes classified as ring at 0.61 or above')")
        assert "1 more by the expert" in page.evaluate(counts)
        until(page, "document.querySelectorAll('#below .peek').length === 6")
        assert page.locator("#above .peek").count() == 0
        assert "audit" in page.locator("#threshold-audit").inner_text()
        assert page.get_by_role("button", name="Draw an audit").is_visible()
        with page.expect_navigation():
            page.locator("#review-below").click()
        ready(page)
        assert page.evaluate("cryoalReview.session.places.length") == 11


def test_the_closing_card_tells_what_differs_and_leads_back_to_it(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    lay_out(campaign)
    with desktop.serve(Desk(campaign.path, which="class:ring")) as server:
        page = ready(desktop.open(server.address("ana")))
        for key in "1112u" + "1" * 7:
            page.keyboard.press(key)
        card = page.locator("#rounds")
        assert page.locator("#closing-title").inner_text() == "Done: class:ring"
        assert "11 answered" in card.inner_text()
        assert "1 unsure" in card.inner_text()
        assert "Other than suggested: 1 of 11" in card.inner_text()
        assert not page.locator("#focus").is_visible()
        until(page, "document.querySelector('#steps .step')")
        page.locator("#differs button").click()
        assert page.evaluate("cryoalReview.session.position") == 3
        assert page.locator("#focus").is_visible()
        page.keyboard.press("Shift+R")  # also before the end, and an answer only closes it
        page.keyboard.press("2")
        assert page.locator("#focus").is_visible()
        assert page.evaluate("cryoalReview.session.position") == 3


def test_a_round_is_started_followed_and_stopped_from_the_page(
    campaign: Campaign, asked: list[str], desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job itself has tests of its own (tests/jobs); here it is one that is told."""
    state: dict[str, Any] = {
        "kind": "running", "command": "cryoal select x -n 5", "what": "describing boxes",
        "fraction": 0.25, "seconds_left": 90.0, "line": "", "output": "describing ...\n",
        "began": "2026-11-28T12:00:00Z", "ended": None, "code": None,
    }  # fmt: skip
    asked_for: list[list[str]] = []

    class Told:
        def state(self) -> Any:
            return type("State", (), {"as_json": lambda _: dict(state)})()

        def cancel(self) -> None:
            state.update(kind="cancelled", line="interrupted; nothing is lost")

    def start(path: object, words: list[str]) -> Told:
        asked_for.append(words)
        monkeypatch.setattr(Job, "current", classmethod(lambda _, path: Told()))
        return Told()

    monkeypatch.setattr(Job, "start", start)
    campaign.record("ana", [(key, ("ring", "rod")[k % 2]) for k, key in enumerate(asked)])
    with desktop.serve(Desk(campaign.path)) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("Shift+R")
        page.locator("#steps input[name=n]").first.fill("5")
        for to, ending in (("deepfinder", ".xml"), ("dynamo", ""), ("relion5", ".star")):
            page.locator("#steps select[name=to]").select_option(to)
            name = page.locator("#steps input[name=output]").input_value()
            assert name == f"{campaign.path.name}{ending}"
        page.locator("#steps input[name=output]").fill("out.star")
        assert (
            page.locator("#steps .step")
            .last.inner_text()
            .endswith("--to relion5 --output out.star")
        )
        page.get_by_role("button", name="Select", exact=True).click()
        until(page, "!document.querySelector('#job').hidden")
        assert asked_for == [["select", "-n", "5"]]
        assert page.locator("#running").inner_text() == "describing boxes, 25 %, about 2 min left"
        assert page.get_by_role("button", name="Classify", exact=True).is_disabled()
        state["fraction"] = 0.5
        until(page, "document.querySelector('#job-bar').value === 0.5")
        other = ready(desktop.open(server.address("ben")))  # another page sees it too
        until(other, "!document.querySelector('#running').hidden")
        page.get_by_role("button", name="Cancel").click()
        until(page, "document.querySelector('#job-what').textContent.includes('stopped')")
        assert "interrupted" in page.locator("#job-line").inner_text()
        state.update(kind="done", line="5 boxes")
        page.keyboard.press("Shift+R")
        page.keyboard.press("Shift+R")
        until(page, "!document.querySelector('#job-onward').hidden")
        with page.expect_navigation():
            page.get_by_role("button", name="Label the new boxes").click()
        ready(page)
