"""The menu entry that saves points as picks: asks where, and tells what came of it."""

from __future__ import annotations

from pathlib import Path

import napari.viewer  # noqa: TC002  # napari looks at the annotation to pass its viewer
from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import QFileDialog

from cryoal.campaign.outputs import require_file
from cryoal.commands import command
from cryoal.errors import CryoALError, OutputError
from cryoal.napari_plugin.save_picks import choose, save_picks

__all__ = ["save_points_as_picks"]

MIDDLE = (  # RELION's middle is half the unbinned size, which napari cannot know
    "; they count from the middle of this volume, so add them without --tomograms, or save a .csv"
)
KINDS = "Picks as CSV (*.csv);;Particles of RELION 5 (*.star)"


def save_points_as_picks(viewer: napari.viewer.Viewer) -> None:
    """Save the selected points as a file that ``cryoal add --picks`` takes."""
    try:
        chosen = choose(viewer.layers, viewer.layers.selection)
        name, kind = QFileDialog.getSaveFileName(None, "Save points as picks", "picks.csv", KINDS)
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".star" if "star" in kind else ".csv")
            if path.exists():  # the dialog asked about the name without
                raise OutputError(f"expected a new file, found {path}: name it with its ending")
        require_file(path)
        n = save_picks(chosen, path)
    except (CryoALError, OSError) as error:
        show_error(str(error))
        return
    how = command("add", "DIR", "TOMOGRAM", "--picks", path)
    is_centred = path.suffix.lower() == ".star"
    show_info(f"{n} picks of {chosen.image.name} saved: {how}{MIDDLE if is_centred else ''}")
