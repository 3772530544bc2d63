"""Boxes that are too novel for a class, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.decisions import decide
from cryoal.campaign.none_of_these import said_of_novel
from cryoal.campaign.predictions import classify, current_predictions, read_predictions
from cryoal.data.labels import Standing
from tests.campaign.test_classifier import fresh, with_settings

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

__all__ = ["fresh"]


@pytest.fixture
def told(fresh: Campaign, truth: dict[str, str]) -> Campaign:
    """14 labels of rings and rods; boxes above 0.95 get no class."""
    campaign = with_settings(fresh, ("novel = 1.0", "novel = 0.95"))
    known = [key for key in sorted(truth) if truth[key] != "background"][:14]
    campaign.record("ann", [(key, truth[key]) for key in known])
    return campaign


def test_the_experts_word_comes_before_novelty() -> None:
    standing = Standing({"t/1": "rod"}, frozenset({"t/2"}), {"t/3": {"a": "rod", "b": "ring"}})
    found = [decide(f"t/{n}", "ring", standing, is_novel=True) for n in range(1, 5)]
    assert [by for _, by in found] == ["expert", "undecided", "disputed", "novel"]
    assert found[3] == (None, "novel")


def test_too_novel_boxes_get_no_class_and_most_are_of_the_missing_one(
    told: Campaign, truth: dict[str, str]
) -> None:
    summary = classify(told)
    found = read_predictions(told)
    assert found.novelty is not None
    novel = [key for key, who in zip(found.keys, found.decided_by, strict=True) if who == "novel"]
    assert summary.decided_by["novel"] == len(novel) > 0
    assert all(
        (who == "novel") == (label is None)
        for label, who in zip(found.label, found.decided_by, strict=True)
    )
    right = [truth[key] == "background" for key in novel]
    assert sum(right) / len(right) > 0.7, (sum(right), len(right))
    no_class, most = said_of_novel(told, told.standing(), found)
    assert no_class.startswith(f"{len(novel)} boxes get no class: more novel than 0.95 of")
    assert f"--like {max(zip(found.novelty, found.keys, strict=True))[1]}" in most


def test_another_limit_makes_the_table_anew(told: Campaign) -> None:
    classify(told)
    other = with_settings(told, ("novel = 0.95", "novel = 1.0"))
    assert "novel" not in current_predictions(other).decided_by
    assert said_of_novel(other, other.standing(), read_predictions(other))[0].startswith(
        "the most novel box is"
    )
