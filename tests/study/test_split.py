from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import CampaignError, ConfigError
from cryoal.study.compare import cells, split_of
from cryoal.study.config import StudyConfig, read_study
from cryoal.study.dataset import study_dataset
from cryoal.study.split import told_of_files

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign

STUDY = """
name = "phantoms"
strategies = ["random"]
start = 4
query = 2
cycles = 1

[data]
path = "campaign"
truth = "truth.csv"
"""


def _study(campaign: Campaign, truth: dict[str, str], lines: str = "") -> StudyConfig:
    folder = campaign.path.parent
    _write(folder / "truth.csv", truth)
    (folder / "study.toml").write_text(STUDY + lines)
    return read_study(folder / "study.toml")


def _write(file: Path, truth: dict[str, str]) -> None:
    file.write_text("key,label\n" + "".join(f"{key},{label}\n" for key, label in truth.items()))


def test_no_tomogram_is_on_both_sides(campaign: Campaign, truth: dict[str, str]) -> None:
    study = _study(campaign, truth, 'split = "tomogram"\ntest_share = 0.5\n')
    data = study_dataset(study.data)
    pool = campaign.pool
    assert len(set(pool.tomogram[data.train])) == len(set(pool.tomogram[data.test])) == 1
    assert set(pool.tomogram[data.train]) != set(pool.tomogram[data.test])
    assert len(data.test) == len(truth) / 2
    assert set(data.targets[data.train]) == set(data.targets[data.test]) == {0, 1, 2}
    said, flatters = split_of(study)
    assert said.startswith("Split by tomogram: 18 boxes to measure on, of ")
    assert said.endswith("No tomogram is on both sides.")
    assert not flatters
    assert len(cells(study, campaign.path.parent / "out")) == 3  # it can be run


def test_one_tomogram_is_cut_with_a_box_between_the_sides(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    pool = campaign.pool
    one = {key: truth[key] for key in pool.keys[pool.tomogram == 0]}
    study = _study(campaign, one, 'split = "tomogram"\n')
    data = study_dataset(study.data)
    assert "Split along the " in data.split
    apart = np.abs(
        pool.position_zyx_angstrom[data.train, None] - pool.position_zyx_angstrom[None, data.test]
    ).max(axis=2)
    assert apart.min() >= pool.box * pool.voxel_spacing
    assert len(data.train) > len(data.test) > 2
    assert set(pool.tomogram[np.concatenate([data.train, data.test])]) == {0}


def test_a_tomogram_of_overlapping_boxes_cannot_be_cut(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    key = str(campaign.pool.keys[0])
    study = _study(campaign, {key: truth[key]}, 'split = "tomogram"\n')
    with pytest.raises(CampaignError, match=r"both sides of a gap of one box .* found none; give"):
        study_dataset(study.data)


def test_files_of_different_tomograms_are_told_so(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    pool = campaign.pool
    first = {key: truth[key] for key in pool.keys[pool.tomogram == 0]}
    rest = {key: label for key, label in truth.items() if key not in first}
    _write(campaign.path.parent / "test.csv", rest)
    study = _study(campaign, first, 'test = "test.csv"\n')
    assert split_of(study) == (
        "Split by the files of the study: no tomogram has boxes on both sides.",
        False,
    )


def test_test_boxes_that_overlap_what_is_learned_from_are_warned_of(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    _write(campaign.path.parent / "test.csv", dict(list(truth.items())[:3]))
    study = _study(campaign, truth, 'test = "test.csv"\n')
    said, flatters = split_of(study)
    # these phantoms are placed apart, so nothing overlaps; the sentence says they share a tomogram
    assert not flatters
    assert "but no test box overlaps one that may be asked" in said
    pool = campaign.pool
    near = np.zeros(len(pool), bool)
    near[:1] = True
    pool.position_zyx_angstrom[1] = pool.position_zyx_angstrom[0] + 1.0
    told = told_of_files(pool, ~near, near)
    assert told.flatters
    assert told.sentence.startswith("1 of 1 test boxes overlap a box of their tomogram that may be")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('split = "tomogramm"', "data.split as one of files, tomogram, found .*'tomogram'"),
        ('split = "tomogram"\nkind = "images"', "data.kind = \"campaign\".*, found 'images'"),
        ('split = "tomogram"\ntest = "test.csv"', "no data.test where"),
        ("test_share = 1.0", r"data.test_share in \(0, 1\), found 1.0"),
    ],
)
def test_a_split_that_cannot_be_is_named(
    campaign: Campaign, truth: dict[str, str], lines: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        _study(campaign, truth, lines + "\n")
