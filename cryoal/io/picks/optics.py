"""The optics table of exported particles: kept, completed, built, or merged from several.

RELION reads any word as the number 0 without a complaint, so ``None`` as a voltage of 0. A group
that lacks what others have therefore gets what all of these agree on; where they do not agree the
export is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["GROUP", "complete_optics", "merge_optics"]

GROUP = "rlnOpticsGroup"
NAME = "rlnOpticsGroupName"
PIXEL = "rlnTomoTiltSeriesPixelSize"
FROM_PARTICLES = {  # RELION 3.0 and Warp's subtomograms say these of each particle
    "rlnVoltage": "rlnVoltage",
    "rlnSphericalAberration": "rlnSphericalAberration",
    "rlnAmplitudeContrast": "rlnAmplitudeContrast",
    "rlnPixelSize": "rlnImagePixelSize",
}


def complete_optics(part: ParticlePart, particles: StarTable, is_needed: bool) -> StarTable:
    """The optics table of `part` with the tilt series' pixel size; `particles` get its groups.

    Without a table in the source one is built from what the particles say. When they say no
    voltage and none is needed, the answer is an empty table: RELION 5 then takes its optics from
    the tomograms STAR (``ParticleSet::read``), which is better than half a table.

    Raises
    ------
    PicksError
        The particles do not say which of several groups is theirs, or one group has tomograms of
        different pixel size.
    """
    spacing = [f"{_pixel(part, name):.6f}" for name in part.tomogram]
    if source := part.blocks.get("optics"):
        optics = {label: list(values) for label, values in source.items()}
        groups = optics.setdefault(GROUP, [str(i + 1) for i in range(_length(optics))])
        if GROUP not in particles:
            if len(groups) != 1:
                raise PicksError(
                    f"expected column {GROUP} for {len(groups)} groups of data_optics, found none "
                    f"for {part.keys[0]!r}"
                )
            particles[GROUP] = groups * len(part)
        if PIXEL not in optics:
            optics[PIXEL] = [_only(group, particles[GROUP], spacing) for group in groups]
        return optics
    if not is_needed and "rlnVoltage" not in particles:
        return {}
    said = [label for label in FROM_PARTICLES if label in particles]
    rows = list(zip(spacing, *(particles[label] for label in said), strict=True))
    kinds = _kinds(particles.get(GROUP, []), rows)
    if not kinds:
        numbers = {row: str(number) for number, row in enumerate(dict.fromkeys(rows), start=1)}
        particles[GROUP] = [numbers[row] for row in rows]
        kinds = {number: row for row, number in numbers.items()}
    built = {GROUP: list(kinds), NAME: [f"opticsGroup{number}" for number in kinds]}
    for place, label in enumerate((PIXEL, *(FROM_PARTICLES[label] for label in said))):
        built[label] = [row[place] for row in kinds.values()]
    return built


def _kinds(groups: Sequence[str], rows: Sequence[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What is said of each of the particles' own groups; none where these cannot serve.

    They can when they are numbers from 1 and the particles of each agree.
    """
    pairs = dict.fromkeys(zip(groups, rows, strict=False))
    kinds = dict(pairs.keys())
    if len(kinds) != len(pairs) or not all(re.fullmatch("[1-9][0-9]*", group) for group in kinds):
        return {}
    return {group: kinds[group] for group in sorted(kinds, key=int)}


def merge_optics(pairs: Sequence[tuple[StarTable, StarTable]]) -> StarTable:
    """One table for several pairs of optics and particles, whose groups are renumbered.

    Groups that agree in everything become one; of two that only share a name, the later gets
    another. A lone table stays as it was.

    Raises
    ------
    PicksError
        A group lacks what others have, and these differ in it.
    """
    if len(pairs) == 1:
        return pairs[0][0]
    rows: list[dict[str, str]] = []
    for optics, particles in pairs:
        renumbered = {}
        for values in zip(*optics.values(), strict=True):
            row = dict(zip(optics, values, strict=True))
            group = row.pop(GROUP)
            row.setdefault(NAME, f"opticsGroup{group}")
            if row not in rows:
                if row[NAME] in [other[NAME] for other in rows]:
                    row[NAME] = f"{row[NAME]}_{len(rows) + 1}"
                rows.append(row)
            renumbered[group] = str(rows.index(row) + 1)
        if optics:
            particles[GROUP] = [_renumber(group, renumbered) for group in particles[GROUP]]
    labels = dict.fromkeys(label for row in rows for label in row)
    if not rows:
        return {}
    merged = {GROUP: [str(i + 1) for i in range(len(rows))]}
    return merged | {label: [_value(row, label, rows) for row in rows] for label in labels}


def _value(row: dict[str, str], label: str, rows: Sequence[dict[str, str]]) -> str:
    """What `row` says, else what the others say in unison."""
    if label in row:
        return row[label]
    said = list(dict.fromkeys(other[label] for other in rows if label in other))
    if len(said) > 1:
        raise PicksError(
            f"expected {label} for optics group {row[NAME]!r}, whose file of picks does not say "
            f"it, found {' and '.join(said)} in the others: export these files apart"
        )
    return said[0]


def _renumber(group: str, renumbered: dict[str, str]) -> str:
    if group not in renumbered:
        raise PicksError(
            f"expected an optics group of {', '.join(renumbered)}, found {group} in the particles"
        )
    return renumbered[group]


def _only(group: str, groups: Sequence[str], spacing: Sequence[str]) -> str:
    """The one pixel size among the particles of `group`; the first there is for an empty group."""
    found = {s for g, s in zip(groups, spacing, strict=True) if g == group}
    if len(found) > 1:
        raise PicksError(
            f"expected one pixel size in optics group {group}, found {' and '.join(sorted(found))}"
        )
    return found.pop() if found else spacing[0]


def _pixel(part: ParticlePart, name: str) -> float:
    geometry = part.geometry[name]
    return geometry.unbinned_spacing or geometry.voxel_spacing


def _length(table: StarTable) -> int:
    return len(next(iter(table.values()), []))
