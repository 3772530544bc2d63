from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.checks import with_check
from cryoal.errors import CampaignError, UnknownKeyError
from cryoal.review.queue import ORDERS, make_queue
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from cryoal.review.queue import Order
    from tests.review.conftest import Desk


def without_repeats(campaign: Campaign) -> Campaign:
    review = replace(campaign.config.review, repeats=0.0)
    return Campaign(campaign.path, replace(campaign.config, review=review), campaign.identity)


def test_by_score_the_boxes_come_as_they_were_asked(campaign: Campaign, asked: list[str]) -> None:
    queue = make_queue(without_repeats(campaign), "ana", order="score")
    assert [item.key for item in queue.items] == asked
    assert [item.suggestion for item in queue.items[:3]] == list(campaign.config.classes)
    row = campaign.pool.index([asked[4]])[0]
    assert queue.items[4].row == row
    assert queue.items[4].position_zyx_angstrom == tuple(campaign.pool.position_zyx_angstrom[row])
    assert queue.name == "cycle 0"


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_has_every_box_once(campaign: Campaign, asked: list[str], order: Order) -> None:
    queue = make_queue(without_repeats(campaign), "ana", order=order)
    assert sorted(item.key for item in queue.items) == sorted(asked)
    assert queue == make_queue(without_repeats(campaign), "ana", order=order)


def test_by_tomogram_no_tomogram_comes_twice(campaign: Campaign) -> None:
    keys = np.random.default_rng(0).permutation(campaign.pool.keys)[:20].tolist()
    write_cycle(campaign, 0, [(key, None) for key in keys])
    queue = make_queue(without_repeats(campaign), "ana", order="tomogram")
    names = [item.tomogram for item in queue.items]
    assert names == sorted(names)
    assert len(set(names)) == 2
    first = [key for key in keys if key.startswith(names[0])]
    assert [item.key for item in queue.items if item.tomogram == names[0]] == first


def test_by_likeness_boxes_that_look_alike_are_neighbours(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    keys = campaign.pool.keys.tolist()
    write_cycle(campaign, 0, [(key, None) for key in keys])

    def changes(order: Order) -> int:
        items = make_queue(without_repeats(campaign), "ana", order=order).items
        names = [truth[item.key] == "background" for item in items]
        return sum(a != b for a, b in itertools.pairwise(names))

    assert changes("likeness") < changes("tomogram")


def test_some_boxes_come_again_much_later_and_without_their_suggestion(
    campaign: Campaign, asked: list[str]
) -> None:
    review = replace(campaign.config.review, repeats=0.1)
    many = Campaign(campaign.path, replace(campaign.config, review=review))
    items = make_queue(many, "ana", order="score").items
    assert len(items) == len(asked) + 3
    again = [item for item in items if item.repeat]
    assert len({item.key for item in again}) == 3
    twice = {item.key for item in again}
    hidden = [item.suggestion is None for item in items]
    assert hidden == [item.key in twice for item in items]  # both times
    for item in again:
        first = next(i for i, other in enumerate(items) if other.key == item.key)
        assert items.index(item) - first >= 10


def test_the_repeats_of_an_annotator_are_always_the_same_and_another_has_others(
    campaign: Campaign, asked: list[str]
) -> None:
    review = replace(campaign.config.review, repeats=0.2)
    many = Campaign(campaign.path, replace(campaign.config, review=review))
    of = {name: make_queue(many, name).items for name in ("ana", "ben")}
    assert of["ana"] == make_queue(many, "ana").items
    repeats = {name: [i.key for i in items if i.repeat] for name, items in of.items()}
    assert repeats["ana"] != repeats["ben"]


def test_a_short_queue_has_no_repeats(campaign: Campaign) -> None:
    write_cycle(campaign, 0, [(key, None) for key in campaign.pool.keys[:19]])
    review = replace(campaign.config.review, repeats=0.5)
    many = Campaign(campaign.path, replace(campaign.config, review=review))
    assert max(Counter(i.key for i in make_queue(many, "ana").items).values()) == 1


def test_the_last_cycle_is_taken_unless_another_is_named(
    campaign: Campaign, asked: list[str]
) -> None:
    later = campaign.pool.keys[30:34].tolist()
    write_cycle(campaign, 1, [(key, "ring") for key in later])
    assert [item.key for item in make_queue(campaign, "ana", order="score").items] == later
    assert make_queue(campaign, "ana", which="cycle:0").name == "cycle 0"
    with pytest.raises(CampaignError, match=r"expected one of the cycles 0, 1 of .*, found 7"):
        make_queue(campaign, "ana", which="cycle:7")


def test_a_campaign_without_a_query_says_how_to_make_one(campaign: Campaign) -> None:
    with pytest.raises(CampaignError, match=r"found none: cryoal select .* -n 100"):
        make_queue(campaign, "ana")


def test_the_other_queues_hold_what_needs_a_word(desk: Desk, campaign: Campaign) -> None:
    keys = campaign.pool.keys[:4].tolist()
    campaign.record("ana", [(keys[0], "ring"), (keys[1], None)])
    campaign.record("ben", [(keys[0], "rod")])
    desk.sit("ana").press("f")
    disputed = make_queue(campaign, "carla", which="disputed")
    assert [(item.key, item.votes) for item in disputed.items] == [
        (keys[0], {"ana": "ring", "ben": "rod"})
    ]
    assert disputed.settles
    assert [item.key for item in make_queue(campaign, "carla", which="unsure").items] == [keys[1]]
    flagged = make_queue(campaign, "carla", which="flagged")
    assert [item.key for item in flagged.items] == [desk.sit("ana").queue.items[2].key]
    desk.sit("ana").press("z")
    with pytest.raises(CampaignError, match=r"expected flagged boxes in .*, found none"):
        make_queue(campaign, "carla", which="flagged")


def test_suggestions_follow_a_class_to_its_new_name(desk: Desk, campaign: Campaign) -> None:
    file = campaign.path / "campaign.toml"
    text = file.read_text().replace('"ring"', '"torus"', 1)
    file.write_text(text.replace("renamed = []", 'renamed = ["ring = torus"]'))
    assert desk.sit().queue.items[0].suggestion == "torus"


def test_a_query_of_another_pool_is_refused(campaign: Campaign, asked: list[str]) -> None:
    query = campaign.path / "cycle_000" / "query.json"
    facts = json.loads(query.read_text().replace(asked[0], "TS_99/1"))
    query.write_text(json.dumps(with_check(facts)))
    with pytest.raises(UnknownKeyError, match="first 'TS_99/1'"):
        make_queue(campaign, "ana")


def test_a_journal_about_another_pool_is_named(campaign: Campaign, asked: list[str]) -> None:
    campaign.record("ana", [(asked[0], "ring")])
    campaign.labels.record("ben", [(asked[0], "ring"), ("TS_99/1", "ring"), ("TS_99/2", "rod")])
    with pytest.raises(UnknownKeyError, match=r"found 2 answers .* 'TS_99/1' in .*/ben\.jsonl"):
        make_queue(campaign, "ana")
    with pytest.raises(UnknownKeyError, match=r"ben\.jsonl: a journal of another campaign\?"):
        campaign.training_labels()
