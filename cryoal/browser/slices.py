"""A way through tomograms, section by section, with the boxes as points by class."""

from __future__ import annotations

import io
import threading
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.overview import NONE, overview
from cryoal.data.density import sign
from cryoal.data.normalise import normalise
from cryoal.data.tomogram import place_in
from cryoal.errors import ConfigError, CryoALError
from cryoal.review.view import to_grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.data.pool import Pool
    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume
    from cryoal.records import Json

__all__ = ["MOST_PIXELS", "MOST_POINTS", "Slices"]

MOST_OPEN = 4  # files
MOST_PIXELS = 1600  # of an edge of a picture: what a screen shows of it
MOST_POINTS = 50_000  # of one tomogram: a page draws them in a blink
QUALITY = 80


class Slices:
    """Sections of the tomograms of a campaign; several threads may ask, one at a time is served.

    Of a section only its own voxels are read, and no file is read whole.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._open: OrderedDict[int, tuple[TomogramRecord, Volume]] = OrderedDict()
        self._lock = threading.Lock()
        self._overview: Overview | None = None

    @property
    def pool(self) -> Pool:
        """The boxes."""
        return self._campaign.pool

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1][1].close()

    def tomograms(self) -> list[dict[str, Json]]:
        """Each tomogram once, in the order of the pool: number, name, boxes."""
        names = self.pool.tomogram_names
        counts = np.bincount(self.pool.tomogram, minlength=len(names)).tolist()
        numbers: dict[str, int] = {}
        boxes: Counter[str] = Counter()
        for number, name in enumerate(names):
            numbers.setdefault(name, number)
            boxes[name] += counts[number]
        return [
            {"number": number, "name": name, "boxes": boxes[name]}
            for name, number in numbers.items()
        ]

    def facts(self, number: int) -> dict[str, Json]:
        """Size and points of one tomogram; positions are in voxels of the picture's volume."""
        self._require(number)
        view, pool = self._now(), self.pool
        name = pool.tomogram_names[number]
        same = [n for n, other in enumerate(pool.tomogram_names) if other == name]
        rows = np.flatnonzero(np.isin(pool.tomogram, same))
        shape, spacing, places = self._placed(number, pool.position_zyx_angstrom[rows])
        held = view.is_held[rows] & (view.label[rows] == NONE)
        shown = np.where(held, NONE, view.shown[rows])
        chance = np.where(held, np.nan, view.probability[rows])
        if len(rows) > MOST_POINTS:
            kept = np.sort(np.random.default_rng(0).permutation(len(rows))[:MOST_POINTS])
        else:
            kept = np.arange(len(rows))
        return {
            "name": name,
            "shape": list(shape),
            "spacing": spacing,
            "box": pool.box,
            "n": len(rows),
            "classes": list(view.classes),
            "rows": rows[kept].tolist(),
            "keys": pool.keys[rows[kept]].tolist(),
            "zyx": np.round(places[kept], 2).tolist(),
            "shown": shown[kept].tolist(),
            "labelled": (view.label[rows[kept]] != NONE).tolist(),
            "probability": [None if p != p else round(float(p), 3) for p in chance[kept]],
        }

    def _placed(
        self, number: int, position_zyx_angstrom: NDArray[np.float64]
    ) -> tuple[tuple[int, int, int], float, NDArray[np.float64]]:
        """Shape, spacing, and positions in voxels: of the volume that is shown, if it is there."""
        with self._lock:
            try:
                volume = self._opened(number)[1]
            except (CryoALError, OSError):  # said by the section; points are shown without it
                record = self.pool.tomograms[number]
                from_first = position_zyx_angstrom - np.asarray(record.offset_zyx)
                return record.shape, record.voxel_spacing, from_first / record.voxel_spacing
            places = place_in(volume, position_zyx_angstrom)
            return volume.shape, volume.voxel_spacing, places

    def picture(self, number: int, z: int) -> bytes:
        """JPEG of the section `z`: the mean of ``review.thickness`` of them, as boxes are drawn."""
        from PIL import Image

        self._require(number)
        with self._lock:
            record, volume = self._opened(number)
            if not 0 <= z < volume.shape[0]:
                raise ConfigError(f"expected a section 0 to {volume.shape[0] - 1}, found {z}")
            grey = to_grey(_mean(volume, record, z, self._campaign.config.review.thickness))
        image = Image.fromarray(grey)
        image.thumbnail((MOST_PIXELS, MOST_PIXELS), Image.Resampling.BOX)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=QUALITY)
        return file.getvalue()

    def _now(self) -> Overview:
        with self._lock:
            self._overview = overview(self._campaign, self._overview)
            return self._overview

    def _require(self, number: int) -> None:
        if not 0 <= number < len(self.pool.tomograms):
            raise ConfigError(
                f"expected a tomogram 0 to {len(self.pool.tomograms) - 1}, found {number}"
            )

    def _opened(self, number: int) -> tuple[TomogramRecord, Volume]:
        record = self.pool.tomograms[number].to_look_at()
        known = self._open.get(number)
        if known is not None and not known[1].path.exists():
            self._open.pop(number)[1].close()
        if number not in self._open:
            volume = record.open()
            while len(self._open) >= MOST_OPEN:
                self._open.popitem(last=False)[1][1].close()
            self._open[number] = record, volume
        self._open.move_to_end(number)
        return self._open[number]


def _mean(volume: Volume, record: TomogramRecord, z: int, thickness: int) -> NDArray[np.float32]:
    """z-scores of the mean of sections about `z`; one section at a time is in memory."""
    depth, height, width = volume.shape
    low = max(z - thickness // 2, 0)
    high = min(low + thickness, depth)
    total = np.zeros((height, width), np.float32)
    factor = np.full(1, sign(record.density) / record.scale)
    for each in range(low, high):
        section = volume.read((each, 0, 0), (each + 1, height, width))
        normal = normalise(section, np.full(1, record.center), factor)
        total += np.nan_to_num(normal, copy=False)[0]
    total /= high - low
    return total
