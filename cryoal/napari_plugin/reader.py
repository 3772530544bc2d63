"""What is dropped on napari: a campaign or a pool, a tomogram, or a file of picks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from napari.utils.notifications import show_info

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.settings_file import NAME
from cryoal.data.pool import Pool
from cryoal.errors import CryoALError
from cryoal.junk import junk_class
from cryoal.marks import marks_of
from cryoal.napari_plugin.levels import open_tomogram, tomogram_layer
from cryoal.napari_plugin.neighbours import looks_of, neighbours_of, predicted
from cryoal.napari_plugin.pick_reader import are_picks, is_motive_list, read_pick_file
from cryoal.napari_plugin.volume_reader import is_volume, read_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryoal.marks import Mark

__all__ = ["LayerData", "get_reader", "read_folder"]

LayerData: TypeAlias = tuple[Any, dict[str, Any], str]

ONLY_PICKS = (".star", ".tbl", ".mod", ".coords", ".cbox")
"""Names that are for picks alone: where they are none, reading them says what they are."""

ONLY_VOLUMES = (".mrc", ".rec", ".st", ".map")
"""The same, for tomograms."""

MANY = 20  # tomograms: napari slows down with the number of its layers


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """What reads `path`: a campaign, a pool, a tomogram, or picks; None for anything else.

    It tells by what is in the file, as commands do.
    """
    if not isinstance(path, str):
        return None
    given = Path(path)
    if (given / NAME).is_file() or (given.is_dir() and Pool.exists(given)):
        return lambda asked: read_folder(str(asked))
    if not given.exists():
        return None
    if is_volume(given) and not is_motive_list(given):
        return lambda asked: read_volume(Path(str(asked)))
    name = _name(given) if given.is_file() else ""
    if are_picks(given) or name.endswith(ONLY_PICKS):
        return lambda asked: read_pick_file(Path(str(asked)))
    is_named_so = name.endswith(ONLY_VOLUMES)
    return (lambda asked: read_volume(Path(str(asked)))) if is_named_so else None


def _name(path: Path) -> str:
    return path.name.lower().removesuffix(".gz").removesuffix(".bz2")


def read_folder(path: str) -> list[LayerData]:
    """A Points layer for each tomogram; the first one is on show, with its image.

    Layers are in voxels, scaled to angstrom. Features of the points: key, tomogram, class,
    probability. The class is that of the labels, else of the last classification; boxes about which
    nobody could say or annotators differ have none. Images are read as they are looked at. What
    cannot be shown is said in napari's notifications.

    Raises
    ------
    CryoALError
        The pool or the campaign is damaged.
    """
    folder = Path(path)
    found: Mapping[str, tuple[str, float]] = {}
    marks: dict[str, Mark] = {}
    if (folder / NAME).is_file():
        campaign = Campaign.open(folder)
        pool, config = campaign.pool, campaign.config
        marks = marks_of(config.classes, junk_class(config.classes, config.review.junk))
        standing, guesses = campaign.standing(), predicted(campaign)
        unclear = standing.abstained.union(standing.disputed)
        found = {key: guess for key, guess in guesses.items() if key not in unclear}
        found |= {key: (name, 1.0) for key, name in standing.labelled.items()}
    else:
        pool = Pool.open(folder)
    first = pool.tomograms[0]
    layers: list[LayerData] = []
    try:
        data, arguments = tomogram_layer(open_tomogram(first))
        layers.append((data, arguments, "image"))
    except CryoALError as error:
        show_info(f"{error}; its picks are shown without it")
    by_name: dict[str, list[int]] = {}
    for number, record in enumerate(pool.tomograms):  # one may have been added twice
        by_name.setdefault(record.name, []).append(number)
    for name in list(by_name)[:MANY]:
        rows = np.flatnonzero(np.isin(pool.tomogram, by_name[name]))
        layers.append(_points(pool, rows, name, found, marks, is_visible=name == first.name))
    if len(by_name) > MANY:
        show_info(f"picks of the first {MANY} of {len(by_name)} tomograms of {folder} are shown")
    return layers


def _points(
    pool: Pool,
    rows: np.ndarray[Any, np.dtype[np.int64]],
    name: str,
    found: Mapping[str, tuple[str, float]],
    marks: Mapping[str, Mark],
    *,
    is_visible: bool,
) -> LayerData:
    picks = neighbours_of(pool, rows, found)
    looks = looks_of(picks.classes, marks)
    arguments = {
        "name": f"picks of {name}",
        "scale": (pool.voxel_spacing,) * 3,
        "axis_labels": ("z", "y", "x"),
        "features": {
            "key": picks.keys,
            "tomogram": [name] * len(rows),
            "class": picks.classes,
            "probability": picks.probability,
        },
        "symbol": looks.symbol or "ring",
        "face_color": looks.colour or "white",
        "border_width": 0,
        "size": pool.box / 4,
        "projection_mode": "all",
        "visible": is_visible,
        "metadata": {"cryoal_tomogram": name},
    }
    return picks.voxel_zyx, arguments, "points"
