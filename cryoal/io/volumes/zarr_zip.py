"""OME-Zarr in a zip archive, read as it is: nothing is unpacked.

Source: RFC-9 of OME-NGFF (``.ozx``), and zipped folders as they are made by hand, with the image
at the root of the archive or in the one folder that it holds.
"""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.errors import TomogramError
from cryoal.foreign import foreign
from cryoal.io.volumes.base import Told, Volume, VolumeFormat
from cryoal.io.volumes.ome_zarr import open_folder
from cryoal.io.volumes.zarr_metadata import ZARR_METADATA

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

    from zarr.abc.store import Store

__all__ = ["ZippedZarr"]

LARGEST_METADATA = 1 << 26  # bytes: a member that says more, or unpacks to more, is none


class ZippedZarr(VolumeFormat):
    """Zip archives that hold an OME-Zarr image."""

    name = "zipped OME-Zarr"
    has_levels = True
    suffixes = (".zarr.zip", ".ozx", ".zip")

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        if file is not None:
            file.close()  # it is opened by its name, once here and once in zarr
        with foreign(path, "a zip archive", TomogramError):
            archive = zipfile.ZipFile(path)
        with archive:
            root = _root(path, archive)

            def store() -> Store:
                from zarr.storage import ZipStore

                return ZipStore(path, mode="r")

            return open_folder(path, zipfile.Path(archive, root), told, store)


def _root(path: Path, archive: zipfile.ZipFile) -> str:
    """Where in the archive the image is, with a slash at the end; empty for the root."""
    members = archive.infolist()
    seen = set()
    for member in members:
        name = PurePosixPath(member.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in member.filename:
            raise TomogramError(
                f"expected members inside the archive, found {member.filename!r} in {path}"
            )
        if member.filename in seen:
            raise TomogramError(f"expected each member once, found {name} twice in {path}")
        seen.add(member.filename)
        if member.flag_bits & 1:
            raise TomogramError(f"expected an archive without a password, found one: {path}")
        if name.name in ZARR_METADATA and member.file_size > LARGEST_METADATA:
            raise TomogramError(
                f"expected metadata of at most {LARGEST_METADATA >> 20} MB, found "
                f"{member.file_size} bytes of {name} in {path}"
            )
    for depth in (1, 2):
        roots = {
            "/".join(parts[:-1])
            for member in members
            if len(parts := member.filename.split("/")) == depth and parts[-1] in ZARR_METADATA
        }
        if len(roots) == 1:
            (root,) = roots
            return f"{root}/" if root else ""
        if roots:
            raise TomogramError(
                f"expected one OME-Zarr image in the archive, found {', '.join(sorted(roots))}: "
                f"{path}"
            )
    first = ", ".join(member.filename for member in members[:3]) or "nothing"
    raise TomogramError(f"expected OME-Zarr in the zip archive, found {first}: unpack {path}")
