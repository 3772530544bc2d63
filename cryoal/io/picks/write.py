"""Particles out again: every column that came in, the target's coordinates, and ours."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks import PICKS, WRITERS
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.numbered import whole
from cryoal.io.texts import coded, distinct, renamed, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.star import StarTable

__all__ = [
    "WRITERS",
    "ParticlePart",
    "ending_of",
    "makes_folder",
    "write_particles",
    "writes_folder",
]

ENDINGS = {"deepfinder": ".xml", "pytom": ".xml", "topaz": ".txt"}
"""Of formats of one file that are neither STAR nor CSV."""

Writer: TypeAlias = "Callable[[Path, Sequence[ParticlePart]], Sequence[str] | None]"
"""Writes parts to a path; what the user is to hear about it comes back, a line each."""

T = TypeVar("T")

CLASS, NUMBER, NO_CLASS = "cryoalClass", "rlnClassNumber", "None"


def writes_folder(writer: Writer) -> Writer:
    """Mark a writer of several files: its path is a new folder, which it fills."""
    writer.is_folder = True  # type: ignore[attr-defined]
    return writer


def makes_folder(to: str) -> bool:
    """Whether the format `to` is written as a folder of files."""
    return bool(getattr(WRITERS.load(to), "is_folder", False))


def ending_of(to: str) -> str:
    """How a file of the format `to` is called at its end; "" where that is a folder of files.

    Examples
    --------
    >>> ending_of("relion5"), ending_of("deepfinder"), ending_of("czii"), ending_of("dynamo")
    ('.star', '.xml', '.csv', '')
    """
    if makes_folder(to):
        return ""
    convention = cast("type[PickFormat]", PICKS.load(to))
    return ENDINGS.get(to, ".star" if issubclass(convention, StarFormat) else ".csv")


@dataclass(frozen=True)
class ParticlePart:
    """Particles that came from one file of picks; everything has one entry a particle.

    `columns` are the source's, as text and in order, and `blocks` its other blocks; `format` is
    the source's name in ``PICKS``. `tomogram` is the name to write, which is the picks' own name
    unless they have none; `geometry` has an entry for each. `coordinate_zyx_angstrom` is before
    and `position_zyx_angstrom` after the origin shift, ``(n, 3)``. `extra` are columns of ours,
    `remarks` lines about all particles, for formats that have comments. `optics` is what is known
    of a tomogram besides, under RELION's labels: rlnVoltage and its like. `switches` are the user's
    choices where programs disagree on the format that they came in.
    """

    columns: Mapping[str, Sequence[str]]
    blocks: Mapping[str, StarTable]
    format: str
    keys: Sequence[str]
    tomogram: Sequence[str]
    coordinate_zyx_angstrom: NDArray[np.float64]
    position_zyx_angstrom: NDArray[np.float64]
    geometry: Mapping[str, Geometry]
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    optics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {
            len(self.tomogram),
            len(self.coordinate_zyx_angstrom),
            len(self.position_zyx_angstrom),
            *map(len, self.columns.values()),
            *map(len, self.extra.values()),
        }
        if lengths != {len(self.keys)}:
            raise ValueError(f"expected {len(self.keys)} entries a column, found {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def source(self) -> type[PickFormat]:
        """The convention of the file that the particles came from."""
        return cast("type[PickFormat]", PICKS.load(self.format))

    @cached_property
    def key_column(self) -> str | None:
        """The source's column that the keys came from, which the pool may have told apart since."""
        return self.source.key_column({label: list(cells) for label, cells in self.columns.items()})

    @cached_property
    def voxel_xyz(self) -> NDArray[np.float64]:
        """Where particles are after the shift: ``(n, 3)`` x, y, z in voxels, 0 = first voxel."""
        tomogram = coded(self.tomogram)
        known = [self.geometry[name].voxel_spacing for name in tomogram.names]
        spacing = np.array(known, np.float64)[tomogram.codes]
        xyz: NDArray[np.float64] = self.position_zyx_angstrom[:, ::-1] / spacing[:, None]
        return xyz

    @cached_property
    def rotation(self) -> NDArray[np.float64] | None:
        """Poses, ``(n, 3, 3)`` from the particle's frame to the tomogram's; acts on x, y, z."""
        return self.source.rotation(self.columns)

    @cached_property
    def labels(self) -> Sequence[str]:
        """The class of each particle, ours before the source's; "" where it has none."""
        if CLASS in self.extra:
            return renamed(self.extra[CLASS], {NO_CLASS: ""})
        column = self.source.class_column(self.columns)
        return same("", len(self)) if column is None else self.columns[column]

    @cached_property
    def numbers(self) -> list[int]:
        """The number of its class, from 1; 0 for none. Classes that are numbers keep theirs."""
        if NUMBER in self.extra:
            return [int(text) for text in self.extra[NUMBER]]
        names = sorted({*distinct(self.labels)} - {""})
        known = {name: n for n, name in enumerate(names, start=1)}
        spelt = {name: whole(name) for name in names}
        if all(text.isascii() and text.isdigit() for text in spelt.values()):
            known = {name: int(text) for name, text in spelt.items()}
        return [known.get(name, 0) for name in self.labels]

    @cached_property
    def scores(self) -> list[float]:
        """The picker's own score; nan where it has none."""
        column = self.source.score_column(self.columns)
        texts = same("", len(self)) if column is None else self.columns[column]
        return [_score(text) for text in texts]


def with_shared_geometry(parts: Sequence[ParticlePart]) -> list[ParticlePart]:
    """`parts`, each with the unbinned size and pixel that another says of the same tomogram."""
    size: dict[str, set[tuple[float, float, float]]] = {}
    pixel: dict[str, set[float]] = {}
    for part in parts:
        for name, geometry in part.geometry.items():
            if geometry.unbinned_size_xyz is not None:
                size.setdefault(clean_name(name), set()).add(geometry.unbinned_size_xyz)
            if geometry.unbinned_spacing is not None:
                pixel.setdefault(clean_name(name), set()).add(geometry.unbinned_spacing)
    return [
        replace(
            part,
            geometry={
                name: replace(
                    geometry,
                    unbinned_size_xyz=geometry.unbinned_size_xyz or _only(size, name),
                    unbinned_spacing=geometry.unbinned_spacing or _only(pixel, name),
                )
                for name, geometry in part.geometry.items()
            },
        )
        for part in parts
    ]


def _only(known: Mapping[str, set[T]], name: str) -> T | None:
    """The one thing known of a tomogram; None where there are several, or nothing."""
    found = known.get(clean_name(name), set())
    return next(iter(found)) if len(found) == 1 else None


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def write_particles(path: Path, to: str, parts: Sequence[ParticlePart]) -> list[str]:
    """Write the particles of all `parts`, in order, to `path` in the format `to`, in one step.

    Columns pass through as the text they were. Where source and target share a convention the
    coordinates do too; otherwise the target's take the place of the source's. What comes back are
    lines that the user should hear.

    Raises
    ------
    PicksError
        No particles, parts that one file cannot hold, or coordinates that the target wants in a
        unit that nothing says.
    UnknownNameError
        No format called `to`.
    """
    writer = cast("Writer", WRITERS.load(to))
    filled = [part for part in parts if len(part)]
    if not filled:
        raise PicksError(f"expected particles to write to {path}, found none")
    for part in filled:
        if "" in distinct(part.tomogram):
            key = part.keys[part.tomogram.index("")]
            raise PicksError(f"expected the name of a tomogram, found none for {key!r}")
    if makes_folder(to):
        path.mkdir(parents=True, exist_ok=True)
    return list(writer(path, with_shared_geometry(filled)) or ())
