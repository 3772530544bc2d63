"""The map as a page reads it: arrays of little-endian numbers, in base64."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.map import read_map
from cryoal.campaign.overview import NONE
from cryoal.commands import command
from cryoal.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.records import Json

__all__ = ["UNTOLD", "doubt_codes", "held", "lasso", "packed"]

UNTOLD = 255
"""In place of a doubt, 0 to 254, where nothing is predicted."""


def packed(campaign: Campaign, boxes: Overview, *, blind: bool) -> dict[str, Json]:
    """Places, classes, labels and doubts of all points; why there are none, before a map is made.

    What is predicted for boxes of an audit, and in a blind review for any, is left out.
    """
    found = read_map(campaign)
    if found is None:
        return {"map": None, "why": f"no map yet: {command('map', campaign.typed)} makes it"}
    rows = found.rows
    is_hidden = boxes.is_held[rows] | blind
    predicted = np.where(is_hidden, NONE, boxes.predicted[rows])
    shown = np.where(is_hidden, boxes.label[rows], boxes.shown[rows])
    doubt = np.where(is_hidden, np.float32(np.nan), boxes.doubt[rows])
    facts: dict[str, Json] = {
        "n": len(rows),
        "told": found.said,
        "is_current": found.is_current,
        "classes": list(boxes.classes),
        "rows": _text(rows.astype("<i4")),
        "xy": _text(np.rint(65535 * found.xy).astype("<u2")),
        "shown": _text(shown.astype("<i2")),
        "predicted": _text(predicted.astype("<i2")),
        "label": _text(boxes.label[rows].astype("<i2")),
        "doubt": _text(doubt_codes(doubt)),
    }
    return {"map": facts, "why": ""}


def held(campaign: Campaign, rows: Sequence[int]) -> tuple[str, list[list[float] | None]]:
    """What a map is of and the places on it of `rows`, 0 to 1; "" and none without a map."""
    found = read_map(campaign)
    if found is None:
        return "", [None] * len(rows)
    places = found.at(np.array(rows, np.int64)).tolist()
    xy = [None if at < 0 else [round(v, 4) for v in found.xy[at].tolist()] for at in places]
    return found.said, xy


def doubt_codes(doubt: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Doubts, 0 to 1, as 0 to 254; nan as :data:`UNTOLD`."""
    codes = np.rint(254 * np.nan_to_num(doubt, nan=0.0))
    return np.where(np.isnan(doubt), UNTOLD, codes).astype(np.uint8)


def lasso(boxes: Overview, rows: Sequence[int], *, blind: bool) -> dict[str, Json]:
    """What the page needs of the boxes in a lasso, as they come.

    Boxes of an audit and test keys are left out: who gives a whole heap one class has not looked
    at them. Those of an audit are named in ``passed``: with the answers they leave it.

    Raises
    ------
    CampaignError
        Rows that the pool does not have, or none that could be labelled.
    """
    if not all(0 <= row < len(boxes) for row in rows):  # before numpy, which has no such numbers
        raise CampaignError(f"expected rows of the pool, 0 to {len(boxes) - 1}, found others")
    wanted = np.array(list(dict.fromkeys(rows)), np.int64)
    kept = wanted[~boxes.is_held[wanted]]
    if not len(kept):
        raise CampaignError("expected boxes that are in no audit, found none in the lasso")
    predicted = np.full(len(kept), NONE) if blind else boxes.predicted[kept]
    return {
        "name": "keys",
        "rows": kept.tolist(),
        "keys": [str(key) for key in boxes.keys[kept]],
        "suggestions": [None if p == NONE else boxes.classes[p] for p in predicted.tolist()],
        "passed": [str(key) for key in boxes.keys[wanted[boxes.is_audit[wanted]]]],
        "n_left_out": len(wanted) - len(kept),
    }


def _text(values: NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
