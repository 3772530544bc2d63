from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.project import tomogram_files
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from tests.io.picks.test_tables import part, position

if TYPE_CHECKING:
    from pathlib import Path

QUARTER = [[0, -1, 0, 5], [1, 0, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]]  # about z, and a translation


def points(*xyz: tuple[float, float, float], **more: Any) -> list[dict[str, Any]]:
    return [{"location": dict(zip("xyz", one, strict=True)), **more} for one in xyz]


def picks_file(folder: Path, run: str, name: str, listed: list[Any], **more: Any) -> Path:
    path = folder / "ExperimentRuns" / run / "Picks" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    user, session, kind = name.split("_") if name.count("_") == 2 else ("u", "1", name)
    said = {"pickable_object_name": kind, "user_id": user, "session_id": session}
    value = {**said, "run_name": run, "unit": "angstrom", "points": listed, **more}
    path.write_text(json.dumps(value))
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    picks_file(folder, "TS_1", "ann_1_ribosome", points((10, 20, 30), (40, 50, 60)))
    picks_file(folder, "TS_1", "bob_2_ribosome", points((10, 20, 31)))
    picks_file(folder, "TS_2", "ann_1_virus", points((1, 2, 3), score=0.25, instance_id=4))
    return folder


def test_a_project_is_read_run_by_run(project: Path) -> None:
    picks = read_picks(project)
    assert (picks.format, picks.names()) == ("copick", ["TS_1", "TS_2"])
    assert picks.reason == "3 files of Picks/*.json -> copick"
    assert picks.keys("TS_1") == [
        "TS_1/ann_1_ribosome/000000",
        "TS_1/ann_1_ribosome/000001",
        "TS_1/bob_2_ribosome/000000",
    ]
    assert position(picks, "TS_1") == [[30, 20, 10], [60, 50, 40], [31, 20, 10]]
    columns = picks.columns
    assert columns["pickable_object_name"] == ["ribosome"] * 3 + ["virus"]
    assert columns["user_id"] == ["ann", "ann", "bob", "ann"]
    assert (columns["score"], columns["instance_id"][3]) == (["", "", "", "0.25"], "4")
    assert picks.convention.class_column(columns) == "pickable_object_name"


@pytest.mark.parametrize("inside", ["ExperimentRuns", "ExperimentRuns/TS_1"])
def test_a_part_of_a_project_is_read_too(project: Path, inside: str) -> None:
    assert len(read_picks(project / inside)) == (4 if inside == "ExperimentRuns" else 3)
    picks = read_picks(project / "ExperimentRuns/TS_1/Picks/bob_2_ribosome.json")
    assert picks.keys("TS_1") == ["TS_1/bob_2_ribosome/000000"]
    assert read_picks(project / "ExperimentRuns/TS_1/Picks").names() == ["TS_1"]


def test_the_picks_of_one_user_are_chosen(project: Path) -> None:
    picks = read_picks(project, only=[("user_id", "bob"), ("pickable_object_name", "ribosome")])
    assert picks.keys("TS_1") == ["TS_1/bob_2_ribosome/000000"]


def test_a_configuration_names_the_folders(project: Path, tmp_path: Path) -> None:
    over = tmp_path / "over"
    picks_file(over, "TS_2", "cem_1_virus", points((7, 8, 9)))
    config = {"pickable_objects": [], "config_type": "filesystem", "static_root": f"{project}"}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**config, "overlay_root": f"local://{over}"}))
    assert len(read_picks(path)) == 5
    path.write_text(json.dumps({**config, "overlay_root": "s3://bucket/over"}))
    with pytest.raises(PicksError, match=r"found overlay_root s3://bucket/over in .*copick sync"):
        read_picks(path)
    path.write_text(json.dumps({**config, "overlay_root": f"{tmp_path}/gone"}))
    with pytest.raises(PicksError, match="expected a folder as overlay_root"):
        read_picks(path)


def test_the_tomograms_of_a_project_are_found_where_there_is_no_doubt(project: Path) -> None:
    def tomogram(run: str, kind: str) -> Path:
        path = project / "ExperimentRuns" / run / kind
        path.mkdir(parents=True)
        return path

    def found() -> dict[str, Path]:
        return tomogram_files(read_picks(project))

    assert found() == {}
    first = tomogram("TS_1", "VoxelSpacing10.000/wbp.zarr")
    tomogram("TS_1", "VoxelSpacing10.000/wbp_sam_features.zarr")
    assert found() == {"TS_1": first}
    second = tomogram("TS_2", "VoxelSpacing10.000/wbp.zarr")
    tomogram("TS_2", "VoxelSpacing10.000/denoised.zarr")  # of one run only
    assert found() == {"TS_1": first, "TS_2": second}
    tomogram("TS_1", "VoxelSpacing10.000/denoised.zarr")  # which of the two is meant?
    assert found() == {}


def test_a_particle_is_at_its_location_plus_the_translation(tmp_path: Path) -> None:
    listed = points((10, 20, 30), transformation_=QUARTER)
    picks = read_picks(picks_file(tmp_path, "TS_1", "u_1_a", listed))
    assert position(picks) == [[37, 26, 15]]
    assert picks.rotation is not None
    np.testing.assert_array_equal(picks.rotation[0] @ [1, 0, 0], [0, 1, 0])
    path = picks_file(tmp_path, "TS_1", "u_1_a", listed, trust_orientation=False)
    assert read_picks(path).rotation is None
    assert position(read_picks(path)) == [[37, 26, 15]]


def test_a_transform_that_is_no_rotation_is_no_pose(tmp_path: Path) -> None:
    mirror = [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    listed = points((1, 2, 3), transformation_=mirror)
    assert read_picks(picks_file(tmp_path, "TS_1", "u_1_a", listed)).rotation is None


def test_transforms_that_nobody_told_are_no_poses(project: Path, tmp_path: Path) -> None:
    picks = read_picks(project)
    assert picks.rotation is None
    assert "transform_00" not in picks.columns
    still = points((1, 2, 3), transformation_=np.eye(4).tolist())
    turned = points((1, 2, 3), transformation_=QUARTER)
    picks = read_picks(picks_file(tmp_path, "TS_1", "u_1_a", still + turned))
    assert picks.columns["transform_03"] == ["0.0", "5"]
    assert picks.rotation is not None


def test_numbers_stay_the_text_that_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '{"pickable_object_name": "a", "user_id": "u", "session_id": "01", "run_name": null, '
        '"points": [{"location": {"x": 1.50, "y": 2e0, "z": 3}, "score": null}]}'
    )
    picks = read_picks(path)
    assert [picks.columns[label][0] for label in "xyz"] == ["1.50", "2e0", "3"]
    assert (picks.names(), picks.columns["session_id"]) == ([""], ["01"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"unit": "nm"}, "expected unit 'angstrom', found 'nm'"),
        ({"points": []}, "expected picks, found none"),
        ({"points": {}}, "expected picks"),
        ({"points": [{"location": {"x": 1, "y": 2}}]}, "expected a location with x, y and z"),
        ({"points": [3]}, "expected a location with x, y and z, found None in point 1"),
        ({"points": points((1, 2, 3), transformation_=[[1]])}, "expected a transformation_ of 4"),
        (
            {"points": points((1, 2, 3), transformation_=[*QUARTER[:3], ["", 0, 0, 1]])},
            "expected 0, 0, 0, 1 as the last row of transformation_, found , 0, 0, 1",
        ),
        (
            {"points": points((1, 2, 3), transformation_=[*QUARTER[:3], [0, 0, 1, 1]])},
            "expected 0, 0, 0, 1 as the last row of transformation_",
        ),
    ],
)
def test_what_is_no_point_is_refused_by_its_place(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    path = picks_file(tmp_path, "TS_1", "u_1_a", [])
    value = {**json.loads(path.read_text()), **changed}
    path.write_text(json.dumps(value))
    with pytest.raises(PicksError, match=message):
        read_picks(path)


def test_a_coordinate_that_is_no_finite_number_is_refused(tmp_path: Path) -> None:
    path = picks_file(tmp_path, "TS_1", "u_1_a", points((1, 2, 3)))
    path.write_text(path.read_text().replace('"x": 1', '"x": NaN'))
    with pytest.raises(PicksError, match=r"NaN|finite"):
        read_picks(path)


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match="expected picks of a known format"):
        read_picks(tmp_path)


def test_an_overlay_is_written_and_read_again(project: Path, tmp_path: Path) -> None:
    picks = read_picks(project)
    labels = ["ribosome", "junk", "ribosome", "None"]
    told = {"cryoalClass": labels, "cryoalProbability": ["1.0", "0.5", "0.25", "0.0"]}
    write_particles(tmp_path / "out", "copick", [part(picks, told)])
    names = sorted(
        path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.json")
    )
    assert [f"{name}" for name in names] == [
        "ExperimentRuns/TS_1/Picks/cryoal_1_junk.json",
        "ExperimentRuns/TS_1/Picks/cryoal_1_ribosome.json",
        "ExperimentRuns/TS_2/Picks/cryoal_1_unclassified.json",
    ]
    again = read_picks(tmp_path / "out")
    assert position(again, "TS_1") == [[60, 50, 40], [30, 20, 10], [31, 20, 10]]
    assert again.columns["score"][:3] == ["0.5", "1.0", "0.25"]
    assert again.columns["instance_id"] == ["0", "0", "0", "4"]


@pytest.mark.parametrize("name", ["virus_like", "a b", "-a", "a/b", "a\tb"])
def test_a_class_that_copick_cannot_hold_is_refused(
    project: Path, tmp_path: Path, name: str
) -> None:
    told = {"cryoalClass": ["ribosome", name, "ribosome", "None"]}
    with pytest.raises(PicksError, match="expected names of classes that copick can hold"):
        write_particles(tmp_path / "out", "copick", [part(read_picks(project), told)])
    assert not list((tmp_path / "out").rglob("*.json"))


def test_the_real_picks_of_the_challenge_are_read(shared_data: Path) -> None:
    picks = read_picks(shared_data / "coordinates/czii/train/overlay")
    counts = {name: len(picks.rows(name)) for name in picks.names()}
    assert counts == {"TS_5_4": 140, "TS_69_2": 143, "TS_6_4": 193, "TS_6_6": 143, "TS_73_6": 217}
    rows = [row for row, kind in enumerate(picks.columns["pickable_object_name"])]
    assert len(rows) == len(picks) == 836
    first = read_picks(
        shared_data / "coordinates/czii/train/overlay/ExperimentRuns/TS_6_6/Picks/ribosome.json"
    )
    # the first location that stands in the file: 773.644, 4975.664, 1499.213
    assert first.columns["x"][0] == "773.644"
    assert first.keys("TS_6_6")[0] == "TS_6_6/curation_0_ribosome/000000"
