"""``cryoal picks``, and tomograms that the tomograms STAR names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryoal.cli import main
from cryoal.io.star import read_star, write_star
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_file_of_picks_is_told_before_anything_is_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("tomogram,x,y,z\nTS_1,40,20,8\nTS_2,90,70,80\nTS_2,9,7,8\n")
    assert main(["picks", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: csv (x, y, z -> CSV, voxels)"
    assert "picks: 3; tomograms: 2" in lines
    assert "  TS_2: 2" in lines
    assert "x: 9 to 90" in lines
    assert main(["picks", str(path), "--coordinate-spacing", "10", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["picks"], found["unit"], found["missing"]) == (3, "10 A", None)
    assert found["first"] == [
        {
            "key": "TS_1/000000",
            "tomogram": "TS_1",
            "x_angstrom": 400.0,
            "y_angstrom": 200.0,
            "z_angstrom": 80.0,
        }
    ]
    assert main(["picks", str(tmp_path / "none.csv")]) == 2


def test_tomograms_that_the_tomograms_star_names_need_not_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = write_phantoms(tmp_path / "made", n_tomograms=2, shape=(32, 80, 80), per_class=6)
    table = read_star(made.tomograms_star)["global"]
    table["rlnTomoReconstructedTomogram"] = [f"made/{path.name}" for path in made.tomograms]
    (tmp_path / "Tomograms/job007").mkdir(parents=True)
    write_star(tmp_path / "Tomograms/job007/tomograms.star", {"global": table})
    assert main(["init", str(tmp_path / "c"), "--classes", "a,b", "--set", "pool.box=8"]) == 0
    star = str(tmp_path / "Tomograms/job007/tomograms.star")
    capsys.readouterr()
    assert main(["picks", str(made.picks), "--tomograms", star, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["tomogram_files"]
    assert files == {"TS_01": str(made.tomograms[0]), "TS_02": str(made.tomograms[1])}
    words = ["add", str(tmp_path / "c"), "--picks", str(made.picks), "--tomograms", star]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["in_tomogram"] == {"TS_01": 18, "TS_02": 18}
