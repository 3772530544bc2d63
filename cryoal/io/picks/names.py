"""What a tomogram is called, however the programs spell it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["clean_name", "match_tomogram"]

ENDINGS = re.compile(
    r"""(\.tomostar|\.(mrcs?|rec|map|st|ali|zarr|gz|bz2)|_\d+(\.\d+)?Apx|(_full)?_rec)$""",
    re.IGNORECASE,
)


def clean_name(name: str) -> str:
    """What a tomogram is called, without what programs add to it.

    Folders, ``rec_`` in front, and at the end ``.tomostar``, suffixes of volumes, Warp's
    ``_10.00Apx`` and IMOD's ``_rec`` and ``_full_rec``. Leading zeros stay.

    Examples
    --------
    >>> clean_name("warp/reconstruction/01006_10.73Apx.mrc")
    '01006'
    >>> clean_name("TS_01.mrc.tomostar")
    'TS_01'
    """
    clean = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    while (shorter := ENDINGS.sub("", clean)) not in (clean, ""):
        clean = shorter
    without = clean.removeprefix("rec_")
    return without or clean


def match_tomogram(path: Path, names: Sequence[str]) -> str | None:
    """Which of `names` is meant by the tomogram file `path`; None when none is.

    The same file name, else the same stem, else the same :func:`clean_name`.

    Raises
    ------
    PicksError
        Two names fit equally well; names both.
    """
    spellings = (
        lambda name: re.split(r"[/\\]", name)[-1],
        lambda name: re.split(r"[/\\]", name)[-1].removesuffix(path.suffix),
        clean_name,
    )
    for spelling in spellings:
        found = [name for name in dict.fromkeys(names) if spelling(name) == spelling(path.name)]
        if len(found) > 1:
            raise PicksError(
                f"expected one name for {path.name} in the picks, found {found[0]!r} and "
                f"{found[1]!r}"
            )
        if found:
            return found[0]
    return None
