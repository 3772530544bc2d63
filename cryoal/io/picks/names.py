"""What a tomogram is called, however the programs spell it."""

from __future__ import annotations

import re
from functools import lru_cache
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
    by_file, by_clean_name = _spellings(tuple(names))
    for found in (
        by_file.get(path.name, []),
        by_file.get(path.stem, []),
        by_clean_name.get(clean_name(path.name), []),
    ):
        if len(found) > 1:
            raise PicksError(
                f"expected one name for {path.name} in the picks, found {found[0]!r} and "
                f"{found[1]!r}"
            )
        if found:
            return found[0]
    return None


@lru_cache(maxsize=4)
def _spellings(names: tuple[str, ...]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The names without folders, and the clean ones, each with the names that are so spelt.

    Kept, as the names are the same for every tomogram of a pool: 300 took 1.25 s without.
    """
    by_file: dict[str, list[str]] = {}
    by_clean_name: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_file.setdefault(re.split(r"[/\\]", name)[-1], []).append(name)
        by_clean_name.setdefault(clean_name(name), []).append(name)
    return by_file, by_clean_name
