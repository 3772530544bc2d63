"""What napari reads of cryoal, and what it writes for it: positions to the exact voxel."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import napari.viewer
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer
from npe2 import PluginManifest

from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.tomogram import nearest_voxel
from cryoal.errors import OutputError, PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import WRITERS
from cryoal.napari_plugin.reader import get_reader, read_folder
from cryoal.napari_plugin.samples import phantom
from cryoal.napari_plugin.save_form import named_for
from cryoal.napari_plugin.save_picks import Chosen, choose, save_picks
from tests.io.picks.every_format import read_parts

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign
    from cryoal.testing.phantoms import PhantomFiles

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def model(campaign: Campaign) -> ViewerModel:
    """A viewer without a window, with the campaign opened in it."""
    made = ViewerModel()
    for data, arguments, kind in read_folder(str(campaign.path)):
        made.add_layer(Layer.create(data, arguments, kind))
    return made


def test_the_manifest_is_valid_and_every_command_of_it_is_there() -> None:
    manifest = PluginManifest.from_distribution("cryoal")
    manifest.validate_imports()
    assert manifest.name == "cryoal"
    assert len(manifest.contributions.readers) == 1


def test_a_campaign_has_picks_of_every_tomogram_and_the_first_image(
    campaign: Campaign, model: ViewerModel, phantoms: PhantomFiles
) -> None:
    assert [layer.name for layer in model.layers] == ["TS_01", "picks of TS_01", "picks of TS_02"]
    assert [layer.visible for layer in model.layers] == [True, True, False]
    image, first, second = model.layers
    pool = campaign.pool
    np.testing.assert_allclose(
        np.concatenate([first.data * first.scale, second.data * second.scale]),
        pool.position_zyx_angstrom,
    )
    assert list(first.features) == ["key", "tomogram", "class", "probability"]
    # A pick is where its box was cut: napari's whole coordinates are centres of voxels.
    row = 5
    voxel = nearest_voxel(first.data[row] * 1.0, 1.0)
    box = pool.read(np.array([row]))[0]
    middle = pool.box // 2
    np.testing.assert_array_equal(
        np.asarray(image.data[tuple(slice(v - middle, v + middle) for v in voxel)]), box
    )
    assert image.world_to_data(first.data_to_world(voxel)).tolist() == voxel.tolist()


def test_labels_and_predictions_are_the_classes_of_the_picks(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    rows = ["key,class,p_ring,p_rod,p_background,disagreement", *(f"{k},ring,1,0,0," for k in keys)]
    (campaign.path / "predictions.csv").write_text("\n".join(rows) + "\n")
    campaign.record("ana", [(keys[0], "rod"), (keys[1], None), (keys[2], "rod")])
    campaign.record("ben", [(keys[2], "ring")])
    points = read_folder(str(campaign.path))[1]
    assert points[1]["features"]["class"][:4] == ["rod", "", "", "ring"]
    assert points[1]["symbol"][:4] == ["square", "ring", "ring", "disc"]


def test_a_pool_by_itself_opens_as_well(campaign: Campaign) -> None:
    layers = read_folder(str(campaign.pool_path))
    assert [kind for _, _, kind in layers] == ["image", "points", "points"]


def test_picks_open_though_their_tomogram_has_moved(phantoms: PhantomFiles, tmp_path: Path) -> None:
    for path in phantoms.tomograms:
        shutil.copy(path, tmp_path)
    files = [tmp_path / path.name for path in phantoms.tomograms]
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(tmp_path / "pool.zarr", files, picks, box=8)
    for path in files:
        path.unlink()
    layers = read_folder(str(tmp_path / "pool.zarr"))
    assert [kind for _, _, kind in layers] == ["points", "points"]


def test_only_folders_of_ours_are_read(campaign: Campaign, tmp_path: Path) -> None:
    assert get_reader(str(campaign.path)) is not None
    assert get_reader(str(campaign.pool_path)) is not None
    assert get_reader(str(tmp_path / "nothing.zarr")) is None
    assert get_reader(str(campaign.path / "labels")) is None
    assert get_reader([str(campaign.path), str(campaign.path)]) is None


def test_the_sample_has_its_particles_where_the_picks_are() -> None:
    (volume, image, _), (points, arguments, _) = phantom()
    assert image["scale"] == arguments["scale"] == (10.0,) * 3
    is_ring = np.array(arguments["features"]["class"]) != "background"
    z, y, x = nearest_voxel(points, 1.0).T
    near = np.array([volume[a - 4 : a + 5, b - 4 : b + 5, c - 4 : c + 5].mean()
                     for a, b, c in zip(z, y, x, strict=True)])  # fmt: skip
    assert near[is_ring].mean() > near[~is_ring].mean() + 0.3


@pytest.mark.parametrize("to", sorted(WRITERS.names()))
def test_points_are_saved_in_every_format_that_is_written(
    model: ViewerModel, tmp_path: Path, to: str
) -> None:
    image = model.layers["TS_01"]
    voxels = np.array([[10, 20, 30], [16, 40, 50], [3, 4, 5], [31, 79, 79]])
    points = model.add_points(
        voxels, scale=(1.0,) * 3, units=("nm",) * 3, features={"class": ["a", "b", "a", "b"]}
    )
    image.units = ("angstrom",) * 3  # napari draws the point 10 nm at 100 angstrom
    path = named_for(to, str(tmp_path / "saved"))
    assert save_picks(Chosen(points, image), path, to, pixel_size=2.5) == 4
    parts = read_parts(path, to, (32, 80, 80))
    found = sorted(place for part in parts for place in part.position_zyx_angstrom.tolist())
    within = 5.0 if to == "deepetpicker" else 1e-2  # which has whole voxels
    np.testing.assert_allclose(found, sorted((voxels * 10.0).tolist()), atol=within)
    with pytest.raises((OutputError, PicksError)):
        save_picks(Chosen(points, image), tmp_path / "saved.nothing")


@pytest.mark.parametrize("name", ["picks.csv", "picks.star"])
def test_points_set_in_napari_are_cut_at_the_very_voxel(
    model: ViewerModel, phantoms: PhantomFiles, tmp_path: Path, name: str
) -> None:
    image = model.layers["TS_01"]
    voxels = np.array([[10, 20, 30], [16, 40, 50], [0, 0, 0], [31, 79, 79]])
    # A layer of another scale, shifted, as users have them: what counts is where they are drawn.
    points = model.add_points(
        (voxels * 10.0 - 5.0) / 2.0, scale=(2.0,) * 3, translate=(5.0,) * 3, name="mine"
    )
    assert save_picks(Chosen(points, image), tmp_path / name) == 4
    picks = read_picks(tmp_path / name)
    report = extract(tmp_path / "pool.zarr", phantoms.tomograms[:1], picks, box=8, density="black")
    assert report.n_added == 4
    pool = Pool.open(tmp_path / "pool.zarr")
    np.testing.assert_allclose(pool.position_zyx_angstrom, voxels * 10.0, atol=1e-3)
    volume = np.asarray(image.data)
    for box, (z, y, x) in zip(pool.read(np.arange(4)), voxels, strict=True):
        assert box[4, 4, 4] == volume[z, y, x]
    assert pool.keys.tolist()[0] == "TS_01/x30_y20_z10"


def test_an_image_without_a_spacing_gives_voxels(
    model: ViewerModel, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    image = model.add_image(np.asarray(model.layers["TS_01"].data), name="TS_01.mrc")
    points = model.add_points([[10.0, 20.0, 30.0]], features={"class": ["ring"]}, name="mine")
    save_picks(Chosen(points, image), tmp_path / "picks.csv")
    picks = read_picks(tmp_path / "picks.csv")
    assert picks.columns["class"] == ["ring"]
    extract(tmp_path / "pool.zarr", phantoms.tomograms[:1], picks, box=8, density="black")
    pool = Pool.open(tmp_path / "pool.zarr")
    assert pool.position_zyx_angstrom.tolist() == [[100.0, 200.0, 300.0]]
    with pytest.raises(PicksError, match="expected the voxel spacing in angstrom"):
        save_picks(Chosen(points, image), tmp_path / "picks.star")


def test_which_points_of_which_tomogram_is_told_or_asked(model: ViewerModel) -> None:
    first = model.layers["picks of TS_01"]
    assert choose(model.layers, [first]).image is model.layers["TS_01"]
    with pytest.raises(PicksError, match="one selected Points layer, found picks of TS_01, picks"):
        choose(model.layers, [])
    other = model.add_image(np.zeros((4, 5, 6)), name="other")
    mine = model.add_points([[1.0, 2.0, 3.0]], name="mine")
    assert choose(model.layers, [first]).image is model.layers["TS_01"]
    with pytest.raises(PicksError, match="one selected tomogram"):
        choose(model.layers, [mine])
    assert choose(model.layers, [mine, other]).image is other
    flat = model.add_points([[1.0, 2.0]], name="flat")
    with pytest.raises(PicksError, match="found 2 axes"):
        choose(model.layers, [flat])


def test_a_scale_that_differs_between_axes_is_refused(model: ViewerModel, tmp_path: Path) -> None:
    image = model.add_image(np.zeros((4, 5, 6)), scale=(10, 10, 8), name="odd")
    points = model.add_points([[1.0, 2.0, 3.0]], name="mine")
    with pytest.raises(PicksError, match="expected one voxel spacing as the scale of 'odd'"):
        save_picks(Chosen(points, image), tmp_path / "picks.csv")
    with pytest.raises(PicksError, match=r"expected a name in \.csv or \.star"):
        save_picks(Chosen(points, model.layers["TS_01"]), tmp_path / "picks.txt")


def test_the_menu_asks_where_and_tells_what_came_of_it(
    model: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.napari_plugin import save_dialog

    told: list[str] = []
    monkeypatch.setattr(save_dialog, "show_info", told.append)
    monkeypatch.setattr(save_dialog, "show_error", told.append)
    monkeypatch.setattr(save_dialog.SaveForm, "exec", lambda form: form.path.setText(named) or 1)
    named = str(tmp_path / "mine")
    model.layers.selection = {model.layers["picks of TS_01"]}
    save_dialog.save_points_as_picks(model)
    assert (tmp_path / "mine.star").is_file()
    how = f"cryoal add DIR TOMOGRAM --picks {tmp_path / 'mine.star'}"
    assert told == [f"18 picks of TS_01 saved: {how}{save_dialog.MIDDLE}"]
    asked: list[str] = []
    no = save_dialog.QMessageBox.StandardButton.No
    monkeypatch.setattr(
        save_dialog.QMessageBox, "question", lambda *words: asked.append(words[2]) or no
    )
    save_dialog.save_points_as_picks(model)  # with its ending
    assert asked == [f"{tmp_path / 'mine.star'} is there already. Replace it?"]
    assert len(told) == 1
    model.layers.selection = set()
    save_dialog.save_points_as_picks(model)
    assert told[1].startswith("expected one selected Points layer")
    hints = save_dialog.save_points_as_picks.__annotations__
    assert hints["viewer"] == "napari.viewer.Viewer"
    assert napari.viewer.Viewer
