"""The page and the session in Python are one thing in two languages."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.settings_file import add_class
from cryoal.review.intake import read_saved, take_in_saved
from cryoal.review.keys import SHEET
from cryoal.review.passing import passed_by
from cryoal.review.queue import Which, make_queue
from cryoal.review.session import Session
from cryoal.review.view import LOW_PASS, View
from tests.browser.driven.conftest import file_page, queue_of, ready, until
from tests.review.test_junk import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.review.modes import Mode
    from tests.browser.driven.conftest import Desktop
    from tests.review.conftest import Desk

# Presses each key and tells, after each, what the session says.
PRESS_ALL = """async (keys) => {
  const { session } = cryoalReview;
  const told = [];
  for (const name of keys) {
    const parts = name.split(/\\+(?=.)/);
    const key = parts.pop();
    document.querySelector("#gallery").dispatchEvent(new KeyboardEvent("keydown", {
      key, bubbles: true, cancelable: true,
      shiftKey: parts.includes("Shift"), ctrlKey: parts.includes("Ctrl"),
    }));
    await new Promise((done) => setTimeout(done));
    const { selection } = session;
    told.push([session.position, selection[0], selection.at(-1), session.message]);
  }
  return told;
}"""

STATES = """() => cryoalReview.session.places.map((_, number) => {
  const s = cryoalReview.session.shown(number);
  return [s.status, s.label, s.suggestion, s.isFlagged, Object.fromEntries(s.others)];
})"""


def states(session: Session) -> list[list[Any]]:
    shown = [session.shown(number) for number in range(len(session.queue.items))]
    return [[s.status, s.label, s.suggestion, s.is_flagged, s.others] for s in shown]


def keys_at_random(seed: int, n: int) -> list[str]:
    """Every key of the sheet but those that a face answers by itself; more answers than moves."""
    apart = {"new-class", "context", "back", "sheet", "low-pass", "invert", "deeper", "shallower"}
    apart |= {"queues", "threshold", "map", "like-this", "rounds", "extend-all"}
    others = [key for line in SHEET if line.action not in apart for key in line.keys]
    answers = [*"1233", "Enter", "u", "s", "z", "Shift+z", "Shift+ArrowRight", "ArrowDown"]
    rng = np.random.default_rng(seed)
    return [str(rng.choice(answers if rng.random() < 0.6 else others)) for _ in range(n)]


def without_time(line: str) -> str:
    return re.sub(r", about [^;]* left", "", line)


def without_ends(message: str) -> str:
    """Without what a page says in other words: how a class gets into the campaign, what is next."""
    return message.split("; 'junk'")[0].split("; next: ")[0]


@pytest.mark.parametrize(
    ("seed", "mode", "again"), [(1, "open", False), (2, "after", True), (3, "blind", False)]
)
def test_the_same_keys_do_the_same_in_the_page_and_in_python(
    desk: Desk, desktop: Desktop, tmp_path: Path, seed: int, mode: Mode, again: bool
) -> None:
    """Presses at random on boxes that others, and the annotator before, have answered."""
    ben = desk.sit("ben")
    for key in "123u1f23":
        ben.press(key)
    before = desk.sit("ana")
    for key in ["3", "3", "s", "1", "z", "f"]:
        before.press(key)
    queue = make_queue(desk.campaign, "ana")
    if again:  # what was answered in the query is open here, the first two boxes are not
        queue = replace(queue, which=Which("suspicious"), name="suspicious")
        looked_at = Session(desk.campaign, queue, "ana", interface="test")
        for key in "12":
            looked_at.press(key)
    shutil.copytree(desk.campaign.path, tmp_path / "elsewhere")
    page = ready(desktop.open(file_page(desk.campaign, queue, annotator="ana", mode=mode)))
    session = Session(desk.campaign, queue, "ana", interface="test", mode=mode)
    session.cursor.columns = page.evaluate("cryoalReview.session.columns")
    assert page.evaluate("cryoalReview.session.position") == session.position
    keys = [*keys_at_random(seed, 200), "Ctrl+a", "2", "z"]
    for number, (key, found) in enumerate(zip(keys, page.evaluate(PRESS_ALL, keys), strict=True)):
        session.press(key)
        selection = session.selection
        ends = [selection[0], selection[-1]] if selection else [None, None]
        assert found[:3] == [session.position, *ends], (number, keys[: number + 1])
        assert without_ends(found[3]) == without_ends(session.message)
    assert page.evaluate(STATES) == states(session)
    assert page.evaluate("cryoalReview.session.isPast") == session.cursor.is_past
    line = page.evaluate("cryoalReview.session.progress().line()")
    assert without_time(line) == without_time(session.progress().line())
    assert page.evaluate("[...cryoalReview.session.keys.classes]") == [
        list(pair) for pair in session.keys.items()
    ]

    # What the page saves is, in another copy of the campaign, the same again.
    with page.expect_download() as download:
        page.locator("#save").click()
    saved = tmp_path / "saved.json"
    download.value.save_as(saved)
    elsewhere = Campaign.open(tmp_path / "elsewhere")
    take_in_saved(elsewhere, read_saved(saved), "ana")
    elsewhere = Campaign.open(elsewhere.path)
    there = Session(elsewhere, queue, "ana", interface="test", mode=mode)
    assert states(there) == states(session)


def test_the_page_and_python_mean_the_same_class_by_junk(desk: Desk, desktop: Desktop) -> None:
    page = ready(desktop.open(file_page(desk.campaign, queue_of(desk.campaign), annotator="ana")))
    told = """([classes, junk]) => {
      const { session } = cryoalReview;
      session.setSettings({ ...session.settings, classes, junk });
      return session.junk;
    }"""
    for classes, wanted, expected in CASES:
        assert page.evaluate(told, [classes, wanted]) == expected


def test_the_page_says_as_python_does_which_classes_have_no_key(
    desk: Desk, desktop: Desktop
) -> None:
    for number in range(4, 28):
        add_class(desk.campaign.path, f"kind {number}")
    campaign = Campaign.open(desk.campaign.path)
    page = ready(desktop.open(file_page(campaign, queue_of(campaign), annotator="ana")))
    expected = Session(campaign, queue_of(campaign), "ana", interface="test").message
    assert expected.startswith("no key is left for")
    assert page.evaluate("cryoalReview.session.message") == expected


def test_a_class_goes_and_comes_back_with_its_only_answer_in_the_page_as_in_python(
    desk: Desk, desktop: Desktop, tmp_path: Path
) -> None:
    queue = queue_of(desk.campaign)
    page = ready(desktop.open(file_page(desk.campaign, queue, annotator="ana")))
    session = Session(desk.campaign, queue, "ana", interface="test")
    shutil.copytree(desk.campaign.path, tmp_path / "elsewhere")

    def now() -> list[Any]:
        return page.evaluate(
            "(({ session }) => [session.classes, [...session.keys.classes], session.message])"
            "(cryoalReview)"
        )

    for name in ("spiral", "hoop"):
        page.keyboard.press("n")
        page.locator("#answer").fill(name)
        page.keyboard.press("Enter")
        until(page, f"cryoalReview.session.classes.includes('{name}')")
        session.add_class(name)
    for key in ["4", "z", "z", "z", "Shift+z", "Shift+z", "z", "z", "Shift+z", "1"]:
        page.keyboard.press(key.replace("Shift+z", "Shift+Z"))
        session.press(key)
        keys = [list(pair) for pair in session.keys.items()]
        assert now() == [list(session.classes), keys, session.message]
    assert session.classes[3:] == ("spiral",)
    page.reload()
    ready(page)
    assert now()[0] == list(session.classes)
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "saved.json")
    elsewhere = Campaign.open(tmp_path / "elsewhere")
    take_in_saved(elsewhere, read_saved(tmp_path / "saved.json"), "ana")
    again = Campaign.open(elsewhere.path)
    assert again.config.classes == session.classes
    assert again.training_labels() == Campaign.open(desk.campaign.path).training_labels()


def test_the_page_saves_which_boxes_of_the_audit_its_answers_passed(
    desk: Desk, desktop: Desktop, tmp_path: Path
) -> None:
    queue = replace(queue_of(desk.campaign), passed=((0, "a"), (2, "b"), (3, "c"), (5, "d")))
    page = ready(desktop.open(file_page(desk.campaign, queue, annotator="ana")))
    for key in "12s1":
        page.keyboard.press(key)
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "saved.json")
    assert list(read_saved(tmp_path / "saved.json").passed) == passed_by(queue, [0, 1, 3])


def test_the_page_draws_what_the_view_in_python_draws(
    large_campaign: Campaign, desktop: Desktop
) -> None:
    queue = queue_of(large_campaign)
    page = ready(desktop.open(file_page(large_campaign, queue, annotator="ana", blind=False)))
    rows = list(dict.fromkeys(item.row for item in queue.items))
    boxes = large_campaign.pool.read_normalised(np.array(rows[:8]))
    rng = np.random.default_rng(0)
    worst = 0
    for picture, box in enumerate(boxes):
        level, depth, inverted = int(picture % 4), int(rng.integers(-9, 9)), bool(picture % 2)
        view = {"level": level, "depth": depth, "isInverted": inverted}
        found = page.evaluate(
            "([p, v]) => cryoalReview.boxes.draw(p, v).map((slab) => [...slab])", [picture, view]
        )
        expected = View(depth, LOW_PASS[level], inverted).draw(box)
        grey = np.array(found, int).reshape(expected.shape)
        worst = max(worst, int(np.abs(grey - expected).max()))
    assert worst <= 2


def test_what_the_canvas_shows_are_those_greys(large_campaign: Campaign, desktop: Desktop) -> None:
    queue = queue_of(large_campaign)
    page = ready(desktop.open(file_page(large_campaign, queue, annotator="ana", blind=False)))
    page.keyboard.press(".")
    page.keyboard.press("l")
    page.keyboard.press("i")
    pixels = page.evaluate(
        """() => [...document.querySelectorAll("#slabs canvas")].map((canvas) => [...canvas
             .getContext("2d").getImageData(0, 0, 16, 16).data].filter((_, i) => i % 4 === 0))"""
    )
    box = large_campaign.pool.read_normalised(np.array([queue.items[0].row]))[0]
    expected = View(1, LOW_PASS[1], is_inverted=True).draw(box)
    assert np.abs(np.array(pixels, int).reshape(expected.shape) - expected).max() <= 2
    assert json.loads(page.locator("#data").text_content() or "")["box"]["edge"] == 16
