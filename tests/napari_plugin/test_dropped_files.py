"""What is dropped on napari: tomograms, and picks that land in the right place of them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import mrcfile
import napari
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer, Points
from npe2 import PluginManager

from cryoal.errors import CryoALError, PicksError, TomogramError
from cryoal.io.picks import PICKS
from cryoal.napari_plugin import pick_reader, volume_reader
from cryoal.napari_plugin.reader import get_reader
from cryoal.napari_plugin.units import angstrom_of_unit
from tests.io.picks.every_format import SHAPE, SPACING, files_of, sample, truth

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cryoal.testing.phantoms import PhantomFiles

pytestmark = pytest.mark.usefixtures("qapp")

NAMES = ("TS_01", "TS_02")


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> ViewerModel:
    """A viewer without a window, as the one that is open."""
    made = ViewerModel()
    monkeypatch.setattr(napari, "current_viewer", lambda: made)
    return made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What napari's notifications told."""
    lines: list[str] = []
    monkeypatch.setattr(pick_reader, "show_info", lines.append)
    return lines


def drop(viewer: ViewerModel, path: Path) -> list[Layer]:
    """What napari does with a file that is dropped on it."""
    read = get_reader(str(path))
    assert read is not None
    added = []
    for data in read(str(path)):
        if len(data) > 1:
            added.append(viewer.add_layer(Layer.create(*data)))
    return added


def tomogram(folder: Path, name: str, shape: tuple[int, int, int] = SHAPE) -> Path:
    path = folder / f"{name}.mrc"
    with mrcfile.new(path) as file:
        file.set_data(np.random.default_rng(0).normal(size=shape).astype(np.float32))
        file.voxel_size = SPACING
    return path


def drawn(points: Points, image: Layer) -> np.ndarray[Any, Any]:
    """Voxels of `image` in which napari draws `points`: with units, which world_to_data lacks."""
    factor = angstrom_of_unit(points) / angstrom_of_unit(image)
    return np.array([image.world_to_data(points.data_to_world(p) * factor) for p in points.data])


def test_a_tomogram_is_read_as_it_is_looked_at_and_scaled_by_its_spacing(
    viewer: ViewerModel, phantoms: PhantomFiles
) -> None:
    (image,) = drop(viewer, phantoms.tomograms[0])
    assert image.name == "TS_01"
    assert tuple(image.scale) == (10.0,) * 3
    with mrcfile.open(phantoms.tomograms[0]) as file:
        np.testing.assert_array_equal(np.asarray(image.data[5]), file.data[5])
        low, high = image.contrast_limits
        inside = (file.data > low) & (file.data < high)
    assert inside.mean() > 0.98


@pytest.mark.parametrize("name", sorted({*PICKS.names()} - {"pickle"}))  # refused, not read
def test_picks_of_every_format_land_on_their_voxels(
    viewer: ViewerModel, tmp_path: Path, name: str, said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    of = truth(24)
    files = files_of(sample(tmp_path, name, of), name)
    for called in NAMES:
        drop(viewer, tomogram(tmp_path, called))
    whose = iter(NAMES)

    def answer(line: str, choices: list[str]) -> str:
        """Some files cannot tell of which format, or of which tomogram, they are."""
        return name if name in choices else next(whose)

    monkeypatch.setattr(pick_reader, "ask_choice", answer)
    layers = [layer for file in files for layer in drop(viewer, file)]
    assert layers, said
    for called in {*of.tomogram}:
        expected = of.voxel[[other == called for other in of.tomogram]][:, ::-1]
        its = [layer for layer in layers if layer.metadata["cryoal_tomogram"] == called]
        voxels = np.concatenate([drawn(layer, viewer.layers[called]) for layer in its])
        off = np.abs(voxels[:, None] - expected[None]).max(axis=2)
        assert off.min(axis=0).max() <= 0.51
        assert len(voxels) == len(expected)


def test_picks_follow_a_layer_that_another_plugin_scaled_moved_and_gave_a_unit(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    of = truth(12, ("TS_01",))
    path = sample(tmp_path, "relion5", of)
    volume = np.zeros(SHAPE, np.float32)
    nm = SPACING / 10
    viewer.add_image(volume, name="TS_01", scale=(nm,) * 3, translate=(3, -2, 5), units=("nm",) * 3)
    (points,) = drop(viewer, path)
    assert points.units == viewer.layers["TS_01"].units
    np.testing.assert_allclose(drawn(points, viewer.layers["TS_01"]), of.voxel[:, ::-1], atol=2e-3)


def test_a_tomogram_opened_without_its_spacing_gets_it_from_its_file(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    of = truth(12, ("TS_01",))
    picks = sample(tmp_path, "copick_csv", of)  # in angstrom
    file = tomogram(tmp_path, "TS_01")
    image = viewer.add_image(np.zeros(SHAPE, np.float32), name="TS_01")
    image.metadata["cryoal_path"] = str(file)
    (points,) = drop(viewer, picks)
    np.testing.assert_allclose(drawn(points, image), of.voxel[:, ::-1], atol=2e-3)


def test_picks_that_come_before_their_tomogram_wait_for_it(
    viewer: ViewerModel, tmp_path: Path, said: list[str], qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pick_reader, "PATIENCE", 1)
    of = truth(12)
    path = sample(tmp_path, "relion5", of)  # counts from the middle, so its size is needed
    assert drop(viewer, path) == []
    qtbot.waitUntil(lambda: bool(said))
    assert said == [
        "expected the tomogram TS_01 or another of 2, whose size and voxel spacing say where the "
        "picks of out.star are, found it not open: drag it in too; they come as soon as it is open"
    ]
    drop(viewer, tomogram(tmp_path, "TS_02"))
    assert [layer.name for layer in viewer.layers] == ["TS_02", "picks of TS_02"]
    drop(viewer, tomogram(tmp_path, "TS_01"))
    image, points = viewer.layers[-2:]
    assert (image.name, points.name) == ("TS_01", "picks of TS_01")
    is_its = [name == "TS_01" for name in of.tomogram]
    np.testing.assert_allclose(drawn(points, image), of.voxel[is_its][:, ::-1], atol=2e-3)
    drop(viewer, tomogram(tmp_path, "TS_03"))
    assert len(viewer.layers) == 5


def test_a_file_that_is_dropped_again_while_it_waits_comes_once(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    path = sample(tmp_path, "relion5", truth(12))
    for _ in range(3):
        drop(viewer, path)
    drop(viewer, tomogram(tmp_path, "TS_01"))
    drop(viewer, path)  # TS_02 is waited for still
    drop(viewer, tomogram(tmp_path, "TS_02"))
    names = [layer.name for layer in viewer.layers]
    assert names.count("picks of TS_02") == 1
    assert [name for name in names if name.startswith("picks of TS_02 ")] == []


@pytest.mark.parametrize("name", ["a.mrc", "a.rec", "a.st", "a.map"])
@pytest.mark.parametrize("data", [b"", bytes(range(256)) * 8])
def test_what_is_called_a_tomogram_and_is_none_is_told_so(
    tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    read = get_reader(str(path))
    assert read is not None  # else napari only says that it was refused
    with pytest.raises(TomogramError, match=r"^expected a tomogram .*, found "):
        read(str(path))


def test_picks_that_are_dropped_with_their_tomogram_say_nothing_of_waiting(
    viewer: ViewerModel, tmp_path: Path, said: list[str], qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pick_reader, "PATIENCE", 1)
    drop(viewer, sample(tmp_path, "relion5", truth(12, ("TS_01",))))
    drop(viewer, tomogram(tmp_path, "TS_01"))
    qtbot.wait(20)
    assert said == []
    assert [layer.name for layer in viewer.layers] == ["TS_01", "picks of TS_01"]


def test_without_a_window_what_is_missing_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(napari, "current_viewer", lambda: None)
    path = sample(tmp_path, "relion5", truth(12))
    read = get_reader(str(path))
    assert read is not None
    with pytest.raises(PicksError, match="found it not open: drag it in too"):
        read(str(path))


def test_picks_of_nobody_knows_which_tomogram_are_asked_about(
    viewer: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = truth(12, ("elsewhere",))
    path = sample(tmp_path, "relion5", of)
    for called in NAMES:
        drop(viewer, tomogram(tmp_path, called))
    read = get_reader(str(path))
    assert read is not None
    with pytest.raises(PicksError, match="open that tomogram, or choose one of these"):
        read(str(path))
    monkeypatch.setattr(pick_reader, "ask_choice", lambda line, choices: choices[1])
    (points,) = drop(viewer, path)
    assert points.name == "picks of TS_02"


def test_the_unit_is_asked_where_another_fits_better(
    viewer: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = truth(40, ("TS_01",))
    path = tmp_path / "picks.csv"
    rows = [",".join(f"{v * 4:.3f}" for v in voxel) for voxel in of.voxel]  # unbinned pixels
    path.write_text("tomogram,x,y,z\n" + "".join(f"TS_01,{row}\n" for row in rows))
    drop(viewer, tomogram(tmp_path, "TS_01"))
    read = get_reader(str(path))
    assert read is not None
    with pytest.raises(PicksError, match=r"--coordinate-spacing 10 or 2\.5"):
        read(str(path))
    asked: list[tuple[str, float]] = []
    monkeypatch.setattr(
        pick_reader, "ask_number", lambda line, value: asked.append((line, value)) or value
    )
    (points,) = drop(viewer, path)
    assert asked[0][1] == 2.5
    np.testing.assert_allclose(drawn(points, viewer.layers[0]), of.voxel[:, ::-1], atol=1e-3)


def test_a_spacing_that_the_header_lacks_is_asked(
    viewer: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "TS_09.mrc"
    with mrcfile.new(path) as file:
        file.set_data(np.zeros(SHAPE, np.float32))
    read = get_reader(str(path))
    assert read is not None
    with pytest.raises(TomogramError, match="give it"):
        read(str(path))
    monkeypatch.setattr(volume_reader, "ask_number", lambda line, value: 7.5)
    (image,) = drop(viewer, path)
    assert tuple(image.scale) == (7.5,) * 3


def test_a_spacing_of_one_angstrom_is_doubted(
    viewer: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "TS_09.mrc"
    with mrcfile.new(path) as file:
        file.set_data(np.zeros(SHAPE, np.float32))
        file.voxel_size = 1.0
    asked: list[str] = []
    monkeypatch.setattr(volume_reader, "ask_number", lambda line, value: asked.append(line) or 7.5)
    (image,) = drop(viewer, path)
    assert tuple(image.scale) == (7.5,) * 3
    assert asked[0].startswith("TS_09.mrc says 1 Å, which programs write")


def test_what_is_neither_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of ours\n")
    assert get_reader(str(tmp_path / "notes.txt")) is None
    assert get_reader(str(tmp_path / "gone.mrc")) is None
    assert get_reader(str(tmp_path)) is None


def test_a_file_that_lies_about_what_it_is_is_one_line(viewer: ViewerModel, tmp_path: Path) -> None:
    cut = tmp_path / "TS_01.mrc"
    cut.write_bytes(tomogram(tmp_path, "whole").read_bytes()[:5000])
    empty = tmp_path / "picks.star"
    empty.write_text("")
    packed = tmp_path / "list.star.gz"
    packed.write_bytes(gzip.compress(b"data_\n\nloop_\n_rlnCoordinateX\n1\n")[:-9])
    for path in (cut, empty, packed):
        read = get_reader(str(path))
        if read is not None:
            with pytest.raises(CryoALError) as told:
                read(str(path))
            assert "\n" not in str(told.value)
            assert path.name in str(told.value)


@pytest.mark.parametrize("file", ["a.mrc", "TS.rec", "x.star", "crop.tbl", "l.em", "p.star.gz"])
def test_napari_offers_us_for_every_kind_of_file(file: str) -> None:
    manager = PluginManager()
    manager.register(_manifest())
    assert [r.command for r in manager.iter_compatible_readers([file])] == ["cryoal.read"]


def _manifest() -> Any:
    from npe2 import PluginManifest

    return PluginManifest.from_distribution("cryoal")
