"""The encoder that learnt from the campaign's own boxes, without a label."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cryoal.descriptors.crop import fourier_crop
from cryoal.errors import FileFormatError
from cryoal.pretrain.pretrained import MADE_FROM, Pretrained, read_pretrained
from cryoal.pretrain.run import FEWEST, pretrain
from cryoal.pretrain.start import fine_tuning, shortened, start_from
from cryoal.progress import SILENT
from cryoal.records import is_there, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.pool import Pool
    from cryoal.progress import Progress

__all__ = [
    "FOLDER",
    "begin_with_encoder",
    "cropped",
    "current_encoder",
    "starting_encoder",
    "told_of_encoder",
]

FOLDER = "pretrained"
GROWN = 4
"""Times as many boxes as it has seen: then it is proposed that the encoder learn anew."""
LARGEST = 24
"""Edge of boxes beyond which the encoder sees half their sampling: a step costs an eighth."""


class Cropped:
    """A pool whose boxes are Fourier-cropped to `side` voxels when they are read."""

    def __init__(self, pool: Pool, side: int) -> None:
        self._pool, self._side = pool, side

    @property
    def keys(self) -> NDArray[Any]:
        """Those of the pool."""
        return self._pool.keys

    def __len__(self) -> int:
        return len(self._pool)

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """``(m, side, side, side)`` float32."""
        return cropped(self._pool.read_normalised(index), self._side)


def cropped(boxes: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Boxes of `side` voxels, by :func:`~cryoal.descriptors.crop.fourier_crop`."""
    if boxes.shape[-1] == side:
        return boxes
    found: NDArray[np.float32] = fourier_crop(torch.from_numpy(boxes), side).numpy()
    return found


def seen_side(shown: int) -> int:
    """Edge of the boxes that the encoder sees, of boxes that descriptors see with `shown`."""
    return shown if shown <= LARGEST else 2 * round(shown / 4)


def current_encoder(
    campaign: Campaign, shown: int, *, may_learn: bool, progress: Progress = SILENT
) -> Pretrained | None:
    """The encoder of this campaign; it learns first where there is none yet and `may_learn`.

    One that has learnt stays when the pool grows, so that nobody waits twice. None where
    ``pretrain.method`` is none, where there are too few boxes, or where it may not learn now.

    Parameters
    ----------
    shown
        Edge of the boxes that descriptors see.
    """
    config, folder = campaign.config, campaign.path / FOLDER
    if config.pretrain.method == "none":
        return None
    try:
        found = read_pretrained(folder)
    except FileFormatError as error:
        progress.say(f"{error}; {folder} is made anew")
        found = None
    if found is not None and _is_of(campaign, found.made_from, seen_side(shown)):
        seen = int(found.made_from["boxes"])  # type: ignore[arg-type]
        if len(campaign.pool) > GROWN * seen and may_learn:
            progress.say(
                f"{folder} learnt from {seen} boxes, there are {len(campaign.pool)} now: delete it "
                "and the next command learns from all of them"
            )
        return found
    if not may_learn or len(campaign.pool) < FEWEST:
        return None
    folder.mkdir(exist_ok=True)
    return pretrain(
        Cropped(campaign.pool, seen_side(shown)),
        np.arange(len(campaign.pool)),
        config,
        seed=config.seed,
        folder=folder,
        progress=progress,
    )


def told_of_encoder(campaign: Campaign, shown: int) -> tuple[str, int] | None:
    """Version and columns of the encoder's embedding, without loading it; None where not told.

    Torch's networks take seconds to import, and mostly every box is embedded already.
    """
    file = campaign.path / FOLDER / MADE_FROM
    if campaign.config.pretrain.method == "none" or not is_there(file):
        return None
    with suppress(FileFormatError):
        told = read_json(file)
        version, columns = told.get("version"), told.get("columns")
        if (
            isinstance(version, str)
            and type(columns) is int
            and _is_of(campaign, told, seen_side(shown))
        ):
            return version, columns
    return None


def begin_with_encoder(campaign: Campaign, team: Team, progress: Progress = SILENT) -> Config:
    """Give a new team the encoder's weights where it has any for it; the settings to train with.

    Those are of a lower rate, and of as many epochs as ``pretrain.epochs`` says, if the teacher
    took them. An encoder that saw boxes of another sampling than networks do starts nobody.
    """
    config = campaign.config
    encoder = starting_encoder(campaign, progress)
    if encoder is None or "teacher" not in start_from(team, encoder):
        return config
    return shortened(fine_tuning(config))


def starting_encoder(campaign: Campaign, progress: Progress = SILENT) -> Pretrained | None:
    """The encoder with which pairs of this campaign start; None where they start at random."""
    config = campaign.config
    if config.classifier.use == "pair" or not config.pretrain.start:
        return None
    found = current_encoder(campaign, campaign.pool.box, may_learn=False, progress=progress)
    return found if found is not None and found.side == campaign.pool.box else None


def _is_of(campaign: Campaign, told: Mapping[str, Any], side: int) -> bool:
    """Whether it is an encoder of the settings of now and of boxes of `side` voxels, any boxes."""
    model = campaign.config.model
    wanted = {
        "method": campaign.config.pretrain.method,
        "box": side,  # what it was shown; it may see less of it
        "backbone": model.student,
        "width": model.width,
        "stem": model.stem,
    }
    return all(told.get(name) == value for name, value in wanted.items())
