"""Whether an MRC file is a stack of images, such as a tilt series, and no tomogram.

Both look alike: MRC's space group is to be 0 for stacks and 1 for volumes, but programs write 0
for tomograms as well. So a 0 is believed where something else says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import TomogramError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

__all__ = ["require_no_tilt_stack"]

STACK_SUFFIXES = (".st", ".mrcs", ".ali")  # of IMOD: stack, aligned stack; of RELION: stack
TILT_ANGLE = 1  # bit of SerialEM's flags: each section has its tilt angle
LARGEST_LIST = 1 << 20  # bytes: a list of angles is short


def require_no_tilt_stack(path: Path, raw: np.void) -> None:
    """Raise TomogramError where `raw`, an MRC header, and what is beside it tell of a stack."""
    n_sections = int(raw["nz"])
    if int(raw["ispg"]) != 0:
        return
    why = _why(path, raw, n_sections)
    if why is not None:
        raise TomogramError(
            f"expected a tomogram, found a stack of {n_sections} images (ISPG 0 in the header, and "
            f"{why}): a tilt series? If {path} is a volume, set its ISPG to 1 (mrcfile.open(file, "
            "'r+').set_volume())"
        )


def _why(path: Path, raw: np.void, n_sections: int) -> str | None:
    """What says that it is a stack, besides the space group."""
    name = path.name.lower()
    for packed in (".gz", ".bz2"):
        name = name.removesuffix(packed)
    for suffix in STACK_SUFFIXES:
        if name.endswith(suffix):
            return f"its name ends in {suffix}"
    if int(raw["mz"]) == 1 and n_sections > 1:
        return "MZ is 1"
    kind = bytes(raw["exttyp"])
    flags = int.from_bytes(raw["extra2"].tobytes()[18:20], "little")  # byte 130 of the header
    if int(raw["nsymbt"]) and (kind == b"SERI" and flags & TILT_ANGLE):
        return "SerialEM's tilt angles follow the header"
    if int(raw["nsymbt"]) and kind in (b"FEI1", b"FEI2"):
        return "a microscope's record of each image follows the header"
    beside = path.with_name(f"{path.name}.mdoc")
    if _count(beside, "[ZValue") == n_sections:
        return f"{beside.name} lists {n_sections} images"
    for suffix in (".rawtlt", ".tlt"):
        angles = path.with_suffix(suffix)
        if n_sections > 1 and _count(angles, "") == n_sections:
            return f"{angles.name} lists {n_sections} tilt angles"
    return None


def _count(path: Path, start: str) -> int:
    """Lines of a text file that begin so, empty ones left out; -1 where there is none."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_LIST:
            return -1
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return -1
    return sum(line.strip() != "" and line.strip().startswith(start) for line in lines)
