"""What TIFF files say of the size of a voxel, in ImageJ's way and in OME's.

ImageJ keeps pixels per unit in the resolution tags, the distance of sections as ``spacing`` and
the unit as ``unit`` (``ij.io.TiffEncoder``, ``FileInfo``); OME has ``PhysicalSizeX`` and its unit,
micrometre where none is said (OME schema 2016-06). What the resolution tags of a plain file say,
dots per inch, is of printers and is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cryoal.io.volumes.spacing import angstrom_of

if TYPE_CHECKING:
    from tifffile import TiffFile

__all__ = ["tiff_spacing"]


def tiff_spacing(tif: TiffFile) -> tuple[tuple[float, float, float], str | None]:
    """Along z, y, x, in the unit that the second names; 0 where the file does not say."""
    if tif.is_ome and tif.ome_metadata:
        return _ome_spacing(tif.ome_metadata)
    about: dict[str, Any] = tif.imagej_metadata or {}
    if not tif.is_imagej:
        return (0.0, 0.0, 0.0), None
    page = tif.pages.first
    across = []
    for tag in ("YResolution", "XResolution"):
        value = page.tags[tag].value if tag in page.tags else (0, 1)
        pixels, units = (float(part) for part in value)
        across.append(units / pixels if pixels else 0.0)
    depth = about.get("spacing")
    unit = about.get("unit")
    if isinstance(unit, str) and "\\u" in unit:  # ImageJ's way of writing what is not ASCII
        unit = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), unit)
    z = float(depth) if isinstance(depth, (int, float)) else 0.0
    return (z, across[0], across[1]), None if unit is None else str(unit)


def _ome_spacing(xml: str) -> tuple[tuple[float, float, float], str | None]:
    """``PhysicalSizeZ`` and its like of the first image."""
    from xml.etree import ElementTree

    pixels = next(
        (each for each in ElementTree.fromstring(xml).iter() if each.tag.endswith("}Pixels")), None
    )
    if pixels is None:
        return (0.0, 0.0, 0.0), None
    sizes, units = [], set()
    for axis in "ZYX":
        size = pixels.get(f"PhysicalSize{axis}")
        sizes.append(float(size) if size is not None else 0.0)
        units.add(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    if len(units) > 1:
        scale = [angstrom_of(pixels.get(f"PhysicalSize{axis}Unit", "µm")) or 0.0 for axis in "ZYX"]
        sizes = [size * factor for size, factor in zip(sizes, scale, strict=True)]
        units = {"angstrom"}
    z, y, x = sizes
    return (z, y, x), units.pop()
