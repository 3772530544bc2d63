"""Simulated campaigns in which the truth is known, a few of those of the benchmark."""

import numpy as np
import pytest

from benchmarks.trust.coverage import SHARES, Setting, campaign, measure
from cryoal.estimate.cells import NOT_DRAWN


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("growing", [False, True])
def test_the_truth_is_inside_about_as_often_as_is_said(strata: bool, growing: bool) -> None:
    found = measure(Setting("4, 8, 88 %", 60, strata, growing), 80, seed=0)
    for row in found:
        # of 80 at 0.95: 4 are outside, and more than 9 in 1 of 200 such numbers
        assert float(str(row["coverage"])) >= 1 - 9 / 80, row


def test_uniform_draws_are_told_more_narrowly_than_by_clopper_and_pearson() -> None:
    found = measure(Setting("thirds", 60, strata=False, growing=False), 60, seed=1)
    told = [row for row in found if row["clopper_pearson"] != ""]
    assert len(told) == 1 + 3 * 3
    for row in told:
        assert float(str(row["width"])) < float(str(row["clopper_pearson"])), row


def test_what_is_left_of_a_growing_audit_is_a_random_sample_of_what_is_left() -> None:
    drawn = np.zeros(2)
    whole = np.zeros(2)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        audited, _, _ = campaign(Setting("4, 8, 88 %", 120, strata=False, growing=True), rng)
        is_sure = audited.probability >= np.median(audited.probability)
        whole += np.bincount(is_sure, minlength=2)
        drawn += np.bincount(is_sure[audited.answer != NOT_DRAWN], minlength=2)
    # queries took unsure boxes only; of some 6,400 drawn a share of 0.5 has an error of 0.006
    assert drawn[1] / drawn.sum() == pytest.approx(whole[1] / whole.sum(), abs=0.03)


def test_shares_are_shares() -> None:
    assert [sum(shares) for shares in SHARES.values()] == pytest.approx([1, 1, 1])
