"""Sample data for napari: a small phantom tomogram and where its particles are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.thumbnails import WINDOW
from cryoal.marks import marks_of
from cryoal.napari_plugin.neighbours import looks_of
from cryoal.seeds import stream
from cryoal.testing.tomograms import make_phantom

if TYPE_CHECKING:
    from cryoal.napari_plugin.reader import LayerData

__all__ = ["phantom"]

CLASSES = ("ring", "rod", "background")
N_EACH = 30
SPACING = 10.0  # angstrom
NAME = "phantom"


def phantom() -> list[LayerData]:
    """An image and its picks, made in under a second; nothing is downloaded."""
    made = make_phantom(
        dict.fromkeys(CLASSES, N_EACH), stream(0, "napari sample"), voxel_spacing=SPACING
    )
    looks = looks_of(made.labels, marks_of(CLASSES, "junk"))
    common = {"scale": (SPACING,) * 3, "axis_labels": ("z", "y", "x")}
    image = {
        "name": NAME,
        "contrast_limits": WINDOW,
        "projection_mode": "mean",
        "metadata": {"cryoal_tomogram": NAME},
    }
    points = {
        "name": f"picks of {NAME}",
        "features": {"class": list(made.labels)},
        "symbol": looks.symbol,
        "face_color": looks.colour,
        "border_width": 0,
        "size": 8,
        "projection_mode": "all",
        "metadata": {"cryoal_tomogram": NAME},
    }
    return [
        (made.volume, {**image, **common}, "image"),
        (made.position_zyx_angstrom / SPACING, {**points, **common}, "points"),
    ]
