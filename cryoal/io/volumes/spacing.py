"""The voxel spacing to use, and units of length as files spell them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import SPACING_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["angstrom_of", "settle_spacing"]

ANGSTROM = {
    1.0: ("angstrom", "angstroms", "ångström", "ångstrom", "å", "a"),
    10.0: ("nanometer", "nanometers", "nanometre", "nanometres", "nm"),
    0.01: ("picometer", "picometers", "picometre", "picometres", "pm"),
    1e4: (
        "micrometer",
        "micrometers",
        "micrometre",
        "micrometres",
        "micron",
        "microns",
        "µm",
        "um",
    ),
    1e7: ("millimeter", "millimetre", "mm"),
    1e8: ("centimeter", "centimetre", "cm"),
    1e10: ("meter", "metre", "m"),
}
BY_NAME = {
    unicodedata.normalize("NFKC", name): angstrom
    for angstrom, names in ANGSTROM.items()
    for name in names
}


def angstrom_of(unit: str | None) -> float | None:
    """How many angstrom one `unit` is, however it is spelt; None of what is no length.

    Examples
    --------
    >>> angstrom_of("nm"), angstrom_of("Å"), angstrom_of("Angstrom"), angstrom_of("pixel")
    (10.0, 1.0, 1.0, None)
    """
    if unit is None:
        return None
    name = unicodedata.normalize("NFKC", unit.strip()).lower()  # two Å and two µ look alike
    return BY_NAME.get(unicodedata.normalize("NFKC", name))


def settle_spacing(
    path: Path, found_zyx: Sequence[float], asked: float | None, unit: str | None = "A"
) -> tuple[float, list[str]]:
    """The voxel spacing to use, and what there is to say about it.

    `found_zyx` is the header's, 0 where it has none, in angstrom; or, where `unit` is another one,
    in what is no known unit of length, or in none (None). `asked` is the user's.

    Raises
    ------
    TomogramError
        Neither has one, or the header's differs between axes and the user named none.
    """
    is_known = unit == "A"
    shown = " x ".join(f"{value:.6g}" for value in reversed(found_zyx)) + (" A" if is_known else "")
    is_given = all(0 < value < float("inf") for value in found_zyx)
    is_cubic = is_given and max(found_zyx) - min(found_zyx) <= SPACING_TOLERANCE * max(found_zyx)
    if asked is not None:
        is_news = not is_cubic or abs(found_zyx[-1] - asked) > SPACING_TOLERANCE * asked
        said = f"voxel spacing {asked:.6g} A as given, in place of the header's x, y, z {shown}"
        return float(asked), [said] if is_news else []
    if not is_given:
        raise TomogramError(
            f"expected a voxel spacing in the header, found x, y, z {shown}: give it "
            f"(--voxel-size) for {path}"
        )
    if not is_known:
        found = "without a unit" if unit is None else f"of the unit {unit!r}"
        raise TomogramError(
            f"expected a voxel spacing in a unit of length, found x, y, z {shown} {found}: give "
            f"the unit (--unit angstrom) or the spacing (--voxel-size) for {path}"
        )
    if not is_cubic:
        raise TomogramError(
            f"expected one voxel spacing for all axes, found x, y, z {shown}: resample, or give "
            f"one (--voxel-size) for {path}"
        )
    # The header holds single precision: 6 digits are its own, the rest is noise (10.5200001).
    spacing = float(f"{sum(found_zyx) / 3:.6g}")
    said = "voxel spacing of exactly 1 A: often a default nobody set (--voxel-size corrects it)"
    return spacing, [said] if spacing == 1.0 else []
