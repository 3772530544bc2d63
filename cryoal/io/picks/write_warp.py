"""Particles for Warp and M: ``.tomostar`` names, and pixels of a size that the file says.

As WarpTools reads them (``ExportParticlesTiltseries.cs``): tilt series by ``rlnMicrographName``,
which is the ``.tomostar``; coordinates times ``--coords_angpix``, one number for the whole file;
origin columns are taken off, in pixels or by ``rlnPixelSize``. So there is one pixel for all
particles here, in ``rlnPixelSize`` too; coordinates are where the particle is, without an origin to
take off; and a pose is one rotation, as Warp knows no turned subtomograms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.blocks import merge_blocks
from cryoal.io.picks.optics import GROUP
from cryoal.io.picks.poses import zyz_from_matrix
from cryoal.io.picks.star_columns import ANGLES, COORDINATES, SUBTOMOGRAM_ANGLES
from cryoal.io.picks.star_table import ORIGINS, stack, star_table, texts, tomogram_names
from cryoal.io.picks.unbinned import columns_say, pixel_of_columns
from cryoal.io.star import write_star
from cryoal.io.texts import coded, renamed, same

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import Columns

__all__ = ["write_warp"]

PIXEL, NAME = "rlnPixelSize", "rlnMicrographName"
# of images that Warp makes anew, and would contradict the pixel of the coordinates
OF_IMAGES = ("rlnMagnification", "rlnDetectorPixelSize", GROUP)
OPTICS = ("optics", "general")


def write_warp(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write `parts` with ``rlnCoordinateX`` in pixels of ``rlnPixelSize``.

    That is the pixel of the first part's picks where they are Warp's, else the voxel of its first
    tomogram. The optics table is left out: Warp has its own, and with one RELION 4 counts
    unbinned pixels under the same labels.
    """
    first = parts[0]
    pixel = first.geometry[first.tomogram[0]].voxel_spacing
    if first.format == "warp":
        pixel = pixel_of_columns(first, COORDINATES) or pixel
    pixel = float(f"{pixel:.6f}")
    tables = [_table(part, pixel) for part in parts]
    blocks = merge_blocks([{n: t for n, t in p.blocks.items() if n not in OPTICS} for p in parts])
    remarks = list(dict.fromkeys(remark for part in parts for remark in part.remarks))
    write_star(path, {"particles": stack(tables), **blocks}, remarks)
    return [f"coordinates are in pixels of {pixel:g} A: WarpTools --coords_angpix {pixel:g}"]


def _table(part: ParticlePart, pixel: float) -> Columns:
    table = star_table(part, COORDINATES, _in_pixels(part, pixel))
    names = coded(tomogram_names(part))
    ends = {n: n if n.endswith(".tomostar") else f"{n}.tomostar" for n in names.names}
    names = renamed(names, ends)
    if part.rotation is not None:
        angles = zyz_from_matrix(part.rotation)
        if SUBTOMOGRAM_ANGLES[0] in table:
            table |= {label: texts(angles[:, axis]) for axis, label in enumerate(ANGLES)}
    for label in (*ORIGINS, *SUBTOMOGRAM_ANGLES, *OF_IMAGES):
        table.pop(label, None)
    if "rlnTomoName" not in part.columns:
        del table["rlnTomoName"]
    else:
        table["rlnTomoName"] = names
    table.pop(NAME, None)
    return {NAME: names, **table, PIXEL: same(f"{pixel:.6f}", len(part))}


def _in_pixels(part: ParticlePart, pixel: float) -> NDArray[np.float64] | None:
    """Where particles are, z, y, x; None where the columns of the source say that already."""
    is_shifted = not np.array_equal(part.position_zyx_angstrom, part.coordinate_zyx_angstrom)
    each = np.full(len(part), pixel)
    if part.format == "warp" and not is_shifted and columns_say(part, COORDINATES, each):
        return None
    in_pixels: NDArray[np.float64] = part.position_zyx_angstrom / pixel
    return in_pixels
