"""What the focus card shows and says about the box in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.tomogram import nearest_voxel
from cryoal.napari_plugin.focus import Look
from cryoal.review.tiles import Missing

if TYPE_CHECKING:
    from cryoal.napari_plugin.boxes import Boxes
    from cryoal.napari_plugin.tile_loader import TileLoader
    from cryoal.review.session import Session
    from cryoal.review.view import View

__all__ = ["look_of"]


def look_of(session: Session, boxes: Boxes, tiles: TileLoader, view: View) -> Look:
    """The box in front of `session`, drawn as `view` says.

    Raises
    ------
    PoolError
        A shard is missing or damaged.
    """
    pool, number = session.campaign.pool, session.position
    item, shown = session.queue.items[number], session.shown(number)
    z, y, x = nearest_voxel(np.array(item.position_zyx_angstrom), pool.voxel_spacing).tolist()
    lines = [
        item.key,
        f"{number + 1} of {len(session.queue.items)}, {item.tomogram}",
        f"x {x}  y {y}  z {z}  depth {view.depth:+d}",
    ]
    if view.resolution:
        lines.append(f"low-pass {view.resolution * pool.voxel_spacing:.0f} Å")
    if shown.status in ("answered", "unsure"):
        lines.append(f"answered: {shown.label or 'unsure'}")
    if shown.suggestion is not None:
        sure = "" if shown.probability is None else f" {shown.probability:.0%}"
        lines.append(f"suggested: {shown.suggestion}{sure}")
    if shown.others:
        lines.append("others: " + ", ".join(f"{who}: {what}" for who, what in shown.others.items()))
    slabs = view.draw(boxes.get([item.row])[0], session.campaign.config.review.thickness)
    tile = tiles.get([item.row])[0]
    if isinstance(tile, Missing):
        lines.append(tile.reason)
    return Look(slabs, tuple(lines), pool.box * pool.voxel_spacing, tile, view.is_inverted)
