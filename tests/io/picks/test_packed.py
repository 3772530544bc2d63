"""Every format in gzip, as a file or as the files of its folder; and as our own CSV."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

import pytest

from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from tests.io.picks.every_format import read_back, read_parts, require_same, sample, truth
from tests.io.picks.test_contract import READ

if TYPE_CHECKING:
    from pathlib import Path

TOLD = (".doc", "classes.txt")  # tables beside a file, which are read by name


@pytest.mark.parametrize("name", READ)
def test_a_packed_file_is_the_file(tmp_path: Path, name: str) -> None:
    path = sample(tmp_path, name, truth(3, ("TS_01",)))
    plain = read_back(path, name)
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    for file in files:
        if not file.name.endswith(TOLD):
            packed = gzip if len(files) > 1 or len(file.name) % 2 else bz2
            ending = ".gz" if packed is gzip else ".bz2"
            file.with_name(file.name + ending).write_bytes(packed.compress(file.read_bytes()))
            file.unlink()
            path = file.with_name(file.name + ending) if file == path else path
    again = read_back(path, name)
    assert [picks.columns for picks in again] == [picks.columns for picks in plain]
    assert [picks.format for picks in again] == [picks.format for picks in plain]


@pytest.mark.parametrize("name", READ)
def test_our_own_csv_is_known_for_it_whatever_came_along(tmp_path: Path, name: str) -> None:
    of = truth(4)
    parts = read_parts(sample(tmp_path, name, of), name)
    write_particles(tmp_path / "ours.csv", "csv", parts)
    assert read_picks(tmp_path / "ours.csv").format == "csv"
    require_same(of, read_parts(tmp_path / "ours.csv", "csv"), within=0.51, has_poses=False)
