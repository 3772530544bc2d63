"""What is in a file of picks, told before a box is cut from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_floats
from cryoal.io.picks.project import tomogram_files
from cryoal.io.picks.unit import VOXELS, read_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.io.picks.picks import Picks
    from cryoal.records import Json

__all__ = ["Preview", "preview"]

FIRST = 5  # picks that are shown
WIDEST = 2000  # voxels: 4000 pixels of a camera, binned at least twice
NARROWEST = 32  # voxels: the edge of a box
MANY = 10  # tomograms, or classes, that are listed one by one


@dataclass(frozen=True)
class Preview:
    """What :func:`preview` found; `first` has key, tomogram and x, y, z in angstrom."""

    path: str
    format: str
    reason: str
    convention: str
    unit: str
    n: int
    tomograms: dict[str, int]
    files: dict[str, str]
    ranges: dict[str, tuple[float, float]]
    score: str | None
    classes: dict[str, int]
    group: str | None
    has_poses: bool
    first: list[tuple[str, str, float, float, float]] = field(default_factory=list)
    missing: str | None = None
    """What a file alone does not say and positions need, or why they cannot be read."""
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        """For scripts."""
        labels = ("key", "tomogram", "x_angstrom", "y_angstrom", "z_angstrom")
        return {
            "file": self.path,
            "format": self.format,
            "why": self.reason,
            "convention": self.convention,
            "unit": self.unit or None,
            "picks": self.n,
            "tomograms": self.tomograms,
            "tomogram_files": self.files,
            "ranges": {label: list(ends) for label, ends in self.ranges.items()},
            "score": self.score,
            "classes": self.classes,
            "group": self.group,
            "poses": self.has_poses,
            "first": [dict(zip(labels, row, strict=True)) for row in self.first],
            "missing": self.missing,
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """For people."""
        lines = [f"{self.path}: {self.format} ({self.reason})", f"  {self.convention}"]
        if self.unit:
            lines.append(f"unit: {self.unit}")
        lines += _listed(f"picks: {self.n}; tomograms: {len(self.tomograms)}", self.tomograms)
        for label, (low, high) in self.ranges.items():
            lines.append(f"{label}: {low:g} to {high:g}")
        if self.score:
            lines.append(f"score: {self.score}")
        if self.classes:
            lines += _listed(f"classes: {len(self.classes)}", self.classes)
        if self.group:
            lines.append(f"filaments or the like: {self.group}")
        lines.append("poses: yes" if self.has_poses else "poses: none")
        if self.missing:
            lines.append(f"positions in angstrom need {self.missing}")
        elif self.first:
            lines.append("first picks, x y z in angstrom from the centre of the first voxel:")
            lines += [f"  {key}: {x:.1f} {y:.1f} {z:.1f}" for key, _, x, y, z in self.first]
        return lines + [f"note: {note}" for note in self.notes]


def preview(picks: Picks) -> Preview:
    """What `picks` hold, and where the first of them are if the file alone says it."""
    convention = picks.convention
    scores = convention.score_column(picks.columns)
    ranges = {}
    for label in dict.fromkeys((*convention.coordinate_labels(picks.columns), scores)):
        if label is not None and (ends := _range(picks.columns.get(label, []))) is not None:
            ranges[label] = ends
    classes = convention.class_column(picks.columns)
    first_line = (convention.__doc__ or convention.name).strip().partition("\n")[0]
    names = picks.names()
    first: list[tuple[str, str, float, float, float]] = []
    unit, missing = "", None
    try:
        largest = read_alone(picks, max(names, key=lambda name: len(picks.rows(name))))
        unit, missing = largest.unit, largest.missing
        shown = read_alone(picks, names[0]).located.position_zyx_angstrom[:FIRST]
        keys = picks.keys(names[0])[:FIRST]
        if missing is None:
            for key, (z, y, x) in zip(keys, shown.round(4).tolist(), strict=True):
                first.append((key, names[0], x, y, z))
    except PicksError as error:
        missing = f"an answer: {error}"
    return Preview(
        path=str(picks.path),
        format=picks.format,
        reason=picks.reason,
        convention=first_line.replace("``", ""),
        unit=unit,
        n=len(picks),
        tomograms={name: len(picks.rows(name)) for name in names},
        files={name: str(file) for name, file in tomogram_files(picks).items()},
        ranges=ranges,
        score=scores,
        classes=dict(Counter(picks.columns[classes]).most_common()) if classes else {},
        group=convention.group_column(picks.columns),
        has_poses=picks.rotation is not None,
        first=first,
        missing=missing,
        notes=[*picks.remarks, *_doubts(picks, unit, ranges)],
    )


def _doubts(picks: Picks, unit: str, ranges: dict[str, tuple[float, float]]) -> list[str]:
    """What looks like another unit."""
    labels = picks.convention.coordinate_labels(picks.columns)
    most = max((ranges[label][1] for label in labels if label in ranges), default=0.0)
    if unit == VOXELS and most > WIDEST:
        return [
            f"coordinates reach {most:g}, more than binned tomograms have voxels: are they pixels "
            "of the tilt series? (--coordinate-spacing)"
        ]
    if unit == VOXELS and most < NARROWEST:
        return [
            f"coordinates reach {most:g} only: are they fractions, or nanometre? "
            "(--coordinate-spacing)"
        ]
    return []


def _range(texts: Sequence[str]) -> tuple[float, float] | None:
    try:
        values = to_floats(text for text in texts if text)
    except ValueError:
        return None
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else None


def _listed(head: str, counts: dict[str, int]) -> list[str]:
    lines = [head]
    lines += [f"  {name or '(no name)'}: {count}" for name, count in list(counts.items())[:MANY]]
    if len(counts) > MANY:
        lines.append(f"  and {len(counts) - MANY} more")
    return lines
