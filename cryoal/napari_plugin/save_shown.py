"""Saves the boxes that are on show, by the dialog of :mod:`cryoal.napari_plugin.save_form`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMessageBox

from cryoal.campaign.export_known import NOTHING_TOLD, TiltSeries
from cryoal.campaign.export_shown import export_shown
from cryoal.campaign.overview import overview
from cryoal.errors import CryoALError, OutputError, PicksError
from cryoal.how_many import how_many
from cryoal.napari_plugin.asking import ask_number
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.save_form import SaveForm

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from cryoal.campaign.campaign import Campaign

__all__ = ["save_shown"]

PIXEL = "Pixel size of the unbinned tilt series, angstrom:"


def save_shown(parent: QWidget, campaign: Campaign, rows: NDArray[np.int64]) -> str:
    """Ask in which format and where, and save; returns one line of what came of it."""
    form = SaveForm(f"Save {how_many(len(rows), 'box')}", parent)
    if not form.exec():
        return ""
    to, path = form.chosen()
    try:
        lines = _save(parent, campaign, rows, to, path)
    except (CryoALError, OSError) as error:
        return f"not saved: {said(error)}"
    return (
        "; ".join([f"{how_many(len(rows), 'particle')}: {path}", *lines])
        if lines is not None
        else ""
    )


def _save(
    parent: QWidget, campaign: Campaign, rows: NDArray[np.int64], to: str, path: Path
) -> list[str] | None:
    """Lines to say; None where the user would not have a file replaced."""
    told, force = NOTHING_TOLD, False
    for _ in range(3):
        try:
            with campaign.busy("export", may_only_read=True):
                return export_shown(
                    campaign, overview(campaign), rows, to, path, tilt_series=told, force=force
                )
        except PicksError as error:
            if "--pixel-size" not in str(error) or told is not NOTHING_TOLD:
                raise
            value = ask_number(f"{said(error)}\n\n{PIXEL}", campaign.pool.voxel_spacing)
            if value is None:
                raise
            told = TiltSeries(pixel_size=value)
        except OutputError as error:
            if "--force" not in str(error) or force:
                raise
            asked = QMessageBox.question(parent, "cryoal", f"{said(error)}.\n\nReplace it?")
            if asked != QMessageBox.StandardButton.Yes:
                return None
            force = True
    return None
