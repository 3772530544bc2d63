"""RELION's mean of turned boxes is ours: ``make relion``.

Sixty noisy boxes of a made-up particle, each with a pose and a shift, go to ``relion_reconstruct
--3d_rot`` and to :func:`cryoal.campaign.averages.turned`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mrcfile
import numpy as np

from cryoal.campaign.averages import turned
from cryoal.io.picks.poses import matrix_from_zyz
from cryoal.io.star import write_star
from tests.campaign.test_averages import planted

RECONSTRUCT = "relion_reconstruct"
BOX, N, SPACING, NOISE, LIKE = 32, 60, 10.0, 0.1, 0.97


def main() -> int:
    """Print how far the two means and the particle correlate; 1 where they do not."""
    if shutil.which(RECONSTRUCT) is None:
        print(f"expected {RECONSTRUCT}, found none: apt-get install relion", file=sys.stderr)
        return 2
    rng = np.random.default_rng(0)
    tilt = np.degrees(np.arccos(rng.uniform(-1, 1, N)))
    angles = np.stack([rng.uniform(-180, 180, N), tilt, rng.uniform(-180, 180, N)], axis=1)
    poses, shifts = matrix_from_zyz(angles), rng.uniform(-0.5, 0.5, (N, 3))
    middle = np.full(3, BOX // 2, np.float64)
    particle = planted((BOX,) * 3, middle[None], np.eye(3)[None])
    total, count = np.zeros((BOX,) * 3), np.zeros((BOX,) * 3)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = [f"box_{i:03d}.mrc" for i in range(N)]
        for name, pose, shift in zip(names, poses, shifts, strict=True):
            box = planted((BOX,) * 3, (middle + shift)[None], pose[None])
            box = (box + rng.normal(0, NOISE, box.shape)).astype(np.float32)
            with mrcfile.new(folder / name) as file:
                file.set_data(box)
                file.voxel_size = SPACING
            straight, is_inside = turned(box, pose, shift[::-1])
            total += straight
            count += is_inside
        write_star(
            folder / "in.star", {"optics": _optics(), "particles": _rows(names, angles, shifts)}
        )
        words = [RECONSTRUCT, "--i", "in.star", "--o", "out.mrc", "--3d_rot", "--angpix", "10"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        theirs = mrcfile.read(folder / "out.mrc").astype(np.float64)
    ours = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    along = np.arange(BOX) - BOX // 2
    z, y, x = np.meshgrid(along, along, along, indexing="ij")
    near = np.sqrt(z**2 + y**2 + x**2) < BOX / 2 - 3
    like = float(np.corrcoef(ours[near], theirs[near])[0, 1])
    each = [float(np.corrcoef(some[near], particle[near])[0, 1]) for some in (ours, theirs)]
    print(f"means alike {like:.4f}; with the particle: ours {each[0]:.4f}, RELION's {each[1]:.4f}")
    return int(min(like, *each) < LIKE)


def _optics() -> dict[str, list[str]]:
    return {
        "rlnOpticsGroup": ["1"],
        "rlnOpticsGroupName": ["one"],
        "rlnVoltage": ["300"],
        "rlnSphericalAberration": ["2.7"],
        "rlnAmplitudeContrast": ["0.1"],
        "rlnImagePixelSize": [f"{SPACING}"],
        "rlnImageSize": [f"{BOX}"],
        "rlnImageDimensionality": ["3"],
    }


def _rows(names: list[str], angles: np.ndarray, shifts: np.ndarray) -> dict[str, list[str]]:
    columns = {
        "rlnImageName": names,
        "rlnMicrographName": ["m"] * N,
        "rlnOpticsGroup": ["1"] * N,
    }
    for at, label in enumerate(("Rot", "Tilt", "Psi")):
        columns[f"rlnAngle{label}"] = [f"{value:.6f}" for value in angles[:, at]]
    for at, axis in enumerate("XYZ"):  # RELION's origin is what brings the particle to the middle
        columns[f"rlnOrigin{axis}Angst"] = [f"{-SPACING * value:.6f}" for value in shifts[:, at]]
    return columns


if __name__ == "__main__":
    sys.exit(main())
