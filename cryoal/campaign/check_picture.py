"""A check as one picture: picks over a slab, averages around them, and how each reading fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.outputs import require_file
from cryoal.errors import OutputError
from cryoal.placement.hypotheses import hypotheses, small_offsets
from cryoal.records import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.check import Check
    from cryoal.placement.hypotheses import Hypothesis
    from cryoal.placement.landscape import Landscape

__all__ = ["average", "require_picture", "write_picture"]

MADE_BY = "cryoal check"

SIDE = 420  # pixels of the slab's longer edge
CELL = 96  # of a slice of an average
GAP = 14
BAR = 13  # height of a reading's bar
READINGS = 12  # that are shown
INK, MARK, ALARM, QUIET = (34, 34, 34), (0, 114, 178), (213, 94, 0), (150, 150, 150)
WINDOW = 3.0  # local sigma: black and white of a slab; averages are scaled by their own extremes


def average(
    landscape: Landscape, voxel_zyx: NDArray[np.float64], box: int, scale: int = 0
) -> NDArray[np.float64]:
    """Mean contrast around picks, in a cube of two boxes of coarse voxels; 0 where none is."""
    half = max(2, round(box / landscape.factor))
    size = np.asarray(landscape.values.shape[:3])
    index = np.floor(landscape.coarse(voxel_zyx) + 0.5).astype(np.int64)
    index = index[((index >= 0) & (index < size)).all(axis=1)]
    reach = np.arange(-half, half + 1)
    total = np.zeros((len(reach),) * 3)
    counts = np.zeros_like(total)
    for place in index:
        z, y, x = (place[i] + reach for i in range(3))
        kept = [(axis >= 0) & (axis < n) for axis, n in zip((z, y, x), size, strict=True)]
        there = np.ix_(*kept)
        total[there] += landscape.values[np.ix_(z[kept[0]], y[kept[1]], x[kept[2]])][..., scale]
        counts[there] += 1
    return np.asarray(total / np.maximum(counts, 1))


def require_picture(path: Path, *, force: bool = False) -> None:
    """Whether a picture may be written to `path`.

    Raises
    ------
    OutputError
        Not called a PNG, a campaign, a folder, or without `force` a file that is no picture of a
        check.
    """
    from PIL import Image, UnidentifiedImageError

    resolved = require_file(path)
    if force or not resolved.exists():
        if path.suffix.lower() != ".png":
            raise OutputError(f"expected a name that ends in .png for the picture, found {path}")
        return
    try:
        with Image.open(resolved) as picture:
            is_own = picture.info.get("Software") == MADE_BY
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        is_own = False
    if not is_own:
        raise OutputError(
            f"expected a new file, or a picture of {MADE_BY}, found another at {path}; --force "
            f"replaces it"
        )


def write_picture(check: Check, path: Path) -> None:
    """Draw `check` to the PNG `path`, in place of what is there."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    one = check.shown
    landscape, picks = one.landscape, one.voxel_zyx
    readings = [*hypotheses(landscape.shape, check.box), *small_offsets()]
    other = _other(check, readings)
    slab = _slab(landscape, picks)
    width, height = slab.width + 3 * GAP + 3 * (CELL + 4), 0
    rows = [("as read", readings[0]), *([(other.name, other)] if other else [])]
    height = max(slab.height + 40, len(rows) * (CELL + 34)) + READINGS * (BAR + 4) + 70
    page = Image.new("RGB", (max(width, 760), height), "white")
    draw = ImageDraw.Draw(page)
    draw.text((GAP, 8), f"{one.name}: picks as read, xy slab of contrast", fill=INK)
    page.paste(slab, (GAP, 26))
    left = slab.width + 2 * GAP
    for number, (name, reading) in enumerate(rows):
        top = 8 + number * (CELL + 34)
        draw.text((left, top), f"average, {name}: xy, xz, yz", fill=ALARM if number else INK)
        mean = average(landscape, reading.place(picks), check.box)
        middle = mean.shape[0] // 2
        most = float(np.abs(mean).max()) or 1.0
        for place, cut in enumerate((mean[middle], mean[:, middle], mean[:, :, middle])):
            grey = _grey(cut / most).resize((CELL, CELL), Image.Resampling.BICUBIC)
            page.paste(grey, (left + place * (CELL + 4), top + 18))
    _bars(draw, check, height - READINGS * (BAR + 4) - 34, page.width)
    about = PngInfo()
    about.add_text("Software", MADE_BY)
    with replacing(path) as temporary:
        page.save(temporary, "PNG", pnginfo=about)


def _other(check: Check, readings: list[Hypothesis]) -> Hypothesis | None:
    """The reading that fits better, or else the best of the others."""
    found = check.together.better
    z_of = check.together.z_of
    name = found.name if found else max(list(z_of)[1:], key=lambda k: z_of[k], default="")
    return next((reading for reading in readings if reading.name == name), None)


def _slab(landscape: Landscape, picks: NDArray[np.float64]) -> Any:
    """The section with most picks, one box thick, with those in it as circles."""
    from PIL import ImageDraw

    values = landscape.values[..., 0]
    place = landscape.coarse(picks)
    depth, tall, wide = values.shape
    middle = int(np.clip(np.median(place[:, 0]), 0, depth - 1))
    thick = max(1, round(8 / 3))
    low, high = max(0, middle - thick), min(depth, middle + thick + 1)
    grow = SIDE / max(tall, wide)
    size = (max(1, round(wide * grow)), max(1, round(tall * grow)))
    image = _grey(values[low:high].mean(axis=0) / (WINDOW / 2)).resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    for z, y, x in place:
        if low - 0.5 <= z < high - 0.5:
            across, down = (x + 0.5) * grow, (y + 0.5) * grow
            draw.ellipse((across - 4, down - 4, across + 4, down + 4), outline=MARK)
    return image


def _grey(values: NDArray[np.floating[Any]]) -> Any:
    """From -1, black, to 1, white."""
    from PIL import Image

    scaled = np.clip((np.asarray(values) + 1) / 2, 0, 1)
    return Image.fromarray(np.rint(scaled * 255).astype(np.uint8))


def _bars(draw: Any, check: Check, top: int, width: int) -> None:
    """Z of what was read and of the readings that fit best."""
    z_of = check.together.z_of
    first, *others = z_of
    shown = [first, *sorted(others, key=lambda name: -z_of[name])[: READINGS - 1]]
    most = max(6.0, *(z_of[name] for name in shown))
    better = check.together.better
    draw.text((GAP, top - 18), "contrast against the same picks shifted, in sigma", fill=INK)
    for row, name in enumerate(shown):
        y = top + row * (BAR + 4)
        is_better = better is not None and name == better.name
        colour = ALARM if is_better else MARK if name == first else QUIET
        draw.text((GAP, y), name[:48], fill=colour if colour != QUIET else INK)
        long = (width - 420) * z_of[name] / most
        draw.rectangle((320, y + 1, 320 + long, y + BAR - 1), fill=colour)
        draw.text((326 + long, y), f"{z_of[name]:.1f}", fill=INK)
