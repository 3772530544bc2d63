from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.config import make_config
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.opening import Request, open_session
from cryoal.napari_plugin.review_panel import ReviewPanel
from cryoal.napari_plugin.start_form import Start
from cryoal.review.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign


class NoViewer:
    """A viewer that nothing is asked of before a review begins."""

    layers = ()


def said_by(panel: ReviewPanel, qtbot: QtBot, start: Start) -> str:
    panel.open(start)
    qtbot.waitUntil(panel.form.start.isEnabled, timeout=10_000)
    return panel.form.message.text()


@pytest.fixture
def panel(qtbot: QtBot) -> ReviewPanel:
    made = ReviewPanel(NoViewer())
    qtbot.addWidget(made)
    return made


def test_a_folder_that_is_no_campaign_is_one_line(
    panel: ReviewPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    said = said_by(panel, qtbot, Start(tmp_path, "ana", Request("query")))
    assert said == (
        f"expected a campaign directory (made by cryoal init), found no {tmp_path}/campaign.toml"
    )


def test_a_campaign_that_asked_nothing_is_one_line(
    panel: ReviewPanel, qtbot: QtBot, campaign: Campaign
) -> None:
    said = said_by(panel, qtbot, Start(campaign.path, "ana", Request("query")))
    assert said.startswith(f"expected a query in {campaign.path}, found none")


def test_an_empty_queue_is_one_line(
    panel: ReviewPanel, qtbot: QtBot, campaign: Campaign, asked: list[str]
) -> None:
    said = said_by(panel, qtbot, Start(campaign.path, "ana", Request("flagged")))
    assert said == f"expected flagged boxes in {campaign.path}, found none"


def test_a_damaged_journal_is_one_line_with_its_number(
    panel: ReviewPanel, qtbot: QtBot, campaign: Campaign, asked: list[str]
) -> None:
    folder = campaign.path / "labels"
    folder.mkdir()
    (folder / "ana.jsonl").write_text('{"key": 3}\n', encoding="utf-8")
    said = said_by(panel, qtbot, Start(campaign.path, "ana", Request("query")))
    assert "labels/ana.jsonl line 1" in said
    assert "\n" not in said


def test_a_campaign_without_boxes_is_one_line(
    panel: ReviewPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    from cryoal.campaign import Campaign

    Campaign.create(tmp_path / "new", make_config(["a", "b"]))
    said = said_by(panel, qtbot, Start(tmp_path / "new", "ana", Request("disputed")))
    assert said.startswith("expected a pool with boxes, found none in")


def test_a_name_that_cannot_be_an_annotators_is_one_line(
    panel: ReviewPanel, qtbot: QtBot, campaign: Campaign, asked: list[str]
) -> None:
    said = said_by(panel, qtbot, Start(campaign.path, "a\u200bb", Request("query")))
    assert said.startswith("expected an annotator name of visible characters")


def test_the_form_begins_with_the_campaign_of_the_other_widgets(
    qtbot: QtBot, campaign: Campaign
) -> None:
    viewer = NoViewer()
    desk_of(viewer).open(campaign.path)
    panel = ReviewPanel(viewer)
    qtbot.addWidget(panel)
    assert panel.form.folder.text() == str(campaign.path)


def test_the_form_asks_for_a_folder(panel: ReviewPanel, qtbot: QtBot) -> None:
    panel.form.start.click()
    assert panel.form.message.text() == "expected a campaign folder, found none"


def test_the_button_draws_an_audit_and_an_open_one_goes_on(
    campaign: Campaign, asked: list[str]
) -> None:
    for _ in range(2):
        session = open_session(campaign.path, "ana", Request("audit", draw=60))
        assert isinstance(session, Session)
        assert session.blind
        assert {item.key for item in session.queue.items} == {*campaign.pool.keys} - {*asked}
    assert len(campaign.audit.draws) == 1


def test_the_button_says_what_it_draws(panel: ReviewPanel, qtbot: QtBot) -> None:
    found: list[Start] = []
    panel.form.started.disconnect(panel.open)
    panel.form.started.connect(found.append)
    panel.form.folder.setText("here")
    panel.form.audit.click()
    panel.form.start.click()
    asked = [(start.wanted.which, start.wanted.draw) for start in found]
    assert asked == [
        ("audit", 60),
        ("query", 0),
    ]
    panel.form.say("busy", is_busy=True)
    assert not panel.form.audit.isEnabled()
