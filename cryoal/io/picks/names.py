"""What a tomogram is called, however the programs spell it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from cryoal.errors import PicksError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "Spellings",
    "clean_name",
    "distinct_names",
    "folders_of",
    "is_generic",
    "match_tomogram",
    "shorter_names",
    "spellings",
]

ENDINGS = re.compile(
    r"""(\.tomostar|\.(mrcs?|rec|map|st|ali|zarr|em|hdf5?|h5|(ome\.)?tiff?|zip|gz|bz2)|_\d+(\.\d+)?Apx|(_full)?_rec)$""",
    re.IGNORECASE,
)

WORDS = (
    r"\d+(?:\.\d+)?(?:apx|ang|angpix)|\d+\.\d+a|bin_?\d+(?:\.\d+)?|half_?[12]?|even|odd|evn|2nd"
    r"|rec|full|recon|reconstruct(?:ed|ion)|tomo|tomogram|vol|volume|wbp|fbp|sirt|sart|aretomo3?|imod"
    r"|denoised?|dn|cryocare|topaz|ddw|isonet2?|corrected|deconv(?:olved)?"
    r"|d?ctf|filt(?:ered)?|sirtlike\d*|lowpass|lp\d*|flip[xyz]|rot[xyz]|trim(?:med)?|inv(?:erted)?"
)
"""What programs add to the name of a tomogram, as whole words; never a bare number."""

LAST_WORD = re.compile(rf"[_\-. ]+(?:{WORDS})$", re.IGNORECASE)
FIRST_WORD = re.compile(r"^rec_", re.IGNORECASE)
ONLY_WORDS = re.compile(rf"(?:{WORDS})(?:[_\-. ](?:{WORDS}))*", re.IGNORECASE)


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
    clean = unicodedata.normalize("NFC", _parts(name)[-1])  # macOS takes letters and accents apart
    while (shorter := ENDINGS.sub("", clean)) not in (clean, ""):
        clean = shorter
    without = clean.removeprefix("rec_")
    return without or clean


def shorter_names(clean: str) -> list[str]:
    """`clean` less one word that programs add after the other, the longest first.

    Examples
    --------
    >>> shorter_names("TS_1_bin4_denoised")
    ['TS_1_bin4', 'TS_1']
    """
    found: list[str] = []
    while (shorter := FIRST_WORD.sub("", LAST_WORD.sub("", ENDINGS.sub("", clean)))) != clean:
        if not shorter or is_generic(shorter):
            break
        found.append(shorter)
        clean = shorter
    return found


def is_generic(clean: str) -> bool:
    """Whether a name is made of words that programs add, and so names no tomogram.

    Examples
    --------
    >>> is_generic("full_rec"), is_generic("TS_1")
    (True, False)
    """
    return ONLY_WORDS.fullmatch(clean) is not None


def folders_of(name: str) -> list[str]:
    """The clean names of `name` and of the folders before it, the last first."""
    return [clean_name(part) for part in reversed(_parts(name)) if part]


def distinct_names(names: Sequence[str]) -> dict[str, str]:
    """A short name for each of `names`, no two equal: folders are kept where they differ there.

    Examples
    --------
    >>> distinct_names(["s1/TS_1.mrc", "s2/TS_1.mrc", "s2/TS_2.mrc"])
    {'s1/TS_1.mrc': 's1/TS_1', 's2/TS_1.mrc': 's2/TS_1', 's2/TS_2.mrc': 'TS_2'}
    """
    names = list(dict.fromkeys(names))
    short = {name: clean_name(name) for name in names}
    for depth in range(2, 2 + max((len(_parts(name)) for name in names), default=0)):
        alike: dict[str, list[str]] = {}
        for name in names:
            alike.setdefault(short[name], []).append(name)
        if len(alike) == len(names):
            break
        for name in (name for several in alike.values() if len(several) > 1 for name in several):
            short[name] = "/".join(reversed(folders_of(name)[:depth]))
    counts: dict[str, int] = {}
    for name in names:
        counts[short[name]] = counts.get(short[name], 0) + 1
    # spelt as the file has it where nothing but the ornament differs
    return {name: short[name] if counts[short[name]] == 1 else name for name in names}


class Spellings:
    """The names in a file of picks, and those that are spelt alike.

    Attributes
    ----------
    by_file, by_clean_name, by_bare_name, by_folded_name
        Without folders; without what programs add for certain; without every word that they add;
        the last without regard to case. Each with the names that are so spelt.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.by_file: dict[str, list[str]] = {}
        self.by_clean_name: dict[str, list[str]] = {}
        self.by_bare_name: dict[str, list[str]] = {}
        self.by_folded_name: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            clean = clean_name(name)
            bare = [clean, *shorter_names(clean)][-1]
            self.by_file.setdefault(_parts(name)[-1], []).append(name)
            self.by_clean_name.setdefault(clean, []).append(name)
            self.by_bare_name.setdefault(bare, []).append(name)
            self.by_folded_name.setdefault(bare.casefold(), []).append(name)


@lru_cache(maxsize=4)
def spellings(names: tuple[str, ...]) -> Spellings:
    """Kept, as the names are the same for every tomogram of a pool: 300 took 1.25 s without."""
    return Spellings(names)


def match_tomogram(path: Path, names: Sequence[str]) -> str | None:
    """Which of `names` is meant by the name of the file `path`; None when none is.

    The same file name, else the same stem, else the same :func:`clean_name`; of several that
    fit the one whose folders are called as those of the file.

    Raises
    ------
    PicksError
        Two names fit equally well; names both.
    """
    spelt = spellings(tuple(names))
    for found in (
        spelt.by_file.get(path.name, []),
        spelt.by_file.get(path.stem, []),
        spelt.by_clean_name.get(clean_name(path.name), []),
    ):
        if found:
            return _one_of(path, found)
    return None


def _one_of(path: Path, found: Sequence[str]) -> str:
    """The one of `found` that has the most folders in common with `path`, counted from the end."""
    if len(found) == 1:
        return found[0]
    own = folders_of(str(path))
    shared = [_n_shared(own, folders_of(name)) for name in found]
    fitting = [name for name, n in zip(found, shared, strict=True) if n == max(shared)]
    if len(fitting) > 1:
        raise PicksError(
            f"expected one name for {path.name} in the picks, found {fitting[0]!r} and "
            f"{fitting[1]!r}: say which (--name {fitting[0]}={path})"
        )
    return fitting[0]


def _n_shared(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _parts(name: str) -> list[str]:
    return re.split(r"[/\\]", name.rstrip("/\\"))
