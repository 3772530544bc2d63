"""Tiles show what is around a box, and say so where they cannot."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.commands import command
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.mrc import MrcVolume
from cryoal.review.slab import MOST_PIXELS
from cryoal.review.tiles import EDGE_BOXES, Missing, Tile, Tiles
from cryoal.review.view import View, to_grey
from tests.conftest import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.testing.phantoms import PhantomFiles

BOX = 8


@pytest.fixture
def own(phantoms: PhantomFiles, tmp_path: Path) -> Campaign:
    """A campaign whose tomograms may be moved and damaged."""
    files = [Path(shutil.copy(path, tmp_path)) for path in phantoms.tomograms]
    config = make_config(phantoms.classes, "laptop", SETTINGS)
    campaign = Campaign.create(tmp_path / "own", config)
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, files, picks, box=BOX)
    return Campaign.open(campaign.path)


def greys(found: Tile | Missing) -> NDArray[np.uint8]:
    assert isinstance(found, Tile)
    return found.grey


def inner(campaign: Campaign) -> list[int]:
    """Rows of boxes with all of their tile inside the tomogram."""
    pool = campaign.pool
    margin = (EDGE_BOXES * BOX // 2 + 1) * pool.voxel_spacing
    size = np.array([pool.tomograms[0].shape]) * pool.voxel_spacing
    place = pool.position_zyx_angstrom
    is_inside = ((place > margin) & (place < size - margin))[:, 1:].all(axis=1)
    return np.flatnonzero(is_inside).tolist()


def test_the_outline_holds_the_box_as_its_card_draws_it(campaign: Campaign) -> None:
    boxes = campaign.pool.read_normalised(np.arange(len(campaign.pool)))
    with Tiles(campaign) as tiles:
        for row in inner(campaign):
            tile = tiles.tile(row)
            assert isinstance(tile, Tile)
            low, high = (round(share * len(tile.grey)) for share in tile.outline)
            assert (low, high) == (BOX, 2 * BOX)
            expected = View().draw(boxes[row])[0]
            assert np.abs(tile.grey[low:high, low:high].astype(int) - expected).max() <= 1


def test_a_tile_has_the_voxels_of_the_tomogram_and_ice_beyond_its_border(
    campaign: Campaign,
) -> None:
    pool = campaign.pool
    row = int(np.argmin(pool.position_zyx_angstrom[:, 2]))
    record = pool.tomograms[pool.tomogram[row]]
    with record.open() as volume:
        voxels = volume.read((0, 0, 0), volume.shape).astype(np.float64)
    z, y, x = np.floor(pool.position_zyx_angstrom[row] / pool.voxel_spacing + 0.5).astype(int)
    scores = (voxels[z - 1 : z + 2] - record.center) / record.scale
    if record.density == "black":
        scores = -scores
    expected = np.full((3 * BOX, 3 * BOX), int(to_grey(np.zeros(1, np.float32))[0]))
    for v in range(3 * BOX):
        for h in range(3 * BOX):
            at = y - 12 + v, x - 12 + h
            if 0 <= at[0] < voxels.shape[1] and 0 <= at[1] < voxels.shape[2]:
                mean = np.clip(scores[:, at[0], at[1]], -10, 10).mean()
                expected[v, h] = to_grey(np.array([mean], np.float32))[0]
    with Tiles(campaign) as tiles:
        found = greys(tiles.tile(row))
    assert x < 12  # else nothing is beyond
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_a_large_box_is_binned_and_its_outline_stays(campaign: Campaign) -> None:
    campaign.pool.box = MOST_PIXELS
    with Tiles(campaign) as tiles:
        tile = tiles.tile(0)
    assert isinstance(tile, Tile)
    assert tile.grey.shape == (MOST_PIXELS, MOST_PIXELS)
    assert tile.outline == pytest.approx((1 / 3, 2 / 3))


def test_only_the_voxels_of_the_tile_are_read(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = list[int]()
    read = MrcVolume.read

    def counted(self: MrcVolume, start: Sequence[int], stop: Sequence[int]) -> Any:
        sizes.append(read(self, start, stop).size)
        return read(self, start, stop)

    with Tiles(campaign) as tiles:
        greys(tiles.tile(0))  # opened, and known to be the same tomogram
        monkeypatch.setattr(MrcVolume, "read", counted)
        greys(tiles.tile(0))
    assert len(sizes) == 1
    assert 0 < sizes[0] <= campaign.config.review.thickness * (EDGE_BOXES * BOX) ** 2


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many volumes were opened, and are open now."""
    found = Counter[str]()
    init, close = MrcVolume.__init__, MrcVolume.close

    def opened(self: MrcVolume, *args: Any, **more: Any) -> None:
        init(self, *args, **more)
        found.update(["opened", "open"])

    def closed(self: MrcVolume) -> None:
        close(self)
        found.subtract(["open"])

    monkeypatch.setattr(MrcVolume, "__init__", opened)
    monkeypatch.setattr(MrcVolume, "close", closed)
    return found


def test_few_files_stay_open_and_none_after_the_end(
    campaign: Campaign, counts: Counter[str]
) -> None:
    first, last = 0, len(campaign.pool) - 1
    with Tiles(campaign, most_open=1) as tiles:
        for row in (first, last, first):
            greys(tiles.tile(row))
            assert counts["open"] == 1
    assert counts == {"opened": 3, "open": 0}


def test_several_opens_each_tomogram_once_whatever_the_order(
    campaign: Campaign, counts: Counter[str]
) -> None:
    n = len(campaign.pool)
    rows = [row for pair in zip(range(n // 2), range(n - 1, 0, -1), strict=False) for row in pair]
    with Tiles(campaign, most_open=1) as tiles:
        found = dict(tiles.several(rows))
        assert all(np.array_equal(greys(found[row]), greys(tiles.tile(row))) for row in rows[::9])
    assert set(found) == set(rows)
    with Tiles(campaign, most_open=1) as tiles:
        before = counts["opened"]
        dict(tiles.several(rows))
        assert counts["opened"] - before == len(campaign.pool.tomograms)


def test_several_threads_get_the_same_as_one(campaign: Campaign) -> None:
    rows = list(range(len(campaign.pool)))
    with Tiles(campaign) as tiles:
        expected = [greys(tiles.tile(row)) for row in rows]
    with Tiles(campaign, most_open=1) as tiles, ThreadPoolExecutor(4) as threads:
        found = [greys(tile) for tile in threads.map(tiles.tile, rows)]
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_a_tomogram_that_goes_is_said_and_one_that_comes_back_is_shown(own: Campaign) -> None:
    path = own.pool.tomograms[0].path
    with Tiles(own) as tiles:
        before = greys(tiles.tile(0))
        path.rename(path.with_suffix(".away"))
        missing = tiles.tile(0)
        assert isinstance(missing, Missing)
        assert missing.reason == (
            f"expected the tomogram {own.pool.tomograms[0].name} as before, found no file {path}; "
            f"if it has moved: {command('relocate', own.path, 'FOLDER')}"
        )
        assert isinstance(tiles.tile(len(own.pool) - 1), Tile)  # of another tomogram
        path.with_suffix(".away").rename(path)
        assert np.array_equal(greys(tiles.tile(0)), before)


def test_a_tomogram_cut_short_or_replaced_under_a_tile_is_said(own: Campaign) -> None:
    path, other = (record.path for record in own.pool.tomograms[:2])
    whole = path.read_bytes()
    with Tiles(own) as tiles:
        greys(tiles.tile(0))
        path.write_bytes(whole[: len(whole) // 2])
        missing = tiles.tile(0)
        assert isinstance(missing, Missing)
        assert "is truncated" in missing.reason
        shutil.copy(other, path)
        missing = tiles.tile(0)
        assert isinstance(missing, Missing)
        assert "found another one of the same shape" in missing.reason
        path.write_bytes(whole)
        assert isinstance(tiles.tile(0), Tile)
