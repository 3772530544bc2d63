"""EMAN2's ``info/*_info.json``: ``boxes_3d``, from the middle of the tomogram or its corner."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.file import PickFile
from cryoal.io.picks.numbers import positive
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import NO_CLASS, by_tomogram
from cryoal.records import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["Eman2", "write_eman2"]

XYZ = ("eman2_x", "eman2_y", "eman2_z")
LABELS = (
    *("eman2_tomogram", *XYZ, "eman2_method", "eman2_score"),
    *("eman2_class", "eman2_class_name", "eman2_apix_unbin"),
)
ENDING = "_info.json"
METHOD, BOX = "cryoal", 64  # the box of e2spt_boxer where none is told, in unbinned pixels
DEFAULTS = ("", "", "", "manual", "0", "0")  # of a box that is shorter, as e2spt_boxer has it


class Eman2(PickFormat):
    """Boxes of EMAN2 (``info/*_info.json``, or the folder ``info``).

    Where the file has ``apix_unbin``, x, y, z are unbinned pixels from the middle, which is voxel
    n // 2 of each axis: ``e2spt_boxer.py`` takes ``b / apix * apix_unbin + n // 2`` for the voxel.
    Without it they are voxels of the tomogram that was boxed, from 0 (EMAN2 f9e8fc6, June 2026;
    ``e2spt_extract.py`` subtracts ``nx // 2`` then). ``e2spt_tempmatch.py`` and
    ``e2spt_extractfromseg.py`` write from n / 2 instead: half a voxel off where n is odd.
    A box is ``[x, y, z, method, score, class]``; ``class_list`` has the names. No poses.
    """

    name = "eman2"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By ``boxes_3d``."""
        if file.is_folder:
            files = _files(file.path)
            return f"{len(files)} files *{ENDING} -> EMAN2" if files else None
        if not file.is_text or not file.head.lstrip().startswith(b"{"):
            return None
        if not (file.name.endswith(ENDING) or b'"boxes_3d"' in file.head):
            return None
        if b'"boxes_3d"' not in file.content:
            return None
        return "boxes_3d -> EMAN2"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """A row for each box, numbers as the text that stands there."""
        files = [PickFile(path) for path in _files(file.path)] if file.is_folder else [file]
        rows = [row for one in files for row in _rows(one)]
        if not rows:
            raise PicksError(f"expected picks, found no boxes_3d in {file.path}")
        return Contents(dict(zip(LABELS, map(list, zip(*rows, strict=True)), strict=True)))

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """What stands before ``_info.json``."""
        del path
        return list(columns[LABELS[0]])

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """x, y and z of the boxes."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """From the middle where there is ``apix_unbin``, else from the first voxel."""
        values = picks.xyz(XYZ, rows)
        said = picks.columns["eman2_apix_unbin"][int(rows[0])] if len(rows) else ""
        if not said:
            return values * (picks.coordinate_spacing or geometry.voxel_spacing)
        pixel = picks.coordinate_spacing or positive(said, "apix_unbin", picks.path)
        middle = np.asarray([n // 2 for n in geometry.shape], np.float64)
        return values * pixel + middle * geometry.voxel_spacing

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The fifth entry of a box, where it is not 0 for all."""
        told = set(columns.get("eman2_score", ()))
        return "eman2_score" if told - {"", "0", "0.0"} else None

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The name in ``class_list``."""
        return "eman2_class_name" if "eman2_class_name" in columns else None


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if PickFile(p).name.endswith(ENDING))


def _rows(file: PickFile) -> Iterator[list[str]]:
    """The columns ``LABELS`` of each box.

    EMAN2 keeps much else in the file, numbers that are no numbers too, so that only what is read
    of it is looked at closely.
    """
    try:
        value = json.loads(file.text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise PicksError(f"expected JSON of EMAN2 in {file.path}, found: {error}") from error
    boxes = value.get("boxes_3d", []) if isinstance(value, dict) else None
    if not isinstance(boxes, list):
        raise PicksError(f"expected boxes_3d, a list of boxes of EMAN2, in {file.path}")
    listed = value.get("class_list")
    names = {
        str(number): str(one.get("name", "") if isinstance(one, dict) else one)
        for number, one in (listed if isinstance(listed, dict) else {}).items()
    }
    apix = value.get("apix_unbin")
    tomogram = file.name.removesuffix(".json").removesuffix("_info")
    for number, box in enumerate(boxes, start=1):
        cells = box if isinstance(box, list) else []
        if len(cells) < 3 or not all(isinstance(cell, str) for cell in cells[:6]):
            raise PicksError(
                f"expected [x, y, z, method, score, class], found {box!r:.60} as box {number} of "
                f"{file.path}"
            )
        x, y, z, method, score, kind = (*cells, *DEFAULTS[len(cells) :])[:6]
        yield [
            *(tomogram, x, y, z, method, score, kind),
            *(names.get(kind, f"particles_{kind:0>2}"), "" if apix is None else str(apix)),
        ]


def _unbinned(part: ParticlePart, rows: list[int]) -> float | None:
    """Angstrom per unbinned pixel of the tomogram of these rows, None where nobody said it."""
    if (known := part.geometry[part.tomogram[rows[0]]].unbinned_spacing) is not None:
        return known
    said = part.columns.get("eman2_apix_unbin", [""] * len(part))[rows[0]]
    return float(said) if said else None


@writes_folder
def write_eman2(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write ``NAME_info.json`` in the folder `path` for each tomogram; returns what to be told.

    From the middle in unbinned pixels where the pixel is known, else from the corner in voxels.
    """
    labels = sorted(
        {label for part in parts for label in part.labels}, key=lambda name: (not name, name)
    )
    place = {label: number for number, label in enumerate(labels)}
    without = []
    for name, found in by_tomogram(parts, "eman2").items():
        boxes: list[list[object]] = []
        apix = _unbinned(*found[0])
        for part, rows in found:
            for row in rows:
                geometry = part.geometry[part.tomogram[row]]
                zyx = part.position_zyx_angstrom[row]
                if apix is None:
                    at = zyx / geometry.voxel_spacing
                else:
                    middle = np.asarray([n // 2 for n in geometry.shape]) * geometry.voxel_spacing
                    at = (zyx - middle) / apix
                x, y, z = (round(value, 4) for value in at[::-1].tolist())
                score = part.scores[row]
                score = 0.0 if np.isnan(score) else score
                boxes.append([x, y, z, METHOD, score, place[part.labels[row]]])
        content: dict[str, Any] = {
            "boxes_3d": boxes,
            "class_list": {
                str(number): {"name": label or NO_CLASS, "boxsize": BOX}
                for label, number in place.items()
            },
        }
        if apix is None:
            without.append(name)
        else:
            content["apix_unbin"] = apix
        write_text(path / f"{name}{ENDING}", json.dumps(content, indent=1) + "\n")
    if not without:
        return []
    return [
        f"no unbinned pixel is known of {', '.join(without[:4])}: boxes are in voxels from the "
        "corner, as EMAN2 takes them where apix_unbin is absent (--tomograms or --pixel-size)"
    ]
