"""Who a query looks at: the likes of what nobody could name less, what is new beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.abstentions import likes_of_unsure
from cryoal.campaign.cycle import select
from cryoal.campaign.open_classes import said_of_unsure
from cryoal.campaign.status import describe
from cryoal.campaign.subset import drawn_less
from cryoal.errors import ConfigError
from cryoal.progress import SILENT
from tests.campaign.test_classifier import answer, fresh, with_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign import Campaign

__all__ = ["fresh"]

POOL = np.arange(100, 1100)


def sure_of_odd(index: NDArray[np.int64]) -> NDArray[np.float64]:
    return (index % 2).astype(np.float64)


def test_what_is_surely_like_the_unsure_is_not_drawn() -> None:
    found = drawn_less(POOL, 400, 40, sure_of_odd, np.random.default_rng(0))
    assert len(np.unique(found)) == 400
    assert set(found) <= set(POOL[::2])


def test_half_sure_is_half_as_often() -> None:
    found = drawn_less(
        POOL, 1000, 1, lambda index: 0.5 * sure_of_odd(index), np.random.default_rng(1)
    )
    assert (found % 2 == 0).sum() == 500
    assert 200 < (found % 2 == 1).sum() < 300


def test_a_query_is_filled_up_with_the_least_like_ones() -> None:
    found = drawn_less(
        np.arange(10), 10, 8, lambda index: 1.0 - 0.01 * index, np.random.default_rng(0)
    )
    assert len(found) == 8
    assert {9, 8, 7} <= set(found.tolist())


def test_boxes_like_those_that_nobody_could_name_are_told(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    background = [key for key in sorted(truth) if truth[key] == "background"]
    others = [key for key in sorted(truth) if truth[key] != "background"]
    fresh.record("ann", [(key, truth[key]) for key in others[:12]])
    labels = fresh.training_labels()
    assert likes_of_unsure(fresh, labels, background[:2], SILENT) is None  # may be chance
    tell = likes_of_unsure(fresh, labels, background[:5], SILENT)
    assert tell is not None
    like, unlike = (tell(fresh.pool.index(keys)) for keys in (background[5:], others[12:]))
    assert (like[:, None] > unlike[None]).mean() > 0.9


def test_a_query_asks_less_of_them(fresh: Campaign, truth: dict[str, str]) -> None:
    background = [key for key in sorted(truth) if truth[key] == "background"]
    others = [key for key in sorted(truth) if truth[key] != "background"]
    fresh.record("ann", [(key, truth[key]) for key in others[:12]])
    fresh.record("ann", [(key, None) for key in background[:6]])
    query = select(fresh, 8, strategy="margin", again=True)  # of 12 others and 6 background
    keys = query.keys()
    assert sum(truth[key] == "background" for key in keys) <= 1
    assert query.n_eligible == 18
    assert query.n_subset < 18


def test_many_unsure_answers_lead_to_a_sentence(fresh: Campaign, truth: dict[str, str]) -> None:
    keys = select(fresh, 12).keys()
    assert said_of_unsure(fresh, fresh.standing()) == []
    fresh.record("ann", [(key, None) for key in keys[:4]])
    answer(fresh, keys[4:9], truth)
    assert said_of_unsure(fresh, fresh.standing()) == []  # 9 answers are few
    answer(fresh, keys[9:], truth)
    (line,) = said_of_unsure(fresh, fresh.standing())
    assert line.startswith("4 of the 12 boxes answered last were unsure")
    assert line in describe(fresh).hints


def test_a_share_of_a_query_goes_to_what_is_new_while_a_class_has_no_label(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    campaign = with_settings(fresh, ("explore = 0.1", "explore = 0.4"))
    known = [key for key in sorted(truth) if truth[key] != "background"][:14]
    campaign.record("ann", [(key, truth[key]) for key in known])
    query = select(campaign, 5, again=True)
    assert query.reason == ("2 of 5 are asked for being the most novel; no label yet of background")
    assert [asked.score is None for asked in query.asked] == [True, True, False, False, False]
    assert len(set(query.keys())) == 5
    assert "background" in [truth[key] for key in query.keys()[:2]]
    answer(campaign, query.keys(), truth)
    assert select(campaign, 5).reason is None  # every class has a label


def test_the_first_query_explores_too_and_a_strategy_by_name_does_not(
    fresh: Campaign,
) -> None:
    assert select(fresh, 5, strategy="typiclust").reason is None
    query = select(fresh, 10, again=True)
    assert query.strategy == "typiclust"
    assert query.reason is not None
    assert query.reason.endswith("1 of 10 is asked for being far from all others")


def test_a_share_of_more_than_a_half_is_refused(fresh: Campaign) -> None:
    with pytest.raises(ConfigError, match=r"expected query\.explore between 0 and 0\.5"):
        with_settings(fresh, ("explore = 0.1", "explore = 0.7"))
