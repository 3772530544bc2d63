"""DeepFinder's lists of objects in XML: z, y, x of voxels and a number of the class."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_floats
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.poses import matrix_from_motl, motl_from_matrix
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

__all__ = ["DeepFinder", "write_deepfinder"]

XYZ = ("x", "y", "z")
ANGLES = ("phi", "psi", "the")
NAME = "tomogram"  # ours; DeepFinder asks for the attributes it knows, and leaves others alone


class DeepFinder(PickFormat):
    """Lists of objects of DeepFinder (``objlist``, ``.xml``), voxels.

    ``x``, ``y``, ``z`` are indices of voxels from 0, with fractions where they are means of
    clusters (cryoet-deepfinder 0.2.1, ``inference.py``: ``np.nonzero`` and its mean; ``objl.py``
    writes three decimals). ``tomo_idx`` is the place in the user's own list of tomograms.
    ``phi``, ``psi``, ``the`` are TOM's and PyTom's angles: of the three readings only
    ``Rz(psi) Rx(the) Rz(phi)`` is what its ``rotate_array`` does to a blob. ``cluster_size``
    is what it thresholds by, and so the score. Its ``.xlsx`` is to be saved as ``.xml``.
    """

    name = "deepfinder"
    has_numbers = True

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the element ``objlist``."""
        is_xml = file.is_text and b"<objlist" in file.head
        return "objlist -> objects of DeepFinder, voxels" if is_xml else None

    @staticmethod
    def read(file: PickFile) -> Contents:
        """The attributes of each object; "" where it lacks one that others have."""
        root = read_xml(file.content, file.path, PicksError)
        objects = [element.attrib for element in root if isinstance(element.tag, str)]
        if root.tag != "objlist" or not objects:
            raise PicksError(f"expected an objlist with objects of DeepFinder, found {file.path}")
        labels = dict.fromkeys(label for one in objects for label in one)
        return Contents({label: [one.get(label, "") for one in objects] for label in labels})

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """Its name where we wrote it, else ``tomo_idx``; without, a tomogram without a name."""
        del path
        n_rows = len(next(iter(columns.values()), []))
        return list(columns.get(NAME) or columns.get("tomo_idx") or [""] * n_rows)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x``, ``y`` and ``z``."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the voxel spacing, or what the user says."""
        return picks.xyz(XYZ, rows) * (picks.coordinate_spacing or geometry.voxel_spacing)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """``phi``, ``psi`` and ``the``, where every object has them."""
        if not all(all(columns.get(label, [""])) for label in ANGLES):
            return None
        try:
            return matrix_from_motl(np.stack([to_floats(columns[a]) for a in ANGLES], axis=1))
        except ValueError as error:
            raise PicksError(f"expected numbers in phi, psi, the: {error}") from error

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``cluster_size``."""
        return "cluster_size" if "cluster_size" in columns else None

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``class_label``, a number."""
        return "class_label" if "class_label" in columns else None


def write_deepfinder(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write one list, with the tomograms numbered from 0 in order; returns what numbers mean.

    Three decimals, as DeepFinder writes. A particle without a class has the label 0, which is
    background there.
    """
    names = list(dict.fromkeys(name for part in parts for name in part.tomogram))
    place = {name: str(number) for number, name in enumerate(names)}
    classes: dict[int, str] = {}
    root = ET.Element("objlist")
    for part in parts:
        angles = None if part.rotation is None else motl_from_matrix(part.rotation)
        for row, name in enumerate(part.tomogram):
            number = part.numbers[row]
            classes[number] = part.labels[row] or "no class"
            voxel = part.position_zyx_angstrom[row, ::-1] / part.geometry[name].voxel_spacing
            said = {"tomo_idx": place[name], "class_label": str(number)}
            said |= {label: f"{value:.3f}" for label, value in zip(XYZ, voxel + 0.0, strict=True)}
            if angles is not None:
                said |= {
                    label: f"{value:.3f}" for label, value in zip(ANGLES, angles[row], strict=True)
                }
            ET.SubElement(root, "object", {**said, NAME: name})
    ET.indent(root)
    write_text(path, ET.tostring(root, encoding="unicode") + "\n")
    known = ", ".join(f"{number} {classes[number]}" for number in sorted(classes))
    return [f"class_label: {known}", f"tomo_idx: 0 to {len(names) - 1}, as the attribute {NAME}"]
