"""The names of annotators, and the files that hold their journals: two names, two files."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from cryoal.errors import LabelError
from cryoal.records import entries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["ENDING", "MOST_BYTES", "journal_files", "journal_name", "name_in", "require_annotator"]

ENDING = ".jsonl"
MOST_BYTES = 243
"""Of a name in its file's name: 255 with ``.jsonl`` and what a lock file has about it."""

_JOINERS = "\u200c\u200d"  # between letters of Persian and Indic names
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # of Windows
_WRITTEN = re.compile(r"(?:[A-Za-z0-9._-]|%[0-9A-F]{2})+")


def require_annotator(name: str) -> str:
    """`name`, where it can be an annotator's: any letters, no control characters, not too long.

    Raises
    ------
    LabelError
        Empty, with spaces at its ends, with characters that show nothing, or too long.
    """
    is_clean = name == name.strip() and not any(_shows_nothing(c) for c in name)
    if not name or not is_clean:
        raise LabelError(
            "expected an annotator name of visible characters, without spaces at its ends, "
            f"found {name!a}"
        )
    if len(_escaped(name, keep_capitals=True)) > MOST_BYTES:
        raise LabelError(
            f"expected an annotator name of at most {MOST_BYTES} letters (other than a to z: "
            f"{MOST_BYTES // 9} or more), found {len(name)}: {name[:40]!r}..."
        )
    return name


def journal_files(folder: Path) -> dict[str, Path]:
    """The journals in `folder` by the name of their annotator, in alphabetical order.

    Hidden files are passed over: file servers and macOS leave them.

    Raises
    ------
    LabelError
        A file that cryoal did not name, a folder called like a journal, or two journals of one
        annotator; names it.
    OSError
        The folder may not be read: what is unreadable is not empty.
    """
    found: dict[str, Path] = {}
    for path in (folder / file for file in entries(folder)):
        if path.suffix != ENDING or path.name.startswith("."):
            continue
        name = name_in(path.name.removesuffix(ENDING))
        if name is None:
            raise LabelError(
                f"expected journals called as cryoal calls them in {folder}, found {path.name!r}, "
                "a copy perhaps: move it out of the folder"
            )
        if not path.is_file():
            raise LabelError(f"expected a journal, found a folder or something else: {path}")
        if name in found:
            raise LabelError(
                f"expected one journal of {name!r} in {folder}, found {found[name].name} and "
                f"{path.name}: move one of them out of the folder"
            )
        found[name] = path
    return dict(sorted(found.items()))


def journal_name(name: str, others: Iterable[str]) -> str:
    """The name of the file for a new journal of `name`; `others` are files that are there.

    Letters, digits, dots, hyphens and underscores of ASCII stay; each other byte of its UTF-8 is
    ``%`` and two hexadecimal digits. Where a disk that knows no capitals (macOS, Windows) would
    take it for one of `others`, its capitals are written so too.
    """
    plain = _escaped(name, keep_capitals=True) + ENDING
    if plain.casefold() in {other.casefold() for other in others}:
        return _escaped(name, keep_capitals=False) + ENDING
    return plain


def name_in(stem: str) -> str | None:
    """The annotator whose journal is called `stem`; None where it is nobody's."""
    if not _WRITTEN.fullmatch(stem):
        return None
    try:
        return require_annotator(unquote_to_bytes(stem).decode())
    except (UnicodeDecodeError, LabelError):
        return None


def _escaped(name: str, *, keep_capitals: bool) -> str:
    kept = "[A-Za-z0-9._-]" if keep_capitals else "[a-z0-9._-]"
    is_special = not re.match("[A-Za-z0-9]", name) or _RESERVED.fullmatch(name)
    return "".join(
        f"%{byte:02X}"
        if (number == 0 and is_special) or not re.fullmatch(kept, chr(byte))
        else chr(byte)
        for number, byte in enumerate(name.encode())
    )


def _shows_nothing(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
