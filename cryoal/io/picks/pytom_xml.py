"""PyTom's particle lists in XML: PickPosition, Shift and Rotation of each particle."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_floats
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.poses import matrix_from_motl, motl_from_matrix
from cryoal.io.picks.write_table import score_text
from cryoal.io.xml_tree import read_xml
from cryoal.records import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["PytomXml", "write_pytom"]

WANTED = {  # column -> element below Particle and its attribute
    "pytom_x": ("PickPosition", "X"),
    "pytom_y": ("PickPosition", "Y"),
    "pytom_z": ("PickPosition", "Z"),
    "pytom_origin": ("PickPosition", "Origin"),
    "pytom_shift_x": ("Shift", "X"),
    "pytom_shift_y": ("Shift", "Y"),
    "pytom_shift_z": ("Shift", "Z"),
    "pytom_z1": ("Rotation", "Z1"),
    "pytom_z2": ("Rotation", "Z2"),
    "pytom_rot_x": ("Rotation", "X"),
    "pytom_score": ("Score", "Value"),
    "pytom_class": ("Class", "Name"),
}
XYZ = ("pytom_x", "pytom_y", "pytom_z")
SHIFT = ("pytom_shift_x", "pytom_shift_y", "pytom_shift_z")
ANGLES = ("pytom_z1", "pytom_z2", "pytom_rot_x")
NO_CLASS = ("", "None")


class PytomXml(PickFormat):
    """Particle lists of PyTom (``.xml``), voxels of the tomogram that was picked in.

    ``PickPosition`` is an index of voxels from 0 (``basic/structures.py``: ``toMOTL`` adds 1 to
    it, a motive list counting from 1), in the tomogram ``Origin``. A particle is at
    ``PickPosition`` plus ``Shift`` (``bin/updateParticleList.py``, ``move_shift``), in voxels of
    the subtomograms, which are taken for as large as those of the position. ``Rotation`` is
    ``Rz(Z2) Rx(X) Rz(Z1)`` (``angles/angleFnc.py``, ``zxzToMat``), the reference into the
    particle. PyTom 0.994, commit ea0b842.
    """

    name = "pytom"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the element ``ParticleList``."""
        is_xml = file.is_text and b"<ParticleList" in file.head
        return "ParticleList -> PyTom, voxels" if is_xml else None

    @staticmethod
    def read(file: PickFile) -> Contents:
        """Position, shift, angles, score and class of each particle."""
        root = read_xml(file.content, file.path, PicksError)
        particles = root.findall("Particle")
        if root.tag != "ParticleList" or not particles:
            raise PicksError(f"expected a ParticleList with particles of PyTom, found {file.path}")
        columns = {"pytom_file": [one.get("Filename", "") for one in particles]}
        for label, (tag, attribute) in WANTED.items():
            found = [one.find(tag) for one in particles]
            columns[label] = ["" if one is None else one.get(attribute, "") for one in found]
        paradigms = {one.get("Paradigm", "ZXZ") for one in root.iter("Rotation")}
        if paradigms - {"ZXZ"}:
            raise PicksError(
                f"expected Rotation with the Paradigm ZXZ, found {sorted(paradigms)[-1]!r} in "
                f"{file.path}"
            )
        optional = (*SHIFT, *ANGLES, "pytom_score", "pytom_class")
        kept: StarTable = {k: v for k, v in columns.items() if k not in optional or any(v)}
        return Contents(kept)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """``Origin``; without one, a single tomogram without a name."""
        names = columns["pytom_origin"]
        if "" in names and any(names):
            raise PicksError(
                f"expected an Origin for each PickPosition, found none for particle "
                f"{names.index('') + 1} of {path}"
            )
        return list(names)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """X, Y and Z of ``PickPosition``."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the voxel spacing, or what the user says."""
        return picks.xyz(XYZ, rows) * (picks.coordinate_spacing or geometry.voxel_spacing)

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """``Shift`` is added."""
        if not all(label in picks.columns for label in SHIFT):
            return None
        return -picks.xyz(SHIFT, rows) * (picks.coordinate_spacing or geometry.voxel_spacing)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """``Rotation``, where every particle has one."""
        if not all(all(columns.get(label, [""])) for label in ANGLES):
            return None
        try:
            return matrix_from_motl(np.stack([to_floats(columns[a]) for a in ANGLES], axis=1))
        except ValueError as error:
            raise PicksError(f"expected numbers in Rotation: {error}") from error

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``Score``."""
        return "pytom_score" if "pytom_score" in columns else None

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``Class``, where one has a name."""
        told = set(columns.get("pytom_class", ()))
        return "pytom_class" if told - {*NO_CLASS, "0"} else None


def write_pytom(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write one list; the position has the shift in it. Returns what the numbers of classes mean.

    A class is its number, as PyTom's motive lists and classifications want.
    """
    lines = ["<ParticleList>"]
    classes: dict[int, str] = {}
    for part in parts:
        angles = np.zeros((len(part), 3))
        if part.rotation is not None:
            angles = motl_from_matrix(part.rotation) + 0.0
        files = part.columns.get("pytom_file") or [f"{key}.em" for key in part.keys]
        spacing = {name: known.voxel_spacing for name, known in part.geometry.items()}
        for row, name in enumerate(part.tomogram):
            x, y, z = (part.position_zyx_angstrom[row, ::-1] / spacing[name] + 0.0).tolist()
            z1, z2, turn = angles[row].tolist()
            number = part.numbers[row]
            classes[number] = part.labels[row] or "no class"
            score = score_text(part.scores[row])
            lines += [
                f"  <Particle Filename={quoteattr(files[row])}>",
                f'    <Rotation Z1="{z1:.5f}" Z2="{z2:.5f}" X="{turn:.5f}" Paradigm="ZXZ" />',
                '    <Shift X="0.0" Y="0.0" Z="0.0" />',
                f'    <PickPosition X="{x:.5f}" Y="{y:.5f}" Z="{z:.5f}" '
                f"Origin={quoteattr(name)} />",
                *([f'    <Score Type="FLCFScore" Value="{score}" />'] if score else ()),
                f'    <Class Name="{number}" />',
                "  </Particle>",
            ]
    write_text(path, "\n".join([*lines, "</ParticleList>", ""]))
    known = ", ".join(f"{number} {classes[number]}" for number in sorted(classes))
    return [f"Class: {known}"]
