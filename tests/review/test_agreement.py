from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.review.agreement import agreement

if TYPE_CHECKING:
    from cryoal.campaign import Campaign
    from tests.review.conftest import Desk


def give(campaign: Campaign, annotator: str, labels: str, *, settles: bool = False) -> None:
    """One letter for each of the first boxes: r ring, o rod, b background, ? unsure, - nothing."""
    names = {"r": "ring", "o": "rod", "b": "background", "?": None}
    answers = [
        (key, names[letter])
        for key, letter in zip(campaign.pool.keys, labels, strict=False)
        if letter != "-"
    ]
    campaign.record(annotator, answers, settles=settles)


def test_two_annotators_are_compared_on_what_both_gave_a_class(campaign: Campaign) -> None:
    give(campaign, "ana", "rrrrooo?-")
    give(campaign, "ben", "rrrooor-r")
    found = agreement(campaign)
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.n, pair.n_same) == ("ana", "ben", 7, 5)
    # p_o = 5/7; p_e = (4 * 4 + 3 * 3) / 49 = 25/49; (35 - 25) / (49 - 25)
    assert pair.kappa == pytest.approx(10 / 24)
    assert found.n_answers == {"ana": 7, "ben": 8}
    assert found.fleiss is None
    assert list(found.disputed) == [campaign.pool.keys[3], campaign.pool.keys[6]]


def test_three_annotators_have_fleiss_kappa_over_boxes_with_two_answers(
    campaign: Campaign,
) -> None:
    give(campaign, "ana", "rro")
    give(campaign, "ben", "rb-")
    give(campaign, "carla", "--o")
    found = agreement(campaign)
    assert found.n_fleiss == 3
    # P = 1, 0, 1; shares 3/6, 1/6, 2/6: p_e = 14/36; (2/3 - 14/36) / (22/36)
    assert found.fleiss == pytest.approx((24 - 14) / 22)


def test_who_settles_is_not_compared(campaign: Campaign) -> None:
    give(campaign, "ana", "rr")
    give(campaign, "ben", "ro")
    give(campaign, "judge", "-o", settles=True)
    found = agreement(campaign)
    assert list(found.n_answers) == ["ana", "ben"]
    assert not found.disputed


def test_repeats_tell_of_agreement_with_oneself(desk: Desk) -> None:
    session = desk.sit("ana")
    number, item = next((i, item) for i, item in enumerate(session.queue.items) if item.repeat)
    session.answer("ring", [number])
    assert agreement(desk.campaign).with_self[0].n == 0  # nothing to compare with yet
    first = next(i for i, other in enumerate(session.queue.items) if other.key == item.key)
    session.answer("rod", [first])
    (own,) = agreement(desk.campaign).with_self
    assert (own.annotator, own.n, own.n_same) == ("ana", 1, 0)
    assert own.changed == {item.key: ("rod", "ring")}
    lines = agreement(desk.campaign).lines("mt")
    assert f"  {item.key}: first rod, then ring" in lines


def test_an_answer_taken_back_does_not_count(desk: Desk) -> None:
    session = desk.sit("ana")
    session.press("1")
    give(desk.campaign, "ben", "o")
    assert len(agreement(desk.campaign).pairs) == 1
    session.press("z")
    assert agreement(desk.campaign).pairs == ()


def test_the_lines_tell_how_sure_a_share_is_and_what_to_do(campaign: Campaign) -> None:
    assert agreement(campaign).lines("mt") == ["nobody has given a class yet"]
    give(campaign, "ana", "rrrrrrrrro")
    give(campaign, "ben", "rrrrrrrrob")
    lines = agreement(campaign).lines("mt")
    assert lines[2].startswith("ana and ben: the same for 8 of 10 (49% to 94%), Cohen's kappa ")
    assert lines[-1] == "settle them: cryoal review mt --queue disputed"


def test_one_box_is_too_few_for_a_kappa(campaign: Campaign) -> None:
    give(campaign, "ana", "r")
    give(campaign, "ben", "o")
    (pair,) = agreement(campaign).pairs
    assert pair.kappa is None
    (line,) = [line for line in agreement(campaign).lines("mt") if line.startswith("ana and ben")]
    assert line == "ana and ben: the same for 0 of 1 (0% to 79%); too few for a kappa"
