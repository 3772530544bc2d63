"""Which names a class may be given, and what to know of some of them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from cryoal.data.label_file import ABSTENTIONS
from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["class_notes", "require_new_name"]

FORMULA = "=+-@"  # what a spreadsheet takes the rest of a cell for arithmetic after
IN_STAR = "#'\""
LONGEST = 64  # characters; more fit on no button


def require_new_name(name: str, others: Iterable[str] = (), *, by_case: bool = True) -> None:
    """Make sure that `name` can be given to a class by somebody who types it.

    Campaigns that have it keep it, and so do saved reviews: answers are worth more than a name.

    Parameters
    ----------
    name
        The name.
    others
        The classes that are there.
    by_case
        Whether a name that differs from another by capitals alone is refused too.

    Raises
    ------
    ConfigError
        It is what exports write for "no class" or what a table says for "cannot say", has more than
        64 characters, or looks like that of another class.
    """
    if name.casefold() == "none":
        raise ConfigError(
            f"expected a class of another name than None, which exports write for no class, found "
            f"{name!r}"
        )
    if name.casefold() in ABSTENTIONS:
        raise ConfigError(
            f"expected a class of another name than {name!r}, which is the answer of somebody who "
            "cannot say"
        )
    if len(name) > LONGEST:
        raise ConfigError(
            f"expected the name of a class with at most {LONGEST} characters, found {len(name)}: "
            f"{name[:20]!r}..."
        )
    looks = _bare if not by_case else _folded
    twin = next((o for o in others if o != name and looks(o) == looks(name)), None)
    if twin is not None:
        how = "capitals" if _bare(twin) != _bare(name) else "what cannot be seen"
        raise ConfigError(
            f"expected a class that can be told from {twin!r}, found {name!a}, which differs by "
            f"{how} alone"
        )


def class_notes(classes: Sequence[str]) -> list[str]:
    """What somebody who makes a campaign of these classes should know of their names."""
    notes = []
    for number, name in enumerate(classes):
        twin = next((o for o in classes[:number] if _folded(o) == _folded(name)), None)
        if twin is not None:
            notes.append(f"the classes {twin!r} and {name!r} differ by capitals alone")
        if name[0] in FORMULA:
            notes.append(
                f"a spreadsheet takes {name!r} for a formula: label in a review, or format the "
                "column as text"
            )
        odd = [character for character in IN_STAR if character in name]
        if odd:
            notes.append(
                f"the class {name!r} has {' '.join(odd)} in it, which some programs misread in "
                "STAR files"
            )
    return notes


def _bare(name: str) -> str:
    """`name` without what cannot be seen: how letters are composed, kinds of spaces, joiners."""
    plain = unicodedata.normalize("NFKC", name)
    return " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").split())


def _folded(name: str) -> str:
    return _bare(_bare(name).casefold())
