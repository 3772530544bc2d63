from __future__ import annotations

import math

import numpy as np
import pytest

from cryoal.estimate.audit import estimates, half_width_with
from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED, Audited
from cryoal.estimate.intervals import hypergeometric

RING, ROD = 0, 1


def audited(
    *parts: tuple[int, int, float, int, int],
    known: list[tuple[int, int, float]] | None = None,
) -> Audited:
    """Parts of (boxes, called, probability, stratum, answer); known boxes of (class, out, p)."""
    n = [part[0] for part in parts]

    def column(at: int) -> np.ndarray:  # type: ignore[type-arg]
        return np.repeat([part[at] for part in parts], n)

    known_ = np.array(known or np.zeros((0, 3)), dtype=float)
    return Audited(
        n_classes=2,
        predicted=column(1).astype(np.int64),
        probability=column(2).astype(np.float64),
        stratum=column(3).astype(np.int64),
        answer=column(4).astype(np.int64),
        known=known_[:, 0].astype(np.int64),
        known_out=known_[:, 1].astype(np.int64),
        known_probability=known_[:, 2],
    )


def uniform() -> Audited:
    """40 called ring: 4 drawn, 3 are. 160 called rod: 16 drawn, 15 are. 10 labelled rings."""
    return audited(
        (3, RING, 0.95, 0, RING),
        (1, RING, 0.6, 0, ROD),
        (20, RING, 0.95, 0, NOT_DRAWN),
        (16, RING, 0.6, 0, NOT_DRAWN),
        (15, ROD, 0.8, 0, ROD),
        (1, ROD, 0.8, 0, RING),
        (144, ROD, 0.8, 0, NOT_DRAWN),
        known=[(RING, RING, 1.0)] * 10,
    )


def test_accuracy_counts_labels_and_audit_as_they_come_out_and_the_rest_by_the_draw() -> None:
    found = estimates(uniform())
    # 200 boxes, 20 drawn, 18 of them right: 180 of 200 for the classifier. Of the two that were
    # wrong the expert's class comes out, and so do 10 labels: 180 + 2 + 10 of 210.
    assert found.of_classifier.value == pytest.approx(0.9)
    assert found.accuracy.value == pytest.approx(192 / 210)
    low, high = hypergeometric(18, 20, 200)
    assert found.accuracy.low == pytest.approx((low + 12) / 210)
    assert found.accuracy.high == pytest.approx((high + 12) / 210)
    assert (found.n, found.n_not_named, found.blind) == (20, 0, 0)


def test_precision_is_of_the_boxes_that_come_out_as_a_class() -> None:
    ring = estimates(uniform()).classes[RING]
    # 36 called ring that nobody looked at, 4 rings of the audit, 10 labels
    assert ring.out == 50
    # 3 of 4 of 40 are 30; less the 3 that were looked at, and 4 + 10 that are known
    assert ring.precision.value == pytest.approx((30 - 3 + 14) / 50)
    low, high = hypergeometric(3, 4, 40)
    assert (ring.precision.low, ring.precision.high) == pytest.approx(
        ((int(low) + 11) / 50, (int(high) + 11) / 50)
    )
    assert ring.precision.n == 4


def test_a_count_is_what_is_found_among_both_those_called_so_and_the_others() -> None:
    found = estimates(uniform())
    ring, rod = found.classes
    # 30 among 40 called ring, 1 of 16 of the 160 called rod, 10 labels
    assert ring.count.value == pytest.approx(30 + 10 + 10)
    assert rod.count.value == pytest.approx(10 + 150)
    among, others = hypergeometric(3, 4, 40), hypergeometric(1, 16, 160)
    wanted = 50 - np.hypot(30 - among[0], 10 - others[0])
    assert ring.count.low == pytest.approx(wanted)


def test_recall_is_the_share_of_a_class_that_comes_out_as_it() -> None:
    ring = estimates(uniform()).classes[RING]
    # 27 + 4 + 10 come out as rings; of the 10 among those called rod one was looked at
    assert ring.recall.value == pytest.approx(41 / (41 + 9))
    assert ring.recall.n == 4
    assert ring.recall.low < 41 / 50 < ring.recall.high


def test_a_threshold_is_told_with_how_many_come_out_and_how_many_are_right() -> None:
    found = estimates(uniform(), thresholds=(0.7, 0.9))
    rows = {(row.t, row.of): row for row in found.thresholds}
    # At 0.9: 20 called ring and not looked at, 20 of the audit, 10 labels. 3 of 3 drawn were right.
    row = rows[0.9, None]
    assert row.out == 20 + 20 + 10
    assert row.right.value == 1
    low, _ = hypergeometric(3, 3, 23)
    assert row.right.low == pytest.approx((int(low) - 3 + 30) / 50)
    assert rows[0.7, ROD].out == 144 + 16
    assert rows[0.7, RING].out == rows[0.9, RING].out == 20 + 4 + 10
    assert rows[0.9, ROD].right.n == 0


def test_strata_weigh_as_many_boxes_as_they_have() -> None:
    found = estimates(
        audited(
            (5, RING, 0.9, 0, RING),
            (5, RING, 0.9, 0, ROD),
            (10, RING, 0.9, 0, NOT_DRAWN),  # 20 boxes, 10 drawn, half right
            (10, ROD, 0.9, 1, ROD),
            (170, ROD, 0.9, 1, NOT_DRAWN),  # 180 boxes, 10 drawn, all right
        )
    )
    assert found.of_classifier.value == pytest.approx((10 + 180) / 200)


def test_boxes_that_nobody_can_name_are_no_errors() -> None:
    found = estimates(
        audited(
            (8, RING, 0.9, 0, RING),
            (2, RING, 0.9, 0, NOT_NAMED),
            (90, RING, 0.9, 0, NOT_DRAWN),
        )
    )
    assert found.accuracy.value == 1
    assert (found.n, found.n_not_named) == (10, 2)
    # 8 of 10 can be named; 80 of 100 are rings
    assert found.classes[RING].count.value == pytest.approx(80)


def test_a_class_without_an_audit_box_is_unknown_and_nothing_divides_by_zero() -> None:
    found = estimates(audited((4, ROD, 0.9, 0, ROD), (6, ROD, 0.9, 0, NOT_DRAWN)))
    ring = found.classes[RING]
    assert (ring.out, ring.precision.value, ring.recall.value) == (0, None, None)
    assert (ring.precision.low, ring.precision.high) == (0, 1)
    assert ring.count.value == 0
    found = estimates(
        audited((4, ROD, 0.9, 0, ROD), (6, ROD, 0.9, 0, NOT_DRAWN), (5, RING, 0.9, 0, NOT_DRAWN))
    )
    ring = found.classes[RING]
    assert (ring.out, ring.precision.value) == (5, None)
    assert (ring.precision.low, ring.precision.high) == (0, 1)
    assert ring.count.low == 0
    assert ring.count.high >= 5


def test_recall_wants_two_audit_boxes_of_the_class() -> None:
    rest = (40, ROD, 0.9, 0, NOT_DRAWN), (9, ROD, 0.9, 0, ROD)
    one = estimates(audited((1, RING, 0.9, 0, RING), *rest)).classes[RING].recall
    two = estimates(audited((2, RING, 0.9, 0, RING), *rest)).classes[RING].recall
    assert (one.value, one.n) == (None, 1)
    assert (two.value, two.n) == (1, 2)


def test_boxes_that_came_after_the_audit_could_be_anything() -> None:
    before = (19, ROD, 0.9, 0, ROD), (1, ROD, 0.9, 0, RING), (80, ROD, 0.9, 0, NOT_DRAWN)
    old = estimates(audited(*before))
    new = estimates(audited(*before, (50, ROD, 0.9, 1, NOT_DRAWN)))
    assert new.blind == 50
    assert new.accuracy.low == pytest.approx(old.accuracy.low * 100 / 150)
    assert new.accuracy.high == pytest.approx((old.accuracy.high * 100 + 50) / 150)
    assert new.of_classifier.value == pytest.approx(old.of_classifier.value)


def test_test_keys_count_with_what_comes_out_of_them() -> None:
    rest = (10, ROD, 0.9, 0, ROD), (80, ROD, 0.9, 0, NOT_DRAWN)
    found = estimates(audited(*rest, known=[(RING, ROD, 0.6), (RING, RING, 0.9)]))
    assert found.accuracy.value == pytest.approx(91 / 92)
    assert found.classes[ROD].precision.value == pytest.approx(90 / 91)


def test_an_audit_of_all_boxes_leaves_no_doubt() -> None:
    found = estimates(
        audited((8, RING, 0.9, 0, RING), (3, ROD, 0.9, 0, RING), (4, ROD, 0.9, 0, ROD))
    )
    assert (found.of_classifier.low, found.of_classifier.high) == pytest.approx((0.8, 0.8))
    assert found.accuracy.low == 1  # the expert's classes come out
    ring = found.classes[RING]
    assert (ring.count.low, ring.count.high) == (11, 11)


def test_more_boxes_are_told_to_narrow_the_interval_by_about_the_square_root() -> None:
    given = audited((54, RING, 0.9, 0, RING), (6, RING, 0.9, 0, ROD), (10**5, RING, 0.9, 0, -2))
    now = estimates(given).accuracy
    assert half_width_with(given, 0) == pytest.approx((now.high - now.low) / 2, rel=0.02)
    assert half_width_with(given, 180) == pytest.approx(half_width_with(given, 0) / 2, rel=0.1)
    all_drawn = audited((54, RING, 0.9, 0, RING), (6, RING, 0.9, 0, ROD))
    assert half_width_with(all_drawn, 60) == 0


def test_more_boxes_also_come_from_what_no_draw_has_seen() -> None:
    before = (54, RING, 0.9, 0, RING), (6, RING, 0.9, 0, ROD), (940, RING, 0.9, 0, NOT_DRAWN)
    given = audited(*before, (1000, RING, 0.9, 1, NOT_DRAWN))
    assert half_width_with(given, 0) > 0.25
    assert half_width_with(given, 60) < 0.1


def test_where_no_audit_box_can_be_named_the_others_may_be_as_many_as_that_allows() -> None:
    # 100 boxes called ring, 10 drawn, none could be named: as many as can be named with a chance of
    # more than 2.5 % of no such box among 10 may all be wrong, beside 20 labels.
    found = estimates(
        audited(
            (10, RING, 0.9, 0, NOT_NAMED),
            (90, RING, 0.9, 0, NOT_DRAWN),
            known=[(RING, RING, 1.0)] * 20,
        )
    )
    most = next(n for n in range(90, 0, -1) if math.comb(100 - n, 10) / math.comb(100, 10) > 0.025)
    for told in (found.accuracy, found.classes[RING].precision):
        assert told.value is None
        assert (told.low, told.high) == pytest.approx((20 / (20 + most), 1.0))
