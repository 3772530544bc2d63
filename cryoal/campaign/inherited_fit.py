"""Whether tomograms fit the model that a campaign began with, asked before a box is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cryoal.campaign.inherited import kept_card
from cryoal.errors import PoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.density import Density
    from cryoal.data.sources import Source

__all__ = ["expected_density", "fits", "require_voxel_spacing"]

Look: TypeAlias = "Callable[[Sequence[Source], bool], list[str]]"

SPACING_TOLERANCE = 0.02
"""Of a voxel spacing: headers round; over a box of 32 voxels it is two thirds of one."""


def require_voxel_spacing(found: float, where: object, wanted: float) -> None:
    """Raise PoolError unless a voxel spacing is the `wanted` one of the model, to a fiftieth."""
    if abs(found - wanted) > SPACING_TOLERANCE * wanted:
        raise PoolError(
            f"expected voxels of {wanted:g} A, as the model learnt from, found {found:g} A in "
            f"{where}: take tomograms of that spacing (rescaled, or another --level), "
            f"--voxel-size {wanted:g} where the header is wrong, or begin without --from"
        )


def fits(campaign: Campaign, look: Look | None) -> Look | None:
    """What looks at tomograms before boxes are cut: their spacing first, then `look`."""
    card = kept_card(campaign)
    if card is None:
        return look
    wanted = float(card["voxel_spacing"])

    def looked(sources: Sequence[Source], is_told: bool) -> list[str]:
        for source in sources:
            require_voxel_spacing(source.voxel_spacing, source.path, wanted)
        return look(sources, is_told) if look is not None else []

    return looked


def expected_density(campaign: Campaign) -> Density | None:
    """How particles are in the tomograms of the model, where they are alike in all of them."""
    card = kept_card(campaign) or {}
    found = card.get("density", [])
    return found[0] if len(found) == 1 else None
