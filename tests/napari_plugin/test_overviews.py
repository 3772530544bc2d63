"""How every box stands, looked up beside the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.napari_plugin.overviews import Overviews
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign


def test_why_boxes_cannot_be_looked_up_is_said_on_every_page(
    campaign: Campaign, qtbot: QtBot
) -> None:
    write_predictions(campaign, [[0.8, 0.1, 0.1]] * len(campaign.pool))
    table = campaign.path / "predictions.csv"
    whole = table.read_bytes()
    table.write_bytes(bytes(range(256)))
    overviews = Overviews(campaign.path)
    lines: list[str] = []
    overviews.failed.connect(lines.append)
    for n in (1, 2):  # pages that are turned to
        overviews.follow(True)
        qtbot.waitUntil(lambda n=n: len(lines) == n, timeout=10_000)
        overviews.follow(False)
    assert lines[0] == lines[1]
    assert "predictions.csv" in lines[0]
    table.write_bytes(whole)
    with qtbot.waitSignal(overviews.came, timeout=10_000):
        overviews.follow(True)
    overviews.follow(False)
    assert len(lines) == 2
