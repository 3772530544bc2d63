"""Out of every format and into every other: positions to 1e-3 voxel, and where particles point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.io.picks.read import read_picks
from tests.io.picks.every_format import (
    ROUNDS,
    SPACING,
    Truth,
    part_of,
    read_parts,
    require_same,
    sample,
    truth,
    write_out,
)
from tests.io.picks.files import particles
from tests.io.picks.test_contract import READ, WRITTEN
from tests.io.picks.test_formats import OPTICS
from tests.io.picks.test_write import MOVED

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("source", READ)
def test_every_format_goes_out_as_every_other(tmp_path: Path, source: str) -> None:
    of = truth(8, seed=sum(source.encode()))
    (tmp_path / "in").mkdir()
    came = read_parts(sample(tmp_path / "in", source, of), source)
    has_poses = all(part.rotation is not None for part in came)
    for to in WRITTEN:
        folder = tmp_path / to
        folder.mkdir()
        again = read_parts(write_out(folder, to, came), to)
        within = 1e-3 + ROUNDS.get(source, 0) + ROUNDS.get(to, 0)
        require_same(of, again, within=within, has_poses=has_poses)


SHIFTED = [name for name in MOVED if name != "csv"]


@pytest.mark.parametrize("source", SHIFTED)
def test_shifted_and_turned_particles_go_out_as_every_format(tmp_path: Path, source: str) -> None:
    header, row = MOVED[source]
    rng = np.random.default_rng(0)
    rows = [
        row.format(
            *(
                " ".join(f"{value:.5f}" for value in rng.uniform(low, high, 3))
                for low, high in ((2, 90), (-20, 20), (-180, 180))
            )
        )
        for _ in range(9)
    ]
    blocks = {"optics": OPTICS} if source == "relion4" else {}
    file = particles(tmp_path / "p.star", "\n".join((header, *rows)), **blocks)
    before = part_of(read_picks(file, format_name=source.removesuffix(".1")))
    rotation = before.rotation
    of = Truth(
        before.tomogram,
        before.position_zyx_angstrom[:, ::-1] / SPACING,
        np.tile(np.eye(3), (9, 1, 1)) if rotation is None else rotation,
    )
    for to in WRITTEN:
        folder = tmp_path / to
        folder.mkdir()
        again = read_parts(write_out(folder, to, [before]), to)
        within = 1e-3 + ROUNDS.get(to, 0)
        require_same(of, again, within=within, has_poses=rotation is not None)
