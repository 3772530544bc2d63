"""The pixel of the subtomograms that a STAR file lists, from whichever column says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.numbers import positive, positives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.io.picks.picks import Picks

__all__ = ["image_spacing"]

ALIKE = 5e-3  # of each other: columns of one file are rounded to 3 digits at times


def image_spacing(picks: Picks, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Angstrom per pixel of the subtomograms of `rows`, None where the file does not say.

    From ``rlnPixelSize``; from ``rlnDetectorPixelSize`` (micrometer) over ``rlnMagnification``, or
    alone (angstrom, as some programs mean it); from ``rlnImagePixelSize`` of the optics table.

    Raises
    ------
    PicksError
        Two of them are there and differ.
    """
    said: dict[str, NDArray[np.float64]] = {}
    if "rlnPixelSize" in picks.columns:
        said["rlnPixelSize"] = positives(picks, "rlnPixelSize", rows)
    if "rlnDetectorPixelSize" in picks.columns:
        pixel = positives(picks, "rlnDetectorPixelSize", rows)
        if "rlnMagnification" in picks.columns:
            pixel = pixel * 1e4 / positives(picks, "rlnMagnification", rows)
            said["rlnDetectorPixelSize over rlnMagnification"] = pixel
        else:
            said["rlnDetectorPixelSize"] = pixel
    if (listed := _of_optics(picks, rows)) is not None:
        said["rlnImagePixelSize of data_optics"] = listed
    if not said:
        return None
    (what, first), *others = said.items()
    for other, values in others:
        differ = np.abs(values - first) > ALIKE * first
        if differ.any():
            at = int(np.argmax(differ))
            raise PicksError(
                f"expected one pixel size, found {first[at]:g} A by {what} and {values[at]:g} A by "
                f"{other} in row {rows[at] + 1} of {picks.path}: say that of the coordinates "
                "(--coordinate-spacing)"
            )
    return first


def _of_optics(picks: Picks, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    groups = picks.columns.get("rlnOpticsGroup")
    spacing: dict[str, float] = {}
    for row in rows:
        if (group := groups[row] if groups else "") in spacing:
            continue
        if (text := picks.optics("rlnImagePixelSize", int(row))) is None:
            return None
        spacing[group] = positive(text, "rlnImagePixelSize of data_optics", picks.path)
    return np.array([spacing[groups[row] if groups else ""] for row in rows], np.float64)
