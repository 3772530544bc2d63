"""IMOD's models: points of contours as picks, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.imod_model import MAGIC, Model, ModelObject, model_bytes, parse_model
from cryoal.io.picks.voxels import kept_switch, places
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import by_tomogram
from cryoal.io.volumes.base import SPACING_TOLERANCE
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["Imod", "write_imod"]

PLACE = ("imod_x", "imod_y", "imod_z")
OBJECT, NAME, CONTOUR, LINE = "imod_object", "imod_name", "imod_contour", "imod_line"
IMAGE = "imod"  # the block of what the model says of the image
HALF = 0.5
EXTENT = 0.02  # by which the sizes of two binnings of one tomogram differ at most


class Imod(PickFormat):
    """IMOD's binary model .mod: pixels of the image that it was drawn on, whose corner is 0.

    Unit, origin: x and y run from 0 to NX, so that the middle of the first pixel is at 0.5; z runs
    from -0.5, so that the middle of the first section is at 0 (binspec.html; PEET's
    ``index2ImodPoints.m``): voxel = x - 0.5, y - 0.5, z. Programs that write voxels as they are
    leave the halves out: then say ``--imod-offset 0``. Where only a part of the image was loaded,
    the chunk MINX says where it begins. The pixel is that of the image by MINX: where it is not the
    tomogram's, the model was drawn on another binning, and points go where 3dmod would show them,
    corner on corner, as long as the sizes of the two agree. A contour of several points is a line
    of one group, unless its object is of scattered points or is the only one. The file names no
    tomogram; meshes and drawing are passed over.
    """

    name = "imod"
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"imod_offset": ("0.5", "0")}

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By its first letters, or its suffix."""
        if file.suffix != ".mod" and not file.head.startswith(MAGIC):
            return None
        return "IMOD model -> pixels of its image, middle of the first voxel at 0.5, 0.5, 0"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """The points, with their object and contour counted from 1 as 3dmod shows them."""
        model = parse_model(file.content, file.path)
        contours = [
            (number, thing, place, points)
            for number, thing in enumerate(model.objects, start=1)
            for place, points in enumerate(thing.contours, start=1)
        ]
        columns: dict[str, list[str]] = {
            label: [] for label in (OBJECT, NAME, CONTOUR, LINE, *PLACE)
        }
        is_line = [len(points) > 1 and not thing.is_scattered for _, thing, _, points in contours]
        for (number, thing, place, points), is_one in zip(contours, is_line, strict=True):
            n = len(points)
            columns[OBJECT] += [str(number)] * n
            columns[NAME] += [thing.name] * n
            columns[CONTOUR] += [str(place)] * n
            columns[LINE] += [f"{number}.{place}" if is_one and sum(is_line) > 1 else ""] * n
            for label, values in zip(PLACE, points.T, strict=True):
                columns[label] += [_text(value) for value in values]
        if not columns[OBJECT]:
            raise PicksError(f"expected picks, found a model without points in {file.path}")
        said = {f"imodSize{axis}": [str(n)] for axis, n in zip("XYZ", model.size, strict=True)}
        said |= {f"imodShift{a}": [repr(v)] for a, v in zip("XYZ", model.shift, strict=True)}
        if model.scale:
            said |= {f"imodScale{a}": [repr(v)] for a, v in zip("XYZ", model.scale, strict=True)}
        if model.pixel:
            said["imodPixel"] = [repr(model.pixel)]
        return Contents(dict(columns), {IMAGE: dict(said)})

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """None: a model is of the one that it is opened with."""
        del path
        return [""] * len(columns[OBJECT])

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The points as the file has them."""
        del columns
        return PLACE

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """From the corner of the image, less half a voxel of the tomogram."""
        points = picks.xyz(PLACE, rows) + _said(picks.blocks, "imodShift", 0.0)
        pixel = _pixel(picks, geometry)
        if picks.switch("imod_offset") == "0":
            return points * pixel
        points[:, 0] += HALF  # of z, which begins half a section before the others
        return points * pixel - HALF * geometry.voxel_spacing

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The object: its name where each has one, else its number; None where there is one."""
        if len(set(columns[OBJECT])) < 2:
            return None
        return NAME if all(columns[NAME]) else OBJECT

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The contour."""
        return LINE if any(columns[LINE]) else None


@writes_folder
def write_imod(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``NAME.mod`` for each tomogram, with an object of scattered points for each class.

    Particles that came in groups (filaments, contours) are open contours, one for each. Where all
    came from models with another ``imod_offset``, they go out with it.
    """
    half = kept_switch(parts, Imod, "imod_offset")
    for name, pieces in by_tomogram(parts, "imod").items():
        first, (row, *_) = pieces[0]
        geometry = first.geometry[first.tomogram[row]]
        z, y, x = geometry.shape
        objects: dict[tuple[str, bool], dict[str, list[NDArray[np.float64]]]] = {}
        for part, rows in pieces:
            column = part.source.group_column(part.columns)
            groups = [""] * len(part) if column is None else part.columns[column]
            xyz = places(part)
            xyz[:, :2] += half
            for row in rows:
                key = (part.labels[row], bool(groups[row]))
                objects.setdefault(key, {}).setdefault(groups[row], []).append(xyz[row])
        things = [
            ModelObject(label, not is_line, [np.array(line, np.float32) for line in lines.values()])
            for (label, is_line), lines in objects.items()
        ]
        model = Model((x, y, z), things, pixel=geometry.voxel_spacing)
        with replacing(path / f"{name}.mod") as temporary:
            temporary.write_bytes(model_bytes(model))


def _pixel(picks: Picks, geometry: Geometry) -> float | NDArray[np.float64]:
    """Angstrom per pixel of the points, in z, y, x where they differ.

    Raises
    ------
    PicksError
        The model's image is another one than the tomogram, as far as their sizes tell.
    """
    if picks.coordinate_spacing is not None:
        return picks.coordinate_spacing
    spacing = geometry.voxel_spacing
    scale = _said(picks.blocks, "imodScale", 0.0)
    size = _said(picks.blocks, "imodSize", 0.0)
    pixel = float(scale[2]) or _pixel_of_header(picks.blocks)
    if not pixel or abs(pixel - spacing) <= SPACING_TOLERANCE * spacing:
        return spacing
    if np.array_equal(size, geometry.shape):
        return spacing  # the same voxels, whatever the two headers say of their size
    is_same = np.abs(scale * size - np.array(geometry.shape) * spacing) <= EXTENT * scale * size
    if scale.all() and is_same.all():
        return scale
    raise PicksError(
        f"expected the points of {picks.path} in voxels of the tomogram ({spacing:g} A), found an "
        f"image of {pixel:g} A: say in which of the two they are (--coordinate-spacing)"
    )


def _pixel_of_header(blocks: Mapping[str, StarTable]) -> float:
    return float(blocks.get(IMAGE, {}).get("imodPixel", ["0"])[0])


def _said(blocks: Mapping[str, StarTable], label: str, absent: float) -> NDArray[np.float64]:
    """Three numbers of the block, z, y, x."""
    table = blocks.get(IMAGE, {})
    texts = [table.get(f"{label}{axis}", [str(absent)])[0] for axis in "ZYX"]
    return np.array(texts, np.float64)


def _text(value: np.float32) -> str:
    """As few digits as say which float32 it is."""
    return str(value).removesuffix(".0")
