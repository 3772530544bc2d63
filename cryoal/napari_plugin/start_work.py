"""What the widget that starts a campaign does: settings, picks as a file, the words of ``add``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.campaign import Campaign, check_names
from cryoal.campaign.class_names import class_notes
from cryoal.campaign.settings_file import NAME
from cryoal.config import make_config
from cryoal.errors import ConfigError, PicksError
from cryoal.napari_plugin.open_tomograms import is_tomogram, open_image
from cryoal.napari_plugin.save_picks import Chosen, choose, save_picks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer, Points

__all__ = [
    "Material",
    "class_names",
    "is_campaign",
    "make_campaign",
    "options_of",
    "require_picks",
    "words_of_add",
]

FOLDER = "picks"
PICKS = "cryoal_picks"
"""Metadata of points that were read from a file: which, and the data as they were."""


@dataclass(frozen=True)
class Material:
    """What boxes are cut from: points that are on show or a file, and files of tomograms."""

    points: Points | None = None
    file: Path | None = None
    tomograms: tuple[Path, ...] = ()
    """Besides those that are open."""


def is_campaign(folder: Path) -> bool:
    """Whether there is a campaign in `folder`."""
    return (folder / NAME).is_file()


def class_names(text: str) -> list[str]:
    """Names with commas between, as typed.

    Raises
    ------
    ConfigError
        Fewer than two.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) < 2:
        raise ConfigError(
            f"expected two classes or more with commas between, found {text.strip()!r}"
        )
    return names


def make_campaign(folder: Path, classes: str, preset: str, box: int) -> tuple[Campaign, list[str]]:
    """A new campaign, as ``cryoal init`` makes it, and what to say of its classes.

    Raises
    ------
    CryoALError
        Names that mean something else, or a folder that holds something.
    """
    config = make_config(class_names(classes), preset, [f"pool.box={box}"])
    check_names(config)
    return Campaign.create(folder, config), list(class_notes(config.classes))


def options_of(text: str) -> list[str]:
    """Words as a shell would take them.

    Raises
    ------
    ConfigError
        A quote that nothing closes, or what is no option.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"expected options of cryoal add, found {text!r}: {error}") from None
    if words and not words[0].startswith("-"):
        raise ConfigError(f"expected options of cryoal add, found {words[0]!r}")
    return words


def require_picks(material: Material) -> None:
    """Raise PicksError unless there are some."""
    if material.points is None and material.file is None:
        raise PicksError("expected picks, found none: choose points that are on show, or a file")
    if material.points is not None and not len(material.points.data):
        raise PicksError(f"expected picks, found no point in {material.points.name!r}")


def words_of_add(campaign: Campaign, material: Material, layers: Iterable[Layer]) -> list[str]:
    """The words of ``cryoal add``, without the directory; points become a file of the campaign.

    Points that are as they were read from a file stand for that file, whose columns come out again
    at an export.

    Raises
    ------
    PicksError
        No picks, or none of whose tomogram there is a file.
    """
    everything = list(layers)
    require_picks(material)
    files = list(material.tomograms)
    extra: list[str] = []
    if material.points is not None:
        chosen = choose(everything, [material.points])
        image = open_image(chosen.image)
        path = image.seen.path
        if not path.exists():
            raise PicksError(
                f"expected a tomogram that is a file, found the layer {chosen.image.name!r}: save "
                "it as MRC and open that"
            )
        if path not in files:
            files.insert(0, path)
        if (spacing := chosen.image.metadata.get("cryoal_told")) is not None:
            extra += ["--voxel-size", f"{spacing:g}"]
        picks = _unchanged(material.points)
        if picks is None:
            picks = _write(campaign, chosen)
            extra += ["--name", f"{image.called}={path}"]
    else:
        assert material.file is not None
        picks = material.file
        here = [open_image(layer) for layer in everything if _is_file(layer)]
        files += [image.seen.path for image in here if image.seen.path not in files]
    return ["add", *map(str, files), "--picks", str(picks), *extra]


def _is_file(layer: Layer) -> bool:
    return is_tomogram(layer) and open_image(layer).seen.path.exists()


def _unchanged(points: Points) -> Path | None:
    """The file that points came from, if they are all there and none was moved."""
    known = points.metadata.get(PICKS)
    if known is None:
        return None
    path, data = known
    is_same = np.array_equal(np.asarray(points.data), data) and Path(path).exists()
    return Path(path) if is_same else None


def _write(campaign: Campaign, chosen: Chosen) -> Path:
    folder = campaign.path / FOLDER
    folder.mkdir(exist_ok=True)
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in chosen.points.name) or "points"
    file, number = folder / f"{stem}.csv", 1
    while file.exists():
        number += 1
        file = folder / f"{stem}_{number}.csv"
    save_picks(chosen, file, "csv")
    return file
