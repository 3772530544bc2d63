"""What was given as picks: opened once, and read in the ways that several formats share."""

from __future__ import annotations

import bz2
import gzip
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryoal.errors import FileFormatError, PicksError
from cryoal.io.picks.base import Contents
from cryoal.io.picks.lists import IMPORTED, imported
from cryoal.io.picks.tables import looks_like_header, read_columns
from cryoal.io.star import parse_star
from cryoal.records import parse_json
from cryoal.within import require_within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryoal.io.star import StarFile, StarTable

__all__ = ["PickFile"]

HEAD = 4096
AT_LEAST = 64 * 2**20  # bytes that a packed file may hold however small it is
AT_MOST = 100  # times its size beyond that: text of numbers packs 3 to 10 times

PARTICLES = "particles"


class PickFile:
    """A file or folder of picks; what is asked of it is read once and kept.

    Parameters
    ----------
    path
        A file, perhaps in gzip or bzip2, or a folder.
    tomograms
        The rows of the tomograms STAR that came with it, by clean name.
    """

    def __init__(self, path: Path, tomograms: Mapping[str, Mapping[str, str]] | None = None):
        self.path = path
        self.tomograms = tomograms or {}
        self.is_folder = path.is_dir()
        name = path.name
        for packed in (".gz", ".bz2"):
            if name.lower().endswith(packed) and len(name) > len(packed):
                name = name[: -len(packed)]
                break
        self.name = name
        """Without ``.gz`` or ``.bz2``."""

    @property
    def suffix(self) -> str:
        """In small letters, without ``.gz``; "" where there is none."""
        dot = self.name.rfind(".")
        return self.name[dot:].lower() if dot > 0 else ""

    @cached_property
    def head(self) -> bytes:
        """The first 4096 bytes of what was packed; none of a folder."""
        return b"" if self.is_folder else self._bytes(HEAD)

    @cached_property
    def content(self) -> bytes:
        """The whole file, unpacked; none of a folder.

        Raises
        ------
        PicksError
            Cannot be read, is damaged, or unpacks to what no file of picks does.
        """
        return b"" if self.is_folder else self._bytes(None)

    @cached_property
    def is_text(self) -> bool:
        """Whether it begins as text does, which has no byte of zeros but in UTF-16."""
        if self.is_folder:
            return False
        return b"\0" not in self.head or self.head.startswith((BOM_UTF16_LE, BOM_UTF16_BE))

    @cached_property
    def text(self) -> str:
        """The file as UTF-8 text; PicksError where it is none."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise PicksError(
                f"expected a file of picks, found bytes that are no text in {self.path}"
            ) from error

    @property
    def star(self) -> dict[str, StarTable] | None:
        """The blocks of a STAR file; None where it does not begin as one."""
        return None if self._star is None else self._star.blocks

    @cached_property
    def _star(self) -> StarFile | None:
        if not self.is_text:
            return None
        lines = self.head.removeprefix(b"\xef\xbb\xbf").splitlines()
        begins = (line.strip() for line in lines if line.strip()[:1] not in (b"", b"#"))
        first = next(begins, b"data_" if self.suffix == ".star" else b"")
        if not first.startswith(b"data_") and self.suffix != ".star":
            return None
        return parse_star(self.text, self.path)

    @cached_property
    def particles(self) -> Contents | None:
        """The block of a STAR file that has the coordinates, and the others."""
        return None if self.star is None or self._block is None else self.require_particles()

    @property
    def hints(self) -> dict[str, StarTable]:
        """The other blocks, and the columns of the tomograms STAR as those of ``data_global``."""
        blocks = dict(self.particles.blocks) if self.particles else {}
        if self.tomograms:  # says the pixel size as well as an optics table does
            blocks["global"] = {label: [] for label in next(iter(self.tomograms.values()))}
        return blocks

    def require_particles(self) -> Contents:
        """:attr:`particles`, or PicksError that says what the STAR file is instead."""
        blocks = self.star or {}
        if self._block is None:
            shown = ", ".join(f"data_{n}" for n in list(blocks)[:4]) or "none"
            raise PicksError(
                f"expected one block with coordinates (data_particles), found {shown} in "
                f"{self.path}"
            )
        columns = self._joined or blocks[self._block]
        if not next(iter(columns.values()), []):
            raise PicksError(f"expected particles, found none in data_{self._block} of {self.path}")
        others = {n: table for n, table in blocks.items() if n != self._block}
        return Contents(columns, others, self._star.remarks if self._star else [])

    @cached_property
    def _joined(self) -> StarTable | None:
        """Of a table that lists other files of picks: all of theirs."""
        table = (self.star or {}).get(self._block or "", {})
        is_list = IMPORTED in table and not any("Coordinate" in label for label in table)
        return imported(table, self.path) if is_list else None

    @cached_property
    def _block(self) -> str | None:
        blocks = self.star or {}
        if PARTICLES in blocks:
            return PARTICLES
        fitting = [n for n, table in blocks.items() if any("Coordinate" in c for c in table)]
        fitting = fitting or [n for n, table in blocks.items() if IMPORTED in table]
        return fitting[0] if len(fitting) == 1 else None

    @cached_property
    def table(self) -> StarTable | None:
        """The columns of a table with a header line; None where it is no such file.

        Comma, semicolon, tab and spaces are understood.

        Raises
        ------
        PicksError
            It is one, and broken.
        """
        if not self.is_text or self.star is not None:
            return None
        if self.suffix not in (".csv", ".tsv"):
            first = self.head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
            if not looks_like_header(first.decode("utf-8", "replace")):
                return None
        return read_columns(self.content, self.path)

    @cached_property
    def json(self) -> Any:
        """The value of a JSON file; None where it is no such file."""
        if not self.is_text or self.suffix in (".ndjson", ".jsonl"):
            return None
        if self.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
            return None
        try:
            return parse_json(self.text, f"{self.path}")
        except FileFormatError as error:
            raise PicksError(str(error)) from error

    def _bytes(self, n: int | None) -> bytes:
        require_within(self.path, PicksError)
        try:
            with self.path.open("rb") as file:
                magic = file.read(4)
                file.seek(0)
                if magic[:2] == b"\x1f\x8b":
                    with gzip.open(file) as stream:
                        return self._unpacked(stream, n)
                if magic[:3] == b"BZh":
                    with bz2.open(file) as stream:
                        return self._unpacked(stream, n)
                return file.read() if n is None else file.read(n)
        except (EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
            raise PicksError(f"expected a whole packed file, found {self.path}: {error}") from error
        except OSError as error:
            said = error.strerror or str(error)
            raise PicksError(
                f"expected a file of picks, cannot read {self.path}: {said}"
            ) from error

    def _unpacked(self, stream: gzip.GzipFile | bz2.BZ2File, n: int | None) -> bytes:
        if n is not None:
            return stream.read(n)
        packed = self.path.stat().st_size
        limit = max(AT_LEAST, AT_MOST * packed)
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise PicksError(
                f"expected a file of picks, found {self.path}, of whose {packed} bytes more than "
                f"{limit} come out: unpack it if that is right"
            )
        return content
