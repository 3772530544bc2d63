"""Tomograms section by section, with their boxes as points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.browser.slices import Slices
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_draw import draw_audit
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


def test_each_tomogram_is_listed_once_with_its_boxes(campaign: Campaign) -> None:
    found = Slices(campaign).tomograms()
    assert [(one["number"], one["name"]) for one in found] == [(0, "TS_01"), (1, "TS_02")]
    assert [one["boxes"] for one in found] == [18, 18]


def test_points_of_an_audit_have_no_class_and_no_probability(campaign: Campaign) -> None:
    n = len(campaign.pool)
    write_predictions(campaign, [[0.8, 0.1, 0.1]] * n)
    slices = Slices(campaign)
    assert set(slices.facts(0)["shown"]) == {0}  # type: ignore[arg-type]
    draw_audit(campaign, 12)
    drawn = audit_now(campaign)
    assert drawn is not None
    held = {*drawn.keys}
    for number in (0, 1):
        told: Any = slices.facts(number)
        seen = zip(told["keys"], told["shown"], told["probability"], strict=True)
        assert {(key in held, shown, p) for key, shown, p in seen} <= {
            (True, -1, None), (False, 0, 0.8),
        }  # fmt: skip
    slices.close()
