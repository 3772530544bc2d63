from __future__ import annotations

import pytest

from cryoal.campaign.query import Asked, Query
from cryoal.campaign.report.agreement import agreement, confusion, wilson
from cryoal.data.labels import Standing


def test_only_boxes_with_suggestion_and_answer_are_compared() -> None:
    asked = [("a", "rod"), ("b", "rod"), ("c", None), ("d", "rod"), ("e", "rod"), ("f", "rod")]
    query = Query(
        1, "entropy", None, 0, 9, 9, 3, tuple(Asked(k, 1.0, s, s and 0.5) for k, s in asked)
    )
    standing = Standing(
        labelled={"a": "rod", "b": "ring", "c": "rod"},
        abstained=frozenset({"d"}),
        disputed={"e": {"anna": "rod", "ben": "ring"}},
    )
    found = agreement(query, standing)
    assert found.pairs == (("rod", "rod"), ("ring", "rod"))  # answer first
    assert (found.n_agree, found.n) == (1, 2)


def test_rows_of_the_confusion_are_answers() -> None:
    pairs = [("ring", "rod"), ("ring", "rod"), ("rod", "rod")]
    assert confusion(pairs, ["ring", "rod"]) == [[0, 2], [0, 1]]


def test_wilson_interval_is_that_of_the_textbook() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(20, 20) == pytest.approx((1 - 0.1611, 1.0), abs=1e-4)
