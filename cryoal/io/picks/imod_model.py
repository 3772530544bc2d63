"""IMOD's binary model file, as far as points need it.

By its definition (bio3d.colorado.edu/imod/doc/binspec.html, version 1.2): ``IMODV1.2``, a header
of 232 bytes, then chunks named by four letters; all numbers big-endian. An object, a contour and a
mesh say their own length by their counts, every other chunk after its name. What a model keeps to
be drawn (colours, meshes, views, clipping planes) is passed over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Model", "ModelObject", "model_bytes", "parse_model"]

MAGIC = b"IMODV1.2"
HEADER = struct.Struct(">128s3iiI4i6f3i2ifii3f")
OBJECT = struct.Struct(">64s64xiI2i3fi8B2i")
CONTOUR = struct.Struct(">iIii")
MESH = struct.Struct(">iiIhh")
IMAGE = struct.Struct(">18f")  # MINX: old scale, shift, rotation, then the current ones

Z_FROM_MINUS_HALF, NEW, CLIPS, BYTES = 1 << 10, 1 << 11, 1 << 12, 1 << 13
HAS_ORIGIN, FLIPPED, TURNED = 1 << 14, 1 << 16, 1 << 17
OPEN, SCATTERED = 1 << 3, 1 << 9

ANGSTROM = {3: 1e13, 1: 1e10, -2: 1e8, -3: 1e7, -6: 1e4, -9: 10.0, -10: 1.0, -12: 0.01}
UNIT = -10  # angstrom


@dataclass
class ModelObject:
    """Contours, each ``(n, 3)`` float32 of x, y, z."""

    name: str = ""
    is_scattered: bool = False
    contours: list[NDArray[np.float32]] = field(default_factory=list)


@dataclass
class Model:
    """Objects, and what the file says of the image that they were drawn on.

    `size` is that of the image, x, y, z. `scale` is its spacing as of its header, `pixel` that of
    the model's own header, both in angstrom and None where they are not said. `shift` is to be
    added to points, where only a part of the image was loaded.
    """

    size: tuple[int, int, int]
    objects: list[ModelObject]
    scale: tuple[float, float, float] | None = None
    pixel: float | None = None
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


class _Reader:
    def __init__(self, content: bytes, path: Path):
        self.content, self.path, self.at = content, path, 0

    def take(self, n: int) -> bytes:
        if not 0 <= n <= len(self.content) - self.at:
            raise PicksError(
                f"expected {n} bytes more after byte {self.at} of the model, found "
                f"{len(self.content) - self.at} in {self.path}"
            )
        self.at += n
        return self.content[self.at - n : self.at]

    def unpack(self, kind: struct.Struct) -> tuple[int, ...]:
        return kind.unpack(self.take(kind.size))


def parse_model(content: bytes, path: Path) -> Model:
    """The model in `content`.

    Raises
    ------
    PicksError
        Another version, cut short, counts that do not agree, or drawn on a turned image.
    """
    reader = _Reader(content, path)
    if (found := reader.take(min(len(MAGIC), len(content)))) != MAGIC:
        if content.lstrip(b"# \r\n").lower().startswith(b"imod"):
            raise PicksError(
                f"expected a binary IMOD model, found another kind of one in {path}: open it in "
                "3dmod and save it"
            )
        raise PicksError(f"expected an IMOD model ({MAGIC!r}), found {found!r} in {path}")
    header = HEADER.unpack(reader.take(HEADER.size))
    size, n_objects, flags = header[1:4], header[4], header[5]
    if flags & (FLIPPED | TURNED):
        raise PicksError(
            f"expected a model on the image as it is, found one last shown with Y and Z exchanged "
            f"or turned in {path}: open it with the tomogram in 3dmod, not flipped, and save it"
        )
    pixel, units = header[21:23]
    model = Model(size, [])
    if np.isfinite(pixel) and pixel > 0 and pixel != 1 and units in ANGSTROM:  # 1 is what a new
        model.pixel = pixel * ANGSTROM[units]  # model has
    while len(content) - reader.at >= 4 and (name := reader.take(4)) != b"IEOF":
        _chunk(name, reader, model, flags)
    if len(model.objects) != n_objects:
        raise PicksError(
            f"expected {n_objects} objects, as its header says, found {len(model.objects)} in "
            f"{path}"
        )
    return model


def _chunk(name: bytes, reader: _Reader, model: Model, flags: int) -> None:
    if name == b"OBJT":
        text, _, kind, *_ = OBJECT.unpack(reader.take(OBJECT.size))
        shown = text.split(b"\0")[0].decode("utf-8", "replace").strip()
        model.objects.append(ModelObject(shown, bool(kind & SCATTERED)))
    elif name == b"CONT":
        n_points = reader.unpack(CONTOUR)[0]
        points = np.frombuffer(reader.take(12 * n_points), ">f4").reshape(-1, 3)
        if not model.objects:
            raise PicksError(f"expected an object before its contours in {reader.path}")
        model.objects[-1].contours.append(points.astype(np.float32))
    elif name == b"MESH":
        n_vertices, n_indices, *_ = reader.unpack(MESH)
        reader.take(12 * n_vertices + 4 * n_indices)
    else:
        n_bytes = int.from_bytes(reader.take(4), "big", signed=True)
        content = reader.take(n_bytes)
        if name == b"MINX" and n_bytes >= IMAGE.size:
            _image(IMAGE.unpack(content[: IMAGE.size]), model, flags)


def _image(values: Sequence[float], model: Model, flags: int) -> None:
    """Where the image lies: "one would add (otrans.x - ctrans.x) / cscale.x"."""
    origin, scale, current = values[3:6], values[9:12], values[12:15]
    if not np.isfinite(values).all() or min(scale) <= 0:
        return
    if any(value != 1 for value in scale):  # 1 stands in headers that say none
        model.scale = (scale[0], scale[1], scale[2])
    if flags & HAS_ORIGIN:
        x, y, z = ((o - c) / s for o, c, s in zip(origin, current, scale, strict=True))
        model.shift = (x, y, z)


def model_bytes(model: Model) -> bytes:
    """`model` as a file; says that z begins at -0.5, as 3dmod has it.

    Without the chunk MINX, by which 3dmod moves a model when the header of the tomogram has an
    origin: the points then stay in the voxels that they are in.
    """
    pixel = model.pixel or 1.0
    flags = Z_FROM_MINUS_HALF | NEW | CLIPS | BYTES
    view = (1, 1, 0, 255, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0, 0, 0, 3, 128)
    n_objects = len(model.objects)
    name = b"IMOD-NewModel"
    header = HEADER.pack(name, *model.size, n_objects, flags, *view, pixel, UNIT, 0, 0, 0, 0)
    parts = [MAGIC, header]
    for number, thing in enumerate(model.objects):
        kind = OPEN | SCATTERED if thing.is_scattered else OPEN
        colour = [(0.0, 1.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)][number % 4]
        text = thing.name.encode()[:63].decode("utf-8", "ignore").encode()
        marks = (0, 5, 1, 1, 0, 0, 0, 0)  # a circle of 5 pixels, lines of one
        parts.append(b"OBJT")
        parts.append(OBJECT.pack(text, len(thing.contours), kind, 0, 1, *colour, 5, *marks, 0, 0))
        for points in thing.contours:
            parts += [b"CONT", CONTOUR.pack(len(points), 0, 0, 0), points.astype(">f4").tobytes()]
    return b"".join([*parts, b"IEOF"])
