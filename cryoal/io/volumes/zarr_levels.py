"""Which level of an OME-Zarr image is read, and where it lies in the frame of the finest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import SPACING_TOLERANCE, Level, Told
from cryoal.io.volumes.spacing import angstrom_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TypeAlias

    from cryoal.io.volumes.ome_metadata import ZarrLevel

    Zyx: TypeAlias = tuple[float, float, float]

__all__ = ["choose_level", "level_in_frame", "level_spacing", "zyx_order"]


def choose_level(path: Path, levels: list[ZarrLevel], told: Told) -> ZarrLevel:
    """The level that the user names, or whose spacing is the one that is asked for."""
    shown = ", ".join(f"{each.name} {each.shape}" for each in levels)
    if told.level:
        for each in levels:
            if each.name == told.level:
                return each
        if told.level.isdecimal() and int(told.level) < len(levels):
            return levels[int(told.level)]
        raise TomogramError(f"expected a level of {shown}, found {told.level!r} for {path}")
    asked = told.voxel_spacing or told.fitting
    if told.level is not None or asked is None or len(levels) == 1:
        return levels[0]
    fit = [each for each in levels if _has_spacing(each, asked, told)]
    if not fit or fit[0] is levels[0]:
        return levels[0]
    finest, unit = level_spacing(levels[0], zyx_order(path, levels[0], told, []), told)
    if len(fit) > 1 or unit != "A" or 1.0 in finest:
        # 1 A is what is written where nobody knows: then `asked` may correct it
        raise TomogramError(
            f"expected to know which level has {asked:.6g} A, found {shown}: give it (--level "
            f"{fit[0].name}, or --level {levels[0].name} whose scale is wrong) for {path}"
        )
    return fit[0]


def _has_spacing(level: ZarrLevel, asked: float, told: Told) -> bool:
    if level.scale is None or (level.axes is None and told.axes is None):
        return False
    spacing, _ = level_spacing(level, zyx_order(None, level, told, []), told)
    return all(abs(found - asked) <= SPACING_TOLERANCE * asked for found in spacing)


def zyx_order(path: Path | None, level: ZarrLevel, told: Told, notes: list[str]) -> list[int]:
    """The axes of the array that run along z, y, x; a note where they were in another order."""
    names = level.axes.names if level.axes is not None else None
    n_axes = len(level.shape)
    if told.axes:
        given = ("",) * (n_axes - len(told.axes)) + tuple(told.axes.lower())
        if names is not None and names[-len(told.axes) :] != given[-len(told.axes) :]:
            notes.append(f"axes {told.axes} as given, in place of the file's {', '.join(names)}")
        names = given
    if names is None:
        raise TomogramError(
            f"expected the names of {n_axes} axes, found none for shape {level.shape} in {path}: "
            "give them in the order of the array (--axes zyx)"
        )
    if len(names) != n_axes or not all(names.count(axis) == 1 for axis in "zyx"):
        raise TomogramError(
            f"expected axes z, y, x, found {', '.join(names)} for shape {level.shape} in {path}"
        )
    others = [n for n, name in zip(level.shape, names, strict=True) if name not in ("z", "y", "x")]
    if any(n != 1 for n in others):
        raise TomogramError(
            f"expected one volume, found shape {level.shape} along {', '.join(names)} in {path}"
        )
    order = [names.index(axis) for axis in "zyx"]
    if order != sorted(order):
        notes.append(f"axes are {', '.join(names)}: transposed to z, y, x")
    return order


def level_spacing(level: ZarrLevel, order: Sequence[int], told: Told) -> tuple[Zyx, str | None]:
    """Along z, y, x, in angstrom if the second is ``A``; else in that unit, or in none."""
    if level.scale is None:
        return (0.0, 0.0, 0.0), "A"
    units = [None if level.axes is None else level.axes.units[axis] for axis in order]
    if told.unit is not None:
        units = [told.unit] * 3
    factors = [angstrom_of(unit) for unit in units]
    scale = [float(level.scale[axis]) for axis in order]
    if None in factors:
        z, y, x = scale
        return (z, y, x), next((unit for unit in units if unit is not None), None)
    z, y, x = (value * (factor or 0) for value, factor in zip(scale, factors, strict=True))
    return (z, y, x), "A"


def level_in_frame(
    finest: ZarrLevel, chosen: ZarrLevel, order: Sequence[int], spacing: float
) -> Level:
    """Where the chosen level lies in the frame of the finest, by their scales and translations."""
    if finest.scale is None or chosen.scale is None:
        raise TomogramError(
            f"expected the scale of level {chosen.name}, found none: which voxels of the finest "
            f"level are under its first is not known ({chosen.folder})"
        )
    to_angstrom = spacing / chosen.scale[list(order)]
    offset = (chosen.translation - finest.translation)[list(order)] * to_angstrom
    fine = finest.scale[list(order)] * to_angstrom
    if fine.max() - fine.min() > SPACING_TOLERANCE * fine.max():
        raise TomogramError(
            f"expected one voxel spacing for all axes of the finest level, found {fine.tolist()} "
            f"A along z, y, x in {finest.folder}: picks could be in any of them"
        )
    z, y, x = (finest.shape[axis] for axis in order)
    a, b, c = offset.tolist()
    return Level(chosen.name, (a, b, c), (z, y, x), float(f"{fine.mean():.6g}"))
