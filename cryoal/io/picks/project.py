"""Files that a STAR file names: RELION writes their paths from the folder of the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.io.picks.names import clean_name

if TYPE_CHECKING:
    from cryoal.io.picks.picks import Picks

__all__ = ["in_project", "tomogram_files"]

RECONSTRUCTED = (  # of RELION 5; the first that a table has
    "rlnTomoReconstructedTomogram",
    "rlnTomoReconstructedTomogramDenoised",
    "rlnTomoDenoisedTomogram",
    "rlnTomoReconstructedTomogramHalf1",
)


def in_project(text: str, near: Path) -> Path:
    """The file that `near` calls `text`: from the first of its folders in which there is one.

    RELION is started in the project's folder, and its jobs write two folders below it
    (``Tomograms/job007/tomograms.star``). Where no folder has the file the answer is a path from
    the working directory.
    """
    path = Path(text)
    if path.is_absolute():
        return path
    for folder in near.absolute().parents:
        if (folder / path).exists():
            return folder / path
    return path


def tomogram_files(picks: Picks) -> dict[str, Path]:
    """The reconstructed tomogram of each name in the picks, where the tomograms STAR says it.

    ``rlnTomoReconstructedTomogram``, else a denoised one, else the first half; without such a STAR
    file what the format knows, as a project of copick does.
    """
    files: dict[str, Path] = {}
    if picks.tomograms_path is None:
        return picks.convention.tomogram_files(picks.path, picks.names())
    for name in picks.names():
        row = picks.tomograms.get(clean_name(name), {})
        text = next((row[label] for label in RECONSTRUCTED if row.get(label)), "")
        if text and text != "None":
            files[name] = in_project(text, picks.tomograms_path)
    return files
