"""Classes without a label are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.open_classes import classes_without_labels, said_of_open_classes

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


def test_a_class_without_labels_is_named_with_what_becomes_of_its_boxes(campaign: Campaign) -> None:
    a, b, c = campaign.config.classes
    assert classes_without_labels(campaign, {"t/1": b}) == [a, c]
    (line,) = said_of_open_classes(campaign, {"t/1": b, "t/2": a})
    assert line.startswith(f"no label yet: {c}; its boxes get other classes")
    (line,) = said_of_open_classes(campaign, {"t/1": b})
    assert line.startswith(f"no label yet: {a}, {c}; their boxes get other classes")


def test_nothing_is_said_where_every_class_has_a_label_or_nothing_is_labelled(
    campaign: Campaign,
) -> None:
    every = {f"t/{n}": name for n, name in enumerate(campaign.config.classes)}
    assert said_of_open_classes(campaign, every) == []
    assert said_of_open_classes(campaign, {}) == []
