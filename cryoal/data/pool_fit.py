"""Whether new boxes fit those that a pool has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.data.cutter import first_record
from cryoal.data.sources import require_spacing
from cryoal.errors import PoolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.data.density import Density
    from cryoal.data.pool import Pool
    from cryoal.data.sources import Source

__all__ = ["require_density", "require_fit"]


def require_fit(pool: Pool, sources: Sequence[Source], box: int) -> None:
    """Raise PoolError unless box and voxel spacing are those of `pool`."""
    if pool.box != box:
        raise PoolError(f"expected boxes of {pool.box} voxels as in {pool.path}, found {box}")
    require_spacing(pool.voxel_spacing, pool.path, sources)


def require_density(pool: Pool, sources: Sequence[Source], density: Density) -> None:
    """Raise PoolError where a tomogram of `sources` has boxes that point the other way.

    A tomogram is bright or dark whoever picked in it.
    """
    for source in sources:
        record = first_record(pool.tomograms, source)
        if record is not None and record.density != density:
            how = "guessed" if record.density_guessed else "told"
            raise PoolError(
                f"expected --density {record.density} for {source.name}, as {how} when it was "
                f"first added to {pool.path}, found {density}: if that was wrong, its boxes are "
                "upside down; begin a new campaign with the right one"
            )
