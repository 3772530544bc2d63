"""Points that were set in napari, as a file of picks of any format that is written."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Points

from cryoal.errors import OutputError, PicksError
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.write import ParticlePart, makes_folder, write_particles
from cryoal.napari_plugin.units import angstrom_of_unit, world_factor
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer
    from numpy.typing import NDArray

__all__ = ["Chosen", "choose", "save_picks"]

ALIKE = 1e-3  # by how much the spacing may differ between axes, relatively
OURS = ("key", "tomogram", "x", "y", "z")
BY_NAME = {".csv": "csv", ".star": "relion5"}


@dataclass(frozen=True)
class Chosen:
    """Points, and the tomogram that they are picks of."""

    points: Points
    image: Image


def choose(layers: Iterable[Layer], selected: Iterable[Layer]) -> Chosen:
    """The selected points and their image; what is there only once need not be selected.

    Raises
    ------
    PicksError
        No Points layer, several of them, or several images that it might be of.
    """
    everything, chosen = list(layers), list(selected)
    points = _only(Points, everything, chosen, "Points layer")
    if points.ndim != 3:
        raise PicksError(f"expected points in z, y, x, found {points.ndim} axes in {points.name!r}")
    if points.metadata.get("cryoal_scene"):
        raise PicksError(
            f"expected points to save, found {points.name!r}, which only shows what is around a box"
        )
    name = points.metadata.get("cryoal_tomogram")
    volumes = [layer for layer in everything if isinstance(layer, Image) and layer.ndim == 3]
    same = [v for v in volumes if name and v.metadata.get("cryoal_tomogram") == name]
    return Chosen(points, _only(Image, same or volumes, chosen, "tomogram (an Image layer)"))


def save_picks(
    chosen: Chosen, path: Path, to: str | None = None, *, pixel_size: float | None = None
) -> int:
    """Write the points to `path` in the format `to`; returns how many.

    A point is where napari draws it, seen from its image: 0 is the centre of the first voxel. The
    scale of the image is its voxel spacing in angstrom, or in the unit of length that it has. A CSV
    of an image without one (a scale of 1) is in voxels, which is what ``cryoal add`` takes x, y, z
    for. Columns of features go along, but for keys: a point that napari adds has the features of
    another.

    Parameters
    ----------
    to
        A format of ``cryoal list formats``; unless told, ``.csv`` is CSV and ``.star`` RELION 5.
    pixel_size
        Angstrom, of the unbinned tilt series, for formats that count in its pixels.

    Raises
    ------
    PicksError
        No points, a scale that is no voxel spacing, a name that ends in neither, or a format that
        needs the pixel of the tilt series.
    """
    form = to or BY_NAME.get(path.suffix.lower())
    if form is None:
        raise PicksError(f"expected a name in .csv or .star, found {path.name}")
    points, image = chosen.points, chosen.image
    if not len(points.data):
        raise PicksError(f"expected points, found none in {points.name!r}")
    factor = world_factor(points, image)
    voxel_zyx = np.array(
        [image.world_to_data(points.data_to_world(point) * factor) for point in points.data],
        np.float64,
    )
    spacing = _spacing(image)
    name = _tomogram_name(image)
    columns = {
        label: [str(value) for value in points.features[label]]
        for label in points.features
        if not str(label).lower().startswith(OURS)
    }
    if spacing == 1.0 and form == "csv":
        _write_voxels(path, name, voxel_zyx, columns)
    elif spacing == 1.0:
        raise PicksError(
            f"expected the voxel spacing in angstrom as the scale of {image.name!r}, found 1: set "
            "it, or save as .csv, which is then in voxels"
        )
    else:
        _write_angstrom(path, form, image, name, voxel_zyx * spacing, columns, pixel_size)
    return len(voxel_zyx)


def _write_angstrom(
    path: Path,
    form: str,
    image: Image,
    name: str,
    position: NDArray[np.float64],
    columns: dict[str, list[str]],
    pixel_size: float | None,
) -> None:
    spacing = _spacing(image)
    shape = image.level_shapes[0] if image.multiscale else image.data.shape
    z, y, x = (int(n) for n in shape)
    texts = {f"{axis}_angstrom": [f"{v:.4f}" for v in position[:, 2 - k]]
             for k, axis in enumerate("xyz")}  # fmt: skip
    part = ParticlePart(
        columns={**texts, **columns},
        blocks={},
        format="csv",
        keys=_keys(name, position / spacing),
        tomogram=[name] * len(position),
        coordinate_zyx_angstrom=position,
        position_zyx_angstrom=position,
        geometry={name: Geometry((z, y, x), spacing, unbinned_spacing=pixel_size)},
    )
    if makes_folder(form):
        if path.exists():
            raise OutputError(f"expected a new folder to save {form} as, found {path}")
        write_particles(path, form, [part])
        return
    with replacing(path) as temporary:
        write_particles(temporary, form, [part])


def _write_voxels(
    path: Path, name: str, voxel_zyx: NDArray[np.float64], columns: dict[str, list[str]]
) -> None:
    texts = {f"{axis}_voxel": [f"{v:.4f}" for v in voxel_zyx[:, 2 - k]]
             for k, axis in enumerate("xyz")}  # fmt: skip
    table = {"key": _keys(name, voxel_zyx), "tomogram": [name] * len(voxel_zyx), **texts, **columns}
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))


def _keys(name: str, voxel_zyx: NDArray[np.float64]) -> list[str]:
    """Keys that say where a box is: another file of picks has others, the same boxes the same."""
    keys: list[str] = []
    seen: Counter[str] = Counter()
    for z, y, x in np.floor(voxel_zyx + 0.5).astype(int).tolist():
        key = f"{name}/x{x}_y{y}_z{z}"
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}_{seen[key]}")
    return keys


def _spacing(image: Image) -> float:
    """The one scale of the image."""
    scale = np.abs(np.asarray(image.scale, np.float64)) * angstrom_of_unit(image)
    if np.ptp(scale) > ALIKE * scale.max():
        shown = ", ".join(f"{value:g}" for value in scale)
        raise PicksError(
            f"expected one voxel spacing as the scale of {image.name!r}, found {shown}"
        )
    return float(scale[-1])


def _tomogram_name(image: Image) -> str:
    """What the tomogram is called: by cryoal, by its file, or by its layer."""
    if name := image.metadata.get("cryoal_tomogram"):
        return str(name)
    return clean_name(Path(image.source.path).name if image.source.path else image.name)


def _only(
    kind: type[Layer], everything: Iterable[Layer], selected: Iterable[Layer], what: str
) -> Layer:
    """The one selected layer of a kind, or the one there is."""
    there = [layer for layer in everything if isinstance(layer, kind)]
    chosen = [layer for layer in selected if layer in there]
    if len(chosen) == 1:
        return chosen[0]
    if len(there) != 1:
        names = ", ".join(layer.name for layer in there[:4]) or "none"
        raise PicksError(f"expected one selected {what}, found {names}")
    return there[0]
