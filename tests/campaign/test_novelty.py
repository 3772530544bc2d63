"""The novelty of a campaign's boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.novelty import learn_novelty, rows_of
from cryoal.campaign.predictions import classify, read_predictions
from tests.campaign.test_classifier import fresh

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

__all__ = ["fresh"]


def test_boxes_of_a_class_without_labels_are_the_most_novel(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    known = [key for key in sorted(truth) if truth[key] != "background"][:14]
    fresh.record("ann", [(key, truth[key]) for key in known])
    classify(fresh)
    novelty = read_predictions(fresh).novelty
    assert novelty is not None
    keys = read_predictions(fresh).keys
    new = np.array([truth[key] == "background" for key in keys])
    rest = ~new & ~np.isin(keys, known)
    assert (novelty[new][:, None] > novelty[rest][None]).mean() > 0.85
    assert ((novelty > 0) & (novelty < 1)).all()


def test_to_a_query_what_nobody_could_name_is_not_new(
    fresh: Campaign, truth: dict[str, str]
) -> None:
    background = [key for key in sorted(truth) if truth[key] == "background"]
    known = [key for key in sorted(truth) if truth[key] != "background"][:14]
    fresh.record("ann", [(key, truth[key]) for key in known])
    labels = fresh.training_labels()
    classifier = current_classifier(fresh, labels)
    assert classifier.columns is not None
    new, rest = (
        rows_of(classifier.columns, fresh.pool.index(keys))
        for keys in (background[6:], sorted(set(truth) - {*background, *known}))
    )

    def above(unsure: list[str]) -> float:
        found = learn_novelty(fresh, classifier, labels, unsure, hold_out=False)
        assert found is not None
        return float((found.log_odds(new)[:, None] > found.log_odds(rest)[None]).mean())

    before = above([])
    assert before > 0.85
    assert above(background[:6]) < before - 0.1


def test_the_pair_alone_tells_no_novelty(campaign: Campaign, truth: dict[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in sorted(truth)[:14]])
    classify(campaign)
    assert read_predictions(campaign).novelty is None
