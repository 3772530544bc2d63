"""The particles of each file of picks, as they go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from cryoal.campaign.export_columns import columns_of_picks
from cryoal.campaign.export_known import known_of
from cryoal.io.picks.write import ParticlePart
from cryoal.io.texts import Coded, chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.export_known import TiltSeries
    from cryoal.data.pool import Pool
    from cryoal.data.pool_part import PoolPart
    from cryoal.io.picks.geometry import Geometry

__all__ = ["particles_of"]


def particles_of(
    pool: Pool,
    part: PoolPart,
    rows: NDArray[np.int64],
    extra: Mapping[str, Sequence[str]],
    remarks: Sequence[str],
    tilt_series: TiltSeries,
    listed: Mapping[str, Mapping[str, str]],
) -> ParticlePart:
    """Those of `rows` that came with `part`, in pool order, with every column of its picks.

    `extra` are columns of ours for `rows`, `listed` the tomograms STAR of the export by clean name.
    Positions are those that the picks have with it.
    """
    places = np.flatnonzero((rows >= part.start) & (rows < part.stop))
    here = rows[places]
    inside = here - part.start
    columns = columns_of_picks(part.columns(), extra)
    geometry, optics = known_of(part, tilt_series, listed)
    names = [record.name for record in part.tomograms]
    first = sum(len(other.tomograms) for other in pool.parts if other.start < part.start)
    number = pool.tomogram[here] - first
    moved = _moved(part, geometry)
    each = np.array([moved[name] for name in names], np.float64).reshape(-1, 3)[number]
    return ParticlePart(
        columns={name: chosen(cells, inside) for name, cells in columns.items()},
        blocks=part.blocks(),
        format=part.source_format,
        keys=pool.keys[here].tolist(),
        tomogram=Coded(names, number),
        coordinate_zyx_angstrom=pool.coordinate_zyx_angstrom[here] + each,
        position_zyx_angstrom=pool.position_zyx_angstrom[here] + each,
        geometry=geometry,
        extra={name: chosen(cells, places) for name, cells in extra.items()},
        remarks=remarks,
        optics=optics,
        switches=cast("Mapping[str, str]", part.told.get("switches") or {}),
    )


def _moved(part: PoolPart, geometry: Mapping[str, Geometry]) -> dict[str, NDArray[np.float64]]:
    """By how much each tomogram's picks lie elsewhere by what is known now, z, y, x in angstrom.

    Coordinates of RELION 5 count from the middle, which was half the volume where no tomograms STAR
    came with the picks.
    """
    if part.source_format != "relion5":
        return {record.name: np.zeros(3) for record in part.tomograms}
    return {
        record.name: (
            geometry[record.name].extent_zyx_angstrom - record.geometry.extent_zyx_angstrom
        )
        / 2
        for record in part.tomograms
    }
