"""What OME-Zarr says of an image: its levels, what their axes are called, and how they are scaled.

The axes stand in ``multiscales`` (versions 0.3 to 0.5), in its ``coordinateSystems`` (0.6), or are
fixed by the version (0.1, 0.2); arrays have names of their own (Zarr v3's ``dimension_names``,
xarray's ``_ARRAY_DIMENSIONS``), which are compared. Specification: https://ngff.openmicroscopy.org.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import TomogramError
from cryoal.io.volumes.zarr_metadata import Node, read_node, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.io.volumes.zarr_metadata import Folder

__all__ = ["Axes", "ZarrLevel", "array_axes", "image_levels", "sole_image"]

OLD_AXES = ("t", "c", "z", "y", "x")  # of 0.1 and 0.2, which name none


@dataclass(frozen=True)
class Axes:
    """Names of the axes in lower case, and the unit of each (None where none is said)."""

    names: tuple[str, ...]
    units: tuple[str | None, ...]


@dataclass(frozen=True)
class ZarrLevel:
    """One array of an image; `scale` and `translation` are per axis, in the units of `axes`.

    `axes` is None where nothing names them, `scale` where nothing scales them.
    """

    name: str
    folder: Folder
    node: Node
    shape: tuple[int, ...]
    axes: Axes | None
    scale: NDArray[np.float64] | None
    translation: NDArray[np.float64]


def sole_image(path: Folder, node: Node, notes: list[str]) -> tuple[Folder, Node]:
    """The image of a group that bioformats2raw has written, which holds a row of them; else `path`.

    Raises
    ------
    TomogramError
        There are several images.
    """
    about = node.attributes.get("ome", node.attributes)
    if "multiscales" in about or about.get("bioformats2raw.layout") is None:
        return path, node
    listed = read_node(path / "OME")
    inside = {} if listed is None else listed.attributes.get("ome", listed.attributes)
    series = inside.get("series")
    names = [str(name) for name in series] if isinstance(series, list) else []
    while not series and read_node(path / str(len(names))) is not None:  # numbered from 0 on
        names.append(str(len(names)))
    if len(names) != 1:
        shown = ", ".join(names[:4]) or "none"
        raise TomogramError(
            f"expected one image of bioformats2raw, found {shown}: name the one, as in {path}/0"
        )
    folder = inner(path, names[0])
    image = read_node(folder)
    if image is None:
        raise TomogramError(f"expected image {names[0]!r} in {path}, found no Zarr there")
    notes.append(f"image {names[0]} of bioformats2raw is read")
    return folder, image


def image_levels(path: Folder, group: Node, notes: list[str]) -> list[ZarrLevel]:
    """The levels of the first image of a group, the largest first.

    Raises
    ------
    TomogramError
        No image, a level that is not there, or names of axes that disagree.
    """
    about = group.attributes.get("ome", group.attributes)
    images = about.get("multiscales", [])
    listed = [level for image in images[:1] for level in image.get("datasets", [])]
    if not listed:
        inside = ", ".join(sorted(p.name for p in path.iterdir() if p.is_dir())[:4]) or "nothing"
        raise TomogramError(
            f"expected an OME-Zarr image (multiscales), found a group of {inside}: {path}"
        )
    if len(images) > 1:
        notes.append(f"the first of {len(images)} images in the file is read")
    version = str(images[0].get("version", about.get("version", "")))
    levels = [_level(path, images[0], level, version) for level in listed]
    return sorted(levels, key=lambda level: -math.prod(level.shape))


def array_axes(node: Node) -> tuple[str, ...] | None:
    """What an array says its axes are called, None where it does not."""
    names = node.metadata.get("dimension_names") if node.version == 3 else None
    names = names or node.attributes.get("_ARRAY_DIMENSIONS")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return tuple(name.lower() for name in names)


def inner(path: Folder, name: object) -> Folder:
    """The folder `name`, which is in `path` and not beside it."""
    parts = name.strip("/").split("/") if isinstance(name, str) else []
    if not parts or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise TomogramError(f"expected the path of a level inside {path}, found {name!r}")
    for part in parts:
        path = path / part
    return path


def _level(path: Folder, image: dict[str, Any], level: dict[str, Any], version: str) -> ZarrLevel:
    folder = inner(path, level["path"])
    node = read_node(folder)
    if node is None or node.kind != "array":
        raise TomogramError(f"expected level {level['path']!r} in {path}, found no array there")
    shape = tuple(shape_of(folder, node))
    axes = _axes(image, level, len(shape), version)
    said = array_axes(node)
    if axes is None and said is not None:
        axes = Axes(said, (None,) * len(said))
    if axes is not None and said not in (None, axes.names):
        raise TomogramError(
            f"expected axes {', '.join(axes.names)} as the image says, found "
            f"{', '.join(said or ())} in its level {folder}"
        )
    scale, translation = np.ones(len(shape)), np.zeros(len(shape))
    transforms = list(level.get("coordinateTransformations") or [])
    if "coordinateSystems" not in image:  # there they lead on to other systems
        transforms += image.get("coordinateTransformations") or []
    steps = [step for transform in transforms for step in _steps(transform, folder)]
    for step in steps:
        if step["type"] == "scale":
            factor = np.asarray(step["scale"], np.float64)
            scale, translation = scale * factor, translation * factor
        elif step["type"] == "translation":
            translation = translation + np.asarray(step["translation"], np.float64)
    if scale.shape != (len(shape),) or translation.shape != (len(shape),):
        raise TomogramError(
            f"expected a scale for each of {len(shape)} axes, found {len(scale)} of level {folder}"
        )
    is_scaled = any(step["type"] == "scale" for step in steps)
    return ZarrLevel(
        str(level["path"]).strip("/"),
        folder,
        node,
        shape,
        axes,
        scale if is_scaled else None,
        translation,
    )


def _axes(image: dict[str, Any], level: dict[str, Any], n_axes: int, version: str) -> Axes | None:
    """Those of the image, where it names any."""
    listed = image.get("axes")
    if listed is None and "coordinateSystems" in image:
        systems = image["coordinateSystems"]
        wanted = {_name(each.get("output")) for each in level.get("coordinateTransformations", [])}
        fit = [each for each in systems if each.get("name") in wanted] or systems
        listed = fit[0].get("axes") if fit else None
    if listed is None:
        if version not in ("0.1", "0.2") or n_axes != len(OLD_AXES):
            return None
        return Axes(OLD_AXES, (None,) * n_axes)
    names = [str(axis["name"]) if isinstance(axis, dict) else str(axis) for axis in listed]
    units = [axis.get("unit") if isinstance(axis, dict) else None for axis in listed]
    return Axes(tuple(map(str.lower, names)), tuple(u if u is None else str(u) for u in units))


def _name(end: object) -> object:
    """Of the system that a transformation leads to: its name alone, or an object with it."""
    return end.get("name") if isinstance(end, dict) else end


def _steps(transform: dict[str, Any], folder: Folder) -> Sequence[dict[str, Any]]:
    """A transformation as scales and translations one after the other."""
    kind = transform.get("type")
    if kind == "sequence":
        return [step for each in transform["transformations"] for step in _steps(each, folder)]
    if kind not in ("scale", "translation", "identity") or "path" in transform:
        raise TomogramError(
            f"expected levels that are scaled and moved by numbers in the metadata, found "
            f"{kind!r} of level {folder}"
        )
    return [transform]
