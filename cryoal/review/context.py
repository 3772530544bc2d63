"""Where a box comes from: a picture of its surroundings, and who else is there."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.predictions import last_classes
from cryoal.data.density import sign
from cryoal.data.normalise import normalise
from cryoal.data.tomogram import voxel_of
from cryoal.errors import CryoALError, FileFormatError
from cryoal.progress import SILENT
from cryoal.review.view import to_grey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.pool import Pool
    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume
    from cryoal.progress import Progress

__all__ = ["Neighbour", "Surroundings", "surroundings"]

EDGES = 5  # how wide the picture is, in edges of a box
MOST_PIXELS = 240  # of a picture's edge; noise costs a byte for every two pixels
QUALITY = 70  # JPEG: 7 KB for 160 pixels of noise; 80 looks the same and costs 2 KB more
MOST_NEIGHBOURS = 120  # dots that the eye still tells apart; 4 KB of the page


@dataclass(frozen=True)
class Neighbour:
    """Another candidate in the picture."""

    x: float
    """Share of the picture's edge, from the left ..."""
    y: float
    """... and from the top."""
    label: str | None
    """The class it was last classified as; None before that, and for a box of no class."""


@dataclass(frozen=True)
class Surroundings:
    """The xy slab about one box, :data:`EDGES` times as wide as the box, which is in its middle."""

    image: str
    """``data:`` URI of a JPEG."""
    neighbours: tuple[Neighbour, ...]


def surroundings(
    campaign: Campaign, rows: Sequence[int], *, progress: Progress = SILENT
) -> tuple[dict[int, Surroundings], list[str]]:
    """The surroundings of each of `rows` by row, and a line for each tomogram that has moved.

    Only the voxels of each picture are read. Boxes of a tomogram that cannot be read are left out.
    """
    pool, notes = campaign.pool, list[str]()
    found: dict[int, Surroundings] = {}
    try:
        predicted = {key: name for key, (name, _) in last_classes(campaign).items()}
    except FileFormatError as error:
        predicted = {}
        notes.append(str(error))
    owners = pool.tomogram[np.array(rows, np.int64)].tolist()
    for number in progress.track(sorted(set(owners)), "drawing surroundings", unit="tomograms"):
        record = pool.tomograms[number].to_look_at()
        here = sorted({row for row, owner in zip(rows, owners, strict=True) if owner == number})
        try:
            with record.open() as volume:
                pictures = [_picture(campaign, record, volume, row) for row in here]
        except (CryoALError, OSError) as error:
            notes.append(f"{error}; the review goes on without context")
            continue
        for row, picture in zip(here, pictures, strict=True):
            found[row] = Surroundings(picture, _neighbours(pool, row, predicted))
    return found, notes


def _picture(campaign: Campaign, record: TomogramRecord, volume: Volume, row: int) -> str:
    """A square; ice of mean density where the tomogram ends."""
    from PIL import Image

    edge = EDGES * campaign.pool.box
    thickness = campaign.config.review.thickness
    size = np.array([thickness, edge, edge])
    centre = voxel_of(volume, campaign.pool.position_zyx_angstrom[row])
    start = centre - size // 2
    low, high = np.clip(start, 0, volume.shape), np.clip(start + size, 0, volume.shape)
    scores = np.zeros((edge, edge), np.float32)
    if (high > low).all():
        slab = volume.read(low.tolist(), high.tolist())
        factor = np.full(len(slab), sign(record.density) / record.scale)
        normal = normalise(slab, np.full(len(slab), record.center), factor)
        (top, left), (bottom, right) = (low - start)[1:], (high - start)[1:]
        scores[top:bottom, left:right] = np.nan_to_num(normal, copy=False).mean(axis=0)
    image = Image.fromarray(to_grey(scores))
    if edge > MOST_PIXELS:
        image = image.resize((MOST_PIXELS, MOST_PIXELS), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _neighbours(pool: Pool, row: int, predicted: Mapping[str, str]) -> tuple[Neighbour, ...]:
    """The nearest candidates within half a box above and below."""
    reach = pool.box * pool.voxel_spacing * np.array([0.5, EDGES / 2, EDGES / 2])
    offset: NDArray[np.float64] = pool.position_zyx_angstrom - pool.position_zyx_angstrom[row]
    is_near = (np.abs(offset) < reach).all(axis=1) & (pool.tomogram == pool.tomogram[row])
    is_near[row] = False
    near = np.flatnonzero(is_near)
    nearest = near[np.argsort((offset[near] ** 2).sum(axis=1), kind="stable")][:MOST_NEIGHBOURS]
    shares = 0.5 + offset[nearest] / (2 * reach)
    return tuple(
        Neighbour(round(x, 4), round(y, 4), predicted.get(pool.keys[other]))
        for other, (_, y, x) in zip(nearest.tolist(), shares.tolist(), strict=True)
    )
