"""Queues that somebody chose leave the audit a fair sample of what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.audit_file import FILE
from cryoal.campaign.audit_passed import pass_over
from tests.campaign.test_audit import answer, keys_of, sit

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


def test_audit_boxes_that_a_choice_holds_leave_with_it(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    drawn = draw_audit(campaign, 6).keys
    answer(campaign, drawn[:3], truth)
    others = [key for key in campaign.pool.keys.tolist() if key not in drawn]
    chosen = [others[0], drawn[1], others[1], drawn[4], drawn[1]]
    assert pass_over(campaign, chosen) == [drawn[1], drawn[4]]
    assert keys_of(campaign) == (drawn[0], drawn[2], drawn[3], drawn[5])
    assert campaign.training_labels() == {drawn[1]: truth[drawn[1]]}  # answered: a label now
    found = audit_now(campaign)
    assert found is not None
    assert found.n_left == 2
    assert not {drawn[1], drawn[4]} & set(campaign.pool.keys[found.strata[0].rows])
    assert drawn[4] in campaign.pool.keys[found.outside]  # may be asked like any box


def test_nothing_is_written_where_no_box_of_the_audit_is_met(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    assert pass_over(campaign, keys) == []
    assert not (campaign.path / FILE).exists()
    drawn = draw_audit(campaign, 3).keys
    before = (campaign.path / FILE).read_bytes()
    assert pass_over(campaign, [key for key in keys if key not in drawn]) == []
    assert pass_over(campaign, []) == []
    assert (campaign.path / FILE).read_bytes() == before


@pytest.mark.parametrize("is_passed", [True, False])
def test_what_is_left_of_the_audit_is_as_the_rest_after_a_class_was_gone_through(
    campaign: Campaign, truth: dict[str, str], is_passed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rings are labelled by somebody's choice; the share of rings that the audit tells of."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    pool = campaign.pool.keys.tolist()
    rings = [key for key in pool if truth[key] == "ring"]
    told = []
    for seed in range(20):
        (campaign.path / FILE).unlink(missing_ok=True)
        for journal in (campaign.path / "labels").glob("*.jsonl"):
            journal.unlink()
        drawn = draw_audit(campaign, 9, seed=seed).keys
        answer(campaign, drawn, truth)
        for number, key in enumerate(key for key in rings if key not in drawn):
            sit(campaign, "class:ring", key, "ring", f"s{number}")
        if is_passed:
            pass_over(campaign, rings)
        found = audit_now(campaign)
        assert found is not None
        told.append(np.mean([truth[key] == "ring" for key in found.keys]))
    if is_passed:
        assert told == [0.0] * 20  # no ring is left
    else:
        assert np.mean(told) > 0.25  # what would be said without
