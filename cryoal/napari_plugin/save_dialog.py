"""The menu entry that saves points as picks: asks in which format and where, tells what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari.viewer  # noqa: TC002  # napari looks at the annotation to pass its viewer
from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import QMessageBox

from cryoal.campaign.outputs import require_file, require_outside
from cryoal.commands import command
from cryoal.errors import CryoALError, PicksError
from cryoal.how_many import how_many
from cryoal.io.picks.write import makes_folder
from cryoal.napari_plugin.asking import ask_number
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.save_form import SaveForm
from cryoal.napari_plugin.save_picks import choose, save_picks

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.napari_plugin.save_picks import Chosen

__all__ = ["save_points_as_picks"]

MIDDLE = (  # RELION's middle is half the unbinned size, which napari cannot know
    "; they count from the middle of this volume, so add them without --tomograms, or save as csv"
)
PIXEL = "Pixel size of the unbinned tilt series, angstrom:"


def save_points_as_picks(viewer: napari.viewer.Viewer) -> None:
    """Save the selected points as a file of picks, which ``cryoal add --picks`` takes."""
    try:
        chosen = choose(viewer.layers, viewer.layers.selection)
        form = SaveForm(
            f"Save {how_many(len(chosen.points.data), 'point as a pick', 'points as picks')}"
        )
        if not form.exec():
            return
        to, path = form.chosen()
        (require_outside if makes_folder(to) else require_file)(path)
        if path.is_file() and not _may_replace(path):
            return
        n = _save(chosen, path, to)
    except (CryoALError, OSError) as error:
        show_error(said(error))
        return
    how = command("add", "DIR", "TOMOGRAM", "--picks", path)
    middle = MIDDLE if to == "relion5" else ""
    show_info(f"{how_many(n, 'pick')} of {chosen.image.name} saved: {how}{middle}")


def _save(chosen: Chosen, path: Path, to: str) -> int:
    try:
        return save_picks(chosen, path, to)
    except PicksError as error:
        if "--pixel-size" not in str(error):
            raise
        value = ask_number(f"{said(error)}\n\n{PIXEL}", float(chosen.image.scale[-1]))
        if value is None:
            raise
        return save_picks(chosen, path, to, pixel_size=value)


def _may_replace(path: Path) -> bool:
    asked = QMessageBox.question(None, "cryoal", f"{path} is there already. Replace it?")
    return bool(asked == QMessageBox.StandardButton.Yes)
