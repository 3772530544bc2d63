"""What every format of the table promises: a new one is held to it on arrival."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.errors import PicksError
from cryoal.io.picks import FORMATS, PICKS, WRITERS
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.preview import preview
from cryoal.io.picks.read import read_picks
from tests.data.samples import write_mrc
from tests.io.picks.every_format import (
    ROUNDS,
    SHAPE,
    Truth,
    files_of,
    geometry,
    part_of,
    particle_part,
    read_back,
    read_parts,
    refusal,
    require_same,
    sample,
    suffix,
    truth,
    write_out,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.io.picks.base import PickFormat

EVERY = [*FORMATS]
REFUSED = {"pickle"}  # known only so that its message says the way around
READ = [name for name in EVERY if name not in REFUSED]
WRITTEN = [name for name in READ if FORMATS[name][1]]


def test_the_tables_of_readers_and_writers_are_those_of_the_formats() -> None:
    assert [name for name in PICKS.names() if name in FORMATS] == EVERY
    assert [name for name in WRITERS.names() if name in FORMATS] == WRITTEN


@pytest.mark.parametrize("name", EVERY)
def test_a_format_goes_by_its_name_and_says_its_convention(name: str) -> None:
    convention = cast("type[PickFormat]", PICKS.load(name))
    assert convention.name == name
    first, *rest = (convention.__doc__ or "").strip().splitlines()
    module = sys.modules[convention.__module__].__doc__ or ""
    assert first.endswith(".")
    assert len(first) < 120
    assert (
        name in REFUSED or rest or len(module.splitlines()) > 1
    )  # here or there: unit, origin, axes, source


@pytest.mark.parametrize("name", READ)
def test_planted_voxels_are_the_middles_of_their_boxes(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(3)
    volume = rng.normal(0, 1, SHAPE).astype(np.float32)
    end = np.array(SHAPE[::-1]) - 6
    at = rng.integers(6, end, (7, 3))
    at[0], at[-1] = 6, end  # the ends show a wrong scale most
    volume[tuple(at[:, ::-1].T)] = 100.0
    file = write_mrc(tmp_path / "TS_01.mrc", volume)
    path = sample(tmp_path, name, Truth(["TS_01"] * 7, at.astype(float), truth(7).rotation))
    for number, picks in enumerate(read_back(path, name)):
        extract(tmp_path / f"{number}.zarr", [file], picks, box=8, density="white")
        pool = Pool.open(tmp_path / f"{number}.zarr")
        boxes = pool.read(np.arange(len(pool)))
        assert len(pool) == len(picks)
        assert (boxes[:, 4, 4, 4] == 100.0).all()


@pytest.mark.parametrize("n", [1, 9])
@pytest.mark.parametrize("name", READ)
def test_positions_and_poses_come_back(tmp_path: Path, name: str, n: int) -> None:
    of = truth(n)
    require_same(of, read_parts(sample(tmp_path, name, of), name), within=ROUNDS.get(name, 1e-3))


@pytest.mark.parametrize("name", READ)
def test_a_file_is_known_for_its_format_or_asked_about(tmp_path: Path, name: str) -> None:
    (file, *_) = files_of(sample(tmp_path, name, truth(6)), name)
    asked = refusal(lambda: read_picks(file))
    if asked is None:
        assert read_picks(file).format == name
    else:
        assert re.search(rf"found .*\b{name} \(.*: say which \(--format\)", asked)


@pytest.mark.parametrize("name", WRITTEN)
def test_names_of_any_alphabet_come_back_or_are_refused(tmp_path: Path, name: str) -> None:
    of = truth(4, ("Zelle-ü7", "細胞-1"))
    refused = refusal(lambda: write_out(tmp_path, name, [particle_part(of)]))
    if refused is not None:
        assert re.match(r"expected [^\n]+ found [^\n]+$", refused)
        return
    parts = read_parts(write_out(tmp_path, name, [particle_part(of)]), name)
    assert {clean_name(n) for part in parts for n in part.tomogram} == {*of.tomogram}


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_and_tomograms_without_a_name_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PicksError, match=r"expected particles to write .* found none"):
        write_out(tmp_path, name, [])
    with pytest.raises(PicksError, match="expected the name of a tomogram, found none for"):
        write_out(tmp_path, name, [particle_part(truth(2, ("",)))])
    assert not any(file.is_file() for file in tmp_path.rglob("*"))


GARBAGE = {
    "nothing": b"",
    "zeros": bytes(600),
    "bytes": np.random.default_rng(0).bytes(3000),
    "text": b"lorem ipsum\ndolor sit amet\n",
    "not_utf_8": "x,y,z\n1,2,ü\n".encode("latin-1"),
    "deep": b"[" * 10000,
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "header_alone": b"tomogram,x,y,z\n",
    "star_alone": b"data_particles\n\nloop_\n_rlnCoordinateX #1\n",
}


def _located(file: Path, format_name: str | None) -> object:
    return part_of(read_picks(file, format_name=format_name))


@pytest.mark.parametrize("content", GARBAGE)
@pytest.mark.parametrize("name", EVERY)
def test_garbage_is_refused_in_a_line(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / f"garbage{suffix(name)}"
    file.write_bytes(GARBAGE[content])
    for format_name in (name, None):
        said = refusal(partial(_located, file, format_name))
        assert said is not None
        assert re.match(r"expected [^\n]*garbage[^\n]*$", said)
        assert "root:" not in said


@pytest.mark.parametrize("name", READ)
def test_what_is_cut_short_is_read_or_refused_in_a_line(tmp_path: Path, name: str) -> None:
    (file, *_) = files_of(sample(tmp_path, name, truth(9)), name)
    if file.is_dir():
        file = next(f for f in sorted(file.rglob("*")) if f.is_file())
    content = file.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.95, 0.999):
        file.write_bytes(content[: int(share * len(content))])
        said = refusal(partial(_located, file, name))
        assert said is None or "\n" not in said


@pytest.mark.parametrize("name", READ)
def test_the_users_word_on_the_unit_is_believed(tmp_path: Path, name: str) -> None:
    file = files_of(sample(tmp_path, name, truth(9)), name)[0]
    apart = []
    for spacing in (7.0, 14.0):
        picks = read_picks(file, format_name=name, coordinate_spacing=spacing)
        coordinate = picks.locate(picks.names()[0], geometry()).coordinate_zyx_angstrom
        apart.append(coordinate - coordinate[0])
    np.testing.assert_allclose(apart[1], 2 * apart[0], rtol=1e-9)


@pytest.mark.parametrize("name", READ)
def test_a_file_is_told_before_anything_is_cut(tmp_path: Path, name: str) -> None:
    file = files_of(sample(tmp_path, name, truth(9)), name)[0]
    found = preview(read_picks(file, format_name=name))
    assert found.format == name
    assert sum(found.tomograms.values()) == found.n > 0
    assert found.unit
    assert (found.missing is None) == bool(found.first)
