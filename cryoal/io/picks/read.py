"""A file of picks, its format told from what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryoal.errors import PicksError
from cryoal.io.picks import PICKS
from cryoal.io.picks.chosen import chosen_rows, named_in
from cryoal.io.picks.file import PickFile
from cryoal.io.picks.folder import FolderFiles, files_in, joined
from cryoal.io.picks.lists import PARTICLES, TOMOGRAMS, optimisation_set
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.picks import Picks
from cryoal.io.picks.telling import fitting, the_one, told
from cryoal.io.picks.tilt_series import BINNING, PIXEL, SIZES
from cryoal.io.texts import packed
from cryoal.io.volumes.open import is_address
from cryoal.within import require_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.io.picks.base import PickFormat

__all__ = ["read_picks", "read_tomograms"]

AS_ASKED = "{}, as asked"


def read_picks(
    path: Path | str,
    *,
    format_name: str | None = None,
    tomograms: Path | str | None = None,
    coordinate_spacing: float | None = None,
    switches: Mapping[str, str] | None = None,
    tomogram_column: str | None = None,
    only: Sequence[tuple[str, str]] = (),
) -> Picks:
    """The picks in `path`, every column as text.

    Parameters
    ----------
    path
        A file, perhaps in gzip or bzip2, or a folder: one that is a format, or one with a file for
        each tomogram (:mod:`cryoal.io.picks.folder`). RELION's optimisation set stands for the
        particles and tomograms that it names.
    format_name
        A name of the table ``PICKS``; told from the file when None.
    tomograms
        RELION's or Warp's tomograms STAR, for the size and pixel of the unbinned tomograms.
    coordinate_spacing
        Angstrom per pixel of the coordinates, where the file does not say or says it wrongly
        (``--coords_angpix`` of WarpTools).
    switches
        Choices of the format, where programs disagree (:attr:`PickFormat.switches`).
    tomogram_column
        The column that names the tomogram of each row, where the file does not call it as programs
        do; ``"none"`` where no column does.
    only
        Column and value: rows that have one of the values of each column named are read, no others.

    Raises
    ------
    PicksError
        No file of picks, of no known format, of several, or with a key that occurs twice.
    UnknownNameError
        No format called `format_name`.
    """
    path, tomograms = Path(path), None if tomograms is None else Path(tomograms)
    if coordinate_spacing is not None and not 0 < coordinate_spacing < float("inf"):
        raise PicksError(f"expected a coordinate spacing above 0, found {coordinate_spacing}")
    for file in (path, tomograms):
        if file is not None and not (file.is_file() or (file is path and file.is_dir())):
            what = "an address, which is to be downloaded first," if is_address(file) else "no file"
            raise PicksError(f"expected a file of picks or tomograms, found {what} at {file}")
    said = {"format": format_name, "tomogram_column": tomogram_column}
    asked = {option: [value] for option, value in said.items() if value}
    asked |= {"only": [f"{label}={value}" for label, value in only]} if only else {}
    require_within(path, PicksError)
    path, tomograms = _followed(path, tomograms)
    for file in (path, tomograms):
        if file is not None:
            require_within(file, PicksError)
    listed, twice = read_tomograms(tomograms) if tomograms is not None else ({}, {})
    given = PickFile(path, listed)
    name, reason, files = _understood(given, format_name)
    convention = cast("type[PickFormat]", PICKS.load(name))
    chosen = dict(switches or {})
    for switch, value in chosen.items():
        _require_switch(convention, switch, value, path)

    def read(file: PickFile) -> Picks:
        contents = convention.read(file)
        names = (
            convention.tomogram(contents.columns, file.path)
            if tomogram_column is None
            else named_in(tomogram_column, contents.columns, file.path)
        )
        contents, names = chosen_rows(
            contents, names, only, file.path, may_be_none=files is not None and len(files.picks) > 1
        )
        return Picks(
            path=file.path,
            format=name,
            reason=reason,
            convention=convention,
            columns={label: packed(texts) for label, texts in contents.columns.items()},
            blocks=contents.blocks,
            tomogram=names,
            tomograms=listed,
            tomograms_path=tomograms,
            coordinate_spacing=coordinate_spacing,
            switches=chosen,
            remarks=contents.remarks,
            asked=asked,
        )

    picks = joined(path, files, read) if files else read(given)
    for clean in dict.fromkeys(map(clean_name, dict.fromkeys(picks.tomogram))):
        if clean in twice:
            one, other = twice[clean]
            raise PicksError(
                f"expected one tomogram {clean} in {tomograms}, found {one!r} and {other!r} of "
                "different size: leave the one that is not meant out"
            )
    return picks


def _followed(path: Path, tomograms: Path | None) -> tuple[Path, Path | None]:
    """The particles and tomograms of an optimisation set; what was given where it is none."""
    given = PickFile(path)
    is_set = any(label.encode() in given.head for label in (PARTICLES, TOMOGRAMS))
    found = optimisation_set(given.star, path) if is_set and given.star else None
    return (path, tomograms) if found is None else (found[0], tomograms or found[1])


def _understood(given: PickFile, format_name: str | None) -> tuple[str, str, FolderFiles | None]:
    """The format, why, and the files of a folder that has one for each tomogram.

    Raises
    ------
    PicksError
        Of no known format, of several, or a folder with files of several.
    """
    asked = (format_name, AS_ASKED.format(format_name)) if format_name else None
    if not given.is_folder:
        return (*(asked or told(given)), None)
    found = fitting(given)
    if found and (format_name is None or format_name in found):
        return (*(asked or the_one(given, found)), None)
    files = files_in(given, format_name)
    if files is None:
        return (*the_one(given, found), None)  # which says what the folder has instead
    name, reason = asked or files.told
    n_files = len(files.picks)
    return name, f"{n_files} files, {reason}" if n_files > 1 else reason, files


def _require_switch(convention: type[PickFormat], switch: str, value: str, path: Path) -> None:
    option = "--" + switch.replace("_", "-")
    if switch not in convention.switches:
        raise PicksError(
            f"expected no {option}, which {convention.name} does not know, found it for {path}"
        )
    allowed = convention.switches[switch]
    if value not in allowed:
        raise PicksError(f"expected {option} {' or '.join(allowed)}, found {value!r} for {path}")


def read_tomograms(path: Path) -> tuple[dict[str, dict[str, str]], dict[str, tuple[str, str]]]:
    """The rows of a tomograms STAR, by clean name, and names that clean to one and differ."""
    table = (PickFile(path).star or {}).get("global", {})
    if "rlnTomoName" not in table:
        raise PicksError(f"expected data_global with rlnTomoName (a tomograms STAR), found {path}")
    listed: dict[str, dict[str, str]] = {}
    twice: dict[str, tuple[str, str]] = {}
    for values in zip(*table.values(), strict=True):
        row = dict(zip(table, values, strict=True))
        clean = clean_name(row["rlnTomoName"])
        first = listed.setdefault(clean, row)
        if any(first.get(label) != row.get(label) for label in (PIXEL, BINNING, *SIZES)):
            twice[clean] = first["rlnTomoName"], row["rlnTomoName"]
    return listed, twice
