"""Which column of a table names the tomogram; never passed over where one may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.tables import are_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["CLASSES", "column_called", "tomogram_column", "tomogram_names"]

# As programs call it, in the order of trust: ours; copick; the CZII challenge; RELION; topaz;
# DeepFinder and octopi; then words of people.
_TOMOGRAMS = """
tomogram tomo tomo_name tomogram_name run_name run experiment rlntomoname tomoname
rlnmicrographname micrographname micrograph micrograph_name image_name tomo_id tomogram_id
tomo_idx tomo_index tomogram_index run_id tilt_series tilt_series_name tiltseries
ts ts_name ts_id tomo_file tomogram_file volume_name file_name filename image image_id
"""
_CLASSES = """
cryoalclass class label particle_type pickable_object_name object_name object class_name class_label
rlnclassnumber class_id type structure protein species
"""
# Text that may differ from row to row without saying where a particle is.
_OTHERS = """
note notes comment comments remark remarks annotator user user_id session_id method source
picker date time color colour rlnimagename rlnctfimage rlntomoparticlename
rlnopticsgroupname rlngroupname rlnrandomsubset particle_id uuid
"""
TOMOGRAMS, CLASSES, OTHERS = _TOMOGRAMS.split(), _CLASSES.split(), _OTHERS.split()


def column_called(names: Sequence[str], columns: Mapping[str, Sequence[str]]) -> str | None:
    """The first column that goes by one of `names`, however it spells them: ``Run name`` too."""
    spelt: dict[str, str] = {}
    for label in columns:
        spelt.setdefault(_plain(label), label)
    return next((spelt[name] for name in names if name in spelt), None)


def tomogram_column(
    columns: Mapping[str, Sequence[str]], used: Sequence[str | None], path: Path
) -> str | None:
    """The column that names the tomogram of each row, None where the table has none.

    `used` are the columns that the format reads for something else.

    Raises
    ------
    PicksError
        Two columns may, and they differ; or none is known by its name, and one holds several
        texts that nobody reads: picks of another tomogram would be cut from the one given.
    """
    spelt = {_plain(label): label for label in columns}
    known = [spelt[name] for name in TOMOGRAMS if name in spelt and spelt[name] not in used]
    if known:
        first = known[0]
        for other in known[1:] if first != TOMOGRAMS[0] else ():
            if not _tell_the_same(columns[first], columns[other]):
                raise PicksError(
                    f"expected one column that names the tomograms, found {first!r} and {other!r} "
                    f"that differ in {path}: say which (--tomogram-column)"
                )
        return first
    told = {*used, *(spelt.get(name) for name in (*CLASSES, *OTHERS))}
    for label, texts in columns.items():
        if label in told or _plain(label).startswith("cryoal") or len(set(texts)) < 2:
            continue
        if not are_numbers(texts):
            shown = ", ".join(repr(text) for text in list(dict.fromkeys(texts))[:3])
            raise PicksError(
                f"expected a column tomogram (or run_name, rlnTomoName, ...), found column "
                f"{label!r} of text with {len(set(texts))} values ({shown}) in {path}: say "
                f"--tomogram-column {label} if it names tomograms, else --tomogram-column none"
            )
    return None


def tomogram_names(
    columns: Mapping[str, Sequence[str]], used: Sequence[str | None], path: Path
) -> list[str]:
    """The tomogram's name of each row; "" in all where the table names none."""
    label = tomogram_column(columns, used, path)
    if label is None:
        return [""] * len(next(iter(columns.values()), []))
    names = list(columns[label])
    if "" in names and any(names):
        raise PicksError(
            f"expected a tomogram's name in column {label!r}, found none in row "
            f"{names.index('') + 1} of {path}"
        )
    return names


def _plain(label: str) -> str:
    """``rlnTomoName`` of ``_rlnTomoName``, ``run_name`` of ``Run name``; in small letters."""
    return re.sub(r"[\s\-.]+", "_", label.strip().lstrip("_")).lower()


def _tell_the_same(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two columns divide the rows alike, or the second says one thing of all rows."""
    pairs = set(zip(first, second, strict=True))
    return len(set(second)) == 1 or len(pairs) == len(set(first)) == len(set(second))
