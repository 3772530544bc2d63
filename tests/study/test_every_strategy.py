"""Each strategy of the table runs a campaign, with the companions that it needs and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.strategies import STRATEGIES
from cryoal.study.ablations import ABLATIONS, with_ablation
from cryoal.study.compare import cells, compare
from cryoal.study.config import read_study
from tests.study.images import STUDY, write_study

if TYPE_CHECKING:
    from pathlib import Path

SHORT = STUDY.replace("seeds = [0, 1]", "seeds = [0]").replace("cycles = 2", "cycles = 1")
SHORT = SHORT.replace("train.epochs=3", "train.epochs=1").replace("gradients = true", "")


@pytest.mark.parametrize("name", STRATEGIES.builtins)
def test_a_campaign_of_each_strategy(name: str, tmp_path: Path) -> None:
    text = SHORT.replace('["random", "margin", "knowledge-transfer"]', f'["{name}"]')
    rows = compare(read_study(write_study(tmp_path, text)), tmp_path / "out")
    assert [row["n_labelled"] for row in rows] == [12, 18]
    assert rows[0]["n_picked"] == 6


@pytest.mark.parametrize("name", ABLATIONS)
def test_the_cells_of_each_ablation_can_be_run(name: str, tmp_path: Path) -> None:
    study = with_ablation(read_study(write_study(tmp_path, SHORT)), name)
    found = cells(study, tmp_path / "out")
    assert [cell.variant.name for cell in found] == [v.name for v in ABLATIONS[name]]
