"""Pictures for a page that asks for them as boxes come into sight."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.overview import NONE
from cryoal.errors import CampaignError
from cryoal.review.context import surroundings
from cryoal.review.slab import as_jpeg
from cryoal.review.tiles import Missing, Tile, Tiles
from cryoal.review.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.records import Json

__all__ = ["MOST_ASKED", "Look"]

MOST_ASKED = 200
"""Boxes in one request: pages ask for those in sight and the next page's."""


class Look:
    """What is in the pool and in the tomograms, of the boxes that one asks for.

    Parameters
    ----------
    campaign
        As it is now; its tomograms stay open between two requests.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._tiles = Tiles(campaign)
        self._is_closed = False

    def tiles(self, rows: Sequence[int]) -> list[dict[str, Json]]:
        """The tomogram around each box, or why there is no picture of it."""
        try:
            found = {row: _tile(tile) for row, tile in self._tiles.several(self._there(rows))}
        finally:
            if self._is_closed:  # meanwhile, by another thread: nobody closes after this one
                self._tiles.close()
        return [found[row] for row in rows]

    def around(self, rows: Sequence[int]) -> list[dict[str, Json]]:
        """The same from farther away, with the candidates about."""
        found, notes = surroundings(self._campaign, self._there(rows))
        missing: dict[str, Json] = {"missing": notes[-1] if notes else "there is none"}
        return [asdict(found[row]) if row in found else missing for row in rows]

    def cards(self, rows: Sequence[int], boxes: Overview, *, blind: bool) -> list[dict[str, Json]]:
        """Boxes as small cards; of those in an audit, and in a blind review, without suggestion."""
        self._there(rows)
        pool, thickness = self._campaign.pool, self._campaign.config.review.thickness
        if not rows:
            return []
        values = pool.read_shown(np.array(rows, np.int64))
        tiles = self.tiles(rows)
        names = pool.tomogram_names
        found: list[dict[str, Json]] = []
        for row, box, tile in zip(rows, values, tiles, strict=True):
            slabs = View().draw(box, thickness)
            told, label = int(boxes.predicted[row]), int(boxes.label[row])
            is_hidden = blind or bool(boxes.is_held[row]) or told == NONE
            found.append(
                {
                    "row": row,
                    "key": str(boxes.keys[row]),
                    "tomogram": names[pool.tomogram[row]],
                    "edge": pool.box,
                    "slabs": [base64.b64encode(slab.tobytes()).decode("ascii") for slab in slabs],
                    "tile": tile,
                    "label": None if label == NONE else boxes.classes[label],
                    "predicted": None if is_hidden else boxes.classes[told],
                    "probability": None if is_hidden else round(float(boxes.probability[row]), 4),
                }
            )
        return found

    def close(self) -> None:
        """Let go of the tomograms; requests that are being answered do when they are."""
        self._is_closed = True
        self._tiles.close()

    def _there(self, rows: Sequence[int]) -> Sequence[int]:
        if len(rows) > MOST_ASKED:
            raise CampaignError(f"expected at most {MOST_ASKED} boxes at a time, found {len(rows)}")
        n = len(self._campaign.pool)
        for row in rows:
            if not 0 <= row < n:
                raise CampaignError(f"expected rows of the pool, 0 to {n - 1}, found {row}")
        return rows


def _tile(tile: Tile | Missing) -> dict[str, Json]:
    if isinstance(tile, Missing):
        return {"missing": tile.reason}
    low, high = tile.outline
    return {"image": as_jpeg(tile.grey), "low": low, "high": high}
