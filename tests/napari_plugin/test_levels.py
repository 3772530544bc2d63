from __future__ import annotations

from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.campaign.thumbnails import WINDOW
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.errors import TomogramError
from cryoal.io.picks.geometry import Geometry
from cryoal.napari_plugin.levels import open_tomogram, tomogram_layer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.density import Density

SHAPE = (11, 600, 530)


def record(path: Path, density: Density = "black") -> TomogramRecord:
    return TomogramRecord(
        name="TS_01", path=path, shape=SHAPE, voxel_spacing=13.5, center=100.0, scale=20.0,
        density=density, density_guessed=False, geometry=Geometry(SHAPE, 13.5), notes=(),
    )  # fmt: skip


@pytest.fixture
def voxels(tmp_path: Path) -> NDArray[np.int16]:
    values = np.random.default_rng(3).integers(0, 200, SHAPE).astype(np.int16)
    with mrcfile.new(tmp_path / "TS_01.mrc") as file:
        file.set_data(values)
        file.voxel_size = 13.5
    return values


def test_the_first_level_is_the_file_and_the_next_its_mean_over_y_and_x(
    tmp_path: Path, voxels: NDArray[np.int16]
) -> None:
    opened = open_tomogram(record(tmp_path / "TS_01.mrc"))
    full, half = opened.levels
    assert full.dtype == np.float32
    np.testing.assert_array_equal(full[3:9, 250:270].compute(), voxels[3:9, 250:270])
    np.testing.assert_array_equal(full.compute(), voxels)
    assert half.shape == (11, 300, 265)
    means = voxels.reshape(11, 300, 2, 265, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(half.compute(), means, rtol=1e-6)
    opened.close()


@pytest.mark.usefixtures("voxels")
def test_nothing_is_read_before_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_tomogram(record(tmp_path / "TS_01.mrc"))
    asked: list[tuple[int, ...]] = []
    read = type(opened.volume).read
    monkeypatch.setattr(
        type(opened.volume), "read",
        lambda volume, start, stop: asked.append(tuple(start)) or read(volume, start, stop),
    )  # fmt: skip
    tomogram_layer(opened)
    assert asked == []
    opened.levels[0][5].compute()
    assert {start[0] for start in asked} == {0}  # sections 0 to 7 alone
    opened.close()


@pytest.mark.usefixtures("voxels")
@pytest.mark.parametrize(("density", "dark"), [("white", WINDOW[0]), ("black", -WINDOW[0])])
def test_grey_is_that_of_the_cards_and_particles_are_light(
    tmp_path: Path, density: Density, dark: float
) -> None:
    opened = open_tomogram(record(tmp_path / "TS_01.mrc", density))
    _, arguments = tomogram_layer(opened)
    low, high = arguments["contrast_limits"]
    black = low if arguments["colormap"] == "gray" else high
    assert low < high
    assert black == pytest.approx(100 + 20 * dark)
    assert arguments["scale"] == (13.5,) * 3
    opened.close()


def test_a_file_that_is_gone_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(TomogramError, match=r"found no file .*TS_09\.mrc"):
        open_tomogram(record(tmp_path / "TS_09.mrc"))
