from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.overview import overview
from cryoal.errors import CampaignError, ConfigError
from cryoal.review.queue import Which, make_queue, rows_of
from cryoal.review.where import NO_CLASS, Where, counts
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

P = [[0.9, 0.05, 0.05], [0.5, 0.4, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.6, 0.3, 0.1]]


@pytest.fixture
def classified(campaign: Campaign) -> Campaign:
    """Five boxes are classified: ring, ring, rod, background, ring; ana says box 1 is a rod."""
    write_predictions(campaign, P)
    campaign.record("ana", [(str(campaign.pool.keys[1]), "rod")])
    return campaign


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        (Where(classes=("ring",)), [0, 4]),
        (Where(classes=("rod",)), [1, 2]),
        (Where(classes=("ring", "background")), [0, 3, 4]),
        (Where(probability=(0.5, 0.8)), [1, 2, 4]),
        (Where(probability=(0.0, 0.4)), [3]),
        (Where(doubt=(0.95, 1.0)), [3]),
        (Where(annotators=("ana",)), [1]),
        (Where(answered="yes"), [1]),
        (Where(classes=("rod",), answered="no"), [2]),
    ],
)
def test_boxes_pass_by_what_they_are(classified: Campaign, where: Where, rows: list[int]) -> None:
    assert where.rows(overview(classified)).tolist() == rows


def test_everything_passes_but_what_is_held(classified: Campaign) -> None:
    held = [str(key) for key in classified.pool.keys[-2:]]
    classified.reserve(dict.fromkeys(held, "ring"), "here")
    n = len(classified.pool)
    assert Where().rows(overview(classified)).tolist() == list(range(n - 2))
    with pytest.raises(CampaignError, match=r"expected keys boxes in .*, found none"):
        make_queue(classified, "ana", which="keys", keys=held)


def test_each_choice_tells_what_it_would_leave(classified: Campaign) -> None:
    boxes = overview(classified)
    found = counts(boxes, Where(classes=("ring",), answered="no"))
    assert found.n == 2
    n = len(boxes)
    assert found.classes == {"ring": 2, "rod": 1, "background": 1, NO_CLASS: n - 5}
    assert sum(found.tomograms.values()) == 2
    assert found.answered == {"yes": 0, "no": 2}
    assert found.annotators == {"ana": 0}
    for name, count in counts(boxes).classes.items():
        assert count == len(Where(classes=(name,)).rows(boxes))


def test_filters_survive_the_way_through_json() -> None:
    where = Where(("wall", ""), (0.2, 0.5), tomograms=("TS_01",), answered="no")
    assert Where.from_json(json.loads(json.dumps(where.as_json()))) == where
    assert Where.from_json({}) == Where()
    assert Where().as_json() == {}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"probabilty": [0, 1]}, "found 'probabilty'"),
        ({"probability": [0.5]}, "expected filters"),
        ({"probability": [0.7, 0.2]}, "found 0.7:0.2"),
        ({"doubt": [0, 1.5]}, "expected a doubt from 0 to 1"),
        ({"doubt": [0, float("nan")]}, "expected a doubt from 0 to 1"),
        ({"classes": "wall"}, "found 'wall'"),
        ({"answered": "maybe"}, "found 'maybe'"),
    ],
)
def test_what_is_no_filter_is_said(facts: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Where.from_json(facts)


def test_a_name_that_is_not_there_is_said(classified: Campaign) -> None:
    boxes = overview(classified)
    for where, said in (
        (Where(classes=("rnig",)), "no class called 'rnig'; did you mean 'ring'"),
        (Where(tomograms=("TS_99",)), "no tomogram called"),
        (Where(annotators=("anna",)), "no annotator called 'anna'; did you mean 'ana'"),
    ):
        with pytest.raises(ConfigError, match=said):
            where.mask(boxes)


def test_a_class_comes_least_sure_first_with_what_is_predicted(classified: Campaign) -> None:
    queue = make_queue(classified, "ana", which="class:ring")
    assert [item.row for item in queue.items] == [4, 0]
    assert [item.probability for item in queue.items] == pytest.approx([0.6, 0.9])
    assert {item.suggestion for item in queue.items} == {"ring"}
    surest = make_queue(classified, "ana", which="class:ring", order="surest", most=1)
    assert ([item.row for item in surest.items], surest.n_all) == ([0], 2)
    assert (surest.name, surest.kind) == ("class:ring", "class")
    labelled = make_queue(classified, "ana", which="class:rod")  # labelled ones are there too
    assert sorted(item.row for item in labelled.items) == [1, 2]


def test_keys_come_as_they_were_named_and_once(classified: Campaign) -> None:
    keys = [str(classified.pool.keys[row]) for row in (3, 0, 3, 7)]
    queue = make_queue(classified, "ana", which="keys", keys=keys)
    assert [item.row for item in queue.items] == [3, 0, 7]
    assert queue.items[2].suggestion is None
    assert make_queue(classified, "ana", which="keys", keys=keys, most=2).n_all == 3


def test_a_table_that_was_read_is_not_read_again_for_a_queue(
    classified: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = overview(classified)
    monkeypatch.setattr("cryoal.campaign.overview._read", None)
    queue = make_queue(classified, "ana", which="class:ring", before=before)
    assert [item.row for item in queue.items] == [4, 0]


def test_a_tomogram_and_all_have_every_box_once(classified: Campaign) -> None:
    n = len(classified.pool)
    queue = make_queue(classified, "ana", which="all", most=n)
    assert sorted(item.row for item in queue.items) == list(range(n))
    name = classified.pool.tomogram_names[0]
    here = make_queue(classified, "ana", which=f"tomogram:{name}", most=n)
    wanted = np.flatnonzero(overview(classified).tomogram == 0)
    assert sorted(item.row for item in here.items) == wanted.tolist()


def test_a_filter_holds_for_a_query_too(classified: Campaign, asked: list[str]) -> None:
    rows = {item.row for item in make_queue(classified, "ana", where=Where(answered="yes")).items}
    assert rows == {1}


def test_an_audit_is_not_filtered(classified: Campaign) -> None:
    draw_audit(classified, 12)
    assert len(make_queue(classified, "ana", which="audit").items) == 12
    with pytest.raises(ConfigError, match=r"has no filter, found tomograms$"):
        make_queue(classified, "ana", which="audit", where=Where(tomograms=("TS_01",)))


def test_boxes_of_the_audit_are_told_by_where_they_would_have_come(classified: Campaign) -> None:
    draw_audit(classified, 12)
    boxes = overview(classified)
    held = boxes.is_audit.nonzero()[0].tolist()
    n = len(boxes)
    queue = make_queue(classified, "ana", which="all", order="tomogram", most=n)
    rows = [item.row for item in queue.items]
    assert not set(rows) & set(held)
    assert queue.n_all == n - 12
    assert sorted(classified.pool.index([key for _, key in queue.passed]).tolist()) == held
    full = list(rows)  # putting them back where they would have come gives the whole order
    for place, key in reversed(queue.passed):
        full.insert(place, int(classified.pool.index([key])[0]))
    assert sorted(full) == list(range(n))
    names = boxes.tomogram[full]
    assert (np.diff(names) >= 0).all()
    assert Counter(counts(boxes).tomograms) == Counter(
        {boxes.tomogram_names[t]: int((boxes.tomogram[rows] == t).sum()) for t in np.unique(names)}
    )


def test_the_boxes_of_a_queue_are_counted_before_any_filter(
    classified: Campaign, asked: list[str]
) -> None:
    boxes = overview(classified)
    rows = rows_of(classified, boxes, Which.parse("query"))
    assert boxes.keys[rows].tolist() == asked
    found = counts(boxes, Where(classes=("ring",)), among=rows)
    assert (found.n, found.classes["rod"]) == (2, 2)
    assert rows_of(classified, boxes, Which.parse("class:ring")).tolist() == [0, 4]
    assert rows_of(classified, boxes, Which("keys"), asked[2:4]).tolist() == [2, 3]
