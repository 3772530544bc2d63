from __future__ import annotations

from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.errors import SimulationError
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.open import open_volume
from cryoal.simulate.files import Candidates, Optics, new_folder, write_tables, write_tomogram

if TYPE_CHECKING:
    from pathlib import Path


def test_picks_read_back_where_they_were(tmp_path: Path) -> None:
    places = np.array([[10.0, 20.0, 30.0], [95.5, 0.0, 310.0]])
    candidates = Candidates("TS_01", (20, 30, 40), places, np.zeros((2, 3)), ("a", "b"))
    files = write_tables(tmp_path, [candidates], 10.0, Optics())
    write_tomogram(
        tmp_path / "TS_01.mrc", np.random.default_rng(0).random((20, 30, 40)), 10.0, "int16"
    )
    picks = read_picks(files.picks, tomograms=files.tomograms_star)
    with open_volume(tmp_path / "TS_01.mrc") as volume:
        located = picks.locate("TS_01", picks.geometry("TS_01", volume))
    np.testing.assert_allclose(located.position_zyx_angstrom, places, atol=1e-3)
    assert files.truth.read_text() == "key,label\nTS_01/1,a\nTS_01/2,b\n"


def test_whole_numbers_are_clipped_not_wrapped(tmp_path: Path) -> None:
    write_tomogram(tmp_path / "x.mrc", np.array([[[-99.0, 0.001, 99.0]]] * 2), 10.0, "int16")
    assert mrcfile.read(tmp_path / "x.mrc")[0, 0].tolist() == [-32768, 0, 32767]


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "new") as here:
            (here / "half").touch()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with new_folder(tmp_path / "deep" / "new") as here:
        (here / "file").touch()
    assert [path.name for path in (tmp_path / "deep").rglob("*")] == ["new", "file"]


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with new_folder(tmp_path / "empty") as here:
        (here / "file").touch()
    with pytest.raises(SimulationError, match="found something in"), new_folder(tmp_path / "empty"):
        pass
    with (
        pytest.raises(SimulationError, match="found something in"),
        new_folder(tmp_path / "empty" / "file"),
    ):
        pass
