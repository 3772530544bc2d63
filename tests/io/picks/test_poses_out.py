"""A pose that comes in with one program turns a vector the same way in the numbers of another.

The numbers are read from the written files here, without cryoal's readers, and turned with scipy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from cryoal.io.star import read_star
from tests.io.picks.every_format import part_of
from tests.io.picks.files import particles
from tests.io.picks.test_formats import XYZ_CENTRED
from tests.io.picks.test_write import SUBTOMOGRAM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VECTOR = np.array([1.0, 2.0, 3.0])
RELION = [[10.0, 20.0, 30.0], [-170.0, 95.5, 3.25], [0.0, 0.0, 77.0], [12.0, 180.0, 0.0]]


def _dynamo(folder: Path) -> Rotation:
    angles = np.loadtxt(folder / "particles.tbl", ndmin=2)[:, 6:9]
    # the template turns clockwise about z, the new x, the new z
    return Rotation.from_euler("ZXZ", -angles, degrees=True)


def _motl(folder: Path) -> Rotation:
    raw = (folder / "particles.em").read_bytes()
    values = np.frombuffer(raw[512:], "<f4").reshape(-1, 20)
    phi, psi, theta = values[:, 16], values[:, 17], values[:, 18]
    return Rotation.from_euler("zxz", np.stack([phi, theta, psi], 1), degrees=True)


def _copick(folder: Path) -> Rotation:
    (file,) = folder.rglob("*.json")
    points = json.loads(file.read_text())["points"]
    return Rotation.from_matrix([np.array(point["transformation_"])[:3, :3] for point in points])


def _stopgap(folder: Path) -> Rotation:
    (file,) = folder.glob("*.star")
    table = next(iter(read_star(file).values()))
    angles = np.array([table[label] for label in ("phi", "the", "psi")], float).T
    return Rotation.from_euler("zxz", angles, degrees=True)


def _star(file: Path) -> Rotation:
    table = read_star(file)["particles"]
    angles = np.array([table[f"rlnAngle{name}"] for name in ("Rot", "Tilt", "Psi")], float).T
    return Rotation.from_euler("ZYZ", angles, degrees=True).inv()


WRITTEN: dict[str, Callable[[Path], Rotation]] = {
    "dynamo": _dynamo,
    "motl": _motl,
    "copick": _copick,
    "stopgap": _stopgap,
    "warp": _star,
}


@pytest.mark.parametrize("to", WRITTEN)
@pytest.mark.parametrize("is_turned", [False, True])
def test_a_pose_of_relion_turns_a_vector_as_it_did(
    tmp_path: Path, to: str, is_turned: bool
) -> None:
    header = f"rlnTomoName {XYZ_CENTRED} rlnAngleRot rlnAngleTilt rlnAnglePsi"
    header += f" {SUBTOMOGRAM}" if is_turned else ""
    rows = [" ".join(map(str, ["TS_1", *[10 * i] * 3, *angles])) for i, angles in enumerate(RELION)]
    rows = [f"{row} 40 50 60" if is_turned else row for row in rows]
    before = part_of(read_picks(particles(tmp_path / "p.star", "\n".join([header, *rows]))))
    expected = Rotation.from_euler("ZYZ", RELION, degrees=True).inv()
    if is_turned:
        expected = Rotation.from_euler("ZYZ", [40, 50, 60], degrees=True).inv() * expected
    write_particles(tmp_path / "out", to, [before])
    np.testing.assert_allclose(
        WRITTEN[to](tmp_path / "out").apply(VECTOR), expected.apply(VECTOR), atol=1e-4
    )


def test_a_pose_of_dynamo_turns_a_vector_as_it_did(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    angles = rng.uniform(-180, 180, (20, 3)) * (1, 0.5, 1)
    rows = np.zeros((20, 35))
    rows[:, 0], rows[:, 6:9], rows[:, 19] = np.arange(20), angles, 1
    rows[:, 23:26] = rng.uniform(5, 30, (20, 3))
    np.savetxt(tmp_path / "p.tbl", rows, fmt="%.6f")
    before = part_of(read_picks(tmp_path / "p.tbl"))
    expected = Rotation.from_euler("ZXZ", -angles, degrees=True).apply(VECTOR)
    for to, read in {**WRITTEN, "relion5": _star}.items():
        write_particles(tmp_path / to, to, [before])
        np.testing.assert_allclose(read(tmp_path / to).apply(VECTOR), expected, atol=1e-4)
