"""The optics table of exported particles: kept, completed, built, or merged from several.

RELION reads any word as the number 0 without a complaint, so ``None`` as a voltage of 0. A group
that lacks what others have therefore gets what all of these agree on; where they do not agree the
export is refused. RELION 3.1 makes an empty file of particles whose optics lack the pixel of the
images, the voltage or the spherical aberration: these come from the tomograms STAR, or the user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.blocks import alike
from cryoal.io.texts import Coded, coded, combined, distinct, renamed, same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import Columns, StarTable

__all__ = [
    "ABERRATION",
    "GROUP",
    "NAME",
    "PIXEL",
    "SAID",
    "VOLTAGE",
    "complete_optics",
    "merge_optics",
    "said_of_optics",
]

GROUP = "rlnOpticsGroup"
NAME = "rlnOpticsGroupName"
PIXEL = "rlnTomoTiltSeriesPixelSize"
IMAGE_PIXEL = "rlnImagePixelSize"
VOLTAGE = "rlnVoltage"
ABERRATION = "rlnSphericalAberration"
SAID = (VOLTAGE, ABERRATION, "rlnAmplitudeContrast")
"""What a tomograms STAR says of the microscope."""
FROM_PARTICLES = {  # RELION 3.0 and Warp's subtomograms say these of each particle
    **{label: label for label in SAID},
    "rlnPixelSize": IMAGE_PIXEL,
}


def complete_optics(
    part: ParticlePart, particles: Columns, pixels: Mapping[str, float | None], *, is_needed: bool
) -> StarTable:
    """The optics table of `part` with the tilt series' pixel size; `particles` get its groups.

    Without a table in the source one is built from what the particles, the tomograms STAR and the
    user say. When nobody says a voltage and none is needed, the answer is an empty table: RELION 5
    then takes its optics from the tomograms STAR (``ParticleSet::read``), which is better than half
    a table.

    Parameters
    ----------
    pixels
        Angstrom per unbinned pixel of each tomogram, None where that is unknown.

    Raises
    ------
    PicksError
        The particles do not say which of several groups is theirs, one group has tomograms of
        different pixel size, a pixel size that is needed is unknown, or two sources disagree.
    """
    if source := part.blocks.get("optics"):
        return _completed(part, particles, pixels, source)
    said = [label for label in FROM_PARTICLES if label in particles]
    listed = [label for label in (NAME, *SAID) if _is_listed(part, label) and label not in said]
    is_known = all(pixels[name] is not None for name in distinct(part.tomogram))
    if not is_needed and (not is_known or VOLTAGE not in {*said, *listed}):
        return {}
    spacing = _spacings(part, pixels)
    columns: Columns = {PIXEL: spacing}
    columns |= {FROM_PARTICLES[label]: particles[label] for label in said}
    columns |= {label: _listed(part, label) for label in listed}
    columns.setdefault(IMAGE_PIXEL, spacing)
    # one text for each number, so that 300 and 300.000 make no two groups
    spelt = [_in_one_spelling(column) for column in columns.values()]
    kinds = _kinds(particles.get(GROUP, []), spelt)
    if not kinds:
        rows, codes = combined(spelt)
        kinds = {str(number): row for number, row in enumerate(rows, start=1)}
        particles[GROUP] = Coded(list(kinds), codes)
    built: StarTable = {GROUP: list(kinds)}
    if NAME not in listed:
        built[NAME] = [f"opticsGroup{number}" for number in kinds]
    for place, label in enumerate(columns):
        built[label] = [row[place] for row in kinds.values()]
    return built


def said_of_optics(optics: StarTable) -> list[str]:
    """What the user should hear of the optics that were written."""
    absent = [label for label in (IMAGE_PIXEL, VOLTAGE, ABERRATION) if label not in optics]
    if not absent:
        return []
    what = f"no {' and no '.join(absent)} in data_optics" if optics else "no data_optics"
    return [
        f"{what}: RELION 5 takes them from its tomograms STAR, RELION 3.1 loses the particles; "
        "--voltage and --cs, or --tomograms, say them"
    ]


def _completed(
    part: ParticlePart,
    particles: Columns,
    pixels: Mapping[str, float | None],
    source: StarTable,
) -> StarTable:
    """The source's own table with what it lacks and others say."""
    optics: StarTable = {label: list(values) for label, values in source.items()}
    groups = optics.setdefault(GROUP, [str(i + 1) for i in range(_length(optics))])
    if GROUP not in particles:
        if len(groups) != 1:
            raise PicksError(
                f"expected column {GROUP} for {len(groups)} groups of data_optics, found none "
                f"for {part.keys[0]!r}"
            )
        particles[GROUP] = same(groups[0], len(part))
    mine = particles[GROUP]
    here = {*distinct(mine)}
    if PIXEL not in optics:
        optics[PIXEL] = _of_each(PIXEL, groups, mine, _spacings(part, pixels))
    optics.setdefault(IMAGE_PIXEL, list(optics[PIXEL]))
    for label in SAID:
        if not _is_listed(part, label):
            continue
        found = _of_each(label, groups, mine, _listed(part, label))
        for group, own, other in zip(groups, optics.setdefault(label, found), found, strict=True):
            if group in here and alike(own) != alike(other):
                raise PicksError(
                    f"expected {label} {own} of optics group {group} as in data_optics, found "
                    f"{other} by --tomograms or the options"
                )
    return optics


def _is_listed(part: ParticlePart, label: str) -> bool:
    """Whether the tomograms STAR or the user says `label` of every tomogram."""
    return all(label in part.optics.get(name, {}) for name in distinct(part.tomogram))


def _listed(part: ParticlePart, label: str) -> Coded:
    """What is listed of the tomogram of each particle."""
    return renamed(part.tomogram, {n: said.get(label, "") for n, said in part.optics.items()})


def _spacings(part: ParticlePart, pixels: Mapping[str, float | None]) -> Coded:
    """The tilt series' pixel size for each particle."""
    known = {}
    for name in distinct(part.tomogram):
        if (pixel := pixels[name]) is None:
            raise PicksError(
                f"expected the pixel of the unbinned tilt series of {name!r} for data_optics, "
                "found none: give the tomograms STAR (--tomograms) or the pixel (--pixel-size)"
            )
        known[name] = f"{pixel:.6f}"
    return renamed(part.tomogram, known)


def _in_one_spelling(cells: Sequence[str]) -> Coded:
    """`cells`, each as the first that says the same."""
    first: dict[str | float, str] = {}
    return renamed(cells, {c: first.setdefault(alike(c), c) for c in distinct(cells)})


def _kinds(groups: Sequence[str], columns: Sequence[Coded]) -> dict[str, tuple[str, ...]]:
    """What is said of each of the particles' own groups; none where these cannot serve.

    They can when they are numbers from 1 and the particles of each agree.
    """
    if not groups:
        return {}
    pairs, _ = combined([groups, *columns])
    kinds = {pair[0]: pair[1:] for pair in pairs}
    if len(kinds) != len(pairs) or not all(re.fullmatch("[1-9][0-9]*", group) for group in kinds):
        return {}
    return {group: kinds[group] for group in sorted(kinds, key=int)}


def merge_optics(pairs: Sequence[tuple[StarTable, Columns]]) -> StarTable:
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
    known: list[dict[str, str | float]] = []
    for optics, particles in pairs:
        renumbered = {}
        for values in zip(*optics.values(), strict=True):
            row = dict(zip(optics, values, strict=True))
            group = row.pop(GROUP)
            row.setdefault(NAME, f"opticsGroup{group}")
            said = {label: alike(value) for label, value in row.items()}
            if said not in known:
                if row[NAME] in [other[NAME] for other in rows]:
                    row[NAME] = f"{row[NAME]}_{len(rows) + 1}"
                rows.append(row)
                known.append(said)
            renumbered[group] = str(known.index(said) + 1)
        if optics:
            groups = coded(particles[GROUP])
            new = {group: _renumber(group, renumbered) for group in distinct(groups)}
            particles[GROUP] = renamed(groups, new)
    labels = dict.fromkeys(label for row in rows for label in row)
    if not rows:
        return {}
    merged: StarTable = {GROUP: [str(i + 1) for i in range(len(rows))]}
    return merged | {label: [_value(row, label, rows) for row in rows] for label in labels}


def _value(row: dict[str, str], label: str, rows: Sequence[dict[str, str]]) -> str:
    """What `row` says, else what the others say in unison."""
    if label in row:
        return row[label]
    said = list({alike(other[label]): other[label] for other in rows if label in other}.values())
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


def _of_each(
    label: str, groups: Sequence[str], mine: Sequence[str], cells: Sequence[str]
) -> list[str]:
    """What all particles of each of `groups` say; the first there is for an empty group."""
    both = [coded(mine), coded(cells)]
    first, _ = combined(both)
    last, _ = combined([Coded(column.names, column.codes[::-1]) for column in both])
    said = []
    for group in groups:  # what is spelt in several ways is spelt as the last one has it
        found = {alike(cell): cell for its, cell in (*first, *reversed(last)) if its == group}
        if len(found) > 1:
            raise PicksError(
                f"expected one {label} in optics group {group}, found "
                f"{' and '.join(found.values())}"
            )
        said.append(next(iter(found.values()), cells[0]))
    return said


def _length(table: StarTable) -> int:
    return len(next(iter(table.values()), []))
