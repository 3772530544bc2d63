"""The descriptors of a campaign's boxes: made where they are lacking, and read."""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cryoal.campaign.kept import DESCRIPTORS
from cryoal.campaign.pretrained import FOLDER as ENCODER
from cryoal.campaign.pretrained import cropped, current_encoder, told_of_encoder
from cryoal.descriptors import BLOCKS
from cryoal.descriptors.columns import Columns, Made
from cryoal.descriptors.crop import fourier_crop, smallest_side
from cryoal.descriptors.describe import describe as of_boxes
from cryoal.descriptors.describe import make_block
from cryoal.errors import CampaignError, FileFormatError
from cryoal.feed.device import choose_device
from cryoal.how_many import how_many
from cryoal.pretrain.embed import embed
from cryoal.pretrain.pretrained import read_pretrained
from cryoal.progress import SILENT
from cryoal.records import is_there, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.pool import Pool
    from cryoal.pretrain.pretrained import Pretrained
    from cryoal.progress import Progress

__all__ = ["ENCODED", "current_columns", "shown_side"]

ENCODED = "pretrained"
"""The descriptor that an encoder gives which learnt from the boxes."""

SAMPLE = 256
"""Boxes that show up to which frequency a pool has anything."""


def current_columns(
    campaign: Campaign,
    progress: Progress = SILENT,
    *,
    may_learn: bool = True,
    hold: str = "",
) -> Columns:
    """The numbers of all boxes of the pool as it is now; what is lacking is made first.

    Parameters
    ----------
    may_learn
        Let an encoder learn from the boxes where ``pretrain.method`` asks for one and there is
        none yet; its embedding is the last descriptor.
    hold
        A command's name: whoever does not hold the campaign yet holds it while something is made.

    Raises
    ------
    CampaignError
        Some are lacking, and the campaign cannot be written to.
    PoolError
        There is no pool, or a box is damaged.
    """
    pool, folder = campaign.pool, campaign.path / DESCRIPTORS
    may_write = not campaign.is_read_only
    side = _shown_side(pool, folder, may_write=may_write)
    blocks = {name: make_block(name) for name in BLOCKS.names()}
    made = [Made(n, f"{b.version}, side {side}", b.columns(side)) for n, b in blocks.items()]
    encoders, device = campaign.path / ENCODER, campaign.config.device
    if (told := told_of_encoder(campaign, side)) is not None:
        describe = Describer(side, device, encoders, None, told[0])
        columns = Columns(folder, pool, [*made, Made(ENCODED, *told)], describe, campaign.crew)
        if not columns.n_missing():
            return columns  # mostly: nothing to learn, to load or to make
    encoder = current_encoder(campaign, side, may_learn=may_learn and may_write, progress=progress)
    version = None if encoder is None else encoder.version
    if encoder is not None and version is not None:
        made.append(Made(ENCODED, version, encoder.columns))
    describe = Describer(side, device, encoders, encoder, version)
    columns = Columns(folder, pool, made, describe, campaign.crew)
    lacking = columns.n_missing()
    if lacking and not may_write:
        raise CampaignError(
            f"expected descriptors of all boxes in {campaign.typed}, which cannot be written to, "
            f"found {how_many(lacking, 'box')} without: work on a copy of it"
        )
    if lacking:
        pool.require_tomograms()  # now, not after hours
        with campaign.busy(hold) if hold else nullcontext():
            columns.fill(progress)
    return columns


class Describer:
    """What describes boxes, shown with `side` voxels; an encoder is read when it is needed.

    It may be pickled: elsewhere it computes on the device that the settings choose there, and reads
    the encoder from the same folder.
    """

    def __init__(
        self, side: int, device: str, folder: Path, encoder: Pretrained | None, version: str | None
    ) -> None:
        self._side, self._device, self._folder = side, device, folder
        self._encoder, self._version = encoder, version

    def __call__(
        self, boxes: NDArray[np.float32], names: Sequence[str]
    ) -> Mapping[str, NDArray[np.float32]]:
        """Rows of the blocks that are named."""
        device = choose_device(self._device)
        shown = torch.from_numpy(boxes).to(device)
        if self._side < boxes.shape[-1]:
            shown = fourier_crop(shown, self._side)
        by_formula = [name for name in names if name != ENCODED]
        found = {name: rows.cpu().numpy() for name, rows in of_boxes(shown, by_formula).items()}
        if ENCODED in names:
            encoder = self._read()
            encoder.encoder.to(device)
            found[ENCODED] = embed(encoder, cropped(boxes, encoder.side))
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_encoder": None}

    def _read(self) -> Pretrained:
        if self._encoder is None:
            self._encoder = _encoder_in(self._folder, self._version)
        return self._encoder


@lru_cache(maxsize=2)
def _encoder_in(folder: Path, version: str | None) -> Pretrained:
    found = read_pretrained(folder)
    if found is None or found.version != version:
        raise FileFormatError(
            f"expected the encoder {version} in {folder}, found "
            f"{'none' if found is None else found.version}: delete the folder, and it learns again"
        )
    return found


def shown_side(campaign: Campaign) -> int:
    """Edge of the boxes that descriptors see, of a campaign that has some."""
    folder = campaign.path / DESCRIPTORS
    return _shown_side(campaign.pool, folder, may_write=not campaign.is_read_only)


def _shown_side(pool: Pool, folder: Path, *, may_write: bool) -> int:
    """To which side boxes are Fourier-cropped before they are described; the same for ever.

    It is settled by boxes from all over the pool when the first of them are described.
    """
    file = folder / "shown.json"
    try:
        facts = read_json(file) if is_there(file) else {}
    except FileFormatError:  # a cache: as good as none
        facts = {}
    if type(facts.get("side")) is int and facts.get("box") == pool.box:
        side: int = facts["side"]
        return side
    some = np.unique(np.linspace(0, len(pool) - 1, min(SAMPLE, len(pool))).round().astype(np.int64))
    side = smallest_side(torch.from_numpy(pool.read_normalised(some)))
    if may_write:
        folder.mkdir(exist_ok=True)
        write_json(file, {"box": pool.box, "side": side})
    return side
