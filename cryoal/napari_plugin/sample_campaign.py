"""Sample data for napari: a campaign on phantoms whose first boxes can be reviewed at once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import napari
from napari.utils.notifications import show_info

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.cycle import select
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.reader import read_folder
from cryoal.napari_plugin.review_dock import open_review_dock
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from cryoal.napari_plugin.reader import LayerData

__all__ = ["make_sample", "phantom_campaign"]

N_ASKED = 24
SETTINGS = (
    "pool.box=16",
    'query.first="random"',  # descriptors are told when they are first needed, not now
    'pretrain.method="none"',
)


def phantom_campaign() -> list[LayerData]:
    """A campaign of rings, rods and empty ice in a new folder, its first query on show.

    Its layers come too, as those of a campaign that is dropped.
    """
    path = make_sample(Path(tempfile.mkdtemp(prefix="cryoal-sample-")) / "phantom")
    show_info(f"a campaign of its own, to be kept or thrown away: {path}")
    viewer = napari.current_viewer()
    if viewer is not None and getattr(viewer, "window", None) is not None:
        desk = desk_of(viewer)
        desk.open(path)
        open_review_dock(viewer, path, desk.annotator)
    return read_folder(str(path))  # below the review, which has the window


def make_sample(path: Path) -> Path:
    """Write tomograms and picks beside `path`, and the campaign in it."""
    files = write_phantoms(
        path.parent / "tomograms", n_tomograms=2, shape=(48, 128, 128), per_class=20
    )
    campaign = Campaign.create(path, make_config(files.classes, "laptop", SETTINGS))
    picks = read_picks(files.picks, tomograms=files.tomograms_star)
    extract(campaign.pool_path, files.tomograms, picks, box=campaign.config.pool.box)
    with campaign.busy("select"):
        select(campaign, N_ASKED)
    return path
