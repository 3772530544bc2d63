"""A pool that holds several sets of picks, and a test set that overlaps what was learned from."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.cycle import select
from cryoal.campaign.export import export
from cryoal.campaign.predictions import classify
from cryoal.campaign.status import describe
from cryoal.campaign.test_overlap import n_overlapping, said_of_overlap
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import CampaignError
from cryoal.io.picks.read import read_picks
from cryoal.io.star import read_star
from tests.conftest import SETTINGS
from tests.data.samples import picks, tomogram
from tests.io.picks.files import particles

if TYPE_CHECKING:
    from pathlib import Path


def two_sets(tmp_path: Path) -> Campaign:
    """Ten picks of one set and five of another, 20 voxels apart, in boxes of 8."""
    settings = [s for s in SETTINGS if not s.startswith("classifier")]
    campaign = Campaign.create(tmp_path / "c", make_config(["a", "b"], "laptop", settings))
    path = tomogram(tmp_path, "TS_01")
    for name, y, n in (("one", 5, 10), ("other", 25, 5)):
        chosen = picks(tmp_path / f"{name}.csv", [("TS_01", 5 + 3 * i, y, 10) for i in range(n)])
        extract(campaign.pool_path, [path], chosen, box=8, density="white")
    return Campaign.open(tmp_path / "c")


def test_only_boxes_of_a_high_score_are_asked_when_wanted(tmp_path: Path) -> None:
    settings = [s for s in SETTINGS if not s.startswith("classifier")]
    campaign = Campaign.create(tmp_path / "c", make_config(["a", "b"], "laptop", settings))
    labels = "rlnTomoName rlnCoordinateX rlnCoordinateY rlnCoordinateZ rlnAutopickFigureOfMerit"
    rows = [f"TS_01 {6 + 3 * i} 9 9 {i / 10}" for i in range(9)]
    chosen = read_picks(particles(tmp_path / "p.star", "\n".join([labels, *rows])))
    path = tomogram(tmp_path, "TS_01")
    extract(campaign.pool_path, [path], chosen, box=8, density="white")
    plain = picks(tmp_path / "q.csv", [("TS_01", 6, 20, 9)])
    extract(campaign.pool_path, [path], plain, box=8)
    asked = select(campaign, 3, strategy="random", min_score=0.6).keys()
    assert sorted(asked) == ["TS_01/000006", "TS_01/000007", "TS_01/000008"]
    with pytest.raises(
        CampaignError, match=r"most 3 boxes .* a score of at least 0\.6 in .*, found 4"
    ):
        select(campaign, 4, strategy="random", min_score=0.6, again=True)


def test_exports_say_which_set_a_particle_is_of(tmp_path: Path) -> None:
    campaign = two_sets(tmp_path)
    keys = campaign.pool.keys.tolist()
    campaign.record("ann", [(key, "ab"[i % 2]) for i, key in enumerate(keys[:8])])
    classify(campaign)
    export(campaign, "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        found = [row["cryoalSource"] for row in csv.DictReader(file)]
    assert found == ["one"] * 10 + ["other"] * 5
    export(campaign, "relion5", tmp_path / "out.star")
    star = read_star(tmp_path / "out.star")["particles"]
    assert star["cryoalSource"] == found


def test_a_test_set_says_how_many_of_its_boxes_overlap_labelled_ones(tmp_path: Path) -> None:
    campaign = two_sets(tmp_path)
    keys = campaign.pool.keys.tolist()
    # x of the first set: 5, 8, 11 ... 32; boxes of 8 overlap where x differs by less than 8
    campaign.reserve({keys[0]: "a", keys[3]: "b", keys[4]: "a", keys[10]: "b"}, "truth.csv")
    assert n_overlapping(campaign, [keys[1]]) == 2  # of x 8: those of 5 and of 14, not of 17
    assert n_overlapping(campaign, []) == 0
    campaign.record("ann", [(keys[1], "a")])
    said = describe(campaign).lines()
    where = next(i for i, line in enumerate(said) if line.startswith("test "))
    assert said[where + 1].strip() == said_of_overlap(2, 4)
    assert said_of_overlap(2, 4).startswith("2 boxes overlap a labelled box (4 are kept for")
    assert said_of_overlap(0, 4) == ""
