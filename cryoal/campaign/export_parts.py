"""The particles of each file of picks, as they go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from cryoal.campaign.export_columns import columns_of_picks
from cryoal.campaign.export_known import known_of
from cryoal.io.picks.write import ParticlePart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.export_known import TiltSeries
    from cryoal.data.pool import Pool
    from cryoal.data.pool_part import PoolPart

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
    """
    places = np.flatnonzero((rows >= part.start) & (rows < part.stop))
    here = rows[places]
    inside, chosen = (here - part.start).tolist(), places.tolist()
    columns = columns_of_picks(part.columns(), extra)
    geometry, optics = known_of(part, tilt_series, listed)
    names = pool.tomogram_names
    return ParticlePart(
        columns={name: [cells[i] for i in inside] for name, cells in columns.items()},
        blocks=part.blocks(),
        format=part.source_format,
        keys=[str(key) for key in pool.keys[here]],
        tomogram=[names[t] for t in pool.tomogram[here]],
        coordinate_zyx_angstrom=pool.coordinate_zyx_angstrom[here],
        position_zyx_angstrom=pool.position_zyx_angstrom[here],
        geometry=geometry,
        extra={name: [cells[i] for i in chosen] for name, cells in extra.items()},
        remarks=remarks,
        optics=optics,
        switches=cast("Mapping[str, str]", part.told.get("switches") or {}),
    )
