from __future__ import annotations

from cryoal.campaign.query import Asked, Query
from cryoal.campaign.report.agreement import agreement, confusion
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
