"""The part of a check that `cryoal add` makes before it cuts: seconds, from parts of few files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.campaign.check import placed_in
from cryoal.campaign.check_said import found_in
from cryoal.data.tomogram import voxel_of
from cryoal.errors import PicksError
from cryoal.placement.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.data.sources import Source

__all__ = ["QuickCheck"]

MOST_TOMOGRAMS = 3  # spread over those that are given
MOST_VOXELS, MOST_COARSE = 1.5e8, 3e6  # of all together: of what is larger the middle is read
MOST_PICKS = 400
ENOUGH = 50
"""Picks that were looked at: of fewer it is no wonder if they do not tell."""

SURE = 5.0
"""z of a reading for which picks are refused; :data:`~cryoal.placement.verdict.CLEAR` is told."""


@dataclass(frozen=True)
class QuickCheck:
    """Looks at picks that are to be added, and refuses those that are elsewhere.

    Nothing is refused for being half a voxel or one beside the middle: pickers are.
    """

    box: int
    scratch: Path | None = None

    def __call__(self, sources: Sequence[Source], is_density_told: bool) -> list[str]:
        """What to say of the picks, a line or none.

        Parameters
        ----------
        is_density_told
            Whether it is known if particles are bright or dark. Where nothing fits it must be.

        Raises
        ------
        PicksError
            Another reading of the coordinates fits clearly better; or none fits, and
            `is_density_told` is false.
        """
        chosen = [source for source in sources if len(source)]
        chosen = chosen[:: -(-len(chosen) // MOST_TOMOGRAMS) or 1]
        looked = []
        for one in chosen:
            with one.open(self.scratch) as tomogram:
                nearest = voxel_of(tomogram.volume, one.located.position_zyx_angstrom)
                looked.append(
                    placed_in(
                        one.name,
                        tomogram.volume,
                        nearest.astype(float),
                        self.box,
                        most_voxels=MOST_VOXELS / len(chosen),
                        most_coarse=MOST_COARSE / len(chosen),
                        most_picks=MOST_PICKS,
                    )
                )
        if not looked:
            return []
        found = judge(looked, self.box)
        said = found_in(found, f"of {', '.join(one.name for one in chosen)} that were looked at")
        if found.better is not None and found.better.kind != "offset":
            if found.better_z >= SURE:
                raise PicksError(
                    f"expected picks where the density is, found that {said}: mend the file or its "
                    f"options (cryoal check shows it), or add as it is with --no-check"
                )
            return [f"{said}; cryoal check shows it"]
        if found.fits or found.n_seen < ENOUGH or found.n_inside < found.n:
            return []
        if not is_density_told:
            raise PicksError(
                f"expected --density white or black, or picks that differ from their background, "
                f"found that {said}; cryoal check shows it"
            )
        return [said]
