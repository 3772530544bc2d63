"""Chosen boxes go out with the classes that are on show, whatever was classified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.export_known import TiltSeries
from cryoal.campaign.export_shown import export_shown
from cryoal.campaign.overview import overview
from cryoal.errors import CampaignError, OutputError, UnknownNameError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import WRITERS
from tests.campaign.predicted import write_predictions
from tests.io.picks.every_format import read_parts, suffix

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign

ROWS = np.array([20, 3, 1])


@pytest.mark.parametrize("to", sorted(WRITERS.names()))
def test_the_chosen_boxes_and_no_others_go_out_in_every_format(
    campaign: Campaign, tmp_path: Path, to: str
) -> None:
    campaign.record("ana", [(str(campaign.pool.keys[row]), "rod") for row in ROWS])
    path = tmp_path / f"out{suffix(to)}"
    told = TiltSeries(pixel_size=campaign.pool.tomograms[0].geometry.unbinned_spacing)
    export_shown(campaign, overview(campaign), ROWS, to, path, tilt_series=told)
    parts = read_parts(path, to, (32, 80, 80))
    found = sorted(place for part in parts for place in part.position_zyx_angstrom.tolist())
    expected = sorted(campaign.pool.position_zyx_angstrom[ROWS].tolist())
    np.testing.assert_allclose(found, expected, atol=5.0 if to == "deepetpicker" else 0.1)


def test_classes_are_those_of_experts_before_the_classifiers_and_disputes_have_none(
    campaign: Campaign, tmp_path: Path
) -> None:
    keys = campaign.pool.keys.tolist()
    write_predictions(campaign, [[0.7, 0.2, 0.1]] * 5)
    campaign.record("ana", [(keys[0], "rod"), (keys[1], None), (keys[2], "rod")])
    campaign.record("ben", [(keys[2], "ring")])
    export_shown(campaign, overview(campaign), np.arange(6), "relion5", tmp_path / "o.star")
    columns = read_picks(tmp_path / "o.star").columns
    assert columns["cryoalClass"] == ["rod", "None", "None", "ring", "ring", "None"]
    assert columns["rlnClassNumber"] == ["2", "0", "0", "1", "1", "0"]
    assert columns["cryoalDecidedBy"] == [
        "expert", "undecided", "disputed", "classifier", "classifier", "None"
    ]  # fmt: skip
    assert [float(p) for p in columns["cryoalProbability"]] == pytest.approx(
        [1, 0, 0, 0.7, 0.7, 0], abs=1e-6
    )


def test_nothing_is_written_where_nothing_may_be(campaign: Campaign, tmp_path: Path) -> None:
    boxes = overview(campaign)
    with pytest.raises(CampaignError, match="found none that pass the filters"):
        export_shown(campaign, boxes, np.zeros(0, np.int64), "csv", tmp_path / "o.csv")
    with pytest.raises(UnknownNameError, match="did you mean 'relion5'"):
        export_shown(campaign, boxes, ROWS, "relion6", tmp_path / "o.star")
    mine = tmp_path / "mine.csv"
    mine.write_text("precious\n")
    with pytest.raises(OutputError, match="--force replaces it"):
        export_shown(campaign, boxes, ROWS, "csv", mine)
    assert mine.read_text() == "precious\n"
    export_shown(campaign, boxes, ROWS, "csv", mine, force=True)
    assert len(read_picks(mine)) == 3
