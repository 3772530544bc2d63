"""XML of other programs, without what XML can do to who reads it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.errors import CryoALError, FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_xml"]

DEEPEST = 64


class _PlainBuilder(ET.TreeBuilder):
    """A tree that refuses a document type, which is where entities are declared.

    An entity may stand for a file of this machine, or for itself ten times, ten deep; no list of
    particles needs one.
    """

    def __init__(self, path: Path, error: type[CryoALError]) -> None:
        super().__init__()
        self._path, self._error, self._depth = path, error, 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called before the first element, and so before an entity can be used."""
        del pubid, system
        raise self._error(
            f"expected XML without a document type, found <!DOCTYPE {name}> in {self._path}: take "
            "it out"
        )

    @override
    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(
                f"expected XML, found it nested more than {DEEPEST} deep in {self._path}"
            )
        return super().start(tag, attrs)

    @override
    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def read_xml(content: bytes, path: Path, error: type[CryoALError] = FileFormatError) -> ET.Element:
    """The root of the XML in `content`, which came from `path`.

    Raises
    ------
    CryoALError
        Of the kind `error`: not XML, with a document type, or nested too deeply.
    """
    parser = ET.XMLParser(target=_PlainBuilder(path, error))
    try:
        parser.feed(content)
        root: ET.Element = parser.close()
    except error:  # ours, which are errors of values too
        raise
    except (ET.ParseError, ValueError, LookupError) as problem:  # an encoding that none knows
        raise error(f"expected XML, found it broken in {path}: {problem}") from problem
    return root
