"""``cryoal find``: boxes like others, as a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.cycle import select
from cryoal.campaign.find import find
from cryoal.campaign.query import read_query
from cryoal.campaign.status import describe
from cryoal.errors import CampaignError, ConfigError, UnknownKeyError
from tests.campaign.test_classifier import answer, fresh, started

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

__all__ = ["fresh", "started"]


def of_class(truth: dict[str, str], name: str) -> list[str]:
    return sorted(key for key, label in truth.items() if label == name)


def test_boxes_of_the_kind_of_the_example_come_first(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    right = 0
    for name in ("ring", "rod"):
        query = find(fresh, of_class(truth, name)[:2], 7)
        right += sum(truth[asked.key] == name for asked in query.asked[2:])
    assert right >= 7  # of 10; chance finds 3


def test_a_search_is_a_cycle_without_a_label_and_says_like_which(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    rings = of_class(truth, "ring")
    query = find(fresh, rings[:1], 5)
    assert (query.strategy, query.reason) == ("find", f"like {rings[0]}")
    assert (query.n_eligible, query.n_subset, query.n_labelled) == (36, 36, 0)
    assert query.keys()[0] == rings[0]  # not labelled: asked too, and first
    scores = [asked.score for asked in query.asked]
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]
    assert read_query(fresh.cycles()[0]) == query
    assert find(fresh, rings[:5], 5).reason == f"like {', '.join(rings[:3])} and 2 more"
    assert describe(fresh).cycles[0]["strategy"] == "find"


def test_what_is_labelled_shows_the_way_and_is_not_asked_again(
    started: Campaign, truth: dict[str, str]
) -> None:
    labelled = read_query(started.cycles()[0]).keys()
    query = find(started, labelled[:1], 6)
    assert not set(query.keys()) & set(labelled)
    assert all(asked.suggestion in started.config.classes for asked in query.asked)
    answer(started, query.keys(), truth)
    assert select(started, 5).cycle == 2


def test_a_pair_is_not_trained_for_a_search(campaign: Campaign, truth: dict[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in list(truth)[:12]])
    query = find(campaign, list(truth)[:2], 4)
    assert not (campaign.path / "model").exists()
    assert all(asked.suggestion is None for asked in query.asked)


def test_a_key_that_is_not_there_is_named_with_the_nearest(fresh: Campaign) -> None:
    key = fresh.pool.keys[0]
    with pytest.raises(
        UnknownKeyError, match=rf"expected a key of .*pool\.zarr, found '{key}x'; .* '{key}'\?"
    ):
        find(fresh, [f"{key}x"])
    with pytest.raises(UnknownKeyError, match=r"found 'nothing like it'; did you mean '.+'\?"):
        find(fresh, ["nothing like it"])
    assert not fresh.cycles()


def test_more_than_are_left_or_none_are_refused_before_anything_is_described(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    key = next(iter(truth))
    with pytest.raises(CampaignError, match="at most 36 boxes"):
        find(fresh, [key], 37)
    with pytest.raises(ConfigError, match="at least 1 box"):
        find(fresh, [key], 0)
    with pytest.raises(ConfigError, match="at least one key"):
        find(fresh, [])
    assert not (fresh.path / "descriptors").exists()
