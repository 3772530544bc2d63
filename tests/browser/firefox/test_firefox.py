"""The served page and the saved one in Debian's Firefox, by keyboard alone."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from cryoal.browser.desk import Desk
from cryoal.browser.server import Server
from cryoal.campaign import Campaign
from tests.browser.driven.conftest import file_page, queue_of
from tests.browser.firefox.marionette import Firefox
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIREFOX = os.environ.get("CRYOAL_TEST_FIREFOX") or shutil.which("firefox-esr") or ""

pytestmark = pytest.mark.skipif(not FIREFOX, reason="no firefox-esr: make firefox installs it")

SHIFT, ENTER, DOWN = "\ue008", "\ue007", "\ue015"  # WebDriver's names of keys


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    with Firefox(FIREFOX, tmp_path / "profile") as firefox:
        yield firefox


def test_answers_tiles_and_queues_work_in_firefox_as_in_chromium(
    campaign: Campaign, asked: list[str], firefox: Firefox
) -> None:
    write_predictions(campaign, [[0.6, 0.3, 0.1]] * 12 + [[0.2, 0.7, 0.1]] * 24)
    numbers = "document.querySelector('#numbers').textContent"
    with Server(Desk(campaign.path)) as server:
        firefox.open(server.address("ana"))
        firefox.until("window.cryoalReview")
        firefox.until("document.querySelectorAll('.card [data-tile=there]').length === 20")
        firefox.press("1", "2", "u", "z")
        firefox.until("cryoalReview.memory.nWaiting === 0")
        assert firefox.tell(numbers) == "2 of 32; ring 1, rod 1"
        firefox.press("g")
        firefox.until("!document.querySelector('#surroundings').hidden")
        firefox.press("b")
        firefox.hold(SHIFT, "q")
        says = "document.querySelector('#queues-says').textContent"
        firefox.until(f"{says} === '30 boxes'")
        firefox.press(DOWN, DOWN, DOWN)  # past audit and suspicious; what is empty is passed over
        firefox.until(f"{says} === '13 boxes'")
        firefox.press(ENTER)
        name = "document.querySelector('#queue-name')?.textContent"
        firefox.until(f"window.cryoalReview && {name} === 'class:ring'")
        assert len(json.loads(firefox.tell("JSON.stringify(cryoalReview.session.places)"))) == 13
    labels = Campaign.open(campaign.path).standing().labelled
    assert sorted(labels.values()) == ["ring", "rod"]
    firefox.open(file_page(campaign, queue_of(campaign), annotator="ben", blind=False))
    firefox.until("window.cryoalReview")
    firefox.press("3")
    firefox.open(firefox.tell("location.href"))  # presses are kept by the browser
    firefox.until("window.cryoalReview")
    assert firefox.tell(numbers) == "1 of 32; background 1"
    assert firefox.tell("document.querySelectorAll('.card [data-tile=there]').length") == 20
