"""Another box size or level for a whole campaign: the pool is made anew, labels are kept.

The new pool is built beside the old one. Once it is whole, ``recut.json`` says so, and from then on
the steps that put it into place are repeated until they are done, whoever is killed in between: a
campaign with a ``recut.json`` is opened by nobody else.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from cryoal.campaign.campaign import RECUT, RECUT_POOL
from cryoal.campaign.inherited import FILE as INHERITED
from cryoal.campaign.inherited import has_inherited
from cryoal.campaign.kept import DESCRIPTORS, FILE
from cryoal.campaign.settings_file import set_box
from cryoal.data.recut import Recut, cut_anew
from cryoal.errors import CampaignError
from cryoal.progress import SILENT
from cryoal.records import flush, is_there, read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["finish_recut", "recut"]

BEFORE = "before_recut.zarr"

MADE_AGAIN = (
    *(DESCRIPTORS, "pretrained", "model", FILE),
    *("predictions.csv", "predictions.json"),
)
"""What is made of the boxes, and made again when it is asked for."""


def recut(
    campaign: Campaign,
    *,
    box: int | None = None,
    level: str | None = None,
    progress: Progress = SILENT,
) -> Recut:
    """Cut every box of the campaign anew; the caller holds the campaign.

    Parameters
    ----------
    box
        Edge in voxels; that of now when None.
    level
        See :func:`cryoal.data.recut.cut_anew`.

    Raises
    ------
    CampaignError
        Neither another box nor a level was asked for.
    TomogramError, PoolError
        As :func:`~cryoal.data.recut.cut_anew`; the campaign is as it was.
    """
    pool = campaign.pool
    if level is None and box in (None, pool.box):
        raise CampaignError(
            f"expected another box size than {pool.box} (--box), or a level (--level)"
        )
    if has_inherited(campaign):
        raise CampaignError(
            f"expected a campaign that goes on from no model, found {campaign.path / INHERITED}: "
            "its boxes are of one size and spacing; remove it, or begin anew with --from a model "
            "whose campaign was cut anew"
        )
    new = campaign.path / RECUT_POOL
    shutil.rmtree(new, ignore_errors=True)  # of one that was killed while it cut
    try:
        edge = pool.box if box is None else box
        told = cut_anew(pool, new, box=edge, level=level, progress=progress)
        flush(campaign.path)
        write_json(campaign.path / RECUT, {"box": told.box})
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    finish_recut(campaign.path)
    return told


def finish_recut(folder: Path) -> bool:
    """Put a pool that has been cut anew into its place; whether there was one.

    Each step is one that may be done twice.
    """
    mark = folder / RECUT
    if not is_there(mark):
        return False
    box = read_json(mark)["box"]
    new, pool, before = folder / RECUT_POOL, folder / "pool.zarr", folder / BEFORE
    if is_there(new):
        if is_there(pool):
            shutil.rmtree(before, ignore_errors=True)
            pool.rename(before)
        new.rename(pool)
        flush(folder)
    set_box(folder, int(box))
    for name in MADE_AGAIN:
        _remove(folder / name)
    for weights in folder.glob("cycle_*/*.safetensors"):  # of boxes that are no more
        weights.unlink()
    _remove(before)
    flush(folder)
    mark.unlink()
    flush(folder)
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
