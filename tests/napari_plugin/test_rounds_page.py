from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.napari_plugin.overviews import Known, known_of
from cryoal.napari_plugin.rounds_page import RoundsPage
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.napari_plugin.opening import Request
    from cryoal.review.session import Session


@pytest.fixture
def page(session: Session, campaign: Campaign, qtbot: QtBot) -> RoundsPage:
    """Six of thirty boxes are answered: as was suggested, but for the last two."""
    write_predictions(campaign, [[0.8 if c == i % 3 else 0.1 for c in range(3)] for i in range(36)])
    for number in range(6):
        suggestion = session.shown(number).suggestion
        others = [name for name in session.classes if name != suggestion]
        session.answer(others[0] if number > 3 or suggestion is None else suggestion, [number])
    known = known_of(campaign.path)
    assert isinstance(known, Known)
    page = RoundsPage()
    qtbot.addWidget(page)
    page.come(session, known)
    qtbot.waitUntil(lambda: page.buttons["audit"].isEnabled(), timeout=10_000)
    return page


def test_it_says_what_was_answered_and_where_it_differs(page: RoundsPage, session: Session) -> None:
    n = len(session.queue.items)
    assert page.told.text().startswith(f"6 of {n} boxes have an answer.")
    differs = [
        number for number in range(6)
        if session.shown(number).suggestion not in (None, session.shown(number).label)
    ]  # fmt: skip
    assert differs
    rows = [page.differences.item(row).text() for row in range(page.differences.count())]
    assert [row.partition(":")[0] for row in rows] == [
        session.queue.items[number].key for number in differs
    ]
    went: list[int] = []
    page.went.connect(went.append)
    page.differences.itemActivated.emit(page.differences.item(0))
    found: list[Request] = []
    page.asked.connect(found.append)
    page.differs.click()
    assert went == differs[:1]
    assert found[0].keys == tuple(session.queue.items[number].key for number in differs)


def test_a_button_says_its_command_and_orders_it(
    page: RoundsPage, campaign: Campaign, tmp_path: Path
) -> None:
    ordered: list[tuple[str, ...]] = []
    said: list[str] = []
    page.ordered.connect(ordered.append)
    page.said.connect(said.append)
    page.buttons["export"].click()
    assert said == ["expected a file to export to, found none"]
    page.format.setCurrentText("csv")
    page.output.setText(str(tmp_path / "all walls.csv"))
    page.buttons["export"].click()
    page.buttons["audit"].click()
    assert ordered[0] == ("export", "--to", "csv", "--output", str(tmp_path / "all walls.csv"))
    assert ordered[1][:2] == ("audit", "-n")
    tip = page.buttons["export"].toolTip()
    assert tip == (
        f"cryoal export {campaign.path} --to csv --output '{tmp_path / 'all walls.csv'}'"
    )
