from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.campaign import Campaign
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("ring", "rod", "<b>ice & more</b>")


@pytest.fixture(scope="session")
def _pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    files = write_phantoms(folder, n_tomograms=2, shape=(32, 96, 96), per_class=9)
    picks = read_picks(files.picks, tomograms=files.tomograms_star)
    extract(folder / "pool.zarr", files.tomograms, picks, box=16)
    return folder / "pool.zarr"


@pytest.fixture
def empty(tmp_path: Path) -> Campaign:
    """A campaign to which nothing has been added."""
    return Campaign.create(tmp_path / "my campaign", make_config(CLASSES, settings=["pool.box=16"]))


@pytest.fixture
def campaign(empty: Campaign, _pool: Path) -> Campaign:
    """A campaign of 54 boxes in two tomograms, without labels."""
    shutil.copytree(_pool, empty.pool_path)
    return empty
