"""The map on the report's page, by class and by doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cryoal.campaign.map import read_map
from cryoal.campaign.map_groups import groups_of
from cryoal.campaign.map_picture import as_svg

if TYPE_CHECKING:
    from markupsafe import Markup

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview

__all__ = ["DRAWN", "ShownMap", "show_map"]

DRAWN = 10_000
"""Points in a picture at most, so that the page stays light."""


class ShownMap(NamedTuple):
    """What the page shows of a map."""

    said: str
    n_drawn: int
    n: int
    pictures: list[tuple[str, Markup]]
    """What the colours are, and the picture."""


def show_map(campaign: Campaign, seen: Overview) -> ShownMap | None:
    """The map that was made last; None where there is none."""
    found = read_map(campaign)
    if found is None or not len(found.rows):
        return None
    junk = campaign.config.review.junk
    wanted = [("class", True), ("doubt", seen.told is not None)]
    pictures = [
        (by, as_svg(found, groups_of(found, seen, by, junk), by, DRAWN))
        for by, is_there in wanted
        if is_there
    ]
    return ShownMap(found.said, min(DRAWN, len(found.rows)), len(found.rows), pictures)
