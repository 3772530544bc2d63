"""Of which format a file of picks is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cryoal.errors import PicksError
from cryoal.io.picks import PICKS
from cryoal.io.picks.elsewhere import known_elsewhere

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.picks.file import PickFile

__all__ = ["fitting", "the_one", "told"]


def fitting(file: PickFile) -> dict[str, str]:
    """The formats that recognise `file`, each with why; those that yield to another left out."""
    formats = {name: cast("type[PickFormat]", PICKS.load(name)) for name in PICKS.names()}
    reasons = {name: reason for name, f in formats.items() if (reason := f.recognise(file))}
    return {
        name: reason
        for name, reason in reasons.items()
        if not reasons.keys() & set(formats[name].yields_to)
    }


def told(file: PickFile) -> tuple[str, str]:
    """The format that recognises `file`, and why.

    Raises
    ------
    PicksError
        None does, or several of which none yields to the others.
    """
    return the_one(file, fitting(file))


def the_one(file: PickFile, found: Mapping[str, str]) -> tuple[str, str]:
    """The only one of the formats `found` by :func:`fitting`, or PicksError as :func:`told`."""
    if len(found) == 1:
        return next(iter(found.items()))
    if found:
        readings = "; ".join(f"{name} ({reason})" for name, reason in found.items())
        raise PicksError(
            f"expected one format that fits {file.path}, found {readings}: say which (--format)"
        )
    raise PicksError(
        f"expected picks of a known format (cryoal list formats), found {_what(file)} in "
        f"{file.path}"
    )


def _what(file: PickFile) -> str:
    """What a file of no known format is, as far as it can be seen."""
    if file.is_folder:
        names = sorted(child.name for child in file.path.iterdir())
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        return (
            f"a folder with {shown or 'nothing in it'} (copick: ExperimentRuns, or a run's folder; "
            "EMAN2: *_info.json)"
        )
    if (known := known_elsewhere(file)) is not None:
        return known
    if file.star is not None:
        if "rlnTomoName" in file.star.get("global", {}) and len(file.star.get("global", {})) > 2:
            return "a tomograms STAR, which is for --tomograms,"
        return ", ".join(list(file.require_particles().columns)[:8])
    if file.table:
        return ", ".join(list(file.table)[:8])
    if not file.is_text:
        return f"bytes of a {file.suffix or 'nameless'} file"
    line = file.head.decode("utf-8", "replace").strip().partition("\n")[0].strip()
    return f"text that begins with {line[:40]!r}" if line else "nothing"
