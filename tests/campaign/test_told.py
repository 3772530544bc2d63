from __future__ import annotations

from cryoal.campaign.told import said


def test_a_pair_alone_is_not_said_to_have_too_few_labels() -> None:
    assert said({"name": "teacher", "n_labelled": 400}) == (
        "the pair's teacher, of 400 labels (not cross-validated)"
    )


def test_a_share_of_a_few_labels_is_not_told() -> None:
    told = {"name": "heads", "n_labelled": 4, "heads": {"accuracy": 0.0, "standard_error": 0.16}}
    assert said(told).endswith("of 4 labels (too few to hold any out and see how it does)")
    found = said({**told, "n_labelled": 40, "heads": {"accuracy": 0.9, "standard_error": 0.05}})
    assert found.endswith("right about 90.0 % of them when they are held out (+- 5.0)")
